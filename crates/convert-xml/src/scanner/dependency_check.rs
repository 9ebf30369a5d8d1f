//! DependencyCheck.

use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{
    Description, Identifier, Kind, Location, Name, Severity, SourceLocation, Vulnerability,
};

/// Reads the reports of DependencyCheck.
#[derive(Clone, Copy, Debug, Default)]
pub struct DependencyCheck;

/// The converter.
pub static CONVERTER: DependencyCheck = DependencyCheck;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dependency-check",
    name: "DependencyCheck",
    summary: "XML reports of DependencyCheck",
    versions: "1",
    kinds: &[Kind::Sast],
    url: "https://example.com/",
};

impl Converter for DependencyCheck {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "dependency-check" { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.root()?;
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "finding" => {
                let found = reader.element(tag)?;
                Record::begin(sink).spend(map_finding(&found))
            }
            _ => Ok(()),
        })?;
        reader.finish()
    }
}

fn map_finding(found: &Element) -> Outcome<'_> {
    let rule = found.attribute("rule").unwrap_or_default();
    let Some(identifier) = Identifier::new("dependency_check_rule_id", rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a rule", "");
    };
    let mut location = SourceLocation::file(found.attribute("file").unwrap_or_default());
    location.start_line = found.attribute("line").and_then(|line| line.parse().ok());
    let mut vulnerability = Vulnerability::new(identifier, Location::Sast(location));
    vulnerability.name = Name::new(rule);
    vulnerability.description = Description::new(found.text().unwrap_or_default());
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = found.attribute("severity").and_then(Severity::from_word);
    Outcome::finding(finding)
}
