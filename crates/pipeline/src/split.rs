//! The pipeline on several threads: each has a desk of its own and runs the stages, and one after
//! the other they enter their desks into the ledger.

use crate::{desk::Desk, ledger::Ledger, stages::Stages};
use scanlift_convert_api::{Batch, Finding, ScanInfo, Shared, Sink, SkipReason, Warning};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

/// A pipeline that threads share.
pub(crate) struct Split<'p> {
    stages: &'p Stages,
    ledger: Mutex<&'p mut Ledger>,
}

impl<'p> Split<'p> {
    pub(crate) fn new(stages: &'p Stages, ledger: &'p mut Ledger) -> Self {
        Self { stages, ledger: Mutex::new(ledger) }
    }
}

impl Shared for Split<'_> {
    fn threads(&self) -> usize {
        self.stages.settings.threads.max(1)
    }

    fn batch(&self) -> Box<dyn Batch + '_> {
        Box::new(Part { split: self, desk: self.stages.desk() })
    }
}

/// One thread's part of it.
struct Part<'s, 'p> {
    split: &'s Split<'p>,
    desk: Desk,
}

impl Sink for Part<'_, '_> {
    fn begin_scan(&mut self, _: ScanInfo<'_>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a scan begins among the records of another"))
    }

    fn record(&mut self) {
        self.desk.records += 1;
    }

    fn emit(&mut self, finding: Finding<'_>) -> io::Result<()> {
        self.split.stages.pass(finding, &mut self.desk)
    }

    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.desk.skip(reason, detail, example);
    }

    fn warn(&mut self, warning: Warning) {
        self.desk.warn(warning);
    }
}

impl Batch for Part<'_, '_> {
    fn deliver(&mut self) -> io::Result<()> {
        let mut ledger = self.split.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.enter(&mut self.desk, &self.split.stages.settings)
    }
}
