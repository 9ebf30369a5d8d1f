//! What happens to a finding between its converter and the report.
//!
//! [`Pipeline`] is the [`Sink`](scanlift_convert_api::Sink) of every converter. A finding passes
//! the stages in this order, one module each:
//!
//! | stage | what it does |
//! |---|---|
//! | [`severity`] | decides the severity by the best evidence |
//! | [`paths`] | makes every path relative to the repository root |
//! | `images` | names every image by a tag, so that GitLab knows it again after the next build |
//! | [`redact`] | takes secret values out |
//! | `enrich` | completes identifiers and links (CWE, CVE, GHSA, OWASP Top 10) |
//! | `identity` | orders the identifiers and adds tracking, so that triage survives the next scan |
//! | `filter` | drops what the user does not want, by name |
//! | `vex` | drops or marks what VEX documents rule out, and says what they say of the others |
//! | `ignore` | drops what people decided to ignore, with their reason |
//! | `fold` | merges what GitLab would merge, on purpose and on record |
//! | `remedy` | offers patches, and accounts for the findings that get none |
//!
//! The stages before `fold` look at one finding alone, so that several threads can run them
//! (`stages`, `desk`, `split`); what they made is entered in the order of the records (`ledger`,
//! `account`).
//!
//! [`scanner`] names the scanner of each scan, [`output`] writes the reports into temporary files,
//! [`export`] makes the further files that GitLab reads of them, and [`receipt`] keeps the account: records = findings + skipped.
//! [`Merged`] folds the finished reports of several runs into one.
//! The crate leaves out: opening inputs (`scanlift-input`), moving reports to their place and
//! talking to people (the CLI).

pub mod export;
pub mod output;
pub mod paths;
pub mod receipt;
pub mod redact;
pub mod scanner;
pub mod severity;
pub mod time;

mod account;
mod desk;
mod enrich;
mod filter;
mod fold;
mod identity;
mod ignore;
mod images;
mod ledger;
mod merge;
mod pipeline;
mod remedy;
mod settings;
mod split;
mod stages;
mod vex;

pub use desk::Usage;
pub use merge::{Conflict, MergeError, Merged};
pub use pipeline::{Finished, Pipeline};
pub use settings::{ScannerOverride, Settings, SettingsError, VexAction};
// The type of the files in `Finished`, for programs that name it.
pub use tempfile::NamedTempFile;
