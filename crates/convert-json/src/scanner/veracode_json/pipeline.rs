//! `results.json` of the pipeline scan.

use super::api::rating;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Fingerprint, Outcome, SkipReason, cwe, html};
use scanlift_report_core::Location;
use serde::Deserialize;
use std::borrow::Cow;

/// A flaw, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Flaw<'a> {
    #[serde(borrow)]
    title: Option<Loose<'a>>,
    issue_id: Option<Loose<'a>>,
    gob: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    severity: Option<u32>,
    issue_type_id: Option<Loose<'a>>,
    issue_type: Option<Loose<'a>>,
    cwe_id: Option<Loose<'a>>,
    display_text: Option<Loose<'a>>,
    files: Option<Files<'a>>,
    flaw_match: Option<FlawMatch<'a>>,
    flaw_details_link: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Files<'a> {
    #[serde(borrow)]
    source_file: Option<SourceFile<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SourceFile<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    function_name: Option<Loose<'a>>,
    scope: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FlawMatch<'a> {
    #[serde(borrow)]
    procedure_hash: Option<Loose<'a>>,
    flaw_hash: Option<Loose<'a>>,
    cause_hash: Option<Loose<'a>>,
}

pub(super) fn map_flaw<'a>(flaw: &'a Flaw<'_>, _: &'a ()) -> Outcome<'a> {
    let example = filled(&flaw.issue_id).unwrap_or_default();
    // `issue_type_id` is the kind of analysis ("taint"), `issue_type` what was found.
    let rule = [&flaw.issue_type, &flaw.issue_type_id, &flaw.title].into_iter().find_map(filled);
    let Some(rule) = rule else {
        return Outcome::skip(SkipReason::Unsupported, "a flaw without a type", example);
    };
    let mut issue = Issue::new("veracode_issue_type", rule);
    issue.title = Some(rule.into());
    issue.message = filled(&flaw.display_text).map(html::to_markdown);
    issue.url = filled(&flaw.flaw_details_link).map(Cow::Borrowed);
    if let Some((rating, word)) = flaw.severity.and_then(rating) {
        (issue.rating, issue.severity) = (Some(rating), Some(word.into()));
    }
    let number = |text: &str| text.parse().map_or_else(|_| cwe::all(text), |number| vec![number]);
    issue.weaknesses = filled(&flaw.cwe_id).map(number).unwrap_or_default();
    let source = flaw.files.as_ref().and_then(|files| files.source_file.as_ref());
    let file = source.and_then(|source| filled(&source.file)).unwrap_or_default();
    let mut place = code::lines(file, source.and_then(|source| source.line), None);
    place.method = source.and_then(|source| filled(&source.function_name)).map(Cow::Borrowed);
    place.class = source.and_then(|source| filled(&source.scope)).map(Cow::Borrowed);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a flaw without a type", example);
    };
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("sink", "Call", filled(&flaw.title)),
        ("gob", "Exploitability (A to E)", filled(&flaw.gob)),
        ("issue_id", "Id of the issue", filled(&flaw.issue_id)),
    ] {
        shown.text(key, name, value.unwrap_or_default());
    }
    // Together these three tell flaws apart, and stay while the procedure does.
    if let Some(hashes) = &flaw.flaw_match
        && let Some(flaw_hash) = filled(&hashes.flaw_hash)
    {
        let parts = [filled(&hashes.procedure_hash), Some(flaw_hash), filled(&hashes.cause_hash)];
        let value = parts.into_iter().flatten().collect::<Vec<_>>().join(":");
        finding.fingerprints.push(Fingerprint { name: "flaw_match".into(), value: value.into() });
    }
    Outcome::finding(finding)
}
