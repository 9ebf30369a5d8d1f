use super::severity;
use clap::{Args, Subcommand, ValueEnum, ValueHint, builder::NonEmptyStringValueParser};
use scanlift_report_core::Severity;
use std::path::PathBuf;

/// Options of `issues`.
#[derive(Debug, Args)]
pub(crate) struct Issues {
    #[command(subcommand)]
    pub(crate) what: IssuesWhat,
}

/// What is done with issues.
#[derive(Debug, Subcommand)]
pub(crate) enum IssuesWhat {
    /// Open an issue for each finding that has none; run it as often as you like
    Sync(Box<Sync>),
}

/// Options of `issues sync`.
#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// GitLab security reports
    #[arg(required = true, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Only findings that are not in the --base reports
    #[arg(long, value_name = "WHICH", requires = "base", help_heading = "Which findings")]
    pub(crate) only: Option<Only>,
    /// Reports of the branch that is compared with, behind the reports
    #[arg(long, value_name = "REPORT", num_args = 1.., requires = "only", value_hint = ValueHint::FilePath, help_heading = "Which findings")]
    pub(crate) base: Vec<PathBuf>,
    /// No issue for findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), ignore_case = true, help_heading = "Which findings")]
    pub(crate) min_severity: Option<Severity>,

    /// What findings are gathered by, an issue each
    #[arg(long, value_name = "WHAT", default_value = "finding", help_heading = "The issues")]
    pub(crate) group_by: GroupBy,
    /// A label beside `scanlift`; repeatable, or with commas
    #[arg(long, value_name = "LABEL", value_delimiter = ',', help_heading = "The issues")]
    pub(crate) labels: Vec<String>,
    /// Only members of the project see them
    #[arg(long, help_heading = "The issues")]
    pub(crate) confidential: bool,
    /// Close issues whose findings are gone, not those of leaked secrets; name all reports of a scanner at once
    #[arg(long, help_heading = "The issues")]
    pub(crate) close_fixed: bool,
    /// A scanned image without findings, which no report names; repeatable
    #[arg(long = "image", value_name = "IMAGE", requires = "close_fixed", value_parser = NonEmptyStringValueParser::new(), help_heading = "The issues")]
    pub(crate) images: Vec<String>,
}

/// Where GitLab is, and who asks.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The project: its number or its path
    #[arg(long, value_name = "PROJECT", env = "CI_PROJECT_ID", value_parser = NonEmptyStringValueParser::new(), help_heading = "GitLab")]
    pub(crate) project: Option<String>,
    /// The address of its API
    #[arg(
        long,
        value_name = "URL",
        env = "CI_API_V4_URL",
        default_value = "https://gitlab.com/api/v4",
        help_heading = "GitLab"
    )]
    pub(crate) api: String,
    /// A file that holds the token [default: the variable SCANLIFT_TOKEN, else GITLAB_TOKEN]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "GitLab")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Which findings have issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Those that are not in the base reports
    New,
}

/// What findings are gathered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// An issue for each finding
    Finding,
    /// An issue for each rule or advisory, in each image
    Rule,
    /// An issue for each package in a file or image
    Package,
}
