//! What is read of a CSAF document, of version 2.0 and 2.1.

use scanlift_convert_api::json::{self, Loose, TextOr};
use scanlift_report_core::Severity;
use serde::Deserialize;

/// `document`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DocumentObject {
    pub(super) csaf_version: Option<String>,
    pub(super) category: Option<String>,
    pub(super) title: Option<String>,
    pub(super) publisher: Option<Publisher>,
    pub(super) tracking: Option<Tracking>,
    pub(super) distribution: Option<Distribution>,
    pub(super) aggregate_severity: Option<AggregateSeverity>,
    #[serde(deserialize_with = "json::list")]
    pub(super) references: Vec<DocumentReference>,
    #[serde(deserialize_with = "json::list")]
    pub(super) notes: Vec<DocumentNote>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Publisher {
    pub(super) name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tracking {
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
    pub(super) version: Option<String>,
    pub(super) initial_release_date: Option<String>,
    pub(super) current_release_date: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Distribution {
    pub(super) tlp: Option<Tlp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tlp {
    pub(super) label: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AggregateSeverity {
    pub(super) text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DocumentReference {
    pub(super) category: Option<String>,
    pub(super) url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DocumentNote {
    pub(super) category: Option<String>,
    pub(super) text: Option<String>,
}

/// `full_product_name_t` (CSAF 2.0 §3.1.3).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FullProductName {
    pub(super) name: Option<String>,
    pub(super) product_id: Option<String>,
    pub(super) product_identification_helper: Option<Helper>,
}

/// `product_identification_helper` (CSAF 2.0 §3.1.3.3).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Helper {
    pub(super) cpe: Option<String>,
    pub(super) purl: Option<String>,
    /// CSAF 2.1.
    #[serde(deserialize_with = "json::list")]
    pub(super) purls: Vec<String>,
}

/// `product_tree.relationships[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Relationship {
    pub(super) full_product_name: Option<FullProductName>,
    pub(super) product_reference: Option<String>,
    pub(super) relates_to_product_reference: Option<String>,
}

/// `product_tree.product_groups[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProductGroup {
    pub(super) group_id: Option<String>,
    #[serde(deserialize_with = "json::list")]
    pub(super) product_ids: Vec<String>,
}

/// An entry of `vulnerabilities` (CSAF 2.0 §3.2.3).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Vulnerability<'a> {
    /// `title`.
    #[serde(borrow)]
    pub title: Option<Loose<'a>>,
    /// `cve`.
    pub cve: Option<Loose<'a>>,
    /// Ids of other systems.
    #[serde(deserialize_with = "json::list")]
    pub ids: Vec<Id<'a>>,
    /// CSAF 2.0.
    pub cwe: Option<Cwe<'a>>,
    /// CSAF 2.1.
    #[serde(deserialize_with = "json::list")]
    pub cwes: Vec<Cwe<'a>>,
    /// `notes`.
    #[serde(deserialize_with = "json::list")]
    pub notes: Vec<Note<'a>>,
    /// `product_status`.
    pub product_status: ProductStatus<'a>,
    /// CSAF 2.0.
    #[serde(deserialize_with = "json::list")]
    pub scores: Vec<Score<'a>>,
    /// CSAF 2.1.
    #[serde(deserialize_with = "json::list")]
    pub metrics: Vec<Metric<'a>>,
    /// `remediations`.
    #[serde(deserialize_with = "json::list")]
    pub remediations: Vec<Remediation<'a>>,
    /// `threats`.
    #[serde(deserialize_with = "json::list")]
    pub threats: Vec<Threat<'a>>,
    /// `flags`.
    #[serde(deserialize_with = "json::list")]
    pub flags: Vec<Flag<'a>>,
    /// `references`.
    #[serde(deserialize_with = "json::list")]
    pub references: Vec<Reference<'a>>,
    /// `acknowledgments`.
    #[serde(deserialize_with = "json::list")]
    pub acknowledgments: Vec<Acknowledgment<'a>>,
    /// `involvements`.
    #[serde(deserialize_with = "json::list")]
    pub involvements: Vec<Involvement<'a>>,
    /// `discovery_date`.
    pub discovery_date: Option<Loose<'a>>,
    /// CSAF 2.0: when it was first published.
    pub release_date: Option<Loose<'a>>,
    /// CSAF 2.1: the same.
    pub disclosure_date: Option<Loose<'a>>,
    /// CSAF 2.1: since when it is known to be exploited.
    #[serde(deserialize_with = "json::list")]
    pub first_known_exploitation_dates: Vec<Exploitation<'a>>,
}

/// Since when a vulnerability is known to be exploited (`first_known_exploitation_dates[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Exploitation<'a> {
    /// When it was first exploited.
    #[serde(borrow)]
    pub exploitation_date: Option<Loose<'a>>,
}

/// An id of another system (`ids[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Id<'a> {
    /// Whose it is.
    #[serde(borrow)]
    pub system_name: Option<Loose<'a>>,
    /// The id.
    pub text: Option<Loose<'a>>,
}

/// A weakness.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Cwe<'a> {
    /// As `CWE-79`.
    #[serde(borrow)]
    pub id: Option<Loose<'a>>,
    /// Its name.
    pub name: Option<Loose<'a>>,
}

/// A text (`notes[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Note<'a> {
    /// `description`, `summary`, `general`, `details`, `faq`, `legal_disclaimer`, `other`.
    #[serde(borrow)]
    pub category: Option<Loose<'a>>,
    /// Its title.
    pub title: Option<Loose<'a>>,
    /// The text.
    pub text: Option<Loose<'a>>,
}

/// Product ids by their status (CSAF 2.0 §3.2.3.9).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProductStatus<'a> {
    /// `known_affected`.
    #[serde(borrow, deserialize_with = "json::list")]
    pub known_affected: Vec<Loose<'a>>,
    /// `first_affected`.
    #[serde(deserialize_with = "json::list")]
    pub first_affected: Vec<Loose<'a>>,
    /// `last_affected`.
    #[serde(deserialize_with = "json::list")]
    pub last_affected: Vec<Loose<'a>>,
    /// `under_investigation`.
    #[serde(deserialize_with = "json::list")]
    pub under_investigation: Vec<Loose<'a>>,
    /// `fixed`.
    #[serde(deserialize_with = "json::list")]
    pub fixed: Vec<Loose<'a>>,
    /// `first_fixed`.
    #[serde(deserialize_with = "json::list")]
    pub first_fixed: Vec<Loose<'a>>,
    /// `recommended`.
    #[serde(deserialize_with = "json::list")]
    pub recommended: Vec<Loose<'a>>,
    /// `known_not_affected`.
    #[serde(deserialize_with = "json::list")]
    pub known_not_affected: Vec<Loose<'a>>,
    /// `unknown`.
    #[serde(deserialize_with = "json::list")]
    pub unknown: Vec<Loose<'a>>,
}

/// CSAF 2.0: ratings of products (`scores[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Score<'a> {
    /// Ids of the products.
    #[serde(borrow, deserialize_with = "json::list")]
    pub products: Vec<Loose<'a>>,
    /// CVSS 2.
    pub cvss_v2: Option<Cvss<'a>>,
    /// CVSS 3.
    pub cvss_v3: Option<Cvss<'a>>,
    /// CVSS 4; not in the standard, and in use.
    pub cvss_v4: Option<Cvss<'a>>,
}

/// CSAF 2.1: ratings of products (`metrics[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Metric<'a> {
    /// Ids of the products.
    #[serde(borrow, deserialize_with = "json::list")]
    pub products: Vec<Loose<'a>>,
    /// Who rates, by an address.
    pub source: Option<Loose<'a>>,
    /// The ratings.
    pub content: Option<Content<'a>>,
}

/// What a metric says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Content<'a> {
    /// CVSS 2.
    #[serde(borrow)]
    pub cvss_v2: Option<Cvss<'a>>,
    /// CVSS 3.
    pub cvss_v3: Option<Cvss<'a>>,
    /// CVSS 4.
    pub cvss_v4: Option<Cvss<'a>>,
    /// A word: `low`, `medium`, `high`, `critical`.
    pub qualitative_severity_rating: Option<Loose<'a>>,
    /// How likely it is exploited.
    pub epss: Option<Epss<'a>>,
    /// What to do about it, of version 1 or 2.
    #[serde(alias = "ssvc_v2")]
    pub ssvc_v1: Option<Ssvc<'a>>,
}

/// A decision by SSVC (<https://certcc.github.io/SSVC/>).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Ssvc<'a> {
    /// What was decided, point by point.
    #[serde(borrow, deserialize_with = "json::list")]
    pub selections: Vec<Selection<'a>>,
}

/// What was decided at one point.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Selection<'a> {
    /// The point: `Exploitation`.
    #[serde(borrow)]
    pub name: Option<Loose<'a>>,
    /// Its short name.
    pub key: Option<Loose<'a>>,
    /// What was chosen: words in version 1, objects in version 2.
    #[serde(deserialize_with = "json::list")]
    pub values: Vec<TextOr<'a, Choice<'a>>>,
}

/// What was chosen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Choice<'a> {
    /// In words.
    #[serde(borrow)]
    pub name: Option<Loose<'a>>,
    /// In short.
    pub key: Option<Loose<'a>>,
}

impl Selection<'_> {
    /// Point and choices, as `Exploitation: active`; `None` if one of both is missing.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let point = json::filled(&self.name).or(json::filled(&self.key))?;
        let choice = |value: &TextOr<'_, Choice<'_>>| match value {
            TextOr::Text(word) => Some(word.trim().to_owned()),
            TextOr::Other(choice) => {
                json::filled(&choice.name).or(json::filled(&choice.key)).map(str::to_owned)
            }
        };
        let chosen: Vec<String> = self.values.iter().filter_map(choice).collect();
        (!chosen.is_empty()).then(|| format!("{point}: {}", chosen.join(", ")))
    }
}

/// How likely a vulnerability is exploited (<https://www.first.org/epss/>).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Epss<'a> {
    /// From 0 to 1.
    #[serde(borrow)]
    pub probability: Option<Loose<'a>>,
}

/// A CVSS object of FIRST, of any version.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cvss<'a> {
    /// The vector.
    #[serde(borrow)]
    pub vector_string: Option<Loose<'a>>,
    /// The score.
    #[serde(deserialize_with = "json::number")]
    pub base_score: Option<f64>,
}

/// What to do (`remediations[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Remediation<'a> {
    /// `vendor_fix`, `workaround`, `mitigation`, `none_available`, `no_fix_planned`; CSAF 2.1: `fix_planned`, `optional_patch`.
    #[serde(borrow)]
    pub category: Option<Loose<'a>>,
    /// In words.
    pub details: Option<Loose<'a>>,
    /// Where to read or get more.
    pub url: Option<Loose<'a>>,
    /// What has to be restarted.
    pub restart_required: Option<Restart<'a>>,
    /// For these products.
    #[serde(deserialize_with = "json::list")]
    pub product_ids: Vec<Loose<'a>>,
    /// For the products of these groups.
    #[serde(deserialize_with = "json::list")]
    pub group_ids: Vec<Loose<'a>>,
}

/// What has to be restarted after a remediation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Restart<'a> {
    /// `service`, `system` ...
    #[serde(borrow)]
    pub category: Option<Loose<'a>>,
    /// In words.
    pub details: Option<Loose<'a>>,
}

/// What changes with time (`threats[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Threat<'a> {
    /// `exploit_status`, `impact`, `target_set`.
    #[serde(borrow)]
    pub category: Option<Loose<'a>>,
    /// In words.
    pub details: Option<Loose<'a>>,
    /// When.
    pub date: Option<Loose<'a>>,
    /// For these products.
    #[serde(deserialize_with = "json::list")]
    pub product_ids: Vec<Loose<'a>>,
    /// For the products of these groups.
    #[serde(deserialize_with = "json::list")]
    pub group_ids: Vec<Loose<'a>>,
}

/// Why products are not affected (`flags[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Flag<'a> {
    /// As `vulnerable_code_not_present`.
    #[serde(borrow)]
    pub label: Option<Loose<'a>>,
    /// When.
    pub date: Option<Loose<'a>>,
    /// For these products.
    #[serde(deserialize_with = "json::list")]
    pub product_ids: Vec<Loose<'a>>,
    /// For the products of these groups.
    #[serde(deserialize_with = "json::list")]
    pub group_ids: Vec<Loose<'a>>,
}

/// Where to read more (`references[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Reference<'a> {
    /// `self` or `external`.
    #[serde(borrow)]
    pub category: Option<Loose<'a>>,
    /// What it is.
    pub summary: Option<Loose<'a>>,
    /// The address.
    pub url: Option<Loose<'a>>,
}

/// Whom to thank (`acknowledgments[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Acknowledgment<'a> {
    /// People.
    #[serde(borrow, deserialize_with = "json::list")]
    pub names: Vec<Loose<'a>>,
    /// Their organisation.
    pub organization: Option<Loose<'a>>,
    /// For what.
    pub summary: Option<Loose<'a>>,
}

/// What a party does about it (`involvements[]`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Involvement<'a> {
    /// Who.
    #[serde(borrow)]
    pub party: Option<Loose<'a>>,
    /// How far.
    pub status: Option<Loose<'a>>,
    /// In words.
    pub summary: Option<Loose<'a>>,
}

impl Vulnerability<'_> {
    /// Every id: the CVE, then those of other systems.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let others = self.ids.iter().filter_map(|id| id.text.as_deref());
        self.cve.as_deref().into_iter().chain(others).map(str::trim).filter(|id| !id.is_empty())
    }
}

impl Threat<'_> {
    /// Why a product is not affected; `None` if it only rates the impact (`Important`).
    #[must_use]
    pub fn impact(&self) -> Option<&str> {
        let details = json::filled(&self.details)?;
        let is_impact = json::filled(&self.category) == Some("impact");
        Some(details).filter(|details| is_impact && Severity::from_word(details).is_none())
    }
}

impl<'a> ProductStatus<'a> {
    /// The lists by their status, those that tell of harm first.
    pub fn lists(&self) -> impl Iterator<Item = (&'static str, &[Loose<'a>])> {
        [
            ("known_affected", &self.known_affected),
            ("first_affected", &self.first_affected),
            ("last_affected", &self.last_affected),
            ("under_investigation", &self.under_investigation),
            ("known_not_affected", &self.known_not_affected),
            ("fixed", &self.fixed),
            ("first_fixed", &self.first_fixed),
            ("recommended", &self.recommended),
            ("unknown", &self.unknown),
        ]
        .into_iter()
        .map(|(word, products)| (word, products.as_slice()))
    }
}
