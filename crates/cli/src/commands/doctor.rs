//! `scanlift doctor`.

use crate::{args::Doctor, explain::Failure};

/// Check a job from inside: variables, paths, reports, limits.
pub(crate) fn run(_options: &Doctor) -> Result<u8, Failure> {
    Err(Failure::usage("`doctor` is not built yet"))
}
