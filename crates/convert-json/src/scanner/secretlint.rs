//! secretlint, `--format json`: files with messages.

use crate::layout::Layout;
use crate::leak::Leak;
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads the JSON reports of secretlint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secretlint;

/// The converter.
pub static CONVERTER: Secretlint = Secretlint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "secretlint",
    name: "secretlint",
    summary: "JSON reports of secretlint",
    versions: "1 to 10",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/secretlint/secretlint",
};

impl Converter for Secretlint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.kind() == Some(JsonKind::Array)
            && head.has("filePath")
            && (head.has("sourceContent") || head.has("sourceContentType"));
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &["filePath", "messages"])?
            .known("a list of files", "write the report with secretlint --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map_group(reader, options, map_file))
    }
}

/// `SecretLintCoreResult`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LintedFile<'a> {
    #[serde(borrow)]
    file_path: Option<Loose<'a>>,
    source_content: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    messages: Vec<Message<'a>>,
}

/// `SecretLintCoreResultMessage`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    rule_id: Option<Loose<'a>>,
    message_id: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    docs_url: Option<Loose<'a>>,
    loc: Option<Place>,
    /// Where the secret stands in the file.
    #[serde(deserialize_with = "json::list")]
    range: Vec<usize>,
    data: Option<BTreeMap<String, Option<Loose<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    start: Option<Position>,
    end: Option<Position>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

fn map_file<'a>(file: &'a LintedFile<'_>, options: &'a Options) -> Vec<Outcome<'a>> {
    file.messages.iter().map(|message| map_message(message, file, options)).collect()
}

fn map_message<'a>(message: &'a Message<'_>, file: &'a LintedFile<'_>, options: &'a Options) -> Outcome<'a> {
    let rule = filled(&message.rule_id).unwrap_or_default();
    if filled(&message.kind) == Some("ignore") {
        return Outcome::skip(SkipReason::Suppressed, "type: ignore", rule);
    }
    // A rule looks for several kinds of secrets: AWSAccessKeyID, AWSSecretAccessKey.
    let kind = filled(&message.message_id);
    let id = match kind {
        Some(kind) if !rule.is_empty() => Cow::Owned(format!("{rule}/{kind}")),
        _ => Cow::Borrowed(rule),
    };
    let mut issue = Issue::new("secretlint_rule_id", id);
    issue.title = kind.map(Cow::Borrowed);
    issue.message = filled(&message.message).map(Cow::Borrowed);
    issue.url = filled(&message.docs_url).map(Cow::Borrowed);
    issue.severity = filled(&message.severity).map(Cow::Borrowed);
    issue.rating = match filled(&message.severity) {
        Some("warning") => Some(Severity::Medium),
        Some("info") => Some(Severity::Info),
        _ => Some(Severity::High),
    };
    let source =
        file.source_content.as_deref().zip(message.range.first().copied().zip(message.range.get(1).copied()));
    let spelled = source.and_then(|(text, (start, end))| part(text, start, end));
    let line = |position: Option<&Position>| position.and_then(|position| position.line);
    let place = message.loc.as_ref();
    Leak {
        issue,
        file: filled(&file.file_path),
        lines: (
            line(place.and_then(|place| place.start.as_ref())),
            line(place.and_then(|place| place.end.as_ref())),
        ),
        secrets: message
            .data
            .iter()
            .flatten()
            // PATTERN_NAME, FILE_NAME: what the rule is called, or where it looked.
            .filter_map(|(key, value)| filled(value).filter(|_| !key.ends_with("NAME")))
            .chain(spelled)
            .collect(),
        ..Leak::default()
    }
    .into_outcome(options)
}

/// What stands between two places of a text, which JavaScript counts in units of UTF-16.
fn part(text: &str, start: usize, end: usize) -> Option<&str> {
    if text.is_ascii() {
        return text.get(start..end);
    }
    let byte = |units: usize| {
        let mut before = 0;
        let found = text.char_indices().find(|(_, c)| {
            let is_there = before >= units;
            before += c.len_utf16();
            is_there
        });
        found.map_or(text.len(), |(at, _)| at)
    };
    text.get(byte(start)..byte(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_units_of_utf_16() {
        for (text, start, end, want) in [
            ("KEY=NOTREAL", 4, 11, Some("NOTREAL")),
            ("é😀=NOTREAL", 4, 11, Some("NOTREAL")),
            ("é=NOTREAL", 2, 40, Some("NOTREAL")),
            ("é=NOTREAL", 5, 2, None),
            ("KEY", 1, 40, None),
        ] {
            assert_eq!(part(text, start, end), want, "{text}");
        }
    }
}
