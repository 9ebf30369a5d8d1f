use crate::args::DiffFormat;
use clap::{Args, ValueHint, builder::NonEmptyStringValueParser};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  scanlift gate gl-sast-report.json --max-critical 0 --max-high 5
  scanlift gate gl-*-report.json --base base/gl-*-report.json --max-high 0 --new-only
  scanlift gate gl-*-report.json --base base/gl-*-report.json --policy policy.yml

It exits with 1 if approval is required or a limit is exceeded, and with 0 if a policy only warns.";

/// Options of `gate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Gate {
    /// The reports of the merge request: files, quoted globs, or - for standard input
    #[arg(required = true, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    /// The reports of the target branch; without them everything is new
    #[arg(long, value_name = "REPORT", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) base: Vec<PathBuf>,
    /// Findings that count as dismissed [default: .scanlift-ignore.toml in the root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ignore_file: Option<PathBuf>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
    /// How many findings of each rule to tell
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) show: usize,

    /// GitLab's policy file [default: .gitlab/security-policies/policy.yml, if no limit is given]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Policies")]
    pub(crate) policy: Option<PathBuf>,
    /// The target branch [default: CI_MERGE_REQUEST_TARGET_BRANCH_NAME, else the default branch]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), help_heading = "Policies")]
    pub(crate) branch: Option<String>,
    /// The default branch [default: CI_DEFAULT_BRANCH]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), help_heading = "Policies")]
    pub(crate) default_branch: Option<String>,
    /// Protected branches beside the default one, * for anything [default: the target branch is one]
    #[arg(long, value_name = "NAME", num_args = 1.., value_parser = NonEmptyStringValueParser::new(), help_heading = "Policies")]
    pub(crate) protected: Vec<String>,
    /// CISA's list of known exploited vulnerabilities, JSON or CSV, for `known_exploited`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Policies")]
    pub(crate) kev: Option<PathBuf>,
    /// FIRST's EPSS scores, CSV (also .gz), for `epss_score`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Policies")]
    pub(crate) epss: Option<PathBuf>,

    /// The most critical findings that pass
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_critical: Option<u64>,
    /// The most high ones
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_high: Option<u64>,
    /// The most medium ones
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_medium: Option<u64>,
    /// The most low ones
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_low: Option<u64>,
    /// The most ones that only inform
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_info: Option<u64>,
    /// The most ones of unknown severity
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_unknown: Option<u64>,
    /// The most of all severities together
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_total: Option<u64>,
    /// Limit only what the target branch does not have
    #[arg(long, requires = "base", help_heading = "Limits")]
    pub(crate) new_only: bool,
}
