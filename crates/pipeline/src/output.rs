//! Writes the reports into temporary files, so that nobody ever reads half a report.

use crate::{
    Settings,
    desk::{Desk, Written},
    fold::{Fold, Verdict},
    receipt::OutputReceipt,
    remedy, scanner,
};
use scanlift_convert_api::{json::Reader, package::ecosystem};
use scanlift_report_core::{
    DependencyFile, Identifier, Kind, Message, ReportWriter, Scan, ScanOption, ScanStatus, ScanTime,
    ScannedResource, SchemaVersion, Severity, Tool, Vulnerability,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::Path,
};
use tempfile::NamedTempFile;

/// A report that is complete, but not in its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct FinishedReport {
    /// As `gl-sast-report.json`.
    pub file_name: String,
    /// What it holds.
    pub kind: Kind,
    /// The report; gone when dropped, so that it has to be moved to its place (`persist`) or read.
    pub file: NamedTempFile,
}

/// A report while its findings come.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) kind: Kind,
    pub(crate) scanner: Tool<'static>,
    version: SchemaVersion,
    writer: ReportWriter<BufWriter<NamedTempFile>>,
    fold: Fold,
    /// Whether what GitLab would fold is written as well.
    keeps_duplicates: bool,
    severities: [u64; 6],
    dependency_files: BTreeSet<String>,
    remedies: remedy::Stage,
    /// The scans that findings came from, by their number.
    pub(crate) scans: BTreeSet<usize>,
}

/// What a report says of the scans it comes from.
#[derive(Clone, Debug)]
pub(crate) struct ScanFacts {
    pub(crate) start: Option<ScanTime>,
    pub(crate) end: Option<ScanTime>,
    pub(crate) status: ScanStatus,
    pub(crate) messages: Vec<Message<'static>>,
    pub(crate) options: Vec<ScanOption<'static>>,
    pub(crate) primary_identifiers: Vec<Identifier<'static>>,
    pub(crate) scanned_resources: Vec<ScannedResource<'static>>,
}

impl Output {
    pub(crate) fn new(kind: Kind, scanner: Tool<'static>, settings: &Settings) -> io::Result<Self> {
        let version = settings.schema_version;
        let file = temporary(&settings.temp_dir)?;
        let writer = ReportWriter::begin(BufWriter::with_capacity(128 * 1024, file), version, kind)?;
        Ok(Self {
            kind,
            scanner,
            version,
            writer,
            fold: Fold::new(&settings.temp_dir)?,
            keeps_duplicates: settings.keep_duplicates,
            severities: [0; 6],
            dependency_files: BTreeSet::new(),
            remedies: remedy::Stage::new(settings),
            scans: BTreeSet::new(),
        })
    }

    /// Writes a finding, as it lies on a desk, unless it is folded into an earlier one.
    pub(crate) fn write(&mut self, written: &Written, desk: &Desk) -> io::Result<bool> {
        let json = desk.json(written);
        let verdict =
            if self.keeps_duplicates { Verdict::Write } else { self.fold.judge(desk.keys(written))? };
        match verdict {
            Verdict::Write => self.writer.write_json(json)?,
            Verdict::Change(change) => self.writer.write_json(&change.apply(json)?)?,
            Verdict::Fold(into) => {
                self.fold.note(into, || desk.vulnerability(written))?;
                return Ok(false);
            }
        }
        if let Some(candidate) = &written.candidate {
            self.remedies.see(candidate, json);
        }
        self.severities[written.severity as usize] += 1;
        self.dependency_files.extend(written.dependency_file.clone());
        Ok(true)
    }

    /// Ends the report.
    pub(crate) fn finish(
        self,
        facts: &[&ScanFacts],
        now: &ScanTime,
        file_name: String,
        temp_dir: &Path,
    ) -> io::Result<(FinishedReport, OutputReceipt)> {
        let scan = scan(self.kind, &self.scanner, facts, now);
        let files: Vec<_> = self
            .dependency_files
            .iter()
            .map(|path| {
                DependencyFile::new(
                    path,
                    ecosystem::of_manifest(path).map_or("unknown", |(manager, _)| manager),
                )
            })
            .collect();
        let findings = self.writer.count();
        let remedy::Outcome { remediations, fixable, unpatched } = self.remedies.finish();
        let out = self.writer.finish_with(&scan, &remediations, &files)?;
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        if self.fold.has_folded() {
            file = complete(file, self.fold, self.kind, temp_dir)?;
        }
        let mut severities = BTreeMap::new();
        for severity in Severity::WORST_FIRST {
            severities.insert(severity.as_str(), self.severities[severity as usize]);
        }
        let receipt = OutputReceipt {
            path: file_name.clone(),
            kind: self.kind.as_str(),
            schema_version: self.version.as_str(),
            scanner: crate::pipeline::scanner_receipt(&self.scanner),
            findings,
            remediations: remediations.len() as u64,
            fixable,
            unpatched,
            severities,
            ..OutputReceipt::default()
        };
        Ok((FinishedReport { file_name, kind: self.kind, file }, receipt))
    }
}

pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".scanlift-").suffix(".tmp").tempfile_in(folder)
}

/// What the scans say together: the earliest start, the latest end, the worst status.
fn scan(kind: Kind, scanner: &Tool<'static>, facts: &[&ScanFacts], now: &ScanTime) -> Scan<'static> {
    let mut scan = Scan::new(kind, scanner.clone());
    scan.analyzer = scanner::analyzer();
    let start = facts.iter().filter_map(|facts| facts.start.as_ref()).min();
    let end = facts.iter().filter_map(|facts| facts.end.as_ref()).max();
    scan.start_time = start.or(end).unwrap_or(now).clone();
    scan.end_time = end.max(start).unwrap_or(now).clone();
    if facts.iter().any(|facts| facts.status == ScanStatus::Failure) {
        scan.status = ScanStatus::Failure;
    }
    scan.messages = union(facts.iter().map(|facts| &facts.messages));
    scan.options = union(facts.iter().map(|facts| &facts.options));
    scan.scanned_resources = union(facts.iter().map(|facts| &facts.scanned_resources));
    // A list of rules is worth something only if it is complete.
    if facts.iter().all(|facts| !facts.primary_identifiers.is_empty()) {
        scan.primary_identifiers = union(facts.iter().map(|facts| &facts.primary_identifiers));
    }
    scan
}

/// The entries of several lists, one list behind the other. What an earlier list has is not told again.
fn union<'f, T: Clone + Serialize + 'f>(lists: impl Iterator<Item = &'f Vec<T>>) -> Vec<T> {
    let text = |entry: &T| serde_json::to_string(entry).unwrap_or_default();
    let mut lists = lists.filter(|list| !list.is_empty());
    let mut all = lists.next().cloned().unwrap_or_default();
    // Most reports are of one scan, and need no set of what they know.
    let mut known: Option<HashSet<String>> = None;
    for list in lists {
        let known = known.get_or_insert_with(|| all.iter().map(text).collect());
        all.extend(list.iter().filter(|entry| known.insert(text(entry))).cloned());
    }
    all
}

/// The framing pass: copies the report, completing the findings that others were folded into.
fn complete(mut file: NamedTempFile, fold: Fold, kind: Kind, temp_dir: &Path) -> io::Result<NamedTempFile> {
    let mut notes = fold.into_notes()?;
    file.rewind()?;
    let mut out = BufWriter::with_capacity(128 * 1024, temporary(temp_dir)?);
    let mut reader = Reader::new(BufReader::with_capacity(128 * 1024, file.as_file()));
    let mut first_key = true;
    reader.each_key(|key, reader| -> Result<(), CompleteError> {
        out.write_all(if first_key { b"{\"" } else { b",\"" })?;
        first_key = false;
        out.write_all(key.as_bytes())?;
        out.write_all(b"\":")?;
        if key != "vulnerabilities" {
            out.write_all(reader.value()?.str()?.as_bytes())?;
            return Ok(());
        }
        out.write_all(b"[")?;
        reader.each_item(|index, reader| -> Result<(), CompleteError> {
            out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            let value = reader.value()?;
            let text = value.str()?;
            match notes.next_finding()? {
                None => out.write_all(text.as_bytes())?,
                Some(folded) => {
                    let json = serde_json::from_str(text).map_err(io::Error::from)?;
                    let mut vulnerability = Vulnerability::read(kind, json).map_err(io::Error::other)?;
                    folded.describe(&mut vulnerability);
                    serde_json::to_writer(&mut out, &vulnerability).map_err(io::Error::from)?;
                }
            }
            Ok(())
        })?;
        out.write_all(b"\n]")?;
        Ok(())
    })?;
    out.write_all(b"}\n")?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

/// What stops reading a report again.
pub(crate) struct CompleteError(io::Error);

impl From<io::Error> for CompleteError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<scanlift_convert_api::json::Error> for CompleteError {
    fn from(error: scanlift_convert_api::json::Error) -> Self {
        Self(io::Error::other(error))
    }
}

impl From<CompleteError> for io::Error {
    fn from(error: CompleteError) -> Self {
        error.0
    }
}

/// A file's bytes, for callers that want the report and not its file.
///
/// # Errors
/// If it cannot be read.
pub fn read_all(report: &mut FinishedReport) -> io::Result<Vec<u8>> {
    report.file.rewind()?;
    let mut bytes = Vec::new();
    report.file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
