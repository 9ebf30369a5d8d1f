//! A sink for tests of what is told, and in what order.

use crate::{Batch, Finding, ScanInfo, Shared, Sink, SkipReason, Warning};
use std::io;
use std::sync::{Mutex, PoisonError};

/// Keeps what is skipped, on as many threads as it says.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) threads: usize,
    pub(crate) records: u64,
    pub(crate) lines: Vec<String>,
    /// Fails when so many lines were delivered.
    pub(crate) full: Option<usize>,
}

impl Sink for Log {
    fn begin_scan(&mut self, _: ScanInfo<'_>) -> io::Result<()> {
        Ok(())
    }

    fn record(&mut self) {
        self.records += 1;
    }

    fn emit(&mut self, _: Finding<'_>) -> io::Result<()> {
        Ok(())
    }

    fn skip(&mut self, _: SkipReason, detail: &str, _: &str) {
        self.lines.push(detail.to_owned());
    }

    fn warn(&mut self, warning: Warning) {
        self.lines.push(warning.to_string());
    }

    fn share(&mut self) -> Option<Box<dyn Shared + '_>> {
        let threads = self.threads;
        Some(Box::new(SharedLog { threads, log: Mutex::new(self) }))
    }
}

struct SharedLog<'l> {
    threads: usize,
    log: Mutex<&'l mut Log>,
}

impl Shared for SharedLog<'_> {
    fn threads(&self) -> usize {
        self.threads
    }

    fn batch(&self) -> Box<dyn Batch + '_> {
        Box::new(Part { whole: self, own: Log::default() })
    }
}

struct Part<'s, 'l> {
    whole: &'s SharedLog<'l>,
    own: Log,
}

impl Sink for Part<'_, '_> {
    fn begin_scan(&mut self, _: ScanInfo<'_>) -> io::Result<()> {
        Ok(())
    }

    fn record(&mut self) {
        self.own.record();
    }

    fn emit(&mut self, finding: Finding<'_>) -> io::Result<()> {
        self.own.emit(finding)
    }

    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.own.skip(reason, detail, example);
    }

    fn warn(&mut self, warning: Warning) {
        self.own.warn(warning);
    }
}

impl Batch for Part<'_, '_> {
    fn deliver(&mut self) -> io::Result<()> {
        let own = std::mem::take(&mut self.own);
        let mut log = self.whole.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.records += own.records;
        log.lines.extend(own.lines);
        if log.full.is_some_and(|full| log.lines.len() >= full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}
