use clap::Args;

/// Options of `remediate`.
#[derive(Debug, Args)]
pub(crate) struct Remediate {}
