//! `scanlift validate`.

use crate::{
    args::Validate,
    commands::report::{self, Judged},
    exit,
    explain::Failure,
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
};
use scanlift_ingest::{Error, Verdict};
use scanlift_report_core::Severity;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How many errors are shown in full; `--json` has more.
const SHOWN: usize = 20;

/// Says what GitLab would do with each report; the answer is no if it refuses one.
pub(crate) fn run(options: &Validate) -> Result<u8, Failure> {
    let mut judged = Vec::new();
    let mut failures = Vec::new();
    for path in &options.reports {
        match report::judge(path, options.kind, 1, &mut |_, _| {}) {
            Ok(one) => judged.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    let text = if options.json {
        let all: Vec<Value> = judged.iter().map(as_json).collect();
        serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
    } else {
        judged.iter().map(as_text).collect::<Vec<_>>().join("\n")
    };
    let code = log::answer(text.as_bytes());
    failures.iter().for_each(log::failure);
    match () {
        () if code != exit::DONE => Ok(code),
        () if !failures.is_empty() => Ok(exit::INPUT),
        () if judged.iter().all(|one| one.verdict.is_accepted()) => Ok(exit::DONE),
        () => Ok(exit::NO),
    }
}

fn as_text(judged: &Judged) -> String {
    let Judged { label, verdict } = judged;
    let mut out = String::new();
    let label = log::escape(label);
    if verdict.is_accepted() {
        let _ = writeln!(out, "{BOLD}{label}{BOLD:#}: {GREEN}GitLab takes it{GREEN:#}");
    } else {
        let _ = writeln!(out, "{BOLD}{label}{BOLD:#}: {RED}GitLab refuses it{RED:#}");
    }
    let _ = writeln!(out, "  {}", log::escape(&about(verdict)));
    if !verdict.is_accepted() && verdict.count > 0 {
        let plural = if verdict.count == 1 { "finding is" } else { "findings are" };
        let _ = writeln!(
            out,
            "  {RED}all {} {plural} lost{RED:#}: one error costs the whole report",
            verdict.count
        );
    }
    for error in verdict.errors.iter().take(SHOWN) {
        let _ = writeln!(out, "  {RED}x{RED:#} {}", log::escape(&error.to_string()));
        if let Error::Schema(error) = error {
            let _ = writeln!(out, "    {DIM}{}{DIM:#}", log::escape(&error.problem.remedy()));
        }
    }
    let more = verdict.error_count.saturating_sub(verdict.errors.len().min(SHOWN) as u64);
    if more > 0 {
        let _ = writeln!(out, "  {DIM}and {more} more; --json lists up to 1,000{DIM:#}");
    }
    for warning in &verdict.warnings {
        let _ = writeln!(out, "  {YELLOW}!{YELLOW:#} {}", log::escape(warning));
    }
    report::write_losses(&mut out, verdict);
    for note in &verdict.notes {
        let _ = writeln!(out, "  {DIM}{}{DIM:#}", log::escape(note));
    }
    out
}

/// Kind, schema, scanner and numbers, in a line.
fn about(verdict: &Verdict) -> String {
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
    let mut counts = vec![format!("{} findings", verdict.count)];
    for severity in Severity::WORST_FIRST {
        if let Some(count) = verdict.severities.get(&severity).filter(|_| verdict.is_accepted()) {
            counts.push(format!("{count} {severity}"));
        }
    }
    format!("{} · {}", parts.join(", "), counts.join(", "))
}

fn as_json(judged: &Judged) -> Value {
    let Judged { label, verdict } = judged;
    let errors = verdict.errors.iter().map(|error| match error {
        Error::Schema(error) => json!({
            "type": "schema", "pointer": error.pointer, "message": error.problem.to_string(),
            "remedy": error.problem.remedy(),
        }),
        Error::Version(_) => json!({"type": "version", "message": error.to_string()}),
        Error::Empty => json!({"type": "empty", "message": error.to_string()}),
        _ => json!({"type": "parsing", "message": error.to_string()}),
    });
    let errors: Vec<Value> = errors.collect();
    let mut value = json!({
        "path": label,
        "accepted": verdict.is_accepted(),
        "kind": verdict.kind,
        "version": verdict.version,
        "schema_version": verdict.schema.map(|schema| schema.as_str()),
        "scanner": verdict.scanner,
        "errors": errors,
        "error_count": verdict.error_count,
        "warnings": verdict.warnings,
        "notes": verdict.notes,
        "findings": verdict.count,
        "ingested": if verdict.is_accepted() { verdict.ingested } else { 0 },
    });
    if verdict.is_accepted() {
        value["losses"] = report::losses(verdict);
    }
    value
}
