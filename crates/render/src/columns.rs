//! The columns of a finding in a spreadsheet, the same for CSV and XLSX.

use crate::finding::Item;
use scanlift_convert_api::json::filled;
use std::borrow::Cow;

/// A value of its type.
pub(crate) enum Cell<'a> {
    Empty,
    Text(Cow<'a, str>),
    Number(f64),
    /// An http or https address.
    Link(&'a str),
}

impl<'a> Cell<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A number that a spreadsheet holds exactly; a greater one is text.
    fn integer(number: Option<u64>) -> Self {
        match number {
            None => Self::Empty,
            Some(number) => match u32::try_from(number) {
                Ok(number) => Self::Number(number.into()),
                Err(_) => Self::Text(Cow::Owned(number.to_string())),
            },
        }
    }
}

/// A column's head, and its width in characters.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) width: u8,
}

const fn column(name: &'static str, width: u8) -> Column {
    Column { name, width }
}

/// How many columns there are.
pub(crate) const COUNT: usize = 23;

/// The columns, in order.
pub(crate) const COLUMNS: [Column; COUNT] = [
    column("severity", 10),
    column("state", 8),
    column("kind", 20),
    column("scanner", 16),
    column("name", 50),
    column("file", 40),
    column("line", 7),
    column("end_line", 9),
    column("package", 24),
    column("package_version", 16),
    column("image", 30),
    column("url", 40),
    column("identifier", 24),
    column("cve", 18),
    column("cwe", 12),
    column("identifiers", 30),
    column("cvss", 7),
    column("description", 60),
    column("solution", 40),
    column("link", 40),
    column("false_positive", 14),
    column("commit", 14),
    column("id", 38),
];

/// The cells of a finding.
pub(crate) fn cells<'a>(item: &'a Item<'a>) -> [Cell<'a>; COUNT] {
    let own = &item.vulnerability;
    let location = &own.location;
    let (package, version) = location.package();
    let field = |field: Option<&'a str>| Cell::text(field.unwrap_or_default());
    let url =
        if location.path.is_some() || location.hostname.is_some() { location.url() } else { String::new() };
    let commit = location.commit.as_ref().and_then(|commit| filled(&commit.sha));
    [
        Cell::text(item.severity.as_str()),
        Cell::text(item.state.as_str()),
        Cell::text(item.scan.kind()),
        Cell::text(&*item.scan.scanner),
        Cell::text(item.title()),
        field(filled(&location.file)),
        Cell::integer(location.start_line),
        Cell::integer(location.end_line),
        Cell::text(package),
        Cell::text(version),
        field(filled(&location.image)),
        Cell::text(url),
        Cell::text(item.rule()),
        Cell::text(item.identifiers("cve")),
        Cell::text(item.identifiers("cwe")),
        Cell::text(item.all_identifiers()),
        item.score().map_or(Cell::Empty, Cell::Number),
        field(filled(&own.description)),
        field(filled(&own.solution)),
        item.link().map_or(Cell::Empty, Cell::Link),
        Cell::text(if item.is_doubted() { "yes" } else { "" }),
        field(commit.filter(|sha| sha.bytes().any(|byte| byte != b'0'))),
        field(filled(&own.id)),
    ]
}
