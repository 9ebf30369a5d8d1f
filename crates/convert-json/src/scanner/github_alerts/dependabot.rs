//! Alerts of Dependabot.

use super::Alert;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Outcome, SkipReason, cwe};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependency<'a> {
    #[serde(borrow)]
    package: Named<'a>,
    manifest_path: Option<Loose<'a>>,
    scope: Option<Loose<'a>>,
    relationship: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    ecosystem: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
}

/// `security_advisory`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known<'a> {
    #[serde(borrow, alias = "ghsaId")]
    ghsa_id: Option<Loose<'a>>,
    cve_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    identifiers: Vec<Id<'a>>,
    summary: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(alias = "publishedAt")]
    published_at: Option<Loose<'a>>,
    #[serde(alias = "updatedAt")]
    updated_at: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwes: Vec<Weakness<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Reference<'a>>,
    cvss: Option<Score<'a>>,
    #[serde(alias = "cvssSeverities")]
    cvss_severities: Severities<'a>,
    epss: Epss<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id<'a> {
    #[serde(borrow)]
    value: Option<Loose<'a>>,
}

/// A weakness, or a list of them in `nodes`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Weakness<'a> {
    #[serde(borrow, alias = "cweId")]
    cwe_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    nodes: Vec<Weakness<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Severities<'a> {
    #[serde(borrow, alias = "cvssV3")]
    cvss_v3: Option<Score<'a>>,
    #[serde(alias = "cvssV4")]
    cvss_v4: Option<Score<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(borrow, alias = "vectorString")]
    vector_string: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Epss<'a> {
    #[serde(borrow)]
    percentage: Option<Loose<'a>>,
    percentile: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    package: Named<'a>,
    severity: Option<Loose<'a>>,
    #[serde(alias = "vulnerableVersionRange")]
    vulnerable_version_range: Option<Loose<'a>>,
    #[serde(alias = "firstPatchedVersion")]
    first_patched_version: Option<Version<'a>>,
    /// Of the GraphQL API.
    pub(super) advisory: Option<Known<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    identifier: Option<Loose<'a>>,
}

pub(super) fn map<'a>(known: &'a Known<'_>, alert: &'a Alert<'_>) -> Outcome<'a> {
    let (dependency, vulnerability) = (&alert.dependency, &alert.security_vulnerability);
    let name = filled(&dependency.package.name).or(filled(&vulnerability.package.name)).unwrap_or_default();
    let ids = || known.identifiers.iter().filter_map(|id| filled(&id.value));
    let cve = filled(&known.cve_id).or_else(|| ids().find(|id| id.starts_with("CVE-")));
    let ghsa = filled(&known.ghsa_id);
    let mut about = Advisory::new("ghsa", cve.or(ghsa).or_else(|| ids().next()).unwrap_or_default());
    about.aliases = ghsa.into_iter().map(Cow::Borrowed).collect();
    about.title = filled(&known.summary).map(Cow::Borrowed);
    about.description = filled(&known.description).map(Cow::Borrowed);
    about.severity = filled(&known.severity).or(filled(&vulnerability.severity)).map(Cow::Borrowed);
    let weaknesses = known.cwes.iter().flat_map(|it| std::iter::once(it).chain(&it.nodes));
    about.weaknesses = weaknesses.filter_map(|it| cwe::parse(filled(&it.cwe_id)?)).collect();
    about.references = known.references.iter().filter_map(|it| filled(&it.url)).map(Cow::Borrowed).collect();
    about.published = filled(&known.published_at).map(Cow::Borrowed);
    about.modified = filled(&known.updated_at).map(Cow::Borrowed);
    let severities = &known.cvss_severities;
    about.ratings = [&severities.cvss_v4, &severities.cvss_v3, &known.cvss]
        .into_iter()
        .flatten()
        .filter_map(|score| {
            // A vector that is missing has the score 0.
            let vector = filled(&score.vector_string)?;
            Some(Rating::new("GitHub", Some(Cow::Borrowed(vector)), score.score))
        })
        .collect();

    // The REST API does not tell which version is in use; the GraphQL API tells what is asked for.
    let version = filled(&alert.requirements).and_then(|asked| asked.strip_prefix("= "));
    let mut package = Package::new(name, version.unwrap_or_default());
    let ecosystem = filled(&dependency.package.ecosystem).or(filled(&vulnerability.package.ecosystem));
    package.kind = ecosystem.map(Cow::Borrowed);
    package.vulnerable = filled(&vulnerability.vulnerable_version_range).map(Cow::Borrowed);
    let fixed = vulnerability.first_patched_version.as_ref().and_then(|version| filled(&version.identifier));
    package.fixed = fixed.into_iter().map(Cow::Borrowed).collect();
    package.direct = match filled(&dependency.relationship).or(filled(&alert.relationship)) {
        Some("direct" | "DIRECT") => Some(true),
        Some("transitive" | "TRANSITIVE") => Some(false),
        _ => None,
    };
    let manifest = filled(&dependency.manifest_path).or(filled(&alert.manifest_path));
    let place = Place::Manifest(manifest.unwrap_or("unknown").into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without an advisory or a package", name);
    };
    let details = &mut finding.vulnerability.details;
    crate::field::epss(details, filled(&known.epss.percentage), filled(&known.epss.percentile), None);
    let scope = filled(&dependency.scope).or(filled(&alert.scope));
    details.text("scope", "Scope", scope.unwrap_or_default());
    details.text("github_alert", "Alert of GitHub", filled(&alert.html_url).unwrap_or_default());
    Outcome::finding(finding)
}
