//! Vulnerabilities of Clair 2 (API version 1, `v1.Vulnerability`), clair-scanner and Klar.

use crate::field::text;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Outcome, SkipReason, advisory, image};
use scanlift_report_core::Text;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;

/// What holds for the whole document.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    pub(super) image: Text<'c>,
    /// As the user says it.
    pub(super) system: Option<&'c str>,
    pub(super) unapproved: Option<&'c HashSet<String>>,
}

/// A vulnerability: Clair's, Klar's (with the feature beside it) or clair-scanner's (in lower case).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow, rename = "Name", alias = "vulnerability")]
    name: Option<Loose<'a>>,
    #[serde(rename = "NamespaceName", alias = "namespace")]
    namespace: Option<Loose<'a>>,
    #[serde(rename = "Description", alias = "description")]
    description: Option<Loose<'a>>,
    #[serde(rename = "Link", alias = "link")]
    link: Option<Loose<'a>>,
    #[serde(rename = "Severity", alias = "severity")]
    severity: Option<Loose<'a>>,
    #[serde(rename = "FixedBy", alias = "fixedby")]
    fixed_by: Option<Loose<'a>>,
    #[serde(rename = "FeatureName", alias = "featurename")]
    feature_name: Option<Loose<'a>>,
    #[serde(rename = "FeatureVersion", alias = "featureversion")]
    feature_version: Option<Loose<'a>>,
    #[serde(rename = "Metadata")]
    metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow, rename = "NVD")]
    nvd: Option<Nvd<'a>>,
    /// Of Quay with Clair 4.
    #[serde(rename = "DistroName")]
    distro_name: Option<Loose<'a>>,
    #[serde(rename = "DistroVersion")]
    distro_version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Nvd<'a> {
    #[serde(borrow, rename = "CVSSv3")]
    cvss_v3: Option<Cvss<'a>>,
    #[serde(rename = "CVSSv2")]
    cvss_v2: Option<Cvss<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cvss<'a> {
    #[serde(borrow)]
    vectors: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
}

/// A package (`v1.Feature`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Feature<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    namespace_name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    version_format: Option<Loose<'a>>,
    added_by: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

pub(super) fn map_feature<'a>(feature: &'a Feature<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    feature.vulnerabilities.iter().map(|vulnerability| map(vulnerability, Some(feature), scope)).collect()
}

pub(super) fn map_vulnerability<'a>(
    vulnerability: &'a Vulnerability<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    map(vulnerability, None, scope)
}

fn map<'a>(
    vulnerability: &'a Vulnerability<'_>,
    feature: Option<&'a Feature<'_>>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let full_name = filled(&vulnerability.name).unwrap_or_default();
    let id = id_of_name(full_name);
    let name = filled(&vulnerability.feature_name).or_else(|| filled(&feature?.name));
    let Some(name) = name else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a package", id);
    };
    let version = filled(&vulnerability.feature_version).or_else(|| filled(&feature?.version));
    let mut package = Package::new(name, version.unwrap_or_default());
    package.kind = feature.and_then(|feature| text(&feature.version_format));
    package.fixed.extend(filled(&vulnerability.fixed_by).and_then(fixed_version));
    let namespace = filled(&vulnerability.namespace).or_else(|| filled(&feature?.namespace_name));
    let place = Place::Image {
        image: Cow::Borrowed(&*scope.image),
        operating_system: system(namespace, vulnerability.metadata.as_ref())
            .map(Cow::Owned)
            .or(scope.system.map(Cow::Borrowed)),
    };
    let mut advisory = Advisory::new("clair_id", id);
    advisory.title = title_of_name(full_name, id);
    let links = filled(&vulnerability.link).unwrap_or_default();
    advisory.references = links.split_whitespace().map(Cow::Borrowed).collect();
    advisory.url = advisory.references.first().cloned();
    advisory.description = text(&vulnerability.description);
    advisory.severity = text(&vulnerability.severity).map(severity_word);
    if let Some(nvd) = vulnerability.metadata.as_ref().and_then(|metadata| metadata.nvd.as_ref()) {
        let ratings = nvd.cvss_v3.iter().chain(&nvd.cvss_v2);
        advisory.ratings = ratings.map(|cvss| Rating::new("nvd", text(&cvss.vectors), cvss.score)).collect();
    }
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", name);
    };
    let details = &mut finding.vulnerability.details;
    if let Some(unapproved) = scope.unapproved {
        let approval =
            if unapproved.contains(full_name) { "unapproved" } else { "approved, or below the threshold" };
        details.text("approval", "Approval", approval);
    }
    let layer = feature.and_then(|feature| filled(&feature.added_by));
    details.text("layer", "Layer", layer.unwrap_or_default());
    Outcome::finding(finding)
}

/// The namespace (`debian:9`), or what Quay says beside a vulnerability of Clair 4, whose namespace is
/// the name of an updater: `RHEL8-rhel-8`.
fn system(namespace: Option<&str>, metadata: Option<&Metadata<'_>>) -> Option<String> {
    let namespace = namespace.filter(|namespace| namespace.contains(':'));
    let of_metadata = || {
        let metadata = metadata?;
        let version = filled(&metadata.distro_version).unwrap_or_default();
        image::system_of_title(&format!("{} {version}", filled(&metadata.distro_name)?))
    };
    namespace.and_then(image::system_of_title).or_else(of_metadata)
}

/// Clair's severities (`database.Severity`): the highest has a name of its own.
pub(super) fn severity_word(word: Text<'_>) -> Text<'_> {
    if word.eq_ignore_ascii_case("defcon1") { Cow::Borrowed("critical") } else { word }
}

/// The id in a name of version 4: `CVE-2020-1 on Ubuntu 20.04 LTS (focal) - medium.`,
/// `RHSA-2021:1: openssl security update (Important)`.
pub(super) fn id_of_name(name: &str) -> &str {
    let first = name.split_whitespace().next().unwrap_or_default().trim_end_matches([':', ',', '.']);
    if advisory::database(first).is_some() { first } else { advisory::find_cve(name).unwrap_or(first) }
}

/// The version that is fixed, which for an advisory of OSV stands in a query: `fixed=2.1&introduced=2.0`.
pub(super) fn fixed_version(text: &str) -> Option<Text<'_>> {
    if !text.contains('=') {
        return (text != "0").then_some(Cow::Borrowed(text));
    }
    let version = text.split('&').find_map(|part| part.strip_prefix("fixed="))?;
    Some(if version.contains('%') { Cow::Owned(version.replace("%2B", "+")) } else { Cow::Borrowed(version) })
}

/// A name that is longer than its id is a title: `RHSA-2021:1: openssl security update (Important)`.
pub(super) fn title_of_name<'a>(name: &'a str, id: &str) -> Option<Text<'a>> {
    let rest = name.strip_prefix(id)?;
    rest.starts_with(':').then_some(Cow::Borrowed(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_name_systems_or_updaters() {
        let quay = |name: &'static str, version: &'static str| Metadata {
            distro_name: Some(Loose(Cow::Borrowed(name))),
            distro_version: Some(Loose(Cow::Borrowed(version))),
            ..Metadata::default()
        };
        for (namespace, metadata, want) in [
            (Some("debian:9"), None, Some("debian:9")),
            (Some("RHEL8-rhel-8"), Some(quay("Red Hat Enterprise Linux Server", "8")), Some("rhel:8")),
            (Some("osv/pypi"), Some(quay("", "")), None),
            (None, None, None),
        ] {
            assert_eq!(system(namespace, metadata.as_ref()).as_deref(), want, "{namespace:?}");
        }
    }

    #[test]
    fn fixed_versions_may_stand_in_ranges() {
        for (text, want) in [
            ("1:1.1.1k-5.el8_5", Some("1:1.1.1k-5.el8_5")),
            ("0", None),
            ("fixed=2.1.1&introduced=2.0.0", Some("2.1.1")),
            ("fixed=v1.2.0%2Bincompatible", Some("v1.2.0+incompatible")),
            ("introduced=0&lastAffected=1.2", None),
        ] {
            assert_eq!(fixed_version(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn names_begin_with_ids() {
        for (name, want) in [
            ("CVE-2020-0001 on Ubuntu 20.04 LTS (focal) - medium.", "CVE-2020-0001"),
            ("RHSA-2021:0001: openssl security update (Important)", "RHSA-2021:0001"),
            ("Fix for CVE-2020-0001", "CVE-2020-0001"),
            ("pyup.io-38834", "pyup.io-38834"),
            ("", ""),
        ] {
            assert_eq!(id_of_name(name), want, "{name}");
        }
    }
}
