//! A review as a workbook: a sheet for each table, and one for texts that are too long for a cell.
//!
//! Every cell is text and formatted so, so nothing is taken for a number, a date or a formula.
//! What people typed as a number or a date is read as the text `5`, `2026-11-28`.

use super::{FormatError, guard::unguard};
use crate::{
    Review, Table, TableError,
    review::{COLUMNS, DECISIONS},
};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime as Created, Format, FormatAlign, FormatBorder,
    IgnoreError, Workbook, Worksheet, XlsxError,
};
use std::{
    collections::{BTreeMap, HashMap},
    io::Cursor,
};

const REVIEW: &str = "Review";
const LEFT_OUT: &str = "Left out";
const REQUEST: &str = "Request";
const LONG: &str = "Long text";

/// Excel takes 32,767 UTF-16 units in a cell, and LibreOffice breaks lines of more than 16,367; there has to
/// be room for the mark.
const MOST: usize = 16_000;

/// Higher rows would push the others away.
const MOST_LINES: u32 = 8;

/// Paper for many columns, by Excel's number.
const A3: u8 = 8;

/// What stands at the end of a text that goes on elsewhere: this, a key, and a bracket.
const MARK: &str = " [continued in the sheet Long text: ";

/// What a workbook with a password begins with, and one of Excel 97.
const OLE: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];

/// The bytes of a workbook; the same for the same review.
///
/// # Errors
/// If it has more rows or columns than a sheet can have.
pub fn write(review: &Review) -> Result<Vec<u8>, FormatError> {
    let mut long = LongTexts::default();
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(review).map_err(|error| refuse(LONG, error))?);
    let looks = Looks::new();
    for (name, table, color) in [
        (REVIEW, &review.rows, 0x1F_75_CB),
        (LEFT_OUT, &review.left_out, 0x73_72_78),
        (REQUEST, &review.request, 0x10_85_48),
    ] {
        let sheet = workbook.add_worksheet();
        let mut write = || -> Result<(), XlsxError> {
            sheet.set_name(name)?.set_tab_color(Color::RGB(color));
            fill(sheet, table, &looks, &mut long)?;
            match name {
                REVIEW => lay_out_review(sheet, table),
                LEFT_OUT => widths(sheet, table, left_out_width),
                _ => widths(sheet, table, |column| if column == "fact" { 18 } else { 70 }),
            }
        };
        write().map_err(|error| refuse(name, error))?;
    }
    if !long.parts.is_empty() {
        let sheet = workbook.add_worksheet();
        long.write(sheet, &looks).map_err(|error| refuse(LONG, error))?;
    }
    workbook.save_to_buffer().map_err(|error| refuse(REVIEW, error))
}

fn refuse(sheet: &str, error: XlsxError) -> FormatError {
    FormatError::write(format!("the sheet {sheet}"), error)
}

/// A workbook says when it was made: on the day of the request, not now.
fn properties(review: &Review) -> Result<DocProperties, XlsxError> {
    let created =
        Created::parse_from_str(review.fact("created")).or_else(|_| Created::from_ymd(2000, 1, 1))?;
    Ok(DocProperties::new().set_title("Scan review").set_creation_datetime(&created))
}

/// How cells look.
struct Looks {
    head: Format,
    answer_head: Format,
    cell: Format,
    answer: Format,
    critical: Format,
    high: Format,
}

impl Looks {
    fn new() -> Self {
        let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
        let head =
            text.clone().set_bold().set_font_color(Color::White).set_align(FormatAlign::VerticalCenter);
        let grid = Color::RGB(0xDC_DC_DE);
        let cell = text.set_border(FormatBorder::Thin).set_border_color(grid);
        Self {
            answer_head: head.clone().set_background_color(Color::RGB(0xC1_7D_10)),
            head: head.set_background_color(Color::RGB(0x33_32_38)),
            critical: cell.clone().set_bold().set_font_color(Color::RGB(0xAE_18_00)),
            high: cell.clone().set_bold().set_font_color(Color::RGB(0xC2_4B_38)),
            answer: cell.clone().set_background_color(Color::RGB(0xFD_F1_DD)),
            cell,
        }
    }
}

/// Whether a column, or the value of a fact, is for people to fill.
fn is_answer(column: &str) -> bool {
    COLUMNS.iter().any(|known| known.name == column && known.is_answer)
}

fn fill(sheet: &mut Worksheet, table: &Table, looks: &Looks, long: &mut LongTexts) -> Result<(), XlsxError> {
    for (at, name) in (0_u16..).zip(table.columns()) {
        let look = if is_answer(name) { &looks.answer_head } else { &looks.head };
        sheet.write_string_with_format(0, at, long.shorten(name), look)?;
    }
    for (number, row) in (1_u32..).zip(table.rows()) {
        let is_asked = row.get("meaning").starts_with("To fill");
        for (at, (name, text)) in (0_u16..).zip(table.columns().iter().zip(row.cells())) {
            let is_answer = is_answer(name) || (is_asked && name == "value");
            let look = match (name.as_str(), text.as_str()) {
                _ if is_answer => &looks.answer,
                ("severity", "Critical") => &looks.critical,
                ("severity", "High") => &looks.high,
                _ => &looks.cell,
            };
            if text.is_empty() {
                sheet.write_blank(number, at, look)?;
            } else {
                sheet.write_string_with_format(number, at, long.shorten(text), look)?;
            }
        }
    }
    sheet.set_row_height(0, 24)?;
    let (rows, columns) = (u32::try_from(table.len()).unwrap_or(0), table.columns().len());
    if let (1.., Some(last)) = (rows, u16::try_from(columns).ok().and_then(|many| many.checked_sub(1))) {
        sheet.autofilter(0, 0, rows, last)?;
        sheet.ignore_error_range(0, 0, rows, last, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

/// Columns of these widths, and rows as high as their texts need, within reason: neither Excel nor
/// LibreOffice makes room by itself.
fn widths(sheet: &mut Worksheet, table: &Table, of: impl Fn(&str) -> u8) -> Result<(), XlsxError> {
    for (at, name) in (0_u16..).zip(table.columns()) {
        sheet.set_column_width(at, of(name))?;
    }
    for (number, row) in (1_u32..).zip(table.rows()) {
        let lines = table.columns().iter().zip(row.cells()).map(|(name, text)| lines(text, of(name))).max();
        let least = match (table.column("decision"), row.get("meaning").starts_with("To fill")) {
            (Some(_), _) => 4,
            (None, true) => 3,
            (None, false) => 1,
        };
        sheet.set_row_height(number, 15 * lines.unwrap_or(1).clamp(least, MOST_LINES) + 3)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_landscape().set_paper_size(A3).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    Ok(())
}

/// How many lines a text takes in a column, roughly.
fn lines(text: &str, width: u8) -> u32 {
    let width = usize::from(width.max(1));
    let lines = text.lines().map(|line| line.chars().count().div_ceil(width).max(1)).sum::<usize>();
    u32::try_from(lines).unwrap_or(MOST_LINES)
}

fn left_out_width(column: &str) -> u8 {
    match column {
        "count" | "severity" => 10,
        "detail" | "path" | "title" => 44,
        _ => 20,
    }
}

/// A list of decisions, and help where something is to be filled.
fn lay_out_review(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let width =
        |name: &str| COLUMNS.iter().find(|column| column.name == name).map_or(20, |column| column.width);
    widths(sheet, table, width)?;
    // What a row is about stays in sight while it is answered.
    sheet.set_freeze_panes(1, 4)?;
    sheet.set_print_fit_to_pages(2, 0).set_repeat_columns(0, 3)?;
    let rows = u32::try_from(table.len()).unwrap_or(0);
    for column in COLUMNS.iter().filter(|column| column.is_answer && rows > 0) {
        let Some(at) = table.column(column.name).and_then(|at| u16::try_from(at).ok()) else { continue };
        let validation = if column.name == "decision" {
            let words: Vec<&str> = DECISIONS.iter().map(|(word, _)| *word).collect();
            let message = DECISIONS.map(|(word, meaning)| format!("{word}: {meaning}")).join("\n");
            let list = DataValidation::new().allow_list_strings(&words)?;
            let list = list.set_error_title("No such decision")?.set_error_message(words.join(", "))?;
            list.set_input_message(message)?
        } else {
            DataValidation::new().allow_any_value().set_input_message(column.help)?
        };
        sheet.add_data_validation(1, at, rows, at, &validation.set_input_title(column.name)?)?;
    }
    Ok(())
}

/// Texts that are too long for a cell, in parts.
#[derive(Default)]
struct LongTexts {
    /// Key, number of the part, part.
    parts: Vec<(String, usize, String)>,
    count: usize,
}

impl LongTexts {
    /// What stands in the cell: the text, or its beginning and where it goes on. A text that ends like
    /// that by itself is treated as if it were too long.
    fn shorten(&mut self, text: &str) -> String {
        if units(text) <= MOST && key_of(text).is_none() {
            return text.to_owned();
        }
        self.count += 1;
        let key = format!("T{}", self.count);
        let (head, mut rest) = split(text);
        let mut number = 1;
        loop {
            let (part, next) = split(rest);
            self.parts.push((key.clone(), number, part.to_owned()));
            if next.is_empty() {
                return format!("{head}{MARK}{key}]");
            }
            (rest, number) = (next, number + 1);
        }
    }

    fn write(&self, sheet: &mut Worksheet, looks: &Looks) -> Result<(), XlsxError> {
        sheet.set_name(LONG)?;
        for (at, (name, width)) in (0_u16..).zip([("key", 8), ("part", 8), ("text", 100)]) {
            sheet.write_string_with_format(0, at, name, &looks.head)?.set_column_width(at, width)?;
        }
        for (row, (key, number, part)) in (1_u32..).zip(&self.parts) {
            sheet.write_string_with_format(row, 0, key, &looks.cell)?;
            sheet.write_string_with_format(row, 1, number.to_string(), &looks.cell)?;
            sheet.write_string_with_format(row, 2, part, &looks.cell)?.set_row_height(row, 60)?;
        }
        Ok(())
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The part of a text that fits into a cell, and the rest.
fn split(text: &str) -> (&str, &str) {
    let mut room = MOST;
    for (at, c) in text.char_indices() {
        match room.checked_sub(c.len_utf16()) {
            Some(left) => room = left,
            None => return text.split_at(at),
        }
    }
    (text, "")
}

/// Where a text goes on, if it says so, with what stands before that.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let (head, key) = text.strip_suffix(']')?.rsplit_once(MARK)?;
    let number = key.strip_prefix('T')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((head, key))
}

/// Reads a workbook: its sheets by name; without a sheet Review the first one holds the rows.
///
/// # Errors
/// If it is none, or has no rows of a review.
pub fn read(bytes: &[u8]) -> Result<Review, FormatError> {
    if bytes.starts_with(&OLE) {
        let problem = "it has a password, or is an old .xls: save it without one, as Excel workbook (.xlsx)";
        return Err(FormatError::read("the workbook", problem));
    }
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|error| FormatError::read("the workbook", error))?;
    let names = workbook.sheet_names();
    let mut sheet = |name: &str| match names.iter().any(|known| known == name) {
        true => cells(&mut workbook, name).map(Some),
        false => Ok(None),
    };
    let long = sheet(LONG)?.map(long_texts).unwrap_or_default();
    let first = names.first().map_or(REVIEW, String::as_str);
    let (name, rows) = match sheet(REVIEW)? {
        Some(rows) => (REVIEW, Some(rows)),
        None => (first, sheet(first)?),
    };
    let mut rows = rows.ok_or_else(|| FormatError::read("the workbook", "it has no sheet"))?;
    if name != REVIEW {
        // A spreadsheet that opened our CSV file and saved it shows the guards as texts.
        rows.values_mut().flat_map(BTreeMap::values_mut).for_each(|text| *text = unguard(text).to_owned());
    }
    let left_out = sheet(LEFT_OUT)?.map(|rows| table(rows, LEFT_OUT, &long)).transpose()?;
    let request = sheet(REQUEST)?.map(|rows| table(rows, REQUEST, &long)).transpose()?;
    Review::of_tables(table(rows, name, &long)?, left_out, request)
}

/// The cells of a sheet that hold something, row by row. A cell that stands far away from the others by
/// mistake must not make a sheet of millions of empty ones.
type Cells = BTreeMap<u32, BTreeMap<u32, String>>;

fn cells(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Cells, FormatError> {
    let refuse = |error: calamine::XlsxError| FormatError::read(format!("the sheet {name}"), error);
    let mut reader = workbook.worksheet_cells_reader(name).map_err(refuse)?;
    let mut cells = Cells::new();
    while let Some(cell) = reader.next_cell().map_err(refuse)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if !text.is_empty() {
            cells.entry(row).or_default().insert(column, text);
        }
    }
    Ok(cells)
}

/// The row at the top names the columns.
fn table(cells: Cells, name: &str, long: &HashMap<String, String>) -> Result<Table, FormatError> {
    let place = format!("the sheet {name}");
    let last = cells.values().filter_map(|row| row.keys().next_back()).max().copied().unwrap_or(0);
    if last as usize >= Table::MOST_COLUMNS {
        return Err(FormatError::read(place, TableError::TooWide));
    }
    let mut rows = cells.into_iter().map(|(number, row)| {
        let mut texts = vec![String::new(); row.keys().next_back().map_or(0, |last| *last as usize + 1)];
        row.into_iter().for_each(|(at, text)| texts[at as usize] = whole(text, long));
        (number as usize + 1, texts)
    });
    let (_, columns) = rows.next().unwrap_or_default();
    Table::read(columns, rows).map_err(|error| FormatError::read(place, error))
}

/// What a cell shows, as text.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string().to_uppercase(),
        DataRef::DateTime(time) => moment(time),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A date that somebody typed: `2026-11-28`, with a time behind it where there is one.
fn moment(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    if time.is_duration() || time.as_f64() < 1.0 {
        return clock;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if clock == "00:00:00" { date } else { format!("{date}T{clock}") }
}

fn long_texts(cells: Cells) -> HashMap<String, String> {
    let mut parts: BTreeMap<(String, usize), String> = BTreeMap::new();
    for mut row in cells.into_values().skip(1) {
        let mut cell = |at| row.remove(&at).unwrap_or_default();
        let (key, number, part) = (cell(0), cell(1), cell(2));
        parts.insert((key, number.parse().unwrap_or(0)), part);
    }
    let mut texts: HashMap<String, String> = HashMap::new();
    parts.into_iter().for_each(|((key, _), part)| texts.entry(key).or_default().push_str(&part));
    texts
}

/// A text with what stands of it in the other sheet.
fn whole(text: String, long: &HashMap<String, String>) -> String {
    match key_of(&text).and_then(|(head, key)| Some((head, long.get(key)?))) {
        Some((head, rest)) => format!("{head}{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(texts: &[&str]) -> Vec<String> {
        let mut table = Table::new(["id", "x"]);
        texts.iter().for_each(|text| table.push([("id", "1".to_owned()), ("x", (*text).to_owned())]));
        let bytes = write(&Review { rows: table, ..Review::default() }).expect("a workbook");
        let review = read(&bytes).expect("a review");
        review.rows.rows().map(|row| row.get("x").to_owned()).collect()
    }

    #[test]
    fn texts_come_back_as_they_were() {
        let emoji = "😀".repeat(20_000);
        let (exact, long) = ("x".repeat(MOST), "é\n".repeat(50_000));
        let marked = format!("a{MARK}T1]");
        let texts = [
            "=1+1",
            "1.10",
            "007",
            "2026-11-28",
            "TRUE",
            " a ",
            "\n",
            "a\r\nb\rc",
            "\t",
            "_x000D_",
            "_x005F_",
            "a\u{0}b\u{b}",
            "\u{fffe}",
            "<&>\"'",
            "ünï→",
            &emoji,
            &exact,
            &long,
            &marked,
            "#N/A",
            "]]>",
            "https://a.example/b",
        ];
        assert_eq!(there_and_back(&texts), texts);
    }

    #[test]
    fn the_same_review_gives_the_same_bytes() {
        let review = Review::default();
        assert_eq!(write(&review).expect("bytes"), write(&review).expect("bytes"));
    }

    #[test]
    fn what_people_typed_is_read_as_text() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let mut write = || -> Result<(), XlsxError> {
            sheet.write(0, 1, "id")?.write(0, 2, "b")?.write(0, 3, "c")?;
            sheet.write(3, 1, "'=1")?;
            sheet.write(1, 1, 5)?.write(1, 2, 1.5)?.write(1, 3, true)?;
            sheet.write_with_format(2, 1, Created::from_ymd(2026, 11, 28)?, &date)?;
            sheet.write_with_format(2, 2, Created::from_ymd(2026, 11, 28)?.and_hms(10, 30, 0)?, &date)?;
            Ok(())
        };
        write().expect("a sheet");
        let review = read(&workbook.save_to_buffer().expect("bytes")).expect("a review");
        assert_eq!(review.rows.columns(), ["column 1", "id", "b", "c"]);
        let rows: Vec<_> = review.rows.rows().map(|row| row.cells().to_vec()).collect();
        assert_eq!(
            rows,
            [["", "5", "1.5", "TRUE"], ["", "2026-11-28", "2026-11-28T10:30:00", ""], ["", "=1", "", ""]]
        );
    }

    #[test]
    fn a_cell_far_away_costs_nothing() {
        let workbook = |column| {
            let mut workbook = Workbook::new();
            let sheet = workbook.add_worksheet();
            let written = sheet.write(0, 0, "id").and_then(|sheet| sheet.write(1_048_575, column, "x"));
            written.expect("in the sheet");
            workbook.save_to_buffer().expect("bytes")
        };
        let rows = read(&workbook(0)).expect("a review").rows;
        assert_eq!(rows.rows().map(|row| row.number()).collect::<Vec<_>>(), [1_048_576]);
        let error = read(&workbook(16_383)).expect_err("too wide").to_string();
        assert!(error.contains("more than 1000 columns"), "{error}");
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [b"".as_slice(), b"a,b\n", b"PK\x03\x04 and no more"] {
            assert!(read(bytes).is_err());
        }
        let error = read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").expect_err("no archive").to_string();
        assert!(error.contains("it has a password, or is an old .xls"), "{error}");
    }
}
