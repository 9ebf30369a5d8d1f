//! A finished report, read again.

use crate::{output::CompleteError, output::FinishedReport, receipt::ScannerReceipt};
use scanlift_convert_api::json::Reader;
use scanlift_report_core::{Kind, Vulnerability};
use std::{
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

    fn reader(&self) -> io::Result<Reader<BufReader<&'r File>>> {
        let mut file = self.file;
        file.rewind()?;
        Ok(Reader::new(BufReader::with_capacity(128 * 1024, file)))
    }
}
