//! `scanlift`: lifts the output of any security scanner into GitLab.
//!
//! Only this crate knows the command line, the environment, the clock and the terminal.
//!
//! All of the program is a function, so that a program of your own has every command with further
//! converters: those of each crate that it names (`use acme_convert as _;`).
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     scanlift::main()
//! }
//! ```

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

/// Runs the program: does what its arguments and the environment say.
pub fn main() -> ExitCode {
    ExitCode::from(commands::run(std::env::args_os()))
}
