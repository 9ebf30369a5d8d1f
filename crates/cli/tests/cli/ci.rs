//! `scanlift ci` and `scanlift doctor`.

use crate::support::Place;
use std::fs;

const REPORT: &str = r#"{"version":"15.2.1","vulnerabilities":[],"scan":{"analyzer":{"id":"a","name":"A","version":"1","vendor":{"name":"A"}},"scanner":{"id":"a","name":"A","version":"1","vendor":{"name":"A"}},"start_time":"2026-01-01T00:00:00","end_time":"2026-01-01T00:00:00","status":"success","type":"sast"}}"#;

#[test]
fn a_job_is_printed() {
    let place = Place::with(&[]);
    let said = place.run(&["ci", "job", "--scanner", "bandit", "--gate", "--code-quality"]);
    said.succeeds();
    for part in
        ["\nbandit_sast:\n", "\nbandit_sast_gate:\n", "scanlift gate gl-sast-report.json --max-critical 0\n"]
    {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let own = [
        "ci",
        "job",
        "--scanner",
        "mysec",
        "--image",
        "acme/mysec:1",
        "--script",
        "mysec scan {paths}",
        "--output-file",
        "out file.sarif",
        "--kind",
        "sast",
        "--paths",
        "src",
    ];
    let said = place.run(&own);
    said.succeeds();
    assert!(
        said.out.contains("- mysec scan src\n    - scanlift convert \"out file.sarif\" --to sast\n"),
        "{}",
        said.out
    );
    let said = place.run(&["ci", "job", "--scanner", "bandit", "--gitlab", "16.5"]);
    said.succeeds();
    assert!(said.out.contains("--to sast --schema-version 15.0.7\n"), "{}", said.out);
    assert!(!said.out.contains("docker:") && !said.out.contains("access:"), "{}", said.out);
    place.run(&["ci", "scanners"]).succeeds();
    assert!(place.list().is_empty());
}

#[test]
fn what_is_missing_is_asked_for() {
    let place = Place::with(&[]);
    place
        .run(&["ci", "job", "--scanner", "semgerp"])
        .fails(2, &["did you mean semgrep?", "--image, --script"]);
    place.run(&["ci", "job", "--scanner", "mysec", "--image", "a:1"]).fails(2, &["--script: what to run"]);
    place
        .run(&["ci", "job", "--scanner", "zap", "--shards", "3"])
        .fails(2, &["cannot scan a part of the files"]);
    place.run(&["ci", "component", "--scanner", "zap"]).fails(2, &["--output"]);
    for (release, reason) in [("new", "write it as 16.5"), ("14.10", "GitLab before 15.4")] {
        place.run(&["ci", "job", "--scanner", "zap", "--gitlab", release]).fails(2, &[reason]);
    }
}

#[test]
fn files_are_written_and_none_is_overwritten() {
    let place = Place::with(&[]);
    place.run(&["ci", "component", "--scanner", "gitleaks", "-o", "c"]).succeeds();
    place.run(&["ci", "policy", "--scanner", "gitleaks", "-o", "p"]).succeeds();
    place.run(&["ci", "demo", "--scanner", "semgrep", "-o", "d"]).succeeds();
    for path in ["c/templates/gitleaks.yml", "p/.gitlab/security-policies/policy.yml", "d/.gitlab-ci.yml"] {
        assert!(place.path(path).is_file(), "{path}");
    }
    fs::write(place.path("c/README.md"), "mine").unwrap();
    place.run(&["ci", "component", "--scanner", "gitleaks", "-o", "c"]).fails(2, &["is there already"]);
    assert_eq!(place.read("c/README.md"), "mine");
}

#[test]
fn a_doctor_looks_at_the_job() {
    let place = Place::with(&[("gl-sast-report.json", REPORT)]);
    place.write(".gitlab-ci.yml", b"scan:\n  script: [scan]\n  allow_failure: true\n  artifacts: {access: developer, reports: {sast: gl-sast-report.json}}\n");
    let said = place.run(&["doctor", "--pipeline", ".gitlab-ci.yml"]);
    said.succeeds();
    assert!(
        said.out.contains("GitLab takes gl-sast-report.json") && said.out.contains("nothing is wrong"),
        "{}",
        said.out
    );
    place.write(
        ".gitlab-ci.yml",
        b"scan:\n  script: [scanlift gate x]\n  artifacts: {reports: {dast: gl-sast-report.json}}\n",
    );
    let said = place.run(&["doctor", "--pipeline", ".gitlab-ci.yml"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("uploads gl-sast-report.json as dast, and it is sast"), "{}", said.out);
    assert!(said.out.contains("put the gate into a job of its own"), "{}", said.out);
    place.write(
        ".gitlab-ci.yml",
        b"spec:\n  inputs: {}\n---\n.scan:\n  artifacts: {reports: {sast: gl-sast-report.json}}\nbuild:\n  script: [make]\n",
    );
    let said = place.run(&["doctor", "--pipeline", ".gitlab-ci.yml"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("no job uploads gl-sast-report.json as sast"), "{}", said.out);
    place.run(&["doctor", "nothing.json"]).fails(3, &["nothing.json"]);
}
