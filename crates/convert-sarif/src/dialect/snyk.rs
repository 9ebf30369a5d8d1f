//! Snyk Open Source and Snyk Container: the rule's full description is `(CVE-2021-3807) name@1.2.3`.

use super::Dialect;
use crate::{map::Said, package::Package};
use scanlift_report_core::Kind;

#[derive(Debug)]
pub(super) struct Snyk {
    pub(super) kind: Kind,
}

impl Dialect for Snyk {
    fn key(&self) -> &'static str {
        "snyk"
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let description = said.rule?.description.as_deref()?;
        let named = description.split_whitespace().rev().find_map(Package::from_at)?;
        let fixed = said.result.fixes.first().and_then(|fix| fix.description.as_ref()?.text.as_deref());
        // "Upgrade to lodash@4.17.21"
        let fixed = fixed.and_then(|text| text.split_whitespace().rev().find_map(Package::from_at));
        Some(Package { fixed: fixed.map(|package| package.version), ..named })
    }
}
