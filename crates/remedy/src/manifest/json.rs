//! Manifests in JSON: `package.json`, `composer.json`.
//!
//! `serde_json` hands out the values as parts of the text (`RawValue`), so that where they stand is
//! known without a syntax tree of its own.

use super::{Manifest, unclear};
use crate::{
    Edits, Refusal, Upgrade,
    requirement::{Syntax, lift},
};
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, ops::Range};

/// The entries of an object, in their order.
struct Object<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    entries.push((key, map.next_value()?));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A key, borrowed if it has no escapes.
#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'t> Object<'t> {
    fn parse(json: &'t str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn get(&self, key: &str) -> Option<&'t RawValue> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| *value)
    }

    fn object(&self, key: &str) -> Option<Object<'t>> {
        Self::parse(self.get(key)?.get())
    }
}

fn document(text: &str) -> Result<Object<'_>, Refusal> {
    Object::parse(text).ok_or_else(|| unclear("it is no JSON object"))
}

/// Where a part of the text stands in it.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// The bytes of a text between its quotes, and the text; `None` if it is none or has escapes.
fn inner<'t>(text: &str, value: &'t RawValue) -> Option<(Range<usize>, &'t str)> {
    let said: &'t str = serde_json::from_str(value.get()).ok()?;
    let range = place(text, value.get());
    Some((range.start + 1..range.end - 1, said))
}

/// Lifts the entries of an object that are the package.
fn lift_object(
    text: &str,
    object: &Object<'_>,
    syntax: Syntax,
    upgrade: &Upgrade,
    edits: &mut Edits,
) -> Result<(), Refusal> {
    for (key, value) in &object.0 {
        let said = inner(text, value);
        // `"old-lodash": "npm:lodash@4.17.15"`
        let alias = said.as_ref().and_then(|(_, said)| said.strip_prefix("npm:")?.rsplit_once('@'));
        let name = alias.map_or(&**key, |(name, _)| name);
        if !upgrade.ecosystem.is_same(name, &upgrade.name) {
            continue;
        }
        let Some((range, said)) = said else { return Err(unclear("its version is no plain text")) };
        let spec = alias.map_or(said, |(_, spec)| spec);
        let new = lift(syntax, upgrade.ecosystem, spec, &upgrade.target)?;
        edits.replace(range.end - spec.len()..range.end, new);
    }
    Ok(())
}

/// `package.json` of npm, Yarn, pnpm and Bun.
pub(super) struct PackageJson;

impl Manifest for PackageJson {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = document(text)?;
        let mut edits = Edits::default();
        for name in ["dependencies", "devDependencies", "optionalDependencies"] {
            if let Some(dependencies) = document.object(name) {
                lift_object(text, &dependencies, Syntax::Npm, upgrade, &mut edits)?;
            }
        }
        let pnpm = document.object("pnpm").and_then(|pnpm| pnpm.object("overrides"));
        for overrides in
            [document.object("overrides"), document.object("resolutions"), pnpm].into_iter().flatten()
        {
            // An override may point at a dependency: `$lodash`.
            let plain = overrides.0.into_iter().filter(|(_, value)| !value.get().starts_with("\"$"));
            lift_object(text, &Object(plain.collect()), Syntax::Npm, upgrade, &mut edits)?;
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn leans_on(&self, text: &str) -> Vec<String> {
        let Ok(document) = document(text) else { return Vec::new() };
        let packages = match document.object("workspaces") {
            Some(object) => object.get("packages"),
            None => document.get("workspaces"),
        };
        let packages = packages.and_then(|value| serde_json::from_str::<Vec<String>>(value.get()).ok());
        let packages = packages.into_iter().flatten();
        packages.map(|folder| format!("{}/package.json", folder.trim_end_matches('/'))).collect()
    }

    /// What each package manager has for it: `overrides`, `resolutions`, `pnpm.overrides`.
    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let document = document(text)?;
        let path: &[&str] = match upgrade.file.rsplit('/').next() {
            Some("yarn.lock") => &["resolutions"],
            Some("pnpm-lock.yaml") => &["pnpm", "overrides"],
            _ => &["overrides"],
        };
        let entry = format!("\"{}\": \"^{}\"", plain_name(upgrade)?, upgrade.target);
        insert(text, &document, text.len(), path, &entry).ok_or_else(|| unclear("it cannot be added to"))
    }
}

/// Puts an entry into the object behind a path of keys, making what is missing of it.
fn insert(text: &str, object: &Object<'_>, end: usize, path: &[&str], entry: &str) -> Option<Edits> {
    if let Some((first, rest)) = path.split_first()
        && let Some(value) = object.get(first)
    {
        let inner = Object::parse(value.get())?;
        return insert(text, &inner, place(text, value.get()).end, rest, entry);
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let layout = Layout::of(text, object, end)?;
    let mut new = entry.to_owned();
    for (depth, key) in path.iter().enumerate().rev() {
        new = match &layout.indent {
            Some((outer, step)) => {
                let outer = format!("{outer}{}", step.repeat(depth));
                format!("\"{key}\": {{{line_end}{outer}{step}{new}{line_end}{outer}}}")
            }
            None => format!("\"{key}\": {{{new}}}"),
        };
    }
    let comma = if layout.is_empty { "" } else { "," };
    let (before, after) = match &layout.indent {
        Some((indent, step)) => {
            let closing = if layout.is_empty {
                format!("{line_end}{}", indent.strip_suffix(&**step)?)
            } else {
                String::new()
            };
            (format!("{line_end}{indent}"), closing)
        }
        None => (if layout.is_empty { String::new() } else { " ".to_owned() }, String::new()),
    };
    Some(Edits::one(layout.at..layout.at, format!("{comma}{before}{new}{after}")))
}

/// How an object is laid out, and where its next entry goes.
struct Layout {
    at: usize,
    is_empty: bool,
    /// The white space before its entries, and one step of it; `None` if it stands on one line.
    indent: Option<(String, String)>,
}

impl Layout {
    fn of(text: &str, object: &Object<'_>, end: usize) -> Option<Self> {
        let step = step(text);
        let Some((_, last)) = object.0.last() else {
            // Right behind the brace that opens it.
            let at = text.get(..end)?.rfind('{')? + 1;
            let indent = step.map(|step| (format!("{}{step}", line_indent(text, at)), step));
            return Some(Self { at, is_empty: true, indent });
        };
        let at = place(text, last.get()).end;
        // Entries on lines of their own have a line break before the first key.
        let (_, first) = object.0.first()?;
        let start = place(text, first.get()).start;
        let key_line = text.get(..start)?.rsplit('\n').next()?;
        let own_line = key_line.trim_start().starts_with('"') && start > key_line.len();
        let indent = step.filter(|_| own_line).map(|step| (line_indent(text, start), step));
        Some(Self { at, is_empty: false, indent })
    }
}

/// The white space at the beginning of the line of a place.
fn line_indent(text: &str, at: usize) -> String {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    line.chars().take_while(|char| matches!(char, ' ' | '\t')).collect()
}

/// One step of indentation: that of the first line that has one.
fn step(text: &str) -> Option<String> {
    let indents =
        text.lines().map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).zip(text.lines());
    indents.filter(|(indent, _)| *indent > 0).map(|(indent, line)| line[..indent].to_owned()).next()
}

/// `composer.json`.
pub(super) struct ComposerJson;

impl Manifest for ComposerJson {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let document = document(text)?;
        let mut edits = Edits::default();
        for name in ["require", "require-dev"] {
            if let Some(required) = document.object(name) {
                lift_object(text, &required, Syntax::Composer, upgrade, &mut edits)?;
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    /// `conflict` shuts out the versions below, whoever asks for them.
    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let entry = format!("\"{}\": \"<{}\"", plain_name(upgrade)?, upgrade.target);
        let document = document(text)?;
        insert(text, &document, text.len(), &["conflict"], &entry)
            .ok_or_else(|| unclear("it cannot be added to"))
    }
}

/// A name that can be written between quotes.
fn plain_name(upgrade: &Upgrade) -> Result<&str, Refusal> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@/._-".contains(c);
    let name = upgrade.name.as_str();
    let fits = !name.is_empty() && name.chars().all(is_plain);
    if fits { Ok(name) } else { Err(unclear("the package's name is none")) }
}
