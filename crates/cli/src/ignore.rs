//! Reads the ignore file.

use crate::{
    environment,
    explain::{self, Failure},
    log,
};
use scanlift_convert_api::Input;
use scanlift_ignore_file::{FILE, IgnoreFile, Usage};
use scanlift_ingest::Finding;
use scanlift_input::Source;
use scanlift_report_core::{Kind, Vulnerability};
use serde_json::{Value, json};
use std::{io::Read as _, path::Path};

/// The largest file that is read, in bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// The file that is named, else the one that lies in the root, if one does.
pub(crate) fn read(named: Option<&Path>, root: &Path) -> Result<Option<IgnoreFile>, Failure> {
    let found = root.join(FILE);
    let (path, label) = match named {
        Some(named) => (named, named.display().to_string()),
        None if found.is_file() => (found.as_path(), FILE.to_owned()),
        None => return Ok(None),
    };
    let toml = text(path)?;
    let file = IgnoreFile::parse(&label, &toml, environment::today()?).map_err(|error| {
        Failure::usage(format!("{label}:{}: {}", error.line, error.problem))
            .help("nothing was done, since an entry that is read wrongly would hide findings")
    })?;
    log::debug(&format!("{} entries of what to ignore are from {label}", file.entries().len()));
    Ok(Some(file))
}

/// A text file as a whole.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let source = Source::file(path).map_err(|error| explain::open(&error))?;
    text_of(&path.display().to_string(), &source)
}

/// A text as a whole.
pub(crate) fn text_of(label: &str, source: &Source) -> Result<String, Failure> {
    let mut text = String::new();
    source
        .open()
        .and_then(|stream| stream.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|error| explain::read(label, &error))?;
    if text.len() as u64 > LARGEST {
        return Err(Failure::input(format!("{label} has more than {} MiB", LARGEST >> 20)));
    }
    Ok(text)
}

/// Whether an entry covers a finding of a report.
pub(crate) fn covers(
    file: Option<&IgnoreFile>,
    usage: &mut Usage,
    kind: Kind,
    finding: &Finding,
    value: &Value,
) -> bool {
    let Some(file) = file else { return false };
    let identifiers = finding.identifiers.iter().map(|it| (it.value.as_str(), it.name.as_str()));
    if !file.may_cover(identifiers) {
        return false;
    }
    // No entry asks for anything else, and texts may be long.
    let asked = json!({
        "id": value["id"], "identifiers": value["identifiers"], "location": value["location"],
        "details": {"package_url": value["details"]["package_url"]},
    });
    // What does not read as a finding cannot be known as one that is ignored.
    Vulnerability::read(kind, asked).is_ok_and(|vulnerability| {
        file.find(&vulnerability, finding.scanner.as_deref().unwrap_or_default(), usage).is_some()
    })
}
