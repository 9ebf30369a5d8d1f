//! Invicti, formerly Netsparker: the XML of "Vulnerabilities List" of Standard (`netsparker`,
//! `invicti`, versions 1 to 6) and of Enterprise (`invicti-enterprise`, `netsparker-cloud`).

use crate::markup;
use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::tool::invicti::{closed, severity, spaced, time};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    html, http,
};
use scanlift_report_core::{Identifier, Kind, Location, Text, WebLocation};
use std::borrow::Cow;

/// Reads the XML reports of Invicti.
#[derive(Clone, Copy, Debug, Default)]
pub struct Invicti;

/// The converter.
pub static CONVERTER: Invicti = Invicti;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "invicti",
    name: "Invicti",
    summary: "XML reports of Invicti and Netsparker, Standard and Enterprise",
    versions: "Netsparker 1 to Invicti 24",
    kinds: &[Kind::Dast],
    url: "https://www.invicti.com/support/vulnerabilities-list-xml-report/",
};

/// What the mapping uses of a `vulnerability`.
const USED: [&str; 34] = [
    "url",
    "type",
    "name",
    "severity",
    "certainty",
    "confirmed",
    "state",
    "description",
    "impact",
    "remedy",
    "remedial-procedure",
    "remedial-actions",
    "actionsToTake",
    "actions-to-take",
    "remedyReferences",
    "remedy-references",
    "externalReferences",
    "external-references",
    "requiredSkillsForExploitation",
    "exploitation-skills",
    "proof-of-concept",
    "proofs",
    "classification",
    "rawrequest",
    "rawresponse",
    "http-request",
    "http-response",
    "vulnerableparameter",
    "vulnerableparametertype",
    "vulnerableparametervalue",
    "extrainformation",
    "extra-information",
    "knownvulnerabilities",
    "known-vulnerabilities",
];

impl Converter for Invicti {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if is_root(Head::of(head).root()) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !is_root(root.name()) {
            return Err(ConvertError::Unrecognised {
                expected: "a report of Invicti or Netsparker",
                help: "export the report \"Vulnerabilities List\" as XML",
            });
        }
        let mut target = Target::default();
        let mut begun = false;
        reader.each_child(|tag, reader| match tag.name() {
            "target" => {
                let element = reader.element(tag)?;
                target.url = element.root().child_text("url").map(str::to_owned);
                target.start = element.root().first_text(&["initiated", "scan-date"]).map(time);
                Ok(())
            }
            "vulnerabilities" => {
                target.begin(&mut begun, sink)?;
                reader.each_child(|tag, reader| match tag.name() {
                    "vulnerability" => {
                        let vulnerability = reader.element(tag)?;
                        Record::begin(sink).spend(map_vulnerability(vulnerability.root(), &target))
                    }
                    _ => Ok(()),
                })
            }
            "vulnerability" => {
                target.begin(&mut begun, sink)?;
                let vulnerability = reader.element(tag)?;
                Record::begin(sink).spend(map_vulnerability(vulnerability.root(), &target))
            }
            _ => Ok(()),
        })?;
        target.begin(&mut begun, sink)?;
        reader.end(sink)
    }
}

/// `netsparker`, `netsparker-cloud`, `netsparker-enterprise`, `invicti`, `invicti-enterprise` …, and
/// `acunetix-360`, which is the same product by another name.
fn is_root(name: &str) -> bool {
    ["netsparker", "invicti", "acunetix-360", "acunetix360"].iter().any(|product| {
        name.strip_prefix(product).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// What was scanned.
#[derive(Debug, Default)]
struct Target {
    url: Option<String>,
    start: Option<String>,
}

impl Target {
    fn begin(&self, begun: &mut bool, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        if std::mem::replace(begun, true) {
            return Ok(());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("Invicti".into());
        scan.url = Some("https://www.invicti.com".into());
        scan.start_time = self.start.as_deref().map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }
}

/// A text that is HTML: escaped, in CDATA, or as elements.
fn rich<'a>(element: Option<Element<'a>>) -> Text<'a> {
    match element {
        Some(element) if element.is_leaf() => html::to_markdown(element.text().unwrap_or_default()),
        Some(element) => Cow::Owned(markup::to_markdown(element)),
        None => Cow::Borrowed(""),
    }
}

fn map_vulnerability<'a>(element: Element<'a>, target: &'a Target) -> Outcome<'a> {
    let text = |name: &str| element.child_text(name);
    let any = |names: &[&str]| names.iter().find_map(|name| element.child(name));
    let name = text("name").or(text("title"));
    let Some(id) = text("type").or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without type and name", "");
    };
    if let Some((reason, state)) = text("state").and_then(|state| Some((closed(state)?, state))) {
        return Outcome::skip(reason, format!("state: {state}"), name.unwrap_or(id));
    }
    let mut weakness = Weakness::new("invicti_vulnerability_type", id);
    weakness.name = Some(name.map_or_else(|| spaced(id).into(), Into::into));
    weakness.say("", rich(element.child("description")));
    weakness.say("Impact", rich(element.child("impact")));
    weakness.say("Exploitation", rich(any(&["requiredSkillsForExploitation", "exploitation-skills"])));
    weakness.say("Proof of concept", rich(any(&["proof-of-concept", "proofs"])));
    for solution in ["remedial-procedure", "remedy", "remedial-actions", "actionsToTake", "actions-to-take"] {
        weakness.advise(rich(element.child(solution)));
    }
    let word = text("severity");
    weakness.severity = word.and_then(severity);
    weakness.severity_word = word.map(Into::into);
    let classes = element.child("classification");
    for kind in ["cvss40", "cvss4", "cvss31", "cvss"] {
        // Netsparker Standard writes it in capital letters.
        let mut rated = classes.into_iter().flat_map(Element::children);
        if let Some(rated) = rated.find(|class| class.name().eq_ignore_ascii_case(kind)) {
            let base = rated.all("score").find(|score| score.child_text("type") == Some("Base"));
            let score = base.and_then(|score| score.number("value"));
            let vector = rated.child_text("vector").map(Into::into);
            if vector.is_some() || score.is_some() {
                weakness.ratings.push(Rating::new("Invicti", vector, score));
            }
        }
    }
    let class = |names: [&str; 2]| classes.and_then(|classes| classes.first_text(&names)).unwrap_or_default();
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    weakness.cwes = numbers(class(["cwe", "CWE"]));
    weakness.wasc = numbers(class(["wasc", "WASC"]));
    let known = any(&["knownvulnerabilities", "known-vulnerabilities"]);
    let known: Vec<Element<'_>> = known.into_iter().flat_map(Element::children).collect();
    for one in &known {
        let words = one.children().filter_map(Element::text);
        let words = words.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        weakness.advisories.extend(words.filter(|word| word.starts_with("CVE-")).map(Into::into));
    }
    for links in ["externalReferences", "external-references", "remedyReferences", "remedy-references"] {
        if let Some(links) = element.child(links) {
            refer(&mut weakness, links);
        }
    }

    let url = text("url").or(target.url.as_deref()).unwrap_or_default();
    let mut location = WebLocation::from_url(url);
    let sent =
        element.find(&["http-request", "content"]).or(element.child("rawrequest")).and_then(Element::text);
    let received =
        element.find(&["http-response", "content"]).or(element.child("rawresponse")).and_then(Element::text);
    let evidence = http::evidence(sent, received, Some(url)).unwrap_or_default();
    let method = element.find(&["http-request", "method"]).and_then(Element::text).map(Into::into);
    location.method = method.or(evidence.request.as_ref().map(|request| request.method.clone()));
    let parameters: Vec<Element<'_>> =
        element.find(&["http-request", "parameters"]).into_iter().flat_map(Element::children).collect();
    let parameter = parameters.iter().find_map(|one| one.attribute("name").or(one.child_text("name")));
    location.param = text("vulnerableparameter").or(parameter).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without type and name", "");
    };
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let owasp = ["owasp2021", "OWASP2021"];
    let category = class(owasp)
        .split(',')
        .filter(|category| category.starts_with('A'))
        .map(|category| format!("{}:2021", category.trim()));
    vulnerability.identifiers.extend(category.filter_map(|id| Identifier::new("owasp", id.clone(), id)));
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    let confirmed = text("confirmed").or(element.attribute("confirmed")).unwrap_or_default();
    details.text("confirmed", "Confirmed", confirmed);
    details.text("certainty", "Certainty", text("certainty").unwrap_or_default());
    details.text("state", "State", text("state").unwrap_or_default());
    add_text(
        details,
        "parameter_type",
        "Kind of parameter",
        text("vulnerableparametertype").unwrap_or_default(),
    );
    add_text(details, "attack", "Attack", text("vulnerableparametervalue").unwrap_or_default());
    let extra = any(&["extra-information", "extrainformation"]).into_iter().flat_map(Element::children);
    let extra = extra.map(|info| match (info.attribute("name"), info.attribute("value").or(info.text())) {
        (Some(name), Some(value)) => format!("{name}: {value}"),
        (name, value) => name.or(value).unwrap_or_default().to_owned(),
    });
    add_list(details, "extra_information", "Extra information", extra);
    let titles = known.iter().filter_map(|one| one.child_text("title")).map(str::to_owned);
    add_list(details, "known_vulnerabilities", "Known vulnerabilities", titles);
    let others = classes.into_iter().flat_map(Element::children).filter(|class| {
        !matches!(class.name().to_ascii_lowercase().as_str(), "cwe" | "wasc" | "owasp2021") && class.is_leaf()
    });
    let others = others.filter_map(|class| Some(format!("{}: {}", class.name(), class.text()?)));
    add_list(details, "classification", "Classification", others);
    add_rest(details, element, &USED);
    Outcome::finding(finding)
}

/// Links to everything that is an address in an element, escaped or not.
fn refer<'a>(weakness: &mut Weakness<'a>, element: Element<'a>) {
    if let Some(text) = element.text() {
        weakness.refer(text);
    }
    if let Some(link) = element.attribute("href") {
        weakness.refer(link);
    }
    element.children().for_each(|child| refer(weakness, child));
}
