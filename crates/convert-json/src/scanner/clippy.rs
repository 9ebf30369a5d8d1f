//! Clippy, `cargo clippy --message-format=json`: also the lints and errors of the compiler.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    Artifact, Change, ConvertError, Converter, Descriptor, Fix, Input, Match, Options, Outcome, Replacement,
    ScanInfo, Sink, SkipReason, details,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Clippy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clippy;

/// The converter.
pub static CONVERTER: Clippy = Clippy;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "clippy",
    name: "Clippy",
    summary: "JSON lines of cargo clippy (--message-format=json)",
    versions: "Cargo 1.40 and later",
    kinds: &[Kind::Sast],
    url: "https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages",
};

impl Converter for Clippy {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.text("reason").is_some_and(|reason| {
            matches!(
                reason,
                "compiler-message" | "compiler-artifact" | "build-script-executed" | "build-finished"
            )
        });
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        // What is cut off is refused before the first record.
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut known = false;
        while reader.next_document()? {
            reader.each_key(|key, _| {
                known |= key == "reason";
                Ok::<_, ConvertError>(())
            })?;
        }
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "messages of Cargo",
                help: "write them with cargo clippy --message-format=json",
            });
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        while reader.next_document()? {
            // Only messages of the compiler have the key.
            reader.each_key(|key, reader| match key {
                "message" if reader.peek()? == JsonKind::Object => records.map(reader, &(), map_diagnostic),
                _ => Ok(()),
            })?;
        }
        Ok(())
    }
}

/// `rustc`'s `Diagnostic`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Diagnostic<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    code: Option<Code<'a>>,
    #[serde(deserialize_with = "json::list")]
    spans: Vec<Span<'a>>,
    #[serde(deserialize_with = "json::list")]
    children: Vec<Child<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Code<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
}

/// A note or a help; these have no children of their own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Child<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    spans: Vec<Span<'a>>,
}

/// Lines and columns are 1-based, the end column is behind the last character.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Span<'a> {
    #[serde(borrow)]
    file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_start: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    line_end: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    column_start: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    column_end: Option<u64>,
    is_primary: Option<bool>,
    #[serde(deserialize_with = "json::list")]
    text: Vec<Line<'a>>,
    suggested_replacement: Option<Loose<'a>>,
    suggestion_applicability: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    text: Option<Loose<'a>>,
}

fn map_diagnostic<'a>(diagnostic: &'a Diagnostic<'_>, _: &'a ()) -> Outcome<'a> {
    let text = filled(&diagnostic.message).unwrap_or_default();
    // "2 warnings emitted", "aborting due to 1 previous error"
    let Some(rule) = diagnostic.code.as_ref().and_then(|code| filled(&code.code)) else {
        return Outcome::skip(SkipReason::NotAFinding, "no lint", text);
    };
    let mut issue = Issue::new("clippy_rule_id", rule);
    issue.message = Some(text.into());
    issue.severity = filled(&diagnostic.level).map(Cow::Borrowed);
    issue.rating = filled(&diagnostic.level).and_then(rating);
    issue.language = Some("rust".into());
    let notes: Vec<&str> = diagnostic.children.iter().filter_map(|child| filled(&child.message)).collect();
    let page = notes.iter().find_map(|note| note.strip_prefix("for further information visit "));
    issue.url = page.map(Cow::Borrowed);
    let primary =
        diagnostic.spans.iter().find(|span| span.is_primary == Some(true)).or(diagnostic.spans.first());
    let mut place = code::lines("", None, None);
    if let Some(span) = primary {
        place = code::lines(filled(&span.file_name).unwrap_or_default(), span.line_start, span.line_end);
        let lines = span.text.iter().filter_map(|line| line.text.as_deref());
        issue.code = Some(Cow::Owned(lines.collect::<Vec<_>>().join("\n")));
    }
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::NotAFinding, "no lint", text);
    };
    let shown = &mut finding.vulnerability.details;
    let notes = notes.into_iter().filter(|note| !note.starts_with("for further information visit "));
    details::add_list(shown, "notes", "Notes", notes.map(Cow::Borrowed));
    finding.fixes.extend(diagnostic.children.iter().filter_map(map_fix));
    Outcome::finding(finding)
}

/// Levels of `rustc`; a note is no weakness.
fn rating(level: &str) -> Option<Severity> {
    match level {
        "error" | "error: internal compiler error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "note" | "help" | "failure-note" => Some(Severity::Info),
        _ => None,
    }
}

/// What the compiler is sure of.
fn map_fix<'a>(child: &'a Child<'_>) -> Option<Fix<'a>> {
    let sure = |span: &&Span<'_>| filled(&span.suggestion_applicability) == Some("MachineApplicable");
    let mut changes: Vec<Change<'a>> = Vec::new();
    for span in child.spans.iter().filter(sure) {
        let path = filled(&span.file_name)?;
        let mut replacement = Replacement::default();
        (replacement.start_line, replacement.start_column) =
            (Some(span.line_start?), Some(span.column_start?));
        (replacement.end_line, replacement.end_column) = (Some(span.line_end?), Some(span.column_end?));
        replacement.unicode_columns = true;
        replacement.text = Cow::Borrowed(span.suggested_replacement.as_deref()?);
        match changes.iter_mut().find(|change| change.file.path == path) {
            Some(change) => change.replacements.push(replacement),
            None => changes.push(Change::new(Artifact { path: Cow::Borrowed(path) }, vec![replacement])),
        }
    }
    let mut fix = Fix::default();
    fix.description = filled(&child.message).map(Cow::Borrowed);
    fix.changes = changes;
    (!fix.changes.is_empty()).then_some(fix)
}
