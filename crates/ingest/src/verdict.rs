//! What comes out of judging a report.

use crate::duplicates::Duplicate;
use crate::finding::Finding;
use crate::ruby;
use crate::schema::SchemaError;
use scanlift_report_core::{Kind, SchemaVersion, Severity};
use serde_json::Value;
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
    /// What GitLab takes, and changes or loses.
    pub advice: BTreeMap<Advice, Advised>,
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

    fn note(&mut self, advice: Advice, index: u64) {
        let advised = self.advice.entry(advice).or_default();
        advised.count += 1;
        if advised.first.len() < 10 {
            advised.first.push(index);
        }
    }

    /// Looks for what GitLab cuts or may choke on.
    pub(crate) fn advise(&mut self, finding: &Finding, value: &Value, kind: Kind) {
        let length =
            |key: &str| value.get(key).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        let checks = [
            (finding.identifiers.len() > 20, Advice::IdentifiersCut),
            (finding.name.chars().count() > 255, Advice::TitleCut),
            (!ruby::is_present(value.get("name")), Advice::NameGenerated),
            (length("description") > 15_000, Advice::DescriptionCut),
            (length("solution") > 7_000, Advice::SolutionCut),
            (value.get("severity").is_none_or(Value::is_null), Advice::SeverityMissing),
        ];
        for (found, advice) in checks {
            if found {
                self.note(advice, finding.index);
            }
        }
        let each = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
        let longer = |item: &Value, key: &str, most: usize| {
            item.get(key).and_then(Value::as_str).is_some_and(|text| text.chars().count() > most)
        };
        let flags = each("flags").any(|flag| longer(flag, "description", 1_000));
        let urls = each("links").any(|link| longer(link, "url", 2_048));
        let names = each("links").any(|link| longer(link, "name", 255));
        for (found, advice) in
            [(flags, Advice::FlagDescriptionCut), (urls, Advice::LinkUrlLong), (names, Advice::LinkNameLong)]
        {
            if found {
                self.note(advice, finding.index);
            }
        }
        self.advise_location(finding.index, value, kind);
    }

    fn advise_location(&mut self, index: u64, value: &Value, kind: Kind) {
        let location = |key: &str| value.get("location").and_then(|location| location.get(key));
        if let (Kind::ContainerScanning | Kind::ClusterImageScanning, Some(Value::String(image))) =
            (kind, location("image"))
        {
            match image.rsplit_once(':') {
                None => self.note(Advice::ImageWithoutTag, index),
                Some((_, tag)) if tag.contains('/') => self.note(Advice::ImagePortAsTag, index),
                Some(_) => {}
            }
        }
        if matches!(kind, Kind::Sast | Kind::SecretDetection | Kind::DependencyScanning) {
            match location("file").and_then(Value::as_str).filter(|file| !file.is_empty()) {
                None => self.note(Advice::NoFile, index),
                Some(file) if !is_relative(file) => self.note(Advice::FileNotRelative, index),
                Some(_) => {}
            }
        }
        let float = |key| location(key).and_then(Value::as_number).is_some_and(|number| number.is_f64());
        if matches!(kind, Kind::Sast | Kind::SecretDetection) && (float("start_line") || float("end_line")) {
            self.note(Advice::LineIsFloat, index);
        }
    }
}

/// Whether a file is a plain path from the repository's root.
fn is_relative(file: &str) -> bool {
    let scheme = file.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
    });
    !(file.starts_with(['/', '\\'])
        || file.starts_with("./")
        || file.starts_with("../")
        || file.contains('\\')
        || scheme)
}

/// Why GitLab refuses a report. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file is empty.
    Empty,
    /// The parser fails.
    Parsing(String),
    /// Nothing says what kind of report it is.
    Kind,
    /// The version is missing or not supported.
    Version(String),
    /// A rule of the schema is broken.
    Schema(SchemaError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Parsing(problem) => write!(f, "GitLab cannot parse the report: {problem}"),
            Self::Kind => f.write_str("`scan.type` is missing or names no kind of report"),
            Self::Version(problem) => f.write_str(problem),
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

/// What GitLab takes, and changes or loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Advice {
    /// More than 20 identifiers.
    IdentifiersCut,
    /// A name of more than 255 characters.
    TitleCut,
    /// No name.
    NameGenerated,
    /// A description of more than 15,000 characters.
    DescriptionCut,
    /// A solution of more than 7,000 characters.
    SolutionCut,
    /// No severity.
    SeverityMissing,
    /// A flag's description of more than 1,000 characters.
    FlagDescriptionCut,
    /// A link's address of more than 2,048 characters.
    LinkUrlLong,
    /// A link's name of more than 255 characters.
    LinkNameLong,
    /// An image without a colon.
    ImageWithoutTag,
    /// An image of a registry with a port and no tag.
    ImagePortAsTag,
    /// No file.
    NoFile,
    /// A file that is no plain path.
    FileNotRelative,
    /// A line as 1.0.
    LineIsFloat,
}

/// How often something was seen, and at which findings first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advised {
    /// How often.
    pub count: u64,
    /// The first ten findings, by their place in the report.
    pub first: Vec<u64>,
}
