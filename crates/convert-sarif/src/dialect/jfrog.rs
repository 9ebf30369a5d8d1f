//! JFrog Xray: a rule is an advisory of a package in a version, `CVE-2021-23337_lodash_4.17.20`, and an
//! advisory without a CVE is Xray's own.

use super::Dialect;
use crate::{
    map::{self, Said},
    package::{self, Package},
    rule::Rule,
};
use scanlift_report_core::{Identifier, Kind};

#[derive(Debug)]
pub(super) struct Xray;

impl Dialect for Xray {
    fn key(&self) -> &'static str {
        "xray"
    }

    fn kind(&self) -> Kind {
        Kind::DependencyScanning
    }

    fn advisory_of_rule(&self, rule: &Rule) -> Option<Identifier<'static>> {
        let id = rule.id.split('_').next().filter(|id| id.starts_with("XRAY-"))?;
        Identifier::new("xray_id", id.to_owned(), id.to_owned())
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let fixed = said.result.properties.as_ref().and_then(package::fixed);
        let package = package::by_id(map::rule_id(said.result)?)?;
        Some(Package { fixed: fixed.map(str::to_owned), ..package })
    }
}
