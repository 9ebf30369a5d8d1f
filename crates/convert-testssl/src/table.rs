//! CSV: a row for each entry, below a row of names.

use crate::entry::{Entry, is_failure, is_record};
use crate::scan_info;
use scanlift_convert_api::{ConvertError, Input, Messages, Options, Record, Sink};
use scanlift_report_core::MessageLevel;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The most bytes that a row may have.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Whether the first line names the columns: `"id","fqdn/ip","port","severity","finding","cve","cwe"`.
pub(crate) fn is_table(head: &[u8]) -> bool {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let names: Vec<String> =
        String::from_utf8_lossy(line).split(',').map(|it| it.trim_matches('"').to_owned()).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    has("id") && has("severity") && has("finding") && (has("fqdn/ip") || has("port"))
}

pub(crate) fn convert(input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let mut messages = Messages::default();
    each_row(input, &mut |entry| {
        if is_failure(entry.severity) {
            messages.push(MessageLevel::Warn, format!("{}: {}", entry.id, entry.finding));
        }
        Ok(())
    })?;
    let mut scan = scan_info();
    scan.messages = messages.into_vec();
    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
    each_row(input, &mut |entry| {
        if !is_record(entry.severity, options) {
            return Ok(());
        }
        Record::begin(sink).spend(entry.into_outcome(options))
    })
}

fn each_row(
    input: &dyn Input,
    visit: &mut dyn FnMut(Entry<'_>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let left = Rc::new(Cell::new(LONGEST));
    let bounded = Bounded { read: input.open().map_err(ConvertError::Read)?, left: Rc::clone(&left) };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bounded);
    let names = reader.byte_headers().map_err(broken)?.clone();
    let column = |wanted: &str| names.iter().position(|name| name == wanted.as_bytes());
    let columns = ["id", "fqdn/ip", "port", "severity", "finding", "cve", "cwe"].map(column);
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(broken)? {
        left.set(LONGEST);
        let cells =
            columns.map(|at| String::from_utf8_lossy(at.and_then(|at| row.get(at)).unwrap_or_default()));
        let [id, host, port, severity, finding, cve, cwe] = cells.each_ref().map(|cell| cell.trim());
        visit(Entry { id, host, port, severity, finding, cve, cwe, service: "" })?;
    }
    Ok(())
}

fn broken(error: csv::Error) -> ConvertError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ConvertError::Read(error),
        other => ConvertError::Read(io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}"))),
    }
}

/// Reads no more than a row may have.
struct Bounded<R> {
    read: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf)?;
        let rest = self.left.get().checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a row of the table has more than 4 MiB")
        })?;
        self.left.set(rest);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_by_their_first_line() {
        for (head, want) in [
            ("\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\",\"cve\",\"cwe\"\r\n", true),
            ("id,fqdn/ip,port,severity,finding,cve,cwe", true),
            ("id,name\n1,severity", false),
            ("[{\"id\": 1}]", false),
        ] {
            assert_eq!(is_table(head.as_bytes()), want, "{head}");
        }
    }

    #[test]
    fn rows_without_end_are_refused() {
        let document = format!("id,port,severity,finding\n\"{}", "a".repeat(5 * 1024 * 1024));
        assert!(each_row(&document.as_str(), &mut |_| Ok(())).is_err());
    }
}
