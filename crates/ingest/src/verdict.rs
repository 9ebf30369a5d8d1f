//! What comes out of judging a report.

use crate::duplicates::Duplicate;
use crate::lint::{Lint, Rule, rule};
use crate::sarif::Refusal;
use crate::schema::SchemaError;
use scanlift_report_core::{Kind, SchemaVersion, Severity};
use std::collections::BTreeMap;
use std::fmt;

/// What GitLab does with a report.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// The artifact key that it is judged under.
    pub kind: Option<Kind>,
    /// The version that it declares.
    pub version: Option<String>,
    /// The schema that it was checked against; `None` if GitLab would not check it.
    pub schema: Option<SchemaVersion>,
    /// `scan.scanner.id`.
    pub scanner: Option<String>,
    /// Why GitLab refuses it; empty if it does not. The first ones of [`Self::error_count`].
    pub errors: Vec<Error>,
    /// How many errors there are.
    pub error_count: u64,
    /// What GitLab warns of.
    pub warnings: Vec<String>,
    /// What is worth knowing of this judgement.
    pub notes: Vec<String>,
    /// How many vulnerabilities the report has.
    pub count: u64,
    /// How many of them GitLab ingests, if it accepts the report.
    pub ingested: u64,
    /// How many GitLab drops, if it accepts the report.
    pub dropped_count: u64,
    /// The first ones of these.
    pub dropped: Vec<Dropped>,
    /// Ingested findings by severity.
    pub severities: BTreeMap<Severity, u64>,
    /// `scan.end_time`, as the report writes it.
    pub end_time: Option<String>,
    /// What the rules find that the schema lets pass; empty unless it was asked for.
    pub lint: Lint,
}

impl Verdict {
    /// Whether GitLab ingests the report.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.error_count == 0
    }

    pub(crate) fn error(&mut self, error: Error, most: usize) {
        if self.errors.len() < most.max(1) {
            self.errors.push(error);
        }
        self.error_count += 1;
    }
}

/// Why GitLab refuses a report. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file is empty.
    Empty,
    /// The parser fails: the file is no JSON object.
    Parsing(String),
    /// The parser fails on what the report holds, where no schema is asked before.
    Content(String),
    /// A text has half of a surrogate pair; where.
    Surrogate(String),
    /// Nothing says what kind of report it is.
    Kind,
    /// The version is missing or not supported.
    Version(String),
    /// A rule of the schema is broken.
    Schema(SchemaError),
    /// It is a SARIF log that GitLab does not take.
    Log(Refusal),
}

impl Error {
    /// The rule that stands for it, which has a page.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        match self {
            Self::Empty => &rule::REPORT_EMPTY,
            Self::Parsing(_) | Self::Content(_) | Self::Surrogate(_) => &rule::REPORT_UNREADABLE,
            Self::Kind => &rule::REPORT_KIND,
            Self::Version(_) => &rule::VERSION_UNSUPPORTED,
            Self::Schema(_) => &rule::SCHEMA,
            Self::Log(_) => &rule::SARIF_REFUSED,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Schema(error) => error.problem.remedy(),
            Self::Content(_) => {
                "declare a published version, as \"15.2.1\": its schema names what to mend".to_owned()
            }
            Self::Log(refusal) => refusal.remedy().to_owned(),
            Self::Surrogate(_) => {
                "write both halves of the pair, or the character itself in UTF-8".to_owned()
            }
            _ => self.rule().remedy.to_owned(),
        }
    }

    /// Where it is: a JSON pointer, empty for the report itself.
    #[must_use]
    pub fn pointer(&self) -> &str {
        match self {
            Self::Schema(error) => &error.pointer,
            Self::Log(refusal) => refusal.pointer(),
            Self::Version(_) => "/version",
            Self::Kind => "/scan/type",
            _ => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Parsing(problem) | Self::Content(problem) => {
                write!(f, "GitLab cannot parse the report: {problem}")
            }
            Self::Surrogate(place) => {
                let half = "half of a surrogate pair (\\ud800 to \\udfff), which is no character,";
                write!(f, "GitLab cannot parse the report: there is {half} at {place}")
            }
            Self::Kind => f.write_str("`scan.type` is missing or names no kind of report"),
            Self::Version(problem) => f.write_str(problem),
            Self::Log(refusal) => write!(f, "{refusal}"),
            Self::Schema(SchemaError { pointer, problem }) if pointer.is_empty() => write!(f, "{problem}"),
            Self::Schema(SchemaError { pointer, problem }) => write!(f, "{pointer}: {problem}"),
        }
    }
}

/// What becomes of a finding. Display is a reason without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// GitLab shows it.
    Ingested,
    /// GitLab merges it into an earlier one.
    Duplicate(Duplicate),
    /// GitLab leaves it out in silence.
    Invalid(&'static str),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ingested => f.write_str("ingested"),
            Self::Duplicate(duplicate) => {
                write!(f, "merged into number {}: both have {}", duplicate.of, duplicate.shared)
            }
            Self::Invalid(why) => write!(f, "left out: {why}"),
        }
    }
}

/// A finding that GitLab drops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Its place in the report, from 0.
    pub index: u64,
    /// The report's id of it.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// The one that stays.
    pub duplicate_of: Option<u64>,
    /// Why.
    pub reason: String,
}
