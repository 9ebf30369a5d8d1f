//! Invicti (Netsparker) Enterprise and Acunetix 360: the JSON of "Vulnerabilities List".

use scanlift_convert_api::details::{add_list, add_text, add_url};
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::tool::invicti::{closed, severity, spaced, time};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    advisory, html, http,
};
use scanlift_report_core::{Identifier, Kind, Location, WebLocation};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads the JSON reports of Invicti, Netsparker and Acunetix 360.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvictiJson;

/// The converter.
pub static CONVERTER: InvictiJson = InvictiJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "invicti-json",
    name: "Invicti",
    summary: "JSON reports of Invicti, Netsparker Enterprise and Acunetix 360",
    versions: "2019 to 2024",
    kinds: &[Kind::Dast],
    url: "https://www.invicti.com/support/vulnerabilities-list-json-report/",
};

impl Converter for InvictiJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_list = head.path_has(&["Vulnerabilities", "Certainty"])
            || head.path_has(&["Vulnerabilities", "LookupId"])
            || head.path_has(&["Vulnerabilities", "HttpRequest"]);
        let of_scan = head.has("Generated") && head.has("Target") && head.has("Vulnerabilities");
        if of_list || of_scan { Match::Yes } else { Match::No }
    }

    /// The document is read twice: the target may stand behind the vulnerabilities.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut target, mut known) = (Fields::default(), Target::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "Target" => target = fields.object(reader)?.unwrap_or_default(),
                "Vulnerabilities" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`Vulnerabilities`",
                help: "export the report \"Vulnerabilities List\" as JSON",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("Invicti".into());
        scan.url = Some("https://www.invicti.com".into());
        scan.start_time = target.initiated.as_deref().map(|text| time(text).into());
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "Vulnerabilities" => {
                records.each(reader, |records, reader| records.map(reader, &target, map_vulnerability))
            }
            _ => Ok(()),
        })
    }
}

/// What was scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Target {
    url: Option<String>,
    initiated: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
    #[serde(rename = "Type")]
    kind: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    certainty: Option<Loose<'a>>,
    confirmed: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    exploitation_skills: Option<Loose<'a>>,
    proof_of_concept: Option<Loose<'a>>,
    remedial_procedure: Option<Loose<'a>>,
    remedial_actions: Option<Loose<'a>>,
    external_references: Option<Loose<'a>>,
    remedy_references: Option<Loose<'a>>,
    classification: Option<Classification<'a>>,
    http_request: Option<Message<'a>>,
    http_response: Option<Message<'a>>,
    #[serde(deserialize_with = "json::list")]
    extra_information: Vec<Pair<'a>>,
    #[serde(deserialize_with = "json::list")]
    known_vulnerabilities: Vec<Known<'a>>,
    lookup_id: Option<Loose<'a>>,
    first_seen_date: Option<Loose<'a>>,
    last_seen_date: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Classification<'a> {
    #[serde(borrow)]
    cwe: Option<Loose<'a>>,
    wasc: Option<Loose<'a>>,
    capec: Option<Loose<'a>>,
    owasp: Option<Loose<'a>>,
    owasp2017: Option<Loose<'a>>,
    owasp_top_ten2021: Option<Loose<'a>>,
    pci32: Option<Loose<'a>>,
    hipaa: Option<Loose<'a>>,
    iso27001: Option<Loose<'a>>,
    cvss: Option<Cvss<'a>>,
    cvss31: Option<Cvss<'a>>,
    cvss40: Option<Cvss<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cvss<'a> {
    #[serde(borrow)]
    vector: Option<Loose<'a>>,
    base_score: Option<TextOrScore<'a>>,
}

/// A number, or an object that names it.
type TextOrScore<'a> = json::TextOr<'a, BTreeMap<String, Option<Loose<'a>>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Loose<'a>>,
    method: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    parameters: Vec<Pair<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Pair<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    value: Option<Loose<'a>>,
    #[serde(rename = "Type")]
    kind: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Known<'a> {
    #[serde(borrow)]
    title: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, target: &'a Target) -> Outcome<'a> {
    let name = filled(&found.name);
    let Some(id) = filled(&found.kind).or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without Type and Name", "");
    };
    let state = filled(&found.state);
    if let Some((reason, state)) = state.and_then(|state| Some((closed(state)?, state))) {
        return Outcome::skip(reason, format!("State: {state}"), name.unwrap_or(id));
    }
    let mut weakness = Weakness::new("invicti_vulnerability_type", id);
    let name = name.filter(|name| name.contains(' ') || *name != id);
    weakness.name = Some(name.map_or_else(|| spaced(id).into(), Into::into));
    weakness.html("", filled(&found.description));
    weakness.html("Impact", filled(&found.impact));
    weakness.html("Exploitation", filled(&found.exploitation_skills));
    weakness.html("Proof of concept", filled(&found.proof_of_concept));
    for text in [&found.remedial_procedure, &found.remedial_actions] {
        weakness.advise(html::to_markdown(filled(text).unwrap_or_default()));
    }
    let word = filled(&found.severity);
    weakness.severity = word.and_then(severity);
    weakness.severity_word = word.map(Into::into);
    let class = found.classification.as_ref();
    if let Some(class) = class {
        classify(&mut weakness, class);
    }
    let known = found.known_vulnerabilities.iter().filter_map(|known| filled(&known.title));
    weakness.advisories.extend(known.filter_map(advisory::find_cve).map(Into::into));
    for links in [&found.external_references, &found.remedy_references] {
        weakness.refer(filled(links).unwrap_or_default());
    }

    let url = filled(&found.url).or(target.url.as_deref()).unwrap_or_default();
    let mut location = WebLocation::from_url(url);
    let request = found.http_request.as_ref();
    location.method = request.and_then(|request| filled(&request.method)).map(Into::into);
    let parameter = request.and_then(|request| request.parameters.first());
    location.param = parameter.and_then(|parameter| filled(&parameter.name)).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without Type and Name", "");
    };
    let content = |message: &'a Option<Message<'_>>| message.as_ref().and_then(|it| filled(&it.content));
    let evidence = http::evidence(content(&found.http_request), content(&found.http_response), Some(url));
    if let Some(evidence) = evidence {
        finding.secrets = http::credentials(&evidence);
        finding.vulnerability.evidence = Some(evidence);
    }
    let vulnerability = &mut finding.vulnerability;
    let categories = class.and_then(|class| filled(&class.owasp_top_ten2021)).unwrap_or_default();
    let categories = categories.split(',').map(str::trim).filter(|category| category.starts_with('A'));
    let categories = categories.map(|category| format!("{category}:2021"));
    vulnerability.identifiers.extend(categories.filter_map(|id| Identifier::new("owasp", id.clone(), id)));
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    details.text("confirmed", "Confirmed", filled(&found.confirmed).unwrap_or_default());
    details.text("certainty", "Certainty", filled(&found.certainty).unwrap_or_default());
    details.text("state", "State", state.unwrap_or_default());
    let of = |field: fn(&'a Pair<'_>) -> Option<&'a str>| parameter.and_then(field).unwrap_or_default();
    add_text(details, "parameter_type", "Kind of parameter", of(|pair| filled(&pair.kind)));
    add_text(details, "attack", "Attack", of(|pair| filled(&pair.value)));
    let extra = found.extra_information.iter().map(|pair| match (filled(&pair.name), filled(&pair.value)) {
        (Some(name), Some(value)) => format!("{name}: {value}"),
        (name, value) => name.or(value).unwrap_or_default().to_owned(),
    });
    add_list(details, "extra_information", "Extra information", extra);
    let titles = found.known_vulnerabilities.iter().filter_map(|known| {
        let title = filled(&known.title)?;
        Some(filled(&known.severity).map_or_else(|| title.to_owned(), |word| format!("{title} ({word})")))
    });
    add_list(details, "known_vulnerabilities", "Known vulnerabilities", titles);
    if let Some(class) = class {
        let classes = [
            ("CAPEC", &class.capec),
            ("OWASP Top 10 2013", &class.owasp),
            ("OWASP Top 10 2017", &class.owasp2017),
            ("PCI DSS 3.2", &class.pci32),
            ("HIPAA", &class.hipaa),
            ("ISO 27001", &class.iso27001),
        ];
        let classes = classes.into_iter().filter_map(|(name, it)| Some(format!("{name}: {}", filled(it)?)));
        add_list(details, "classification", "Classification", classes);
    }
    let tags: Vec<&str> = crate::field::texts(&found.tags).collect();
    details.text("tags", "Tags", tags.join(", "));
    details.text("first_seen", "First seen", filled(&found.first_seen_date).unwrap_or_default());
    details.text("last_seen", "Last seen", filled(&found.last_seen_date).unwrap_or_default());
    details.text("lookup_id", "Lookup id", filled(&found.lookup_id).unwrap_or_default());
    Outcome::finding(finding)
}

fn classify<'a>(weakness: &mut Weakness<'a>, class: &'a Classification<'_>) {
    let numbers = |field: &Option<Loose<'_>>| -> Vec<u32> {
        let text = filled(field).unwrap_or_default();
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    weakness.cwes = numbers(&class.cwe);
    weakness.wasc = numbers(&class.wasc);
    for rated in [&class.cvss40, &class.cvss31, &class.cvss].into_iter().flatten() {
        let score = rated.base_score.as_ref().and_then(|score| match score {
            json::TextOr::Text(text) => text.trim().parse().ok(),
            json::TextOr::Other(map) => filled(map.get("Value")?)?.parse().ok(),
        });
        let vector = filled(&rated.vector).map(Into::into);
        if vector.is_some() || score.is_some() {
            weakness.ratings.push(Rating::new("Invicti", vector, score));
        }
    }
}
