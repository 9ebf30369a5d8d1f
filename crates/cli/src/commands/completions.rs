//! `scanlift completions`.

use crate::{
    args::{Cli, Completions},
    log,
};
use clap::CommandFactory as _;

/// Prints a completion script.
pub(crate) fn run(options: &Completions) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "scanlift", &mut script);
    log::answer(&script)
}
