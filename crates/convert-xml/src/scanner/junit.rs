//! JUnit reports, which many scanners write for want of anything better.

mod dastardly;

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use std::borrow::Cow;
use std::io::Read;

/// Reads JUnit reports: failures are findings with --from junit, and issues of Dastardly always.
#[derive(Clone, Copy, Debug, Default)]
pub struct Junit;

/// The converter.
pub static CONVERTER: Junit = Junit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "junit",
    name: "JUnit",
    summary: "JUnit reports: issues of Dastardly are findings, other failures with --from junit",
    versions: "all",
    kinds: &[Kind::Sast, Kind::Dast],
    url: "https://github.com/testmoapp/junitxml",
};

impl Converter for Junit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        match head.root() {
            // Bandit's has a format of its own.
            "testsuite" if head.attribute("name") == Some("bandit") => Match::No,
            "testsuites" | "testsuite" => Match::Maybe,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !matches!(root.name(), "testsuites" | "testsuite") {
            return Err(ConvertError::Unrecognised { expected: "testsuites", help: "is it a JUnit report?" });
        }
        let name = root.attribute("name").filter(|name| !name.trim().is_empty()).unwrap_or(DESCRIPTOR.name);
        sink.begin_scan(scan_info(name)).map_err(ConvertError::Deliver)?;
        let mut walk = Walk { sink, options, suite: String::new() };
        if root.name() == "testsuite" {
            walk.suite = name.to_owned();
        }
        walk.suite(&mut reader)?;
        reader.end(sink)
    }
}

fn scan_info(name: &str) -> ScanInfo<'_> {
    if !name.starts_with("Dastardly") {
        return ScanInfo::new(name, Kind::Sast);
    }
    let mut scan = ScanInfo::new("Dastardly", Kind::Dast);
    scan.vendor = Some("PortSwigger".into());
    scan.url = Some("https://portswigger.net/burp/dastardly".into());
    scan
}

struct Walk<'w> {
    sink: &'w mut dyn Sink,
    options: &'w Options,
    suite: String,
}

impl Walk<'_> {
    /// Suites may hold suites, as deep as the reader goes.
    fn suite<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "testsuite" => {
                let name = tag.attribute("name").unwrap_or_default().to_owned();
                let outer = std::mem::replace(&mut self.suite, name);
                let read = self.suite(reader);
                self.suite = outer;
                read
            }
            "testcase" => {
                let test = reader.element(tag)?;
                for problem in test.root().children() {
                    let outcome = match problem.name() {
                        "failure" | "error" => map_problem(problem, test.root(), &self.suite, self.options),
                        // Surefire's: it passed when it was run again.
                        "flakyFailure" | "flakyError" => {
                            let name = test.root().attribute("name").unwrap_or_default();
                            let detail = format!("{}: it passed when it was run again", problem.name());
                            Outcome::skip(SkipReason::NotAFinding, detail, name)
                        }
                        _ => continue,
                    };
                    Record::begin(self.sink).spend(outcome)?;
                }
                Ok(())
            }
            _ => Ok(()),
        })
    }
}

fn map_problem<'a>(
    problem: Element<'a>,
    test: Element<'a>,
    suite: &'a str,
    options: &Options,
) -> Outcome<'a> {
    let here = |key: &str| test.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let name = here("name").or(here("classname")).unwrap_or(suite);
    let text = problem.text();
    if let Some(issue) = text.and_then(|text| dastardly::map(text, name, suite)) {
        return issue;
    }
    if !options.format_is_named {
        let detail = "a test that failed: --from junit makes a finding of it";
        return Outcome::skip(SkipReason::NotAFinding, detail, name);
    }
    let mut issue = Issue::new("junit_test", name);
    issue.title = Some(name.into());
    let message = problem.attribute("message").map(str::trim).filter(|text| !text.is_empty());
    // Gitleaks puts the whole finding here, with its secret.
    let text = text.filter(|_| suite != "gitleaks");
    issue.message = message.or(text).map(Cow::Borrowed);
    issue.about = text.filter(|text| Some(*text) != message).map(Cow::Borrowed);
    // Trivy, tfsec and Checkov rate in the name: `[HIGH] CVE-2024-1234`.
    let words = [problem.attribute("type"), here("severity")].into_iter().flatten();
    let in_brackets = name.split(['[', ']']).skip(1).filter(|word| *word != "NONE");
    let word = words.chain(in_brackets).find_map(Severity::from_word);
    issue.rating = Some(word.unwrap_or(Severity::Medium));
    let file = here("file").or(here("classname").filter(|name| name.contains(['/', '.'])));
    let place = code::lines(file.unwrap_or(suite), here("line").and_then(|line| line.parse().ok()), None);
    match issue.into_finding(Location::Sast(place)) {
        Some(mut finding) => {
            finding.vulnerability.details.text("suite", "Suite", suite);
            let class = here("classname").filter(|class| Some(*class) != file);
            finding.vulnerability.details.text("class", "Class", class.unwrap_or_default());
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a test without a name", suite),
    }
}
