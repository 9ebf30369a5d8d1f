//! .NET projects: `<PackageReference Include="X" Version="1.2.3" />`, and central versions in
//! `Directory.Packages.props`.

use super::{Manifest, set_once, transitive, unclear};
use crate::{Edits, Refusal, Upgrade, requirement::lift_range};
use quick_xml::{Reader, events::Event};
use std::{collections::HashMap, ops::Range};

/// `*.csproj` and its kin, `Directory.Packages.props`.
pub(super) struct MsBuild;

impl Manifest for MsBuild {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let project = Project::read(text)?;
        let mut edits = Edits::default();
        let mut lifted: Vec<Range<usize>> = Vec::new();
        for reference in &project.references {
            if !upgrade.ecosystem.is_same(&reference.name, &upgrade.name) {
                continue;
            }
            let Some(version) = reference.version.clone() else { continue };
            let range = project.place(text, version)?;
            if !lifted.contains(&range) {
                let spec = text.get(range.clone()).unwrap_or_default();
                edits.replace(range.clone(), lift_range(upgrade.ecosystem, spec, &upgrade.target)?);
                lifted.push(range);
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn leans_on(&self, _: &str) -> Vec<String> {
        let names = ["Directory.Packages.props", "Directory.Build.props"];
        let up = ["", "../", "../../", "../../../"];
        up.iter().flat_map(|up| names.iter().map(move |name| format!("{up}{name}"))).collect()
    }

    /// A reference of the project's own beats what others bring in.
    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let project = Project::read(text)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if upgrade.name.is_empty() || !upgrade.name.chars().all(is_plain) {
            return Err(unclear("the package's name is none of NuGet's"));
        }
        // Where versions are kept centrally, a reference has none.
        let last = project.references.iter().rev().find(|it| it.version.is_some() && it.is_reference);
        let end = last.map(|reference| reference.end).ok_or_else(|| transitive(upgrade))?;
        let before = text.get(..end).unwrap_or_default();
        let opened = last.map_or(end, |reference| reference.start);
        let line = text.get(..opened).unwrap_or(before).rsplit('\n').next().unwrap_or_default();
        let indent: String = line.chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let Upgrade { name, target, .. } = upgrade;
        let new = format!("{line_end}{indent}<PackageReference Include=\"{name}\" Version=\"{target}\" />");
        Ok(Edits::one(end..end, new))
    }
}

#[derive(Default)]
struct Project {
    references: Vec<Reference>,
    /// Every place that sets it: under conditions there may be several.
    properties: HashMap<String, Vec<Range<usize>>>,
}

struct Reference {
    name: String,
    version: Option<Range<usize>>,
    /// A reference of a project, not a central version.
    is_reference: bool,
    start: usize,
    /// Behind what closes it.
    end: usize,
}

impl Project {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::from_str(text);
        let mut project = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut text_start = 0;
        loop {
            let before = position(&reader);
            let event = reader.read_event().map_err(|error| unclear(&format!("it is no XML: {error}")))?;
            let after = position(&reader);
            match event {
                Event::Start(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    project.open(text, &name, before..after);
                    path.push(name);
                    text_start = after;
                    if path.len() > 100 {
                        return Err(unclear("it is nested too deeply"));
                    }
                }
                Event::Empty(tag) => project.open(text, tag.name().as_ref(), before..after),
                Event::End(_) => {
                    let name = path.pop().unwrap_or_default();
                    let parent = path.last().map_or("", String::as_str);
                    match (parent, name.as_str()) {
                        (parent, "Version" | "VersionOverride") if is_package(parent) => {
                            if let Some(reference) = project.references.last_mut() {
                                reference.version = Some(text_start..before);
                            }
                        }
                        ("PropertyGroup", property) => {
                            let places = project.properties.entry(property.to_owned()).or_default();
                            places.push(text_start..before);
                        }
                        (_, name) if is_package(name) => {
                            if let Some(reference) = project.references.last_mut() {
                                reference.end = after;
                            }
                        }
                        _ => {}
                    }
                    text_start = after;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(project)
    }

    fn open(&mut self, text: &str, name: &str, tag: Range<usize>) {
        if !is_package(name) {
            return;
        }
        let attribute = |name: &str| attribute(text, &tag, name);
        let Some(package) = attribute("Include").or_else(|| attribute("Update")) else { return };
        self.references.push(Reference {
            name: text.get(package).unwrap_or_default().trim().to_owned(),
            version: attribute("VersionOverride").or_else(|| attribute("Version")),
            is_reference: name == "PackageReference",
            start: tag.start,
            end: tag.end,
        });
    }

    /// Where a version is written: there, or in the property that it names.
    fn place(&self, text: &str, version: Range<usize>) -> Result<Range<usize>, Refusal> {
        let said = text.get(version.clone()).unwrap_or_default().trim();
        let Some(property) = said.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) else {
            return Ok(version);
        };
        let places = self.properties.get(property).map(Vec::as_slice).unwrap_or_default();
        set_once(&format!("the property {property}"), places)
    }
}

fn is_package(name: &str) -> bool {
    matches!(name, "PackageReference" | "PackageVersion" | "GlobalPackageReference")
}

/// The bytes of an attribute's value in a tag.
fn attribute(text: &str, tag: &Range<usize>, name: &str) -> Option<Range<usize>> {
    let raw = text.get(tag.clone())?;
    let mut from = 0;
    while let Some(found) = raw.get(from..)?.find(name) {
        let at = from + found;
        from = at + name.len();
        let is_whole = raw.get(..at)?.ends_with(char::is_whitespace);
        let rest = raw.get(from..)?.trim_start();
        let Some(value) = rest.strip_prefix('=').map(str::trim_start).filter(|_| is_whole) else { continue };
        let quote = value.chars().next().filter(|char| matches!(char, '"' | '\''))?;
        let start = tag.start + (raw.len() - value.len()) + 1;
        let length = value.get(1..)?.find(quote)?;
        return Some(start..start + length);
    }
    None
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}
