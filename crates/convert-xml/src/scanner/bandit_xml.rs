//! Bandit, `-f xml`: a JUnit report with the facts in its texts.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    tool,
};
use scanlift_report_core::{Kind, Location};
use std::borrow::Cow;

/// Reads XML reports of Bandit.
#[derive(Clone, Copy, Debug, Default)]
pub struct BanditXml;

/// The converter.
pub static CONVERTER: BanditXml = BanditXml;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "bandit-xml",
    name: "Bandit",
    summary: "XML reports of Bandit",
    versions: "1",
    kinds: &[Kind::Sast],
    url: "https://bandit.readthedocs.io/en/latest/formatters/xml.html",
};

impl Converter for BanditXml {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.root() == "testsuite" && head.attribute("name") == Some("bandit");
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        if reader.root()?.name() != "testsuite" {
            return Err(ConvertError::Unrecognised {
                expected: "a testsuite of Bandit",
                help: "write the report with bandit -f xml",
            });
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "testcase" => {
                let test = reader.element(tag)?;
                let mut errors = test.root().all("error");
                errors.try_for_each(|error| Record::begin(sink).spend(map_error(error, test.root())))
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// The text of an error is lines of facts: `Test ID: B101 Severity: LOW Confidence: HIGH`,
/// `CWE: CWE-703 (https://...)`, the message, and `Location src/a.py:3`.
fn map_error<'a>(error: Element<'a>, test: Element<'a>) -> Outcome<'a> {
    let text = error.text().unwrap_or_default();
    let name = test.attribute("name").unwrap_or_default();
    let id = fact(text, "Test ID: ").unwrap_or(name);
    let mut issue = Issue::new("bandit_rule_id", id);
    issue.rule_name = (id != name && !name.is_empty()).then(|| Cow::Owned(format!("{id} {name}")));
    issue.url = error.attribute("more_info").map(Cow::Borrowed);
    issue.message = error.attribute("message").map(Cow::Borrowed);
    issue.severity = fact(text, "Severity: ").or(error.attribute("type")).map(Cow::Borrowed);
    issue.confidence = fact(text, "Confidence: ").map(Cow::Borrowed);
    issue.weaknesses.extend(fact(text, "CWE: ").and_then(scanlift_convert_api::cwe::parse));
    issue.language = Some("python".into());
    let password = error.attribute("message").and_then(|text| tool::bandit::password(id, text));
    if let Some((before, _)) = password {
        issue.title = Some(before.into());
    }
    let place = text.lines().find_map(|line| line.trim().strip_prefix("Location "));
    let (file, line) = place.map_or((test.attribute("classname").unwrap_or_default(), None), place_of);
    match issue.into_finding(Location::Sast(code::lines(file, line, None))) {
        Some(mut finding) => {
            finding.secrets.extend(password.map(|(_, value)| Cow::Borrowed(value)));
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "an error without a test", name),
    }
}

/// The word behind a label.
fn fact<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.split_once(label)?.1.split_whitespace().next()
}

/// `src/a.py:3` and `src/a.py:3:0`, as later versions write it.
fn place_of(place: &str) -> (&str, Option<u64>) {
    let mut rest = place.trim();
    let mut numbers = Vec::new();
    while let Some((before, number)) = rest.rsplit_once(':') {
        let Ok(number) = number.trim().parse::<u64>() else { break };
        numbers.push(number);
        rest = before;
    }
    (rest, numbers.last().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_files_and_lines() {
        for (text, want) in [
            ("src/a.py:3", ("src/a.py", Some(3))),
            ("src/a.py:3:0", ("src/a.py", Some(3))),
            ("C:\\a.py:3", ("C:\\a.py", Some(3))),
            ("src/a.py", ("src/a.py", None)),
        ] {
            assert_eq!(place_of(text), want);
        }
    }
}
