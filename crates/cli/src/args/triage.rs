use clap::Args;

/// Options of `triage`.
#[derive(Debug, Args)]
pub(crate) struct Triage {}
