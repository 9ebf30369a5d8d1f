//! Offers patches for the findings of a report, unless they would show a secret.

use crate::{
    Settings,
    receipt::UnpatchedReceipt,
    redact::{MASK, Redactor},
};
use memchr::memmem;
use scanlift_convert_api::Finding;
use scanlift_remedy::{Candidate, Remedies};
use scanlift_report_core::Remediation;
use std::borrow::Cow;

/// The patches of one report.
#[derive(Debug)]
pub(crate) struct Stage {
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
    pub(crate) fn new(settings: &Settings) -> Self {
        let root = settings.root.clone().filter(|_| settings.remediations);
        // Without patches there is nothing to look through.
        let redactor = (root.is_some() && !settings.include_secrets).then(Redactor::default);
        Self { remedies: Remedies::new(root), redactor }
    }

    /// Takes note of a finding that was written, with that JSON.
    pub(crate) fn see(&mut self, candidate: &Candidate, json: &[u8]) {
        let redactor = self.redactor.as_ref();
        // Where a secret was found or taken out, the lines around it show it.
        let hides = || candidate.is_of_secret() || memmem::find(json, MASK.as_bytes()).is_some();
        self.remedies.see(candidate, &|diff| {
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

/// What is done for patches before a finding is written, on whichever thread.
#[derive(Debug)]
pub(crate) struct Advisor {
    remedies: Remedies,
    has_root: bool,
}

impl Advisor {
    /// By the user's settings.
    #[must_use]
    pub(crate) fn new(settings: &Settings) -> Self {
        let root = settings.root.clone().filter(|_| settings.remediations);
        Self { has_root: root.is_some(), remedies: Remedies::new(root) }
    }

    /// Completes a finding that is about to be written.
    pub(crate) fn advise(&mut self, finding: &mut Finding<'_>) {
        self.remedies.advise(finding);
    }

    /// What [`Stage::see`] needs of a finding that was written; `None` if no patch can come of it.
    #[must_use]
    pub(crate) fn candidate(&self, finding: Finding<'_>) -> Option<Box<Candidate>> {
        Candidate::of(finding, self.has_root).map(Box::new)
    }
}

fn shows_credential(redactor: &Redactor, diff: &str) -> bool {
    matches!(redactor.credentials(diff), Cow::Owned(_))
}
