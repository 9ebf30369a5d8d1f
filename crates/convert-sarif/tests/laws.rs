//! Laws that hold for any document: no panic, and records = findings + skipped.

#![recursion_limit = "256"]

use proptest::prelude::*;
use scanlift_convert_api::{Collector, Converter, Options};
use scanlift_convert_sarif::CONVERTER;
use serde_json::{Value, json};

/// A log that has a little of everything.
fn log() -> Value {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {"name": "ACME", "version": "1", "rules": [
                    {"id": "A", "shortDescription": {"text": "a"}, "helpUri": "https://a.example",
                     "messageStrings": {"m": {"text": "x {0}"}},
                     "properties": {"tags": ["CWE-79", "OWASP-A03:2021"], "security-severity": "7.5"},
                     "relationships": [{"target": {"id": "89", "toolComponent": {"name": "CWE"}}}]}
                ]},
                "extensions": [{"name": "E", "rules": [{"id": "B", "guid": "g"}]}]
            },
            "taxonomies": [{"name": "CWE", "taxa": [{"id": "22"}]}],
            "artifacts": [{"location": {"uri": "a.c", "uriBaseId": "SRCROOT"}}],
            "originalUriBaseIds": {"SRCROOT": {"uri": "file:///r/", "uriBaseId": "SRCROOT"}},
            "invocations": [{"startTimeUtc": "2026-01-01T00:00:00Z", "executionSuccessful": false,
                "toolExecutionNotifications": [{"level": "error", "message": {"text": "n"}}],
                "ruleConfigurationOverrides": [{"descriptor": {"id": "A"}, "configuration": {"level": "note"}}]}],
            "logicalLocations": [{"name": "f", "kind": "function"}],
            "threadFlowLocations": [{"location": {"physicalLocation": {"artifactLocation": {"uri": "t.c"}, "region": {"startLine": 1}}}}],
            "versionControlProvenance": [{"revisionId": "abc", "mappedTo": {"uriBaseId": "SRCROOT"}}],
            "properties": {"imageName": "i"},
            "results": [
                {"ruleId": "A", "ruleIndex": 0, "level": "error", "rank": 50.0,
                 "message": {"id": "m", "arguments": ["[l](1)"]},
                 "locations": [{"id": 1, "physicalLocation": {"artifactLocation": {"index": 0},
                    "region": {"startLine": 3, "startColumn": 1, "endColumn": 4, "snippet": {"text": "s"}}},
                    "logicalLocations": [{"index": 0}]}],
                 "relatedLocations": [{"id": 1, "message": {"text": "r"}}],
                 "codeFlows": [{"threadFlows": [{"locations": [{"index": 0}, {"location": {"physicalLocation": {
                    "artifactLocation": {"uri": "b.c"}, "region": {"startLine": 9}}}}]}]}],
                 "stacks": [{"frames": [{"module": "m", "location": {"logicalLocations": [{"fullyQualifiedName": "f"}]}}]}],
                 "fingerprints": {"a/v1": "0123456789abcdef"}, "partialFingerprints": {"b": {"value": "1"}},
                 "fixes": [{"description": {"text": "d"}, "artifactChanges": [{"artifactLocation": {"uri": "a.c"},
                    "replacements": [{"deletedRegion": {"startLine": 1}, "insertedContent": {"text": "n"}}]}]}],
                 "taxa": [{"index": 0, "toolComponent": {"index": 0}}],
                 "suppressions": [], "properties": {"tags": ["x"], "cwe": 79, "severity": "HIGH"}},
                {"rule": {"guid": "g", "toolComponent": {"index": 0}}, "kind": "review",
                 "webRequest": {"method": "GET", "target": "https://a.example/x?y", "headers": {"h": "v"}, "parameters": {"p": "1"}},
                 "webResponse": {"statusCode": 200, "reasonPhrase": "OK", "body": {"text": "b"}}},
                {"ruleId": "CVE-2021-44228", "properties": {"packageName": "p", "packageVersion": "1"}},
                {"kind": "pass"},
                {"suppressions": [{"kind": "external", "justification": "j"}]}
            ]
        }],
        "inlineExternalProperties": [{"runGuid": "r", "results": [{"ruleId": "A"}]}]
    })
}

/// Paths to every value of a document.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    all.push(at.clone());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(u64::MAX)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("\u{0}")),
        Just(json!("../../é%")),
        Just(json!([])),
        Just(json!([null, 1, "x", [], {}])),
        Just(json!({})),
        Just(json!({"text": 5, "uri": [], "id": {}})),
    ]
}

/// What becomes of a document: refused, or accounted for.
fn account(document: &[u8]) -> Result<(), TestCaseError> {
    let mut sink = Collector::default();
    // A refusal is fine; what was told before it must add up all the same.
    let _ = CONVERTER.convert(&document, &Options::default(), &mut sink);
    prop_assert_eq!(sink.records as usize, sink.findings.len() + sink.skipped.len());
    for finding in &sink.findings {
        let identifiers = finding["identifiers"].as_array().map_or(0, Vec::len);
        prop_assert!(identifiers > 0, "{finding}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_value_may_stand_anywhere(
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 1..4),
    ) {
        let mut log = log();
        for (index, odd) in changes {
            let mut all = Vec::new();
            pointers(&log, String::new(), &mut all);
            if let Some(place) = log.pointer_mut(&all[index.index(all.len())]) {
                *place = odd;
            }
        }
        account(log.to_string().as_bytes())?;
    }

    #[test]
    fn any_bytes_may_be_changed(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut bytes = log().to_string().into_bytes();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        account(&bytes)?;
    }
}

#[test]
fn the_log_itself_is_read_whole() {
    let mut sink = Collector::default();
    let log = log().to_string();
    assert!(CONVERTER.convert(&log.as_str(), &Options::default(), &mut sink).is_ok());
    assert_eq!((sink.records, sink.findings.len()), (6, 4));
    assert!(sink.warnings.is_empty(), "{:?}", sink.warnings);
}

#[test]
fn a_run_that_is_no_object_is_passed_over() {
    let mut sink = Collector::default();
    let log = r#"{"version": "2.1.0", "runs": [null, 7, {"results": [{"ruleId": "A"}]}]}"#;
    assert!(CONVERTER.convert(&log, &Options::default(), &mut sink).is_ok());
    assert_eq!((sink.records, sink.findings.len(), sink.warnings.len(), sink.scanners.len()), (1, 1, 1, 1));
}

#[test]
fn a_list_of_one_may_be_the_one() {
    let result =
        r#"{"ruleId": "A", "locations": {"physicalLocation": {"artifactLocation": {"uri": "a.c"}}}}"#;
    for (results, want) in
        [(format!("[{result}]"), (1, 0)), (result.to_owned(), (1, 0)), ("7".into(), (0, 1))]
    {
        let run = format!(
            r#"{{"tool": {{"driver": {{"name": "ACME"}}}}, "artifacts": {{"location": {{"uri": "a.c"}}}},
                "results": {results}}}"#
        );
        for runs in [format!("[{run}]"), run] {
            let mut sink = Collector::default();
            let log = format!(r#"{{"version": "2.1.0", "runs": {runs}}}"#);
            assert!(CONVERTER.convert(&log.as_str(), &Options::default(), &mut sink).is_ok());
            assert_eq!((sink.findings.len(), sink.warnings.len()), want, "{log}");
        }
    }
}

#[test]
fn a_message_may_be_a_plain_string() {
    let mut sink = Collector::default();
    let log = r#"{"version": "2.1.0", "runs": [{"results": [{"ruleId": "A", "message": "Do not."}]}]}"#;
    assert!(CONVERTER.convert(&log, &Options::default(), &mut sink).is_ok());
    assert_eq!(sink.findings[0]["description"], "Do not.");
    assert!(sink.warnings.is_empty(), "{:?}", sink.warnings);
}
