//! OpenSCAP and other SCAP scanners: XCCDF results, alone or in an asset report (ARF), and OVAL results.

mod oval;

use crate::markup;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    advisory, cwe, details, html,
};
use scanlift_report_core::{Kind, Severity};
use std::collections::{HashMap, HashSet};
use std::io::Read;

/// Reads XCCDF results, asset reports (ARF) and OVAL results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Openscap;

/// The converter.
pub static CONVERTER: Openscap = Openscap;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "openscap",
    name: "OpenSCAP",
    summary: "results of SCAP scanners: XCCDF 1.1 and 1.2, ARF 1.1, OVAL 5",
    versions: "XCCDF 1.1 and 1.2, ARF 1.1, OVAL 5",
    kinds: &[Kind::Dast],
    url: "https://csrc.nist.gov/projects/security-content-automation-protocol/specifications/xccdf",
};

/// How deep benchmarks, groups and requests may be nested; what is deeper is left out.
const DEEPEST: usize = 32;

/// What holds neither rules nor results, and is large.
const OTHERS: [&str; 5] =
    ["oval_definitions", "oval_results", "oval_system_characteristics", "ocil", "assets"];

impl Converter for Openscap {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let is_xccdf = head.namespace().contains("checklists.nist.gov/xccdf");
        match head.root() {
            "asset-report-collection" | "oval_results" => Match::Yes,
            "TestResult" if is_xccdf || head.has("rule-result") => Match::Yes,
            "Benchmark" if is_xccdf => Match::Yes,
            _ => Match::No,
        }
    }

    /// The document is read twice: results point to rules, which may stand behind them.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut outline = Outline::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        match root.name() {
            "oval_results" => return oval::convert(input, sink),
            "Benchmark" | "TestResult" | "asset-report-collection" => {}
            _ => {
                return Err(ConvertError::Unrecognised {
                    expected: "results of XCCDF or OVAL",
                    help: "run oscap xccdf eval --results results.xml, or with --results-arf",
                });
            }
        }
        if root.name() == "TestResult" {
            outline.results += 1;
            outline.test(&root, &mut reader)?;
        } else {
            descend(&mut reader, 0, &mut |tag, reader| outline.visit(tag, reader))?;
        }
        if outline.results == 0 {
            return Err(ConvertError::Unrecognised {
                expected: "a TestResult",
                help: "this is a benchmark that nothing was tested against: run oscap xccdf eval --results results.xml",
            });
        }
        let mut scan = ScanInfo::new(outline.scanner.as_deref().unwrap_or(DESCRIPTOR.name), Kind::Dast);
        scan.version = outline.version.as_deref().map(Into::into);
        scan.start_time = outline.start.as_deref().map(Into::into);
        scan.end_time = outline.end.as_deref().map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() == "TestResult" {
            each_result(&mut reader, &outline, sink)?;
        } else {
            descend(&mut reader, 0, &mut |tag, reader| match tag.name() {
                "TestResult" => each_result(reader, &outline, sink).map(|()| true),
                "Rule" => Ok(true),
                _ => Ok(false),
            })?;
        }
        reader.end(sink)
    }
}

/// What is done with an element: whether it was dealt with, else it is entered.
type Visit<'v, R> = dyn FnMut(&Tag, &mut Reader<R>) -> Result<bool, ConvertError> + 'v;

fn descend<R: Read>(
    reader: &mut Reader<R>,
    depth: usize,
    visit: &mut Visit<'_, R>,
) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        if OTHERS.contains(&tag.name()) || visit(tag, reader)? || depth == DEEPEST {
            return Ok(());
        }
        descend(reader, depth + 1, visit)
    })
}

/// What the results need.
#[derive(Debug, Default)]
struct Outline {
    rules: HashMap<String, Rule>,
    results: usize,
    scanner: Option<String>,
    version: Option<String>,
    start: Option<String>,
    end: Option<String>,
}

/// What a benchmark says of a rule.
#[derive(Debug, Default)]
struct Rule {
    title: String,
    /// Of a STIG its id: `RHEL-07-010030`.
    version: String,
    severity: Option<String>,
    description: String,
    rationale: String,
    /// How to mend it, in words, and as a script.
    fix_text: String,
    fix: String,
    idents: Vec<String>,
    references: Vec<String>,
}

impl Outline {
    fn visit<R: Read>(&mut self, tag: &Tag, reader: &mut Reader<R>) -> Result<bool, ConvertError> {
        match tag.name() {
            "Rule" => {
                let id = tag.attribute("id").unwrap_or_default().to_owned();
                self.rules.insert(id, Rule::of(reader.element(tag)?.root()));
            }
            "TestResult" => {
                self.results += 1;
                self.test(tag, reader)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn test<R: Read>(&mut self, tag: &Tag, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let text = |name: &str| tag.attribute(name).map(str::to_owned);
        self.start = self.start.take().or_else(|| text("start-time"));
        self.end = text("end-time").or(self.end.take());
        reader.each_child(|tag, reader| {
            if tag.name() == "target-facts" {
                let facts = reader.element(tag)?;
                let fact = |name: &str| {
                    let mut all = facts.root().all("fact");
                    all.find(|fact| fact.attribute("name") == Some(name)).and_then(Element::text)
                };
                self.scanner = fact("urn:xccdf:fact:scanner:name").map(str::to_owned);
                self.version = fact("urn:xccdf:fact:scanner:version").map(str::to_owned);
            }
            Ok(())
        })
    }
}

impl Rule {
    fn of(rule: Element<'_>) -> Self {
        let text = |name: &str| rule.child(name).map(markup::to_markdown).unwrap_or_default();
        let fixes = || rule.all("fix");
        let script =
            fixes().find(|fix| fix.attribute("system").is_some_and(|system| system.ends_with(":sh")));
        let addresses = rule.all("reference").filter_map(|it| it.attribute("href").or(it.text()));
        Self {
            title: text("title"),
            version: text("version"),
            severity: rule.attribute("severity").map(str::to_owned),
            description: rule
                .child("description")
                .and_then(discussion)
                .unwrap_or_else(|| text("description")),
            rationale: text("rationale"),
            fix_text: text("fixtext"),
            fix: script
                .or_else(|| fixes().next())
                .map(Element::full_text)
                .unwrap_or_default()
                .trim()
                .to_owned(),
            idents: rule.texts("ident").map(str::to_owned).collect(),
            references: addresses.map(str::to_owned).collect(),
        }
    }
}

/// STIGs pack several texts into a description, as elements that are escaped; this is what it is about.
fn discussion(description: Element<'_>) -> Option<String> {
    let (_, rest) = description.text()?.split_once("<VulnDiscussion>")?;
    let said = rest.split_once("</VulnDiscussion>").map_or(rest, |(said, _)| said);
    Some(html::unescape(said).trim().to_owned())
}

/// The host that was tested; it stands before the results of its rules.
#[derive(Debug, Default)]
struct Target {
    name: String,
    addresses: Vec<String>,
    profile: String,
}

fn each_result<R: Read>(
    reader: &mut Reader<R>,
    outline: &Outline,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let mut target = Target::default();
    reader.each_child(|tag, reader| {
        match tag.name() {
            "target" => target.name = reader.element(tag)?.root().text().unwrap_or_default().to_owned(),
            "target-address" => {
                target.addresses.extend(reader.element(tag)?.root().text().map(str::to_owned))
            }
            "profile" => target.profile = tag.attribute("idref").unwrap_or_default().to_owned(),
            "rule-result" => {
                let result = reader.element(tag)?;
                Record::begin(sink).spend(map_result(result.root(), &target, outline))?;
            }
            _ => {}
        }
        Ok(())
    })
}

fn map_result<'a>(result: Element<'a>, target: &'a Target, outline: &'a Outline) -> Outcome<'a> {
    let id = result.attribute("idref").unwrap_or_default();
    let verdict = result.child_text("result").unwrap_or_default();
    if verdict != "fail" {
        // passed, fixed, notapplicable, notchecked, notselected, informational, and what could not be told.
        return Outcome::skip(SkipReason::NotAFinding, format!("result: {verdict}"), id);
    }
    let rule = outline.rules.get(id);
    let mut weakness = Weakness::new("xccdf_rule_id", id);
    weakness.id_name = Some(short(id).into());
    let title = rule.map(|rule| rule.title.as_str()).filter(|title| !title.is_empty());
    weakness.name = Some(title.unwrap_or_else(|| short(id)).into());
    let word = result.attribute("severity").or(rule.and_then(|rule| rule.severity.as_deref()));
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    let of_rule = rule.into_iter().flat_map(|rule| &rule.idents).map(String::as_str);
    let mut seen = HashSet::new();
    let idents: Vec<&str> = result.texts("ident").chain(of_rule).filter(|id| seen.insert(*id)).collect();
    let known = |id: &&str| advisory::kind(id).is_some();
    weakness.advisories.extend(idents.iter().copied().filter(known).map(Into::into));
    weakness.cwes.extend(idents.iter().filter_map(|id| cwe::parse(id)));
    if let Some(rule) = rule {
        weakness.say("", rule.description.as_str());
        weakness.say("Rationale", rule.rationale.as_str());
        weakness.advise(rule.fix_text.as_str());
        if !rule.fix.is_empty() {
            weakness.advise(format!("```\n{}\n```", rule.fix));
        }
        rule.references.iter().for_each(|reference| weakness.refer(reference));
    }
    let host = Some(target.name.as_str()).filter(|name| !name.is_empty());
    let host = host.or(target.addresses.first().map(String::as_str)).unwrap_or("unknown host");
    let service = Service::new(host, None, "", None);
    let Some(mut finding) = weakness.into_finding(service.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a result without idref", host);
    };
    let details = &mut finding.vulnerability.details;
    service.add_details(details);
    details.text("addresses", "Addresses", target.addresses.join(", "));
    details.text("profile", "Profile", target.profile.as_str());
    let others = idents.iter().copied().filter(|id| !known(id));
    details::add_list(details, "idents", "Identifiers", others);
    details::add_list(details, "messages", "Messages", result.texts("message"));
    details.text("rule_version", "Rule version", rule.map(|rule| rule.version.as_str()).unwrap_or_default());
    let check = result.child("check").and_then(|check| check.child("check-content-ref"));
    let check = check.and_then(|check| check.attribute("name"));
    details.text("check", "Check", check.unwrap_or_default());
    details.text("time", "Tested at", result.attribute("time").unwrap_or_default());
    Outcome::finding(finding)
}

/// `xccdf_org.ssgproject.content_rule_sshd_disable_root_login` is known as `sshd_disable_root_login`.
fn short(id: &str) -> &str {
    id.split_once("_rule_").map_or(id, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stigs_have_a_discussion() {
        for (description, want) in [
            (
                "<d>&lt;VulnDiscussion&gt;One &amp;amp; two.\n\nMore.&lt;/VulnDiscussion&gt;&lt;FalsePositives&gt;&lt;/FalsePositives&gt;</d>",
                Some("One & two.\n\nMore."),
            ),
            ("<d>&lt;VulnDiscussion&gt;Cut off</d>", Some("Cut off")),
            ("<d>plain</d>", None),
        ] {
            let mut reader = Reader::new(description.as_bytes());
            let root = reader.root().expect("a root");
            let element = reader.element(&root).expect("well formed");
            assert_eq!(discussion(element.root()).as_deref(), want, "{description}");
        }
    }

    #[test]
    fn rules_have_short_names() {
        for (id, want) in [
            ("xccdf_org.ssgproject.content_rule_sshd_disable_root_login", "sshd_disable_root_login"),
            ("SV-204393r603261_rule", "SV-204393r603261_rule"),
        ] {
            assert_eq!(short(id), want);
        }
    }
}
