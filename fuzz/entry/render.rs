//! What people see of a report: nothing in it becomes more than text.

use scanlift_render::{Findings, Format, Options, Report, render as write};

/// A report in every format.
pub(crate) fn render(bytes: &[u8]) {
    let report = Report { label: "report.json", input: &bytes };
    let Ok(findings) = Findings::open(&[report], None) else { return };
    let written = |format| {
        let mut out = Vec::new();
        write(format, &findings, &Options::default(), &mut out).ok().map(|()| out)
    };
    for &format in Format::ALL {
        let Some(out) = written(format) else { continue };
        assert_eq!(Some(&out), written(format).as_ref(), "{} differs", format.as_str());
        if format.is_binary() {
            assert!(out.starts_with(b"PK"));
            continue;
        }
        let text = String::from_utf8(out).expect("text");
        let strange = text.chars().find(|c| (c.is_control() && !"\n\r\t".contains(*c)) || is_bidi(*c));
        // The page shows escapes, from data in which they are as the report has them.
        assert!(strange.is_none() || format == Format::Html, "{strange:?} in {}", format.as_str());
        match format {
            Format::Text => assert!(!text.contains(['\r', '\u{1b}']), "a terminal would move"),
            Format::Html => {
                let tags = |text: &str| text.to_lowercase().matches("<script").count();
                assert_eq!(tags(&text), tags(&empty_page()), "a script more than without findings");
            }
            Format::Csv => {
                let mut rows = csv::Reader::from_reader(text.as_bytes());
                assert!(rows.records().all(|row| row.is_ok()), "a row is longer than the others");
            }
            _ => {}
        }
    }
}

/// Characters that turn the order of others around.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn empty_page() -> String {
    let report = r#"{"version": "15.2.1", "scan": {"type": "sast"}, "vulnerabilities": []}"#;
    let findings =
        Findings::open(&[Report { label: "report.json", input: &report }], None).expect("a report");
    let mut out = Vec::new();
    write(Format::Html, &findings, &Options::default(), &mut out).expect("memory");
    String::from_utf8(out).expect("text")
}
