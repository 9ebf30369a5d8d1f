//! Semgrep Supply Chain: a result about a package (`sca_match`).

use super::finding::{Metadata, texts, weaknesses};
use super::trace::Position;
use scanlift_convert_api::Finding;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place};
use scanlift_report_core::Detail;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// `sca_match`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ScaInfo<'a> {
    reachable: Option<bool>,
    reachability_rule: Option<bool>,
    #[serde(borrow)]
    dependency_match: Option<DependencyMatch<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependencyMatch<'a> {
    #[serde(borrow)]
    dependency_pattern: Option<DependencyPattern<'a>>,
    found_dependency: Option<FoundDependency<'a>>,
    lockfile: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependencyPattern<'a> {
    #[serde(borrow)]
    semver_range: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FoundDependency<'a> {
    #[serde(borrow)]
    package: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    ecosystem: Option<Loose<'a>>,
    transitivity: Option<Loose<'a>>,
    lockfile_path: Option<Loose<'a>>,
    manifest_path: Option<Loose<'a>>,
}

/// `[{"package": "version"}, ...]`: every pair of them.
#[derive(Debug, Default)]
pub(super) struct FixVersions<'a>(Vec<(Loose<'a>, Loose<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for FixVersions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = FixVersions<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("packages with their fixed versions")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(some) = seq.next_element::<FixVersions<'de>>()? {
                    all.extend(some.0);
                }
                Ok(FixVersions(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    all.push(pair);
                }
                Ok(FixVersions(all))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                Ok(FixVersions::default())
            }

            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(FixVersions::default())
            }
        }
        deserializer.deserialize_any(Pairs)
    }
}

/// What the result says beside it.
pub(crate) struct Said<'a> {
    pub(crate) rule: &'a str,
    pub(crate) message: Option<&'a str>,
    pub(crate) severity: Option<&'a str>,
    pub(crate) path: Option<&'a str>,
    pub(crate) start: Option<Position>,
}

/// The finding of a package; `None` if it has no name.
pub(super) fn map_dependency<'a>(
    said: &Said<'a>,
    metadata: &'a Metadata<'_>,
    sca: &'a ScaInfo<'_>,
) -> Option<Finding<'a>> {
    let matched = sca.dependency_match.as_ref()?;
    let found = matched.found_dependency.as_ref()?;
    let name = filled(&found.package)?;
    let mut package = Package::new(name, filled(&found.version).unwrap_or_default());
    package.kind = filled(&found.ecosystem).map(Cow::Borrowed);
    package.direct = match filled(&found.transitivity) {
        Some("direct") => Some(true),
        Some("transitive") => Some(false),
        _ => None,
    };
    let range = matched.dependency_pattern.as_ref().and_then(|pattern| filled(&pattern.semver_range));
    package.vulnerable = range.map(Cow::Borrowed);

    let ids = [&metadata.sca_vuln_database_identifier, &metadata.cve, &metadata.ghsa];
    let mut ids = ids.into_iter().filter_map(filled);
    // A rule of the user's own about a package has no advisory.
    let mut advisory = Advisory::new("semgrep_rule_id", ids.next().unwrap_or(said.rule));
    advisory.aliases = ids.map(Cow::Borrowed).collect();
    advisory.description = said.message.map(Cow::Borrowed);
    advisory.severity = filled(&metadata.sca_severity).or(said.severity).map(Cow::Borrowed);
    advisory.published = filled(&metadata.publish_date).map(Cow::Borrowed);
    advisory.url = filled(&metadata.source).map(Cow::Borrowed);
    advisory.weaknesses = weaknesses(&metadata.cwe);
    advisory.references = texts(&metadata.references);
    let fixed = metadata.sca_fix_versions.iter().flat_map(|all| &all.0);
    let fixed = fixed.filter(|(package, _)| package.trim().eq_ignore_ascii_case(name));
    package.fixed = fixed.map(|(_, version)| Cow::Borrowed(&**version)).collect();
    let lockfile =
        [&found.lockfile_path, &matched.lockfile, &found.manifest_path].into_iter().find_map(filled);
    let mut finding = advisory.into_finding(package, Place::Manifest(lockfile.or(said.path)?.into()))?;

    let details = &mut finding.vulnerability.details;
    let reachable = match (sca.reachable, sca.reachability_rule) {
        (Some(true), _) => "yes: the code uses what is vulnerable",
        (Some(false), Some(true)) => "no: the code does not use what is vulnerable",
        _ => "",
    };
    details.text("reachable", "Reachable", reachable);
    if sca.reachable == Some(true)
        && let (Some(path), Some(line)) =
            (said.path.filter(|path| Some(*path) != lockfile), said.start.and_then(|start| start.line))
    {
        let place = scanlift_report_core::FileLocation::new(path, line, None);
        details.insert("used_at", "Used at", Detail::FileLocation(place));
    }
    details.text("rule", "Rule", said.rule);
    details.text("sca_kind", "Kind of rule", filled(&metadata.sca_kind).unwrap_or_default());
    Some(finding)
}
