//! What a job printed before and behind the document.

use crate::support::Place;

const BANDIT: &str = r#"{"errors": [], "metrics": {}, "results": [{"filename": "app.py", "line_number": 3, "test_id": "B105",
"test_name": "x", "issue_text": "x", "issue_severity": "LOW", "issue_confidence": "HIGH"}]}"#;
const YARN: &str = r#"{"type":"auditAdvisory","data":{"resolution":{"id":7,"path":"a"},"advisory":{"id":7,"module_name":"a","severity":"high","title":"t","url":"https://github.com/advisories/GHSA-2222-3333-4444","findings":[]}}}
{"type":"auditSummary","data":{}}"#;
const JUNIT: &str = "<testsuite name='s'><testcase name='t'><failure>f</failure></testcase></testsuite>";
const FORMATS: [(&str, &str, &str); 3] = [
    ("bandit", BANDIT, "gl-sast-report.json"),
    ("yarn-audit", YARN, "gl-dependency-scanning-report.json"),
    ("junit", JUNIT, "gl-sast-report.json"),
];

#[test]
fn words_behind_a_document_are_left_out_and_told() {
    for (from, document, report) in FORMATS {
        let place = Place::with(&[("in", document)]);
        place.run(&["convert", "in", "--from", from]).succeeds();
        let plain = place.read(report);
        for behind in
            ["\nDone in 1.2s.\n", "\n\nnpm notice\nnpm notice New\n", "\n2 packages audited", "\n[INFO] done"]
        {
            place.write("in", format!("{document}{behind}").as_bytes());
            let line = document.lines().count() + behind.len() - behind.trim_start().len();
            let said = place.run(&["convert", "in", "--from", from, "--receipt", "receipt.json"]);
            said.succeeds();
            assert!(said.err.contains(&format!("behind the document, from line {line} on")), "{}", said.err);
            assert_eq!(place.read(report), plain, "{from}: {behind:?}");
        }
    }
}

#[test]
fn what_may_belong_to_a_report_is_never_left_out() {
    for (from, document, report) in FORMATS {
        for (behind, part) in [
            ("}", "expected the end of the document, found"),
            ("\n],", "expected the end of the document, found"),
            ("\nDone.\n{\"results\": [1]}", "give each a file of its own"),
            ("\nDone.\n<report/>", "give each a file of its own"),
        ] {
            let place = Place::with(&[("in", &format!("{document}{behind}"))]);
            place.run(&["convert", "in", "--from", from]).fails(3, &["in:", part]);
            assert!(!place.path(report).exists(), "{from}: {behind:?}");
        }
        // Cut off, and words behind it.
        let cut = &document[..document.len() - 1];
        let place = Place::with(&[("in", &format!("{cut}\nDone in 1.2s.\n"))]);
        place.run(&["convert", "in", "--from", from]).fails(3, &["in:"]);
    }
    let place = Place::with(&[("in", &format!("{BANDIT}\n{BANDIT}"))]);
    place.run(&["convert", "in"]).fails(3, &["in:3:1", "found `{`", "give each a file of its own"]);
}

#[test]
fn words_around_several_inputs_cost_no_input() {
    let noisy = format!("warning: old\n{BANDIT}\nDone.\nBye.\n");
    let place = Place::with(&[("a.json", &noisy), ("b.json", BANDIT), ("c.json", "{\"results\": [")]);
    let said =
        place.run(&["convert", "a.json", "b.json", "c.json", "--keep-going", "--receipt", "receipt.json"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let receipt = place.json("receipt.json");
    assert_eq!(receipt["inputs"][0]["records"], 1);
    assert_eq!(receipt["inputs"][1]["records"], 1);
    for part in [
        "1 line before the document was left out",
        "2 lines of text behind the document, from line 4 on, were",
    ] {
        assert!(said.err.contains(part), "{}", said.err);
    }
    // Commands that read scanners' files through `convert`.
    place.run(&["render", "a.json", "--format", "csv", "-o", "a.csv"]).succeeds();
    assert!(place.read("a.csv").contains("app.py"));
}

#[test]
fn what_is_too_large_is_told_as_that() {
    let huge = "x".repeat(65 * 1024 * 1024);
    for (from, document) in [
        ("bandit", format!("{{\"results\": [], \"{huge}\": 1}}")),
        ("junit", format!("<testsuite name='{huge}'/>")),
    ] {
        let place = Place::with(&[("in", &document)]);
        let said = place.run(&["convert", "in", "--from", from]);
        said.fails(3, &["in:1:", "larger than 64 MiB", "have the scanner leave out what is so large"]);
        assert!(!said.err.contains("damaged") && !said.err.contains("I/O"), "{}", said.err);
    }
}
