//! What is told of base reports, and of reports that are not as they should be.

use crate::data::{BASE, HEAD, large, open, text};
use scanlift_render::Format;

#[test]
fn what_moved_is_still_there() {
    let moved = HEAD[0]
        .replace("\"start_line\": 42", "\"start_line\": 52")
        .replace("\"end_line\": 43", "\"end_line\": 53");
    assert_eq!(open(&[&moved], &[HEAD[0]]).unwrap().headline(), "5 findings: 0 new, 5 still there, 0 fixed");
}

#[test]
fn shards_are_compared_as_one() {
    let whole = large(40);
    let (first, second) = (large(20), whole.replace("\"severity\": \"Info\"", "\"severity\": \"Low\""));
    assert_eq!(
        open(&[&first, &second], &[&whole]).unwrap().headline(),
        "60 findings: 0 new, 60 still there, 0 fixed"
    );
    assert_eq!(
        open(&[&first], &[&whole, &first]).unwrap().headline(),
        "20 findings: 0 new, 20 still there, 20 fixed"
    );
}

#[test]
fn a_kind_that_was_not_scanned_is_not_fixed() {
    let findings = open(&HEAD[..1], &BASE).unwrap();
    assert_eq!(findings.headline(), "5 findings: 2 new, 3 still there, 1 fixed");
    let notes = findings.notes();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("secret_detection"), "{notes:?}");
}

#[test]
fn a_report_that_gitlab_refuses_is_shown_but_not_compared() {
    let odd = HEAD[0].replace("\"severity\": \"High\"", "\"severity\": \"high\"");
    assert!(text(Format::Csv, &[&odd], &[]).contains("High,found,sast"));
    let error = open(&[&odd], &BASE[..1]).err().unwrap().to_string();
    assert!(error.starts_with("compare report.json: GitLab refuses it: "), "{error}");
}

#[test]
fn odd_reports_are_shown_as_far_as_they_go() {
    let report = r#"{"vulnerabilities": [
        {"message": "Old style", "severity": "Nonsense", "location": null, "identifiers": "none", "cvss_vectors": 3},
        {"identifiers": [{"type": "cve", "value": "CVE-2020-1"}], "location": {"file": 7, "start_line": "x"}},
        {}]}"#;
    let csv = text(Format::Csv, &[report], &[]);
    assert!(csv.contains("\nUnknown,found,unknown,unknown,Old style,"), "{csv}");
    assert!(csv.contains("\nUnknown,found,unknown,unknown,CVE-2020-1,"), "{csv}");
    assert!(csv.contains("\nUnknown,found,unknown,unknown,a finding without a name,"), "{csv}");
    for &format in Format::ALL {
        crate::data::bytes(format, &[report], &[]);
        crate::data::bytes(format, &[r#"{"vulnerabilities": []}"#], &[]);
    }
}

#[test]
fn what_is_no_report_is_an_error() {
    for (report, want) in [
        ("", "read report.json"),
        ("[]", "read report.json"),
        ("{}", "read report.json"),
        (r#"{"vulnerabilities": [{"name": "#, "read report.json"),
        (r#"{"vulnerabilities": [1]}"#, "read report.json"),
    ] {
        assert_eq!(
            open(&[report], &[]).err().map(|error| error.to_string()).as_deref(),
            Some(want),
            "{report}"
        );
    }
}

#[test]
fn every_format_holds_up_to_a_large_report() {
    let report = large(2_000);
    for &format in Format::ALL {
        assert!(crate::data::bytes(format, &[&report], &[]).len() > 1_000, "{}", format.as_str());
    }
}
