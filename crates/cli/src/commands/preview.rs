//! `scanlift preview`.

use crate::{args::Preview, commands::report, explain::Failure, log};
use comfy_table::{ContentArrangement, Table, presets};
use scanlift_ingest::Finding;
use serde_json::{Value, json};

/// Prints what GitLab will show of a report, in its order.
pub(crate) fn run(options: &Preview) -> Result<u8, Failure> {
    let (judged, findings) = report::ingested(&options.report, options.kind, options.project_id)?;
    let text = if options.json {
        let value = json!({
            "path": judged.label,
            "project_id": options.project_id,
            "kind": judged.verdict.kind,
            "findings": findings.iter().map(as_json).collect::<Vec<_>>(),
            "losses": report::losses(&judged.verdict),
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    } else {
        let mut text = table(&findings);
        report::write_losses(&mut text, &judged.verdict);
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
        "identifiers_stored": finding.identifiers.len().min(20),
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
