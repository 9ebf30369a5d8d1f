//! A flaw in the code, or in the running application.

use super::Category;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::{add_list, add_text, add_url};
use scanlift_convert_api::xml::{Element, Tag};
use scanlift_convert_api::{Outcome, SkipReason};
use scanlift_report_core::{Location, Severity, WebLocation, is_url};
use std::borrow::Cow;

pub(super) fn map<'a>(found: Element<'a>, cwe: &'a Tag, category: &'a Category) -> Outcome<'a> {
    let here = |key: &str| found.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let name = here("categoryname").or(cwe.attribute("cwename")).unwrap_or(&category.name);
    if let Some(status) = here("remediation_status").filter(|status| is_closed(status)) {
        return Outcome::skip(SkipReason::NotAFinding, format!("remediation_status: {status}"), name);
    }
    if here("mitigation_status").is_some_and(|status| status.eq_ignore_ascii_case("accepted")) {
        return Outcome::skip(SkipReason::Suppressed, "mitigation_status: accepted", name);
    }
    let number = here("cweid").or(cwe.attribute("cweid")).unwrap_or(name);
    // A flaw has no rule of its own: what it calls (`java.sql.Statement.executeQuery`) makes it specific.
    let kind = here("type").filter(|kind| !kind.eq_ignore_ascii_case(name));
    let rule = kind.map_or(Cow::Borrowed(number), |kind| Cow::Owned(format!("{number}:{kind}")));
    let mut issue = Issue::new("veracode_flaw_type", rule);
    issue.rule_name = Some(kind.map_or(Cow::Borrowed(name), |kind| Cow::Owned(format!("{name}: {kind}"))));
    issue.title = Some(name.into());
    issue.message = here("description").map(|text| Cow::Owned(text.replace("\r\n", "\n")));
    issue.about = Some(category.description.as_str().into());
    // What testers write for this flaw says more than the category does.
    let advice = found.child("remediation_desc").and_then(Element::text);
    issue.solution = advice.or(Some(category.recommendations.as_str())).map(Cow::Borrowed);
    issue.rating = here("severity").and_then(severity);
    issue.weaknesses.extend(number.parse::<u32>().ok());
    let url = here("url").or(here("location").filter(|place| is_url(place)));
    let place = match url {
        Some(url) => {
            let mut location = WebLocation::from_url(url);
            location.param = here("vuln_parameter").map(Cow::Borrowed);
            Location::Dast(location)
        }
        None => {
            let folder = here("sourcefilepath").unwrap_or_default();
            let file = here("sourcefile").or(here("module")).or(here("location")).unwrap_or_default();
            let line = here("line").and_then(|line| line.parse().ok());
            Location::Sast(code::lines(format!("{folder}{file}"), line, None))
        }
    };
    let Some(mut finding) = issue.into_finding(place) else {
        return Outcome::skip(SkipReason::Unsupported, "a flaw without CWE and type", name);
    };
    let details = &mut finding.vulnerability.details;
    add_url(details, "url", "URL", url.unwrap_or_default());
    for (key, name, heading) in [
        ("exploit", "exploit_desc", "How to exploit it"),
        ("severity_reason", "severity_desc", "Why it is that severe"),
    ] {
        add_text(details, key, heading, found.child(name).map(Element::full_text).unwrap_or_default());
    }
    for (key, name) in [
        ("issueid", "Flaw"),
        ("module", "Module"),
        ("scope", "Scope"),
        ("functionprototype", "Function"),
        ("note", "Note"),
        ("inputvector", "Input vector"),
        ("location", "Location"),
        ("capecid", "CAPEC"),
        ("cvss", "CVSS score"),
        ("cve", "CVE"),
        ("remediation_status", "Remediation status"),
        ("mitigation_status_desc", "Mitigation"),
        ("date_first_occurrence", "First found"),
        ("grace_period_expires", "Grace period ends"),
        ("affects_policy_compliance", "Affects policy compliance"),
    ] {
        details.text(key, name, here(key).unwrap_or_default());
    }
    details.text("exploitability", "Exploitability (-2 to 2)", here("exploitLevel").unwrap_or_default());
    details.text("effort", "Remediation effort (1 to 5)", here("remediationeffort").unwrap_or_default());
    details.text("category", "Category", category.name.as_str());
    for (key, list, one, heading) in [
        ("mitigations", "mitigations", "mitigation", "Mitigations"),
        ("annotations", "annotations", "annotation", "Comments"),
    ] {
        let notes = found.child(list).into_iter().flat_map(|list| list.all(one));
        add_list(details, key, heading, notes.map(note));
    }
    Outcome::finding(finding)
}

/// What somebody did or said, and when.
fn note(note: Element<'_>) -> String {
    let text = |key: &str| note.attribute(key).unwrap_or_default();
    format!("{} {}: {} {}", text("date"), text("user"), text("action"), text("description"))
}

fn is_closed(status: &str) -> bool {
    ["fixed", "remediated", "closed"].iter().any(|closed| status.eq_ignore_ascii_case(closed))
}

/// Levels of Veracode: 5 is very high, 0 informational.
pub(super) fn severity(level: &str) -> Option<Severity> {
    match level {
        "5" => Some(Severity::Critical),
        "4" => Some(Severity::High),
        "3" => Some(Severity::Medium),
        "2" | "1" => Some(Severity::Low),
        "0" => Some(Severity::Info),
        _ => None,
    }
}
