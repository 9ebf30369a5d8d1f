//! A workbook (Office Open XML): a sheet of numbers, and one of findings with typed columns and filters.
//!
//! Rows go to temporary files as they come; only the addresses of hyperlinks are kept, and there are no more
//! than Excel takes.

use crate::{
    columns::{COLUMNS, Cell, cells},
    error::RenderError,
    escape::visible,
    finding::State,
    report::Findings,
    summary::{Summary, present},
};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook, Worksheet,
    XlsxError,
};
use scanlift_report_core::Severity;
use std::{borrow::Cow, io::Write, path::Path};

/// What a sheet of Excel holds.
#[derive(Clone, Copy)]
struct Limits {
    /// Hyperlinks; further addresses are text.
    links: u32,
    /// Rows below the header; further findings go to a further sheet.
    rows: u32,
}

const EXCEL: Limits = Limits { links: 65_530, rows: 1_048_575 };
/// How many characters (UTF-16 units) a cell holds.
const CELL: usize = 32_767;
/// The longest address of a hyperlink.
const URL: usize = 2_079;

pub(crate) fn write(
    findings: &Findings<'_>,
    title: &str,
    folder: Option<&Path>,
    out: &mut (dyn Write + Send),
) -> Result<(), RenderError> {
    write_within(EXCEL, findings, title, folder, out)
}

fn write_within(
    limits: Limits,
    findings: &Findings<'_>,
    title: &str,
    folder: Option<&Path>,
    out: &mut (dyn Write + Send),
) -> Result<(), RenderError> {
    let mut workbook = Workbook::new();
    if let Some(folder) = folder {
        workbook.set_tempdir(folder)?;
    }
    // The time of writing would make every workbook another one.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let properties = DocProperties::new().set_title(&*fitting(title)).set_creation_datetime(&created);
    workbook.set_properties(&properties);
    summary(workbook.add_worksheet_with_constant_memory()?, findings, title)?;

    let looks = Looks::new();
    let mut sheet = begin(&mut workbook, 1, &looks)?;
    let (mut row, mut sheets, mut links) = (0, 1, limits.links);
    findings.each(&mut |item| {
        if row == limits.rows {
            finish(workbook.worksheet_from_index(sheet)?, row)?;
            sheets += 1;
            (sheet, row, links) = (begin(&mut workbook, sheets, &looks)?, 0, limits.links);
        }
        row += 1;
        let worksheet = workbook.worksheet_from_index(sheet)?;
        for (column, cell) in (0..).zip(cells(item)) {
            put(worksheet, row, column, &cell, &looks, &mut links, item.severity)?;
        }
        Ok(())
    })?;
    finish(workbook.worksheet_from_index(sheet)?, row)?;
    workbook.save_to_writer(out)?;
    Ok(())
}

/// How cells look.
struct Looks {
    head: Format,
    text: Format,
    link: Format,
    severities: [Format; 6],
}

impl Looks {
    fn new() -> Self {
        let top = Format::new().set_align(FormatAlign::Top);
        let filled = |severity: Severity| {
            let (back, front) = match severity {
                Severity::Critical => (0x8D_13_00, 0xFF_FF_FF),
                Severity::High => (0xDD_2B_0E, 0xFF_FF_FF),
                Severity::Medium => (0xF5_D9_A8, 0x5C_29_00),
                Severity::Low => (0xFD_F1_DD, 0x70_3800),
                Severity::Info => (0xCB_E2_F9, 0x03_3464),
                Severity::Unknown => (0xEC_EC_EF, 0x3A_38_3F),
            };
            top.clone().set_background_color(Color::RGB(back)).set_font_color(Color::RGB(front))
        };
        let mut severities = [const { None }; 6].map(|_: Option<Format>| Format::new());
        for severity in Severity::WORST_FIRST {
            severities[severity as usize] = filled(severity);
        }
        Self {
            head: Format::new()
                .set_bold()
                .set_background_color(Color::RGB(0xEC_EC_EF))
                .set_border_bottom(FormatBorder::Thin),
            link: top.clone().set_font_color(Color::RGB(0x1F_75_CB)),
            text: top,
            severities,
        }
    }
}

/// A sheet for findings.
fn begin(workbook: &mut Workbook, number: usize, looks: &Looks) -> Result<usize, XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(if number == 1 { "Findings".to_owned() } else { format!("Findings {number}") })?;
    sheet.set_freeze_panes(1, 0)?;
    for (index, column) in (0..).zip(&COLUMNS) {
        sheet.set_column_width(index, column.width)?;
        sheet.write_string_with_format(0, index, column.name, &looks.head)?;
    }
    Ok(number)
}

fn finish(sheet: &mut Worksheet, rows: u32) -> Result<(), XlsxError> {
    let last = u16::try_from(COLUMNS.len() - 1).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, rows, last).map(drop)
}

/// Writes a cell. Text is always written as text, so that nothing in it is a formula.
fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell<'_>,
    looks: &Looks,
    links: &mut u32,
    severity: Severity,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Number(number) => sheet.write_number_with_format(row, column, *number, &looks.text)?,
        Cell::Link(url) if *links > 0 && url.len() <= URL => {
            *links -= 1;
            sheet.write_url_with_format(row, column, Url::new(*url), &looks.link)?
        }
        Cell::Link(url) => sheet.write_string_with_format(row, column, &*fitting(url), &looks.text)?,
        Cell::Text(text) => {
            let format = if column == 0 { &looks.severities[severity as usize] } else { &looks.text };
            sheet.write_string_with_format(row, column, &*fitting(text), format)?
        }
    };
    Ok(())
}

/// What a cell can hold: visible, and cut at Excel's limit.
fn fitting(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if shown.len() <= CELL {
        return shown;
    }
    let (mut units, mut end) = (0, shown.len());
    for (at, char) in shown.char_indices() {
        // One is left for the dots.
        if units + char.len_utf16() >= CELL {
            end = at;
            break;
        }
        units += char.len_utf16();
    }
    if end == shown.len() { shown } else { Cow::Owned(format!("{}…", &shown[..end])) }
}

/// The sheet of numbers: kind, scanner and state, by severity.
fn summary(sheet: &mut Worksheet, findings: &Findings<'_>, title: &str) -> Result<(), XlsxError> {
    let (looks, summary) = (Looks::new(), Summary::of(findings));
    sheet.set_name("Summary")?;
    for (column, width) in [(0, 24), (1, 24), (2, 28)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 0, &*fitting(title), &Format::new().set_bold().set_font_size(14))?;
    sheet.write_string(1, 0, summary.headline(findings.is_compared()))?;
    let heads = ["kind", "scanner", "state"].into_iter();
    let heads = heads.chain(Severity::WORST_FIRST.map(Severity::as_str)).chain(["total"]);
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(3, column, head, &looks.head)?;
    }
    let mut row = 4;
    let mut line = |texts: [&str; 3], counts: crate::summary::Counts| -> Result<(), XlsxError> {
        for (column, text) in (0..).zip(texts) {
            sheet.write_string(row, column, &*fitting(text))?;
        }
        let counts =
            Severity::WORST_FIRST.map(|severity| counts.of(severity)).into_iter().chain([counts.total()]);
        for (column, count) in (3..).zip(counts) {
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 findings")]
            sheet.write_number(row, column, count as f64)?;
        }
        row += 1;
        Ok(())
    };
    for ((kind, scanner), states) in &summary.scans {
        let kind = kind.map_or("unknown", scanlift_report_core::Kind::as_str);
        if states.is_empty() {
            line([kind, scanner, State::Found.in_words()], present(states))?;
        }
        for (state, counts) in states {
            line([kind, scanner, state.in_words()], *counts)?;
        }
    }
    line(["all that is there", "", ""], summary.present())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
    use std::io::{Cursor, Read as _};

    #[test]
    fn what_a_sheet_does_not_hold_is_elsewhere() {
        let report = include_str!("../tests/data/dependencies.json");
        let findings = Findings::open(&[Report { label: "r", input: &report }], None).expect("a report");
        let mut bytes = Vec::new();
        let limits = Limits { links: 2, rows: 3 };
        write_within(limits, &findings, "t", None, &mut bytes).expect("memory");
        let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(&bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names(), ["Summary", "Findings", "Findings 2"]);
        let mut rows = |sheet: &str| workbook.worksheet_range(sheet).expect("a sheet").rows().count();
        assert_eq!((rows("Findings"), rows("Findings 2")), (1 + 3, 1 + 2));
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("an archive");
        let mut links = |sheet: u8| {
            let mut xml = String::new();
            let mut file = archive.by_name(&format!("xl/worksheets/sheet{sheet}.xml")).expect("a sheet");
            file.read_to_string(&mut xml).expect("text");
            xml.matches("<hyperlink ").count()
        };
        assert_eq!((links(2), links(3)), (2, 2));
    }

    #[test]
    fn cells_hold_what_excel_takes() {
        let units = |text: &str| text.encode_utf16().count();
        for (text, want) in [
            ("a".repeat(CELL), CELL),
            ("a".repeat(CELL + 1), CELL),
            ("\u{1f600}".repeat(CELL), CELL - 2 + CELL % 2),
            ("é".repeat(CELL), CELL),
        ] {
            let fitting = fitting(&text);
            assert!(units(&fitting) <= CELL);
            assert!(units(&fitting) >= want.min(units(&text)) - 1, "{}", units(&fitting));
        }
        assert_eq!(fitting("a\u{1b}b"), "a\\u{1b}b");
    }
}
