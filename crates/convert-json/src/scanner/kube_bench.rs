//! kube-bench, `--json`: checks of the CIS Kubernetes Benchmark.

use crate::layout::Layout;
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity, SourceLocation};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of kube-bench.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeBench;

/// The converter.
pub static CONVERTER: KubeBench = KubeBench;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "kube-bench",
    name: "kube-bench",
    summary: "JSON reports of kube-bench",
    versions: "0.2 and later",
    kinds: &[Kind::Sast],
    url: "https://github.com/aquasecurity/kube-bench",
};

impl Converter for KubeBench {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_controls =
            head.path_has(&["Controls", "node_type"]) || (head.has("Controls") && head.has("Totals"));
        let of_tests = head.has("node_type") && head.path_has(&["tests", "section"]);
        if of_controls || of_tests { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the checks.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["Controls"], &["node_type"])?
            .known("controls of kube-bench", "write the report with kube-bench run --json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map_group(reader, &(), map_controls))
    }
}

/// `check.Controls`: the checks of one kind of node.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Controls<'a> {
    #[serde(borrow)]
    version: Option<Loose<'a>>,
    detected_version: Option<Loose<'a>>,
    node_type: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tests: Vec<Group<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow)]
    desc: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    results: Vec<Check<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow)]
    test_number: Option<Loose<'a>>,
    test_desc: Option<Loose<'a>>,
    audit: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    scored: Option<bool>,
    remediation: Option<Loose<'a>>,
    actual_value: Option<Loose<'a>>,
    expected_result: Option<Loose<'a>>,
    reason: Option<Loose<'a>>,
}

fn map_controls<'a>(controls: &'a Controls<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let checks =
        controls.tests.iter().flat_map(|group| group.results.iter().map(move |check| (group, check)));
    checks.map(|(group, check)| map_check(check, group, controls)).collect()
}

/// A check of a node as it runs. GitLab has no report for these: in SAST, with the kind of node as path,
/// people can still see and triage them.
fn map_check<'a>(check: &'a Check<'_>, group: &'a Group<'_>, controls: &'a Controls<'_>) -> Outcome<'a> {
    let number = filled(&check.test_number).unwrap_or_default();
    let status = filled(&check.status).unwrap_or_default();
    let severity = match (status, check.scored) {
        ("FAIL", Some(false)) => Severity::Low,
        ("FAIL", _) => Severity::Medium,
        // What people have to look at themselves.
        ("WARN", _) => Severity::Info,
        _ => return Outcome::skip(SkipReason::NotAFinding, format!("status: {status}"), number),
    };
    if number.is_empty() {
        return Outcome::skip(SkipReason::Unsupported, "a check without a number", "");
    }
    // Another version of the benchmark numbers its checks anew.
    let benchmark = filled(&controls.version).unwrap_or("cis");
    let mut issue = Issue::new("kube_bench_check_id", format!("{benchmark} {number}"));
    issue.title = filled(&check.test_desc).map(Cow::Borrowed);
    issue.message = filled(&check.reason).map(Cow::Borrowed);
    issue.solution = filled(&check.remediation).map(Cow::Borrowed);
    issue.rating = Some(severity);
    issue.severity = Some(status.into());
    let node = filled(&controls.node_type).unwrap_or("node");
    let Some(mut finding) = issue.into_finding(Location::Sast(SourceLocation::file(node))) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without a number", "");
    };
    let details = &mut finding.vulnerability.details;
    for (key, name, text) in [
        ("node_type", "Kind of node", &controls.node_type),
        ("section", "Section", &group.desc),
        ("actual_value", "Found", &check.actual_value),
        ("expected_result", "Expected", &check.expected_result),
        ("audit", "Command", &check.audit),
        ("kubernetes_version", "Version of Kubernetes", &controls.detected_version),
    ] {
        details.text(key, name, filled(text).unwrap_or_default());
    }
    Outcome::finding(finding)
}
