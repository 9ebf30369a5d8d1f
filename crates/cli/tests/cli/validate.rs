//! The verdict on reports: lint, mending, SARIF logs.

use crate::support::{Place, Said};
use serde_json::{Value, json};

/// A report of two findings, of which GitLab takes everything and loses some.
fn report() -> Value {
    let tool = json!({"id": "acme", "name": "ACME", "version": "1", "vendor": {"name": "ACME"}});
    let finding = |id: &str, file: &str| {
        json!({"id": id, "name": "n", "description": "d", "severity": "High",
            "identifiers": [{"type": "acme", "name": "A1", "value": "A1"}],
            "location": {"file": file, "start_line": 1, "end_line": 1}})
    };
    json!({"version": "15.2.1", "vulnerabilities": [finding("1", "./a.c"), finding("2", "b.c")],
        "scan": {"type": "sast", "status": "success", "analyzer": tool, "scanner": tool,
            "start_time": "2023-01-31T12:00:00", "end_time": "2023-01-31T12:00:01"}})
}

fn place(report: &Value) -> Place {
    Place::with(&[("r.json", &report.to_string())])
}

fn json_of(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn warnings_are_told_and_count_with_strict() {
    let place = place(&report());
    let said = place.run(&["validate", "r.json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(
        said.out,
        "r.json: GitLab takes it\n  \
         sast, version 15.2.1, scanner acme · 2 findings, 2 High\n  \
         ! a path begins with ./ (path-dot-slash, 1)\n      \
         /vulnerabilities/0/location/file: \"./a.c\"\n      \
         leave the ./ out: GitLab compares paths letter by letter\n"
    );
    assert_eq!(place.run(&["validate", "--strict", "r.json"]).code, 1);
    let lint = &json_of(&place.run(&["validate", "--json", "r.json"]))[0]["lint"];
    assert_eq!(lint[0]["rule"], "path-dot-slash");
    assert_eq!(lint[0]["first"][0]["pointer"], "/vulnerabilities/0/location/file");
}

#[test]
fn what_is_masked_is_no_secret() {
    let result = json!({"ruleId": "R1", "message": {"text": "Connects to postgres://app:s3cret-pw@db/x in clear"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": 1}}}]});
    let tool = json!({"driver": {"name": "ACME", "version": "1"}});
    let log = json!({"version": "2.1.0", "runs": [{"tool": tool, "results": [result]}]});
    let place = Place::with(&[("a.sarif", &log.to_string())]);
    place.run(&["convert", "a.sarif", "-o", "masked.json"]).succeeds();
    place.run(&["convert", "a.sarif", "-o", "open.json", "--include-secrets"]).succeeds();
    assert!(place.read("masked.json").contains("postgres://app:[redacted]@db/x"));
    let said = place.run(&["validate", "--strict", "masked.json"]);
    assert_eq!(said.code, 0, "{}", said.out);
    let said = place.run(&["validate", "--strict", "open.json"]);
    assert!(said.code == 1 && said.out.contains("secret-in-text"), "{}", said.out);
}

#[test]
fn what_is_of_no_use_is_a_no() {
    let mut report = report();
    report["remediations"] = json!([{"fixes": [{"id": "1"}], "summary": "s", "diff": "upgrade it"}]);
    let place = place(&report);
    let said = place.run(&["validate", "r.json"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("x a patch is not in base64 (remediation-encoding, 1)"), "{}", said.out);
}

/// Where GitLab asks no schema, its parser is what stumbles.
#[test]
fn what_no_schema_was_asked_about_has_its_own_remedy() {
    let mut report = report();
    report["version"] = json!("15");
    report["vulnerabilities"][0] = json!({"id": "1", "identifiers": [], "location": {}});
    let error = &json_of(&place(&report).run(&["validate", "--json", "r.json"]))[0]["errors"][0];
    assert_eq!(error["rule"], "report-unreadable");
    assert!(error["message"].as_str().unwrap().contains("neither a name nor an identifier"), "{error}");
    assert!(error["remedy"].as_str().unwrap().contains("declare a published version"), "{error}");
}

#[test]
fn files_and_lines_are_looked_for_with_a_root() {
    let place = place(&report());
    place.write("src/a.c", b"");
    place.write("b.c", b"int main;");
    let said = place.run(&["validate", "--root", ".", "--json", "r.json"]);
    assert!(!said.out.contains("file-not-found"), "{}", said.out);
    let said = place.run(&["validate", "--root", "src", "--json", "r.json"]);
    assert!(said.out.contains("file-not-found"), "{}", said.out);
    assert_eq!(place.run(&["validate", "--root", "none", "r.json"]).code, 3);
}

#[test]
fn an_editor_gets_lines() {
    let mut report = report();
    report["vulnerabilities"][1]["severity"] = json!("high");
    let place = Place::with(&[("a b.json", &serde_json::to_string_pretty(&report).unwrap())]);
    let said = place.run(&["validate", "--sarif", "a b.json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let log = json_of(&said);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let told: Vec<_> =
        results.iter().map(|it| (it["ruleId"].as_str().unwrap(), it["level"].as_str().unwrap())).collect();
    assert_eq!(told, [("schema", "error"), ("path-dot-slash", "warning")]);
    let location = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "a%20b.json");
    let line = usize::try_from(location["region"]["startLine"].as_u64().unwrap()).unwrap();
    let text = place.read("a b.json");
    assert_eq!(text.lines().nth(line - 1).unwrap().trim(), "\"severity\": \"high\"");
    // What is written is a log that scanlift itself takes.
    place.write("v.sarif", said.out.as_bytes());
    place.run(&["validate", "v.sarif"]).succeeds();
}

#[test]
fn a_report_is_mended_in_its_place_or_elsewhere() {
    let mut broken = report();
    broken["vulnerabilities"][0]["severity"] = json!("HIGH");
    broken["vulnerabilities"][1]["links"] = json!([{"url": ""}]);
    broken["scan"]["end_time"] = json!("2023-01-31T12:00:01Z");
    let place = place(&broken);
    let before = place.read("r.json");
    let said = place.run(&["validate", "--fix", "--output", "fixed.json", "r.json"]);
    said.succeeds();
    assert_eq!(place.read("r.json"), before);
    assert!(said.err.contains("/vulnerabilities/0/severity: \"HIGH\" became High"), "{}", said.err);
    assert!(said.out.contains("GitLab takes it"), "{}", said.out);
    assert!(said.out.contains("mended: 1 link, 1 path, 1 severity, 1 time"), "{}", said.out);
    let said = place.feed(&["validate", "--fix", "--output", "-", "-"], before.as_bytes());
    said.succeeds();
    assert_eq!(said.out, place.read("fixed.json"));
    assert!(said.err.contains("GitLab takes it"), "{}", said.err);
    let said = place.run(&["validate", "--fix", "--strict", "--json", "r.json"]);
    said.succeeds();
    assert_eq!(json_of(&said)[0]["mended"]["count"], 4);
    assert_eq!(place.read("r.json"), place.read("fixed.json"));
    assert_eq!(place.list(), ["fixed.json", "r.json"]);
}

#[test]
fn what_cannot_be_mended_stays() {
    let place = Place::with(&[
        ("cut.json", "{\"version\": "),
        ("log.sarif", "{\"version\": \"2.1.0\", \"runs\": []}"),
    ]);
    assert_eq!(place.run(&["validate", "--fix", "cut.json"]).code, 3);
    assert_eq!(place.read("cut.json"), "{\"version\": ");
    assert_eq!(place.run(&["validate", "--fix", "log.sarif"]).code, 2);
    assert_eq!(place.feed(&["validate", "--fix", "-"], b"{}").code, 2);
    assert_eq!(place.run(&["validate", "--fix", "-o", "x.json", "cut.json", "log.sarif"]).code, 2);
    assert_eq!(place.list(), ["cut.json", "log.sarif"]);
}

#[test]
fn a_sarif_log_is_judged_as_gitlab_ingests_it() {
    let result = |rule: Value, line: u64| {
        json!({"ruleId": rule, "level": "error", "message": {"text": "m"}, "codeFlows": [{}], "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": line, "endLine": line}}}]})
    };
    let mut nameless = result(json!("A"), 3);
    nameless.as_object_mut().unwrap().remove("ruleId");
    let results =
        json!([result(json!("A"), 1), result(json!("A"), 1), result(json!("CVE-2020-1234"), 2), nameless]);
    let log =
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME"}}, "results": results}]});
    let place = Place::with(&[("x.sarif", &log.to_string())]);
    let said = place.run(&["validate", "x.sarif"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert_eq!(
        said.out,
        "x.sarif: GitLab takes it\n  \
         SARIF 2.1.0: ACME (4 results)\n  \
         ! 1 of 4 results are skipped\n  \
         ! skipped: it has no ruleId (1)\n      \
         /runs/0/results/3\n  \
         2 of 4 results become findings: 1 sast, 1 dependency_scanning; 2 High\n  \
         ! result 1 (m) is merged into number 0: both have the identifier acme:A at the same place\n  \
         lost on this way, and kept by `scanlift convert`:\n    \
         code flows are not read (3)\n    \
         the rule is not described in the log (3)\n"
    );
    assert_eq!(place.run(&["validate", "--strict", "x.sarif"]).code, 1);
    let verdict = &json_of(&place.run(&["validate", "--json", "x.sarif"]))[0];
    assert_eq!((&verdict["taken"], &verdict["skipped"]), (&json!(3), &json!(1)));
    let preview = json_of(&place.run(&["preview", "--json", "x.sarif"]));
    assert_eq!(preview["findings"].as_array().unwrap().len(), 2);
    place.run(&["preview", "x.sarif"]).succeeds();
}

#[test]
fn a_sarif_log_is_no_security_report() {
    let log = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME"}}, "results": []}]});
    let place = Place::with(&[("x.sarif", &log.to_string())]);
    place.run(&["validate", "--strict", "x.sarif"]).succeeds();
    let said = place.run(&["validate", "--as", "sast", "x.sarif"]);
    assert_eq!(said.code, 1, "{}", said.out);
    for part in
        ["GitLab refuses it", "it is a SARIF log, which belongs under the key `sarif`", "`scanlift convert`"]
    {
        assert!(said.out.contains(part), "no {part:?} in {}", said.out);
    }
    place.run(&["preview", "--as", "sast", "x.sarif"]).fails(3, &["belongs under the key `sarif`"]);
}

#[test]
fn what_gitlab_misreads_in_a_sarif_log_counts_with_strict() {
    let log = |change: &dyn Fn(&mut Value)| {
        let mut result = json!({"ruleId": "A", "level": "error", "message": {"text": "m"}, "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": 1, "endLine": 1}}}]});
        change(&mut result);
        json!({"version": "2.1.0", "runs": [
            {"tool": {"driver": {"name": "ACME", "rules": [{"id": "A"}]}}, "results": [result]}]})
        .to_string()
    };
    let place = Place::with(&[
        ("good.sarif", &log(&|_| {})),
        ("gap.sarif", &log(&|result| result["rank"] = json!(39.95))),
        ("flow.sarif", &log(&|result| result["codeFlows"] = json!([{}]))),
        (
            "path.sarif",
            &log(&|result| {
                result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = json!("/a.c");
            }),
        ),
    ]);
    for (name, code) in [("good.sarif", 0), ("gap.sarif", 1), ("flow.sarif", 1), ("path.sarif", 1)] {
        place.run(&["validate", name]).succeeds();
        assert_eq!(place.run(&["validate", "--strict", name]).code, code, "{name}");
    }
}

#[test]
fn what_to_do_is_told_of_every_error() {
    let mut tracked = report();
    for (at, line) in [(0, 3), (1, 9)] {
        tracked["vulnerabilities"][at]["location"] =
            json!({"file": "a.c", "start_line": line, "end_line": line});
        tracked["vulnerabilities"][at]["tracking"] = json!({"type": "source", "items": [
            {"signatures": [{"algorithm": "hash", "value": "h"}]}]});
    }
    let half = report().to_string().replace("\"d\"", "\"\\ud800\"");
    let place = Place::with(&[
        ("empty.json", ""),
        ("cut.json", "{\"version\": "),
        ("old.json", &report().to_string().replace("15.2.1", "14.0.0")),
        ("half.json", &half),
        ("tracked.json", &tracked.to_string()),
        ("old.sarif", "{\"version\": \"2.0.0\", \"runs\": []}"),
    ]);
    for (name, parts) in [
        ("empty.json", &["look whether the scanner ran"][..]),
        ("cut.json", &["write one JSON object in UTF-8, to its end"]),
        ("old.json", &["declare a published version, as 15.2.1"]),
        ("half.json", &["half of a surrogate pair", "write both halves of the pair"]),
        (
            "tracked.json",
            &[
                "both have the identifier acme:A1 and a tracking signature",
                "make the signature",
                "tracking-shared, 1",
            ],
        ),
        ("old.sarif", &["version \"2.0.0\" of SARIF is not supported", "write SARIF 2.1.0"]),
    ] {
        let said = place.run(&["validate", name]);
        for part in parts {
            assert!(said.out.contains(part), "no {part:?} in {}", said.out);
        }
    }
}

/// Reports of real scanners, where they are at hand.
#[test]
fn reports_of_other_tools_are_judged_as_gitlab_does() {
    let outputs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/scanner-outputs");
    let place = Place::with(&[]);
    for (file, code, parts) in [
        (
            "semgrep/gl-sast-report.json",
            1,
            &[
                "identifiers/0/url: expected an address that begins with http://, https:// or ftp://, found \"not available\"",
            ][..],
        ),
        (
            "checkov/results_gitlab_sast.json",
            0,
            &["GitLab takes it", "the ids look random", "a placeholder that a program left"][..],
        ),
    ] {
        let path = outputs.join(file);
        if !path.is_file() {
            continue;
        }
        let said = place.run(&["validate", "--as", "sast", path.to_str().unwrap()]);
        assert_eq!(said.code, code, "{}", said.out);
        for part in parts {
            assert!(said.out.contains(part), "no {part:?} in {}", said.out);
        }
    }
}
