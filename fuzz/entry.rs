//! What is fuzzed: functions that take any bytes, and panic when a law does not hold.
//!
//! The fuzzer's targets call them, and `fixtures/mutations.rs` as property tests.
#![allow(dead_code, reason = "each target uses one of them")]

use scanlift_convert_api::{Converter, Input, Options, Registry};
use scanlift_pipeline::{Pipeline, Settings, output, time};
use scanlift_report_core::Report;
use std::path::PathBuf;

/// Any converter: the first two bytes choose it, the rest is the document.
pub(crate) fn convert(bytes: &[u8]) {
    let Some((choice, document)) = bytes.split_at_checked(2) else { return };
    let choice = usize::from(u16::from_be_bytes([choice[0], choice[1]]));
    let registry = registry();
    let converters: Vec<_> = registry.iter().collect();
    if let Some(converter) = converters.get(choice % converters.len().max(1)) {
        holds(*converter, document);
    }
}

/// The SARIF converter.
pub(crate) fn sarif(bytes: &[u8]) {
    by_id("sarif", bytes);
}

/// The CycloneDX converter.
pub(crate) fn cyclonedx(bytes: &[u8]) {
    by_id("cyclonedx", bytes);
}

/// The Trivy converter.
pub(crate) fn trivy(bytes: &[u8]) {
    by_id("trivy", bytes);
}

/// The converters of XML, one after the other that knows the document.
pub(crate) fn xml(bytes: &[u8]) {
    let registry = registry();
    for id in ["zap-xml", "nessus", "burp", "nmap", "checkmarx", "fortify", "spotbugs", "junit", "openvas"] {
        if let Some(converter) = registry.get(id) {
            holds(converter, bytes);
        }
    }
}

/// Detection: it may say anything, and must end.
pub(crate) fn detect(bytes: &[u8]) {
    let head = &bytes[..bytes.len().min(64 * 1024)];
    for converter in registry().iter() {
        converter.sniff(head);
    }
}

/// GitLab's verdict.
pub(crate) fn validate(bytes: &[u8]) {
    let options = scanlift_ingest::Options::new(1);
    let mut seen = 0_u64;
    if let Ok(verdict) = scanlift_ingest::judge(&bytes, &options, &mut |_, _| seen += 1) {
        assert!(!verdict.is_accepted() || verdict.ingested + verdict.dropped_count == verdict.count);
        assert!(verdict.errors.len() as u64 <= verdict.error_count);
        assert!(!verdict.is_accepted() || seen == verdict.count);
    }
}

/// Merging two reports, which a byte 0xFF parts: whichever comes first, it gives the same.
pub(crate) fn merge(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0xff);
    let (Some(one), Some(other)) = (parts.next(), parts.next()) else { return };
    let (Ok(one), Ok(other)) = (Report::from_slice(one), Report::from_slice(other)) else { return };
    let merged = |first: Report, second: Report| {
        let mut merged = scanlift_ingest::Merged::new(first);
        merged.add(second).ok().map(|()| serde_json::to_string(&merged.report).expect("a report is JSON"))
    };
    assert_eq!(merged(one.clone(), other.clone()), merged(other, one));
}

/// A report that is read and written again is the same.
pub(crate) fn report(bytes: &[u8]) {
    let Ok(report) = Report::from_slice(bytes) else { return };
    let written = serde_json::to_vec(&report).expect("a report is JSON");
    let again = Report::from_slice(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_vec(&again).expect("a report is JSON"), written);
}

fn registry() -> Registry {
    scanlift_converters::registry()
}

fn by_id(id: &str, bytes: &[u8]) {
    if let Some(converter) = registry().get(id) {
        holds(converter, bytes);
    }
}

/// The laws of a conversion: records = findings + skipped, GitLab takes every report and folds none
/// of its findings, and the same bytes give the same bytes.
pub(crate) fn holds(converter: &dyn Converter, document: &[u8]) {
    let Some(first) = outcome(converter, &document) else { return };
    let second = outcome(converter, &document).expect("it was converted before");
    assert_eq!(first, second, "two runs differ");
    for (kind, bytes) in &first {
        let mut options = scanlift_ingest::Options::new(1);
        options.kind = Some(*kind);
        let verdict =
            scanlift_ingest::judge(&bytes.as_slice(), &options, &mut |_, _| {}).expect("memory can be read");
        assert!(verdict.is_accepted(), "GitLab refuses it: {:?}", verdict.errors.first());
        assert_eq!(verdict.dropped_count, 0, "GitLab folds: {:?}", verdict.dropped.first());
    }
}

type Reports = Vec<(scanlift_report_core::Kind, Vec<u8>)>;

/// The reports of a document; `None` if it is refused.
fn outcome(converter: &dyn Converter, document: &dyn Input) -> Option<Reports> {
    let mut settings = Settings::default();
    settings.now = time::from_epoch(1_700_000_000).expect("a time");
    settings.root = Some(PathBuf::from("/nowhere"));
    settings.temp_dir = std::env::temp_dir();
    let mut pipeline = Pipeline::new(settings).expect("the settings are good");
    pipeline.begin_input("fuzz", converter.descriptor());
    let mut options = Options::default();
    options.format_is_named = true;
    converter.convert(document, &options, &mut pipeline).ok()?;
    pipeline.end_input(None, None);
    let mut finished = pipeline.finish().expect("temporary files can be written");
    for input in &finished.receipt.inputs {
        let skipped: u64 = input.skipped.iter().map(|skipped| skipped.count).sum();
        assert_eq!(input.records, input.findings + skipped, "records = findings + skipped");
    }
    let read = |report: &mut scanlift_pipeline::output::FinishedReport| {
        (report.kind, output::read_all(report).expect("a temporary file can be read"))
    };
    Some(finished.reports.iter_mut().map(read).collect())
}
