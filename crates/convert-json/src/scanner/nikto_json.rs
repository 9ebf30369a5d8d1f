//! Nikto, `-Format json`: a host with its vulnerabilities, or a list of hosts.

use scanlift_convert_api::details::add_url;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    advisory, cwe, sentence,
};
use scanlift_report_core::{Kind, Location, Severity, WebLocation};
use serde::Deserialize;
use std::io::Read;

/// Reads the JSON reports of Nikto.
#[derive(Clone, Copy, Debug, Default)]
pub struct NiktoJson;

/// The converter.
pub static CONVERTER: NiktoJson = NiktoJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nikto-json",
    name: "Nikto",
    summary: "JSON reports of Nikto",
    versions: "2.1.6 to 2.5",
    kinds: &[Kind::Dast],
    url: "https://github.com/sullo/nikto/wiki/Export-Formats",
};

impl Converter for NiktoJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_host = head.has("host") && head.has("ip") && head.has("port") && head.has("banner");
        if of_host && (head.has("vulnerabilities") || head.keys().count() >= 4) {
            Match::Yes
        } else {
            Match::No
        }
    }

    /// The document is read twice: the host may be named behind its vulnerabilities.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut hosts) = (Fields::default(), Vec::new());
        each_host(input, |reader| {
            let mut host = Host::default();
            let mut known = false;
            reader.each_key(|key, reader| {
                match key {
                    "host" => host.name = fields.text(reader)?.unwrap_or_default(),
                    "ip" => host.address = fields.text(reader)?.unwrap_or_default(),
                    "port" => host.port = fields.text(reader)?.and_then(|port| port.parse().ok()),
                    "banner" => host.banner = fields.text(reader)?.unwrap_or_default(),
                    "vulnerabilities" => known = true,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })?;
            if known || !host.name.is_empty() {
                hosts.push(host);
            }
            Ok(())
        })?;
        if hosts.is_empty() {
            return Err(ConvertError::Unrecognised {
                expected: "a host with `vulnerabilities`",
                help: "run nikto with -Format json -output nikto.json",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("CIRT".into());
        scan.url = Some("https://github.com/sullo/nikto".into());
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let (mut hosts, nobody) = (hosts.into_iter(), Host::default());
        each_host(input, |reader| {
            let host = hosts.next();
            let host = host.as_ref().unwrap_or(&nobody);
            reader.each_key(|key, reader| match key {
                "vulnerabilities" => {
                    records.each(reader, |records, reader| records.map(reader, host, map_vulnerability))
                }
                _ => Ok(()),
            })
        })
    }
}

/// A host that was scanned.
#[derive(Debug, Default)]
struct Host {
    name: String,
    address: String,
    port: Option<u16>,
    banner: String,
}

/// Visits the hosts: the document is one, or a list of them; several documents may follow each other.
fn each_host(
    input: &dyn Input,
    mut visit: impl FnMut(&mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    while reader.next_document()? {
        match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| match reader.peek()? {
                JsonKind::Object => visit(reader),
                _ => Ok(()),
            })?,
            JsonKind::Object => visit(&mut reader)?,
            _ => {}
        }
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    method: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    msg: Option<Loose<'a>>,
    #[serde(rename = "OSVDB", alias = "osvdb")]
    osvdb: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, host: &'a Host) -> Outcome<'a> {
    let said = filled(&found.msg).unwrap_or_default();
    let id = filled(&found.id).filter(|id| id.bytes().any(|b| b != b'0'));
    let Some(id) = id.or((!said.is_empty()).then_some(said)) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without id and msg", host.name.as_str());
    };
    // Newer versions put the path before what they say, and leave `url` empty.
    let (before, rest) = said.split_once(": ").unwrap_or(("", said));
    let (path, text) =
        if before.starts_with('/') && !before.contains(' ') { (Some(before), rest) } else { (None, said) };
    let path = filled(&found.url).or(path).unwrap_or("/");
    let mut weakness = Weakness::new("nikto_test_id", id);
    let text = text.split_once(" See: ").map_or(text, |(text, _)| text);
    weakness.name = Some(sentence(text));
    weakness.say("", said);
    let osvdb = filled(&found.osvdb).filter(|id| *id != "0").unwrap_or_default();
    let references = || found.references.iter().flat_map(|list| list.split([',', ' ']));
    weakness.advisories = advisory::find_cve(said).into_iter().map(Into::into).collect();
    weakness.advisories.extend(references().filter_map(advisory::find_cve).map(Into::into));
    // Nikto does not rate what it finds: most of it are hints, but not what has an advisory.
    let published = !osvdb.is_empty() || !weakness.advisories.is_empty();
    weakness.severity = Some(if published { Severity::Medium } else { Severity::Info });
    weakness.cwes = cwe::all(said);
    weakness.cwes.extend(references().filter_map(cwe::parse));
    found.references.iter().for_each(|list| weakness.refer(list));
    weakness.refer(said);

    let url = if path.contains("://") { path.to_owned() } else { format!("{}{path}", host.root()) };
    let mut location = WebLocation::from_url(&url);
    location.method = filled(&found.method).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without id and msg", host.name.as_str());
    };
    let details = &mut finding.vulnerability.details;
    add_url(details, "url", "URL", url);
    details.text("osvdb", "OSVDB id", osvdb);
    details.text("host", "Host", host.name.as_str());
    details.text("ip_address", "IP address", host.address.as_str());
    details.text("port", "Port", host.port.map(|port| port.to_string()).unwrap_or_default());
    details.text("banner", "Banner", host.banner.as_str());
    Outcome::finding(finding)
}

impl Host {
    /// Scheme, host and port, without the port that the scheme has anyway.
    fn root(&self) -> String {
        let name = if self.name.is_empty() { &self.address } else { &self.name };
        match self.port {
            Some(443) => format!("https://{name}"),
            Some(80) | None => format!("http://{name}"),
            Some(_) => Service::new(name, self.port, "tcp", Some("http")).address(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_addresses() {
        for (name, address, port, want) in [
            ("a.example", "192.0.2.1", Some(443), "https://a.example"),
            ("a.example", "", Some(80), "http://a.example"),
            ("", "192.0.2.1", Some(8080), "http://192.0.2.1:8080"),
            ("a.example", "", None, "http://a.example"),
        ] {
            let host = Host { name: name.into(), address: address.into(), port, ..Host::default() };
            assert_eq!(host.root(), want);
        }
    }
}
