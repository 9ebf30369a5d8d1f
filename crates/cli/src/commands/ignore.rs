//! `scanlift ignore`.

use crate::{
    args::{Ignore, IgnoreCheck, IgnoreImport, IgnoreSource, IgnoreWhat},
    commands::report,
    environment, exit,
    explain::{self, Failure},
    ignore, inputs, log, place,
};
use scanlift_convert_api::ConvertError;
use scanlift_ignore_file::{
    FILE, Usage,
    import::{self, ImportError, Imported, gitlab, sarif, trivy},
};
use scanlift_ingest::{Fate, Options};
use scanlift_input::Source;
use std::path::Path;

/// Imports entries, or checks them.
pub(crate) fn run(options: &Ignore) -> Result<u8, Failure> {
    match &options.what {
        IgnoreWhat::Import(options) => import(options),
        IgnoreWhat::Check(options) => check(options),
    }
}

fn import(options: &IgnoreImport) -> Result<u8, Failure> {
    let path = options.output.clone().unwrap_or_else(|| environment::root().join(FILE));
    let mut toml = if path.is_file() { ignore::text(&path)? } else { String::new() };
    let (mut added, mut placeholders) = (0, 0);
    for (label, source) in inputs::files(&options.files)? {
        let mut imported = read(&label, &source, options.from)?;
        imported.warnings.iter().for_each(|warning| log::warn(&format!("{label}: {warning}")));
        for draft in &mut imported.drafts {
            draft.owner = draft.owner.take().or_else(|| options.owner.clone());
        }
        let written = import::add(&toml, file_name(&label), &imported.drafts).map_err(|error| {
            Failure::usage(format!("{}:{}: {}", path.display(), error.line, error.problem))
                .help("mend the file, or name another with --output")
        })?;
        let known = match written.known {
            0 => String::new(),
            known => format!(", {known} are there already"),
        };
        let entries = if written.added == 1 { "entry" } else { "entries" };
        log::info(&format!("{label}: {} {entries} added{known}", written.added));
        toml = written.toml;
        added += written.added;
        placeholders += written.placeholders;
    }
    if placeholders > 0 {
        let entries = if placeholders == 1 { "entry has" } else { "entries have" };
        log::warn(&format!(
            "{placeholders} {entries} no reason in the source: replace \"{}\"",
            scanlift_ignore_file::PLACEHOLDER
        ));
    }
    if path.as_os_str() == "-" || added > 0 {
        place::put_text(&path, FILE, &toml)?;
    }
    Ok(exit::DONE)
}

fn file_name(label: &str) -> &str {
    label.rsplit(['/', '\\']).next().unwrap_or(label)
}

fn read(label: &str, source: &Source, from: Option<IgnoreSource>) -> Result<Imported, Failure> {
    let from = match from {
        Some(from) => from,
        None => look(label, source)?,
    };
    let whole = || ignore::text_of(label, source);
    let imported = match from {
        IgnoreSource::Sarif => sarif::read(source),
        IgnoreSource::Gitlab => gitlab::read(source),
        IgnoreSource::Trivyignore => Ok(trivy::plain(&whole()?)),
        IgnoreSource::TrivyignoreYaml => trivy::yaml(&whole()?),
    };
    imported.map_err(|error| match error {
        ImportError::Read(error) => explain::read(label, &error),
        error => Failure::input(format!("failed to {error}"))
            .note(format!("in {label}"))
            .help("--from names what it is: sarif, trivyignore, trivyignore-yaml or gitlab"),
    })
}

/// What a file is, by what is in it, and for Trivy's two forms by its name too.
fn look(label: &str, source: &Source) -> Result<IgnoreSource, Failure> {
    let head = source.head().map_err(|error| explain::read(label, &error))?;
    let head = String::from_utf8_lossy(&head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if head.starts_with('{') {
        return Ok(IgnoreSource::Sarif);
    }
    if gitlab::is_header(head.lines().next().unwrap_or_default()) {
        return Ok(IgnoreSource::Gitlab);
    }
    let name = Path::new(label).extension().map(|extension| extension.to_ascii_lowercase());
    let is_yaml = |line: &str| {
        ["vulnerabilities:", "misconfigurations:", "secrets:", "licenses:"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    if name.is_some_and(|it| it == "yaml" || it == "yml") || head.lines().any(is_yaml) {
        return Ok(IgnoreSource::TrivyignoreYaml);
    }
    if file_name(label) == ".trivyignore" || trivy::is_plain(&ignore::text_of(label, source)?) {
        return Ok(IgnoreSource::Trivyignore);
    }
    Err(Failure::input(format!("{label} is nothing that findings are ignored by"))
        .help("a .trivyignore has one id a line, a CSV file the columns of GitLab's vulnerability export")
        .help("--from names what it is: sarif, trivyignore, trivyignore-yaml or gitlab"))
}

fn check(options: &IgnoreCheck) -> Result<u8, Failure> {
    let root = environment::root();
    let Some(file) = ignore::read(options.ignore_file.as_deref(), &root)? else {
        return Err(Failure::input(format!("there is no {FILE} in {}", root.display()))
            .help("name the file with --ignore-file"));
    };
    let mut usage = Usage::default();
    let mut reports = inputs::files(&options.reports)?;
    inputs::without_copies(&mut reports, |(label, source)| Some((label, source)));
    for (label, source) in reports {
        let verdict =
            scanlift_ingest::judge_with(&source, &Options::new(1), &mut |kind, finding, fate, value| {
                if *fate == Fate::Ingested {
                    ignore::covers(Some(&file), &mut usage, kind, finding, value);
                }
            });
        let verdict = verdict.map_err(|error| match error {
            ConvertError::Read(error) => explain::read(&label, &error),
            error => Failure::input(explain::chain(&error)),
        })?;
        if let Some(error) = verdict.errors.first() {
            return Err(report::refused(&label, &source, error));
        }
    }
    let has_reports = !options.reports.is_empty();
    let warnings = file.warnings(has_reports.then_some(&usage));
    let mut out = String::new();
    for warning in &warnings {
        out.push_str(&format!("{}: {}\n", log::escape(file.name()), log::escape(warning)));
    }
    let entries = file.entries().len();
    let word = if entries == 1 { "entry" } else { "entries" };
    out.push_str(&format!("{entries} {word}, {} to look at\n", warnings.len()));
    let code = log::answer(out.as_bytes());
    Ok(if code == exit::DONE && !warnings.is_empty() { exit::NO } else { code })
}
