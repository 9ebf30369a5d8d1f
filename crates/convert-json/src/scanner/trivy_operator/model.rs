//! What is read of a custom resource, with only the fields that are used. Names are those of
//! `pkg/apis/aquasecurity/v1alpha1`.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) metadata: Metadata<'a>,
    pub(super) report: Report<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) namespace: Option<Loose<'a>>,
    pub(super) labels: Labels<'a>,
    /// Has what is too long for a label.
    pub(super) annotations: Labels<'a>,
}

/// Labels that say what was scanned; those of Starboard, from which the operator comes, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Labels<'a> {
    #[serde(borrow, rename = "trivy-operator.resource.kind", alias = "starboard.resource.kind")]
    pub(super) kind: Option<Loose<'a>>,
    #[serde(rename = "trivy-operator.resource.name", alias = "starboard.resource.name")]
    pub(super) name: Option<Loose<'a>>,
    #[serde(rename = "trivy-operator.resource.namespace", alias = "starboard.resource.namespace")]
    pub(super) namespace: Option<Loose<'a>>,
    #[serde(rename = "trivy-operator.container.name", alias = "starboard.container.name")]
    pub(super) container: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Report<'a> {
    #[serde(borrow)]
    pub(super) registry: Registry<'a>,
    pub(super) artifact: Artifact<'a>,
    pub(super) os: Os<'a>,
    pub(super) update_timestamp: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) secrets: Vec<Secret<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) checks: Vec<Check<'a>>,
    /// Of Starboard.
    #[serde(deserialize_with = "json::list")]
    pub(super) pod_checks: Vec<Check<'a>>,
    /// Of Starboard, by container.
    pub(super) container_checks: Option<BTreeMap<String, Vec<Check<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Registry<'a> {
    #[serde(borrow)]
    pub(super) server: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) repository: Option<Loose<'a>>,
    pub(super) tag: Option<Loose<'a>>,
    pub(super) digest: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Os<'a> {
    #[serde(borrow)]
    pub(super) family: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow, rename = "vulnerabilityID")]
    pub(super) vulnerability_id: Option<Loose<'a>>,
    /// The package.
    pub(super) resource: Option<Loose<'a>>,
    pub(super) installed_version: Option<Loose<'a>>,
    pub(super) fixed_version: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) title: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) primary_link: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) links: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) score: Option<f64>,
    #[serde(alias = "cvsssource")]
    pub(super) cvss_source: Option<Loose<'a>>,
    pub(super) cvss: Option<BTreeMap<String, Option<Cvss<'a>>>>,
    pub(super) target: Option<Loose<'a>>,
    pub(super) class: Option<Loose<'a>>,
    pub(super) package_type: Option<Loose<'a>>,
    #[serde(alias = "pkgPath")]
    pub(super) package_path: Option<Loose<'a>>,
    #[serde(rename = "packagePURL", alias = "pkgPURL")]
    pub(super) package_purl: Option<Loose<'a>>,
    pub(super) published_date: Option<Loose<'a>>,
    pub(super) last_modified_date: Option<Loose<'a>>,
}

/// What one source gives, as in Trivy's own reports.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cvss<'a> {
    #[serde(borrow, rename = "V2Vector")]
    pub(super) v2_vector: Option<Loose<'a>>,
    #[serde(rename = "V3Vector")]
    pub(super) v3_vector: Option<Loose<'a>>,
    #[serde(rename = "V40Vector")]
    pub(super) v40_vector: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Secret<'a> {
    #[serde(borrow, rename = "ruleID")]
    pub(super) rule_id: Option<Loose<'a>>,
    pub(super) target: Option<Loose<'a>>,
    pub(super) category: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) title: Option<Loose<'a>>,
    #[serde(rename = "match")]
    pub(super) matched: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Check<'a> {
    #[serde(borrow, rename = "checkID", alias = "id")]
    pub(super) check_id: Option<Loose<'a>>,
    pub(super) title: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) category: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) messages: Vec<Loose<'a>>,
    /// Of Starboard.
    pub(super) message: Option<Loose<'a>>,
    pub(super) remediation: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) success: Option<Loose<'a>>,
    pub(super) scope: Option<CheckScope<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) links: Vec<Loose<'a>>,
}

/// Which part of the workload a check is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckScope<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) value: Option<Loose<'a>>,
}
