//! Checkmarx One: results of the API and the CLI, and the JSON of its reports.

mod package;
mod report;
mod result;

use report::each_vulnerability;
use result::{Scope, map_result};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Records};
use scanlift_convert_api::package::SpareManifest;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink, image,
};
use scanlift_report_core::Kind;
use serde::Deserialize;

/// Reads the JSON reports of Checkmarx One.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckmarxOne;

/// The converter.
pub static CONVERTER: CheckmarxOne = CheckmarxOne;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "checkmarx-one",
    name: "Checkmarx One",
    summary: "results and reports of Checkmarx One as JSON: SAST, IaC, packages and images",
    versions: "AST API and CLI 2",
    kinds: &[Kind::Sast, Kind::SecretDetection, Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://checkmarx.com/resource/documents/en/34965-68640-results.html",
};

impl Converter for CheckmarxOne {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_results = head.path_has(&["results", "similarityId"]) && head.path_has(&["results", "data"]);
        let of_report = head.path_has(&["scanResults", "sast"])
            || head.path_has(&["scanResults", "sca"])
            || head.path_has(&["scanResults", "resultsList"])
            || (head.has("executiveSummary") && head.has("scanSummary"))
            || head.has("iacScanResults");
        let empty = head.has("totalCount") && head.has("results") && head.has("scanID");
        if of_results || of_report || empty { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(input)?;
        outline.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.end_time = outline.completed.map(|time| time.trim_end_matches(" UTC").to_owned().into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let image = if outline.needs_image { image::or_option(None, options, sink) } else { "".into() };
        let scope = Scope { manifest: SpareManifest::new(options, input), image: &image, options };
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => records.each(reader, |records, reader| records.map(reader, &scope, map_result)),
            key if REPORT.contains(&key) => each_vulnerability(&mut records, reader, &scope),
            _ => Ok(()),
        })?;
        scope.manifest.tell(sink);
        Ok(())
    }
}

/// The parts of a report, by engine.
const REPORT: [&str; 3] = ["scanResults", "iacScanResults", "scaScanResults"];

/// What the results need, which may stand behind them.
#[derive(Default)]
struct Outline {
    fields: Fields,
    completed: Option<String>,
    needs_image: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScanSummary {
    scan_completed_date: Option<String>,
}

/// A result in the first look: whether it says itself in which image its package is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Needs {
    #[serde(rename = "type")]
    kind: Option<String>,
    data: Option<NeedsData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NeedsData {
    image_name: Option<String>,
}

impl Outline {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        // What does not fit is told when it is mapped.
        let (mut outline, mut known, mut quiet) = (Self::default(), false, Fields::default());
        json::walk(input, |key, reader| {
            match key {
                "results" => {
                    known = true;
                    if reader.peek()? == JsonKind::Array {
                        quiet.objects(reader, |needs: Needs| outline.look(&needs))?;
                    }
                }
                key if REPORT.contains(&key) => known = true,
                "scanSummary" => {
                    let summary: Option<ScanSummary> = outline.fields.object(reader)?;
                    outline.completed = summary.and_then(|summary| summary.scan_completed_date);
                }
                _ => {}
            }
            Ok(())
        })?;
        if known {
            return Ok(outline);
        }
        Err(ConvertError::Unrecognised {
            expected: "`results` or `scanResults`",
            help: "write the report with cx results show --report-format json",
        })
    }

    fn look(&mut self, needs: &Needs) {
        if matches!(needs.kind.as_deref(), Some("sca-container" | "containers")) {
            self.needs_image |= needs.data.as_ref().and_then(|data| data.image_name.as_ref()).is_none();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    /// Reports name packages and queries in more than one way.
    #[test]
    fn every_part_of_a_report_is_read() {
        let package = r#"{"packages": [{"name": "Npm-@acme/lodash-4.17.15", "vulnerabilities": [
            {"cveId": "CVE-2099-1000", "cwe": "CWE-94", "severity": "HIGH", "score": 7.2}]}]}"#;
        let kics = r#"{"results": [{"name": "Missing User Instruction", "vulnerabilities": [
            {"issueType": "MissingAttribute", "severity": "HIGH", "fileName": "/Dockerfile", "line": 1}]}]}"#;
        let technology = r#"{"technology": [{"name": "Dockerfile", "queries": [
            {"queryName": "Missing User Instruction", "queryId": "fd54f200", "resultsList": [
            {"severity": "HIGH", "fileName": "/Dockerfile", "line": 1}]}]}]}"#;
        let queries = r#"{"resultsList": [{"queryName": "SQL_Injection", "queryId": "7", "vulnerabilities": [
            {"severity": "HIGH", "destinationFileName": "/src/Db.java", "destinationLine": 70}]}]}"#;
        let categories = r#"{"packages": [
            {"packageName": "lodash", "packageVersion": "4.17.15", "packageCategory": [
            {"categoryName": "c", "categoryResults": [{"cve": "CVE-2099-1000", "severity": "High"}]}]}]}"#;
        let mut options = Options::default();
        options.path = Some("p.lock".to_owned());
        for (document, id, file, start) in [
            (
                format!(r#"{{"scanResults": {{"sast": null, "sca": {package}}}}}"#),
                "CVE-2099-1000",
                "p.lock",
                None,
            ),
            (
                format!(r#"{{"scanResults": {{"sast": null, "kics": {kics}}}}}"#),
                "Missing User Instruction",
                "Dockerfile",
                Some(1),
            ),
            (format!(r#"{{"iacScanResults": {technology}}}"#), "fd54f200", "Dockerfile", Some(1)),
            (format!(r#"{{"scanResults": {queries}}}"#), "SQL_Injection", "src/Db.java", Some(70)),
            (
                format!(r#"{{"scanResults": {{"resultsList": []}}, "scaScanResults": {categories}}}"#),
                "CVE-2099-1000",
                "p.lock",
                None,
            ),
        ] {
            assert_eq!(CONVERTER.sniff(document.as_bytes()), Match::Yes, "{document}");
            let mut sink = Collector::default();
            CONVERTER.convert(&document.as_str(), &options, &mut sink).expect("a report");
            assert_eq!((sink.records, sink.findings.len()), (1, 1), "{document}: {:?}", sink.skipped);
            let found = &sink.findings[0];
            assert_eq!(found["identifiers"][0]["value"], id);
            let location = &found["location"];
            assert_eq!((location["file"].as_str(), location["start_line"].as_u64()), (Some(file), start));
            if start.is_none() {
                let name = location["dependency"]["package"]["name"].as_str().unwrap_or_default();
                assert!(name.ends_with("lodash"), "{name}");
                assert_eq!(location["dependency"]["version"], "4.17.15");
            }
        }
    }

    #[test]
    fn packages_of_no_manifest_are_told() {
        let report = r#"{"scanResults": {"sca": {"packages": [
            {"name": "Npm-lodash-4.17.15", "vulnerabilities": [
            {"cveId": "CVE-2099-1000", "severity": "HIGH"}]}]}}}"#;
        let mut sink = Collector::default();
        CONVERTER.convert(&report, &Options::default(), &mut sink).expect("a report");
        assert!(sink.warnings.iter().any(|warning| warning.to_string().contains("--path")));
    }
}
