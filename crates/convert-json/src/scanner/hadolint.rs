//! Hadolint, `-f json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Hadolint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hadolint;

/// The converter.
pub static CONVERTER: Hadolint = Hadolint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "hadolint",
    name: "Hadolint",
    summary: "JSON reports of Hadolint",
    versions: "1.17 and 2",
    kinds: &[Kind::Sast],
    url: "https://github.com/hadolint/hadolint#cli",
};

impl Converter for Hadolint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let keys = ["line", "code", "message", "column", "file", "level"];
        let own = head.kind() == Some(JsonKind::Array)
            && keys.iter().all(|key| head.has(key))
            && !head.has("endLine")
            && head.text("code").is_some_and(|code| code.starts_with("DL") || code.starts_with("SC"));
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        if reader.peek()? != JsonKind::Array {
            return Err(ConvertError::Unrecognised {
                expected: "a list of failures",
                help: "write the report with hadolint -f json",
            });
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        records.each(&mut reader, |records, reader| records.map(reader, &(), map_failure))?;
        Ok(reader.finish()?)
    }
}

/// A failure, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

fn map_failure<'a>(failure: &'a Failure<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(rule) = filled(&failure.code) else {
        return Outcome::skip(SkipReason::Unsupported, "a failure without a rule", "");
    };
    if rule == "DL1000" {
        return Outcome::skip(SkipReason::NotAFinding, "DL1000: the Dockerfile cannot be parsed", rule);
    }
    let mut issue = Issue::new("hadolint_rule_id", rule);
    // Rules of ShellCheck have its page.
    let page = if rule.starts_with("SC") {
        "https://www.shellcheck.net/wiki/"
    } else {
        "https://github.com/hadolint/hadolint/wiki/"
    };
    issue.url = Some(Cow::Owned(format!("{page}{rule}")));
    issue.message = filled(&failure.message).map(Cow::Borrowed);
    issue.severity = filled(&failure.level).map(Cow::Borrowed);
    let place = code::lines(filled(&failure.file).unwrap_or_default(), failure.line, None);
    match issue.into_finding(Location::Sast(place)) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a failure without a rule", ""),
    }
}
