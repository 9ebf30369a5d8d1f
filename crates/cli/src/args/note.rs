use super::issues::Server;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// Options of `note`.
#[derive(Debug, Args)]
pub(crate) struct Note {
    #[command(subcommand)]
    pub(crate) what: NoteWhat,
}

/// What is done with notes.
#[derive(Debug, Subcommand)]
pub(crate) enum NoteWhat {
    /// Put a text on a merge request, in place of the one that an earlier run put there
    Post(NotePost),
}

/// Options of `note post`.
#[derive(Debug, Args)]
pub(crate) struct NotePost {
    /// A Markdown file, as `scanlift render --format markdown` writes it, or - for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The number of the merge request
    #[arg(long, value_name = "IID", env = "CI_MERGE_REQUEST_IID")]
    pub(crate) merge_request: Option<u64>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Print what would be posted, and post nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
