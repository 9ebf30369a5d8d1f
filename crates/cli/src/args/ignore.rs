use clap::{Args, Subcommand, ValueEnum, ValueHint, builder::NonEmptyStringValueParser};
use std::path::PathBuf;

/// Options of `ignore`.
#[derive(Debug, Args)]
pub(crate) struct Ignore {
    #[command(subcommand)]
    pub(crate) what: IgnoreWhat,
}

/// What to do with the ignore file.
#[derive(Debug, Subcommand)]
pub(crate) enum IgnoreWhat {
    /// Put what other tools ignore into the file: SARIF suppressions, Trivy's ignore files, GitLab's dismissals
    Import(IgnoreImport),
    /// List entries that are expired, that cover nothing, and that lack a reason
    Check(IgnoreCheck),
}

/// Options of `ignore import`.
#[derive(Debug, Args)]
pub(crate) struct IgnoreImport {
    /// SARIF files, .trivyignore, .trivyignore.yaml, or GitLab's vulnerability export (CSV)
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are, instead of looking
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<IgnoreSource>,
    /// The file to put entries into, or - for standard output [default: .scanlift-ignore.toml in the root]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Who answers for entries whose source names nobody
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) owner: Option<String>,
}

/// Options of `ignore check`.
#[derive(Debug, Args)]
#[command(after_help = "It exits with 1 if there is something to do.")]
pub(crate) struct IgnoreCheck {
    /// GitLab security reports to hold the entries against: made without the ignore file
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    /// The ignore file [default: .scanlift-ignore.toml in the root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ignore_file: Option<PathBuf>,
}

/// What ignored findings are imported from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IgnoreSource {
    /// Suppressions of SARIF 2.1.0
    Sarif,
    /// .trivyignore
    Trivyignore,
    /// .trivyignore.yaml
    TrivyignoreYaml,
    /// GitLab's vulnerability export, CSV
    Gitlab,
}
