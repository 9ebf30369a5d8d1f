//! ZAP: the templates "Traditional JSON Report", with or without requests and responses, and what the API
//! tells of alerts.

use scanlift_convert_api::details::{add_text, add_url};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::tool::zap::{add_tags, confidence, number, other_info, owasp, severity, source};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
    html, http,
};
use scanlift_report_core::{Evidence, Kind, Location, WebLocation};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the JSON reports of ZAP.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZapJson;

/// The converter.
pub static CONVERTER: ZapJson = ZapJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "zap-json",
    name: "ZAP",
    summary: "JSON reports of ZAP, with or without requests and responses, and alerts of its API",
    versions: "2.7 to 2.17",
    kinds: &[Kind::Dast],
    url: "https://www.zaproxy.org/docs/desktop/addons/report-generation/report-traditional-json/",
};

impl Converter for ZapJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // GitLab's own reports of DAST had these keys as well.
        let of_report = !head.has("vulnerabilities")
            && head.has("site")
            && (head.has("@version") || head.has("@generated") || head.has("@programName"));
        let of_api = head.path_has(&["alerts", "pluginId"]) && head.path_has(&["alerts", "risk"]);
        if of_report || of_api { Match::Yes } else { Match::No }
    }

    /// The document is read twice: version and time may stand behind the sites.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        let (mut created, mut generated) = (None, None);
        json::walk(input, |key, reader| {
            match key {
                "@version" => {
                    let version = fields.text(reader)?;
                    scan.version = version.map(|text| text.trim_start_matches("D-").to_owned().into());
                }
                "created" => created = fields.text(reader)?,
                "@generated" => generated = fields.text(reader)?,
                "site" | "alerts" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`site`",
                help: "export the report with ZAP's template \"Traditional JSON Report\"",
            });
        }
        let time = created.or(generated);
        (scan.start_time, scan.end_time) = (time.clone().map(Into::into), time.map(Into::into));
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "site" => records.each(reader, each_alert),
            "alerts" => records.each(reader, |records, reader| map_alerts(records, reader, "")),
            _ => Ok(()),
        })
    }
}

/// The alerts of a site.
fn each_alert<R: Read>(records: &mut Records<'_>, reader: &mut Reader<R>) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    let mut site = String::new();
    reader.each_key(|key, reader| match key {
        "@name" => {
            site = Fields::default().text(reader)?.unwrap_or_default();
            Ok(())
        }
        "alerts" => records.each(reader, |records, reader| map_alerts(records, reader, &site)),
        _ => Ok(()),
    })
}

fn map_alerts<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    site: &str,
) -> Result<(), ConvertError> {
    records.map_each(reader, site, map_alert)
}

/// An alert of the report or of the API, and an instance of one, which has only the fields of a place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow, alias = "pluginId")]
    pluginid: Option<Loose<'a>>,
    #[serde(rename = "alertRef")]
    reference_id: Option<Loose<'a>>,
    alert: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    riskcode: Option<Loose<'a>>,
    #[serde(alias = "risk")]
    riskdesc: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    #[serde(alias = "description")]
    desc: Option<Loose<'a>>,
    solution: Option<Loose<'a>>,
    reference: Option<Loose<'a>>,
    cweid: Option<Loose<'a>>,
    wascid: Option<Loose<'a>>,
    sourceid: Option<Loose<'a>>,
    systemic: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Tag<'a>>,
    #[serde(deserialize_with = "json::list")]
    instances: Vec<Self>,

    #[serde(alias = "url")]
    uri: Option<Loose<'a>>,
    method: Option<Loose<'a>>,
    param: Option<Loose<'a>>,
    attack: Option<Loose<'a>>,
    evidence: Option<Loose<'a>>,
    #[serde(alias = "other")]
    otherinfo: Option<Loose<'a>>,
    #[serde(rename = "nodeName")]
    node: Option<Loose<'a>>,
    #[serde(rename = "inputVector")]
    input_vector: Option<Loose<'a>>,
    #[serde(rename = "request-header")]
    request_header: Option<Loose<'a>>,
    #[serde(rename = "request-body")]
    request_body: Option<Loose<'a>>,
    #[serde(rename = "response-header")]
    response_header: Option<Loose<'a>>,
    #[serde(rename = "response-body")]
    response_body: Option<Loose<'a>>,
}

/// `{"tag": "x", "link": "y"}` in the report, and all tags with their links in one object of the API.
type Tag<'a> = BTreeMap<String, Option<Loose<'a>>>;

impl Alert<'_> {
    fn tags(&self) -> Vec<(&str, Option<&str>)> {
        let mut tags = Vec::new();
        for tag in &self.tags {
            match tag.get("tag") {
                Some(name) => {
                    tags.extend(
                        filled(name).map(|name| (name, tag.get("link").and_then(|link| filled(link)))),
                    );
                }
                None => tags.extend(tag.iter().map(|(name, link)| (name.as_str(), filled(link)))),
            }
        }
        tags
    }
}

fn map_alert<'a>(
    alert: &'a Alert<'_>,
    site: &'a str,
    spend: &mut dyn FnMut(Outcome<'a>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let markdown =
        |field: &Option<Loose<'_>>| html::to_markdown(filled(field).unwrap_or_default()).into_owned();
    // Takes long to make, and is the same for all instances.
    let said = [markdown(&alert.desc), markdown(&alert.solution)];
    if alert.instances.is_empty() {
        return spend(map_instance(alert, alert, &said, site));
    }
    alert.instances.iter().try_for_each(|instance| spend(map_instance(alert, instance, &said, site)))
}

fn map_instance<'a>(
    alert: &'a Alert<'_>,
    instance: &'a Alert<'_>,
    [description, solution]: &[String; 2],
    site: &'a str,
) -> Outcome<'a> {
    let plugin = filled(&alert.pluginid);
    let name = filled(&alert.name).or(filled(&alert.alert));
    let Some(id) = filled(&alert.reference_id).or(plugin).or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without pluginid and name", site);
    };
    if let Some("0" | "False Positive") = filled(&alert.confidence) {
        return Outcome::skip(SkipReason::Suppressed, "confidence: False Positive", id);
    }
    let mut weakness = Weakness::new("zap_rule_id", id);
    // Ids below are those of tests and of scripts, which have no page.
    if id.len() >= 5 && id.starts_with(|c: char| c.is_ascii_digit()) {
        weakness.url = Some(format!("https://www.zaproxy.org/docs/alerts/{id}/").into());
    }
    weakness.name = name.map(Into::into);
    weakness.say("", description.clone());
    weakness.advise(solution.clone());
    weakness.severity = severity(filled(&alert.riskcode), filled(&alert.riskdesc));
    weakness.cwes = number(filled(&alert.cweid)).into_iter().collect();
    weakness.wasc = number(filled(&alert.wascid)).into_iter().collect();
    weakness.refer(filled(&alert.reference).unwrap_or_default());
    let tags = alert.tags();
    weakness.cwes.extend(tags.iter().filter_map(|(tag, _)| cwe::parse(tag)));
    weakness
        .advisories
        .extend(tags.iter().filter(|(tag, _)| tag.starts_with("CVE-")).map(|(tag, _)| (*tag).into()));

    let url = filled(&instance.uri).unwrap_or(site);
    let mut location = WebLocation::from_url(url);
    location.method = filled(&instance.method).map(Into::into);
    location.param = filled(&instance.param).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without pluginid and name", site);
    };
    let vulnerability = &mut finding.vulnerability;
    vulnerability.identifiers.extend(tags.iter().filter_map(|(tag, link)| owasp(tag, *link)));
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    add_text(details, "attack", "Attack", filled(&instance.attack).unwrap_or_default());
    let other = filled(&instance.otherinfo).or(filled(&alert.otherinfo)).unwrap_or_default();
    add_text(details, "other_info", "Other info", other_info(other));
    details.text("confidence", "Confidence", confidence(filled(&alert.confidence), None));
    details.text("node", "Node", filled(&instance.node).unwrap_or_default());
    details.text("input_vector", "Input vector", filled(&instance.input_vector).unwrap_or_default());
    details.text("plugin", "Plugin", plugin.filter(|plugin| *plugin != id).unwrap_or_default());
    details.text("source", "Source", source(filled(&alert.sourceid)));
    details.text(
        "systemic",
        "Systemic",
        filled(&alert.systemic).filter(|it| *it == "true").unwrap_or_default(),
    );
    add_tags(details, &tags);
    let evidence = map_evidence(instance, url);
    finding.secrets = http::credentials(&evidence);
    finding.vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    Outcome::finding(finding)
}

fn map_evidence<'a>(instance: &'a Alert<'_>, url: &str) -> Evidence<'a> {
    let (sent, received) = (filled(&instance.request_header), filled(&instance.response_header));
    let mut evidence = http::evidence(sent, received, Some(url)).unwrap_or_default();
    if let Some(request) = &mut evidence.request {
        request.body = filled(&instance.request_body).and_then(http::body).or(request.body.take());
    }
    if let Some(response) = &mut evidence.response {
        response.body = filled(&instance.response_body).and_then(http::body).or(response.body.take());
    }
    evidence.summary = filled(&instance.evidence).map(Into::into);
    evidence
}
