//! OpenVAS and Greenbone: the XML of a report (GMP `get_reports`), as a file or as the response of the
//! protocol, versions 5 to 22.
//!
//! A record is a `result`: what a vulnerability test (NVT) says of a port of a host.

use crate::rest::{add_rest, add_text};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason, advisory, one_line,
};
use scanlift_report_core::{Kind, MessageLevel, Severity};
use std::io::Read;

/// Reads the XML reports of OpenVAS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Openvas;

/// The converter.
pub static CONVERTER: Openvas = Openvas;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "openvas",
    name: "OpenVAS",
    summary: "XML reports of OpenVAS and Greenbone, as files and as responses of GMP",
    versions: "OMP 4 to GMP 22",
    kinds: &[Kind::Dast],
    url: "https://docs.greenbone.net/API/GMP/gmp-22.5.html#command_get_reports",
};

/// What the mapping uses of a `result`.
const USED: [&str; 16] = [
    "name",
    "owner",
    "host",
    "port",
    "nvt",
    "threat",
    "severity",
    "description",
    "qod",
    "original_threat",
    "original_severity",
    "subnet",
    "comment",
    "compliance",
    "modification_time",
    "scan_nvt_version",
];

/// Elements that hold results, or hold those that do.
const OUTLINE: [&str; 6] =
    ["get_reports_response", "get_results_response", "report", "results", "commands_response", "reports"];

impl Converter for Openvas {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let marks = ["omp", "gmp", "scan_run_status", "nvt", "qod", "threat", "report_format"];
        let marked =
            head.attribute("format_id").is_some() || marks.iter().filter(|mark| head.has(mark)).count() > 1;
        match head.root() {
            "get_reports_response" | "get_results_response" => Match::Yes,
            "report" if marked => Match::Yes,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !OUTLINE.contains(&root.name()) {
            return Err(ConvertError::Unrecognised {
                expected: "a report of OpenVAS",
                help: "export the report in the format XML",
            });
        }
        answered(&root)?;
        let mut errors = Messages::default();
        let mut first = Reader::new(input.open().map_err(ConvertError::Read)?);
        first.root()?;
        read_errors(&mut first, &mut errors)?;
        let mut walk = Walk { sink, options, errors, begun: false, start: None, version: None };
        walk.enter(&mut reader)?;
        walk.begin()?;
        reader.end(walk.sink)
    }
}

/// The way through a document.
struct Walk<'w> {
    sink: &'w mut dyn Sink,
    options: &'w Options,
    errors: Messages,
    begun: bool,
    start: Option<String>,
    /// Of the protocol.
    version: Option<String>,
}

impl Walk<'_> {
    /// The depth is that of the outline, which the reader bounds.
    fn enter<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "result" => {
                self.begin()?;
                let result = reader.element(tag)?;
                Record::begin(self.sink).spend(map_result(result.root(), self.options))
            }
            "scan_start" => {
                self.start = reader.element(tag)?.root().text().map(str::to_owned);
                Ok(())
            }
            "omp" | "gmp" => {
                self.version = reader.element(tag)?.root().child_text("version").map(str::to_owned);
                Ok(())
            }
            name if OUTLINE.contains(&name) => self.enter(reader),
            _ => Ok(()),
        })
    }

    /// Begins the scan unless it is begun.
    fn begin(&mut self) -> Result<(), ConvertError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("Greenbone".into());
        scan.url = Some("https://www.openvas.org".into());
        scan.start_time = self.start.as_deref().map(Into::into);
        scan.format_version = self.version.as_deref().map(Into::into);
        scan.messages = std::mem::take(&mut self.errors).into_vec();
        self.sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }
}

/// Refuses what GMP answers in place of a report: its status is not one of the 200s.
fn answered(tag: &Tag) -> Result<(), ConvertError> {
    match tag.attribute("status") {
        Some(status) if tag.name().ends_with("_response") && !status.starts_with('2') => {
            let text = tag.attribute("status_text").unwrap_or("an error");
            let message = format!("GMP answered {status}: {}", one_line(text));
            Err(ConvertError::Failed { scanner: DESCRIPTOR.name, message })
        }
        _ => Ok(()),
    }
}

/// What went wrong in the scan, which stands behind the results. The depth is that of the outline.
fn read_errors<R: Read>(reader: &mut Reader<R>, messages: &mut Messages) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| match tag.name() {
        "error" => {
            let error = reader.element(tag)?;
            let error = error.root();
            let places = [error.child_text("host"), error.child_text("port")];
            let place = places.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let text = error.child_text("description").unwrap_or("an error");
            let test = error.find(&["nvt", "name"]).and_then(Element::text);
            let test = test.map(|name| format!(" ({name})")).unwrap_or_default();
            let mark = if place.is_empty() { "" } else { ": " };
            messages.push(MessageLevel::Warn, format!("{place}{mark}{text}{test}"));
            Ok(())
        }
        name if name == "errors" || OUTLINE.contains(&name) => {
            answered(tag)?;
            read_errors(reader, messages)
        }
        _ => Ok(()),
    })
}

fn map_result<'a>(result: Element<'a>, options: &Options) -> Outcome<'a> {
    let text = |name: &str| result.child_text(name);
    let nvt = result.child("nvt");
    let test = |name: &str| nvt.and_then(|nvt| nvt.child_text(name)).filter(|text| !is_none(text));
    let name = test("name").or(text("name"));
    let id = nvt.and_then(|nvt| nvt.attribute("oid")).filter(|oid| *oid != "0").or(name);
    let example = || format!("{} {}", id.unwrap_or_default(), name.unwrap_or_default()).trim().to_owned();
    let severity = match verdict(text("severity"), text("threat"), test("cvss_base")) {
        Verdict::Finding(severity) => severity,
        Verdict::Info if options.include_info => Some(Severity::Info),
        Verdict::Info => {
            let detail = format!("threat: {}", text("threat").unwrap_or("Log"));
            return Outcome::skip(SkipReason::NotAFinding, detail, example());
        }
        Verdict::Skip(reason, detail) => return Outcome::skip(reason, detail, example()),
    };
    let Some(id) = id else {
        return Outcome::skip(SkipReason::Unsupported, "a result without oid and name", "");
    };

    let tags = Tags(test("tags").unwrap_or_default());
    let mut weakness =
        Weakness::new(if advisory::kind(id).is_some() { "cve" } else { "openvas_nvt_oid" }, id);
    weakness.name = name.map(Into::into);
    weakness.severity = severity;
    weakness.severity_word = text("threat").map(Into::into);
    weakness.say("", tags.get("summary"));
    weakness.say("Result", text("description").unwrap_or_default());
    for (tag, heading) in
        [("impact", "Impact"), ("insight", "Insight"), ("affected", "Affected"), ("vuldetect", "Detection")]
    {
        weakness.say(heading, tags.get(tag));
    }
    weakness.advise(test("solution").unwrap_or_default());
    weakness.advise(tags.get("solution"));
    weakness.ratings = ratings(nvt, &tags, test("cvss_base"));
    let mut others = Vec::new();
    for (kind, value) in references(nvt) {
        match kind {
            "cve" => weakness.advisories.push(value.into()),
            "url" => weakness.refer(value),
            "cwe" => weakness.cwes.extend(value.trim_start_matches("CWE-").parse::<u32>()),
            _ => others.push(format!("{kind}: {value}")),
        }
    }

    let host = result.child("host");
    let (port, protocol, service) = port(text("port").unwrap_or_default());
    let address = host.and_then(Element::text).unwrap_or("unknown host");
    let service = Service::new(address, port, protocol, service);
    let Some(mut finding) = weakness.into_finding(service.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without oid and name", "");
    };
    let details = &mut finding.vulnerability.details;
    service.add_details(details);
    let hostname = host.and_then(|host| host.child_text("hostname")).unwrap_or_default();
    details.text("hostname", "Host name", hostname);
    let quality = result.find(&["qod", "value"]).and_then(Element::text);
    let kind = result.find(&["qod", "type"]).and_then(Element::text).map(|kind| format!(" ({kind})"));
    details.text(
        "qod",
        "Quality of detection",
        quality.map_or_else(String::new, |value| format!("{value} %{}", kind.unwrap_or_default())),
    );
    let solution_type =
        nvt.and_then(|nvt| nvt.child("solution")).and_then(|solution| solution.attribute("type"));
    details.text("solution_type", "Kind of solution", solution_type.unwrap_or(tags.get("solution_type")));
    details.text("family", "Family", test("family").unwrap_or_default());
    if let Some(epss) = nvt.and_then(|nvt| nvt.find(&["epss", "max_epss", "score"])).and_then(Element::text) {
        details.text("epss_score", "EPSS score", epss);
    }
    add_list(details, "other_references", "Other references", others);
    let products = result.all("detection").filter_map(|detection| detection.find(&["result", "details"]));
    for detail in products.flat_map(|details| details.all("detail")) {
        if let Some((name, value)) = detail.child_text("name").zip(detail.child_text("value")) {
            details.text(format!("detection_{name}"), format!("Detection: {name}"), value);
        }
    }
    for (name, key, heading) in [
        ("original_severity", "original_severity", "Severity before the override"),
        ("original_threat", "original_threat", "Threat before the override"),
    ] {
        let now = text(name.trim_start_matches("original_"));
        details.text(key, heading, text(name).filter(|before| Some(*before) != now).unwrap_or_default());
    }
    for (list, key, heading) in [("overrides", "overrides", "Overrides"), ("notes", "notes", "Notes")] {
        let texts =
            result.child(list).into_iter().flat_map(Element::children).filter_map(|it| it.child_text("text"));
        add_list(details, key, heading, texts);
    }
    add_text(details, "comment", "Comment", text("comment").unwrap_or_default());
    add_rest(details, result, &USED);
    details.text("test_version", "Version of the test", text("scan_nvt_version").unwrap_or_default());
    Outcome::finding(finding)
}

/// What a result is.
#[derive(Debug, PartialEq)]
enum Verdict {
    Finding(Option<Severity>),
    Info,
    Skip(SkipReason, &'static str),
}

/// By the number in `severity` (-1 false positive, -2 debug, -3 error, 0 log), else by the word in
/// `threat` and the score of the test.
fn verdict(severity: Option<&str>, threat: Option<&str>, score: Option<&str>) -> Verdict {
    let number: Option<f64> = severity.and_then(|text| text.parse().ok());
    let score = || score.and_then(|text| text.parse().ok());
    match (number, threat) {
        (_, Some("False Positive")) => Verdict::Skip(SkipReason::Suppressed, "threat: False Positive"),
        (_, Some("Debug")) => Verdict::Skip(SkipReason::NotAFinding, "threat: Debug"),
        (_, Some("Error")) => Verdict::Skip(SkipReason::NotAFinding, "threat: Error"),
        (Some(-1.0), _) => Verdict::Skip(SkipReason::Suppressed, "severity: -1 (false positive)"),
        (Some(-2.0), _) => Verdict::Skip(SkipReason::NotAFinding, "severity: -2 (debug)"),
        (Some(-3.0), _) => Verdict::Skip(SkipReason::NotAFinding, "severity: -3 (error)"),
        (Some(number), _) if number > 0.0 => Verdict::Finding(Some(Severity::from_score(number))),
        (Some(_), _) | (None, Some("Log" | "None")) => Verdict::Info,
        (None, word) => Verdict::Finding(
            score()
                .filter(|score| *score > 0.0)
                .map(Severity::from_score)
                .or_else(|| {
                    word.and_then(|word| {
                        if word == "Alarm" { Some(Severity::High) } else { Severity::from_word(word) }
                    })
                })
                .or_else(|| score().map(Severity::from_score)),
        ),
    }
}

/// What stands where old versions have nothing.
fn is_none(text: &str) -> bool {
    matches!(text, "NOCVE" | "NOBID" | "NOXREF" | "NOTAG" | "N/A")
}

/// `key=value|key=value`; a value may have `|` and `=` in it.
struct Tags<'a>(&'a str);

impl<'a> Tags<'a> {
    fn get(&self, key: &str) -> &'a str {
        const KEYS: [&str; 11] = [
            "cvss_base_vector",
            "summary",
            "insight",
            "affected",
            "impact",
            "solution",
            "vuldetect",
            "solution_type",
            "qod",
            "qod_type",
            "solution_method",
        ];
        let begins = |part: &str| {
            KEYS.iter().any(|key| part.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')))
        };
        let mut from = None;
        let mut at = 0;
        for part in self.0.split('|') {
            if let Some(start) = from
                && begins(part)
            {
                return self.0.get(start..at - 1).unwrap_or_default();
            }
            if from.is_none() && part.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')) {
                from = Some(at + key.len() + 1);
            }
            at += part.len() + 1;
        }
        from.and_then(|start| self.0.get(start..)).unwrap_or_default()
    }
}

/// The vectors of the test, the newest first.
fn ratings<'a>(nvt: Option<Element<'a>>, tags: &Tags<'a>, score: Option<&str>) -> Vec<Rating<'a>> {
    let listed =
        nvt.and_then(|nvt| nvt.child("severities")).into_iter().flat_map(|list| list.all("severity"));
    let mut ratings: Vec<Rating<'a>> = listed
        .filter_map(|severity| {
            let vector = severity.child_text("value").or(severity.child_text("vector"))?;
            let origin = severity.child_text("origin").unwrap_or_default();
            Some(Rating::new(origin, Some(vector.into()), severity.number("score")))
        })
        .collect();
    let vector = tags.get("cvss_base_vector");
    let known = ratings.iter().any(|rating| rating.vector.as_deref() == Some(vector));
    let score = score.and_then(|score| score.parse().ok());
    if !known && (!vector.is_empty() || ratings.is_empty() && score.is_some()) {
        ratings.push(Rating::new("Greenbone", Some(vector.into()), score));
    }
    ratings
}

/// Kind and value of every reference: `refs` of new versions, `cve`, `bid` and `xref` of old ones.
fn references(nvt: Option<Element<'_>>) -> Vec<(&str, &str)> {
    let Some(nvt) = nvt else { return Vec::new() };
    let refs = nvt.child("refs").into_iter().flat_map(|refs| refs.all("ref"));
    let mut all: Vec<(&str, &str)> =
        refs.filter_map(|one| Some((one.attribute("type")?, one.attribute("id")?))).collect();
    for (name, kind) in [("cve", "cve"), ("bid", "bid")] {
        let values = nvt.texts(name).flat_map(|text| text.split(',')).map(str::trim);
        all.extend(values.filter(|value| !value.is_empty() && !is_none(value)).map(|value| (kind, value)));
    }
    for xref in nvt.texts("xref").flat_map(|text| text.split(", ")).filter(|text| !is_none(text)) {
        all.push(match xref.split_once(':') {
            Some(("URL", url)) => ("url", url),
            Some(("CVE" | "cve", id)) => ("cve", id),
            Some((kind, value)) => (kind, value),
            None => ("xref", xref),
        });
    }
    let certs = nvt.child("cert").into_iter().flat_map(|cert| cert.all("cert_ref"));
    all.extend(certs.filter_map(|one| Some((one.attribute("type")?, one.attribute("id")?))));
    all
}

/// `443/tcp`, `http (80/tcp)`, `general/tcp`, `443`: port, protocol, service.
fn port(text: &str) -> (Option<u16>, &str, Option<&str>) {
    let (name, inner) = match text.split_once(" (") {
        Some((name, inner)) => (Some(name), inner.trim_end_matches(')')),
        None => (None, text),
    };
    let (port, protocol) = inner.split_once('/').unwrap_or((inner, ""));
    (port.trim().parse().ok(), if protocol.contains('-') { "" } else { protocol }, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for (text, want) in [
            ("443/tcp", (Some(443), "tcp", None)),
            ("http (80/tcp)", (Some(80), "tcp", Some("http"))),
            ("general/tcp", (None, "tcp", None)),
            ("general/CPE-T", (None, "", None)),
            ("443", (Some(443), "", None)),
            ("", (None, "", None)),
        ] {
            assert_eq!(port(text), want, "{text}");
        }
    }

    #[test]
    fn tags_may_hold_their_own_separators() {
        let tags = Tags("cvss_base_vector=AV:N|summary=a|b=c|insight=x|solution_type=VendorFix");
        for (key, want) in [
            ("summary", "a|b=c"),
            ("insight", "x"),
            ("solution", ""),
            ("solution_type", "VendorFix"),
            ("cvss_base_vector", "AV:N"),
        ] {
            assert_eq!(tags.get(key), want, "{key}");
        }
        assert_eq!(Tags("NOTAG").get("summary"), "");
    }

    #[test]
    fn verdicts() {
        for (severity, threat, score, want) in [
            (Some("9.8"), Some("High"), None, Verdict::Finding(Some(Severity::Critical))),
            (Some("0.0"), Some("Log"), Some("5.0"), Verdict::Info),
            (
                Some("-1.0"),
                None,
                None,
                Verdict::Skip(SkipReason::Suppressed, "severity: -1 (false positive)"),
            ),
            (None, Some("High"), Some("7.5"), Verdict::Finding(Some(Severity::High))),
            (None, Some("Medium"), Some("0.0"), Verdict::Finding(Some(Severity::Medium))),
            (None, Some("Log"), Some("5.0"), Verdict::Info),
            (None, Some("1"), Some("0.0"), Verdict::Finding(Some(Severity::Info))),
            (None, None, None, Verdict::Finding(None)),
        ] {
            assert_eq!(verdict(severity, threat, score), want, "{severity:?} {threat:?}");
        }
    }
}
