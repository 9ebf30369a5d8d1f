//! Lifts reports of testssl.sh into GitLab security findings.
//!
//! It reads what `--jsonfile`, `--jsonfile-pretty` and `--csvfile` write.
//! A record is an entry that testssl.sh rates `LOW` to `CRITICAL`, or could not judge (`WARN`); with
//! `--include-info` every entry is one.
//! It leaves out: the log and HTML files.
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//! use scanlift_convert_testssl::CONVERTER;
//!
//! let document = r#"[{"id": "SSLv3", "ip": "a.example/192.0.2.1", "port": "443", "severity": "HIGH",
//!     "finding": "offered"}]"#;
//! let mut sink = Collector::default();
//! CONVERTER.convert(&document, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["location"]["hostname"], "https://a.example:443");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod document;
mod entry;
mod table;

use scanlift_convert_api::json::Head;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads reports of testssl.sh.
#[derive(Clone, Copy, Debug, Default)]
pub struct Testssl;

/// The converter.
pub static CONVERTER: Testssl = Testssl;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "testssl",
    name: "testssl.sh",
    summary: "reports of testssl.sh in JSON (flat and pretty) and CSV",
    versions: "2.9 to 3.2",
    kinds: &[Kind::Dast],
    url: "https://testssl.sh/doc/testssl.1.html",
};

impl Converter for Testssl {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if table::is_table(head) {
            return Match::Yes;
        }
        let head = Head::of(head);
        let flat = ["id", "ip", "port", "severity", "finding"].iter().all(|key| head.has(key));
        let pretty = head.has("Invocation") && head.has("at")
            || head.path_has(&["scanResult", "targetHost"])
            || head.path_has(&["clientProblem1", "finding"]);
        if flat || pretty { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut first = [0; 4096];
        let mut length = 0;
        let mut read = input.open().map_err(ConvertError::Read)?;
        while let Some(rest) = first.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match read.read(rest).map_err(ConvertError::Read)? {
                0 => break,
                more => length += more,
            }
        }
        drop(read);
        if table::is_table(first.get(..length).unwrap_or_default()) {
            table::convert(input, options, sink)
        } else {
            document::convert(input, options, sink)
        }
    }
}

fn scan_info() -> ScanInfo<'static> {
    let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
    scan.url = Some("https://testssl.sh".into());
    scan
}
