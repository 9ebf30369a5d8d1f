//! What comes out of judging a SARIF log.

use crate::finding::Finding;
use crate::lint::{Issue, Tally};
use crate::sarif::limits;
use crate::verdict::{Dropped, Error, Fate};
use scanlift_report_core::{Kind, Severity};
use std::collections::BTreeMap;

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
    /// Findings by the kind of report that they go to.
    pub kinds: BTreeMap<Kind, u64>,
    /// Findings by severity.
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
