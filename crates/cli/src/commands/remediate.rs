//! `scanlift remediate`.

use crate::{args::Remediate, explain::Failure};

/// List, show, check and apply the patches of a report.
pub(crate) fn run(_options: &Remediate) -> Result<u8, Failure> {
    Err(Failure::usage("`remediate` is not built yet"))
}
