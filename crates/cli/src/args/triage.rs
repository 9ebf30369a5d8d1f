use clap::{Args, Subcommand, ValueHint, builder::NonEmptyStringValueParser};
use scanlift_triage::{Date, Version};
use std::path::PathBuf;

const GUIDE: &str = "\
The way of a request:
  scanlift triage init trivy.json --image gitlab/gitlab-ee:18.5.2-ee.0 -o review/
  ... fill the yellow cells of review/review.xlsx ...
  scanlift triage check review/review.xlsx
  scanlift triage submit review/review.xlsx -o submission/";

/// Options of `triage`.
#[derive(Debug, Args)]
#[command(after_help = GUIDE)]
pub(crate) struct Triage {
    #[command(subcommand)]
    pub(crate) what: TriageWhat,
}

/// What is done.
#[derive(Debug, Subcommand)]
pub(crate) enum TriageWhat {
    /// Make a review of scanner files or reports: rows to answer, and what was left out and why
    Init(Box<TriageInit>),
    /// Say row by row what is missing before a review can be sent
    Check(TriageCheck),
    /// Say how far a review is
    Status(TriageCheck),
    /// Make the package to send: the review in all formats, the request, a manifest, a ZIP file
    Submit(TriageSubmit),
    /// Convert a review between CSV, JSON and XLSX
    Convert(TriageConvert),
    /// List the profiles of rules, or print one to copy and change
    Profiles(TriageProfiles),
    /// Print GitLab's release calendar, and what is in scope on a day
    Releases(TriageReleases),
}

/// The rules, and the day.
#[derive(Debug, Args)]
pub(crate) struct TriageRules {
    /// The profile of rules: a name (see `scanlift triage profiles`) or a TOML file
    #[arg(long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new(), help_heading = "Rules")]
    pub(crate) profile: Option<String>,
    /// Releases of GitLab that its calendar does not tell (TOML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub(crate) releases: Option<PathBuf>,
    /// The day that it is [default: SOURCE_DATE_EPOCH, or today]
    #[arg(long, value_name = "DATE", value_parser = day, help_heading = "Rules")]
    pub(crate) today: Option<Date>,
}

/// Options of `triage init`.
#[derive(Debug, Args)]
pub(crate) struct TriageInit {
    /// Scanner files and GitLab reports: files, directories, quoted globs, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// The image that was scanned, as gitlab/gitlab-ee:18.5.2-ee.0
    #[arg(long, value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) image: String,
    /// The version of GitLab in it, where the tag does not say it (latest, digests)
    #[arg(long = "version", value_name = "VERSION", value_parser = version)]
    pub(crate) gitlab_version: Option<Version>,
    /// The directory for the review
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,
    /// Overwrite a review that is there, with the answers in it
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the numbers as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Packages (curl, curl@8.*) and paths (/usr/local/**) that you installed yourself; repeatable
    #[arg(long, value_name = "GLOB", value_parser = NonEmptyStringValueParser::new(), help_heading = "What is known already")]
    pub(crate) installed_by_us: Vec<String>,
    /// Earlier reviews, whose answers are taken over; repeatable, the one that is named last leads
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is known already")]
    pub(crate) previous: Vec<PathBuf>,
    /// VEX documents: what they rule out is left out, what they say else is a first assessment; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is known already")]
    pub(crate) vex: Vec<PathBuf>,
    /// An ignore file, whose reasons are first assessments
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What is known already")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// The directory of the image that was scanned, for findings with relative paths: /opt/gitlab
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new(), help_heading = "What is known already")]
    pub(crate) scanned: Option<String>,
    /// The format of all inputs, instead of detecting it; see `scanlift formats`
    #[arg(long, value_name = "FORMAT", value_parser = super::format(), hide_possible_values = true, help_heading = "What is known already")]
    pub(crate) from: Option<String>,

    #[command(flatten)]
    pub(crate) rules: TriageRules,
}

/// Options of `triage check` and `triage status`.
#[derive(Debug, Args)]
pub(crate) struct TriageCheck {
    /// A review: .xlsx, .csv or .json
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) rules: TriageRules,
}

/// Options of `triage submit`.
#[derive(Debug, Args)]
pub(crate) struct TriageSubmit {
    /// A review: .xlsx, .csv or .json
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The directory for the package
    #[arg(short, long, value_name = "DIR", default_value = "submission", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,
    /// Make it although something is missing; the package says so
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) rules: TriageRules,
}

/// Options of `triage convert`.
#[derive(Debug, Args)]
pub(crate) struct TriageConvert {
    /// A review: .xlsx, .csv or .json
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The file to write: its ending tells the format
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

/// Options of `triage profiles`.
#[derive(Debug, Args)]
pub(crate) struct TriageProfiles {
    /// Print this one as TOML
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Options of `triage releases`.
#[derive(Debug, Args)]
pub(crate) struct TriageReleases {
    /// Releases of GitLab that its calendar does not tell (TOML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) releases: Option<PathBuf>,
    /// The day that it is [default: SOURCE_DATE_EPOCH, or today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) today: Option<Date>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn day(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "not a date; write it as 2026-11-28")
}

fn version(text: &str) -> Result<Version, String> {
    text.parse::<Version>().map_err(|_| "not a version of GitLab; write it as 18.5.2".to_owned())
}
