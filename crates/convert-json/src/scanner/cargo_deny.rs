//! cargo-deny, `--format json check`: one JSON document a line.
//!
//! A diagnostic about a crate is a record: an advisory of RustSec, or a breach of the project's own rules for bans,
//! licences and sources. Diagnostics without a crate are about the configuration.

use crate::audit::rustsec::{self, Crate, Metadata, Said, Scope};
use crate::audit::{in_a_line, path};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Message, MessageLevel, ScanStatus, Severity, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the JSON lines of cargo-deny.
#[derive(Clone, Copy, Debug, Default)]
pub struct CargoDeny;

/// The converter.
pub static CONVERTER: CargoDeny = CargoDeny;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cargo-deny",
    name: "cargo-deny",
    summary: "JSON lines of cargo-deny",
    versions: "0.9 and later",
    kinds: &[Kind::DependencyScanning],
    url: "https://embarkstudios.github.io/cargo-deny/",
};

const SCHEME: &str = "cargo_deny_rule_id";

/// More messages say nothing new.
const MOST_MESSAGES: usize = 20;

impl Converter for CargoDeny {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let of = |key: &str| head.path_has(&["fields", key]);
        match head.text("type") {
            Some("diagnostic") if of("severity") && of("message") => Match::Yes,
            Some("summary") if of("advisories") || of("bans") || of("licenses") || of("sources") => {
                Match::Yes
            }
            // Messages may stand before the first diagnostic.
            Some("log") if of("level") && of("timestamp") => Match::Maybe,
            _ => Match::No,
        }
    }

    /// The document is read twice: once for what went wrong, and once for the diagnostics.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        while reader.next_document()? {
            outline.read(&mut reader)?;
        }
        drop(reader);
        outline.check()?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        if outline.failed {
            scan.status = ScanStatus::Failure;
        }
        scan.messages = outline.messages;
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let manifest = manifest_or_option(None, Some("Cargo.lock"), options, input, sink);
        let scope = Scope { scheme: SCHEME, kind: "", manifest: &manifest };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        while reader.next_document()? {
            records.map_group(&mut reader, &scope, map_line)?;
        }
        Ok(())
    }
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_report: bool,
    /// Whether an error was logged, also one whose message is not kept.
    failed: bool,
    messages: Vec<Message<'static>>,
    fields: Fields,
}

/// `fields` of a `log`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Log {
    level: Option<String>,
    message: Option<String>,
}

impl Outline {
    fn read<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Object {
            return Ok(());
        }
        let (mut kind, mut log) = (None, None);
        reader.each_key(|key, reader| {
            match key {
                "type" => kind = self.fields.text(reader)?,
                // It stands before its type, and is small where it is no diagnostic.
                "fields" => log = crate::audit::probe::<Option<Log>, _>(reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        self.is_report |= matches!(kind.as_deref(), Some("diagnostic" | "summary"));
        if let (Some("log"), Some(log)) = (kind.as_deref(), log) {
            let level = match log.level.as_deref() {
                Some("ERROR") => MessageLevel::Fatal,
                Some("WARN") => MessageLevel::Warn,
                _ => return Ok(()),
            };
            self.failed |= level == MessageLevel::Fatal;
            if self.messages.len() < MOST_MESSAGES {
                self.messages.extend(log.message.and_then(|message| Message::new(level, message)));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConvertError> {
        match self.messages.iter().find(|message| message.level == MessageLevel::Fatal) {
            _ if self.is_report => Ok(()),
            Some(message) => {
                Err(ConvertError::Failed { scanner: DESCRIPTOR.name, message: in_a_line(&message.value) })
            }
            None => Err(ConvertError::Unrecognised {
                expected: "diagnostics",
                help: "write the report with cargo deny --format json check 2> report.json",
            }),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    fields: Diagnostic<'a>,
}

/// A diagnostic, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Diagnostic<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    notes: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    labels: Vec<Label<'a>>,
    advisory: Option<Metadata<'a>>,
    #[serde(deserialize_with = "json::list")]
    graphs: Vec<Graph<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Label<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    span: Option<Loose<'a>>,
}

/// A crate, and those that ask for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Graph<'a> {
    #[serde(borrow, rename = "Krate")]
    package: Crate<'a>,
    #[serde(deserialize_with = "json::list")]
    parents: Vec<Graph<'a>>,
}

/// The records of a line: one or none.
fn map_line<'a>(line: &'a Line<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    match filled(&line.kind) {
        Some("diagnostic") => vec![map_diagnostic(&line.fields, scope)],
        _ => Vec::new(),
    }
}

fn map_diagnostic<'a>(found: &'a Diagnostic<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let code = filled(&found.code).unwrap_or_default();
    let message = filled(&found.message).unwrap_or_default();
    let severity = match filled(&found.severity).unwrap_or_default() {
        _ if code.ends_with("-ignored") => return Outcome::skip(SkipReason::Suppressed, code, message),
        word @ ("note" | "help") => {
            return Outcome::skip(SkipReason::NotAFinding, format!("severity: {word} ({code})"), message);
        }
        // The project decides what is an error, and of no more than its own rules.
        "error" => Severity::Medium,
        _ => Severity::Low,
    };
    let Some(graph) = found.graphs.first() else {
        let detail = format!("{code}: about no crate, but about the configuration");
        return Outcome::skip(SkipReason::NotAFinding, detail, message);
    };
    if let Some(kind) = kind_of_advisory(code) {
        let said = Said {
            kind,
            advisory: found.advisory.as_ref(),
            patched: found.notes.iter().find_map(|note| patched(note)).unwrap_or_default(),
            package: Some(&graph.package),
            introduced_by: path(way(graph)),
            ..Said::default()
        };
        return rustsec::map(said, scope);
    }
    let name = filled(&graph.package.name).unwrap_or_default();
    let mut about = Advisory::new(SCHEME, code);
    about.title = Some(message.into());
    about.description = Some(description(found).into());
    about.url = Some(page(code).into());
    let mut package = Package::new(name, filled(&graph.package.version).unwrap_or_default());
    package.kind = Some("cargo".into());
    package.introduced_by = path(way(graph));
    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "a diagnostic without a code or a crate", message);
    };
    finding.severity.rating = Some(severity);
    let labels = found.labels.iter().filter_map(Label::in_words);
    add_list(&mut finding.vulnerability.details, "labels", "Labels", labels);
    Outcome::finding(finding)
}

/// What a code of the check `advisories` says of a crate, empty for a vulnerability; `None` of other checks.
/// Before version 0.14 codes were numbers.
fn kind_of_advisory(code: &str) -> Option<&'static str> {
    Some(match code {
        "vulnerability" | "A001" => "",
        "notice" | "A002" => "notice",
        "unmaintained" | "A003" => "unmaintained",
        "unsound" | "A004" => "unsound",
        "yanked" | "A005" => "yanked",
        _ => return None,
    })
}

/// The requirements of `Solution: Upgrade to >=1.2.3 OR >=2.0.1 (try ...)`.
fn patched(note: &str) -> Option<Vec<&str>> {
    let rest = note.trim().strip_prefix("Solution: Upgrade to ")?;
    let versions = rest.split_once(" (try").map_or(rest, |(versions, _)| versions);
    Some(versions.split(" OR ").map(str::trim).collect())
}

/// One way from what the project asks for to the crate; the project itself is left out.
fn way<'a>(graph: &'a Graph<'_>) -> Vec<&'a str> {
    let mut steps = Vec::new();
    let mut at = Some(graph);
    while let Some(node) = at {
        at = node.parents.first();
        if at.is_some() {
            steps.extend(filled(&node.package.name));
        }
    }
    steps.reverse();
    steps
}

fn description(found: &Diagnostic<'_>) -> String {
    let message = filled(&found.message).unwrap_or_default();
    let notes = crate::field::texts(&found.notes);
    std::iter::once(message).chain(notes).collect::<Vec<_>>().join("\n\n")
}

/// The page of the check that a code belongs to.
fn page(code: &str) -> String {
    let check = match code {
        "source-not-allowed" | "git-source-underspecified" => "sources",
        "rejected" | "unlicensed" | "no-license-field" | "empty-license-field" | "parse-error" => "licenses",
        _ => "bans",
    };
    format!("https://embarkstudios.github.io/cargo-deny/checks/{check}/diags.html#{code}")
}

impl Label<'_> {
    /// `rejected: GPL-3.0`.
    fn in_words(&self) -> Option<Text<'_>> {
        let span = filled(&self.span)?;
        Some(filled(&self.message).map_or(span.into(), |message| format!("{message}: {span}").into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_name_versions() {
        for (note, want) in [
            ("Solution: Upgrade to >=9.0.0 (try `cargo update -p a`)", Some(vec![">=9.0.0"])),
            ("Solution: Upgrade to >=1.2.3, <2 OR >=2.0.1", Some(vec![">=1.2.3, <2", ">=2.0.1"])),
            ("Solution: No safe upgrade is available!", None),
            ("ID: RUSTSEC-2026-9001", None),
        ] {
            assert_eq!(patched(note), want, "{note}");
        }
    }
}
