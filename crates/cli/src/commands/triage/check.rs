//! `scanlift triage check` and `scanlift triage status`.

use super::{file, rules};
use crate::{
    args::{TriageCheck, TriageRules},
    exit,
    explain::Failure,
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
};
use comfy_table::{Table, presets};
use scanlift_triage::{
    Profile, Review, check as judge,
    check::{Problem, Verdict, summary},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

/// How many problems are shown one by one.
const SHOWN: usize = 60;

/// A review with what is missing in it.
pub(super) struct Checked {
    pub(super) review: Review,
    pub(super) profile: Profile,
    pub(super) verdict: Verdict,
    pub(super) today: scanlift_triage::Date,
}

/// Reads a review and checks it by its rules.
pub(super) fn checked(path: &Path, options: &TriageRules) -> Result<Checked, Failure> {
    let review = file::read(path)?;
    let profile = rules::of_review(&review, options.profile.as_deref())?;
    let calendar = rules::calendar(options.releases.as_ref())?;
    let today = rules::today(options.today)?;
    let verdict = judge(&review, &profile, &calendar, today);
    Ok(Checked { review, profile, verdict, today })
}

/// Says what is missing; if anything is, the answer is no.
pub(crate) fn run(options: &TriageCheck) -> Result<u8, Failure> {
    let checked = checked(&options.file, &options.rules)?;
    let text = if options.json { as_json(&checked) } else { as_text(&checked.verdict) };
    let code = log::answer(text.as_bytes());
    Ok(if code == exit::DONE && !checked.verdict.is_ready() { exit::NO } else { code })
}

/// Says how far it is; that is no judgement.
pub(crate) fn status(options: &TriageCheck) -> Result<u8, Failure> {
    let checked = checked(&options.file, &options.rules)?;
    let text = if options.json { as_json(&checked) } else { progress(&checked) };
    Ok(log::answer(text.as_bytes()))
}

/// What is missing, for people.
pub(super) fn as_text(verdict: &Verdict) -> String {
    let mut out = String::new();
    if verdict.is_ready() {
        let asked = verdict.decisions.first().map_or(0, |(_, count)| *count);
        let _ = writeln!(
            out,
            "{GREEN}ready{GREEN:#}: {} rows, {asked} of them to be looked at by GitLab",
            verdict.rows
        );
        return out;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "row",
        "id",
        "column",
        "problem",
        "what is wrong, or to be written",
    ]);
    for problem in verdict.problems.iter().take(SHOWN) {
        let Problem { line, id, column, kind, text, .. } = problem;
        let line = line.map_or_else(|| "request".to_owned(), |line| line.to_string());
        let cells = [line.as_str(), id, column, kind.as_str(), text];
        table.add_row(cells.map(|text| log::escape(text).into_owned()));
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if verdict.problems.len() > SHOWN {
        let _ = writeln!(out, "{DIM}and {} more; --json lists all{DIM:#}", verdict.problems.len() - SHOWN);
        out.push('\n');
        for (column, kind, count) in summary(&verdict.problems) {
            let _ = writeln!(out, "{count:>6} {:<12} {}", kind.as_str(), log::escape(&column));
        }
    }
    let of_request = verdict.problems.iter().filter(|problem| problem.line.is_none()).count();
    let _ = writeln!(
        out,
        "\n{RED}not ready{RED:#}: {} of {} rows are, {} problems in rows, {of_request} of the request",
        verdict.ready,
        verdict.rows,
        verdict.problems.len() - of_request
    );
    out
}

fn progress(checked: &Checked) -> String {
    let Checked { review, verdict, today, .. } = checked;
    let mut out = String::new();
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", log::escape(review.fact("image")));
    if let Some(standing) = &verdict.standing {
        let style = if standing.is_in() { GREEN } else { RED };
        let word = if standing.is_in() { "in scope" } else { "out of scope" };
        let _ = write!(out, "{style}{word}{style:#} on {today}");
        let days =
            standing.leaves.and_then(|(next, date)| Some((next, date, today.until(date).ok()?.get_days())));
        if let Some((next, date, days)) = days {
            let _ = write!(out, "; {days} days left, until {next} comes out on {date}");
        }
        out.push('\n');
    }
    let percent = (verdict.ready * 100).checked_div(verdict.rows).unwrap_or(100);
    let filled = percent / 5;
    let bar = format!("{}{}", "#".repeat(filled), "-".repeat(20 - filled));
    let _ = writeln!(out, "\n[{bar}] {} of {} rows are ready ({percent} %)", verdict.ready, verdict.rows);
    for (decision, count) in verdict.decisions.iter().filter(|(_, count)| *count > 0) {
        let word = if decision.is_empty() { "undecided" } else { decision };
        let _ = writeln!(out, "{count:>6} {word}");
    }
    let missing = summary(&verdict.problems);
    if !missing.is_empty() {
        out.push_str("\nwhat rows lack:\n");
        for (column, kind, count) in missing {
            let _ = writeln!(out, "{count:>6} {:<12} {}", kind.as_str(), log::escape(&column));
        }
    }
    let of_request: Vec<_> = verdict.problems.iter().filter(|problem| problem.line.is_none()).collect();
    if !of_request.is_empty() {
        out.push_str("\nwhat the request lacks:\n");
        for problem in of_request {
            let Problem { column, kind, text, .. } = problem;
            let _ = writeln!(
                out,
                "  {YELLOW}{}{YELLOW:#} {}: {}",
                kind.as_str(),
                log::escape(column),
                log::escape(text)
            );
        }
    }
    out
}

fn as_json(checked: &Checked) -> String {
    let Checked { review, verdict, today, .. } = checked;
    let problems: Vec<Value> = verdict
        .problems
        .iter()
        .map(|problem| {
            json!({
                "row": problem.line, "id": problem.id, "column": problem.column, "kind": problem.kind.as_str(),
                "text": problem.text,
            })
        })
        .collect();
    let decisions: serde_json::Map<_, _> = verdict
        .decisions
        .iter()
        .map(|(word, count)| ((if word.is_empty() { "undecided" } else { word }).to_owned(), (*count).into()))
        .collect();
    let standing = verdict.standing.as_ref();
    let value = json!({
        "is_ready": verdict.is_ready(),
        "today": today.to_string(),
        "image": review.fact("image"),
        "version": standing.and_then(|standing| standing.version).map(|version| version.to_string()),
        "image_in_scope": standing.is_some_and(scanlift_triage::Standing::is_in),
        "leaves_scope": standing.and_then(|standing| standing.leaves).map(|(_, date)| date.to_string()),
        "reasons": standing.map(|standing| standing.reasons.clone()),
        "rows": verdict.rows,
        "ready": verdict.ready,
        "decisions": decisions,
        "problems": problems,
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
