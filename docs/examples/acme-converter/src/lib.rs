//! Reads the alerts of the ACME scanner, which does not exist: an example of a converter outside of scanlift.
//!
//! ```json
//! {"acme_alerts": "2.1", "alerts": [{"rule": "ACME-7", "severity": "high", "file": "src/a.c", "line": 3, "text": "…"}]}
//! ```
//!
//! A program gets the converter by naming this crate once, `use acme_convert as _;`.
//! An alert whose `state` is `closed` is a record that the source suppresses.

use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    json::{self, Head, Loose, Records, filled},
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
            id: "acme-alerts",
            name: "ACME",
            summary: "Alerts of the ACME scanner.",
            versions: "2",
            kinds: &[Kind::Sast],
            url: "https://acme.example/alerts",
        }
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).has("acme_alerts") { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole and a report, and once for the alerts.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut is_report = false;
        json::walk(input, |key, _| {
            is_report |= key == "alerts";
            Ok(())
        })?;
        if !is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`alerts`",
                help: "write the report with acme --json",
            });
        }
        sink.begin_scan(ScanInfo::new("ACME", Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "alerts" => records.each(reader, |records, reader| records.map(reader, &(), map_alert)),
            _ => Ok(()),
        })
    }
}

/// An alert, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow)]
    rule: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    text: Option<Loose<'a>>,
}

fn map_alert<'a>(alert: &'a Alert<'_>, _: &'a ()) -> Outcome<'a> {
    let rule = filled(&alert.rule).unwrap_or_default();
    if filled(&alert.state) == Some("closed") {
        return Outcome::skip(SkipReason::Suppressed, "state: closed", rule);
    }
    let Some(identifier) = Identifier::new("acme_rule_id", rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without a rule", "");
    };
    let mut location = SourceLocation::file(filled(&alert.file).unwrap_or_default());
    location.start_line = alert.line;
    let mut vulnerability = Vulnerability::new(identifier, Location::Sast(location));
    vulnerability.name = Name::new(rule);
    vulnerability.description = Description::new(filled(&alert.text).unwrap_or_default());
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&alert.severity).and_then(Severity::from_word);
    Outcome::finding(finding)
}
