//! `scanlift triage convert`.

use super::file;
use crate::{args::TriageConvert, exit, explain::Failure, log, place};
use std::path::Path;

/// Writes a review in another format.
pub(crate) fn run(options: &TriageConvert) -> Result<u8, Failure> {
    let output = &options.output;
    file::Format::of(output)?;
    let review = file::read(&options.file)?;
    let files = file::files(output, &review)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    place::put_all(folder, &files)?;
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    log::info(&format!("{} rows: wrote {}", review.rows.len(), names.join(", ")));
    Ok(exit::DONE)
}
