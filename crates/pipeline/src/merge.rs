//! Reports of one kind folded into one: the shards of a parallel pipeline.
//!
//! The result is the same in whatever order and grouping the reports are merged, and merging a report
//! with itself changes nothing: what is kept is always the greatest of equals, and everything is sorted.

use scanlift_report_core::{
    Extra, Fix, Remediation, Report, Scan, ScanStatus, SchemaVersion, Tool, Vulnerability,
};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};

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

/// Reports of one kind that are merged, with what they do not agree on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Merged {
    /// What the parts do not agree on.
    pub conflicts: BTreeSet<Conflict>,
    /// How many findings were in more than one part.
    pub repeated: u64,
    /// The report without its findings and patches.
    frame: Report,
    /// The findings by the ids of their content, each with the text that stands for it.
    findings: BTreeMap<String, (String, Vulnerability<'static>)>,
    /// The patches by their texts, each with the ids of what it mends.
    patches: BTreeMap<String, (Remediation<'static>, BTreeSet<String>)>,
    /// Whether findings say who found them, so that scanners may differ.
    of_any_scanner: bool,
}

impl Merged {
    /// A report by itself, to which others of the same kind and scanner can be added.
    #[must_use]
    pub fn new(report: Report) -> Self {
        Self::begin(report, false)
    }

    /// A report by itself, to which others of the same kind can be added, whoever scanned: the report names
    /// all scanners, and each finding its own, as those of `scanlift convert --merge` do.
    #[must_use]
    pub fn of_any_scanner(report: Report) -> Self {
        Self::begin(report, true)
    }

    fn begin(mut frame: Report, of_any_scanner: bool) -> Self {
        let (findings, patches) = take_lists(&mut frame);
        let mut merged = Self {
            conflicts: BTreeSet::new(),
            repeated: 0,
            frame,
            findings: BTreeMap::new(),
            patches: BTreeMap::new(),
            of_any_scanner,
        };
        let scanner = merged.frame.scan.scanner.clone();
        merged.enter(findings, patches, &scanner);
        merged
    }

    /// Adds a report.
    ///
    /// # Errors
    /// When it is of another kind, or of another scanner where that matters; then nothing is changed.
    pub fn add(&mut self, mut other: Report) -> Result<(), MergeError> {
        let (one, two) = (&mut self.frame.scan, &mut other.scan);
        if one.kind != two.kind || one.for_registry != two.for_registry {
            return Err(MergeError::Kind { one: one.kind.to_string(), other: two.kind.to_string() });
        }
        let scanner = two.scanner.clone();
        if one.scanner.id != two.scanner.id {
            if !self.of_any_scanner {
                let (one, other) = (one.scanner.id.to_string(), two.scanner.id.to_string());
                return Err(MergeError::Scanner { one, other });
            }
            one.scanner = together(&one.scanner, &two.scanner);
            two.scanner = one.scanner.clone();
        }
        let (findings, patches) = take_lists(&mut other);
        merge_scan(&mut self.frame.scan, other.scan, &mut self.conflicts);
        self.frame.version = newest(&self.frame.version, &other.version);
        merge_extra(&mut self.frame.extra, other.extra);
        self.enter(findings, patches, &scanner);
        Ok(())
    }

    /// Enters what a report lists: each finding once, with the id of its content, and each patch once with
    /// everything that it mends.
    fn enter(
        &mut self,
        findings: Vec<Vulnerability<'static>>,
        patches: Vec<Remediation<'static>>,
        scanner: &Tool<'static>,
    ) {
        let mut ids: HashMap<String, String> = HashMap::new();
        for mut finding in findings {
            let id = finding.content_id();
            if let Some(old) = finding.id.replace(id.clone().into()) {
                ids.insert(old.into_owned(), id.clone());
            }
            if self.of_any_scanner && scanner.id != Tool::MERGED && finding.details.get("scanner").is_none() {
                finding.details.text("scanner", "Scanner", scanner.name.clone());
            }
            let text = text_of(&finding);
            match self.findings.entry(id) {
                Entry::Vacant(room) => {
                    room.insert((text, finding));
                }
                Entry::Occupied(mut known) => {
                    self.repeated += 1;
                    if known.get().0 == text {
                        continue;
                    }
                    let name = finding.name.as_deref().map_or_else(|| known.key().clone(), str::to_owned);
                    self.conflicts.insert(Conflict::Finding { name });
                    if text > known.get().0 {
                        known.insert((text, finding));
                    }
                }
            }
        }
        for mut patch in patches {
            let fixes = std::mem::take(&mut patch.fixes);
            let (_, mended) = self.patches.entry(text_of(&patch)).or_insert_with(|| (patch, BTreeSet::new()));
            mended.extend(fixes.into_iter().map(|fix| match ids.get(&*fix.id) {
                Some(id) => id.clone(),
                None => fix.id.into_owned(),
            }));
        }
    }

    /// The report, sorted: the most severe findings first.
    #[must_use]
    pub fn into_report(self) -> Report {
        let Self { frame: mut report, findings, patches, .. } = self;
        report.vulnerabilities = findings.into_values().map(|(_, finding)| finding).collect();
        // They come in the order of their ids, which stays among equals.
        report.vulnerabilities.sort_by_key(|finding| Reverse(finding.severity));
        let patches = patches.into_values().map(|(mut patch, mended)| {
            patch.fixes = mended.into_iter().map(Fix::new).collect();
            patch
        });
        report.remediations = patches.collect();
        report
    }
}

/// Takes out of a report what it lists, and sorts the other lists as those of two reports are: merging a
/// report with itself changes nothing.
fn take_lists(report: &mut Report) -> (Vec<Vulnerability<'static>>, Vec<Remediation<'static>>) {
    let lists = (std::mem::take(&mut report.vulnerabilities), std::mem::take(&mut report.remediations));
    let (scan, extra) = (report.scan.clone(), report.extra.clone());
    merge_scan(&mut report.scan, scan, &mut BTreeSet::new());
    merge_extra(&mut report.extra, extra);
    lists
}

/// One name for the scanners of two reports, which may have several each.
fn together(one: &Tool<'static>, other: &Tool<'static>) -> Tool<'static> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for scanner in [one, other] {
        if scanner.id == Tool::MERGED {
            names.extend(scanner.name.split(", "));
        } else {
            names.insert(&scanner.name);
        }
    }
    Tool::merged(names)
}

fn merge_scan(one: &mut Scan<'static>, mut other: Scan<'static>, conflicts: &mut BTreeSet<Conflict>) {
    if one.scanner.id == Tool::MERGED && other.scanner.id == Tool::MERGED {
        one.scanner = together(&one.scanner, &other.scanner);
        other.scanner = one.scanner.clone();
    }
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
    use scanlift_report_core::Detail;
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
        merge_into(Merged::new(reports[0].clone()), reports)
    }

    fn merge_into(mut merged: Merged, reports: &[&Report]) -> Report {
        for report in &reports[1..] {
            merged.add((*report).clone()).expect("reports that can be merged");
        }
        merged.into_report()
    }

    /// Whoever scanned.
    fn merge_any(reports: &[&Report]) -> Report {
        merge_into(Merged::of_any_scanner(reports[0].clone()), reports)
    }

    fn of_scanner(id: &'static str, mut report: Report) -> Report {
        (report.scan.scanner.id, report.scan.scanner.name) = (id.into(), id.to_uppercase().into());
        report
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

        #[test]
        fn so_is_merging_the_reports_of_several_scanners(
            a in any_report(), b in any_report(), c in any_report()
        ) {
            let (a, b, c) = (of_scanner("a", a), of_scanner("b", b), of_scanner("c", c));
            prop_assert_eq!(merge_any(&[&a, &b]), merge_any(&[&b, &a]));
            let left = merge_any(&[&merge_any(&[&a, &b]), &c]);
            prop_assert_eq!(&left, &merge_any(&[&a, &merge_any(&[&b, &c])]));
            prop_assert_eq!(merge_any(&[&left, &left]), left.clone());
            prop_assert_eq!(merge_any(&[&left, &a]), left);
        }
    }

    #[test]
    fn findings_of_several_scanners_say_whose_they_are() {
        let (a, b) = (report(&[(1, 1, true)], 1, false), report(&[(2, 1, true)], 1, false));
        let merged = merge_any(&[&of_scanner("b", b), &of_scanner("a", a)]);
        assert_eq!((&*merged.scan.scanner.id, &*merged.scan.scanner.name), (Tool::MERGED, "A, B"));
        let mut whose: Vec<_> = merged
            .vulnerabilities
            .iter()
            .map(|finding| (finding.name.as_deref(), finding.details.get("scanner").cloned()))
            .collect();
        whose.sort_by_key(|(name, _)| *name);
        let of = |name: &'static str| Some(Detail::text(name));
        assert_eq!(whose, [(Some("rule 1"), of("A")), (Some("rule 2"), of("B"))]);
    }

    #[test]
    fn nothing_is_lost_and_patches_follow_their_findings() {
        let (a, b) = (
            report(&[(1, 1, true), (2, 1, false)], 1, false),
            report(&[(1, 1, true), (3, 1, false)], 2, true),
        );
        let mut merged = Merged::new(a);
        merged.add(b).expect("one kind and scanner");
        assert_eq!((merged.repeated, merged.conflicts.len()), (1, 1));
        let report = merged.into_report();
        assert_eq!(report.vulnerabilities.len(), 3);
        assert_eq!(report.scan.status, ScanStatus::Failure);
        assert_eq!(report.scan.start_time.as_str(), "2025-01-01T00:00:01");
        let ids: BTreeSet<_> = report.vulnerabilities.iter().filter_map(|it| it.id.clone()).collect();
        let fixed: BTreeSet<_> =
            report.remediations.iter().flat_map(|it| it.fixes.iter().map(|fix| fix.id.clone())).collect();
        assert_eq!(ids, fixed);
    }

    #[test]
    fn a_version_that_is_not_told_is_no_other_version() {
        let (one, mut other) = (report(&[(1, 1, false)], 1, false), report(&[], 1, false));
        other.scan.scanner.version = UNVERSIONED.into();
        for (first, second) in [(&one, &other), (&other, &one)] {
            let mut merged = Merged::new(first.clone());
            merged.add(second.clone()).expect("one kind and scanner");
            assert!(merged.conflicts.is_empty());
            assert_eq!(merged.into_report().scan.scanner.version, "1");
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
