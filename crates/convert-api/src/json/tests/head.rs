use proptest::prelude::*;

use super::{any_bytes, config};
use crate::json::{Head, Kind};

const SARIF: &str = r#" {
  "$schema": "https:\/\/example.com",
  "runs": [ 3, { "results": [{"k": "}"}], "tool": {"driver": {"name": "CodeQL", "rules": []}} } ],
  "count": 3, "version": "2.1.0" }"#;

#[test]
fn a_whole_document_is_outlined() {
    let head = Head::of(SARIF.as_bytes());
    assert_eq!(head.kind(), Some(Kind::Object));
    assert_eq!(head.keys().collect::<Vec<_>>(), ["$schema", "runs", "count", "version"]);
    assert!(head.has("runs") && !head.has("tool"));
    assert_eq!(head.text("$schema"), Some("https://example.com"));
    assert_eq!(head.text("version"), Some("2.1.0"));
    assert_eq!(head.text("count"), None);
    assert!(head.path_has(&["runs", "tool"]) && head.path_has(&["runs", "results", "k"]));
    assert!(!head.path_has(&["runs", "driver"]) && !head.path_has(&["version", "x"]) && !head.path_has(&[]));
    assert_eq!(head.path_text(&["runs", "tool", "driver", "name"]).as_deref(), Some("CodeQL"));
}

#[test]
fn a_truncated_document_is_outlined_as_far_as_it_goes() {
    let upto = |text: &str| &SARIF[..SARIF.find(text).unwrap() + text.len()];
    assert_eq!(Head::of(upto("exam").as_bytes()).text("$schema"), None);
    assert!(Head::of(upto("exam").as_bytes()).has("$schema"));
    assert!(!Head::of(upto("\"run").as_bytes()).has("run"));
    assert!(Head::of(upto("\"runs\"").as_bytes()).has("runs"));
    let head = Head::of(upto("CodeQL\"").as_bytes());
    assert_eq!(head.path_text(&["runs", "tool", "driver", "name"]).as_deref(), Some("CodeQL"));
    let head = Head::of(upto("Code").as_bytes());
    assert_eq!(head.path_text(&["runs", "tool", "driver", "name"]), None);
    assert!(head.path_has(&["runs", "tool", "driver", "name"]));
    for end in 0..SARIF.len() {
        let head = Head::of(&SARIF.as_bytes()[..end]);
        assert!(head.keys().count() <= 4);
    }
}

#[test]
fn other_documents_are_outlined() {
    let head = Head::of(br#"[{"a": 1}, {"b": {"c": "x"}}]"#);
    assert_eq!(head.kind(), Some(Kind::Array));
    assert_eq!(head.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(head.path_has(&["b", "c"]));
    // Pages of an API in a list; what stands behind it is not of it.
    let head = Head::of(br#"[[{"a": 1}, 2], [[{"b": 1}]], []] [{"c": 1}]"#);
    assert_eq!(head.keys().collect::<Vec<_>>(), ["a", "b"]);
    // Of JSON lines, the first is looked at.
    assert_eq!(Head::of(b"{\"a\": 1}\n{\"b\": 2}").keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(Head::of(b"<xml/>").kind(), None);
    assert_eq!(Head::of(b"").kind(), None);
    assert_eq!(Head::of(b"\"{\"").keys().count(), 0);
    assert!(!Head::of(&vec![b'['; 100_000]).path_has(&["a"; 9]));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn takes_any_bytes(bytes in any_bytes()) {
        let head = Head::of(&bytes);
        let _ = (head.text("a"), head.path_text(&["a", "a"]));
    }
}
