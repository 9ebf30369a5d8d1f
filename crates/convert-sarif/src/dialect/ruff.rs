//! Ruff's SARIF: every result is an error, whatever its rule is about.

use super::Dialect;
use crate::map::Said;
use scanlift_convert_api::{Finding, tool};

#[derive(Debug)]
pub(super) struct Ruff;

impl Dialect for Ruff {
    fn key(&self) -> &'static str {
        "ruff"
    }

    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        if let Some(rule) = said.rule {
            finding.severity.level = Some(tool::ruff::severity(&rule.id));
        }
    }
}
