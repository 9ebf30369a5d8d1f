use clap::Args;

/// Options of `issues`.
#[derive(Debug, Args)]
pub(crate) struct Issues {}
