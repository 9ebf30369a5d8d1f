//! What becomes of one result.

use super::run::{Rule, Tables, at, is_longer, rank};
use super::verdict::{Loss, Skip};
use super::{infer, limits};
use crate::finding::{Finding, Fingerprint, Identifier, Project, uuid_for};
use crate::ruby;
use scanlift_report_core::{Kind, Severity};
use serde_json::Value;

/// What GitLab makes of a result.
pub(super) enum Outcome {
    /// It is ignored.
    Suppressed,
    /// It is left out, which counts towards the 50 percent.
    Skipped(Skip),
    /// It becomes a finding of a report of that kind.
    Taken(Kind, Box<Finding>),
}

pub(super) fn outcome(value: &Value, index: u64, tables: &Tables, project: &Project) -> Outcome {
    if is_suppressed(value) {
        return Outcome::Suppressed;
    }
    let id = value.get("ruleId").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.or_else(|| at(value, &["rule", "id"]).and_then(Value::as_str).filter(|id| !id.is_empty()));
    let Some(id) = id else { return Outcome::Skipped(Skip::NoRule) };
    let place =
        value.get("locations").and_then(|all| all.get(0)).and_then(|first| first.get("physicalLocation"));
    let Some(place) = place.filter(|place| place.is_object()) else { return Outcome::Skipped(Skip::NoPlace) };
    let message = at(value, &["message", "text"]).and_then(Value::as_str);
    if message.is_some_and(|message| is_longer(message, limits::TEXT)) {
        return Outcome::Skipped(Skip::Message);
    }
    let rule = rule_of(value, id, tables);
    if let Some(broken) = rule.and_then(|rule| rule.broken) {
        return Outcome::Skipped(broken);
    }

    let identifiers = identifiers(id, rule, tables);
    let is = |kind: &str| identifiers.iter().any(|it| it.kind == kind);
    let cwes: Vec<u32> =
        identifiers.iter().filter(|it| it.kind == "cwe").filter_map(|it| it.value.parse().ok()).collect();
    let kind = infer::kind(is("cve"), &cwes);
    let place = place_of(place, tables);
    let location = Fingerprint::of(&place);
    let uuid = identifiers.first().map(|primary| uuid_for(project, kind, &primary.fingerprint, &location));
    let name = name(rule, message, id);
    let finding = Finding {
        index,
        id: None,
        name,
        severity: severity(value, rule).0,
        identifiers,
        place,
        location,
        signatures: Vec::new(),
        uuid,
        uuid_on_default_branch: None,
        scanner: Some(infer::identifier_type(&tables.tool)),
    };
    Outcome::Taken(kind, Box::new(finding))
}

/// The rule that a result means.
pub(super) fn rule_of<'t>(value: &Value, id: &str, tables: &'t Tables) -> Option<&'t Rule> {
    let index = value.get("ruleIndex").or_else(|| at(value, &["rule", "index"])).and_then(Value::as_u64);
    tables.rule(id, index)
}

/// Whether there are suppressions, and none of them is open or rejected.
fn is_suppressed(value: &Value) -> bool {
    let all = value.get("suppressions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_open =
        |it: &Value| matches!(it.get("status").and_then(Value::as_str), Some("underReview" | "rejected"));
    !all.is_empty() && !all.iter().any(is_open)
}

fn identifiers(id: &str, rule: Option<&Rule>, tables: &Tables) -> Vec<Identifier> {
    let identifier = |kind: &str, value: &str, name: String| Identifier {
        kind: kind.to_owned(),
        value: value.to_owned(),
        name,
        fingerprint: Fingerprint::of(&format!("{kind}:{value}")),
    };
    let mut all = vec![identifier(&infer::identifier_type(&tables.tool), id, id.to_owned())];
    let cwes = infer::cwe(id).into_iter().chain(rule.into_iter().flat_map(|rule| rule.cwes.iter().copied()));
    let cves = infer::cve(id)
        .into_iter()
        .chain(rule.into_iter().flat_map(|rule| rule.cves.iter().map(String::as_str)));
    let secondary = cwes
        .map(|cwe| identifier("cwe", &cwe.to_string(), format!("CWE-{cwe}")))
        .chain(cves.map(|cve| identifier("cve", cve, format!("CVE-{cve}"))));
    for other in secondary {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// The text that GitLab tells places apart by.
fn place_of(place: &Value, tables: &Tables) -> String {
    let text = |path: &[&str]| at(place, path).and_then(Value::as_str);
    let base = tables.base(text(&["artifactLocation", "uriBaseId"]));
    let file = infer::file(text(&["artifactLocation", "uri"]).unwrap_or_default(), base);
    let line = |key: &str| ruby::to_s(at(place, &["region", key]));
    format!("{file}:{}:{}", line("startLine"), line("endLine"))
}

/// The severity, and the rank that it was made of.
pub(super) fn severity(value: &Value, rule: Option<&Rule>) -> (Severity, Option<f64>) {
    let own = value.get("rank").and_then(Value::as_f64).filter(|rank| *rank >= 0.0);
    let rank = own.or_else(|| rule?.rank).or_else(|| rank(value.get("properties")));
    if let Some(rank) = rank {
        return (infer::severity_of_rank(rank), Some(rank));
    }
    let level = value.get("level").and_then(Value::as_str).or_else(|| rule?.level.as_deref());
    (level.and_then(infer::severity_of_level).unwrap_or(Severity::Medium), None)
}

fn name(rule: Option<&Rule>, message: Option<&str>, id: &str) -> String {
    let present = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    present(rule.and_then(|rule| rule.short.as_deref()))
        .or_else(|| present(message).map(|message| ruby::truncate(&message, limits::NAME)))
        .or_else(|| present(rule.and_then(|rule| rule.full.as_deref())))
        .unwrap_or_else(|| id.to_owned())
}

/// What GitLab does not read of a result that it takes.
pub(super) fn losses(value: &Value, finding: &Finding, rule: Option<&Rule>) -> Vec<Loss> {
    let filled = |key: &str| match value.get(key) {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        _ => false,
    };
    let region = |key: &str| {
        value
            .get("locations")
            .and_then(|all| at(all.get(0)?, &["physicalLocation", key, "snippet"]))
            .is_some()
    };
    let is_gap = severity(value, rule)
        .1
        .is_some_and(|rank| infer::severity_of_rank(rank) == Severity::Critical && rank < 90.0);
    let kind = value.get("kind").and_then(Value::as_str);
    let checks = [
        (filled("codeFlows"), Loss::CodeFlows),
        (filled("fixes"), Loss::Fixes),
        (filled("fingerprints") || filled("partialFingerprints"), Loss::Fingerprints),
        (
            value.get("locations").and_then(Value::as_array).is_some_and(|all| all.len() > 1),
            Loss::MoreLocations,
        ),
        (filled("relatedLocations"), Loss::RelatedLocations),
        (region("region") || region("contextRegion"), Loss::Snippets),
        (filled("webRequest") || filled("webResponse"), Loss::Web),
        (rule.is_some_and(|rule| rule.has_help), Loss::Help),
        (rule.is_some_and(|rule| rule.has_more_tags), Loss::Tags),
        (finding.place.starts_with('/') || finding.place.get(1..3) == Some(":\\"), Loss::Absolute),
        (is_gap, Loss::Gap),
        (matches!(kind, Some("pass" | "notApplicable" | "informational")), Loss::NoFinding),
        (rule.is_none(), Loss::UnknownRule),
    ];
    checks.into_iter().filter(|(found, _)| *found).map(|(_, loss)| loss).collect()
}
