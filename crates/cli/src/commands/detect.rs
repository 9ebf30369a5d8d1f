//! `scanlift detect`.

use crate::{
    args::Detect,
    exit,
    explain::Failure,
    inputs::{self, Found, Own},
    log,
};
use comfy_table::{ContentArrangement, Table, presets};
use scanlift_convert_api::{Finding, Match, Options, ScanInfo, Sink, SkipReason, Warning};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Detected {
    path: String,
    format: &'static str,
    name: &'static str,
    version: Option<String>,
    scanner: Option<String>,
    scanner_version: Option<String>,
    confidence: &'static str,
}

/// Prints what the inputs are.
pub(crate) fn run(options: &Detect) -> Result<u8, Failure> {
    let registry = scanlift_converters::registry();
    let found = inputs::find(registry, &options.inputs, None, Own::Refused);
    let detected: Vec<_> = found.iter().flatten().flat_map(look).collect();
    let text = if options.json {
        serde_json::to_string_pretty(&detected).unwrap_or_default() + "\n"
    } else {
        table(&detected)
    };
    let code = if detected.is_empty() && !options.json { exit::DONE } else { log::answer(text.as_bytes()) };
    let mut failures = found.iter().filter_map(|found| found.as_ref().err()).peekable();
    if failures.peek().is_none() {
        return Ok(code);
    }
    failures.for_each(log::failure);
    Ok(exit::INPUT)
}

/// What an input is, or what the reports are that it holds.
fn look(found: &Found) -> Vec<Detected> {
    let mut glance = Glance::default();
    // It ends at the first scan, or where the document turns out to be broken.
    let glanced = found.converter.convert(&found.source, &Options::default(), &mut glance);
    if let Err(error) = glanced
        && let Ok(Some(better)) = found.again(&error, false)
    {
        return better.iter().flat_map(look).collect();
    }
    let format = found.converter.descriptor();
    vec![Detected {
        path: found.label.clone(),
        format: format.id,
        name: format.name,
        version: glance.version,
        scanner: glance.scanner,
        scanner_version: glance.scanner_version,
        confidence: match found.confidence {
            Match::Yes => "yes",
            Match::Maybe => "maybe",
            Match::No => "no",
        },
    }]
}

fn table(detected: &[Detected]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["file", "format", "version", "scanner", "sure"]);
    for file in detected {
        let scanner = match (&file.scanner, &file.scanner_version) {
            (Some(name), Some(version)) => format!("{name} {version}"),
            (Some(name), None) => name.clone(),
            _ => "-".to_owned(),
        };
        let version = file.version.as_deref().unwrap_or("-");
        let cells = [file.path.as_str(), file.format, version, &scanner, file.confidence];
        table.add_row(cells.map(|cell| log::escape(cell).into_owned()));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A sink that has seen enough once it knows the scan.
#[derive(Default)]
struct Glance {
    version: Option<String>,
    scanner: Option<String>,
    scanner_version: Option<String>,
}

fn enough() -> io::Error {
    io::ErrorKind::Interrupted.into()
}

impl Sink for Glance {
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> io::Result<()> {
        self.version = scan.format_version.map(|text| text.into_owned());
        self.scanner = Some(scan.scanner.into_owned()).filter(|name| !name.is_empty());
        self.scanner_version = scan.version.map(|text| text.into_owned());
        Err(enough())
    }

    fn record(&mut self) {}

    fn emit(&mut self, _: Finding<'_>) -> io::Result<()> {
        Err(enough())
    }

    fn skip(&mut self, _: SkipReason, _: &str, _: &str) {}

    fn warn(&mut self, _: Warning) {}
}
