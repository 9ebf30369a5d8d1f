//! GitLab's merge request approval policies, in GitLab's words.

use scanlift_report_core::{Kind, Severity};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The policies of a file.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Policies {
    /// In the file's order.
    pub policies: Vec<Policy>,
    /// What GitLab does not know or take in the file, and what is not evaluated of it.
    pub warnings: Vec<String>,
}

/// An entry of `approval_policy`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// `name`.
    pub name: String,
    /// `enabled`.
    pub enabled: bool,
    /// `enforcement_type`.
    pub enforcement: Enforcement,
    /// `fallback_behavior.fail`.
    pub fallback: Fallback,
    /// `rules`; any of them can require the approvals.
    pub rules: Vec<Rule>,
    /// The `require_approval` actions.
    pub approvals: Vec<Approval>,
    /// Whether a `send_bot_message` action turns the bot's message off.
    pub silent: bool,
    /// Keys that only GitLab can evaluate.
    pub not_evaluated: Vec<String>,
}

/// `enforcement_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Approvals are required.
    #[default]
    Enforce,
    /// The violation is told, and nothing is required.
    Warn,
}

/// `fallback_behavior.fail`: what becomes of a rule that cannot be evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    /// It requires approval.
    #[default]
    Closed,
    /// It does not.
    Open,
}

/// An entry of `rules`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// `scan_finding`.
    ScanFinding(Box<ScanFinding>),
    /// Another type, which is not evaluated.
    Other(String),
}

/// A `scan_finding` rule.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ScanFinding {
    /// `branches` or `branch_type`.
    pub branches: Branches,
    /// `branch_exceptions`.
    pub exceptions: Vec<Exception>,
    /// `scanners`; empty for all.
    pub scanners: Vec<Scanner>,
    /// What goes for scanners that say nothing else.
    pub criteria: Criteria,
    /// `vulnerability_states`, `[]` as the two new ones.
    pub states: BTreeSet<State>,
    /// `vulnerability_age`, in words; it needs what only GitLab knows.
    pub age: Option<String>,
}

/// Which target branches a rule is for.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Branches {
    /// Every protected one.
    #[default]
    Protected,
    /// The default branch.
    Default,
    /// Protected ones with such names; `*` stands for anything.
    Named(Vec<String>),
}

/// An entry of `branch_exceptions`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// The branch; `*` stands for anything.
    pub name: String,
    /// `full_path`: only in this project.
    pub project: Option<String>,
}

/// What findings count, and how many may be.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Criteria {
    /// `vulnerabilities_allowed`.
    pub allowed: u64,
    /// `severity_levels`; empty for all.
    pub severities: Vec<Severity>,
    /// `vulnerability_attributes`.
    pub attributes: Attributes,
}

/// An entry of `scanners`: what it does not say the rule says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Scanner {
    /// Its type.
    pub kind: Kind,
    /// Its own number.
    pub allowed: Option<u64>,
    /// Its own severities.
    pub severities: Option<Vec<Severity>>,
    /// Its own attributes, in place of all of the rule's.
    pub attributes: Option<Attributes>,
}

/// `vulnerability_attributes`; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Attributes {
    /// Flagged as a likely false positive.
    pub false_positive: Option<bool>,
    /// With a solution or patch.
    pub fix_available: Option<bool>,
    /// In CISA's catalogue of known exploited vulnerabilities.
    pub known_exploited: Option<bool>,
    /// FIRST's probability of exploitation.
    pub epss_score: Option<EpssScore>,
    /// What to do where the last two are not known.
    pub unavailable: Unavailable,
}

/// A bound of an EPSS score.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EpssScore {
    /// `operator`.
    pub operator: Comparison,
    /// `value`, from 0 to 1.
    pub value: f64,
}

/// How a score is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `greater_than`.
    Greater,
    /// `greater_than_or_equal_to`.
    AtLeast,
    /// `less_than`.
    Less,
    /// `less_than_or_equal_to`.
    AtMost,
}

impl EpssScore {
    /// Whether the score is as the bound wants it.
    #[must_use]
    pub fn admits(&self, score: f64) -> bool {
        match self.operator {
            Comparison::Greater => score > self.value,
            Comparison::AtLeast => score >= self.value,
            Comparison::Less => score < self.value,
            Comparison::AtMost => score <= self.value,
        }
    }
}

/// `enrichment_data_unavailable.action`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unavailable {
    /// The finding counts.
    #[default]
    Block,
    /// It does not.
    Ignore,
}

/// An entry of `vulnerability_states`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not on the target branch, and nobody dismissed it.
    NewNeedsTriage,
    /// Not on the target branch, and dismissed.
    NewDismissed,
    /// On the default branch, needs triage.
    Detected,
    /// On the default branch, confirmed.
    Confirmed,
    /// On the default branch, resolved.
    Resolved,
    /// On the default branch, dismissed.
    Dismissed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::NewNeedsTriage,
        Self::NewDismissed,
        Self::Detected,
        Self::Confirmed,
        Self::Resolved,
        Self::Dismissed,
    ];

    /// GitLab's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewNeedsTriage => "new_needs_triage",
            Self::NewDismissed => "new_dismissed",
            Self::Detected => "detected",
            Self::Confirmed => "confirmed",
            Self::Resolved => "resolved",
            Self::Dismissed => "dismissed",
        }
    }

    /// Whether it is about what the merge request brings.
    #[must_use]
    pub const fn is_new(self) -> bool {
        matches!(self, Self::NewNeedsTriage | Self::NewDismissed)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A `require_approval` action. Display: `2 approvals by role maintainer, user alice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Approval {
    /// `approvals_required`.
    pub required: u64,
    /// Who may approve, as `role maintainer`, `user alice`, `group 12`; any of them.
    pub by: Vec<String>,
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.required == 1 { "" } else { "s" };
        write!(f, "{} approval{plural}", self.required)?;
        if !self.by.is_empty() {
            write!(f, " by {}", self.by.join(", "))?;
        }
        Ok(())
    }
}
