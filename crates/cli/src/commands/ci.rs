//! `scanlift ci`.

use crate::{args::Ci, explain::Failure};

/// Print pipeline jobs, components and policies for a scanner.
pub(crate) fn run(_options: &Ci) -> Result<u8, Failure> {
    Err(Failure::usage("`ci` is not built yet"))
}
