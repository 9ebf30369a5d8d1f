use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  scanlift remediate gl-sast-report.json               list its patches
  scanlift remediate gl-sast-report.json show 3        print one, for `git apply`
  scanlift remediate gl-sast-report.json check         do they still apply to this tree?
  scanlift remediate gl-sast-report.json apply 1 3     change the files

An ID is the number of a patch in the list, or the id of a finding that it mends
(its first characters are enough).

Exit codes: 1 when a patch does not apply; see `scanlift --help` for the others.";

/// Options of `remediate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Remediate {
    /// A GitLab security report, or - for standard input
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) report: PathBuf,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list")]
    pub(crate) action: RemediateAction,
    /// Only these patches [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// The tree that patches are for [default: CI_PROJECT_DIR, the git root, or .]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Show what `apply` would do, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// As JSON, for `list` and `check`
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `remediate` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RemediateAction {
    /// The patches and the findings that they mend
    List,
    /// The diffs
    Show,
    /// Whether they apply to the tree
    Check,
    /// Change the files of the tree
    Apply,
}
