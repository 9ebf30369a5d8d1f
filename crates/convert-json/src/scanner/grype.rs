//! Grype.

use scanlift_convert_api::json::{self, Head, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{
    Description, Identifier, Kind, Location, Name, Severity, SourceLocation, Vulnerability,
};
use serde::Deserialize;

/// Reads the reports of Grype.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grype;

/// The converter.
pub static CONVERTER: Grype = Grype;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "grype",
    name: "Grype",
    summary: "JSON reports of Grype",
    versions: "1",
    kinds: &[Kind::Sast],
    url: "https://example.com/",
};

impl Converter for Grype {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).has("grype") { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "findings" => records.each(reader, |records, reader| records.map(reader, &(), map_finding)),
            _ => Ok(()),
        })?;
        Ok(reader.finish()?)
    }
}

/// A finding, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    rule: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    text: Option<Loose<'a>>,
}

fn map_finding<'a>(found: &'a Found<'_>, _: &'a ()) -> Outcome<'a> {
    let rule = filled(&found.rule).unwrap_or_default();
    let Some(identifier) = Identifier::new("grype_rule_id", rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a rule", "");
    };
    let mut location = SourceLocation::file(filled(&found.file).unwrap_or_default());
    location.start_line = found.line;
    let mut vulnerability = Vulnerability::new(identifier, Location::Sast(location));
    vulnerability.name = Name::new(rule);
    vulnerability.description = Description::new(filled(&found.text).unwrap_or_default());
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&found.severity).and_then(Severity::from_word);
    Outcome::finding(finding)
}
