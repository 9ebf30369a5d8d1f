//! Ruff, `--output-format json` and `json-lines`.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, tool,
};
use scanlift_report_core::{Kind, Location};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Ruff.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ruff;

/// The converter.
pub static CONVERTER: Ruff = Ruff;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "ruff",
    name: "Ruff",
    summary: "JSON reports of Ruff",
    versions: "0.0.200 and later",
    kinds: &[Kind::Sast],
    url: "https://docs.astral.sh/ruff/settings/#output-format",
};

/// Keys that diagnostics have.
const MARKS: [&str; 3] = ["end_location", "noqa_row", "filename"];

impl Converter for Ruff {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = MARKS.iter().chain(&["code", "message"]).all(|key| head.has(key))
            && head.path_has(&["location", "row"]);
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the diagnostics.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?.known(
            "diagnostics of Ruff",
            "write the report with ruff check --output-format json --output-file report.json",
        )?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_diagnostic))
    }
}

/// A diagnostic, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Diagnostic<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    /// Of a notebook, in which lines count.
    cell: Option<Loose<'a>>,
    location: Place,
    end_location: Place,
    fix: Option<Fix<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    #[serde(deserialize_with = "json::number")]
    row: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    column: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
}

fn map_diagnostic<'a>(found: &'a Diagnostic<'_>, _: &'a ()) -> Outcome<'a> {
    let message = filled(&found.message).unwrap_or_default();
    let file = filled(&found.filename).unwrap_or_default();
    let Some(code) = filled(&found.code).filter(|code| *code != "invalid-syntax") else {
        return Outcome::skip(SkipReason::NotAFinding, "no code: the file cannot be parsed", file);
    };
    let mut issue = Issue::new("ruff_rule_id", code);
    // `.../rules/hardcoded-password-string`
    let name = filled(&found.url).and_then(|url| url.rsplit_once("/rules/")).map(|(_, name)| name);
    issue.rule_name = name.map(|name| Cow::Owned(format!("{code} {name}")));
    issue.url = filled(&found.url).map(Cow::Borrowed);
    issue.message = Some(message.into());
    issue.solution = found.fix.as_ref().and_then(|fix| filled(&fix.message)).map(Cow::Borrowed);
    issue.rating = Some(tool::ruff::severity(code));
    // A cell's lines are none of the file.
    let cell = filled(&found.cell);
    let place = match cell {
        Some(_) => code::lines(file, None, None),
        None => code::lines(file, found.location.row, last_line(&found.location, &found.end_location)),
    };
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a diagnostic without a code", file);
    };
    let line = found.location.row.map(|row| format!(", line {row}")).unwrap_or_default();
    let cell = cell.map(|cell| format!("{cell}{line}"));
    finding.vulnerability.details.text("cell", "Cell", cell.unwrap_or_default());
    Outcome::finding(finding)
}

/// A range that ends before the first column of a line does not reach it.
fn last_line(start: &Place, end: &Place) -> Option<u64> {
    match (start.row, end.row, end.column) {
        (Some(first), Some(last), Some(1)) if last > first => Some(last - 1),
        _ => end.row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_something_stands() {
        for (start, end, want) in [
            ((3, 1), (3, 9), Some(3)),
            ((3, 1), (5, 1), Some(4)),
            ((3, 1), (5, 2), Some(5)),
            ((1, 1), (1, 1), Some(1)),
        ] {
            let place = |(row, column)| Place { row: Some(row), column: Some(column) };
            assert_eq!(last_line(&place(start), &place(end)), want);
        }
    }
}
