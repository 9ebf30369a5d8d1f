use proptest::prelude::*;

use super::{any_bytes, config};
use crate::json::{Head, Kind, abridged};

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

/// Members in any order, long lists, texts and objects before what tells the format.
#[test]
fn an_abridged_document_has_every_member() {
    let long = "x".repeat(300_000);
    let list = format!(r#"[{{"id": 1, "tags": ["a"]}}{}]"#, r#", {"id": 2}"#.repeat(20_000));
    let files: Vec<_> = (0..20_000).map(|at| format!(r#""src/{at}.c": {{"lines": 1}}"#)).collect();
    let files = files.join(", ");
    for (front, path) in [
        (format!(r#""results": {list}"#), ["results", "tags"]),
        (format!(r#""text": "{long}", "results": [{{"text": "{long}", "id": 2}}]"#), ["results", "id"]),
        (format!(r#""metrics": {{{files}}}"#), ["metrics", "src/0.c"]),
        (format!(r#""a": {list}, "b": {list}, "c": {list}, "d": {{{files}}}, "e": {list}"#), ["e", "id"]),
        (format!(r#""a": {}{}, "b": {{"c": 1}}"#, "[".repeat(90), "]".repeat(90)), ["b", "c"]),
        (format!(r#""a": 1{}, "b": {{"c": 1}}"#, "0".repeat(80_000)), ["b", "c"]),
    ] {
        let document = format!(r#" {{{front}, "tool": {{"name": "acme \"2\""}}, "version": "1.0"}}"#);
        let short = abridged(document.as_bytes());
        assert!(short.len() <= 64 * 1024, "{}", short.len());
        assert!(serde_json::from_slice::<serde_json::Value>(&short).is_ok());
        let head = Head::of(&short);
        assert_eq!((head.kind(), head.text("version")), (Some(Kind::Object), Some("1.0")), "{path:?}");
        assert_eq!(head.path_text(&["tool", "name"]).as_deref(), Some("acme \"2\""));
        assert!(head.path_has(&path), "{path:?}");
        // Nothing but the reader's window is asked for: the same in any pieces.
        let pieces = super::Chunked::new(document.as_bytes(), vec![1000, 7]);
        assert_eq!(abridged(pieces), short);
        // Where it breaks off, what stands before is there.
        let cut = abridged(&document.as_bytes()[..document.len() - 20]);
        assert!(Head::of(&cut).path_has(&path), "{path:?}");
    }
    assert_eq!(abridged(&b"[1, {\"a\": null}] x"[..]), b"[1,{\"a\":null}]");
    assert!(abridged(&b"words"[..]).is_empty());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn takes_any_bytes(bytes in any_bytes()) {
        let head = Head::of(&bytes);
        let _ = (head.text("a"), head.path_text(&["a", "a"]));
        let _ = Head::of(&abridged(bytes.as_slice())).has("a");
    }
}
