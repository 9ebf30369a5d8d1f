//! Entries made of what other tools keep, and how they are put into a file that is there already.

pub mod gitlab;
pub mod sarif;
pub mod trivy;

mod ruby;
mod write;

pub use ruby::parse as parse_ruby;
pub use write::{Written, add};

use jiff::{Timestamp, civil::Date, civil::DateTime, tz::TimeZone};
use std::io;

/// An entry that is not in a file yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Draft {
    /// `identifier`.
    pub identifier: Option<String>,
    /// `rule`.
    pub rule: Option<String>,
    /// `path`, globs.
    pub paths: Vec<String>,
    /// `package`, names or package URLs.
    pub packages: Vec<String>,
    /// `kind`.
    pub kind: Option<scanlift_report_core::Kind>,
    /// `reason`; a placeholder is written where there is none.
    pub reason: Option<String>,
    /// `owner`.
    pub owner: Option<String>,
    /// `expires`.
    pub expires: Option<Date>,
}

/// What a source gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// In the source's order.
    pub drafts: Vec<Draft>,
    /// What could not be carried over.
    pub warnings: Vec<String>,
}

/// Why a source cannot be imported. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It cannot be read.
    #[error("read the file")]
    Read(#[source] io::Error),
    /// It is not what it should be.
    #[error("read it as {expected}: {problem}")]
    Format {
        /// What it should be.
        expected: &'static str,
        /// What is wrong.
        problem: String,
    },
}

pub(crate) fn format(expected: &'static str, problem: impl ToString) -> ImportError {
    ImportError::Format { expected, problem: problem.to_string() }
}

/// The day, in UTC, of a date or time.
pub(crate) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let stamped = text.parse::<Timestamp>().ok().map(|time| time.to_zoned(TimeZone::UTC).date());
    stamped
        .or_else(|| text.parse::<Date>().ok())
        .or_else(|| text.parse::<DateTime>().ok().map(DateTime::date))
}

/// A path as a glob that means it and nothing else.
pub(crate) fn glob_of(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    let glob = globset::escape(path);
    if glob.contains('/') { glob } else { format!("/{glob}") }
}

/// A text in a line, without what cannot be seen; `None` if nothing is left.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(line).filter(|line| !line.is_empty())
}
