//! FVDL: vulnerabilities first, then the pool of trace nodes, descriptions and rules that they refer to.
//!
//! The document is read twice. Held in memory are descriptions and rules, of which there is one for each
//! class, and file and line of the pooled nodes.

use super::text::{markdown, weaknesses};
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::xml::{Element, Reader};
use scanlift_convert_api::{ConvertError, Fingerprint, Input, Outcome, Record, Sink, SkipReason};
use scanlift_report_core::{FileLocation, Location, Severity};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

pub(super) fn convert(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let mut pool = Pool::read(input)?;
    if let Some(audit) = input.part("audit.xml").map_err(ConvertError::Read)? {
        pool.audit(audit)?;
    }
    let mut scan = super::scan_info();
    scan.version = pool.engine.take().map(Into::into);
    scan.end_time = pool.created.take().map(Into::into);
    scan.roots = pool.base.take().into_iter().map(Into::into).collect();
    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    reader.root()?;
    reader.each_child(|tag, reader| match tag.name() {
        "Vulnerabilities" => reader.each_child(|tag, reader| match tag.name() {
            "Vulnerability" => {
                let vulnerability = reader.element(tag)?;
                Record::begin(sink).spend(map_vulnerability(vulnerability.root(), &pool))
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    reader.end(sink)
}

/// What vulnerabilities refer to.
#[derive(Debug, Default)]
struct Pool {
    created: Option<String>,
    engine: Option<String>,
    base: Option<String>,
    classes: HashMap<String, Class>,
    /// What the rule packs say of a class: `Impact`, `Probability`, `Accuracy`, categories.
    rules: HashMap<String, HashMap<String, String>>,
    /// The files of the nodes, each once.
    files: Vec<String>,
    /// File and line of a node.
    nodes: HashMap<String, (usize, u64)>,
    audits: HashMap<String, Audit>,
}

/// The texts of a class.
#[derive(Debug, Default)]
struct Class {
    abstract_text: String,
    explanation: String,
    recommendations: String,
    references: Vec<String>,
}

/// What people said of an issue.
#[derive(Debug, Default)]
struct Audit {
    suppressed: bool,
    tags: Vec<String>,
    comments: Vec<String>,
}

impl Pool {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut pool = Self::default();
        let mut files: HashMap<String, usize> = HashMap::new();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.root()?;
        reader.each_child(|tag, reader| {
            match tag.name() {
                "CreatedTS" => {
                    let part = |key: &str| tag.attribute(key).unwrap_or_default();
                    pool.created = Some(format!("{}T{}", part("date"), part("time")));
                }
                "Build" => reader.each_child(|tag, reader| {
                    if tag.name() == "SourceBasePath" {
                        pool.base = reader.element(tag)?.root().text().map(str::to_owned);
                    }
                    Ok(())
                })?,
                "UnifiedNodePool" => reader.each_child(|tag, reader| {
                    let node = reader.element(tag)?;
                    let place = node.root().child("SourceLocation").and_then(place_of);
                    if let (Some(id), Some((path, line))) = (node.root().attribute("id"), place) {
                        let next = pool.files.len();
                        let file = *files.entry(path.to_owned()).or_insert(next);
                        if file == next {
                            pool.files.push(path.to_owned());
                        }
                        pool.nodes.insert(id.to_owned(), (file, line));
                    }
                    Ok(())
                })?,
                "Description" => {
                    let class = reader.element(tag)?;
                    let text =
                        |name: &str| class.root().child(name).map(Element::full_text).unwrap_or_default();
                    let references =
                        class.root().child("References").into_iter().flat_map(|it| it.all("Reference"));
                    let references = references.filter_map(|it| it.first_text(&["Source", "Title"]));
                    let id = tag.attribute("classID").unwrap_or_default().to_owned();
                    let class = Class {
                        abstract_text: text("Abstract"),
                        explanation: text("Explanation"),
                        recommendations: text("Recommendations"),
                        references: references.map(str::to_owned).collect(),
                    };
                    pool.classes.insert(id, class);
                }
                "EngineData" => reader.each_child(|tag, reader| {
                    match tag.name() {
                        "EngineVersion" => {
                            pool.engine = reader.element(tag)?.root().text().map(str::to_owned)
                        }
                        "RuleInfo" => reader.each_child(|tag, reader| {
                            let rule = reader.element(tag)?;
                            let groups =
                                rule.root().child("MetaInfo").into_iter().flat_map(|meta| meta.all("Group"));
                            let groups = groups.filter_map(|it| {
                                Some((it.attribute("name")?.to_owned(), it.text()?.to_owned()))
                            });
                            pool.rules
                                .insert(tag.attribute("id").unwrap_or_default().to_owned(), groups.collect());
                            Ok(())
                        })?,
                        _ => {}
                    }
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        })?;
        // What is cut off is told when the vulnerabilities are read.
        Ok(pool)
    }

    /// Reads `audit.xml` of an FPR.
    fn audit(&mut self, read: impl Read) -> Result<(), ConvertError> {
        let mut reader = Reader::new(read);
        reader.root()?;
        reader.each_child(|tag, reader| match tag.name() {
            "IssueList" => reader.each_child(|tag, reader| {
                let issue = reader.element(tag)?;
                let tags = issue.root().all("Tag").filter_map(|tag| tag.child_text("Value"));
                let comments =
                    issue.root().find(&["ThreadedComments"]).into_iter().flat_map(|it| it.all("Comment"));
                let comments = comments.filter_map(|it| {
                    Some(format!(
                        "{}: {}",
                        it.child_text("Username").unwrap_or("comment"),
                        it.child_text("Content")?
                    ))
                });
                let audit = Audit {
                    suppressed: tag.attribute("suppressed") == Some("true"),
                    tags: tags.map(str::to_owned).collect(),
                    comments: comments.collect(),
                };
                self.audits.insert(tag.attribute("instanceId").unwrap_or_default().to_owned(), audit);
                Ok(())
            }),
            _ => Ok(()),
        })?;
        reader.finish()
    }

    fn step<'a>(&'a self, node: Element<'a>) -> Option<FileLocation<'a>> {
        if let Some(place) = node.find(&["Node", "SourceLocation"]).and_then(place_of) {
            return Some(FileLocation::new(place.0, place.1, None));
        }
        let (file, line) = self.nodes.get(node.child("NodeRef")?.attribute("id")?)?;
        Some(FileLocation::new(self.files.get(*file)?.as_str(), *line, None))
    }
}

fn place_of(location: Element<'_>) -> Option<(&str, u64)> {
    let path = location.attribute("path")?;
    Some((path, location.attribute("line").and_then(|line| line.parse().ok()).unwrap_or(1)))
}

fn map_vulnerability<'a>(found: Element<'a>, pool: &'a Pool) -> Outcome<'a> {
    let class = |name: &str| found.find(&["ClassInfo", name]).and_then(Element::text);
    let instance = |name: &str| found.find(&["InstanceInfo", name]).and_then(Element::text);
    let (kind, subtype) = (class("Type").unwrap_or_default(), class("Subtype"));
    let category = subtype.map_or(Cow::Borrowed(kind), |subtype| Cow::Owned(format!("{kind}: {subtype}")));
    let id = instance("InstanceID").unwrap_or_default();
    let audit = pool.audits.get(id);
    if audit.is_some_and(|audit| audit.suppressed) {
        return Outcome::skip(SkipReason::Suppressed, "suppressed in the audit", category);
    }
    if audit.is_some_and(|audit| audit.tags.iter().any(|tag| tag.eq_ignore_ascii_case("not an issue"))) {
        return Outcome::skip(SkipReason::Suppressed, "audited: Not an Issue", category);
    }

    let class_id = class("ClassID").unwrap_or_default();
    let rule = pool.rules.get(class_id);
    let unified = found.find(&["AnalysisInfo", "Unified"]);
    let definitions = unified.and_then(|it| it.child("ReplacementDefinitions"));
    let value = |key: &str| {
        let mut definitions = definitions.into_iter().flat_map(|it| it.all("Def"));
        definitions.find(|def| def.attribute("key") == Some(key)).and_then(|def| def.attribute("value"))
    };
    let mut issue = Issue::new("fortify_category", category.clone());
    issue.title = Some(category.clone());
    if let Some(class) = pool.classes.get(class_id) {
        issue.message = Some(markdown(&class.abstract_text, value).into());
        issue.about = Some(markdown(&class.explanation, value).into());
        issue.solution = Some(markdown(&class.recommendations, value).into());
        issue.references = class.references.iter().map(|it| Cow::Borrowed(it.as_str())).collect();
    }
    issue.rating = priority(found, rule);
    let classes = rule.and_then(|rule| rule.get("altcategoryCWE")).map(String::as_str).unwrap_or_default();
    issue.weaknesses = weaknesses(classes).collect();

    let traces: Vec<Element<'_>> = unified.into_iter().flat_map(|it| it.all("Trace")).collect();
    let mut primary = None;
    for trace in &traces {
        let entries: Vec<Element<'_>> =
            trace.child("Primary").into_iter().flat_map(|it| it.all("Entry")).collect();
        let is_default = |entry: &Element<'_>| {
            entry.child("Node").is_some_and(|node| node.attribute("isDefault") == Some("true"))
        };
        primary = primary.or_else(|| {
            entries.iter().find(|entry| is_default(entry)).or(entries.last()).and_then(|it| pool.step(*it))
        });
        if entries.len() > 1 {
            issue.flows.push(entries.into_iter().filter_map(|entry| pool.step(entry)));
        }
    }
    let place = match primary {
        Some(step) => code::lines(step.file_name, Some(step.line_start), None),
        None => code::lines(
            value("PrimaryLocation.file").unwrap_or_default(),
            value("PrimaryLocation.line").and_then(|it| it.parse().ok()),
            None,
        ),
    };
    let function =
        unified.and_then(|it| it.find(&["Context", "Function"])).and_then(|it| it.attribute("name"));
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a type", id);
    };
    if !id.is_empty() {
        finding.fingerprints.push(Fingerprint { name: "InstanceID".into(), value: id.into() });
    }
    let details = &mut finding.vulnerability.details;
    details.text("function", "Function", function.unwrap_or_default());
    details.text("kingdom", "Kingdom", class("Kingdom").unwrap_or_default());
    details.text("analyzer", "Analyzer", class("AnalyzerName").unwrap_or_default());
    details.text("class_id", "Class", class_id);
    details.text(
        "instance_severity",
        "Instance severity (5 is worst)",
        instance("InstanceSeverity").unwrap_or_default(),
    );
    details.text("confidence", "Confidence (5 is surest)", instance("Confidence").unwrap_or_default());
    if let Some(audit) = audit {
        details.text("audit", "Audit", audit.tags.join(", "));
        let comments = audit.comments.iter().map(String::as_str);
        scanlift_convert_api::details::add_list(details, "comments", "Comments", comments);
    }
    Outcome::finding(finding)
}

/// Fortify's priority order: by impact, and likelihood (accuracy x confidence x probability / 25), each
/// from 0 to 5. Without the rule packs' numbers, by the severity of the instance.
fn priority(found: Element<'_>, rule: Option<&HashMap<String, String>>) -> Option<Severity> {
    let info = found.child("InstanceInfo")?;
    let groups = || info.child("MetaInfo").into_iter().flat_map(|meta| meta.all("Group"));
    let number = |name: &str| -> Option<f64> {
        let own = groups().find(|group| group.attribute("name") == Some(name)).and_then(Element::text);
        own.or_else(|| rule?.get(name).map(String::as_str))?.trim().parse().ok()
    };
    let confidence = info.number("Confidence").unwrap_or(5.0);
    if let (Some(impact), Some(probability)) = (number("Impact"), number("Probability")) {
        let likelihood = number("Accuracy").unwrap_or(5.0) * confidence * probability / 25.0;
        return Some(match (impact >= 2.5, likelihood >= 2.5) {
            (true, true) => Severity::Critical,
            (true, false) => Severity::High,
            (false, true) => Severity::Medium,
            (false, false) => Severity::Low,
        });
    }
    let severity: f64 = info.number("InstanceSeverity")?;
    Some(match severity {
        s if s >= 4.5 => Severity::Critical,
        s if s >= 3.5 => Severity::High,
        s if s >= 2.5 => Severity::Medium,
        s if s >= 1.5 => Severity::Low,
        _ => Severity::Info,
    })
}
