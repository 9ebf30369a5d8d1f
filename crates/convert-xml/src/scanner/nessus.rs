//! Nessus: `.nessus` files of version 2 (Tenable, "Nessus v2 File Format"), also as Tenable.sc and
//! Tenable.io export them.
//!
//! A record is a `ReportItem`: what a plugin says of a service of a host, or a check of a compliance
//! audit (`cm:`).

use crate::rest::{add_rest, add_text};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe,
};
use scanlift_report_core::{Kind, Severity, Text};
use std::collections::HashMap;

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
    versions: "NessusClientData_v2",
    kinds: &[Kind::Dast],
    url: "https://static.tenable.com/documentation/nessus_v2_file_format.pdf",
};

/// What the mapping uses of a `ReportItem`; the rest goes to the details in its own words.
const USED: [&str; 40] = [
    "description",
    "synopsis",
    "solution",
    "see_also",
    "plugin_output",
    "cve",
    "cwe",
    "xref",
    "risk_factor",
    "cvss_vector",
    "cvss_base_score",
    "cvss3_vector",
    "cvss3_base_score",
    "cvss4_vector",
    "cvss4_base_score",
    "plugin_name",
    "fname",
    "script_version",
    "severity",
    "attachment",
    "compliance",
    "compliance-check-name",
    "compliance-check-id",
    "compliance-result",
    "compliance-info",
    "compliance-solution",
    "compliance-see-also",
    "compliance-actual-value",
    "compliance-policy-value",
    "compliance-reference",
    "compliance-audit-file",
    "compliance-error",
    "exploit_available",
    "exploitability_ease",
    "vpr_score",
    "epss_score",
    "exploited_by_malware",
    "bid",
    "osvdb",
    "cpe",
];

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
            "NessusClientData" => {
                return Err(ConvertError::UnsupportedVersion {
                    format: DESCRIPTOR.name,
                    found: "1 (.nessus of Nessus 3)".to_owned(),
                    supported: DESCRIPTOR.versions,
                    help: "import the file into a newer Nessus and export it as .nessus again",
                });
            }
            _ => {
                return Err(ConvertError::Unrecognised {
                    expected: "a NessusClientData_v2",
                    help: "export the scan as \"Nessus\" (.nessus)",
                });
            }
        }
        let mut begun = false;
        reader.each_child(|tag, reader| match tag.name() {
            "Report" => reader.each_child(|tag, reader| match tag.name() {
                "ReportHost" => {
                    let mut host = Host::new(tag);
                    reader.each_child(|tag, reader| match tag.name() {
                        "HostProperties" => {
                            host.read(&reader.element(tag)?);
                            Ok(())
                        }
                        "ReportItem" => {
                            if !std::mem::replace(&mut begun, true) {
                                begin(sink, host.property("HOST_START"))?;
                            }
                            if is_info(tag) && !options.include_info {
                                let (detail, example) = ("severity: 0 (information)", example(tag));
                                Record::begin(sink).skip(SkipReason::NotAFinding, detail, &example);
                                return Ok(());
                            }
                            let item = reader.element(tag)?;
                            Record::begin(sink).spend(map_item(&item, &host, options))
                        }
                        _ => Ok(()),
                    })
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        if !begun {
            begin(sink, None)?;
        }
        reader.end(sink)
    }
}

fn begin(sink: &mut dyn Sink, start: Option<&str>) -> Result<(), ConvertError> {
    let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
    scan.vendor = Some("Tenable".into());
    scan.url = Some("https://www.tenable.com/products/nessus".into());
    scan.format_version = Some("2".into());
    scan.start_time = start.map(Into::into);
    sink.begin_scan(scan).map_err(ConvertError::Deliver)
}

/// A `ReportHost` and what is known of it.
#[derive(Debug, Default)]
struct Host {
    name: String,
    properties: HashMap<String, String>,
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
        Self { name: tag.attribute("name").unwrap_or_default().to_owned(), properties: HashMap::new() }
    }

    fn read(&mut self, properties: &Element) {
        let wanted =
            |name: &str| name == "HOST_START" || PROPERTIES.iter().any(|(known, _, _)| *known == name);
        for property in properties.all("tag") {
            if let Some((name, text)) =
                property.attribute("name").zip(property.text()).filter(|(n, _)| wanted(n))
            {
                self.properties.insert(name.to_owned(), text.to_owned());
            }
        }
    }

    fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// The name it was scanned by.
    fn name(&self) -> &str {
        let names = [Some(self.name.as_str()), self.property("host-fqdn"), self.property("host-ip")];
        names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or("unknown host")
    }
}

/// Whether a plugin only informs; compliance checks that passed are told by their result.
fn is_info(tag: &Tag) -> bool {
    tag.attribute("severity") == Some("0") && !tag.attribute("pluginFamily").is_some_and(is_compliance)
}

fn is_compliance(family: &str) -> bool {
    family.eq_ignore_ascii_case("Policy Compliance")
}

fn example(tag: &Tag) -> String {
    let id = tag.attribute("pluginID").unwrap_or_default();
    format!("{id} {}", tag.attribute("pluginName").unwrap_or_default()).trim().to_owned()
}

fn map_item<'a>(item: &'a Element, host: &'a Host, options: &Options) -> Outcome<'a> {
    let result = item.child_text("compliance-result");
    let text = |name: &str| item.child_text(name);
    let severity = severity(item.attribute("severity"), text("risk_factor"), result);
    if severity == Some(Severity::Info) && !options.include_info {
        let detail = match result {
            Some(result) => format!("compliance-result: {result}"),
            None => "severity: 0 (information)".to_owned(),
        };
        let example = text("compliance-check-name").map_or_else(|| example(item.tag()), str::to_owned);
        return Outcome::skip(SkipReason::NotAFinding, detail, example);
    }
    let plugin = item.attribute("pluginID");
    let mut weakness = match (text("compliance-check-name"), plugin) {
        (Some(check), _) => Weakness::new("nessus_compliance_check", check),
        (None, Some(plugin)) => {
            let mut weakness = Weakness::new("nessus_plugin_id", plugin);
            weakness.url = Some(format!("https://www.tenable.com/plugins/nessus/{plugin}").into());
            weakness
        }
        (None, None) => {
            return Outcome::skip(
                SkipReason::Unsupported,
                "a ReportItem without pluginID",
                example(item.tag()),
            );
        }
    };
    weakness.name = text("compliance-check-name")
        .or(item.attribute("pluginName"))
        .or(text("plugin_name"))
        .map(Into::into);
    weakness.severity = severity;
    weakness.severity_word = result.map(|_| Text::Borrowed("")).or(text("risk_factor").map(Into::into));
    if result.is_none() {
        weakness.say("", text("synopsis").unwrap_or_default());
        weakness.say("", text("description").unwrap_or_default());
    }
    weakness.say("", text("compliance-info").unwrap_or_default());
    for solution in ["solution", "compliance-solution"] {
        weakness.advise(text(solution).filter(|text| *text != "n/a").unwrap_or_default());
    }
    weakness.ratings = ratings(item);
    weakness.advisories = item.texts("cve").map(Into::into).collect();
    weakness.cwes = item.texts("cwe").filter_map(|cwe| cwe.parse().ok()).collect();
    let mut references = Vec::new();
    for xref in item.texts("xref") {
        match cwe::parse(xref) {
            Some(number) => weakness.cwes.push(number),
            None => references.push(xref),
        }
    }
    for links in ["see_also", "compliance-see-also"] {
        item.texts(links).for_each(|links| weakness.refer(links));
    }

    let service = Service::new(
        host.name(),
        item.attribute("port").and_then(|port| port.parse().ok()),
        item.attribute("protocol").unwrap_or_default(),
        item.attribute("svc_name").filter(|name| !matches!(*name, "unknown" | "general")),
    );
    let check = text("compliance-check-name").or(plugin).unwrap_or_default();
    let Some(mut finding) = weakness.into_finding(service.location(check)) else {
        return Outcome::skip(SkipReason::Unsupported, "a ReportItem without pluginID", example(item.tag()));
    };
    let details = &mut finding.vulnerability.details;
    add_text(details, "plugin_output", "Plugin output", text("plugin_output").unwrap_or_default());
    details.text("compliance_result", "Result", result.unwrap_or_default());
    for (name, key, heading) in [
        ("compliance-actual-value", "actual_value", "Actual value"),
        ("compliance-policy-value", "policy_value", "Expected value"),
        ("compliance-error", "compliance_error", "Error"),
        ("compliance-reference", "compliance_references", "References of the audit"),
        ("compliance-audit-file", "audit_file", "Audit file"),
        ("exploit_available", "exploit_available", "Exploit available"),
        ("exploitability_ease", "exploitability_ease", "Exploitability"),
        ("exploited_by_malware", "exploited_by_malware", "Exploited by malware"),
        ("vpr_score", "vpr_score", "VPR score"),
        ("epss_score", "epss_score", "EPSS score"),
    ] {
        add_text(details, key, heading, text(name).unwrap_or_default());
    }
    service.add_details(details);
    for (name, key, heading) in PROPERTIES {
        let value = host.property(name).filter(|value| *value != host.name());
        add_text(details, key, heading, value.unwrap_or_default());
    }
    details.text("plugin_family", "Plugin family", item.attribute("pluginFamily").unwrap_or_default());
    details.text("cross_references", "Cross references", references.join(", "));
    let lists = [("cpe", "CPE"), ("bid", "Bugtraq ids"), ("osvdb", "OSVDB ids")];
    for (name, heading) in lists {
        details.text(name, heading, item.texts(name).collect::<Vec<_>>().join(", "));
    }
    if result.is_some() {
        details.text("plugin", "Plugin", plugin.unwrap_or_default());
    }
    add_rest(details, item, &USED);
    details.text("plugin_version", "Plugin version", text("script_version").unwrap_or_default());
    Outcome::finding(finding)
}

/// The attribute `severity` from 0 (information) to 4 (critical), else `risk_factor`. A compliance
/// check that passed informs, whatever number it has; one that failed never does.
fn severity(number: Option<&str>, risk: Option<&str>, result: Option<&str>) -> Option<Severity> {
    let severity = match number {
        Some("0") => Some(Severity::Info),
        Some("1") => Some(Severity::Low),
        Some("2") => Some(Severity::Medium),
        Some("3") => Some(Severity::High),
        Some("4") => Some(Severity::Critical),
        _ => risk.and_then(Severity::from_word),
    };
    match result {
        Some("PASSED") => Some(Severity::Info),
        Some("FAILED") => severity.filter(|severity| *severity > Severity::Info).or(Some(Severity::High)),
        _ => severity,
    }
}

/// CVSS 3, 4 and 2, each with its vector.
fn ratings(item: &Element) -> Vec<Rating<'_>> {
    let versions = ["cvss3", "cvss4", "cvss"];
    let fields = [
        ("cvss3_vector", "cvss3_base_score"),
        ("cvss4_vector", "cvss4_base_score"),
        ("cvss_vector", "cvss_base_score"),
    ];
    let rated = versions.iter().zip(fields).filter_map(|(_, (vector, score))| {
        let vector = item.child_text(vector);
        let score = item.number(score);
        (vector.is_some() || score.is_some()).then(|| Rating::new("Tenable", vector.map(Into::into), score))
    });
    rated.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_numbers() {
        for (number, risk, result, want) in [
            (Some("0"), Some("None"), None, Some(Severity::Info)),
            (Some("4"), Some("High"), None, Some(Severity::Critical)),
            (None, Some("Medium"), None, Some(Severity::Medium)),
            (Some("9"), None, None, None),
            (Some("3"), None, Some("PASSED"), Some(Severity::Info)),
            (Some("0"), None, Some("FAILED"), Some(Severity::High)),
            (Some("2"), None, Some("WARNING"), Some(Severity::Medium)),
        ] {
            assert_eq!(severity(number, risk, result), want, "{number:?} {risk:?} {result:?}");
        }
    }
}
