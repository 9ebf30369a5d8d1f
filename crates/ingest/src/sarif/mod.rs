//! What GitLab's own ingestion of SARIF (19.2, Enterprise) does with a log: refuses it, takes its results,
//! skips, ignores and merges them.
//!
//! ```
//! use scanlift_ingest::{Options, sarif};
//!
//! let log = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME"}}, "results": [
//!     {"message": {"text": "no rule"}}]}]}"#;
//! let verdict = sarif::judge(&log, &Options::new(1), &mut |_| {})?;
//! // The only result has no rule: more than half of them are skipped.
//! assert!(!verdict.is_accepted());
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod infer;
mod judge;
pub mod limits;
mod result;
mod run;
mod schema;
#[cfg(test)]
mod tests;
mod verdict;

pub use infer::{cve, cwe, file, identifier_type, kind, severity_of_level, severity_of_rank};
pub use judge::judge;
pub use verdict::{Loss, Refusal, Run, Skip, Taken, Verdict};

use scanlift_convert_api::json::Head;

/// Whether a document is a SARIF log rather than a security report, by its first bytes.
#[must_use]
pub fn is_log(head: &[u8]) -> bool {
    let head = Head::of(head);
    let schema = head.text("$schema").is_some_and(|schema| schema.to_ascii_lowercase().contains("sarif"));
    (schema || head.has("runs")) && !head.has("vulnerabilities") && !head.has("scan")
}
