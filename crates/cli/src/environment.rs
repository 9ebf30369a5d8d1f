//! What the environment says: GitLab's predefined variables, the git root and the clock.

use crate::explain::Failure;
use scanlift_ignore_file::Date;
use scanlift_report_core::ScanTime;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The same as a text.
pub(crate) fn text(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}

/// Whether a variable is set, and to nothing.
pub(crate) fn is_blank(name: &OsStr) -> bool {
    env::var_os(name).is_some_and(|value| value.is_empty())
}

/// The repository root when the user names none: `CI_PROJECT_DIR`, else the git root, else here.
pub(crate) fn root() -> PathBuf {
    variable("CI_PROJECT_DIR").map(PathBuf::from).or_else(git_root).unwrap_or_else(|| PathBuf::from("."))
}

/// The nearest folder upwards that holds `.git`, which is a file in a worktree or submodule.
fn git_root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

/// How many threads are of use when the user names no number: framing feeds about eight.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(8))
}

/// The commit of the job.
pub(crate) fn commit() -> Option<String> {
    text("CI_COMMIT_SHA")
}

/// The image of the job, as GitLab's container scanning names it.
pub(crate) fn image() -> Option<String> {
    let of_application = || {
        let repository = text("CI_APPLICATION_REPOSITORY")?;
        Some(match text("CI_APPLICATION_TAG") {
            Some(tag) => format!("{repository}:{tag}"),
            None => repository,
        })
    };
    text("CS_IMAGE").or_else(of_application)
}

/// The same image on the default branch.
pub(crate) fn default_branch_image() -> Option<String> {
    text("CS_DEFAULT_BRANCH_IMAGE")
}

/// The proxy for an address, by the usual variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
pub(crate) fn proxy(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let either = |name: &str| text(&name.to_ascii_lowercase()).or_else(|| text(name));
    let is_excepted = |rule: &str| {
        let rule = rule.trim().trim_start_matches("*.").trim_start_matches('.');
        rule == "*" || !rule.is_empty() && (host == rule || host.ends_with(&format!(".{rule}")))
    };
    if either("NO_PROXY").is_some_and(|rules| rules.split(',').any(is_excepted)) {
        return None;
    }
    // HTTP_PROXY in capitals may come from a web server's request; in a job it is the usual name.
    either(if scheme == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" })
}

/// `SOURCE_DATE_EPOCH`, else the clock.
pub(crate) fn now() -> Result<ScanTime, Failure> {
    let Some(epoch) = variable("SOURCE_DATE_EPOCH") else {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(elapsed.as_secs()).unwrap_or_default();
        return Ok(scanlift_pipeline::time::from_epoch(seconds).unwrap_or_default());
    };
    epoch
        .to_str()
        .and_then(|text| text.trim().parse().ok())
        .and_then(scanlift_pipeline::time::from_epoch)
        .ok_or_else(|| {
            Failure::usage(format!("SOURCE_DATE_EPOCH is `{}`, which is no time", epoch.to_string_lossy()))
                .help("set it to the seconds since 1970-01-01, as `git log -1 --format=%ct` prints them")
        })
}

/// The day, in UTC, by the same clock.
pub(crate) fn today() -> Result<Date, Failure> {
    let now = now()?;
    let day = now.as_str().get(..10).and_then(|day| day.parse().ok());
    day.ok_or_else(|| Failure::usage(format!("the clock says {}, which is no day", now.as_str())))
}
