//! What is mended is a report that GitLab takes.

use super::*;
use crate::schema::tests::{Numbers, full, mutate};
use crate::{Options, Surroundings, judge, judge_and_lint, sarif};
use scanlift_report_core::SchemaVersion;
use serde_json::json;

fn broken() -> Value {
    let tool = json!({"id": "s", "name": "S", "version": "1", "url": "", "vendor": {"name": "V"}});
    json!({
        "version": "15.2.77", "schema": null, "remediations": [
            {"fixes": [{"id": "1"}, {"id": 4}], "summary": "s".repeat(201), "diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"}],
        "scan": {"type": "sast", "status": "success", "analyzer": tool, "scanner": tool, "messages": null,
            "start_time": "2025-01-31T14:00:00.5+02:00", "end_time": "2025-01-31 12:00:01",
            "options": [{"name": "o", "value": null}]},
        "vulnerabilities": [
            {"id": "1", "name": "n\u{0}", "severity": "HIGH", "description": null, "solution": "x".repeat(7_001),
                "identifiers": [{"type": "a", "name": "", "value": "b", "url": "not available"},
                    {"type": "c", "name": "", "value": ""}],
                "links": [{"name": "none", "url": null}, {"url": "https://a.example/"}],
                "cvss_vectors": [{"vendor": "v",
                    "vector": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}],
                "location": {"file": "./a.c", "start_line": 3.0, "end_line": 4}},
            {"identifiers": [{"type": "a", "name": "b", "value": "b"}], "location": {"file": "b.c"}},
            {"identifiers": [{"type": "a", "name": "b", "value": "b"}], "location": {"file": "b.c"}},
            {"id": 4, "identifiers": (0..25).map(|n| json!({"type": "a", "name": "b", "value": n.to_string()}))
                .collect::<Vec<_>>(), "location": {}},
        ],
    })
}

fn fixed(report: &str) -> (Fixed, String) {
    let mut out = Vec::new();
    let fixed = fix(&report, None, &mut out).expect("it can be mended");
    (fixed, String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn what_is_mended_is_taken() {
    let broken = broken().to_string();
    let options = Options::new(1);
    let before = judge(&broken.as_str(), &options, &mut |_, _| {}).expect("readable");
    assert!(before.error_count > 10, "{:?}", before.errors);
    let (told, text) = fixed(&broken);
    let after = judge(&text.as_str(), &options, &mut |_, _| {}).expect("readable");
    assert!(after.is_accepted(), "{:?}\n{text}", after.errors);
    let sorts: Vec<_> = told.counts.iter().map(|(sort, count)| format!("{sort} {count}")).collect();
    assert_eq!(
        sorts,
        [
            "cut 2",
            "cvss 1",
            "id 4",
            "identifier-empty 1",
            "identifier-name 1",
            "identifiers 1",
            "line 1",
            "link 1",
            "nul-character 1",
            "null 4",
            "path 1",
            "remediation-encoding 1",
            "severity 1",
            "time 2",
            "url 3",
            "version 1"
        ]
    );
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["version"], "15.2.1");
    assert_eq!(report["scan"]["start_time"], "2025-01-31T12:00:00");
    assert_eq!(report["scan"]["end_time"], "2025-01-31T12:00:01");
    assert_eq!(
        report["vulnerabilities"][0]["location"],
        json!({"file": "a.c", "start_line": 3, "end_line": 4})
    );
    assert_eq!(report["vulnerabilities"][0]["details"]["cvss_4"]["name"], "CVSS 4.0");
    assert_ne!(report["vulnerabilities"][1]["id"], report["vulnerabilities"][2]["id"]);
    assert_eq!(report["vulnerabilities"][3]["id"], report["remediations"][0]["fixes"][1]["id"]);
}

#[test]
fn what_needs_no_mending_stays_as_it_is() {
    let (_, once) = fixed(&broken().to_string());
    let (told, twice) = fixed(&once);
    assert_eq!((told.count, twice), (0, once));
}

#[test]
fn what_is_no_report_stays_away() {
    for text in ["", "[]", "{\"vulnerabilities\": [{}", "{} x"] {
        assert!(fix(&text, None, &mut Vec::new()).is_err(), "{text}");
    }
    let (told, text) = fixed("{\"vulnerabilities\": null}");
    assert_eq!((told.count, text.as_str()), (1, "{\n\"vulnerabilities\": []\n}\n"));
    assert_eq!(fixed("{}").1, "{}\n");
}

/// Reports of every kind and version, each changed at some places: what GitLab takes it takes after mending,
/// and nothing is mended twice.
#[test]
fn mending_does_no_harm() {
    let mut numbers = Numbers(0x5ca1_ab1e);
    let options = Options::new(1);
    let (mut better, mut taken) = (0, 0);
    for &version in SchemaVersion::ALL {
        for kind in Kind::ALL {
            let whole = full(kind, version);
            for _ in 0..50 {
                let mut report = whole.clone();
                let told: Vec<String> =
                    (0..=numbers.below(3)).map(|_| mutate(&mut report, &mut numbers)).collect();
                let text = report.to_string();
                let mut out = Vec::new();
                fix(&text.as_str(), Some(kind), &mut out).expect("it is an object");
                let mended = String::from_utf8(out).expect("UTF-8");
                let accepts = |text: &str| {
                    let mut options = options.clone();
                    options.kind = Some(kind);
                    let verdict = judge(&text, &options, &mut |_, _| {}).expect("readable");
                    // A version as 15.2 is taken unchecked; mended, the report is checked.
                    verdict.is_accepted() && verdict.schema.is_some()
                };
                let (before, after) = (accepts(&text), accepts(&mended));
                assert!(after || !before, "{version} {kind} {told:?}");
                better += usize::from(after && !before);
                taken += usize::from(after);
                let mut again = Vec::new();
                let twice = fix(&mended.as_str(), Some(kind), &mut again).expect("it is an object");
                assert_eq!((twice.count, again), (0, mended.into_bytes()), "{version} {kind} {told:?}");
            }
        }
    }
    assert!(better > 10 && taken < 1_200, "{better} better, {taken} taken");
}

/// Whatever the bytes are, nothing panics.
#[test]
fn what_is_cut_off_is_no_danger() {
    let report = broken().to_string();
    let log = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ä", "rules": [{"id": "A"}]}},
        "results": [{"ruleId": "A", "message": {"text": "m"}, "locations": [{"physicalLocation": {}}]}]}]});
    for text in [report, log.to_string()] {
        for end in (0..text.len()).step_by(7) {
            let cut = &text.as_bytes()[..end];
            let options = Options::new(1);
            judge_and_lint(&cut, &options, Surroundings::default(), &mut |_, _| {}).expect("readable");
            sarif::judge(&cut, &options, &mut |_| {}).expect("readable");
            assert!(fix(&cut, None, &mut Vec::new()).is_err());
            crate::locate(&cut, &["/vulnerabilities/0/severity", "/runs/0"]).expect("readable");
        }
    }
}
