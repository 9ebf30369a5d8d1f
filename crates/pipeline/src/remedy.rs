//! Offers patches for the findings of a report, unless they would show a secret.

use crate::{
    Settings,
    receipt::UnpatchedReceipt,
    redact::{MASK, Redactor},
};
use memchr::memmem;
use scanlift_convert_api::{Finding, Fix, Patch, Upgrade};
use scanlift_remedy::Remedies;
use scanlift_report_core::{Kind, Remediation, Vulnerability};
use std::{borrow::Cow, io};

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

    /// Takes note of a finding that was written, with that JSON: as much of it as [`Advisor::mendable`]
    /// keeps.
    pub fn see(&mut self, finding: &Finding<'_>, json: &[u8]) {
        let redactor = self.redactor.as_ref();
        let vulnerability = &finding.vulnerability;
        // Where a secret was found or taken out, the lines around it show it.
        let hides = || {
            vulnerability.kind() == Kind::SecretDetection
                || !finding.secrets.is_empty()
                || memmem::find(json, MASK.as_bytes()).is_some()
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

/// What is done for patches before a finding is written, on whichever thread.
#[derive(Debug)]
pub struct Advisor {
    remedies: Remedies,
    has_root: bool,
}

impl Advisor {
    /// By the user's settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let root = settings.root.clone().filter(|_| settings.remediations);
        Self { has_root: root.is_some(), remedies: Remedies::new(root) }
    }

    /// Completes a finding that is about to be written.
    pub fn advise(&mut self, finding: &mut Finding<'_>) {
        self.remedies.advise(finding);
    }

    /// What [`Stage::see`] needs of a finding that was written; `None` if no patch can come of it.
    ///
    /// # Errors
    /// If the finding cannot be read back, which no finding of this model does.
    pub fn mendable(&self, finding: Finding<'_>) -> io::Result<Option<Box<Finding<'static>>>> {
        let could_be = self.has_root && (!finding.fixes.is_empty() || finding.upgrade.is_some());
        if finding.patches.is_empty() && !could_be {
            return Ok(None);
        }
        // What tells it apart and what names it, in the model's own owned form.
        let vulnerability = &finding.vulnerability;
        let json = serde_json::json!({
            "name": vulnerability.name,
            "identifiers": [vulnerability.identifiers.primary()],
            "location": vulnerability.location,
        });
        let own = Vulnerability::read(vulnerability.kind(), json).map_err(io::Error::other)?;
        let mut own = Finding::new(own);
        own.patches = finding.patches.into_iter().map(Patch::into_owned).collect();
        own.fixes = finding.fixes.into_iter().map(Fix::into_owned).collect();
        own.upgrade = finding.upgrade.map(Upgrade::into_owned);
        own.secrets = finding.secrets.into_iter().map(|secret| Cow::Owned(secret.into_owned())).collect();
        Ok(Some(Box::new(own)))
    }
}

fn shows_credential(redactor: &Redactor, diff: &str) -> bool {
    matches!(redactor.credentials(diff), Cow::Owned(_))
}
