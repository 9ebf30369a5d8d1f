//! What is mended is a report that GitLab takes.

use super::*;
use crate::{Options, judge};
use serde_json::json;

fn broken() -> Value {
    let tool = json!({"id": "s", "name": "S", "version": "1", "url": "", "vendor": {"name": "V"}});
    json!({
        "version": "15.2.77", "schema": null, "remediations": [
            {"fixes": [{"id": "1"}], "summary": "s".repeat(201), "diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"}],
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
            "id 3",
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
