//! Files and runs within GitLab's limits.

use super::{
    fix::of_remediation,
    limits,
    model::{Driver, Invocation, Tool},
    place::Known,
    result,
    rule::{CWE, Rules},
};
use crate::export::{Account, Format, Made, Source, begin, end, source::Facts};
use scanlift_report_core::{ScanStatus, Tool as Scanner, Vulnerability};
use std::{
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// What a log begins with.
pub(super) const START: &[u8] =
    b"{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[";

/// What a run takes beside its results and rules, and a file beside its runs: tool, taxonomy,
/// invocation.
const AROUND: usize = 16 * 1024;

/// Writes results as they come.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    file: Option<File>,
    made: Made,
    buffer: Vec<u8>,
}

/// A file that is open, and its last run.
#[derive(Debug)]
struct File {
    out: BufWriter<NamedTempFile>,
    account: Account,
    size: usize,
    runs: usize,
    run: Run,
}

#[derive(Debug, Default)]
struct Run {
    results: usize,
    rules: Rules,
}

impl Writer {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: None, made: Made::new(), buffer: Vec::new() }
    }

    /// Begins a run: in the file that is open while it has room.
    pub(super) fn begin_run(&mut self, source: &Source<'_>) -> io::Result<()> {
        let is_full = |file: &File| file.runs == limits::RUNS || file.size + AROUND > limits::FILE;
        if self.file.as_ref().is_some_and(is_full) {
            self.end_file()?;
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut out = begin(&self.folder)?;
                out.write_all(START)?;
                none.insert(File { out, account: Account::default(), size: 0, runs: 0, run: Run::default() })
            }
        };
        file.account.add_scanner(source.scanner);
        file.out.write_all(if file.runs == 0 { b"\n{\"results\":[" } else { b",\n{\"results\":[" })?;
        file.runs += 1;
        file.size += AROUND;
        file.run = Run::default();
        Ok(())
    }

    /// Adds the result of a finding, in a new run or file where a limit is reached.
    pub(super) fn add(
        &mut self,
        source: &Source<'_>,
        facts: &Facts,
        vulnerability: &Vulnerability<'_>,
        known: &Known<'_>,
    ) -> io::Result<()> {
        let room = result_room(vulnerability);
        if let Some(file) = &self.file {
            let is_big = file.size + file.run.rules.size + room > limits::FILE && file.account.has_findings();
            if is_big || file.run.results == limits::RESULTS {
                self.end_run(facts)?;
                if is_big {
                    self.end_file()?;
                }
                self.begin_run(source)?;
            }
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let index = file.run.rules.of(known, vulnerability);
        let heading = file.run.rules.all.get(index).map_or("", |rule| &rule.short_description.text);
        let id = vulnerability.id.as_deref().unwrap_or_default();
        let fixes = facts.remediations(id).filter_map(of_remediation).collect();
        self.buffer.clear();
        self.buffer.extend_from_slice(if file.run.results == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(
            &mut self.buffer,
            &result::result(&known.rule_id, index, heading, vulnerability, &fixes),
        )?;
        file.out.write_all(&self.buffer)?;
        file.size += self.buffer.len();
        file.run.results += 1;
        file.account.count(vulnerability);
        Ok(())
    }

    /// Ends the run with what is said of all its results.
    pub(super) fn end_run(&mut self, facts: &Facts) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let run = std::mem::take(&mut file.run);
        file.size += run.rules.size;
        let taxonomy = run.rules.taxonomy();
        let scanner = &facts.scanner;
        let known = |text: &'_ str| text != Scanner::UNKNOWN;
        let tool = Tool {
            driver: Driver {
                name: &scanner.name,
                version: Some(&*scanner.version).filter(|text| known(text)),
                organization: Some(&*scanner.vendor.name).filter(|text| known(text)),
                information_uri: scanner.url.as_deref(),
                supported_taxonomies: taxonomy.is_some().then_some([CWE]),
                rules: &run.rules.all,
            },
        };
        let time = |time: &str| (!time.is_empty()).then(|| format!("{time}Z"));
        let (start, end) = (time(facts.start_time.as_str()), time(facts.end_time.as_str()));
        let invocation = Invocation {
            execution_successful: facts.status == ScanStatus::Success,
            start_time_utc: start.as_deref(),
            end_time_utc: end.as_deref(),
        };
        let out = &mut file.out;
        out.write_all(if run.results == 0 { b"]" } else { b"\n]" })?;
        out.write_all(b",\"tool\":")?;
        serde_json::to_writer(&mut *out, &tool)?;
        out.write_all(b",\"invocations\":")?;
        serde_json::to_writer(&mut *out, &[invocation])?;
        if let Some(taxonomy) = taxonomy {
            out.write_all(b",\"taxonomies\":")?;
            serde_json::to_writer(&mut *out, &[taxonomy])?;
        }
        out.write_all(b"}")
    }

    fn end_file(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.out.write_all(b"\n]}\n")?;
        let name = match self.made.len() {
            0 => "gl-sarif-report.sarif".to_owned(),
            before => format!("gl-sarif-report-{}.sarif", before + 1),
        };
        self.made.push(end(file.out, name, Format::Sarif, file.account)?);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Made> {
        self.end_file()?;
        Ok(self.made)
    }
}

/// More bytes than the result and its rule take, unless it is an unusual one.
fn result_room(vulnerability: &Vulnerability<'_>) -> usize {
    let text = |text: Option<&str>| text.map_or(0, str::len);
    let texts = 2 * text(vulnerability.description.as_deref())
        + 2 * text(vulnerability.solution.as_deref())
        + vulnerability.raw_source_code_extract.as_deref().map_or(0, str::len).min(64 * 1024);
    texts + 64 * 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::ScannerReceipt;
    use scanlift_report_core::{Identifier, Kind, Location, SourceLocation};
    use serde_json::Value;

    #[test]
    fn runs_and_files_end_at_their_limits() -> io::Result<()> {
        let scanner = ScannerReceipt::default();
        let report = tempfile::tempfile()?;
        let source = Source::of(Kind::Sast, &scanner, &report);
        let folder = tempfile::tempdir()?;
        let facts = Facts::default();
        let known = Known { rule_id: "R".into(), untold: Vec::new() };
        let mut writer = Writer::new(folder.path());
        for run in 0..limits::RUNS as u64 {
            writer.begin_run(&source)?;
            for line in 1..=if run == 0 { limits::RESULTS as u64 + 1 } else { 0 } {
                let rule = Identifier::new("r", "R", "R").expect("parts are filled");
                let place = Location::Sast(SourceLocation::lines("a.c", line, line));
                writer.add(&source, &facts, &Vulnerability::new(rule, place), &known)?;
            }
            writer.end_run(&facts)?;
        }
        let mut shape = Vec::new();
        for (export, receipt) in writer.finish()? {
            let json: Value = serde_json::from_reader(std::fs::File::open(export.file.path())?)?;
            let runs = json["runs"].as_array().map_or(0, Vec::len);
            shape.push((export.file_name, runs, receipt.findings));
        }
        let [first, second] = ["gl-sarif-report.sarif", "gl-sarif-report-2.sarif"].map(str::to_owned);
        assert_eq!(shape, [(first, 20, 5_001), (second, 1, 0)]);
        Ok(())
    }
}
