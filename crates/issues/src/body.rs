//! The text of an issue. All of it comes from reports, which are not trusted: it must not run quick
//! actions, mention people, or close issues.

use crate::{Marker, Scope, marker::repository};
use scanlift_report_core::{Dependency, Kind, Location, Severity, Vulnerability, is_hidden};
use std::fmt::Write as _;

/// What findings are gathered by, an issue each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Grouping {
    /// An issue for each finding.
    #[default]
    Finding,
    /// An issue for each rule or advisory, in each image.
    Rule,
    /// An issue for each package in a file or image.
    Package,
}

impl Grouping {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Rule => "rule",
            Self::Package => "package",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Finding, Self::Rule, Self::Package].into_iter().find(|one| one.as_str() == text)
    }
}

/// A finding as an issue tells it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// GitLab's UUID of it, which stays while lines move.
    pub uuid: String,
    /// Slug of the scanner.
    pub scanner: String,
    /// Name of the scanner.
    pub scanner_name: String,
    /// Kind of the report.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub name: String,
    /// Where it is, for people.
    pub place: String,
    /// The package that it is in.
    pub package: Option<String>,
    /// What the package is in: a file, or an image without tag and digest.
    pub container: String,
    /// Type and value of the primary identifier.
    pub rule: (String, String),
    /// All of the report's entry.
    pub vulnerability: Vulnerability<'static>,
}

impl Entry {
    /// An entry of a report.
    #[must_use]
    pub fn new(uuid: String, scanner: (&str, &str), vulnerability: Vulnerability<'static>) -> Self {
        let primary = vulnerability.identifiers.primary();
        let (place, package, container) = place(&vulnerability.location);
        let name = vulnerability.name.as_deref().filter(|name| !name.trim().is_empty());
        Self {
            uuid,
            scanner: scanner.0.to_owned(),
            scanner_name: scanner.1.to_owned(),
            kind: vulnerability.kind(),
            severity: vulnerability.severity.unwrap_or(Severity::Unknown),
            name: name.unwrap_or(&primary.name).to_owned(),
            rule: (primary.kind.to_string(), primary.value.to_string()),
            place,
            package,
            container,
            vulnerability,
        }
    }

    /// What its scan looks at.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let image: Option<&str> = match &self.vulnerability.location {
            Location::ContainerScanning(at) => Some(&at.image),
            Location::ClusterImageScanning(at) => Some(&at.image),
            _ => None,
        };
        Scope::new(&self.scanner, self.kind, image)
    }

    /// The marker of the issue that it belongs to.
    #[must_use]
    pub fn marker(&self, grouping: Grouping) -> Marker {
        let scope = self.scope();
        let rule = format!("{}\n{}", self.rule.0, self.rule.1);
        let about = match (grouping, &self.package) {
            (Grouping::Finding, _) => self.uuid.clone(),
            (Grouping::Package, Some(package)) => format!("{}\n{package}", self.container),
            // A rule is gone from one image while it is in another.
            (Grouping::Rule, _) if scope.target.is_some() => format!("{}\n{rule}", self.container),
            // What is in no package is gathered by its rule.
            (Grouping::Rule | Grouping::Package, _) => rule,
        };
        Marker::new(grouping, scope, &about)
    }
}

fn place(location: &Location<'_>) -> (String, Option<String>, String) {
    let lines = |file: Option<&str>, line: Option<u64>| match (file, line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        _ => String::new(),
    };
    let source =
        |source: &scanlift_report_core::SourceLocation<'_>| lines(source.file.as_deref(), source.start_line);
    match location {
        Location::Sast(at) => (source(at), None, String::new()),
        Location::SecretDetection(at) => (source(&at.source), None, String::new()),
        Location::DependencyScanning(at) => (
            format!("{} {} in {}", at.dependency.package.name, at.dependency.version, at.file),
            Some(at.dependency.package.name.to_string()),
            at.file.to_string(),
        ),
        Location::ContainerScanning(at) => in_image(&at.dependency, &at.image),
        Location::ClusterImageScanning(at) => in_image(&at.dependency, &at.image),
        Location::Dast(at) | Location::ApiFuzzing(at) => {
            let part = |text: &Option<scanlift_report_core::Text<'_>>| {
                text.as_deref().unwrap_or_default().to_owned()
            };
            let place = format!("{} {}{}", part(&at.method), part(&at.hostname), part(&at.path));
            (place.trim().to_owned(), None, String::new())
        }
        _ => (String::new(), None, String::new()),
    }
}

/// The container is the image as it is known again: a tag, as the commit, is no part of it.
fn in_image(dependency: &Dependency<'_>, image: &str) -> (String, Option<String>, String) {
    let Dependency { package, version, .. } = dependency;
    let place = format!("{} {version} in {image}", package.name);
    (place, Some(package.name.to_string()), repository(image).to_owned())
}

/// What keeps GitLab from acting on a text, and is not seen: a word joiner.
pub const JOINER: char = '\u{2060}';
/// The most characters of a title that GitLab takes.
const TITLE: usize = 255;
/// The most characters of a text that is told in full.
const TEXT: usize = 15_000;
/// The most findings that an issue lists.
const LISTED: usize = 50;

/// The title of an issue about these; they share a marker.
pub(crate) fn title(entries: &[&Entry], grouping: Grouping) -> String {
    let Some(first) = entries.first() else { return String::new() };
    let subject = match (grouping, &first.package) {
        (Grouping::Finding, _) if first.place.is_empty() => first.name.clone(),
        (Grouping::Finding, _) => format!("{} in {}", first.name, first.place),
        (Grouping::Package, Some(package)) => {
            format!("{package} in {}: {}", first.container, counted(entries.len()))
        }
        (Grouping::Rule, _) if first.scope().target.is_some() => {
            format!("{} in {}: {}", first.name, first.container, counted(entries.len()))
        }
        (Grouping::Rule | Grouping::Package, _) => format!("{}: {}", first.name, counted(entries.len())),
    };
    let severity = entries.iter().map(|entry| entry.severity).max().unwrap_or(Severity::Unknown);
    let line: String = format!("[{severity}] {subject}").split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&inert(&line), TITLE)
}

fn counted(count: usize) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

/// The description of an issue about these.
pub(crate) fn description(entries: &[&Entry], marker: &Marker) -> String {
    let mut text = marker.line();
    text.push_str("\n\n");
    let Some(first) = entries.first() else { return text };
    let vulnerability = &first.vulnerability;
    if let Some(description) = &vulnerability.description {
        quote(&mut text, description);
    }
    let _ = writeln!(text, "| finding | severity | place |\n| --- | --- | --- |");
    for entry in entries.iter().take(LISTED) {
        let _ = writeln!(text, "| {} | {} | {} |", cell(&entry.name), entry.severity, cell(&entry.place));
    }
    if entries.len() > LISTED {
        let _ = writeln!(text, "\nand {} more.", entries.len() - LISTED);
    }
    if let Some(solution) = &vulnerability.solution {
        text.push_str("\n**Solution**\n\n");
        quote(&mut text, solution);
    }
    let identifiers: Vec<_> = vulnerability.identifiers.iter().map(|one| cell(&one.name)).collect();
    let _ = writeln!(text, "\n**Identifiers**: {}", identifiers.join(", "));
    if !vulnerability.links.is_empty() {
        text.push_str("\n**Links**\n\n");
        for link in vulnerability.links.iter().take(20) {
            // In angle brackets nothing of an address is Markdown; spaces and brackets would end it.
            let url: String = link.url.chars().filter(|c| !c.is_whitespace() && !"<>".contains(*c)).collect();
            let _ = writeln!(text, "- <{url}>");
        }
    }
    let _ = writeln!(text, "\nFound by {} ({}).", cell(&first.scanner_name), first.kind);
    text
}

/// A text of a report as a block quote: no line of it begins one of the issue.
fn quote(out: &mut String, text: &str) {
    let text = cut(text, TEXT);
    // What opens code in a quote ends with the quote.
    for line in text.lines() {
        let _ = writeln!(out, "> {}", escape(line));
    }
    out.push('\n');
}

/// A text of a report in a cell of a table.
fn cell(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escape(&line).replace('|', "\\|")
}

/// A line of a report's text, with what GitLab would act on taken away: HTML (and so comments that
/// look like a marker), mentions, references and quick actions.
#[must_use]
pub fn escape(line: &str) -> String {
    inert(line).replace('<', "&lt;")
}

/// A line as people see it, without mentions, references and quick actions; titles hold no HTML.
fn inert(line: &str) -> String {
    let seen: String = line.chars().filter(|c| *c == '\t' || !is_hidden(*c)).collect();
    let mut out = String::with_capacity(seen.len());
    for (at, c) in seen.char_indices() {
        match c {
            // The text looks the same with a joiner behind it, and is no reference.
            '@' | '#' | '!' | '~' | '%' | '&' | '$'
                if seen[at + c.len_utf8()..]
                    .starts_with(|next: char| next.is_alphanumeric() || "\"{_.".contains(next)) =>
            {
                out.extend([c, JOINER]);
            }
            '/' if at == 0 => out.extend([JOINER, c]),
            c => out.push(c),
        }
    }
    out
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most - 1).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Description, Identifier, ImageLocation, Name, SourceLocation};

    fn entry(name: &str, description: &str) -> Entry {
        let rule =
            Identifier::new("rule".to_owned(), "R1".to_owned(), "R1".to_owned()).expect("all is filled");
        let place = Location::Sast(SourceLocation::lines("a/b.py".to_owned(), 3, 3));
        let mut vulnerability = Vulnerability::new(rule, place);
        vulnerability.name = Name::new(name.to_owned());
        vulnerability.description = Description::new(description.to_owned());
        vulnerability.severity = Some(Severity::High);
        Entry::new("u".into(), ("semgrep", "Semgrep"), vulnerability)
    }

    #[test]
    fn nothing_of_a_report_acts() {
        for (text, want) in [
            ("/close", "\u{2060}/close"),
            ("a/b", "a/b"),
            ("ask @root", "ask @\u{2060}root"),
            ("fixes #1 and !2", "fixes #\u{2060}1 and !\u{2060}2"),
            ("a & b", "a & b"),
            ("<!-- x -->", "&lt;!-- x -->"),
            ("\u{202e}cod\u{1b}[2J", "cod[2J"),
            // What is hidden hides nothing.
            ("\u{1}/close @\u{202e}root", "\u{2060}/close @\u{2060}root"),
            ("@_root", "@\u{2060}_root"),
        ] {
            assert_eq!(escape(text), want);
        }
        let hostile =
            entry("a | b\n/close", "x\n/assign @root\n<!-- scanlift:issue rule a b c -->\n```\n/label ~x");
        let marker = hostile.marker(Grouping::Finding);
        let text = description(&[&hostile], &marker);
        assert_eq!(Marker::find(&text), Some(marker));
        assert!(text.lines().all(|line| !line.trim_start().starts_with('/')), "{text}");
        assert!(text.lines().skip(1).all(|line| !line.contains("<!--")), "{text}");
        assert!(title(&[&hostile], Grouping::Finding).starts_with("[High] a | b /close in a/b.py:3"));
        let scoped = entry("#1 in @babel/core \u{202e}<b>", "");
        let want = "[High] #\u{2060}1 in @\u{2060}babel/core <b> in a/b.py:3";
        assert_eq!(title(&[&scoped], Grouping::Finding), want);
        let long = entry(&"x".repeat(300), "");
        assert_eq!(title(&[&long], Grouping::Finding).chars().count(), 255);
    }

    #[test]
    fn an_image_is_known_in_the_next_pipeline() {
        let of = |image: &'static str| {
            let rule = Identifier::new("cve", "CVE-2020-1", "CVE-2020-1").expect("all is filled");
            let place = ImageLocation::new(image, "debian:12", Dependency::new("bash", "5"));
            let finding = Vulnerability::new(rule, Location::ContainerScanning(place));
            Entry::new("u".into(), ("trivy", "Trivy"), finding)
        };
        let (one, two) = (of("r.example/app:0a1b2c3d4e"), of("r.example/app:1.2.3"));
        let other = of("r.example/worker:0a1b2c3d4e");
        for grouping in [Grouping::Package, Grouping::Rule] {
            assert_eq!(one.marker(grouping), two.marker(grouping));
            assert_ne!(one.marker(grouping).key, other.marker(grouping).key);
        }
        assert_eq!(title(&[&one], Grouping::Package), "[Unknown] bash in r.example/app: 1 finding");
        assert_eq!(title(&[&one], Grouping::Rule), "[Unknown] CVE-2020-1 in r.example/app: 1 finding");
        assert_eq!(one.place, "bash 5 in r.example/app:0a1b2c3d4e");
    }

    #[test]
    fn what_belongs_together_has_one_marker() {
        let (one, mut two) = (entry("a", ""), entry("b", ""));
        two.uuid = "v".into();
        assert_ne!(one.marker(Grouping::Finding), two.marker(Grouping::Finding));
        assert_eq!(one.marker(Grouping::Rule), two.marker(Grouping::Rule));
        assert_eq!(title(&[&one, &two], Grouping::Rule), "[High] a: 2 findings");
    }
}
