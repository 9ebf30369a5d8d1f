//! Packages, of a source tree (`sca`) and of images (`containers`, `sca-container`).

use super::result::{CxResult, Scope, description};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, vector_of_words};
use scanlift_convert_api::{Finding, image};
use scanlift_report_core::Text;
use serde::Deserialize;
use std::borrow::Cow;

/// `ScanResultPackageData`: where to read more.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
}

/// `ScaPackageCollection`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PackageData<'a> {
    #[serde(borrow)]
    fix_link: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    locations: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    dependency_paths: Vec<Vec<Dependency<'a>>>,
    is_direct_dependency: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

/// A rating, metric by metric, with the keys of SAST and SCA or of containers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss<'a> {
    #[serde(deserialize_with = "json::number")]
    version: Option<f64>,
    #[serde(borrow, alias = "attack_vector")]
    attack_vector: Option<Loose<'a>>,
    #[serde(alias = "attack_complexity")]
    attack_complexity: Option<Loose<'a>>,
    #[serde(alias = "privileges_required")]
    privileges_required: Option<Loose<'a>>,
    #[serde(alias = "user_interaction")]
    user_interaction: Option<Loose<'a>>,
    scope: Option<Loose<'a>>,
    #[serde(alias = "confidentiality_impact")]
    confidentiality: Option<Loose<'a>>,
    #[serde(alias = "integrity_impact")]
    integrity: Option<Loose<'a>>,
    #[serde(alias = "availability_impact")]
    availability: Option<Loose<'a>>,
}

impl Cvss<'_> {
    fn vector(&self) -> Option<Text<'static>> {
        if self.version.is_some_and(|version| !(3.0..4.0).contains(&version)) {
            return None;
        }
        let metrics = [
            ("AV", &self.attack_vector),
            ("AC", &self.attack_complexity),
            ("PR", &self.privileges_required),
            ("UI", &self.user_interaction),
            ("S", &self.scope),
            ("C", &self.confidentiality),
            ("I", &self.integrity),
            ("A", &self.availability),
        ];
        vector_of_words("CVSS:3.1", &metrics.map(|(metric, word)| (metric, filled(word))))
    }
}

/// A package of a source tree.
pub(super) fn map_package<'a>(result: &'a CxResult<'_>, scope: &'a Scope<'_>) -> Option<Finding<'a>> {
    let data = result.data.as_ref()?;
    let collection = data.sca_package_data.as_ref();
    let identifier = filled(&data.package_identifier);
    let named = filled(&data.package_name)
        .map(|name| (None, name, filled(&data.package_version).unwrap_or_default()));
    let (kind, name, version) = named.or_else(|| identifier.map(split))?;
    let mut package = Package::new(name, version);
    package.kind = kind.map(Cow::Borrowed);
    package.direct = collection.and_then(|collection| collection.is_direct_dependency);
    let fixed = filled(&data.recommended_version);
    package.fixed.extend(fixed.map(Cow::Borrowed));
    if let Some(path) =
        collection.and_then(|collection| collection.dependency_paths.first()).filter(|path| path.len() > 1)
    {
        package.introduced_by = path.iter().map(label).collect();
        // The installed one knows name and version apart.
        if let Some(last) =
            path.iter().rev().find(|one| filled(&one.id).is_some() && filled(&one.id) == identifier)
        {
            exact(&mut package, last);
        }
    } else if let Some(only) = collection.and_then(|collection| collection.dependency_paths.first()?.first())
    {
        exact(&mut package, only);
    }
    let places = collection.into_iter().flat_map(|collection| &collection.locations);
    let mut places = places.map(|place| place.trim().trim_start_matches('/'));
    let file = places.find(|place| !place.is_empty()).unwrap_or_else(|| scope.manifest.name());
    let mut advisory = advisory(result)?;
    advisory.solution = filled(&data.recommendations).map(Cow::Borrowed);
    advisory.references =
        data.package_data.iter().filter_map(|one| filled(&one.url)).map(Cow::Borrowed).collect();
    let link = collection.and_then(|collection| filled(&collection.fix_link));
    advisory.references.extend(link.map(Cow::Borrowed));
    advisory.into_finding(package, Place::Manifest(Cow::Borrowed(file)))
}

/// A package of an image.
pub(super) fn map_container<'a>(result: &'a CxResult<'_>, scope: &'a Scope<'_>) -> Option<Finding<'a>> {
    let data = result.data.as_ref()?;
    let package =
        Package::new(filled(&data.package_name)?, filled(&data.package_version).unwrap_or_default());
    let image = match (filled(&data.image_name), filled(&data.image_tag)) {
        (Some(name), Some(tag)) if !name.contains(':') => Cow::Owned(format!("{name}:{tag}")),
        (Some(name), _) => Cow::Borrowed(name),
        (None, _) => Cow::Borrowed(scope.image),
    };
    let image = if image.trim().is_empty() { Cow::Borrowed("unknown") } else { image };
    let operating_system = scope.options.operating_system.as_deref().map(Cow::Borrowed);
    let place = Place::Image { image: image::with_tag(image), operating_system };
    let mut finding = advisory(result)?.into_finding(package, place)?;
    let details = &mut finding.vulnerability.details;
    details.text("image_file", "Image is named in", filled(&data.image_file_path).unwrap_or_default());
    details.text("image_origin", "Origin of the image", filled(&data.image_origin).unwrap_or_default());
    Some(finding)
}

fn advisory<'a>(result: &'a CxResult<'_>) -> Option<Advisory<'a>> {
    let details = result.vulnerability_details.as_ref();
    let cve = details.and_then(|details| filled(&details.cve_name)).filter(|name| name.starts_with("CVE-"));
    let mut advisory = Advisory::new("checkmarx_vulnerability_id", filled(&result.id).or(cve)?);
    advisory.aliases.extend(cve.map(Cow::Borrowed));
    advisory.description = description(result);
    advisory.severity = filled(&result.severity).map(Cow::Borrowed);
    advisory.published = result.data.as_ref().and_then(|data| filled(&data.published_at)).map(Cow::Borrowed);
    if let Some(details) = details {
        advisory.weaknesses = details.weaknesses();
        let vector = details.cvss.as_ref().and_then(Cvss::vector);
        advisory.ratings.push(Rating::new(
            "checkmarx",
            vector,
            details.cvss_score.filter(|score| *score > 0.0),
        ));
    }
    Some(advisory)
}

fn exact<'a>(package: &mut Package<'a>, dependency: &'a Dependency<'_>) {
    if let (Some(name), Some(version)) = (filled(&dependency.name), filled(&dependency.version)) {
        (package.name, package.version) = (name.into(), version.into());
    }
}

fn label<'a>(dependency: &'a Dependency<'_>) -> Text<'a> {
    match (filled(&dependency.name), filled(&dependency.version)) {
        (Some(name), Some(version)) => Cow::Owned(format!("{name} {version}")),
        (name, _) => Cow::Borrowed(name.or(filled(&dependency.id)).unwrap_or_default()),
    }
}

/// Manager, name and version of `Npm-@acme/left-pad-1.2.3-rc.1`: the version begins at the first dash
/// that a digit follows and no letter of a name.
pub(super) fn split(identifier: &str) -> (Option<&str>, &str, &str) {
    let (manager, rest) = match identifier.split_once('-') {
        Some((manager, rest)) if !manager.is_empty() && !rest.is_empty() => (Some(manager), rest),
        _ => (None, identifier),
    };
    let is_version = |text: &str| {
        text.strip_prefix('v').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
            && (text.contains('.') || text.bytes().all(|b| b.is_ascii_digit()))
    };
    let dashes = rest.match_indices('-').map(|(at, _)| at);
    let start = dashes.filter(|at| *at > 0).find(|at| rest.get(at + 1..).is_some_and(is_version));
    match start {
        Some(at) => (manager, rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (manager, rest, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_packages_have_three_parts() {
        for (identifier, want) in [
            ("Maven-com.acme:xstream-1.4.5", (Some("Maven"), "com.acme:xstream", "1.4.5")),
            ("Npm-@acme/left-pad-1.2.3-rc.1", (Some("Npm"), "@acme/left-pad", "1.2.3-rc.1")),
            ("Go-github.com/acme/x-v1.0.0", (Some("Go"), "github.com/acme/x", "v1.0.0")),
            ("Python-acme", (Some("Python"), "acme", "")),
            ("acme", (None, "acme", "")),
        ] {
            assert_eq!(split(identifier), want, "{identifier}");
        }
    }
}
