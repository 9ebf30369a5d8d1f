//! What is read of Trivy's records; field names are Trivy's (`pkg/types`, `pkg/fanal/types`).
//!
//! Every field may be missing, and a scalar of another type is taken as text.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An entry of `Vulnerabilities` (`types.DetectedVulnerability`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Vulnerability<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    pub(crate) vulnerability_id: Option<Loose<'a>>,
    #[serde(rename = "VendorIDs", deserialize_with = "json::list")]
    pub(crate) vendor_ids: Vec<Loose<'a>>,
    #[serde(rename = "PkgID")]
    pub(crate) pkg_id: Option<Loose<'a>>,
    pub(crate) pkg_name: Option<Loose<'a>>,
    pub(crate) pkg_path: Option<Loose<'a>>,
    pub(crate) pkg_identifier: Option<PkgIdentifier<'a>>,
    pub(crate) installed_version: Option<Loose<'a>>,
    pub(crate) fixed_version: Option<Loose<'a>>,
    pub(crate) status: Option<Loose<'a>>,
    pub(crate) layer: Option<Layer<'a>>,
    pub(crate) severity_source: Option<Loose<'a>>,
    #[serde(rename = "PrimaryURL")]
    pub(crate) primary_url: Option<Loose<'a>>,
    pub(crate) data_source: Option<DataSource<'a>>,
    pub(crate) title: Option<Loose<'a>>,
    pub(crate) description: Option<Loose<'a>>,
    pub(crate) severity: Option<Loose<'a>>,
    #[serde(rename = "CweIDs", deserialize_with = "json::list")]
    pub(crate) cwe_ids: Vec<Loose<'a>>,
    /// By source; 0 unknown, 1 low, 2 medium, 3 high, 4 critical.
    pub(crate) vendor_severity: Option<BTreeMap<Loose<'a>, Loose<'a>>>,
    /// By source.
    #[serde(rename = "CVSS")]
    pub(crate) cvss: Option<BTreeMap<Loose<'a>, Option<Cvss<'a>>>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) references: Vec<Loose<'a>>,
    pub(crate) published_date: Option<Loose<'a>>,
    pub(crate) last_modified_date: Option<Loose<'a>>,
}

/// How a package is named elsewhere.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PkgIdentifier<'a> {
    #[serde(borrow, rename = "PURL")]
    pub(crate) purl: Option<Loose<'a>>,
}

/// The layer of an image that brought a package or file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Layer<'a> {
    #[serde(borrow, rename = "Digest")]
    pub(crate) digest: Option<Loose<'a>>,
    #[serde(rename = "DiffID")]
    pub(crate) diff_id: Option<Loose<'a>>,
}

/// The database that an advisory is from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DataSource<'a> {
    #[serde(borrow, rename = "ID")]
    pub(crate) id: Option<Loose<'a>>,
    #[serde(rename = "Name")]
    pub(crate) name: Option<Loose<'a>>,
    #[serde(rename = "URL")]
    pub(crate) url: Option<Loose<'a>>,
}

/// Vectors and scores of one source.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Cvss<'a> {
    #[serde(borrow)]
    pub(crate) v2_vector: Option<Loose<'a>>,
    pub(crate) v3_vector: Option<Loose<'a>>,
    pub(crate) v40_vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) v2_score: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) v3_score: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) v40_score: Option<f64>,
}

/// An entry of `Misconfigurations` (`types.DetectedMisconfiguration`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Misconfiguration<'a> {
    #[serde(borrow, rename = "Type")]
    pub(crate) check_type: Option<Loose<'a>>,
    #[serde(rename = "ID")]
    pub(crate) id: Option<Loose<'a>>,
    #[serde(rename = "AVDID")]
    pub(crate) avd_id: Option<Loose<'a>>,
    pub(crate) title: Option<Loose<'a>>,
    pub(crate) description: Option<Loose<'a>>,
    pub(crate) message: Option<Loose<'a>>,
    pub(crate) namespace: Option<Loose<'a>>,
    pub(crate) query: Option<Loose<'a>>,
    pub(crate) resolution: Option<Loose<'a>>,
    pub(crate) severity: Option<Loose<'a>>,
    #[serde(rename = "PrimaryURL")]
    pub(crate) primary_url: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) references: Vec<Loose<'a>>,
    pub(crate) status: Option<Loose<'a>>,
    pub(crate) layer: Option<Layer<'a>>,
    pub(crate) cause_metadata: Option<CauseMetadata<'a>>,
}

/// Where a misconfiguration is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CauseMetadata<'a> {
    #[serde(borrow)]
    pub(crate) resource: Option<Loose<'a>>,
    pub(crate) provider: Option<Loose<'a>>,
    pub(crate) service: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
    pub(crate) code: Option<Code<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) occurrences: Vec<Occurrence<'a>>,
}

/// Lines of the source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Code<'a> {
    #[serde(borrow, rename = "Lines", deserialize_with = "json::list")]
    pub(crate) lines: Vec<Line<'a>>,
}

/// A line of the source; `Highlighted` has terminal colours and is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line<'a> {
    #[serde(borrow, rename = "Content")]
    pub(crate) content: Option<Loose<'a>>,
}

/// A place that leads to the cause, as the call of a Terraform module.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Occurrence<'a> {
    #[serde(borrow)]
    pub(crate) resource: Option<Loose<'a>>,
    pub(crate) filename: Option<Loose<'a>>,
    pub(crate) location: Option<Lines>,
}

/// First and last line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Lines {
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
}

/// An entry of `Secrets` (`types.DetectedSecret`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Secret<'a> {
    #[serde(borrow, rename = "RuleID")]
    pub(crate) rule_id: Option<Loose<'a>>,
    pub(crate) category: Option<Loose<'a>>,
    pub(crate) severity: Option<Loose<'a>>,
    pub(crate) title: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
    #[serde(rename = "Match")]
    pub(crate) matched: Option<Loose<'a>>,
    pub(crate) layer: Option<Layer<'a>>,
}

/// An entry of `Licenses` (`types.DetectedLicense`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct License<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) pkg_name: Option<Loose<'a>>,
    pub(crate) file_path: Option<Loose<'a>>,
}

/// An entry of `ExperimentalModifiedFindings` (`types.ModifiedFinding`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ModifiedFinding<'a> {
    #[serde(borrow)]
    pub(crate) status: Option<Loose<'a>>,
    pub(crate) statement: Option<Loose<'a>>,
    pub(crate) source: Option<Loose<'a>>,
    pub(crate) finding: Option<ModifiedRecord<'a>>,
}

/// What names the record that was modified, of whatever type it is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ModifiedRecord<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    pub(crate) vulnerability_id: Option<Loose<'a>>,
    #[serde(rename = "ID")]
    pub(crate) id: Option<Loose<'a>>,
    #[serde(rename = "RuleID")]
    pub(crate) rule_id: Option<Loose<'a>>,
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) pkg_name: Option<Loose<'a>>,
}

/// `Metadata.OS`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Os {
    #[serde(rename = "Family")]
    pub(crate) family: Option<String>,
    #[serde(rename = "Name")]
    pub(crate) name: Option<String>,
    #[serde(rename = "EOSL")]
    pub(crate) eosl: Option<bool>,
}
