//! `scanlift triage`.

mod check;
mod convert;
mod file;
mod init;
mod rules;
mod show;
mod submit;

use crate::{
    args::{Triage, TriageWhat},
    explain::Failure,
};

/// Prepares a scan-review request; nothing is sent anywhere.
pub(crate) fn run(options: &Triage) -> Result<u8, Failure> {
    match &options.what {
        TriageWhat::Init(options) => init::run(options),
        TriageWhat::Check(options) => check::run(options),
        TriageWhat::Status(options) => check::status(options),
        TriageWhat::Submit(options) => submit::run(options),
        TriageWhat::Convert(options) => convert::run(options),
        TriageWhat::Profiles(options) => show::profiles(options),
        TriageWhat::Releases(options) => show::releases(options),
    }
}
