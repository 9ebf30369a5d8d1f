//! The account of a run: every record is a finding, or is skipped for a named reason.

use serde::Serialize;
use std::collections::BTreeMap;

/// The account of a run, serialised as `docs/receipt.md` describes it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The version of scanlift.
    pub scanlift: &'static str,
    /// In the order read.
    pub inputs: Vec<InputReceipt>,
    /// The VEX documents, in the order read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<VexReceipt>,
    /// The ignore file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<IgnoreReceipt>,
    /// In the order written.
    pub outputs: Vec<OutputReceipt>,
}

/// What became of one input: `records == findings + sum(skipped.count)`.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct InputReceipt {
    /// As the user named it.
    pub path: String,
    /// Id of the converter.
    pub format: String,
    /// As the document declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_version: Option<String>,
    /// Of the bytes as they stand in the file, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Length of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The first scanner; several runs of a document may have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanner: Option<ScannerReceipt>,
    /// The further scanners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_scanners: Vec<ScannerReceipt>,
    /// Things the scanner said.
    pub records: u64,
    /// Of these, in a report.
    pub findings: u64,
    /// Of these, not in a report.
    pub skipped: Vec<SkippedReceipt>,
    /// What was mended, cut or not expressible.
    pub warnings: Vec<String>,
}

/// A scanner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ScannerReceipt {
    /// Slug.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Records that were skipped for the same reason.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct SkippedReceipt {
    /// One of a closed list: [`SkipReason`](scanlift_convert_api::SkipReason).
    pub reason: &'static str,
    /// In the source's words.
    pub detail: String,
    /// How many.
    pub count: u64,
    /// Up to five of them.
    pub examples: Vec<String>,
}

/// What became of the statements of a VEX document.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct VexReceipt {
    /// As the user named it.
    pub path: String,
    /// Its format.
    pub format: &'static str,
    /// As the document declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_version: Option<String>,
    /// How many statements it holds.
    pub statements: u64,
    /// Of these, about a finding.
    pub matched: u64,
    /// What could not be read of it, and which statements are about nothing.
    pub warnings: Vec<String>,
}

/// What became of the entries of the ignore file.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct IgnoreReceipt {
    /// As the user named it.
    pub path: String,
    /// How many entries it holds.
    pub entries: u64,
    /// Of these, about a finding.
    pub used: u64,
    /// Of these, no longer counting.
    pub expired: u64,
    /// Which entries are expired, about nothing or without a reason.
    pub warnings: Vec<String>,
}

/// A report, or a file of a further format.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct OutputReceipt {
    /// Where it went, as told to the user.
    pub path: String,
    /// `sast`, `container_scanning` ...; `codequality` and the other further formats.
    pub kind: &'static str,
    /// The schema it follows; empty where there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub schema_version: &'static str,
    /// Who found them.
    pub scanner: ScannerReceipt,
    /// How many vulnerabilities it holds.
    pub findings: u64,
    /// How many patches it offers.
    pub remediations: u64,
    /// How many findings could be mended: they came with a fix, a patch or a fixed version.
    /// Absent if zero, and without patches to be made.
    #[serde(skip_serializing_if = "is_zero")]
    pub fixable: u64,
    /// Of these, without a patch, by reason; empty if none were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpatched: Vec<UnpatchedReceipt>,
    /// Vulnerabilities by severity, all six.
    pub severities: BTreeMap<&'static str, u64>,
    /// Findings that its format cannot tell, while another output has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedReceipt>,
    /// What GitLab may not like about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Findings that could be mended and have no patch, for the same reason.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct UnpatchedReceipt {
    /// One of a closed list: [`Reason`](scanlift_remedy::Reason).
    pub reason: &'static str,
    /// In words.
    pub detail: String,
    /// How many.
    pub count: u64,
    /// The primary identifiers of up to five of them.
    pub examples: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
