//! `scanlift preview`.

use crate::{
    args::Preview,
    commands::report,
    explain::{self, Failure},
    log,
};
use comfy_table::{ContentArrangement, Table, presets};
use scanlift_ingest::{Fate, Finding, limits, sarif};
use scanlift_input::Source;
use serde_json::{Value, json};

/// Prints what GitLab will show of a report, in its order.
pub(crate) fn run(options: &Preview) -> Result<u8, Failure> {
    let (label, source) = report::open(&options.report)?;
    let head = source.head().map_err(|error| explain::read(&label, &error))?;
    if sarif::is_log(&head) && options.kind.is_none() {
        return log_run(options, &label, &source);
    }
    let (judged, findings) = report::ingested_of(label, &source, options.kind, options.project_id)?;
    let text = if options.json {
        let value = json!({
            "path": judged.label,
            "project_id": options.project_id,
            "kind": judged.verdict.kind,
            "findings": findings.iter().map(as_json).collect::<Vec<_>>(),
            "losses": report::losses(&judged.verdict),
            "lint": report::lint_json(&judged.verdict.lint),
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    } else {
        let mut text = table(&findings);
        report::write_losses(&mut text, &judged.verdict);
        text
    };
    Ok(log::answer(text.as_bytes()))
}

/// The same of a SARIF log: what GitLab's own ingestion makes of it, a report of every kind for every run.
fn log_run(options: &Preview, label: &str, source: &Source) -> Result<u8, Failure> {
    let mut taken = Vec::new();
    let verdict = report::judge_log(label, source, options.project_id, &mut |one| {
        if one.fate == Fate::Ingested {
            taken.push((one.kind, one.finding.clone()));
        }
    })?;
    if let Some(error) = verdict.errors.first() {
        return Err(report::refused(label, source, error));
    }
    taken.sort_by_key(|(kind, finding)| (*kind, std::cmp::Reverse(finding.severity), finding.uuid));
    let text = if options.json {
        let findings = taken.iter().map(|(kind, finding)| {
            let mut value = as_json(finding);
            value["kind"] = json!(kind);
            value
        });
        let value = json!({
            "path": label,
            "project_id": options.project_id,
            "format": "sarif",
            "findings": findings.collect::<Vec<_>>(),
            "skipped": verdict.skipped,
            "suppressed": verdict.suppressed,
            "folded_count": verdict.folded_count,
            "warnings": verdict.warnings,
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    } else {
        let mut text = String::new();
        for kind in verdict.kinds.keys() {
            let own: Vec<Finding> =
                taken.iter().filter(|(other, _)| other == kind).map(|(_, finding)| finding.clone()).collect();
            text.push_str(&format!("{kind}\n{}", table(&own)));
        }
        for warning in &verdict.warnings {
            text.push_str(&format!("  ! {}\n", log::escape(warning)));
        }
        text
    };
    Ok(log::answer(text.as_bytes()))
}

/// A finding as GitLab keeps it.
pub(crate) fn as_json(finding: &Finding) -> Value {
    let signatures = finding
        .signatures
        .iter()
        .map(|it| json!({"algorithm": it.algorithm.as_str(), "fingerprint": it.fingerprint.to_string()}));
    let primary = finding.identifiers.first();
    json!({
        "index": finding.index,
        "id": finding.id,
        "uuid": finding.uuid.map(|uuid| uuid.to_string()),
        "name": finding.title(),
        "severity": finding.severity,
        "primary_identifier": primary.map(|it| format!("{}:{}", it.kind, it.value)),
        "identifier_fingerprint": primary.map(|it| it.fingerprint.to_string()),
        "identifiers_stored": finding.identifiers.len().min(limits::IDENTIFIERS),
        "place": finding.place,
        "location_fingerprint": finding.location.to_string(),
        "signatures": signatures.collect::<Vec<_>>(),
    })
}

fn table(findings: &[Finding]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["severity", "name", "place", "uuid"]);
    for finding in findings {
        let uuid = finding.uuid.map(|uuid| uuid.to_string()).unwrap_or_default();
        let cells = [finding.severity.as_str(), &finding.title(), &finding.place, &uuid];
        table.add_row(cells.map(|cell| log::escape(cell).into_owned()));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
