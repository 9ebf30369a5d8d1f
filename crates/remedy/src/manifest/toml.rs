//! Manifests in TOML: `Cargo.toml`, `pyproject.toml`, `Pipfile`, Gradle's version catalogs.
//!
//! `toml_edit` tells where the values stand; only their bytes are replaced, since it would write other
//! line endings than it read.

use super::{Manifest, requirements::Asked, unclear};
use crate::{
    Ecosystem, Edits, Refusal, Upgrade,
    requirement::{Syntax, lift, lift_range},
};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};

fn parse(text: &str) -> Result<Document<&str>, Refusal> {
    Document::parse(text).map_err(|error| unclear(&format!("it is no TOML: {}", error.message())))
}

/// The table behind a path of keys.
fn table<'d>(mut table: &'d dyn TableLike, path: &[&str]) -> Option<&'d dyn TableLike> {
    for key in path {
        table = table.get(key)?.as_table_like()?;
    }
    Some(table)
}

/// The bytes of a text between its quotes; `None` if it is no text or has escapes.
fn inner(text: &str, value: &Value) -> Option<Range<usize>> {
    let said = value.as_str()?;
    let span = value.span()?;
    let raw = text.get(span.clone())?;
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote))?;
    let range = span.start + quote.len()..span.end.checked_sub(quote.len())?;
    (text.get(range.clone())? == said).then_some(range)
}

/// What a dependency says of its version.
enum Version {
    /// Between the quotes.
    Said(Range<usize>),
    /// The workspace says it.
    Inherited,
    /// By path, address or not at all.
    Other,
}

fn version(text: &str, item: &Item) -> Version {
    if let Some(range) = item.as_value().and_then(|value| inner(text, value)) {
        return Version::Said(range);
    }
    let Some(table) = item.as_table_like() else { return Version::Other };
    if ["path", "git", "url"].iter().any(|key| table.contains_key(key)) {
        return Version::Other;
    }
    if let Some(range) = table.get("version").and_then(Item::as_value).and_then(|value| inner(text, value)) {
        return Version::Said(range);
    }
    match table.get("workspace").and_then(Item::as_bool) {
        Some(true) => Version::Inherited,
        _ => Version::Other,
    }
}

/// Lifts the dependencies of a table that are the package.
fn lift_table(
    text: &str,
    table: &dyn TableLike,
    syntax: Syntax,
    upgrade: &Upgrade,
    edits: &mut Edits,
) -> Result<(), Refusal> {
    for (key, item) in table.iter() {
        let renamed = item.as_table_like().and_then(|table| table.get("package")?.as_str());
        if !upgrade.ecosystem.is_same(renamed.unwrap_or(key), &upgrade.name) {
            continue;
        }
        match version(text, item) {
            Version::Said(range) => {
                let spec = text.get(range.clone()).unwrap_or_default();
                edits.replace(range, lift(syntax, upgrade.ecosystem, spec, &upgrade.target)?);
            }
            Version::Inherited => {}
            Version::Other => return Err(unclear("it is asked for without a version, by path or address")),
        }
    }
    Ok(())
}

fn found(edits: Edits) -> Option<Edits> {
    (!edits.is_empty()).then_some(edits)
}

/// `Cargo.toml`.
pub(super) struct CargoToml;

impl Manifest for CargoToml {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = parse(text)?;
        let mut edits = Edits::default();
        for list in dependencies(document.as_table()) {
            lift_table(text, list, Syntax::Cargo, upgrade, &mut edits)?;
        }
        Ok(found(edits))
    }

    fn leans_on(&self, text: &str) -> Vec<String> {
        let Ok(document) = parse(text) else { return Vec::new() };
        let root = document.as_table();
        let mut files: Vec<String> = Vec::new();
        // Only a member of a workspace inherits; what stands above another crate is none of its own.
        let inherits = |list: &dyn TableLike| {
            list.iter().any(|(_, item)| matches!(version(text, item), Version::Inherited))
        };
        if dependencies(root).into_iter().any(inherits) {
            files.extend(["../Cargo.toml", "../../Cargo.toml", "../../../Cargo.toml"].map(str::to_owned));
        }
        let members = table(root, &["workspace"]).and_then(|workspace| workspace.get("members")?.as_array());
        let members = members.into_iter().flatten().filter_map(Value::as_str);
        files.extend(members.map(|member| format!("{}/Cargo.toml", member.trim_end_matches('/'))));
        files
    }
}

/// The tables of dependencies: the package's own, those of targets, and the workspace's.
fn dependencies(root: &dyn TableLike) -> Vec<&dyn TableLike> {
    const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = table(root, &["target"])
        .into_iter()
        .flat_map(|targets| targets.iter().filter_map(|(_, item)| item.as_table_like()).collect::<Vec<_>>());
    let holders = [Some(root), table(root, &["workspace"])].into_iter().flatten();
    holders
        .chain(targets)
        .flat_map(|holder| TABLES.iter().filter_map(|name| table(holder, &[name])).collect::<Vec<_>>())
        .collect()
}

/// `Pipfile`.
pub(super) struct Pipfile;

impl Manifest for Pipfile {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = parse(text)?;
        let mut edits = Edits::default();
        for (name, item) in document.as_table().iter() {
            let is_other = matches!(name, "source" | "requires" | "scripts" | "pipenv");
            if let Some(packages) = item.as_table_like().filter(|_| !is_other) {
                lift_table(text, packages, Syntax::Python, upgrade, &mut edits)?;
            }
        }
        Ok(found(edits))
    }

    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let document = parse(text)?;
        let packages = table(document.as_table(), &["packages"]);
        let packages = packages.ok_or_else(|| unclear("it has no packages"))?;
        if packages.iter().any(|(_, item)| item.is_table()) {
            return Err(unclear("its packages are tables of their own"));
        }
        let ends = packages.iter().filter_map(|(_, item)| item.span().map(|span| span.end));
        let last = ends.max().ok_or_else(|| unclear("it has no packages"))?;
        let is_plain = upgrade.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !is_plain {
            return Err(unclear("the package's name needs quotes"));
        }
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        // Behind the last package and the comment on its line.
        let rest = text.get(last..).unwrap_or_default();
        let at = last + rest.find(['\r', '\n']).unwrap_or(rest.len());
        Ok(Edits::one(at..at, format!("{end}{} = \">={}\"", upgrade.name, upgrade.target)))
    }
}

/// `pyproject.toml`: PEP 621 and PEP 735, Poetry, uv, PDM, Hatch.
pub(super) struct Pyproject;

impl Manifest for Pyproject {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = parse(text)?;
        let root = document.as_table();
        let mut edits = Edits::default();

        const LISTS: [&[&str]; 6] = [
            &["project", "dependencies"],
            &["build-system", "requires"],
            &["tool", "uv", "dev-dependencies"],
            &["tool", "uv", "constraint-dependencies"],
            &["tool", "uv", "override-dependencies"],
            &["tool", "hatch", "envs", "default", "dependencies"],
        ];
        const GROUPS: [&[&str]; 3] = [
            &["project", "optional-dependencies"],
            &["dependency-groups"],
            &["tool", "pdm", "dev-dependencies"],
        ];
        let list = |path: &&[&str]| {
            let (last, path) = path.split_last()?;
            table(root, path)?.get(last)
        };
        let groups = GROUPS
            .iter()
            .filter_map(|path| table(root, path))
            .flat_map(|groups| groups.iter().map(|(_, item)| item).collect::<Vec<_>>());
        for item in LISTS.iter().filter_map(list).chain(groups) {
            for value in item.as_array().into_iter().flatten() {
                let Some(range) = inner(text, value) else { continue };
                let requirement = text.get(range.clone()).unwrap_or_default();
                let Some(asked) = Asked::parse(requirement) else { continue };
                if upgrade.ecosystem.is_same(asked.name, &upgrade.name) {
                    let (part, new) = asked.lifted(requirement, upgrade)?;
                    edits.replace(range.start + part.start..range.start + part.end, new);
                }
            }
        }

        let poetry = table(root, &["tool", "poetry"]);
        let groups = poetry.and_then(|poetry| table(poetry, &["group"])).into_iter().flat_map(|groups| {
            groups.iter().filter_map(|(_, item)| item.as_table_like()).collect::<Vec<_>>()
        });
        for holder in poetry.into_iter().chain(groups) {
            for name in ["dependencies", "dev-dependencies"] {
                if let Some(dependencies) = table(holder, &[name]) {
                    lift_table(text, dependencies, Syntax::Poetry, upgrade, &mut edits)?;
                }
            }
        }
        Ok(found(edits))
    }
}

/// `gradle/libs.versions.toml`.
pub(super) struct Catalog;

impl Manifest for Catalog {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = parse(text)?;
        let root = document.as_table();
        let mut edits = Edits::default();
        let mut references: Vec<&str> = Vec::new();
        for (_, item) in table(root, &["libraries"]).into_iter().flat_map(|libraries| libraries.iter()) {
            if let Some(range) = item.as_value().and_then(|value| inner(text, value)) {
                // "group:name:version"
                let said = text.get(range.clone()).unwrap_or_default();
                let Some((module, version)) = said.rsplit_once(':') else { continue };
                if Ecosystem::Maven.is_same(module, &upgrade.name) {
                    let new = lift_range(upgrade.ecosystem, version, &upgrade.target)?;
                    edits.replace(range.end - version.len()..range.end, new);
                }
                continue;
            }
            let Some(library) = item.as_table_like() else { continue };
            let text_of = |key: &str| library.get(key).and_then(Item::as_str);
            let module = match (text_of("module"), text_of("group"), text_of("name")) {
                (Some(module), _, _) => module.to_owned(),
                (None, Some(group), Some(name)) => format!("{group}:{name}"),
                _ => continue,
            };
            if !Ecosystem::Maven.is_same(&module, &upgrade.name) {
                continue;
            }
            let Some(version) = library.get("version") else { continue };
            if let Some(reference) = version.as_table_like().and_then(|version| version.get("ref")?.as_str())
            {
                if !references.contains(&reference) {
                    references.push(reference);
                }
            } else {
                lift_value(text, version, upgrade, &mut edits)?;
            }
        }
        for reference in references {
            let version = table(root, &["versions"]).and_then(|versions| versions.get(reference));
            lift_value(
                text,
                version.ok_or_else(|| unclear("its version is not in the catalog"))?,
                upgrade,
                &mut edits,
            )?;
        }
        Ok(found(edits))
    }
}

fn lift_value(text: &str, version: &Item, upgrade: &Upgrade, edits: &mut Edits) -> Result<(), Refusal> {
    let range = version.as_value().and_then(|value| inner(text, value));
    let range = range.ok_or_else(|| unclear("its version is a rich one"))?;
    let spec = text.get(range.clone()).unwrap_or_default();
    edits.replace(range, lift_range(upgrade.ecosystem, spec, &upgrade.target)?);
    Ok(())
}
