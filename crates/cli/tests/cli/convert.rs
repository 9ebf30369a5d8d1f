//! `scanlift convert` as its users see it: exit codes, outputs, settings.

use crate::support::{BROKEN, CONTAINER, Place, SECRET, SINGLE, TRIVY};
use serde_json::Value;
use std::{fs, io::Write as _, process::Stdio};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn needs_no_option() {
    let place = Place::with(&[("trivy.json", TRIVY)]);
    let said = place.run(&["convert", "trivy.json"]);
    said.succeeds();
    assert_eq!(said.out, "");
    assert_eq!(place.list(), [CONTAINER, SECRET, "trivy.json"]);
    assert_eq!(place.json(CONTAINER)["vulnerabilities"].as_array().unwrap().len(), 2);
    assert_eq!(
        said.err,
        "\
[INFO] trivy.json: trivy 2 by Trivy: 3 records, 3 findings

 report                             kind                scanner  findings  C  H  M  L  I  ?
 gl-secret-detection-report.json    secret_detection    Trivy           1  1  0  0  0  0  0
 gl-container-scanning-report.json  container_scanning  Trivy           2  0  1  0  1  0  0

[INFO] upload them from the job in .gitlab-ci.yml:
       artifacts:
         reports:
           container_scanning: gl-container-scanning-report.json
           secret_detection: gl-secret-detection-report.json
"
    );
}

#[test]
fn nothing_but_the_current_directory_is_needed() {
    let place = Place::with(&[("a.json", TRIVY)]).variable("TMPDIR", "nowhere");
    place.run(&["convert", "a.json"]).succeeds();
    assert_eq!(place.list(), ["a.json", CONTAINER, SECRET]);
    // What goes to standard output is made in a temporary file, too.
    let shown = place.run(&["convert", "a.json", "--to", "container_scanning", "-o", "-"]);
    shown.succeeds();
    assert!(shown.out.contains("\"vulnerabilities\""));
    place.run(&["validate", CONTAINER, "--fix", "-o", "-"]).succeeds();
    let stream = format!("{TRIVY}{}", " ".repeat(2 << 20));
    place.feed(&["convert", "-", "-o", "out/"], stream.as_bytes()).succeeds();
    fs::remove_dir_all(place.path("out")).unwrap();
    place.run(&["render", CONTAINER, "--format", "xlsx", "-o", "a.xlsx"]).succeeds();
    assert_eq!(place.list(), ["a.json", "a.xlsx", CONTAINER, SECRET]);
}

#[test]
fn a_single_report_has_a_single_line() {
    let place = Place::with(&[("a.json", SINGLE)]);
    let said = place.run(&["convert", "a.json"]);
    said.succeeds();
    let last = said.err.lines().last().unwrap();
    assert_eq!(last, format!("[INFO] upload with artifacts:reports:container_scanning: {CONTAINER}"));
}

#[test]
fn wrong_usage_is_2() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "--no-such-option", "a.json"]).fails(2, &["--no-such-option"]);
    place.run(&["convert"]).fails(2, &["<INPUT>"]);
    place.run(&["convert", "--to", "spdx", "a.json"]).fails(2, &["spdx", "codequality"]);
    place.run(&["convert", "--start-time", "noon", "a.json"]).fails(2, &["2026-11-22T18:36:00Z"]);
    place.run(&["convert", "--exclude", "a[", "a.json"]).fails(2, &["a["]);
    place.run(&["convert", "-o", "-", "--receipt", "-", "a.json"]).fails(2, &["cannot both"]);
    place
        .run(&["convert", "--scanner-id", "My Scanner", "a.json"])
        .fails(2, &["My Scanner", "write it as my-scanner"]);
    place.run(&["convert", "--scanner-url", "example.com", "a.json"]).fails(2, &["https://example.com"]);
    // A file in place of a command, and a format that is misspelt: no list of everything there is.
    place.run(&["a.json"]).fails(2, &["scanlift convert a.json"]);
    let said = place.run(&["convert", "--from", "trivvy", "a.json"]);
    said.fails(2, &["trivvy", "'trivy'"]);
    assert!(!said.err.contains("wpscan"), "{}", said.err);
    place.run(&["convert", "--from", "xyz", "a.json"]).fails(2, &["`scanlift formats` lists them"]);
    let place = place.variable("SOURCE_DATE_EPOCH", "tomorrow");
    place.run(&["convert", "a.json"]).fails(2, &["SOURCE_DATE_EPOCH is `tomorrow`"]);
    assert_eq!(place.list(), ["a.json"]);
}

#[test]
fn no_input_is_overwritten() {
    let place = Place::with(&[("a.json", SINGLE)]);
    for arguments in [&["-o", "a.json"][..], &["-o", "./a.json"], &["-o", "out/", "--receipt", "a.json"]] {
        place.run(&[&["convert", "a.json"], arguments].concat()).fails(2, &["is an input", "-o gitlab/"]);
        place.run(&[&["convert", "."], arguments].concat()).fails(2, &["is an input"]);
    }
    assert_eq!(place.read("a.json"), SINGLE);
    assert_eq!(place.list(), ["a.json"]);
}

#[test]
fn a_root_that_is_not_here_is_told() {
    let place = Place::with(&[("a.json", SINGLE)]);
    let said = place.run(&["convert", "a.json", "--root", "/builds/elsewhere"]);
    said.succeeds();
    assert!(said.err.contains("--root /builds/elsewhere is no directory here"), "{}", said.err);
}

#[test]
fn a_name_that_gives_no_id_is_told() {
    let log = |name: &str| {
        let log = serde_json::json!({"version": "2.1.0", "runs": [
            {"tool": {"driver": {"name": name}}, "results": [{"ruleId": "A", "message": {"text": "m"}}]}]});
        log.to_string()
    };
    let place = Place::with(&[("a.sarif", &log("検査")), ("b.sarif", &log("MySec 4.2.1"))]);
    let said = place.run(&["convert", "a.sarif", "-o", "a.json"]);
    said.succeeds();
    assert!(said.err.contains("name it with --scanner-id"), "{}", said.err);
    let said = place.run(&["convert", "a.sarif", "--scanner-id", "kensa", "-o", "a.json"]);
    assert!(!said.err.contains("--scanner-id"), "{}", said.err);
    place.run(&["convert", "b.sarif", "-o", "b.json"]).succeeds();
    let report = place.json("b.json");
    let scanner = &report["scan"]["scanner"];
    assert_eq!((&scanner["id"], &scanner["version"]), (&Value::from("mysec"), &Value::from("4.2.1")));
    assert_eq!(report["vulnerabilities"][0]["identifiers"][0]["type"], "mysec_rule_id");
}

#[test]
fn several_reports_do_not_fit_a_file() {
    let place = Place::with(&[("a.json", TRIVY), ("out.json", "old")]);
    let said = place.run(&["convert", "a.json", "-o", "out.json"]);
    said.fails(
        2,
        &["2 reports result, and out.json holds one", CONTAINER, SECRET, "-o DIRECTORY/", "--to KIND"],
    );
    place.run(&["convert", "a.json", "-o", "-"]).fails(2, &["standard output holds one"]);
    assert_eq!(place.read("out.json"), "old");
    assert_eq!(place.list(), ["a.json", "out.json"]);
    place.run(&["convert", "a.json", "-o", "out.json", "--to", "secret_detection"]).succeeds();
    assert_eq!(place.json("out.json")["scan"]["type"], "secret_detection");
}

#[test]
fn a_bad_input_is_3() {
    let place = Place::with(&[
        ("report-trivy.json", SINGLE),
        ("unknown.json", "{\"a\": 1}"),
        ("empty.json", " \n"),
        ("gl-sast-report.json", OWN),
        ("list.json", "[\n]\n"),
        ("a.spdx.yaml", "spdxVersion: SPDX-2.3\ndataLicense: CC0-1.0\n"),
        ("page.json", "<!DOCTYPE html>\n<html><title>Sign in</title></html>\n"),
    ]);
    place.write("a.zip", b"PK\x03\x04\x14\0\0\0");
    place.write("none.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    fs::create_dir(place.path("nothing")).unwrap();
    for (input, parts) in [
        ("report-trivi.json", ["there is no file", "did you mean report-trivy.json?"]),
        ("no/such/file.json", ["there is no file", "no directory no/such either"]),
        ("https://ci.example/a.sarif", ["there is no file", "download it"]),
        ("unknown.json", ["begins with: {\"a\": 1}", "--from FORMAT"]),
        ("empty.json", ["is empty", "--from trufflehog"]),
        ("page.json", ["is a page of HTML", "a page to sign in"]),
        ("none.zip", ["is a zip archive without a file that can be read", "without a password"]),
        ("a.zip", ["the zip archive is damaged", "take the scanner's report out"]),
        ("gl-sast-report.json", ["a report that scanlift wrote", "-o gitlab/"]),
        ("list.json", ["is an empty list", "--from gitleaks"]),
        ("a.spdx.yaml", ["SPDX in YAML", "pyspdxtools"]),
        ("nothing", ["no scanner report was found in nothing", "it holds no files"]),
        ("*.xml", ["no file matches *.xml", "quote the pattern"]),
    ] {
        place.run(&["convert", input]).fails(3, &parts);
    }
    assert!(!place.path(CONTAINER).exists());
}

/// Such a scanner writes no line if it found nothing; whether it ran, its exit code says.
#[test]
fn an_empty_file_is_a_report_where_its_scanner_is_named() {
    let place = Place::with(&[("empty.json", "")]);
    for (format, report) in [("trufflehog", SECRET), ("nuclei", "gl-dast-report.json")] {
        place.run(&["convert", "empty.json", "--from", format]).succeeds();
        assert_eq!(place.json(report)["vulnerabilities"].as_array().map(Vec::len), Some(0));
    }
    place.run(&["convert", "empty.json", "--from", "sarif"]).fails(3, &["empty.json"]);
}

/// What scanlift writes when it finds nothing.
const OWN: &str = r#"{"version": "15.2.1", "vulnerabilities": [], "scan": {"type": "sast", "status": "success",
    "analyzer": {"id": "scanlift", "name": "scanlift"}, "scanner": {"id": "a", "name": "A"}}}"#;

#[test]
fn reports_of_gitlab_are_upgraded_and_its_own_are_passed_over() {
    let old = r#"{"version": "2.0", "vulnerabilities": [{"category": "sast", "message": "m", "cve": "a.py:1:B1",
        "severity": "Low", "scanner": {"id": "bandit", "name": "Bandit"}, "location": {"file": "a.py", "start_line": 1},
        "identifiers": [{"type": "bandit_test_id", "name": "B1", "value": "B1"}]}]}"#;
    let place = Place::with(&[("in/gl-sast-report.json", OWN), ("in/bandit.json", old)]);
    place.run(&["convert", "in/bandit.json", "-o", "one/"]).succeeds();
    let report = place.json("one/gl-sast-report.json");
    assert_eq!(
        (&report["version"], &report["scan"]["scanner"]["name"]),
        (&"15.2.1".into(), &"Bandit".into())
    );
    let said = place.run(&["convert", "in", "-o", "two/"]);
    said.succeeds();
    assert!(said.err.contains("gl-sast-report.json is passed over: scanlift wrote it"), "{}", said.err);
    assert_eq!(place.read("two/gl-sast-report.json"), place.read("one/gl-sast-report.json"));
    place.run(&["convert", "in/gl-sast-report.json", "--from", "gitlab", "-o", "three/"]).succeeds();
}

#[test]
fn a_broken_input_is_shown() {
    let place = Place::with(&[("a.json", BROKEN)]);
    let said = place.run(&["convert", "a.json"]);
    said.fails(
        3,
        &["[ERRO] a.json:3:", "Results[0].Vulnerabilities", "byte ", "expected `]`, found `}`", "help: "],
    );
    let lines: Vec<_> = said.err.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("       3 | ")).unwrap();
    let caret = lines[at + 1].find('^').unwrap();
    assert_eq!(lines[at].as_bytes()[caret], b'}', "{}", said.err);
    assert_eq!(place.list(), ["a.json"]);

    let cut = &TRIVY[..TRIVY.len() - 60];
    place.write("cut.json", cut.as_bytes());
    place.run(&["convert", "cut.json"]).fails(3, &["[ERRO] cut.json:6:", "ends too early"]);
    place.write("cut.json.gz", &gzip(TRIVY.as_bytes())[..100]);
    place.run(&["convert", "cut.json.gz", "--from", "trivy"]).fails(3, &["cut off", "make it again"]);
}

#[test]
fn output_that_cannot_be_written_is_4() {
    let place = Place::with(&[("a.json", TRIVY), ("in-the-way", "")]);
    place.run(&["convert", "a.json", "-o", "in-the-way/out/"]).fails(4, &["in-the-way"]);
    place.run(&["convert", "a.json", "--receipt", "in-the-way/r.json"]).fails(4, &["in-the-way"]);
    assert_eq!(place.list(), ["a.json", "in-the-way"]);
}

#[test]
fn reports_are_put_in_place_all_or_none() {
    let place = Place::with(&[("a.json", TRIVY), ("out/gl-secret-detection-report.json", "old")]);
    fs::create_dir_all(place.path("out").join(CONTAINER).join("full")).unwrap();
    let before = place.list();
    let said = place.run(&["convert", "a.json", "-o", "out", "--receipt", "out/r.json"]);
    said.fails(4, &[CONTAINER]);
    assert_eq!(place.read("out/gl-secret-detection-report.json"), "old");
    assert_eq!(place.list(), before);
}

#[test]
fn a_failed_run_leaves_no_trace() {
    let place = Place::with(&[("a.json", SINGLE), ("bad.json", BROKEN), (CONTAINER, "old")]);
    let said = place.run(&["convert", "a.json", "bad.json"]);
    said.fails(3, &["bad.json:3:", "--keep-going converts the other inputs"]);
    place
        .run(&["convert", "a.json", "bad.json", "-o", "new/folder/", "--receipt", "other/r.json"])
        .fails(3, &[]);
    assert_eq!(place.read(CONTAINER), "old");
    assert_eq!(place.list(), ["a.json", "bad.json", CONTAINER]);
}

#[test]
fn keep_going_converts_the_good_ones() {
    let place = Place::with(&[("a.json", SINGLE), ("bad.json", BROKEN), ("c.json", "{}"), ("d.json", TRIVY)]);
    let arguments = [
        "convert",
        "a.json",
        "bad.json",
        "c.json",
        "no.json",
        "d.json",
        "--keep-going",
        "--receipt",
        "r.json",
    ];
    let said = place.run(&arguments);
    said.fails(3, &["bad.json:3:", "c.json is of no known format", "no file no.json", "3 of 5 inputs"]);
    let receipt = place.json("r.json");
    let inputs: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(|input| &input["path"]).collect();
    assert_eq!(inputs, ["a.json", "d.json"]);
    let alone = Place::with(&[("a.json", SINGLE), ("d.json", TRIVY)]);
    alone.run(&["convert", "a.json", "d.json"]).succeeds();
    assert_eq!(place.read(CONTAINER), alone.read(CONTAINER));
    place.run(&["convert", "bad.json", "--keep-going", "-o", "x/"]).fails(3, &["nothing was written"]);
    assert!(!place.path("x").exists());
}

#[test]
fn every_form_of_input_gives_the_same_report() {
    let place = Place::with(&[("a.json", SINGLE)]);
    place.write("a.json.gz", &gzip(SINGLE.as_bytes()));
    let utf16: Vec<u8> =
        "\u{feff}".chars().chain(SINGLE.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    place.write("utf16.json", &utf16);
    let file = place.run(&["convert", "a.json", "-o", "-"]);
    file.succeeds();
    assert!(file.out.starts_with("{\"version\":\"15.2.1\""));
    for input in ["a.json.gz", "utf16.json", "a.jso?", "{a,b}.json"] {
        assert_eq!(place.run(&["convert", input, "-o", "-"]).out, file.out, "{input}");
    }
    assert_eq!(place.feed(&["convert", "-", "-o", "-"], SINGLE.as_bytes()).out, file.out);
    let said = place.feed(&["convert", "-", "-o", "-"], &gzip(SINGLE.as_bytes()));
    assert_eq!(said.out, file.out);
    assert!(said.err.starts_with("[INFO] standard input: trivy 2"), "{}", said.err);
    place.feed(&["convert", "-"], BROKEN.as_bytes()).fails(3, &["standard input:3:"]);
}

#[test]
fn every_form_of_output_gives_the_same_report() {
    let place = Place::with(&[("a.json", SINGLE)]);
    fs::create_dir(place.path("there")).unwrap();
    let out = place.run(&["convert", "a.json", "-o", "-", "-q"]).out;
    for (output, file) in [
        (".", CONTAINER.to_owned()),
        ("there", format!("there/{CONTAINER}")),
        ("new/", format!("new/{CONTAINER}")),
        ("also-new", format!("also-new/{CONTAINER}")),
        ("deep/down/", format!("deep/down/{CONTAINER}")),
        ("x.json", "x.json".to_owned()),
        ("y/x.json", "y/x.json".to_owned()),
    ] {
        let said = place.run(&["convert", "a.json", "-o", output]);
        said.succeeds();
        assert_eq!(place.read(&file), out, "{output}");
        assert!(said.err.contains(&format!(": {file}\n")), "{}", said.err);
    }
    assert!(!place.list().iter().any(|name| name.contains(".scanlift")), "{:?}", place.list());
}

#[cfg(unix)]
#[test]
fn reports_are_as_readable_as_any_new_file_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let place = Place::with(&[("a.json", SINGLE), ("real/x.json", "old")]);
    symlink("real/x.json", place.path("x.json")).unwrap();
    place.run(&["convert", "a.json", "--receipt", "r.json"]).succeeds();
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode();
    assert_eq!(mode(CONTAINER), mode("a.json"));
    assert_eq!(mode("r.json"), mode("a.json"));
    place.run(&["convert", "a.json", "-o", "x.json"]).succeeds();
    assert!(place.path("x.json").is_symlink());
    assert_eq!(place.read("real/x.json"), place.read(CONTAINER));
    place.run(&["convert", "a.json", "-o", "/dev/null"]).succeeds();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn directories_give_what_is_recognised_in_order() {
    let place = Place::with(&[
        ("in/b/second.json", SINGLE),
        ("in/a.json", TRIVY),
        ("in/.gitignore", "*"),
        ("in/package.json", "{\"name\": \"x\"}"),
        ("in/.git/config.json", SINGLE),
        ("in/.hidden/third.json", SINGLE),
    ]);
    let said = place.run(&["convert", "in", "in/a.json", "./in/a.json", "-v", "--receipt", "r.json"]);
    said.succeeds();
    assert!(said.err.contains("in/package.json is passed over"), "{}", said.err);
    let receipt = place.json("r.json");
    let inputs: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(|input| &input["path"]).collect();
    assert_eq!(inputs, ["in/.hidden/third.json", "in/a.json", "in/b/second.json"]);
}

/// A neighbour of which no record can be read, whatever it holds, does not end the run.
#[test]
fn directories_give_what_can_be_read() {
    let yaml = "spdxVersion: SPDX-2.3\ndataLicense: CC0-1.0\n";
    let newer = r#"{"@context": "https://openvex.dev/ns/v1.0.0", "statements": []}"#;
    let place = Place::with(&[("in/a.spdx.yaml", yaml), ("in/vex.json", newer), ("in/b.json", SINGLE)]);
    let said = place.run(&["convert", "in", "--receipt", "r.json"]);
    said.succeeds();
    assert!(said.err.contains("in/a.spdx.yaml is SPDX in YAML") && said.err.contains("it is passed over"));
    assert!(said.err.contains("in/vex.json is OpenVEX 1.0.0"), "{}", said.err);
    let receipt = place.json("r.json");
    let inputs: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(|input| &input["path"]).collect();
    assert_eq!(inputs, ["in/b.json"]);
    place.run(&["convert", "in/b.json", "in/a.spdx.yaml"]).fails(3, &["is SPDX in YAML", "--keep-going"]);
    let place = Place::with(&[("in/a.spdx.yaml", yaml)]);
    place.run(&["convert", "in"]).fails(3, &["it is passed over", "none of the files that were found"]);
    assert_eq!(place.list(), ["in", "in/a.spdx.yaml"]);
}

#[test]
fn versions_that_are_not_known_are_told() {
    for (name, text, want) in [
        ("a.spdx.json", r#"{"spdxVersion": "SPDX-9.0", "packages": []}"#, "SPDX 9.0"),
        (
            "csaf.json",
            r#"{"document": {"category": "csaf_vex"}, "vulnerabilities": []}"#,
            "no version of CSAF",
        ),
        (
            "fpf.json",
            r#"{"version": "9.0", "meta": {"application": "Dependency-Track"}, "findings": []}"#,
            "Dependency-Track's FPF 9.0",
        ),
        (
            "gl.json",
            r#"{"version": "99.0.0", "vulnerabilities": [], "scan": {"scanner": {"id": "a"}}}"#,
            "GitLab's schema 99.0.0",
        ),
        (
            "dc.xml",
            "<analysis xmlns='https://jeremylong.github.io/DependencyCheck/dependency-check.9.0.xsd'/>",
            "Dependency-Check's schema 9.0",
        ),
        ("dc.json", r#"{"reportSchema": "9.0", "dependencies": []}"#, "Dependency-Check's schema 9.0"),
        (
            "asff.json",
            r#"[{"SchemaVersion": "2099-10-08", "ProductArn": "a", "AwsAccountId": "1", "Types": []}]"#,
            "ASFF 2099-10-08",
        ),
        ("nexpose.xml", "<NexposeReport version='9.0'><nodes/></NexposeReport>", "NexposeReport 9.0"),
    ] {
        let said = Place::with(&[(name, text)]).run(&["convert", name]);
        said.succeeds();
        assert!(said.err.contains("read as") && said.err.contains(want), "{name}: {}", said.err);
    }
}

/// Whatever stands in front of what tells a format, and however long it is.
#[test]
fn formats_are_told_by_the_whole_document_where_its_beginning_does_not() {
    let references: Vec<_> = (0..5000).map(|n| format!(r#"{{"ref": "p{n}"}}"#)).collect();
    let last = r#""vulnerabilities": [{"id": "CVE-2020-0001", "affects": [{"ref": "p1"}]}],
        "bomFormat": "CycloneDX", "specVersion": "1.5""#;
    let text = format!(r#"{{"dependencies": [{}], {last}}}"#, references.join(", "));
    let place = Place::with(&[("in/a.json", &text), ("in/b.json", &text.replace(last, "\"a\": 1"))]);
    place.run(&["convert", "in/a.json", "-o", "out/"]).succeeds();
    let said = place.run(&["convert", "in", "-o", "out/", "-v"]);
    said.succeeds();
    assert!(said.err.contains("in/a.json: cyclonedx 1.5"), "{}", said.err);
    assert!(said.err.contains("in/b.json is passed over: no known format"), "{}", said.err);
    place.run(&["convert", "in/b.json"]).fails(3, &["in/b.json is of no known format"]);
}

#[test]
fn several_scanners_have_a_report_each_unless_merged() {
    let sarif = |scanner: &str, rule: &str| {
        format!(
            r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"{scanner}"}}}},"results":[{{"ruleId":"{rule}","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"a.c"}},"region":{{"startLine":1}}}}}}]}}]}}]}}"#
        )
    };
    let place = Place::with(&[("a.sarif", &sarif("First", "R1")), ("b.sarif", &sarif("Second", "R2"))]);
    let said = place.run(&["convert", "*.sarif", "-o", "out/"]);
    said.succeeds();
    let snippet = "\
           sast:
             - out/gl-sast-first-report.json
             - out/gl-sast-second-report.json
[INFO] GitLab documents one file of a kind for each job: fold security reports with --merge. Uploaded from jobs of their own, of findings that share a place and a category GitLab shows one
";
    assert!(said.err.ends_with(snippet), "{}", said.err);
    place.run(&["convert", "a.sarif", "b.sarif", "-o", "x.json"]).fails(2, &["--merge"]);
    place.run(&["convert", "a.sarif", "b.sarif", "-o", "x.json", "--merge"]).succeeds();
    assert_eq!(place.json("x.json")["vulnerabilities"].as_array().unwrap().len(), 2);
    // One that found nothing is named on that day too, and that it failed is told.
    let failed = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Third"}},"invocations":[{"executionSuccessful":false}],"results":[]}]}"#;
    place.write("c.sarif", failed.as_bytes());
    place.run(&["convert", "a.sarif", "c.sarif", "-o", "x.json", "--merge"]).succeeds();
    let scan = &place.json("x.json")["scan"];
    assert_eq!((&scan["scanner"]["name"], &scan["status"]), (&"First, Third".into(), &"failure".into()));
    assert_eq!(scan["scanner"]["id"], "scanlift-merged");
}

#[test]
fn what_is_filtered_to_the_last_finding_has_a_report() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json", "--min-severity", "critical"]).succeeds();
    assert_eq!(place.list(), ["a.json", CONTAINER, SECRET]);
    assert!(place.json(CONTAINER)["vulnerabilities"].as_array().unwrap().is_empty());
    place.run(&["validate", CONTAINER]).succeeds();
    place
        .run(&["convert", "a.json", "--min-severity", "critical", "--to", "secret_detection", "-o", "to/"])
        .succeeds();
    assert!(!place.path("to").join(CONTAINER).exists());
}

#[test]
fn a_format_that_fits_no_record_is_told() {
    let bandit = r#"{"errors":[],"results":[{"test_id":"B101","filename":"a.py","line_number":1,"issue_text":"x","issue_severity":"LOW"}]}"#;
    let place = Place::with(&[("a.json", bandit)]);
    let told = "[WARN] a.json: no record of it can be used; leave `--from semgrep` out";
    let said = place.run(&["convert", "a.json", "--from", "semgrep"]);
    said.succeeds();
    assert!(said.err.contains(told), "{}", said.err);
    assert!(!place.run(&["convert", "a.json", "--from", "bandit"]).err.contains("[WARN]"));
}

#[test]
fn files_are_excluded_as_gitlab_excludes_them() {
    let result = |file: &str| {
        let place = serde_json::json!({"artifactLocation": {"uri": file}, "region": {"startLine": 1}});
        serde_json::json!({"ruleId": "R", "message": {"text": "m"}, "locations": [{"physicalLocation": place}]})
    };
    let results = ["app/a.py", "config/b.py", "src/c.js", "src/d.py"].map(result);
    let runs = serde_json::json!([{"tool": {"driver": {"name": "ACME"}}, "results": results}]);
    let log = serde_json::json!({"version": "2.1.0", "runs": runs}).to_string();
    let place = Place::with(&[("a.sarif", &log)]);
    for (list, left, unused) in [
        ("app,config", 2, None),
        ("app/, /config/", 2, None),
        ("*.{js,py}", 0, None),
        ("src/*.js,test,lib/", 3, Some("test,lib/")),
    ] {
        let said = place.run(&["convert", "a.sarif", "--add-prefix", "services", "--exclude", list]);
        let want = if list.starts_with("src") { 4 } else { left };
        said.succeeds();
        let report = place.json("gl-sast-report.json");
        assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), want, "{list}");
        let said = place.run(&["convert", "a.sarif", "--exclude", list]);
        let report = place.json("gl-sast-report.json");
        assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), left, "{list}");
        let told = "nothing is left out by --exclude ";
        match unused {
            Some(unused) => assert!(said.err.contains(&format!("[INFO] {told}{unused}\n")), "{}", said.err),
            None => assert!(!said.err.contains(told), "{}", said.err),
        }
    }
}

#[test]
fn the_receipt_adds_up_and_names_the_files() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place
        .run(&["convert", "a.json", "-o", "out/", "--receipt", "r.json", "--min-severity", "HIGH"])
        .succeeds();
    let receipt = place.json("r.json");
    assert!(place.read("r.json").ends_with("}\n"));
    let input = &receipt["inputs"][0];
    let skipped: u64 =
        input["skipped"].as_array().unwrap().iter().map(|s| s["count"].as_u64().unwrap()).sum();
    assert_eq!(input["records"].as_u64().unwrap(), input["findings"].as_u64().unwrap() + skipped);
    assert_eq!(input["skipped"][0]["reason"], "filtered");
    assert_eq!(input["bytes"], TRIVY.len());
    assert_eq!(input["sha256"].as_str().unwrap().len(), 64);
    let outputs: Vec<_> =
        receipt["outputs"].as_array().unwrap().iter().map(|output| &output["path"]).collect();
    assert_eq!(outputs, [&Value::from(format!("out/{SECRET}")), &Value::from(format!("out/{CONTAINER}"))]);
    let said = place.run(&["convert", "a.json", "-o", "out/", "--receipt", "-", "-q"]);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()["scanlift"], receipt["scanlift"]);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let place = Place::with(&[("a.json", TRIVY), ("b.json", SINGLE)]);
    for folder in ["one", "two"] {
        place.run(&["convert", "a.json", "b.json", "-o", &format!("{folder}/")]).succeeds();
    }
    for report in [CONTAINER, SECRET] {
        assert_eq!(place.read(&format!("one/{report}")), place.read(&format!("two/{report}")));
    }
    let scan = &place.json(&format!("one/{CONTAINER}"))["scan"];
    assert_eq!(scan["start_time"], "2026-01-02T03:04:05");
    let place = Place::with(&[("b.json", SINGLE)]);
    place.run(&["convert", "b.json"]).succeeds();
    assert_eq!(place.json(CONTAINER)["scan"]["start_time"], "2023-11-14T22:13:20");
}

#[test]
fn options_come_before_variables_before_the_file() {
    let findings = |place: &Place, arguments: &[&str]| {
        let said = place.run(&[&["convert", "a.json", "--receipt", "-"], arguments].concat());
        said.succeeds();
        serde_json::from_str::<Value>(&said.out).unwrap()["inputs"][0]["findings"].as_u64().unwrap()
    };
    let place = Place::with(&[("a.json", TRIVY)]);
    assert_eq!(findings(&place, &[]), 3);
    place.write("scanlift.toml", b"min-severity = \"critical\"\noutput = \"out/\"\n");
    assert_eq!(findings(&place, &[]), 1);
    assert!(place.path("out").join(SECRET).exists());
    place.write("high.toml", b"min-severity = \"high\"\nmerge = true\nto = [\"container_scanning\"]\n");
    assert_eq!(findings(&place, &["--config", "high.toml"]), 1);
    assert_eq!(findings(&place, &["--config", "high.toml", "--to", "secret-detection"]), 1);
    let place = place.variable("SCANLIFT_MIN_SEVERITY", "high").variable("SCANLIFT_MERGE", "0");
    assert_eq!(findings(&place, &[]), 2);
    assert_eq!(findings(&place, &["--min-severity", "info"]), 3);
    let place = place.variable("SCANLIFT_TO", "secret_detection, container_scanning");
    assert_eq!(findings(&place, &["--min-severity", "info"]), 3);
}

#[test]
fn the_file_is_found_in_the_root() {
    let place = Place::with(&[("repo/scanlift.toml", "output = \"out/\""), ("repo/sub/a.json", SINGLE)]);
    fs::create_dir(place.path("repo/.git")).unwrap();
    let mut command = place.command(&["convert", "a.json"]);
    assert!(command.current_dir(place.path("repo/sub")).output().unwrap().status.success());
    assert!(place.path("repo/out").join(CONTAINER).exists());
    let place = place.variable("CI_PROJECT_DIR", "repo");
    place.run(&["convert", "repo/sub/a.json"]).succeeds();
}

#[test]
fn mistakes_in_settings_are_told_with_their_place() {
    let place = Place::with(&[("a.json", SINGLE)]);
    for (text, parts) in [
        (
            "\nmin_severity = \"low\"",
            ["scanlift.toml:2: min_severity is no known key", "did you mean `min-severity`?"],
        ),
        ("x = 1", ["x is no known key", "known keys: add-prefix, "]),
        ("min-severity = \"lowish\"", ["scanlift.toml:1: min-severity: ", "critical, high, medium"]),
        ("merge = \"yes\"", ["merge: true or false is expected", "not a text"]),
        ("to = [1, [2]]", ["to: a list of texts is expected", "not a list"]),
        ("merge = ", ["scanlift.toml:1: ", "TOML"]),
    ] {
        place.write("scanlift.toml", text.as_bytes());
        place.run(&["convert", "a.json"]).fails(2, &parts);
    }
    place.run(&["convert", "a.json", "--config", "no.toml"]).fails(2, &["no.toml"]);
    fs::remove_file(place.path("scanlift.toml")).unwrap();
    let place = place.variable("SCANLIFT_KEEP_GOING", "maybe");
    place.run(&["convert", "a.json"]).fails(2, &["SCANLIFT_KEEP_GOING is `maybe`"]);
    assert_eq!(place.list(), ["a.json"]);
}

#[test]
fn the_job_says_what_the_source_does_not() {
    let place = Place::with(&[("a.json", TRIVY)])
        .variable("CI_COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567");
    place.run(&["convert", "a.json"]).succeeds();
    let secret = &place.json(SECRET)["vulnerabilities"][0];
    assert_eq!(secret["location"]["commit"]["sha"], "0123456789abcdef0123456789abcdef01234567");
}

#[test]
fn quiet_and_level_and_colour() {
    let place = Place::with(&[("a.json", SINGLE)]);
    assert_eq!(place.run(&["convert", "a.json", "-q"]).err, "");
    assert!(!place.run(&["convert", "a.json"]).err.contains('\u{1b}'));
    assert!(place.run(&["convert", "a.json", "--color", "always"]).err.contains("\u{1b}[32m[INFO]"));
    place.run(&["convert", "no.json", "-q"]).fails(3, &["[ERRO] there is no file no.json"]);
    let place = place.variable("SECURE_LOG_LEVEL", "warn");
    assert_eq!(place.run(&["convert", "a.json"]).err, "");
    assert!(place.run(&["convert", "a.json", "-v"]).err.contains("[DEBU] a.json is read as trivy"));
    let place = place.variable("SECURE_LOG_LEVEL", "loud");
    assert!(place.run(&["convert", "a.json"]).err.starts_with("[WARN] SECURE_LOG_LEVEL"));
}

#[cfg(unix)]
#[test]
fn a_file_name_cannot_repaint_the_terminal() {
    let place = Place::with(&[("\u{1b}[2Jx.json", "{}")]);
    let said = place.run(&["convert", "\u{1b}[2Jx.json"]);
    said.fails(3, &["\\u{1b}[2Jx.json is of no known format"]);
    assert!(!said.err.contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let entry = r#"{"VulnerabilityID":"CVE-2020-0001","PkgName":"package-NUMBER","InstalledVersion":"5.0","Severity":"HIGH","Title":"A"}"#;
    let entries: Vec<_> = (0..1000).map(|number| entry.replace("NUMBER", &number.to_string())).collect();
    let many = SINGLE.replace(SINGLE.lines().last().unwrap(), &format!("{}]}}]}}", entries.join(",\n")));
    let place = Place::with(&[("many.json", &many)]);
    for arguments in [&["convert", "many.json", "-o", "-"][..], &["formats", "--json"], &["--help"]] {
        let mut child =
            place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_kind_that_is_asked_for_has_a_report() {
    let place = Place::with(&[("a.json", SINGLE)]);
    place.run(&["convert", "a.json", "--to", "container_scanning", "--to", "secret_detection"]).succeeds();
    assert_eq!(place.json(CONTAINER)["vulnerabilities"].as_array().unwrap().len(), 1);
    assert_eq!(place.json(SECRET)["vulnerabilities"].as_array().unwrap().len(), 0);
    place.run(&["validate", SECRET]).succeeds();
}

/// The input is a pipe that stays open, so that the run is in the middle of it when the signal comes.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_leaves_no_trace() {
    use std::process::Stdio;
    let place = Place::with(&[(CONTAINER, "old")]);
    // A source of its own size, large enough that it is not read to its end at once.
    let item = "{\"VulnerabilityID\":\"CVE-2020-0001\",\"PkgName\":\"bash\",\"InstalledVersion\":\"5.0\",\"Severity\":\"HIGH\"},\n";
    let (head, tail) = TRIVY.split_once("{\"VulnerabilityID\"").unwrap();
    place.write("a.json", format!("{head}{}{{\"VulnerabilityID\"{tail}", item.repeat(600_000)).as_bytes());
    let mut command = place.command(&["convert", "a.json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Its temporary file says that it is converting.
    let is_busy = || place.list().iter().any(|name| name.contains(".scanlift-"));
    while !is_busy() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let killed =
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(143));
    assert_eq!(place.read(CONTAINER), "old");
    assert_eq!(place.list(), ["a.json", CONTAINER]);
}

#[test]
fn what_a_job_printed_before_the_report_is_left_out_and_told() {
    let log = "npm WARN config old\n[main] INFO begin\n";
    let place = Place::with(&[("all.log", &format!("{log}{SINGLE}")), ("clean.json", SINGLE)]);
    place.run(&["convert", "clean.json", "-o", "clean/"]).succeeds();
    let want = place.read("clean/gl-container-scanning-report.json");
    for more in [&["-o", "a/"][..], &["--from", "trivy", "-o", "b/"]] {
        let arguments = [&["convert", "all.log", "--receipt", "receipt.json"], more].concat();
        place.run(&arguments).succeeds();
        let folder = more.last().unwrap();
        assert_eq!(place.read(&format!("{folder}gl-container-scanning-report.json")), want);
        let warning = place.json("receipt.json")["inputs"][0]["warnings"][0].to_string();
        assert!(warning.contains("2 lines before the document were left out"), "{warning}");
    }
    // In a directory, a text that shows a report is none.
    place.run(&["convert", ".", "-o", "c/"]).succeeds();
    assert_eq!(place.read("c/gl-container-scanning-report.json"), want);
}
