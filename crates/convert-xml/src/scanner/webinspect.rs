//! WebInspect (OpenText, formerly Micro Focus and HP): the XML exports "Scan" (`Scan/Issues/Issue`) and
//! "Sessions" (`Sessions/Session/Issues/Issue`).

use crate::rest::{add_rest, add_url};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe, html, http,
};
use scanlift_report_core::{Kind, Location, Severity, Text, WebLocation};
use std::io::Read;

/// Reads the XML exports of WebInspect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Webinspect;

/// The converter.
pub static CONVERTER: Webinspect = Webinspect;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "webinspect",
    name: "WebInspect",
    summary: "XML exports of WebInspect: scans and sessions",
    versions: "9 to 24",
    kinds: &[Kind::Dast],
    url: "https://www.microfocus.com/documentation/fortify-webinspect/",
};

impl Converter for Webinspect {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let marked = head.has("PolicyName") || head.has("CheckTypeID") || head.has("EngineType");
        match head.root() {
            "Scan" if marked => Match::Yes,
            "Sessions" if head.has("Session") && (marked || head.has("RawRequest") || head.has("Scheme")) => {
                Match::Yes
            }
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !matches!(root.name(), "Scan" | "Sessions") {
            return Err(ConvertError::Unrecognised {
                expected: "a Scan or Sessions of WebInspect",
                help: "export the scan details from WebInspect as XML",
            });
        }
        let mut walk = Walk { sink, begun: false, start: None, version: None };
        walk.enter(&mut reader)?;
        walk.begin()?;
        reader.end(walk.sink)
    }
}

/// How many bytes of issues wait for the end of their session.
const MOST_HELD: usize = 16 * 1024 * 1024;

struct Walk<'w> {
    sink: &'w mut dyn Sink,
    begun: bool,
    start: Option<String>,
    version: Option<String>,
}

impl Walk<'_> {
    /// The depth is that of the outline.
    fn enter<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "StartTime" => {
                self.start = reader.element(tag)?.root().text().map(str::to_owned);
                Ok(())
            }
            "ProductVersion" | "WebInspectVersion" => {
                self.version = reader.element(tag)?.root().text().map(str::to_owned);
                Ok(())
            }
            "Issues" => self.enter(reader),
            "Session" => {
                let mut session = Session::default();
                reader.each_child(|tag, reader| match tag.name() {
                    "Issues" => reader.each_child(|tag, reader| match tag.name() {
                        "Issue" => self.hold(&mut session, reader.element(tag)?),
                        _ => Ok(()),
                    }),
                    "Issue" => self.hold(&mut session, reader.element(tag)?),
                    _ => {
                        session.said.push(reader.element(tag)?);
                        Ok(())
                    }
                })?;
                self.release(&mut session)
            }
            "Issue" => {
                let issue = reader.element(tag)?;
                self.issue(&issue, &[])
            }
            _ => Ok(()),
        })
    }

    /// Keeps an issue until all is said of its session, or too many have come.
    fn hold(&mut self, session: &mut Session, issue: Tree) -> Result<(), ConvertError> {
        session.bytes += issue.bytes();
        session.issues.push(issue);
        if session.bytes > MOST_HELD { self.release(session) } else { Ok(()) }
    }

    fn release(&mut self, session: &mut Session) -> Result<(), ConvertError> {
        session.bytes = 0;
        let issues = std::mem::take(&mut session.issues);
        issues.iter().try_for_each(|issue| self.issue(issue, &session.said))
    }

    fn issue(&mut self, issue: &Tree, session: &[Tree]) -> Result<(), ConvertError> {
        self.begin()?;
        Record::begin(self.sink).spend(map_issue(issue.root(), session))
    }

    fn begin(&mut self) -> Result<(), ConvertError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("OpenText".into());
        scan.url = Some("https://www.opentext.com/products/fortify-webinspect".into());
        scan.version = self.version.as_deref().map(Into::into);
        scan.start_time = self.start.as_deref().map(time).map(Into::into);
        self.sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }
}

/// A request and its answer, with the issues that were found by it: what is said of it may stand behind them.
#[derive(Default)]
struct Session {
    said: Vec<Tree>,
    issues: Vec<Tree>,
    /// What the issues take.
    bytes: usize,
}

/// `2/22/2024 12:01:24 PM`, month first as the product writes it, to `2024-02-22T12:01:24`.
fn time(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [date, clock, half] = words.as_slice() else { return text.to_owned() };
    let date: Vec<&str> = date.split('/').collect();
    let clock: Vec<&str> = clock.split(':').collect();
    match (date.as_slice(), clock.as_slice()) {
        ([month, day, year], [hour, minute, second]) => {
            let hour = hour.parse::<u32>().unwrap_or_default() % 12 + if *half == "PM" { 12 } else { 0 };
            format!("{year}-{month:0>2}-{day:0>2}T{hour:02}:{minute}:{second}")
        }
        _ => text.to_owned(),
    }
}

/// What the mapping uses of an `Issue`.
const USED: [&str; 18] = [
    "CheckTypeID",
    "EngineType",
    "URL",
    "Scheme",
    "Host",
    "Port",
    "VulnerableSession",
    "TriggerSession",
    "VulnerabilityID",
    "Severity",
    "Name",
    "ReportSection",
    "RawResponse",
    "Classifications",
    "RawRequest",
    "Method",
    "AttackParamDescriptor",
    "AttackMethod",
];

fn map_issue<'a>(issue: Element<'a>, session: &'a [Tree]) -> Outcome<'a> {
    let text = |name: &str| {
        let outer =
            || session.iter().map(Tree::root).find(|element| element.name() == name).and_then(Element::text);
        issue.child_text(name).or_else(outer)
    };
    let name = issue.child_text("Name");
    let Some(id) = text("VulnerabilityID").or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "an Issue without VulnerabilityID and Name", "");
    };
    let mut weakness = Weakness::new("webinspect_check_id", id);
    weakness.name = name.map(Into::into);
    weakness.severity = text("Severity").and_then(severity);
    for section in issue.all("ReportSection") {
        let said = section.child_text("SectionText");
        match section.child_text("Name").unwrap_or_default() {
            "Summary" => weakness.html("", said),
            "Implication" => weakness.html("Implication", said),
            "Execution" => weakness.html("Execution", said),
            "Fix" => weakness.advise(html::to_markdown(said.unwrap_or_default())),
            "Reference Info" => weakness.refer(said.unwrap_or_default()),
            _ => weakness.html("More", said),
        }
    }
    for class in issue.child("Classifications").into_iter().flat_map(|list| list.all("Classification")) {
        let words = [class.attribute("kind"), class.attribute("identifier"), class.text()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        weakness.cwes.extend(cwe::all(&words.join("-")));
        weakness.refer(class.attribute("href").unwrap_or_default());
    }
    if weakness.cwes.is_empty() {
        let sections = issue.all("ReportSection").filter_map(|section| section.child_text("SectionText"));
        weakness.cwes =
            sections.filter_map(|said| cwe::all(&html::to_line(said)).into_iter().next()).take(1).collect();
    }

    let url: Text<'_> = text("URL").map_or_else(
        || {
            let port = text("Port").map(|port| format!(":{port}")).unwrap_or_default();
            let (scheme, host) = (text("Scheme").unwrap_or("http"), text("Host").unwrap_or_default());
            format!("{scheme}://{host}{port}/").into()
        },
        Into::into,
    );
    let mut location = WebLocation::from_url(&url);
    let sent = text("VulnerableSession").or(text("RawRequest")).or(text("TriggerSession"));
    let evidence = http::evidence(sent, text("RawResponse"), Some(&url)).unwrap_or_default();
    let method = text("AttackMethod").or(text("Method")).map(Into::into);
    location.method = method.or(evidence.request.as_ref().map(|request| request.method.clone()));
    location.param = text("AttackParamDescriptor").map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an Issue without VulnerabilityID and Name", "");
    };
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    if let Text::Borrowed(url) = url {
        add_url(details, "url", "URL", url);
    }
    details.text("check_type", "Kind of check", text("CheckTypeID").unwrap_or_default());
    details.text("engine_type", "Engine", text("EngineType").unwrap_or_default());
    add_rest(details, issue, &USED);
    Outcome::finding(finding)
}

/// 0 information to 4 critical; 5 is a best practice.
fn severity(number: &str) -> Option<Severity> {
    match number {
        "0" | "5" => Some(Severity::Info),
        "1" => Some(Severity::Low),
        "2" => Some(Severity::Medium),
        "3" => Some(Severity::High),
        "4" => Some(Severity::Critical),
        word => Severity::from_word(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_and_times() {
        for (number, want) in [
            ("0", Some(Severity::Info)),
            ("4", Some(Severity::Critical)),
            ("5", Some(Severity::Info)),
            ("High", Some(Severity::High)),
            ("9", None),
        ] {
            assert_eq!(severity(number), want, "{number}");
        }
        assert_eq!(time("2/22/2024 12:01:24 PM"), "2024-02-22T12:01:24");
        assert_eq!(time("2024-02-22"), "2024-02-22");
    }
}
