//! `scanlift gate`.

mod text;

use crate::{
    args::{DiffFormat, Gate},
    commands::report,
    environment, exit,
    explain::{self, Failure},
    ignore,
    inputs::{self, shown},
    log,
};
use scanlift_convert_api::Input;
use scanlift_gate::{
    Enrichment, EnrichmentError, Evidence, Limits, Policies, Side, Target, evaluate, markdown,
};
use scanlift_ignore_file::{IgnoreFile, Usage};
use scanlift_input::Source;
use scanlift_report_core::Severity;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// Where GitLab keeps policies, below the root of the policy project.
const POLICY: &str = ".gitlab/security-policies/policy.yml";

/// The largest policy file that is read, in bytes; GitLab's own limit on such files is far below.
const LARGEST: u64 = 4 << 20;

/// Answers whether findings may pass: exit code 1 if they may not.
pub(crate) fn run(options: &Gate) -> Result<u8, Failure> {
    let limits = limits(options);
    let policies = policies(options, &limits)?;
    let ignored = ignore::read(options.ignore_file.as_deref(), &environment::root())?;
    let mut usage = Usage::default();
    let mut evidence = Evidence::default();
    for (side, paths) in [(Side::Head, &options.reports), (Side::Base, &options.base)] {
        for (label, source) in sources(paths)? {
            read(&mut evidence, side, &label, &source, ignored.as_ref(), &mut usage)?;
        }
    }
    if let Some(file) = &ignored {
        // What `convert` left out by the same file is not in the reports: an unused entry means nothing.
        let warnings = file.warnings(None);
        warnings.iter().for_each(|warning| log::warn(&format!("{}: {warning}", file.name())));
    }
    let enrichment = enrichment(options, &evidence)?;
    let target = target(options);
    let compared = evidence.compare();
    let answer = evaluate(&policies, Some(&limits), &compared, &target, &enrichment, options.show);
    let told = match options.format {
        DiffFormat::Text => {
            answer.warnings.iter().for_each(|warning| log::warn(warning));
            text::text(&answer)
        }
        DiffFormat::Markdown => markdown(&answer),
        DiffFormat::Json => serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n",
    };
    let code = log::answer(told.as_bytes());
    Ok(if code == exit::DONE && answer.decision.is_no() { exit::NO } else { code })
}

/// Where the merge request goes to: what the user says, else what the job says.
fn target(options: &Gate) -> Target {
    let or = |said: &Option<String>, variable: &str| {
        said.clone().or_else(|| environment::variable(variable)?.into_string().ok())
    };
    let default = or(&options.default_branch, "CI_DEFAULT_BRANCH");
    Target {
        branch: or(&options.branch, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME").or_else(|| default.clone()),
        default,
        protected: options.protected.clone(),
        project: or(&None, "CI_PROJECT_PATH"),
    }
}

fn limits(options: &Gate) -> Limits {
    let mut limits = Limits::default();
    for (severity, most) in [
        (Severity::Critical, options.max_critical),
        (Severity::High, options.max_high),
        (Severity::Medium, options.max_medium),
        (Severity::Low, options.max_low),
        (Severity::Info, options.max_info),
        (Severity::Unknown, options.max_unknown),
    ] {
        limits.most.extend(most.map(|most| (severity, most)));
    }
    limits.total = options.max_total;
    limits.new_only = options.new_only;
    limits
}

/// The policies that are named, else those that lie where GitLab has them, else none if there is a limit.
fn policies(options: &Gate, limits: &Limits) -> Result<Policies, Failure> {
    let found = environment::root().join(POLICY);
    let path = match &options.policy {
        Some(path) => path,
        None if !limits.is_empty() => return Ok(Policies::default()),
        None if found.is_file() => &found,
        None => {
            return Err(Failure::usage("nothing to answer: neither a policy nor a limit is given")
                .help("name GitLab's policy file with --policy, or a limit as --max-critical 0"));
        }
    };
    let label = path.display().to_string();
    let source = Source::file(path).map_err(|error| explain::open(&error))?;
    let mut yaml = String::new();
    source
        .open()
        .and_then(|stream| stream.take(LARGEST + 1).read_to_string(&mut yaml))
        .map_err(|error| explain::read(&label, &error))?;
    if yaml.len() as u64 > LARGEST {
        return Err(Failure::usage(format!("{label} is no policy file: it has more than 4 MiB")));
    }
    log::debug(&format!("policies are from {label}"));
    let policies = Policies::parse(&yaml).map_err(|error| {
        Failure::usage(format!("failed to {error}"))
            .note(format!("in {label}"))
            .help("GitLab does not enforce a policy file with such a mistake")
    })?;
    if policies.policies.is_empty() && limits.is_empty() {
        return Err(Failure::usage(format!("{label} holds no `approval_policy`"))
            .help("only merge request approval policies can be evaluated"));
    }
    Ok(policies)
}

fn sources(paths: &[PathBuf]) -> Result<Vec<(String, Source)>, Failure> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let source = Source::stdin().map_err(|error| explain::open(&error))?;
            sources.push(("-".to_owned(), source));
        } else {
            sources.extend(inputs::files(std::slice::from_ref(path))?);
        }
    }
    inputs::without_copies(&mut sources, |(label, source)| Some((shown(label), source)));
    Ok(sources)
}

fn read(
    evidence: &mut Evidence,
    side: Side,
    label: &str,
    source: &Source,
    ignored: Option<&IgnoreFile>,
    usage: &mut Usage,
) -> Result<(), Failure> {
    let label = shown(label);
    let verdict = evidence
        .add(side, source, None, &mut |kind, finding, value| {
            ignore::covers(ignored, usage, kind, finding, value)
        })
        .map_err(|error| explain::convert(label, source, "GitLab report", &error))?;
    match verdict.errors.first() {
        None => Ok(()),
        Some(error) => Err(report::refused(label, source, error)),
    }
}

fn enrichment(options: &Gate, evidence: &Evidence) -> Result<Enrichment, Failure> {
    type Read = fn(&mut Enrichment, &dyn Input) -> Result<(), EnrichmentError>;
    let mut enrichment = Enrichment::of(evidence.cves());
    let files: [(&Option<PathBuf>, Read); 2] =
        [(&options.kev, Enrichment::read_kev), (&options.epss, Enrichment::read_epss)];
    for (path, read) in files {
        let Some(path): Option<&Path> = path.as_deref() else { continue };
        let label = path.display().to_string();
        let source = Source::file(path).map_err(|error| explain::open(&error))?;
        read(&mut enrichment, &source).map_err(|error| match error {
            EnrichmentError::Read(error) => explain::read(&label, &error),
            error => Failure::input(format!("failed to {error}"))
                .note(format!("in {label}"))
                .help("get it again from who publishes it, and name it as it is"),
        })?;
    }
    Ok(enrichment)
}
