//! What is read of a finding, with only the fields that are used. Names are those of the API.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;

/// `API_Finding`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Finding<'a> {
    #[serde(borrow)]
    pub(super) finding_arn: Option<Loose<'a>>,
    pub(super) aws_account_id: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) status: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) title: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) remediation: Remediation<'a>,
    #[serde(deserialize_with = "json::number")]
    pub(super) inspector_score: Option<f64>,
    pub(super) inspector_score_details: Option<ScoreDetails<'a>>,
    pub(super) epss: Option<Epss<'a>>,
    pub(super) exploit_available: Option<Loose<'a>>,
    pub(super) exploitability_details: Option<Exploitability<'a>>,
    pub(super) fix_available: Option<Loose<'a>>,
    pub(super) first_observed_at: Option<Loose<'a>>,
    pub(super) last_observed_at: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwes: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) package_vulnerability_details: Option<PackageDetails<'a>>,
    pub(super) code_vulnerability_details: Option<CodeDetails<'a>>,
    pub(super) network_reachability_details: Option<NetworkDetails<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Remediation<'a> {
    #[serde(borrow)]
    pub(super) recommendation: Recommendation<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Recommendation<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Loose<'a>>,
    #[serde(alias = "Url")]
    pub(super) url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ScoreDetails<'a> {
    #[serde(borrow)]
    pub(super) adjusted_cvss: Option<Cvss<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Epss<'a> {
    #[serde(borrow)]
    pub(super) score: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Exploitability<'a> {
    #[serde(borrow)]
    pub(super) last_known_exploit_at: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) region: Option<Loose<'a>>,
    pub(super) details: ResourceDetails<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ResourceDetails<'a> {
    #[serde(borrow)]
    pub(super) aws_ecr_container_image: Option<EcrImage<'a>>,
    pub(super) aws_ec2_instance: Option<Ec2Instance<'a>>,
    pub(super) aws_lambda_function: Option<LambdaFunction<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EcrImage<'a> {
    #[serde(borrow)]
    pub(super) registry: Option<Loose<'a>>,
    pub(super) repository_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) image_tags: Vec<Loose<'a>>,
    pub(super) image_hash: Option<Loose<'a>>,
    pub(super) platform: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Ec2Instance<'a> {
    #[serde(borrow)]
    pub(super) platform: Option<Loose<'a>>,
    pub(super) image_id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LambdaFunction<'a> {
    #[serde(borrow)]
    pub(super) function_name: Option<Loose<'a>>,
}

/// `API_PackageVulnerabilityDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PackageDetails<'a> {
    #[serde(borrow)]
    pub(super) vulnerability_id: Option<Loose<'a>>,
    pub(super) source: Option<Loose<'a>>,
    pub(super) source_url: Option<Loose<'a>>,
    pub(super) vendor_severity: Option<Loose<'a>>,
    pub(super) vendor_created_at: Option<Loose<'a>>,
    pub(super) vendor_updated_at: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cvss: Vec<Cvss<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) reference_urls: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related_vulnerabilities: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerable_packages: Vec<VulnerablePackage<'a>>,
}

/// `API_CvssScore` and `API_CvssScoreDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss<'a> {
    #[serde(borrow)]
    pub(super) source: Option<Loose<'a>>,
    pub(super) cvss_source: Option<Loose<'a>>,
    pub(super) version: Option<Loose<'a>>,
    pub(super) scoring_vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) base_score: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    pub(super) score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
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

/// `API_CodeVulnerabilityDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CodeDetails<'a> {
    #[serde(borrow)]
    pub(super) file_path: CodeFilePath<'a>,
    pub(super) detector_id: Option<Loose<'a>>,
    pub(super) detector_name: Option<Loose<'a>>,
    pub(super) rule_id: Option<Loose<'a>>,
    pub(super) source_lambda_layer_arn: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) detector_tags: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) reference_urls: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwes: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CodeFilePath<'a> {
    #[serde(borrow)]
    pub(super) file_name: Option<Loose<'a>>,
    pub(super) file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(super) end_line: Option<u64>,
}

/// `API_NetworkReachabilityDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct NetworkDetails<'a> {
    #[serde(borrow)]
    pub(super) protocol: Option<Loose<'a>>,
    pub(super) open_port_range: Option<PortRange>,
    pub(super) network_path: NetworkPath<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PortRange {
    #[serde(deserialize_with = "json::number")]
    pub(super) begin: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(super) end: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NetworkPath<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) steps: Vec<Step<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Step<'a> {
    #[serde(borrow)]
    pub(super) component_id: Option<Loose<'a>>,
    pub(super) component_type: Option<Loose<'a>>,
}
