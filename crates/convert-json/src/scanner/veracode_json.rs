//! Veracode: the findings API, `results.json` of the pipeline scan, and the agent-based scan of SCA.

mod agent;
mod api;
mod pipeline;

use agent::Libraries;
use api::{Scope, map_finding};
use pipeline::map_flaw;
use scanlift_convert_api::json::{Fields, Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::package::SpareManifest;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads the JSON reports of Veracode.
#[derive(Clone, Copy, Debug, Default)]
pub struct VeracodeJson;

/// The converter.
pub static CONVERTER: VeracodeJson = VeracodeJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "veracode-json",
    name: "Veracode",
    summary: "JSON of Veracode: findings API (static, dynamic, SCA), pipeline scan and agent-based scan",
    versions: "findings API v2, pipeline scan, agent-based scan",
    kinds: &[Kind::Sast, Kind::DependencyScanning, Kind::Dast],
    url: "https://docs.veracode.com/r/c_findings_v2_intro",
};

impl Converter for VeracodeJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_api = |path: &[&str]| {
            let has = |key| head.path_has(&[path, &[key]].concat());
            has("scan_type") && (has("finding_status") || has("finding_details"))
        };
        let of_pipeline = head.path_has(&["findings", "issue_type_id"])
            || (head.has("scan_id") && head.has("scan_status") && head.has("modules"));
        let of_agent = head.path_has(&["records", "metadata", "recordType"])
            || (head.path_has(&["records", "graphs", "coords"])
                && head.path_has(&["records", "graphs", "directs"]));
        // A page without findings says where it is from.
        let address = head.path_text(&["_links", "self", "href"]);
        let of_page = head.has("page") && address.is_some_and(|address| address.contains("/appsec/v2/"));
        let empty_page = head.has("page") && head.path_has(&["_embedded", "findings"]);
        let has_findings = of_api(&["findings"]) || of_api(&["_embedded", "findings"]);
        match has_findings || of_page || of_pipeline || of_agent {
            true => Match::Yes,
            false if empty_page => Match::Maybe,
            false => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut known, mut of_pipeline, mut fields) = (false, false, Fields::default());
        let mut only_packages = None;
        let (mut of_agent, mut libraries) = (false, Libraries::default());
        each_list(input, |key, reader| {
            match key {
                Some("findings") => {
                    known = true;
                    fields.objects(reader, |look: Look| {
                        of_pipeline |= look.issue_type_id.is_some();
                        let package = look.scan_type.is_some_and(|kind| kind.eq_ignore_ascii_case("SCA"));
                        only_packages = Some(only_packages.unwrap_or(true) && package);
                    })?;
                }
                Some("page") => {
                    let page: Option<Page> = fields.object(reader)?;
                    known |= page.is_some_and(|page| page.total_elements == Some(0));
                }
                Some("scan_status" | "pipeline_scan") => of_pipeline = true,
                Some("records") => {
                    of_agent = true;
                    libraries.read(reader)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known && !of_agent {
            return Err(ConvertError::Unrecognised {
                expected: "`findings` or `records`",
                help: "export the findings with the findings API, or use results.json of the pipeline scan",
            });
        }
        let is_of_packages = of_agent || only_packages == Some(true);
        let kind = if is_of_packages { Kind::DependencyScanning } else { Kind::Sast };
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, kind)).map_err(ConvertError::Deliver)?;
        std::mem::take(&mut libraries.fields.warnings).into_iter().for_each(|warning| sink.warn(warning));
        let scope = Scope { manifest: options.path.as_deref(), name: input.name() };
        let agent = agent::Scope { libraries: &libraries, spare: SpareManifest::new(options, input) };
        let mut records = Records::new(sink);
        each_list(input, |key, reader| match key {
            Some("findings") if of_pipeline => {
                records.each(reader, |records, reader| records.map(reader, &(), map_flaw))
            }
            Some("findings") => {
                records.each(reader, |records, reader| records.map(reader, &scope, map_finding))
            }
            Some("records") => agent::walk(reader, &mut records, &agent),
            _ => Ok(()),
        })?;
        agent.spare.tell(sink);
        Ok(())
    }
}

/// A finding in the first look.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Look {
    scan_type: Option<String>,
    issue_type_id: Option<String>,
}

/// How much there is, of which this is a page.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Page {
    #[serde(deserialize_with = "scanlift_convert_api::json::number")]
    total_elements: Option<u64>,
}

/// Visits the keys of the document and of its `_embedded` (HAL); one page, or a list of pages.
fn each_list<'i>(
    input: &'i dyn Input,
    mut visit: impl FnMut(Option<&str>, &mut Reader<Box<dyn Read + 'i>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut page = |reader: &mut Reader<Box<dyn Read + 'i>>| {
        reader.each_key(|key, reader| match key {
            "_embedded" if reader.peek()? == JsonKind::Object => {
                reader.each_key(|key, reader| visit(Some(key), reader))
            }
            _ => visit(Some(key), reader),
        })
    };
    if reader.peek()? == JsonKind::Array {
        reader.each_item(|_, reader| page(reader))?;
    } else {
        page(&mut reader)?;
    }
    Ok(reader.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn pages_without_findings_are_known() {
        const SELF: &str =
            r#""_links": {"self": {"href": "https://api.veracode.com/appsec/v2/applications/0/findings"}}"#;
        for (document, want, is_read) in [
            (
                r#"{"_embedded": {"findings": []}, "page": {"total_elements": 0}}"#.to_owned(),
                Match::Maybe,
                true,
            ),
            (format!(r#"{{{SELF}, "page": {{"total_elements": 0}}}}"#), Match::Yes, true),
            (format!(r#"{{{SELF}, "page": {{"total_elements": 7}}}}"#), Match::Yes, false),
            (r#"{"page": {"total_elements": 0}}"#.to_owned(), Match::No, true),
        ] {
            assert_eq!(CONVERTER.sniff(document.as_bytes()), want, "{document}");
            let mut sink = Collector::default();
            let done = CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink);
            assert_eq!((done.is_ok(), sink.records), (is_read, 0), "{document}");
        }
    }
}
