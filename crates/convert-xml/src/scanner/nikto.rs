//! Nikto: the XML of `-Format xml` (`docs/nikto.dtd`), versions 2.0 to 2.5. Of several hosts and of old
//! versions `niktoscan` stands in `niktoscan`.

use crate::rest::add_url;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    advisory, cwe,
};
use scanlift_report_core::{Kind, Location, Severity, WebLocation};
use std::io::Read;

/// Reads the XML reports of Nikto.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nikto;

/// The converter.
pub static CONVERTER: Nikto = Nikto;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nikto",
    name: "Nikto",
    summary: "XML reports of Nikto",
    versions: "2.0 to 2.5",
    kinds: &[Kind::Dast],
    url: "https://github.com/sullo/nikto/wiki/Export-Formats",
};

impl Converter for Nikto {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if is_root(Head::of(head).root()) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !is_root(root.name()) {
            return Err(ConvertError::Unrecognised {
                expected: "a niktoscan",
                help: "run nikto with -Format xml -output nikto.xml",
            });
        }
        let mut walk = Walk { sink, begun: false };
        walk.enter(&root, &mut reader)?;
        walk.begin(&root)?;
        reader.end(walk.sink)
    }
}

/// The scan, or a list of scans.
fn is_root(name: &str) -> bool {
    matches!(name, "niktoscan" | "niktoscans")
}

struct Walk<'w> {
    sink: &'w mut dyn Sink,
    begun: bool,
}

impl Walk<'_> {
    fn enter<R: Read>(&mut self, scan: &Tag, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "niktoscan" => self.enter(tag, reader),
            "scandetails" => {
                self.begin(scan)?;
                reader.each_child(|item, reader| match item.name() {
                    "item" => {
                        let item = reader.element(item)?;
                        Record::begin(self.sink).spend(map_item(item.root(), tag))
                    }
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        })
    }

    /// Begins the scan unless it is begun.
    fn begin(&mut self, tag: &Tag) -> Result<(), ConvertError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = tag.attribute("version").map(Into::into);
        scan.vendor = Some("CIRT".into());
        scan.url = Some("https://github.com/sullo/nikto".into());
        scan.start_time = tag.attribute("scanstart").map(Into::into);
        // Where the scan was stopped, the epoch stands here.
        scan.end_time = tag
            .attribute("scanend")
            .filter(|end| !end.contains("1970") && !end.contains("1969"))
            .map(Into::into);
        scan.format_version = tag.attribute("nxmlversion").map(Into::into);
        self.sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }
}

fn map_item<'a>(item: Element<'a>, host: &'a Tag) -> Outcome<'a> {
    let said = item.child_text("description").unwrap_or_default().trim();
    let uri = item.child_text("uri");
    let id = item
        .attribute("id")
        .filter(|id| id.bytes().any(|b| b != b'0'))
        .or((!said.is_empty()).then_some(said));
    let Some(id) = id else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "an item without id and description",
            uri.unwrap_or_default(),
        );
    };
    let mut weakness = Weakness::new("nikto_test_id", id);
    weakness.name = Some(sentence(said, uri).into());
    weakness.say("", said);
    let osvdb = item.attribute("osvdbid").filter(|id| *id != "0").unwrap_or_default();
    let words = || {
        let references = ["references", "reference"].into_iter().flat_map(move |list| item.texts(list));
        references.flat_map(|text| text.split([',', ' ']))
    };
    weakness.advisories = advisory::find_cve(said)
        .into_iter()
        .chain(words().filter_map(advisory::find_cve))
        .map(Into::into)
        .collect();
    // Nikto does not rate what it finds: most of it are hints, but not what has an advisory.
    let published = !osvdb.is_empty() || !weakness.advisories.is_empty();
    weakness.severity = Some(if published { Severity::Medium } else { Severity::Info });
    weakness.cwes = cwe::all(said);
    weakness.cwes.extend(words().filter_map(cwe::parse));
    words().for_each(|word| weakness.refer(word));
    weakness.refer(said);

    let root =
        host.attribute("sitename").or(host.attribute("siteip")).unwrap_or_default().trim_end_matches('/');
    let url = item.child_text("namelink").filter(|link| !link.contains("://:"));
    let mut location = WebLocation::from_url(url.unwrap_or_default());
    if url.is_none() {
        location = WebLocation::from_url(root);
        location.path = uri.and_then(|uri| uri.split(['?', '#']).next()).map(Into::into).or(location.path);
    }
    location.method = item.attribute("method").map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an item without id and description", "");
    };
    let details = &mut finding.vulnerability.details;
    add_url(details, "url", "URL", url.unwrap_or_default());
    details.text("uri", "URI", uri.unwrap_or_default());
    add_url(
        details,
        "url_by_address",
        "URL by address",
        item.child_text("iplink").filter(|_| url.is_some()).unwrap_or_default(),
    );
    details.text("osvdb", "OSVDB id", osvdb);
    details.text(
        "host",
        "Host",
        host.attribute("targethostname").or(host.attribute("hostheader")).unwrap_or_default(),
    );
    details.text("ip_address", "IP address", host.attribute("targetip").unwrap_or_default());
    details.text("port", "Port", host.attribute("targetport").unwrap_or_default());
    details.text("banner", "Banner", host.attribute("targetbanner").unwrap_or_default());
    Outcome::finding(finding)
}

/// The first sentence, without the address that newer versions put before it.
fn sentence<'a>(said: &'a str, uri: Option<&str>) -> &'a str {
    let said = uri.and_then(|uri| said.strip_prefix(uri)?.strip_prefix(':')).unwrap_or(said).trim();
    let end = said.match_indices(". ").map(|(at, _)| at).find(|at| *at > 10);
    end.and_then(|end| said.get(..end)).unwrap_or(said.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_first_sentences() {
        for (said, uri, want) in [
            ("The header is missing.", Some("/"), "The header is missing"),
            ("/a: Retrieved header. See: https://a.example/", Some("/a"), "Retrieved header"),
            ("v. 1 is old. Update it.", None, "v. 1 is old"),
            ("", None, ""),
        ] {
            assert_eq!(sentence(said, uri), want, "{said}");
        }
    }
}
