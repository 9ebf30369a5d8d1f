//! SpotBugs and FindBugs, with plug-ins such as Find Security Bugs: the XML report.

use scanlift_convert_api::code::{self, Flows, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason, html,
};
use scanlift_report_core::{FileLocation, Kind, Location, Severity};
use std::borrow::Cow;
use std::collections::HashMap;

/// Reads XML reports of SpotBugs and FindBugs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spotbugs;

/// The converter.
pub static CONVERTER: Spotbugs = Spotbugs;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "spotbugs",
    name: "SpotBugs",
    summary: "XML reports of SpotBugs and FindBugs",
    versions: "1.3 to 4.9",
    kinds: &[Kind::Sast],
    url: "https://spotbugs.readthedocs.io/en/latest/",
};

impl Converter for Spotbugs {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "BugCollection" { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what the patterns are about stands after the bugs.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let project = Project::read(input)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = root.attribute("version").map(Into::into);
        let time = root.attribute("analysisTimestamp").or(root.attribute("timestamp"));
        scan.end_time = time.filter(|time| time.len() > 9).map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "BugInstance" => {
                let bug = reader.element(tag)?;
                Record::begin(sink).spend(map_bug(bug.root(), "", &project))
            }
            // The plug-ins for Maven and Ant before 3.0 sort bugs by class.
            "file" => {
                let class = tag.attribute("classname").unwrap_or_default().to_owned();
                reader.each_child(|tag, reader| match tag.name() {
                    "BugInstance" => {
                        let bug = reader.element(tag)?;
                        Record::begin(sink).spend(map_bug(bug.root(), &class, &project))
                    }
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// What stands around the bugs.
#[derive(Debug, Default)]
struct Project {
    /// Folders with sources, and source files.
    sources: Vec<String>,
    patterns: HashMap<String, Pattern>,
}

/// A `BugPattern`: what all bugs of a type have in common.
#[derive(Debug, Default)]
struct Pattern {
    title: Option<String>,
    about: Option<String>,
    cwe: Option<u32>,
}

impl Project {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        if reader.root()?.name() != "BugCollection" {
            return Err(ConvertError::Unrecognised {
                expected: "a BugCollection",
                help: "write the report with spotbugs -xml:withMessages",
            });
        }
        let mut project = Self::default();
        reader.each_child(|tag, reader| {
            match tag.name() {
                "Project" => {
                    let element = reader.element(tag)?;
                    project.sources.extend(element.root().texts("SrcDir").map(str::to_owned));
                }
                "BugPattern" => {
                    let element = reader.element(tag)?;
                    let details = element.root().child_text("Details");
                    let pattern = Pattern {
                        title: element.root().child_text("ShortDescription").map(str::to_owned),
                        about: details.map(|html| html::to_markdown(html).into_owned()),
                        cwe: element.root().attribute("cweid").and_then(|id| id.parse().ok()),
                    };
                    let kind = tag.attribute("type").unwrap_or_default();
                    project.patterns.insert(kind.to_owned(), pattern);
                }
                _ => {}
            }
            Ok(())
        })?;
        // What is cut off is told when the bugs are read.
        Ok(project)
    }

    /// The path of a source, in the folder with sources if there is no doubt which one it is in.
    fn path<'a>(&'a self, path: &'a str) -> Cow<'a, str> {
        let is_it = |file: &&String| {
            file.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']))
        };
        if let Some(file) = self.sources.iter().find(is_it) {
            return Cow::Borrowed(file);
        }
        match self.sources.as_slice() {
            [folder] if is_root(folder) => {
                Cow::Owned(format!("{}/{path}", folder.trim_end_matches(['/', '\\'])))
            }
            _ => Cow::Borrowed(path),
        }
    }
}

/// Whether packages begin in this folder: `src/main/java`.
fn is_root(folder: &str) -> bool {
    let name = folder.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    ["java", "kotlin", "scala", "groovy", "src"].contains(&name)
}

/// `class` is that of all bugs of a file, where they are sorted so.
fn map_bug<'a>(bug: Element<'a>, class: &'a str, project: &'a Project) -> Outcome<'a> {
    let kind = bug.attribute("type").unwrap_or_default();
    let pattern = project.patterns.get(kind);
    let mut issue = Issue::new("spotbugs_type", kind);
    let title = bug.child_text("ShortMessage").or(pattern.and_then(|pattern| pattern.title.as_deref()));
    issue.title = title.map(Cow::Borrowed);
    issue.message = bug.child_text("LongMessage").or(bug.attribute("message")).map(Cow::Borrowed);
    issue.about = pattern.and_then(|pattern| pattern.about.as_deref()).map(Cow::Borrowed);
    issue.rating = bug.attribute("priority").map(priority);
    let cwe = bug.attribute("cweid").and_then(|id| id.parse().ok());
    issue.weaknesses.extend(cwe.or(pattern.and_then(|pattern| pattern.cwe)));
    issue.url = page(kind, bug.attribute("category").unwrap_or_default());
    issue.flows = flows(bug, project);

    let place = lines_of(bug);
    let file = place.and_then(|place| place.attribute("sourcepath")).map(|path| project.path(path));
    let file = file.or_else(|| source_of(class).map(Cow::Owned));
    let line = |key: &str| place.and_then(|place| place.attribute(key)).and_then(|line| line.parse().ok());
    let first = line("start").or(bug.attribute("lineNumber").and_then(|line| line.parse().ok()));
    let place = code::lines(file.unwrap_or_default(), first, line("end"));
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a bug without a type", title.unwrap_or_default());
    };
    let hash = bug.attribute("instanceHash").filter(|hash| !hash.is_empty());
    finding.fingerprints.extend(hash.map(|hash| Fingerprint {
        name: "instanceHash".into(),
        // Bugs that are alike share the hash and are numbered.
        value: format!("{hash}:{}", bug.attribute("instanceOccurrenceNum").unwrap_or("0")).into(),
    }));
    let details = &mut finding.vulnerability.details;
    let of = |name: &str, key: &str| bug.child(name).and_then(|it| it.attribute(key)).unwrap_or_default();
    details.text(
        "class",
        "Class",
        Some(of("Class", "classname")).filter(|it| !it.is_empty()).unwrap_or(class),
    );
    details.text("method", "Method", of("Method", "name"));
    let facts =
        bug.children().filter(|child| matches!(child.name(), "String" | "Field" | "LocalVariable" | "Int"));
    let facts = facts.filter_map(|fact| fact.child_text("Message"));
    scanlift_convert_api::details::add_list(details, "facts", "Facts", facts);
    details.text("category", "Category", bug.attribute("category").unwrap_or_default());
    details.text("rank", "Rank (1 is worst, 20 least)", bug.attribute("rank").unwrap_or_default());
    Outcome::finding(finding)
}

/// Where a class stands by convention: `a.b.C$1` in `a/b/C.java`.
fn source_of(class: &str) -> Option<String> {
    let outer = class.split('$').next().filter(|outer| !outer.is_empty())?;
    Some(format!("{}.java", outer.replace('.', "/")))
}

/// The lines of a bug: those marked as primary, else the first, else those of the method, the field or
/// the class.
fn lines_of(bug: Element<'_>) -> Option<Element<'_>> {
    let primary = |line: &Element<'_>| line.attribute("primary") == Some("true");
    let has_path = |line: &Element<'_>| line.attribute("sourcepath").is_some();
    let own = || bug.all("SourceLine").filter(has_path);
    let of = |name: &str| bug.child(name).and_then(|child| child.child("SourceLine")).filter(has_path);
    own()
        .find(primary)
        .or_else(|| own().next())
        .or_else(|| ["Method", "Field", "Class"].into_iter().find_map(of))
}

/// The further lines, in the order of the report; the last one is that of the bug.
fn flows<'a>(bug: Element<'a>, project: &'a Project) -> Flows<'a> {
    let mut flows = Flows::default();
    let steps: Vec<FileLocation<'a>> = bug
        .all("SourceLine")
        .filter_map(|line| {
            let number = |key: &str| line.attribute(key).and_then(|number| number.parse().ok());
            let path = project.path(line.attribute("sourcepath")?);
            Some(FileLocation::new(path, number("start")?, number("end")))
        })
        .collect();
    if steps.len() > 1 {
        flows.push(steps.into_iter().rev());
    }
    flows
}

/// `priority`: the confidence that it is a bug, which is what SpotBugs rates by.
fn priority(number: &str) -> Severity {
    match number {
        "1" | "High" => Severity::High,
        "2" | "Normal" => Severity::Medium,
        "3" | "Low" => Severity::Low,
        _ => Severity::Info,
    }
}

/// The page of a pattern: of Find Security Bugs for its own ones.
fn page(kind: &str, category: &str) -> Option<Cow<'static, str>> {
    let is_id = kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (is_id && category == "SECURITY" && !kind.is_empty())
        .then(|| Cow::Owned(format!("https://find-sec-bugs.github.io/bugs.htm#{kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_where_there_is_no_doubt() {
        let project = |sources: &[&str]| Project {
            sources: sources.iter().map(|source| (*source).to_owned()).collect(),
            ..Project::default()
        };
        for (sources, want) in [
            (&["/b/src/main/java/"][..], "/b/src/main/java/a/B.java"),
            (&["/b/src/main/java", "/b/src/test/java"], "a/B.java"),
            (&["/b/x/a/B.java", "/b/x/a/C.java"], "/b/x/a/B.java"),
            (&["/app"], "a/B.java"),
            (&["/b/xa/B.java"], "a/B.java"),
            (&[], "a/B.java"),
        ] {
            assert_eq!(project(sources).path("a/B.java"), want, "{sources:?}");
        }
    }
}
