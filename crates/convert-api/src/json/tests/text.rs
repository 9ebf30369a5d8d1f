use std::borrow::Cow;

use serde::Deserialize;

use crate::json::{Loose, Text, flag, list, number};

#[derive(Debug, Deserialize)]
struct Model<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(default)]
    texts: Vec<Text<'a>>,
    loose: Option<Loose<'a>>,
    #[serde(default, deserialize_with = "number")]
    float: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    signed: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    unsigned: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    small: Option<u32>,
    #[serde(default, borrow, deserialize_with = "list")]
    list: Vec<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "list")]
    nested: Vec<Inner<'a>>,
}

#[derive(Debug, Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    id: Loose<'a>,
}

fn model(json: &str) -> Model<'_> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn text_borrows_wherever_it_can() {
    let read =
        model(r#"{"text": "a", "texts": ["b", "\n"], "loose": "c", "list": ["d"], "nested": {"id": "e"}}"#);
    let borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
    assert!(borrowed(&read.text.as_ref().unwrap().0));
    assert!(borrowed(&read.texts[0].0) && !borrowed(&read.texts[1].0));
    assert!(borrowed(&read.loose.as_ref().unwrap().0));
    assert!(borrowed(&read.list[0].0) && borrowed(&read.nested[0].id.0));
    assert_eq!(read.text.unwrap(), "a");
    assert_eq!(read.texts[1].clone().into_cow(), "\n");
}

#[test]
fn loose_takes_scalars() {
    let table = [
        (r#""12""#, Some("12")),
        ("12", Some("12")),
        ("-12", Some("-12")),
        ("12.0", Some("12.0")),
        ("true", Some("true")),
        (r#""\u0041""#, Some("A")),
        ("null", None),
    ];
    for (json, expected) in table {
        let text = format!(r#"{{"loose": {json}}}"#);
        assert_eq!(model(&text).loose.as_deref(), expected, "{json}");
    }
    assert!(serde_json::from_str::<Loose<'_>>("[]").is_err());
    assert!(serde_json::from_str::<Text<'_>>("1").is_err());
}

#[test]
fn number_takes_what_can_be_one() {
    let table = [
        ("7", Some(7.0), Some(7), Some(7), Some(7)),
        ("7.0", Some(7.0), Some(7), Some(7), Some(7)),
        (r#"" 7 ""#, Some(7.0), Some(7), Some(7), Some(7)),
        (r#""7.0""#, Some(7.0), Some(7), Some(7), Some(7)),
        ("-1", Some(-1.0), Some(-1), None, None),
        ("7.5", Some(7.5), None, None, None),
        ("4294967296", Some(4_294_967_296.0), Some(1 << 32), Some(1 << 32), None),
        ("1e300", Some(1e300), None, None, None),
        (r#""high""#, None, None, None, None),
        (r#""NaN""#, None, None, None, None),
        ("null", None, None, None, None),
        ("true", None, None, None, None),
        (r#"{"a": [1]}"#, None, None, None, None),
        (r#"[1, "x"]"#, None, None, None, None),
    ];
    for (json, float, signed, unsigned, small) in table {
        let text = format!(r#"{{"float": {json}, "signed": {json}, "unsigned": {json}, "small": {json}}}"#);
        let read = model(&text);
        assert_eq!(
            (read.float, read.signed, read.unsigned, read.small),
            (float, signed, unsigned, small),
            "{json}"
        );
    }
}

#[test]
fn list_takes_one_or_many() {
    for (json, expected) in [("null", 0), ("[]", 0), (r#""a""#, 1), (r#"["a", "b"]"#, 2)] {
        assert_eq!(model(&format!(r#"{{"list": {json}}}"#)).list.len(), expected, "{json}");
    }
    for (json, expected) in [("null", 0), (r#"{"id": 1}"#, 1), (r#"[{"id": 1}, {"id": "2"}]"#, 2)] {
        assert_eq!(model(&format!(r#"{{"nested": {json}}}"#)).nested.len(), expected, "{json}");
    }
    assert_eq!(model("{}").list.len(), 0);
    assert!(serde_json::from_str::<Model<'_>>(r#"{"list": 5}"#).is_err());
}

#[test]
fn flags_have_many_spellings() {
    for (text, want) in [
        (Some("true"), Some(true)),
        (Some(" True "), Some(true)),
        (Some("1"), Some(true)),
        (Some("false"), Some(false)),
        (Some("0"), Some(false)),
        (Some("2"), None),
        (Some(""), None),
        (None, None),
    ] {
        assert_eq!(flag(&text.map(|text| Loose(text.into()))), want, "{text:?}");
    }
}
