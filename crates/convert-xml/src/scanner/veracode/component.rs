//! A vulnerability of a component that the application brings with it.

use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::xml::Element;
use scanlift_convert_api::{Options, Outcome, SkipReason, cwe};
use std::borrow::Cow;

pub(super) fn map<'a>(found: Element<'a>, component: Element<'a>, options: &'a Options) -> Outcome<'a> {
    let here = |key: &str| found.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let of = |key: &str| component.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let file = of("file_name").or(of("library")).unwrap_or_default();
    let Some(id) = here("cve_id") else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without cve_id", file);
    };
    if here("mitigation") == Some("true") {
        return Outcome::skip(SkipReason::Suppressed, "mitigation: true", format!("{id} in {file}"));
    }
    let mut advisory = Advisory::new("veracode_sca_id", id);
    advisory.description = here("cve_summary").map(Cow::Borrowed);
    advisory.severity = here("severity").and_then(super::flaw::severity).map(|it| Cow::Borrowed(it.as_str()));
    advisory.weaknesses.extend(here("cwe_id").and_then(|id| cwe::parse(id).or_else(|| id.parse().ok())));
    let score = here("cvss_score").and_then(|score| score.parse().ok());
    advisory.ratings.push(Rating::new("", None, score));

    let (name, version, kind) = coordinates(of("library_id").unwrap_or_default());
    let name = name.map_or_else(|| Cow::Borrowed(of("library").unwrap_or(file)), Cow::Owned);
    let version = version.or(of("version")).unwrap_or_default();
    let mut package = Package::new(name, version);
    package.kind = kind.map(Cow::Borrowed);
    let path = component.find(&["file_paths", "file_path"]).and_then(|path| path.attribute("value"));
    package.path = path.map(Cow::Borrowed);
    // A report of binaries names no manifest, and the module is the file that was scanned.
    let module = path.and_then(|path| path.split('#').next()).filter(|module| !module.is_empty());
    let manifest = options.path.as_deref().or(module).unwrap_or(file);
    match advisory.into_finding(package, Place::Manifest(manifest.into())) {
        Some(mut finding) => {
            let details = &mut finding.vulnerability.details;
            details.text("file_name", "File", file);
            details.text("sha1", "SHA-1", of("sha1").unwrap_or_default());
            details.text("first_found", "First found", here("first_found_date").unwrap_or_default());
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without cve_id", file),
    }
}

/// Name, version and ecosystem of `maven:org.acme:web:1.3:`.
fn coordinates(id: &str) -> (Option<String>, Option<&str>, Option<&str>) {
    let parts: Vec<&str> = id.split(':').map(str::trim).collect();
    match parts.as_slice() {
        ["maven", group, artifact, version, ..] if !artifact.is_empty() => {
            (Some(format!("{group}/{artifact}")), Some(version), Some("maven"))
        }
        [kind, name, "", version, ..] | [kind, name, version] if !name.is_empty() && !version.is_empty() => {
            (Some((*name).to_owned()), Some(version), Some(kind))
        }
        _ => (None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_have_coordinates() {
        for (id, want) in [
            ("maven:org.acme:web:1.3:", (Some("org.acme/web"), Some("1.3"), Some("maven"))),
            ("npm:lodash::4.17.4:", (Some("lodash"), Some("4.17.4"), Some("npm"))),
            ("", (None, None, None)),
        ] {
            let (name, version, kind) = coordinates(id);
            assert_eq!((name.as_deref(), version, kind), want, "{id}");
        }
    }
}
