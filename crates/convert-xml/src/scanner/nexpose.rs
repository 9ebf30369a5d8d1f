//! Nexpose and InsightVM: "XML Export" (`NexposeReport` 1.0) and "XML Export 2.0".
//!
//! "Simple XML" tells only ids (`simple`).
//!
//! A record is a `test` that found a vulnerability, of a host or of one of its services. What the tests
//! mean stands behind them in `VulnerabilityDefinitions`, so these are read first.

mod simple;

use crate::markup;
use crate::rest::add_rest;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    Warning, cwe,
};
use scanlift_report_core::{Details, Kind, Severity};
use std::collections::HashMap;
use std::io::Read;

/// Reads the XML exports of Nexpose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nexpose;

/// The converter.
pub static CONVERTER: Nexpose = Nexpose;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nexpose",
    name: "Nexpose",
    summary: "XML exports of Nexpose and InsightVM",
    versions: "NexposeReport 1.0 and 2.0; Simple XML",
    kinds: &[Kind::Dast],
    url: "https://docs.rapid7.com/nexpose/creating-reports-based-on-sql-queries/",
};

impl Converter for Nexpose {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        if matches!(head.root(), "NexposeReport" | "NeXposeSimpleXML") { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let is_simple = root.name() == "NeXposeSimpleXML";
        let (definitions, start) = if is_simple { Default::default() } else { read_definitions(input)? };
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("Rapid7".into());
        scan.url = Some("https://www.rapid7.com/products/nexpose".into());
        scan.format_version = root.attribute("version").map(Into::into);
        if let Some((start, end)) = &start {
            (scan.start_time, scan.end_time) =
                (start.as_deref().map(Into::into), end.as_deref().map(Into::into));
        }
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let version = root.attribute("version");
        let unknown = version.and_then(|version| Warning::of_version(root.name(), version, "2.0"));
        unknown.into_iter().for_each(|warning| sink.warn(warning));
        if is_simple {
            simple::read(&mut reader, sink)?;
            return reader.end(sink);
        }
        reader.each_child(|tag, reader| match tag.name() {
            "nodes" => reader.each_child(|tag, reader| match tag.name() {
                "node" => map_node(Node::new(tag), &definitions, reader, sink),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// Start and end of the first scan.
type Times = (Option<String>, Option<String>);

/// What tests mean, by their ids in lower case: the two do not always agree.
fn read_definitions(input: &dyn Input) -> Result<(HashMap<String, Tree>, Option<Times>), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let root = reader.root()?;
    match root.name() {
        "NexposeReport" => {}
        _ => {
            return Err(ConvertError::Unrecognised {
                expected: "a NexposeReport",
                help: "export the report as \"XML Export 2.0\"",
            });
        }
    }
    let mut definitions = HashMap::new();
    let mut times = None;
    reader.each_child(|tag, reader| match tag.name() {
        "scans" => {
            let scans = reader.element(tag)?;
            times = scans
                .root()
                .child("scan")
                .map(|scan| (scan.attribute("startTime").map(time), scan.attribute("endTime").map(time)));
            Ok(())
        }
        "VulnerabilityDefinitions" => reader.each_child(|tag, reader| match tag.attribute("id") {
            Some(id) => {
                definitions.insert(id.to_ascii_lowercase(), reader.element(tag)?);
                Ok(())
            }
            None => Ok(()),
        }),
        _ => Ok(()),
    })?;
    reader.finish()?;
    Ok((definitions, times))
}

/// `20210211T162340221` to `2021-02-11T16:23:40`.
fn time(text: &str) -> String {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    if text.len() >= 15 && text.as_bytes().get(8) == Some(&b'T') {
        let date = [part(0, 4), part(4, 6), part(6, 8)].join("-");
        format!("{date}T{}:{}:{}", part(9, 11), part(11, 13), part(13, 15))
    } else {
        text.to_owned()
    }
}

/// What is said of a host before its tests.
#[derive(Debug, Default)]
struct Node {
    address: String,
    names: Vec<String>,
    system: Option<String>,
    site: Option<String>,
}

impl Node {
    fn new(tag: &Tag) -> Self {
        Self {
            address: tag.attribute("address").unwrap_or("unknown host").to_owned(),
            site: tag.attribute("site-name").map(str::to_owned),
            ..Self::default()
        }
    }

    fn read(&mut self, element: Element<'_>) {
        if element.name() == "names" {
            self.names = element.texts("name").map(str::to_owned).collect();
        } else if let Some(system) = element.child("os") {
            let words = ["vendor", "product", "version"].iter().filter_map(|name| system.attribute(name));
            self.system = Some(words.collect::<Vec<_>>().join(" "));
        }
    }

    fn add_details<'a>(&'a self, details: &mut Details<'a>) {
        details.text("names", "Names", self.names.join(", "));
        details.text("operating_system", "Operating system", self.system.as_deref().unwrap_or_default());
        details.text("site", "Site", self.site.as_deref().unwrap_or_default());
    }
}

/// A service, by the attributes of `endpoint` and `service`.
#[derive(Clone, Debug, Default)]
struct Endpoint {
    port: Option<u16>,
    protocol: String,
    name: Option<String>,
}

fn map_node<R: Read>(
    mut node: Node,
    definitions: &HashMap<String, Tree>,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| match tag.name() {
        "names" | "fingerprints" => {
            node.read(reader.element(tag)?.root());
            Ok(())
        }
        "tests" => map_tests(&node, &Endpoint::default(), definitions, reader, sink),
        "endpoints" => reader.each_child(|tag, reader| {
            let mut endpoint = Endpoint {
                port: tag.attribute("port").and_then(|port| port.parse().ok()),
                protocol: tag.attribute("protocol").unwrap_or_default().to_owned(),
                name: None,
            };
            reader.each_child(|tag, reader| match tag.name() {
                "services" => reader.each_child(|tag, reader| {
                    endpoint.name = tag.attribute("name").map(str::to_owned);
                    reader.each_child(|tag, reader| match tag.name() {
                        "tests" => map_tests(&node, &endpoint, definitions, reader, sink),
                        _ => Ok(()),
                    })
                }),
                _ => Ok(()),
            })
        }),
        _ => Ok(()),
    })
}

fn map_tests<R: Read>(
    node: &Node,
    endpoint: &Endpoint,
    definitions: &HashMap<String, Tree>,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let status = tag.attribute("status").unwrap_or_default();
        if tag.name() != "test" || !status.contains("vulnerable") || status.starts_with("not-vulnerable") {
            return Ok(());
        }
        let id = tag.attribute("id").unwrap_or_default();
        if !status.starts_with("vulnerable-") {
            let detail = format!("status: {status}");
            Record::begin(sink).skip(SkipReason::Suppressed, &detail, id);
            return Ok(());
        }
        let test = reader.element(tag)?;
        let definition = definitions.get(&id.to_ascii_lowercase()).map(Tree::root);
        Record::begin(sink).spend(map_test(test.root(), definition, node, endpoint))
    })
}

fn map_test<'a>(
    test: Element<'a>,
    definition: Option<Element<'a>>,
    node: &'a Node,
    endpoint: &'a Endpoint,
) -> Outcome<'a> {
    let Some(id) = test.attribute("id") else {
        return Outcome::skip(SkipReason::Unsupported, "a test without id", node.address.as_str());
    };
    let defined = |name: &str| definition.and_then(|definition| definition.attribute(name));
    let mut weakness = Weakness::new("nexpose_vulnerability_id", id);
    weakness.name = defined("title").map(Into::into);
    let said = |name: &str| definition.and_then(|definition| definition.child(name)).map(markup::to_markdown);
    weakness.say("", said("description").unwrap_or_default());
    weakness.say("Proof", markup::to_markdown(test));
    weakness.advise(said("solution").unwrap_or_default());
    weakness.severity = None;
    for (vector, score) in [("cvssV3Vector", "cvssV3Score"), ("cvssVector", "cvssScore")] {
        let score = defined(score).and_then(|score| score.parse().ok());
        let vector = defined(vector).map(Into::into);
        if vector.is_some() || score.is_some() {
            weakness.ratings.push(Rating::new("Rapid7", vector, score));
        }
    }
    let severity = defined("severity");
    if weakness.ratings.is_empty() {
        weakness.severity = severity.and_then(rating);
    }
    let mut others = Vec::new();
    let references = definition.and_then(|definition| definition.child("references"));
    for reference in references.into_iter().flat_map(|list| list.all("reference")) {
        let Some(text) = reference.text() else { continue };
        match reference.attribute("source").unwrap_or_default() {
            "CVE" => weakness.advisories.push(text.into()),
            "CWE" => weakness.cwes.extend(cwe::parse(text).or_else(|| text.parse().ok())),
            "URL" => weakness.refer(text),
            source => others.push(format!("{source}: {text}")),
        }
    }
    let service = Service::new(&node.address, endpoint.port, &endpoint.protocol, endpoint.name.as_deref());
    // A key tells instances of one service apart: a path, a package.
    let key = test.attribute("key").unwrap_or_default();
    let check = if key.is_empty() { id.to_owned() } else { format!("{id} {key}") };
    let Some(mut finding) = weakness.into_finding(service.location(&check)) else {
        return Outcome::skip(SkipReason::Unsupported, "a test without id", node.address.as_str());
    };
    let details = &mut finding.vulnerability.details;
    service.add_details(details);
    details.text("key", "Instance", key);
    details.text("status", "Status", test.attribute("status").unwrap_or_default());
    node.add_details(details);
    details.text("severity_1_to_10", "Severity (1 to 10)", severity.unwrap_or_default());
    details.text("risk_score", "Risk score", defined("riskScore").unwrap_or_default());
    for (name, key, heading) in [("exploits", "exploits", "Exploits"), ("malware", "malware", "Malware kits")]
    {
        let list =
            definition.and_then(|definition| definition.child(name)).into_iter().flat_map(Element::children);
        add_list(
            details,
            key,
            heading,
            list.filter_map(|one| one.attribute("title").or(one.attribute("name")).or(one.text())),
        );
    }
    add_list(details, "other_references", "Other references", others);
    let tags = definition
        .and_then(|definition| definition.child("tags"))
        .into_iter()
        .flat_map(|tags| tags.texts("tag"));
    details.text("tags", "Tags", tags.collect::<Vec<_>>().join(", "));
    for (name, key, heading) in
        [("published", "published", "Published"), ("modified", "last_modified", "Last modified")]
    {
        details.text(key, heading, defined(name).map(time).unwrap_or_default());
    }
    let since = test.attribute("vulnerable-since").map(time).unwrap_or_default();
    details.text("vulnerable_since", "Vulnerable since", since);
    let pci = test.attribute("pci-compliance-status").unwrap_or_default();
    details.text("pci_compliance_status", "PCI compliance", pci);
    add_rest(details, test, &["Paragraph"]);
    Outcome::finding(finding)
}

/// Nexpose's scale: 1 to 3 moderate, 4 to 7 severe, 8 to 10 critical.
fn rating(severity: &str) -> Option<Severity> {
    match severity.parse::<u32>().ok()? {
        0 => Some(Severity::Info),
        1..=3 => Some(Severity::Low),
        4..=7 => Some(Severity::Medium),
        8..=9 => Some(Severity::High),
        10 => Some(Severity::Critical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_and_times() {
        for (severity, want) in [
            ("0", Some(Severity::Info)),
            ("1", Some(Severity::Low)),
            ("5", Some(Severity::Medium)),
            ("8", Some(Severity::High)),
            ("10", Some(Severity::Critical)),
            ("x", None),
        ] {
            assert_eq!(rating(severity), want, "{severity}");
        }
        assert_eq!(time("20210211T162340221"), "2021-02-11T16:23:40");
        assert_eq!(time("yesterday"), "yesterday");
    }
}
