//! The first version: aggregated issues of a project, and reported issues of an organisation.

use crate::snyk_issue::{Issue, Target, map_issue};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Outcome, SkipReason};
use serde::Deserialize;

/// An issue in the shape of the CLI, of what stands around it.
#[derive(Debug, Deserialize)]
#[serde(from = "AggregatedIssue<'a>")]
pub(super) struct Aggregated<'a>(#[serde(borrow)] Issue<'a>);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AggregatedIssue<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    issue_type: Option<Loose<'a>>,
    pkg_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pkg_versions: Vec<Loose<'a>>,
    issue_data: Option<Issue<'a>>,
    is_patched: Option<bool>,
    is_ignored: Option<bool>,
    fix_info: Option<FixInfo<'a>>,
    priority_score: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FixInfo<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    fixed_in: Vec<Loose<'a>>,
    nearest_fixed_in_version: Option<Loose<'a>>,
    is_pinnable: Option<bool>,
    is_patchable: Option<bool>,
}

impl<'a> From<AggregatedIssue<'a>> for Aggregated<'a> {
    fn from(outer: AggregatedIssue<'a>) -> Self {
        let mut issue = outer.issue_data.unwrap_or_default();
        issue.id = issue.id.or(outer.id);
        issue.kind = outer.issue_type.or(issue.kind);
        issue.name.extend(outer.pkg_name);
        issue.version.extend(outer.pkg_versions);
        issue.is_patched = outer.is_patched;
        issue.is_ignored = outer.is_ignored;
        issue.priority_score = outer.priority_score;
        if let Some(fix) = outer.fix_info {
            issue.fixed_in = fix.fixed_in;
            issue.nearest_fixed_in_version = fix.nearest_fixed_in_version.or(issue.nearest_fixed_in_version);
            issue.is_pinnable = fix.is_pinnable;
            issue.is_patchable = fix.is_patchable;
        }
        Self(issue)
    }
}

pub(super) fn map_aggregated<'a>(aggregated: &'a Aggregated<'_>, target: &'a Target<'_>) -> Outcome<'a> {
    map_issue(&aggregated.0, target)
}

/// An entry of `results`: an issue with its project.
#[derive(Debug, Deserialize)]
#[serde(from = "ReportedIssue<'a>")]
pub(super) struct Reported<'a> {
    #[serde(borrow)]
    issue: Issue<'a>,
    target: Option<Target<'a>>,
    is_fixed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReportedIssue<'a> {
    #[serde(borrow)]
    issue: Option<Issue<'a>>,
    project: Option<Project<'a>>,
    is_fixed: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Project<'a> {
    #[serde(borrow)]
    target_file: Option<Loose<'a>>,
}

impl<'a> From<ReportedIssue<'a>> for Reported<'a> {
    fn from(outer: ReportedIssue<'a>) -> Self {
        let file = outer.project.and_then(|project| project.target_file);
        let file = file.filter(|file| !file.trim().is_empty());
        Self {
            issue: outer.issue.unwrap_or_default(),
            target: file.map(|file| Target::Manifest(file.into_cow())),
            is_fixed: outer.is_fixed == Some(true),
        }
    }
}

pub(super) fn map_reported<'a>(reported: &'a Reported<'_>, target: &'a Target<'_>) -> Outcome<'a> {
    if reported.is_fixed {
        let id = filled(&reported.issue.id).unwrap_or_default();
        return Outcome::skip(SkipReason::NotAFinding, "isFixed: true", id);
    }
    match &reported.target {
        Some(target) => map_issue(&reported.issue, target),
        None => map_issue(&reported.issue, target),
    }
}
