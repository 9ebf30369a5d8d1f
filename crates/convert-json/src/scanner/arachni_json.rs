//! Arachni, `--reporter=json`.

use scanlift_convert_api::details::{add_text, add_url};
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, http,
};
use scanlift_report_core::{Detail, Details, Evidence, Kind, Link, Location, Severity, WebLocation};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads the JSON reports of Arachni.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArachniJson;

/// The converter.
pub static CONVERTER: ArachniJson = ArachniJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "arachni-json",
    name: "Arachni",
    summary: "JSON reports of Arachni",
    versions: "1.0 to 1.6",
    kinds: &[Kind::Dast],
    url: "https://github.com/Arachni/arachni/wiki/Report-components",
};

impl Converter for ArachniJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_scan =
            head.has("seed") && (head.has("sitemap") || head.path_has(&["options", "browser_cluster"]));
        if of_scan || head.path_has(&["issues", "remedy_guidance"]) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: the end of the scan stands behind the issues in some versions.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        json::walk(input, |key, reader| {
            match key {
                "version" => scan.version = fields.text(reader)?.map(Into::into),
                "start_datetime" => scan.start_time = fields.text(reader)?.map(Into::into),
                "finish_datetime" => scan.end_time = fields.text(reader)?.map(Into::into),
                "issues" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`issues`",
                help: "run arachni_reporter scan.afr --reporter=json",
            });
        }
        scan.vendor = Some("Ecsypno".into());
        scan.url = Some("https://github.com/Arachni/arachni".into());
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "issues" => records.each(reader, |records, reader| records.map(reader, &(), map_issue)),
            _ => Ok(()),
        })
    }
}

/// `Issue#to_h`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    references: Option<BTreeMap<String, Option<Loose<'a>>>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cwe: Option<u32>,
    severity: Option<Loose<'a>>,
    remedy_guidance: Option<Loose<'a>>,
    remedy_code: Option<Loose<'a>>,
    check: Option<Check<'a>>,
    vector: Option<Vector<'a>>,
    proof: Option<Loose<'a>>,
    trusted: Option<Loose<'a>>,
    platform_name: Option<Loose<'a>>,
    digest: Option<Loose<'a>>,
    referring_page: Option<Page<'a>>,
    request: Option<Message<'a>>,
    response: Option<Message<'a>>,
    /// Versions before 1.3 gather the exchanges of an issue here.
    #[serde(deserialize_with = "json::list")]
    variations: Vec<Variation<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    shortname: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vector<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    action: Option<Loose<'a>>,
    method: Option<Loose<'a>>,
    affected_input_name: Option<Loose<'a>>,
    seed: Option<Loose<'a>>,
    source: Option<Loose<'a>>,
    inputs: Option<BTreeMap<String, Option<Loose<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page<'a> {
    #[serde(borrow)]
    dom: Option<Dom<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dom<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
}

/// A request or a response.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    headers_string: Option<Loose<'a>>,
    body: Option<Loose<'a>>,
    effective_body: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Variation<'a> {
    #[serde(borrow)]
    proof: Option<Loose<'a>>,
    vector: Option<Vector<'a>>,
    request: Option<Message<'a>>,
    response: Option<Message<'a>>,
}

fn map_issue<'a>(issue: &'a Issue<'_>, _: &()) -> Outcome<'a> {
    let name = filled(&issue.name).or(issue.check.as_ref().and_then(|check| filled(&check.name)));
    let check = issue.check.as_ref().and_then(|check| filled(&check.shortname)).or(name);
    let Some(check) = check else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without check and name", "");
    };
    let mut weakness = Weakness::new("arachni_check", check);
    weakness.name = name.map(Into::into);
    weakness.say("", filled(&issue.description).unwrap_or_default());
    weakness.advise(filled(&issue.remedy_guidance).unwrap_or_default());
    weakness.advise(filled(&issue.remedy_code).unwrap_or_default());
    let word = filled(&issue.severity);
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    weakness.cwes.extend(issue.cwe);
    for (title, url) in issue.references.iter().flatten() {
        let link = filled(url).and_then(Link::new);
        weakness.links.extend(link.map(|link| link.with_name(title.as_str())));
    }

    let varied = issue.variations.first();
    let vector = issue.vector.as_ref().or(varied.and_then(|one| one.vector.as_ref()));
    let of = |field: fn(&'a Vector<'_>) -> Option<&'a str>| vector.and_then(field);
    let url = of(|vector| filled(&vector.action).or(filled(&vector.url))).unwrap_or_default();
    let mut location = WebLocation::from_url(url);
    location.method = of(|vector| filled(&vector.method)).map(|method| method.to_ascii_uppercase().into());
    location.param = of(|vector| filled(&vector.affected_input_name)).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without check and name", "");
    };
    let request = issue.request.as_ref().or(varied.and_then(|one| one.request.as_ref()));
    let response = issue.response.as_ref().or(varied.and_then(|one| one.response.as_ref()));
    let evidence = map_evidence(request, response, url);
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    add_text(details, "seed", "Injected", of(|vector| filled(&vector.seed)).unwrap_or_default());
    let proof = filled(&issue.proof).or(varied.and_then(|one| filled(&one.proof)));
    add_text(details, "proof", "Proof", proof.unwrap_or_default());
    details.text("element", "Element", of(|vector| filled(&vector.kind)).unwrap_or_default());
    map_inputs(details, vector);
    add_text(
        details,
        "source",
        "Source of the element",
        of(|vector| filled(&vector.source)).unwrap_or_default(),
    );
    details.text("trusted", "Trusted", filled(&issue.trusted).unwrap_or_default());
    details.text("platform", "Platform", filled(&issue.platform_name).unwrap_or_default());
    let page = issue.referring_page.as_ref().and_then(|page| filled(&page.dom.as_ref()?.url));
    add_url(details, "referring_page", "Referring page", page.unwrap_or_default());
    let tags: Vec<&str> = crate::field::texts(&issue.tags).collect();
    details.text("tags", "Tags", tags.join(", "));
    details.text("digest", "Digest", filled(&issue.digest).unwrap_or_default());
    Outcome::finding(finding)
}

/// The inputs of the element, with their values.
fn map_inputs<'a>(details: &mut Details<'a>, vector: Option<&'a Vector<'_>>) {
    let inputs = vector.and_then(|vector| vector.inputs.as_ref()).into_iter().flatten();
    let row = |(name, value): (&'a String, &'a Option<Loose<'_>>)| {
        vec![Detail::text(name.as_str()), Detail::text(filled(value).unwrap_or_default())]
    };
    let rows: Vec<Vec<Detail<'a>>> = inputs.take(50).map(row).collect();
    if !rows.is_empty() {
        let header = vec![Detail::text("Input"), Detail::text("Value")];
        details.insert("inputs", "Inputs", Detail::Table { header, rows });
    }
}

fn map_evidence<'a>(
    request: Option<&'a Message<'_>>,
    response: Option<&'a Message<'_>>,
    url: &str,
) -> Evidence<'a> {
    let head = |message: Option<&'a Message<'_>>| message.and_then(|message| filled(&message.headers_string));
    let body = |message: Option<&'a Message<'_>>| {
        message.and_then(|message| filled(&message.effective_body).or(filled(&message.body)))
    };
    let mut evidence = http::evidence(head(request), head(response), Some(url)).unwrap_or_default();
    if let Some(sent) = &mut evidence.request {
        sent.body = sent.body.take().or(body(request).and_then(http::body));
    }
    if let Some(received) = &mut evidence.response {
        received.body = received.body.take().or(body(response).and_then(http::body));
    }
    evidence
}
