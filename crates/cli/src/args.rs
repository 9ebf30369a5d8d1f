//! The command line. The names of `convert`'s options are also the keys of `scanlift.toml` and, in
//! capitals, the `SCANLIFT_*` variables: `config` sees to that, no option is named there again.

mod ci;
mod doctor;
mod gate;
mod ignore;
mod issues;
mod note;
mod remediate;
mod render;
mod triage;
mod validate;

pub(crate) use ci::{Ci, CiFiles, CiJob, CiPolicy, Get, What};
pub(crate) use doctor::Doctor;
pub(crate) use gate::Gate;
pub(crate) use ignore::{Ignore, IgnoreCheck, IgnoreImport, IgnoreSource, IgnoreWhat};
pub(crate) use issues::{GroupBy, Issues, IssuesWhat, Server, Sync};
pub(crate) use note::{Note, NotePost, NoteWhat};
pub(crate) use remediate::{Remediate, RemediateAction};
pub(crate) use render::Render;
pub(crate) use triage::{
    Triage, TriageCheck, TriageConvert, TriageInit, TriageProfiles, TriageReleases, TriageRules,
    TriageSubmit, TriageWhat,
};
pub(crate) use validate::Validate;

use crate::shard::Shard;
use clap::{
    Args, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{
        NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, Styles, TypedValueParser,
        styling::AnsiColor,
    },
};
use scanlift_convert_api::slug;
use scanlift_pipeline::export::Format;
use scanlift_report_core::{Kind, ScanTime, SchemaVersion, Severity, is_url};
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  scanlift convert semgrep.sarif trivy.json     detect the formats, write gl-*-report.json here
  scanlift convert reports/ -o gitlab/          everything recognised below reports/
  trivy image -f json app | scanlift convert -  from standard input

Exit codes:
  0 done, findings or not       1 the answer is no     2 wrong usage or configuration
  3 an input is missing, unreadable, not recognised or broken
  4 output cannot be written";

const SOURCES: &str = "\
Every option can also be set by a SCANLIFT_* variable, lists with commas
(SCANLIFT_MIN_SEVERITY=low), or by a key of scanlift.toml in the current
directory or the repository root (min-severity = \"low\").
The order is: option, variable, file, default.";

/// Lifts the output of any security scanner into GitLab.
#[derive(Debug, Parser)]
#[command(
    name = "scanlift",
    version,
    styles = STYLES,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 110,
    after_help = EXAMPLES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) terminal: Terminal,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to tell on the terminal.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct Terminal {
    /// Print nothing but errors
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more: what was looked at, and why it was passed over
    #[arg(short, long, global = true, overrides_with = "quiet")]
    pub(crate) verbose: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
}

/// Whether to do something that suits a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Also in a log or pipe
    Always,
    /// Not at all
    Never,
}

/// What `--to` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// Security reports of this kind only.
    Kind(Kind),
    /// Security reports of all kinds: what is written without `--to`.
    Security,
    /// A further file.
    Format(Format),
}

/// What becomes of a finding that a VEX statement rules out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VexAction {
    /// It is left out, and the receipt says why
    Skip,
    /// It stays, flagged as a likely false positive
    Flag,
}

/// Whether to offer patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Remediations {
    /// Where the scanned files are below the root
    Auto,
    /// Only those that the scanner made itself
    Off,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert scanner files into GitLab security reports
    Convert(Box<Convert>),
    /// Tell what files are: format, version, scanner
    Detect(Detect),
    /// Say what GitLab would do with reports: take or refuse them, and why
    Validate(Validate),
    /// Show what GitLab will show of a report: names, order, UUIDs, what it merges
    Preview(Preview),
    /// Say what the merge request widget will say: added, fixed, common
    Diff(Diff),
    /// Fold reports of one kind into one: the shards of a parallel pipeline
    Merge(Merge),
    /// Answer whether findings may pass: GitLab's approval policies, or simple limits
    Gate(Box<Gate>),
    /// Import what other tools ignore, and check that the ignore file still holds
    Ignore(Ignore),
    /// Show findings to people: HTML, Markdown, text, CSV, XLSX, JUnit
    Render(Render),
    /// List, show, check and apply the patches of a report
    Remediate(Remediate),
    /// Prepare a scan-review request: what is in scope, what to answer, the package
    Triage(Triage),
    /// Print pipeline jobs, components and policies for a scanner
    Ci(Box<Ci>),
    /// Check a job from inside: variables, paths, reports, limits
    Doctor(Doctor),
    /// Open issues in GitLab for findings, once for each
    Issues(Issues),
    /// Put a summary on the merge request, replacing the one before
    Note(Note),
    /// List the formats that can be read
    Formats(Formats),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page
    Man(Man),
}

/// Options of `convert`.
#[derive(Debug, Args)]
#[command(after_help = SOURCES)]
pub(crate) struct Convert {
    /// Files, directories, quoted globs, or - for standard input; .gz, .zst and .zip too
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,

    /// Where to: a directory, a file when one report results, or - for standard output
    #[arg(short, long, value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath, help_heading = "Output")]
    pub(crate) output: PathBuf,
    /// Only reports of these kinds, or further files; repeatable. The default is security reports, the kind decided finding by finding
    #[arg(long, value_name = "KIND", value_parser = to(), help_heading = "Output")]
    pub(crate) to: Vec<To>,
    /// One report per kind, even if several scanners fed it
    #[arg(long, help_heading = "Output")]
    pub(crate) merge: bool,
    /// The version of GitLab's report schema to keep to
    #[arg(long, value_name = "VERSION", value_parser = schema_version(), default_value = "15.2.1", help_heading = "Output")]
    pub(crate) schema_version: SchemaVersion,
    /// Write the account of the run (every record a finding, or skipped and why) as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) receipt: Option<PathBuf>,
    /// Offer patches: from the scanners' fixes, and from fixed versions in manifests below the root
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) remediations: Remediations,
    /// Keep secret values, which are taken out everywhere otherwise
    #[arg(long, help_heading = "Output")]
    pub(crate) include_secrets: bool,

    /// The format of all inputs, instead of detecting it; see `scanlift formats`
    #[arg(long, value_name = "FORMAT", value_parser = format(), hide_possible_values = true, help_heading = "Input")]
    pub(crate) from: Option<String>,
    /// Only a part of the inputs, as 2/5; auto: the part of this job of `parallel: N`
    #[arg(long, value_name = "I/N", value_parser = crate::shard::parse, help_heading = "Input")]
    pub(crate) shard: Option<Shard>,
    /// Convert the good inputs, report the bad ones, and exit with 3
    #[arg(long, help_heading = "Input")]
    pub(crate) keep_going: bool,
    /// How many threads read an input, 64 at most; 0 is one for each core, up to eight. The reports are the
    /// same with any number
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=64), help_heading = "Input")]
    pub(crate) threads: u8,
    /// A configuration file, instead of scanlift.toml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,

    /// The repository root that paths become relative to [default: CI_PROJECT_DIR, the git root, or .]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Paths")]
    pub(crate) root: Option<PathBuf>,
    /// Take this beginning, whole folders, off paths; repeatable, the first that fits
    #[arg(long, value_name = "PREFIX", value_parser = NonEmptyStringValueParser::new(), help_heading = "Paths")]
    pub(crate) strip_prefix: Vec<String>,
    /// Put this before every path, after stripping
    #[arg(long, value_name = "PREFIX", help_heading = "Paths")]
    pub(crate) add_prefix: Option<String>,
    /// The manifest that findings of packages belong to when the source names none
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new(), help_heading = "Paths")]
    pub(crate) path: Option<String>,

    /// Drop findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), ignore_case = true, help_heading = "Filters")]
    pub(crate) min_severity: Option<Severity>,
    /// Drop findings in files that match, as GitLab's *_EXCLUDED_PATHS: a name at any depth, or a path from
    /// the root; repeatable, lists with commas too
    #[arg(long, value_name = "GLOB", value_parser = NonEmptyStringValueParser::new(), help_heading = "Filters")]
    pub(crate) exclude: Vec<String>,
    /// Skip findings that entries of this file cover [default: .scanlift-ignore.toml in the root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Filters")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// Drop findings that this VEX document rules out (OpenVEX, CSAF, CycloneDX); repeatable, globs too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Filters")]
    pub(crate) vex: Vec<PathBuf>,
    /// What becomes of a finding that is ruled out by VEX
    #[arg(long, value_name = "ACTION", default_value = "skip", help_heading = "Filters")]
    pub(crate) vex_action: VexAction,
    /// Make findings of entries that only inform
    #[arg(long, help_heading = "Filters")]
    pub(crate) include_info: bool,

    /// The image that was scanned, where the source names none [default: CS_IMAGE, else CI_APPLICATION_REPOSITORY:CI_APPLICATION_TAG]
    #[arg(long, value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) image: Option<String>,
    /// Its name on the default branch, so that GitLab recognises findings [default: CS_DEFAULT_BRANCH_IMAGE]
    #[arg(long, value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) default_branch_image: Option<String>,
    /// The operating system in the image, as debian:12
    #[arg(long, value_name = "OS", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) operating_system: Option<String>,
    /// The commit that was scanned [default: CI_COMMIT_SHA]
    #[arg(long, value_name = "SHA", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) commit: Option<String>,
    /// When the scan began; beats the source
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "What the source does not say")]
    pub(crate) start_time: Option<ScanTime>,
    /// When the scan ended; beats the source
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "What the source does not say")]
    pub(crate) end_time: Option<ScanTime>,
    /// Who scanned, as a slug; beats the source, as the four below
    #[arg(long, value_name = "ID", value_parser = scanner_id, help_heading = "What the source does not say")]
    pub(crate) scanner_id: Option<String>,
    /// Name of the scanner
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) scanner_name: Option<String>,
    /// Version of the scanner
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) scanner_version: Option<String>,
    /// Vendor of the scanner
    #[arg(long, value_name = "VENDOR", value_parser = NonEmptyStringValueParser::new(), help_heading = "What the source does not say")]
    pub(crate) scanner_vendor: Option<String>,
    /// Page of the scanner
    #[arg(long, value_name = "URL", value_parser = url, help_heading = "What the source does not say")]
    pub(crate) scanner_url: Option<String>,

    /// Progress bar
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Terminal")]
    pub(crate) progress: When,
}

/// Options of `detect`.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    /// Files, directories, quoted globs, or - for standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `preview`.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// A GitLab security report or a SARIF log, or - for standard input
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) report: PathBuf,
    /// The artifact key that it is uploaded under [default: what the report says]
    #[arg(long = "as", value_name = "KIND", value_parser = report_kind())]
    pub(crate) kind: Option<Kind>,
    /// The project that it is uploaded to; a part of every UUID
    #[arg(long, value_name = "NUMBER", env = "CI_PROJECT_ID", default_value_t = 1)]
    pub(crate) project_id: u64,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The report of the target branch
    #[arg(value_name = "BASE", value_hint = ValueHint::FilePath)]
    pub(crate) base: PathBuf,
    /// The report of the merge request
    #[arg(value_name = "HEAD", value_hint = ValueHint::FilePath)]
    pub(crate) head: PathBuf,
    /// The artifact key that they are uploaded under [default: what the reports say]
    #[arg(long = "as", value_name = "KIND", value_parser = report_kind())]
    pub(crate) kind: Option<Kind>,
    /// The project that they are uploaded to; a part of every UUID
    #[arg(long, value_name = "NUMBER", env = "CI_PROJECT_ID", default_value_t = 1)]
    pub(crate) project_id: u64,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
    /// Exit with 1 if something was added
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// GitLab security reports of one kind, or - for standard input
    #[arg(required = true, value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    /// Take reports of different scanners too, as shards of `convert --merge` are: the report names them all,
    /// and each finding its own
    #[arg(long)]
    pub(crate) several_scanners: bool,
    /// Where to: a file, a directory (gl-<kind>-report.json in it), or - for standard output
    #[arg(short, long, value_name = "PATH", default_value = "-", value_hint = ValueHint::AnyPath)]
    pub(crate) output: PathBuf,
}

/// How `diff` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For notes and comments
    Markdown,
}

/// Options of `formats`.
#[derive(Debug, Args)]
pub(crate) struct Formats {
    /// As JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// As a Markdown table
    #[arg(long)]
    pub(crate) markdown: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
    /// Print every command with its options as Markdown
    #[arg(long, hide = true, conflicts_with = "dir")]
    pub(crate) markdown: bool,
}

fn format() -> impl TypedValueParser<Value = String> {
    let values = scanlift_converters::registry()
        .iter()
        .map(|converter| PossibleValue::new(converter.descriptor().id).help(converter.descriptor().name))
        .collect::<Vec<_>>();
    PossibleValuesParser::new(values)
}

fn to() -> impl TypedValueParser<Value = To> {
    let kinds = Kind::ALL.map(|kind| PossibleValue::new(kind.as_str()).alias(kind.slug()));
    let security = PossibleValue::new("security").help("security reports of all kinds");
    let formats = Format::ALL.iter().map(|format| PossibleValue::new(format.as_str()));
    PossibleValuesParser::new(kinds.into_iter().chain([security]).chain(formats)).try_map(|text| {
        let kind = || Kind::parse(&text).map(To::Kind);
        let security = || (text == "security").then_some(To::Security);
        Format::parse(&text).map(To::Format).or_else(security).or_else(kind).ok_or("no kind of report")
    })
}

fn report_kind() -> impl TypedValueParser<Value = Kind> {
    let kinds = Kind::ALL.map(|kind| PossibleValue::new(kind.as_str()).alias(kind.slug()));
    PossibleValuesParser::new(kinds).try_map(|text| Kind::parse(&text).ok_or("no kind of report"))
}

fn schema_version() -> impl TypedValueParser<Value = SchemaVersion> {
    PossibleValuesParser::new(SchemaVersion::ALL.iter().map(|version| version.as_str()))
        .try_map(|text| text.parse::<SchemaVersion>())
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    const NAMES: [&str; 6] = ["critical", "high", "medium", "low", "unknown", "info"];
    PossibleValuesParser::new(NAMES).try_map(|text| Severity::from_word(&text).ok_or("no severity"))
}

/// GitLab's ids have letters, digits, and signs between them.
fn scanner_id(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match slug(text) {
        slug if slug.is_empty() => Err("not a slug; write it in letters, as my-scanner".to_owned()),
        slug if !text.bytes().all(fits) => Err(format!("not a slug; write it as {slug}")),
        _ => Ok(text.to_owned()),
    }
}

fn url(text: &str) -> Result<String, &'static str> {
    is_url(text).then(|| text.to_owned()).ok_or("not a web address; write it as https://example.com")
}

fn time(text: &str) -> Result<ScanTime, &'static str> {
    scanlift_pipeline::time::parse(text).ok_or("not a time; write it as 2026-11-22T18:36:00Z")
}
