//! The reports that tests show.

use scanlift_render::{Findings, Format, Options, RenderError, Report, render};
use std::fmt::Write as _;

pub(crate) const HEAD: [&str; 5] = [
    include_str!("../data/sast.json"),
    include_str!("../data/dependencies.json"),
    include_str!("../data/container.json"),
    include_str!("../data/dast.json"),
    include_str!("../data/secrets.json"),
];
pub(crate) const BASE: [&str; 4] = [
    include_str!("../data/sast-base.json"),
    include_str!("../data/dependencies-base.json"),
    include_str!("../data/container.json"),
    include_str!("../data/secrets-base.json"),
];
/// Markup, formulas, mentions, control characters and tricks of direction in every text.
pub(crate) const HOSTILE: &str = include_str!("../data/hostile.json");

fn reports<'r>(texts: &'r [&'r str]) -> Vec<Report<'r>> {
    texts.iter().map(|text| Report { label: "report.json", input: text }).collect()
}

pub(crate) fn open<'r>(head: &'r [&'r str], base: &'r [&'r str]) -> Result<Findings<'r>, RenderError> {
    let base = (!base.is_empty()).then(|| reports(base));
    Findings::open(&reports(head), base.as_deref())
}

pub(crate) fn bytes(format: Format, head: &[&str], base: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    render(format, &open(head, base).unwrap(), &Options::default(), &mut out).unwrap();
    out
}

pub(crate) fn text(format: Format, head: &[&str], base: &[&str]) -> String {
    String::from_utf8(bytes(format, head, base)).unwrap()
}

/// A report of that many findings.
pub(crate) fn large(count: usize) -> String {
    let tool = r#"{"id": "acme", "name": "Acme", "version": "1", "vendor": {"name": "Acme"}}"#;
    let mut report = format!(
        r#"{{"version": "15.2.1", "scan": {{"type": "sast", "scanner": {tool}, "analyzer": {tool}, "status": "success",
        "start_time": "2026-03-01T10:00:00", "end_time": "2026-03-01T10:05:00"}}, "vulnerabilities": ["#
    );
    for index in 0..count {
        let severity = ["Critical", "High", "Medium", "Low", "Info"][index % 5];
        let (rule, file) = (index % 150, index % 1_000);
        let _ = write!(
            report,
            r#"{}{{"id": "{index}", "name": "Rule {rule} is broken", "severity": "{severity}",
            "description": "What rule {rule} is about: {}", "solution": "Do as rule {rule} says.",
            "identifiers": [{{"type": "acme_rule", "name": "ACME-{rule}", "value": "ACME-{rule}"}},
            {{"type": "cwe", "name": "CWE-{rule}", "value": "{rule}", "url": "https://cwe.mitre.org/data/definitions/{rule}.html"}}],
            "links": [{{"url": "https://example.com/rules/{rule}"}}],
            "location": {{"file": "src/module_{}/file_{file}.py", "start_line": {}, "end_line": {}}},
            "raw_source_code_extract": "call({index})"}}"#,
            if index == 0 { "" } else { "," },
            "it goes on and on. ".repeat(20),
            file % 40,
            index + 1,
            index + 1,
        );
    }
    report + "]}"
}
