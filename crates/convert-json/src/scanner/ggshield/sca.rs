//! Vulnerable packages of `ggshield sca scan`.

use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place};
use scanlift_convert_api::{Outcome, SkipReason};
use serde::Deserialize;
use std::borrow::Cow;

/// A file that names packages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifest<'a> {
    #[serde(borrow)]
    location: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    package_vulns: Vec<Vulnerable<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerable<'a> {
    #[serde(borrow)]
    package_full_name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    ecosystem: Option<Loose<'a>>,
    dependency_type: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulns: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    identifier: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cve_ids: Vec<Loose<'a>>,
    severity: Option<Loose<'a>>,
    summary: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    created_at: Option<Loose<'a>>,
    fixed_version: Option<Loose<'a>>,
    ignore_reason: Option<Loose<'a>>,
}

/// What the change brings, or what there is.
pub(super) fn map_manifest<'a>(manifest: &'a Manifest<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let file = filled(&manifest.location).unwrap_or("unknown");
    let all = manifest.package_vulns.iter();
    all.flat_map(|package| package.vulns.iter().map(move |found| map_vulnerability(found, package, file)))
        .collect()
}

/// What the change takes away.
pub(super) fn map_removed<'a>(manifest: &'a Manifest<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let all = manifest.package_vulns.iter().flat_map(|package| &package.vulns);
    all.map(|found| {
        let id = filled(&found.identifier).unwrap_or_default();
        Outcome::skip(SkipReason::NotAFinding, "removed by the change", id)
    })
    .collect()
}

fn map_vulnerability<'a>(
    found: &'a Vulnerability<'_>,
    package: &'a Vulnerable<'_>,
    file: &'a str,
) -> Outcome<'a> {
    let name = filled(&package.package_full_name).unwrap_or_default();
    let mut ids = crate::field::texts(&found.cve_ids).chain(filled(&found.identifier));
    let id = ids.next().unwrap_or_default();
    if let Some(reason) = filled(&found.ignore_reason) {
        return Outcome::skip(SkipReason::Suppressed, format!("ignore_reason: {reason}"), id);
    }
    let mut advisory = Advisory::new("ggshield_vulnerability_id", id);
    advisory.aliases = ids.map(Cow::Borrowed).collect();
    advisory.description = filled(&found.summary).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).map(Cow::Borrowed);
    advisory.url = filled(&found.url).map(Cow::Borrowed);
    advisory.published = filled(&found.created_at).map(Cow::Borrowed);
    let mut affected = Package::new(name, filled(&package.version).unwrap_or_default());
    affected.kind = filled(&package.ecosystem).map(Cow::Borrowed);
    affected.fixed = filled(&found.fixed_version).into_iter().map(Cow::Borrowed).collect();
    affected.direct = match filled(&package.dependency_type) {
        Some("direct") => Some(true),
        Some("transitive") => Some(false),
        _ => None,
    };
    match advisory.into_finding(affected, Place::Manifest(file.into())).filter(|_| !name.is_empty()) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id or a package", file),
    }
}
