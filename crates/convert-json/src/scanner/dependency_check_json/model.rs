//! What is read of a report, with only the fields that are used. Names are those of `jsonReport.vsl`.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ScanSection {
    pub(super) engine_version: Option<String>,
    #[serde(deserialize_with = "json::list")]
    pub(super) analysis_exceptions: Vec<AnalysisException>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnalysisException {
    pub(super) exception: Option<Exception>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exception {
    pub(super) message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProjectSection {
    pub(super) report_date: Option<String>,
}

/// An entry of `dependencies`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Dependency<'a> {
    #[serde(borrow)]
    pub(super) file_name: Option<Loose<'a>>,
    pub(super) file_path: Option<Loose<'a>>,
    pub(super) sha256: Option<Loose<'a>>,
    pub(super) sha1: Option<Loose<'a>>,
    pub(super) license: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) project_references: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) included_by: Vec<Reference<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related_dependencies: Vec<Related<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) packages: Vec<Id<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerability_ids: Vec<Id<'a>>,
    /// Of versions before 5.
    #[serde(deserialize_with = "json::list")]
    pub(super) identifiers: Vec<Id<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) suppressed_vulnerabilities: Vec<Vulnerability<'a>>,
}

/// `{"reference": "pkg:maven/org.acme/parent@1.0"}`, of version 6 on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) reference: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Related<'a> {
    #[serde(borrow)]
    pub(super) file_path: Option<Loose<'a>>,
    pub(super) file_name: Option<Loose<'a>>,
}

/// A package URL or a CPE in `id`; before version 5 a name of a `type`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Id<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
}

/// An entry of `vulnerabilities`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) source: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) cvssv2: Option<Cvss2<'a>>,
    pub(super) cvssv3: Option<Cvss3<'a>>,
    pub(super) cvssv4: Option<Cvss4<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwes: Vec<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) notes: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) references: Vec<Link<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerable_software: Vec<VulnerableSoftware<'a>>,
    pub(super) known_exploited_vulnerability: Option<KnownExploited<'a>>,
    /// Of versions before 5, like what begins with `cvss` and follows.
    pub(super) cwe: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) cvss_score: Option<f64>,
    pub(super) cvss_access_vector: Option<Loose<'a>>,
    pub(super) cvss_access_complexity: Option<Loose<'a>>,
    pub(super) cvss_authenticationr: Option<Loose<'a>>,
    pub(super) cvss_confidential_impact: Option<Loose<'a>>,
    pub(super) cvss_integrity_impact: Option<Loose<'a>>,
    pub(super) cvss_availability_impact: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss2<'a> {
    #[serde(borrow)]
    pub(super) access_vector: Option<Loose<'a>>,
    pub(super) access_complexity: Option<Loose<'a>>,
    /// Spelled `authenticationr` in every version so far.
    #[serde(alias = "authentication")]
    pub(super) authenticationr: Option<Loose<'a>>,
    #[serde(alias = "confidentialityImpact")]
    pub(super) confidential_impact: Option<Loose<'a>>,
    pub(super) integrity_impact: Option<Loose<'a>>,
    pub(super) availability_impact: Option<Loose<'a>>,
    #[serde(alias = "baseScore", deserialize_with = "json::number")]
    pub(super) score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss3<'a> {
    #[serde(borrow)]
    pub(super) version: Option<Loose<'a>>,
    pub(super) attack_vector: Option<Loose<'a>>,
    pub(super) attack_complexity: Option<Loose<'a>>,
    pub(super) privileges_required: Option<Loose<'a>>,
    pub(super) user_interaction: Option<Loose<'a>>,
    pub(super) scope: Option<Loose<'a>>,
    pub(super) confidentiality_impact: Option<Loose<'a>>,
    pub(super) integrity_impact: Option<Loose<'a>>,
    pub(super) availability_impact: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss4<'a> {
    #[serde(borrow)]
    pub(super) vector_string: Option<Loose<'a>>,
    pub(super) source: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Link<'a> {
    #[serde(borrow)]
    pub(super) url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct VulnerableSoftware<'a> {
    #[serde(borrow, deserialize_with = "software")]
    pub(super) software: Software<'a>,
}

/// A product, and the range of its versions that has the vulnerability.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Software<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) vulnerability_id_matched: Option<Loose<'a>>,
    pub(super) version_start_including: Option<Loose<'a>>,
    pub(super) version_start_excluding: Option<Loose<'a>>,
    pub(super) version_end_including: Option<Loose<'a>>,
    pub(super) version_end_excluding: Option<Loose<'a>>,
}

/// An entry of the CISA's catalogue.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct KnownExploited<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) date_added: Option<Loose<'a>>,
    pub(super) due_date: Option<Loose<'a>>,
    pub(super) required_action: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) notes: Option<Loose<'a>>,
}

/// Before version 5 the product alone, as a text.
fn software<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Software<'de>, D::Error> {
    struct TextOrObject;

    impl<'de> Visitor<'de> for TextOrObject {
        type Value = Software<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or an object")
        }

        fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Software { id: Some(Loose(Cow::Borrowed(text))), ..Software::default() })
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Software { id: Some(Loose(Cow::Owned(json::without_nul(text)))), ..Software::default() })
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Software::default())
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Software::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(TextOrObject)
}
