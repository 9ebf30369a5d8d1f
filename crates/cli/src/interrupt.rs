//! Ctrl-C, and the end of a job's time: a run ends as if an input had broken off, so that temporary
//! files go and the reports that are there stay as they were. A second signal ends it at once.

use crate::explain::Failure;
use scanlift_input::Progress;
use std::sync::atomic::{AtomicU8, Ordering};

/// The exit code of a run that was stopped: 128 and the signal's number, as shells have it. 0: none.
static CODE: AtomicU8 = AtomicU8::new(0);

/// Stops these inputs when a signal comes.
#[cfg(unix)]
pub(crate) fn watch(inputs: Vec<Progress>) {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
    };
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let code = u8::try_from(128 + signal).unwrap_or(u8::MAX);
            if CODE.swap(code, Ordering::SeqCst) != 0 {
                std::process::exit(i32::from(code));
            }
            inputs.iter().for_each(Progress::stop);
        }
    });
}

/// Elsewhere the system ends the program.
#[cfg(not(unix))]
pub(crate) fn watch(_: Vec<Progress>) {}

/// The code to exit with, if the run was stopped.
pub(crate) fn code() -> Option<u8> {
    Some(CODE.load(Ordering::SeqCst)).filter(|code| *code != 0)
}

/// The last look before files are put in place.
pub(crate) fn check() -> Result<(), Failure> {
    match code() {
        Some(code) => Err(Failure { code, ..Failure::input("stopped before anything was written") }),
        None => Ok(()),
    }
}
