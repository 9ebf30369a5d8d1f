//! `scanlift triage`.

use crate::{args::Triage, explain::Failure};

/// Prepare a scan-review request: what is in scope, what is to be answered, the package to send.
pub(crate) fn run(_options: &Triage) -> Result<u8, Failure> {
    Err(Failure::usage("`triage` is not built yet"))
}
