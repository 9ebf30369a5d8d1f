//! What is wrong with a job, seen from inside it: variables, reports, the pipeline's file.
//!
//! The facts are given; nothing is opened or read here.

use crate::{
    configuration::{self, lines},
    rules::{disabled_variable, feature},
};
use scanlift_report_core::Kind;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of the job.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// Whether `CI_PROJECT_DIR` is a directory.
    pub project_dir_exists: bool,
    /// The reports that were found or named.
    pub reports: Vec<Report>,
    /// The text of `.gitlab-ci.yml`, if there is one.
    pub pipeline: Option<String>,
}

/// A report that the job is to upload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Relative to the project, where it is inside of it.
    pub path: String,
    /// Whether it is inside of the project's directory.
    pub is_inside: bool,
    /// Its size.
    pub bytes: u64,
    /// What it says it is.
    pub kind: Option<Kind>,
    /// Why GitLab refuses it, if it does.
    pub refused: Option<String>,
    /// How many findings it has.
    pub findings: u64,
    /// How many of them GitLab does not show.
    pub dropped: u64,
}

impl Report {
    /// A report of that size at that path.
    #[must_use]
    pub fn new(path: impl Into<String>, bytes: u64) -> Self {
        Self { path: path.into(), is_inside: true, bytes, kind: None, refused: None, findings: 0, dropped: 0 }
    }
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// It works, and will surprise.
    Warning,
    /// Findings are lost.
    Wrong,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// How bad it is.
    pub level: Level,
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// GitLab's general limit for artifacts on self-managed instances, in bytes (100 MB).
const ARTIFACT: u64 = 100 * 1024 * 1024;

/// Looks at everything; the worst is not first, the order is that of the job.
#[must_use]
pub fn examine(facts: &Facts) -> Vec<Check> {
    let mut checks = Checks(Vec::new());
    variables(facts, &mut checks);
    for report in &facts.reports {
        examine_report(facts, report, &mut checks);
    }
    if facts.reports.is_empty() {
        checks.add(
            Level::Wrong,
            "no gl-*-report.json was found",
            "run `scanlift convert` before, or name the reports; GitLab compares against an empty report too, so write one always",
        );
    }
    match &facts.pipeline {
        Some(text) => pipeline(facts, text, &mut checks),
        None => checks.add(
            Level::Note,
            "there is no .gitlab-ci.yml to look at",
            "name it with --pipeline; `scanlift ci job` prints one",
        ),
    }
    checks.0
}

struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, level: Level, seen: impl Into<String>, help: impl Into<String>) {
        let help = Some(help.into()).filter(|help: &String| !help.is_empty());
        self.0.push(Check { level, seen: seen.into(), help });
    }

    fn good(&mut self, seen: impl Into<String>) {
        self.add(Level::Good, seen, "");
    }
}

fn is_true(facts: &Facts, name: &str) -> bool {
    facts.variables.get(name).is_some_and(|value| value == "true" || value == "1")
}

fn variables(facts: &Facts, checks: &mut Checks) {
    let variable = |name: &str| facts.variables.get(name).filter(|value| !value.is_empty());
    if variable("GITLAB_CI").is_none() {
        checks.add(Level::Note, "this is no GitLab job", "what a job's variables say is not checked");
        return;
    }
    checks.good("this is a GitLab job");
    match (variable("CI_PROJECT_DIR"), facts.project_dir_exists) {
        (Some(_), true) => checks.good("CI_PROJECT_DIR is a directory: paths become relative to it"),
        (Some(folder), false) => checks.add(
            Level::Wrong,
            format!("CI_PROJECT_DIR is {folder}, which is no directory here"),
            "run in the job's own directory; artifacts are only taken from there",
        ),
        (None, _) => checks.add(
            Level::Warning,
            "CI_PROJECT_DIR is not set",
            "paths become relative to the git root instead: pass --root if that is another directory",
        ),
    }
    if variable("CI_COMMIT_SHA").is_none() {
        checks.add(
            Level::Warning,
            "CI_COMMIT_SHA is not set",
            "secret detection needs a commit: pass --commit",
        );
    }
    if variable("SECURE_LOG_LEVEL").is_some_and(|level| level == "debug") {
        checks.add(
            Level::Warning,
            "SECURE_LOG_LEVEL is debug",
            "logs of scanners may show secrets at this level: take it back once you are done",
        );
    }
    if variable("CI_PIPELINE_SOURCE").is_some_and(|source| source == "merge_request_event")
        && !is_true(facts, "AST_ENABLE_MR_PIPELINES")
    {
        checks.add(
            Level::Warning,
            "this is a merge request pipeline, and AST_ENABLE_MR_PIPELINES is not true",
            "GitLab's own scanners run in branch pipelines then: set it to \"true\" for the project, so that all reports come from the same pipeline",
        );
    }
}

fn examine_report(facts: &Facts, report: &Report, checks: &mut Checks) {
    let path = &report.path;
    if let Some(reason) = &report.refused {
        checks.add(
            Level::Wrong,
            format!("GitLab refuses {path}: {reason}"),
            "`scanlift validate` lists everything, and `scanlift validate --fix` mends what needs no guess",
        );
        return;
    }
    let Some(kind) = report.kind else {
        checks.add(Level::Wrong, format!("{path} is no security report"), "");
        return;
    };
    let findings = if report.findings == 1 { "finding" } else { "findings" };
    checks.good(format!("GitLab takes {path}: {kind}, {} {findings}", report.findings));
    if !report.is_inside {
        checks.add(
            Level::Wrong,
            format!("{path} is outside of CI_PROJECT_DIR"),
            "the runner only uploads what is inside: write it there with --output",
        );
    }
    if report.bytes > ARTIFACT {
        checks.add(
            Level::Warning,
            format!("{path} has {} MB", report.bytes / 1_000_000),
            "artifacts over 100 MB are refused where the limit is GitLab's default: raise it, drop what is below a severity (--min-severity), or split the scan",
        );
    }
    if report.dropped > 0 {
        checks.add(
            Level::Warning,
            format!("GitLab shows {} findings of {path} less than are in it", report.dropped),
            "`scanlift preview` names them",
        );
    }
    let disabled = disabled_variable(kind);
    if is_true(facts, &disabled) {
        checks.add(
            Level::Note,
            format!("{disabled} is set"),
            "jobs of this kind are meant not to run: the job's rules should honour it",
        );
    }
    let features = facts.variables.get("GITLAB_FEATURES");
    if let Some(features) = features {
        let wanted = feature(kind).unwrap_or(kind.as_str());
        if !features.split([',', ' ']).any(|feature| feature == wanted) {
            checks.add(
                Level::Note,
                format!("the project's tier does not show {kind}"),
                "the report stays a file of the job; `--to codequality` and `scanlift render` show findings on every tier",
            );
        }
    }
}

/// Looks at the jobs of a pipeline that upload security reports.
fn pipeline(facts: &Facts, text: &str, checks: &mut Checks) {
    let entries = match configuration::read(text) {
        Ok(Value::Object(entries)) => entries,
        Ok(_) => {
            checks.add(Level::Wrong, ".gitlab-ci.yml is no mapping", "");
            return;
        }
        Err(reason) => {
            checks.add(Level::Wrong, format!(".gitlab-ci.yml cannot be read: {reason}"), "");
            return;
        }
    };
    let mut uploaded = Vec::new();
    // Hidden jobs never run; what they have is in those that take it over.
    for (name, job) in entries.iter().filter(|(name, _)| !name.starts_with('.')) {
        let Some(reports) = job.pointer("/artifacts/reports").and_then(Value::as_object) else { continue };
        let kinds: Vec<_> =
            reports.iter().filter_map(|(key, file)| Some((Kind::parse(key)?, file))).collect();
        if kinds.is_empty() {
            continue;
        }
        for (kind, file) in &kinds {
            artifact(facts, name, *kind, file, checks);
            uploaded.extend(lines(Some(file)).into_iter().map(from_root));
        }
        conventions(name, job, checks);
    }
    for report in facts.reports.iter().filter(|report| !uploaded.contains(&&*report.path)) {
        let Some(kind) = report.kind else { continue };
        if entries.contains_key("include") {
            checks.add(
                Level::Note,
                format!(
                    "no job here uploads {}, and what .gitlab-ci.yml includes is not looked at",
                    report.path
                ),
                "the pipeline editor shows the full configuration: save it, and name it with --pipeline",
            );
        } else {
            checks.add(
                Level::Wrong,
                format!("no job uploads {} as {kind}", report.path),
                format!(
                    "name it below `artifacts:reports:{}:`; below `artifacts:paths:` it is only a file",
                    kind.as_str()
                ),
            );
        }
    }
}

/// A path as reports are named: from the project's root.
fn from_root(path: &str) -> &str {
    path.trim_start_matches("./")
}

fn artifact(facts: &Facts, job: &str, kind: Kind, file: &Value, checks: &mut Checks) {
    let Some(file) = file.as_str() else {
        checks.add(
            Level::Warning,
            format!("{job} names several files for {kind}"),
            "one file a job is documented for security reports: fold them with `scanlift convert --merge`",
        );
        return;
    };
    if file.contains(['*', '?', '[']) || file.ends_with('/') {
        checks.add(
            Level::Wrong,
            format!("{job} uploads {file} as {kind}"),
            "security reports take a file's name, no pattern and no directory",
        );
        return;
    }
    match facts.reports.iter().find(|report| report.path == from_root(file)) {
        Some(Report { kind: Some(found), .. }) if *found != kind => checks.add(
            Level::Wrong,
            format!("{job} uploads {file} as {kind}, and it is {found}"),
            format!("the key decides, not the file: write it below `{}:`", found.as_str()),
        ),
        Some(_) => checks.good(format!("{job} uploads {file} as {kind}")),
        None => {}
    }
}

/// The words of a command that fails a job because of what was found.
const REFUSING: [&str; 4] = ["scanlift gate", "--exit-code 1", "--exit-code=1", "--fail-on"];

fn conventions(name: &str, job: &Value, checks: &mut Checks) {
    let script = lines(job.get("script"));
    if let Some(line) = script.iter().find(|line| REFUSING.iter().any(|word| line.contains(word))) {
        checks.add(
            Level::Wrong,
            format!("{name} may fail because of its findings: {}", line.trim()),
            "GitLab ingests no report of a failed job, allowed to or not: put the gate into a job of its own that `needs` this one",
        );
    }
    if job.get("allow_failure").and_then(Value::as_bool) != Some(true) {
        checks.add(
            Level::Note,
            format!("{name} has no `allow_failure: true`"),
            "GitLab's own scanner jobs have it, so that a scanner that breaks does not stop the pipeline",
        );
    }
    for key in ["before_script", "after_script"] {
        if job.get(key).is_some() {
            checks.add(
                Level::Note,
                format!("{name} has {key}"),
                "in a template that others include these belong to them: put the lines into `script`",
            );
        }
    }
    if job.pointer("/artifacts/access").is_none() && job.pointer("/artifacts/public").is_none() {
        checks.add(
            Level::Note,
            format!("everybody who sees the pipelines of the project can download the reports of {name}"),
            "`artifacts: access: developer` keeps them to the team",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(facts: &Facts, level: Level) -> Vec<String> {
        examine(facts).into_iter().filter(|check| check.level == level).map(|check| check.seen).collect()
    }

    fn report(path: &str, kind: Kind) -> Report {
        Report { kind: Some(kind), ..Report::new(path, 10) }
    }

    #[test]
    fn a_job_as_it_should_be() {
        let job = crate::Job::new(
            crate::Scanner::find("gitleaks", &crate::Custom::default()).expect("it is known"),
            "0.1.0",
        );
        let variables = [("GITLAB_CI", "true"), ("CI_PROJECT_DIR", "/builds/a"), ("CI_COMMIT_SHA", "abc")];
        let facts = Facts {
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            project_dir_exists: true,
            reports: vec![report("gl-secret-detection-report.json", Kind::SecretDetection)],
            pipeline: Some(job.document().to_yaml().expect("YAML")),
        };
        let checks = examine(&facts);
        assert!(checks.iter().all(|check| check.level == Level::Good), "{checks:#?}");
        assert_eq!(checks.len(), 4);
    }

    #[test]
    fn each_mistake_is_told() {
        let cases = [
            (
                "artifacts: {reports: {sast: gl-dast-report.json}}",
                Level::Wrong,
                "uploads gl-dast-report.json as sast, and it is dast",
            ),
            ("artifacts: {reports: {dast: 'gl-*.json'}}", Level::Wrong, "uploads gl-*.json as dast"),
            ("artifacts: {reports: {dast: [a.json, b.json]}}", Level::Warning, "several files"),
            (
                "script: [scan, scanlift gate a.json]\n  artifacts: {reports: {dast: a.json}}",
                Level::Wrong,
                "may fail because of its findings",
            ),
            (
                "script: [[scan --exit-code 1]]\n  artifacts: {reports: {dast: a.json}}",
                Level::Wrong,
                "may fail",
            ),
            ("before_script: [a]\n  artifacts: {reports: {dast: a.json}}", Level::Note, "before_script"),
            ("artifacts: {reports: {dast: a.json}}", Level::Note, "can download the reports"),
            (
                "artifacts: {paths: [gl-dast-report.json]}",
                Level::Wrong,
                "no job uploads gl-dast-report.json as dast",
            ),
            (
                "script: [scan]\ninclude: jobs.yml",
                Level::Note,
                "no job here uploads gl-dast-report.json, and what .gitlab-ci.yml includes is not looked at",
            ),
        ];
        for (job, level, part) in cases {
            let facts = Facts {
                reports: vec![report("gl-dast-report.json", Kind::Dast)],
                pipeline: Some(format!("scan:\n  {job}\n")),
                ..Facts::default()
            };
            let found = seen(&facts, level);
            assert!(found.iter().any(|seen| seen.contains(part)), "{job}: {found:#?}");
        }
        let hidden =
            ".scan: {allow_failure: true, artifacts: {access: developer, reports: {dast: a.json}}}\n";
        for (more, seen_first) in [
            ("build: {script: [make]}", "no job uploads a.json as dast"),
            ("scan: {extends: .scan}", "scan uploads a.json as dast"),
            ("scan: {artifacts: !reference [.scan, artifacts]}", "scan uploads a.json as dast"),
        ] {
            let facts = Facts {
                reports: vec![report("a.json", Kind::Dast)],
                pipeline: Some(format!("spec: {{inputs: {{}}}}\n---\n{hidden}{more}\n")),
                ..Facts::default()
            };
            let checks = examine(&facts);
            let of_jobs = checks.iter().find(|check| check.seen.contains("uploads"));
            assert_eq!(of_jobs.map(|check| check.seen.as_str()), Some(seen_first), "{more}");
        }
        let facts = Facts { pipeline: Some("a: [".into()), ..Facts::default() };
        assert_eq!(seen(&facts, Level::Wrong).len(), 2);
        let refused = Report { refused: Some("no version".into()), ..report("a.json", Kind::Sast) };
        let large =
            Report { bytes: ARTIFACT + 1, dropped: 2, is_inside: false, ..report("b.json", Kind::Sast) };
        let facts = Facts { reports: vec![refused, large], ..Facts::default() };
        assert_eq!(seen(&facts, Level::Wrong).len(), 2);
        assert_eq!(seen(&facts, Level::Warning).len(), 2);
    }

    #[test]
    fn variables_are_looked_at() {
        let variables = [
            ("GITLAB_CI", "true"),
            ("SECURE_LOG_LEVEL", "debug"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_PROJECT_DIR", "/nowhere"),
            ("GITLAB_FEATURES", "sast,secret_detection"),
            ("DAST_DISABLED", "true"),
        ];
        let facts = Facts {
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            reports: vec![report("a.json", Kind::Dast)],
            ..Facts::default()
        };
        assert_eq!(seen(&facts, Level::Wrong), ["CI_PROJECT_DIR is /nowhere, which is no directory here"]);
        assert_eq!(seen(&facts, Level::Warning).len(), 3);
        assert_eq!(seen(&facts, Level::Note).len(), 3);
    }
}
