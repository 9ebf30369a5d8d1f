//! A table for terminals, as wide as they are.

use crate::{
    Options,
    error::RenderError,
    escape::one_line,
    finding::State,
    report::Findings,
    shortlist::{Entry, worst},
    summary::{Summary, present},
};
use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use scanlift_report_core::{Kind, Severity};
use std::io::Write;

/// How many findings of each state are shown unless the user says otherwise.
const SHOWN: usize = 500;
/// Narrower than this nothing is readable.
const NARROWEST: u16 = 60;
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

const fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        _ => DIM,
    }
}

pub(crate) fn write(
    findings: &Findings<'_>,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let paint = Paint { colours: options.colours, links: options.links };
    let summary = Summary::of(findings);
    let headline = summary.headline(findings.is_compared());
    writeln!(out, "{}\n{headline}\n", paint.styled(BOLD, &one_line(&options.title)))?;
    if !summary.scans.is_empty() {
        numbers(&summary, &paint, out)?;
    }
    let lists = worst(findings, options.limit.unwrap_or(SHOWN))?;
    for state in State::ALL {
        let (total, entries) = (summary.state(state).total(), lists.get(&state));
        let Some(entries) = entries.filter(|entries| !entries.is_empty()) else { continue };
        if state != State::Found {
            writeln!(out, "\n{}", paint.styled(BOLD, &format!("{total} {}", state.in_words())))?;
        }
        writeln!(out)?;
        list(entries, options.width, &paint, out)?;
        let more = total.saturating_sub(entries.len() as u64);
        if more > 0 {
            writeln!(
                out,
                "{}",
                paint.styled(DIM, &format!("and {more} more; --limit says how many are shown"))
            )?;
        }
    }
    Ok(())
}

/// What the terminal takes.
struct Paint {
    colours: bool,
    links: bool,
}

impl Paint {
    fn styled(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A hyperlink (OSC 8); the address has only printable ASCII.
    fn linked(&self, text: &str, url: Option<&str>) -> String {
        match url {
            Some(url) if self.links => format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
            _ => text.to_owned(),
        }
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// Findings by kind, scanner and severity.
fn numbers(summary: &Summary, paint: &Paint, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut table = table();
    let heads = ["KIND", "SCANNER"].into_iter().map(str::to_owned);
    let severities = Severity::WORST_FIRST.map(|severity| severity.as_str().to_uppercase());
    table.set_header(heads.chain(severities).chain(["ALL".to_owned()]));
    for ((kind, scanner), states) in &summary.scans {
        let counts = present(states);
        let texts = [kind.map_or("unknown", Kind::as_str).to_owned(), one_line(scanner).into_owned()];
        let numbers = Severity::WORST_FIRST.map(|severity| counts.of(severity));
        let numbers = numbers.into_iter().chain([counts.total()]).map(|count| count.to_string());
        table.add_row(texts.into_iter().chain(numbers));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        writeln!(out, "{}", if index == 0 { paint.styled(DIM, line) } else { line.to_owned() })?;
    }
    Ok(())
}

/// A table of findings. It is laid out as plain text, and painted afterwards: a row begins where the first
/// column has a severity.
fn list(entries: &[Entry], width: u16, paint: &Paint, out: &mut dyn Write) -> Result<(), RenderError> {
    let width = width.max(NARROWEST);
    let longest = |of: fn(&Entry) -> usize| entries.iter().map(of).max().unwrap_or_default();
    let rule = u16::try_from(longest(|entry| entry.rule.chars().count()).clamp(4, 22)).unwrap_or(22);
    // A space on both sides of every column.
    let rest = width.saturating_sub(10 + rule + 2 + 4);
    let place = longest(|entry| where_(entry).chars().count()).clamp(8, usize::from(rest / 2));
    let place = u16::try_from(place).unwrap_or(rest / 2);
    let mut table = table();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(["SEVERITY", "FINDING", "WHERE", "RULE"]);
    for entry in entries {
        let rule = one_line(&entry.rule).into_owned();
        table.add_row([entry.severity.as_str(), &one_line(&entry.title), &where_(entry), &rule]);
    }
    let widths =
        [8, rest - place, place, rule].map(|width| ColumnConstraint::Absolute(Width::Fixed(width + 2)));
    table.set_constraints(widths);
    let mut rows = entries.iter();
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        let severity =
            Severity::WORST_FIRST.into_iter().find(|it| line.trim_start().starts_with(it.as_str()));
        let line = match severity {
            _ if index == 0 => paint.styled(DIM, line),
            Some(severity) if !line.starts_with("  ") => row(line, severity, rows.next(), paint),
            _ => line.to_owned(),
        };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn where_(entry: &Entry) -> String {
    let (package, place) = (one_line(&entry.package), one_line(&entry.place));
    if package.is_empty() { place.into_owned() } else { format!("{package} in {place}") }
}

/// The first line of a finding: a coloured severity, and the rule as a link where it fits its column.
fn row(line: &str, severity: Severity, entry: Option<&Entry>, paint: &Paint) -> String {
    let word = severity.as_str();
    let line = match entry.and_then(|entry| {
        let rule = one_line(&entry.rule);
        let head = line.strip_suffix(&*rule).filter(|_| !rule.is_empty())?;
        Some(format!("{head}{}", paint.linked(&rule, entry.link.as_deref())))
    }) {
        Some(linked) => linked,
        None => line.to_owned(),
    };
    line.replacen(word, &paint.styled(style(severity), word), 1)
}
