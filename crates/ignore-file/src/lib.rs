//! Findings that people decided to ignore: why, until when, and who says so.
//!
//! [`IgnoreFile`] reads `.scanlift-ignore.toml` and says of a finding which entry covers it, [`Usage`]
//! counts, so that expired and unused entries can be told, and [`import`] makes entries of what other
//! tools have ([SARIF suppressions](import::sarif), [Trivy's ignore files](import::trivy),
//! [GitLab's vulnerability export](import::gitlab)).
//! It leaves out: what a run does with an ignored finding (`scanlift-pipeline`, `scanlift-gate`), and
//! which day it is, which the caller says.
//!
//! ```
//! use scanlift_ignore_file::{Date, IgnoreFile, Usage};
//! use scanlift_report_core::{Identifier, Location, SourceLocation, Vulnerability};
//!
//! let file = IgnoreFile::parse(".scanlift-ignore.toml", "
//! [[ignore]]
//! identifier = 'CVE-2021-44228'
//! path = 'legacy/**'
//! reason = 'The appender is not used.'
//! owner = 'alice'
//! expires = 2027-01-31
//! ", Date::new(2026, 11, 28)?)?;
//! let cve = Identifier::new("cve", "CVE-2021-44228", "CVE-2021-44228").ok_or("an identifier")?;
//! let finding = Vulnerability::new(cve, Location::Sast(SourceLocation::file("legacy/pom.xml")));
//! let entry = file.find(&finding, "semgrep", &mut Usage::default()).ok_or("no entry")?;
//! assert_eq!(entry.to_string(), "The appender is not used. (owner: alice, expires: 2027-01-31)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod import;

mod entry;
mod file;
mod read;

pub use entry::{Entry, Package, Pattern};
pub use file::{Fate, IgnoreFile, Usage};
pub use jiff::civil::Date;
pub use read::{IgnoreError, globs_of};

/// The name of the file that is looked for in the root of a repository.
pub const FILE: &str = ".scanlift-ignore.toml";

/// The reason of imported entries whose source gives none; it has to be replaced.
pub const PLACEHOLDER: &str = "TODO: say why; the source gave no reason";

#[cfg(test)]
mod tests;
