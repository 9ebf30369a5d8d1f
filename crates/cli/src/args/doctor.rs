use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Reports that the job uploads [default: gl-*-report.json here]
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub(crate) reports: Vec<PathBuf>,
    /// The pipeline's file [default: .gitlab-ci.yml in the root, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) pipeline: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}
