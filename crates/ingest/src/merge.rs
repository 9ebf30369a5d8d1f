//! Reports of one kind and scanner folded into one: the shards of a parallel pipeline.
//!
//! The result is the same in whatever order and grouping the reports are merged, and merging a report
//! with itself changes nothing: what is kept is always the greatest of equals, and everything is sorted.

use scanlift_report_core::{
    Extra, Fix, Remediation, Report, Scan, ScanStatus, SchemaVersion, Tool, Vulnerability,
};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why reports cannot be merged. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// They are of two kinds.
    #[error("merge a report of {one} with one of {other}")]
    Kind {
        /// The first kind.
        one: String,
        /// Another one.
        other: String,
    },
    /// They are of two scanners.
    #[error("merge a report of the scanner {one} with one of {other}")]
    Scanner {
        /// The first scanner's id.
        one: String,
        /// Another one.
        other: String,
    },
}

/// What stands for a version that a scanner does not tell: the schema wants a text.
const UNVERSIONED: &str = "unknown";

/// What two reports say differently of the same. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Conflict {
    /// The same finding with another content; the greater text is kept.
    Finding {
        /// Its name.
        name: String,
    },
    /// The scanner in two versions; the one with the greater text is kept.
    Version {
        /// The one that is kept.
        kept: String,
        /// The other one.
        other: String,
    },
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Finding { name } => write!(f, "{name} is told in two ways; one of them is kept"),
            Self::Version { kept, other } => {
                write!(f, "the scanner ran in versions {kept} and {other}; the report names {kept}")
            }
        }
    }
}

/// A merged report, with what its parts do not agree on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Merged {
    /// The report.
    pub report: Report,
    /// What the parts do not agree on.
    pub conflicts: BTreeSet<Conflict>,
    /// How many findings were in more than one part.
    pub repeated: u64,
}

impl Merged {
    /// A report by itself: sorted, and its findings with ids of their content.
    #[must_use]
    pub fn new(report: Report) -> Self {
        let mut merged = Self { report, conflicts: BTreeSet::new(), repeated: 0 };
        // Lists are sorted as those of two reports are: merging with itself changes nothing.
        let (scan, extra) = (merged.report.scan.clone(), merged.report.extra.clone());
        merge_scan(&mut merged.report.scan, scan, &mut merged.conflicts);
        merge_extra(&mut merged.report.extra, extra);
        merged.settle();
        merged
    }

    /// Adds a report of the same kind and scanner.
    ///
    /// # Errors
    /// When it is of another kind or scanner; then nothing is changed.
    pub fn add(&mut self, other: Report) -> Result<(), MergeError> {
        let other = Self::new(other);
        let (one, two) = (&self.report.scan, &other.report.scan);
        if one.kind != two.kind || one.for_registry != two.for_registry {
            return Err(MergeError::Kind { one: one.kind.to_string(), other: two.kind.to_string() });
        }
        if one.scanner.id != two.scanner.id {
            let (one, other) = (one.scanner.id.to_string(), two.scanner.id.to_string());
            return Err(MergeError::Scanner { one, other });
        }
        merge_scan(&mut self.report.scan, other.report.scan, &mut self.conflicts);
        self.report.version = newest(&self.report.version, &other.report.version);
        merge_extra(&mut self.report.extra, other.report.extra);
        self.report.vulnerabilities.extend(other.report.vulnerabilities);
        self.report.remediations.extend(other.report.remediations);
        self.settle();
        Ok(())
    }

    /// Folds what is there twice, gives every finding the id of its content, and sorts.
    fn settle(&mut self) {
        let Self { report, conflicts, repeated } = self;
        let mut ids: HashMap<String, String> = HashMap::new();
        let mut kept: BTreeMap<String, (String, Vulnerability<'static>)> = BTreeMap::new();
        for mut vulnerability in std::mem::take(&mut report.vulnerabilities) {
            let id = vulnerability.content_id();
            if let Some(old) = vulnerability.id.take() {
                ids.insert(old.into_owned(), id.clone());
            }
            vulnerability.id = Some(id.clone().into());
            let text = text_of(&vulnerability);
            match kept.get_mut(&id) {
                None => drop(kept.insert(id, (text, vulnerability))),
                Some((known, _)) if *known == text => *repeated += 1,
                Some(entry) => {
                    *repeated += 1;
                    let name = vulnerability.name.as_deref().unwrap_or(&id).to_owned();
                    conflicts.insert(Conflict::Finding { name });
                    if text > entry.0 {
                        *entry = (text, vulnerability);
                    }
                }
            }
        }
        report.vulnerabilities = kept.into_values().map(|(_, vulnerability)| vulnerability).collect();
        report.vulnerabilities.sort_by(|a, b| {
            let key = |it: &Vulnerability<'_>| (Reverse(it.severity), it.id.as_deref().map(str::to_owned));
            key(a).cmp(&key(b))
        });
        report.remediations = remediations(std::mem::take(&mut report.remediations), &ids);
    }
}

/// Patches, each once with everything that it mends.
fn remediations(all: Vec<Remediation<'static>>, ids: &HashMap<String, String>) -> Vec<Remediation<'static>> {
    let mut kept: BTreeMap<String, Remediation<'static>> = BTreeMap::new();
    for mut remediation in all {
        let fixes = std::mem::take(&mut remediation.fixes);
        let key = text_of(&remediation);
        let known = kept.entry(key).or_insert(remediation);
        for mut fix in fixes {
            if let Some(id) = ids.get(&*fix.id) {
                fix.id = id.clone().into();
            }
            if !known.fixes.contains(&fix) {
                known.fixes.push(fix);
            }
        }
        known.fixes.sort_by(|a: &Fix<'_>, b| a.id.cmp(&b.id));
    }
    kept.into_values().collect()
}

fn merge_scan(one: &mut Scan<'static>, other: Scan<'static>, conflicts: &mut BTreeSet<Conflict>) {
    // A shard in which nothing was found may not tell the version.
    let rank = |scanner: &Tool<'static>| (scanner.version != UNVERSIONED, text_of(scanner));
    let (kept, left) = match (one.scanner.clone(), other.scanner) {
        (one, other) if rank(&other) > rank(&one) => (other, one),
        kept => kept,
    };
    if kept.version != left.version && left.version != UNVERSIONED {
        conflicts
            .insert(Conflict::Version { kept: kept.version.to_string(), other: left.version.to_string() });
    }
    one.scanner = kept;
    one.analyzer = greatest(one.analyzer.clone(), other.analyzer);
    if other.start_time.as_str() < one.start_time.as_str() {
        one.start_time = other.start_time;
    }
    if other.end_time.as_str() > one.end_time.as_str() {
        one.end_time = other.end_time;
    }
    // A shard that failed leaves a hole in the whole.
    if other.status == ScanStatus::Failure {
        one.status = ScanStatus::Failure;
    }
    one.messages = union(std::mem::take(&mut one.messages), other.messages);
    one.options = union(std::mem::take(&mut one.options), other.options);
    // The list means "these rules ran": where one shard does not say it, the whole does not know.
    if one.primary_identifiers.is_empty() || other.primary_identifiers.is_empty() {
        one.primary_identifiers.clear();
    } else {
        one.primary_identifiers =
            union(std::mem::take(&mut one.primary_identifiers), other.primary_identifiers);
    }
    one.scanned_resources = union(std::mem::take(&mut one.scanned_resources), other.scanned_resources);
    one.observability = match (one.observability.take(), other.observability) {
        (Some(one), Some(other)) => Some(greatest(one, other)),
        (one, other) => one.or(other),
    };
    merge_extra(&mut one.extra, other.extra);
}

/// Unknown fields of both: lists joined, of other values the greater one.
fn merge_extra(one: &mut Extra, other: Extra) {
    let mut fields = one.get().cloned().unwrap_or_default();
    for (key, value) in other.get().into_iter().flatten() {
        let merged = match (fields.remove(key), value.clone()) {
            (Some(Value::Array(one)), Value::Array(other)) => Value::Array(union(one, other)),
            (Some(one), other) => greatest(one, other),
            (None, other) => other,
        };
        fields.insert(key.clone(), merged);
    }
    *one = Extra::new(fields);
}

/// The greater of two by their text.
fn greatest<T: Serialize>(one: T, other: T) -> T {
    if text_of(&other) > text_of(&one) { other } else { one }
}

/// Both lists, each entry once, sorted by its text.
fn union<T: Serialize>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    let all: BTreeMap<String, T> =
        one.into_iter().chain(other).map(|entry| (text_of(&entry), entry)).collect();
    all.into_values().collect()
}

fn newest(one: &str, other: &str) -> String {
    let rank = |version: &str| (version.parse::<SchemaVersion>().ok(), version.to_owned());
    if rank(other) > rank(one) { other.to_owned() } else { one.to_owned() }
}

/// The text that stands for a value; what cannot be written is empty, and nothing here cannot.
fn text_of<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// A report of some findings, told by rule, file and severity.
    fn report(findings: &[(u8, u8, bool)], version: u8, fails: bool) -> Report {
        let all: Vec<_> = findings
            .iter()
            .enumerate()
            .map(|(index, (rule, file, high))| {
                json!({"id": index.to_string(), "name": format!("rule {rule}"),
                    "severity": if *high { "High" } else { "Low" },
                    "identifiers": [{"type": "r", "name": "n", "value": rule.to_string()}],
                    "location": {"file": format!("{file}.c"), "start_line": 1, "end_line": 1}})
            })
            .collect();
        let fixes: Vec<_> = (0..findings.len())
            .map(|index| json!({"fixes": [{"id": index.to_string()}], "summary": "s", "diff": "ZA=="}))
            .collect();
        let tool = json!({"id": "s", "name": "S", "version": version.to_string(), "vendor": {"name": "V"}});
        let text = json!({"version": "15.2.1", "vulnerabilities": all, "remediations": fixes,
            "own": [version],
            "scan": {"type": "sast", "status": if fails { "failure" } else { "success" },
                "analyzer": tool, "scanner": tool, "messages": [{"level": "info", "value": version.to_string()}],
                "start_time": format!("2025-01-01T00:00:0{version}"), "end_time": "2025-01-01T00:01:00"}});
        Report::from_slice(text.to_string().as_bytes()).expect("a report")
    }

    fn any_report() -> impl Strategy<Value = Report> {
        let finding = (0_u8..4, 0_u8..3, any::<bool>());
        (proptest::collection::vec(finding, 0..6), 0_u8..4, any::<bool>())
            .prop_map(|(findings, version, fails)| report(&findings, version, fails))
    }

    fn merge(reports: &[&Report]) -> Report {
        let mut merged = Merged::new(reports[0].clone());
        for report in &reports[1..] {
            merged.add((*report).clone()).expect("one kind and scanner");
        }
        merged.report
    }

    proptest! {
        #[test]
        fn merging_is_commutative_associative_and_idempotent(
            a in any_report(), b in any_report(), c in any_report()
        ) {
            prop_assert_eq!(merge(&[&a, &b]), merge(&[&b, &a]));
            let (left, right) = (merge(&[&merge(&[&a, &b]), &c]), merge(&[&a, &merge(&[&b, &c])]));
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(merge(&[&left, &left]), left.clone());
            prop_assert_eq!(merge(&[&left, &a]), left);
        }
    }

    #[test]
    fn nothing_is_lost_and_patches_follow_their_findings() {
        let (a, b) = (
            report(&[(1, 1, true), (2, 1, false)], 1, false),
            report(&[(1, 1, true), (3, 1, false)], 2, true),
        );
        let mut merged = Merged::new(a);
        merged.add(b).expect("one kind and scanner");
        assert_eq!((merged.report.vulnerabilities.len(), merged.repeated), (3, 1));
        assert_eq!(merged.report.scan.status, ScanStatus::Failure);
        assert_eq!(merged.report.scan.start_time.as_str(), "2025-01-01T00:00:01");
        assert_eq!(merged.conflicts.len(), 1);
        let ids: BTreeSet<_> = merged.report.vulnerabilities.iter().filter_map(|it| it.id.clone()).collect();
        let fixed: BTreeSet<_> = merged
            .report
            .remediations
            .iter()
            .flat_map(|it| it.fixes.iter().map(|fix| fix.id.clone()))
            .collect();
        assert_eq!(ids, fixed);
    }

    #[test]
    fn a_version_that_is_not_told_is_no_other_version() {
        let (one, mut other) = (report(&[(1, 1, false)], 1, false), report(&[], 1, false));
        other.scan.scanner.version = UNVERSIONED.into();
        for (first, second) in [(&one, &other), (&other, &one)] {
            let mut merged = Merged::new(first.clone());
            merged.add(second.clone()).expect("one kind and scanner");
            assert_eq!(merged.report.scan.scanner.version, "1");
            assert!(merged.conflicts.is_empty());
        }
    }

    #[test]
    fn other_kinds_and_scanners_are_told() {
        let one = report(&[], 1, false);
        let mut other = one.clone();
        other.scan.scanner.id = "t".into();
        let mut merged = Merged::new(one.clone());
        assert!(matches!(merged.add(other), Err(MergeError::Scanner { .. })));
        assert_eq!(merged, Merged::new(one));
    }
}
