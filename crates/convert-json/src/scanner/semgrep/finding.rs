//! From a result to a finding (`cli_match`).

use super::dependency::{ScaInfo, map_dependency};
use super::trace::{DataflowTrace, Position};
use scanlift_convert_api::code::{self, Issue, is_about_secrets};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{
    Artifact, Change, Finding, Fingerprint, Fix, Options, Outcome, Replacement, SkipReason, cwe, details,
};
use scanlift_report_core::{Commit, Location, SecretLocation, Severity, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// A result, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CliMatch<'a> {
    #[serde(borrow)]
    check_id: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    start: Option<Position>,
    end: Option<Position>,
    extra: Option<Extra<'a>>,
}

/// `cli_match_extra`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extra<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    lines: Option<Loose<'a>>,
    fingerprint: Option<Loose<'a>>,
    fix: Option<Loose<'a>>,
    fix_regex: Option<FixRegex<'a>>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    is_ignored: Option<bool>,
    dataflow_trace: Option<DataflowTrace<'a>>,
    validation_state: Option<Loose<'a>>,
    historical_info: Option<HistoricalInfo<'a>>,
    sca_info: Option<ScaInfo<'a>>,
    engine_kind: Option<Loose<'a>>,
}

/// What a rule says of itself: anything, by convention this.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Metadata<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) cwe: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) owasp: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) references: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    technology: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    subcategory: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list", rename = "vulnerability_class")]
    vulnerability_class: Vec<Loose<'a>>,
    pub(super) source: Option<Loose<'a>>,
    #[serde(rename = "source-rule-url")]
    source_rule_url: Option<Loose<'a>>,
    shortlink: Option<Loose<'a>>,
    pub(super) confidence: Option<Loose<'a>>,
    likelihood: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    category: Option<Loose<'a>>,
    #[serde(rename = "secret_type")]
    secret_type: Option<Loose<'a>>,
    pub(super) cve: Option<Loose<'a>>,
    pub(super) ghsa: Option<Loose<'a>>,
    pub(super) publish_date: Option<Loose<'a>>,
    pub(super) sca_severity: Option<Loose<'a>>,
    pub(super) sca_kind: Option<Loose<'a>>,
    pub(super) sca_vuln_database_identifier: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) sca_fix_versions: Option<super::dependency::FixVersions<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FixRegex<'a> {
    #[serde(borrow)]
    regex: Option<Loose<'a>>,
    replacement: Option<Loose<'a>>,
}

/// A secret that stood in an earlier commit (`historical_info`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HistoricalInfo<'a> {
    #[serde(borrow)]
    git_commit: Option<Loose<'a>>,
    git_commit_timestamp: Option<Loose<'a>>,
}

/// The rule of a pattern that was given on the command line (`-e`) has no id of its own.
const AD_HOC: &str = "command-line-pattern";

pub(super) fn map_result<'a>(result: &'a CliMatch<'_>, options: &'a Options) -> Outcome<'a> {
    let rule = filled(&result.check_id).map_or("", |id| if id == "-" { AD_HOC } else { id });
    if rule.is_empty() {
        return Outcome::skip(SkipReason::Unsupported, "a result without a rule", "");
    }
    let Some(extra) = &result.extra else {
        return Outcome::skip(SkipReason::Unsupported, "a result without `extra`", rule);
    };
    if extra.is_ignored == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "is_ignored: nosemgrep", rule);
    }
    let metadata = &extra.metadata;
    if let Some(sca) = &extra.sca_info {
        let said = super::dependency::Said {
            rule,
            message: filled(&extra.message),
            severity: filled(&extra.severity),
            path: filled(&result.path),
            start: result.start,
        };
        return match map_dependency(&said, metadata, sca) {
            Some(finding) => Outcome::finding(finding),
            None => Outcome::skip(SkipReason::Unsupported, "a dependency without a name", rule),
        };
    }
    let mut issue = Issue::new("semgrep_rule_id", rule);
    issue.message = filled(&extra.message).map(Cow::Borrowed);
    issue.severity = filled(&extra.severity).map(Cow::Borrowed);
    issue.rating = filled(&extra.severity).and_then(rating);
    issue.code = lines(&extra.lines);
    if let Some(trace) = &extra.dataflow_trace {
        issue.flows.push(trace.steps());
    }
    describe(&mut issue, metadata);
    let about_secrets = is_about_secrets(rule, &metadata.technology, &issue.weaknesses)
        || filled(&metadata.secret_type).is_some()
        || validation(extra).is_some();
    let source = code::lines(
        filled(&result.path).unwrap_or_default(),
        result.start.and_then(|start| start.line),
        result.end.and_then(|end| end.line),
    );
    let place = match &extra.historical_info {
        Some(history) if about_secrets => {
            let mut commit = Commit::new(filled(&history.git_commit).unwrap_or_default());
            commit.date = filled(&history.git_commit_timestamp).map(Cow::Borrowed);
            Location::SecretDetection(SecretLocation::new(commit, source))
        }
        _ if about_secrets => code::secret(source, options),
        _ => Location::Sast(source),
    };
    let Some(mut finding) = issue.into_finding(place) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a rule", "");
    };
    add_details(&mut finding, metadata);
    let shown = &mut finding.vulnerability.details;
    shown.text("validation_state", "Validation", validation(extra).unwrap_or_default());
    if let Some(engine) = filled(&extra.engine_kind).filter(|engine| *engine != "OSS") {
        shown.text("engine", "Engine", engine);
    }
    if about_secrets {
        finding.secrets.extend(lines(&extra.lines));
    }
    // Without a login all of them are one text, "requires login", which the pipeline knows.
    if let Some(value) = filled(&extra.fingerprint) {
        finding.fingerprints.push(Fingerprint { name: "fingerprint".into(), value: value.into() });
    }
    finding.fixes.extend(fix(result, extra));
    if let Some(regex) = &extra.fix_regex
        && let (Some(pattern), replacement) = (filled(&regex.regex), filled(&regex.replacement))
    {
        let text = format!("replace what matches `{pattern}` by `{}`", replacement.unwrap_or_default());
        finding.vulnerability.details.text("fix", "Suggested fix", text);
    }
    Outcome::finding(finding)
}

/// What the rule says of all its results.
fn describe<'a>(issue: &mut Issue<'a>, metadata: &'a Metadata<'_>) {
    issue.weaknesses = weaknesses(&metadata.cwe);
    issue.categories = texts(&metadata.owasp);
    issue.references = texts(&metadata.references);
    issue.references.extend(
        [&metadata.source_rule_url, &metadata.shortlink].into_iter().filter_map(filled).map(Cow::Borrowed),
    );
    issue.url = filled(&metadata.source).map(Cow::Borrowed);
    issue.confidence = filled(&metadata.confidence).map(Cow::Borrowed);
}

fn add_details<'a>(finding: &mut Finding<'a>, metadata: &'a Metadata<'_>) {
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("likelihood", "Likelihood", &metadata.likelihood),
        ("impact", "Impact", &metadata.impact),
        ("secret_type", "Type of secret", &metadata.secret_type),
        ("category", "Category", &metadata.category),
    ] {
        shown.text(key, name, filled(value).unwrap_or_default());
    }
    for (key, name, values) in [
        ("vulnerability_class", "Vulnerability class", &metadata.vulnerability_class),
        ("technology", "Technology", &metadata.technology),
        ("subcategory", "Subcategory", &metadata.subcategory),
    ] {
        details::add_list(shown, key, name, texts(values));
    }
}

/// CWE numbers as rules write them: `CWE-79: ...`, `CWE-79`, `79`.
pub(super) fn weaknesses(texts: &[Loose<'_>]) -> Vec<u32> {
    texts
        .iter()
        .flat_map(|text| text.trim().parse().map_or_else(|_| cwe::all(text), |number| vec![number]))
        .collect()
}

pub(super) fn texts<'a>(list: &'a [Loose<'_>]) -> Vec<Text<'a>> {
    list.iter().map(|text| Cow::Borrowed(&**text)).collect()
}

/// What a rule's severity means (semgrep.dev: `ERROR` high, `WARNING` medium, `INFO` low; newer
/// rules say it in words of four steps).
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "ERROR" => Some(Severity::High),
        "WARNING" => Some(Severity::Medium),
        "INFO" => Some(Severity::Low),
        "INVENTORY" | "EXPERIMENT" => Some(Severity::Info),
        _ => None,
    }
}

/// The code; without a login Semgrep writes two words in its place.
fn lines<'a>(lines: &'a Option<Loose<'_>>) -> Option<Text<'a>> {
    lines.as_deref().filter(|code| code.trim() != "requires login").map(Cow::Borrowed)
}

/// What a validator of a secret said, if the rule has one.
fn validation<'a>(extra: &'a Extra<'_>) -> Option<&'a str> {
    filled(&extra.validation_state).filter(|state| *state != "NO_VALIDATOR")
}

/// The text that takes the place of what matched. Lines and columns are 1-based; offsets are not
/// used, since they are of bytes or of characters by version.
fn fix<'a>(result: &'a CliMatch<'_>, extra: &'a Extra<'_>) -> Option<Fix<'a>> {
    let text = extra.fix.as_deref()?;
    let (start, end) = (result.start?, result.end?);
    let mut replacement = Replacement::default();
    (replacement.start_line, replacement.start_column) = (Some(start.line?), Some(start.col?));
    (replacement.end_line, replacement.end_column) = (Some(end.line?), Some(end.col?));
    replacement.unicode_columns = true;
    replacement.text = Cow::Borrowed(text);
    let file = Artifact { path: Cow::Borrowed(filled(&result.path)?) };
    let mut fix = Fix::default();
    fix.changes.push(Change::new(file, vec![replacement]));
    Some(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities() {
        for (word, want) in [
            ("ERROR", Some(Severity::High)),
            ("Warning", Some(Severity::Medium)),
            ("INFO", Some(Severity::Low)),
            ("INVENTORY", Some(Severity::Info)),
            ("CRITICAL", None),
        ] {
            assert_eq!(rating(word), want, "{word}");
        }
    }

    #[test]
    fn weaknesses_in_the_spellings_of_rules() {
        let of = |texts: &[&'static str]| {
            weaknesses(&texts.iter().map(|text| Loose(Cow::Borrowed(*text))).collect::<Vec<_>>())
        };
        assert_eq!(of(&["CWE-79: Improper ...", "89", "none", "CWE-1, CWE-2"]), [79, 89, 1, 2]);
    }
}
