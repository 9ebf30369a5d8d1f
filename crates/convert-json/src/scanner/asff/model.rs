//! What is read of a finding, with only the fields that are used. Names are those of the format.

use scanlift_convert_api::json::{self, Loose, filled};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `AwsSecurityFinding`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Finding<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) product_arn: Option<Loose<'a>>,
    pub(super) product_name: Option<Loose<'a>>,
    pub(super) company_name: Option<Loose<'a>>,
    pub(super) generator_id: Option<Loose<'a>>,
    pub(super) aws_account_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) types: Vec<Loose<'a>>,
    pub(super) title: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) severity: Severity<'a>,
    pub(super) finding_provider_fields: ProviderFields<'a>,
    pub(super) remediation: Remediation<'a>,
    pub(super) source_url: Option<Loose<'a>>,
    pub(super) product_fields: Option<BTreeMap<String, Option<Loose<'a>>>>,
    pub(super) user_defined_fields: Option<BTreeMap<String, Option<Loose<'a>>>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) compliance: Compliance<'a>,
    pub(super) record_state: Option<Loose<'a>>,
    pub(super) workflow: Workflow<'a>,
    pub(super) note: Note<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
    pub(super) first_observed_at: Option<Loose<'a>>,
    pub(super) last_observed_at: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Severity<'a> {
    #[serde(borrow)]
    pub(super) label: Option<Loose<'a>>,
    pub(super) original: Option<Loose<'a>>,
    /// 0 to 100.
    #[serde(deserialize_with = "json::number")]
    pub(super) normalized: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ProviderFields<'a> {
    #[serde(borrow)]
    pub(super) severity: Severity<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(super) types: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Remediation<'a> {
    #[serde(borrow)]
    pub(super) recommendation: Recommendation<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Recommendation<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Loose<'a>>,
    pub(super) url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Resource<'a> {
    #[serde(borrow, rename = "Type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) id: Option<Loose<'a>>,
    pub(super) region: Option<Loose<'a>>,
    pub(super) details: ResourceDetails<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ResourceDetails<'a> {
    #[serde(borrow)]
    pub(super) aws_ecr_container_image: Option<EcrImage<'a>>,
    pub(super) container: Option<Container<'a>>,
    pub(super) aws_lambda_function: Option<LambdaFunction<'a>>,
    /// Fields that a tool has of its own.
    pub(super) other: Option<BTreeMap<String, Option<Loose<'a>>>>,
}

impl ResourceDetails<'_> {
    pub(super) fn other(&self, key: &str) -> Option<&str> {
        self.other.as_ref()?.get(key).and_then(filled)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct EcrImage<'a> {
    #[serde(borrow)]
    pub(super) registry_id: Option<Loose<'a>>,
    pub(super) repository_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) image_tags: Vec<Loose<'a>>,
    pub(super) image_digest: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Container<'a> {
    #[serde(borrow)]
    pub(super) image_name: Option<Loose<'a>>,
    pub(super) image_id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct LambdaFunction<'a> {
    #[serde(borrow)]
    pub(super) function_name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Compliance<'a> {
    #[serde(borrow)]
    pub(super) status: Option<Loose<'a>>,
    pub(super) security_control_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related_requirements: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) status_reasons: Vec<StatusReason<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct StatusReason<'a> {
    #[serde(borrow)]
    pub(super) reason_code: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Workflow<'a> {
    #[serde(borrow)]
    pub(super) status: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Note<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerable_packages: Vec<VulnerablePackage<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cvss: Vec<Cvss<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related_vulnerabilities: Vec<Loose<'a>>,
    pub(super) vendor: Vendor<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(super) reference_urls: Vec<Loose<'a>>,
    pub(super) fix_available: Option<Loose<'a>>,
    pub(super) exploit_available: Option<Loose<'a>>,
    pub(super) epss_score: Option<Loose<'a>>,
    pub(super) last_known_exploit_at: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) code_vulnerabilities: Vec<CodeVulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct VulnerablePackage<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) version: Option<Loose<'a>>,
    pub(super) epoch: Option<Loose<'a>>,
    pub(super) release: Option<Loose<'a>>,
    pub(super) package_manager: Option<Loose<'a>>,
    pub(super) file_path: Option<Loose<'a>>,
    pub(super) fixed_in_version: Option<Loose<'a>>,
    pub(super) remediation: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Cvss<'a> {
    #[serde(borrow)]
    pub(super) version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
    pub(super) base_vector: Option<Loose<'a>>,
    pub(super) source: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Vendor<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) url: Option<Loose<'a>>,
    pub(super) vendor_severity: Option<Loose<'a>>,
    pub(super) vendor_created_at: Option<Loose<'a>>,
    pub(super) vendor_updated_at: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct CodeVulnerability<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) cwes: Vec<Loose<'a>>,
    pub(super) file_path: CodeFilePath<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct CodeFilePath<'a> {
    #[serde(borrow)]
    pub(super) file_name: Option<Loose<'a>>,
    pub(super) file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(super) end_line: Option<u64>,
}
