use super::report_kind;
use clap::{Args, ValueHint};
use scanlift_report_core::Kind;
use std::path::PathBuf;

const ABOUT: &str = "\
A SARIF log is judged as GitLab's own ingestion of SARIF (19.2) does.
Exit codes: 0 GitLab takes every report; 1 it refuses one, or something in it is of no use
(with --strict: anything is merged, cut, lost or misread). Every rule has a page in docs/lint.";

/// Options of `validate`.
#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(crate) struct Validate {
    /// GitLab security reports or SARIF logs, or - for standard input
    #[arg(required = true, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    /// The artifact key that they are uploaded under [default: what the report says]
    #[arg(long = "as", value_name = "KIND", value_parser = report_kind())]
    pub(crate) kind: Option<Kind>,
    /// The repository that was scanned: say which files and lines do not exist in it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Warnings make the answer a no
    #[arg(long)]
    pub(crate) strict: bool,
    /// As JSON
    #[arg(long, conflicts_with = "sarif")]
    pub(crate) json: bool,
    /// As a SARIF log, for editors
    #[arg(long)]
    pub(crate) sarif: bool,

    /// Mend what can be mended without guessing, then judge what came out
    #[arg(long, help_heading = "Mending")]
    pub(crate) fix: bool,
    /// Where to put the mended report [default: in its own place]
    #[arg(short, long, value_name = "FILE", requires = "fix", value_hint = ValueHint::FilePath, help_heading = "Mending")]
    pub(crate) output: Option<PathBuf>,
}
