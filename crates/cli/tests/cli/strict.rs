//! Documents that strict parsers refuse, and that are read all the same: what is odd about them is told once.

use crate::support::Place;

/// A report of Bandit with a finding for each of these texts, as they stand in the JSON.
fn bandit(texts: &[&str]) -> String {
    let result = |(at, text): (usize, &&str)| {
        format!(
            r#"{{"filename": "{at}.py", "line_number": 3, "test_id": "B105", "test_name": "x",
"issue_text": {text}, "issue_severity": "LOW", "issue_confidence": "HIGH"}}"#
        )
    };
    let results: Vec<_> = texts.iter().enumerate().map(result).collect();
    format!(r#"{{"errors": [], "metrics": {{}}, "results": [{}]}}"#, results.join(", "))
}

/// The warnings of an input, and how many findings it has.
#[track_caller]
fn converted(text: &[u8]) -> (Vec<String>, u64) {
    let place = Place::with(&[]);
    place.write("in", text);
    place.run(&["convert", "in", "--receipt", "r.json"]).succeeds();
    let receipt = place.json("r.json");
    let inputs = receipt["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 1);
    let warnings = inputs[0]["warnings"].as_array().unwrap();
    let warnings = warnings.iter().map(|warning| warning.as_str().unwrap().to_owned()).collect();
    (warnings, inputs[0]["findings"].as_u64().unwrap())
}

#[test]
fn json_that_is_not_strict_is_told_with_its_first_place() {
    assert_eq!(converted(bandit(&["\"a\"", "\"b\""]).as_bytes()), (vec![], 2));
    for (text, what) in [
        ("\"a\tb\"", "a string holds a raw control character"),
        ("\"a\nb\"", "a string holds a raw control character"),
        (r#""C:\Users""#, "a backslash in a string escapes nothing"),
        (r#""it\'s""#, "a backslash in a string escapes nothing"),
        ("NaN", "a value that JSON does not know, as NaN, was read as null"),
        ("-Infinity", "a value that JSON does not know, as NaN, was read as null"),
        ("{\"a\": [1, ],}", "a comma stands behind the last member"),
    ] {
        let (warnings, findings) = converted(bandit(&["\"fine\"", text, text]).as_bytes());
        assert_eq!(findings, 3, "{text}");
        let told = |warning: &&String| warning.contains("not strict JSON");
        let told: Vec<_> = warnings.iter().filter(told).collect();
        let want = format!("{what}, first at results[1].issue_text");
        assert!(told.len() == 1 && told[0].starts_with(&want), "{text}: {warnings:?}");
    }
    let odd = bandit(&["\"caf?\""]).replace('?', "\u{1}").into_bytes();
    let odd: Vec<u8> = odd.into_iter().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    let want = "bytes that are no UTF-8 were replaced, first at results[0].issue_text: \
        the document is not strict JSON";
    assert_eq!(converted(&odd), (vec![want.to_owned()], 1));
}

/// As Python writes them, before what tells the format and in what is passed over.
#[test]
fn numbers_of_python_hide_no_format() {
    let odd = bandit(&["\"a\""]).replace("{\"errors\"", "{\"took\": NaN, \"rate\": Infinity, \"errors\"");
    assert_eq!(converted(odd.as_bytes()), (vec![], 1));
    let leak =
        r#"[{"RuleID": "aws", "Secret": "A", "Match": "A", "File": "a.py", "StartLine": 3, "Entropy": NaN}]"#;
    let (warnings, findings) = converted(leak.as_bytes());
    assert!(warnings[0].contains("was read as null, first at [0].Entropy"), "{warnings:?}");
    assert_eq!(findings, 1);
}

#[test]
fn commas_behind_the_last_member_are_left_out_and_told() {
    let plain = bandit(&["\",]\"", "\"b\""]);
    let told = |line| {
        format!(
            "a comma stands behind the last member, first at line {line}: the document is not strict JSON"
        )
    };
    let odd = plain.replace("}]}", "},]}");
    assert_eq!(converted(odd.as_bytes()), (vec![told(3)], 2));
    assert_eq!(converted(plain.replace("}]}", "}]\n,}").as_bytes()), (vec![told(4)], 2));
    let sarif = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {}},]}],}"#;
    assert!(converted(sarif.as_bytes()).0.contains(&told(1)));
    // Beside words, and in each of several documents.
    let (warnings, findings) = converted(format!("INFO\n{odd}\nDone.\n").as_bytes());
    assert_eq!((warnings.len(), findings), (3, 2), "{warnings:?}");
    assert!(warnings.contains(&told(4)), "{warnings:?}");
    let place = Place::with(&[("in", &format!("{odd}\n{odd}"))]);
    place.run(&["convert", "in", "--receipt", "r.json"]).succeeds();
    let receipt = place.json("r.json");
    // The second one tells the same again.
    for (at, line, findings) in [(0, 3, 2), (1, 6, 0)] {
        let input = &receipt["inputs"][at];
        assert_eq!((&input["findings"], &input["warnings"][0]), (&findings.into(), &told(line).into()));
    }
    // What is broken besides stays an error, shown with its own place.
    let place = Place::with(&[("in", &odd.replace(",]}", ",], \"a\" 1}"))]);
    place.run(&["convert", "in"]).fails(3, &["in:3:", "expected `:`, found `1`"]);
    let place = Place::with(&[("in", &plain.replace("}]}", "},,]}"))]);
    place.run(&["convert", "in"]).fails(3, &["in:3:", "expected a value, found"]);
}

#[test]
fn xml_that_is_not_well_formed_is_told_once_of_each_kind() {
    let document = |messages: &[&str]| {
        let error = |(line, message): (usize, &&str)| {
            format!("<error line='{}' severity='error' message='{message}' source='s.A'/>", line + 1)
        };
        let errors: String = messages.iter().enumerate().map(error).collect();
        format!("<checkstyle version='8'><file name='a.java'>{errors}</file></checkstyle>")
    };
    assert_eq!(converted(document(&["a &amp; b"]).as_bytes()), (vec![], 1));
    let odd = document(&["a &nbsp; b", "c &copy; d", "e & f", "g < h", "i &#1; j", "k\u{1}l"]);
    let place = "checkstyle/file/error, so the document is not well formed";
    let want = vec![
        format!("the entity &nbsp; is not declared in {place}"),
        format!("an & begins no reference in {place}"),
        format!("a tag holds < in {place}"),
        format!("a reference is to no character in {place}"),
        format!(
            "control characters read as blanks, the first one at byte {}, so the document is not well formed",
            odd.find('\u{1}').unwrap()
        ),
    ];
    assert_eq!(converted(odd.as_bytes()), (want, 6));
}
