//! A finding of the platform: code, or a secret; packages are in [`super::package`].

use super::package::{FoundDependency, Recommendation, map_package};
use scanlift_convert_api::code::{self, Issue, is_about_secrets};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Fingerprint, Options, Outcome, SkipReason, cwe, details};
use scanlift_report_core::{Link, Location, Severity, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// What the user says, and the name of the document.
pub(super) struct Scope<'s> {
    pub(super) options: &'s Options,
    pub(super) name: Option<&'s str>,
}

/// A finding of the API or of `semgrep ci`, with only the fields that are used. Secrets have their
/// names in camel case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Finding<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    match_based_id: Option<Loose<'a>>,
    #[serde(alias = "findingPathUrl")]
    line_of_code_url: Option<Loose<'a>>,
    triage_state: Option<Loose<'a>>,
    triage_reason: Option<Loose<'a>>,
    triage_comment: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    categories: Vec<Loose<'a>>,
    #[serde(alias = "createdAt")]
    created_at: Option<Loose<'a>>,
    #[serde(alias = "check_id", alias = "advisory")]
    pub(super) rule_name: Option<Loose<'a>>,
    #[serde(alias = "message")]
    pub(super) rule_message: Option<Loose<'a>>,
    pub(super) location: Option<Place<'a>>,
    pub(super) rule: Option<Rule<'a>>,
    assistant: Option<Assistant<'a>>,
    // `semgrep ci`
    #[serde(alias = "findingPath")]
    pub(super) path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
    pub(super) sca_info: Option<super::package::ScaInfo<'a>>,
    // Secrets
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(rename = "validationState", alias = "validation_state")]
    validation_state: Option<Loose<'a>>,
    // Supply chain
    pub(super) vulnerability_identifier: Option<Loose<'a>>,
    pub(super) reachability: Option<Loose<'a>>,
    pub(super) found_dependency: Option<FoundDependency<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) fix_recommendations: Vec<Recommendation<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    pub(super) file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) message: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    subcategories: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulnerability_classes: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwe_names: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    owasp_names: Vec<Loose<'a>>,
}

/// What the assistant thinks.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Assistant<'a> {
    #[serde(borrow)]
    guidance: Option<Guidance<'a>>,
    autotriage: Option<Autotriage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Guidance<'a> {
    #[serde(borrow)]
    summary: Option<Loose<'a>>,
    instructions: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Autotriage<'a> {
    #[serde(borrow)]
    verdict: Option<Loose<'a>>,
    reason: Option<Loose<'a>>,
}

pub(super) fn map_finding<'a>(found: &'a Finding<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let of_rule = found.rule.as_ref();
    let name = filled(&found.rule_name).or(of_rule.and_then(|rule| filled(&rule.name)));
    let kind = filled(&found.kind);
    let Some(rule) = name.or(kind).or(filled(&found.vulnerability_identifier)) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "a finding without a rule",
            filled(&found.id).unwrap_or_default(),
        );
    };
    let states = [filled(&found.triage_state), filled(&found.status), filled(&found.state)];
    if let Some(reason) = states.into_iter().flatten().find_map(settled) {
        let why = [filled(&found.triage_reason), filled(&found.triage_comment)];
        let state = states.into_iter().flatten().find(|state| settled(state).is_some());
        let parts = state.into_iter().chain(why.into_iter().flatten()).collect::<Vec<_>>();
        return Outcome::skip(reason, parts.join(": "), rule);
    }
    let mapped = match map_package(found, rule, scope) {
        Some(finding) => Some(finding),
        None => map_code(found, rule, kind.is_some() && name.is_none(), scope),
    };
    let Some(mut finding) = mapped else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a rule", rule);
    };
    finding.vulnerability.add_links(filled(&found.line_of_code_url).and_then(Link::new));
    let verdict = found.assistant.as_ref().and_then(|it| it.autotriage.as_ref());
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("verdict", "Verdict of the assistant", verdict.and_then(|it| filled(&it.verdict))),
        ("verdict_reason", "Reason of the assistant", verdict.and_then(|it| filled(&it.reason))),
        ("validation_state", "Validation", validation(found)),
        ("triage_state", "Triage", filled(&found.triage_state)),
        ("triage_comment", "Comment", filled(&found.triage_comment)),
        ("created", "Created", filled(&found.created_at)),
    ] {
        shown.text(key, name, value.unwrap_or_default());
    }
    if let Some(value) = filled(&found.match_based_id) {
        finding.fingerprints.push(Fingerprint { name: "match_based_id".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

/// Why a finding is none any more.
fn settled(state: &str) -> Option<SkipReason> {
    let state = state.strip_prefix("FINDING_STATUS_").unwrap_or(state);
    match state.to_ascii_lowercase().as_str() {
        "ignored" | "muted" | "provisionally_ignored" => Some(SkipReason::Suppressed),
        "fixed" | "removed" => Some(SkipReason::NotAFinding),
        _ => None,
    }
}

fn validation<'a>(found: &'a Finding<'_>) -> Option<&'a str> {
    let state = filled(&found.validation_state)?;
    let state = state.strip_prefix("VALIDATION_STATE_").unwrap_or(state);
    (state != "NO_VALIDATOR").then_some(state)
}

fn map_code<'a>(
    found: &'a Finding<'_>,
    rule: &'a str,
    of_secrets: bool,
    scope: &'a Scope<'_>,
) -> Option<scanlift_convert_api::Finding<'a>> {
    let mut issue = Issue::new("semgrep_rule_id", rule);
    let of_rule = found.rule.as_ref();
    issue.message =
        filled(&found.rule_message).or(of_rule.and_then(|rule| filled(&rule.message))).map(Cow::Borrowed);
    if issue.message.is_none() && of_secrets {
        issue.title = Some(Cow::Owned(format!("Leaked secret: {rule}")));
    }
    issue.severity = filled(&found.severity).map(severity).map(Cow::Borrowed);
    issue.rating = issue.severity.as_deref().and_then(rating);
    let confidence = filled(&found.confidence).or(of_rule.and_then(|rule| filled(&rule.confidence)));
    issue.confidence = confidence.map(|word| Cow::Borrowed(word.strip_prefix("CONFIDENCE_").unwrap_or(word)));
    let guidance = found.assistant.as_ref().and_then(|it| it.guidance.as_ref());
    issue.solution =
        guidance.and_then(|it| filled(&it.instructions).or(filled(&it.summary))).map(Cow::Borrowed);
    if let Some(of_rule) = of_rule {
        issue.weaknesses = of_rule.cwe_names.iter().flat_map(|text| cwe::all(text)).collect();
        issue.categories = texts(&of_rule.owasp_names);
    }
    // "path/to/file.py:12" of a secret
    let path = filled(&found.path).map(|path| match path.rsplit_once(':') {
        Some((file, line)) if !file.is_empty() && line.parse::<u64>().is_ok() => (file, line.parse().ok()),
        _ => (path, None),
    });
    let source = match &found.location {
        Some(place) => code::lines(filled(&place.file_path).unwrap_or_default(), place.line, place.end_line),
        None => {
            let (file, line) = path.unwrap_or_default();
            code::lines(file, found.line.or(line), found.end_line)
        }
    };
    let about_secrets = of_secrets
        || validation(found).is_some()
        || is_about_secrets(rule, &found.categories, &issue.weaknesses);
    let mut finding = issue.into_finding(match about_secrets {
        true => code::secret(source, scope.options),
        false => Location::Sast(source),
    })?;
    if let Some(of_rule) = of_rule {
        let shown = &mut finding.vulnerability.details;
        details::add_list(
            shown,
            "vulnerability_class",
            "Vulnerability class",
            texts(&of_rule.vulnerability_classes),
        );
        details::add_list(shown, "subcategory", "Subcategory", texts(&of_rule.subcategories));
    }
    details::add_list(&mut finding.vulnerability.details, "category", "Category", texts(&found.categories));
    Some(finding)
}

pub(super) fn texts<'a>(list: &'a [Loose<'_>]) -> Vec<Text<'a>> {
    list.iter().map(|text| Cow::Borrowed(&**text)).collect()
}

/// The word of the API, of secrets (`SEVERITY_HIGH`), or for the numbers that `semgrep ci` sends.
pub(super) fn severity(word: &str) -> &str {
    match word {
        "0" => "INFO",
        "1" => "WARNING",
        "2" => "ERROR",
        "4" => "EXPERIMENT",
        _ => word.strip_prefix("SEVERITY_").unwrap_or(word),
    }
}

fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "ERROR" => Some(Severity::High),
        "WARNING" => Some(Severity::Medium),
        "INFO" => Some(Severity::Low),
        "INVENTORY" | "EXPERIMENT" => Some(Severity::Info),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_words_or_numbers() {
        for (word, want) in [("2", "ERROR"), ("SEVERITY_HIGH", "HIGH"), ("medium", "medium"), ("7", "7")] {
            assert_eq!(severity(word), want, "{word}");
        }
    }

    #[test]
    fn states_settle_findings() {
        for (state, want) in [
            ("ignored", Some(SkipReason::Suppressed)),
            ("muted", Some(SkipReason::Suppressed)),
            ("FINDING_STATUS_FIXED", Some(SkipReason::NotAFinding)),
            ("removed", Some(SkipReason::NotAFinding)),
            ("open", None),
            ("reviewing", None),
        ] {
            assert_eq!(settled(state), want, "{state}");
        }
    }
}
