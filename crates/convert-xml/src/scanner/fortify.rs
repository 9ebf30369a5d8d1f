//! Fortify SCA: results (FVDL, alone or in an FPR archive with the audit), and reports in XML.

mod fvdl;
mod report;
mod text;

use scanlift_convert_api::xml::{Head, Reader};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;

/// Reads results of Fortify (FPR, FVDL) and its reports in XML.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fortify;

/// The converter.
pub static CONVERTER: Fortify = Fortify;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "fortify",
    name: "Fortify",
    summary: "results of Fortify (FPR, FVDL) and its reports in XML",
    versions: "FVDL 1.x, reports of 16 to 24",
    kinds: &[Kind::Sast],
    url: "https://www.microfocus.com/documentation/fortify-static-code/",
};

impl Converter for Fortify {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        match head.root() {
            "FVDL" => Match::Yes,
            "ReportDefinition" if head.has("ReportSection") || head.has("TemplateName") => Match::Yes,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let root = Reader::new(input.open().map_err(ConvertError::Read)?).root()?;
        match root.name() {
            "FVDL" => fvdl::convert(input, sink),
            "ReportDefinition" => report::convert(input, sink),
            _ => Err(ConvertError::Unrecognised {
                expected: "FVDL or ReportDefinition",
                help: "give the FPR file itself, or export a report as XML",
            }),
        }
    }
}

fn scan_info() -> ScanInfo<'static> {
    ScanInfo::new(DESCRIPTOR.name, Kind::Sast)
}
