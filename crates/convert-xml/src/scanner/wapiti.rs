//! Wapiti: the XML of `--format xml`, versions 2.2 to 3.2.
//!
//! Since 2.3 `vulnerabilities`, `anomalies` and `additionals` hold kinds, and these hold entries. Before,
//! `bugTypeList` held `bugType`s with `bug`s.

use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::tool::wapiti::{absolute, severity};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe, http,
};
use scanlift_report_core::{Kind, Location, Severity, WebLocation};
use std::collections::HashMap;
use std::io::Read;

/// Reads the XML reports of Wapiti.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wapiti;

/// The converter.
pub static CONVERTER: Wapiti = Wapiti;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "wapiti",
    name: "Wapiti",
    summary: "XML reports of Wapiti",
    versions: "2.2 to 3.2",
    kinds: &[Kind::Dast],
    url: "https://wapiti-scanner.github.io",
};

impl Converter for Wapiti {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let marked = head.has("report_infos") || head.has("bugTypeList") || head.has("generatedBy");
        if head.root() == "report" && marked { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "report" {
            return Err(ConvertError::Unrecognised {
                expected: "a report of Wapiti",
                help: "run wapiti with --format xml --output wapiti.xml",
            });
        }
        let mut walk = Walk { sink, options, begun: false, facts: HashMap::new() };
        reader.each_child(|tag, reader| match tag.name() {
            "report_infos" => {
                let all = reader.element(tag)?;
                walk.facts = all
                    .root()
                    .all("info")
                    .filter_map(|one| Some((one.attribute("name")?.to_owned(), one.text()?.to_owned())))
                    .collect();
                Ok(())
            }
            "generatedBy" => {
                let by = tag.attribute("id").unwrap_or_default().to_owned();
                walk.facts.insert("generatorVersion".to_owned(), by);
                Ok(())
            }
            "vulnerabilities" | "anomalies" | "additionals" | "bugTypeList" => {
                let informs = tag.name() == "additionals";
                walk.begin()?;
                reader.each_child(|tag, reader| match tag.name() {
                    "vulnerability" | "anomaly" | "additional" | "bugType" => {
                        let name = tag.attribute("name").unwrap_or_default().to_owned();
                        walk.class(Class { name, informs, said: Vec::new() }, reader)
                    }
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        })?;
        walk.begin()?;
        reader.end(walk.sink)
    }
}

/// A kind of weakness: its name, and what is said of it before its entries.
#[derive(Debug)]
struct Class {
    name: String,
    /// Whether its entries only inform (`additionals`).
    informs: bool,
    said: Vec<Tree>,
}

struct Walk<'w> {
    sink: &'w mut dyn Sink,
    options: &'w Options,
    begun: bool,
    /// Texts of `report_infos`, by name.
    facts: HashMap<String, String>,
}

impl Walk<'_> {
    fn begin(&mut self) -> Result<(), ConvertError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let fact = |name: &str| self.facts.get(name).map(String::as_str);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = fact("generatorVersion").map(|text| text.trim_start_matches("Wapiti").trim().into());
        scan.vendor = Some("Wapiti".into());
        scan.url = Some(DESCRIPTOR.url.into());
        scan.start_time = fact("dateOfScan").map(Into::into);
        self.sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }

    fn class<R: Read>(&mut self, mut class: Class, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "entries" | "bugList" => reader.each_child(|tag, reader| match tag.name() {
                "entry" | "bug" => {
                    let entry = reader.element(tag)?;
                    let outcome = map_entry(entry.root(), &class, &self.facts, self.options);
                    Record::begin(self.sink).spend(outcome)
                }
                _ => Ok(()),
            }),
            _ => {
                class.said.push(reader.element(tag)?);
                Ok(())
            }
        })
    }
}

/// What the mapping uses of an entry.
const USED: [&str; 13] = [
    "method",
    "path",
    "level",
    "parameter",
    "info",
    "http_request",
    "curl_command",
    "url",
    "peer",
    "wstg",
    "referer",
    "module",
    "response",
];

fn map_entry<'a>(
    entry: Element<'a>,
    class: &'a Class,
    facts: &HashMap<String, String>,
    options: &Options,
) -> Outcome<'a> {
    let fact = |name: &str| facts.get(name).map(String::as_str);
    let text = |name: &str| entry.child_text(name);
    if class.informs && !options.include_info {
        return Outcome::skip(SkipReason::NotAFinding, "additional: information", class.name.as_str());
    }
    let target = fact("target").unwrap_or_default();
    let url = text("url").map_or_else(|| absolute(target, text("path").unwrap_or_default()), str::to_owned);
    let mut location = WebLocation::from_url(&url);
    location.method = text("method").map(Into::into);
    location.param = text("parameter").map(Into::into);
    let mut weakness = Weakness::new("wapiti_vulnerability", class.name.as_str());
    weakness.name = Some(class.name.as_str().into());
    weakness.say("", text("info").unwrap_or_default());
    let said =
        |name: &'static str| class.said.iter().map(Tree::root).filter(move |element| element.name() == name);
    said("description").filter_map(Element::text).for_each(|text| weakness.say("", text));
    said("solution").filter_map(Element::text).for_each(|text| weakness.advise(text));
    let references = said("references").flat_map(|list| list.all("reference"));
    for reference in references {
        weakness.refer(reference.child_text("url").unwrap_or_default());
        weakness.cwes.extend(reference.child_text("title").and_then(cwe::parse));
    }
    let level = text("level").or(entry.attribute("level"));
    let rated = severity(level, fact("generatorVersion"), &class.name);
    weakness.severity = if class.informs { Some(Severity::Info) } else { rated };
    weakness.severity_word = level.map(|level| format!("level {level}").into());
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a kind of vulnerability without a name", "");
    };
    let vulnerability = &mut finding.vulnerability;
    let evidence = http::evidence(text("http_request"), text("response"), Some(&url));
    if let Some(evidence) = evidence {
        finding.secrets = http::credentials(&evidence);
        vulnerability.evidence = Some(evidence);
    }
    let details = &mut vulnerability.details;
    if scanlift_report_core::is_url(&url) {
        details.insert("url", "URL", scanlift_report_core::Detail::Url { text: None, href: url.into() });
    }
    add_text(details, "curl_command", "Command to repeat it", text("curl_command").unwrap_or_default());
    add_url(details, "referer", "Referer", text("referer").unwrap_or_default());
    details.text("module", "Module", text("module").unwrap_or_default());
    let tests: Vec<&str> =
        entry.all("wstg").flat_map(|list| list.all("code")).filter_map(Element::text).collect();
    details.text("wstg", "Tests of the OWASP guide", tests.join(", "));
    let peer = entry.child("peer").and_then(|peer| peer.child_text("addr"));
    details.text("peer", "Address of the server", peer.unwrap_or_default());
    add_rest(details, entry, &USED);
    Outcome::finding(finding)
}
