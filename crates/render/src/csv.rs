//! Comma-separated values (RFC 4180), UTF-8 without byte order mark, that no spreadsheet takes for formulas.

use crate::{
    columns::{COLUMNS, Cell, cells},
    error::RenderError,
    escape::visible,
    report::Findings,
};
use std::{borrow::Cow, io::Write};

pub(crate) fn write(findings: &Findings<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(COLUMNS.iter().map(|column| column.name))?;
    findings.each(&mut |item| {
        for cell in cells(item) {
            match cell {
                Cell::Empty => writer.write_field("")?,
                Cell::Text(text) => writer.write_field(&*inert(&text))?,
                Cell::Link(url) => writer.write_field(url)?,
                Cell::Number(number) => writer.write_field(number.to_string())?,
            }
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    })?;
    Ok(writer.flush()?)
}

/// A text that a spreadsheet leaves alone.
///
/// The rule is OWASP's for CSV injection, with white space before it taken as nothing: a text that begins with
/// `=`, `+`, `-`, `@` (or their full-width forms), a tab, a carriage return or a line feed gets an
/// apostrophe before it.
fn inert(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    let is_control = shown.starts_with(['\t', '\r', '\n']);
    let is_formula =
        shown.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_control || is_formula { Cow::Owned(format!("'{shown}")) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for (text, want) in [
            ("plain", "plain"),
            ("a=1", "a=1"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            (" =1", "' =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\t=1", "'\t=1"),
            ("\tx", "'\tx"),
            ("\r\n=1", "'\n=1"),
            ("\rx", "\\rx"),
            ("\nx", "'\nx"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{200b}=1", "\\u{200b}=1"),
            ("'=1", "'=1"),
        ] {
            assert_eq!(inert(text), want, "{text:?}");
        }
    }
}
