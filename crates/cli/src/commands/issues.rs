//! `scanlift issues`.

use crate::{args::Issues, explain::Failure};

/// Open issues in GitLab for findings, once for each.
pub(crate) fn run(_options: &Issues) -> Result<u8, Failure> {
    Err(Failure::usage("`issues` is not built yet"))
}
