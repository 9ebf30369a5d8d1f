//! Arachni: the XML of its reporters, versions 0.4 (`arachni_report`) and 1.x (`report` with the schema
//! `components/reporters/xml/schema.xsd`).

use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::base64;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    http,
};
use scanlift_report_core::{
    Detail, Details, Evidence, Header, Kind, Link, Location, Request, Response, Severity, WebLocation,
};

/// Reads the XML reports of Arachni.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arachni;

/// The converter.
pub static CONVERTER: Arachni = Arachni;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "arachni",
    name: "Arachni",
    summary: "XML reports of Arachni",
    versions: "0.4 to 1.6",
    kinds: &[Kind::Dast],
    url: "https://github.com/Arachni/arachni/wiki/Report-components",
};

/// What the mapping uses of an `issue`.
const USED: [&str; 36] = [
    "name",
    "description",
    "severity",
    "remedy_guidance",
    "remedy_code",
    "cwe",
    "cwe_url",
    "cvssv2",
    "references",
    "vector",
    "var",
    "url",
    "elem",
    "method",
    "check",
    "mod_name",
    "internal_modname",
    "page",
    "referring_page",
    "variations",
    "digest",
    "_hash",
    "unique_id",
    "proof",
    "trusted",
    "tags",
    "signature",
    "remarks",
    "platform_name",
    "platform_type",
    "injected",
    "regexp",
    "regexp_match",
    "headers",
    "html",
    "requires_verification",
];

impl Converter for Arachni {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let schema = head.attribute("noNamespaceSchemaLocation").unwrap_or_default();
        let marked = schema.to_ascii_lowercase().contains("arachni")
            || head.has("seed") && head.has("audited_elements")
            || head.has("vector") && head.has("remedy_guidance");
        if head.root() == "arachni_report" || head.root() == "report" && marked {
            Match::Yes
        } else {
            Match::No
        }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !matches!(root.name(), "arachni_report" | "report") {
            return Err(ConvertError::Unrecognised {
                expected: "a report of Arachni",
                help: "run arachni_reporter scan.afr --reporter=xml",
            });
        }
        let mut facts = Facts::default();
        let mut begun = false;
        reader.each_child(|tag, reader| match tag.name() {
            "issues" => {
                facts.begin(&mut begun, sink)?;
                reader.each_child(|tag, reader| match tag.name() {
                    "issue" => {
                        let issue = reader.element(tag)?;
                        let body = body(issue.root());
                        Record::begin(sink).spend(map_issue(issue.root(), body.as_deref()))
                    }
                    _ => Ok(()),
                })
            }
            "version" | "start_datetime" | "finish_datetime" | "system" => {
                facts.read(reader.element(tag)?.root());
                Ok(())
            }
            _ => Ok(()),
        })?;
        facts.begin(&mut begun, sink)?;
        reader.end(sink)
    }
}

/// What is said of the scan; of version 0.4 in `system`.
#[derive(Debug, Default)]
struct Facts {
    version: Option<String>,
    start: Option<String>,
    end: Option<String>,
}

impl Facts {
    fn read(&mut self, element: Element<'_>) {
        let text = || element.text().map(str::to_owned);
        match element.name() {
            "version" => self.version = text(),
            "start_datetime" => self.start = text(),
            "finish_datetime" => self.end = text(),
            _ => {
                for child in element.children() {
                    if child.name() != "system" {
                        self.read(child);
                    }
                }
            }
        }
    }

    fn begin(&self, begun: &mut bool, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        if std::mem::replace(begun, true) {
            return Ok(());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = self.version.as_deref().map(Into::into);
        scan.vendor = Some("Ecsypno".into());
        scan.url = Some("https://github.com/Arachni/arachni".into());
        scan.start_time = self.start.as_deref().map(Into::into);
        scan.end_time = self.end.as_deref().map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }
}

/// The page of the first variation, which version 0.4 writes as base64.
fn body(issue: Element<'_>) -> Option<String> {
    base64::decode(issue.find(&["variations", "variation", "html"])?.text()?)
}

fn map_issue<'a>(issue: Element<'a>, body: Option<&'a str>) -> Outcome<'a> {
    let text = |name: &str| issue.child_text(name);
    let at = |path: &[&str]| issue.find(path).and_then(Element::text);
    let check =
        at(&["check", "shortname"]).or(text("internal_modname")).or(text("mod_name")).or(text("name"));
    let Some(check) = check else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without check and name", "");
    };
    let mut weakness = Weakness::new("arachni_check", check);
    weakness.name = text("name").or(at(&["check", "name"])).map(Into::into);
    weakness.say("", dedented(text("description")));
    for remark in issue.child("remarks").into_iter().flat_map(Element::children) {
        weakness.say("Remarks", remark.full_text());
    }
    weakness.advise(dedented(text("remedy_guidance")));
    weakness.advise(text("remedy_code").unwrap_or_default());
    let word = text("severity");
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    let score = issue.number("cvssv2");
    weakness.ratings.extend(score.map(|score| Rating::new("Arachni", None, Some(score))));
    weakness.cwes = issue.number("cwe").into_iter().collect();
    for reference in issue.child("references").into_iter().flat_map(|list| list.all("reference")) {
        let link = reference.attribute("url").and_then(Link::new);
        let name = reference.attribute("title").or(reference.attribute("name")).unwrap_or_default();
        weakness.links.extend(link.map(|link| link.with_name(name)));
    }

    let url = at(&["vector", "action"]).or(at(&["vector", "url"])).or(text("url")).unwrap_or_default();
    let mut location = WebLocation::from_url(url);
    location.method =
        at(&["vector", "method"]).or(text("method")).map(|method| method.to_ascii_uppercase().into());
    location.param = at(&["vector", "affected_input_name"]).or(text("var")).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without check and name", "");
    };
    let evidence = map_evidence(issue, url, body);
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    let variation = |name: &str| at(&["variations", "variation", name]);
    let seed = at(&["vector", "seed"]).or(variation("injected")).or(text("injected")).unwrap_or_default();
    add_text(details, "seed", "Injected", seed);
    let matched = text("proof").or(variation("regexp_match")).or(text("regexp_match")).unwrap_or_default();
    add_text(details, "proof", "Proof", matched);
    let element = at(&["vector", "type"]).or(text("elem")).unwrap_or_default();
    details.text("element", "Element", element);
    map_inputs(details, issue);
    add_text(details, "source", "Source of the element", at(&["vector", "source"]).unwrap_or_default());
    details.text("trusted", "Trusted", text("trusted").unwrap_or_default());
    details.text("platform", "Platform", text("platform_name").unwrap_or_default());
    let referring = at(&["referring_page", "url"]).unwrap_or_default();
    add_url(details, "referring_page", "Referring page", referring);
    let variations = issue.child("variations").map_or(0, |list| list.all("variation").count());
    if variations > 1 {
        details.text("variations", "Variations", variations.to_string());
    }
    let tags: Vec<&str> = issue
        .child("tags")
        .into_iter()
        .flat_map(Element::children)
        .filter_map(|tag| tag.attribute("name").or(tag.text()))
        .collect();
    details.text("tags", "Tags", tags.join(", "));
    add_rest(details, issue, &USED);
    details.text("digest", "Digest", text("digest").unwrap_or_default());
    Outcome::finding(finding)
}

/// Texts of version 0.4 are indented as their source was.
fn dedented(text: Option<&str>) -> String {
    text.unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The inputs of the element, with their values.
fn map_inputs<'a>(details: &mut Details<'a>, issue: Element<'a>) {
    let inputs = issue.find(&["vector", "inputs"]).into_iter().flat_map(|list| list.all("input"));
    let rows: Vec<Vec<Detail<'a>>> = inputs
        .take(50)
        .map(|input| {
            ["name", "value"].map(|key| Detail::text(input.attribute(key).unwrap_or_default())).to_vec()
        })
        .collect();
    if !rows.is_empty() {
        let header = vec![Detail::text("Input"), Detail::text("Value")];
        details.insert("inputs", "Inputs", Detail::Table { header, rows });
    }
}

fn map_evidence<'a>(issue: Element<'a>, url: &'a str, body: Option<&'a str>) -> Evidence<'a> {
    let raw = |side: &str| {
        issue.find(&["page", side, "raw"]).or_else(|| issue.find(&["page", side, "raw_headers"]))
    };
    let text = |side: &str| raw(side).and_then(Element::text);
    if let Some(mut evidence) = http::evidence(text("request"), text("response"), Some(url)) {
        if let Some(response) = &mut evidence.response {
            let page = issue.find(&["page", "response", "body"]).or_else(|| issue.find(&["page", "body"]));
            response.body = response.body.take().or(page.and_then(Element::text).and_then(http::body));
        }
        return evidence;
    }
    let mut evidence = Evidence::default();
    let headers = |side: &str| -> Vec<Header<'a>> {
        let fields = issue.find(&["variations", "variation", "headers", side]);
        let fields = fields.into_iter().flat_map(|side| side.all("field"));
        fields
            .filter_map(|field| {
                Header::new(field.attribute("name")?, field.attribute("value").unwrap_or_default())
            })
            .collect()
    };
    let (sent, received) = (headers("request"), headers("response"));
    if !sent.is_empty() {
        let url = issue.find(&["variations", "variation", "url"]).and_then(Element::text).unwrap_or(url);
        evidence.request = Request::new(issue.child_text("method").unwrap_or_default(), url);
        if let Some(request) = &mut evidence.request {
            request.headers = sent;
        }
    }
    if !received.is_empty() || body.is_some() {
        // Version 0.4 does not tell the status; only what it got an answer to has headers.
        let mut response = Response::new(200, "");
        response.headers = received;
        response.body = body.and_then(http::body);
        evidence.response = Some(response);
    }
    evidence
}
