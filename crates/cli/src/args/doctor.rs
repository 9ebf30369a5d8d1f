use clap::Args;

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}
