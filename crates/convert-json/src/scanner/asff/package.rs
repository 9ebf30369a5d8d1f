//! Entries of `Vulnerabilities`, and what Trivy has in their place.

use super::model::{Finding as Found, Vulnerability as Entry, VulnerablePackage};
use super::{severity_score, severity_word};
use crate::aws;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Finding, Options, image};
use scanlift_report_core::{Detail, Text};
use std::borrow::Cow;

pub(super) fn map<'a>(
    entry: &'a Entry<'_>,
    found: &'a Found<'_>,
    options: &'a Options,
) -> Option<Finding<'a>> {
    let id = filled(&entry.id)?;
    let mut advisory = Advisory::new("asff_id", id);
    advisory.aliases = entry.related_vulnerabilities.iter().map(|id| Cow::Borrowed(&**id)).collect();
    advisory.url = filled(&entry.vendor.url).map(Cow::Borrowed);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = severity_word(found).map(Cow::Borrowed);
    advisory.ratings = map_ratings(entry);
    let given = [&found.remediation.recommendation.url, &found.source_url].into_iter().filter_map(filled);
    let references = entry.reference_urls.iter().map(|url| &**url);
    advisory.references = given.chain(references).map(Cow::Borrowed).collect();
    advisory.published = filled(&entry.vendor.vendor_created_at).map(Cow::Borrowed);
    advisory.modified = filled(&entry.vendor.vendor_updated_at).map(Cow::Borrowed);

    let first = entry.vulnerable_packages.first();
    let package = match first {
        Some(first) => map_package(first),
        None => Package::new(package_of_title(found, id), ""),
    };
    advisory.solution = map_solution(first, found, &package);
    let place = map_place(first, found, options);
    let mut finding = advisory.into_finding(package, place)?;
    if finding.severity.rating.is_none() && finding.vulnerability.cvss_vectors.is_empty() {
        finding.severity.score = finding.severity.score.or(severity_score(found));
    }
    let details = &mut finding.vulnerability.details;
    if entry.vulnerable_packages.len() > 1 {
        let rows = entry.vulnerable_packages.iter().map(map_row).collect();
        let header = ["Package", "Version", "Fixed in", "File"].map(Detail::text).to_vec();
        details.insert("packages", "Vulnerable packages", Detail::Table { header, rows });
    }
    let further = found.vulnerabilities.iter().skip(1).filter_map(|entry| filled(&entry.id));
    add_list(details, "further_vulnerabilities", "Further vulnerabilities", further);
    for (key, name, value) in [
        ("exploit_available", "Exploit available", &entry.exploit_available),
        ("last_known_exploit", "Last known exploit", &entry.last_known_exploit_at),
        ("fix_available", "Fix available", &entry.fix_available),
        ("epss_score", "EPSS score", &entry.epss_score),
        ("vendor_severity", "Severity by the vendor", &entry.vendor.vendor_severity),
        ("advisory_source", "Source", &entry.vendor.name),
    ] {
        details.text(key, name, filled(value).unwrap_or_default());
    }
    Some(finding)
}

/// What Trivy's template for ASFF writes: CVE and package are among the resource's own fields.
pub(super) fn map_of_trivy<'a>(found: &'a Found<'_>) -> Option<Finding<'a>> {
    let resource = found.resources.first()?;
    let field = |key: &str| resource.details.other(key);
    let mut advisory = Advisory::new("asff_id", field("CVE ID")?);
    let mut package = Package::new(field("PkgName")?, field("Installed Package").unwrap_or_default());
    package.fixed = field("Patched Package").map(Cow::Borrowed).into_iter().collect();
    advisory.url = filled(&found.remediation.recommendation.url).map(Cow::Borrowed);
    advisory.title = field("CVE Title").map(Cow::Borrowed);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = severity_word(found).map(Cow::Borrowed);
    let ratings = [("NvdCvssVectorV3", "NvdCvssScoreV3"), ("NvdCvssVectorV2", "NvdCvssScoreV2")];
    advisory.ratings = ratings
        .into_iter()
        .map(|(vector, score)| {
            let score = field(score).and_then(|score| score.parse::<f64>().ok()).filter(|score| *score > 0.0);
            Rating::new("NVD", field(vector).map(Cow::Borrowed), score)
        })
        .collect();
    // `alpine:3.10 (alpine 3.10.2)`, or a file that lists packages of a language.
    let target = filled(&resource.id).unwrap_or("unknown");
    let place = match target.strip_suffix(')').and_then(|target| target.split_once(" (")) {
        Some((name, system)) => Place::Image {
            image: image::with_tag(Cow::Borrowed(name.trim())),
            operating_system: image::system_of_title(system).map(Cow::Owned),
        },
        None => Place::Manifest(Cow::Borrowed(target)),
    };
    advisory.into_finding(package, place)
}

/// `kernel` of `CVE-2022-3643 - kernel`.
fn package_of_title<'a>(found: &'a Found<'_>, id: &str) -> &'a str {
    let rest = filled(&found.title).and_then(|title| title.strip_prefix(id));
    let name = rest.and_then(|rest| rest.trim_start().strip_prefix('-')).map(str::trim);
    name.filter(|name| !name.is_empty()).unwrap_or("unknown")
}

fn map_package<'a>(entry: &'a VulnerablePackage<'_>) -> Package<'a> {
    let version = filled(&entry.version).unwrap_or_default();
    let version = aws::version(filled(&entry.epoch), version, filled(&entry.release));
    let mut package = Package::new(filled(&entry.name).unwrap_or("unknown"), version);
    package.kind = filled(&entry.package_manager).map(Cow::Borrowed);
    package.path = filled(&entry.file_path).map(Cow::Borrowed);
    let fixed = filled(&entry.fixed_in_version).into_iter().flat_map(|versions| versions.split(','));
    package.fixed = fixed.filter_map(aws::fixed_version).map(Cow::Borrowed).collect();
    package
}

fn map_row<'a>(entry: &'a VulnerablePackage<'_>) -> Vec<Detail<'a>> {
    let package = map_package(entry);
    let path = package.path.unwrap_or_default();
    [package.name, package.version, package.fixed.join(", ").into(), path].map(Detail::text).to_vec()
}

/// The version and the command, else what is recommended: Inspector's recommendation is a sentence
/// that refers to the version.
fn map_solution<'a>(
    package: Option<&'a VulnerablePackage<'_>>,
    found: &'a Found<'_>,
    mapped: &Package<'_>,
) -> Option<Text<'a>> {
    let update = aws::update(mapped, package.and_then(|package| filled(&package.remediation)));
    if update.is_some() || !mapped.fixed.is_empty() {
        return update;
    }
    filled(&found.remediation.recommendation.text).and_then(aws::recommendation).map(Cow::Borrowed)
}

/// An image for containers, a manifest for functions, and the instance for everything else.
fn map_place<'a>(
    package: Option<&'a VulnerablePackage<'_>>,
    found: &'a Found<'_>,
    options: &'a Options,
) -> Place<'a> {
    let Some(resource) = found.resources.first() else {
        return aws::host(filled(&options.image).unwrap_or("unknown"), None);
    };
    // `aws/inspector/resources/1/resourceDetails/awsEc2InstanceDetails/platform`
    let fields = found.product_fields.iter().flatten();
    let platform = fields.filter(|(key, _)| key.ends_with("/platform")).find_map(|(_, value)| filled(value));
    let operating_system = || platform.and_then(aws::operating_system).map(Cow::Owned);
    let id = filled(&resource.id).unwrap_or("unknown");
    if let Some(ecr) = &resource.details.aws_ecr_container_image {
        let tag = ecr.image_tags.iter().map(|tag| tag.trim()).find(|tag| !tag.is_empty());
        let name = filled(&ecr.repository_name);
        let image = match name {
            Some(name) => {
                let (registry, region) = (filled(&ecr.registry_id), filled(&resource.region));
                aws::ecr_image(registry, region, name, tag, filled(&ecr.image_digest))
            }
            None => image::with_tag(Cow::Borrowed(id)),
        };
        return Place::Image { image, operating_system: operating_system() };
    }
    let container = resource.details.container.as_ref();
    if let Some(name) =
        container.and_then(|container| filled(&container.image_name).or(filled(&container.image_id)))
    {
        return Place::Image {
            image: image::with_tag(Cow::Borrowed(name)),
            operating_system: operating_system(),
        };
    }
    if matches!(filled(&resource.kind), Some("Container" | "AwsEcrContainerImage")) {
        return Place::Image {
            image: image::with_tag(Cow::Borrowed(id)),
            operating_system: operating_system(),
        };
    }
    if filled(&resource.kind) == Some("AwsLambdaFunction") {
        let function = resource.details.aws_lambda_function.as_ref();
        let name = function.and_then(|function| filled(&function.function_name)).unwrap_or(id);
        let path = package.and_then(|package| filled(&package.file_path));
        return Place::Manifest(match path {
            Some(path) => Cow::Owned(format!("{name}/{}", path.trim_start_matches('/'))),
            None => Cow::Borrowed(name),
        });
    }
    aws::host(id, platform)
}

/// The newer version of CVSS first; each once.
fn map_ratings<'a>(entry: &'a Entry<'_>) -> Vec<Rating<'a>> {
    let mut sources: Vec<_> = entry.cvss.iter().collect();
    sources.sort_by_key(|cvss| match filled(&cvss.version) {
        Some(version) if version.starts_with('3') => 0,
        Some(version) if version.starts_with('4') => 1,
        _ => 2,
    });
    let ratings = sources.into_iter().map(|cvss| {
        let source = filled(&cvss.source).unwrap_or_default();
        Rating::new(source, filled(&cvss.base_vector).map(Cow::Borrowed), cvss.base_score)
    });
    ratings.collect()
}
