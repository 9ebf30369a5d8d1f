//! Checkov, `-o json`.

mod check;
mod package;

use check::{Scope, map_failed, map_passed, map_skipped};
use scanlift_convert_api::json::{Fields, Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, ScanInfo, Sink, Warning,
};
use scanlift_report_core::{Kind, MessageLevel};
use serde::Deserialize;
use std::io::Read;

/// Reads the JSON reports of Checkov.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checkov;

/// The converter.
pub static CONVERTER: Checkov = Checkov;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "checkov",
    name: "Checkov",
    summary: "JSON reports of Checkov: infrastructure, secrets, packages and images",
    versions: "1 to 3",
    kinds: &[Kind::Sast, Kind::SecretDetection, Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://www.checkov.io/2.Basics/Reviewing%20Scan%20Results.html",
};

impl Converter for Checkov {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_report = head.has("check_type") && (head.has("results") || head.has("summary"));
        let of_summary = head.has("checkov_version") && head.has("passed") && head.has("failed");
        // The type may stand behind the checks, of which there are many.
        let of_checks = ["passed_checks", "failed_checks"]
            .into_iter()
            .any(|checks| head.path_has(&["results", checks, "check_id"]));
        if of_report || of_summary || of_checks { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = run.version.map(Into::into);
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let mut types = run.types.into_iter();
        each_report(input, |reader| {
            let scope = Scope { check_type: types.next().unwrap_or_default(), options };
            reader.each_key(|key, reader| {
                if key != "results" || reader.peek()? != JsonKind::Object {
                    return Ok(());
                }
                reader.each_key(|key, reader| match key {
                    "failed_checks" => {
                        records.each(reader, |records, reader| records.map(reader, &scope, map_failed))
                    }
                    "passed_checks" => {
                        records.each(reader, |records, reader| records.map(reader, &scope, map_passed))
                    }
                    "skipped_checks" => {
                        records.each(reader, |records, reader| records.map(reader, &scope, map_skipped))
                    }
                    _ => Ok(()),
                })
            })
        })
        .map(drop)
    }
}

/// Visits the reports: one for each framework, or a single one that is no list; and says how many there are.
fn each_report(
    input: &dyn Input,
    mut visit: impl FnMut(&mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<u64, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut reports = 0;
    if reader.peek()? == JsonKind::Array {
        reader.each_item(|_, reader| {
            reports += 1;
            if reader.peek()? == JsonKind::Object { visit(reader) } else { Ok(()) }
        })?;
    } else {
        reports = 1;
        visit(&mut reader)?;
    }
    reader.finish()?;
    Ok(reports)
}

/// What stands beside the checks.
#[derive(Default)]
struct Run {
    version: Option<String>,
    /// The `check_type` of each report.
    types: Vec<String>,
    messages: Messages,
    warnings: Vec<Warning>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    checkov_version: Option<String>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut known) = (Self::default(), Fields::default(), false);
        let reports = each_report(input, |reader| {
            let mut check_type = String::new();
            reader.each_key(|key, reader| {
                match key {
                    "check_type" => check_type = fields.text(reader)?.unwrap_or_default(),
                    "summary" => {
                        known = true;
                        let summary: Option<Summary> = fields.object(reader)?;
                        run.version =
                            run.version.take().or(summary.and_then(|summary| summary.checkov_version));
                    }
                    // Nothing to scan: the summary is the whole document.
                    "checkov_version" => {
                        known = true;
                        run.version = fields.text(reader)?;
                    }
                    "results" if reader.peek()? == JsonKind::Object => reader.each_key(|key, reader| {
                        known = true;
                        if key == "parsing_errors" {
                            for file in fields.texts(reader)? {
                                run.messages.push(MessageLevel::Warn, format!("{file}: it cannot be parsed"));
                            }
                        }
                        Ok::<_, ConvertError>(())
                    })?,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })?;
            run.types.push(check_type);
            Ok(())
        })?;
        if !known && reports > 0 {
            return Err(ConvertError::Unrecognised {
                expected: "`results` or `summary`",
                help: "write the report with checkov -o json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}
