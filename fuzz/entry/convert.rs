//! Conversions, and detection.

use scanlift_convert_api::{Converter, Input, Options};
use scanlift_converters::registry;
use scanlift_pipeline::{Pipeline, Settings, output, time};
use std::path::PathBuf;

/// Any converter: the first line names it, the rest is the document. Without a name that is known, the
/// bytes choose.
pub(crate) fn convert(bytes: &[u8]) {
    let registry = registry();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (name, document) = (&bytes[..line], bytes.get(line + 1..).unwrap_or_default());
    let named = std::str::from_utf8(name).ok().and_then(|id| registry.get(id));
    let chosen = name.iter().map(|byte| usize::from(*byte)).sum::<usize>() % registry.iter().count().max(1);
    if let Some(converter) = named.or_else(|| registry.iter().nth(chosen)) {
        holds(converter, document);
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

/// The same without a look at what GitLab says: records = findings + skipped, or the document is refused.
pub(crate) fn ends(converter: &dyn Converter, document: &[u8]) {
    outcome(converter, &document);
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
