//! Ctrl-C, and the end of a job's time. A conversion ends as if an input had broken off; whatever else runs
//! is ended at once. Either way temporary files go, and what was there stays as it was.

use crate::explain::Failure;
use scanlift_input::Progress;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

/// The exit code of a run that was stopped: 128 and the signal's number, as shells have it. 0: none.
static CODE: AtomicU8 = AtomicU8::new(0);

/// The inputs of a conversion, which knows how to end.
static INPUTS: Mutex<Vec<Progress>> = Mutex::new(Vec::new());

/// Temporary files and directories; what was moved to its place is no longer there.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Waits for signals, from now on.
#[cfg(unix)]
pub(crate) fn watch() {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
        flag,
        iterator::Signals,
    };
    // That a file grows beyond the limit of the system is an error to be told, not an end without a word.
    let _ = flag::register(SIGXFSZ, std::sync::Arc::default());
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    let watcher = std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            let code = u8::try_from(128 + signal).unwrap_or(u8::MAX);
            let is_second = CODE.swap(code, Ordering::SeqCst) != 0;
            let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
            if is_second || inputs.is_empty() {
                clear();
                std::process::exit(i32::from(code));
            }
            inputs.iter().for_each(Progress::stop);
        }
    });
    if watcher.is_err() {
        // The system has no thread left for it: a signal ends the run, and may leave a temporary file.
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            let _ =
                flag::register_conditional_shutdown(signal, 128 + signal, std::sync::Arc::new(true.into()));
        }
    }
}

/// Elsewhere the system ends the program.
#[cfg(not(unix))]
pub(crate) fn watch() {}

/// Stops these inputs when a signal comes, and goes on to the end of the run.
pub(crate) fn stop(inputs: impl Iterator<Item = Progress>) {
    INPUTS.lock().unwrap_or_else(PoisonError::into_inner).extend(inputs);
}

/// Takes a temporary file or directory away if the run is ended at once.
pub(crate) fn note(path: &Path) {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
}

#[cfg(unix)]
fn clear() {
    for path in TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

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
