//! Terrascan, `-o json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink,
    SkipReason, Warning,
};
use scanlift_report_core::{Kind, Location, MessageLevel};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Terrascan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terrascan;

/// The converter.
pub static CONVERTER: Terrascan = Terrascan;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "terrascan",
    name: "Terrascan",
    summary: "JSON reports of Terrascan",
    versions: "1",
    kinds: &[Kind::Sast],
    url: "https://runterrascan.io/docs/usage/command_line_mode/",
};

impl Converter for Terrascan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let has = |key| head.path_has(&["results", key]);
        // There may be an error for each folder and kind of infrastructure.
        let of_errors = head.path_has(&["results", "scan_errors", "iac_type"]);
        let own = of_errors
            || has("scan_summary")
            || has("skipped_violations")
            || has("passed_rules")
            || has("violations");
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        // "2021-05-19 13:13:06.083208 +0000 UTC"
        scan.end_time = run.scanned_at.map(|time| time.trim_end_matches(" UTC").to_owned().into());
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => reader.each_key(|key, reader| match key {
                "violations" => {
                    records.each(reader, |records, reader| records.map(reader, &(), map_violation))
                }
                "skipped_violations" => {
                    records.each(reader, |records, reader| records.map(reader, &(), map_skipped))
                }
                "passed_rules" => {
                    records.each(reader, |records, reader| records.map(reader, &(), map_passed))
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })
    }
}

/// What stands beside the violations.
#[derive(Default)]
struct Run {
    scanned_at: Option<String>,
    messages: Messages,
    warnings: Vec<Warning>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut known) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            if key != "results" || reader.peek()? != JsonKind::Object {
                return Ok(());
            }
            reader.each_key(|key, reader| {
                match key {
                    "violations" => known = true,
                    "scan_summary" => {
                        known = true;
                        let summary: Option<Summary> = fields.object(reader)?;
                        run.scanned_at = summary.and_then(|summary| summary.scanned_at);
                    }
                    "scan_errors" => fields.objects(reader, |error: ScanError| {
                        let parts = [filled(&error.iac_type), filled(&error.message)];
                        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
                        run.messages.push(MessageLevel::Warn, text);
                    })?,
                    "vulnerabilities" if reader.peek()? == JsonKind::Array => {
                        let text = "the vulnerabilities of images (--find-vuln) are not read: scan the images themselves";
                        run.messages.push(MessageLevel::Warn, text);
                        fields.warnings.push(Warning::note(text));
                    }
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`results.violations`",
                help: "write the report with terrascan scan -o json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    scanned_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScanError {
    iac_type: Option<String>,
    #[serde(rename = "errMsg")]
    message: Option<String>,
}

/// `results.Violation`, and of `results.PassedRule` what they have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation<'a> {
    #[serde(borrow)]
    rule_name: Option<Loose<'a>>,
    rule_id: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    category: Option<Loose<'a>>,
    resource_name: Option<Loose<'a>>,
    resource_type: Option<Loose<'a>>,
    module_name: Option<Loose<'a>>,
    comment: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

impl Violation<'_> {
    fn rule(&self) -> Option<&str> {
        filled(&self.rule_id).or(filled(&self.rule_name))
    }
}

fn map_skipped<'a>(violation: &'a Violation<'_>, _: &'a ()) -> Outcome<'a> {
    let why = filled(&violation.comment).unwrap_or("skipped_violations");
    Outcome::skip(SkipReason::Suppressed, why, violation.rule().unwrap_or_default())
}

fn map_passed<'a>(rule: &'a Violation<'_>, _: &'a ()) -> Outcome<'a> {
    Outcome::skip(SkipReason::NotAFinding, "passed_rules", rule.rule().unwrap_or_default())
}

fn map_violation<'a>(violation: &'a Violation<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(rule) = violation.rule() else {
        return Outcome::skip(SkipReason::Unsupported, "a violation without a rule", "");
    };
    let mut issue = Issue::new("terrascan_rule_id", rule);
    let name = filled(&violation.rule_name).filter(|name| *name != rule);
    issue.rule_name = name.map(|name| Cow::Owned(format!("{rule} {name}")));
    issue.message = filled(&violation.description).or(name).map(Cow::Borrowed);
    issue.severity = filled(&violation.severity).map(Cow::Borrowed);
    let place = code::lines(filled(&violation.file).unwrap_or_default(), violation.line, None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a violation without a rule", "");
    };
    let resource = [filled(&violation.resource_type), filled(&violation.resource_name)];
    let resource = resource.into_iter().flatten().collect::<Vec<_>>().join(".");
    let details = &mut finding.vulnerability.details;
    details.text("resource", "Resource", resource);
    let module = filled(&violation.module_name).filter(|module| *module != "root");
    details.text("module", "Module", module.unwrap_or_default());
    details.text("category", "Category", filled(&violation.category).unwrap_or_default());
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_may_end_before_the_violations() {
        for (head, want) in [
            (r#"{"results": {"scan_errors": [{"iac_type": "helm", "errMsg": "x"}, {"ia"#, Match::Yes),
            (r#"{"results": {"scan_errors": []}}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
