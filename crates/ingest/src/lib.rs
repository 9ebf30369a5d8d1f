//! Says offline what GitLab does with a security report: whether it takes it, what it merges, cuts and
//! drops, and by which UUID it follows each finding.
//!
//! The facts are those of GitLab's published source; the constraints of the schemas are this crate's
//! own and proven equal to the published ones by its tests.
//! It leaves out: scanner formats (the `convert-*` crates), and how a report is written
//! (`scanlift-report-core`).
//!
//! ```
//! use scanlift_ingest::{Options, judge};
//!
//! let report = r#"{"version": "15.2.1", "vulnerabilities": [{"id": "1", "severity": "high"}]}"#;
//! let verdict = judge(&report, &Options::new(1), &mut |_, _| {})?;
//! assert!(!verdict.is_accepted());
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod diff;
mod duplicates;
mod finding;
mod fix;
mod judge;
pub mod limits;
mod lint;
mod locate;
mod ruby;
pub mod sarif;
mod schema;
mod verdict;
mod version;

pub use diff::{Comparison, WIDGET_LIMIT, compare, is_out_of_date, sort};
pub use duplicates::{Duplicate, Shared};
pub use finding::{Algorithm, Finding, Fingerprint, Identifier, PRODUCTION, Project, Signature};
pub use fix::{FixError, Fixed, Mend, fix};
pub use judge::{Options, judge, judge_and_lint, judge_with};
pub use lint::{Issue, Level, Lint, RULES, Rule, Surroundings, Tally, Tree};
pub use locate::{Spot, locate};
pub use schema::{Form, Problem, SchemaError};
pub use verdict::{Dropped, Error, Fate, Verdict};
