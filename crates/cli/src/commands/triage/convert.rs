//! `scanlift triage convert`.

use super::file;
use crate::{args::TriageConvert, exit, explain::Failure, log, place};
use std::path::Path;

/// Writes a review in another format.
pub(crate) fn run(options: &TriageConvert) -> Result<u8, Failure> {
    let output = &options.output;
    let format = file::Format::of(output)?;
    let review = file::read(&options.file)?;
    if !review.has_facts() || !review.has_left_out() {
        incomplete(&options.file, output, format)?;
    }
    let files = file::files(output, &review)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    place::put_all(folder, &files)?;
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    log::info(&format!("{} rows: wrote {}", review.rows.len(), names.join(", ")));
    Ok(exit::DONE)
}

/// Of a review of which not all is there, a file that holds all takes the place of no other.
fn incomplete(source: &Path, output: &Path, format: file::Format) -> Result<(), Failure> {
    let (source, shown) = (source.display(), output.display());
    if format != file::Format::Csv && output.exists() {
        let problem = format!("{shown} is there already, and may hold what {source} has not beside it");
        return Err(Failure::usage(problem)
            .help("`triage init` takes the answers over with --previous")
            .help("or name another file"));
    }
    log::warn(&format!(
        "{source}: the facts of the request, or what was left out, are not beside it and not written"
    ));
    Ok(())
}
