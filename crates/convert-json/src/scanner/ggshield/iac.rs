//! An incident of `ggshield iac scan`: a policy that a file of infrastructure breaks.

use super::Incident;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::filled;
use scanlift_convert_api::{Outcome, SkipReason};
use scanlift_report_core::Location;
use std::borrow::Cow;

pub(super) fn map_incident<'a>(incident: &'a Incident<'_>, file: &'a str) -> Outcome<'a> {
    let Some(policy) = filled(&incident.policy_id) else {
        return Outcome::skip(SkipReason::Unsupported, "an incident without a place", file);
    };
    if let Some(why) = incident.ignored() {
        return Outcome::skip(SkipReason::Suppressed, why, policy);
    }
    let mut issue = Issue::new("ggshield_policy_id", policy);
    issue.title = filled(&incident.policy).map(Cow::Borrowed);
    issue.message = filled(&incident.description).map(Cow::Borrowed);
    issue.url = filled(&incident.documentation_url).map(Cow::Borrowed);
    issue.severity = filled(&incident.severity).map(Cow::Borrowed);
    let place = code::lines(file, incident.line_start, incident.line_end);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an incident without a policy", file);
    };
    let component = filled(&incident.component).unwrap_or_default();
    finding.vulnerability.details.text("component", "Component", component);
    Outcome::finding(finding)
}
