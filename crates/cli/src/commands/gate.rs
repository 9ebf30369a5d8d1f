//! `scanlift gate`.

use crate::{args::Gate, explain::Failure};

/// Answer whether findings may pass: GitLab's approval policies, or simple limits.
pub(crate) fn run(_options: &Gate) -> Result<u8, Failure> {
    Err(Failure::usage("`gate` is not built yet"))
}
