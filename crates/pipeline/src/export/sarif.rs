//! SARIF 2.1.0 that GitLab's own SARIF ingestion takes whole (GitLab's documentation,
//! `user/application_security/detect/sarif.md`): nothing is over its limits, and what it reads (rule
//! id, tags, place, rank) says the same as the security report. What it does not read (code flows,
//! fixes, fingerprints) is there for other readers.

mod fix;
mod limits;
mod model;
mod place;
mod result;
mod rule;
mod writer;

use super::{Made, Source};
use crate::Settings;
use memchr::memmem;
use place::Places;
use std::io;
use writer::Writer;

/// Whether the first bytes are those of a log that is written here: results stand before their tool, and name reports.
pub(super) fn wrote(head: &[u8]) -> bool {
    head.strip_prefix(writer::START).is_some_and(|runs| runs.starts_with(b"\n{\"results\":["))
        && memmem::find(head, b"\"reportType\":\"").is_some()
}

/// Writes the findings of all scanners, a run for each report, into as few files as GitLab's limits
/// allow.
pub(super) fn write(sources: &[Source<'_>], settings: &Settings) -> io::Result<Made> {
    let mut writer = Writer::new(&settings.temp_dir);
    let mut places = Places::default();
    for source in sources {
        let facts = source.facts()?;
        writer.begin_run(source)?;
        source.each(&mut |vulnerability| {
            let known = places.known(&facts.scanner.name, &vulnerability);
            writer.add(source, &facts, &vulnerability, &known)
        })?;
        writer.end_run(&facts)?;
    }
    writer.finish()
}
