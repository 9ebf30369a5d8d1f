//! `scanlift diff`.

use crate::{
    args::{Diff, DiffFormat},
    commands::{preview, report},
    environment, exit,
    explain::Failure,
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
};
use scanlift_ingest::{Comparison, Finding, WIDGET_LIMIT, compare, is_out_of_date};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints what the merge request widget will say; with `--exit-code` the answer is no if something was
/// added.
pub(crate) fn run(options: &Diff) -> Result<u8, Failure> {
    let (base, before) = report::ingested(&options.base, options.kind, options.project_id)?;
    let (head, after) = report::ingested(&options.head, options.kind, options.project_id)?;
    let (Some(kind), Some(other)) = (head.verdict.kind, base.verdict.kind) else {
        return Err(Failure::input("a report does not say of what kind it is"));
    };
    if kind != other {
        let headline = format!("{} is a report of {other} and {} one of {kind}", base.label, head.label);
        return Err(Failure::usage(headline).help("compare two reports of one kind"));
    }
    let comparison = compare(kind, before, after, true);
    let now = environment::now()?;
    let end = base.verdict.end_time.as_deref().unwrap_or_default();
    let is_old = is_out_of_date(end, now.as_str());
    let text = match options.format {
        DiffFormat::Text => as_text(&comparison, is_old),
        DiffFormat::Markdown => as_markdown(&comparison, is_old),
        DiffFormat::Json => {
            serde_json::to_string_pretty(&as_json(&comparison, is_old)).unwrap_or_default() + "\n"
        }
    };
    let code = log::answer(text.as_bytes());
    let is_no = options.exit_code && !comparison.added.is_empty();
    Ok(if code == exit::DONE && is_no { exit::NO } else { code })
}

/// The lists that are told, with their names.
fn lists(comparison: &Comparison) -> [(&'static str, &[Finding]); 4] {
    [
        ("added", &comparison.added),
        ("fixed", &comparison.fixed),
        ("common", &comparison.common),
        ("gone, which GitLab does not call fixed", &comparison.gone),
    ]
}

fn as_text(comparison: &Comparison, is_old: bool) -> String {
    let mut out = String::new();
    for (name, findings) in lists(comparison) {
        if findings.is_empty() && name.starts_with("gone") {
            continue;
        }
        let style = match name {
            "added" if !findings.is_empty() => RED,
            "fixed" if !findings.is_empty() => GREEN,
            _ => BOLD,
        };
        let _ = writeln!(out, "{style}{} {name}{style:#}", findings.len());
        if name == "common" {
            continue;
        }
        for (index, finding) in findings.iter().enumerate() {
            if index == WIDGET_LIMIT {
                let _ = writeln!(out, "  {DIM}the widget shows no more than these {WIDGET_LIMIT}{DIM:#}");
            }
            let title = finding.title();
            let (title, place) = (log::escape(&title), log::escape(&finding.place));
            let _ = writeln!(out, "  {:<8}  {title}  {DIM}{place}{DIM:#}", finding.severity);
        }
    }
    if is_old {
        let _ = writeln!(out, "{YELLOW}!{YELLOW:#} {OLD}");
    }
    out
}

/// What GitLab says of an old base.
const OLD: &str = "the base report is older than a week, and GitLab calls it out of date";

fn as_markdown(comparison: &Comparison, is_old: bool) -> String {
    let mut out = String::new();
    let Comparison { added, fixed, common, .. } = comparison;
    let _ = writeln!(out, "**{} added, {} fixed, {} common**", added.len(), fixed.len(), common.len());
    for (name, findings) in [("Added", added), ("Fixed", fixed)] {
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n### {name}\n\n| Severity | Finding | Place |\n| --- | --- | --- |");
        for finding in findings.iter().take(WIDGET_LIMIT) {
            let (title, place) = (cell(&finding.title()), code(&finding.place));
            let _ = writeln!(out, "| {} | {title} | {place} |", finding.severity);
        }
        if findings.len() > WIDGET_LIMIT {
            let _ = writeln!(out, "\n{} more are not shown.", findings.len() - WIDGET_LIMIT);
        }
    }
    if is_old {
        let _ = writeln!(out, "\nNote: {OLD}.");
    }
    out
}

/// A text that is one cell of a Markdown table, and nothing but text in it.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\' | '!' | '#' | '@' | '~' | '$' | '&'
            | '%' | '^' | ':' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A text as code in a cell: nothing in it is markup but a backtick and a bar.
fn code(text: &str) -> String {
    let shown = |c: char| match c {
        '`' => '\'',
        c if c.is_control() => ' ',
        c => c,
    };
    let text: String = text.chars().map(shown).collect();
    match text.trim() {
        "" => String::new(),
        text => format!("`{}`", text.replace('|', "\\|")),
    }
}

fn as_json(comparison: &Comparison, is_old: bool) -> Value {
    let rows = |findings: &[Finding]| findings.iter().map(preview::as_json).collect::<Vec<_>>();
    json!({
        "widget_limit": WIDGET_LIMIT,
        "base_is_out_of_date": is_old,
        "added": rows(&comparison.added),
        "fixed": rows(&comparison.fixed),
        "common": rows(&comparison.common),
        "gone": rows(&comparison.gone),
    })
}
