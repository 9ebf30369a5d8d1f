//! `scanlift render`.

use crate::support::{BROKEN, CONTAINER, Place, SINGLE, TRIVY};

#[test]
fn a_table_by_default_and_files_by_their_ending() {
    let place = Place::with(&[("t.json", TRIVY)]);
    let said = place.run(&["render", "t.json"]);
    said.succeeds();
    assert!(said.out.starts_with("Security findings\n3 findings\n\n KIND "), "{}", said.out);
    assert!(said.out.contains("\n Critical  Token"), "{}", said.out);
    assert!(said.err.contains("t.json: trivy 2 by Trivy: 3 records, 3 findings"), "{}", said.err);
    for (name, beginning) in [
        ("a.html", "<!doctype html>"),
        ("a.md", "<!-- scanlift:note -->\n### Security findings\n"),
        ("a.txt", "Security findings\n"),
        ("a.csv", "severity,state,kind,"),
        ("a.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"Security findings\""),
    ] {
        let said = place.run(&["render", "t.json", "-o", name]);
        said.succeeds();
        assert_eq!(said.out, "");
        assert!(said.err.contains(&format!("{name}: 3 findings")), "{}", said.err);
        assert!(place.read(name).starts_with(beginning), "{}", place.read(name));
    }
    place.run(&["render", "t.json", "-o", "a.xlsx"]).succeeds();
    assert!(std::fs::read(place.path("a.xlsx")).unwrap().starts_with(b"PK"));
    place.run(&["render", "t.json", "-o", "public/"]).succeeds();
    assert!(place.read("public/findings.html").ends_with("</html>\n"));
}

#[test]
fn reports_and_scanner_files_mix_and_are_compared() {
    let place = Place::with(&[("base.json", SINGLE), ("t.json", TRIVY)]);
    place.run(&["convert", "t.json", "-o", "."]).succeeds();
    let said = place.run(&["render", CONTAINER, "--base", "base.json", "--format", "csv"]);
    said.succeeds();
    let rows: Vec<_> =
        said.out.lines().map(|line| line.split(',').take(5).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(rows[1..], ["High,known,container_scanning,Trivy,A", "Low,new,container_scanning,Trivy,B"]);
    let said = place.run(&["render", "base.json", "--base", CONTAINER, "gl-secret-detection-report.json"]);
    said.succeeds();
    assert!(said.out.contains("1 finding: 0 new, 1 still there, 1 fixed"), "{}", said.out);
    assert!(said.err.contains("no report of secret_detection is there to compare"), "{}", said.err);
}

#[test]
fn the_title_is_the_users_else_the_projects() {
    let place = Place::with(&[("t.json", TRIVY)]).variable("CI_PROJECT_PATH", "group/<app>");
    let title = |said: &str| said.lines().next().unwrap().to_owned();
    assert_eq!(title(&place.run(&["render", "t.json"]).out), "Security findings: group/<app>");
    assert_eq!(title(&place.run(&["render", "t.json", "--title", "Release 2"]).out), "Release 2");
    let page = place.run(&["render", "t.json", "--format", "html"]).out;
    assert!(page.contains("<title>Security findings: group&#x2f;&lt;app&gt;</title>"), "{}", &page[..900]);
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_old_files_alone() {
    let place = Place::with(&[("t.json", TRIVY), ("broken.json", BROKEN), ("a.html", "old"), ("file", "")]);
    place
        .run(&["render", "t.json", "-o", "a.pdf"])
        .fails(2, &["the ending of a.pdf does not say what to write", "--format"]);
    place.run(&["render", "none.json"]).fails(3, &["there is no file none.json"]);
    place.run(&["render", "broken.json", "-o", "a.html"]).fails(3, &["broken.json:3:"]);
    place.write("cut.json", b"{\"version\": \"15.2.1\", \"scan\": {\"type\": \"sast\", \"scanner\": {}}, \"vulnerabilities\": [{\"name\": \"A\"");
    place.run(&["render", "cut.json", "-o", "a.html"]).fails(3, &["cut.json:1:"]);
    assert_eq!(place.read("a.html"), "old");
    place.run(&["render", "t.json", "-o", "file/a.html"]).fails(4, &["failed to"]);
    let names = place.list();
    assert!(!names.iter().any(|name| name.contains("scanlift-") || name.contains("pdf")), "{names:?}");
}

#[test]
fn a_refused_report_is_shown_and_not_compared() {
    let place = Place::with(&[("t.json", TRIVY)]);
    place.run(&["convert", "t.json", "-o", "."]).succeeds();
    place.write("odd.json", place.read(CONTAINER).replace("\"High\"", "\"high\"").as_bytes());
    place.run(&["render", "odd.json"]).succeeds();
    place
        .run(&["render", "odd.json", "--base", CONTAINER])
        .fails(3, &["compare odd.json: GitLab refuses it", "`scanlift validate odd.json`"]);
}
