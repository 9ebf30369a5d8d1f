//! "Simple XML" (`NeXposeSimpleXML` 1.0): which vulnerabilities a host has, by their ids alone.

use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Reader, Tag};
use scanlift_convert_api::{ConvertError, Outcome, Record, Sink, SkipReason, Warning, cwe};
use scanlift_report_core::Severity;
use std::io::Read;

/// Reads the devices below the root.
pub(super) fn read<R: Read>(reader: &mut Reader<R>, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    sink.warn(Warning::note(
        "Simple XML has no names and severities: export the report as \"XML Export 2.0\", which has them",
    ));
    reader.each_child(|tag, reader| match tag.name() {
        "devices" => reader.each_child(|tag, reader| {
            let address = tag.attribute("address").unwrap_or("unknown host").to_owned();
            reader.each_child(|tag, reader| match tag.name() {
                "vulnerabilities" => read_list(&Service::new(&address, None, "", None), reader, sink),
                "services" => reader.each_child(|tag, reader| read_service(&address, tag, reader, sink)),
                _ => Ok(()),
            })
        }),
        _ => Ok(()),
    })
}

fn read_service<R: Read>(
    address: &str,
    tag: &Tag,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let own = |name: &str| tag.attribute(name).unwrap_or_default().to_owned();
    let (name, port, protocol) = (own("name"), own("port").parse().ok(), own("protocol"));
    let service =
        Service::new(address, port, &protocol, Some(&name).filter(|it| !it.is_empty()).map(|it| &**it));
    reader.each_child(|tag, reader| match tag.name() {
        "vulnerabilities" => read_list(&service, reader, sink),
        _ => Ok(()),
    })
}

fn read_list<R: Read>(
    service: &Service<'_>,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let entry = reader.element(tag)?;
        Record::begin(sink).spend(map_vulnerability(entry.root(), service))
    })
}

fn map_vulnerability<'a>(entry: Element<'a>, service: &'a Service<'_>) -> Outcome<'a> {
    let id = entry.attribute("id").unwrap_or_default();
    // The first letter says what came out, the second how it was tested.
    let code = entry.attribute("resultCode").unwrap_or("V");
    match code.chars().next() {
        Some('V') => {}
        Some('E') if code != "ER" => {
            return Outcome::skip(SkipReason::Suppressed, format!("resultCode: {code}, an exception"), id);
        }
        _ => return Outcome::skip(SkipReason::NotAFinding, format!("resultCode: {code}"), id),
    }
    let mut weakness = Weakness::new("nexpose_vulnerability_id", id);
    weakness.name = Some(id.into());
    weakness.severity = Some(Severity::Unknown);
    let mut others = Vec::new();
    for reference in entry.all("id") {
        let Some(text) = reference.text() else { continue };
        match reference.attribute("type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "cve" => weakness.advisories.push(text.into()),
            "cwe" => weakness.cwes.extend(cwe::parse(text).or_else(|| text.parse().ok())),
            "url" => weakness.refer(text),
            kind => others.push(format!("{kind}: {text}")),
        }
    }
    let Some(mut finding) = weakness.into_finding(service.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without id", "");
    };
    let details = &mut finding.vulnerability.details;
    service.add_details(details);
    details.text("result_code", "Result code", code);
    scanlift_convert_api::details::add_list(details, "other_references", "Other references", others);
    Outcome::finding(finding)
}
