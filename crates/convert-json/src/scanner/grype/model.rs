//! What is read of a match, with only the fields that are used.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;

/// `Match`, and `IgnoredMatch` with the rules that apply.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Match<'a> {
    #[serde(borrow)]
    pub(super) vulnerability: Option<Vulnerability<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related_vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) match_details: Vec<MatchDetails<'a>>,
    pub(super) artifact: Option<Artifact<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) applied_ignore_rules: Vec<IgnoreRule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) data_source: Option<Loose<'a>>,
    pub(super) namespace: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) urls: Vec<Loose<'a>>,
    /// Before 0.8.
    #[serde(deserialize_with = "json::list")]
    pub(super) links: Vec<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cvss: Vec<Cvss<'a>>,
    /// Before 0.8.
    pub(super) cvss_v3: Option<OldCvss<'a>>,
    /// Before 0.8.
    pub(super) cvss_v2: Option<OldCvss<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) epss: Vec<Epss<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) known_exploited: Vec<KnownExploited<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwes: Vec<Cwe<'a>>,
    pub(super) fix: Option<Fix<'a>>,
    /// Before 0.8.
    pub(super) fixed_in_version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) advisories: Vec<Advisory<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) risk: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cvss<'a> {
    #[serde(borrow)]
    pub(super) source: Option<Loose<'a>>,
    pub(super) vector: Option<Loose<'a>>,
    pub(super) metrics: Option<Metrics>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metrics {
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OldCvss<'a> {
    #[serde(borrow)]
    pub(super) vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Epss<'a> {
    #[serde(borrow)]
    pub(super) epss: Option<Loose<'a>>,
    pub(super) percentile: Option<Loose<'a>>,
    pub(super) date: Option<Loose<'a>>,
}

/// An entry of CISA's catalogue.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct KnownExploited<'a> {
    #[serde(borrow)]
    pub(super) date_added: Option<Loose<'a>>,
    pub(super) due_date: Option<Loose<'a>>,
    pub(super) required_action: Option<Loose<'a>>,
    pub(super) known_ransomware_campaign_use: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) urls: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwes: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cwe<'a> {
    #[serde(borrow)]
    pub(super) cwe: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fix<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) versions: Vec<Loose<'a>>,
    pub(super) state: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) available: Vec<FixAvailable<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FixAvailable<'a> {
    #[serde(borrow)]
    pub(super) version: Option<Loose<'a>>,
    pub(super) date: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Advisory<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) link: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MatchDetails<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) matcher: Option<Loose<'a>>,
    pub(super) found: Option<Found<'a>>,
    pub(super) fix: Option<SuggestedFix<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    pub(super) version_constraint: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SuggestedFix<'a> {
    #[serde(borrow)]
    pub(super) suggested_version: Option<Loose<'a>>,
}

/// The package (`Package` in Grype's own words).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) version: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) locations: Vec<Location<'a>>,
    pub(super) purl: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) upstreams: Vec<Upstream<'a>>,
    pub(super) metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location<'a> {
    #[serde(borrow)]
    pub(super) path: Option<Loose<'a>>,
    #[serde(rename = "layerID")]
    pub(super) layer: Option<Loose<'a>>,
    pub(super) annotations: Option<Annotations<'a>>,
}

/// Whether the package was found there (`primary`), or more is told of it there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations<'a> {
    #[serde(borrow)]
    pub(super) evidence: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Upstream<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) version: Option<Loose<'a>>,
}

/// The path of an archive in an archive, of Java packages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow, rename = "virtualPath")]
    pub(super) virtual_path: Option<Loose<'a>>,
    #[serde(rename = "VirtualPath")]
    pub(super) old_virtual_path: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct IgnoreRule<'a> {
    #[serde(borrow)]
    pub(super) vulnerability: Option<Loose<'a>>,
    pub(super) reason: Option<Loose<'a>>,
    pub(super) namespace: Option<Loose<'a>>,
    pub(super) fix_state: Option<Loose<'a>>,
    pub(super) package: Option<IgnorePackage<'a>>,
    pub(super) vex_status: Option<Loose<'a>>,
    pub(super) vex_justification: Option<Loose<'a>>,
    pub(super) match_type: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct IgnorePackage<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) location: Option<Loose<'a>>,
}
