//! `scanlift issues` and `scanlift note`; the server is tested in their crate.

use crate::support::{CONTAINER, Place, SECRET, TRIVY};

#[test]
fn a_dry_run_says_what_would_be_done() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json"]).succeeds();
    let said =
        place.run(&["issues", "sync", CONTAINER, "--project", "1", "--dry-run", "--min-severity", "high"]);
    said.succeeds();
    assert_eq!(said.out, "open   [High] A in bash 5.0 in app:1\n");
    assert!(
        said.err.contains("1 to open, 0 to reopen, 0 to close") && said.err.contains("1 are left out"),
        "{}",
        said.err
    );
    let said = place.run(&["issues", "sync", CONTAINER, "--dry-run", "--only", "new", "--base", CONTAINER]);
    said.succeeds();
    assert_eq!(said.out, "");
}

#[test]
fn an_image_without_findings_has_to_be_named() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json"]).succeeds();
    let mut report = place.json(CONTAINER);
    report["vulnerabilities"] = serde_json::json!([]);
    place.write("none.json", report.to_string().as_bytes());
    let run = |more: &[&str]| {
        let command = &["issues", "sync", "--dry-run", "--close-fixed", CONTAINER];
        let said = place.run(&[&command[..], more].concat());
        said.succeeds();
        said.err
    };
    let told = "none.json names no image to close issues of, as it has no findings: use --image";
    assert!(run(&["none.json"]).contains(told));
    assert!(!run(&["none.json", "--image", "app:1"]).contains(told));
    assert!(!run(&[]).contains(told));
    let said = place.run(&["issues", "sync", CONTAINER, "--dry-run", "--image", "app:1"]);
    said.fails(2, &["--close-fixed"]);
}

#[test]
fn a_title_is_shown_as_people_read_it() {
    let place = Place::with(&[("a.json", &TRIVY.replace("\"A\"", "\"A of @babel/core\""))]);
    place.run(&["convert", "a.json"]).succeeds();
    let said = place.run(&["issues", "sync", CONTAINER, "--dry-run", "--min-severity", "high"]);
    said.succeeds();
    assert_eq!(said.out, "open   [High] A of @babel/core in bash 5.0 in app:1\n");
}

#[test]
fn all_names_behind_base_are_of_the_base() {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json"]).succeeds();
    let sync = ["issues", "sync", CONTAINER, SECRET, "--dry-run"];
    let said = place.run(&[&sync[..], &["--only", "new", "--base", CONTAINER, SECRET]].concat());
    said.succeeds();
    assert_eq!(said.out, "");
    assert!(said.err.contains("0 to open"), "{}", said.err);
    // Without --only nothing would be compared.
    place.run(&[&sync[..], &["--base", CONTAINER]].concat()).fails(2, &["--only <WHICH>"]);
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::with(&[("a.json", TRIVY), ("note.md", "text")]).variable("CI_JOB_TOKEN", "job-token");
    place.run(&["convert", "a.json"]).succeeds();
    let said = place.run(&["issues", "sync", CONTAINER, "--project", "1"]);
    said.fails(2, &["there is no token", "CI_JOB_TOKEN is no help", "SCANLIFT_TOKEN"]);
    assert!(!said.err.contains("job-token"));
    place.run(&["note", "post", "note.md"]).fails(2, &["which merge request"]);
    place.write("token", b"glpat-hidden\n");
    let said = place.run(&["note", "post", "note.md", "--merge-request", "1", "--token-file", "token"]);
    said.fails(2, &["which project"]);
    let said = place.run(&[
        "note",
        "post",
        "note.md",
        "--merge-request",
        "1",
        "--token-file",
        "token",
        "--project",
        "1",
        "--api",
        "nonsense",
    ]);
    said.fails(2, &["no address as https://gitlab.example.com/api/v4"]);
    assert!(!said.err.contains("glpat-hidden"));
    let said = place.run(&["note", "post", "note.md", "--dry-run"]);
    said.succeeds();
    assert_eq!(said.out, "text");
}
