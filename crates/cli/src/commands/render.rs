//! `scanlift render`.

use crate::{
    args::Render,
    environment, exit,
    explain::{self, Failure},
    inputs::ends_as_folder,
    log, place,
    reports::{self, Reports},
};
use scanlift_input::Source;
use scanlift_render::{Findings, Format, Options, RenderError, Report};
use std::{
    io::{self, BufWriter, IsTerminal as _},
    path::Path,
};

/// Shows findings in a format for people.
pub(crate) fn run(options: &Render) -> Result<u8, Failure> {
    let format = format(options)?;
    let head = reports::gather(&options.inputs)?;
    let base = if options.base.is_empty() { None } else { Some(reports::gather(&options.base)?) };
    let failed = |error| failure(error, &options.output, &head, base.as_ref());
    let base_reports = base.as_ref().map(named);
    let findings = Findings::open(&named(&head), base_reports.as_deref()).map_err(failed)?;
    findings.notes().iter().for_each(|note| log::warn(note));
    let how = how(options);
    if options.output == Path::new("-") && format == Format::Text {
        let mut text = Vec::new();
        scanlift_render::render(format, &findings, &how, &mut text).map_err(failed)?;
        return Ok(log::answer(&text));
    }
    if options.output == Path::new("-") && format.is_binary() && io::stdout().is_terminal() {
        return Err(Failure::usage(format!("{} is nothing for a terminal", format.as_str()))
            .help(format!("write it into a file: -o {}", format.file_name())));
    }
    place::put_file(&options.output, format.file_name(), |file| {
        let mut out = BufWriter::with_capacity(128 * 1024, file);
        scanlift_render::render(format, &findings, &how, &mut out).map_err(failed)
    })?;
    if options.output != Path::new("-") {
        log::info(&format!("{}: {}", options.output.display(), findings.headline()));
    }
    Ok(exit::DONE)
}

/// What is asked for, else what the ending of the output says, else text.
fn format(options: &Render) -> Result<Format, Failure> {
    if let Some(format) = options.format {
        return Ok(format.into());
    }
    let output = &options.output;
    if output.as_os_str() == "-" || ends_as_folder(output) || output.is_dir() {
        return Ok(if output.as_os_str() == "-" { Format::Text } else { Format::Html });
    }
    let extension = output.extension().and_then(|extension| extension.to_str());
    extension.and_then(Format::of_extension).ok_or_else(|| {
        Failure::usage(format!("the ending of {} does not say what to write", output.display()))
            .help("say it with --format, or let it end in .html, .md, .txt, .csv, .xlsx or .xml (JUnit)")
    })
}

fn how(options: &Render) -> Options {
    let mut how = Options::default();
    if let Some(title) = options.title.clone() {
        how.title = title;
    } else if let Some(project) = environment::variable("CI_PROJECT_PATH") {
        how.title = format!("{}: {}", how.title, project.to_string_lossy());
    }
    how.limit = options.limit;
    let is_shown = options.output.as_os_str() == "-";
    // What is not for a terminal loses its colours on the way.
    how.colours = is_shown;
    if is_shown && io::stdout().is_terminal() {
        how.links = true;
        how.width = terminal_size::terminal_size().map_or(how.width, |(width, _)| width.0);
    }
    how.temp_dir = Some(scanlift_input::temp_dir().to_owned());
    how
}

fn named(reports: &Reports) -> Vec<Report<'_>> {
    reports.opened.iter().map(|(label, input)| Report { label, input }).collect()
}

fn failure(error: RenderError, output: &Path, head: &Reports, base: Option<&Reports>) -> Failure {
    let what = format!("write {}", output.display());
    let mut opened = head.opened.iter().chain(base.into_iter().flat_map(|base| &base.opened));
    match error {
        RenderError::Read { label, source } => match opened.find(|(known, _)| *known == label) {
            Some((label, input)) => {
                explain::convert(label, input as &Source, "GitLab security report", &source)
            }
            None => Failure::input(format!("failed to read {label}: {}", explain::chain(&source))),
        },
        RenderError::Refused { ref label, .. } => Failure::input(format!("failed to {error}"))
            .help(format!("`scanlift validate {label}` lists everything that is wrong with it"))
            .help("without --base it is shown as it is"),
        RenderError::Write(error) => Failure::output(&what, &error),
        error => Failure::output(&what, &io::Error::other(error)),
    }
}
