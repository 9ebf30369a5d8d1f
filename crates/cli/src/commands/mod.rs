//! One module a command; they only wire.

mod ci;
mod completions;
pub(crate) mod convert;
mod detect;
mod diff;
mod doctor;
mod formats;
mod gate;
mod ignore;
mod issues;
mod man;
mod merge;
mod note;
mod preview;
mod remediate;
mod render;
pub(crate) mod report;
mod triage;
mod validate;

use crate::{
    args::Command,
    config::{self, Refusal},
    exit,
    explain::{self, Failure},
    interrupt, log,
};
use std::{ffi::OsString, io::ErrorKind};

/// Runs the command line and gives the exit code.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let (cli, file) = match config::settle(arguments) {
        Ok(settled) => settled,
        Err(Refusal::Clap(error)) => {
            let error = explain::usage(error);
            if error.use_stderr() {
                let _ = error.print();
                return exit::USAGE;
            }
            // Help: that nobody reads it to its end is fine.
            return match error.print() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    log::failure(&Failure::output("write to standard output", &error));
                    exit::OUTPUT
                }
                _ => exit::DONE,
            };
        }
        Err(Refusal::Failure(failure)) => {
            log::failure(&failure);
            return failure.code;
        }
    };
    log::init(&cli.terminal);
    interrupt::watch();
    let done = match &cli.command {
        Command::Convert(options) => convert::run(options, file.as_deref()),
        Command::Detect(options) => detect::run(options),
        Command::Validate(options) => validate::run(options),
        Command::Preview(options) => preview::run(options),
        Command::Diff(options) => diff::run(options),
        Command::Merge(options) => merge::run(options),
        Command::Gate(options) => gate::run(options),
        Command::Ignore(options) => ignore::run(options),
        Command::Render(options) => render::run(options),
        Command::Remediate(options) => remediate::run(options),
        Command::Triage(options) => triage::run(options),
        Command::Ci(options) => ci::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::Issues(options) => issues::run(options),
        Command::Note(options) => note::run(options),
        Command::Formats(options) => Ok(formats::run(options)),
        Command::Completions(options) => Ok(completions::run(options)),
        Command::Man(options) => man::run(options),
    };
    done.unwrap_or_else(|failure| {
        log::failure(&failure);
        interrupt::code().unwrap_or(failure.code)
    })
}
