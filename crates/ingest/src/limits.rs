//! What GitLab takes of a security report, and where it cuts. Lengths are in characters.

/// Identifiers of a finding that are stored.
pub const IDENTIFIERS: usize = 20;
/// Title of a vulnerability; the schema refuses a longer `name`.
pub const NAME: usize = 255;
/// Description; the schema takes 1,048,576.
pub const DESCRIPTION: usize = 15_000;
/// Solution; the schema refuses more.
pub const SOLUTION: usize = 7_000;
/// Description of a flag.
pub const FLAG_DESCRIPTION: usize = 1_000;
/// Summary of a remediation: more is treated as fatal for the slice.
pub const REMEDIATION_SUMMARY: usize = 200;
/// Address of a link: more is treated as fatal for the slice.
pub const LINK_URL: usize = 2_048;
/// Name of a link: more is treated as fatal for the slice.
pub const LINK_NAME: usize = 255;
/// Findings that are stored in one transaction: what fails, fails for all of them.
pub const SLICE: usize = 50;
/// CVSS vectors of a finding; the schema refuses more.
pub const CVSS_VECTORS: usize = 10;
