//! gosec, `-fmt=json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink,
    SkipReason, Warning,
};
use scanlift_report_core::{Kind, Location, MessageLevel};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of gosec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gosec;

/// The converter.
pub static CONVERTER: Gosec = Gosec;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "gosec",
    name: "gosec",
    summary: "JSON reports of gosec",
    versions: "2",
    kinds: &[Kind::Sast],
    url: "https://github.com/securego/gosec#output-formats",
};

impl Converter for Gosec {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // Of the first versions a run without issues has its figures only.
        let own = head.has("Golang errors")
            || head.has("GosecVersion")
            || head.path_has(&["Issues", "rule_id"])
            || (head.has("Issues") && head.path_has(&["Stats", "nosec"]));
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = run.version.map(Into::into);
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "Issues" => records.each(reader, |records, reader| records.map(reader, &(), map_issue)),
            _ => Ok(()),
        })
    }
}

/// What stands beside the issues.
#[derive(Default)]
struct Run {
    version: Option<String>,
    messages: Messages,
    warnings: Vec<Warning>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut issues) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "Issues" => issues = true,
                "GosecVersion" => run.version = fields.text(reader)?.filter(|version| version != "dev"),
                "Golang errors" if reader.peek()? == JsonKind::Object => {
                    reader.each_key(|file, reader| {
                        fields.objects(reader, |error: GolangError| {
                            let text = filled(&error.error).unwrap_or("it could not be read");
                            let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
                            run.messages.push(MessageLevel::Warn, format!("{file}{line}: {text}"));
                        })
                    })?
                }
                _ => {}
            }
            Ok(())
        })?;
        if !issues {
            return Err(ConvertError::Unrecognised {
                expected: "`Issues`",
                help: "write the report with gosec -fmt=json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GolangError {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    error: Option<String>,
}

/// `issue.Issue`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GosecIssue<'a> {
    #[serde(borrow)]
    severity: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    cwe: Option<Cwe<'a>>,
    rule_id: Option<Loose<'a>>,
    details: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    code: Option<Loose<'a>>,
    line: Option<Loose<'a>>,
    autofix: Option<Loose<'a>>,
    nosec: Option<bool>,
    #[serde(deserialize_with = "json::list")]
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cwe<'a> {
    #[serde(borrow, alias = "ID")]
    id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Suppression<'a> {
    #[serde(borrow)]
    kind: Option<Loose<'a>>,
    justification: Option<Loose<'a>>,
}

fn map_issue<'a>(found: &'a GosecIssue<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(rule) = filled(&found.rule_id) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", "");
    };
    if let Some(suppression) = found.suppressions.first() {
        let parts = [filled(&suppression.kind), filled(&suppression.justification)];
        let why = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Outcome::skip(
            SkipReason::Suppressed,
            if why.is_empty() { "suppressed".into() } else { why },
            rule,
        );
    }
    if found.nosec == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "nosec", rule);
    }
    let mut issue = Issue::new("gosec_rule_id", rule);
    issue.message = filled(&found.details).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.confidence = filled(&found.confidence).map(Cow::Borrowed);
    issue.solution = filled(&found.autofix).map(Cow::Borrowed);
    issue.weaknesses.extend(found.cwe.as_ref().and_then(|cwe| filled(&cwe.id)?.parse::<u32>().ok()));
    issue.code = found.code.as_deref().map(code::without_line_numbers);
    issue.language = Some("go".into());
    // The line may be a range: "12-14".
    let (start, end) = filled(&found.line).map_or_else(|| first_line(found), code::line_range);
    let place = code::lines(filled(&found.file).unwrap_or_default(), start, end);
    match issue.into_finding(Location::Sast(place)) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "an issue without a rule", ""),
    }
}

/// Without a line the number of the last line of code, of which there are one before and one behind
/// the issue.
fn first_line(found: &GosecIssue<'_>) -> (Option<u64>, Option<u64>) {
    let number = |line: &str| {
        let digits = line.trim_start().bytes().take_while(u8::is_ascii_digit).count();
        line.trim_start().get(..digits)?.parse().ok()
    };
    let lines: Vec<u64> = found.code.iter().flat_map(|code| code.lines()).filter_map(number).collect();
    (lines.get(lines.len().saturating_sub(1) / 2).copied(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_versions_did_not_say_their_own() {
        for (head, want) in [
            (r#"{"Issues": [], "Stats": {"files": 1, "lines": 9, "nosec": 0, "found": 0}}"#, Match::Yes),
            (r#"{"Issues": [], "Stats": {"files": 1}}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
