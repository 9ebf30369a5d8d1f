//! GitLab Flavored Markdown for the note on a merge request.
//!
//! The first line is a hidden marker by which a later note finds the one it replaces. Everything that comes
//! from a report is escaped, and stands neither at the start of a line nor inside HTML.

use crate::{
    Options,
    error::RenderError,
    escape::{code, cut, markdown},
    finding::State,
    report::Findings,
    shortlist::{Entry, worst},
    summary::Summary,
};
use scanlift_report_core::Severity;
use std::{collections::BTreeMap, fmt::Write as _, io::Write};

/// What a note begins with.
pub const MARKER: &str = "<!-- scanlift:note -->";

/// The most characters of a note: GitLab takes 1,000,000, and nobody reads them.
const MOST: usize = 100_000;
/// How many findings of each state are shown unless the user says otherwise.
const SHOWN: usize = 50;
/// How many of them in detail.
const IN_DETAIL: usize = 20;

pub(crate) fn write(
    findings: &Findings<'_>,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let most = options.limit.unwrap_or(SHOWN);
    let lists = worst(findings, most)?;
    // What is too long is shown with fewer findings rather than cut in the middle of something.
    let (mut shown, mut detailed) = (most, IN_DETAIL);
    loop {
        let text = note(findings, options, &lists, shown, detailed);
        if text.chars().count() <= MOST || (shown, detailed) == (0, 0) {
            out.write_all(text.as_bytes())?;
            return Ok(());
        }
        if detailed > 0 { detailed /= 2 } else { shown /= 2 }
    }
}

fn note(
    findings: &Findings<'_>,
    options: &Options,
    lists: &BTreeMap<State, Vec<Entry>>,
    shown: usize,
    detailed: usize,
) -> String {
    let summary = Summary::of(findings);
    let mut note = format!("{MARKER}\n### {}\n\n", markdown(&cut(&options.title, 200)));
    let headline = summary.headline(findings.is_compared());
    let (count, rest) = headline.split_once(':').unwrap_or((&headline, ""));
    let _ = writeln!(note, "**{count}**{}{rest}\n", if rest.is_empty() { "" } else { ":" });
    numbers(&mut note, &summary);
    for text in findings.notes() {
        let _ = writeln!(note, "\n:warning: {}", markdown(&text));
    }
    for state in State::ALL {
        let (counts, entries) = (summary.state(state), lists.get(&state));
        let Some(entries) = entries.filter(|entries| !entries.is_empty()) else { continue };
        let entries = &entries[..entries.len().min(shown)];
        let is_open = matches!(state, State::Found | State::New);
        let words = match state {
            State::Found => "Findings".to_owned(),
            State::New => "New findings".to_owned(),
            other => capital(other.in_words()),
        };
        if is_open {
            let _ = writeln!(note, "\n#### {words}\n");
        } else {
            let _ = writeln!(note, "\n<details><summary>{words}: {}</summary>\n", counts.in_words());
        }
        table(&mut note, entries);
        let more = counts.total().saturating_sub(entries.len() as u64);
        if more > 0 {
            let _ = writeln!(note, "\nand {more} more");
        }
        if is_open {
            let detailed = &entries[..entries.len().min(detailed)];
            details(&mut note, detailed, detailed.len() as u64 == counts.total());
        } else {
            note.push_str("\n</details>\n");
        }
    }
    let _ = writeln!(note, "\n<sub>scanlift {}</sub>", env!("CARGO_PKG_VERSION"));
    note
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Findings by state and severity.
fn numbers(note: &mut String, summary: &Summary) {
    let severities = Severity::WORST_FIRST.map(Severity::as_str).join(" | ");
    let _ = writeln!(note, "| | {severities} | All |\n| --- | --: | --: | --: | --: | --: | --: | --: |");
    for state in State::ALL {
        let counts = summary.state(state);
        if counts.total() == 0 {
            continue;
        }
        let numbers = Severity::WORST_FIRST.map(|severity| match counts.of(severity) {
            0 => "·".to_owned(),
            count => count.to_string(),
        });
        let _ = writeln!(
            note,
            "| {} | {} | **{}** |",
            capital(state.in_words()),
            numbers.join(" | "),
            counts.total()
        );
    }
    if summary.present().total() == 0 {
        note.push_str("| Found | · | · | · | · | · | · | **0** |\n");
    }
}

fn table(note: &mut String, entries: &[Entry]) {
    note.push_str("| Severity | Finding | Where | Scanner |\n| --- | --- | --- | --- |\n");
    for entry in entries {
        let package = if entry.package.is_empty() {
            String::new()
        } else {
            format!("{} in ", code(&entry.package, true))
        };
        let title = markdown(&cut(&entry.title, 150));
        let (place, scanner) = (code(&entry.place, true), markdown(&entry.scanner));
        let _ = writeln!(note, "| {} | {title} | {package}{place} | {scanner} |", entry.severity);
    }
}

/// What there is to say of each, below one fold.
fn details(note: &mut String, entries: &[Entry], is_all: bool) {
    let what = match entries.len() {
        0 => return,
        _ if is_all => "Details".to_owned(),
        1 => "Details of the first".to_owned(),
        many => format!("Details of the first {many}"),
    };
    let _ = writeln!(note, "\n<details><summary>{what}</summary>");
    for entry in entries {
        let _ = writeln!(note, "\n---\n\n**{}: {}**\n", entry.severity, markdown(&entry.title));
        let rule = match &entry.link {
            Some(url) if is_plain(url) => format!("[{}](<{url}>)", code(&entry.rule, false)),
            _ => code(&entry.rule, false),
        };
        let identifiers =
            if entry.identifiers == entry.rule { String::new() } else { code(&entry.identifiers, false) };
        for (name, text) in [
            ("Where", code(&entry.place, false)),
            ("Package", code(&entry.package, false)),
            ("Rule", rule),
            ("Identifiers", identifiers),
            ("Kind", format!("{}, by {}", code(entry.kind, false), markdown(&entry.scanner))),
            ("Description", paragraph(&entry.description)),
            ("Solution", paragraph(&entry.solution)),
        ] {
            if !text.is_empty() && text != "``" {
                let _ = writeln!(note, "- {name}: {text}");
            }
        }
    }
    note.push_str("\n</details>\n");
}

/// Lines become one with breaks, so that none of them begins anything.
fn paragraph(text: &str) -> String {
    let is_fence = |line: &&str| line.trim_start().starts_with("```");
    let lines = text.lines().filter(|line| !is_fence(line)).map(markdown).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("<br>")
}

/// Whether an address can stand in the angle brackets of a link.
fn is_plain(url: &str) -> bool {
    !url.contains(['<', '>', '\\', '`', '|', '[', ']', '(', ')', '"', '\''])
}
