//! A report read and written again keeps every known field and every unknown one.

use scanlift_report_core::{Detail, Kind, Location, Report};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn tool(id: &str) -> Value {
    json!({"id": id, "name": "ACME", "version": "1", "url": "https://a.example", "vendor": {"name": "A", "new": 1}, "new": 2})
}

/// A report of that kind in which every field is used, and an unknown one stands in every object.
fn report(kind: &str, location: &Value) -> Value {
    let place = json!({"type": "file-location", "file_name": "a.c", "line_start": 1, "line_end": 2, "column_start": 3, "column_end": 4});
    json!({
        "version": "15.2.1", "schema": "https://s.example", "new": {"a": [1]},
        "scan": {
            "type": kind, "analyzer": tool("a"), "scanner": tool("s"), "status": "failure",
            "start_time": "2026-01-01T00:00:00", "end_time": "2026-01-01T00:00:01",
            "messages": [{"level": "warn", "value": "v"}],
            "options": [{"name": "n", "source": "env_variable", "value": true}, {"name": "m", "value": null}],
            "primary_identifiers": [{"type": "t", "name": "n", "value": "v", "new": 1}],
            "scanned_resources": [{"method": "GET", "url": "https://a.example", "type": "url"}],
            "observability": {"events": [{"event": "e", "value": 1.5, "more": "x"}]},
            "new": false
        },
        "vulnerabilities": [{
            "id": "i", "name": "n", "description": "d", "severity": "High", "solution": "s", "new": [null],
            "identifiers": [{"type": "cve", "name": "CVE-1", "value": "CVE-1", "url": "https://a.example", "new": {"x": 1}}],
            "cvss_vectors": [{"vendor": "NVD", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "links": [{"name": "n", "url": "https://a.example"}],
            "flags": [{"type": "flagged-as-likely-false-positive", "origin": "o", "description": "d"}],
            "tracking": {"type": "source", "items": [{"file": "a.c", "start_line": 1, "end_line": 2,
                "signatures": [{"algorithm": "hash", "value": "v"}]}]},
            "details": {
                "a": {"name": "A", "description": "D", "type": "named-list", "items": {"b": {"name": "B", "type": "text", "value": "v"}}},
                "c": {"name": "C", "type": "list", "items": [{"type": "url", "text": "t", "href": "h"}, {"type": "commit", "value": "c"}]},
                "d": {"name": "D", "type": "table", "header": [{"type": "text", "value": "h"}], "rows": [[{"type": "value", "value": 1}]]},
                "e": {"name": "E", "type": "code", "value": "x", "lang": "c"},
                "f": {"name": "F", "type": "diff", "before": "a", "after": "b"},
                "g": {"name": "G", "type": "markdown", "value": "*m*"},
                "h": {"name": "H", "type": "module-location", "module_name": "m", "offset": 1},
                "i": {"name": "I", "type": "file-location", "file_name": "a.c", "line_start": 1},
                "j": {"name": "J", "type": "value", "value": true},
                "k": {"name": "K", "type": "code-flows", "items": [[{"type": "code-flow-node", "node_type": "source", "file_location": place}]]}
            },
            "location": location, "evidence": {"summary": "s", "new": 1}, "assets": [{"type": "postman", "name": "n", "url": "u"}],
            "raw_source_code_extract": "x"
        }],
        "remediations": [{"fixes": [{"id": "i"}], "summary": "s", "diff": "ZA=="}]
    })
}

fn locations() -> Vec<(&'static str, Value)> {
    let package = json!({"package": {"name": "p", "new": 1}, "version": "1", "direct": true, "iid": 7, "dependency_path": [{"iid": 1}]});
    vec![
        ("sast", json!({"file": "a", "start_line": 1, "end_line": 2, "class": "c", "method": "m", "new": 1})),
        (
            "secret_detection",
            json!({"file": "a", "start_line": 1, "commit": {"sha": "s", "author": "a", "date": "d", "message": "m", "new": 1}}),
        ),
        ("dependency_scanning", json!({"file": "a", "dependency": package, "new": 1})),
        (
            "container_scanning",
            json!({"image": "i:1", "operating_system": "o", "default_branch_image": "d", "dependency": package}),
        ),
        (
            "container_scanning_for_registry",
            json!({"image": "i:1", "operating_system": "o", "dependency": package}),
        ),
        (
            "cluster_image_scanning",
            json!({"image": "i:1", "dependency": package, "kubernetes_resource":
            {"namespace": "n", "kind": "k", "name": "m", "container_name": "c", "agent_id": "1", "cluster_id": "2", "new": 1}}),
        ),
        ("dast", json!({"hostname": "h", "path": "/", "method": "GET", "param": "p", "new": 1})),
        ("api_fuzzing", json!({"hostname": "h", "path": "/"})),
        (
            "coverage_fuzzing",
            json!({"crash_address": "a", "crash_state": "s", "crash_type": "t", "stacktrace_snippet": "x"}),
        ),
    ]
}

#[test]
fn every_field_survives() {
    for (kind, location) in locations() {
        let report = report(kind, &location);
        let read = Report::from_slice(report.to_string().as_bytes()).expect("it reads");
        assert_eq!(Some(read.scan.kind), Kind::parse(kind));
        let written = serde_json::to_value(&read).expect("it writes");
        assert_eq!(written, report, "{kind}");
    }
}

#[test]
fn what_was_visited_is_written_once() {
    for visited in
        [json!([]), json!({}), json!([{"method": "GET", "url": "https://a.example", "type": "url"}])]
    {
        let (_, location) = locations().into_iter().find(|(kind, _)| *kind == "dast").expect("a place");
        let mut report = report("dast", &location);
        report["scan"]["scanned_resources"] = visited.clone();
        let read = Report::from_slice(report.to_string().as_bytes()).expect("it reads");
        let written = serde_json::to_string(&read).expect("JSON");
        assert_eq!(written.matches("scanned_resources").count(), 1, "{visited}");
        assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), report);
    }
}

#[test]
fn what_a_report_lacks_is_written_in_its_place() {
    let (_, location) = locations().into_iter().find(|(kind, _)| *kind == "dast").expect("a place");
    let mut report = report("dast", &location);
    report["scan"]["scanned_another"] = json!([]);
    let again = |report: &str| {
        serde_json::to_string(&Report::from_slice(report.as_bytes()).expect("it reads")).expect("JSON")
    };
    let written = again(&report.to_string());
    assert_eq!(again(&written), written);
}

#[test]
fn numbers_keep_their_last_digit() {
    let (kind, location) = &locations()[0];
    let text =
        report(kind, location).to_string().replace("1.5", "788888888888888888888888888888888888888888888");
    let again = |report: &str| {
        serde_json::to_string(&Report::from_slice(report.as_bytes()).expect("it reads")).expect("JSON")
    };
    let written = again(&text);
    assert!(written.contains("7.88888888888889e+44"), "{written}");
    assert_eq!(again(&written), written);
}

#[test]
fn what_is_known_is_typed() {
    let (kind, location) = &locations()[0];
    let read = Report::from_slice(report(kind, location).to_string().as_bytes()).expect("it reads");
    let vulnerability = &read.vulnerabilities[0];
    assert!(matches!(&vulnerability.location, Location::Sast(source) if source.start_line == Some(1)));
    assert!(matches!(vulnerability.details.get("k"), Some(Detail::CodeFlows { items }) if items.len() == 1));
    assert_eq!(vulnerability.name.as_deref(), Some("n"));
    assert!(read.extra.get().is_some_and(|extra| extra.contains_key("schema")));
}

#[test]
fn what_is_no_report_is_refused_by_place() {
    for (json, place) in [
        ("[]", "the top level"),
        ("{}", "`version`"),
        (r#"{"version": "1"}"#, "`scan`"),
        (r#"{"version": "1", "scan": {"type": "x"}}"#, "scan.type"),
    ] {
        let error = Report::from_slice(json.as_bytes()).expect_err("it is none");
        assert_eq!(error.place, place, "{json}");
    }
}

/// Real reports, where they lie beside the project.
#[test]
fn real_reports_survive() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(folders) = fs::read_dir(corpus) else { return };
    let folders =
        folders.flatten().filter(|folder| folder.file_name().to_string_lossy().starts_with("gitlab-"));
    for file in folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten()) {
        let Ok(bytes) = fs::read(file.path()) else { continue };
        // Reports of version 14 have other required fields; those that read must survive.
        let (Ok(read), Ok(json)) = (Report::from_slice(&bytes), serde_json::from_slice::<Value>(&bytes))
        else {
            continue;
        };
        let written = serde_json::to_value(&read).expect("it writes");
        let same = |key: &str| assert_eq!(written.get(key), json.get(key), "{} {key}", file.path().display());
        same("version");
        same("vulnerabilities");
    }
}

/// An empty list is kept as it was read, until there is something in it.
#[test]
fn what_was_filled_since_is_written_once() {
    let mut json = report("sast", &json!({"file": "a"}));
    let full = Report::from_slice(json.to_string().as_bytes()).expect("a report");
    json["remediations"] = json!([]);
    json["scan"]["messages"] = json!([]);
    json["vulnerabilities"][0]["flags"] = json!([]);
    json["vulnerabilities"][0]["details"] = json!({});
    let mut read = Report::from_slice(json.to_string().as_bytes()).expect("a report");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), json);
    read.remediations = full.remediations.clone();
    read.scan.messages = full.scan.messages.clone();
    read.vulnerabilities[0].flags = full.vulnerabilities[0].flags.clone();
    read.vulnerabilities[0].details = full.vulnerabilities[0].details.clone();
    let text = serde_json::to_string(&read).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Value>(&text).expect("JSON"),
        serde_json::to_value(&full).expect("JSON")
    );
    for name in ["remediations", "messages", "flags", "details"] {
        assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{text}");
    }
}
