use crate::{Finding, ScanInfo, SkipReason, Warning};
use std::io;

/// Where a converter's records go.
pub trait Sink {
    /// Begins a scan: everything up to the next call belongs to it. A converter calls it at least
    /// once, also when nothing was found.
    ///
    /// # Errors
    /// If the sink cannot take it.
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> io::Result<()>;

    /// Counts a record. Called by [`Record::begin`](crate::Record::begin), not by converters.
    fn record(&mut self);

    /// Takes a finding. Called by [`Record::emit`](crate::Record::emit), not by converters.
    ///
    /// # Errors
    /// If the sink cannot take it.
    fn emit(&mut self, finding: Finding<'_>) -> io::Result<()>;

    /// Takes a record that is no finding. Called by [`Record::skip`](crate::Record::skip), not by
    /// converters.
    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str);

    /// Something in the document could not be expressed, though nothing is lost by it.
    fn warn(&mut self, warning: Warning);
}

/// A sink that keeps everything in memory: for tests, and for programs with small documents.
#[derive(Debug, Default)]
pub struct Collector {
    /// How many records there were.
    pub records: u64,
    /// What was found, each made owned through its JSON form.
    pub findings: Vec<serde_json::Value>,
    /// What was skipped.
    pub skipped: Vec<Skipped>,
    /// What was warned of.
    pub warnings: Vec<Warning>,
    /// The scanners, one a scan.
    pub scanners: Vec<String>,
}

/// A record that is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The reason.
    pub reason: SkipReason,
    /// In the source's words.
    pub detail: String,
    /// Which record.
    pub example: String,
}

impl Sink for Collector {
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> io::Result<()> {
        self.scanners.push(scan.scanner.into_owned());
        Ok(())
    }

    fn record(&mut self) {
        self.records += 1;
    }

    fn emit(&mut self, finding: Finding<'_>) -> io::Result<()> {
        self.findings.push(serde_json::to_value(&finding.vulnerability)?);
        Ok(())
    }

    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.skipped.push(Skipped { reason, detail: detail.to_owned(), example: example.to_owned() });
    }

    fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }
}
