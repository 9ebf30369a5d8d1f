//! Alerts of code scanning: what was uploaded as SARIF, without its details.

use super::Alert;
use crate::field::texts;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Outcome, SkipReason, cwe};
use scanlift_report_core::{Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    full_description: Option<Loose<'a>>,
    /// In Markdown, of a single alert only.
    help: Option<Loose<'a>>,
    help_uri: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    security_severity_level: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    message: Message<'a>,
    location: Place<'a>,
    commit_sha: Option<Loose<'a>>,
    #[serde(rename = "ref")]
    reference: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    text: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

pub(super) fn map<'a>(instance: &'a Instance<'_>, alert: &'a Alert<'_>) -> Outcome<'a> {
    let rule = &alert.rule;
    let text = filled(&instance.message.text).unwrap_or_default();
    let Some(id) = filled(&rule.id) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without a rule", text);
    };
    let tool = filled(&alert.tool.name);
    // Rules of several tools may have one name.
    let value = tool.map_or_else(|| Cow::Borrowed(id), |tool| Cow::Owned(format!("{tool}:{id}")));
    let mut issue = Issue::new("github_rule_id", value);
    issue.rule_name = Some(filled(&rule.name).unwrap_or(id).into());
    issue.url = filled(&rule.help_uri).map(Cow::Borrowed);
    issue.title = filled(&rule.description).map(Cow::Borrowed);
    issue.message = Some(text.into());
    let about = [filled(&rule.full_description), filled(&rule.help)];
    issue.about = Some(about.into_iter().flatten().collect::<Vec<_>>().join("\n\n").into());
    let word = filled(&rule.security_severity_level).or(filled(&rule.severity));
    issue.severity = word.map(Cow::Borrowed);
    issue.rating = word.and_then(Severity::from_word);
    issue.weaknesses = texts(&rule.tags).filter_map(cwe::parse).collect();
    let place = &instance.location;
    let place = code::lines(filled(&place.path).unwrap_or_default(), place.start_line, place.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without a rule", text);
    };
    let details = &mut finding.vulnerability.details;
    let parts = [tool, filled(&alert.tool.version)];
    details.text("tool", "Tool", parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    details.text("tags", "Tags", texts(&rule.tags).collect::<Vec<_>>().join(", "));
    for (key, name, field) in [
        ("ref", "Branch or pull request", &instance.reference),
        ("commit", "Commit", &instance.commit_sha),
        ("github_alert", "Alert of GitHub", &alert.html_url),
        ("found_at", "Found at", &alert.created_at),
    ] {
        details.text(key, name, filled(field).unwrap_or_default());
    }
    Outcome::finding(finding)
}
