//! The rules of GitLab's SARIF ingestion, one by one.

use super::*;
use crate::{Error, Fate, Options};
use scanlift_report_core::{Kind, Severity};
use serde_json::{Value, json};

fn log(rules: &Value, results: &Value) -> Value {
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME Scan", "rules": rules}},
        "results": results}]})
}

fn result(rule: &str, line: u64) -> Value {
    json!({"ruleId": rule, "message": {"text": "m"}, "locations": [{"physicalLocation": {
        "artifactLocation": {"uri": "app/models/user.rb"}, "region": {"startLine": line, "endLine": line}}}]})
}

fn judged(log: &Value) -> (Verdict, Vec<Taken>) {
    let mut all = Vec::new();
    let text = log.to_string();
    let verdict =
        judge(&text.as_str(), &Options::new(1), &mut |taken| all.push(taken.clone())).expect("readable");
    (verdict, all)
}

#[test]
fn results_become_findings() {
    let rules = json!([
        {"id": "A", "shortDescription": {"text": "short"}, "properties": {"security-severity": "3.99",
            "tags": ["a", "b", "CWE-798", "d", "e", "f", "g", "h", "i", "j", "cve-2021-44228"]}},
        {"id": "B", "defaultConfiguration": {"level": "note"}, "relationships": [
            {"target": {"id": "89", "toolComponent": {"name": "CWE"}}}]},
    ]);
    let mut bare = result("CVE-2021-44228", 3);
    bare["locations"][0]["physicalLocation"].as_object_mut().expect("an object").remove("region");
    let (verdict, all) = judged(&log(&rules, &json!([result("A", 42), result("B", 1), bare])));
    assert!(verdict.is_accepted(), "{:?}", verdict.errors);
    let told: Vec<_> = all
        .iter()
        .map(|it| {
            let identifiers: Vec<_> =
                it.finding.identifiers.iter().map(|it| format!("{}:{}", it.kind, it.value)).collect();
            (
                it.kind,
                it.finding.severity,
                it.finding.name.as_str(),
                it.finding.place.as_str(),
                identifiers.join(" "),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                Kind::SecretDetection,
                Severity::Critical,
                "short",
                "app/models/user.rb:42:42",
                "acme-scan:A cwe:798".to_owned()
            ),
            (Kind::Sast, Severity::Low, "m", "app/models/user.rb:1:1", "acme-scan:B cwe:89".to_owned()),
            (
                Kind::DependencyScanning,
                Severity::Medium,
                "m",
                "app/models/user.rb::",
                "acme-scan:CVE-2021-44228 cve:2021-44228".to_owned()
            ),
        ]
    );
    let losses: Vec<_> = verdict.losses.iter().map(|(loss, tally)| (loss.code(), tally.count)).collect();
    assert_eq!(losses, [("tags-beyond-10", 1), ("severity-gap", 1), ("rule-unknown", 1)]);
}

#[test]
fn severities_have_an_order() {
    let rules = json!([{"id": "A", "properties": {"security-severity": 7.5}, "defaultConfiguration": {"level": "none"}}]);
    for (own, want) in [
        (json!({"rank": 12.0, "level": "error"}), Severity::Low),
        (json!({"rank": -1.0, "level": "note"}), Severity::High),
        (json!({"properties": {"security-severity": "9.9"}}), Severity::High),
    ] {
        let mut one = result("A", 1);
        one.as_object_mut().expect("an object").extend(own.as_object().expect("an object").clone());
        assert_eq!(judged(&log(&rules, &json!([one]))).1[0].finding.severity, want);
    }
    for (level, want) in [("error", Severity::High), ("none", Severity::Info)] {
        let mut one = result("X", 1);
        one["level"] = json!(level);
        assert_eq!(judged(&log(&json!([]), &json!([one]))).1[0].finding.severity, want);
    }
}

#[test]
fn what_is_over_a_limit_is_skipped_and_half_of_it_costs_the_log() {
    let long = |most: usize| "x".repeat(most + 1);
    let rules = json!([
        {"id": "name", "name": long(limits::RULE_NAME)},
        {"id": "short", "shortDescription": {"text": long(limits::TEXT)}},
        {"id": "full", "fullDescription": {"text": long(limits::TEXT)}},
        {"id": "help", "helpUri": long(limits::HELP_URI)},
        {"id": "edge", "shortDescription": {"text": "ä".repeat(limits::TEXT)}},
    ]);
    let mut message = result("edge", 9);
    message["message"]["text"] = json!(long(limits::TEXT));
    let mut homeless = result("edge", 9);
    homeless["locations"] = json!([{"message": {"text": "somewhere"}}]);
    let mut nameless = result("edge", 9);
    nameless.as_object_mut().expect("an object").remove("ruleId");
    let bad = [
        result("name", 1),
        result("short", 1),
        result("full", 1),
        result("help", 1),
        message,
        homeless,
        nameless,
    ];
    let mut all: Vec<_> = bad.to_vec();
    all.extend((1..=7).map(|line| result("edge", line)));
    let (verdict, taken) = judged(&log(&rules, &json!(all)));
    assert!(verdict.is_accepted(), "{:?}", verdict.errors);
    assert_eq!((verdict.taken, verdict.skipped, taken.len()), (7, 7, 7));
    let skips: Vec<_> = verdict.skips.iter().map(|(skip, tally)| (skip.code(), tally.count)).collect();
    assert_eq!(
        skips,
        [
            ("no-rule-id", 1),
            ("no-physical-location", 1),
            ("rule-name-long", 1),
            ("message-long", 1),
            ("short-description-long", 1),
            ("full-description-long", 1),
            ("help-uri-long", 1)
        ]
    );
    assert_eq!(verdict.warnings, ["7 of 14 results are skipped"]);
    all.pop();
    let (verdict, _) = judged(&log(&rules, &json!(all)));
    assert_eq!(verdict.errors[0].to_string(), "7 of 13 results are skipped, which is more than 50 percent");
}

#[test]
fn suppressed_results_are_ignored_unless_that_is_open() {
    let suppressed = |status: Option<&str>| {
        let mut one = result("A", 1);
        one["suppressions"] = json!([{"kind": "inSource"}]);
        if let Some(status) = status {
            one["suppressions"][0]["status"] = json!(status);
        }
        one
    };
    let results = [None, Some("accepted"), Some("underReview"), Some("rejected")].map(suppressed);
    let (verdict, _) = judged(&log(&json!([]), &json!(results)));
    assert_eq!((verdict.suppressed, verdict.taken, verdict.folded_count), (2, 2, 1));
}

#[test]
fn what_is_the_same_is_one() {
    let (verdict, all) = judged(&log(&json!([]), &json!([result("A", 1), result("A", 1), result("A", 2)])));
    assert_eq!((verdict.taken, verdict.folded_count, verdict.ingested()), (3, 1, 2));
    assert_eq!(verdict.kinds.values().sum::<u64>(), 2);
    assert_eq!(verdict.severities.values().sum::<u64>(), 2);
    assert!(matches!(all[1].fate, Fate::Duplicate(_)));
    assert_eq!(verdict.folded[0].duplicate_of, Some(0));
}

#[test]
fn what_breaks_the_standard_costs_the_log() {
    let good = log(&json!([{"id": "A"}]), &json!([result("A", 1)]));
    let break_at = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("a place") = value;
        judged(&bad).0
    };
    for (pointer, value, want) in [
        ("/version", json!("2.0.0"), "version \"2.0.0\" of SARIF is not supported; supported is 2.1.0"),
        ("/runs/0/tool/driver", json!({}), "/runs/0/tool/driver: the field `name` is missing"),
        ("/runs/0/tool/driver/rules/0", json!({}), "/runs/0/tool/driver/rules/0: the field `id` is missing"),
        ("/runs/0/results/0/message", json!({}), "/runs/0/results/0/message: the field `text` is missing"),
        (
            "/runs/0/results/0/locations/0/physicalLocation/region/startLine",
            json!(0),
            "/runs/0/results/0/locations/0/physicalLocation: expected 1 or more, found 0",
        ),
        ("/runs/0/results", json!(null), "/runs/0/results: expected a list, found null"),
    ] {
        let verdict = break_at(pointer, value);
        assert_eq!(verdict.errors.first().map(ToString::to_string).as_deref(), Some(want));
    }
    let mut odd = good.clone();
    odd["runs"][0]["results"][0]["extra"] = json!(1);
    assert_eq!(judged(&odd).0.errors[0].to_string(), "/runs/0/results/0: the field `extra` is not known");
    let runs: Vec<_> = std::iter::repeat_n(good["runs"][0].clone(), limits::RUNS + 1).collect();
    assert!(!judged(&json!({"version": "2.1.0", "runs": runs})).0.is_accepted());
    assert!(judged(&json!({"version": "2.1.0", "runs": runs[1..]})).0.is_accepted());
}

#[test]
fn what_is_behind_the_limits_is_ignored() {
    let results: Vec<_> = (1..=limits::RESULTS + 2).map(|line| result("A", line)).collect();
    let (verdict, _) = judged(&log(&json!([]), &json!(results)));
    assert_eq!((verdict.taken, verdict.beyond), (limits::RESULTS, 2));
    assert_eq!(verdict.warnings, ["run 0 has 5002 results; those behind the first 5000 are ignored"]);
    let text = "x".repeat(usize::try_from(limits::BYTES).expect("small"));
    let big = json!({"version": "2.1.0", "runs": [], "properties": {"x": text}});
    assert_eq!(judged(&big).0.errors[0].to_string(), "the log has 10.1 MB, and 10 MB are allowed");
    for error in [&judged(&big).0.errors[0], &Error::Log(Refusal::Version("2.0.0".to_owned()))] {
        assert_eq!(error.rule().id, "sarif-refused", "{error}");
        assert!(!error.remedy().contains("15.2.1") && !error.remedy().contains("JSON"), "{error}");
    }
}

#[test]
fn logs_are_told_from_reports() {
    assert!(is_log(br#"{"$schema": "https://a.example/sarif-2.1.0.json", "version": "2.1.0""#));
    assert!(is_log(br#"{"version": "2.1.0", "runs": ["#));
    assert!(!is_log(br#"{"version": "15.2.1", "vulnerabilities": [], "runs": 1}"#));
}
