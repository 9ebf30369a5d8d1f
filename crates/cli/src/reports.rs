//! GitLab reports from any mix of them and files of scanners, which are converted first.

use crate::{
    commands::convert,
    explain::{self, Failure},
    inputs::{self, Found, Own},
    place::temporary_folder,
    summary,
};
use scanlift_convert_api::json::Head;
use scanlift_input::Source;
use scanlift_pipeline::Finished;
use std::path::PathBuf;
use tempfile::TempDir;

/// Reports that are open, each with what the user calls it.
pub(crate) struct Reports {
    pub(crate) opened: Vec<(String, Source)>,
    /// What was converted; its files go when this is dropped.
    _converted: Option<(Finished, TempDir)>,
}

/// Opens what the user names. Files of scanners, and reports of schemas that GitLab no longer takes, are
/// converted as `scanlift convert` does with the settings of variables and `scanlift.toml`.
pub(crate) fn gather(named: &[PathBuf]) -> Result<Reports, Failure> {
    let registry = scanlift_converters::registry();
    let (mut opened, mut scans) = (Vec::new(), Vec::new());
    for found in inputs::find(registry, named, None, Own::Taken) {
        let found = found?;
        if is_current_report(&found)? {
            opened.push((found.shown().to_owned(), found.source));
        } else {
            scans.push(found);
        }
    }
    let converted = if scans.is_empty() { None } else { Some(converted(scans)?) };
    for report in converted.iter().flat_map(|(finished, _)| &finished.reports) {
        let source = Source::file(report.file.path()).map_err(|error| explain::open(&error))?;
        opened.push((report.file_name.clone(), source));
    }
    Ok(Reports { opened, _converted: converted })
}

/// Whether it is a report of the schema that GitLab takes; one that says its version at its end is taken for one.
fn is_current_report(found: &Found) -> Result<bool, Failure> {
    if found.converter.descriptor().id != "gitlab" {
        return Ok(false);
    }
    let head = found.source.head().map_err(|error| explain::read(found.shown(), &error))?;
    Ok(Head::of(&head).text("version").is_none_or(|version| version.starts_with("15.")))
}

fn converted(scans: Vec<Found>) -> Result<(Finished, TempDir), Failure> {
    let folder = temporary_folder()?;
    let finished = convert::into_reports(scans, folder.path())?;
    summary::each_input(&finished.receipt.inputs);
    Ok((finished, folder))
}
