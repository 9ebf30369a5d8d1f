//! `scanlift diff`.

use crate::{
    args::{Diff, DiffFormat},
    commands::{preview, report},
    exit,
    explain::Failure,
    log::{self, BOLD, DIM, GREEN, RED},
};
use scanlift_ingest::{Comparison, Finding, WIDGET_LIMIT, compare};
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
    let text = match options.format {
        DiffFormat::Text => as_text(&comparison),
        DiffFormat::Markdown => as_markdown(&comparison),
        DiffFormat::Json => serde_json::to_string_pretty(&as_json(&comparison)).unwrap_or_default() + "\n",
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

fn as_text(comparison: &Comparison) -> String {
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
            let line =
                format!("  {:<8}  {title}  {DIM}{}{DIM:#}", finding.severity, log::escape(&finding.place));
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

fn as_markdown(comparison: &Comparison) -> String {
    let mut out = String::new();
    let Comparison { added, fixed, common, .. } = comparison;
    let _ = writeln!(out, "**{} added, {} fixed, {} common**", added.len(), fixed.len(), common.len());
    for (name, findings) in [("Added", added), ("Fixed", fixed)] {
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n### {name}\n\n| Severity | Finding | Place |\n| --- | --- | --- |");
        for finding in findings.iter().take(WIDGET_LIMIT) {
            let (title, place) = (cell(&finding.title()), cell(&finding.place));
            let _ = writeln!(out, "| {} | {title} | `{}` |", finding.severity, place.replace('`', "'"));
        }
        if findings.len() > WIDGET_LIMIT {
            let _ = writeln!(out, "\n{} more are not shown.", findings.len() - WIDGET_LIMIT);
        }
    }
    out
}

/// A text that is one cell of a Markdown table, and nothing but text in it.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\' | '!' | '#' | '@' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn as_json(comparison: &Comparison) -> Value {
    let rows = |findings: &[Finding]| findings.iter().map(preview::as_json).collect::<Vec<_>>();
    json!({
        "widget_limit": WIDGET_LIMIT,
        "added": rows(&comparison.added),
        "fixed": rows(&comparison.fixed),
        "common": rows(&comparison.common),
        "gone": rows(&comparison.gone),
    })
}
