//! Burp Suite: the XML of "Report selected issues", versions 1.4 to 2025 (its document type stands in
//! every file), and Burp Suite Enterprise's.

use crate::rest::{add_fields, add_rest, add_text, add_url};
use scanlift_convert_api::base64;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe, html, http,
};
use scanlift_report_core::{
    Detail, Details, Evidence, Kind, Location, Severity, SupportingMessage, Text, WebLocation,
};

/// Reads the XML reports of Burp Suite.
#[derive(Clone, Copy, Debug, Default)]
pub struct Burp;

/// The converter.
pub static CONVERTER: Burp = Burp;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "burp",
    name: "Burp Suite",
    summary: "XML reports of issues of Burp Suite",
    versions: "1.4 to 2025",
    kinds: &[Kind::Dast],
    url: "https://portswigger.net/burp/documentation/desktop/running-scans/reporting",
};

/// What the mapping uses of an `issue`.
const USED: [&str; 18] = [
    "serialNumber",
    "type",
    "name",
    "host",
    "path",
    "location",
    "severity",
    "confidence",
    "issueBackground",
    "remediationBackground",
    "references",
    "vulnerabilityClassifications",
    "issueDetail",
    "issueDetailItems",
    "remediationDetail",
    "requestresponse",
    "collaboratorEvent",
    "infiltratorEvent",
];

/// Exchanges of an issue beside the first that are kept.
const EXCHANGES: usize = 9;

impl Converter for Burp {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let marked = head.attribute("burpVersion").is_some() || head.has("serialNumber") && head.has("host");
        if head.root() == "issues" && marked { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "issues" {
            return Err(ConvertError::Unrecognised {
                expected: "a list of Burp's issues",
                help: "report the issues from Burp Suite as XML",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = root.attribute("burpVersion").map(Into::into);
        scan.vendor = Some("PortSwigger".into());
        scan.url = Some("https://portswigger.net/burp".into());
        let time = root.attribute("exportTime").map(without_zone);
        (scan.start_time, scan.end_time) = (time.clone().map(Into::into), time.map(Into::into));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "issue" => {
                let issue = reader.element(tag)?;
                let exchanges = Exchanges::of(issue.root());
                Record::begin(sink).spend(map_issue(issue.root(), &exchanges))
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// `Sat Sep 13 22:39:44 CEST 2014` without its zone, which has no unambiguous meaning.
fn without_zone(time: &str) -> String {
    let words: Vec<&str> = time.split_whitespace().collect();
    match words.as_slice() {
        [day, month, date, clock, _, year] => [*day, *month, *date, *clock, *year].join(" "),
        _ => time.to_owned(),
    }
}

/// A `requestresponse` as text.
#[derive(Debug, Default)]
struct Exchange {
    method: Option<String>,
    request: Option<String>,
    response: Option<String>,
}

/// The exchanges of an issue.
#[derive(Debug, Default)]
struct Exchanges {
    /// With the target.
    own: Vec<Exchange>,
    /// Of the target with Burp's Collaborator.
    seen: Vec<Exchange>,
}

impl Exchanges {
    fn of(issue: Element<'_>) -> Self {
        let below = |element: Element<'_>| -> Vec<Exchange> {
            element.all("requestresponse").map(Exchange::decode).collect()
        };
        Self { own: below(issue), seen: issue.all("collaboratorEvent").flat_map(below).collect() }
    }
}

impl Exchange {
    fn decode(exchange: Element<'_>) -> Self {
        let request = exchange.child("request");
        Self {
            method: request.and_then(|request| request.attribute("method")).map(str::to_owned),
            request: request.and_then(message),
            response: exchange.child("response").and_then(message),
        }
    }
}

/// A message, decoded where it is base64.
fn message(element: Element<'_>) -> Option<String> {
    let text = element.text()?;
    if element.attribute("base64") == Some("true") { base64::decode(text) } else { Some(text.to_owned()) }
}

fn map_issue<'a>(issue: Element<'a>, exchanges: &'a Exchanges) -> Outcome<'a> {
    let text = |name: &str| issue.child_text(name);
    let name = text("name");
    let Some(id) = text("type").or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without type and name", "");
    };
    let word = text("severity");
    if word.is_some_and(|word| word.eq_ignore_ascii_case("False positive")) {
        return Outcome::skip(SkipReason::Suppressed, "severity: False positive", name.unwrap_or(id));
    }
    let mut weakness = Weakness::new("burp_issue_type", id);
    weakness.id_name = text("type").zip(name).map(|(kind, name)| format!("{kind} {name}").into());
    weakness.name = name.map(Into::into);
    weakness.html("", text("issueDetail"));
    let items: Vec<Text<'_>> = issue
        .child("issueDetailItems")
        .into_iter()
        .flat_map(Element::children)
        .filter_map(Element::text)
        .map(html::to_line)
        .collect();
    weakness.say("", items.iter().map(|item| format!("* {item}")).collect::<Vec<_>>().join("\n"));
    weakness.html("Background", text("issueBackground"));
    for solution in ["remediationDetail", "remediationBackground"] {
        weakness.advise(html::to_markdown(text(solution).unwrap_or_default()));
    }
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    let classes = text("vulnerabilityClassifications").unwrap_or_default();
    weakness.cwes = cwe::all(&html::to_line(classes));
    weakness.refer(text("references").unwrap_or_default());
    weakness.refer(classes);

    let host = issue.child("host");
    let address =
        format!("{}{}", host.and_then(Element::text).unwrap_or_default(), text("path").unwrap_or_default());
    let mut location = WebLocation::from_url(&address);
    location.method = exchanges.own.first().and_then(|exchange| exchange.method.as_deref()).map(Into::into);
    location.param = text("location").and_then(parameter).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without type and name", "");
    };
    let evidence = map_evidence(exchanges, &address);
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    if scanlift_report_core::is_url(&address) {
        details.insert("url", "URL", Detail::Url { text: None, href: address.into() });
    }
    details.text("confidence", "Confidence", text("confidence").unwrap_or_default());
    add_text(details, "location", "Location", text("location").unwrap_or_default());
    details.text("ip_address", "IP address", host.and_then(|host| host.attribute("ip")).unwrap_or_default());
    if text("vulnerabilityClassifications").is_some() {
        let value = html::to_markdown(classes);
        details.insert("classifications", "Classifications", Detail::Markdown { value });
    }
    for event in ["collaboratorEvent", "infiltratorEvent"] {
        map_events(details, issue, event);
    }
    map_analyses(details, issue);
    for exchange in issue.all("requestresponse") {
        if let Some(redirected) = exchange.child_text("responseRedirected").filter(|text| *text == "true") {
            details.text("response_redirected", "Response redirected", redirected);
        }
    }
    add_rest(details, issue, &USED);
    details.text("serial_number", "Serial number", text("serialNumber").unwrap_or_default());
    if details.get("url").is_none() {
        add_url(details, "host", "Host", host.and_then(Element::text).unwrap_or_default());
    }
    Outcome::finding(finding)
}

/// The name in `/login [username parameter]`; a path alone names none.
fn parameter(location: &str) -> Option<&str> {
    let (_, rest) = location.split_once(" [")?;
    Some(rest.strip_suffix(']')?.trim()).filter(|name| !name.is_empty())
}

/// The first exchange as the evidence, the others beside it, and those with the Collaborator.
fn map_evidence<'a>(exchanges: &'a Exchanges, address: &str) -> Evidence<'a> {
    fn read<'e>(exchange: &'e Exchange, base: Option<&str>) -> Option<Evidence<'e>> {
        http::evidence(exchange.request.as_deref(), exchange.response.as_deref(), base)
    }
    let mut own = exchanges.own.iter().filter_map(|exchange| read(exchange, Some(address)));
    let mut evidence = own.next().unwrap_or_default();
    let own = own.enumerate().map(|(at, other)| (format!("Exchange {}", at + 2), other));
    let seen = exchanges.seen.iter().filter_map(|exchange| read(exchange, None));
    let seen = seen.enumerate().map(|(at, other)| (format!("Exchange {} with Collaborator", at + 1), other));
    evidence.supporting_messages = own
        .take(EXCHANGES)
        .chain(seen.take(EXCHANGES))
        .filter_map(|(name, other)| SupportingMessage::new(name, other.request, other.response))
        .collect();
    evidence
}

/// What an external service saw of the target: a table, one event a row.
fn map_events<'a>(details: &mut Details<'a>, issue: Element<'a>, name: &'static str) {
    let rows: Vec<Vec<Detail<'a>>> = issue
        .all(name)
        .take(50)
        .map(|event| event.children().filter_map(|field| Some((field.name(), field.text()?))))
        .map(|fields| fields.map(|(name, text)| Detail::text(format!("{name}: {text}"))).collect())
        .filter(|row: &Vec<_>| !row.is_empty())
        .collect();
    if !rows.is_empty() {
        let (key, heading) = match name {
            "collaboratorEvent" => ("collaborator_events", "Collaborator events"),
            _ => ("infiltrator_events", "Infiltrator events"),
        };
        details.insert(key, heading, Detail::Table { header: Vec::new(), rows });
    }
}

/// What Burp saw in the browser or in scripts: from which source to which sink a value flows, and how to
/// show it.
fn map_analyses<'a>(details: &mut Details<'a>, issue: Element<'a>) {
    let analyses =
        || issue.children().filter(|child| child.is("dynamicAnalysis") || child.is("staticAnalysis"));
    let fields = analyses().flat_map(Element::children);
    add_fields(details, fields.filter_map(|field| Some((field.name(), field.text()?))).collect());
    let snippets = analyses().filter_map(|analysis| analysis.child("codeSnippets"));
    add_list(details, "code_snippets", "Code snippets", snippets.flat_map(|list| list.texts("codeSnippet")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_in_brackets() {
        for (location, want) in [
            ("/basket.jsp [b_id cookie]", Some("b_id cookie")),
            ("/basket.jsp", None),
            ("/a [b] [c parameter]", Some("b] [c parameter")),
            ("/a []", None),
            ("", None),
        ] {
            assert_eq!(parameter(location), want, "{location}");
        }
    }

    #[test]
    fn times_lose_their_zone() {
        assert_eq!(without_zone("Sat Sep 13 22:39:44 CEST 2014"), "Sat Sep 13 22:39:44 2014");
        assert_eq!(without_zone("2020-01-01"), "2020-01-01");
    }
}
