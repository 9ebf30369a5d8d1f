//! Simple limits, for those who have no policy.

use scanlift_report_core::Severity;
use std::collections::BTreeMap;

/// How many findings of a severity may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// What is not named is not limited.
    pub most: BTreeMap<Severity, u64>,
    /// How many of all severities together may be.
    pub total: Option<u64>,
    /// Only findings that the target branch does not have.
    pub new_only: bool,
}

impl Limits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.most.is_empty() && self.total.is_none()
    }
}
