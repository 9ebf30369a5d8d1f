use clap::Args;

/// Options of `note`.
#[derive(Debug, Args)]
pub(crate) struct Note {}
