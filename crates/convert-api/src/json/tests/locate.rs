use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::config;
use crate::json::error::{Step, push_path};
use crate::json::locate::path_of;
use crate::json::objects::Objects;
use crate::json::repair::read;
use crate::json::{Loose, Text, TextOr, list, number};

/// The kinds of fields that models have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    loose: Option<Loose<'a>>,
    count: Option<u32>,
    share: f64,
    is_set: bool,
    #[serde(deserialize_with = "number")]
    line: Option<u64>,
    unit: (),
    either: Option<TextOr<'a, Part>>,
    looses: Vec<Loose<'a>>,
    #[serde(deserialize_with = "list")]
    parts: Vec<Part>,
    part: Option<Part>,
    by_name: BTreeMap<String, Part>,
    inner: Option<Box<Model<'a>>>,
    level: Level,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "na\"me")]
    _name: String,
    #[serde(default)]
    _sizes: Vec<u8>,
    #[serde(default)]
    _more: Option<Box<Part>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Low,
    High,
}

fn shown(steps: &[Step]) -> String {
    let mut path = String::new();
    push_path(&mut path, steps);
    path
}

/// The path of the error, if `text` is none of `T`.
fn located<'a, T: Deserialize<'a>>(text: &'a str) -> Option<String> {
    read::<T>(text).err().map(|error| shown(&path_of(text, &error)))
}

/// As the deserializer tells it that keeps account of the path.
fn tracked<'a, T: Deserialize<'a>>(text: &'a str) -> Option<String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let error = serde_path_to_error::deserialize::<_, T>(Objects(&mut json)).err()?;
    let steps: Vec<Step> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index as u64)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    Some(shown(&steps))
}

#[test]
fn what_does_not_fit_is_found() {
    for (json, path) in [
        (r#"{"count": "x"}"#, "count"),
        (r#"{"count": [1]}"#, "count"),
        (r#"{"loose": [1], "text": ""}"#, "loose"),
        (r#"{"loose": [[1]], "text": ""}"#, "loose"),
        (r#"{"loose": [{"a": 1}]}"#, "loose"),
        (r#"{"loose": { } }"#, "loose"),
        (r#"{"looses": ["a", {"b": 1}, "c"]}"#, "looses[1]"),
        (r#"{"looses": [[["a"]]]}"#, "looses[0]"),
        (r#"{"parts": [{"na\"me": "a"}, {}]}"#, "parts[1]"),
        (r#"{"parts": [{"na\"me": "a", "_sizes": [1, 300]}]}"#, "parts[0]._sizes[1]"),
        (r#"{"parts": {"na\"me": 7}}"#, "parts.na\"me"),
        (r#"{"part": [7, [8]], "line": 1}"#, "part"),
        (r#"{"parts": [{"na\"me": ""}, [{}]]}"#, "parts[1]"),
        (r#"{"part": [ ]}"#, "part"),
        (r#"{"by_name": {"x y": {"na\"me": "", "_more": {}}}}"#, "by_name.x y._more"),
        (r#"{"inner": {"inner": {"level": "none"}}}"#, "inner.inner.level"),
        ("{\n \"text\": \"\u{e9}\",\n\n \"share\": \"\" }", "share"),
        ("7", ""),
        (r#"{"unknown": [1, 2"#, "unknown[1]"),
        (r#"{"unknown" 7}"#, "unknown"),
    ] {
        assert_eq!(located::<Model<'_>>(json).as_deref(), Some(path), "{json}");
    }
}

#[test]
fn a_struct_is_an_object_or_the_empty_list_that_stands_for_one() {
    for (json, left) in [
        (r#"{"inner": []}"#, "Some"),
        (r#"{"inner": {}}"#, "Some"),
        (r#"{"inner": ["a"]}"#, "invalid type: sequence, expected struct Model at line 1 column 15"),
        (r#"{"part": []}"#, "missing field `na\"me` at line 1 column 11"),
    ] {
        let read = read::<Model<'_>>(json);
        let found = read.map_or_else(|error| error.to_string(), |_| "Some".to_owned());
        assert_eq!(found, left, "{json}");
    }
}

/// Values that have the keys of the models, and often what does not fit them.
fn near() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..400).prop_map(Value::from),
        Just(Value::from(1.5)),
        prop::sample::select(vec!["low", "high", "7", "a\"b"]).prop_map(Value::from),
    ];
    let keys = vec![
        "text", "loose", "count", "share", "is_set", "line", "unit", "either", "looses", "parts", "part",
        "by_name", "inner", "level", "na\"me", "_sizes", "_more", "other",
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.clone()), inner), 0..6).prop_map(|members| {
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..config() })]

    #[test]
    fn the_path_is_that_of_the_deserializer_that_keeps_account(value in near(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let (located, tracked) = (located::<Model<'_>>(&text), tracked::<Model<'_>>(&text));
        // A list where a list in it does not fit: both are seen behind the same bracket.
        let first = |path: &Option<String>| path.as_ref().map(|path| format!("{path}[0]"));
        let is_list_of_it = first(&located) == tracked || located == first(&tracked);
        prop_assert!(located == tracked || is_list_of_it, "{located:?}, not {tracked:?}: {text}");
    }
}
