//! Cppcheck, `--xml`: both versions of the format.

use scanlift_convert_api::code::{self, Flows, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{FileLocation, Kind, Location, Severity};
use std::borrow::Cow;

/// Reads XML reports of Cppcheck.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cppcheck;

/// The converter.
pub static CONVERTER: Cppcheck = Cppcheck;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cppcheck",
    name: "Cppcheck",
    summary: "XML reports of Cppcheck",
    versions: "1 and 2",
    kinds: &[Kind::Sast],
    url: "https://cppcheck.sourceforge.io/manual.html#xml-output",
};

impl Converter for Cppcheck {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        match head.root() {
            "results" if head.has("cppcheck") => Match::Yes,
            "results" if head.has("error") || head.attribute("version").is_some() => Match::Maybe,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "results" {
            return Err(ConvertError::Unrecognised {
                expected: "results of Cppcheck",
                help: "write the report with cppcheck --xml --output-file=report.xml",
            });
        }
        let mut scan = Some(ScanInfo::new(DESCRIPTOR.name, Kind::Sast));
        let mut begin = |version: Option<&str>, sink: &mut dyn Sink| match scan.take() {
            Some(mut scan) => {
                scan.version = version.map(|version| version.to_owned().into());
                sink.begin_scan(scan).map_err(ConvertError::Deliver)
            }
            None => Ok(()),
        };
        reader.each_child(|tag, reader| match tag.name() {
            "cppcheck" => begin(tag.attribute("version"), sink),
            "errors" => {
                begin(None, sink)?;
                reader.each_child(|tag, reader| match tag.name() {
                    "error" => Record::begin(sink).spend(map_error(reader.element(tag)?.root())),
                    _ => Ok(()),
                })
            }
            // Version 1 has no list around the errors.
            "error" => {
                begin(None, sink)?;
                Record::begin(sink).spend(map_error(reader.element(tag)?.root()))
            }
            _ => Ok(()),
        })?;
        begin(None, sink)?;
        reader.end(sink)
    }
}

fn map_error(error: Element<'_>) -> Outcome<'_> {
    let here = |key: &str| error.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let id = here("id").unwrap_or_default();
    let places: Vec<Element<'_>> = error.all("location").collect();
    let (file, line) = match places.first() {
        Some(place) => (place.attribute("file"), place.attribute("line")),
        None => (here("file"), here("line")),
    };
    // What Cppcheck has to say of itself: missingIncludeSystem, checkersReport, toomanyconfigs.
    if here("severity").is_some_and(|word| word == "information" || word == "none") {
        return Outcome::skip(SkipReason::NotAFinding, "severity: information", id);
    }
    let mut issue = Issue::new("cppcheck_id", id);
    issue.title = here("msg").map(|text| text.replace("&#039;", "'").into());
    issue.message = here("verbose").or(here("msg")).map(|text| text.replace("&#039;", "'").into());
    issue.rating = here("severity").and_then(severity);
    issue.severity = here("severity").map(Cow::Borrowed);
    issue.weaknesses.extend(here("cwe").and_then(|cwe| cwe.parse::<u32>().ok()));
    issue.flows = flows(&places);
    let place = code::lines(file.unwrap_or_default(), line.and_then(|line| line.parse().ok()), None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an error without id", file.unwrap_or_default());
    };
    let details = &mut finding.vulnerability.details;
    let symbols = error.texts("symbol");
    scanlift_convert_api::details::add_list(details, "symbols", "Symbols", symbols);
    let notes = places.iter().filter_map(|place| {
        let note = place.attribute("info").filter(|note| !note.is_empty())?;
        let at = |key: &str| place.attribute(key).unwrap_or_default();
        Some(format!("{}:{}: {note}", at("file"), at("line")))
    });
    scanlift_convert_api::details::add_list(details, "notes", "Notes", notes);
    let inconclusive = here("inconclusive").filter(|text| *text == "true").map(|_| "inconclusive");
    details.text("confidence", "Confidence", inconclusive.unwrap_or_default());
    Outcome::finding(finding)
}

/// The way to the error. The report begins with the place of the error itself.
fn flows<'a>(places: &[Element<'a>]) -> Flows<'a> {
    let mut flows = Flows::default();
    if places.len() > 1 {
        flows.push(places.iter().rev().filter_map(|place| {
            let line = place.attribute("line").and_then(|line| line.parse().ok());
            Some(FileLocation::new(place.attribute("file")?, line.unwrap_or(1), None))
        }));
    }
    flows
}

/// `Severity` of Cppcheck's manual.
fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "portability" | "performance" => Some(Severity::Low),
        "style" | "debug" => Some(Severity::Info),
        _ => None,
    }
}
