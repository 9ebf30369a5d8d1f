//! golangci-lint, `--output.json.path` (version 2) and `--out-format json` (version 1).

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of golangci-lint.
#[derive(Clone, Copy, Debug, Default)]
pub struct GolangciLint;

/// The converter.
pub static CONVERTER: GolangciLint = GolangciLint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "golangci-lint",
    name: "golangci-lint",
    summary: "JSON reports of golangci-lint",
    versions: "1 and 2",
    kinds: &[Kind::Sast],
    url: "https://golangci-lint.run/docs/configuration/file/#output-configuration",
};

impl Converter for GolangciLint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.path_has(&["Issues", "FromLinter"])
            || (head.has("Issues") && head.path_has(&["Report", "Linters"]));
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut messages, mut known) = (Fields::default(), Messages::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "Issues" => known = true,
                "Report" => {
                    let report: Report = fields.object(reader)?.unwrap_or_default();
                    report.warnings.iter().chain([&report]).for_each(|one| {
                        let parts = [filled(&one.tag), filled(&one.text), filled(&one.error)];
                        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
                        messages.push(MessageLevel::Warn, text);
                    });
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`Issues`",
                help: "write the report with golangci-lint run --output.json.path report.json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "Issues" => records.each(reader, |records, reader| records.map(reader, &(), map_issue)),
            _ => Ok(()),
        })
    }
}

/// `report.Data`, and a `report.Warning` of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Report {
    #[serde(deserialize_with = "json::list")]
    warnings: Vec<Self>,
    error: Option<String>,
    tag: Option<String>,
    text: Option<String>,
}

/// `result.Issue`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LintIssue<'a> {
    #[serde(borrow)]
    from_linter: Option<Loose<'a>>,
    text: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    source_lines: Vec<Loose<'a>>,
    pos: Option<Position<'a>>,
    line_range: Option<LineRange>,
}

/// `token.Position`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Position<'a> {
    #[serde(borrow)]
    filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LineRange {
    #[serde(deserialize_with = "json::number")]
    to: Option<u64>,
}

fn map_issue<'a>(found: &'a LintIssue<'_>, _: &'a ()) -> Outcome<'a> {
    let text = filled(&found.text).unwrap_or_default();
    let Some(linter) = filled(&found.from_linter) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a linter", text);
    };
    if linter == "typecheck" {
        return Outcome::skip(SkipReason::NotAFinding, "typecheck: the code does not compile", text);
    }
    let (check, message) = check(text);
    let rule = check.map_or_else(|| Cow::Borrowed(linter), |check| Cow::Owned(format!("{linter}:{check}")));
    let mut issue = Issue::new("golangci_lint_rule_id", rule);
    issue.rule_name = check.map(|check| Cow::Owned(format!("{check} ({linter})")));
    issue.url = Some(Cow::Owned(format!("https://golangci-lint.run/docs/linters/configuration/#{linter}")));
    issue.message = Some(message.into());
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    if issue.severity.is_none() {
        issue.rating = Some(usual_severity(linter));
    }
    issue.weaknesses = check.filter(|_| linter == "gosec").and_then(weakness).into_iter().collect();
    let lines: Vec<&str> = found.source_lines.iter().map(|line| &**line).collect();
    issue.code = Some(lines.join("\n").into());
    issue.language = Some("go".into());
    let pos = found.pos.as_ref();
    let file = pos.and_then(|pos| filled(&pos.filename)).unwrap_or_default();
    let end = found.line_range.as_ref().and_then(|range| range.to);
    let place = code::lines(file, pos.and_then(|pos| pos.line), end);
    match issue.into_finding(Location::Sast(place)) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "an issue without a linter", text),
    }
}

/// The linter's check that a text begins with (`G404: Use of weak ...`, `SA1019: ...`), and the rest.
fn check(text: &str) -> (Option<&str>, &str) {
    let is_id = |id: &str| {
        id.len() <= 40
            && id.starts_with(|c: char| c.is_ascii_alphabetic())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match text.split_once(": ") {
        Some((id, rest)) if is_id(id) && !rest.trim().is_empty() => (Some(id), rest.trim()),
        _ => (None, text),
    }
}

/// The weakness that a rule of gosec is about (`ruleToCWE`), which gosec itself says in its reports.
fn weakness(check: &str) -> Option<u32> {
    let number = match check {
        "G101" => 798,
        "G102" | "G108" => 200,
        "G103" => 242,
        "G104" => 703,
        "G106" => 322,
        "G107" => 88,
        "G109" | "G115" => 190,
        "G110" => 409,
        "G112" => 400,
        "G114" => 676,
        "G201" | "G202" => 89,
        "G203" => 79,
        "G204" => 78,
        "G111" | "G304" | "G305" => 22,
        "G301" | "G302" | "G306" => 276,
        "G303" => 377,
        "G401" | "G406" => 328,
        "G402" => 295,
        "G403" => 310,
        "G404" => 338,
        "G405" | "G501" | "G502" | "G503" | "G504" | "G505" | "G506" | "G507" => 327,
        "G601" | "G602" => 118,
        _ => return None,
    };
    Some(number)
}

/// Linters have no severity unless `severity` of the configuration gives them one.
fn usual_severity(linter: &str) -> Severity {
    match linter {
        "gosec" | "bidichk" | "bodyclose" | "noctx" | "sqlclosecheck" | "rowserrcheck" => Severity::Medium,
        "errcheck" | "govet" | "staticcheck" | "gosimple" | "ineffassign" => Severity::Low,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_begin_with_a_check() {
        for (text, want) in [
            ("G404: Use of weak random numbers", (Some("G404"), "Use of weak random numbers")),
            ("ifElseChain: rewrite it", (Some("ifElseChain"), "rewrite it")),
            ("Error return value is not checked", (None, "Error return value is not checked")),
            ("string `a: b` has 3 occurrences", (None, "string `a: b` has 3 occurrences")),
            ("G404: ", (None, "G404: ")),
        ] {
            assert_eq!(check(text), want);
        }
    }

    #[test]
    fn rules_of_gosec_are_about_weaknesses() {
        for (check, want) in [("G101", Some(798)), ("G304", Some(22)), ("SA1019", None)] {
            assert_eq!(weakness(check), want, "{check}");
        }
    }
}
