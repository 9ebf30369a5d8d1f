//! `snyk iac test`: settings in files that describe infrastructure.

use super::project::Project;
use crate::field::{text, texts};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Finding, Outcome, SkipReason};
use scanlift_report_core::{
    Description, Identifier, Link, Location, Name, Severity, Solution, SourceLocation, Vulnerability,
};
use serde::Deserialize;
use std::borrow::Cow;

/// An entry of `infrastructureAsCodeIssues`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Issue<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    public_id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    original_severity: Option<Loose<'a>>,
    is_ignored: Option<bool>,
    sub_type: Option<Loose<'a>>,
    documentation: Option<Loose<'a>>,
    issue: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    resolve: Option<Loose<'a>>,
    iac_description: Option<IacDescription<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_number: Option<i64>,
    msg: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    path: Vec<Loose<'a>>,
    /// The path in older versions.
    #[serde(deserialize_with = "json::list")]
    cloud_config_path: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
    is_generated_by_custom_rule: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IacDescription<'a> {
    #[serde(borrow)]
    issue: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    resolve: Option<Loose<'a>>,
}

pub(super) fn map_iac<'a>(issue: &'a Issue<'_>, project: &'a Project<'_>) -> Outcome<'a> {
    let title = filled(&issue.title);
    let rule = filled(&issue.id).or(filled(&issue.public_id)).or(title).unwrap_or_default();
    let Some(identifier) = Identifier::new("snyk_rule_id", rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", &*project.file);
    };
    if issue.is_ignored == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "isIgnored: true", rule);
    }
    let mut location = SourceLocation::file(&*project.file);
    location.start_line =
        issue.line_number.and_then(|line| u64::try_from(line).ok()).filter(|line| *line > 0);
    let url = filled(&issue.documentation).unwrap_or_default();
    let mut vulnerability = Vulnerability::new(identifier.with_url(url), Location::Sast(location));
    vulnerability.name = Name::new(title.unwrap_or(rule));
    vulnerability.description = Description::new(describe(issue));
    let nested = issue.iac_description.as_ref();
    let resolve = filled(&issue.resolve).or_else(|| filled(&nested?.resolve));
    vulnerability.solution = Solution::new(resolve.unwrap_or_default());
    let links = std::iter::once(url).chain(texts(&issue.references));
    links.filter_map(Link::new).for_each(|link| vulnerability.add_link(link));

    let details = &mut vulnerability.details;
    details.text("setting", "Setting", setting(issue).unwrap_or_default());
    details.text("service", "Service", filled(&issue.sub_type).unwrap_or_default());
    details.text("type", "Type", project.kind);
    details.text(
        "original_severity",
        "Severity before it was changed",
        filled(&issue.original_severity).unwrap_or_default(),
    );
    if issue.is_generated_by_custom_rule == Some(true) {
        details.text("custom_rule", "Rule of your own", "yes");
    }
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&issue.severity).and_then(Severity::from_word);
    finding.severity.word = text(&issue.severity);
    Outcome::finding(finding)
}

/// The setting in the file: `Resources.Listener.Properties.Protocol`.
fn setting<'a>(issue: &'a Issue<'_>) -> Option<Cow<'a, str>> {
    let steps = || texts(&issue.path).chain(texts(&issue.cloud_config_path));
    let path = || Some(steps().collect::<Vec<_>>().join(".")).filter(|path| !path.is_empty());
    text(&issue.msg).or_else(|| path().map(Cow::Owned))
}

/// What is wrong, what may come of it, and where.
fn describe(issue: &Issue<'_>) -> String {
    let nested = issue.iac_description.as_ref();
    let what = filled(&issue.issue).or_else(|| filled(&nested?.issue)).or(filled(&issue.title));
    let impact = filled(&issue.impact).or_else(|| filled(&nested?.impact));
    let mut text = what.unwrap_or_default().to_owned();
    if let Some(setting) = setting(issue) {
        text.push_str(&format!(": `{setting}`"));
    }
    if let Some(impact) = impact {
        text.push_str("\n\nImpact: ");
        text.push_str(impact);
    }
    text
}
