//! Detections on hosts.

use super::{Glossary, bare, describe};
use crate::rest::{add_rest, add_text};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Tag};
use scanlift_convert_api::{Options, Outcome, SkipReason};
use scanlift_report_core::{Detail, Details, Severity};

/// What is said of a host before its detections.
#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    address: String,
    name: String,
    netbios: String,
    system: String,
    /// Of a `CAT` in a scan result: category, port and protocol of the entries in it.
    category: String,
    port: Option<u16>,
    protocol: String,
}

impl Host {
    /// `<IP value="10.0.0.1" name="host.example">` of a scan result.
    pub(super) fn of(tag: &Tag) -> Self {
        let text = |name: &str| tag.attribute(name).unwrap_or_default().to_owned();
        Self { address: text("value"), name: text("name"), ..Self::default() }
    }

    pub(super) fn read(&mut self, element: Element<'_>) {
        let text = element.text().unwrap_or_default().to_owned();
        match element.name() {
            "IP" => self.address = text,
            "DNS" => self.name = text,
            "FQDN" if self.name.is_empty() => self.name = text,
            "NETBIOS" | "NETBIOS_HOSTNAME" => self.netbios = text,
            "OS" | "OPERATING_SYSTEM" => self.system = text,
            _ => {}
        }
    }

    pub(super) fn with_service(&self, tag: &Tag) -> Self {
        Self {
            category: tag.attribute("value").unwrap_or_default().to_owned(),
            port: tag.attribute("port").and_then(|port| port.parse().ok()),
            protocol: tag.attribute("protocol").unwrap_or_default().to_owned(),
            ..self.clone()
        }
    }

    /// The name, which outlives addresses; "No registered hostname" is none.
    fn best_name(&self) -> &str {
        let named = |name: &&str| !name.is_empty() && !name.contains(' ');
        [self.name.as_str(), &self.address, &self.netbios].into_iter().find(named).unwrap_or("unknown host")
    }

    fn add_details<'a>(&'a self, details: &mut Details<'a>) {
        let address = if self.best_name() == self.address { "" } else { &self.address };
        details.text("ip_address", "IP address", address);
        details.text("netbios_name", "NetBIOS name", self.netbios.as_str());
        details.text("operating_system", "Operating system", self.system.as_str());
    }
}

/// What the mapping uses of a detection; of a scan result it says what its QID means as well.
const USED: [&str; 31] = [
    "QID",
    "TITLE",
    "TYPE",
    "SEVERITY",
    "PORT",
    "SERVICE",
    "PROTOCOL",
    "SSL",
    "FQDN",
    "RESULT",
    "RESULTS",
    "THREAT",
    "DIAGNOSIS",
    "DESCRIPTION",
    "IMPACT",
    "CONSEQUENCE",
    "SOLUTION",
    "CVSS_BASE",
    "CVSS3_BASE",
    "VULN_STATUS",
    "STATUS",
    "FIRST_FOUND",
    "LAST_FOUND",
    "FIRST_FOUND_DATETIME",
    "LAST_FOUND_DATETIME",
    "TIMES_FOUND",
    "CVSS_FINAL",
    "CVSS3_FINAL",
    "IS_IGNORED",
    "IS_DISABLED",
    "UNIQUE_VULN_ID",
];

pub(super) fn map<'a>(
    detection: Element<'a>,
    host: &'a Host,
    glossary: &'a Glossary,
    options: &Options,
) -> Outcome<'a> {
    let text = |name: &str| detection.child_text(name).filter(|text| *text != "-");
    let qid = text("QID")
        .or(detection.attribute("number"))
        .or(detection.child("QID").and_then(|qid| qid.attribute("id")));
    let Some(qid) = qid.map(bare) else {
        return Outcome::skip(SkipReason::Unsupported, "a detection without QID", host.best_name());
    };
    let meaning = glossary.get(qid);
    let title = text("TITLE").or_else(|| meaning?.child_text("TITLE")).unwrap_or_default();
    let example = || format!("QID {qid} {title}").trim().to_owned();
    for (field, word, reason) in [
        ("IS_IGNORED", "1", SkipReason::Suppressed),
        ("IS_DISABLED", "1", SkipReason::Suppressed),
        ("VULN_STATUS", "Fixed", SkipReason::NotAFinding),
        ("STATUS", "Fixed", SkipReason::NotAFinding),
    ] {
        if text(field).is_some_and(|text| text.eq_ignore_ascii_case(word)) {
            return Outcome::skip(reason, format!("{field}: {word}"), example());
        }
    }
    let kind = text("TYPE");
    let informs = kind.is_some_and(|kind| kind.starts_with("Ig") || kind == "Info")
        || matches!(detection.name(), "INFO" | "SERVICE");
    if informs && !options.include_info {
        return Outcome::skip(SkipReason::NotAFinding, "TYPE: Ig (information gathered)", example());
    }

    let mut weakness = Weakness::new("qualys_qid", qid);
    weakness.id_name = Some(format!("QID-{qid}").into());
    weakness.name = text("TITLE").map(Into::into);
    let level = text("SEVERITY").or(detection.attribute("severity"));
    weakness.severity = if informs { Some(Severity::Info) } else { level.and_then(super::severity) };
    for described in meaning.into_iter().chain([detection]) {
        describe(&mut weakness, described);
    }
    let level = level.or_else(|| meaning?.child_text("SEVERITY"));
    weakness.severity_word = level.map(|level| format!("{level} of 5").into());

    let port = text("PORT").and_then(|port| port.parse().ok()).or(host.port);
    let protocol = text("PROTOCOL").unwrap_or(&host.protocol);
    let name = text("FQDN").unwrap_or(host.best_name());
    let service = Service::new(name, port, protocol, detection.child("PORT").and(text("SERVICE")));
    let Some(mut finding) = weakness.into_finding(service.location(qid)) else {
        return Outcome::skip(SkipReason::Unsupported, "a detection without QID", host.best_name());
    };
    let details = &mut finding.vulnerability.details;
    add_text(details, "result", "Result", text("RESULT").or(text("RESULTS")).unwrap_or_default());
    service.add_details(details);
    host.add_details(details);
    details.text(
        "ssl",
        "Over SSL",
        text("SSL").filter(|text| matches!(*text, "1" | "true")).unwrap_or_default(),
    );
    let kind = match kind.unwrap_or(detection.name()) {
        "Practice" | "PRACTICE" | "Potential" => "potential",
        "Vuln" | "VULN" | "Confirmed" => "confirmed",
        other => other,
    };
    details.text("type", "Kind of detection", kind);
    details.text("status", "Status", text("VULN_STATUS").or(text("STATUS")).unwrap_or_default());
    for (names, key, heading) in [
        (["FIRST_FOUND", "FIRST_FOUND_DATETIME"], "first_found", "First found"),
        (["LAST_FOUND", "LAST_FOUND_DATETIME"], "last_found", "Last found"),
        (["TIMES_FOUND", ""], "times_found", "Times found"),
        (["CVSS3_FINAL", "CVSS_FINAL"], "cvss_final", "CVSS with the environment"),
    ] {
        let value = names.iter().find_map(|name| text(name)).unwrap_or_default();
        details.text(key, heading, value);
    }
    let category = meaning.and_then(|meaning| meaning.child_text("CATEGORY")).unwrap_or(&host.category);
    details.text("category", "Category", category);
    for described in meaning.into_iter().chain([detection]) {
        map_correlation(details, described);
        add_bugtraq(details, described);
    }
    if let Some(meaning) = meaning {
        details.text(
            "last_update",
            "Last update of the QID",
            meaning.child_text("LAST_UPDATE").unwrap_or_default(),
        );
        details.text(
            "pci",
            "Fails PCI",
            meaning.child_text("PCI_FLAG").filter(|flag| *flag == "1").map_or("", |_| "yes"),
        );
    }
    add_rest(details, detection, &USED);
    Outcome::finding(finding)
}

/// Exploits and malware that are known.
fn map_correlation<'a>(details: &mut Details<'a>, meaning: Element<'a>) {
    let sources = |kind: &str, source: &'static str| {
        let found = meaning.find(&["CORRELATION", kind]);
        found.into_iter().flat_map(move |found| found.all(source))
    };
    let exploits = sources("EXPLOITABILITY", "EXPLT_SRC").flat_map(|source| {
        source.children().flat_map(|list| list.all("EXPLT")).map(move |one| (source, one))
    });
    let rows: Vec<Vec<Detail<'a>>> = exploits
        .take(50)
        .map(|(source, exploit)| {
            let cell = |text: Option<&'a str>| Detail::text(text.unwrap_or_default());
            let described = cell(exploit.child_text("DESC"));
            let link = exploit.child_text("LINK").filter(|link| scanlift_report_core::is_url(link));
            let link = link.map_or(cell(None), |href| Detail::Url { text: None, href: href.into() });
            vec![cell(exploit.child_text("REF")), described, cell(source.child_text("SRC_NAME")), link]
        })
        .collect();
    if !rows.is_empty() {
        let header = ["Advisory", "Exploit", "Source", "Link"].map(Detail::text).to_vec();
        details.insert("exploits", "Exploits", Detail::Table { header, rows });
    }
    let malware =
        sources("MALWARE", "MW_SRC").flat_map(Element::children).flat_map(|list| list.all("MW_INFO"));
    add_list(details, "malware", "Malware", malware.filter_map(|one| one.child_text("MW_ID")));
}

fn add_bugtraq<'a>(details: &mut Details<'a>, meaning: Element<'a>) {
    let list = meaning.child("BUGTRAQ_ID_LIST").into_iter().flat_map(|list| list.all("BUGTRAQ_ID"));
    let ids: Vec<&str> = list.filter_map(|one| one.child_text("ID")).collect();
    details.text("bid", "Bugtraq ids", ids.join(", "));
}
