//! `scanlift convert`.

use crate::{
    args::{Convert, Remediations, To, VexAction},
    config, environment, exit,
    explain::{self, Failure},
    ignore,
    inputs::{self, Found, Own, Words},
    interrupt, log,
    place::Place,
    progress::Watch,
    shard::Shard,
    summary, vex,
};
use scanlift_convert_api::{ConvertError, Options, Sink as _, SkipReason, Warning, json};
use scanlift_pipeline::{Finished, Pipeline, Settings, receipt::InputReceipt};
use scanlift_report_core::Kind;
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// Converts the inputs, or those that can be with `--keep-going`.
pub(crate) fn run(options: &Convert, file: Option<&Path>) -> Result<u8, Failure> {
    if let Some(file) = file {
        log::info(&format!("settings are from {}", file.display()));
    }
    let mut settings = settings(options)?;
    let registry = scanlift_converters::registry();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for found in inputs::find(registry, &options.inputs, options.from.as_deref(), Own::Refused) {
        match found {
            Ok(found) => good.push(found),
            Err(failure) if options.keep_going && failure.code == exit::INPUT => bad.push(failure),
            Err(failure) => return Err(failure),
        }
    }
    if good.is_empty() {
        return Ok(told(&bad, 0));
    }
    spare(&good, options)?;
    if let Some(root) = options.root.as_deref().filter(|root| !root.is_dir()) {
        log::warn(&format!(
            "--root {} is no directory here: paths become relative to it, and no code is read for patches and tracking",
            root.display()
        ));
    }
    if let Some(part) = options.shard.map(Shard::settle).transpose()?.flatten() {
        let all = good.len();
        part.take(&mut good)?;
        log::info(&format!("shard {part}: {} of {all} inputs", good.len()));
        if good.is_empty() {
            return Ok(if bad.is_empty() { exit::DONE } else { told(&bad, 0) });
        }
    }

    interrupt::stop(good.iter().map(|found| found.source.progress()));
    let place = Place::prepare(&options.output, options.receipt.as_deref())?;
    settings.temp_dir = place.temp_dir();
    let (mut finished, converted) = loop {
        match attempt(options, &settings, good)? {
            Attempt::Done(finished, inputs) => break (*finished, inputs.len()),
            // A pipeline that took part of a bad input is of no use: begin again without it.
            Attempt::Again(inputs, failures) => {
                good = inputs;
                bad.extend(failures);
            }
        }
        if good.is_empty() {
            return Ok(told(&bad, 0));
        }
    };
    interrupt::check()?;
    place.put(&mut finished)?;
    summary::print(&finished.receipt, options.receipt.is_some());
    if !finished.unused_globs.is_empty() {
        log::info(&format!("nothing is left out by --exclude {}", finished.unused_globs.join(",")));
    }
    if let Some(format) = &options.from {
        for input in finished.receipt.inputs.iter().filter(|input| is_of_no_use(input)) {
            log::warn(&format!(
                "{}: no record of it can be used; leave `--from {format}` out, so that the format is detected",
                inputs::shown(&input.path)
            ));
        }
    }
    Ok(told(&bad, converted))
}

/// Whether no record of an input can be used, as if it were of another format.
fn is_of_no_use(input: &InputReceipt) -> bool {
    let of_no_use = input.skipped.iter().filter(|it| it.reason == SkipReason::Unsupported.as_str());
    input.records > 0 && of_no_use.map(|it| it.count).sum::<u64>() == input.records
}

/// What a scanner wrote is not to be lost: no file that is named for output is one that is read.
fn spare(inputs: &[Found], options: &Convert) -> Result<(), Failure> {
    for target in [Some(&options.output), options.receipt.as_ref()].into_iter().flatten() {
        let Ok(real) = target.canonicalize() else { continue };
        let is_read = |input: &Found| {
            input.source.path().is_some_and(|path| path.canonicalize().is_ok_and(|read| read == real))
        };
        if real.is_file() && inputs.iter().any(is_read) {
            return Err(Failure::usage(format!(
                "{} is an input, and would be overwritten",
                target.display()
            ))
            .help("write into another file, or into a directory: -o gitlab/"));
        }
    }
    Ok(())
}

/// Converts inputs for another command, into temporary reports in that folder.
pub(crate) fn into_reports(mut inputs: Vec<Found>, folder: &Path) -> Result<Finished, Failure> {
    let mut options = config::of_convert()?;
    // So that a failure is told without advice that is for `convert`.
    options.keep_going = true;
    // Formats that are no security reports are of no use to it.
    options.to.retain(|to| !matches!(to, To::Format(_)));
    let mut settings = settings(&options)?;
    settings.temp_dir = folder.to_owned();
    loop {
        match attempt(&options, &settings, inputs)? {
            Attempt::Done(finished, _) => return Ok(*finished),
            Attempt::Again(again, failures) => match failures.into_iter().next() {
                Some(failure) => return Err(failure),
                None => inputs = again,
            },
        }
    }
}

/// Tells of the inputs that were left out, and gives the exit code.
fn told(bad: &[Failure], good: usize) -> u8 {
    if bad.is_empty() {
        return exit::DONE;
    }
    bad.iter().for_each(log::failure);
    let all = bad.len() + good;
    let headline = if good == 0 {
        "none of the inputs could be converted: nothing was written".to_owned()
    } else {
        format!("{} of {all} inputs could not be converted: the reports hold the others only", bad.len())
    };
    log::failure(&Failure::input(headline));
    exit::INPUT
}

enum Attempt {
    /// What came of these inputs.
    Done(Box<Finished>, Vec<Found>),
    /// The inputs to begin again with, and why others cannot be converted.
    Again(Vec<Found>, Vec<Failure>),
}

fn attempt(options: &Convert, settings: &Settings, inputs: Vec<Found>) -> Result<Attempt, Failure> {
    let mut pipeline =
        Pipeline::new(settings.clone()).map_err(|error| Failure::usage(format!("failed to {error}")))?;
    let said = said(options);
    let watched = inputs.iter().map(|input| (input.shown().to_owned(), input.source.progress())).collect();
    let watch = Watch::begin(options.progress, watched);
    let all = inputs.len();
    let (mut good, mut bad, mut again) = (Vec::new(), Vec::new(), false);
    for (index, input) in inputs.into_iter().enumerate() {
        watch.at(index);
        match convert(options, &said, &input, &mut pipeline) {
            Ok(None) => good.push(input),
            Ok(Some(better)) => {
                again = true;
                good.extend(better);
            }
            Err(failure) if options.keep_going && failure.code == exit::INPUT => bad.push(failure),
            Err(failure) if all > 1 && failure.code == exit::INPUT => {
                return Err(failure.help("nothing was written; --keep-going converts the other inputs"));
            }
            Err(failure) => return Err(failure),
        }
    }
    drop(watch);
    if good.is_empty() && bad.is_empty() {
        return Err(Failure::input("none of the files that were found can be read: nothing was written")
            .help("`scanlift formats` lists what is read"));
    }
    if again || !bad.is_empty() {
        return Ok(Attempt::Again(good, bad));
    }
    let finished = pipeline.finish().map_err(|error| Failure::output("write a report", &error))?;
    Ok(Attempt::Done(Box::new(finished), good))
}

/// As [`feed`], and with the end of the input.
fn convert(
    options: &Convert,
    said: &Options,
    input: &Found,
    pipeline: &mut Pipeline,
) -> Result<Option<Vec<Found>>, Failure> {
    if let Some(better) = feed(input, said, pipeline)? {
        return Ok(Some(better));
    }
    let Found { source, .. } = input;
    let shown = input.shown();
    // The hash costs as much as a quarter of the conversion, so it is made for the receipt only.
    if options.receipt.is_some() {
        let digest = source.sha256().map_err(|error| explain::read(shown, &error))?;
        pipeline.end_input(Some(digest.hex()), Some(digest.bytes));
    } else {
        pipeline.end_input(None, source.progress().total());
    }
    Ok(None)
}

/// Begins an input, and tells the pipeline every record of it.
///
/// `Some` where other inputs are to be read in its place, or none: the pipeline took part of it and is of no
/// use, and everything begins again.
pub(crate) fn feed(
    input: &Found,
    said: &Options,
    pipeline: &mut Pipeline,
) -> Result<Option<Vec<Found>>, Failure> {
    let Found { label, source, converter, .. } = input;
    let shown = input.shown();
    let format = converter.descriptor();
    log::debug(&format!("{shown} is read as {}", format.id));
    pipeline.begin_input(label, format);
    if let lines @ 1.. = input.preamble {
        let plural =
            if lines == 1 { "line before the document was" } else { "lines before the document were" };
        pipeline.warn(Warning::note(format!(
            "{lines} {plural} left out: keep the scanner's messages apart from its report"
        )));
    }
    if let Some(Words { line, lines, is_between }) = input.words {
        let (lines, were) = if lines == 1 {
            ("the text".to_owned(), "was")
        } else {
            (format!("{lines} lines of text"), "were")
        };
        let place = if is_between { "between its documents" } else { "behind the document" };
        pipeline.warn(Warning::note(format!(
            "{lines} {place}, from line {line} on, {were} left out: keep the scanner's messages apart from its report"
        )));
    }
    if let Some(line) = input.comma {
        pipeline.warn(Warning::NotStrict { what: json::TRAILING_COMMA, path: format!("line {line}") });
    }
    let converted = converter
        .convert(source, said, pipeline)
        .and_then(|()| pipeline.add_bill_of_materials(*converter, source, said));
    let Err(error) = converted else { return Ok(None) };
    if let Some(better) = input.again(&error, said.format_is_named)? {
        return Ok(Some(better));
    }
    let failure = explain::convert(shown, source, format.name, &error);
    if input.is_walked && is_of_form(&error) {
        log::warn(&format!("{}: it is passed over", failure.headline));
        return Ok(Some(Vec::new()));
    }
    if !said.format_is_named {
        return Err(failure);
    }
    let or = if failure.help.is_empty() { "" } else { "or " };
    Err(failure.help(format!("{or}leave `--from {}` out, so that the format is detected", format.id)))
}

/// Whether no record of a document can be read because of what it is, and not because it is damaged.
fn is_of_form(error: &ConvertError) -> bool {
    matches!(error, ConvertError::UnsupportedVersion { .. } | ConvertError::Unrecognised { .. })
}

/// What the user, or the job, says that a source may not say itself.
fn said(options: &Convert) -> Options {
    let mut said = Options::default();
    said.image = options.image.clone().or_else(environment::image);
    said.operating_system.clone_from(&options.operating_system);
    said.commit = options.commit.clone().or_else(environment::commit);
    said.path.clone_from(&options.path);
    said.include_info = options.include_info;
    said.format_is_named = options.from.is_some();
    said
}

fn settings(options: &Convert) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    settings.schema_version = options.schema_version;
    settings.root = Some(absolute(options.root.clone().unwrap_or_else(environment::root))?);
    settings.strip_prefix.clone_from(&options.strip_prefix);
    settings.add_prefix.clone_from(&options.add_prefix);
    settings.merge = options.merge;
    for to in &options.to {
        match to {
            To::Kind(kind) => settings.kinds.push(*kind),
            To::Security => settings.kinds.extend(Kind::ALL),
            To::Format(format) => settings.formats.push(*format),
        }
    }
    settings.min_severity = options.min_severity;
    let lists = options.exclude.iter().map(String::as_str);
    settings.exclude = lists.flat_map(config::split_list).map(str::to_owned).collect();
    let root = options.root.clone().unwrap_or_else(environment::root);
    settings.ignore = ignore::read(options.ignore_file.as_deref(), &root)?.map(Arc::new);
    settings.vex = vex::read(&options.vex)?;
    settings.vex_action = match options.vex_action {
        VexAction::Skip => scanlift_pipeline::VexAction::Skip,
        VexAction::Flag => scanlift_pipeline::VexAction::Flag,
    };
    settings.remediations = options.remediations == Remediations::Auto;
    settings.include_secrets = options.include_secrets;
    settings.default_branch_image =
        options.default_branch_image.clone().or_else(environment::default_branch_image);
    settings.commit = options.commit.clone().or_else(environment::commit);
    settings.scanner.id.clone_from(&options.scanner_id);
    settings.scanner.name.clone_from(&options.scanner_name);
    settings.scanner.version.clone_from(&options.scanner_version);
    settings.scanner.vendor.clone_from(&options.scanner_vendor);
    settings.scanner.url.clone_from(&options.scanner_url);
    settings.start_time.clone_from(&options.start_time);
    settings.end_time.clone_from(&options.end_time);
    settings.now = environment::now()?;
    settings.threads = match options.threads {
        0 => environment::threads(),
        threads => threads.into(),
    };
    Ok(settings)
}

/// The root need not exist here: the scan may have run elsewhere.
fn absolute(root: PathBuf) -> Result<PathBuf, Failure> {
    let goes_up = root.components().any(|part| part == Component::ParentDir);
    let root = if goes_up { root.canonicalize().unwrap_or(root) } else { root };
    std::path::absolute(&root)
        .map_err(|error| Failure::usage(format!("failed to find the root {}: {error}", root.display())))
}
