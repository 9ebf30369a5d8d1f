//! Bandit, `-f json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink,
    SkipReason, Warning, tool,
};
use scanlift_report_core::{Kind, Location, MessageLevel};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Bandit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bandit;

/// The converter.
pub static CONVERTER: Bandit = Bandit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "bandit",
    name: "Bandit",
    summary: "JSON reports of Bandit",
    versions: "1.0 and later",
    kinds: &[Kind::Sast],
    url: "https://bandit.readthedocs.io/en/latest/formatters/json.html",
};

impl Converter for Bandit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let result = |key| head.path_has(&["results", key]);
        let of_results = result("issue_text") && (result("test_id") || result("test_name"));
        let of_metrics = head.has("generated_at") && head.has("metrics") && head.has("errors");
        // Of a run with many errors the first bytes show nothing else.
        let error = |key| head.path_has(&["errors", key]);
        let of_errors = head.keys().eq(["errors"]) && error("filename") && error("reason");
        if of_results || of_metrics || of_errors { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = run.version.map(Into::into);
        scan.end_time = run.generated_at.map(Into::into);
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => records.each(reader, |records, reader| records.map(reader, &(), map_result)),
            _ => Ok(()),
        })
    }
}

/// What stands beside the results.
#[derive(Default)]
struct Run {
    version: Option<String>,
    generated_at: Option<String>,
    messages: Messages,
    warnings: Vec<Warning>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut results) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "generated_at" => run.generated_at = fields.text(reader)?,
                "errors" => fields.objects(reader, |error: RunError| {
                    let reason = filled(&error.reason).unwrap_or("it could not be scanned");
                    let file = filled(&error.filename).unwrap_or("a file");
                    run.messages.push(MessageLevel::Warn, format!("{file}: {reason}"));
                })?,
                "metrics" if reader.peek()? == JsonKind::Object => reader.each_key(|key, reader| {
                    if key == "_totals"
                        && let Some(Totals { nosec: Some(nosec @ 1..) }) = fields.object(reader)?
                    {
                        let text =
                            format!("lines that are marked nosec, so that Bandit leaves them out: {nosec}");
                        run.messages.push(MessageLevel::Info, text);
                    }
                    Ok::<_, ConvertError>(())
                })?,
                "results" => {
                    results = true;
                    if reader.peek()? == JsonKind::Array {
                        reader.each_item(|index, reader| {
                            if index == 0
                                && let Some(first) = fields.object::<Pointer, _>(reader)?
                            {
                                run.version = filled(&first.more_info).and_then(version).map(str::to_owned);
                            }
                            Ok::<_, ConvertError>(())
                        })?;
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        if !results {
            return Err(ConvertError::Unrecognised {
                expected: "`results`",
                help: "write the report with bandit -f json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}

/// The version in the address of a rule's page: `https://bandit.readthedocs.io/en/1.8.3/...`.
fn version(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("readthedocs.io/en/")?;
    let version = rest.split('/').next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunError {
    filename: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Totals {
    #[serde(deserialize_with = "json::number")]
    nosec: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pointer {
    more_info: Option<String>,
}

/// `bandit.core.issue.Issue.as_dict`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BanditIssue<'a> {
    #[serde(borrow)]
    test_id: Option<Loose<'a>>,
    test_name: Option<Loose<'a>>,
    issue_text: Option<Loose<'a>>,
    issue_severity: Option<Loose<'a>>,
    issue_confidence: Option<Loose<'a>>,
    issue_cwe: Option<Cwe>,
    more_info: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_number: Option<u64>,
    #[serde(deserialize_with = "json::list")]
    line_range: Vec<u64>,
    code: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cwe {
    #[serde(deserialize_with = "json::number")]
    id: Option<u32>,
}

fn map_result<'a>(found: &'a BanditIssue<'_>, _: &'a ()) -> Outcome<'a> {
    let name = filled(&found.test_name);
    let Some(rule) = filled(&found.test_id).or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a test", "");
    };
    let mut issue = Issue::new("bandit_rule_id", rule);
    // Every import and call on the black list is one test, "blacklist".
    let telling = name.filter(|name| *name != "blacklist" && *name != rule);
    issue.rule_name = telling.map(|name| Cow::Owned(format!("{rule} {name}")));
    issue.url = filled(&found.more_info).map(Cow::Borrowed);
    issue.message = filled(&found.issue_text).map(Cow::Borrowed);
    issue.severity = filled(&found.issue_severity).map(Cow::Borrowed);
    issue.confidence = filled(&found.issue_confidence).map(Cow::Borrowed);
    issue.weaknesses.extend(found.issue_cwe.as_ref().and_then(|cwe| cwe.id));
    issue.code = found.code.as_deref().map(code::without_line_numbers);
    issue.language = Some("python".into());
    let password = filled(&found.issue_text).and_then(|text| tool::bandit::password(rule, text));
    if let Some((before, _)) = password {
        issue.title = Some(before.into());
    }
    let last = found.line_range.iter().copied().max();
    let place = code::lines(filled(&found.filename).unwrap_or_default(), found.line_number, last);
    match issue.into_finding(Location::Sast(place)) {
        Some(mut finding) => {
            finding.secrets.extend(password.map(|(_, value)| Cow::Borrowed(value)));
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a result without a test", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_addresses() {
        for (url, want) in [
            ("https://bandit.readthedocs.io/en/1.8.3/plugins/b101_assert_used.html", Some("1.8.3")),
            ("https://bandit.readthedocs.io/en/latest/plugins/b101.html", None),
            ("https://example.com/", None),
        ] {
            assert_eq!(version(url), want, "{url}");
        }
    }

    #[test]
    fn a_head_may_end_before_the_results() {
        for (head, want) in [
            (r#"{"errors": [{"filename": "a.py", "reason": "syntax error"}, {"filename": "b"#, Match::Yes),
            (r#"{"results": [{"issue_text": "x", "test_name": "blacklist"}]}"#, Match::Yes),
            (r#"{"errors": [{"filename": "a.py"}]}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
