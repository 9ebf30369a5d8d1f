use std::io::{self, Read};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Chunked, any_bytes, any_value, config};
use crate::json::{Cause, Error, Fields, Head, Kind, Limits, Reader, Span};

const SAMPLE: &str =
    r#" {"runs": [{"results": [{"a": "x\\\"]}"}, 1.5e3, true, null, []], "k\u00e9y": {}}], "end": false }"#;

fn tiny<R: Read>(read: R) -> Reader<R> {
    Reader::with_window(read, Limits::default(), 1)
}

/// Reads a value in all the ways there are; `ways` says which for each node in turn.
fn rebuild(reader: &mut Reader<impl Read>, ways: &mut impl Iterator<Item = u8>) -> Result<Value, Error> {
    match (ways.next(), reader.peek()?) {
        (Some(0), _) => reader.parse(),
        (Some(1), _) => Ok(serde_json::from_str(reader.value()?.str()?).unwrap()),
        (_, Kind::Object) => {
            let mut members = Map::new();
            reader.each_key(|key, reader| {
                members.insert(key.to_owned(), rebuild(reader, ways)?);
                Ok::<_, Error>(())
            })?;
            Ok(members.into())
        }
        (_, Kind::Array) => {
            let mut items = Vec::new();
            reader.each_item(|index, reader| {
                assert_eq!(index, items.len() as u64);
                items.push(rebuild(reader, ways)?);
                Ok::<_, Error>(())
            })?;
            Ok(items.into())
        }
        _ => reader.parse(),
    }
}

/// Walks everything, passing each value in its own way, and swallowing errors.
fn trample(reader: &mut Reader<impl Read>, ways: &mut impl Iterator<Item = u8>) -> Result<(), Error> {
    match ways.next().unwrap_or(9) {
        0 => drop(reader.value()?.str()),
        1 => drop(reader.parse::<Value>()),
        2 => reader.skip()?,
        3 => drop(reader.each_item(|_, reader| trample(reader, ways))),
        4 => drop(reader.each_key(|_, reader| trample(reader, ways))),
        5 => drop(reader.peek()?),
        6 => {}
        7 => drop(reader.next_document()),
        8 => drop(reader.next_span()),
        _ => match reader.peek()? {
            Kind::Array => reader.each_item(|_, reader| trample(reader, ways))?,
            Kind::Object => reader.each_key(|_, reader| trample(reader, ways))?,
            _ => reader.skip()?,
        },
    }
    let _ = reader.path();
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reads_what_serde_json_reads(
        value in any_value(),
        pretty: bool,
        sizes in prop::collection::vec(1_usize..200, 1..5),
        window in 1_usize..300,
        ways in prop::collection::vec(0_u8..6, 0..40),
    ) {
        let mut text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        text.push('\n');
        let mut reader = Reader::with_window(Chunked::new(text.as_bytes(), sizes), Limits::default(), window);
        prop_assert_eq!(rebuild(&mut reader, &mut ways.into_iter()).unwrap(), value);
        reader.finish().unwrap();
        prop_assert_eq!(reader.offset(), text.len() as u64);
    }

    #[test]
    fn skips_to_where_the_value_ends(
        values in prop::collection::vec(any_value(), 1..5),
        separator in prop::sample::select(vec!["\n", "\0", " \x1e ", "\r\n\n"]),
        sizes in prop::collection::vec(1_usize..200, 1..5),
        window in 1_usize..300,
    ) {
        let mut text = String::new();
        let mut ends = Vec::new();
        for value in &values {
            text.push_str(&value.to_string());
            ends.push(text.len() as u64);
            text.push_str(separator);
        }
        let mut reader = Reader::with_window(Chunked::new(text.as_bytes(), sizes), Limits::default(), window);
        for end in ends {
            prop_assert!(reader.next_document().unwrap());
            reader.skip().unwrap();
            prop_assert_eq!(reader.offset(), end);
        }
        prop_assert!(!reader.next_document().unwrap());
    }

    #[test]
    fn takes_any_bytes(
        bytes in any_bytes(),
        sizes in prop::collection::vec(1_usize..200, 1..5),
        window in 1_usize..300,
        ways in prop::collection::vec(0_u8..11, 0..40),
    ) {
        let limits = Limits { depth: 5, element: 100 };
        let mut reader = Reader::with_window(Chunked::new(&bytes, sizes), limits, window);
        let mut ways = ways.into_iter().cycle().take(10_000);
        while let Ok(true) = reader.next_document() {
            if trample(&mut reader, &mut ways).is_err() {
                break;
            }
        }
        let _ = reader.finish();
    }
}

#[test]
fn every_truncation_is_an_error() {
    for end in 0..SAMPLE.len() - 1 {
        let cut = &SAMPLE.as_bytes()[..end];
        for ways in [vec![0], vec![1], vec![]] {
            let error = rebuild(&mut tiny(cut), &mut ways.into_iter()).unwrap_err();
            assert!(matches!(error.cause, Cause::Truncated(_) | Cause::Empty), "{end}: {error}");
            assert_eq!(error.offset, end as u64);
        }
        assert!(tiny(cut).skip().is_err());
        assert!(tiny(cut).parse::<Value>().is_err());
    }
    let whole = rebuild(&mut tiny(SAMPLE.as_bytes()), &mut std::iter::empty()).unwrap();
    assert_eq!(whole, serde_json::from_str::<Value>(SAMPLE).unwrap());
}

#[test]
fn errors_say_what_and_where() {
    let table = [
        ("", "expected a value, found the end of the document (byte 0)"),
        (" nix", "expected `true`, `false` or `null`, found `n` (byte 1)"),
        ("tru", "the document ends in the middle of a literal (byte 3)"),
        ("<xml>", "expected a value, found `<` (byte 0)"),
        ("\u{feff}{}", "expected a value, found byte 0xef (byte 0)"),
        ("[1] 2", "expected the end of the document, found `2` (byte 4)"),
        ("[1 2]", "expected `,` or `]`, found `2` at [0] (byte 3)"),
        ("[1,]", "expected a value, found `]` at [1] (byte 3)"),
        ("[,]", "expected a value, found `,` at [0] (byte 1)"),
        ("{,}", "expected a key, found `,` (byte 1)"),
        (r#"{"a" 1}"#, "expected `:`, found `1` at a (byte 5)"),
        (r#"{"a": 1,}"#, "expected a key, found `}` (byte 8)"),
        (r#"{"a": {,}}"#, "expected a key, found `,` at a (byte 7)"),
        (r#"{"a": 1 "b": 2}"#, "expected `,` or `}`, found `\"` at a (byte 8)"),
        (r#"{"a": [{"b": [1}}]}"#, "expected `,` or `]`, found `}` at a[0].b[0] (byte 15)"),
        (r#"{"a": [{"b": "#, "the document ends in the middle of an object at a[0].b (byte 13)"),
        (r#"{"a": [{"b": "x"#, "the document ends in the middle of a string at a[0].b (byte 15)"),
        (r#"{"a": [7, "#, "the document ends in the middle of an array at a[1] (byte 10)"),
    ];
    for (text, expected) in table {
        let mut reader = tiny(text.as_bytes());
        let error = rebuild(&mut reader, &mut std::iter::empty()).and_then(|_| reader.finish()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn another_kind_is_an_error_that_leaves_the_value() {
    let mut reader = tiny(&br#"{"runs": [42, 43]}"#[..]);
    let mut seen = Vec::new();
    reader
        .each_key(|_, reader| {
            reader.each_item(|_, reader| {
                let error = reader.each_key(|_, _| Ok::<_, Error>(())).unwrap_err();
                seen.push(error.to_string());
                seen.push(reader.parse::<u8>()?.to_string());
                Ok::<_, Error>(())
            })
        })
        .unwrap();
    assert_eq!(
        seen,
        [
            "expected an object, found a number at runs[0] (byte 10)",
            "42",
            "expected an object, found a number at runs[1] (byte 14)",
            "43"
        ]
    );
}

#[test]
fn a_value_that_does_not_fit_is_named_and_passed() {
    #[derive(Debug, serde::Deserialize)]
    struct Item {
        #[serde(rename = "lines")]
        _lines: Vec<u32>,
    }
    let text = "[{\"lines\": [1,\n 2, \"x\"]}, {\"lines\": [3]}]";
    let mut reader = tiny(text.as_bytes());
    let mut errors = Vec::new();
    reader
        .each_item(|_, reader| {
            if let Err(error) = reader.parse::<Item>() {
                errors.push(error.to_string());
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let expected = "invalid type: string \"x\", expected u32 at [0].lines[2] (byte 21)";
    assert_eq!(errors, [expected]);
    assert_eq!(text.as_bytes()[21], b'"');
}

#[test]
fn a_walk_that_is_left_early_is_skipped() {
    let mut reader = tiny(&br#"[[{"a": [1, 2], "b": "]"}, 5], "next"]"#[..]);
    let mut paths = Vec::new();
    reader
        .each_item(|_, reader| {
            paths.push(reader.path());
            let _: Result<(), Error> = reader.each_item(|_, reader| {
                reader.each_key(|_, reader| {
                    reader.each_item(|_, reader| Err(Error::new(Cause::Empty, reader.path(), 0)))
                })
            });
            Ok::<_, Error>(())
        })
        .unwrap();
    reader.finish().unwrap();
    assert_eq!(paths, ["[0]", "[1]"]);
}

#[test]
fn keys_are_decoded() {
    let mut keys = Vec::new();
    tiny(&br#"{"\u00e9\"\n": 1, "\ud800": 2, "": 3}"#[..])
        .each_key(|key, reader| {
            keys.push((key.to_owned(), reader.path()));
            Ok::<_, Error>(())
        })
        .unwrap();
    let expected = ["é\"\n", "\u{fffd}", ""].map(|key| (key.to_owned(), key.to_owned()));
    assert_eq!(keys, expected);
}

#[test]
fn depth_is_limited_without_recursion() {
    let deep = vec![b'['; 10_000_000];
    for pass in [Reader::skip, |reader: &mut Reader<&[u8]>| reader.value().map(drop)] {
        let error = pass(&mut Reader::new(deep.as_slice())).unwrap_err();
        assert!(matches!(error.cause, Cause::Depth(128)), "{error}");
    }
    for (depth, good) in [(127, true), (128, true), (129, false)] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(Reader::new(text.as_bytes()).skip().is_ok(), good);
        assert_eq!(rebuild(&mut tiny(text.as_bytes()), &mut std::iter::repeat(9)).is_ok(), good);
        let wide = format!("[{}]", vec!["[]"; 500].join(","));
        Reader::with_limits(wide.as_bytes(), Limits { depth: 2, ..Limits::default() }).skip().unwrap();
    }
}

#[test]
fn size_is_limited_for_what_is_held() {
    let limits = Limits { element: 100, ..Limits::default() };
    for value in [json!("x".repeat(200)), json!(vec![7; 200]), json!(["x".repeat(200)])] {
        let text = format!("[{value}, 1]");
        let mut reader = Reader::with_window(text.as_bytes(), limits, 16);
        let mut read = Vec::new();
        reader
            .each_item(|_, reader| {
                read.push(reader.value().map(|raw| raw.text.to_vec()).map_err(|error| error.to_string()));
                Ok::<_, Error>(())
            })
            .unwrap();
        let error = "one value is larger than 100 bytes, the most that is held in memory at [0] (byte 1)";
        assert_eq!(read, [Err(error.to_owned()), Ok(b"1".to_vec())]);
    }
    let exact = format!("{:?}", "x".repeat(98));
    assert!(Reader::with_window(exact.as_bytes(), limits, 16).value().is_ok());
}

#[test]
fn documents_follow_each_other() {
    let mut reader = tiny(&b"{\"a\":1}[2]\n\"x\"\0\x1enull\n7"[..]);
    let mut documents = Vec::new();
    while reader.next_document().unwrap() {
        documents.push(reader.parse::<Value>().unwrap());
    }
    assert_eq!(documents, [json!({"a": 1}), json!([2]), json!("x"), json!(null), json!(7)]);

    let mut reader = tiny(&b"{} [1, 2] {} ?"[..]);
    for _ in 0..3 {
        assert!(reader.next_document().unwrap());
    }
    assert_eq!(
        reader.next_document().unwrap_err().to_string(),
        "expected the end of the document, found `?` (byte 13)"
    );
}

#[test]
fn words_behind_the_last_document_are_none() {
    for (behind, want) in [
        ("Done in 1.2s.", Some(3)),
        ("\nnpm notice\n", Some(4)),
        ("no matches", Some(3)),
        ("true enough", Some(3)),
        ("2 packages", Some(3)),
        ("1.22.0", Some(3)),
        ("[1/4] Resolving", Some(3)),
        ("[INFO] done", Some(3)),
        ("[2026-01-02T03:04:05] done", Some(3)),
        ("[0012] done", Some(3)),
        ("[1234] done\n[7]", Some(3)),
        ("[\x1b[34mINF\x1b[0m] done\n[7]", Some(3)),
        ("[7]", None),
        ("[7] {}", None),
        ("{braces}", Some(3)),
        ("{\n \"a\": 1}", None),
        ("[1,\n [2]] [null]\n", None),
        ("-- ", Some(3)),
        ("}", Some(3)),
        ("null  \n7", None),
        ("\"x\" y", Some(7)),
        ("{} y", Some(6)),
    ] {
        let text = format!("{{}} {behind}");
        let mut reader = tiny(text.as_bytes());
        let found = loop {
            match reader.next_document() {
                Ok(true) => {}
                Ok(false) => break None,
                Err(Error { cause: Cause::Behind(_), offset, .. }) => break Some(offset),
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(found, want, "{behind}");
    }
}

#[test]
fn spans_go_on_behind_words() {
    let text = "{\"a\":\n1} Done\n[INFO] x\r\n\x1e[{\"b\":2}]\n[12] {\"c\":3}\n\n  words {\n\"d\"\nend";
    let mut reader = tiny(text.as_bytes());
    let mut spans = Vec::new();
    while let Some(span) = reader.next_span().unwrap() {
        spans.push(match span {
            Span::Document(_, span) => format!("{} +", &text[span.start as usize..span.end as usize]),
            Span::Line(line) => {
                let line_of_text = &text[line.offset as usize..][..line.text.len()];
                assert_eq!(line_of_text.as_bytes(), line.text);
                format!("{line_of_text} -")
            }
        });
    }
    let want = [
        "{\"a\":\n1} +",
        "Done -",
        "[INFO] x\r -",
        "[{\"b\":2}] +",
        "[12] +",
        "{\"c\":3} +",
        "words { -",
        "\"d\" +",
        "end -",
    ];
    assert_eq!(spans, want);
    // What is cut off is no span.
    let mut reader = tiny(&b"words\n{\"a\": ["[..]);
    assert!(matches!(reader.next_span(), Ok(Some(Span::Line(_)))));
    assert!(matches!(reader.next_span(), Err(Error { cause: Cause::Truncated(_), .. })));
    let limits = Limits { element: 20, ..Limits::default() };
    let long = "x".repeat(100);
    let error = Reader::with_window(long.as_bytes(), limits, 8).next_span().unwrap_err();
    assert!(matches!(error.cause, Cause::Size(20)), "{error}");
}

#[test]
fn a_failing_stream_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let mut reader = Reader::new(br#"["abc"#.chain(Broken));
    let error = reader.skip().unwrap_err();
    assert!(matches!(error.cause, Cause::Read(_)));
    assert_eq!(error.to_string(), "the input cannot be read (byte 5)");
    assert!(matches!(crate::ConvertError::from(error), crate::ConvertError::Read(_)));
    assert!(reader.skip().is_err());
}

#[test]
fn a_value_of_another_kind_is_no_damage() {
    let error = Reader::new(&b" [1]"[..]).each_key(|_, _| Ok::<_, Error>(())).unwrap_err();
    match crate::ConvertError::from(error) {
        crate::ConvertError::WrongKind { path, offset, message } => {
            let want = (String::new(), 1, "expected an object, found an array".to_owned());
            assert_eq!((path, offset, message), want);
        }
        other => panic!("{other}"),
    }
}

/// `json.dumps` of Python writes them of floats that are no numbers.
#[test]
fn numbers_of_python_are_passed_and_read_as_null() {
    for value in ["NaN", "Infinity", "-Infinity"] {
        let text = format!(r#"{{"skipped": {value}, "list": [{value}, 1], "read": {value}}}"#);
        let (mut fields, mut seen) = (Fields::default(), Vec::new());
        let mut reader = tiny(text.as_bytes());
        reader
            .each_key(|key, reader| {
                match key {
                    "list" => reader.each_item(|_, reader| {
                        seen.push(reader.peek()?);
                        Ok::<_, Error>(())
                    })?,
                    "read" => assert_eq!(fields.text(reader)?, None),
                    _ => {}
                }
                Ok::<_, crate::ConvertError>(())
            })
            .unwrap();
        reader.finish().unwrap();
        assert_eq!(seen, [Kind::Number, Kind::Number], "{value}");
        let told: Vec<_> = fields.warnings.iter().map(ToString::to_string).collect();
        let want = "a value that JSON does not know, as NaN, was read as null, first at read: \
            the document is not strict JSON";
        assert_eq!(told, [want]);
        let head = Head::of(text.as_bytes());
        assert_eq!(head.keys().collect::<Vec<_>>(), ["skipped", "list", "read"]);
    }
    for text in ["[Na]", "[None]", "[+1]", "[infinity]"] {
        assert!(matches!(tiny(text.as_bytes()).each_item(|_, _| Ok(())), Err(Error { .. })), "{text}");
    }
}

#[test]
fn text_is_checked_when_asked_for() {
    let mut reader = tiny(&b" \"ab\xff\" "[..]);
    let raw = reader.value().unwrap();
    assert_eq!((raw.text, raw.offset), (&b"\"ab\xff\""[..], 1));
    assert_eq!(raw.str().unwrap_err().to_string(), "the text is not UTF-8 (byte 4)");
}
