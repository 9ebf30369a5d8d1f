//! Wapiti, `--format json`: lists of entries by the name of their kind.

use scanlift_convert_api::details::{add_text, add_url};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::tool::wapiti::{absolute, severity};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
    http,
};
use scanlift_report_core::{Header, Kind, Link, Location, Response, Severity, WebLocation};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;

/// Reads the JSON reports of Wapiti.
#[derive(Clone, Copy, Debug, Default)]
pub struct WapitiJson;

/// The converter.
pub static CONVERTER: WapitiJson = WapitiJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "wapiti-json",
    name: "Wapiti",
    summary: "JSON reports of Wapiti",
    versions: "2.3 to 3.2",
    kinds: &[Kind::Dast],
    url: "https://wapiti-scanner.github.io",
};

impl Converter for WapitiJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let lists = head.has("vulnerabilities") && (head.has("anomalies") || head.has("infos"));
        if head.has("classifications") || lists { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what is known of target and scan stands behind the entries.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut outline, mut known) = (Fields::default(), Outline::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "classifications" => outline.classes = fields.object(reader)?.unwrap_or_default(),
                "infos" => outline.infos = fields.object(reader)?.unwrap_or_default(),
                "vulnerabilities" | "anomalies" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`vulnerabilities` and `anomalies`",
                help: "run wapiti with --format json --output wapiti.json",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        let version = outline.infos.version.as_deref();
        scan.version = version.map(|text| text.trim_start_matches("Wapiti").trim().to_owned().into());
        scan.vendor = Some("Wapiti".into());
        scan.url = Some(DESCRIPTOR.url.into());
        scan.start_time = outline.infos.date.as_deref().map(|date| date.to_owned().into());
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "vulnerabilities" | "anomalies" => each_entry(&mut records, reader, &outline, None),
            // What informs only is left out unless it is asked for.
            "additionals" => each_entry(&mut records, reader, &outline, Some(options.include_info)),
            _ => Ok(()),
        })
    }
}

/// What stands around the entries.
#[derive(Debug, Default)]
struct Outline {
    classes: HashMap<String, Class>,
    infos: Infos,
}

/// What is said of a kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Class {
    desc: Option<String>,
    sol: Option<String>,
    #[serde(rename = "ref")]
    references: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Infos {
    target: Option<String>,
    date: Option<String>,
    version: Option<String>,
}

/// A kind of weakness, for its entries.
struct Scope<'s> {
    name: String,
    class: Option<&'s Class>,
    target: &'s str,
    version: Option<&'s str>,
    /// Whether its entries inform only, and if so, whether that is asked for.
    informs: Option<bool>,
}

fn each_entry<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    outline: &Outline,
    informs: Option<bool>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    reader.each_key(|name, reader| {
        let scope = Scope {
            name: name.to_owned(),
            class: outline.classes.get(name),
            target: outline.infos.target.as_deref().unwrap_or_default(),
            version: outline.infos.version.as_deref(),
            informs,
        };
        records.each(reader, |records, reader| records.map(reader, &scope, map_entry))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    method: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    info: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    parameter: Option<Loose<'a>>,
    referer: Option<Loose<'a>>,
    module: Option<Loose<'a>>,
    http_request: Option<Loose<'a>>,
    curl_command: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    wstg: Vec<Loose<'a>>,
    detail: Option<Detail<'a>>,
}

/// With `--detailed-report`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    response: Option<Answer<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(deserialize_with = "json::number")]
    status_code: Option<i64>,
    #[serde(borrow)]
    body: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    headers: Vec<Vec<Loose<'a>>>,
}

fn map_entry<'a>(entry: &'a Entry<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    if scope.informs == Some(false) {
        return Outcome::skip(SkipReason::NotAFinding, "additional: information", scope.name.as_str());
    }
    let url = absolute(scope.target, filled(&entry.path).unwrap_or_default());
    let mut location = WebLocation::from_url(&url);
    location.method = filled(&entry.method).map(Into::into);
    location.param = filled(&entry.parameter).map(Into::into);
    let mut weakness = Weakness::new("wapiti_vulnerability", scope.name.as_str());
    weakness.name = Some(scope.name.as_str().into());
    weakness.say("", filled(&entry.info).unwrap_or_default());
    if let Some(class) = scope.class {
        weakness.say("", class.desc.as_deref().unwrap_or_default());
        weakness.advise(class.sol.as_deref().unwrap_or_default());
        for (title, url) in &class.references {
            let link = url.as_deref().and_then(Link::new);
            weakness.links.extend(link.map(|link| link.with_name(title.as_str())));
            weakness.cwes.extend(cwe::parse(title));
        }
    }
    let level = filled(&entry.level);
    let rated = severity(level, scope.version, &scope.name);
    weakness.severity = if scope.informs.is_some() { Some(Severity::Info) } else { rated };
    weakness.severity_word = level.map(|level| format!("level {level}").into());
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a kind of vulnerability without a name", "");
    };
    let mut evidence = http::evidence(filled(&entry.http_request), None, Some(&url)).unwrap_or_default();
    evidence.response = entry.detail.as_ref().and_then(|detail| detail.response.as_ref()).map(map_answer);
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    add_text(
        details,
        "curl_command",
        "Command to repeat it",
        filled(&entry.curl_command).unwrap_or_default(),
    );
    add_url(details, "referer", "Referer", filled(&entry.referer).unwrap_or_default());
    details.text("module", "Module", filled(&entry.module).unwrap_or_default());
    let tests: Vec<&str> = crate::field::texts(&entry.wstg).collect();
    details.text("wstg", "Tests of the OWASP guide", tests.join(", "));
    Outcome::finding(finding)
}

fn map_answer<'a>(answer: &'a Answer<'_>) -> Response<'a> {
    let mut response = Response::new(answer.status_code.unwrap_or(200), "");
    let pair = |pair: &'a Vec<Loose<'_>>| Header::new(pair.first()?.as_ref(), pair.get(1)?.as_ref());
    response.headers = answer.headers.iter().filter_map(pair).collect();
    response.body = filled(&answer.body).and_then(http::body);
    response
}
