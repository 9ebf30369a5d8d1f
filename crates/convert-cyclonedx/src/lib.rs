//! Lifts the vulnerabilities of CycloneDX documents into GitLab security findings.
//!
//! It reads CycloneDX 1.2 to 1.7 in JSON and 1.0 to 1.7 in XML, with the vulnerability extension of
//! versions before 1.4; a bill of materials with vulnerabilities, or one of vulnerabilities alone
//! (VEX, VDR).
//! Packages of images become findings of container scanning, others of dependency scanning; how is
//! written in `docs/mapping/cyclonedx.md`.
//!
//! It leaves out: the protobuf form. What is no vulnerability (licences, hashes, dependencies) GitLab
//! reads from the document itself; `bill_of_materials` writes it anew for that.
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//! use scanlift_convert_cyclonedx::CONVERTER;
//!
//! let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
//!     "metadata": {"component": {"type": "container", "name": "acme/shop:1.4"}},
//!     "components": [{"bom-ref": "7", "purl": "pkg:deb/debian/bash@5.0?distro=debian-12"}],
//!     "vulnerabilities": [{"id": "CVE-2020-0001", "affects": [{"ref": "7"}]}]}"#;
//! let mut sink = Collector::default();
//! CONVERTER.convert(&bom, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["location"]["image"], "acme/shop:1.4");
//! assert_eq!(sink.findings[0]["location"]["operating_system"], "debian:12");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod artifact;
mod bom;
mod component;
mod graph;
mod json;
mod map;
mod model;
mod outline;
mod place;
mod reference;
mod versions;
mod way;
mod xml;

use place::Scope;
use scanlift_convert_api::{
    BillOfMaterials, ConvertError, Converter, Descriptor, Input, Match, Options, Sink,
};
use scanlift_report_core::Kind;
use std::io::Write;

/// Reads CycloneDX documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cyclonedx;

/// The converter.
pub static CONVERTER: Cyclonedx = Cyclonedx;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cyclonedx",
    name: "CycloneDX",
    summary: "The vulnerabilities of CycloneDX documents (SBOM, VEX, VDR) in JSON and XML",
    versions: "1.0 to 1.7",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://cyclonedx.org/specification/overview/",
};

impl Converter for Cyclonedx {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        match Syntax::of(head) {
            Syntax::Json => scanlift_vex::cyclonedx::sniff_json(head),
            Syntax::Xml => sniff_xml(head),
            Syntax::Protobuf => Match::Yes,
        }
    }

    /// The document is read three times: for what it says of itself and whom its vulnerabilities
    /// affect, for these components, and for the vulnerabilities. Each part may stand anywhere.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let open = || input.open().map_err(ConvertError::Read);
        let syntax = Syntax::of(&input.beginning().map_err(ConvertError::Read)?);
        let outline = match syntax {
            Syntax::Json => json::outline(open()?)?,
            Syntax::Xml => xml::outline(open()?)?,
            Syntax::Protobuf => return Err(binary()),
        };
        let mut components = match syntax {
            Syntax::Xml => xml::components(open()?, &outline.wanted)?,
            _ => json::components(open()?, &outline.wanted)?,
        };
        components.find_ways(&outline);
        let scope = Scope::new(&outline, &components, options, input);
        sink.begin_scan(scope.scan_info()).map_err(ConvertError::Deliver)?;
        outline.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        match syntax {
            Syntax::Xml => xml::vulnerabilities(open()?, &scope, sink)?,
            _ => json::vulnerabilities(open()?, &scope, sink)?,
        }
        scope.warn(sink);
        Ok(())
    }

    fn bill_of_materials(
        &self,
        input: &dyn Input,
        options: &Options,
        out: &mut dyn Write,
    ) -> Result<Option<BillOfMaterials>, ConvertError> {
        bom::write(input, options, out).map(Some)
    }
}

/// The forms of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Xml,
    Protobuf,
}

impl Syntax {
    /// By the first bytes: what is neither XML nor protobuf is taken for JSON, whose reader says what
    /// is wrong with it.
    fn of(head: &[u8]) -> Self {
        // Field 1 of message Bom is the version: `1.` and a digit, of length 3.
        if let [0x0A, 3, b'1', b'.', b'0'..=b'9', ..] = head {
            return Self::Protobuf;
        }
        match head.trim_ascii_start().first() {
            Some(b'<') => Self::Xml,
            _ => Self::Json,
        }
    }
}

fn binary() -> ConvertError {
    ConvertError::UnsupportedVersion {
        format: "CycloneDX",
        found: "in protobuf".to_owned(),
        supported: "JSON and XML",
        help: "convert it first: cyclonedx convert --input-format protobuf --output-format json",
    }
}

fn sniff_xml(head: &[u8]) -> Match {
    let head = scanlift_convert_api::xml::Head::of(head);
    match head.root() {
        "bom" if head.namespace().starts_with(xml::NAMESPACE) => Match::Yes,
        "bom" if head.has("component") => Match::Maybe,
        _ => Match::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_marks() {
        for (head, want) in [
            (&br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "compo"#[..], Match::Yes),
            (br#"{"spdxVersion": "SPDX-2.3"}"#, Match::No),
            (br#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metad"#, Match::Yes),
            (br#"<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"/>"#, Match::Yes),
            (b"<bom><components><component/></components></bom>", Match::Maybe),
            (b"<bom xmlns='http://example.com'/>", Match::No),
            (b"\x0A\x031.5\x10\x01", Match::Yes),
            (b"", Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head), want, "{}", head.escape_ascii());
        }
    }
}
