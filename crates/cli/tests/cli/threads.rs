//! `scanlift convert --threads`.

use crate::support::{CONTAINER, Place};
use serde_json::{Value, json};

const SAST: &str = "gl-sast-report.json";

/// A result: now and then one that is folded, one that shares a category or a fingerprint with
/// another, one that is suppressed, one with a field that cannot be read, and one that is none.
fn result(at: usize) -> Value {
    let line = if at.is_multiple_of(10) { 7 } else { at };
    let mut result = json!({
        "ruleId": format!("rule-{}", at % 3),
        "message": {"text": format!("number {at} says \"no\" {}", "and so on ".repeat(at % 9))},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": format!("src/{}.c", at % 5)},
            "region": {"startLine": line, "snippet": {"text": "int x;\n"}},
        }}],
        "partialFingerprints": {"hash/v1": format!("0123456789abcdef{}", at / 2)},
        "properties": {"tags": ["OWASP-A03:2021 - Injection", format!("tag {at}")]},
    });
    match at % 11 {
        3 => {
            result["suppressions"] = json!([{"kind": "inSource", "justification": format!("why {}", at % 4)}])
        }
        5 => result["level"] = json!([]),
        7 => result["message"]["text"] = json!("long ".repeat(4000)),
        9 => result = json!("no result"),
        _ => {}
    }
    result
}

fn sarif() -> String {
    let rules: Vec<_> = (0..3)
        .map(|at| json!({"id": format!("rule-{at}"), "properties": {"tags": ["external/cwe/cwe-089"]}}))
        .collect();
    let results: Vec<_> = (0..2500).map(result).collect();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME", "rules": rules}}, "results": results}]})
        .to_string()
}

fn trivy() -> String {
    let vulnerability = |at: usize| {
        json!({
            "VulnerabilityID": format!("CVE-2024-{}", 1000 + at % 1500),
            "PkgName": format!("package{}", at % 7),
            "InstalledVersion": "1.0",
            "FixedVersion": format!("1.{}", at % 3),
            "Severity": "HIGH",
            "Description": "It overflows. ".repeat(20),
        })
    };
    let vulnerabilities: Vec<_> = (0..2000).map(vulnerability).collect();
    json!({
        "SchemaVersion": 2, "ArtifactName": "app:1", "ArtifactType": "container_image",
        "Results": [{"Target": "app:1 (debian 12)", "Class": "os-pkgs", "Vulnerabilities": vulnerabilities}],
    })
    .to_string()
}

#[test]
fn the_reports_are_the_same_on_any_number_of_threads() {
    let place = Place::with(&[("a.sarif", &sarif()), ("t.json", &trivy())]);
    let mut first = None;
    for threads in ["1", "2", "5"] {
        let said = place.run(&["convert", "a.sarif", "t.json", "--threads", threads, "--receipt", "r.json"]);
        said.succeeds();
        let files = [SAST, CONTAINER, "r.json"].map(|file| place.read(file));
        let files = (files, said.err);
        assert!(*first.get_or_insert_with(|| files.clone()) == files, "{threads} threads");
    }
    let (receipt, report) = (place.json("r.json"), place.json(SAST));
    let skipped = receipt["inputs"][0]["skipped"].to_string();
    for reason in ["duplicate", "suppressed", "unsupported"] {
        assert!(skipped.contains(reason), "{skipped}");
    }
    let details = |key: &str| {
        let findings = report["vulnerabilities"].as_array().unwrap();
        findings.iter().filter(|finding| !finding["details"][key].is_null()).count()
    };
    assert!(details("folded_instances") > 0 && details("further_identifiers") > 0);
}

#[test]
fn a_broken_record_is_the_same_error_on_any_number_of_threads() {
    let mut broken = sarif();
    let at = broken.find("number 2001 says").unwrap();
    broken.replace_range(at - 1..at, "\u{1}");
    broken.truncate(broken.len() - 100);
    let place = Place::with(&[("a.sarif", &broken)]);
    let alone = place.run(&["convert", "a.sarif", "--threads", "1"]);
    alone.fails(3, &["a.sarif"]);
    let three = place.run(&["convert", "a.sarif", "--threads", "3"]);
    assert_eq!(three.err, alone.err);
    place.run(&["convert", "a.sarif", "--threads", "99"]).fails(2, &["--threads"]);
}

#[test]
fn what_is_not_strict_is_told_once_on_any_number_of_threads() {
    let place = Place::with(&[("a.sarif", &sarif().replace(" says ", "\tsays "))]);
    let mut first = None;
    for threads in ["1", "2", "5"] {
        place.run(&["convert", "a.sarif", "--threads", threads, "--receipt", "r.json"]).succeeds();
        let receipt = place.read("r.json");
        assert_eq!(receipt.matches("not strict JSON").count(), 1, "{receipt}");
        assert!(receipt.contains("first at runs[0].results[0].message.text"), "{receipt}");
        assert!(*first.get_or_insert_with(|| receipt.clone()) == receipt, "{threads} threads");
    }
}
