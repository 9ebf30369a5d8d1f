//! The patches of a report, with what is told of the findings that they mend.

use crate::{
    commands::report,
    explain::{self, Failure},
    inputs::shown,
};
use scanlift_convert_api::{
    Input,
    json::{Error, Reader},
};
use scanlift_input::Source;
use scanlift_remedy::diff;
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::HashMap,
    io::{BufReader, Read},
    path::Path,
};

/// A patch.
pub(crate) struct Entry {
    /// From 1, in the order of the report.
    pub(crate) number: usize,
    pub(crate) summary: String,
    /// The diff, or why there is none.
    pub(crate) diff: Result<String, String>,
    pub(crate) fixes: Vec<Mended>,
}

/// A finding that a patch mends.
pub(crate) struct Mended {
    pub(crate) id: String,
    /// `None` if the report has no such finding.
    pub(crate) name: Option<String>,
    pub(crate) severity: Option<String>,
}

#[derive(Default, Deserialize)]
struct Remediation<'a> {
    #[serde(borrow, default)]
    summary: Cow<'a, str>,
    #[serde(borrow, default)]
    diff: Cow<'a, str>,
    #[serde(default)]
    fixes: Vec<Fix>,
}

#[derive(Deserialize)]
struct Fix {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Finding {
    id: Option<String>,
    name: Option<String>,
    severity: Option<String>,
}

#[cfg(test)]
impl Entry {
    pub(crate) fn new(number: usize, id: &str) -> Self {
        let fix = Mended { id: id.to_owned(), name: None, severity: None };
        Self { number, summary: String::new(), diff: Ok(String::new()), fixes: vec![fix] }
    }
}

/// Reads the patches of a report. It is read twice, since the patches stand behind the findings: what
/// is held are the patches, and of the findings the names of those that they mend.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let label = path.display().to_string();
    let label = shown(&label);
    let source = if path.as_os_str() == "-" { Source::stdin() } else { Source::file(path) };
    let source = source.map_err(|error| explain::open(&error))?;
    let open = || source.open().map_err(|error| explain::read(label, &error));
    let is_bad = |error: Error| {
        Failure::input(format!("{label} is no report that can be read: {error}"))
            .help(report::remedy(label, &source))
    };
    let mut entries = Vec::new();
    let mut is_report = false;
    let seen = each(open()?, &mut is_report, "remediations", &mut |json| {
        let number = entries.len() + 1;
        // What does not read keeps its number.
        let remediation = serde_json::from_str::<Remediation<'_>>(json).unwrap_or_default();
        let fixes = remediation.fixes.into_iter();
        entries.push(Entry {
            number,
            summary: remediation.summary.into_owned(),
            diff: diff::decode(&remediation.diff).ok_or_else(|| "its diff is no text in Base64".to_owned()),
            fixes: fixes.map(|fix| Mended { id: fix.id, name: None, severity: None }).collect(),
        });
    });
    seen.map_err(is_bad)?;
    if !is_report {
        return Err(Failure::input(format!(
            "{label} is no GitLab security report: it has no vulnerabilities"
        ))
        .help(report::convertible(label, &source).unwrap_or_else(|| {
            "`scanlift convert` makes reports, with patches where --root can be read".to_owned()
        })));
    }
    if entries.is_empty() {
        return Ok(entries);
    }
    let mut wanted: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for (fix_at, fix) in entry.fixes.iter().enumerate() {
            wanted.entry(fix.id.clone()).or_default().push((at, fix_at));
        }
    }
    let seen = each(open()?, &mut is_report, "vulnerabilities", &mut |json| {
        let Ok(finding) = serde_json::from_str::<Finding>(json) else { return };
        for (at, fix_at) in finding.id.as_ref().and_then(|id| wanted.get(id)).into_iter().flatten() {
            if let Some(fix) = entries.get_mut(*at).and_then(|entry| entry.fixes.get_mut(*fix_at)) {
                fix.name = finding.name.clone().or_else(|| Some("unnamed".to_owned()));
                fix.severity.clone_from(&finding.severity);
            }
        }
    });
    seen.map_err(is_bad)?;
    Ok(entries)
}

/// Hands out the entries of a list of the report.
fn each(
    stream: Box<dyn Read + '_>,
    is_report: &mut bool,
    list: &str,
    visit: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let mut reader = Reader::new(BufReader::with_capacity(128 * 1024, stream));
    reader.each_key(|key, reader| -> Result<(), Error> {
        *is_report |= key == "vulnerabilities";
        if key == list {
            reader.each_item(|_, reader| -> Result<(), Error> {
                visit(reader.value()?.str()?);
                Ok(())
            })?;
        }
        Ok(())
    })
}
