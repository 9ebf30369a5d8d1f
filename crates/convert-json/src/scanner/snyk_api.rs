//! Lists of issues that Snyk's API gives: the REST API's, and those of its first version.

mod rest;
mod v1;

use crate::snyk_issue::{Target, map_issue};
use scanlift_convert_api::json::{Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::package::manifest_or_option;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads what Snyk's API gives.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnykApi;

/// The converter.
pub static CONVERTER: SnykApi = SnykApi;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "snyk-api",
    name: "Snyk API",
    summary: "issues from Snyk's API: REST (`/orgs/{id}/issues`) and v1 (test, aggregated and reported issues)",
    versions: "REST and v1",
    kinds: &[Kind::DependencyScanning, Kind::Sast],
    url: "https://docs.snyk.io/snyk-api",
};

impl Converter for SnykApi {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let is_rest = head.path_text(&["data", "type"]).is_some_and(|kind| kind == "issue")
            || head.path_has(&["data", "attributes", "effective_severity_level"]);
        let is_aggregated = head.path_has(&["issues", "issueData"]) && head.path_has(&["issues", "pkgName"]);
        let of_test = |key: &str| head.path_has(&["issues", "vulnerabilities", key]);
        let is_test = head.path_has(&["issues", "vulnerabilities"])
            && (head.has("packageManager")
                || (of_test("id") && (of_test("semver") || of_test("upgradePath"))));
        let is_report = head.path_has(&["results", "issue", "url"]) && head.path_has(&["results", "project"]);
        if is_rest || is_aggregated || is_test || is_report {
            Match::Yes
        } else if head.has("jsonapi") && head.has("data") {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let found = survey(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        let mut scan = ScanInfo::new("Snyk", Kind::DependencyScanning);
        scan.vendor = Some("Snyk".into());
        scan.url = Some("https://snyk.io/".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let target = if found.records {
            Target::Manifest(manifest_or_option(None, None, options, input, sink))
        } else {
            Target::Manifest("unknown".into())
        };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        if reader.peek()? == JsonKind::Array {
            reader.each_item(|_, reader| page(&mut records, reader, &target))
        } else {
            page(&mut records, &mut reader, &target)
        }
    }
}

/// What a first look at the whole document finds.
#[derive(Debug, Default)]
struct Survey {
    known: bool,
    records: bool,
}

/// Reads the document to its end, so that one that is cut off gives no half report.
fn survey<R: Read>(reader: &mut Reader<R>) -> Result<Survey, ConvertError> {
    let mut found = Survey::default();
    let mut look = |reader: &mut Reader<R>| {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        reader.each_key(|key, reader| {
            if matches!(key, "data" | "issues" | "results") {
                found.known = true;
                if reader.peek()? == JsonKind::Array {
                    reader.each_item(|_, _| {
                        found.records = true;
                        Ok::<_, ConvertError>(())
                    })?;
                } else {
                    found.records = true;
                }
            }
            Ok::<_, ConvertError>(())
        })
    };
    if reader.peek()? == JsonKind::Array {
        reader.each_item(|_, reader| look(reader))?;
    } else {
        look(reader)?;
    }
    reader.finish()?;
    if found.known {
        return Ok(found);
    }
    Err(ConvertError::Unrecognised {
        expected: "a list of issues (`data`, `issues` or `results`)",
        help: "save the answer of Snyk's issues API as it is; what the CLI writes is read with --from snyk",
    })
}

/// One answer of the API.
fn page<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    target: &Target<'_>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    reader.each_key(|key, reader| match (key, reader.peek()?) {
        ("data", _) => records.each(reader, |records, reader| records.map(reader, target, rest::map_issue)),
        ("issues", JsonKind::Object) => reader.each_key(|key, reader| match key {
            "vulnerabilities" | "licenses" => {
                records.each(reader, |records, reader| records.map(reader, target, map_issue))
            }
            _ => Ok(()),
        }),
        ("issues", _) => {
            records.each(reader, |records, reader| records.map(reader, target, v1::map_aggregated))
        }
        ("results", _) => {
            records.each(reader, |records, reader| records.map(reader, target, v1::map_reported))
        }
        _ => Ok(()),
    })
}
