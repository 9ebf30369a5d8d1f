//! Offers patches for the findings of a report, unless they would show a secret.

use crate::{
    Settings,
    receipt::UnpatchedReceipt,
    redact::{MASK, Redactor},
};
use scanlift_convert_api::Finding;
use scanlift_remedy::Remedies;
use scanlift_report_core::{Kind, Remediation};
use std::borrow::Cow;

/// The patches of one report.
#[derive(Debug)]
pub struct Stage {
    remedies: Remedies,
    redactor: Option<Redactor>,
}

/// What the stage came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) remediations: Vec<Remediation<'static>>,
    pub(crate) fixable: u64,
    pub(crate) unpatched: Vec<UnpatchedReceipt>,
}

impl Stage {
    /// By the user's settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let root = settings.root.clone().filter(|_| settings.remediations);
        // Without patches there is nothing to look through.
        let redactor = (root.is_some() && !settings.include_secrets).then(Redactor::default);
        Self { remedies: Remedies::new(root), redactor }
    }

    /// Completes a finding that is about to be written.
    pub fn advise(&mut self, finding: &mut Finding<'_>) {
        self.remedies.advise(finding);
    }

    /// Takes note of a finding that was written.
    pub fn see(&mut self, finding: &Finding<'_>) {
        let redactor = self.redactor.as_ref();
        let vulnerability = &finding.vulnerability;
        // Where a secret was found or taken out, the lines around it show it.
        let hides = || {
            vulnerability.kind() == Kind::SecretDetection
                || !finding.secrets.is_empty()
                || serde_json::to_string(vulnerability).map_or(true, |json| json.contains(MASK))
        };
        self.remedies.see(finding, &|diff| {
            redactor.is_some_and(|redactor| hides() || shows_credential(redactor, diff))
        });
    }

    pub(crate) fn finish(self) -> Outcome {
        let redactor = self.redactor;
        let outcome = self
            .remedies
            .finish(&|diff| redactor.as_ref().is_some_and(|redactor| shows_credential(redactor, diff)));
        let unpatched = outcome.left.into_iter().map(|left| UnpatchedReceipt {
            reason: left.reason.as_str(),
            detail: left.detail,
            count: left.count,
            examples: left.examples,
        });
        Outcome {
            remediations: outcome.remediations,
            fixable: outcome.fixable,
            unpatched: unpatched.collect(),
        }
    }
}

fn shows_credential(redactor: &Redactor, diff: &str) -> bool {
    matches!(redactor.credentials(diff), Cow::Owned(_))
}
