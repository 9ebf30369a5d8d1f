//! Burp Suite: issues of the REST API (`issue_events`) and of the GraphQL API (`issues`).

mod message;

use message::Message;
use scanlift_convert_api::details::add_url;
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
    html, http,
};
use scanlift_report_core::{Evidence, Kind, Location, Severity, SupportingMessage, WebLocation};
use serde::Deserialize;
use std::io::Read;

/// Reads the JSON of Burp Suite's APIs.
#[derive(Clone, Copy, Debug, Default)]
pub struct BurpJson;

/// The converter.
pub static CONVERTER: BurpJson = BurpJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "burp-json",
    name: "Burp Suite",
    summary: "JSON of Burp Suite: REST API of Professional, GraphQL API of DAST (Enterprise)",
    versions: "REST API 0.1, GraphQL 2021 to 2025",
    kinds: &[Kind::Dast],
    url: "https://portswigger.net/burp/documentation/dast/user-guide/api-documentation",
};

/// How deep the lists may stand: `data`, `scan`, `issues`.
const DEEPEST: usize = 4;
/// Exchanges of an issue beside the first that are kept.
const EXCHANGES: usize = 9;

impl Converter for BurpJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_rest = head.has("issue_events") || head.has("scan_metrics");
        let issues = [&["Issues"][..], &["issues"], &["data", "scan", "issues"], &["data", "issues"]];
        let of_graphql = issues.iter().any(|path| head.path_has(&[path, &["issue_type"][..]].concat()));
        let single = head.path_has(&["data", "issue", "issue_type"]);
        // The answer to a query that found nothing.
        let nothing = head.path_has(&["data", "scan", "issues"]) || head.keys().eq(["Issues"]);
        match of_rest || of_graphql || single {
            true => Match::Yes,
            false if nothing => Match::Maybe,
            false => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut known = false;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        each_list(&mut reader, 0, &mut |_| {
            known = true;
            Ok(())
        })?;
        reader.finish()?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`issue_events` or `issues`",
                help: "take the answer of GET /v0.1/scan/{task_id}, or of a GraphQL query for issues",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("PortSwigger".into());
        scan.url = Some("https://portswigger.net/burp".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        each_list(&mut reader, 0, &mut |reader| {
            records.each(reader, |records, reader| records.map(reader, &(), map_event))
        })?;
        Ok(reader.finish()?)
    }
}

/// What is done with a list at which the reader stands.
type Visit<'v, R> = dyn FnMut(&mut Reader<R>) -> Result<(), ConvertError> + 'v;

/// Visits the lists of issues, wherever they stand.
fn each_list<R: Read>(
    reader: &mut Reader<R>,
    depth: usize,
    visit: &mut Visit<'_, R>,
) -> Result<(), ConvertError> {
    reader.each_key(|key, reader| match (key, reader.peek()?) {
        ("issue_events" | "issues" | "Issues", _) => visit(reader),
        ("issue", JsonKind::Object) if depth > 0 => visit(reader),
        ("data" | "scan" | "site", JsonKind::Object) if depth < DEEPEST => {
            each_list(reader, depth + 1, visit)
        }
        _ => Ok(()),
    })
}

/// An issue, or an event that found one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    issue: Option<Issue<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,

    // GraphQL has the issue itself.
    issue_type: Option<IssueType<'a>>,
    serial_number: Option<Loose<'a>>,
    origin: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    description_html: Option<Loose<'a>>,
    remediation_html: Option<Loose<'a>>,
    novelty: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    evidence: Vec<Proof<'a>>,
}

/// `Issue` of the REST API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    type_index: Option<Loose<'a>>,
    serial_number: Option<Loose<'a>>,
    origin: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    issue_background: Option<Loose<'a>>,
    remediation: Option<Loose<'a>>,
    remediation_background: Option<Loose<'a>>,
    caption: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    evidence: Vec<Proof<'a>>,
}

/// `IssueType` of GraphQL.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IssueType<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    type_index: Option<Loose<'a>>,
    description_html: Option<Loose<'a>>,
    remediation_html: Option<Loose<'a>>,
    vulnerability_classifications_html: Option<Loose<'a>>,
    references_html: Option<Loose<'a>>,
}

/// An exchange as the REST API has it, or a request or a response as GraphQL has them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proof<'a> {
    #[serde(borrow)]
    request_response: Option<Exchange<'a>>,
    request_segments: Option<Message>,
    response_segments: Option<Message>,
    #[serde(deserialize_with = "json::list")]
    information_items: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exchange<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
    request: Option<Message>,
    response: Option<Message>,
}

fn map_event<'a>(event: &'a Event<'_>, _: &()) -> Outcome<'a> {
    match &event.issue {
        Some(issue) => map_issue(issue),
        None if event.issue_type.is_none() && event.kind.is_some() => Outcome::skip(
            SkipReason::NotAFinding,
            "an event without an issue",
            filled(&event.kind).unwrap_or_default(),
        ),
        None => map_graphql(event),
    }
}

fn map_issue<'a>(issue: &'a Issue<'_>) -> Outcome<'a> {
    let mut weakness = Weakness::default();
    weakness.html("", filled(&issue.description));
    weakness.html("Background", filled(&issue.issue_background));
    for text in [&issue.remediation, &issue.remediation_background] {
        weakness.advise(html::to_markdown(filled(text).unwrap_or_default()));
    }
    let base = issue.evidence.iter().find_map(|proof| filled(&proof.request_response.as_ref()?.url));
    let facts = Facts {
        kind: filled(&issue.type_index),
        name: filled(&issue.name),
        severity: filled(&issue.severity),
        confidence: filled(&issue.confidence),
        origin: filled(&issue.origin),
        path: filled(&issue.path),
        serial_number: filled(&issue.serial_number),
        parameter: filled(&issue.caption).and_then(parameter),
    };
    facts.into_outcome(weakness, &issue.evidence, base)
}

fn map_graphql<'a>(issue: &'a Event<'_>) -> Outcome<'a> {
    let kind = issue.issue_type.as_ref();
    let of = |field: fn(&'a IssueType<'_>) -> &'a Option<Loose<'a>>| kind.map(field).and_then(filled);
    let mut weakness = Weakness::default();
    weakness.html("", filled(&issue.description_html));
    weakness.html("Background", of(|kind| &kind.description_html));
    for text in [filled(&issue.remediation_html), of(|kind| &kind.remediation_html)] {
        weakness.advise(html::to_markdown(text.unwrap_or_default()));
    }
    let classes = of(|kind| &kind.vulnerability_classifications_html).unwrap_or_default();
    weakness.cwes = cwe::all(&html::to_line(classes));
    weakness.refer(of(|kind| &kind.references_html).unwrap_or_default());
    weakness.refer(classes);
    let facts = Facts {
        kind: of(|kind| &kind.type_index),
        name: of(|kind| &kind.name),
        severity: filled(&issue.severity),
        confidence: filled(&issue.confidence),
        origin: filled(&issue.origin),
        path: filled(&issue.path),
        serial_number: filled(&issue.serial_number),
        parameter: None,
    };
    let novelty = filled(&issue.novelty);
    match facts.into_outcome(weakness, &issue.evidence, None) {
        Outcome::Finding(mut finding) => {
            finding.vulnerability.details.text("novelty", "Novelty", novelty.unwrap_or_default());
            Outcome::Finding(finding)
        }
        skipped @ Outcome::Skip { .. } => skipped,
    }
}

/// What both APIs say of an issue.
struct Facts<'a> {
    kind: Option<&'a str>,
    name: Option<&'a str>,
    severity: Option<&'a str>,
    confidence: Option<&'a str>,
    origin: Option<&'a str>,
    path: Option<&'a str>,
    serial_number: Option<&'a str>,
    parameter: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn into_outcome(
        self,
        mut weakness: Weakness<'a>,
        proofs: &'a [Proof<'_>],
        base: Option<&'a str>,
    ) -> Outcome<'a> {
        let Some(id) = self.kind.or(self.name) else {
            return Outcome::skip(SkipReason::Unsupported, "an issue without type and name", "");
        };
        if self.severity.is_some_and(|word| word.eq_ignore_ascii_case("false_positive")) {
            let name = self.name.unwrap_or(id);
            return Outcome::skip(SkipReason::Suppressed, "severity: false_positive", name);
        }
        weakness.scheme = "burp_issue_type";
        weakness.id = id.into();
        weakness.id_name = self.kind.zip(self.name).map(|(kind, name)| format!("{kind} {name}").into());
        weakness.name = self.name.map(Into::into);
        weakness.severity = self.severity.and_then(Severity::from_word);
        weakness.severity_word = self.severity.map(Into::into);

        let address = format!("{}{}", self.origin.unwrap_or_default(), self.path.unwrap_or_default());
        let evidence = map_evidence(proofs, base.unwrap_or(&address));
        let mut location = WebLocation::from_url(&address);
        location.method = evidence.request.as_ref().map(|request| request.method.clone());
        location.param = self.parameter.map(Into::into);
        let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
            return Outcome::skip(SkipReason::Unsupported, "an issue without type and name", "");
        };
        finding.secrets = http::credentials(&evidence);
        let vulnerability = &mut finding.vulnerability;
        vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
        let details = &mut vulnerability.details;
        add_url(details, "url", "URL", address);
        details.text("confidence", "Confidence", self.confidence.unwrap_or_default());
        let items = proofs.iter().flat_map(|proof| &proof.information_items).map(|item| html::to_line(item));
        scanlift_convert_api::details::add_list(details, "information", "Information", items);
        details.text("serial_number", "Serial number", self.serial_number.unwrap_or_default());
        Outcome::finding(finding)
    }
}

/// The name in `/login [username parameter]`.
fn parameter(caption: &str) -> Option<&str> {
    let (_, rest) = caption.split_once(" [")?;
    Some(rest.strip_suffix(']')?.trim()).filter(|name| !name.is_empty())
}

/// The first exchange as the evidence, the others beside it.
fn map_evidence<'a>(proofs: &'a [Proof<'_>], base: &str) -> Evidence<'a> {
    let mut exchanges: Vec<(Option<&str>, Option<&str>)> = Vec::new();
    for proof in proofs {
        if let Some(exchange) = &proof.request_response {
            let text = |message: &'a Option<Message>| message.as_ref().map(Message::text);
            exchanges.push((text(&exchange.request), text(&exchange.response)));
        }
        if let Some(request) = &proof.request_segments {
            exchanges.push((Some(request.text()), None));
        }
        if let Some(response) = &proof.response_segments {
            match exchanges.last_mut() {
                Some((_, answer @ None)) => *answer = Some(response.text()),
                _ => exchanges.push((None, Some(response.text()))),
            }
        }
    }
    let mut all =
        exchanges.into_iter().filter_map(|(sent, received)| http::evidence(sent, received, Some(base)));
    let mut evidence = all.next().unwrap_or_default();
    evidence.supporting_messages = all
        .take(EXCHANGES)
        .enumerate()
        .filter_map(|(at, other)| {
            SupportingMessage::new(format!("Exchange {}", at + 2), other.request, other.response)
        })
        .collect();
    evidence
}
