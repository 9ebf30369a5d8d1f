//! JFrog Xray: a rule is an advisory of a package in a version, `CVE-2021-23337_lodash_4.17.20`.

use super::Dialect;
use crate::{
    map::{self, Said},
    package::{self, Package},
    rule::Rule,
};
use scanlift_convert_api::advisory;
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

    /// What stands before the package: GitLab counts the package by the location already.
    fn advisory_of_rule(&self, rule: &Rule) -> Option<Identifier<'static>> {
        let id = rule.id.split('_').next()?;
        let own =
            || Identifier::new("xray_id", id.to_owned(), id.to_owned()).filter(|_| id.starts_with("XRAY-"));
        advisory::identifier(id).or_else(own)
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let (_, package) = map::rule_id(said.result)?.split_once('_')?;
        let (name, version) = package.rsplit_once('_')?;
        let fixed = said.result.properties.as_ref().and_then(package::fixed);
        Some(Package {
            name: name.to_owned(),
            version: version.to_owned(),
            fixed: fixed.map(str::to_owned),
            ..Package::default()
        })
    }
}
