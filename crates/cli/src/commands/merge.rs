//! `scanlift merge`.

use crate::{
    args::Merge,
    commands::report,
    exit,
    explain::{self, Failure},
    inputs::shown,
    log, place,
};
use scanlift_convert_api::Input;
use scanlift_ingest::Merged;
use scanlift_input::Source;
use scanlift_report_core::Report;
use std::{io::Read as _, path::Path};

/// Folds reports of one kind and scanner into one.
pub(crate) fn run(options: &Merge) -> Result<u8, Failure> {
    let mut merged: Option<Merged> = None;
    for path in &options.reports {
        let report = read(path)?;
        match &mut merged {
            None => merged = Some(Merged::new(report)),
            Some(merged) => merged.add(report).map_err(|error| {
                Failure::input(format!("failed to {error}, in {}", path.display()))
                    .help("merge the reports of each kind and scanner by themselves: GitLab takes several artifacts")
            })?,
        }
    }
    let Some(merged) = merged else { return Ok(exit::DONE) };
    for conflict in &merged.conflicts {
        log::warn(&conflict.to_string());
    }
    let text = serde_json::to_string(&merged.report)
        .map_err(|error| Failure::output("write the report", &error.into()))?;
    let name = format!("gl-{}-report.json", merged.report.scan.kind.slug());
    place::put_text(&options.output, &name, &(text + "\n"))?;
    let count = merged.report.vulnerabilities.len() as u64;
    let repeated = match merged.repeated {
        0 => String::new(),
        repeated => format!(", {repeated} were there more than once"),
    };
    log::info(&format!("{} from {} reports{repeated}", place::findings(count), options.reports.len()));
    Ok(exit::DONE)
}

/// A report as a whole.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let label = path.display().to_string();
    let label = shown(&label);
    let source = if path.as_os_str() == "-" { Source::stdin() } else { Source::file(path) };
    let source = source.map_err(|error| explain::open(&error))?;
    let mut bytes = Vec::new();
    let done = source.open().and_then(|mut stream| stream.read_to_end(&mut bytes));
    done.map_err(|error| explain::read(label, &error))?;
    Report::from_slice(&bytes).map_err(|error| {
        Failure::input(format!("failed to {error}"))
            .note(format!("in {label}"))
            .help(report::remedy(label, &source))
    })
}
