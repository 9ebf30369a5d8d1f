//! Every rule, broken once; and a report that breaks none.

use super::*;
use crate::{Options, Verdict, judge_and_lint};
use data_encoding::BASE64;
use serde_json::json;
use std::collections::BTreeSet;

const PATCH: &str = "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n";

/// A repository of one file.
struct OneFile;

impl Tree for OneFile {
    fn lines(&self, file: &str) -> Option<u64> {
        (file == "a.c").then_some(10)
    }
}

fn report(kind: &str, location: &Value) -> Value {
    let tool = json!({"id": "acme", "name": "ACME", "version": "1", "vendor": {"name": "ACME"}});
    let mut report = json!({
        "version": "15.2.1",
        "scan": {"type": kind, "status": "success", "analyzer": tool, "scanner": tool,
            "start_time": "2025-01-31T12:00:00", "end_time": "2025-01-31T12:00:01"},
        "vulnerabilities": [{"id": "1", "name": "n", "description": "d", "severity": "High",
            "identifiers": [{"type": "acme", "name": "A1", "value": "A1"}], "location": location}],
        "remediations": [{"fixes": [{"id": "1"}], "summary": "s", "diff": BASE64.encode(PATCH.as_bytes())}],
    });
    if kind == "dast" {
        report["scan"]["scanned_resources"] = json!([]);
    }
    report
}

fn sast() -> Value {
    report("sast", &json!({"file": "a.c", "start_line": 1, "end_line": 2}))
}

fn dependency() -> Value {
    let dependency = json!({"package": {"name": "p"}, "version": "1.2.3"});
    report("dependency_scanning", &json!({"file": "a.c", "dependency": dependency}))
}

fn container() -> Value {
    let dependency = json!({"package": {"name": "p"}, "version": "1.2.3"});
    let location = json!({"image": "app:latest", "operating_system": "debian:12", "dependency": dependency});
    report("container_scanning", &location)
}

fn secret() -> Value {
    let commit = json!({"sha": "0123456789abcdef0123456789abcdef01234567"});
    report("secret_detection", &json!({"file": "a.c", "start_line": 1, "end_line": 1, "commit": commit}))
}

fn dast() -> Value {
    report("dast", &json!({"path": "/a", "method": "GET", "hostname": "h"}))
}

fn lint_of(report: &Value, key: Option<Kind>) -> Verdict {
    let mut options = Options::new(1);
    options.kind = key;
    let around = Surroundings {
        now: Some("2025-02-01T00:00:00"),
        tree: Some(&OneFile),
        has_secret: Some(&|text| text.contains("hunter2")),
    };
    judge_and_lint(&report.to_string().as_str(), &options, around, &mut |_, _| {}).expect("a readable input")
}

/// A report, a place in it and a value there, or with `+` a second finding, that breaks the rule.
fn cases() -> Vec<(&'static str, Value, &'static str, Value)> {
    let v = "/vulnerabilities/0";
    let at = |rest: &str| -> &'static str { Box::leak(format!("{v}{rest}").into_boxed_str()) };
    let id = |kind: &str, value: &str| json!([{"type": kind, "name": "n", "value": value}]);
    let ids = |first: &str, second: &str| json!([{"type": "acme", "name": "n", "value": first}, {"type": "acme", "name": "n", "value": second}]);
    let signature = |algorithm: &str, value: &str| json!({"type": "source", "items": [{"signatures": [{"algorithm": algorithm, "value": value}]}]});
    let other = |identifiers: Value| json!({"+": {"id": "2", "identifiers": identifiers}});
    vec![
        ("version-unknown", sast(), "/version", json!("15.2.9")),
        ("version-unchecked", sast(), "/version", json!("15.2")),
        ("time-order", sast(), "/scan/end_time", json!("2025-01-31T11:00:00")),
        ("time-future", sast(), "/scan/end_time", json!("2025-02-01T00:00:01")),
        ("time-unset", sast(), "/scan/start_time", json!("1970-01-01T00:00:00")),
        ("scan-failed", sast(), "/scan/status", json!("failure")),
        ("scanner-collision", sast(), "/scan/scanner/id", json!("semgrep")),
        ("scanner-placeholder", sast(), "/scan/scanner/version", json!("unknown")),
        ("nul-character", sast(), at("/name"), json!("a\0b")),
        ("nul-character", sast(), "/scan/scanner/name", json!("a\0b")),
        ("nul-character", sast(), "/remediations/0/summary", json!("a\0b")),
        ("primary-identifier-unlisted", sast(), "/scan/primary_identifiers", id("acme", "A2")),
        (
            "id-repeated",
            sast(),
            at(""),
            json!({"+": {"location": {"file": "a.c", "start_line": 9, "end_line": 9}}}),
        ),
        ("id-random", sast(), at("/id"), json!("9b0e3a6d-17f2-4845-8f4b-6c1e52a75d1c")),
        ("name-missing", sast(), at("/name"), json!(null)),
        ("severity-missing", sast(), at("/severity"), json!(null)),
        ("description-long", sast(), at("/description"), json!("x".repeat(15_001))),
        ("description-missing", sast(), at("/description"), json!(null)),
        ("text-blank", sast(), at("/solution"), json!(" ")),
        ("text-placeholder", sast(), at("/solution"), json!("Further info can be found None")),
        (
            "flag-description-long",
            sast(),
            at("/flags"),
            json!([{"type": "flagged-as-likely-false-positive",
            "origin": "o", "description": "x".repeat(1_001)}]),
        ),
        (
            "link-long",
            sast(),
            at("/links"),
            json!([{"url": format!("https://a.example/{}", "x".repeat(2_048))}]),
        ),
        (
            "link-name-long",
            sast(),
            at("/links"),
            json!([{"url": "https://a.example/", "name": "x".repeat(256)}]),
        ),
        (
            "link-repeated",
            sast(),
            at("/links"),
            json!([{"url": "https://a.example/"}, {"url": "https://a.example/"}]),
        ),
        ("cvss-4-vector", sast(), at("/cvss_vectors"), json!([{"vendor": "v", "vector": "CVSS:4.0/AV:N"}])),
        (
            "identifiers-many",
            sast(),
            at("/identifiers"),
            (0..21).map(|n| json!({"type": "acme", "name": "n", "value": format!("A{n}")})).collect(),
        ),
        ("identifier-category-first", sast(), at("/identifiers"), id("cwe", "79")),
        ("identifier-volatile", sast(), at("/identifiers"), id("acme", "A1#L1")),
        ("identifier-repeated", sast(), at("/identifiers"), ids("A1", "A1")),
        ("identifier-type", dependency(), at("/identifiers"), id("cve", "GHSA-1")),
        ("identifier-type", dependency(), at("/identifiers"), id("ghsa", "GHSA")),
        ("identifier-spelling", dependency(), at("/identifiers"), id("CVE", "CVE-2020-1234")),
        ("primary-identifier-repeated", sast(), at(""), other(id("acme", "A1"))),
        ("finding-folded", sast(), at(""), other(ids("A2", "A1"))),
        (
            "tracking-shared",
            broken(sast(), at("/tracking"), signature("hash", "h")),
            at(""),
            json!({"+": {"id": "3", "location": {"file": "a.c", "start_line": 9, "end_line": 9}}}),
        ),
        ("kind-mismatch", sast(), at("/identifiers"), id("cve", "CVE-2020-1234")),
        ("secret-in-text", sast(), at("/description"), json!("the password is hunter2")),
        ("secret-in-text", secret(), at("/raw_source_code_extract"), json!("p = 'swordfish'")),
        ("location-empty", dast(), at("/location"), json!({"hostname": "h"})),
        ("file-missing", sast(), at("/location/file"), json!("")),
        ("path-absolute", sast(), at("/location/file"), json!("/builds/a.c")),
        ("path-absolute", sast(), at("/location/file"), json!("C:\\a.c")),
        ("path-escapes", sast(), at("/location/file"), json!("src/../../a.c")),
        ("path-dot-slash", sast(), at("/location/file"), json!("./a.c")),
        ("path-backslash", sast(), at("/location/file"), json!("src\\a.c")),
        ("path-url", sast(), at("/location/file"), json!("file:///a.c")),
        ("path-url", sast(), at("/location/file"), json!("FILE:/a.c")),
        (
            "path-absolute",
            sast(),
            at("/details"),
            json!({"f": {"name": "n", "type": "file-location",
            "file_name": "/a.c", "line_start": 1}}),
        ),
        ("file-not-found", sast(), at("/location/file"), json!("b.c")),
        ("line-not-found", sast(), at("/location/end_line"), json!(11)),
        ("line-below-one", sast(), at("/location/start_line"), json!(0)),
        ("line-order", sast(), at("/location/start_line"), json!(3)),
        ("line-fraction", sast(), at("/location/end_line"), json!(2.0)),
        ("line-missing", sast(), at("/location"), json!({"file": "a.c"})),
        ("image-unknown", container(), at("/location/image"), json!("Unknown")),
        ("image-without-tag", container(), at("/location/image"), json!("alpine")),
        ("image-registry-port", container(), at("/location/image"), json!("localhost:5000/app")),
        ("operating-system-unknown", container(), at("/location/operating_system"), json!("Unknown")),
        ("package-missing", dependency(), at("/location/dependency/package/name"), json!("")),
        ("package-version-missing", dependency(), at("/location/dependency/version"), json!("")),
        ("package-version-range", dependency(), at("/location/dependency/version"), json!(">=1.2 <2")),
        ("package-version-range", dependency(), at("/location/dependency/version"), json!("1.0,<2.0")),
        ("package-version-range", dependency(), at("/location/dependency/version"), json!("1.0 - 2.0")),
        ("package-version-range", dependency(), at("/location/dependency/version"), json!("1.x")),
        ("package-version-range", dependency(), at("/location/dependency/version"), json!("1.2.*")),
        ("commit-placeholder", secret(), at("/location/commit/sha"), json!("0000000")),
        ("tracking-equal", sast(), at("/tracking"), signature("hash", "h")),
        ("tracking-placeholder", sast(), at("/tracking"), signature("hash", "requires login")),
        ("tracking-algorithm", sast(), at("/tracking"), signature("md5", "h")),
        ("remediation-encoding", sast(), "/remediations/0/diff", json!(PATCH)),
        ("remediation-patch", sast(), "/remediations/0/diff", json!(BASE64.encode(b"set x to 1"))),
        (
            "remediation-path",
            sast(),
            "/remediations/0/diff",
            json!(BASE64.encode(PATCH.replace("a.c", "../a").as_bytes())),
        ),
        (
            "remediation-path",
            sast(),
            "/remediations/0/diff",
            json!(BASE64.encode(b"diff --git a/x b/x\nrename from x\nrename to ../../etc/passwd\n")),
        ),
        ("remediation-unmatched", sast(), "/remediations/0/fixes/0/id", json!("2")),
        (
            "remediation-repeated",
            sast(),
            "/remediations",
            json!([sast()["remediations"][0].clone(), sast()["remediations"][0].clone()]),
        ),
        ("remediation-summary-long", sast(), "/remediations/0/summary", json!("x".repeat(201))),
    ]
}

fn broken(mut report: Value, pointer: &str, value: Value) -> Value {
    if let Some(change) = value.get("+") {
        let mut second = report["vulnerabilities"][0].clone();
        for (key, value) in change.as_object().expect("an object") {
            second[key] = value.clone();
        }
        report["vulnerabilities"].as_array_mut().expect("a list").push(second);
        return report;
    }
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = report.pointer_mut(parent).expect("a place");
    match parent {
        Value::Object(map) if value.is_null() => drop(map.remove(key)),
        parent => parent[key] = value,
    }
    if pointer.ends_with("/tracking") {
        let mut second = report["vulnerabilities"][0].clone();
        second["id"] = json!("2");
        second["location"]["start_line"] = json!(2);
        second["identifiers"][0]["value"] = json!("A2");
        report["vulnerabilities"].as_array_mut().expect("a list").push(second);
    }
    report
}

#[test]
fn good_reports_break_no_rule() {
    for report in [sast(), dependency(), container(), secret(), dast()] {
        let verdict = lint_of(&report, None);
        assert!(verdict.is_accepted(), "{:?}", verdict.errors);
        assert!(verdict.lint.rules.is_empty(), "{:?}", verdict.lint);
    }
}

#[test]
fn every_rule_is_broken_by_its_case() {
    let mut covered = BTreeSet::from(["artifact-size", "artifact-key"]);
    for (id, report, pointer, value) in cases() {
        let verdict = lint_of(&broken(report, pointer, value.clone()), None);
        let broken: Vec<_> = verdict.lint.rules.keys().map(|rule| rule.id).collect();
        assert!(broken.contains(&id), "{id} at {pointer} = {value}: {broken:?}");
        covered.insert(id);
    }
    let verdict = lint_of(&sast(), Some(Kind::Dast));
    assert!(verdict.lint.rules.contains_key(&rule::ARTIFACT_KEY));
    covered.extend([
        "report-empty",
        "report-unreadable",
        "report-kind",
        "version-unsupported",
        "schema",
        "sarif-refused",
    ]);
    let all: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(all.difference(&covered).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// Values that look like a broken rule and are good.
#[test]
fn what_only_looks_broken_is_not_told() {
    let v = "/vulnerabilities/0";
    let version = format!("{v}/location/dependency/version");
    let id = |value: &str| json!([{"type": "acme", "name": "n", "value": value}]);
    for (report, file, pointer, value) in [
        (dependency(), "a.c", &version, json!("1.0.0 - beta")),
        (dependency(), "a.c", &version, json!("1.0~rc1")),
        (dependency(), "a.c", &version, json!("2.x-dev")),
        (sast(), ".env", &format!("{v}/identifiers"), id("generic.environment-key")),
        (sast(), "src/app.py", &format!("{v}/identifiers"), id("flask.app.python.debug")),
        (sast(), "javascript.js", &format!("{v}/identifiers"), id("javascript.jsonwebtoken.hardcoded")),
        (sast(), "a.c", &format!("{v}/identifiers"), id("checks:1")),
    ] {
        let mut report = broken(report, pointer, value.clone());
        report["vulnerabilities"][0]["location"]["file"] = json!(file);
        let verdict = lint_of(&report, None);
        let told: Vec<_> = verdict.lint.rules.keys().map(|rule| rule.id).collect();
        assert!(told.iter().all(|id| id.starts_with("file-")), "{value}: {told:?}");
    }
}

/// Findings of a report: first identifier, line, algorithm and value of the signature.
fn findings(all: &[(&str, u64, &str, &str)]) -> Value {
    let mut report = sast();
    let one = report["vulnerabilities"][0].clone();
    let finding = |(at, (rule, line, algorithm, value)): (usize, &(&str, u64, &str, &str))| {
        let mut finding = one.clone();
        finding["id"] = json!(if at == 0 { "1".to_owned() } else { format!("other-{at}") });
        finding["identifiers"] = json!([{"type": "acme", "name": "n", "value": rule}]);
        finding["location"] = json!({"file": "a.c", "start_line": line, "end_line": line});
        finding["tracking"] = json!({"type": "source", "items": [
            {"signatures": [{"algorithm": algorithm, "value": value}]}]});
        finding
    };
    report["vulnerabilities"] = all.iter().enumerate().map(finding).collect();
    report
}

#[test]
fn a_line_shows_in_every_first_identifier() {
    for (first, second, want) in
        [(("A:1", 1), ("A:2", 2), 2), (("A:1", 1), ("A:2", 3), 0), (("A:7", 1), ("A:2", 2), 0)]
    {
        let report = findings(&[(first.0, first.1, "hash", "a"), (second.0, second.1, "hash", "b")]);
        let told = lint_of(&report, None).lint.rules.get(&rule::IDENTIFIER_VOLATILE).map(|tally| tally.count);
        assert_eq!(told.unwrap_or_default(), want, "{first:?} {second:?}");
    }
}

#[test]
fn signatures_are_equal_where_places_are_not() {
    for (all, want) in [
        ([("A", 1, "hash", "s"), ("B", 2, "hash", "s")], true),
        ([("A", 1, "hash", "s"), ("B", 1, "hash", "s")], false),
        ([("A", 1, "md5", "s"), ("B", 2, "md5", "s")], false),
        ([("A", 1, "hash", "s"), ("B", 2, "hash", "t")], false),
    ] {
        let told = lint_of(&findings(&all), None).lint.rules.contains_key(&rule::TRACKING_EQUAL);
        assert_eq!(told, want, "{all:?}");
    }
}

#[test]
fn a_large_report_is_told() {
    for (size, want) in [(ARTIFACT_LIMIT, 0), (ARTIFACT_LIMIT + 1, 1)] {
        let mut linter = Linter::new(Kind::Sast, Surroundings::default(), 1);
        linter.finish(size);
        assert_eq!(linter.lint.count(Level::Warning), want);
    }
}

#[test]
fn what_changes_with_the_code_is_found_in_an_identifier() {
    let location = json!({"file": "src/a.c", "start_line": 12, "dependency": {"version": "1.2.3"}});
    for (value, want) in [
        ("python.lang.security.audit.exec-detected", None),
        ("js/sql-injection", None),
        ("CVE-2020-1234", None),
        ("rule:src/a.c", Some("path")),
        ("/builds/group/x", Some("path")),
        ("rule:12", None),
        ("rule#L12", Some("line")),
        ("flask.a.cc", None),
        ("left-pad@1.2.3", Some("version")),
        ("left-pad@1.2.30", None),
        ("d41d8cd98f00b204e9800998ecf8427e", Some("hash")),
        ("487f4be7-3d9f-4506-a07a-eae252180c08", None),
    ] {
        let identifiers = json!([{"type": "acme", "name": "n", "value": value}]);
        let mut report = dependency();
        report["vulnerabilities"][0]["location"] = location.clone();
        report["vulnerabilities"][0]["location"]["dependency"]["package"] = json!({"name": "p"});
        report["vulnerabilities"][0]["identifiers"] = identifiers;
        let verdict = lint_of(&report, None);
        let told =
            verdict.lint.rules.get(&rule::IDENTIFIER_VOLATILE).map(|tally| tally.first[0].message.clone());
        assert_eq!(told, want.map(|want| format!("{value:?} has a {want}")), "{value}");
    }
}
