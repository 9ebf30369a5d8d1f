//! The account of what a scanner said: every record is spent exactly once.

use crate::{ConvertError, Finding, Outcome, Sink};
use std::fmt;

/// One thing the scanner said. It is spent exactly once, which is what keeps the receipt's sum
/// true: records = findings + skipped.
#[must_use = "emit it or skip it"]
pub struct Record<'s> {
    sink: Option<&'s mut dyn Sink>,
}

impl<'s> Record<'s> {
    /// Begins a record: the sink counts it from here on.
    pub fn begin(sink: &'s mut dyn Sink) -> Self {
        sink.record();
        Self { sink: Some(sink) }
    }

    /// The record is a finding.
    ///
    /// # Errors
    /// If the sink cannot take it.
    pub fn emit(mut self, finding: Finding<'_>) -> Result<(), ConvertError> {
        match self.sink.take() {
            Some(sink) => sink.emit(finding).map_err(ConvertError::Deliver),
            None => Ok(()),
        }
    }

    /// The record is what its mapping says.
    ///
    /// # Errors
    /// If the sink cannot take the finding.
    pub fn spend(self, outcome: Outcome<'_>) -> Result<(), ConvertError> {
        match outcome {
            Outcome::Finding(finding) => self.emit(*finding),
            Outcome::Skip { reason, detail, example } => {
                self.skip(reason, &detail, &example);
                Ok(())
            }
        }
    }

    /// The record is no finding. `detail` says why in the source's words (`status: PASS`);
    /// `example` names the record (a rule, a CVE).
    pub fn skip(mut self, reason: SkipReason, detail: &str, example: &str) {
        if let Some(sink) = self.sink.take() {
            sink.skip(reason, detail, example);
        }
    }
}

impl Drop for Record<'_> {
    /// A record that an early return leaves unspent is accounted for all the same.
    fn drop(&mut self) {
        if let Some(sink) = self.sink.take() {
            sink.skip(SkipReason::Unsupported, "the conversion broke off at this record", "");
        }
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("open", &self.sink.is_some()).finish()
    }
}

/// Why a record is no finding: a closed list, part of the receipt's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SkipReason {
    /// The source suppresses it itself.
    Suppressed,
    /// It tells of no weakness: a check that passed, a port that is closed.
    NotAFinding,
    /// GitLab would fold it into an earlier finding, which lists it.
    Duplicate,
    /// A filter of the user's (`--min-severity`, `--exclude`).
    Filtered,
    /// A rule of the user's ignore file.
    Ignored,
    /// A VEX statement.
    Vex,
    /// It cannot be expressed in a GitLab report, or not be read.
    Unsupported,
}

impl SkipReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Suppressed,
        Self::NotAFinding,
        Self::Duplicate,
        Self::Filtered,
        Self::Ignored,
        Self::Vex,
        Self::Unsupported,
    ];

    /// The receipt's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::NotAFinding => "not_a_finding",
            Self::Duplicate => "duplicate",
            Self::Filtered => "filtered",
            Self::Ignored => "ignored",
            Self::Vex => "vex",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
