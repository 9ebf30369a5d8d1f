//! What comes out of evaluating policies.

use crate::evidence::Evident;
use crate::policy::{Approval, Enforcement, State};
use scanlift_report_core::{Kind, Severity};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// Whether findings may pass; the later one decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They may.
    #[default]
    Pass,
    /// They may, but a policy that only warns is violated.
    Warn,
    /// A policy requires approval.
    ApprovalRequired,
    /// There are more than a limit allows.
    LimitExceeded,
}

impl Decision {
    /// Whether the answer is no.
    #[must_use]
    pub fn is_no(self) -> bool {
        self >= Self::ApprovalRequired
    }
}

/// The answer, with what led to it.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The worst of all.
    pub decision: Decision,
    /// Policies, in the file's order, and limits behind them.
    pub policies: Vec<PolicyAnswer>,
    /// What was read otherwise than it may be meant.
    pub warnings: Vec<String>,
}

/// What a policy says.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct PolicyAnswer {
    /// Its name.
    pub name: String,
    /// What it says.
    pub decision: Decision,
    /// Whether it is enabled; nothing else is evaluated if not.
    pub enabled: bool,
    /// Whether it enforces or warns.
    pub enforcement: Enforcement,
    /// The approvals that are required, all of them, if the decision says so.
    pub approvals: Vec<Approval>,
    /// Whether GitLab's bot keeps silent.
    pub silent: bool,
    /// Its rules.
    pub rules: Vec<RuleAnswer>,
    /// Keys that only GitLab can evaluate; it is taken as if they were not there.
    pub not_evaluated: Vec<String>,
}

/// What a rule says.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct RuleAnswer {
    /// Its number, from 1; of a limit, the option.
    pub rule: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What became of it.
    pub state: RuleState,
    /// Why it does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Reports that are not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// How many findings count, by what they are counted against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// What was assumed because it is not known here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It is evaluated and holds.
    #[default]
    Satisfied,
    /// It is evaluated and does not hold.
    Violated,
    /// It is for other branches.
    NotApplicable,
    /// It is of a type that needs more than reports.
    NotEvaluated,
}

/// A report that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missing {
    /// Of which kind.
    pub scanner: Kind,
    /// Whether the target branch lacks it, and not the merge request.
    pub on_target: bool,
    /// Whether that violates the rule (`fallback_behavior`).
    pub decides: bool,
}

/// Findings that are counted together.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The kinds that are counted; empty for all.
    pub scanners: BTreeSet<Kind>,
    /// How many there are.
    pub found: u64,
    /// How many may be.
    pub allowed: u64,
    /// Whether there are too many.
    pub exceeded: bool,
    /// The first of them, the most severe first.
    pub findings: Vec<Shown>,
}

/// A finding as it is told.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Shown {
    /// How bad it is.
    pub severity: Severity,
    /// Its title.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// The report it is in.
    pub kind: Kind,
    /// Who found it.
    pub scanner: Option<String>,
    /// What GitLab follows it by, in project 1.
    #[serde(serialize_with = "as_text")]
    pub uuid: Option<uuid::Uuid>,
    /// New or not, dismissed or not.
    pub state: State,
    /// Its CVEs.
    pub cves: BTreeSet<String>,
    /// Whether one of them is known to be exploited, if that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_exploited: Option<bool>,
    /// The highest EPSS score of them, if that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss_score: Option<f64>,
}

impl Shown {
    pub(crate) fn new(finding: &Evident, known_exploited: Option<bool>, epss_score: Option<f64>) -> Self {
        Self {
            severity: finding.severity,
            name: finding.name.clone(),
            place: finding.place.clone(),
            kind: finding.kind,
            scanner: finding.scanner.clone(),
            uuid: finding.uuid,
            state: finding.state,
            cves: finding.cves.clone(),
            known_exploited,
            epss_score,
        }
    }
}

fn as_text<S: Serializer>(uuid: &Option<uuid::Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    uuid.map(|uuid| uuid.to_string()).serialize(serializer)
}

/// `3 findings of sast, container_scanning count, 0 allowed`.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = self.found == 1;
        write!(f, "{} finding{}", self.found, if one { "" } else { "s" })?;
        if !self.scanners.is_empty() {
            let kinds: Vec<_> = self.scanners.iter().map(|kind| kind.as_str()).collect();
            write!(f, " of {}", kinds.join(", "))?;
        }
        write!(f, " count{}, {} allowed", if one { "s" } else { "" }, self.allowed)
    }
}

/// `no sast report of the target branch`.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.on_target { "target branch" } else { "merge request" };
        let what = if self.decides { "" } else { " (fallback_behavior is open: it requires nothing)" };
        write!(f, "no {} report of the {whose}{what}", self.scanner)
    }
}
