//! What GitLab takes of a SARIF log, and what it leaves out. Lengths are in characters.

/// Bytes of the artifact; more fails at the upload (`ci_max_artifact_size_sarif`, by default).
pub const BYTES: u64 = 10 * 1_048_576;
/// Runs; with more the whole log is refused.
pub const RUNS: usize = 20;
/// Results of a run; the rest is ignored with a warning.
pub const RESULTS: u64 = 5_000;
/// Rules of a run; the rest is ignored with a warning.
pub const RULES: usize = 25_000;
/// Tags of a rule that are read.
pub const TAGS: usize = 10;
/// `name` of a rule; with a longer one its results are skipped.
pub const RULE_NAME: usize = 255;
/// Message of a result, `shortDescription` and `fullDescription` of its rule; with a longer one the
/// result is skipped.
pub const TEXT: usize = 1_024;
/// `helpUri` of a rule; with a longer one its results are skipped.
pub const HELP_URI: usize = 2_048;
/// The name of a finding, where it is made of the message.
pub const NAME: usize = 255;
/// The percentage of skipped results above which the whole log is refused.
pub const SKIPPED_PERCENT: u64 = 50;
