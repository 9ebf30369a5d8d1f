use super::report_kind;
use clap::{Args, Subcommand, ValueEnum, ValueHint, builder::NonEmptyStringValueParser};
use scanlift_ci::Release;
use scanlift_report_core::Kind;
use std::path::PathBuf;

/// Options of `ci`.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    #[command(subcommand)]
    pub(crate) what: What,
}

/// What is printed or written.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Print the job of a scanner, and what may stand beside it
    Job(CiJob),
    /// Write a repository that publishes the job as a CI/CD component
    Component(CiFiles),
    /// Print policies: one that runs the job everywhere, one that asks for approval
    Policy(CiPolicy),
    /// Write a small project that shows the loop: scan, report, gate, fix
    Demo(CiFiles),
    /// List the scanners that are known
    Scanners,
}

/// The scanner, and what is wished of its job.
#[derive(Debug, Args)]
pub(crate) struct CiJob {
    /// The scanner: a known one (see `scanlift ci scanners`), or the slug of your own
    #[arg(long, value_name = "SCANNER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scanner: String,
    /// The scanner's name for people [default: as known]
    #[arg(long, value_name = "NAME", help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) name: Option<String>,
    /// An image with the scanner and a shell [default: as known]
    #[arg(long, value_name = "IMAGE", help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) image: Option<String>,
    /// A line of the job's script; repeatable. {paths}, {image} and {url} are what is scanned
    #[arg(long, value_name = "LINE", help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) script: Vec<String>,
    /// The file that the script leaves behind
    #[arg(long, value_name = "FILE", help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) output_file: Option<String>,
    /// What its findings become; repeatable, the first one gives the job its name
    #[arg(long, value_name = "KIND", value_parser = report_kind(), help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) kind: Vec<Kind>,
    /// Run only in projects with such a file; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "A scanner of your own, or changes to a known one")]
    pub(crate) exists: Vec<String>,

    /// Name of the job [default: <scanner>_<kind>]
    #[arg(long, value_name = "NAME")]
    pub(crate) job_name: Option<String>,
    /// Stage of the job [default: test]
    #[arg(long, value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// What to scan, as a shell reads it
    #[arg(long, value_name = "PATHS", default_value = ".")]
    pub(crate) paths: String,
    /// How the job comes by scanlift [default: by the image]
    #[arg(long, value_name = "HOW")]
    pub(crate) get: Option<Get>,
    /// The oldest GitLab that has to take the job and its reports, as 16.5 [default: 18.0]
    #[arg(long, value_name = "VERSION")]
    pub(crate) gitlab: Option<Release>,
    /// User and group that the job runs as; empty leaves it to the image
    #[arg(long, value_name = "USER", default_value = "1000:1000")]
    pub(crate) user: String,
    /// Scan in so many jobs at once, and fold their reports in a last one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=200))]
    pub(crate) shards: Option<u32>,
    /// Add a job that refuses what `scanlift gate` refuses
    #[arg(long)]
    pub(crate) gate: bool,
    /// Options of `scanlift gate` in that job
    #[arg(long, value_name = "OPTIONS", default_value = "--max-critical 0", allow_hyphen_values = true)]
    pub(crate) gate_options: String,
    /// Report Code Quality too, which every tier shows
    #[arg(long)]
    pub(crate) code_quality: bool,
    /// Further options of `scanlift convert`
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) convert_options: Option<String>,
}

/// A job, and where the files go.
#[derive(Debug, Args)]
pub(crate) struct CiFiles {
    #[command(flatten)]
    pub(crate) job: CiJob,
    /// A directory, which is made
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,
}

/// Options of `ci policy`.
#[derive(Debug, Args)]
pub(crate) struct CiPolicy {
    #[command(flatten)]
    pub(crate) job: CiJob,
    /// The project that holds the jobs' file
    #[arg(long, value_name = "PROJECT", default_value = "group/security-policies")]
    pub(crate) project: String,
    /// The branch or tag of that project [default: its default branch]
    #[arg(long, value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// Write policy.yml and the jobs' file below this directory, instead of printing the policies
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
}

/// How a job comes by scanlift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Get {
    /// The static program of a release
    Download,
    /// The Python package
    Pip,
    /// The npm package
    Npm,
    /// The image has it
    Present,
}
