//! SonarQube's generic format for issues of other tools, `sonar.externalIssuesReportPaths`.
//!
//! Since SonarQube 10.3 rules stand in a list of their own, before that every issue said all of its rule.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
};
use scanlift_report_core::{FileLocation, Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// Reads reports in SonarQube's generic format for issues.
#[derive(Clone, Copy, Debug, Default)]
pub struct SonarGeneric;

/// The converter.
pub static CONVERTER: SonarGeneric = SonarGeneric;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sonar-generic",
    name: "SonarQube generic issues",
    summary: "issues of other tools in SonarQube's generic format",
    versions: "SonarQube 7.2 and later",
    kinds: &[Kind::Sast],
    url: "https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/importing-external-issues/generic-issue-import-format/",
};

impl Converter for SonarGeneric {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let issue = head.path_has(&["issues", "primaryLocation", "filePath"]);
        // Rules may fill the head.
        let rules = head.path_has(&["rules", "engineId"])
            && ["cleanCodeAttribute", "impacts", "type"].iter().any(|key| head.path_has(&["rules", key]));
        if issue || rules { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the rules, and once for the issues.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut rules) = (Fields::default(), false, HashMap::new());
        json::walk(input, |key, reader| {
            match key {
                "issues" => known = true,
                "rules" => fields.objects(reader, |rule: Rule| {
                    rules.insert(rule.id.clone().unwrap_or_default(), rule);
                })?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`issues`",
                help: "give a file of SonarQube's generic issue import format",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "issues" => records.each(reader, |records, reader| records.map(reader, &rules, map_issue)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    engine_id: Option<String>,
    clean_code_attribute: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    severity: Option<String>,
    #[serde(deserialize_with = "json::list")]
    impacts: Vec<Impact>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Impact {
    software_quality: Option<String>,
    severity: Option<String>,
}

/// An issue, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found<'a> {
    #[serde(borrow)]
    engine_id: Option<Loose<'a>>,
    rule_id: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    primary_location: Place<'a>,
    #[serde(deserialize_with = "json::list")]
    secondary_locations: Vec<Place<'a>>,
    effort_minutes: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Place<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    file_path: Option<Loose<'a>>,
    text_range: Range,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Range {
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

fn map_issue<'a>(found: &'a Found<'_>, rules: &'a HashMap<String, Rule>) -> Outcome<'a> {
    let Place { message, file_path, text_range } = &found.primary_location;
    let message = filled(message).unwrap_or_default();
    let Some(id) = filled(&found.rule_id) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", message);
    };
    let rule = rules.get(id);
    let of_rule = |field: fn(&Rule) -> &Option<String>| rule.and_then(|rule| field(rule).as_deref());
    let engine = filled(&found.engine_id).or(of_rule(|rule| &rule.engine_id)).unwrap_or("external");
    // As SonarQube calls it once it is imported.
    let mut issue = Issue::new("sonarqube_rule_id", format!("external_{engine}:{id}"));
    issue.rule_name = Some(format!("{engine}:{id}").into());
    issue.title = of_rule(|rule| &rule.name).map(Cow::Borrowed);
    issue.message = Some(message.into());
    issue.about = of_rule(|rule| &rule.description).map(Cow::Borrowed);
    let weighed = rule.and_then(heaviest);
    let word = filled(&found.severity).or(of_rule(|rule| &rule.severity)).or(weighed);
    issue.severity = word.map(Cow::Borrowed);
    issue.rating = word.and_then(rating);
    issue.weaknesses = cwe::all(id);
    issue.flows.push(found.secondary_locations.iter().filter_map(|place| {
        let start = place.text_range.start_line?;
        Some(FileLocation::new(filled(&place.file_path)?, start, place.text_range.end_line))
    }));
    let place =
        code::lines(filled(file_path).unwrap_or_default(), text_range.start_line, text_range.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", message);
    };
    let details = &mut finding.vulnerability.details;
    for (key, name, text) in [
        ("engine", "Engine", Some(engine)),
        ("type", "Type", filled(&found.kind).or(of_rule(|rule| &rule.kind))),
        ("clean_code_attribute", "Clean code attribute", of_rule(|rule| &rule.clean_code_attribute)),
        ("effort", "Effort in minutes", filled(&found.effort_minutes)),
    ] {
        details.text(key, name, text.unwrap_or_default());
    }
    let impacts = rule.map(|rule| &*rule.impacts).unwrap_or_default().iter().filter_map(Impact::in_words);
    add_list(details, "impacts", "Impacts", impacts);
    Outcome::finding(finding)
}

impl Impact {
    fn in_words(&self) -> Option<String> {
        Some(format!("{}: {}", self.software_quality.as_deref()?, self.severity.as_deref()?))
    }
}

/// What a rule weighs: its impact on security, if it has one, else its heaviest.
fn heaviest(rule: &Rule) -> Option<&str> {
    let is_of_security = |impact: &&Impact| {
        impact.software_quality.as_deref().is_some_and(|quality| quality.eq_ignore_ascii_case("security"))
    };
    match rule.impacts.iter().find(is_of_security) {
        Some(impact) => impact.severity.as_deref(),
        None => rule
            .impacts
            .iter()
            .filter_map(|impact| impact.severity.as_deref())
            .min_by_key(|word| weight(word)),
    }
}

/// The place of a word among [`rating`]s, the heaviest first.
fn weight(word: &str) -> usize {
    let order = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    order.iter().position(|severity| rating(word) == Some(*severity)).unwrap_or(order.len())
}

/// Severities of issues, and of impacts.
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "BLOCKER" => Some(Severity::Critical),
        "CRITICAL" | "HIGH" => Some(Severity::High),
        "MAJOR" | "MEDIUM" => Some(Severity::Medium),
        "MINOR" | "LOW" => Some(Severity::Low),
        "INFO" => Some(Severity::Info),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_weighs_before_the_heaviest() {
        let rule = |impacts: &[(&str, &str)]| Rule {
            impacts: impacts
                .iter()
                .map(|(quality, severity)| Impact {
                    software_quality: Some((*quality).to_owned()),
                    severity: Some((*severity).to_owned()),
                })
                .collect(),
            ..Rule::default()
        };
        for (impacts, want) in [
            (&[("MAINTAINABILITY", "LOW"), ("RELIABILITY", "HIGH")][..], Some("HIGH")),
            (&[("RELIABILITY", "BLOCKER"), ("SECURITY", "MEDIUM")], Some("MEDIUM")),
            (&[], None),
        ] {
            assert_eq!(heaviest(&rule(impacts)), want);
        }
    }
}
