//! Checkmarx One: results of the API and the CLI, and the JSON of its reports.

mod package;
mod report;
mod result;

use report::each_vulnerability;
use result::{Scope, map_result};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Records};
use scanlift_convert_api::package::manifest_or_option;
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
        let manifest = if outline.needs_manifest {
            manifest_or_option(None, None, options, input, sink)
        } else {
            "".into()
        };
        let image = if outline.needs_image { image::or_option(None, options, sink) } else { "".into() };
        let scope = Scope { manifest: &manifest, image: &image, options };
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => records.each(reader, |records, reader| records.map(reader, &scope, map_result)),
            "scanResults" | "iacScanResults" => each_vulnerability(&mut records, reader, &scope, key),
            _ => Ok(()),
        })
    }
}

/// What the results need, which may stand behind them.
#[derive(Default)]
struct Outline {
    fields: Fields,
    completed: Option<String>,
    needs_manifest: bool,
    needs_image: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScanSummary {
    scan_completed_date: Option<String>,
}

/// A result in the first look: whether it says itself where its package is.
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
    sca_package_data: Option<NeedsPlace>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NeedsPlace {
    locations: Option<Vec<String>>,
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
                "scanResults" | "iacScanResults" => known = true,
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
        let data = needs.data.as_ref();
        match needs.kind.as_deref() {
            Some("sca") => {
                let place = data.and_then(|data| data.sca_package_data.as_ref()?.locations.as_ref()?.first());
                self.needs_manifest |= place.is_none();
            }
            Some("sca-container" | "containers") => {
                self.needs_image |= data.and_then(|data| data.image_name.as_ref()).is_none();
            }
            _ => {}
        }
    }
}
