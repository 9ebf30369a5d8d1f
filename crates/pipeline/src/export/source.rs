//! A finished report, read again.

use crate::{output::CompleteError, output::FinishedReport, receipt::ScannerReceipt};
use scanlift_convert_api::json::Reader;
use scanlift_report_core::{Kind, Remediation, ScanStatus, ScanTime, Tool, Vulnerability};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Seek as _},
};

/// A finished report as the source of a further file.
#[derive(Debug)]
pub(crate) struct Source<'r> {
    pub(crate) kind: Kind,
    pub(crate) scanner: &'r ScannerReceipt,
    file: &'r File,
}

impl<'r> Source<'r> {
    pub(crate) fn new(report: &'r FinishedReport, scanner: &'r ScannerReceipt) -> Self {
        Self { kind: report.kind, scanner, file: report.file.as_file() }
    }

    #[cfg(test)]
    pub(crate) fn of(kind: Kind, scanner: &'r ScannerReceipt, file: &'r File) -> Self {
        Self { kind, scanner, file }
    }

    /// Visits every finding, in order.
    pub(crate) fn each(
        &self,
        visit: &mut dyn FnMut(Vulnerability<'static>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut reader = self.reader()?;
        let read = reader.each_key(|key, reader| -> Result<(), CompleteError> {
            if key != "vulnerabilities" {
                return Ok(());
            }
            reader.each_item(|_, reader| {
                let json = serde_json::from_str(reader.value()?.str()?).map_err(io::Error::from)?;
                let vulnerability = Vulnerability::read(self.kind, json).map_err(io::Error::other)?;
                Ok(visit(vulnerability)?)
            })
        });
        Ok(read?)
    }

    /// What the report says of all its findings.
    pub(crate) fn facts(&self) -> io::Result<Facts> {
        let mut facts = Facts::default();
        let mut reader = self.reader()?;
        let read = reader.each_key(|key, reader| -> Result<(), CompleteError> {
            match key {
                "scan" => facts.read_scan(reader.parse()?),
                "remediations" => reader.each_item(|_, reader| -> Result<(), CompleteError> {
                    facts.add_remediation(reader.parse()?);
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        });
        read?;
        Ok(facts)
    }

    fn reader(&self) -> io::Result<Reader<BufReader<&'r File>>> {
        let mut file = self.file;
        file.rewind()?;
        Ok(Reader::new(BufReader::with_capacity(128 * 1024, file)))
    }
}

/// What a report says of all its findings.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) scanner: Tool<'static>,
    pub(crate) start_time: ScanTime,
    pub(crate) end_time: ScanTime,
    pub(crate) status: ScanStatus,
    remediations: Vec<Remediation<'static>>,
    /// Where they stand, by the id of the finding that is mended.
    by_finding: HashMap<String, Vec<usize>>,
}

/// The part of `scan` that further files tell.
#[derive(Debug, Deserialize)]
struct Scan {
    scanner: Tool<'static>,
    start_time: ScanTime,
    end_time: ScanTime,
    status: ScanStatus,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            scanner: Tool::new("", "", "", ""),
            start_time: ScanTime::default(),
            end_time: ScanTime::default(),
            status: ScanStatus::default(),
            remediations: Vec::new(),
            by_finding: HashMap::new(),
        }
    }
}

impl Facts {
    fn read_scan(&mut self, scan: Scan) {
        self.scanner = scan.scanner;
        (self.start_time, self.end_time, self.status) = (scan.start_time, scan.end_time, scan.status);
    }

    fn add_remediation(&mut self, remediation: Remediation<'static>) {
        for mended in &remediation.fixes {
            self.by_finding.entry(mended.id.to_string()).or_default().push(self.remediations.len());
        }
        self.remediations.push(remediation);
    }

    /// The patches that mend a finding.
    pub(crate) fn remediations(&self, finding: &str) -> impl Iterator<Item = &Remediation<'static>> {
        let found = self.by_finding.get(finding).into_iter().flatten();
        found.filter_map(|at| self.remediations.get(*at))
    }
}
