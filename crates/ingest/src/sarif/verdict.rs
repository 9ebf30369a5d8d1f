//! What comes out of judging a SARIF log.

use crate::finding::Finding;
use crate::lint::{Issue, Tally};
use crate::sarif::limits;
use crate::verdict::{Dropped, Error, Fate};
use scanlift_report_core::{Kind, Severity};
use std::collections::BTreeMap;
use std::fmt;

/// What GitLab does with a SARIF log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// The version that it declares.
    pub version: Option<String>,
    /// Its bytes.
    pub size: u64,
    /// Why GitLab refuses it; empty if it does not. The first ones of [`Self::error_count`].
    pub errors: Vec<Error>,
    /// How many errors there are.
    pub error_count: u64,
    /// What GitLab warns of.
    pub warnings: Vec<String>,
    /// Its runs.
    pub runs: Vec<Run>,
    /// Results that become findings.
    pub taken: u64,
    /// Results that are ignored since they are suppressed.
    pub suppressed: u64,
    /// Results that are skipped.
    pub skipped: u64,
    /// Results behind the first 5,000 of their run.
    pub beyond: u64,
    /// Why results are skipped, and which first.
    pub skips: BTreeMap<Skip, Tally>,
    /// Findings that people will see, by the kind of report that they go to.
    pub kinds: BTreeMap<Kind, u64>,
    /// The same by severity.
    pub severities: BTreeMap<Severity, u64>,
    /// How many findings are merged into others.
    pub folded_count: u64,
    /// The first ones of these; the index counts the results of the log.
    pub folded: Vec<Dropped>,
    /// What GitLab does not read, and what it misreads; a conversion to security reports keeps it.
    pub losses: BTreeMap<Loss, Tally>,
}

/// A run of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// The name of its tool.
    pub tool: String,
    /// Its rules.
    pub rules: u64,
    /// Its results.
    pub results: u64,
}

/// A result that GitLab takes, as the finding that it becomes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Taken {
    /// The run, from 0.
    pub run: usize,
    /// The kind of report that it goes to.
    pub kind: Kind,
    /// The finding; its index counts the results of the log.
    pub finding: Finding,
    /// What becomes of it.
    pub fate: Fate,
}

impl Verdict {
    /// Whether GitLab ingests the log.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.error_count == 0
    }

    /// Findings that people will see, if GitLab ingests the log.
    #[must_use]
    pub fn ingested(&self) -> u64 {
        self.taken - self.folded_count
    }

    /// Whether more than half of the results that are not suppressed is skipped.
    #[must_use]
    pub fn is_mostly_skipped(&self) -> bool {
        self.skipped * 100 > (self.taken + self.skipped) * limits::SKIPPED_PERCENT
    }

    pub(super) fn error(&mut self, error: Error, most: usize) {
        if self.errors.len() < most.max(1) {
            self.errors.push(error);
        }
        self.error_count += 1;
    }
}

/// Why GitLab refuses a log as a whole. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is uploaded under the key of a security report.
    Key,
    /// It is of this version, and not of 2.1.0.
    Version(String),
    /// It has so many bytes, which are more than [`limits::BYTES`].
    Size(u64),
    /// It has so many runs, which are more than [`limits::RUNS`].
    Runs(usize),
    /// So many of so many results are skipped, which are more than [`limits::SKIPPED_PERCENT`] percent.
    Skipped(u64, u64),
}

impl Refusal {
    /// What to do about it, without a full stop.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Key => "upload it as `artifacts:reports:sarif`, or make a report of it: `scanlift convert`",
            Self::Version(_) => "write SARIF 2.1.0; `scanlift convert --to sarif` makes it of older logs",
            Self::Size(_) => "leave out what GitLab does not read: code, code flows, help; or split the scan",
            Self::Runs(_) => "write the results of a tool into one run, or several logs",
            Self::Skipped(..) => "mend what is skipped, or make reports of it: `scanlift convert`",
        }
    }

    /// Where it is: a JSON pointer, empty for the log itself.
    #[must_use]
    pub const fn pointer(&self) -> &'static str {
        match self {
            Self::Version(_) => "/version",
            Self::Runs(_) => "/runs",
            _ => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("it is a SARIF log, which belongs under the key `sarif`"),
            Self::Version(version) => {
                write!(f, "version {version:?} of SARIF is not supported; supported is 2.1.0")
            }
            Self::Size(size) => {
                // Rounded up, so that it is more than what is allowed.
                let tenths = size.saturating_mul(10).div_ceil(1_048_576);
                let most = limits::BYTES / 1_048_576;
                write!(f, "the log has {}.{} MB, and {most} MB are allowed", tenths / 10, tenths % 10)
            }
            Self::Runs(runs) => write!(f, "the log has {runs} runs, and {} are allowed", limits::RUNS),
            Self::Skipped(skipped, of) => {
                let most = limits::SKIPPED_PERCENT;
                write!(f, "{skipped} of {of} results are skipped, which is more than {most} percent")
            }
        }
    }
}

/// Adds a place to one of the counts above.
pub(super) fn count<K: Ord>(
    map: &mut BTreeMap<K, Tally>,
    key: K,
    most: usize,
    issue: impl FnOnce() -> Issue,
) {
    let tally = map.entry(key).or_default();
    tally.count += 1;
    if tally.first.len() < most {
        tally.first.push(issue());
    }
}

macro_rules! reasons {
    ($(#[$about:meta])* $name:ident: $($variant:ident $code:literal $text:literal;)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $text] $variant,)*
        }

        impl $name {
            /// A stable name for programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The reason, without a full stop.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    /// Why a result is skipped.
    Skip:
    NoRule "no-rule-id" "it has no ruleId";
    NoPlace "no-physical-location" "its first location has no physicalLocation";
    RuleName "rule-name-long" "its rule's name has over 255 characters";
    Message "message-long" "its message has over 1,024 characters";
    Short "short-description-long" "its rule's shortDescription has over 1,024 characters";
    Full "full-description-long" "its rule's fullDescription has over 1,024 characters";
    HelpUri "help-uri-long" "its rule's helpUri has over 2,048 characters";
}

reasons! {
    /// What GitLab does not read of a result, or misreads.
    Loss:
    CodeFlows "code-flows" "code flows are not read";
    Fixes "fixes" "fixes are not read";
    Fingerprints "fingerprints" "fingerprints are not read: a finding that moves is a new one";
    MoreLocations "more-locations" "locations behind the first one are not read";
    RelatedLocations "related-locations" "related locations are not read";
    Snippets "snippets" "the code is not read";
    Web "web-request" "request and response are not read";
    Help "help" "the rule's help is not read, there is no solution";
    Tags "tags-beyond-10" "tags of the rule behind the tenth are not read";
    Suppression "suppression" "the reason of a suppression is not read, and nothing is dismissed";
    Absolute "path-absolute" "the path is absolute, and links to the code break";
    Gap "severity-gap" "the severity falls between two buckets, and becomes critical";
    NoFinding "kind-not-fail" "a result that is no failure becomes a finding: `kind` is not read";
    UnknownRule "rule-unknown" "the rule is not described in the log";
}
