//! njsscan, `--json`.

use crate::libsast::{self, Run, Tool};
use scanlift_convert_api::json::{self, Head, Records};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, Sink};
use scanlift_report_core::Kind;

/// Reads the JSON reports of njsscan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Njsscan;

/// The converter.
pub static CONVERTER: Njsscan = Njsscan;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "njsscan",
    name: "njsscan",
    summary: "JSON reports of njsscan",
    versions: "0.1 and later",
    kinds: &[Kind::Sast],
    url: "https://github.com/ajinabraham/njsscan",
};

const TOOL: Tool = Tool {
    name: DESCRIPTOR.name,
    scheme: "njsscan_rule_id",
    version: "njsscan_version",
    rules: &["nodejs", "templates"],
    help: "write the report with njsscan --json",
};

impl Converter for Njsscan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // With `issues` it is its report for SonarQube.
        if head.has("njsscan_version") && !head.has("issues") { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input, &TOOL)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        sink.begin_scan(run.into_scan(&TOOL)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| {
            if TOOL.rules.contains(&key) { libsast::each_rule(&mut records, reader, &TOOL) } else { Ok(()) }
        })
    }
}
