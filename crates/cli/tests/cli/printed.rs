//! What a job printed before, between and behind documents, and files that hold several.

use crate::support::{Place, TRIVY, base64};

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

/// Where a job writes both streams of a scanner into one file: `2>&1`.
#[test]
fn words_between_records_are_left_out_and_told() {
    const NUCLEI: [&str; 2] = [
        r#"{"template-id":"a","info":{"name":"A","severity":"high"},"host":"a.example","matched-at":"https://a.example/x"}"#,
        r#"{"template-id":"b","info":{"name":"B","severity":"low"},"host":"a.example","matched-at":"https://a.example/y"}"#,
    ];
    let yarn: Vec<_> = YARN.lines().collect();
    for (from, records, report) in [
        ("nuclei", NUCLEI.as_slice(), "gl-dast-report.json"),
        ("yarn-audit", yarn.as_slice(), "gl-dependency-scanning-report.json"),
    ] {
        let place = Place::with(&[("in", &records.join("\n"))]);
        place.run(&["convert", "in"]).succeeds();
        let plain = place.read(report);
        let [one, two] = records else { panic!("two records") };
        for (text, told) in [
            (
                format!("{one}\n[INF] Loading\n\n[\u{1b}[34mINF\u{1b}[0m] Done\n{two}\n"),
                "2 lines of text between its documents, from line 2 on, were",
            ),
            (
                format!("Banner\n{one}\n{two}\n[0012] INFO done {{\"took\": 3}}\n"),
                "the text behind the document, from line 4 on, was",
            ),
            (
                format!("{one}[INF] Done\n{{braces}} and \u{fc}\n{two} bye\n2 lines\n"),
                "4 lines of text between its documents, from line 1 on, were",
            ),
        ] {
            place.write("in", text.as_bytes());
            let said = place.run(&["convert", "in"]);
            said.succeeds();
            assert!(said.err.contains(told), "{}", said.err);
            assert_eq!(place.read(report), plain, "{text}");
            let said = place.run(&["detect", "in"]);
            assert!(said.out.contains(&format!("in    {from}")), "{}", said.out);
        }
        // A record behind words on a line of theirs, and one that is cut.
        for text in [
            format!("{one}\n[INF] 1/2 {two}\n"),
            format!("{one}\n[INF] Loading\n{}", &two[..two.len() - 1]),
            format!("{one}\n[INF] Loading\n{}\n", &two[1..]),
        ] {
            place.write("in", text.as_bytes());
            place.run(&["convert", "in"]).fails(3, &["in:2:1", "expected the end of the document, found"]);
            assert_eq!(place.read(report), plain);
        }
    }
}

#[test]
fn what_may_belong_to_a_report_is_never_left_out() {
    for (from, document, report) in FORMATS {
        for (behind, part) in [
            ("}, \"a\": 1}", "expected the end of the document, found"),
            ("\n],\n\"a\": [", "expected the end of the document, found"),
            ("\nDone.\n{\"results\": [1}", "give each a file of its own"),
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
}

/// As they are left where documents were put together, or a file was made longer than its document.
#[test]
fn what_says_nothing_behind_a_document_is_left_out_and_told() {
    for (from, document, report) in FORMATS {
        let place = Place::with(&[("in", document)]);
        place.run(&["convert", "in", "--from", from]).succeeds();
        let plain = place.read(report);
        // Records that stand a line each may have NUL and null between them, and in XML NUL is a blank.
        let more: &[&str] = match from {
            "bandit" => &["\0\0", "\nnull\n", "\n0\n"],
            "junit" => &["\nnull\n", "\n0\n"],
            _ => &[],
        };
        for behind in ["}", "\n],\n", " ] }\nDone."].iter().chain(more) {
            place.write("in", format!("{document}{behind}").as_bytes());
            let said = place.run(&["convert", "in", "--from", from, "--receipt", "receipt.json"]);
            said.succeeds();
            assert!(said.err.contains("behind the document, from line"), "{behind:?}: {}", said.err);
            assert_eq!(place.read(report), plain, "{from}: {behind:?}");
            assert_eq!(place.json("receipt.json")["inputs"].as_array().unwrap().len(), 1);
        }
    }
    // A list of reports in which null is none of Trivy's.
    let place = Place::with(&[("in", &format!("[{BANDIT}, null]"))]);
    place.run(&["convert", "in"]).succeeds();
    assert_eq!(place.list(), ["gl-sast-report.json", "in"]);
}

/// One behind the other, or in a list.
#[test]
fn several_reports_may_stand_in_a_file() {
    let other = BANDIT.replace("app.py", "b.py");
    for (text, last) in [
        (format!("{BANDIT}\n{other}\n"), "in[1]"),
        (format!("{BANDIT}{other}"), "in[1]"),
        (format!("[{BANDIT},\n{other}]\n"), "in[1]"),
        (format!("[{BANDIT}, {TRIVY}, {other}]\n"), "in[2]"),
        (format!("INFO a\n{BANDIT}\nINFO b\n{other}Done\n"), "in[1]"),
    ] {
        let place = Place::with(&[("in", &text)]);
        let said = place.run(&["convert", "in", "--receipt", "receipt.json"]);
        said.succeeds();
        let receipt = place.json("receipt.json");
        let inputs = receipt["inputs"].as_array().unwrap();
        assert_eq!((&inputs[0]["path"], &inputs[0]["records"]), (&"in[0]".into(), &1.into()), "{text}");
        assert_eq!(inputs.last().unwrap()["path"], last);
        // The hash is that of the file.
        assert_eq!((&inputs[0]["bytes"], &inputs[1]["bytes"]), (&text.len().into(), &text.len().into()));
        assert_eq!(inputs[0]["sha256"], inputs[1]["sha256"]);
        let files: Vec<_> = place.json("gl-sast-report.json")["vulnerabilities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["location"]["file"].clone())
            .collect();
        assert_eq!(files, ["app.py", "b.py"]);
        let said = place.run(&["detect", "in"]);
        assert!(said.out.contains(&format!("{last}  bandit")), "{}", said.out);
        assert_eq!(place.feed(&["convert", "-", "-o", "out/"], text.as_bytes()).code, 0);
        place.run(&["render", "in", "--format", "csv", "-o", "a.csv"]).succeeds();
        assert!(place.read("a.csv").contains("b.py"));
    }
    // Of formats that know other lists, or none.
    let track = r#"{"meta": {"application": "Dependency-Track"}, "findings": [{"component": {"name": "a", "purl": "pkg:npm/a@1"},
        "vulnerability": {"vulnId": "CVE-2020-1", "source": "NVD", "severity": "HIGH"}, "analysis": {}}]}"#;
    for (report, findings) in [(TRIVY, 3), (track, 1)] {
        let place = Place::with(&[("in", &format!("[{report}, {report}]"))]);
        place.run(&["convert", "in", "--receipt", "r.json"]).succeeds();
        let receipt = place.json("r.json");
        let inputs = receipt["inputs"].as_array().unwrap();
        assert_eq!((inputs.len(), &inputs[0]["findings"]), (2, &findings.into()), "{report}");
        assert_eq!(inputs[0]["records"], inputs[1]["records"]);
    }
}

#[test]
fn no_report_of_several_is_lost() {
    let broken = r#"{"errors": [], "results": [{"issue_text": "x", "test_id": "B105"}], "metrics" 1}"#;
    for (text, parts) in [
        (format!("{BANDIT}\n{{\"a\": 1}}\n"), ["in[1] is of no known format", "one of 2 documents"]),
        (format!("[{BANDIT}, {{\"a\": 1}}]\n"), ["in[1] is of no known format", "one of 2 documents"]),
        (format!("[{BANDIT}, 7]\n"), ["in[1] is of no known format", "begins with: 7"]),
        // The line is that of the file.
        (format!("[{BANDIT},\n{broken}]"), ["in[1]:3:", "expected `:`, found `1`"]),
        (format!("INFO\n{BANDIT}\n{broken}\n"), ["in[1]:4:", "expected `:`, found `1`"]),
        (format!("INFO\n{broken}\n"), ["in:2:", "expected `:`, found `1`"]),
        // Cut off.
        (format!("[{BANDIT},"), ["in:1:1", "expected an object, found an array"]),
        (format!("{BANDIT}\n{{\"results\": ["), ["in:3:1", "give each a file of its own"]),
        // What is no list of reports.
        ("[{\"a\": 1}]".to_owned(), ["in is of no known format", "--from FORMAT"]),
    ] {
        let place = Place::with(&[("in", &text)]);
        place.run(&["convert", "in"]).fails(3, &parts);
        assert_eq!(place.list(), ["in"]);
        assert_eq!(place.run(&["detect", "in"]).code, if parts[0].contains("in is of") { 3 } else { 0 });
    }
    let place = Place::with(&[("in", "\"a\"")]);
    place
        .run(&["convert", "in", "--from", "sarif"])
        .fails(3, &["in:1:1", "expected an object, found a string", "another document than SARIF writes"]);
}

/// A zip archive of files that are stored as they are.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let le = |number: usize, size: usize| number.to_le_bytes()[..size].to_vec();
    let (mut local, mut central) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        // Version, flags, method, time and date, checksum, sizes, lengths of name and extra field.
        let facts = [
            le(20, 2),
            le(0, 8),
            crc.sum().to_le_bytes().to_vec(),
            le(text.len(), 4),
            le(text.len(), 4),
            le(name.len(), 2),
            le(0, 2),
        ]
        .concat();
        let place = le(local.len(), 4);
        let entry =
            [b"PK\x01\x02".to_vec(), le(20, 2), facts.clone(), vec![0; 10], place, name.as_bytes().to_vec()];
        central.extend(entry.concat());
        local.extend(
            [b"PK\x03\x04".to_vec(), facts, name.as_bytes().to_vec(), text.as_bytes().to_vec()].concat(),
        );
    }
    let count = le(files.len(), 2);
    let end = [le(0, 4), count.clone(), count, le(central.len(), 4), le(local.len(), 4), le(0, 2)].concat();
    [local, central, b"PK\x05\x06".to_vec(), end].concat()
}

#[test]
fn the_reports_of_an_archive_are_read() {
    let other = BANDIT.replace("app.py", "b.py");
    let files = [("job/bandit.json", BANDIT), ("readme.md", "no report"), ("job/b.json", other.as_str())];
    let place = Place::with(&[("scans.d/a.json", TRIVY)]);
    place.write("scans.zip", &archive(&files));
    let said = place.run(&["convert", "scans.zip", "scans.d", "-o", "out/", "--receipt", "r.json"]);
    said.succeeds();
    let receipt = place.json("r.json");
    let inputs: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(|input| &input["path"]).collect();
    assert_eq!(inputs, ["scans.zip/job/bandit.json", "scans.zip/job/b.json", "scans.d/a.json"]);
    place.run(&["convert", "scans.zip", "-o", "scans.zip"]).fails(2, &["is an input"]);
    assert_eq!(place.feed(&["convert", "-", "-o", "-"], &archive(&files)).code, 0);
    place.write("none.zip", &archive(&[("a.txt", "a"), ("b.txt", "b")]));
    place
        .run(&["convert", "none.zip"])
        .fails(3, &["no scanner report was found in none.zip", "none of its 2 files"]);
    // In a directory it may be anything.
    let place = Place::with(&[("in/a.json", TRIVY)]);
    place.write("in/scans.zip", &archive(&files));
    place.run(&["convert", "in", "--receipt", "r.json"]).succeeds();
    assert_eq!(place.json("r.json")["inputs"].as_array().unwrap().len(), 1);
}

/// Statements of a BOM with a vulnerability, of what Trivy said, and of how an image was built.
const STATEMENTS: [&str; 3] = [
    "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjAuMSIsInByZWRpY2F0ZVR5cGUiOiJodHRwczovL2N5Y2xvbmVkeC5vcmcvYm9tIiwic3ViamVjdCI6W10sInByZWRpY2F0ZSI6eyJib21Gb3JtYXQiOiJDeWNsb25lRFgiLCJzcGVjVmVyc2lvbiI6IjEuNSIsInZ1bG5lcmFiaWxpdGllcyI6W3siaWQiOiJDVkUtMjAyMC0wMDAxIiwiYWZmZWN0cyI6W3sicmVmIjoicDEifV19XX19",
    "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjAuMSIsInByZWRpY2F0ZVR5cGUiOiJodHRwczovL2Nvc2lnbi5zaWdzdG9yZS5kZXYvYXR0ZXN0YXRpb24vdnVsbi92MSIsInN1YmplY3QiOltdLCJwcmVkaWNhdGUiOnsiaW52b2NhdGlvbiI6e30sInNjYW5uZXIiOnsidXJpIjoicGtnOmdpdGh1Yi9hcXVhc2VjdXJpdHkvdHJpdnkiLCJyZXN1bHQiOnsiU2NoZW1hVmVyc2lvbiI6MiwiQXJ0aWZhY3ROYW1lIjoiYXBwOjEiLCJBcnRpZmFjdFR5cGUiOiJjb250YWluZXJfaW1hZ2UiLCJSZXN1bHRzIjpbeyJUYXJnZXQiOiJhcHA6MSAoZGViaWFuIDEyKSIsIkNsYXNzIjoib3MtcGtncyIsIlR5cGUiOiJkZWJpYW4iLCJWdWxuZXJhYmlsaXRpZXMiOlt7IlZ1bG5lcmFiaWxpdHlJRCI6IkNWRS0yMDIwLTAwMDIiLCJQa2dOYW1lIjoiYmFzaCIsIkluc3RhbGxlZFZlcnNpb24iOiI1LjAiLCJTZXZlcml0eSI6IkhJR0gifV19XX19LCJtZXRhZGF0YSI6e319fQ==",
    "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9zbHNhLmRldi9wcm92ZW5hbmNlL3YxIiwic3ViamVjdCI6W10sInByZWRpY2F0ZSI6eyJidWlsZERlZmluaXRpb24iOnt9fX0=",
];

/// As `cosign download attestation` writes them, one a line, and as a Sigstore bundle has one.
#[test]
fn attestations_are_opened() {
    let envelope = |payload: &str| {
        format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"sig":"x"}}]}}"#
        )
    };
    let lines = STATEMENTS.map(envelope).join("\n");
    let bundle = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{}}}"#,
        envelope(STATEMENTS[1])
    );
    let place = Place::with(&[("lines", &lines), ("bundle", &bundle), ("built", &envelope(STATEMENTS[2]))]);
    let said = place.run(&["convert", "lines", "-o", "out/", "--receipt", "r.json"]);
    said.succeeds();
    assert!(said.err.contains("lines[2] is passed over"), "{}", said.err);
    assert!(said.err.contains("a statement of https://slsa.dev/provenance/v1"), "{}", said.err);
    let receipt = place.json("r.json");
    let told =
        |input: &serde_json::Value| format!("{} {} {}", input["path"], input["format"], input["records"]);
    let told: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(told, [r#""lines[0]" "cyclonedx" 1"#, r#""lines[1]" "trivy" 1"#]);
    let said = place.run(&["detect", "bundle"]);
    assert!(said.out.contains("bundle  trivy"), "{}", said.out);
    place.run(&["convert", "built"]).fails(3, &["built is a signed envelope without a report", "SBOMs"]);
    // As a string of JSON may have it, and in the alphabet for URLs.
    let spelled = base64(
        r#"{"predicate":{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"ab?~>??~?"},"predicateType":"https://cyclonedx.org/bom"}"#,
    );
    assert!(spelled.contains('/') && spelled.contains('+'));
    for odd in [spelled.replace('/', "\\/"), spelled.replace('/', "_").replace('+', "-")] {
        place.write("odd", envelope(odd.trim_end_matches('=')).as_bytes());
        assert!(place.run(&["detect", "odd"]).out.contains("odd   cyclonedx"));
    }
    place.write("wrong", envelope("?").as_bytes());
    place.run(&["convert", "wrong"]).fails(3, &["wrong", "is not base64"]);
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
