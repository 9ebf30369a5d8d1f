//! Reads reports in a stream: first what they are, then finding by finding.

use crate::{
    error::{Done, RenderError},
    finding::{Item, State, Vulnerability, severity},
    summary::Summary,
    trend::{self, Trend},
};
use scanlift_convert_api::{
    ConvertError, Input,
    json::{self, Loose, Reader, Repair, Text, filled},
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::io::Read;

/// A GitLab security report to be shown.
#[derive(Clone, Copy)]
pub struct Report<'i> {
    /// What people call it.
    pub label: &'i str,
    /// Its bytes.
    pub input: &'i dyn Input,
}

/// What a report says of itself.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Its number, from 0; those of the head first.
    pub(crate) number: usize,
    pub(crate) label: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) scanner: String,
    pub(crate) scanner_version: String,
    /// When it ended, as the report says it.
    pub(crate) end_time: String,
    /// Whether it ran through.
    pub(crate) is_failed: bool,
    pub(crate) is_base: bool,
    /// The number of its first finding.
    pub(crate) first: u64,
    /// A byte for each finding.
    pub(crate) severities: Vec<Severity>,
}

impl Scan {
    /// The kind for people and programs.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind.map_or("unknown", Kind::as_str)
    }
}

/// The findings of reports, as often as they are needed: each time they are read anew, so that memory does
/// not grow with them, apart from 2 bytes for each; with base reports some 600 bytes for each while
/// they are compared.
pub struct Findings<'i> {
    reports: Vec<Report<'i>>,
    pub(crate) scans: Vec<Scan>,
    pub(crate) trend: Option<Trend>,
}

impl<'i> Findings<'i> {
    /// Looks into the reports; with `base` reports it is told what is new, still there, and fixed since them.
    ///
    /// # Errors
    /// When a report cannot be read, or GitLab would refuse one that is to be compared.
    pub fn open(head: &[Report<'i>], base: Option<&[Report<'i>]>) -> Result<Self, RenderError> {
        let reports: Vec<_> = head.iter().chain(base.into_iter().flatten()).copied().collect();
        let mut scans = Vec::with_capacity(reports.len());
        let mut first = 0;
        for (number, report) in reports.iter().enumerate() {
            let mut scan = outline(report)?;
            (scan.number, scan.first, scan.is_base) = (number, first, number >= head.len());
            first += scan.severities.len() as u64;
            scans.push(scan);
        }
        let trend = base.map(|_| trend::compare(&reports, &scans)).transpose()?;
        Ok(Self { reports, scans, trend })
    }

    /// What people should know of the comparison, in sentences without full stop.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let missing = self.trend.iter().flat_map(|trend| &trend.missing);
        let mut notes: Vec<_> = missing
            .map(|kind| {
                format!("no report of {kind} is there to compare with the base: none of it counts as fixed")
            })
            .collect();
        let failed = self.scans.iter().filter(|scan| scan.is_failed && !scan.is_base);
        notes.extend(
            failed.map(|scan| format!("{}: the scan failed, so that findings may be missing", scan.label)),
        );
        notes
    }

    /// How many there are, in a sentence without full stop.
    #[must_use]
    pub fn headline(&self) -> String {
        Summary::of(self).headline(self.is_compared())
    }

    /// Whether there are base reports.
    pub(crate) fn is_compared(&self) -> bool {
        self.trend.is_some()
    }

    /// What became of the finding of that number.
    pub(crate) fn state(&self, index: u64) -> State {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        self.trend.as_ref().map_or(State::Found, |trend| trend.states.get(at).copied().unwrap_or(State::New))
    }

    /// Calls `see` for every finding that is to be shown: those of the head, then those of the base that are
    /// gone.
    pub(crate) fn each(&self, see: &mut dyn FnMut(&Item<'_>) -> Done) -> Result<(), RenderError> {
        let mut repair = Repair::default();
        for (report, scan) in self.reports.iter().zip(&self.scans) {
            walk(report, |key, reader| {
                if key != "vulnerabilities" || reader.peek()? != json::Kind::Array {
                    return Ok(());
                }
                reader.each_item(|index, reader| {
                    let index = scan.first + index;
                    let state = self.state(index);
                    if scan.is_base && state.is_there() {
                        return Ok(());
                    }
                    let path = reader.path();
                    let raw = reader.value()?;
                    let parsed = repair.parse::<Vulnerability<'_>>(raw.text);
                    let (vulnerability, _) = parsed.map_err(|error| error.inside(path, raw.offset))?;
                    let severity = severity(vulnerability.severity.as_deref());
                    let item = Item { index, scan, state, severity, json: raw.text, vulnerability };
                    see(&item).map_err(Stop::Render)
                })
            })?;
        }
        Ok(())
    }

    /// Calls `see` for every patch with the number of its report and its JSON: those of the head only.
    pub(crate) fn each_patch(&self, see: &mut dyn FnMut(usize, &[u8]) -> Done) -> Result<(), RenderError> {
        for (report, scan) in self.reports.iter().zip(&self.scans).filter(|(_, scan)| !scan.is_base) {
            walk(report, |key, reader| {
                if key != "remediations" || reader.peek()? != json::Kind::Array {
                    return Ok(());
                }
                reader.each_item(|_, reader| {
                    let raw = reader.value()?;
                    see(scan.number, raw.text).map_err(Stop::Render)
                })
            })?;
        }
        Ok(())
    }
}

/// What ends a walk through a report.
enum Stop {
    Input(ConvertError),
    Render(RenderError),
}

impl From<json::Error> for Stop {
    fn from(error: json::Error) -> Self {
        Self::Input(error.into())
    }
}

/// Calls `visit` for every key of a report.
fn walk(
    report: &Report<'_>,
    visit: impl FnMut(&str, &mut Reader<Box<dyn Read + '_>>) -> Result<(), Stop>,
) -> Result<(), RenderError> {
    let walked = || {
        let mut reader =
            Reader::new(report.input.open().map_err(|error| Stop::Input(ConvertError::Read(error)))?);
        reader.each_key(visit)?;
        Ok(reader.finish()?)
    };
    walked().map_err(|stop| match stop {
        Stop::Input(source) => RenderError::Read { label: report.label.to_owned(), source },
        Stop::Render(error) => error,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScanHead<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    scanner: Option<ToolHead<'a>>,
    analyzer: Option<ToolHead<'a>>,
    end_time: Option<Text<'a>>,
    status: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToolHead<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeverityOnly<'a> {
    #[serde(borrow)]
    severity: Option<Text<'a>>,
}

/// What the report says of itself, and how severe its findings are.
fn outline(report: &Report<'_>) -> Result<Scan, RenderError> {
    let mut scan = Scan {
        number: 0,
        label: report.label.to_owned(),
        kind: None,
        scanner: String::new(),
        scanner_version: String::new(),
        end_time: String::new(),
        is_failed: false,
        is_base: false,
        first: 0,
        severities: Vec::new(),
    };
    let (mut repair, mut is_report) = (Repair::default(), false);
    walk(report, |key, reader| {
        match key {
            "scan" if reader.peek()? == json::Kind::Object => {
                let (head, _) = reader.parse_lenient::<ScanHead<'_>>(&mut repair)?;
                describe(&mut scan, &head);
                is_report = true;
            }
            "vulnerabilities" if reader.peek()? == json::Kind::Array => {
                is_report = true;
                reader.each_item(|_, reader| {
                    let (it, _) = reader.parse_lenient::<SeverityOnly<'_>>(&mut repair)?;
                    scan.severities.push(severity(it.severity.as_deref()));
                    Ok::<_, Stop>(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if !is_report {
        let source = ConvertError::Unrecognised {
            expected: "`vulnerabilities`",
            help: "is it a security report of GitLab, or a file of a scanner?",
        };
        return Err(RenderError::Read { label: report.label.to_owned(), source });
    }
    if scan.scanner.is_empty() {
        "unknown".clone_into(&mut scan.scanner);
    }
    Ok(scan)
}

fn describe(scan: &mut Scan, head: &ScanHead<'_>) {
    let tool = head.scanner.as_ref().or(head.analyzer.as_ref());
    let name = tool.and_then(|tool| filled(&tool.name).or_else(|| filled(&tool.id)));
    scan.kind = filled(&head.kind).and_then(Kind::parse);
    scan.scanner = name.unwrap_or_default().to_owned();
    scan.scanner_version = tool.and_then(|tool| filled(&tool.version)).unwrap_or_default().to_owned();
    scan.end_time = filled(&head.end_time).unwrap_or_default().to_owned();
    scan.is_failed = filled(&head.status) == Some("failure");
}
