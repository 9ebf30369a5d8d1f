//! Detections in web applications.

use super::{Glossary, bare, describe};
use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::base64;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::Element;
use scanlift_convert_api::{Options, Outcome, SkipReason, http};
use scanlift_report_core::{Evidence, Header, Location, Request, Response, Severity, Text, WebLocation};

/// What the mapping uses of a `VULNERABILITY`, a `WasScanVuln` and a `Finding`.
const USED: [&str; 23] = [
    "QID",
    "qid",
    "URL",
    "uri",
    "url",
    "TITLE",
    "title",
    "PARAM",
    "param",
    "PAYLOADS",
    "IGNORED",
    "STATUS",
    "ACCESS_PATH",
    "DATA",
    "name",
    "type",
    "severity",
    "status",
    "isIgnored",
    "group",
    "cwe",
    "owasp",
    "wasc",
];

pub(super) fn map<'a>(detection: Element<'a>, glossary: &'a Glossary, options: &Options) -> Outcome<'a> {
    let text = |names: &[&str]| detection.first_text(names);
    let url = text(&["URL", "uri", "url"]).unwrap_or_default();
    let Some(qid) = text(&["QID", "qid"]).map(bare) else {
        return Outcome::skip(SkipReason::Unsupported, "a detection without QID", url);
    };
    let meaning = glossary.get(qid);
    let title = text(&["TITLE", "title", "name"]).or_else(|| meaning?.child_text("TITLE"));
    let example = || format!("QID {qid} {}", title.unwrap_or_default()).trim().to_owned();
    if text(&["IGNORED", "isIgnored"]).is_some_and(|ignored| ignored.eq_ignore_ascii_case("true")) {
        return Outcome::skip(SkipReason::Suppressed, "IGNORED: true", example());
    }
    if let Some(status) = text(&["STATUS", "status"]).filter(|status| status.eq_ignore_ascii_case("fixed")) {
        return Outcome::skip(SkipReason::NotAFinding, format!("STATUS: {status}"), example());
    }

    let kind = text(&["type"]);
    let informs = matches!(detection.name(), "INFORMATION_GATHERED" | "WasScanIg")
        || kind == Some("INFORMATION_GATHERED");
    if informs && !options.include_info {
        return Outcome::skip(SkipReason::NotAFinding, "type: INFORMATION_GATHERED", example());
    }

    let mut weakness = Weakness::new("qualys_qid", qid);
    weakness.id_name = Some(format!("QID-{qid}").into());
    weakness.name = title.map(Into::into);
    if let Some(meaning) = meaning {
        describe(&mut weakness, meaning);
        let level = meaning.child_text("SEVERITY").map(|level| format!("{level} of 5").into());
        weakness.severity_word = level;
    }
    let numbers = |list: &str| classes(detection, list).collect::<Vec<u32>>();
    weakness.cwes.extend(numbers("cwe"));
    weakness.wasc.extend(numbers("wasc"));
    if informs {
        weakness.severity = Some(Severity::Info);
    } else if weakness.severity.is_none() && weakness.ratings.is_empty() {
        // The API does not tell what QIDs mean.
        weakness.severity =
            text(&["SEVERITY", "severity"]).and_then(super::severity).or(Some(Severity::Medium));
    }

    let payloads: Vec<Element<'_>> =
        detection.child("PAYLOADS").into_iter().flat_map(|list| list.all("PAYLOAD")).collect();
    let first = payloads.first().copied();
    let mut location = WebLocation::from_url(url);
    let result = detection.find(&["resultList", "list", "Result"]);
    let instance = result.and_then(|result| result.find(&["payloads", "list", "PayloadInstance"]));
    let method = first
        .and_then(|payload| payload.find(&["REQUEST", "METHOD"]))
        .or_else(|| instance?.find(&["request", "method"]))
        .and_then(Element::text);
    location.method = method.map(Into::into);
    location.param = text(&["PARAM", "param"]).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a detection without QID", url);
    };
    let evidence = first.map(map_evidence).or(instance.map(map_instance)).unwrap_or_default();
    finding.secrets = http::credentials(&evidence);
    let vulnerability = &mut finding.vulnerability;
    vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    let injected =
        payloads.iter().filter_map(|payload| payload.child_text("PAYLOAD")).filter(|text| *text != "N/A");
    let injected = injected.chain(instance.and_then(|instance| instance.child_text("payload")));
    add_list(details, "payloads", "Payloads", injected);
    let instances = detection.find(&["instances", "list"]).into_iter().flat_map(Element::children);
    add_list(
        details,
        "instances",
        "Instances",
        instances.map(|one| {
            let fields =
                one.children().filter_map(|field| Some(format!("{}: {}", field.name(), field.text()?)));
            fields.collect::<Vec<_>>().join(", ")
        }),
    );
    let way = detection.child("ACCESS_PATH").into_iter().flat_map(|way| way.texts("URL"));
    add_list(details, "access_path", "Access path", way);
    details.text("status", "Status", text(&["STATUS", "status"]).unwrap_or_default());
    details.text("group", "Group", detection.child_text("group").unwrap_or_default());
    let owasp = detection.find(&["owasp", "list"]).into_iter().flat_map(Element::children);
    let owasp = owasp
        .filter_map(|class| Some(format!("{} {}", class.child_text("code")?, class.child_text("name")?)));
    add_list(details, "owasp", "OWASP", owasp);
    if let Some(meaning) = meaning {
        for (name, key, heading) in
            [("CATEGORY", "category", "Category"), ("GROUP", "group", "Group"), ("OWASP", "owasp", "OWASP")]
        {
            add_text(details, key, heading, meaning.child_text(name).unwrap_or_default());
        }
    }
    add_rest(details, detection, &USED);
    Outcome::finding(finding)
}

/// The numbers of a list of classes, as a `Finding` of the API has them: `79`, or elements with a `code`.
fn classes<'a>(detection: Element<'a>, list: &str) -> impl Iterator<Item = u32> + use<'a> {
    let entries = detection.child(list).and_then(|classes| classes.child("list"));
    let codes = entries.into_iter().flat_map(Element::children);
    codes.filter_map(|code| code.child_text("code").or(code.text())?.parse().ok())
}

/// The exchange of a payload of the API, whose response is base64 and may be cut.
fn map_instance(instance: Element<'_>) -> Evidence<'_> {
    let mut evidence = Evidence::default();
    if let Some(request) = instance.child("request") {
        let method = request.child_text("method").unwrap_or_default();
        evidence.request = Request::new(method, request.child_text("link").unwrap_or_default());
        if let Some(sent) = &mut evidence.request {
            let decoded = request.child_text("headers").and_then(base64::decode).unwrap_or_default();
            let owned = |header: Header<'_>| Header::new(header.name.into_owned(), header.value.into_owned());
            sent.headers = http::headers(&decoded).into_iter().filter_map(owned).collect();
            sent.body = request.child_text("body").and_then(http::body);
        }
    }
    if let Some(text) = instance.child_text("response") {
        let mut response = Response::new(200, "");
        response.body = http::body(base64::decode(text).map_or(Text::Borrowed(text), Into::into));
        evidence.response = Some(response);
    }
    evidence
}

/// The exchange of a payload. Contents in base64 stand decoded in the response.
fn map_evidence(payload: Element<'_>) -> Evidence<'_> {
    let mut evidence = Evidence::default();
    if let Some(request) = payload.child("REQUEST") {
        let method = request.child_text("METHOD").unwrap_or_default();
        evidence.request = Request::new(method, request.child_text("URL").unwrap_or_default());
        let headers = request.child("HEADERS").into_iter().flat_map(|list| list.all("HEADER"));
        let headers = headers.filter_map(|header| {
            Header::new(
                header.first_text(&["key", "KEY"])?,
                header.first_text(&["value", "VALUE"]).unwrap_or_default(),
            )
        });
        if let Some(sent) = &mut evidence.request {
            sent.headers = headers.collect();
            sent.body = request.child_text("BODY").and_then(http::body);
        }
    }
    if let Some(contents) = payload.find(&["RESPONSE", "CONTENTS"])
        && let Some(text) = contents.text()
    {
        let packed = contents.attribute("base64") == Some("true");
        let decoded = if packed { base64::decode(text) } else { None };
        // What was found in the answer: its status and headers are not told.
        let mut response = Response::new(200, "");
        response.body = http::body(decoded.map_or(Text::Borrowed(text), Into::into));
        evidence.response = Some(response);
    }
    evidence
}
