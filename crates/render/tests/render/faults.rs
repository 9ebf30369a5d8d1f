//! Whatever stands in a report: an answer or an error, never a panic, and nothing that gets out of its place.

use crate::data::{HEAD, HOSTILE, open};
use proptest::prelude::*;
use scanlift_render::{Format, Options, render};

/// Writes every format that can be written.
fn outputs(report: &str) -> Vec<(Format, String)> {
    let reports = [report];
    let Ok(findings) = open(&reports, &[]) else { return Vec::new() };
    let mut outputs = Vec::new();
    for &format in Format::ALL {
        let mut out = Vec::new();
        if render(format, &findings, &Options::default(), &mut out).is_ok() {
            outputs.push((format, String::from_utf8_lossy(&out).into_owned()));
        }
    }
    outputs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn broken_reports_never_panic(which in 0..2_usize, at in 0..100_000_usize, instead in "[\\[\\]{}\",:0-9a-z\\\\\u{0}\u{e9}]{0,3}", length in 0..4_usize) {
        let report = [HEAD[0], HOSTILE][which];
        let mut bytes = report.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes.splice(at..(at + length).min(report.len()), instead.bytes());
        outputs(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_text_gets_out_of_its_place(text in "\\PC{0,40}|[<>/!\\-scriptSCRIPT\\]\\[`@#~\r\n\t\u{0}\u{1b}\u{202e}\u{2028}\u{ffff}]{0,30}") {
        let text = serde_json::to_string(&text).unwrap();
        let report = format!(
            r#"{{"version": "15.2.1", "scan": {{"type": "sast", "scanner": {{"id": "a", "name": {text}}}}},
            "vulnerabilities": [{{"id": {text}, "name": {text}, "description": {text}, "severity": "High", "solution": {text},
            "identifiers": [{{"type": "a", "name": {text}, "value": {text}, "url": {text}}}], "links": [{{"url": {text}}}],
            "location": {{"file": {text}, "start_line": 1}}, "details": {{"a": {{"name": {text}, "type": "text", "value": {text}}}}}}}],
            "remediations": [{{"fixes": [{{"id": {text}}}], "summary": {text}, "diff": {text}}}]}}"#
        );
        let outputs = outputs(&report);
        prop_assert_eq!(outputs.len(), Format::ALL.len());
        for (format, out) in outputs {
            match format {
                // Four blocks of data and the script, whatever is in them.
                Format::Html => {
                    prop_assert_eq!(out.matches("<script").count(), 5);
                    prop_assert_eq!(out.matches("</script").count(), 5);
                }
                Format::Junit => {
                    let mut reader = quick_xml::Reader::from_str(&out);
                    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
                }
                Format::Text => prop_assert!(!out.chars().any(|char| char.is_control() && char != '\n')),
                Format::Csv => {
                    let mut reader = csv::Reader::from_reader(out.as_bytes());
                    prop_assert_eq!(reader.records().filter_map(Result::ok).count(), 1);
                }
                _ => {}
            }
        }
    }
}
