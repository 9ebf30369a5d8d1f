//! Acunetix: the XML export (`ScanGroup`), versions 8 to 24.

use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe, html, http,
};
use scanlift_report_core::{Detail, Kind, Link, Location, Severity, WebLocation};
use std::io::Read;

/// Reads the XML exports of Acunetix.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acunetix;

/// The converter.
pub static CONVERTER: Acunetix = Acunetix;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "acunetix",
    name: "Acunetix",
    summary: "XML exports of Acunetix",
    versions: "8 to 24",
    kinds: &[Kind::Dast],
    url: "https://www.acunetix.com/support/docs/wvs/exporting-scan-results/",
};

/// What the mapping uses of a `ReportItem`.
const USED: [&str; 19] = [
    "Name",
    "ModuleName",
    "Details",
    "Affects",
    "Parameter",
    "IsFalsePositive",
    "Severity",
    "Type",
    "Impact",
    "Description",
    "DetailedInformation",
    "Recommendation",
    "TechnicalDetails",
    "CWEList",
    "CVEList",
    "CVSS",
    "CVSS3",
    "References",
    "CWE",
];

impl Converter for Acunetix {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "ScanGroup" { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        const NONE: ConvertError = ConvertError::Unrecognised {
            expected: "a ScanGroup with scans",
            help: "export the scan from Acunetix as XML",
        };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let mut scans = 0;
        if root.name() == "ScanGroup" {
            reader.each_child(|tag, reader| match tag.name() {
                "Scan" => {
                    scans += 1;
                    map_scan(reader, sink)
                }
                _ => Ok(()),
            })?;
        }
        if scans == 0 {
            return Err(NONE);
        }
        reader.end(sink)
    }
}

/// What is said of a scan before its items.
#[derive(Debug, Default)]
struct Scan {
    start_url: String,
    start: Option<String>,
    end: Option<String>,
}

fn map_scan<R: Read>(reader: &mut Reader<R>, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let mut scan = Scan::default();
    let mut begun = false;
    reader.each_child(|tag, reader| match tag.name() {
        "StartURL" => {
            if let Some(url) = reader.element(tag)?.root().text().filter(|_| scan.start_url.is_empty()) {
                scan.start_url = url.to_owned();
            }
            Ok(())
        }
        "Crawler" => {
            // Unlike StartURL it always has its scheme.
            if let Some(url) = tag.attribute("StartUrl").filter(|url| url.contains("://")) {
                scan.start_url = url.to_owned();
            }
            Ok(())
        }
        "StartTime" => {
            scan.start = reader.element(tag)?.root().text().and_then(time);
            Ok(())
        }
        "FinishTime" => {
            scan.end = reader.element(tag)?.root().text().and_then(time);
            Ok(())
        }
        "ReportItems" => {
            begun = true;
            begin(&scan, sink)?;
            reader.each_child(|tag, reader| match tag.name() {
                "ReportItem" => {
                    let item = reader.element(tag)?;
                    Record::begin(sink).spend(map_item(item.root(), &scan))
                }
                _ => Ok(()),
            })
        }
        _ => Ok(()),
    })?;
    if begun { Ok(()) } else { begin(&scan, sink) }
}

fn begin(scan: &Scan, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let mut info = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
    info.vendor = Some("Invicti".into());
    info.url = Some("https://www.acunetix.com".into());
    info.start_time = scan.start.as_deref().map(Into::into);
    info.end_time = scan.end.as_deref().map(Into::into);
    sink.begin_scan(info).map_err(ConvertError::Deliver)
}

/// `28/04/2020, 05:36:46` to `2020-04-28T05:36:46`; other spellings as they are.
fn time(text: &str) -> Option<String> {
    let Some((date, clock)) = text.split_once(", ") else { return Some(text.to_owned()) };
    let parts: Vec<&str> = date.split('/').collect();
    match parts.as_slice() {
        [day, month, year] => Some(format!("{year}-{month:0>2}-{day:0>2}T{clock}")),
        _ => Some(text.to_owned()),
    }
}

fn map_item<'a>(item: Element<'a>, scan: &'a Scan) -> Outcome<'a> {
    let text = |name: &str| item.child_text(name);
    let Some(name) = text("Name").or(text("Type")).or(text("ModuleName")) else {
        return Outcome::skip(SkipReason::Unsupported, "a ReportItem without a name", "");
    };
    if text("IsFalsePositive").is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1") {
        return Outcome::skip(SkipReason::Suppressed, "IsFalsePositive: True", name);
    }
    let mut weakness = Weakness::new("acunetix_vulnerability", name);
    weakness.name = Some(name.into());
    for (field, heading) in [
        ("Description", ""),
        ("Impact", "Impact"),
        ("Details", "Details"),
        ("DetailedInformation", "Background"),
    ] {
        weakness.html(heading, text(field));
    }
    weakness.advise(html::to_markdown(text("Recommendation").unwrap_or_default()));
    let word = text("Severity");
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    weakness.ratings =
        ["CVSS4", "CVSS3", "CVSS"].iter().filter_map(|version| rating(item.child(version)?)).collect();
    for class in item.all("CWEList").flat_map(Element::children).chain(item.all("CWE")) {
        let number = |text: &str| text.parse().ok().or_else(|| cwe::parse(text));
        weakness.cwes.extend(class.attribute("id").or(class.text()).and_then(number));
    }
    for advisory in item.all("CVEList").flat_map(Element::children) {
        let id = advisory.text().or(advisory.attribute("id")).or(advisory.first_text(&["Id", "ID"]));
        weakness.advisories.extend(id.map(Into::into));
    }
    for reference in item.all("References").flat_map(|list| list.all("Reference")) {
        let link = reference.child_text("URL").and_then(Link::new);
        let name = reference.child_text("Database").unwrap_or_default();
        weakness.links.extend(link.map(|link| link.with_name(name)));
    }

    let request = item.find(&["TechnicalDetails", "Request"]).and_then(Element::text);
    let response = item.find(&["TechnicalDetails", "Response"]).and_then(Element::text);
    let affects = text("Affects").unwrap_or_default();
    let url = absolute(&scan.start_url, affects);
    let mut location = WebLocation::from_url(&url);
    location.param = text("Parameter").filter(|name| *name != "<empty>").map(Into::into);
    let evidence = http::evidence(request, response, Some(&url)).unwrap_or_default();
    location.method = evidence.request.as_ref().map(|request| request.method.clone());
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a ReportItem without a name", "");
    };
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    if scanlift_report_core::is_url(&url) {
        details.insert("url", "URL", Detail::Url { text: None, href: url.into() });
    } else {
        add_url(details, "target", "Target", &scan.start_url);
    }
    details.text("affects", "Affects", affects);
    add_text(details, "parameter", "Parameter", text("Parameter").unwrap_or_default());
    details.text("type", "Type", text("Type").unwrap_or_default());
    details.text("module", "Module", text("ModuleName").unwrap_or_default());
    add_rest(details, item, &USED);
    Outcome::finding(finding)
}

/// A rating with its vector and its score.
fn rating(rating: Element<'_>) -> Option<Rating<'_>> {
    let vector = rating.child_text("Descriptor");
    let score = rating.number("Score");
    (vector.is_some() || score.is_some()).then(|| Rating::new("Acunetix", vector.map(Into::into), score))
}

/// What is affected is a path, an address, or "Web Server".
fn absolute(start: &str, affects: &str) -> String {
    if affects.contains("://") {
        return affects.to_owned();
    }
    let from = start.find("://").map_or(0, |at| at + 3);
    let end = start.get(from..).and_then(|rest| rest.find('/')).map_or(start.len(), |at| from + at);
    let origin = start.get(..end).unwrap_or_default();
    let scheme = if from == 0 && !origin.is_empty() { "http://" } else { "" };
    let path = if affects.starts_with('/') { affects } else { "/" };
    format!("{scheme}{origin}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_affected_has_an_address() {
        for (start, affects, want) in [
            ("https://a.example/x", "/h", "https://a.example/h"),
            ("a.example:9000", "/h", "http://a.example:9000/h"),
            ("https://a.example", "Web Server", "https://a.example/"),
            ("https://a.example", "https://b.example/", "https://b.example/"),
            ("", "/h", "/h"),
        ] {
            assert_eq!(absolute(start, affects), want);
        }
    }

    #[test]
    fn times_are_turned() {
        assert_eq!(time("28/04/2020, 05:36:46").as_deref(), Some("2020-04-28T05:36:46"));
        assert_eq!(time("2020-04-28T05:36:46Z").as_deref(), Some("2020-04-28T05:36:46Z"));
    }
}
