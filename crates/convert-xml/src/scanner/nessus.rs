//! Nessus: `.nessus` files of version 2 (Tenable, "Nessus v2 File Format"), also as Tenable.sc and
//! Tenable.io export them, and of version 1.
//!
//! A record is a `ReportItem`: what a plugin says of a service of a host, or a check of a compliance
//! audit (`cm:`).

mod first;
mod item;

use item::{Item, is_info};
use scanlift_convert_api::apart::{Apart, each_apart};
use scanlift_convert_api::xml::{Element, Head, Reader, Tag, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use std::io::Read;
use std::sync::Arc;

/// Reads `.nessus` files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nessus;

/// The converter.
pub static CONVERTER: Nessus = Nessus;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nessus",
    name: "Nessus",
    summary: "`.nessus` files of Nessus, Tenable Vulnerability Management and Security Center",
    versions: "NessusClientData and NessusClientData_v2",
    kinds: &[Kind::Dast],
    url: "https://static.tenable.com/documentation/nessus_v2_file_format.pdf",
};

impl Converter for Nessus {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        if head.root().starts_with("NessusClientData") { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        match root.name() {
            "NessusClientData_v2" => {}
            "NessusClientData" => return first::convert(reader, input, options, sink),
            _ => {
                return Err(ConvertError::Unrecognised {
                    expected: "a NessusClientData_v2",
                    help: "export the scan as \"Nessus\" (.nessus)",
                });
            }
        }
        begin(sink, "2", first_start(input)?.as_deref())?;
        let work = |(host, item): (Arc<Host>, Tree), sink: &mut dyn Sink| {
            Record::begin(sink).spend(Item::read(item.root()).map(&host, options))
        };
        each_apart(sink, &work, |apart| {
            reader.each_child(|tag, reader| match tag.name() {
                "Report" => reader.each_child(|tag, reader| match tag.name() {
                    "ReportHost" => read_host(tag, reader, options, apart),
                    _ => Ok(()),
                }),
                _ => Ok(()),
            })
        })?;
        reader.end(sink)
    }
}

/// When the scan of the first host began: what the report says of the time.
fn first_start(input: &dyn Input) -> Result<Option<String>, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let properties = reader.find("NessusClientData_v2/Report/ReportHost/HostProperties");
    // What is wrong with the document is told when it is read.
    let Ok(Some(tag)) = properties else { return Ok(None) };
    let mut host = Host::default();
    host.read(reader.element(&tag)?.root());
    Ok(host.property("HOST_START").map(str::to_owned))
}

fn begin(sink: &mut dyn Sink, version: &str, start: Option<&str>) -> Result<(), ConvertError> {
    let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
    scan.vendor = Some("Tenable".into());
    scan.url = Some("https://www.tenable.com/products/nessus".into());
    scan.format_version = Some(version.into());
    scan.start_time = start.map(Into::into);
    sink.begin_scan(scan).map_err(ConvertError::Deliver)
}

/// Puts down the items of a host; its properties stand before them.
fn read_host<R: Read>(
    tag: &Tag,
    reader: &mut Reader<R>,
    options: &Options,
    apart: &mut Apart<'_, (Arc<Host>, Tree)>,
) -> Result<(), ConvertError> {
    let mut host = Arc::new(Host::new(tag));
    reader.each_child(|tag, reader| match tag.name() {
        "HostProperties" => {
            Arc::make_mut(&mut host).read(reader.element(tag)?.root());
            Ok(())
        }
        "ReportItem" => {
            // Of what is left out nothing but the tag is read.
            let left_out =
                !options.include_info && is_info(tag.attribute("severity"), tag.attribute("pluginFamily"));
            let item = if left_out { Tree::of(tag) } else { reader.element(tag)? };
            let bytes = item.bytes();
            apart.put((Arc::clone(&host), item), bytes)
        }
        _ => Ok(()),
    })
}

/// A `ReportHost` and what is known of it.
#[derive(Clone, Debug, Default)]
struct Host {
    name: String,
    /// A handful, each asked for once an item.
    properties: Vec<(String, String)>,
}

/// What is shown of a host: `tag` elements of `HostProperties` with that name.
const PROPERTIES: [(&str, &str, &str); 7] = [
    ("host-ip", "ip_address", "IP address"),
    ("host-fqdn", "fqdn", "FQDN"),
    ("netbios-name", "netbios_name", "NetBIOS name"),
    ("mac-address", "mac_address", "MAC address"),
    ("operating-system", "operating_system", "Operating system"),
    ("system-type", "system_type", "System type"),
    ("host-uuid", "host_uuid", "Host UUID"),
];

impl Host {
    fn new(tag: &Tag) -> Self {
        Self { name: tag.attribute("name").unwrap_or_default().to_owned(), properties: Vec::new() }
    }

    fn read(&mut self, properties: Element<'_>) {
        let wanted =
            |name: &str| name == "HOST_START" || PROPERTIES.iter().any(|(known, _, _)| *known == name);
        for property in properties.all("tag") {
            if let Some((name, text)) =
                property.attribute("name").zip(property.text()).filter(|(n, _)| wanted(n))
            {
                self.properties.push((name.to_owned(), text.to_owned()));
            }
        }
    }

    fn property(&self, name: &str) -> Option<&str> {
        // Of one that stands there twice, the last counts.
        let mut all = self.properties.iter().rev();
        all.find_map(|(known, text)| (known == name).then_some(text.as_str()))
    }

    /// The name it was scanned by.
    fn name(&self) -> &str {
        let names = [Some(self.name.as_str()), self.property("host-fqdn"), self.property("host-ip")];
        names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or("unknown host")
    }
}
