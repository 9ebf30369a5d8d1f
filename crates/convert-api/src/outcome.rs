use crate::{Finding, SkipReason};
use scanlift_report_core::Text;

/// What becomes of a record: what a mapping gives, and [`Record::spend`](crate::Record::spend) takes.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// It is a finding.
    Finding(Box<Finding<'a>>),
    /// It is none.
    Skip {
        /// Why.
        reason: SkipReason,
        /// Why, in the source's words (`status: PASS`).
        detail: Text<'a>,
        /// Which record: a rule, a CVE.
        example: Text<'a>,
    },
}

impl<'a> Outcome<'a> {
    /// The record is a finding.
    #[must_use]
    pub fn finding(finding: Finding<'a>) -> Self {
        Self::Finding(Box::new(finding))
    }

    /// The record is no finding.
    #[must_use]
    pub fn skip(reason: SkipReason, detail: impl Into<Text<'a>>, example: impl Into<Text<'a>>) -> Self {
        Self::Skip { reason, detail: detail.into(), example: example.into() }
    }
}
