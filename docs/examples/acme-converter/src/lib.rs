//! Reads the alerts of the ACME scanner, which does not exist: an example of a converter outside of scanlift.
//!
//! ```json
//! {"acme": "2.1", "alerts": [{"rule": "ACME-7", "severity": "high", "file": "src/a.c", "line": 3, "text": "…"}]}
//! ```
//!
//! A program gets the converter by naming this crate once, `use acme_convert as _;`.
//! An alert whose `state` is `closed` is a record that the source suppresses.

use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Record, ScanInfo, Sink, SkipReason,
    json::{self, Head, Reader, Repair, Text},
    register,
};
use scanlift_report_core::{
    Description, Identifier, Kind, Location, Name, Severity, SourceLocation, Vulnerability,
};
use serde::Deserialize;

/// The converter of the ACME scanner.
#[derive(Clone, Copy, Debug)]
pub struct Acme;

/// A plain value, for who wants no registry.
pub static CONVERTER: Acme = Acme;
register!(CONVERTER);

impl Converter for Acme {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor {
            id: "acme",
            name: "ACME",
            summary: "Alerts of the ACME scanner.",
            versions: "2",
            kinds: &[Kind::Sast],
            url: "https://acme.example/alerts",
        }
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).has("acme") { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        sink.begin_scan(ScanInfo::new("ACME", Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut repair = Repair::default();
        reader.each_key(|key, reader| match key {
            "alerts" => reader.each_item(|_, reader| {
                let (alert, _) = reader.parse_lenient::<Alert>(&mut repair)?;
                convert_alert(alert, sink)
            }),
            _ => Ok(()),
        })?;
        Ok(reader.finish()?)
    }
}

/// An alert, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
struct Alert<'a> {
    #[serde(borrow)]
    rule: Option<Text<'a>>,
    severity: Option<Text<'a>>,
    state: Option<Text<'a>>,
    file: Option<Text<'a>>,
    #[serde(default, deserialize_with = "json::number")]
    line: Option<u64>,
    text: Option<Text<'a>>,
}

fn convert_alert(alert: Alert<'_>, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let record = Record::begin(sink);
    let rule = alert.rule.map(Text::into_cow).unwrap_or_default();
    if alert.state.as_deref() == Some("closed") {
        record.skip(SkipReason::Suppressed, "state: closed", &rule);
        return Ok(());
    }
    let Some(identifier) = Identifier::new("acme_rule_id", rule.clone(), rule.clone()) else {
        record.skip(SkipReason::Unsupported, "an alert without a rule", "");
        return Ok(());
    };
    let mut location = SourceLocation::file(alert.file.map(Text::into_cow).unwrap_or_default());
    location.start_line = alert.line;
    let mut vulnerability = Vulnerability::new(identifier, Location::Sast(location));
    vulnerability.name = Name::new(rule);
    vulnerability.description = alert.text.and_then(|text| Description::new(text.into_cow()));
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = alert.severity.as_deref().and_then(Severity::from_word);
    record.emit(finding)
}
