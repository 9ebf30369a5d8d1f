//! Reports of one kind folded into one: the shards of a parallel pipeline.
//!
//! The result is the same in whatever order and grouping the reports are merged, and merging a report
//! with itself changes nothing. What is kept is always the greatest of equals, everything is sorted, and
//! what a finding loses so that GitLab does not merge it with another one (`fold`) is kept beside it, for
//! whoever merges the result with more.

use crate::{
    fold::{Change, Folded, Judge, Keys, Verdict, instance, keys_of},
    identity::{drop_from_details, keep_in_details},
};
use scanlift_report_core::{
    Extra, Fix, Identifier, Identifiers, Remediation, Report, Scan, ScanStatus, SchemaVersion, Tool,
    Tracking, Vulnerability,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};
use std::iter::repeat_n;

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
    /// The same finding with another content that no list of folded instances shows; the greater text is
    /// kept.
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
    /// The findings by the ids of their content.
    findings: BTreeMap<String, Told>,
    /// The patches by their texts, each with the ids of what it mends.
    patches: BTreeMap<String, (Remediation<'static>, BTreeSet<String>)>,
    /// Whether findings say who found them, so that scanners may differ.
    of_any_scanner: bool,
}

/// A finding, and how else it was told.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    finding: Vulnerability<'static>,
    /// The text that stands for it.
    text: String,
    /// What is folded into it, sorted.
    folded: Folded,
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
            restore(&mut finding);
            let id = finding.content_id();
            if let Some(old) = finding.id.replace(id.clone().into()) {
                ids.insert(old.into_owned(), id.clone());
            }
            if self.of_any_scanner && scanner.id != Tool::MERGED && finding.details.get("scanner").is_none() {
                finding.details.text("scanner", "Scanner", scanner.name.clone());
            }
            let told = Told::new(finding);
            match self.findings.entry(id) {
                Entry::Vacant(room) => {
                    room.insert(told);
                }
                Entry::Occupied(mut known) => {
                    self.repeated += 1;
                    self.conflicts.extend(known.get_mut().join(told));
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
        report.vulnerabilities = findings.into_values().map(Told::into_finding).collect();
        // They come in the order of their ids, which stays among equals.
        report.vulnerabilities.sort_by_key(|finding| Reverse(finding.severity));
        keep_apart(&mut report.vulnerabilities);
        let patches = patches.into_values().map(|(mut patch, mended)| {
            patch.fixes = mended.into_iter().map(Fix::new).collect();
            patch
        });
        report.remediations = patches.collect();
        report
    }
}

impl Told {
    fn new(mut finding: Vulnerability<'static>) -> Self {
        let mut folded = Folded::take(&mut finding.details);
        folded.instances.sort_unstable();
        finding.details.sort();
        Self { text: text_of(&finding), finding, folded }
    }

    /// Takes over what another report tells of the finding: where it differs, the greater text is kept and
    /// lists the other one.
    fn join(&mut self, mut other: Self) -> Option<Conflict> {
        if self.text == other.text {
            self.folded = union_of(&self.folded, &other.folded);
            return None;
        }
        let (one, two) = (instance(&self.finding), instance(&other.finding));
        let name = || self.finding.name.as_deref().unwrap_or(&one).to_owned();
        let conflict = (one == two).then(|| Conflict::Finding { name: name() });
        self.folded.instances.push(one);
        other.folded.instances.push(two);
        self.folded = union_of(&self.folded, &other.folded);
        if other.text > self.text {
            (self.text, self.finding) = (other.text, other.finding);
        }
        let own = instance(&self.finding);
        if let Some(at) = self.folded.instances.iter().position(|known| *known == own) {
            self.folded.instances.remove(at);
        }
        conflict
    }

    fn into_finding(self) -> Vulnerability<'static> {
        let Self { mut finding, folded, .. } = self;
        if folded != Folded::default() {
            folded.describe(&mut finding);
        }
        finding
    }
}

/// What two lists tell together: each instance as often as the list does that has more of it.
fn union_of(one: &Folded, other: &Folded) -> Folded {
    let mut all: BTreeMap<&String, usize> = BTreeMap::new();
    for list in [one, other] {
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        list.instances.iter().for_each(|instance| *counts.entry(instance).or_default() += 1);
        for (instance, count) in counts {
            let most = all.entry(instance).or_default();
            *most = count.max(*most);
        }
    }
    let instances = all.into_iter().flat_map(|(instance, count)| repeat_n(instance.clone(), count));
    Folded { instances: instances.collect(), more: one.more.max(other.more) }
}

/// Takes off the findings of a report what GitLab would merge different ones by, as a conversion does. What
/// it merges then, it merges by right: two of one advisory at one place.
fn keep_apart(findings: &mut [Vulnerability<'static>]) {
    let mut judge = Judge::default();
    let (mut room, mut places, mut identifiers) = (String::new(), Vec::new(), Vec::new());
    for finding in findings {
        places.clear();
        identifiers.clear();
        keys_of(finding, &mut room, &mut places, &mut identifiers);
        let verdict = judge.judge(Keys { places: &places, identifiers: &identifiers });
        if let Verdict::Change(change) = verdict {
            take_off(finding, &change);
        }
        finding.details.sort();
    }
}

/// The field that keeps what a finding lost so that GitLab does not merge it with an earlier one.
const BEFORE: &str = "before_merge";

/// What a finding had before it lost some of it.
#[derive(Default, Serialize, Deserialize)]
struct Before {
    /// All identifiers, if some of them were moved to its details.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<Identifier<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking: Option<Tracking<'static>>,
}

fn take_off(finding: &mut Vulnerability<'static>, change: &Change) {
    let mut before = Before::default();
    if change.signature {
        before.tracking = finding.tracking.take();
    }
    let all: Vec<_> = finding.identifiers.iter().cloned().collect();
    let (moved, left): (Vec<_>, Vec<_>) =
        all.iter().cloned().enumerate().partition(|(at, _)| change.identifiers.contains(at));
    if let Some(left) = Identifiers::from_vec(without_places(left)).filter(|_| !moved.is_empty()) {
        finding.identifiers = left;
        keep_in_details(&mut finding.details, without_places(moved));
        before.identifiers = all;
    }
    let mut fields = finding.extra.get().cloned().unwrap_or_default();
    fields.extend(serde_json::to_value(&before).ok().map(|before| (BEFORE.to_owned(), before)));
    finding.extra = Extra::new(fields);
}

fn without_places<T>(list: Vec<(usize, T)>) -> Vec<T> {
    list.into_iter().map(|(_, entry)| entry).collect()
}

/// Gives a finding back what [`take_off`] took.
fn restore(finding: &mut Vulnerability<'static>) {
    let Some(fields) = finding.extra.get().filter(|fields| fields.contains_key(BEFORE)) else { return };
    let mut fields = fields.clone();
    let before = fields.remove(BEFORE).map(serde_json::from_value::<Before>);
    finding.extra = Extra::new(fields);
    let Some(Ok(Before { identifiers, tracking })) = before else { return };
    if tracking.is_some() {
        finding.tracking = tracking;
    }
    let moved = identifiers.len().saturating_sub(finding.identifiers.len());
    let is_its = identifiers.first().is_some_and(|first| first.is_same(finding.identifiers.primary()));
    if let Some(identifiers) = Identifiers::from_vec(identifiers).filter(|_| is_its) {
        finding.identifiers = identifiers;
        drop_from_details(&mut finding.details, moved);
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

    /// What a finding may have besides rule and file.
    const HIGH: u8 = 1;
    const OWASP: u8 = 1 << 1;
    const TAG: u8 = 1 << 2;
    const GROUP: u8 = 1 << 3;
    /// A signature that all findings of a rule have.
    const TRACKED: u8 = 1 << 4;
    const DESCRIBED: u8 = 1 << 5;
    const FOLDED: u8 = 1 << 6;
    const FURTHER: u8 = 1 << 7;

    /// A report of some findings, told by rule, file and what else they have.
    fn report(findings: &[(u8, u8, u8)], version: u8, fails: bool) -> Report {
        let all: Vec<_> = findings
            .iter()
            .enumerate()
            .map(|(index, (rule, file, has))| {
                let has = |part: u8| has & part != 0;
                let mut identifiers = vec![json!({"type": "r", "name": "n", "value": rule.to_string()})];
                for (part, kind) in [(TAG, "tag"), (OWASP, "owasp"), (GROUP, "group")] {
                    identifiers.extend(has(part).then(|| json!({"type": kind, "name": kind, "value": "x"})));
                }
                let list = |items: &[&str]| {
                    let items: Vec<_> =
                        items.iter().map(|item| json!({"type": "text", "value": item})).collect();
                    json!({"name": "n", "type": "list", "items": items})
                };
                let mut details = json!({"zone": {"name": "Zone", "type": "text", "value": "z"}});
                if has(FOLDED) {
                    details["folded_instances"] = list(&["b", "a", "b", "and 3 more"]);
                }
                if has(FURTHER) {
                    details["further_identifiers"] = list(&["moved before"]);
                }
                let mut finding = json!({"id": index.to_string(), "name": format!("rule {rule}"),
                    "severity": if has(HIGH) { "High" } else { "Low" },
                    "identifiers": identifiers, "details": details,
                    "location": {"file": format!("{file}.c"), "start_line": 1, "end_line": 1}});
                if has(DESCRIBED) {
                    finding["description"] = json!("seen elsewhere");
                }
                if has(TRACKED) {
                    finding["tracking"] = json!({"type": "source", "items": [
                        {"signatures": [{"algorithm": "hash", "value": "s"}]}]});
                }
                finding
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
        let finding = (0_u8..4, 0_u8..2, any::<u8>());
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
            prop_assert_eq!(merge(&[&left, &a]), left.clone());
            prop_assert_eq!(written(&again(&left)), written(&left));
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
            prop_assert_eq!(merge_any(&[&left, &a]), left.clone());
            prop_assert_eq!(written(&merge_any(&[&again(&merge_any(&[&a, &b])), &c])), written(&left));
        }

        /// Whatever different findings have in common, GitLab keeps them all.
        #[test]
        fn what_is_merged_shares_nothing(a in any_report(), b in any_report(), c in any_report()) {
            let report = merge(&[&a, &b, &c]);
            let (mut room, mut seen): (String, BTreeSet<u64>) = Default::default();
            for finding in &report.vulnerabilities {
                let (mut places, mut identifiers) = (Vec::new(), Vec::new());
                keys_of(finding, &mut room, &mut places, &mut identifiers);
                for place in places {
                    for identifier in &identifiers {
                        prop_assert!(seen.insert(identifier.at(place)));
                    }
                }
            }
        }
    }

    /// The text of its file.
    fn written(report: &Report) -> String {
        serde_json::to_string_pretty(report).expect("a report is JSON")
    }

    /// The report as it is read from its file.
    fn again(report: &Report) -> Report {
        Report::from_slice(written(report).as_bytes()).expect("it is one")
    }

    #[test]
    fn a_class_that_is_shared_moves_to_the_details_of_the_later_finding() {
        let first = report(&[(1, 1, HIGH | OWASP)], 1, false);
        let second = report(&[(2, 1, OWASP), (2, 2, OWASP)], 1, false);
        let merged = merge(&[&second, &first]);
        let kinds = |finding: &Vulnerability<'_>| -> Vec<String> {
            finding.identifiers.iter().map(|identifier| identifier.kind.to_string()).collect()
        };
        let told: Vec<_> = merged
            .vulnerabilities
            .iter()
            .map(|it| (it.location.file().map(|file| file.to_string()), kinds(it)))
            .collect();
        let at = |file: &str, kinds: &[&str]| {
            (Some(file.to_owned()), kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(told[0], at("1.c", &["r", "owasp"]));
        assert!(told.contains(&at("1.c", &["r"])) && told.contains(&at("2.c", &["r", "owasp"])), "{told:?}");
        let later =
            merged.vulnerabilities.iter().find(|it| it.identifiers.len() == 1).expect("the later one");
        let shown = later.details.get("further_identifiers");
        assert_eq!(shown, Some(&Detail::List { items: vec![Detail::text("owasp")] }));
    }

    /// As the hosts of a web application, which are no part of a place in GitLab.
    #[test]
    fn what_gitlab_takes_for_the_same_is_listed() {
        let (one, two) = (report(&[(1, 1, 0)], 1, false), report(&[(1, 1, DESCRIBED)], 1, false));
        let mut merged = Merged::new(one);
        merged.add(two).expect("one kind and scanner");
        assert_eq!((merged.repeated, merged.conflicts.len()), (1, 0));
        let report = merged.into_report();
        let finding = &report.vulnerabilities[0];
        let folded =
            if finding.description.is_some() { "1.c:1 · rule 1" } else { "1.c:1 · seen elsewhere" };
        let shown = finding.details.get("folded_instances");
        assert_eq!(shown, Some(&Detail::List { items: vec![Detail::text(folded)] }));
    }

    #[test]
    fn what_no_list_can_tell_is_a_conflict() {
        let mut merged = Merged::new(report(&[(1, 1, 0)], 1, false));
        merged.add(report(&[(1, 1, HIGH)], 1, false)).expect("one kind and scanner");
        let told: Vec<_> = merged.conflicts.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["rule 1 is told in two ways; one of them is kept"]);
    }

    #[test]
    fn findings_of_several_scanners_say_whose_they_are() {
        let (a, b) = (report(&[(1, 1, HIGH)], 1, false), report(&[(2, 1, HIGH)], 1, false));
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
        let (a, b) =
            (report(&[(1, 1, HIGH), (2, 1, 0)], 1, false), report(&[(1, 1, HIGH), (3, 1, 0)], 2, true));
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
        let (one, mut other) = (report(&[(1, 1, 0)], 1, false), report(&[], 1, false));
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
