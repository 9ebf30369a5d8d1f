//! The part of SARIF 2.1.0 that is written.

use super::limits::RuleName;
use scanlift_report_core::Text;
use serde::Serialize;

/// §3.27.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Result<'v> {
    pub(super) rule_id: &'v str,
    pub(super) rule_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rank: Option<f64>,
    pub(super) message: Words<'v>,
    pub(super) locations: [Location<'v>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partial_fingerprints: Option<Fingerprints<'v>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) code_flows: Vec<CodeFlow<'v>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) suppressions: Vec<Suppression<'v>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fixes: &'v Vec<Fix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) web_request: Option<WebRequest<'v>>,
    pub(super) properties: Properties<'v>,
}

/// A message, or a description (§3.11, §3.12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Words<'v> {
    pub(super) text: Text<'v>,
    #[serde(skip)]
    pub(super) was_cut: bool,
}

/// A text of any length, which GitLab does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Free<'v> {
    pub(super) text: Text<'v>,
}

/// §3.28.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'v> {
    pub(super) physical_location: PhysicalLocation<'v>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) logical_locations: Vec<LogicalLocation<'v>>,
}

/// §3.29.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation<'v> {
    pub(super) artifact_location: ArtifactLocation<'v>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Region<'v>>,
}

/// §3.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ArtifactLocation<'v> {
    pub(super) uri: Text<'v>,
}

/// §3.30; lines and columns from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region<'v> {
    pub(super) start_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) snippet: Option<Free<'v>>,
}

/// §3.33.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation<'v> {
    pub(super) fully_qualified_name: Text<'v>,
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Fingerprints<'v> {
    #[serde(rename = "scanliftSignature/v1")]
    pub(super) signature: &'v str,
}

/// §3.36.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeFlow<'v> {
    pub(super) thread_flows: [ThreadFlow<'v>; 1],
}

/// §3.37.
#[derive(Debug, Serialize)]
pub(super) struct ThreadFlow<'v> {
    pub(super) locations: Vec<ThreadFlowLocation<'v>>,
}

/// §3.38.
#[derive(Debug, Serialize)]
pub(super) struct ThreadFlowLocation<'v> {
    pub(super) location: Location<'v>,
}

/// §3.35.
#[derive(Debug, Serialize)]
pub(super) struct Suppression<'v> {
    pub(super) kind: &'static str,
    /// GitLab leaves a result out that has a suppression of another status.
    pub(super) status: &'static str,
    pub(super) justification: &'v str,
}

/// §3.55.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fix {
    pub(super) description: Free<'static>,
    pub(super) artifact_changes: Vec<ArtifactChange>,
}

/// §3.56.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactChange {
    pub(super) artifact_location: ArtifactLocation<'static>,
    pub(super) replacements: Vec<Replacement>,
}

/// §3.57.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replacement {
    pub(super) deleted_region: Region<'static>,
    pub(super) inserted_content: Free<'static>,
}

/// §3.46.
#[derive(Debug, Serialize)]
pub(super) struct WebRequest<'v> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'v str>,
    pub(super) target: Text<'v>,
}

/// What SARIF has no field for, in the words that scanlift's own SARIF converter reads.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties<'v> {
    pub(super) severity: &'static str,
    pub(super) report_type: &'static str,
    /// Every identifier, as `cve:CVE-2021-44228`.
    pub(super) identifiers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) solution: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cvss: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) package_name: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) package_version: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_name: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operating_system: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) param: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<&'v str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<&'v str>,
    /// The whole text where the message had to be cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'v str>,
}

/// §3.49.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportingDescriptor {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<RuleName<'static>>,
    pub(super) short_description: Words<'static>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help: Option<Free<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_configuration: Option<Configuration>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) relationships: Vec<Relationship>,
    pub(super) properties: RuleProperties,
}

/// §3.50.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

/// §3.53.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Relationship {
    pub(super) target: Target,
    pub(super) kinds: [&'static str; 1],
}

/// §3.52.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) tool_component: ComponentName,
}

/// §3.54.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ComponentName {
    pub(super) name: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct RuleProperties {
    pub(super) tags: Vec<String>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    pub(super) security_severity: Option<String>,
}

/// §3.18, §3.19.
#[derive(Debug, Serialize)]
pub(super) struct Tool<'s> {
    pub(super) driver: Driver<'s>,
}

/// §3.19.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'s> {
    pub(super) name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) information_uri: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supported_taxonomies: Option<[ComponentName; 1]>,
    pub(super) rules: &'s [ReportingDescriptor],
}

/// §3.20.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'s> {
    pub(super) execution_successful: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time_utc: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time_utc: Option<&'s str>,
}

/// A taxonomy as a tool component (§3.19.3).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxonomy {
    pub(super) name: &'static str,
    pub(super) organization: &'static str,
    pub(super) information_uri: &'static str,
    pub(super) taxa: Vec<Taxon>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxon {
    pub(super) id: String,
    pub(super) help_uri: String,
}
