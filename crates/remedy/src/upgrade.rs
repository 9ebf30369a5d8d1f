//! Which version a package is to be lifted to.

use crate::{
    Reason, Refusal, manifest,
    version::{Ecosystem, compare, is_early, is_version, numbers},
};
use scanlift_convert_api as api;
use std::cmp::Ordering;

/// A package, and the version to lift it to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgrade {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// The file that the scanner named, relative to the root; empty for a package in an image.
    pub file: String,
    /// As its ecosystem writes it.
    pub name: String,
    /// As installed; may be empty.
    pub version: String,
    /// What to lift it to.
    pub target: String,
}

/// A package of one file, with its findings.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    ecosystem: Option<Ecosystem>,
    file: String,
    name: String,
    /// The highest of those installed.
    version: String,
    findings: Vec<Finding>,
}

/// What is needed of a finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) example: String,
    /// In the order of the versions, each once.
    fixed: Vec<String>,
}

/// What becomes of a package.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) upgrade: Option<Upgrade>,
    /// What that mends.
    pub(crate) findings: Vec<Finding>,
    /// What has no usable version.
    pub(crate) left: Vec<(Finding, Refusal)>,
}

impl Package {
    pub(crate) fn new(ecosystem: Option<Ecosystem>, file: String, name: String) -> Self {
        Self { ecosystem, file, name, version: String::new(), findings: Vec::new() }
    }

    pub(crate) fn add(&mut self, wanted: &api::Upgrade<'_>, id: String, example: String) {
        let fixed = wanted.fixed.iter().flat_map(|text| text.split([',', ' ']));
        let fixed = fixed.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        self.findings.push(Finding { id, example, fixed: fixed.take(50).collect() });
        let version = wanted.version.trim();
        let is_higher = self.version.is_empty()
            || self.ecosystem.is_some_and(|it| compare(it, version, &self.version) == Ordering::Greater);
        if is_higher {
            version.clone_into(&mut self.version);
        }
    }

    /// The lowest version that mends all findings for which one is known.
    pub(crate) fn plan(self) -> Plan {
        let all = |findings: Vec<Finding>, refusal: &Refusal| Plan {
            upgrade: None,
            findings: Vec::new(),
            left: findings.into_iter().map(|finding| (finding, refusal.clone())).collect(),
        };
        let Some(ecosystem) = self.ecosystem.or_else(|| manifest::ecosystem(&self.file)) else {
            let refusal = Refusal::new(Reason::NoManifest, "nothing says where the package comes from");
            return all(self.findings, &refusal);
        };
        let (mut findings, mut left) = (Vec::new(), Vec::new());
        for mut finding in self.findings {
            let is_above = |version: &String| {
                let is_known = !self.version.is_empty();
                is_version(version)
                    && !(is_known && compare(ecosystem, version, &self.version) != Ordering::Greater)
            };
            finding.fixed.retain(is_above);
            finding.fixed.sort_by(|a, b| compare(ecosystem, a, b));
            finding.fixed.dedup();
            if finding.fixed.is_empty() {
                let why = "no fixed version is a version above the installed one";
                left.push((finding, Refusal::new(Reason::Version, why)));
            } else {
                findings.push(finding);
            }
        }
        let upgrade = target(ecosystem, &findings).map(|target| Upgrade {
            ecosystem,
            file: self.file,
            name: self.name,
            version: self.version,
            target: plain(ecosystem, target),
        });
        Plan { upgrade, findings, left }
    }
}

/// The lowest version that mends them all, an early one only if there is no other.
fn target(ecosystem: Ecosystem, findings: &[Finding]) -> Option<String> {
    let mut versions: Vec<&String> = findings.iter().flat_map(|finding| &finding.fixed).collect();
    versions.sort_by(|a, b| compare(ecosystem, a, b));
    versions.dedup();
    // Nothing below the lowest fixed version of each mends it: without this a package with thousands of
    // findings would be held against as many versions.
    let lowest = findings.iter().filter_map(|finding| finding.fixed.first());
    let least = lowest.max_by(|a, b| compare(ecosystem, a, b))?;
    versions.retain(|version| compare(ecosystem, version, least) != Ordering::Less);
    let mends =
        |version: &&&String| findings.iter().all(|finding| is_mended(ecosystem, version, &finding.fixed));
    let released = versions.iter().filter(|version| !is_early(ecosystem, version));
    released.clone().find(mends).or_else(|| versions.iter().find(mends)).map(|version| (*version).clone())
}

/// Without the `v` of a tag, which these do not have in manifests.
fn plain(ecosystem: Ecosystem, version: String) -> String {
    use Ecosystem::{Cargo, Composer, Gem, Npm, NuGet, PyPi};
    match version.strip_prefix(['v', 'V']) {
        Some(plain) if matches!(ecosystem, Cargo | Composer | Gem | Npm | NuGet | PyPi) => plain.to_owned(),
        _ => version,
    }
}

/// Whether a version is without the vulnerability. Of several fixed versions each one ends a release
/// line; which line the version belongs to is told by the numbers that it begins with, and when in
/// doubt it is not mended.
fn is_mended(ecosystem: Ecosystem, version: &str, fixed: &[String]) -> bool {
    let below = fixed.iter().rev().find(|fixed| compare(ecosystem, fixed, version) != Ordering::Greater);
    let above = fixed.iter().find(|fixed| compare(ecosystem, fixed, version) == Ordering::Greater);
    match (below, above) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(below), Some(_)) if compare(ecosystem, below, version) == Ordering::Equal => true,
        (Some(below), Some(above)) => shared(version, below) > shared(version, above),
    }
}

/// How many numbers two versions have in common from their beginning.
fn shared(one: &str, other: &str) -> usize {
    numbers(one).iter().zip(numbers(other)).take_while(|(a, b)| **a == *b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(ecosystem: Ecosystem, installed: &'static str, fixed: &[&'static str]) -> Plan {
        let mut package = Package::new(Some(ecosystem), "f".to_owned(), "p".to_owned());
        for fixed in fixed {
            let wanted = api::Upgrade::new("p", installed, vec![(*fixed).into()]).expect("a version");
            package.add(&wanted, "id".to_owned(), "CVE".to_owned());
        }
        package.plan()
    }

    #[test]
    fn the_lowest_version_that_mends_all_is_taken() {
        use Ecosystem::{Deb, Maven, Npm, PyPi};
        for (ecosystem, installed, fixed, want, left) in [
            (Npm, "4.17.15", &["4.17.19", "4.17.21", "4.17.20"][..], Some("4.17.21"), 0),
            (Npm, "0.0.8", &["0.2.1, 1.2.3", "0.2.4, 1.2.6"], Some("0.2.4"), 0),
            (Npm, "1.2.0", &["0.2.4, 1.2.6"], Some("1.2.6"), 0),
            // Mended in 2.0 only with 2.0.7, and the other finding needs 2.0.3.
            (Npm, "1.2.0", &["1.2.5, 2.0.7", "2.0.3"], Some("2.0.7"), 0),
            (Npm, "1.2.0", &["1.2.5, 2.0.1", "2.0.3"], Some("2.0.3"), 0),
            (Npm, "1.2.0", &["2.0.0-beta.1, 2.0.0"], Some("2.0.0"), 0),
            (Npm, "1.2.0", &["2.0.0-beta.1"], Some("2.0.0-beta.1"), 0),
            (Npm, "2.0.0", &["1.9.9"], None, 1),
            (Npm, "2.0.0", &["2.0.0", "2.0.1"], Some("2.0.1"), 1),
            (Npm, "", &["1.9.9"], Some("1.9.9"), 0),
            (Npm, "1", &["none"], None, 1),
            (Npm, "v1.2.0", &["v1.2.6"], Some("1.2.6"), 0),
            (PyPi, "2.2.0", &["2.2.28, 3.2.13", "2.2.10"], Some("2.2.28"), 0),
            (Maven, "2.14.0", &["2.15.0", "2.16.0", "2.3.1, 2.12.2, 2.17.1"], Some("2.17.1"), 0),
            (
                Deb,
                "7.88.1-10+deb12u4",
                &["7.88.1-10+deb12u5", "7.88.1-10+deb12u12"],
                Some("7.88.1-10+deb12u12"),
                0,
            ),
        ] {
            let plan = plan(ecosystem, installed, fixed);
            let got = plan.upgrade.as_ref().map(|upgrade| upgrade.target.as_str());
            assert_eq!((got, plan.left.len()), (want, left), "{installed} {fixed:?}");
        }
    }
}
