//! `--fix`: the report mended, whole or not at all.

use crate::{
    args::Validate,
    commands::report,
    explain::{self, Failure},
    log, place,
};
use scanlift_ingest::{FixError, Fixed};
use scanlift_input::Source;
use std::{fs::File, io, io::Read as _, path::Path};

/// Mends a report, and gives what is to be judged: what came out.
pub(super) fn mend(
    path: &Path,
    label: &str,
    source: Source,
    options: &Validate,
) -> Result<(Source, Fixed), Failure> {
    let output = match &options.output {
        Some(output) => output.as_path(),
        None if path.as_os_str() == "-" => {
            return Err(Failure::usage("standard input cannot be mended in its place")
                .help("say where to put the mended report: --output FILE"));
        }
        None => {
            check_is_plain(path)?;
            path
        }
    };
    let is_elsewhere = options.output.is_some();
    let mut write = |out: &mut dyn io::Write| {
        scanlift_ingest::fix(&source, options.kind, out).map_err(|error| match error {
            FixError::Write(error) => Failure::output("write the mended report", &error),
            error => Failure::input(format!("failed to mend {label}: {}", explain::chain(&error)))
                .help("only a report that is one whole JSON object can be mended"),
        })
    };
    let (fixed, copy) =
        place::put_with(output, "gl-report.json", &mut write, |fixed| is_elsewhere || fixed.count > 0)?;
    for (sort, mends) in &fixed.mends {
        let count = fixed.counts.get(sort).copied().unwrap_or_default();
        for mend in mends.iter().take(if log::is_on(log::Level::Debug) { usize::MAX } else { 3 }) {
            log::info(&format!("{label}#{}: {}", mend.pointer, mend.what));
        }
        if count > 3 && !log::is_on(log::Level::Debug) {
            log::info(&format!("{label}: {sort}: {count} places in all; --verbose lists them"));
        }
    }
    match copy {
        // Held in memory or a file without a name, so that the copy may go.
        Some(copy) => {
            let file = File::open(&copy).map_err(|error| explain::read(label, &error))?;
            Ok((Source::stream(file, None).map_err(|error| explain::open(&error))?, fixed))
        }
        None if fixed.count == 0 && !is_elsewhere => Ok((source, fixed)),
        None => Ok((report::open(output)?.1, fixed)),
    }
}

/// A compressed or transcoded file cannot be written back as it was.
fn check_is_plain(path: &Path) -> Result<(), Failure> {
    let mut first = [b'{'];
    let read = File::open(path).and_then(|mut file| file.read(&mut first));
    if read.is_ok() && !(first[0] == b'{' || first[0].is_ascii_whitespace()) {
        return Err(Failure::usage(format!("{} is compressed, or no plain JSON", path.display()))
            .help("say where to put the mended report: --output FILE"));
    }
    Ok(())
}
