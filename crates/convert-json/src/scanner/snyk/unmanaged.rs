//! `snyk unmanaged test`: packages of C and C++ that no package manager knows, found by their files.

use super::project::Project;
use crate::snyk_issue::{Installed, Issue, map_installed, map_issue};
use scanlift_convert_api::json::filled;
use scanlift_convert_api::{Outcome, SkipReason};

/// An entry of `vulnerabilities`.
pub(super) fn map_vulnerability<'a>(issue: &'a Issue<'_>, project: &'a Project<'_>) -> Outcome<'a> {
    let package = issue.name.first().map(|name| name.trim());
    let (target, confidence) = project.place(package.unwrap_or_default());
    with_confidence(map_issue(issue, target), confidence)
}

/// An entry of `issuesData`, for each package that has it: of a project that has no `vulnerabilities`.
pub(super) fn map_affected<'a>(issue: &'a Issue<'_>, project: &'a Project<'_>) -> Vec<Outcome<'a>> {
    let id = filled(&issue.id).unwrap_or_default();
    let Some(packages) = project.affected.and_then(|affected| affected.get(id)) else {
        return vec![Outcome::skip(SkipReason::Unsupported, "an issue without a package", id)];
    };
    let outcomes = packages.iter().map(|package| {
        let (target, confidence) = project.place(package);
        with_confidence(map_installed(issue, Some(Installed::unmanaged(package)), target), confidence)
    });
    outcomes.collect()
}

fn with_confidence(mut outcome: Outcome<'_>, confidence: Option<f64>) -> Outcome<'_> {
    if let (Outcome::Finding(finding), Some(confidence)) = (&mut outcome, confidence) {
        finding.vulnerability.details.text("confidence", "Confidence", confidence.to_string());
    }
    outcome
}
