//! The verdict for people.

use super::{Answer, Verdict};
use crate::{
    commands::report,
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
    place::findings,
};
use scanlift_ingest::{Error, Level, Lint, Tally, sarif};
use scanlift_report_core::Severity;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

/// How many errors are shown in full; `--json` has more.
const SHOWN: usize = 20;
/// How many places of a rule are shown.
const PLACES: usize = 3;

pub(super) fn of(answer: &Answer) -> String {
    let mut out = String::new();
    match &answer.verdict {
        Verdict::Report(verdict) => {
            report(&mut out, &answer.label, verdict);
            let foreign = || report::convertible(&answer.label, &answer.source);
            if let Some(help) = foreign().filter(|_| verdict.kind.is_none()) {
                let _ = writeln!(out, "  {}", log::escape(&help));
            }
        }
        Verdict::Log(verdict) => sarif_log(&mut out, &answer.label, verdict),
    }
    if let Some(fixed) = &answer.fixed {
        let sorts: Vec<_> = fixed.counts.iter().map(|(sort, count)| format!("{count} {sort}")).collect();
        let told = if sorts.is_empty() { "nothing".to_owned() } else { sorts.join(", ") };
        let _ = writeln!(out, "  {GREEN}mended{GREEN:#}: {told}");
    }
    out
}

fn headline(out: &mut String, label: &str, is_accepted: bool) {
    let label = log::escape(label);
    let _ = if is_accepted {
        writeln!(out, "{BOLD}{label}{BOLD:#}: {GREEN}GitLab takes it{GREEN:#}")
    } else {
        writeln!(out, "{BOLD}{label}{BOLD:#}: {RED}GitLab refuses it{RED:#}")
    };
}

/// The errors, each sort once with its first place: a scanner makes the same mistake in every finding.
fn errors(out: &mut String, errors: &[Error], count: u64) {
    let mut sorts: Vec<(&Error, u64)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for error in errors {
        let at = *known.entry(sort_of(error)).or_insert(sorts.len());
        match sorts.get_mut(at) {
            Some((_, times)) => *times += 1,
            None => sorts.push((error, 1)),
        }
    }
    for (error, times) in sorts.iter().take(SHOWN) {
        let times = if *times > 1 { format!(" {DIM}({times} times){DIM:#}") } else { String::new() };
        let _ = writeln!(out, "  {RED}x{RED:#} {}{times}", log::escape(&error.to_string()));
        let _ = writeln!(out, "    {DIM}{}{DIM:#}", log::escape(&error.remedy()));
    }
    let shown: u64 = sorts.iter().take(SHOWN).map(|(_, times)| times).sum();
    if count > shown {
        let _ = writeln!(out, "  {DIM}and {} more; --json lists up to 1,000{DIM:#}", count - shown);
    }
}

/// What is the same of errors that are told once: the problem, and the place but for its numbers.
fn sort_of(error: &Error) -> String {
    let place: Vec<&str> =
        error.pointer().split('/').filter(|step| !step.bytes().all(|b| b.is_ascii_digit())).collect();
    match error {
        Error::Schema(error) => format!("{}\n{}", place.join("/"), error.problem),
        error => error.to_string(),
    }
}

fn report(out: &mut String, label: &str, verdict: &scanlift_ingest::Verdict) {
    headline(out, label, verdict.is_accepted());
    let _ = writeln!(out, "  {}", log::escape(&about(verdict)));
    if !verdict.is_accepted() && verdict.count > 0 {
        let plural = if verdict.count == 1 { "finding is" } else { "findings are" };
        let _ = writeln!(
            out,
            "  {RED}all {} {plural} lost{RED:#}: one error costs the whole report",
            verdict.count
        );
    }
    errors(out, &verdict.errors, verdict.error_count);
    for warning in &verdict.warnings {
        let _ = writeln!(out, "  {YELLOW}!{YELLOW:#} {}", log::escape(warning));
    }
    report::write_dropped(out, verdict);
    lint(out, &verdict.lint);
    for note in &verdict.notes {
        let _ = writeln!(out, "  {DIM}{}{DIM:#}", log::escape(note));
    }
}

/// What the rules found: notes in a line, the rest with its first places and what to do.
fn lint(out: &mut String, lint: &Lint) {
    for (rule, tally) in lint.rules.iter().filter(|(rule, _)| !report::is_told_elsewhere(rule)) {
        let sign = match rule.level {
            Level::Error => format!("{RED}x{RED:#}"),
            Level::Warning => format!("{YELLOW}!{YELLOW:#}"),
            _ => format!("{DIM}-{DIM:#}"),
        };
        let _ = writeln!(out, "  {sign} {} {DIM}({}, {}){DIM:#}", rule.title, rule.id, tally.count);
        if rule.level == Level::Note && !log::is_on(log::Level::Debug) {
            continue;
        }
        places(out, tally);
        let _ = writeln!(out, "      {DIM}{}{DIM:#}", rule.remedy);
    }
}

fn places(out: &mut String, tally: &Tally) {
    for issue in tally.first.iter().take(PLACES) {
        let colon = if issue.message.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "      {}{colon}{}", log::escape(&issue.pointer), log::escape(&issue.message));
    }
}

/// Kind, schema, scanner and numbers, in a line.
fn about(verdict: &scanlift_ingest::Verdict) -> String {
    let mut parts = Vec::new();
    parts.extend(verdict.kind.map(|kind| kind.to_string()));
    match (&verdict.version, verdict.schema) {
        (Some(version), Some(schema)) if schema.as_str() != version => {
            parts.push(format!("version {version}, checked as {schema}"));
        }
        (Some(version), _) => parts.push(format!("version {version}")),
        (None, _) => parts.push("no version".to_owned()),
    }
    parts.extend(verdict.scanner.as_ref().map(|scanner| format!("scanner {scanner}")));
    let mut counts = vec![findings(verdict.count)];
    if verdict.is_accepted() {
        counts.extend(severities(&verdict.severities));
    }
    format!("{} · {}", parts.join(", "), counts.join(", "))
}

fn severities(counts: &BTreeMap<Severity, u64>) -> Vec<String> {
    let told = |severity: Severity| Some(format!("{} {severity}", counts.get(&severity)?));
    Severity::WORST_FIRST.into_iter().filter_map(told).collect()
}

fn sarif_log(out: &mut String, label: &str, verdict: &sarif::Verdict) {
    headline(out, label, verdict.is_accepted());
    let tools: Vec<_> =
        verdict.runs.iter().map(|run| format!("{} ({} results)", run.tool, run.results)).collect();
    let version = verdict.version.as_deref().unwrap_or("of no version");
    let _ = writeln!(out, "  {}", log::escape(&format!("SARIF {version}: {}", tools.join(", "))));
    errors(out, &verdict.errors, verdict.error_count);
    for warning in &verdict.warnings {
        let _ = writeln!(out, "  {YELLOW}!{YELLOW:#} {}", log::escape(warning));
    }
    for (skip, tally) in &verdict.skips {
        let count = tally.count;
        let _ = writeln!(out, "  {YELLOW}!{YELLOW:#} skipped: {} {DIM}({count}){DIM:#}", skip.as_str());
        places(out, tally);
    }
    if verdict.suppressed > 0 {
        let _ = writeln!(out, "  {DIM}-{DIM:#} {} results are ignored as suppressed", verdict.suppressed);
    }
    if verdict.is_accepted() {
        let kinds: Vec<_> = verdict.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let counts = severities(&verdict.severities);
        let _ = writeln!(
            out,
            "  {} of {} results become findings: {}; {}",
            verdict.ingested(),
            verdict.runs.iter().map(|run| run.results).sum::<u64>(),
            if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") },
            if counts.is_empty() { "no severities".to_owned() } else { counts.join(", ") }
        );
        for folded in verdict.folded.iter().take(PLACES) {
            let (name, reason) = (log::escape(&folded.name), log::escape(&folded.reason));
            let _ = writeln!(out, "  {YELLOW}!{YELLOW:#} result {} ({name}) is {reason}", folded.index);
        }
        let more = verdict.folded_count.saturating_sub(PLACES as u64);
        if more > 0 {
            let _ = writeln!(out, "  {DIM}and {more} more that are merged{DIM:#}");
        }
    }
    if !verdict.losses.is_empty() {
        let _ = writeln!(out, "  lost on this way, and kept by `scanlift convert`:");
        for (loss, tally) in &verdict.losses {
            let _ = writeln!(out, "    {} {DIM}({}){DIM:#}", loss.as_str(), tally.count);
        }
    }
}
