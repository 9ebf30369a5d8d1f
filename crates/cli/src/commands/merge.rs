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
use scanlift_ingest::Options;
use scanlift_input::Source;
use scanlift_pipeline::{MergeError, Merged};
use scanlift_report_core::Report;
use std::{io::Read as _, path::Path};

/// Folds reports of one kind into one.
pub(crate) fn run(options: &Merge) -> Result<u8, Failure> {
    let begin = if options.several_scanners { Merged::of_any_scanner } else { Merged::new };
    let mut merged: Option<Merged> = None;
    for path in &options.reports {
        let report = read(path)?;
        match &mut merged {
            None => merged = Some(begin(report)),
            Some(merged) => merged.add(report).map_err(|error| refused(path, &error))?,
        }
    }
    let Some(merged) = merged else { return Ok(exit::DONE) };
    for conflict in &merged.conflicts {
        log::warn(&conflict.to_string());
    }
    let repeated = match merged.repeated {
        0 => String::new(),
        repeated => format!(", {repeated} were there more than once"),
    };
    let report = merged.into_report();
    let text = serde_json::to_string(&report)
        .map_err(|error| Failure::output("write the report", &error.into()))?
        + "\n";
    let name = format!("gl-{}-report.json", report.scan.kind.slug());
    place::put_text(&options.output, &name, &text)?;
    let count = report.vulnerabilities.len() as u64;
    log::info(&format!("{} from {} reports{repeated}", place::findings(count), options.reports.len()));
    tell_losses(&text);
    Ok(exit::DONE)
}

/// Says what GitLab does not keep of a report that it takes.
fn tell_losses(report: &str) {
    // What is in memory can be read.
    let Ok(verdict) = scanlift_ingest::judge(&report, &Options::new(1), &mut |_, _| {}) else { return };
    let Some(first) = verdict.dropped.first().filter(|_| verdict.is_accepted()) else { return };
    log::warn(&format!(
        "GitLab does not keep {} of them: number {} ({}) is {}; `scanlift validate` names all",
        verdict.dropped_count, first.index, first.name, first.reason
    ));
}

fn refused(path: &Path, error: &MergeError) -> Failure {
    let failure = Failure::input(format!("failed to {error}, in {}", path.display()))
        .help("merge the reports of each kind and scanner by themselves, and upload each from its own job");
    match error {
        MergeError::Scanner { .. } => failure.help(
            "or say --several-scanners: the report then names them all, as that of `convert --merge` does",
        ),
        _ => failure,
    }
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
