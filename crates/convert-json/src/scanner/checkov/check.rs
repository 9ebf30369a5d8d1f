//! From a check to a finding (`checkov.common.output.record.Record`).

use super::package::{Vulnerability, map_vulnerability};
use scanlift_convert_api::code::{self, Issue, is_about_secrets};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Fingerprint, Options, Outcome, SkipReason, cwe, details};
use scanlift_report_core::{
    Commit, Detail, FileLocation, Location, SecretLocation, Severity, SourceLocation,
};
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt::Write;

/// What a report says of all its checks.
pub(super) struct Scope<'s> {
    pub(super) check_type: String,
    pub(super) options: &'s Options,
}

/// A check, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Check<'a> {
    #[serde(borrow)]
    check_id: Option<Loose<'a>>,
    bc_check_id: Option<Loose<'a>>,
    check_name: Option<Loose<'a>>,
    check_result: Option<CheckResult<'a>>,
    /// Lines with their numbers.
    #[serde(deserialize_with = "json::list")]
    code_block: Vec<(u64, Loose<'a>)>,
    file_path: Option<Loose<'a>>,
    repo_file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    file_line_range: Vec<i64>,
    resource: Option<Loose<'a>>,
    resource_address: Option<Loose<'a>>,
    caller_file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    caller_file_line_range: Vec<i64>,
    fixed_definition: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    bc_category: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    guideline: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    details: Vec<Loose<'a>>,
    /// Of code (`sast`).
    #[serde(deserialize_with = "json::list")]
    cwe: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    owasp: Vec<Loose<'a>>,
    /// Of secrets, and where they were committed.
    validation_status: Option<Loose<'a>>,
    added_commit_hash: Option<Loose<'a>>,
    added_by: Option<Loose<'a>>,
    added_date: Option<Loose<'a>>,
    removed_commit_hash: Option<Loose<'a>>,
    vulnerability_details: Option<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CheckResult<'a> {
    #[serde(borrow)]
    suppress_comment: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    evaluated_keys: Vec<Loose<'a>>,
}

pub(super) fn map_passed<'a>(check: &'a Check<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    Outcome::skip(SkipReason::NotAFinding, "result: PASSED", filled(&check.check_id).unwrap_or_default())
}

pub(super) fn map_skipped<'a>(check: &'a Check<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    let why = check.check_result.as_ref().and_then(|result| filled(&result.suppress_comment));
    let why = why.unwrap_or("result: SKIPPED");
    Outcome::skip(SkipReason::Suppressed, why, filled(&check.check_id).unwrap_or_default())
}

pub(super) fn map_failed<'a>(check: &'a Check<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let Some(rule) = filled(&check.check_id) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without an id", "");
    };
    let file = file(check);
    if let Some(vulnerability) = &check.vulnerability_details
        && let Some(finding) = map_vulnerability(vulnerability, rule, file, filled(&check.severity), scope)
    {
        return Outcome::finding(finding);
    }
    let (start, end) = lines(&check.file_line_range);
    let source = code::lines(file, start, end);
    let about_secrets = scope.check_type == "secrets" || is_about_secrets(rule, &[""; 0], &[]);
    let Some(mut finding) = issue(check, rule, about_secrets).into_finding(match about_secrets {
        true => secret(check, source, scope.options),
        false => Location::Sast(source),
    }) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without an id", "");
    };
    if about_secrets {
        // The resource is the hash of the secret.
        if let Some(value) = filled(&check.resource) {
            finding.fingerprints.push(Fingerprint { name: "resource".into(), value: value.into() });
        }
        let shown = &mut finding.vulnerability.details;
        shown.text("validation", "Validation", filled(&check.validation_status).unwrap_or_default());
        shown.text("removed_in", "Removed in", filled(&check.removed_commit_hash).unwrap_or_default());
    } else {
        let resource = filled(&check.resource_address).or(filled(&check.resource));
        finding.vulnerability.details.text("resource", "Resource", resource.unwrap_or_default());
    }
    let shown = &mut finding.vulnerability.details;
    if let Some(caller) = filled(&check.caller_file_path)
        && let (Some(start), end) = lines(&check.caller_file_line_range)
    {
        let place = FileLocation::new(caller.trim_start_matches(['/', '\\']), start, end);
        shown.insert("caller", "Called from", Detail::FileLocation(place));
    }
    let keys = check.check_result.iter().flat_map(|result| &result.evaluated_keys);
    details::add_list(shown, "evaluated_keys", "Evaluated keys", keys.map(|key| Cow::Borrowed(&**key)));
    details::add_list(shown, "notes", "Notes", check.details.iter().map(|note| Cow::Borrowed(&**note)));
    if let Some(fixed) = filled(&check.fixed_definition) {
        shown.insert(
            "fixed_definition",
            "Fixed definition",
            Detail::Code { value: fixed.into(), lang: None },
        );
    }
    shown.text("category", "Category", filled(&check.bc_category).unwrap_or_default());
    shown.text("framework", "Framework", scope.check_type.as_str());
    shown.text("platform_id", "Id of the platform", filled(&check.bc_check_id).unwrap_or_default());
    Outcome::finding(finding)
}

/// In the commit that brought it, of a scan of the history.
fn secret<'a>(check: &'a Check<'_>, source: SourceLocation<'a>, options: &'a Options) -> Location<'a> {
    let Some(sha) = filled(&check.added_commit_hash) else { return code::secret(source, options) };
    let mut commit = Commit::new(sha);
    commit.author = filled(&check.added_by).map(Cow::Borrowed);
    commit.date = filled(&check.added_date).map(Cow::Borrowed);
    Location::SecretDetection(SecretLocation::new(commit, source))
}

fn issue<'a>(check: &'a Check<'_>, rule: &'a str, about_secrets: bool) -> Issue<'a> {
    let mut issue = Issue::new("checkov_rule_id", rule);
    issue.url = filled(&check.guideline).map(Cow::Borrowed);
    issue.title = filled(&check.check_name).map(Cow::Borrowed);
    issue.message = filled(&check.description).map(Cow::Borrowed);
    issue.severity = filled(&check.severity).map(Cow::Borrowed);
    // Without a key of the platform no check has a severity. A leaked secret is for the pipeline.
    if issue.severity.is_none() && !about_secrets {
        issue.rating = Some(Severity::Medium);
    }
    issue.weaknesses = check.cwe.iter().flat_map(|text| cwe::all(text)).collect();
    issue.categories = check.owasp.iter().map(|text| Cow::Borrowed(&**text)).collect();
    let mut block = String::new();
    for (_, line) in &check.code_block {
        // Writing to a String cannot fail.
        let _ = writeln!(block, "{}", line.trim_end_matches(['\n', '\r']));
    }
    issue.code = Some(Cow::Owned(block));
    issue
}

/// The path in the repository; `file_path` starts at the folder that was scanned. Both begin with a
/// slash all the same.
fn file<'a>(check: &'a Check<'_>) -> &'a str {
    let inside = filled(&check.repo_file_path).filter(|path| !path.contains(".."));
    inside.or(filled(&check.file_path)).unwrap_or_default().trim_start_matches(['/', '\\'])
}

/// A range of lines; `[0, 0]` and `[-1, -1]` are none.
fn lines(range: &[i64]) -> (Option<u64>, Option<u64>) {
    let line = |at: usize| range.get(at).and_then(|line| u64::try_from(*line).ok()).filter(|line| *line > 0);
    (line(0), line(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_lines_or_none() {
        for (range, want) in [
            (&[3, 5][..], (Some(3), Some(5))),
            (&[0, 0], (None, None)),
            (&[-1, -1], (None, None)),
            (&[7], (Some(7), None)),
            (&[], (None, None)),
        ] {
            assert_eq!(lines(range), want, "{range:?}");
        }
    }
}
