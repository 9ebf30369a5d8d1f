//! `scanlift formats`.

use crate::{args::Formats, log};
use comfy_table::{ContentArrangement, Table, presets};
use scanlift_convert_api::Descriptor;
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Serialize)]
struct Format {
    id: &'static str,
    name: &'static str,
    summary: &'static str,
    versions: &'static str,
    kinds: Vec<&'static str>,
    url: &'static str,
}

/// Prints what can be read.
pub(crate) fn run(options: &Formats) -> u8 {
    let registry = scanlift_converters::registry();
    let descriptors: Vec<_> = registry.iter().map(|converter| converter.descriptor()).collect();
    let text = if options.json {
        json(&descriptors)
    } else if options.markdown {
        markdown(&descriptors)
    } else {
        table(&descriptors)
    };
    log::answer(text.as_bytes())
}

fn json(descriptors: &[&'static Descriptor]) -> String {
    let formats: Vec<_> = descriptors
        .iter()
        .map(|Descriptor { id, name, summary, versions, kinds, url }| Format {
            id,
            name,
            summary,
            versions,
            kinds: kinds.iter().map(|kind| kind.as_str()).collect(),
            url,
        })
        .collect();
    serde_json::to_string_pretty(&formats).unwrap_or_default() + "\n"
}

fn markdown(descriptors: &[&'static Descriptor]) -> String {
    let mut text =
        "| id | format | versions | reports | reads |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for format in descriptors {
        let kinds: Vec<_> = format.kinds.iter().map(|kind| kind.as_str()).collect();
        let cells = [
            format!("`{}`", format.id),
            format!("[{}]({})", format.name, format.url),
            format.versions.to_owned(),
            kinds.join(", "),
            format.summary.to_owned(),
        ]
        .map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn table(descriptors: &[&'static Descriptor]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    // Wrapped on a terminal; in a pipe a line is a format.
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size_of(std::io::stdout()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(["id", "format", "versions", "reports", "reads"]);
    for format in descriptors {
        let kinds: Vec<_> = format.kinds.iter().map(|kind| kind.as_str()).collect();
        table.add_row([format.id, format.name, format.versions, &kinds.join(", "), format.summary]);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
