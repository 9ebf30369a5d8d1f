//! Dastardly, Burp's scanner for pipelines: all that it writes is JUnit, with an issue in the text of each
//! failure.

use scanlift_convert_api::details::add_url;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{Outcome, SkipReason, advisory, cwe, http};
use scanlift_report_core::{Location, Severity, WebLocation, is_url};

/// Lines that begin a section.
const HEADINGS: [&str; 8] = [
    "Issue Detail",
    "Issue Background",
    "Remediation Detail",
    "Issue Remediation",
    "Remediation Background",
    "Evidence",
    "References",
    "Vulnerability Classifications",
];

/// The issue that a failure is about; `None` of a text that is none. A suite is an address, a test an
/// issue type.
pub(super) fn map<'a>(text: &'a str, test: &'a str, suite: &'a str) -> Option<Outcome<'a>> {
    let sections = sections(text);
    let (_, facts) = *sections.first()?;
    let fact = |name: &str| facts.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let (word, confidence) = (fact("Severity:")?, fact("Confidence:")?);
    let address = format!("{}{}", fact("Host:")?, fact("Path:")?);
    let section =
        |name: &str| sections.iter().find(|(heading, _)| *heading == name).map_or("", |(_, text)| *text);

    let mut weakness = Weakness::new("burp_issue_type", test);
    weakness.name = Some(test.into());
    weakness.severity = Severity::from_word(word);
    weakness.severity_word = Some(word.into());
    weakness.say("", condensed(section("Issue Detail")));
    weakness.say("Background", condensed(section("Issue Background")));
    for solution in ["Remediation Detail", "Issue Remediation", "Remediation Background"] {
        weakness.advise(condensed(section(solution)));
    }
    let words = |name: &str| section(name).split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    weakness.advisories.extend(words("Issue Detail").filter_map(advisory::find_cve).map(Into::into));
    weakness.cwes = cwe::all(section("Vulnerability Classifications"));
    words("References").chain(words("Vulnerability Classifications")).for_each(|word| weakness.refer(word));

    let (sent, received) = exchange(section("Evidence"));
    let evidence = http::evidence(sent, received, Some(&address)).unwrap_or_default();
    let mut location = WebLocation::from_url(&address);
    location.method = evidence.request.as_ref().map(|request| request.method.clone());
    location.param = parameter(section("Issue Detail")).map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Some(Outcome::skip(SkipReason::Unsupported, "an issue without a name", suite));
    };
    finding.secrets = http::credentials(&evidence);
    finding.vulnerability.evidence = (!evidence.is_empty()).then_some(evidence);
    let details = &mut finding.vulnerability.details;
    add_url(details, "url", "URL", if is_url(suite) { suite.to_owned() } else { address });
    details.text("confidence", "Confidence", confidence);
    Some(Outcome::finding(finding))
}

/// Headings and what stands below them; the first has none.
fn sections(text: &str) -> Vec<(&'static str, &str)> {
    let mut sections = Vec::new();
    let (mut heading, mut from, mut at) = ("", 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(next) = HEADINGS.iter().find(|heading| **heading == line.trim_end()) {
            sections.push((heading, text[from..at].trim()));
            (heading, from) = (*next, at + line.len());
        }
        at += line.len();
    }
    sections.push((heading, text[from..].trim()));
    sections
}

/// The name in "The value of the q request parameter is copied …".
fn parameter(detail: &str) -> Option<&str> {
    let (name, _) = detail.strip_prefix("The value of the ")?.split_once(" parameter")?;
    let name = name.strip_suffix(" request").or(name.strip_suffix(" JSON")).unwrap_or(name);
    (!name.contains(char::is_whitespace)).then_some(name)
}

/// The first request and its response.
fn exchange(evidence: &str) -> (Option<&str>, Option<&str>) {
    let Some(evidence) = evidence.strip_prefix("Request:") else { return (None, None) };
    let first = evidence.split("\nRequest:\n").next().unwrap_or(evidence);
    match first.split_once("\nResponse:\n") {
        Some((sent, received)) => (Some(sent.trim()), Some(received.trim())),
        None => (Some(first.trim()), None),
    }
}

/// The text with runs of empty lines made one.
fn condensed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && (out.is_empty() || out.ends_with("\n\n"))) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_sections() {
        let text = "Severity: High\n\nHost: x\nIssue Detail\nd\n\n\n\n e\nEvidence\nRequest:\nGET / HTTP/1.1\n\nResponse:\nHTTP/1.1 200 OK\n";
        let sections = sections(text);
        assert_eq!(sections[0], ("", "Severity: High\n\nHost: x"));
        assert_eq!(sections[1], ("Issue Detail", "d\n\n\n\n e"));
        assert_eq!(condensed(sections[1].1), "d\n\n e\n");
        assert_eq!(exchange(sections[2].1), (Some("GET / HTTP/1.1"), Some("HTTP/1.1 200 OK")));
    }

    #[test]
    fn details_name_parameters() {
        for (detail, want) in [
            ("The value of the q request parameter is copied into the page.", Some("q")),
            ("The value of the email JSON parameter is copied.", Some("email")),
            ("The value of the Referer HTTP header is copied. A parameter is not.", None),
            ("We observed a vulnerable library.", None),
        ] {
            assert_eq!(parameter(detail), want, "{detail}");
        }
    }

    #[test]
    fn a_test_that_failed_is_no_issue() {
        for text in ["", "expected: 1, was: 2", "Severity: High\nHost: x", "Issue Detail\nx"] {
            assert!(map(text, "test", "suite").is_none(), "{text}");
        }
    }
}
