//! Answers whether findings may pass: GitLab's merge request approval policies, and simple limits.
//!
//! [`Policies::parse`] reads GitLab's `policy.yml`, [`Evidence`] takes the reports of a merge request and
//! of its target branch, [`Enrichment`] says which CVEs are exploited and how likely that is, and
//! [`evaluate`] gives the [`Answer`] with the rule and the findings that decide.
//! It leaves out: how GitLab reads a report (`scanlift-ingest`), what GitLab alone knows (since when a
//! vulnerability is there, what people made of it), and policies on licences and commits, which are
//! named in the answer as not evaluated.
//!
//! ```
//! use scanlift_gate::{Decision, Enrichment, Evidence, Policies, Side, Target, evaluate};
//!
//! let policies = Policies::parse("
//! approval_policy:
//! - name: Nothing critical
//!   enabled: true
//!   rules:
//!   - {type: scan_finding, branch_type: protected, scanners: [], vulnerabilities_allowed: 0,
//!      severity_levels: [critical], vulnerability_states: [new_needs_triage]}
//!   actions:
//!   - {type: require_approval, approvals_required: 1, role_approvers: [maintainer]}
//! ")?;
//! let tool = r#"{"id": "s", "name": "S", "version": "1", "vendor": {"name": "V"}}"#;
//! let report = format!(r#"{{"version": "15.2.1", "vulnerabilities": [
//!   {{"id": "1", "name": "Injection", "severity": "Critical", "location": {{"file": "a.c", "start_line": 1}},
//!     "identifiers": [{{"type": "r", "name": "r", "value": "r"}}]}}],
//!   "scan": {{"type": "sast", "status": "success", "analyzer": {tool}, "scanner": {tool},
//!     "start_time": "2026-01-31T12:00:00", "end_time": "2026-01-31T12:00:00"}}}}"#);
//! let mut evidence = Evidence::default();
//! evidence.add(Side::Head, &report.as_str(), None, &mut |_, _, _| false)?;
//! let answer = evaluate(&policies, None, &evidence.compare(), &Target::default(), &Enrichment::default(), 10);
//! assert_eq!(answer.decision, Decision::ApprovalRequired);
//! assert_eq!(answer.policies[0].approvals[0].to_string(), "1 approval by role maintainer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod branch;
mod enrichment;
mod evaluate;
mod evidence;
mod limits;
mod markdown;
mod policy;
mod read;

pub use answer::{Answer, Count, Decision, Missing, PolicyAnswer, RuleAnswer, RuleState, Shown};
pub use branch::Target;
pub use enrichment::{Enrichment, EnrichmentError};
pub use evaluate::evaluate;
pub use evidence::{Compared, Dismissed, Evidence, Evident, Side};
pub use limits::Limits;
pub use markdown::markdown;
pub use policy::{
    Approval, Attributes, Branches, Comparison, Criteria, Enforcement, EpssScore, Exception, Fallback,
    Policies, Policy, Rule, ScanFinding, Scanner, State, Unavailable,
};
pub use read::PolicyError;

#[cfg(test)]
mod tests;
