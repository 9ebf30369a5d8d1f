//! What the user wants of a run.

use crate::export::Format;
use scanlift_ignore_file::IgnoreFile;
use scanlift_report_core::{Kind, ScanTime, SchemaVersion, Severity};
use scanlift_vex::Vex;
use std::{path::PathBuf, sync::Arc};

/// What the user wants of a run. The clock and the environment are read by the caller, never here.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The schema version to write for.
    pub schema_version: SchemaVersion,
    /// The repository root, absolute. `None`: sources cannot be read.
    pub root: Option<PathBuf>,
    /// Beginnings to take off paths, the first that fits.
    pub strip_prefix: Vec<String>,
    /// What to put before every path, after stripping.
    pub add_prefix: Option<String>,
    /// Leave a path that begins at the root of a file system as it is, unless it is below a root of the
    /// scan: for readers to whom more than a repository was scanned, such as an image.
    pub keep_absolute: bool,
    /// One report per kind, whoever scanned.
    pub merge: bool,
    /// Only these kinds; empty means all. A finding of another kind is moved to the first of
    /// them that can express it, or skipped as filtered.
    pub kinds: Vec<Kind>,
    /// Further files to write. With these and without [`kinds`](Self::kinds) no security report is
    /// kept.
    pub formats: Vec<Format>,
    /// Findings below it are skipped as filtered.
    pub min_severity: Option<Severity>,
    /// Findings in files that match one of these globs are skipped as filtered. A glob is one of GitLab's
    /// excluded paths: without a slash a name at any depth, with one a path from the root; slashes around it
    /// mean nothing.
    pub exclude: Vec<String>,
    /// What VEX documents say of findings.
    pub vex: Option<Arc<Vex>>,
    /// What becomes of a finding that they rule out.
    pub vex_action: VexAction,
    /// What people decided to ignore.
    pub ignore: Option<Arc<IgnoreFile>>,
    /// Make patches for findings, from the files below the root.
    pub remediations: bool,
    /// Write findings that GitLab would fold, too: for readers that know more of a place than GitLab's
    /// identity does, such as the path of a package in an image.
    pub keep_duplicates: bool,
    /// Keep secret values.
    pub include_secrets: bool,
    /// What the scanned image is called on the default branch, for findings that do not say it.
    pub default_branch_image: Option<String>,
    /// The commit that was scanned, for secrets whose source does not say it.
    pub commit: Option<String>,
    /// What the user says of the scanner; beats the source.
    pub scanner: ScannerOverride,
    /// Beats the source.
    pub start_time: Option<ScanTime>,
    /// Beats the source.
    pub end_time: Option<ScanTime>,
    /// The time of a scan whose source says none.
    pub now: ScanTime,
    /// How many threads may work on an input; 0 is 1. The reports are the same with any number.
    pub threads: usize,
    /// Where temporary files go: the folder of the output, so that they can be renamed into place.
    pub temp_dir: PathBuf,
}

/// What becomes of a finding that a VEX statement rules out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VexAction {
    /// It is skipped, and is in the account.
    #[default]
    Skip,
    /// It stays, flagged as a likely false positive.
    Flag,
}

/// What the user says of the scanner.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ScannerOverride {
    /// `--scanner-id`.
    pub id: Option<String>,
    /// `--scanner-name`.
    pub name: Option<String>,
    /// `--scanner-version`.
    pub version: Option<String>,
    /// `--scanner-vendor`.
    pub vendor: Option<String>,
    /// `--scanner-url`.
    pub url: Option<String>,
}

/// A setting that cannot be used. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[error("use the glob {glob}: {problem}")]
#[non_exhaustive]
pub struct SettingsError {
    /// The glob as given.
    pub glob: String,
    /// What is wrong with it.
    pub problem: String,
}
