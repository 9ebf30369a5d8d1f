//! `pom.xml` of Maven.

use super::{Manifest, set_once, unclear};
use crate::{Ecosystem, Edits, Refusal, Upgrade, requirement::lift_range};
use quick_xml::{Reader, events::Event};
use std::{collections::HashMap, ops::Range};

/// `pom.xml`.
pub(super) struct Pom;

impl Manifest for Pom {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let project = Project::read(text)?;
        let mut edits = Edits::default();
        let mut lifted: Vec<Range<usize>> = Vec::new();
        for dependency in project.dependencies.iter().filter(|it| it.is(text, &upgrade.name)) {
            let Some(version) = &dependency.version else { continue };
            let range = project.place(text, version)?;
            if lifted.contains(&range) {
                continue;
            }
            let spec = text.get(range.clone()).unwrap_or_default();
            edits.replace(range.clone(), lift_range(upgrade.ecosystem, spec, &upgrade.target)?);
            lifted.push(range);
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn leans_on(&self, text: &str) -> Vec<String> {
        let Ok(project) = Project::read(text) else { return Vec::new() };
        let mut files: Vec<String> = project
            .modules
            .iter()
            .map(|module| format!("{}/pom.xml", &text[module.clone()].trim()))
            .collect();
        if project.has_parent {
            let path = project.parent_path.map_or("../pom.xml", |path| text[path].trim());
            files.push(if path.ends_with(".xml") { path.to_owned() } else { format!("{path}/pom.xml") });
        }
        files
    }

    /// `dependencyManagement` decides the version of what others bring in.
    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let project = Project::read(text)?;
        let is_plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let name = upgrade.name.split_once([':', '/']);
        let Some((group, artifact)) = name.filter(|(group, artifact)| is_plain(group) && is_plain(artifact))
        else {
            return Err(unclear("the package's name is none of Maven's"));
        };
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        if project.manages && project.managed.is_none() {
            return Err(unclear("its dependencyManagement has no list to add to"));
        }
        let place = project.managed.or(project.own).or(project.end);
        let at = place.ok_or_else(|| unclear("it is no project"))?;
        let before = text.get(..at).unwrap_or_default();
        let indent = before.rsplit('\n').next().unwrap_or_default();
        let (indent, is_own_line) =
            if indent.trim().is_empty() { (indent.to_owned(), true) } else { (String::new(), false) };
        let step = if text.contains("\n\t") { "\t".to_owned() } else { " ".repeat(width(text)) };
        let dependency = |outer: &str| {
            let entry = |tag: &str, value: &str| format!("{outer}{step}<{tag}>{value}</{tag}>{end}");
            format!(
                "{outer}<dependency>{end}{}{}{}{outer}</dependency>{end}",
                entry("groupId", group),
                entry("artifactId", artifact),
                entry("version", &upgrade.target),
            )
        };
        let new = if project.managed.is_some() {
            dependency(&format!("{indent}{step}"))
        } else {
            // Before what closes the project it stands one step deeper.
            let outer = if project.own.is_some() { indent.clone() } else { format!("{indent}{step}") };
            let inner = dependency(&format!("{outer}{step}{step}"));
            format!(
                "{outer}<dependencyManagement>{end}{outer}{step}<dependencies>{end}{inner}\
                 {outer}{step}</dependencies>{end}{outer}</dependencyManagement>{end}"
            )
        };
        // The text goes before the indentation of the line.
        let at = at - indent.len();
        Ok(Edits::one(at..at, if is_own_line { new } else { format!("{end}{new}") }))
    }
}

/// How many blanks a step is: those of the first line that has any.
fn width(text: &str) -> usize {
    let mut indents = text.lines().map(|line| line.len() - line.trim_start_matches(' ').len());
    indents.find(|indent| *indent > 0).unwrap_or(2)
}

/// What is needed of a project, by the bytes of the texts.
#[derive(Default)]
struct Project {
    dependencies: Vec<Dependency>,
    /// Every place that sets it: profiles may too.
    properties: HashMap<String, Vec<Range<usize>>>,
    has_parent: bool,
    parent_path: Option<Range<usize>>,
    modules: Vec<Range<usize>>,
    /// Whether it manages dependencies.
    manages: bool,
    /// Where managed dependencies end, the project's own begin, and the project ends.
    managed: Option<usize>,
    own: Option<usize>,
    end: Option<usize>,
}

/// A dependency, plug-in or extension.
#[derive(Clone, Default)]
struct Dependency {
    group: Option<Range<usize>>,
    artifact: Option<Range<usize>>,
    version: Option<Range<usize>>,
}

impl Dependency {
    fn is(&self, text: &str, name: &str) -> bool {
        let part =
            |range: &Option<Range<usize>>| range.clone().and_then(|range| text.get(range)).map(str::trim);
        let Some(artifact) = part(&self.artifact) else { return false };
        // Plug-ins have a default group.
        let group = part(&self.group).unwrap_or("org.apache.maven.plugins");
        Ecosystem::Maven.is_same(&format!("{group}:{artifact}"), name)
    }
}

impl Project {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::from_str(text);
        let mut project = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut open: Vec<Dependency> = Vec::new();
        let mut text_start = 0;
        loop {
            let before = position(&reader);
            let event = reader.read_event().map_err(|error| unclear(&format!("it is no XML: {error}")))?;
            let after = position(&reader);
            match event {
                Event::Start(tag) => {
                    let name = local(tag.name().as_ref());
                    match (name.as_str(), path.len()) {
                        ("dependency" | "plugin" | "extension", _) => open.push(Dependency::default()),
                        ("dependencies", 1) => project.own = project.own.or(Some(before)),
                        ("parent", 1) => project.has_parent = true,
                        ("dependencyManagement", 1) => project.manages = true,
                        _ => {}
                    }
                    path.push(name);
                    text_start = after;
                    if path.len() > 100 {
                        return Err(unclear("it is nested too deeply"));
                    }
                }
                Event::End(_) => {
                    let name = path.last().cloned().unwrap_or_default();
                    project.close(&path, &name, text_start..before, &mut open);
                    path.pop();
                    text_start = after;
                }
                Event::Empty(tag) => {
                    project.manages |=
                        path.len() == 1 && local(tag.name().as_ref()) == "dependencyManagement";
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(project)
    }

    fn close(&mut self, path: &[String], name: &str, range: Range<usize>, open: &mut Vec<Dependency>) {
        let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).map_or("", String::as_str);
        match (parent, name) {
            ("dependency" | "plugin" | "extension", "groupId" | "artifactId" | "version") => {
                if let Some(dependency) = open.last_mut() {
                    let part = match name {
                        "groupId" => &mut dependency.group,
                        "artifactId" => &mut dependency.artifact,
                        _ => &mut dependency.version,
                    };
                    *part = Some(range);
                }
            }
            ("dependencies", "dependency") | ("plugins", "plugin") | ("extensions", "extension") => {
                self.dependencies.extend(open.pop());
            }
            // What a plug-in is told of a dependency asks for none.
            (_, "dependency" | "plugin" | "extension") => drop(open.pop()),
            ("properties", property) => {
                self.properties.entry(property.to_owned()).or_default().push(range);
            }
            ("parent", "relativePath") if path.len() == 3 => self.parent_path = Some(range),
            ("modules", "module") => self.modules.push(range),
            ("dependencyManagement", "dependencies") if path.len() == 3 => self.managed = Some(range.end),
            ("", "project") => self.end = Some(range.end),
            _ => {}
        }
    }

    /// Where a version is written: there, or in the property that it names.
    fn place(&self, text: &str, version: &Range<usize>) -> Result<Range<usize>, Refusal> {
        let said = text.get(version.clone()).unwrap_or_default().trim();
        let Some(property) = said.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            return Ok(version.clone());
        };
        let places = self.properties.get(property).map(Vec::as_slice).unwrap_or_default();
        set_once(&format!("the property {property}"), places)
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}
