//! Every real report of the corpus converts, and every entry of it is accounted for.
//!
//! The corpus is not part of the project: without it the test passes.

#![expect(clippy::unwrap_used, reason = "a test")]

use scanlift_convert_api::{Collector, Converter, Match, Options};
use scanlift_convert_trivy::CONVERTER;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}

/// Entries that the corpus does not count, since they are no findings.
fn modified(value: &Value) -> usize {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| match value {
                Value::Array(items) if key == "ExperimentalModifiedFindings" => items.len(),
                value => modified(value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(modified).sum(),
        _ => 0,
    }
}

#[test]
fn real_reports_convert() {
    let Ok(manifest) = fs::read_to_string(corpus().join("MANIFEST.tsv")) else { return };
    let mut files = 0;
    for line in manifest.lines().filter(|line| line.starts_with("trivy/")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (path, counted, flags) = (columns[0], columns[6], columns[7]);
        let document = fs::read(corpus().join(path)).unwrap();
        let flag = |name: &str| {
            let value = flags.split(',').find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='));
            value.map_or(0, |value| value.parse::<usize>().unwrap())
        };
        let expected = counted.parse::<usize>().unwrap()
            + flag("licenses")
            + flag("misconf-pass")
            + modified(&serde_json::from_slice(&document).unwrap());

        assert!(CONVERTER.sniff(&document[..document.len().min(65_536)]) >= Match::Maybe, "{path}");
        let mut sink = Collector::default();
        let result = CONVERTER.convert(&document, &Options::default(), &mut sink);
        assert!(result.is_ok(), "{path}: {result:?}");
        assert_eq!(sink.records, expected as u64, "{path}");
        assert_eq!(sink.findings.len() + sink.skipped.len(), expected, "{path}");
        files += 1;
    }
    assert!(files > 50, "{files}");
}

#[test]
fn reports_of_other_tools_are_left_alone() {
    let Ok(manifest) = fs::read_to_string(corpus().join("MANIFEST.tsv")) else { return };
    for path in manifest.lines().skip(1).filter_map(|line| line.split('\t').next()) {
        if path.starts_with("trivy/") {
            continue;
        }
        let document = fs::read(corpus().join(path)).unwrap();
        let sniffed = CONVERTER.sniff(&document[..document.len().min(65_536)]);
        assert_eq!(sniffed, Match::No, "{path}");
    }
}
