//! Issues.

use super::Groups;
use crate::rest::{add_rest, add_text, add_url};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::Element;
use scanlift_convert_api::{Outcome, SkipReason, http};
use scanlift_report_core::{Evidence, Location, Severity, SourceLocation, WebLocation};

/// What the mapping uses of an issue.
const USED: [&str; 37] = [
    "severity",
    "severity-id",
    "cvss-score",
    "cvss",
    "cvss-vector",
    "cwe",
    "issue-type",
    "issue-type-name",
    "remediation",
    "advisory",
    "threat-class",
    "entity",
    "url",
    "security-risks",
    "cause-id",
    "user-image-group",
    "variant-group",
    "technology",
    "status",
    "location",
    "domain",
    "element",
    "element-type",
    "path",
    "scheme",
    "host",
    "port",
    "changes-group",
    "source-file",
    "line",
    "date-created",
    "last-updated",
    "asoc-issue-id",
    "cve",
    "method",
    "fix-recommendation",
    "article",
];

pub(super) fn map_issue<'a>(issue: Element<'a>, groups: &'a Groups, technology: &str) -> Outcome<'a> {
    let text = |name: &str| issue.child_text(name);
    let at = |path: &[&str]| issue.find(path).and_then(Element::text);
    let kind = at(&["issue-type", "ref"]).or(text("issue-type-name")).or(text("issue-type"));
    let Some(kind) = kind else {
        let example = issue.attribute("id").unwrap_or_default();
        return Outcome::skip(SkipReason::Unsupported, "an issue without issue-type", example);
    };
    let status = text("status").unwrap_or_default();
    let closed = match status.to_ascii_lowercase().as_str() {
        "noise" => Some(SkipReason::Suppressed),
        "fixed" | "passed" => Some(SkipReason::NotAFinding),
        _ => None,
    };
    if let Some(reason) = closed {
        return Outcome::skip(reason, format!("status: {status}"), kind);
    }
    let group = |name: &'static str, id: &str| groups.get(name, id);
    let of_type = group("issue-type-group", kind);
    let described: Vec<Element<'_>> = std::iter::once(issue).chain(of_type).collect();
    let advised = referred(&described, &["advisory"]).into_iter().next();
    let advisory = advised.and_then(|id| group("advisory-group", id));
    let advisory = advisory.map(|item| item.child("advisory").unwrap_or(item));
    let article = group("article-group", kind).or(advised.and_then(|id| group("article-group", id)));

    let mut weakness = Weakness::new("appscan_issue_type", kind);
    let name = text("issue-type-name").or(of_type.and_then(|item| item.child_text("name")));
    weakness.name = name.or(advisory.and_then(|advisory| advisory.child_text("name"))).map(Into::into);
    let variants: Vec<Element<'_>> =
        issue.child("variant-group").into_iter().flat_map(|list| list.all("item")).collect();
    for variant in &variants {
        weakness.say("", variant.child_text("reasoning").unwrap_or_default());
    }
    describe(&mut weakness, &described, groups, advisory, article);
    let word = text("severity");
    let rated = word.and_then(Severity::from_word).or(text("severity-id").and_then(severity));
    weakness.severity = rated;
    weakness.severity_word = word.map(Into::into);
    let vector = at(&["cvss-vector", "vector"]).filter(|vector| vector.contains(':')).map(Into::into);
    let score = text("cvss-score").or(text("cvss")).and_then(|score| score.parse().ok());
    if vector.is_some() || score.is_some() {
        weakness.ratings.push(Rating::new("AppScan", vector, score));
    } else if rated.is_none() {
        // An issue is no information, whatever new word rates it.
        weakness.severity = Some(Severity::Medium);
    }
    for described in described.iter().chain(&advisory) {
        for cwe in texts(*described, "cwe") {
            let numbers = cwe.split(|c: char| !c.is_ascii_digit());
            let numbers = numbers.filter_map(|number| number.parse::<u32>().ok());
            weakness.cwes.extend(numbers.filter(|number| *number > 0));
        }
        for cve in texts(*described, "cve") {
            weakness.advisories.extend(cve.split([',', ' ']).map(Into::into));
        }
    }

    let entity = at(&["entity", "ref"]).and_then(|id| group("entity-group", id));
    let link = at(&["url", "ref"]);
    let address = link.and_then(|id| group("url-group", id)).and_then(|item| item.child_text("name"));
    let address =
        address.or(text("location")).or(entity.and_then(|entity| entity.child_text("url-name"))).or(link);
    let is_source =
        matches!(text("technology").unwrap_or(technology), "SAST" | "SCA") || text("source-file").is_some();
    let parameter = text("element").or(entity.and_then(|entity| entity.child_text("name")));
    let traffic = variants.iter().find_map(|variant| variant.child_text("test-http-traffic"));
    let traffic = traffic.map(unmarked);
    let evidence = traffic.as_deref().map(|traffic| map_evidence(traffic, address)).unwrap_or_default();
    let location = if is_source {
        Location::Sast(source(text("source-file").or(address).unwrap_or("unknown"), text("line")))
    } else {
        let mut location = WebLocation::from_url(address.unwrap_or_default());
        let method = issue.child("url").and_then(|url| url.attribute("original_request_method"));
        location.method = method
            .or(evidence.request.as_ref().map(|request| &*request.method))
            .map(|method| method.to_owned().into());
        let kind = text("element-type").or(entity.and_then(|entity| entity.child_text("entity-type")));
        let named = !matches!(kind, Some("Page" | "Global"));
        location.param = parameter.filter(|_| named).map(Into::into);
        Location::Dast(location)
    };
    let secrets = http::credentials(&evidence).into_iter().map(|secret| secret.into_owned().into()).collect();
    let evidence = owned(evidence);
    let Some(mut finding) = weakness.into_finding(location) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without issue-type", "");
    };
    finding.secrets = secrets;
    let vulnerability = &mut finding.vulnerability;
    if !is_source {
        vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    }
    let details = &mut vulnerability.details;
    if !is_source {
        add_url(details, "url", "URL", address.unwrap_or_default());
    }
    let element_type = text("element-type").or(entity.and_then(|entity| entity.child_text("entity-type")));
    details.text("element", "Element", parameter.unwrap_or_default());
    details.text("element_type", "Kind of element", element_type.unwrap_or_default());
    let changes =
        variants.iter().flat_map(|variant| variant.child("differences")).flat_map(|list| list.all("item"));
    let changes = changes.map(|change| {
        let part = |name: &str| change.attribute(name).unwrap_or_default();
        let what = format!("{} {} {}", part("difference-element"), part("name"), part("difference-type"));
        format!("{}: {} → {}", what.trim(), part("original"), part("altered"))
    });
    add_list(details, "differences", "Differences of the test", changes);
    let causes = referred(&described, &["cause-id", "causes"]).into_iter();
    add_list(
        details,
        "causes",
        "Causes",
        causes.map(|id| group("cause-group", id).and_then(Element::text).unwrap_or(id)),
    );
    let class = referred(&described, &["threat-class"]).into_iter().next();
    let class = class.map(|id| group("threat-class-group", id).and_then(Element::text).unwrap_or(id));
    details.text("threat_class", "Threat class", class.unwrap_or_default());
    details.text("status", "Status", status);
    for (name, key, heading) in [
        ("date-created", "created", "Created"),
        ("last-updated", "last_updated", "Last updated"),
        ("technology", "technology", "Technology"),
    ] {
        details.text(key, heading, text(name).unwrap_or_default());
    }
    for variant in &variants {
        for comment in variant.texts("comments").chain(variant.texts("additional-data")) {
            add_text(details, "comments", "Comments", comment);
        }
        let hints = variant.child("issue-information").and_then(|about| about.child_text("issue-tip"));
        add_text(details, "tip", "How to see it", hints.unwrap_or_default());
    }
    add_rest(details, issue, &USED);
    details.text(
        "issue_id",
        "Issue",
        text("asoc-issue-id").or(issue.attribute("id-v2")).or(issue.attribute("id")).unwrap_or_default(),
    );
    Outcome::finding(finding)
}

/// What advisories, articles and other groups say.
fn describe<'a>(
    weakness: &mut Weakness<'a>,
    described: &[Element<'a>],
    groups: &'a Groups,
    advisory: Option<Element<'a>>,
    article: Option<Element<'a>>,
) {
    if let Some(advisory) = advisory {
        weakness.say("Description", lines(advisory.child("testTechnicalDescription")));
        weakness.say("Risks", lines(advisory.child("securityRisks")));
        for reference in advisory.child("references").into_iter().flat_map(Element::children) {
            weakness.refer(reference.attribute("target").or(reference.text()).unwrap_or_default());
        }
    }
    let risks = referred(described, &["security-risks"]).into_iter();
    let risks: Vec<&str> =
        risks.map(|id| groups.get("security-risk-group", id).and_then(Element::text).unwrap_or(id)).collect();
    if advisory.is_none() || weakness.description.len() < 2 {
        weakness.say("Risks", risks.join("\n"));
    }
    if let Some(article) = article {
        for (name, heading) in [("risk", "Risks"), ("cause", "Cause"), ("exploitExample", "Example")] {
            weakness.say(heading, lines(article.child(name)));
        }
        weakness.advise(lines(article.child("recommendations")));
        let references = article.children().flat_map(Element::children);
        for reference in references {
            weakness.refer(reference.child_text("url").unwrap_or_default());
        }
    }
    let remedy = |name: &str, group: &str| {
        referred(described, &[name]).into_iter().find_map(|id| groups.get(group, id))
    };
    if let Some(item) = remedy("remediation", "remediation-group") {
        weakness.advise(item.child_text("name").unwrap_or_default());
    }
    let fixes = ["fix-recommendation", "advisory", "issue-type"];
    let fix = fixes.iter().find_map(|name| remedy(name, "fix-recommendation-group"));
    let fix = fix.and_then(|item| item.find(&["general", "fixRecommendation"]));
    weakness.advise(lines(fix));
    for link in fix.into_iter().flat_map(|fix| fix.all("link")) {
        weakness.refer(link.attribute("target").unwrap_or_default());
    }
}

/// What the first of these elements that says so points to: an issue, or else its type.
fn referred<'a>(described: &[Element<'a>], names: &[&str]) -> Vec<&'a str> {
    let of = |item: &Element<'a>| -> Vec<&'a str> {
        item.children()
            .filter(|child| names.iter().any(|name| child.is(name)))
            .flat_map(|list| list.texts("ref"))
            .collect()
    };
    described.iter().map(of).find(|ids| !ids.is_empty()).unwrap_or_default()
}

/// The texts of an element's children of that name, which may be links.
fn texts<'a>(element: Element<'a>, name: &str) -> Vec<&'a str> {
    element.all(name).flat_map(|child| child.text().into_iter().chain(child.texts("link"))).collect()
}

/// Texts one below the other, as paragraphs.
fn lines(element: Option<Element<'_>>) -> String {
    let Some(element) = element else { return String::new() };
    let own = element.text().into_iter();
    let below = element.children().filter_map(|child| child.text().or(child.child_text("title")));
    own.chain(below).collect::<Vec<_>>().join("\n\n")
}

/// Marks of the product around what it found.
fn unmarked(traffic: &str) -> String {
    traffic
        .replace("--begin_highlight_tag--", "")
        .replace("--end_highlight_tag--", "")
        .replace("--begin_mark_tag--", "")
        .replace("--end_mark_tag--", "")
}

/// Request and response stand one below the other.
fn map_evidence<'t>(traffic: &'t str, base: Option<&str>) -> Evidence<'t> {
    let (sent, received) = match traffic.match_indices("\nHTTP/").next() {
        Some((at, _)) => (traffic.get(..at), traffic.get(at + 1..)),
        None => (Some(traffic), None),
    };
    http::evidence(sent.map(str::trim_end), received, base).unwrap_or_default()
}

/// The same evidence, owned.
fn owned(evidence: Evidence<'_>) -> Evidence<'static> {
    use scanlift_report_core::{Header, Request, Response, Text};
    let text = |text: Text<'_>| -> Text<'static> { text.into_owned().into() };
    let headers = |headers: Vec<Header<'_>>| -> Vec<Header<'static>> {
        headers.into_iter().filter_map(|header| Header::new(text(header.name), text(header.value))).collect()
    };
    let mut out = Evidence::default();
    out.request = evidence.request.and_then(|request| {
        let mut sent = Request::new(text(request.method), text(request.url))?;
        sent.headers = headers(request.headers);
        sent.body = request.body.map(text);
        Some(sent)
    });
    out.response = evidence.response.map(|response| {
        let mut received = Response::new(response.status_code, text(response.reason_phrase));
        received.headers = headers(response.headers);
        received.body = response.body.map(text);
        received
    });
    out
}

/// `src/a.c:12`, or a file and a line.
fn source<'a>(place: &'a str, line: Option<&str>) -> SourceLocation<'a> {
    let (file, suffix) = match place.rsplit_once(':') {
        Some((file, suffix)) if !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit()) => {
            (file, Some(suffix))
        }
        _ => (place, None),
    };
    match line.or(suffix).and_then(|line| line.trim().parse().ok()) {
        Some(line) => SourceLocation::lines(file, line, line),
        None => SourceLocation::file(file),
    }
}

/// 0 information to 4 critical.
fn severity(number: &str) -> Option<Severity> {
    match number {
        "0" => Some(Severity::Info),
        "1" => Some(Severity::Low),
        "2" => Some(Severity::Medium),
        "3" => Some(Severity::High),
        "4" => Some(Severity::Critical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_lines() {
        for (place, line, want) in [
            ("src/a.c:12", None, ("src/a.c", Some(12))),
            ("src/a.c", Some("7"), ("src/a.c", Some(7))),
            ("C:\\a.c", None, ("C:\\a.c", None)),
        ] {
            let got = source(place, line);
            assert_eq!((got.file.as_deref(), got.start_line), (Some(want.0), want.1), "{place}");
        }
    }

    #[test]
    fn traffic_is_split() {
        let traffic = unmarked(
            "POST /a HTTP/1.1\nHost: a\n\nx=--begin_highlight_tag--1--end_highlight_tag--\n\nHTTP/1.1 200 OK\nA: b\n\nbody",
        );
        let evidence = map_evidence(&traffic, Some("https://a/"));
        let request = evidence.request.expect("a request");
        assert_eq!((&*request.url, request.body.as_deref()), ("https://a/a", Some("x=1")));
        assert_eq!(evidence.response.and_then(|response| response.body).as_deref(), Some("body"));
    }
}
