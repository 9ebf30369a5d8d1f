use clap::Args;

/// Options of `gate`.
#[derive(Debug, Args)]
pub(crate) struct Gate {}
