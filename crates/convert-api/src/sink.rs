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

    /// The same sink for several threads; `None` if it is for one thread only, as it is unless
    /// implemented otherwise.
    fn share(&mut self) -> Option<Box<dyn Shared + '_>> {
        None
    }
}

/// A sink for several threads: each fills a [`Batch`] of its own, and one batch after the other is
/// delivered, in the order of the document. Everything belongs to the scan that was begun last.
pub trait Shared: Sync {
    /// How many threads may work at a time, the caller's among them.
    fn threads(&self) -> usize;

    /// An empty batch, for the thread that asks.
    fn batch(&self) -> Box<dyn Batch + '_>;
}

/// A sink that keeps what it is told until it is delivered. No scan begins in it.
pub trait Batch: Sink {
    /// Hands over what was taken since the last time, and is empty again.
    ///
    /// # Errors
    /// If the sink it belongs to cannot take it.
    fn deliver(&mut self) -> io::Result<()>;
}

/// A sink that keeps what it is told in memory: for tests, and to count.
///
/// Of a finding it keeps the vulnerability as its converter leaves it, and nothing else of [`Finding`]: there
/// is no severity yet, and secrets stand in its texts with nothing left that names them. Findings that are to
/// be shown or stored take a sink that sees to both (`severity` and `redact` of `scanlift-pipeline`).
#[derive(Debug, Default)]
pub struct Collector {
    /// How many records there were.
    pub records: u64,
    /// The vulnerabilities that were found, as JSON.
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
