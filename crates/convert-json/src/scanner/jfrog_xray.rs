//! JFrog Xray: reports of `jf scan` and `jf audit` (`--format=json`, `--format=simple-json`), summaries
//! and reports of the REST API, and exports of components.

mod map;
mod model;

use map::{Scope, map_artifact, map_issue, map_license, map_secret, map_weakness};
use scanlift_convert_api::json::{Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::package::SpareManifest;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads reports of JFrog Xray.
#[derive(Clone, Copy, Debug, Default)]
pub struct JfrogXray;

/// The converter.
pub static CONVERTER: JfrogXray = JfrogXray;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "jfrog-xray",
    name: "JFrog Xray",
    summary: "JSON reports of JFrog Xray: of its CLI, its REST API and its exports",
    versions: "CLI 2, REST API 1 and 2",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning, Kind::Sast, Kind::SecretDetection],
    url: "https://docs.jfrog.com/security/docs/cli-output-formats",
};

/// What to do with the entries of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Issues,
    Licenses,
    Secrets,
    Weaknesses,
    Artifacts,
}

impl List {
    fn of(key: &str) -> Option<Self> {
        Some(match key {
            "vulnerabilities" | "violations" | "securityViolations" | "rows" | "data" => Self::Issues,
            "licensesViolations" | "licenseViolations" | "operationalRiskViolations" => Self::Licenses,
            "secrets" | "secretsViolations" => Self::Secrets,
            "sast" | "sastViolations" | "iac" | "iacViolations" | "iacs" => Self::Weaknesses,
            "artifacts" => Self::Artifacts,
            _ => return None,
        })
    }
}

impl Converter for JfrogXray {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let at = |list: &str, keys: &[&str]| keys.iter().all(|key| head.path_has(&[list, key]));
        let simple = ["vulnerabilities", "securityViolations"].iter().any(|list| {
            at(list, &["impactedPackageName"])
                || at(list, &["impactedDependencyName"])
                || at(list, &["issueId"])
        });
        let empty_simple = head.has("securityViolations") && head.has("licensesViolations");
        let scan = head.has("scan_id")
            && (head.has("vulnerabilities") || head.has("violations") || head.has("licenses"));
        let issues =
            ["vulnerabilities", "violations"].iter().any(|list| at(list, &["issue_id", "components"]));
        let violations = at("violations", &["infected_components", "severity"])
            || (head.has("total_violations") && head.has("violations"));
        let summary = at("artifacts", &["general", "issues"]);
        let rows = at("rows", &["vulnerable_component", "issue_id"]);
        let data = at("data", &["component_versions", "source_comp_id"])
            || at("data", &["component_versions", "issue_type"]);
        // Other databases than Xray's have an `offset` beside these.
        let is_counted = head.has("total_rows") && head.has("rows") && head.keys().count() == 2;
        match simple || empty_simple || scan || issues || violations || summary || rows || data {
            true => Match::Yes,
            false if is_counted && head.is_empty("rows") => Match::Maybe,
            false => Match::No,
        }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        if !is_known(input)? {
            return Err(ConvertError::Unrecognised {
                expected: "vulnerabilities, violations, artifacts, rows or data",
                help: "write the report with `jf scan --format=simple-json` or `jf audit --format=simple-json`",
            });
        }
        let mut scan = ScanInfo::new("JFrog Xray", Kind::DependencyScanning);
        scan.vendor = Some("JFrog".into());
        scan.url = Some("https://jfrog.com/xray/".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let scope = Scope { options, manifest: SpareManifest::new(options, input) };
        let mut records = Records::new(sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        each_key(&mut reader, |key, reader| {
            let Some(list) = List::of(key) else { return Ok(()) };
            records.each(reader, |records, reader| match list {
                List::Issues => records.map_group(reader, &scope, map_issue),
                List::Artifacts => records.map_group(reader, &scope, map_artifact),
                List::Licenses => records.map(reader, &scope, map_license),
                List::Secrets => records.map(reader, &scope, map_secret),
                List::Weaknesses => records.map(reader, &scope, map_weakness),
            })
        })?;
        scope.manifest.tell(sink);
        Ok(())
    }
}

/// Visits what an object says, or each of the objects in a list, and says how many there are.
fn each_key<R: Read>(
    reader: &mut Reader<R>,
    mut visit: impl FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<u64, ConvertError> {
    if reader.peek()? != JsonKind::Array {
        reader.each_key(visit)?;
        return Ok(1);
    }
    let mut objects = 0;
    reader.each_item(|_, reader| {
        objects += 1;
        match reader.peek()? {
            JsonKind::Object => reader.each_key(&mut visit),
            _ => Ok(()),
        }
    })?;
    Ok(objects)
}

/// Whether there is a list of what was found, or the id of a scan that found nothing; or no scan at all.
fn is_known(input: &dyn Input) -> Result<bool, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut known = false;
    let objects = each_key(&mut reader, |key, _| {
        known |= List::of(key).is_some() || key == "scan_id";
        Ok(())
    })?;
    reader.finish()?;
    Ok(known || objects == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn a_report_of_no_rows_is_known() {
        for (document, want) in [
            (r#"{"total_rows": 0, "rows": []}"#, Match::Maybe),
            (r#"{"total_rows": 0, "offset": 0, "rows": []}"#, Match::No),
            (r#"{"total_rows": 1, "rows": [{"id": "a"}]}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(document.as_bytes()), want, "{document}");
        }
        let (empty, mut sink) = (r#"{"total_rows": 0, "rows": []}"#, Collector::default());
        CONVERTER.convert(&empty, &Options::default(), &mut sink).expect("a report");
        assert_eq!(sink.records, 0);
    }
}
