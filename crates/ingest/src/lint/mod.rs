//! What GitLab's schemas let pass, and should not: merged, cut, lost or misread, or of no use to people.
//!
//! Every rule has a name and a page in `docs/lint/`. A report is looked at in the same pass in which it is
//! judged; beside the first issues of every rule, only fingerprints of fixed size are kept.

mod finding;
mod identifier;
mod location;
mod remediation;
pub(crate) mod rule;
mod scan;
#[cfg(test)]
mod tests;
mod tracking;

pub(crate) use identifier::{SECRET_CWES, is_cve};
pub use rule::{Level, RULES, Rule};

use crate::finding::{Finding, Fingerprint};
use crate::schema::Pointer;
use crate::verdict::Fate;
use identifier::Lines;
use remediation::Remediations;
use scanlift_report_core::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use tracking::Tracking;

/// What a report cannot say, and the caller may know. Without it, the rules that need it stay silent.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Surroundings<'s> {
    /// The time, as a report writes it: `2025-01-31T12:00:00` in UTC.
    pub now: Option<&'s str>,
    /// The repository that was scanned.
    pub tree: Option<&'s dyn Tree>,
    /// Whether a text holds a credential in plain text.
    pub has_secret: Option<&'s dyn Fn(&str) -> bool>,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The files of a repository.
pub trait Tree {
    /// How many lines a file has, by its path from the root; `None` if there is no such file.
    fn lines(&self, file: &str) -> Option<u64>;
}

/// What was found in a report.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Lint {
    /// By rule, errors first.
    pub rules: BTreeMap<&'static Rule, Tally>,
}

/// How often a rule was broken, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first places.
    pub first: Vec<Issue>,
}

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// Where: a JSON pointer (RFC 6901), empty for the report itself.
    pub pointer: String,
    /// The value that breaks it, or what else is to be known; without a full stop.
    pub message: String,
}

impl Lint {
    /// How many places there are of a level.
    #[must_use]
    pub fn count(&self, level: Level) -> u64 {
        self.rules.iter().filter(|(rule, _)| rule.level == level).map(|(_, tally)| tally.count).sum()
    }

    /// Whether nothing of that level was found, or worse.
    #[must_use]
    pub fn is_free_of(&self, level: Level) -> bool {
        self.rules.keys().all(|rule| rule.level > level)
    }

    fn push(&mut self, rule: &'static Rule, most: usize, issue: impl FnOnce() -> Issue) {
        let tally = self.rules.entry(rule).or_default();
        tally.count += 1;
        if tally.first.len() < most {
            tally.first.push(issue());
        }
    }
}

/// Looks at the parts of a report as they come.
pub(crate) struct Linter<'l> {
    around: Surroundings<'l>,
    kind: Kind,
    most: usize,
    pub(crate) lint: Lint,
    /// The place of every id.
    ids: HashMap<u128, u64>,
    /// What `scan.primary_identifiers` lists.
    listed: Option<HashSet<u128>>,
    lines: Lines,
    tracking: Tracking,
    remediations: Remediations,
}

impl<'l> Linter<'l> {
    pub(crate) fn new(kind: Kind, around: Surroundings<'l>, most: usize) -> Self {
        Self {
            around,
            kind,
            most,
            lint: Lint::default(),
            ids: HashMap::new(),
            listed: None,
            lines: Lines::default(),
            tracking: Tracking::default(),
            remediations: Remediations::default(),
        }
    }

    fn push(&mut self, rule: &'static Rule, at: &Pointer<'_>, message: impl FnOnce() -> String) {
        self.lint.push(rule, self.most, || Issue { pointer: at.render(), message: message() });
    }

    /// Looks at a vulnerability.
    pub(crate) fn vulnerability(&mut self, index: u64, value: &Value, at: &Pointer<'_>) {
        let Value::Object(map) = value else { return };
        self.finding(index, map, at);
        self.identifiers(map, at);
        self.location(map, at);
        self.signatures(map, at);
        self.texts(value, None, at);
    }

    /// Takes note of what becomes of a finding.
    pub(crate) fn fate(&mut self, finding: &Finding, fate: &Fate, at: &Pointer<'_>) {
        let Fate::Duplicate(duplicate) = fate else { return };
        let primary = finding.identifiers.first().map(|it| format!("{}:{}", it.kind, it.value));
        let rule = match &duplicate.shared {
            crate::Shared::Tracked(_) => &rule::TRACKING_SHARED,
            crate::Shared::Identifier(shared) if primary.as_ref() != Some(shared) => &rule::FINDING_FOLDED,
            _ => &rule::PRIMARY_REPEATED,
        };
        self.push(rule, at, || format!("{}; GitLab keeps number {} only", duplicate.shared, duplicate.of));
    }

    /// What is known only at the end.
    pub(crate) fn finish(&mut self, size: u64) {
        let root = Pointer::ROOT;
        if size > ARTIFACT_LIMIT {
            self.push(&rule::ARTIFACT_SIZE, &root, || format!("it has {} MB", size / 1_048_576));
        }
        self.finish_identifiers();
        self.finish_tracking();
        self.finish_remediations();
    }
}

/// The most bytes of an artifact, by default.
const ARTIFACT_LIMIT: u64 = 100 * 1_048_576;

/// Sixteen bytes that stand for a text.
fn stand_in(text: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Fingerprint::of(text).0[..16]);
    u128::from_be_bytes(bytes)
}

/// A text in a few words.
fn quoted(text: &str) -> String {
    crate::schema::Problem::excerpt_of(text)
}
