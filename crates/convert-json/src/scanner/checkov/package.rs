//! A vulnerable package, of the frameworks `sca_package` and `sca_image`.

use super::check::Scope;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Finding, details, image};
use serde::Deserialize;
use std::borrow::Cow;

/// `vulnerability_details`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    package_name: Option<Loose<'a>>,
    package_version: Option<Loose<'a>>,
    package_type: Option<Loose<'a>>,
    root_package_name: Option<Loose<'a>>,
    root_package_version: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss: Option<f64>,
    vector: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    published_date: Option<Loose<'a>>,
    lowest_fixed_version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    fixed_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    risk_factors: Vec<Loose<'a>>,
    image_details: Option<ImageDetails<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ImageDetails<'a> {
    #[serde(borrow)]
    distro: Option<Loose<'a>>,
    distro_release: Option<Loose<'a>>,
}

/// The finding of a vulnerable package; `None` if it names no vulnerability or no package (a licence).
pub(super) fn map_vulnerability<'a>(
    found: &'a Vulnerability<'_>,
    rule: &'a str,
    file: &'a str,
    severity: Option<&'a str>,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let mut package =
        Package::new(filled(&found.package_name)?, filled(&found.package_version).unwrap_or_default());
    package.kind = filled(&found.package_type).map(Cow::Borrowed);
    let lowest = filled(&found.lowest_fixed_version).filter(|version| *version != "N/A");
    let all = found.fixed_versions.iter().map(|version| version.trim()).filter(|version| *version != "open");
    package.fixed = match lowest {
        Some(version) => vec![Cow::Borrowed(version)],
        None => all.map(Cow::Borrowed).collect(),
    };
    if let Some(root) = filled(&found.root_package_name).filter(|root| *root != package.name) {
        let version = filled(&found.root_package_version).unwrap_or_default();
        package.introduced_by = vec![Cow::Owned(format!("{root} {version}")), package.name.clone()];
    }
    let mut advisory = Advisory::new("checkov_vulnerability_id", filled(&found.id)?);
    advisory.url = filled(&found.link).map(Cow::Borrowed);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).or(severity).map(Cow::Borrowed);
    let vector = filled(&found.vector).map(Cow::Borrowed);
    advisory.ratings.push(Rating::new("", vector, found.cvss));
    advisory.published = filled(&found.published_date).map(Cow::Borrowed);
    let place = if scope.check_type == "sca_image" {
        // "Dockerfile (nginx:1.25 lines:1-4 (sha256:1f2e3d))"
        let named = file.split_once(" (").and_then(|(_, rest)| rest.split([' ', ')']).next());
        let named = named.filter(|name| !name.is_empty()).or(scope.options.image.as_deref());
        let system = found.image_details.as_ref().and_then(|details| {
            image::operating_system(
                filled(&details.distro).unwrap_or_default(),
                filled(&details.distro_release).unwrap_or_default(),
            )
        });
        let system = system.or_else(|| scope.options.operating_system.clone());
        let image =
            image::with_tag(Cow::Borrowed(named.unwrap_or(if file.is_empty() { "unknown" } else { file })));
        Place::Image { image, operating_system: system.map(Cow::Owned) }
    } else {
        Place::Manifest(Cow::Borrowed(if file.is_empty() { "unknown" } else { file }))
    };
    let mut finding = advisory.into_finding(package, place)?;
    let shown = &mut finding.vulnerability.details;
    details::add_list(
        shown,
        "risk_factors",
        "Risk factors",
        found.risk_factors.iter().map(|it| Cow::Borrowed(&**it)),
    );
    shown.text("rule", "Rule", rule);
    Some(finding)
}
