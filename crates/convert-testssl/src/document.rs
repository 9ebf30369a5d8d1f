//! JSON: a flat list of entries, or a document with sections for each target.

use crate::entry::{Entry, is_failure, is_record};
use crate::scan_info;
use scanlift_convert_api::json::{Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{ConvertError, Input, Messages, Options, Outcome, Sink};
use scanlift_report_core::MessageLevel;
use serde::Deserialize;
use std::io::Read;

pub(crate) fn convert(input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let open = || input.open().map(Reader::new).map_err(ConvertError::Read);
    let (mut fields, mut messages, mut known) = (Fields::default(), Messages::default(), false);
    let mut scan = scan_info();
    let mut reader = open()?;
    if reader.peek()? == JsonKind::Array {
        let mut is_empty = true;
        reader.each_item(|_, reader| {
            is_empty = false;
            match reader.peek()? {
                JsonKind::Object if !known => reader.each_key(|key, _| {
                    known |= key == "severity";
                    Ok(())
                }),
                _ => Ok::<_, ConvertError>(()),
            }
        })?;
        known |= is_empty;
    } else {
        reader.each_key(|key, reader| {
            match key {
                "version" => {
                    scan.version =
                        fields.text(reader)?.and_then(|text| Some(text.split(' ').next()?.to_owned().into()));
                }
                "startTime" => scan.start_time = fields.text(reader)?.map(Into::into),
                "scanResult" => known = true,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
    }
    if !known {
        return Err(ConvertError::Unrecognised {
            expected: "`scanResult` or a list of entries",
            help: "run testssl.sh with --jsonfile testssl.json",
        });
    }
    each_entry(&mut open()?, &mut |_, reader| {
        fields.read(reader, |row: Row<'_>| {
            if is_failure(filled(&row.severity).unwrap_or_default()) {
                let text = filled(&row.finding).unwrap_or_default();
                messages.push(MessageLevel::Warn, format!("{}: {text}", filled(&row.id).unwrap_or_default()));
            }
        })?;
        Ok(())
    })?;
    scan.messages = messages.into_vec();
    fields.warnings.clear();
    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
    let mut records = Records::new(sink);
    each_entry(&mut open()?, &mut |target, reader| {
        records.map_group(reader, &(target.clone(), options), map_row)
    })
}

/// Where the entries of a section belong to; flat entries say it themselves.
#[derive(Clone, Debug, Default)]
struct Target {
    host: String,
    port: String,
    service: String,
}

type Visit<'v, R> = dyn FnMut(&Target, &mut Reader<R>) -> Result<(), ConvertError> + 'v;

fn each_entry<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    let nowhere = Target::default();
    if reader.peek()? == JsonKind::Array {
        reader.each_item(|_, reader| visit_object(&nowhere, reader, visit))?;
        return Ok(reader.finish()?);
    }
    reader.each_key(|key, reader| match (key, reader.peek()?) {
        ("scanResult", JsonKind::Array) => reader.each_item(|_, reader| section(reader, visit)),
        // Problems of the client: clientProblem1, clientProblem2.
        (_, JsonKind::Array) => reader.each_item(|_, reader| visit_object(&nowhere, reader, visit)),
        _ => Ok(()),
    })?;
    Ok(reader.finish()?)
}

fn visit_object<R: Read>(
    target: &Target,
    reader: &mut Reader<R>,
    visit: &mut Visit<'_, R>,
) -> Result<(), ConvertError> {
    if reader.peek()? == JsonKind::Object { visit(target, reader) } else { Ok(()) }
}

/// A target with lists of entries by section; what says where it is stands first.
fn section<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    match reader.peek()? {
        JsonKind::Object => {}
        _ => return Ok(()),
    }
    let mut target = Target::default();
    let (mut name, mut ip) = (String::new(), String::new());
    let mut fields = Fields::default();
    reader.each_key(|key, reader| match (key, reader.peek()?) {
        ("targetHost", _) => {
            name = fields.text(reader)?.unwrap_or_default();
            target.host = format!("{name}/{ip}");
            Ok(())
        }
        ("ip", _) => {
            ip = fields.text(reader)?.unwrap_or_default();
            target.host = format!("{name}/{ip}");
            Ok(())
        }
        ("port", _) => {
            target.port = fields.text(reader)?.unwrap_or_default();
            Ok(())
        }
        ("service", _) => {
            target.service = fields.text(reader)?.unwrap_or_default();
            Ok(())
        }
        (_, JsonKind::Array) => reader.each_item(|_, reader| visit_object(&target, reader, visit)),
        _ => Ok(()),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    ip: Option<Loose<'a>>,
    port: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    finding: Option<Loose<'a>>,
    cve: Option<Loose<'a>>,
    cwe: Option<Loose<'a>>,
}

/// One record, or none of an entry that only tells how things are.
fn map_row<'a>(row: &'a Row<'_>, (target, options): &'a (Target, &Options)) -> Vec<Outcome<'a>> {
    let severity = filled(&row.severity).unwrap_or_default();
    if !is_record(severity, options) {
        return Vec::new();
    }
    let entry = Entry {
        id: filled(&row.id).unwrap_or_default(),
        host: filled(&row.ip).unwrap_or(&target.host),
        port: filled(&row.port).unwrap_or(&target.port),
        severity,
        finding: filled(&row.finding).unwrap_or_default(),
        cve: filled(&row.cve).unwrap_or_default(),
        cwe: filled(&row.cwe).unwrap_or_default(),
        service: &target.service,
    };
    vec![entry.into_outcome(options)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn other_lists_are_refused() {
        for (document, is_report) in [
            ("[]", true),
            (r#"[{"id": "SSLv3", "severity": "OK", "finding": "not offered"}]"#, true),
            (r#"[{"foo": 1}, {"foo": 2}]"#, false),
            ("[7]", false),
        ] {
            let converted = convert(&document, &Options::default(), &mut Collector::default());
            let is_refused = matches!(converted, Err(ConvertError::Unrecognised { .. }));
            assert_eq!((converted.is_ok(), is_refused), (is_report, !is_report), "{document}: {converted:?}");
        }
    }
}
