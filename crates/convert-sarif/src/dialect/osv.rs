//! OSV-Scanner: the message names package and version, the rule's help the versions without the fault.

use super::Dialect;
use crate::rule::Rule;
use scanlift_report_core::Kind;

#[derive(Debug)]
pub(super) struct OsvScanner;

impl Dialect for OsvScanner {
    fn key(&self) -> &'static str {
        "osv_scanner"
    }

    fn kind(&self) -> Kind {
        Kind::DependencyScanning
    }

    /// Its section "Remediation" says where the versions stand, and how to ignore the advisory.
    fn refine_rule(&self, rule: &mut Rule) {
        rule.solution = None;
    }
}
