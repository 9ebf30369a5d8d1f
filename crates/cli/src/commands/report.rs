//! What the commands on GitLab's reports share: opening, judging, and saying what is lost.

use crate::{
    explain::{self, Failure},
    inputs::shown,
    log::{self, DIM, YELLOW},
};
use scanlift_convert_api::ConvertError;
use scanlift_ingest::{Fate, Finding, Level, Lint, Options, Rule, Surroundings, Tally, Verdict, sarif};
use scanlift_input::Source;
use scanlift_pipeline::export::Format;
use scanlift_report_core::Kind;
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

/// A report with GitLab's verdict on it.
pub(crate) struct Judged {
    /// As the user named it.
    pub(crate) label: String,
    pub(crate) verdict: Verdict,
}

/// Opens a report, and gives what it is called in messages.
pub(crate) fn open(path: &Path) -> Result<(String, Source), Failure> {
    let label = path.display().to_string();
    let source = if path.as_os_str() == "-" { Source::stdin() } else { Source::file(path) };
    let source = source.map_err(|error| explain::open(&error))?;
    Ok((shown(&label).to_owned(), source))
}

/// Judges a report; `see` is called for every finding of it.
pub(crate) fn judge(
    path: &Path,
    kind: Option<Kind>,
    project: u64,
    see: &mut dyn FnMut(&Finding, &Fate),
) -> Result<Judged, Failure> {
    let (label, source) = open(path)?;
    judge_source(label, &source, kind, project, Surroundings::default(), see)
}

/// Judges a report that is open; `see` is called for every finding of it.
pub(crate) fn judge_source(
    label: String,
    source: &Source,
    kind: Option<Kind>,
    project: u64,
    around: Surroundings<'_>,
    see: &mut dyn FnMut(&Finding, &Fate),
) -> Result<Judged, Failure> {
    let mut options = Options::new(project);
    options.kind = kind;
    match scanlift_ingest::judge_and_lint(source, &options, around, see) {
        Ok(verdict) => Ok(Judged { label, verdict }),
        Err(error) => Err(failure(&label, error)),
    }
}

/// Judges a SARIF log that is open.
pub(crate) fn judge_log(
    label: &str,
    source: &Source,
    project: u64,
    see: &mut dyn FnMut(&sarif::Taken),
) -> Result<sarif::Verdict, Failure> {
    sarif::judge(source, &Options::new(project), see).map_err(|error| failure(label, error))
}

fn failure(label: &str, error: ConvertError) -> Failure {
    match error {
        ConvertError::Read(error) => explain::read(label, &error),
        error => Failure::input(explain::chain(&error)),
    }
}

/// A report that GitLab refuses, where one is needed.
pub(crate) fn refused(label: &str, source: &Source, error: &dyn std::fmt::Display) -> Failure {
    Failure::input(format!("GitLab refuses {label}: {error}")).help(remedy(label, source))
}

/// What to do about a report that cannot be used: most often it is none, but what a scanner wrote.
pub(crate) fn remedy(label: &str, source: &Source) -> String {
    convertible(label, source)
        .unwrap_or_else(|| "`scanlift validate` lists everything that is wrong with it".to_owned())
}

/// That a file is a scanner's own, and no report of GitLab's yet.
pub(crate) fn convertible(label: &str, source: &Source) -> Option<String> {
    let head = source.head().ok()?;
    if let Some(format) = Format::wrote(&head) {
        return Some(format!("it is {format}, which scanlift wrote: name the security reports beside it"));
    }
    match scanlift_converters::registry().detect(&head).1.as_slice() {
        [format] if format.id != "gitlab" => Some(format!(
            "it is a document of {}: `scanlift convert {label}` makes reports of it",
            format.name
        )),
        _ => None,
    }
}

/// Judges a report of which every finding is needed: gives those that GitLab ingests, in its order.
/// A refused report is a failure.
pub(crate) fn ingested(
    path: &Path,
    kind: Option<Kind>,
    project: u64,
) -> Result<(Judged, Vec<Finding>), Failure> {
    let (label, source) = open(path)?;
    ingested_of(label, &source, kind, project)
}

/// The same of a report that is open.
pub(crate) fn ingested_of(
    label: String,
    source: &Source,
    kind: Option<Kind>,
    project: u64,
) -> Result<(Judged, Vec<Finding>), Failure> {
    let mut findings = Vec::new();
    let judged =
        judge_source(label, source, kind, project, Surroundings::default(), &mut |finding, fate| {
            if *fate == Fate::Ingested {
                findings.push(finding.clone());
            }
        })?;
    if let Some(error) = judged.verdict.errors.first() {
        return Err(refused(&judged.label, source, error));
    }
    scanlift_ingest::sort(&mut findings);
    Ok((judged, findings))
}

/// What GitLab merges, leaves out, cuts and misreads, a line each.
pub(crate) fn write_losses(out: &mut String, verdict: &Verdict) {
    write_dropped(out, verdict);
    let warnings = verdict.lint.rules.iter().filter(|(rule, _)| rule.level < Level::Note);
    for (rule, tally) in warnings.filter(|(rule, _)| !is_told_elsewhere(rule)) {
        let first = tally.first.first().map(|issue| issue.pointer.as_str()).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {YELLOW}!{YELLOW:#} {} {DIM}({}; first {}){DIM:#}",
            rule.title,
            tally.count,
            log::escape(first)
        );
    }
}

/// The findings that GitLab merges and leaves out, a line each.
pub(crate) fn write_dropped(out: &mut String, verdict: &Verdict) {
    if !verdict.is_accepted() {
        return;
    }
    for dropped in verdict.dropped.iter().take(10) {
        let name = log::escape(&dropped.name);
        let _ = writeln!(
            out,
            "  {YELLOW}!{YELLOW:#} number {} ({name}) is {}",
            dropped.index,
            log::escape(&dropped.reason)
        );
    }
    let more = verdict.dropped_count.saturating_sub(10);
    if more > 0 {
        let _ = writeln!(out, "  {DIM}and {more} more findings that GitLab does not show{DIM:#}");
    }
    for (rule, tally) in verdict.lint.rules.iter().filter(|(rule, _)| is_of_merged(rule)) {
        let _ = writeln!(out, "      {DIM}{} ({}, {}){DIM:#}", rule.remedy, rule.id, tally.count);
    }
}

/// Whether a rule is about findings that GitLab merges.
fn is_of_merged(rule: &Rule) -> bool {
    matches!(rule.id, "finding-folded" | "primary-identifier-repeated" | "tracking-shared")
}

/// Whether the list of dropped findings, or the verdict itself, says the same.
pub(crate) fn is_told_elsewhere(rule: &Rule) -> bool {
    is_of_merged(rule) || matches!(rule.id, "version-unknown" | "version-unchecked" | "cvss-4-vector")
}

/// The same as JSON.
pub(crate) fn losses(verdict: &Verdict) -> Value {
    let dropped = verdict.dropped.iter().map(|dropped| {
        json!({
            "index": dropped.index, "id": dropped.id, "name": dropped.name, "reason": dropped.reason,
            "duplicate_of": dropped.duplicate_of,
        })
    });
    json!({
        "dropped_count": verdict.dropped_count,
        "dropped": dropped.collect::<Vec<_>>(),
    })
}

/// What the rules found, as JSON.
pub(crate) fn lint_json(lint: &Lint) -> Value {
    let rules = lint.rules.iter().map(|(rule, tally)| {
        json!({
            "rule": rule.id, "level": rule.level.as_str(), "title": rule.title, "remedy": rule.remedy,
            "count": tally.count, "first": places_json(tally),
        })
    });
    Value::Array(rules.collect())
}

/// The first places of a rule, as JSON.
pub(crate) fn places_json(tally: &Tally) -> Value {
    tally.first.iter().map(|issue| json!({"pointer": issue.pointer, "message": issue.message})).collect()
}
