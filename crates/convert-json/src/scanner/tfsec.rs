//! tfsec, `--format json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of tfsec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tfsec;

/// The converter.
pub static CONVERTER: Tfsec = Tfsec;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "tfsec",
    name: "tfsec",
    summary: "JSON reports of tfsec",
    versions: "0.30 to 1.28",
    kinds: &[Kind::Sast],
    url: "https://aquasecurity.github.io/tfsec",
};

impl Converter for Tfsec {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        // A run without results writes null; an empty list is what others write.
        let is_null = head.windows(4).any(|word| word == b"null");
        let head = Head::of(head);
        let result = |key| head.path_has(&["results", key]);
        // In early versions rules had no description.
        let own = result("location")
            && (result("rule_description") || (result("rule_id") && result("link") && result("severity")));
        let only = is_null && head.has("results") && head.keys().all(|key| key == "results");
        match (own, only && !head.path_has(&["results", "rule_name"])) {
            (true, _) => Match::Yes,
            // Without results there is only the key.
            (false, true) => Match::Maybe,
            (false, false) => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut results = false;
        json::walk(input, |key, _| {
            results |= key == "results";
            Ok(())
        })?;
        if !results {
            return Err(ConvertError::Unrecognised {
                expected: "`results`",
                help: "write the report with tfsec --format json",
            });
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => records.each(reader, |records, reader| records.map(reader, &(), map_result)),
            _ => Ok(()),
        })
    }
}

/// `scan.FlatResult`, and before 1.0 `scanner.Result`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FlatResult<'a> {
    #[serde(borrow)]
    rule_id: Option<Loose<'a>>,
    long_id: Option<Loose<'a>>,
    legacy_rule_id: Option<Loose<'a>>,
    rule_description: Option<Loose<'a>>,
    rule_provider: Option<Loose<'a>>,
    rule_service: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    resolution: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    links: Vec<Loose<'a>>,
    link: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    passed: Option<bool>,
    resource: Option<Loose<'a>>,
    location: Option<Range<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow)]
    filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

fn map_result<'a>(result: &'a FlatResult<'_>, _: &'a ()) -> Outcome<'a> {
    // The long id is what versions before 1.0 and the SARIF have for an id.
    let Some(rule) = filled(&result.long_id).or(filled(&result.rule_id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a rule", "");
    };
    // Status in words, or by its number in `scan.Status`.
    match filled(&result.status).map(str::to_ascii_lowercase).as_deref() {
        Some("passed" | "1") => return Outcome::skip(SkipReason::NotAFinding, "status: passed", rule),
        Some("ignored" | "2") => return Outcome::skip(SkipReason::Suppressed, "status: ignored", rule),
        _ if result.passed == Some(true) => {
            return Outcome::skip(SkipReason::NotAFinding, "passed: true", rule);
        }
        _ => {}
    }
    let mut issue = Issue::new("tfsec_rule_id", rule);
    issue.title = filled(&result.rule_description).map(Cow::Borrowed);
    issue.message = filled(&result.description).map(Cow::Borrowed);
    issue.solution = filled(&result.resolution).map(Cow::Borrowed);
    issue.severity = filled(&result.severity).map(Cow::Borrowed);
    issue.rating = filled(&result.severity).and_then(rating);
    issue.references = result.links.iter().map(|link| Cow::Borrowed(&**link)).collect();
    // "See https://... for more information."
    let link =
        filled(&result.link).and_then(|link| link.split_whitespace().find(|word| word.contains("://")));
    issue.references.extend(link.map(Cow::Borrowed));
    issue.url = issue.references.first().cloned();
    let range = result.location.as_ref();
    let place = code::lines(
        range.and_then(|range| filled(&range.filename)).unwrap_or_default(),
        range.and_then(|range| range.start_line),
        range.and_then(|range| range.end_line),
    );
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a rule", "");
    };
    let avd = filled(&result.rule_id).filter(|id| *id != rule);
    for (key, name, value) in [
        ("impact", "Impact", filled(&result.impact)),
        ("resource", "Resource", filled(&result.resource)),
        ("provider", "Provider", filled(&result.rule_provider)),
        ("service", "Service", filled(&result.rule_service)),
        ("rule", "Other id of the rule", avd.or(filled(&result.legacy_rule_id))),
    ] {
        finding.vulnerability.details.text(key, name, value.unwrap_or_default());
    }
    Outcome::finding(finding)
}

/// The three words of versions before 0.40.
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "ERROR" => Some(Severity::High),
        "WARNING" => Some(Severity::Medium),
        "INFO" => Some(Severity::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_versions_did_not_describe_rules() {
        for (head, want) in [
            (
                r#"{"results": [{"rule_id": "x", "link": "x", "location": {}, "severity": "ERROR"}]}"#,
                Match::Yes,
            ),
            (r#"{"results": [{"rule_id": "x", "location": {"filename": "a.tf"}}]}"#, Match::No),
            (r#"{"results": null}"#, Match::Maybe),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
