use clap::Args;

/// Options of `render`.
#[derive(Debug, Args)]
pub(crate) struct Render {}
