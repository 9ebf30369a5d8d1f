//! TFLint, `--format json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Message, MessageLevel, ScanStatus, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of TFLint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tflint;

/// The converter.
pub static CONVERTER: Tflint = Tflint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "tflint",
    name: "TFLint",
    summary: "JSON reports of TFLint",
    versions: "0.13 and later",
    kinds: &[Kind::Sast],
    url: "https://github.com/terraform-linters/tflint",
};

/// More errors say nothing new.
const MOST_MESSAGES: usize = 20;

impl Converter for Tflint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let issue =
            head.path_has(&["issues", "rule", "name"]) && head.path_has(&["issues", "range", "filename"]);
        let error = head.path_has(&["errors", "message"]) && head.path_has(&["errors", "severity"]);
        let lists = head.has("issues") && head.has("errors");
        let only_lists = head.keys().all(|key| matches!(key, "issues" | "errors"));
        match () {
            () if issue || (lists && only_lists && error) => Match::Yes,
            () if lists && only_lists => Match::Maybe,
            () => Match::No,
        }
    }

    /// The document is read twice: once for what went wrong, and once for the issues.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut failed, mut messages) = (Fields::default(), false, false, Vec::new());
        json::walk(input, |key, reader| {
            match key {
                "issues" => known = true,
                "errors" => fields.objects(reader, |error: Fault| {
                    failed |= error.severity.as_deref() != Some("warning");
                    messages.extend(error.message().filter(|_| messages.len() < MOST_MESSAGES));
                })?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`issues`",
                help: "write the report with tflint --format json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        if failed {
            scan.status = ScanStatus::Failure;
        }
        scan.messages = messages;
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "issues" => records.each(reader, |records, reader| records.map(reader, &(), map_issue)),
            _ => Ok(()),
        })
    }
}

/// `JSONError`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    message: Option<String>,
    severity: Option<String>,
}

impl Fault {
    fn message(&self) -> Option<Message<'static>> {
        let level = match self.severity.as_deref() {
            Some("warning") => MessageLevel::Warn,
            _ => MessageLevel::Fatal,
        };
        Message::new(level, self.message.clone()?)
    }
}

/// `JSONIssue`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    rule: Rule<'a>,
    message: Option<Loose<'a>>,
    range: Range<'a>,
    #[serde(deserialize_with = "json::list")]
    callers: Vec<Range<'a>>,
    fixed: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow)]
    filename: Option<Loose<'a>>,
    start: Point,
    end: Point,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Point {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

impl Range<'_> {
    fn in_words(&self) -> Option<String> {
        let line = self.start.line.map(|line| format!(":{line}")).unwrap_or_default();
        filled(&self.filename).map(|file| format!("{file}{line}"))
    }
}

fn map_issue<'a>(found: &'a Found<'_>, _: &'a ()) -> Outcome<'a> {
    let message = filled(&found.message).unwrap_or_default();
    let Some(rule) = filled(&found.rule.name) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", message);
    };
    if found.fixed == Some(true) {
        return Outcome::skip(SkipReason::NotAFinding, "fixed: true", rule);
    }
    let mut issue = Issue::new("tflint_rule_id", rule);
    issue.url = filled(&found.rule.link).map(Cow::Borrowed);
    issue.message = Some(message.into());
    issue.severity = filled(&found.rule.severity).map(Cow::Borrowed);
    issue.rating = filled(&found.rule.severity).filter(|word| *word == "notice").map(|_| Severity::Info);
    issue.language = Some("terraform".into());
    let Range { filename, start, end } = &found.range;
    let place = code::lines(filled(filename).unwrap_or_default(), start.line, end.line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", message);
    };
    let callers = found.callers.iter().filter_map(Range::in_words);
    add_list(&mut finding.vulnerability.details, "callers", "Called from", callers);
    Outcome::finding(finding)
}
