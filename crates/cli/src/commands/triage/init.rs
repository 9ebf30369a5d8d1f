//! `scanlift triage init`.

use super::{file, rules};
use crate::{
    args::TriageInit,
    commands::convert,
    environment, exit,
    explain::{self, Failure},
    ignore,
    inputs::{self, Found as Input, Own},
    log::{self, BOLD, DIM, Level},
    place, summary, vex,
};
use scanlift_convert_api::Options;
use scanlift_ignore_file::IgnoreFile;
use scanlift_pipeline::{
    Finished, Pipeline, Settings, Usage, VexAction, output::read_all, receipt::InputReceipt,
};
use scanlift_report_core::{Report, Vulnerability};
use scanlift_triage::{
    CarriedOver, Collector, Date, Facts, Image, Origin, Profile, Review, Scanner, Standing, carry_over,
    files, finding::Found, standing,
};
use serde_json::json;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What the files of a review are called.
const STEM: &str = "review";

/// How many details of a reason are told.
const DETAILS: usize = 3;

/// How many answered rows that are gone are told.
const GONE: usize = 5;

/// Makes a review of scanner files.
pub(crate) fn run(options: &TriageInit) -> Result<u8, Failure> {
    let image = Image::parse(&options.image).map_err(|error| {
        Failure::usage(format!("failed to {error}")).help("name it as gitlab/gitlab-ee:18.5.2-ee.0")
    })?;
    let chosen = choose(options, &image)?;
    let profile = &chosen.profile;
    let calendar = rules::calendar(options.rules.releases.as_ref())?;
    let today = rules::today(options.rules.today)?;
    let standing = standing(profile, &calendar, &image, options.gitlab_version, today).map_err(|error| {
        Failure::usage(format!("failed to {error}"))
            .help("say it with --version: in the running image, `cat /opt/gitlab/version-manifest.txt` tells it in its first line")
    })?;
    let earlier = |path: &PathBuf| -> Result<_, Failure> { Ok((file_name(path), file::read(path)?)) };
    let previous = options.previous.iter().map(earlier).collect::<Result<Vec<_>, _>>()?;
    protect(options)?;

    let mut collector = Collector::new(profile, &options.installed_by_us)
        .map_err(|error| Failure::usage(format!("failed to {error}")))?;
    let ignore = ignored(options, today)?;
    collect(options, profile, ignore, &mut collector)?;
    tell_other_images(&collector, &image);
    tell_unmatched_globs(&collector);
    let records = collector.records();
    let mut review = collector.finish(facts(options, &chosen, &standing, today));
    let carried = (!previous.is_empty()).then(|| carry_over(&mut review, &previous));

    let made = files(&review, STEM).map_err(|error| file::unwritable(&error))?;
    let made: Vec<_> = made.into_iter().map(|file| (file.name, file.bytes)).collect();
    place::put_all(&options.output, &made)?;
    tell(options, &review, &standing, records, carried.as_ref());
    if options.json {
        return Ok(log::answer(as_json(&review, &standing, records, carried.as_ref()).as_bytes()));
    }
    Ok(exit::DONE)
}

/// The profile that is named, else the one that knows the image.
fn choose(options: &TriageInit, image: &Image) -> Result<rules::Chosen, Failure> {
    if let Some(name) = &options.rules.profile {
        return rules::named(name);
    }
    let name = image.name();
    let profile = Profile::of_image(&name).ok_or_else(|| {
        Failure::usage(format!("no profile knows the image {name}"))
            .help("GitLab's own are gitlab/gitlab-ee, gitlab/gitlab-runner and registry.gitlab.com/gitlab-org/build/cng/*")
            .help("for an image of your own: --profile own-image")
    })?;
    Ok(rules::Chosen { profile, own: None })
}

/// Answers that people wrote are not overwritten.
fn protect(options: &TriageInit) -> Result<(), Failure> {
    let path = options.output.join(format!("{STEM}.xlsx"));
    let others = ["json", "csv"].map(|ending| options.output.join(format!("{STEM}.{ending}")));
    let there = std::iter::once(path).chain(others).find(|path| path.exists());
    match there {
        Some(path) if !options.force => {
            let shown = path.display();
            Err(Failure::usage(format!("{shown} is there already, and answers in it would be lost"))
                .help(format!("name another directory, and take its answers over with --previous {shown}"))
                .help("or overwrite it with --force"))
        }
        _ => Ok(()),
    }
}

/// Each input goes through a pipeline of its own, so that scanners of one name stay apart.
fn collect(
    options: &TriageInit,
    profile: &Profile,
    ignore: Option<IgnoreFile>,
    collector: &mut Collector,
) -> Result<(), Failure> {
    let folder = place::temporary_folder()?;
    let mut settings = Settings::default();
    settings.temp_dir = folder.path().to_owned();
    settings.now = environment::now()?;
    settings.keep_duplicates = true;
    // Where in the image something is, decides whether it is in scope.
    settings.keep_absolute = true;
    settings.vex = vex::read(&options.vex)?;
    // What is ruled out is listed by the review, with what it is.
    settings.vex_action = VexAction::Flag;
    let mut said = Options::default();
    said.image = Some(options.image.clone());
    said.format_is_named = options.from.is_some();

    let ignore = ignore.map(Arc::new);
    let mut usage = Usage::default();
    let registry = scanlift_converters::registry();
    for input in inputs::find(registry, &options.inputs, options.from.as_deref(), Own::Taken) {
        // The next one at the end.
        let mut left = vec![input?];
        while let Some(input) = left.pop() {
            let mut pipeline = Pipeline::new(settings.clone())
                .map_err(|error| Failure::usage(format!("failed to {error}")))?;
            if let Some(better) = convert::feed(&input, &said, &mut pipeline)? {
                left.extend(better.into_iter().rev());
                continue;
            }
            pipeline.end_input(None, None);
            let finished = pipeline.finish().map_err(|error| Failure::output("write a report", &error))?;
            let below = options.scanned.as_deref().unwrap_or_default();
            take(profile, below, ignore.as_deref(), &input, finished, &mut usage, collector)?;
        }
    }
    // The pipelines left to the review what is ignored, too.
    settings.ignore = ignore;
    let (of_vex, of_ignore) = usage.receipts(&settings);
    summary::files(&of_vex, of_ignore.as_ref());
    Ok(())
}

/// Every finding of an input, and every record that is none.
fn take(
    profile: &Profile,
    below: &str,
    ignore: Option<&IgnoreFile>,
    input: &Input,
    mut finished: Finished,
    usage: &mut Usage,
    collector: &mut Collector,
) -> Result<(), Failure> {
    let origin = match input.converter.descriptor().id {
        "gitlab" => Origin::of_report(&input.source, &profile.gitlab_vendors)
            .map_err(|error| explain::convert(input.shown(), &input.source, "GitLab", &error))?,
        _ => Origin::ThirdParty,
    };
    for report in &mut finished.reports {
        let bytes = read_all(report).map_err(|error| Failure::output("read a temporary file", &error))?;
        let mut report =
            Report::from_slice(&bytes).map_err(|error| Failure::input(format!("failed to {error}")))?;
        let scanner = Scanner::new(&report.scan.scanner, origin);
        for vulnerability in &mut report.vulnerabilities {
            let mut found = Found::of(vulnerability, below);
            from_root(vulnerability);
            let entry = ignore.and_then(|file| file.find(vulnerability, &scanner.id, &mut usage.ignore));
            found.ignored = entry.map(ToString::to_string);
            collector.add(&scanner, &found);
        }
    }
    for receipt in &finished.receipt.inputs {
        let name = receipt.scanner.as_ref().map_or("", |scanner| scanner.name.as_str());
        for skipped in &receipt.skipped {
            collector.skipped(name, skipped.reason, &skipped.detail, skipped.count, &skipped.examples);
        }
        tell_input(input, receipt);
    }
    usage.absorb(&mut finished.usage);
    Ok(())
}

/// As a report has it, which is what entries are about: its path from the root, and the id that follows from
/// that.
fn from_root(vulnerability: &mut Vulnerability<'_>) {
    let is_own_id = vulnerability.id.as_deref().is_some_and(|id| id != vulnerability.content_id());
    if let Some(file) = vulnerability.location.file_mut().filter(|file| file.starts_with('/')) {
        *file = file.trim_start_matches('/').to_owned().into();
        if !is_own_id {
            vulnerability.id = None;
        }
    }
}

/// What people decided to ignore, and still do on a day.
fn ignored(options: &TriageInit, today: Date) -> Result<Option<IgnoreFile>, Failure> {
    let Some(path) = &options.ignore_file else { return Ok(None) };
    let label = path.display().to_string();
    let file = IgnoreFile::parse(&label, &ignore::text(path)?, today)
        .map_err(|error| Failure::usage(format!("{label}:{}: {}", error.line, error.problem)))?;
    Ok(Some(file))
}

fn tell_input(input: &Input, receipt: &InputReceipt) {
    let InputReceipt { format, records, findings, .. } = receipt;
    let by = receipt.scanner.as_ref().map(|scanner| format!(" by {}", scanner.name)).unwrap_or_default();
    log::info(&format!("{}: {format}{by}: {records} records, {}", input.shown(), place::findings(*findings)));
    for warning in receipt.warnings.iter().take(3) {
        log::warn(&format!("{}: {warning}", input.shown()));
    }
}

/// A report of another image or version is most likely the wrong file.
fn tell_other_images(collector: &Collector, image: &Image) {
    for other in collector.images().filter(|other| Image::parse(other).is_ok_and(|it| it.differs_from(image)))
    {
        log::warn(&format!("findings are of the image {other} by their report, and not of {image}"));
    }
}

/// What is misspelt leaves nothing out.
fn tell_unmatched_globs(collector: &Collector) {
    for glob in collector.unmatched_globs() {
        let advice = if glob.contains(',') { "; several are named by an --installed-by-us each" } else { "" };
        log::warn(&format!("--installed-by-us {glob} matches no finding{advice}"));
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn facts(options: &TriageInit, chosen: &rules::Chosen, standing: &Standing, today: Date) -> Facts {
    let list = |paths: &[PathBuf]| paths.iter().map(|path| file_name(path)).collect::<Vec<_>>().join(", ");
    let mut facts = Facts::default();
    facts.add("image", &options.image, "The image that was scanned");
    let version = standing.version.map(|version| version.to_string()).unwrap_or_default();
    facts.add("gitlab_version", version, "The version of GitLab in it");
    facts.add(
        "image_in_scope",
        if standing.is_in() { "yes" } else { "no" },
        "On the day the review was made",
    );
    facts.add("image_scope", standing.reasons.join("; "), "Why, with the dates");
    facts.add("profile", &chosen.profile.name, "The rules: see `scanlift triage profiles`");
    if let Some(text) = &chosen.own {
        facts.add("profile_toml", text, "The rules themselves, since they are your own");
    }
    facts.add("created", today.to_string(), "The day the review was made");
    facts.add("inputs", list(&options.inputs), "Files of the scanners");
    facts.add(
        "installed_by_us",
        options.installed_by_us.join(", "),
        "What was left out as installed by yourselves",
    );
    facts.add("vex", list(&options.vex), "VEX documents that were taken into account");
    facts.add(
        "ignore_file",
        list(options.ignore_file.as_slice()),
        "The ignore file that was taken into account",
    );
    facts
}

fn tell(
    options: &TriageInit,
    review: &Review,
    standing: &Standing,
    records: u64,
    carried: Option<&CarriedOver>,
) {
    for reason in &standing.reasons {
        if standing.is_in() { log::info(reason) } else { log::warn(reason) }
    }
    let mut text = String::new();
    let (kept, left_out) = (review.rows.len(), review.left_out_count());
    let _ =
        writeln!(text, "\n {records} records = {BOLD}{kept} rows to answer{BOLD:#} + {left_out} left out");
    for (reason, count) in review.reasons() {
        let detail = details(review, &reason);
        let _ =
            writeln!(text, "   {count:>6} {:<18} {DIM}{}{DIM:#}", log::escape(&reason), log::escape(&detail));
    }
    let third = review.rows.rows().filter(|row| row.get("origin") == Origin::ThirdParty.as_str()).count();
    let _ =
        writeln!(text, "   {third:>6} rows need assessment and steps, {} a decision only\n", kept - third);
    log::block(Level::Info, &text);
    if let Some(CarriedOver { same, again, gone, .. }) = carried {
        log::info(&format!(
            "answers taken over: {same} rows as they were, {again} to be decided again (see prefilled_from); {} answered rows are gone",
            gone.len()
        ));
        gone.iter().take(GONE).for_each(|row| log::info(&format!("gone: {row}")));
        if gone.len() > GONE {
            log::info(&format!("gone: {} more; --json lists all", gone.len() - GONE));
        }
    }
    let path = options.output.join(format!("{STEM}.xlsx"));
    if kept == 0 {
        log::warn(&format!(
            "nothing is in scope, so there is nothing to ask; {} lists each finding with its reason",
            options.output.join(format!("{STEM}.left-out.csv")).display()
        ));
        return;
    }
    log::info(&format!("fill the yellow cells of {}, also of its sheet Request", path.display()));
    log::info(&format!("then: scanlift triage check {}", path.display()));
}

/// The first details of a reason.
fn details(review: &Review, reason: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    for row in review.left_out.rows().filter(|row| row.get("reason") == reason) {
        if !known.contains(&row.get("detail")) {
            known.push(row.get("detail"));
        }
        if known.len() > DETAILS {
            return format!("{}; ...", known[..DETAILS].join("; "));
        }
    }
    known.join("; ")
}

fn as_json(review: &Review, standing: &Standing, records: u64, carried: Option<&CarriedOver>) -> String {
    let reasons: serde_json::Map<_, _> =
        review.reasons().into_iter().map(|(reason, count)| (reason, count.into())).collect();
    let summary = json!({
        "records": records,
        "kept": review.rows.len(),
        "left_out": review.left_out_count(),
        "left_out_by_reason": reasons,
        "image": review.fact("image"),
        "version": standing.version.map(|version| version.to_string()),
        "image_in_scope": standing.is_in(),
        "reasons": standing.reasons,
        "profile": review.fact("profile"),
        "taken_over": carried.map(|it| json!({"same": it.same, "again": it.again, "gone": it.gone})),
    });
    serde_json::to_string_pretty(&summary).unwrap_or_default() + "\n"
}
