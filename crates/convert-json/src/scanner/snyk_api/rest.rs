//! The REST API (`GET /rest/orgs/{org_id}/issues`, and the issues of a package URL).

use crate::field::{once, text, texts};
use crate::snyk_issue::{Installed, Target};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Finding, Fingerprint, Outcome, SkipReason, cwe};
use scanlift_report_core::{
    Description, Details, Identifier, Location, Name, Severity, Solution, SourceLocation, Text, Vulnerability,
};
use serde::Deserialize;
use std::borrow::Cow;

/// An entry of `data`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    attributes: Option<Attributes<'a>>,
    relationships: Option<Relationships<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow)]
    key: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    /// `package_vulnerability`, `license`, `code`, `config`, `cloud`, `custom`.
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    ignored: Option<bool>,
    effective_severity_level: Option<Loose<'a>>,
    created_at: Option<Loose<'a>>,
    updated_at: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    classes: Vec<Class<'a>>,
    #[serde(deserialize_with = "json::list")]
    problems: Vec<Problem<'a>>,
    #[serde(deserialize_with = "json::list")]
    severities: Vec<Rated<'a>>,
    #[serde(deserialize_with = "json::list")]
    coordinates: Vec<Coordinate<'a>>,
    exploit_details: Option<ExploitDetails<'a>>,
    risk: Option<Risk<'a>>,
    slots: Option<Slots<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Class<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rated<'a> {
    #[serde(borrow)]
    source: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    vector: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Coordinate<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    representations: Vec<Representation<'a>>,
    #[serde(deserialize_with = "json::list")]
    remedies: Vec<Remedy<'a>>,
    reachability: Option<Loose<'a>>,
    is_upgradeable: Option<bool>,
    is_pinnable: Option<bool>,
    is_patchable: Option<bool>,
    is_fixable_snyk: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Representation<'a> {
    #[serde(borrow)]
    dependency: Option<Dependency<'a>>,
    package: Option<PackageUrl<'a>>,
    #[serde(alias = "resourcePath")]
    resource_path: Option<Loose<'a>>,
    #[serde(rename = "sourceLocation", alias = "source_location")]
    source_location: Option<Source<'a>>,
    cloud_resource: Option<CloudResource<'a>>,
}

/// A resource of an account, or of code that describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CloudResource<'a> {
    #[serde(borrow)]
    environment: Option<Cloud<'a>>,
    resource: Option<Cloud<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cloud<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    /// In the words of the cloud: a number of an account, an ARN.
    native_id: Option<Loose<'a>>,
    resource_type: Option<Loose<'a>>,
    location: Option<Loose<'a>>,
    platform: Option<Loose<'a>>,
}

impl Cloud<'_> {
    fn id(&self) -> Option<&str> {
        filled(&self.native_id).or(filled(&self.name))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    package_name: Option<Loose<'a>>,
    package_version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PackageUrl<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    region: Option<Region>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Region {
    start: Option<Point>,
    end: Option<Point>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Point {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remedy<'a> {
    #[serde(borrow)]
    description: Option<Loose<'a>>,
    details: Option<RemedyDetails<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RemedyDetails<'a> {
    #[serde(borrow)]
    upgrade_package: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExploitDetails<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    maturity_levels: Vec<Maturity<'a>>,
    #[serde(deserialize_with = "json::list")]
    sources: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Maturity<'a> {
    #[serde(borrow)]
    level: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Risk<'a> {
    #[serde(borrow)]
    score: Option<Score<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(borrow)]
    value: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slots<'a> {
    #[serde(borrow)]
    publication_time: Option<Loose<'a>>,
    disclosure_time: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Problem<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationships<'a> {
    #[serde(borrow)]
    scan_item: Option<Related<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Related<'a> {
    #[serde(borrow)]
    data: Option<RelatedData<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RelatedData<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
}

pub(super) fn map_issue<'a>(issue: &'a Issue<'_>, target: &'a Target<'_>) -> Outcome<'a> {
    let Some(attributes) = &issue.attributes else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "an issue without attributes",
            filled(&issue.id).unwrap_or_default(),
        );
    };
    let id = id(issue, attributes);
    if let Some(status) = filled(&attributes.status).filter(|status| *status != "open") {
        return Outcome::skip(SkipReason::NotAFinding, format!("status: {status}"), id);
    }
    if attributes.ignored == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "ignored: true", id);
    }
    let kind = filled(&attributes.kind).unwrap_or_default();
    if kind == "license" {
        let detail = "licence issue: GitLab reads licences from SBOMs";
        return Outcome::skip(SkipReason::Unsupported, detail, id);
    }
    let outcome = match representations(attributes).find_map(package) {
        Some(package) if !matches!(kind, "code" | "config" | "cloud") => {
            let place = match target {
                Target::Manifest(file) => Place::Manifest(Cow::Borrowed(&**file)),
                Target::Image { image, system, .. } => Place::Image {
                    image: Cow::Borrowed(&**image),
                    operating_system: system.as_deref().map(Cow::Borrowed),
                },
            };
            map_advisory(attributes, id, &package.name).into_finding(package, place)
        }
        _ => map_code(attributes, id),
    };
    let Some(mut finding) = outcome else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a key, package or file", id);
    };
    map_details(&mut finding.vulnerability.details, issue, attributes);
    Outcome::finding(finding)
}

/// What stays the same from scan to scan: the advisory of a package, the rule of code or of the cloud.
/// The `id` of an issue is the organisation's own number for it, except where it is asked for by package URL.
fn id<'a>(issue: &'a Issue<'_>, attributes: &'a Attributes<'_>) -> &'a str {
    let key = filled(&attributes.key);
    let problem = || attributes.problems.iter().find_map(|problem| filled(&problem.id));
    match filled(&attributes.kind) {
        Some("code") => problem().or(filled(&attributes.title)).or(key),
        Some("config" | "cloud") => problem().or(key),
        _ => key.or(filled(&issue.id)).or_else(problem),
    }
    .unwrap_or_default()
}

fn representations<'a>(attributes: &'a Attributes<'_>) -> impl Iterator<Item = &'a Representation<'a>> {
    attributes.coordinates.iter().flat_map(|coordinate| &coordinate.representations)
}

fn package<'a>(representation: &'a Representation<'_>) -> Option<Package<'a>> {
    if let Some(dependency) = &representation.dependency {
        let version = filled(&dependency.package_version).unwrap_or_default();
        let name = filled(&dependency.package_name)?;
        let name = if name.contains('|') { Installed::unmanaged(name).name } else { name };
        return Some(Package::new(name, version));
    }
    let package = representation.package.as_ref()?;
    let by_url = filled(&package.url).and_then(Package::from_purl);
    let name = filled(&package.name);
    let mut found = match (by_url, name) {
        (Some(found), _) => found,
        (None, Some(name)) => Package::new(name, filled(&package.version).unwrap_or_default()),
        (None, None) => return None,
    };
    found.kind = text(&package.kind);
    Some(found)
}

fn map_advisory<'a>(attributes: &'a Attributes<'_>, id: &'a str, package: &str) -> Advisory<'a> {
    let mut advisory = Advisory::new("snyk_id", id);
    advisory.url = id.starts_with("SNYK-").then(|| Cow::Owned(format!("https://security.snyk.io/vuln/{id}")));
    advisory.title = text(&attributes.title).map(|title| Cow::Owned(format!("{title} in {package}")));
    advisory.description = text(&attributes.description).or(text(&attributes.title));
    let remedies = attributes.coordinates.iter().flat_map(|coordinate| &coordinate.remedies);
    advisory.solution = remedies.filter_map(|remedy| text(&remedy.description)).next();
    let problems = attributes.problems.iter().filter_map(|problem| filled(&problem.id));
    advisory.aliases = problems.filter(|id| cwe::parse(id).is_none()).map(Cow::Borrowed).collect();
    advisory.weaknesses = weaknesses(attributes);
    let own = attributes.severities.iter().find(|rated| filled(&rated.source) == Some("Snyk"));
    let own = own.or(attributes.severities.first()).and_then(|rated| text(&rated.level));
    advisory.severity = text(&attributes.effective_severity_level).or(own);
    advisory.ratings = attributes
        .severities
        .iter()
        .map(|rated| Rating::new(filled(&rated.source).unwrap_or_default(), text(&rated.vector), rated.score))
        .collect();
    let slots = attributes.slots.iter();
    let links = attributes.problems.iter().chain(slots.clone().flat_map(|slots| &slots.references));
    advisory.references = links.filter_map(|link| text(&link.url)).collect();
    advisory.published = slots.clone().find_map(|slots| text(&slots.publication_time));
    advisory.modified = text(&attributes.updated_at);
    advisory
}

/// Classes of the issue, and problems that are such.
fn weaknesses(attributes: &Attributes<'_>) -> Vec<u32> {
    let classes = attributes.classes.iter().map(|class| &class.id);
    let problems = attributes.problems.iter().map(|problem| &problem.id);
    classes.chain(problems).filter_map(|id| cwe::parse(filled(id)?)).collect()
}

fn cloud<'a>(attributes: &'a Attributes<'_>) -> Option<&'a CloudResource<'a>> {
    representations(attributes).find_map(|representation| representation.cloud_resource.as_ref())
}

/// An issue of code, of a configuration or of the cloud. GitLab has no report for the last: in SAST,
/// with the resource's id as path, people can still see and triage it.
fn map_code<'a>(attributes: &'a Attributes<'_>, id: &'a str) -> Option<Finding<'a>> {
    let source =
        representations(attributes).find_map(|representation| representation.source_location.as_ref());
    let resource =
        || representations(attributes).find_map(|representation| filled(&representation.resource_path));
    let of_cloud = || {
        let CloudResource { environment, resource } = cloud(attributes)?;
        let id = [resource, environment].into_iter().flatten().find_map(Cloud::id)?;
        // Ids of Azure begin like a path of this machine.
        Some(id.trim_start_matches('/'))
    };
    let file = source.and_then(|source| filled(&source.file)).or_else(resource).or_else(of_cloud)?;
    let mut location = SourceLocation::file(file);
    if let Some(region) = source.and_then(|source| source.region.as_ref()) {
        location.start_line = region.start.as_ref().and_then(|point| point.line);
        location.end_line = region.end.as_ref().and_then(|point| point.line);
    }
    let identifier = Identifier::new("snyk_rule_id", id, id)?;
    let mut vulnerability = Vulnerability::new(identifier, Location::Sast(location));
    vulnerability.identifiers.extend(weaknesses(attributes).into_iter().map(Identifier::cwe));
    vulnerability.name = Name::new(filled(&attributes.title).unwrap_or(id));
    vulnerability.description = Description::new(filled(&attributes.description).unwrap_or_default());
    let remedies = attributes.coordinates.iter().flat_map(|coordinate| &coordinate.remedies);
    let remedy = remedies.filter_map(|remedy| filled(&remedy.description)).next();
    vulnerability.solution = Solution::new(remedy.unwrap_or_default());
    let mut finding = Finding::new(vulnerability);
    let level = text(&attributes.effective_severity_level);
    finding.severity.rating = level.as_deref().and_then(Severity::from_word);
    finding.severity.word = level;
    let key = text(&attributes.key).map(|value| Fingerprint { name: "key".into(), value });
    finding.fingerprints.extend(key);
    Some(finding)
}

fn map_details<'a>(details: &mut Details<'a>, issue: &'a Issue<'_>, attributes: &'a Attributes<'_>) {
    if let Some(exploit) = &attributes.exploit_details {
        let mut levels = Vec::new();
        exploit
            .maturity_levels
            .iter()
            .filter_map(|level| text(&level.level))
            .for_each(|level| once(&mut levels, level));
        details.text("exploit_maturity", "Exploit maturity", levels.join(", "));
        details.text(
            "exploit_sources",
            "Exploits known to",
            texts(&exploit.sources).collect::<Vec<_>>().join(", "),
        );
    }
    let risk = attributes.risk.as_ref().and_then(|risk| filled(&risk.score.as_ref()?.value));
    details.text("risk_score", "Risk score", risk.unwrap_or_default());
    if let Some(CloudResource { environment, resource }) = cloud(attributes) {
        let of = |field: fn(&'a Cloud<'_>) -> Option<&'a str>| resource.as_ref().and_then(field);
        for (key, name, value) in [
            ("resource", "Resource", of(|it| filled(&it.name))),
            ("resource_type", "Type of the resource", of(|it| filled(&it.resource_type))),
            ("region", "Region", of(|it| filled(&it.location))),
            ("provider", "Provider", of(|it| filled(&it.platform))),
            ("account", "Account", environment.as_ref().and_then(Cloud::id)),
        ] {
            details.text(key, name, value.unwrap_or_default());
        }
    }
    let coordinates = attributes.coordinates.iter();
    let reachability = coordinates.clone().find_map(|coordinate| filled(&coordinate.reachability));
    details.text("reachability", "Reachability", reachability.unwrap_or_default());
    let upgrade = coordinates.clone().flat_map(|coordinate| &coordinate.remedies);
    let upgrade = upgrade.filter_map(|remedy| filled(&remedy.details.as_ref()?.upgrade_package)).next();
    details.text("upgrade_package", "Upgrade to", upgrade.unwrap_or_default());
    let mut ways = Vec::new();
    for it in coordinates {
        for (way, is_open) in [
            ("upgrade", it.is_upgradeable),
            ("pin", it.is_pinnable),
            ("patch", it.is_patchable),
            ("fix by Snyk", it.is_fixable_snyk),
        ] {
            if is_open == Some(true) {
                once(&mut ways, way);
            }
        }
    }
    details.text("fixable", "Fixable by", ways.join(", "));
    let mut others: Vec<Text<'a>> = Vec::new();
    for package in representations(attributes).filter_map(package).take(50) {
        once(&mut others, format!("{} {}", package.name, package.version));
    }
    if others.len() > 1 {
        details.text("packages", "Packages", others.join(", "));
    }
    details.text("affected", "Affected versions", resource_paths(attributes));
    let disclosed = attributes.slots.as_ref().and_then(|slots| filled(&slots.disclosure_time));
    details.text("disclosed", "Disclosed", disclosed.unwrap_or_default());
    details.text("first_seen", "First seen", filled(&attributes.created_at).unwrap_or_default());
    let item = issue.relationships.as_ref().and_then(|all| all.scan_item.as_ref()?.data.as_ref());
    if let Some(item) = item {
        let kind = filled(&item.kind).unwrap_or("item");
        details.text(
            "scan_item",
            "Scanned",
            filled(&item.id).map(|id| format!("{kind} {id}")).unwrap_or_default(),
        );
    }
    let issue_id = filled(&issue.id).filter(|id| Some(*id) != filled(&attributes.key));
    details.text("snyk_issue", "Issue id", issue_id.unwrap_or_default());
}

/// Of a package they are ranges of versions: `[,2.12.7.1)`.
fn resource_paths<'a>(attributes: &'a Attributes<'_>) -> &'a str {
    let paths = representations(attributes).find_map(|representation| filled(&representation.resource_path));
    paths.filter(|path| path.starts_with(['[', '(', '<', '>', '='])).unwrap_or_default()
}
