//! Nmap: the XML of `-oX` (`docs/nmap.dtd`), versions 4 to 7, and what writes the same (masscan).
//!
//! An open port informs. What a script says of a vulnerability is a finding: the library `vulns` of NSE
//! (a table with `state`), and the script `vulners`.

mod script;

use crate::rest::add_text;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    Warning,
};
use scanlift_report_core::{Details, Kind, OptionSource, ScanOption, Severity};

/// Reads the XML of Nmap.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nmap;

/// The converter.
pub static CONVERTER: Nmap = Nmap;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nmap",
    name: "Nmap",
    summary: "XML of Nmap: vulnerabilities that its scripts find, and open ports",
    versions: "xmloutputversion 1.0 to 1.05",
    kinds: &[Kind::Dast],
    url: "https://nmap.org/book/output-formats-xml-output.html",
};

impl Converter for Nmap {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "nmaprun" { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "nmaprun" {
            return Err(ConvertError::Unrecognised {
                expected: "an nmaprun",
                help: "run nmap with -oX scan.xml",
            });
        }
        begin(&root, sink)?;
        reader.each_child(|tag, reader| match tag.name() {
            "host" => {
                let mut host = Host::default();
                reader.each_child(|tag, reader| match tag.name() {
                    "ports" => reader.each_child(|tag, reader| match tag.name() {
                        "port" => map_port(reader.element(tag)?.root(), &host, options, sink),
                        _ => Ok(()),
                    }),
                    "hostscript" => {
                        let scripts = reader.element(tag)?;
                        let service = Service::new(host.name(), None, "", None);
                        map_scripts(scripts.root(), service, &host, None, sink)
                    }
                    _ => {
                        host.read(reader.element(tag)?.root());
                        Ok(())
                    }
                })
            }
            "runstats" => {
                let stats = reader.element(tag)?;
                let finished = stats.root().child("finished");
                if let Some(failed) = finished.filter(|it| it.attribute("exit") == Some("error")) {
                    let message = failed.attribute("errormsg").unwrap_or("it does not say which");
                    sink.warn(Warning::note(format!("the scan ended with an error: {message}")));
                }
                Ok(())
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

fn begin(root: &Tag, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let mut scan = ScanInfo::new(root.attribute("scanner").unwrap_or("nmap").to_owned(), Kind::Dast);
    if scan.scanner.eq_ignore_ascii_case("nmap") {
        scan.scanner = DESCRIPTOR.name.into();
        scan.vendor = Some("Nmap".into());
        scan.url = Some("https://nmap.org".into());
    }
    scan.version = root.attribute("version").map(Into::into);
    scan.start_time = root.attribute("startstr").map(Into::into);
    scan.format_version = root.attribute("xmloutputversion").map(Into::into);
    let arguments = root.attribute("args").unwrap_or_default();
    scan.options
        .extend(ScanOption::new("args", OptionSource::Argument, arguments).filter(|_| !arguments.is_empty()));
    sink.begin_scan(scan).map_err(ConvertError::Deliver)
}

/// What is said of a host before its ports.
#[derive(Debug, Default)]
struct Host {
    addresses: Vec<String>,
    names: Vec<String>,
    system: Option<String>,
}

impl Host {
    fn read(&mut self, element: Element<'_>) {
        match element.name() {
            "address" => {
                let address = element.attribute("addr").unwrap_or_default().to_owned();
                // The address of the hardware is no place to connect to.
                let at = if element.attribute("addrtype") == Some("mac") { self.addresses.len() } else { 0 };
                self.addresses.insert(at, address);
            }
            "hostnames" => {
                // The name that the user gave stands before the one of a PTR record.
                let mut names: Vec<_> = element.all("hostname").collect();
                names.sort_by_key(|name| name.attribute("type") != Some("user"));
                self.names =
                    names.iter().filter_map(|name| name.attribute("name")).map(str::to_owned).collect();
            }
            "os" => {
                let system = element.child("osmatch").and_then(|system| system.attribute("name"));
                self.system = system.map(str::to_owned);
            }
            _ => {}
        }
    }

    fn name(&self) -> &str {
        let name = self.names.first().or(self.addresses.first());
        name.map_or("unknown host", String::as_str)
    }

    fn add_details<'a>(&'a self, details: &mut Details<'a>) {
        details.text("addresses", "Addresses", self.addresses.join(", "));
        details.text("names", "Names", self.names.get(1..).unwrap_or_default().join(", "));
        details.text("operating_system", "Operating system", self.system.as_deref().unwrap_or_default());
    }
}

/// A port, and what scripts say of it.
fn map_port(
    port: Element<'_>,
    host: &Host,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let service = port.child("service");
    let attribute = |name: &str| service.and_then(|service| service.attribute(name));
    let tunnelled = attribute("tunnel") == Some("ssl") && attribute("name") == Some("http");
    let place = Service::new(
        host.name(),
        port.attribute("portid").and_then(|port| port.parse().ok()),
        port.attribute("protocol").unwrap_or_default(),
        if tunnelled { Some("https") } else { attribute("name") },
    );
    let state = port.child("state").and_then(|state| state.attribute("state"));
    if state == Some("open") {
        Record::begin(sink).spend(map_open(port, place, host, service, options))?;
    }
    map_scripts(port, place, host, service, sink)
}

/// An open port is a finding only where the user wants what informs.
fn map_open<'a>(
    port: Element<'a>,
    place: Service<'a>,
    host: &'a Host,
    service: Option<Element<'a>>,
    options: &Options,
) -> Outcome<'a> {
    let number = format!("{}/{}", place.port.unwrap_or_default(), place.protocol);
    if !options.include_info {
        return Outcome::skip(SkipReason::NotAFinding, "state: open", format!("{} {number}", place.host));
    }
    let mut weakness = Weakness::new("nmap_check", "open-port");
    weakness.name = Some(format!("Open port {number}").into());
    weakness.say("", format!("Port {number} of {} accepts connections.", place.host));
    weakness.severity = Some(Severity::Info);
    let Some(mut finding) = weakness.into_finding(place.location("open-port")) else {
        return Outcome::skip(SkipReason::Unsupported, "an open port", number);
    };
    let details = &mut finding.vulnerability.details;
    add_place(details, place, host, service);
    // Scripts that report a vulnerability are records of their own.
    for script in port.all("script").filter(|script| script::map(*script, place).is_none()) {
        let id = script.attribute("id").unwrap_or("script");
        let output = script.attribute("output").unwrap_or_default();
        add_text(details, format!("script_{id}"), format!("Script {id}"), output);
    }
    Outcome::finding(finding)
}

fn map_scripts(
    scripts: Element<'_>,
    place: Service<'_>,
    host: &Host,
    service: Option<Element<'_>>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    for one in scripts.all("script") {
        if let Some(mut outcome) = script::map(one, place) {
            if let Outcome::Finding(finding) = &mut outcome {
                add_place(&mut finding.vulnerability.details, place, host, service);
            }
            Record::begin(sink).spend(outcome)?;
        }
    }
    Ok(())
}

/// Host, port and what listens there.
fn add_place<'a>(
    details: &mut Details<'a>,
    place: Service<'a>,
    host: &'a Host,
    service: Option<Element<'a>>,
) {
    place.add_details(details);
    if let Some(service) = service {
        let attribute = |name: &str| service.attribute(name);
        let product = [attribute("product"), attribute("version"), attribute("extrainfo")];
        details.text("product", "Product", product.into_iter().flatten().collect::<Vec<_>>().join(" "));
        details.text("cpe", "CPE", service.texts("cpe").collect::<Vec<_>>().join(", "));
    }
    host.add_details(details);
}
