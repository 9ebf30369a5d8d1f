//! The constraints give the verdict of the published schemas, where these are at hand.

use super::*;
use serde_json::{Value, json};
use std::path::PathBuf;

fn errors(version: SchemaVersion, kind: Kind, report: &Value) -> Vec<SchemaError> {
    let schema = Schema::of(version, kind);
    let mut errors = Vec::new();
    let root = Pointer::ROOT;
    let Value::Object(map) = report else { panic!("reports are objects") };
    schema.report.check(map, &root, &mut errors);
    match map.get("vulnerabilities") {
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                schema.vulnerability.check(
                    item,
                    &root.key("vulnerabilities").index(index as u64),
                    &mut errors,
                );
            }
        }
        Some(value) => {
            Errors::push(&mut errors, &root.key("vulnerabilities"), Problem::kind("a list", value))
        }
        None => {}
    }
    errors
}

/// A report with every field that the kind has.
pub(crate) fn full(kind: Kind, version: SchemaVersion) -> Value {
    let identifier = json!({"type": "t", "name": "n", "value": "v", "url": "https://a.example/"});
    let packaged = json!({"package": {"name": "p"}, "version": "1", "direct": true, "iid": 1,
        "dependency_path": [{"iid": 2}]});
    let file = json!({"type": "file-location", "file_name": "f", "line_start": 1, "line_end": 2,
        "column_start": 1, "column_end": 2});
    let named = |mut value: Value| {
        value["name"] = json!("N");
        value["description"] = json!("d");
        value
    };
    let details = json!({
        "list": named(json!({"type": "list", "items": [{"type": "text", "value": "x"}]})),
        "named": named(json!({"type": "named-list", "items": {"a": named(json!({"type": "commit", "value": "c"}))}})),
        "table": named(json!({"type": "table", "header": [{"type": "text", "value": "h"}],
            "rows": [[{"type": "value", "value": 1.5}]]})),
        "url": named(json!({"type": "url", "href": "h", "text": "t"})),
        "code": named(json!({"type": "code", "value": "c", "lang": "rust"})),
        "diff": named(json!({"type": "diff", "before": "a", "after": "b"})),
        "markdown": named(json!({"type": "markdown", "value": "m"})),
        "file": named(file.clone()),
        "module": named(json!({"type": "module-location", "module_name": "m", "offset": 1})),
        "flows": named(json!({"type": "code-flows", "items": [[
            {"type": "code-flow-node", "node_type": "source", "file_location": file}]]})),
    });
    let message = json!({"headers": [{"name": "h", "value": "v"}], "method": "GET", "url": "u", "body": "b",
        "reason_phrase": "OK", "status_code": 200});
    let lines = json!({"file": "f", "class": "c", "method": "m", "start_line": 1, "end_line": 2.0});
    let location = match kind {
        Kind::Sast => lines,
        Kind::SecretDetection => {
            let mut location = lines;
            location["commit"] = json!({"author": "a", "date": "d", "message": "m", "sha": "s"});
            location
        }
        Kind::DependencyScanning => json!({"file": "f", "dependency": packaged}),
        Kind::ContainerScanning => {
            json!({"image": "i:1", "operating_system": "o", "dependency": packaged, "default_branch_image": "d"})
        }
        Kind::ClusterImageScanning => json!({"image": "i:1", "operating_system": "o", "dependency": packaged,
            "kubernetes_resource": {"agent_id": "1", "cluster_id": "2", "container_name": "c", "kind": "k",
                "name": "n", "namespace": "s"}}),
        Kind::Dast | Kind::ApiFuzzing => json!({"hostname": "h", "method": "m", "param": "p", "path": "/"}),
        Kind::CoverageFuzzing => {
            json!({"crash_address": "a", "crash_state": "s", "crash_type": "t", "stacktrace_snippet": "x"})
        }
    };
    let mut vulnerability = json!({
        "id": "1", "name": "n", "description": "d", "severity": "High", "solution": "s",
        "identifiers": [identifier.clone()],
        "cvss_vectors": [
            {"vendor": "v", "vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P"},
            {"vendor": "v", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "links": [{"name": "n", "url": "ftp://a.example/"}],
        "details": details,
        "tracking": {"type": "source", "items": [{"file": "f", "start_line": 1, "end_line": 1,
            "signatures": [{"algorithm": "hash", "value": "v"}]}]},
        "flags": [{"type": "flagged-as-likely-false-positive", "origin": "o", "description": "d"}],
        "location": location,
        "raw_source_code_extract": "x",
    });
    let mut scan = json!({
        "type": kind.as_str(), "status": "success",
        "start_time": "2025-01-31T12:00:00", "end_time": "2025-01-31T12:00:01",
        "analyzer": {"id": "a", "name": "A", "version": "1", "vendor": {"name": "V"}, "url": "https://a.example/"},
        "scanner": {"id": "a", "name": "A", "version": "1", "vendor": {"name": "V"}, "url": "x"},
        "messages": [{"level": "info", "value": "m"}],
        "options": [{"name": "o", "source": "file", "value": null}, {"name": "o", "value": 3}],
        "primary_identifiers": [identifier],
        "observability": {"events": [{"event": "e", "property": "p", "label": "l", "value": 1.5}]},
    });
    if matches!(kind, Kind::Dast | Kind::ApiFuzzing) {
        scan["scanned_resources"] = json!([{"method": "GET", "url": "u", "type": "url"}]);
        vulnerability["evidence"] = json!({"source": {"id": "i", "name": "n", "url": "u"}, "summary": "s",
            "request": message.clone(), "response": message.clone(),
            "supporting_messages": [{"name": "n", "request": message.clone(), "response": message}]});
        vulnerability["assets"] = json!([{"type": "postman", "name": "n", "url": "u"}]);
    }
    let mut report = json!({
        "version": version.as_str(), "schema": "https://a.example/", "scan": scan,
        "vulnerabilities": [vulnerability],
        "remediations": [{"fixes": [{"id": "1"}], "summary": "s", "diff": "d"}],
    });
    if version == SchemaVersion::V15_0_7 {
        let details = report["vulnerabilities"][0]["details"].as_object_mut().expect("an object");
        details.remove("flows");
    }
    if kind == Kind::DependencyScanning {
        report["dependency_files"] =
            json!([{"path": "p", "package_manager": "m", "dependencies": [packaged]}]);
    }
    report
}

/// Numbers that are the same in every run (xorshift).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("small")
    }
}

/// Every place of a value, as a pointer.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, format!("{at}/{key}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, format!("{at}/{index}"), out));
        }
        _ => {}
    }
    if !at.is_empty() {
        out.push(at);
    }
}

pub(crate) fn mutate(report: &mut Value, numbers: &mut Numbers) -> String {
    let mut all = Vec::new();
    places(report, String::new(), &mut all);
    let place = all[numbers.below(all.len())].clone();
    let (parent, key) = place.rsplit_once('/').expect("pointers have a slash");
    match numbers.below(4) {
        0 => {
            match report.pointer_mut(parent) {
                Some(Value::Object(map)) => drop(map.remove(key)),
                Some(Value::Array(items)) => items.clear(),
                _ => {}
            }
            format!("{place} removed")
        }
        1 => {
            let count = [2, 10, 11, 30][numbers.below(4)];
            if let Some(Value::Array(items)) = report.pointer_mut(parent) {
                let item = items.first().cloned();
                items.extend(std::iter::repeat_n(item, count).flatten());
            }
            format!("{place} repeated")
        }
        _ => {
            let values = [
                json!(null),
                json!(""),
                json!("x"),
                json!("x".repeat(256)),
                json!("ü".repeat(255)),
                json!(" "),
                json!("https://"),
                json!("http://x"),
                json!("ftp://x"),
                json!("15.2"),
                json!("High"),
                json!("x".repeat(7001)),
                json!(0),
                json!(-1),
                json!(1),
                json!(1.5),
                json!(2.0),
                json!(true),
                json!([]),
                json!({}),
                json!([1]),
                json!([{}]),
                json!({"type": "text", "value": "x"}),
                json!({"a": {"name": 1}}),
                json!({"x": {"name": "", "type": "text", "value": ""}}),
                json!("2025-01-31T12:00:00Z"),
                json!("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
                json!("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/"),
                json!("AV:N/AC:L/Au:N/C:P/I:P/A:P/E:H"),
                json!("dast"),
                json!("sink"),
                json!("list"),
                json!("code-flows"),
                json!("source"),
            ];
            let value = values[numbers.below(values.len())].clone();
            let told = format!("{place} = {value}");
            if let Some(old) = report.pointer_mut(&place) {
                *old = value;
            }
            told
        }
    }
}

/// The published schemas, if they are at hand.
fn published(version: SchemaVersion, kind: Kind) -> Option<jsonschema::Validator> {
    let slug = if kind == Kind::ApiFuzzing { "dast" } else { kind.slug() };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gitlab/schemas");
    let file = folder.join(version.as_str()).join(format!("{slug}-report-format.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(file).ok()?).expect("schemas are JSON");
    Some(jsonschema::draft7::new(&schema).expect("schemas are valid"))
}

#[test]
fn full_reports_are_accepted() {
    for &version in SchemaVersion::ALL {
        for kind in Kind::ALL {
            assert_eq!(errors(version, kind, &full(kind, version)), [], "{version} {kind}");
        }
    }
}

/// 1,000 reports of every kind in every version, each changed at one to three places.
#[test]
fn verdicts_are_those_of_the_published_schemas() {
    let mut numbers = Numbers(0x5ca1_ab1e);
    let (mut cases, mut refused) = (0, 0);
    for &version in SchemaVersion::ALL {
        for kind in Kind::ALL {
            let Some(published) = published(version, kind) else { continue };
            let whole = full(kind, version);
            assert!(published.is_valid(&whole), "{version} {kind}");
            for _ in 0..1_000 {
                let mut report = whole.clone();
                let told: Vec<String> =
                    (0..=numbers.below(3)).map(|_| mutate(&mut report, &mut numbers)).collect();
                let ours = errors(version, kind, &report);
                let valid = published.is_valid(&report);
                assert_eq!(ours.is_empty(), valid, "{version} {kind} {told:?}: {ours:?}");
                cases += 1;
                refused += usize::from(!valid);
            }
        }
    }
    // Neither side may be all of one verdict.
    assert!(cases == 0 || (refused > cases / 4 && refused < cases * 9 / 10), "{refused} of {cases} refused");
}

#[test]
fn errors_say_where_and_what() {
    let mut report = full(Kind::Sast, SchemaVersion::V15_2_1);
    let finding = &mut report["vulnerabilities"][0];
    finding["severity"] = json!("high");
    finding["identifiers"][0]["url"] = json!("not available");
    finding["details"]["code"]["type"] = json!("codes");
    report["scan"]["start_time"] = json!("2025-01-31T12:00:00Z");
    let told: Vec<String> = errors(SchemaVersion::V15_2_1, Kind::Sast, &report)
        .into_iter()
        .map(|error| format!("{}: {} ({})", error.pointer, error.problem, error.problem.remedy()))
        .collect();
    assert_eq!(
        told,
        [
            "/scan/start_time: expected a time as 2025-01-31T12:00:00, without zone and fraction, found \
             \"2025-01-31T12:00:00Z\" (write UTC without zone and fraction: 2025-01-31T12:00:00)",
            "/vulnerabilities/0/severity: expected one of Info, Unknown, Low, Medium, High, Critical, found \"high\" \
             (write one of: Info, Unknown, Low, Medium, High, Critical (spelled exactly so))",
            "/vulnerabilities/0/identifiers/0/url: expected an address that begins with http://, https:// or ftp://, \
             found \"not available\" (write a whole address, or leave the field out)",
            "/vulnerabilities/0/details/code/type: expected one of named-list, list, table, text, url, code, value, \
             diff, markdown, commit, file-location, module-location, code-flows, found \"codes\" (write one of: \
             named-list, list, table, text, url, code, value, diff, markdown, commit, file-location, module-location, \
             code-flows (spelled exactly so))",
        ]
    );
}
