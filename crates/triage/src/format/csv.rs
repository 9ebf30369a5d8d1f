//! A table as CSV (RFC 4180): one file a table, so a review is three files.
//!
//! Texts that a spreadsheet would take for numbers, dates or formulas begin with an apostrophe, see
//! `guard.rs`; a byte order mark stands first where there is more than ASCII, since Excel needs it.
//! Commas, semicolons and tabs are read, and rows that are shorter than others.

use super::{
    FormatError,
    guard::{guard, unguard},
};
use crate::{Table, table::FIRST};

/// The text of a CSV file.
///
/// # Errors
/// If the table has no columns.
pub fn write(table: &Table) -> Result<Vec<u8>, FormatError> {
    let refuse = |error: String| FormatError::write("the CSV file", error);
    // What separates cells is told by the first line: there, nothing else may look like it.
    let is_mistakable = table.columns().iter().any(|name| name.contains([';', '\t']));
    let quotes = if is_mistakable { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary };
    let mut out = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::Any(b'\n'))
        .quote_style(quotes)
        .from_writer(Vec::new());
    let rows = table.rows().map(|row| row.cells());
    for cells in std::iter::once(table.columns()).chain(rows) {
        let guarded = cells.iter().map(|cell| guard(cell));
        out.write_record(guarded.map(|cell| cell.into_owned())).map_err(|error| refuse(error.to_string()))?;
    }
    let text = out.into_inner().map_err(|error| refuse(error.to_string()))?;
    if text.is_ascii() {
        return Ok(text);
    }
    let mut marked = "\u{feff}".as_bytes().to_vec();
    marked.extend(text);
    Ok(marked)
}

/// Reads a CSV file.
///
/// # Errors
/// If it is none, or a column is there twice.
pub fn read(text: &str) -> Result<Table, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, ::csv::Position::line);
            FormatError::read(format!("line {line} of the CSV file"), error)
        })?;
        rows.push(record.iter().map(|cell| unguard(cell).to_owned()).collect::<Vec<_>>());
    }
    if rows.is_empty() {
        return Err(FormatError::read("the CSV file", "it is empty: the first line names the columns"));
    }
    let columns = rows.remove(0);
    Table::read(columns, (FIRST..).zip(rows)).map_err(|error| FormatError::read("the CSV file", error))
}

/// What separates cells: of commas, semicolons and tabs the one that stands in the first line most often,
/// outside of quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if !is_quoted => {
                counts
                    .iter_mut()
                    .filter(|(delimiter, _)| *delimiter == byte)
                    .for_each(|(_, count)| *count += 1);
            }
            _ => {}
        }
    }
    // The first of equals.
    let (mut best, mut most) = (b',', 0);
    for (delimiter, count) in counts {
        if count > most {
            (best, most) = (delimiter, count);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_programs_are_read() {
        for text in [
            "a,b\n1,'2\n",
            "\u{feff}a,b\r\n1,2\r\n",
            "a;b\n1;2\n",
            "a\tb\n1\t2",
            "a,b,,\n1,2,,\n,,,\n",
            "\"a\",\"b\"\n1,2",
        ] {
            let table = read(text).expect(text);
            assert_eq!(table.columns(), ["a", "b"], "{text}");
            assert_eq!(table.row(0).expect("a row").cells(), ["1", "2"], "{text}");
            assert_eq!(table.len(), 1);
        }
        assert!(read("").is_err());
        assert!(read("a,a\n").expect_err("twice").to_string().contains("`a` is there twice"));
    }

    #[test]
    fn columns_may_be_named_with_what_separates_others() {
        let mut table = Table::new(["a", "b; c; d; e", "f\tg"]);
        table.push([("a", "1".to_owned())]);
        let text = write(&table).expect("text");
        assert_eq!(read(std::str::from_utf8(&text).expect("text")).expect("our own"), table);
    }

    #[test]
    fn the_mark_is_there_for_more_than_ascii() {
        let mut table = Table::new(["a"]);
        table.push([("a", "x,\n\"y\"".to_owned())]);
        assert_eq!(write(&table).expect("text"), b"a\n\"x,\n\"\"y\"\"\"\n");
        table.set(0, "a", "é");
        assert_eq!(write(&table).expect("text"), "\u{feff}a\né\n".as_bytes());
    }
}
