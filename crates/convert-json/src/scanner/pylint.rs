//! Pylint, `-f json` and `-f json2`.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Pylint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pylint;

/// The converter.
pub static CONVERTER: Pylint = Pylint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pylint",
    name: "Pylint",
    summary: "JSON reports of Pylint",
    versions: "1.7 and later",
    kinds: &[Kind::Sast],
    url: "https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html",
};

impl Converter for Pylint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let old = ["symbol", "message-id", "module"].iter().all(|key| head.has(key));
        let new = ["symbol", "messageId", "module"].iter().all(|key| head.path_has(&["messages", key]));
        let empty = head.has("messages") && head.path_has(&["statistics", "messageTypeCount"]);
        if old || new || empty { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the messages.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["messages"], &["symbol", "message-id"])?
            .known("messages of Pylint", "write the report with pylint -f json2:report.json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_message))
    }
}

/// A message, in the keys of both formats.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    symbol: Option<Loose<'a>>,
    #[serde(alias = "message-id")]
    message_id: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    obj: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

fn map_message<'a>(found: &'a Message<'_>, _: &'a ()) -> Outcome<'a> {
    let (id, symbol) = (filled(&found.message_id), filled(&found.symbol));
    let path = filled(&found.path).unwrap_or_default();
    let Some(rule) = id.or(symbol) else {
        return Outcome::skip(SkipReason::Unsupported, "a message without an id", path);
    };
    let kind = filled(&found.kind).unwrap_or_default();
    if kind == "fatal" || symbol == Some("syntax-error") {
        return Outcome::skip(SkipReason::NotAFinding, format!("{kind}: the file cannot be checked"), rule);
    }
    let mut issue = Issue::new("pylint_rule_id", rule);
    issue.rule_name = symbol.filter(|symbol| *symbol != rule).map(|symbol| format!("{rule} {symbol}").into());
    issue.url = symbol
        .filter(|_| matches!(kind, "error" | "warning" | "refactor" | "convention" | "info"))
        .map(|symbol| {
            format!("https://pylint.readthedocs.io/en/stable/user_guide/messages/{kind}/{symbol}.html").into()
        });
    // Some messages go on with the lines that they are about.
    issue.message = filled(&found.message).map(Cow::Borrowed);
    issue.severity = Some(kind.into());
    issue.rating = severity(kind);
    issue.confidence = filled(&found.confidence).filter(|word| *word != "UNDEFINED").map(Cow::Borrowed);
    let place = code::lines(path, found.line, found.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a message without an id", path);
    };
    finding.vulnerability.details.text("object", "Function or class", filled(&found.obj).unwrap_or_default());
    Outcome::finding(finding)
}

/// The kinds of messages; an error is one of the program, and mostly none of its security.
fn severity(kind: &str) -> Option<Severity> {
    match kind {
        "error" => Some(Severity::Medium),
        "warning" => Some(Severity::Low),
        "refactor" | "convention" | "info" => Some(Severity::Info),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_severities() {
        for (kind, want) in
            [("error", Some(Severity::Medium)), ("convention", Some(Severity::Info)), ("purple", None)]
        {
            assert_eq!(severity(kind), want, "{kind}");
        }
    }
}
