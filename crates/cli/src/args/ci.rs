use clap::Args;

/// Options of `ci`.
#[derive(Debug, Args)]
pub(crate) struct Ci {}
