//! `scanlift render`.

use crate::{args::Render, explain::Failure};

/// Show findings to people: HTML, Markdown, text, CSV, XLSX, JUnit.
pub(crate) fn run(_options: &Render) -> Result<u8, Failure> {
    Err(Failure::usage("`render` is not built yet"))
}
