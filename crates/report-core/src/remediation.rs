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
