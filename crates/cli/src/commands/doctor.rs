//! `scanlift doctor`.

use crate::{
    args::Doctor,
    commands::report,
    environment, exit,
    explain::{Failure, chain},
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
};
use scanlift_ci::doctor::{Check, Facts, Level, Report, examine};
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Looks at the job from inside; the answer is no if findings would be lost.
pub(crate) fn run(options: &Doctor) -> Result<u8, Failure> {
    let checks = examine(&facts(options)?);
    let text = if options.json {
        serde_json::to_string_pretty(&checks).unwrap_or_default() + "\n"
    } else {
        as_text(&checks)
    };
    let code = log::answer(text.as_bytes());
    let is_wrong = checks.iter().any(|check| check.level == Level::Wrong);
    Ok(if code == exit::DONE && is_wrong { exit::NO } else { code })
}

fn facts(options: &Doctor) -> Result<Facts, Failure> {
    let mut facts = Facts::default();
    facts.variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let root = environment::root();
    facts.project_dir_exists = root.is_dir();
    let named = if options.reports.is_empty() { here() } else { options.reports.clone() };
    facts.reports = named.iter().map(|path| look(path, &root)).collect::<Result<_, _>>()?;
    facts.pipeline = match &options.pipeline {
        Some(path) => Some(fs::read_to_string(path).map_err(|error| {
            Failure::input(format!("failed to read {}: {}", path.display(), chain(&error)))
        })?),
        None => fs::read_to_string(root.join(".gitlab-ci.yml")).ok(),
    };
    Ok(facts)
}

/// The reports in the current directory, by the names that GitLab looks for.
fn here() -> Vec<PathBuf> {
    let names =
        fs::read_dir(".").into_iter().flatten().flatten().map(|entry| PathBuf::from(entry.file_name()));
    let is_report = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.starts_with("gl-") && name.ends_with("-report.json") && !name.starts_with("gl-code-quality")
    };
    let mut names: Vec<_> = names.filter(is_report).collect();
    names.sort();
    names
}

fn look(path: &Path, root: &Path) -> Result<Report, Failure> {
    let judged = report::judge(path, None, 1, &mut |_, _| {})?;
    let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
    let real = path.canonicalize().unwrap_or_default();
    let root = root.canonicalize().ok();
    let inside = root.as_ref().and_then(|root| real.strip_prefix(root).ok());
    let shown = inside
        .unwrap_or(path)
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>();
    let mut report = Report::new(shown.join("/"), bytes);
    report.is_inside = inside.is_some();
    report.kind = judged.verdict.kind;
    report.refused = judged.verdict.errors.first().map(ToString::to_string);
    report.findings = judged.verdict.count;
    report.dropped = judged.verdict.dropped_count;
    Ok(report)
}

fn as_text(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let (style, mark) = match check.level {
            Level::Good => (GREEN, "ok  "),
            Level::Warning => (YELLOW, "warn"),
            Level::Wrong => (RED, "no  "),
            _ => (DIM, "note"),
        };
        let _ = writeln!(out, "{style}{mark}{style:#} {}", log::escape(&check.seen));
        if let Some(help) = &check.help {
            let _ = writeln!(out, "     {DIM}{}{DIM:#}", log::escape(help));
        }
    }
    let count = |level| checks.iter().filter(|check| check.level == level).count();
    let (wrong, warnings) = (count(Level::Wrong), count(Level::Warning));
    let _ = match (wrong, warnings) {
        (0, 0) => writeln!(out, "\n{BOLD}{GREEN}nothing is wrong{GREEN:#}{BOLD:#}"),
        (0, warnings) => writeln!(out, "\n{BOLD}nothing is lost{BOLD:#}, {warnings} to look at"),
        (wrong, _) => {
            writeln!(out, "\n{BOLD}{RED}{wrong} to mend{RED:#}{BOLD:#}: findings are lost otherwise")
        }
    };
    out
}
