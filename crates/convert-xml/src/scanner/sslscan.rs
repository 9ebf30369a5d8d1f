//! sslscan: the XML of `--xml=`, versions 1.8 to 2.2.
//!
//! It reports facts about a server and rates few of them. Which are weaknesses is said here, as
//! Mozilla's guide "intermediate" and RFC 8996 (old versions of TLS), 7465 (RC4), 9325 have it.
//! Every fact that is judged is a record; one that is well is no finding.

mod check;

use check::{Check, Facts};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::tls;
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use std::borrow::Cow;

/// Reads the XML of sslscan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sslscan;

/// The converter.
pub static CONVERTER: Sslscan = Sslscan;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sslscan",
    name: "sslscan",
    summary: "XML of sslscan: weak protocols, ciphers and certificates",
    versions: "1.8 to 2.2",
    kinds: &[Kind::Dast],
    url: "https://github.com/rbsec/sslscan",
};

impl Converter for Sslscan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let titled =
            head.attribute("title").is_some_and(|title| title.to_ascii_lowercase().contains("sslscan"));
        if head.root() == "document" && (titled || head.has("ssltest")) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "document" {
            return Err(ConvertError::Unrecognised {
                expected: "a document of sslscan",
                help: "run sslscan with --xml=sslscan.xml",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = root.attribute("version").map(Into::into);
        scan.vendor = Some("rbsec".into());
        scan.url = Some(DESCRIPTOR.url.into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "ssltest" => {
                let test = reader.element(tag)?;
                let facts = Facts::of(test.root());
                for fact in test.root().children() {
                    for check in Check::all(fact, &facts) {
                        Record::begin(sink).spend(map_check(check, test.root()))?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

fn map_check<'a>(check: Check<'a>, test: Element<'a>) -> Outcome<'a> {
    let host = test.attribute("host").or(test.attribute("sniname")).unwrap_or("unknown host");
    let port = test.attribute("port").and_then(|port| port.parse().ok());
    let service = Service::new(host, port, "tcp", None);
    let flaw = check.flaw.map(|mut flaw| {
        flaw.id = check.id;
        flaw
    });
    let facts = check.facts.into_iter().map(|(key, heading, value)| (key, heading, Cow::Borrowed(value)));
    let name = test.attribute("sniname").filter(|name| *name != host);
    let last = ("server_name", "Server name (SNI)", name.unwrap_or_default());
    tls::outcome("sslscan_check", (check.kind, &check.place), flaw, &service, facts, last)
}
