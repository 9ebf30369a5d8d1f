//! PMD, `--format xml`, and tools that write alike (PHPMD).

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};
use std::borrow::Cow;

/// Reads XML reports of PMD.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pmd;

/// The converter.
pub static CONVERTER: Pmd = Pmd;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pmd",
    name: "PMD",
    summary: "XML reports of PMD",
    versions: "4 to 7",
    kinds: &[Kind::Sast],
    url: "https://docs.pmd-code.org/latest/pmd_userdocs_report_formats.html#xml",
};

impl Converter for Pmd {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        match Head::of(head).root() {
            "pmd" => Match::Yes,
            _ => Match::No,
        }
    }

    /// The document is read twice: errors stand after the violations.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.messages = errors(input)?.into_vec();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        // PHPMD writes the name of a property that its build did not replace.
        let version = root.attribute("version").filter(|version| !version.contains('@'));
        scan.version = version.map(Into::into);
        scan.end_time = root.attribute("timestamp").map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|file, reader| match file.name() {
            "file" => reader.each_child(|tag, reader| match tag.name() {
                "violation" => {
                    let violation = reader.element(tag)?;
                    let file = file.attribute("name").unwrap_or_default();
                    Record::begin(sink).spend(map_violation(violation.root(), file))
                }
                _ => Ok(()),
            }),
            "suppressedviolation" => {
                let by = file.attribute("suppressiontype").unwrap_or("unknown");
                let example = file.attribute("filename").unwrap_or_default();
                Record::begin(sink).skip(SkipReason::Suppressed, &format!("suppressed by: {by}"), example);
                Ok(())
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// Files that could not be read, and rules that are not set up well.
fn errors(input: &dyn Input) -> Result<Messages, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    if reader.root()?.name() != "pmd" {
        return Err(ConvertError::Unrecognised {
            expected: "a report of PMD",
            help: "write the report with pmd check --format xml",
        });
    }
    let mut messages = Messages::default();
    reader.each_child(|tag, _| {
        let text = |key: &str| tag.attribute(key).unwrap_or_default();
        match tag.name() {
            "error" => messages.push(MessageLevel::Warn, format!("{}: {}", text("filename"), text("msg"))),
            "configerror" => messages.push(MessageLevel::Warn, format!("{}: {}", text("rule"), text("msg"))),
            _ => {}
        }
        Ok(())
    })?;
    Ok(messages)
}

fn map_violation<'a>(violation: Element<'a>, file: &'a str) -> Outcome<'a> {
    let here = |key: &str| violation.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let rule = here("rule").unwrap_or_default();
    let mut issue = Issue::new("pmd_rule", rule);
    issue.message = violation.text().map(Cow::Borrowed);
    issue.url = here("externalInfoUrl").map(Cow::Borrowed);
    issue.rating = here("priority").and_then(priority);
    let line = |key: &str| here(key).and_then(|line| line.parse().ok());
    // Before version 4 it is one line.
    let place = code::lines(file, line("beginline").or(line("line")), line("endline"));
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a violation without a rule", file);
    };
    let details = &mut finding.vulnerability.details;
    details.text("ruleset", "Rule set", here("ruleset").unwrap_or_default());
    let class = [here("package"), here("class")].into_iter().flatten().collect::<Vec<_>>().join(".");
    details.text("class", "Class", class);
    let method = here("method").or(here("function"));
    details.text("method", "Method", method.unwrap_or_default());
    details.text("variable", "Variable", here("variable").unwrap_or_default());
    Outcome::finding(finding)
}

/// `RulePriority`: 1 is "change absolutely required", 5 is "change highly optional".
fn priority(number: &str) -> Option<Severity> {
    match number {
        "1" => Some(Severity::High),
        "2" | "3" => Some(Severity::Medium),
        "4" => Some(Severity::Low),
        "5" => Some(Severity::Info),
        _ => None,
    }
}
