//! Horusec, `-o json`.

use crate::leak::Leak;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Horusec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Horusec;

/// The converter.
pub static CONVERTER: Horusec = Horusec;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "horusec",
    name: "Horusec",
    summary: "JSON reports of Horusec",
    versions: "2",
    kinds: &[Kind::Sast, Kind::SecretDetection],
    url: "https://docs.horusec.io/docs/cli/commands-and-flags/",
};

impl Converter for Horusec {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.has("analysisVulnerabilities") && head.kind() == Some(JsonKind::Object);
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        let mut messages = Messages::default();
        json::walk(input, |key, reader| {
            match key {
                "analysisVulnerabilities" => known = true,
                "version" => scan.version = fields.text(reader)?.map(Into::into),
                "createdAt" => scan.start_time = fields.text(reader)?.map(Into::into),
                "finishedAt" => scan.end_time = fields.text(reader)?.map(Into::into),
                "errors" => {
                    let text = fields.text(reader)?.unwrap_or_default();
                    messages.push(MessageLevel::Warn, text);
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`analysisVulnerabilities`",
                help: "write the report with horusec start -o json -O report.json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "analysisVulnerabilities" => {
                records.each(reader, |records, reader| records.map(reader, options, map_entry))
            }
            _ => Ok(()),
        })
    }
}

/// An entry of `analysisVulnerabilities`, which has one vulnerability in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    vulnerabilities: Found<'a>,
}

/// `vulnerability.Vulnerability`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found<'a> {
    #[serde(borrow, rename = "rule_id")]
    rule_id: Option<Loose<'a>>,
    security_tool: Option<Loose<'a>>,
    language: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    details: Option<Loose<'a>>,
    code: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

fn map_entry<'a>(entry: &'a Entry<'_>, options: &'a Options) -> Outcome<'a> {
    let found = &entry.vulnerabilities;
    let (title, message) = title(filled(&found.details).unwrap_or_default());
    // What people decided stands where the kind of entry does.
    if let Some(kind @ ("Risk Accepted" | "False Positive" | "Corrected")) = filled(&found.kind) {
        return Outcome::skip(SkipReason::Suppressed, format!("type: {kind}"), title);
    }
    let tool = filled(&found.security_tool);
    let rule = match (filled(&found.rule_id), tool) {
        (Some(rule), _) => Cow::Borrowed(rule),
        (None, Some(tool)) if !title.is_empty() => Cow::Owned(format!("{tool}: {title}")),
        _ => Cow::Borrowed(title),
    };
    let mut issue = Issue::new("horusec_rule_id", rule);
    issue.title = Some(title.into());
    issue.message = Some(message.into());
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.confidence = filled(&found.confidence).map(Cow::Borrowed);
    issue.weaknesses = scanlift_convert_api::cwe::all(message);
    let file = filled(&found.file);
    if filled(&found.language) == Some("Leaks") {
        let leak = Leak {
            issue,
            file,
            lines: (found.line, None),
            // The line that holds the secret.
            secrets: filled(&found.code).into_iter().collect(),
            details: vec![("tool", "Tool", tool.map(Cow::Borrowed))],
            ..Leak::default()
        };
        return leak.into_outcome(options);
    }
    issue.code = found.code.as_deref().map(Cow::Borrowed);
    issue.language = filled(&found.language).map(|language| language.to_ascii_lowercase().into());
    let place = code::lines(file.unwrap_or_default(), found.line, None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without rule and details", "");
    };
    finding.vulnerability.details.text("tool", "Tool", tool.unwrap_or_default());
    Outcome::finding(finding)
}

/// The first line of the details without `(1/2) * Possible vulnerability detected: `, and all of them.
fn title(details: &str) -> (&str, &str) {
    let counted = details.strip_prefix('(').and_then(|rest| rest.split_once(") * "));
    let text = match counted {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit() || b == b'/') => rest,
        _ => details,
    };
    let text = text.strip_prefix("Possible vulnerability detected: ").unwrap_or(text).trim();
    (text.lines().next().unwrap_or_default().trim(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_begin_with_a_title() {
        for (details, want) in [
            ("(1/1) * Possible vulnerability detected: Bad\nIt is.", ("Bad", "Bad\nIt is.")),
            ("(see) * this", ("(see) * this", "(see) * this")),
            ("Bad", ("Bad", "Bad")),
            ("", ("", "")),
        ] {
            assert_eq!(title(details), want);
        }
    }
}
