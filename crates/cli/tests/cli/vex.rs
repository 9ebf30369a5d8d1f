//! `scanlift convert --vex`.

use crate::support::{CONTAINER, Place, TRIVY, base64};
use serde_json::Value;

/// Rules CVE-2020-0001 of bash out, says what to do about CVE-2020-0002, and has two statements about
/// nothing: another vulnerability, and another product.
const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","author":"Acme","timestamp":"2026-01-01T00:00:00Z","statements":[
{"vulnerability":{"name":"CVE-2020-0001"},"products":[{"@id":"pkg:oci/app","subcomponents":[{"@id":"pkg:deb/debian/bash@5.0"}]}],
 "status":"not_affected","justification":"vulnerable_code_not_in_execute_path","impact_statement":"No script is run."},
{"vulnerability":{"name":"CVE-2020-0002"},"products":["pkg:deb/debian/bash"],"status":"affected","action_statement":"Wait for 5.1."},
{"vulnerability":{"name":"CVE-2020-0002"},"products":["pkg:deb/debian/zsh"],"status":"fixed"},
{"vulnerability":{"name":"CVE-1999-0001"},"status":"fixed"}]}"#;

fn place() -> Place {
    Place::with(&[("trivy.json", TRIVY), ("vex/app.vex.json", VEX)])
}

fn ids(report: &Value) -> Vec<&str> {
    let findings = report["vulnerabilities"].as_array().unwrap();
    findings.iter().map(|finding| finding["identifiers"][0]["value"].as_str().unwrap()).collect()
}

#[test]
fn a_finding_is_ruled_out_on_record() {
    let place = place();
    let said = place.run(&["convert", "trivy.json", "--vex", "vex/*.json", "--receipt", "r.json"]);
    said.succeeds();
    for part in [
        "[INFO] vex/app.vex.json: openvex 0.2.0: 4 statements, 2 about findings",
        "[WARN] vex/app.vex.json: 2 of 4 statements matched no finding; of 1 the vulnerability was found (CVE-2020-0002), but in another product",
        "1 vex           app.vex.json: not_affected: vulnerable_code_not_in_execute_path (CVE-2020-0001)",
    ] {
        assert!(said.err.contains(part), "no {part:?} in:\n{}", said.err);
    }
    let report = place.json(CONTAINER);
    assert_eq!(ids(&report), ["CVE-2020-0002"]);
    let finding = &report["vulnerabilities"][0];
    assert_eq!(finding["solution"], "Wait for 5.1.");
    assert_eq!(finding["details"]["vex"]["items"]["status"]["value"], "affected");
    let receipt = place.json("r.json");
    let input = &receipt["inputs"][0];
    assert_eq!((&input["records"], &input["findings"]), (&3.into(), &2.into()));
    assert_eq!(input["skipped"][0]["reason"], "vex");
    assert_eq!(input["skipped"][0]["examples"][0], "CVE-2020-0001");
    let vex = &receipt["vex"][0];
    assert_eq!((&vex["path"], &vex["format"]), (&"vex/app.vex.json".into(), &"openvex".into()));
    assert_eq!((&vex["statements"], &vex["matched"]), (&4.into(), &2.into()));
}

#[test]
fn a_finding_is_flagged() {
    let place = place();
    place.run(&["convert", "trivy.json", "--vex", "vex/app.vex.json", "--vex-action", "flag"]).succeeds();
    let report = place.json(CONTAINER);
    assert_eq!(ids(&report), ["CVE-2020-0001", "CVE-2020-0002"]);
    let flag = &report["vulnerabilities"][0]["flags"][0];
    assert_eq!(flag["type"], "flagged-as-likely-false-positive");
    assert_eq!(
        flag["description"],
        "app.vex.json: not_affected: vulnerable_code_not_in_execute_path (CVE-2020-0001). No script is run."
    );
    assert!(report["vulnerabilities"][1].get("flags").is_none());
}

#[test]
fn file_and_variable_name_it_too() {
    let place = Place::with(&[
        ("trivy.json", TRIVY),
        ("vex/app.vex.json", VEX),
        ("conf/scanlift.toml", "vex = [\"../vex/*.json\"]\nvex-action = \"skip\"\n"),
    ]);
    place.run(&["convert", "trivy.json", "--config", "conf/scanlift.toml"]).succeeds();
    assert_eq!(ids(&place.json(CONTAINER)), ["CVE-2020-0002"]);
    let place = place.variable("SCANLIFT_VEX", "vex/app.vex.json,vex/app.vex.json");
    place.run(&["convert", "trivy.json"]).succeeds();
    assert_eq!(ids(&place.json(CONTAINER)), ["CVE-2020-0002"]);
    let place = place.variable("SCANLIFT_VEX_ACTION", "drop");
    place.run(&["convert", "trivy.json"]).fails(2, &["SCANLIFT_VEX_ACTION", "drop"]);
}

/// As cosign writes them, one a line.
#[test]
fn attestations_are_opened() {
    let envelope = |kind: &str, predicate: &str| {
        let statement = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"{kind}","predicate":{predicate}}}"#
        );
        format!(r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{}"}}"#, base64(&statement))
    };
    let vex = envelope("https://openvex.dev/ns/v0.2.0", VEX);
    let built = envelope("https://slsa.dev/provenance/v1", "{}");
    let place = Place::with(&[("trivy.json", TRIVY), ("a", &format!("{vex}\n{built}\n")), ("b", &built)]);
    let said = place.run(&["convert", "trivy.json", "--vex", "a"]);
    said.succeeds();
    assert!(said.err.contains("a[1] is passed over"), "{}", said.err);
    assert!(said.err.contains("a[0]: openvex 0.2.0: 4 statements, 2 about findings"), "{}", said.err);
    assert_eq!(ids(&place.json(CONTAINER)), ["CVE-2020-0002"]);
    place.run(&["convert", "trivy.json", "--vex", "b"]).fails(3, &["b is a signed envelope without a VEX"]);
}

#[test]
fn a_bad_document_is_3_and_writes_nothing() {
    let place = Place::with(&[
        ("trivy.json", TRIVY),
        ("broken.json", &VEX.replace("\"fixed\"}]}", "\"fixed\"]]}")),
        ("cut.json", &VEX[..VEX.len() - 20]),
        ("other.json", TRIVY),
        ("new.json", &VEX.replace("v0.2.0", "v2.0.0")),
        ("folder/a.json", VEX),
    ]);
    for (file, parts) in [
        ("broken.json", ["[ERRO] broken.json:6:", "expected `}`, found `]`"].as_slice()),
        ("cut.json", &["[ERRO] cut.json:6:", "make the document again"]),
        ("other.json", &["other.json is no VEX document", "OpenVEX, CSAF or CycloneDX"]),
        ("new.json", &["OpenVEX 2.0.0", "0.0.1 to 0.2.0"]),
        ("missing.json", &["there is no file missing.json"]),
        ("*.vex", &["no file matches *.vex"]),
        ("folder", &["folder is a directory", "quoted glob"]),
    ] {
        place.run(&["convert", "trivy.json", "--vex", file]).fails(3, parts);
        place.run(&["convert", "--keep-going", "trivy.json", "--vex", file]).fails(3, parts);
    }
    assert!(!place.path(CONTAINER).exists());
    place
        .run(&["convert", "trivy.json", "--vex", "folder/a.json", "--vex-action", "x"])
        .fails(2, &["skip, flag"]);
}
