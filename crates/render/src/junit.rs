//! JUnit XML as GitLab's unit test reports read it: a suite for each report, a failed test for each finding.
//!
//! The schema is the one of GitLab's documentation ("Unit test reports"): `testsuites`, `testsuite` with `name`,
//! `tests`, `failures`, `errors`, `skipped`, `timestamp`; `testcase` with `classname`, `name`, `file`; `failure`
//! with `type`, `message` and a text.

use crate::{
    error::RenderError,
    escape::{cut, one_line, visible},
    finding::{Item, State},
    report::{Findings, Scan},
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write},
};

pub(crate) fn write(findings: &Findings<'_>, title: &str, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut xml = Writer::new_with_indent(out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites: Vec<_> = findings.scans.iter().map(|scan| Suite::of(findings, scan)).collect();
    let sum = |of: fn(&Suite) -> u64| suites.iter().map(of).sum::<u64>().to_string();
    let (tests, failures) = (sum(|suite| suite.tests), sum(|suite| suite.failures));
    let all = [
        ("name", title),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", &sum(|it| it.skipped)),
    ];
    xml.write_event(Event::Start(start("testsuites", &all)))?;
    let mut open: Option<usize> = None;
    let mut names = Names::default();
    findings.each(&mut |item| {
        let number = item.scan.number;
        if open != Some(number) {
            // Suites of scans that found nothing are in between.
            let from = open.map_or(0, |open| open + 1);
            if open.is_some() {
                end(&mut xml, "testsuite")?;
            }
            for (scan, suite) in findings.scans.iter().zip(&suites).take(number).skip(from) {
                empty(&mut xml, scan, suite)?;
            }
            begin(&mut xml, item.scan, &suites[number])?;
            names = Names::default();
            open = Some(number);
        }
        Ok(test_case(&mut xml, item, &mut names)?)
    })?;
    if open.is_some() {
        end(&mut xml, "testsuite")?;
    }
    for (scan, suite) in findings.scans.iter().zip(&suites).skip(open.map_or(0, |open| open + 1)) {
        empty(&mut xml, scan, suite)?;
    }
    end(&mut xml, "testsuites")?;
    xml.into_inner().write_all(b"\n")?;
    Ok(())
}

/// What a suite says before its tests.
struct Suite {
    name: String,
    tests: u64,
    failures: u64,
    skipped: u64,
}

impl Suite {
    fn of(findings: &Findings<'_>, scan: &Scan) -> Self {
        let name = format!("{}: {}{}", scan.kind(), scan.scanner, if scan.is_base { " (base)" } else { "" });
        let mut suite = Self { name, tests: 0, failures: 0, skipped: 0 };
        for (index, _) in (scan.first..).zip(&scan.severities) {
            match findings.state(index) {
                state if scan.is_base && state.is_there() => continue,
                State::Fixed => {}
                State::Gone => suite.skipped += 1,
                _ => suite.failures += 1,
            }
            suite.tests += 1;
        }
        if scan.severities.is_empty() && !scan.is_base {
            suite.tests = 1;
        }
        suite
    }
}

/// An element's start; characters that XML does not have are escapes.
fn start<'n>(name: &'n str, attributes: &[(&str, &str)]) -> BytesStart<'n> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute((*key, &*one_line(value)));
    }
    start
}

fn end<W: Write>(xml: &mut Writer<W>, name: &str) -> io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn begin<W: Write>(xml: &mut Writer<W>, scan: &Scan, suite: &Suite) -> io::Result<()> {
    let numbers = [suite.tests, suite.failures, suite.skipped].map(|number| number.to_string());
    let [tests, failures, skipped] = &numbers;
    let mut attributes = vec![
        ("name", &*suite.name),
        ("tests", tests),
        ("failures", failures),
        ("errors", "0"),
        ("skipped", skipped),
    ];
    if !scan.end_time.is_empty() {
        attributes.push(("timestamp", &scan.end_time));
    }
    xml.write_event(Event::Start(start("testsuite", &attributes)))
}

/// The suite of a scan that found nothing: one test that passes, so that people see that it ran.
fn empty<W: Write>(xml: &mut Writer<W>, scan: &Scan, suite: &Suite) -> io::Result<()> {
    if suite.tests == 0 {
        return Ok(());
    }
    begin(xml, scan, suite)?;
    xml.write_event(Event::Empty(start("testcase", &[("classname", scan.kind()), ("name", "no findings")])))?;
    end(xml, "testsuite")
}

/// GitLab knows a test by class and name, and keeps one of each: so names are made to differ.
/// Memory: 16 bytes for each finding of a report.
#[derive(Default)]
struct Names(HashMap<u64, u32>);

impl Names {
    fn unique(&mut self, name: String) -> String {
        // What two names share by chance gets a number that it does not need.
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let count = self.0.entry(hasher.finish()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} #{count}") }
    }
}

fn test_case<W: Write>(xml: &mut Writer<W>, item: &Item<'_>, names: &mut Names) -> io::Result<()> {
    let location = &item.vulnerability.location;
    let (title, place) = (item.title(), location.place());
    let (package, version) = location.package();
    let mut name = format!("[{}] {}", item.severity, cut(&one_line(&title), 500));
    for part in [package, &*place] {
        if !part.is_empty() {
            name = format!("{name} · {part}");
        }
    }
    let name = names.unique(name);
    let mut attributes = vec![("classname", item.rule()), ("name", &*name)];
    let file = location.file.as_deref().unwrap_or_default();
    if !file.is_empty() {
        attributes.push(("file", file));
    }
    let case = start("testcase", &attributes);
    match item.state {
        State::Fixed => return xml.write_event(Event::Empty(case)),
        State::Gone => {
            xml.write_event(Event::Start(case))?;
            let why = "no longer found, but it is leaked: revoke it";
            xml.write_event(Event::Empty(start("skipped", &[("message", why)])))?;
            return end(xml, "testcase");
        }
        _ => {}
    }
    xml.write_event(Event::Start(case))?;
    let attributes = [("type", item.severity.as_str()), ("message", &*title)];
    xml.write_event(Event::Start(start("failure", &attributes)))?;
    let own = &item.vulnerability;
    let package = format!("{package} {version}");
    let text = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    let facts = [
        ("Where", place.as_str()),
        ("Package", package.trim()),
        ("State", if item.state == State::Found { "" } else { item.state.in_words() }),
        ("Identifiers", &item.all_identifiers()),
        ("Description", &text(own.description.as_deref())),
        ("Solution", &text(own.solution.as_deref())),
        ("More", item.link().unwrap_or_default()),
    ]
    .iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| format!("{name}: {text}"))
    .collect::<Vec<_>>()
    .join("\n");
    xml.write_event(Event::Text(BytesText::new(&visible(&facts))))?;
    end(xml, "failure")?;
    end(xml, "testcase")
}
