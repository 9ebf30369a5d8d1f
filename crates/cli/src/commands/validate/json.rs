//! The verdict for programs.

use super::{Answer, Verdict};
use crate::commands::report;
use scanlift_ingest::{Error, Fixed, Tally, sarif};
use serde_json::{Value, json};

pub(super) fn of(answers: &[Answer]) -> String {
    let all: Vec<Value> = answers.iter().map(answer).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

fn answer(answer: &Answer) -> Value {
    let mut value = match &answer.verdict {
        Verdict::Report(verdict) => report(&answer.label, verdict),
        Verdict::Log(verdict) => sarif_log(&answer.label, verdict),
    };
    if let Some(fixed) = &answer.fixed {
        value["mended"] = mended(fixed);
    }
    value
}

fn errors(errors: &[Error]) -> Vec<Value> {
    let each = |error: &Error| {
        let sort = match error {
            Error::Schema(_) => "schema",
            Error::Version(_) => "version",
            Error::Empty => "empty",
            Error::Log(_) => "sarif",
            _ => "parsing",
        };
        let message = match error {
            Error::Schema(error) => error.problem.to_string(),
            error => error.to_string(),
        };
        json!({
            "type": sort, "rule": error.rule().id, "pointer": error.pointer(), "message": message,
            "remedy": error.remedy(),
        })
    };
    errors.iter().map(each).collect()
}

fn report(label: &str, verdict: &scanlift_ingest::Verdict) -> Value {
    let mut value = json!({
        "path": label,
        "format": "gitlab",
        "accepted": verdict.is_accepted(),
        "kind": verdict.kind,
        "version": verdict.version,
        "schema_version": verdict.schema.map(|schema| schema.as_str()),
        "scanner": verdict.scanner,
        "errors": errors(&verdict.errors),
        "error_count": verdict.error_count,
        "warnings": verdict.warnings,
        "notes": verdict.notes,
        "findings": verdict.count,
        "ingested": if verdict.is_accepted() { verdict.ingested } else { 0 },
        "lint": report::lint_json(&verdict.lint),
    });
    if verdict.is_accepted() {
        value["losses"] = report::losses(verdict);
    }
    value
}

fn sarif_log(label: &str, verdict: &sarif::Verdict) -> Value {
    let runs =
        verdict.runs.iter().map(|run| json!({"tool": run.tool, "rules": run.rules, "results": run.results}));
    let told = |code: &str, meaning: &str, tally: &Tally| json!({"code": code, "meaning": meaning, "count": tally.count, "first": report::places_json(tally)});
    let folded = verdict.folded.iter().map(|it| {
        json!({"result": it.index, "name": it.name, "reason": it.reason, "duplicate_of": it.duplicate_of})
    });
    json!({
        "path": label,
        "format": "sarif",
        "accepted": verdict.is_accepted(),
        "version": verdict.version,
        "bytes": verdict.size,
        "errors": errors(&verdict.errors),
        "error_count": verdict.error_count,
        "warnings": verdict.warnings,
        "runs": runs.collect::<Vec<_>>(),
        "taken": verdict.taken,
        "ingested": if verdict.is_accepted() { verdict.ingested() } else { 0 },
        "skipped": verdict.skipped,
        "suppressed": verdict.suppressed,
        "beyond_limit": verdict.beyond,
        "skips": verdict.skips.iter().map(|(skip, tally)| told(skip.code(), skip.as_str(), tally)).collect::<Vec<_>>(),
        "kinds": verdict.kinds.iter().map(|(kind, count)| json!({"kind": kind, "count": count})).collect::<Vec<_>>(),
        "severities": verdict.severities.iter()
            .map(|(severity, count)| json!({"severity": severity, "count": count})).collect::<Vec<_>>(),
        "folded_count": verdict.folded_count,
        "folded": folded.collect::<Vec<_>>(),
        "losses": verdict.losses.iter().map(|(loss, tally)| told(loss.code(), loss.as_str(), tally)).collect::<Vec<_>>(),
    })
}

fn mended(fixed: &Fixed) -> Value {
    let sorts = fixed.mends.iter().map(|(sort, mends)| {
        let first = mends.iter().map(|mend| json!({"pointer": mend.pointer, "what": mend.what}));
        json!({"sort": sort, "count": fixed.counts.get(sort), "first": first.collect::<Vec<_>>()})
    });
    json!({"count": fixed.count, "sorts": sorts.collect::<Vec<_>>()})
}
