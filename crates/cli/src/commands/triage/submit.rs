//! `scanlift triage submit`.

use super::{check, file};
use crate::{args::TriageSubmit, exit, explain::Failure, log, place};
use scanlift_triage::package;

/// Makes the package of a review that is complete, or of any with `--force`.
pub(crate) fn run(options: &TriageSubmit) -> Result<u8, Failure> {
    let checked = check::checked(&options.file, &options.rules)?;
    let verdict = &checked.verdict;
    if !verdict.is_ready() {
        if !options.force {
            let code = log::answer(check::as_text(verdict).as_bytes());
            log::info("nothing was written; --force makes a package that says what is missing");
            return Ok(if code == exit::DONE { exit::NO } else { code });
        }
        log::warn(&format!("{} problems are left, and the package says so", verdict.problems.len()));
    }
    let made = package(&checked.review, &checked.profile, verdict, checked.today)
        .map_err(|error| file::unwritable(&error))?;
    let made: Vec<_> = made.into_iter().map(|file| (file.name, file.bytes)).collect();
    place::put_all(&options.output, &made)?;
    for (name, _) in &made {
        log::info(&format!("wrote {}", options.output.join(name).display()));
    }
    let asked = checked.review.decided("ask");
    log::info(&format!("{asked} of {} rows are to be looked at; nothing was sent", verdict.rows));
    log::info(&format!("send it to {}", checked.profile.send.to));
    Ok(exit::DONE)
}
