//! What the merge request widget says of two reports of one kind.

use crate::finding::{Finding, Fingerprint};
use jiff::{SignedDuration, civil::DateTime};
use scanlift_report_core::Kind;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many added and how many fixed findings the widget shows.
pub const WIDGET_LIMIT: usize = 25;

/// The findings of two reports, told apart as GitLab does; each list the most severe first.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// In the head report only.
    pub added: Vec<Finding>,
    /// In the base report only.
    pub fixed: Vec<Finding>,
    /// In both, as the head report has them.
    pub common: Vec<Finding>,
    /// In the base report only, and of a kind that GitLab never calls fixed by itself: a secret that
    /// was once in the repository is leaked.
    pub gone: Vec<Finding>,
}

/// Compares what GitLab ingests of two reports.
///
/// What a branch built is the image of the default branch where the head report says so
/// (`default_branch_image`) and the base report has findings of that.
/// With `signatures` (a licensed feature) a finding that moved is known by its tracking signatures, and
/// by its place if its signatures are new; identifier and scanner must be the same.
#[must_use]
pub fn compare(kind: Kind, base: Vec<Finding>, mut head: Vec<Finding>, signatures: bool) -> Comparison {
    if signatures && head.iter().any(|finding| !finding.signatures.is_empty()) {
        follow(&mut head, &base);
    }
    let uuids = |findings: &[Finding]| findings.iter().filter_map(|it| it.uuid).collect::<HashSet<Uuid>>();
    let in_base = uuids(&base);
    for finding in &mut head {
        let on_default_branch = finding.uuid_on_default_branch.filter(|uuid| in_base.contains(uuid));
        finding.uuid = on_default_branch.or(finding.uuid);
    }
    let in_head = uuids(&head);
    let is_in = |uuids: &HashSet<Uuid>, finding: &Finding| finding.uuid.is_some_and(|it| uuids.contains(&it));
    let (common, added) = head.into_iter().partition(|finding| is_in(&in_base, finding));
    let missing: Vec<_> = base.into_iter().filter(|finding| !is_in(&in_head, finding)).collect();
    let (fixed, gone) =
        if kind == Kind::SecretDetection { (Vec::new(), missing) } else { (missing, Vec::new()) };
    let mut comparison = Comparison { added, fixed, common, gone };
    let Comparison { added, fixed, common, gone } = &mut comparison;
    [added, fixed, common, gone].into_iter().for_each(|list| sort(list));
    comparison
}

/// Whether GitLab calls a base report out of date: its scan ended more than a week ago. Both are times as
/// reports write them; what is no time is of no age.
#[must_use]
pub fn is_out_of_date(base_end: &str, now: &str) -> bool {
    match (base_end.parse::<DateTime>(), now.parse::<DateTime>()) {
        (Ok(end), Ok(now)) => now.duration_since(end) > SignedDuration::from_hours(24 * 7),
        _ => false,
    }
}

/// Sorts findings as GitLab lists them: the most severe first, then by UUID.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.uuid));
}

/// Gives findings of the head report the UUID of the one of the base report that they are.
fn follow(head: &mut [Finding], base: &[Finding]) {
    let mut by_signature: HashMap<Fingerprint, &Finding> = HashMap::new();
    let mut by_place: HashMap<Fingerprint, Vec<&Finding>> = HashMap::new();
    let mut sorted: Vec<&Finding> = base.iter().collect();
    sorted.sort_by_key(|finding| (Reverse(finding.severity), finding.uuid));
    for finding in sorted {
        for signature in &finding.signatures {
            by_signature.entry(signature.fingerprint).or_insert(finding);
        }
        let stored = finding.signatures.first().map_or(finding.location, |best| best.fingerprint);
        by_place.entry(stored).or_default().push(finding);
    }
    let mut known: HashSet<Option<Uuid>> = head.iter().map(|finding| finding.uuid).collect();
    let mut order: Vec<usize> = (0..head.len()).collect();
    order.sort_by_key(|index| (Reverse(head[*index].severity), head[*index].uuid));
    for index in order {
        let finding = &head[index];
        let signed = finding.signatures.iter().filter_map(|it| by_signature.get(&it.fingerprint));
        let placed = by_place.get(&finding.location).filter(|_| !finding.signatures.is_empty());
        let is_same = |other: &&&Finding| {
            let primary = |finding: &Finding| finding.identifiers.first().map(|it| it.fingerprint);
            primary(other) == primary(finding) && other.scanner == finding.scanner
        };
        let found = signed.chain(placed.into_iter().flatten()).find(is_same).map(|other| other.uuid);
        if let Some(uuid) = found
            && known.insert(uuid)
        {
            head[index].uuid = uuid;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, judge};
    use serde_json::json;

    /// Findings of a report: rule, line and signature.
    fn report(kind: &str, findings: &[(&str, u64, &str)]) -> Vec<Finding> {
        let findings: Vec<_> = findings
            .iter()
            .enumerate()
            .map(|(index, (rule, line, signature))| {
                json!({"id": index.to_string(), "name": rule, "severity": "High",
                    "identifiers": [{"type": "r", "name": rule, "value": rule}],
                    "location": {"file": "a.c", "start_line": line, "end_line": line, "commit": {"sha": "0"}},
                    "tracking": {"type": "source", "items": [
                        {"signatures": [{"algorithm": "hash", "value": signature}]}]}})
            })
            .collect();
        let tool = json!({"id": "s", "name": "S", "version": "1", "vendor": {"name": "V"}});
        let report = json!({"version": "15.2.1", "vulnerabilities": findings, "scan": {
            "type": kind, "status": "success", "analyzer": tool, "scanner": tool,
            "start_time": "2025-01-31T12:00:00", "end_time": "2025-01-31T12:00:00"}})
        .to_string();
        let mut all = Vec::new();
        let verdict = judge(&report.as_str(), &Options::new(1), &mut |finding, _| all.push(finding.clone()))
            .expect("a readable input");
        assert!(verdict.is_accepted(), "{:?}", verdict.errors);
        all
    }

    #[test]
    fn what_moved_is_the_same() {
        let base = report("sast", &[("a", 1, "x"), ("b", 9, "y")]);
        let head = report("sast", &[("a", 11, "x"), ("c", 9, "z")]);
        let with = compare(Kind::Sast, base, head, true);
        let names = |findings: &[Finding]| findings.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&with.added), names(&with.fixed), names(&with.common)),
            (vec!["c".to_owned()], vec!["b".to_owned()], vec!["a".to_owned()])
        );
    }

    #[test]
    fn the_image_of_a_branch_is_that_of_the_default_branch() {
        let finding = |image: &str, of_default: &str| {
            let location = json!({"image": image, "default_branch_image": of_default, "operating_system": "debian:12",
                "dependency": {"package": {"name": "bash"}, "version": "5"}});
            let value = json!({"id": "1", "name": "a", "identifiers": [{"type": "cve", "name": "n", "value": "v"}],
                "location": location});
            let project = crate::finding::Project::new(1);
            let kind = Kind::ContainerScanning;
            let context = crate::finding::Context { kind, project: &project, scanner: None, python: false };
            Finding::parse(&context, 0, &value).expect("a finding")
        };
        let base = finding("r.example/app/main:0a1b2c3d4e", "r.example/app/main:0a1b2c3d4e");
        for (default, common) in [("r.example/app/main:5f6a7b8c9d", 1), ("r.example/app/other:5f6a7b8c9d", 0)]
        {
            let head = finding("r.example/app/feature:5f6a7b8c9d", default);
            let comparison = compare(Kind::ContainerScanning, vec![base.clone()], vec![head], true);
            assert_eq!(comparison.common.len(), common, "{default}");
        }
    }

    #[test]
    fn an_old_base_is_out_of_date() {
        for (end, want) in
            [("2025-01-01T00:00:00", true), ("2025-01-01T12:00:01", false), ("yesterday", false), ("", false)]
        {
            assert_eq!(is_out_of_date(end, "2025-01-08T12:00:00"), want, "{end}");
        }
    }

    #[test]
    fn secrets_are_never_fixed() {
        let base = report("secret_detection", &[("a", 1, "x")]);
        let comparison = compare(Kind::SecretDetection, base, Vec::new(), true);
        assert_eq!((comparison.fixed.len(), comparison.gone.len()), (0, 1));
    }
}
