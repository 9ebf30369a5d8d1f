//! `scanlift`: lifts the output of any security scanner into GitLab.
//!
//! Only this crate knows the command line, the environment, the clock and the terminal.

mod args;
mod commands;
mod config;
mod environment;
mod exit;
mod explain;
mod ignore;
mod inputs;
mod interrupt;
mod log;
mod place;
mod printed;
mod progress;
mod remediations;
mod reports;
mod shard;
mod summary;
mod vex;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(commands::run(std::env::args_os()))
}
