//! The findings API (`GET /appsec/v2/applications/{guid}/findings`).

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Finding, Outcome, SkipReason, details, html};
use scanlift_report_core::{Location, Severity, Text, WebLocation};
use serde::Deserialize;
use std::borrow::Cow;

/// Where packages are of which the finding does not say it.
pub(super) struct Scope<'s> {
    pub(super) manifest: Option<&'s str>,
    pub(super) name: Option<&'s str>,
}

/// A finding, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiFinding<'a> {
    #[serde(borrow)]
    scan_type: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    issue_id: Option<Loose<'a>>,
    context_type: Option<Loose<'a>>,
    violates_policy: Option<bool>,
    finding_status: Option<Status<'a>>,
    finding_details: Option<Details<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    status: Option<Loose<'a>>,
    resolution: Option<Loose<'a>>,
    resolution_status: Option<Loose<'a>>,
    first_found_date: Option<Loose<'a>>,
}

/// What the type of scan says of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(deserialize_with = "json::number")]
    severity: Option<u32>,
    #[serde(borrow)]
    cwe: Option<Cwe<'a>>,
    finding_category: Option<Category<'a>>,
    // Static
    file_path: Option<Loose<'a>>,
    file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    file_line_number: Option<u64>,
    module: Option<Loose<'a>>,
    procedure: Option<Loose<'a>>,
    attack_vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    exploitability: Option<i64>,
    // Dynamic
    #[serde(alias = "URL")]
    url: Option<Loose<'a>>,
    vulnerable_parameter: Option<Loose<'a>>,
    plugin: Option<Loose<'a>>,
    // SCA
    cve: Option<Cve<'a>>,
    component_filename: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    language: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    component_path: Vec<ComponentPath<'a>>,
    #[serde(deserialize_with = "json::list")]
    licenses: Vec<License<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cwe<'a> {
    #[serde(deserialize_with = "json::number")]
    id: Option<u32>,
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Category<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cve<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss: Option<f64>,
    vector: Option<Loose<'a>>,
    href: Option<Loose<'a>>,
    cvss3: Option<Cvss3<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss3<'a> {
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(borrow)]
    vector: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ComponentPath<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct License<'a> {
    #[serde(borrow)]
    license_id: Option<Loose<'a>>,
}

pub(super) fn map_finding<'a>(found: &'a ApiFinding<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let kind = filled(&found.scan_type).unwrap_or_default();
    let example = filled(&found.issue_id).unwrap_or(kind);
    let Some(of_scan) = &found.finding_details else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without details", example);
    };
    if let Some((reason, detail)) = found.finding_status.as_ref().and_then(settled) {
        return Outcome::skip(reason, detail, example);
    }
    let mapped = match kind.to_ascii_uppercase().as_str() {
        "SCA" => map_package(found, of_scan, scope),
        _ => map_flaw(found, of_scan, kind),
    };
    let Some(mut finding) = mapped else {
        return Outcome::skip(SkipReason::Unsupported, "a finding that names nothing", example);
    };
    let shown = &mut finding.vulnerability.details;
    let status = found.finding_status.as_ref();
    let first = status.and_then(|status| filled(&status.first_found_date));
    let policy = found.violates_policy.map(|violates| if violates { "yes" } else { "no" });
    for (key, name, value) in [
        ("violates_policy", "Violates the policy", policy),
        ("resolution", "Resolution", status.and_then(|status| filled(&status.resolution))),
        ("first_found", "First found", first),
        ("context", "Found in", filled(&found.context_type)),
        ("issue_id", "Id of the issue", filled(&found.issue_id)),
    ] {
        shown.text(key, name, value.unwrap_or_default());
    }
    Outcome::finding(finding)
}

/// Why a finding is none any more: closed, or its mitigation is approved.
fn settled(status: &Status<'_>) -> Option<(SkipReason, String)> {
    let (state, resolution) = (filled(&status.status), filled(&status.resolution).unwrap_or_default());
    if filled(&status.resolution_status).is_some_and(|state| state.eq_ignore_ascii_case("APPROVED")) {
        return Some((SkipReason::Suppressed, format!("approved: {resolution}")));
    }
    let closed = state.is_some_and(|state| state.eq_ignore_ascii_case("CLOSED"));
    closed.then(|| (SkipReason::NotAFinding, format!("CLOSED: {resolution}")))
}

/// Veracode's severities from 5 to 0.
pub(super) fn rating(severity: u32) -> Option<(Severity, &'static str)> {
    match severity {
        5 => Some((Severity::Critical, "Very High")),
        4 => Some((Severity::High, "High")),
        3 => Some((Severity::Medium, "Medium")),
        2 => Some((Severity::Low, "Low")),
        1 => Some((Severity::Low, "Very Low")),
        0 => Some((Severity::Info, "Informational")),
        _ => None,
    }
}

/// A flaw of a static, dynamic or manual scan.
fn map_flaw<'a>(found: &'a ApiFinding<'_>, of_scan: &'a Details<'_>, kind: &str) -> Option<Finding<'a>> {
    let category = of_scan.finding_category.as_ref();
    let weakness = of_scan.cwe.as_ref();
    let name = category.and_then(|it| filled(&it.name)).or(weakness.and_then(|it| filled(&it.name)));
    let rule = category.and_then(|it| filled(&it.id)).or(name)?;
    let mut issue = Issue::new("veracode_category_id", rule);
    issue.rule_name = name.map(Cow::Borrowed);
    issue.title = weakness.and_then(|it| filled(&it.name)).or(name).map(Cow::Borrowed);
    issue.message = filled(&found.description).map(html::to_markdown);
    (issue.rating, issue.severity) = words(of_scan.severity);
    issue.weaknesses.extend(weakness.and_then(|it| it.id));
    let mut finding = issue.into_finding(place(of_scan, kind))?;
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("attack_vector", "Attack vector", filled(&of_scan.attack_vector)),
        ("module", "Module", filled(&of_scan.module)),
        ("plugin", "Plug-in", filled(&of_scan.plugin)),
    ] {
        shown.text(key, name, value.unwrap_or_default());
    }
    let exploitability = of_scan.exploitability.and_then(exploitability);
    shown.text("exploitability", "Exploitability", exploitability.unwrap_or_default());
    Some(finding)
}

fn place<'a>(of_scan: &'a Details<'_>, kind: &str) -> Location<'a> {
    let file = filled(&of_scan.file_path).or(filled(&of_scan.file_name));
    if kind.eq_ignore_ascii_case("DYNAMIC") || (file.is_none() && filled(&of_scan.url).is_some()) {
        let mut web = WebLocation::from_url(filled(&of_scan.url).unwrap_or_default());
        web.param = filled(&of_scan.vulnerable_parameter).map(Cow::Borrowed);
        return Location::Dast(web);
    }
    let mut source = code::lines(file.unwrap_or_default(), of_scan.file_line_number, None);
    source.method = filled(&of_scan.procedure).map(Cow::Borrowed);
    Location::Sast(source)
}

fn words(severity: Option<u32>) -> (Option<Severity>, Option<Text<'static>>) {
    severity.and_then(rating).map(|(rating, word)| (rating, Cow::Borrowed(word))).unzip()
}

/// From -2 to 2.
fn exploitability(number: i64) -> Option<&'static str> {
    match number {
        -2 => Some("very unlikely"),
        -1 => Some("unlikely"),
        0 => Some("neutral"),
        1 => Some("likely"),
        2 => Some("very likely"),
        _ => None,
    }
}

fn map_package<'a>(
    found: &'a ApiFinding<'_>,
    of_scan: &'a Details<'_>,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let cve = of_scan.cve.as_ref()?;
    let file = filled(&of_scan.component_filename)?;
    let version = filled(&of_scan.version).unwrap_or_default();
    let mut package = Package::new(component(file, version), version);
    package.kind = filled(&of_scan.language).map(Cow::Borrowed);
    let paths = || of_scan.component_path.iter().filter_map(|one| filled(&one.path));
    let mut advisory = Advisory::new("veracode_vulnerability_id", filled(&cve.name)?);
    advisory.description = filled(&found.description).map(html::to_markdown);
    advisory.url = filled(&cve.href).map(Cow::Borrowed);
    advisory.severity = words(of_scan.severity).1;
    if let Some(three) = &cve.cvss3 {
        let vector = filled(&three.vector).map(|vector| with_version(vector, "CVSS:3.1/"));
        advisory.ratings.push(Rating::new("veracode", vector, three.score));
    }
    advisory.ratings.push(Rating::new("veracode", filled(&cve.vector).map(Cow::Borrowed), cve.cvss));
    advisory.weaknesses.extend(of_scan.cwe.as_ref().and_then(|it| it.id));
    let manifest = scope.manifest.or_else(|| paths().next()).or(scope.name).unwrap_or(file);
    let mut finding = advisory.into_finding(package, Place::Manifest(Cow::Borrowed(manifest)))?;
    finding.severity.rating = of_scan.severity.and_then(rating).map(|it| it.0);
    let shown = &mut finding.vulnerability.details;
    shown.text("component", "File of the component", file);
    details::add_list(shown, "component_paths", "Paths of the component", paths().map(Cow::Borrowed));
    let licenses = of_scan.licenses.iter().filter_map(|license| filled(&license.license_id));
    details::add_list(shown, "licenses", "Licences", licenses.map(Cow::Borrowed));
    Some(finding)
}

/// The name in `spring-web-5.3.1.jar` of version 5.3.1; the file name where the version is not in it.
fn component<'a>(file: &'a str, version: &str) -> &'a str {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name = stem.strip_suffix(version).filter(|_| !version.is_empty());
    name.map(|name| name.trim_end_matches(['-', '_', '.'])).filter(|name| !name.is_empty()).unwrap_or(file)
}

fn with_version<'a>(vector: &'a str, version: &str) -> Text<'a> {
    if vector.starts_with("CVSS:") { Cow::Borrowed(vector) } else { Cow::Owned(format!("{version}{vector}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_have_names() {
        for (file, version, want) in [
            ("spring-boot-2.5.14.jar", "2.5.14", "spring-boot"),
            ("lodash", "4.17.20", "lodash"),
            ("jquery.js", "", "jquery.js"),
            ("2.0.jar", "2.0", "2.0.jar"),
        ] {
            assert_eq!(component(file, version), want, "{file}");
        }
    }

    #[test]
    fn severities_go_from_5_to_0() {
        let all: Vec<_> = (0..=6).map(|number| rating(number).map(|it| it.0)).collect();
        use Severity::{Critical, High, Info, Low, Medium};
        assert_eq!(all, [Some(Info), Some(Low), Some(Low), Some(Medium), Some(High), Some(Critical), None]);
    }
}
