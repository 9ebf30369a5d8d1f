use crate::{Summary, Text};
use serde::{Deserialize, Serialize};

/// A patch that mends vulnerabilities of the same report (schema `remediations[]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Remediation<'a> {
    /// What it mends.
    pub fixes: Vec<Fix<'a>>,
    /// In words, at most 200 characters.
    pub summary: Summary<'a>,
    /// A base64 patch that `git apply` takes, never empty.
    pub diff: Text<'a>,
}

/// A vulnerability of the same report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fix<'a> {
    /// Its `id`.
    pub id: Text<'a>,
}

impl<'a> Remediation<'a> {
    /// A patch that mends nothing yet: `fixes` are to be added.
    #[must_use]
    pub fn new(summary: Summary<'a>, diff: impl Into<Text<'a>>) -> Self {
        Self { fixes: Vec::new(), summary, diff: diff.into() }
    }
}

impl<'a> Fix<'a> {
    /// Names the finding of that id.
    #[must_use]
    pub fn new(id: impl Into<Text<'a>>) -> Self {
        Self { id: id.into() }
    }
}
