//! Nuclei: a result a line (`-jsonl`), or a list of them (`-json-export`).

use crate::field::texts;
use crate::layout::Layout;
use scanlift_convert_api::details::{add_list, add_text, add_url};
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
    http, uri,
};
use scanlift_report_core::{Kind, Location, Severity, WebLocation};
use serde::Deserialize;

/// Reads the JSON of Nuclei.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nuclei;

/// The converter.
pub static CONVERTER: Nuclei = Nuclei;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "nuclei",
    name: "Nuclei",
    summary: "JSON of Nuclei, a result a line or a list",
    versions: "2 and 3",
    kinds: &[Kind::Dast],
    url: "https://docs.projectdiscovery.io/opensource/nuclei/running",
};

/// Keys that results have, in version 2.1 and before.
const MARKS: [&str; 4] = ["template-id", "templateID", "matched-at", "matched"];

impl Converter for Nuclei {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let template = head.has("template-id") || head.has("templateID") || head.has("template");
        let of_target =
            head.has("host") || head.has("matched-at") || head.has("matched") || head.has("matcher-status");
        if template && head.has("info") && of_target { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the results.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?
            .known_or_empty("results of Nuclei", "write them with nuclei -jsonl -o nuclei.jsonl")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_event))
    }
}

/// `output.ResultEvent`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ResultEvent<'a> {
    #[serde(borrow, alias = "templateID")]
    template_id: Option<Loose<'a>>,
    template: Option<Loose<'a>>,
    template_url: Option<Loose<'a>>,
    info: Option<Info<'a>>,
    #[serde(alias = "matcher_name")]
    matcher_name: Option<Loose<'a>>,
    #[serde(alias = "extractor_name")]
    extractor_name: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    host: Option<Loose<'a>>,
    #[serde(alias = "matched")]
    matched_at: Option<Loose<'a>>,
    ip: Option<Loose<'a>>,
    #[serde(alias = "extracted_results", deserialize_with = "json::list")]
    extracted_results: Vec<Loose<'a>>,
    request: Option<Loose<'a>>,
    response: Option<Loose<'a>>,
    curl_command: Option<Loose<'a>>,
    timestamp: Option<Loose<'a>>,
    matcher_status: Option<Loose<'a>>,
    #[serde(rename = "fuzzing_parameter")]
    parameter: Option<Loose<'a>>,
    #[serde(rename = "fuzzing_method")]
    method: Option<Loose<'a>>,
}

/// `model.Info`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    impact: Option<Loose<'a>>,
    remediation: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    author: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    reference: Vec<Loose<'a>>,
    classification: Option<Classification<'a>>,
}

/// `model.Classification`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Classification<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    cve_id: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe_id: Vec<Loose<'a>>,
    cvss_metrics: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss_score: Option<f64>,
    epss_score: Option<Loose<'a>>,
    epss_percentile: Option<Loose<'a>>,
    cpe: Option<Loose<'a>>,
}

fn map_event<'a>(event: &'a ResultEvent<'_>, _: &Options) -> Outcome<'a> {
    let template = filled(&event.template_id).or(filled(&event.template));
    let info = event.info.as_ref();
    let target = filled(&event.matched_at).or(filled(&event.host)).unwrap_or_default();
    let Some(template) = template else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a template", target);
    };
    if json::flag(&event.matcher_status) == Some(false) {
        return Outcome::skip(SkipReason::NotAFinding, "matcher-status: false", template);
    }
    // A template may look for many things: which one it found is told by the matcher.
    let matcher = filled(&event.matcher_name).or(filled(&event.extractor_name));
    let id = matcher.map_or_else(|| template.to_owned(), |matcher| format!("{template}:{matcher}"));
    let mut weakness = Weakness::new("nuclei_template_id", id);
    weakness.url = filled(&event.template_url).map(Into::into);
    if let Some(info) = info {
        fill(&mut weakness, info);
    }
    let title = info.and_then(|info| filled(&info.name)).unwrap_or(template);
    weakness.name = Some(match matcher {
        Some(matcher) => format!("{title} ({matcher})").into(),
        None => title.into(),
    });

    let evidence = http::evidence(filled(&event.request), filled(&event.response), Some(target));
    let method = filled(&event.method).or(evidence
        .as_ref()
        .and_then(|evidence| evidence.request.as_ref())
        .and(filled(&event.request))
        .and_then(|raw| raw.split_ascii_whitespace().next()));
    let place = location(event, target, template, method);
    let Some(mut finding) = weakness.into_finding(place) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without a template", target);
    };
    if let Some(evidence) = evidence {
        finding.secrets = http::credentials(&evidence);
        finding.vulnerability.evidence = Some(evidence);
    }
    let details = &mut finding.vulnerability.details;
    add_url(details, "url", "URL", target);
    add_list(details, "extracted", "Extracted", texts(&event.extracted_results));
    details.text("ip_address", "IP address", filled(&event.ip).unwrap_or_default());
    details.text("protocol", "Protocol", filled(&event.kind).unwrap_or_default());
    add_text(
        details,
        "curl_command",
        "Command to repeat it",
        filled(&event.curl_command).unwrap_or_default(),
    );
    details.text("found_at", "Found at", filled(&event.timestamp).unwrap_or_default());
    if let Some(info) = &event.info {
        details.text("tags", "Tags", words(&info.tags));
        details.text("author", "Author of the template", words(&info.author));
        if let Some(class) = &info.classification {
            crate::field::epss(details, filled(&class.epss_score), filled(&class.epss_percentile), None);
            details.text("cpe", "CPE", filled(&class.cpe).unwrap_or_default());
        }
    }
    Outcome::finding(finding)
}

/// What the template says of the weakness.
fn fill<'a>(weakness: &mut Weakness<'a>, info: &'a Info<'_>) {
    weakness.say("", filled(&info.description).unwrap_or_default());
    weakness.say("Impact", filled(&info.impact).unwrap_or_default());
    weakness.advise(filled(&info.remediation).unwrap_or_default());
    let word = filled(&info.severity);
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    info.reference.iter().for_each(|reference| weakness.refer(reference));
    let Some(class) = &info.classification else { return };
    let ids = class.cve_id.iter().flat_map(|ids| ids.split([',', ' ']));
    weakness.advisories.extend(ids.filter(|id| !id.is_empty()).map(|id| id.to_ascii_uppercase().into()));
    weakness.cwes = class.cwe_id.iter().flat_map(|ids| cwe::all(ids)).collect();
    if class.cvss_metrics.is_some() || class.cvss_score.is_some() {
        let vector = filled(&class.cvss_metrics).map(Into::into);
        weakness.ratings.push(Rating::new("", vector, class.cvss_score.filter(|score| *score > 0.0)));
    }
}

/// The address of the web that matched, or a host and its port.
fn location<'a>(
    event: &'a ResultEvent<'_>,
    target: &'a str,
    check: &str,
    method: Option<&'a str>,
) -> Location<'a> {
    if uri::is_web(target) {
        let mut location = WebLocation::from_url(target);
        location.method = method.map(Into::into);
        location.param = filled(&event.parameter).map(Into::into);
        return Location::Dast(location);
    }
    let bare = target.split_once("://").map_or(target, |(_, rest)| rest);
    let (host, port) = match bare.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (bare, None),
    };
    Service::new(host, port, "tcp", filled(&event.kind)).location(check)
}

fn words(list: &[Loose<'_>]) -> String {
    texts(list).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_addresses_or_services() {
        for (target, host, param) in [
            ("https://a.example/x?q=1", Some("https://a.example"), None),
            ("a.example:22", Some("tcp://a.example:22"), Some("a.example:22/tcp t")),
            ("tcp://a.example:22", Some("tcp://a.example:22"), Some("a.example:22/tcp t")),
            ("a.example", Some("a.example"), Some("a.example t")),
        ] {
            let event = ResultEvent::default();
            let Location::Dast(place) = location(&event, target, "t", None) else {
                panic!("a DAST location")
            };
            assert_eq!((place.hostname.as_deref(), place.param.as_deref()), (host, param), "{target}");
        }
    }
}
