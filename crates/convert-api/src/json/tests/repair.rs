use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::{any_bytes, config};
use crate::Warning;
use crate::json::{Reader, Repair, Text};

#[derive(Debug, Deserialize)]
struct Finding<'a> {
    #[serde(borrow)]
    rule: Option<Text<'a>>,
    #[serde(default)]
    places: Vec<Place<'a>>,
}

#[derive(Debug, Deserialize)]
struct Place<'a> {
    #[serde(borrow, alias = "url")]
    uri: Text<'a>,
    line: Option<u32>,
}

/// What is left of a finding, and what is told of the rest.
fn mend(text: &[u8]) -> Result<(String, Vec<String>), String> {
    let mut repair = Repair::default();
    let (finding, told) = repair.parse::<Finding<'_>>(text).map_err(|error| error.to_string())?;
    let places = finding.places.iter().map(|place| format!(" {}:{:?}", &*place.uri, place.line));
    let left = format!("{:?}{}", finding.rule.as_deref(), places.collect::<String>());
    let told = told.iter().map(|warning| match warning {
        Warning::FieldDropped { path, problem } => format!("{path}: {problem}"),
        Warning::NotStrict { what, path } => format!("{path}: not strict: {what}"),
        other => panic!("{other}"),
    });
    Ok((left, told.collect()))
}

#[test]
fn a_broken_value_loses_no_more_than_the_broken_field() {
    let table: &[(&[u8], &str, &[&str])] = &[
        (br#"{"rule": "r", "other": {"x": 1}}"#, r#"Some("r")"#, &[]),
        (br#"{"rule": null}"#, "None", &[]),
        (br#"{"rule": "a", "rule": "b"}"#, r#"Some("b")"#, &[]),
        (br#"{"rule": 7}"#, "None", &["rule: invalid type: integer `7`, expected a string"]),
        (br#"{"rule": "\ud83d\ude00\udc00\ud800x"}"#, "Some(\"😀\u{fffd}\u{fffd}x\")", &[]),
        (br#"{"rule": "\ud800\ud83d\ude00"}"#, "Some(\"\u{fffd}😀\")", &[]),
        (br#"{"rule": "a\u0000b"}"#, r#"Some("ab")"#, &[]),
        (
            b"{\"rule\": \"a\xffb\"}",
            "Some(\"a\u{fffd}b\")",
            &["rule: not strict: bytes that are no UTF-8 were replaced"],
        ),
        // The first of each kind is told.
        (
            b"{\"x\": [1, \"a\n\"], \"rule\": \"a\nb\tc\0\"}",
            r#"Some("a\nb\tc")"#,
            &["x[1]: not strict: a string holds a raw control character"],
        ),
        (
            br#"{"rule": "C:\Users\u12"}"#,
            r#"Some("C:\\Users\\u12")"#,
            &["rule: not strict: a backslash in a string escapes nothing"],
        ),
        (
            br#"{"rule": "r", "x": {"z": NaN}, "y": [-Infinity, "NaN"]}"#,
            r#"Some("r")"#,
            &["x.z: not strict: a value that JSON does not know, as NaN, was read as null"],
        ),
        (br#"{"rule": 1e400}"#, "None", &["rule: number out of range"]),
        (
            b"{\"rule\": \"r,]\", \"x\": [1, {\"y\": 2 ,\n}, ], }",
            r#"Some("r,]")"#,
            &["x[1]: not strict: a comma stands behind the last member"],
        ),
        (
            br#"{"places": [{"uri": "a", "line": -1}]}"#,
            "None a:None",
            &["places[0].line: invalid value: integer `-1`, expected u32"],
        ),
        (
            br#"{"places": [{}, {"uri": "b"}, {"line": 2}, 4, {"uri": "c", "line": "x"}]}"#,
            "None b:None c:None",
            &[
                "places[0]: missing field `uri`",
                "places[2]: missing field `uri`",
                "places[3]: invalid type: integer `4`, expected struct Place",
                "places[4].line: invalid type: string \"x\", expected u32",
            ],
        ),
        // A scanner may write an old name of a field beside the new one.
        (
            br#"{"places": [{"uri": "a", "url" : "b", "line": 1}]}"#,
            "None a:Some(1)",
            &["places[0].url: duplicate field `uri`"],
        ),
        (br#"{"places": 3}"#, "None", &["places: invalid type: integer `3`, expected a sequence"]),
        // Null says nothing.
        (br#"{"places": null}"#, "None", &[]),
        (
            br#"{"places": [null, {"uri": "a", "line": "x"}, {"uri": null}]}"#,
            "None a:None",
            &["places[1].line: invalid type: string \"x\", expected u32", "places[2]: missing field `uri`"],
        ),
    ];
    for (text, left, dropped) in table {
        let (found, told) = mend(text).unwrap();
        let text = String::from_utf8_lossy(text);
        assert_eq!(found, *left, "{text}");
        assert_eq!(told, *dropped, "{text}");
    }
}

#[test]
fn what_is_beyond_repair_is_an_error() {
    let many = format!(r#"{{"places": [{}]}}"#, vec!["1"; 40].join(", "));
    let table = [
        ("7", "invalid type: integer `7`, expected struct Finding (byte 0)"),
        (r#"{"rule" 7}"#, "expected `:` at rule (byte 8)"),
        (many.as_str(), "invalid type: integer `1`, expected struct Place at places[0] (byte 12)"),
    ];
    for (text, expected) in table {
        assert_eq!(mend(text.as_bytes()).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn a_repair_serves_many_values_from_a_reader() {
    let text = br#"[{"rule": "a"}, {"rule": 1}, {"rule": "b"}, [], {"rule": "\ud800"}]"#;
    let mut reader = Reader::new(&text[..]);
    let mut repair = Repair::default();
    let mut seen = Vec::new();
    reader
        .each_item(|_, reader| {
            match reader.parse_lenient::<Finding<'_>>(&mut repair) {
                Ok((finding, told)) => seen.push(format!("{:?} {}", finding.rule.as_deref(), told.len())),
                Err(error) => seen.push(error.to_string()),
            }
            Ok::<_, crate::json::Error>(())
        })
        .unwrap();
    // serde reads a struct from a sequence, too.
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[..3], [r#"Some("a") 0"#, "None 1", r#"Some("b") 0"#]);
    assert_eq!(seen[4], "Some(\"\u{fffd}\") 0");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_mended_or_refused(bytes in any_bytes()) {
        let _ = mend(&bytes);
        let mut text = b"{\"rule\": \"".to_vec();
        text.extend(bytes.iter().filter(|byte| **byte != b'"'));
        text.extend(b" \"}");
        prop_assert!(mend(&text).is_ok());
        let _ = Repair::default().parse::<Value>(&bytes);
    }
}
