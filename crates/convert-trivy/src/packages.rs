//! The packages of a result (`--list-all-pkgs`, `--dependency-tree`): which of them the project asks for
//! itself, and by which way it comes to the others.

use scanlift_convert_api::ConvertError;
use scanlift_convert_api::json::{self, Fields, Reader};
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::io::Read;

/// A way that is longer tells nobody anything.
const LONGEST: usize = 50;

/// An entry of `Packages`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Package {
    #[serde(rename = "ID")]
    id: Option<String>,
    name: Option<String>,
    version: Option<String>,
    /// `root`, `workspace`, `direct` or `indirect`.
    relationship: Option<String>,
    /// The same in older versions, which write it only where it is true.
    indirect: Option<bool>,
    /// Ids.
    #[serde(deserialize_with = "json::list")]
    depends_on: Vec<String>,
}

/// The packages of a result, and the shortest ways to them.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    numbers: HashMap<String, usize>,
    ways: Vec<Way>,
}

#[derive(Debug, Default)]
struct Way {
    id: String,
    is_direct: Option<bool>,
    before: Option<usize>,
    is_known: bool,
}

impl Packages {
    /// Reads the list at the cursor.
    pub(crate) fn read<R: Read>(fields: &mut Fields, reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut packages = Vec::new();
        fields.objects::<Package, _>(reader, |package| packages.push(package))?;
        Ok(Self::of(packages))
    }

    fn of(packages: Vec<Package>) -> Self {
        let tells_indirect = packages.iter().any(|package| package.indirect == Some(true));
        let mut found = Self::default();
        let mut after = Vec::with_capacity(packages.len());
        for (number, package) in packages.into_iter().enumerate() {
            let is_direct = match package.relationship.as_deref() {
                Some("direct") => Some(true),
                Some("indirect") => Some(false),
                Some(_) => None,
                None => tells_indirect.then_some(package.indirect != Some(true)),
            };
            let id = package.id.unwrap_or_else(|| {
                id_of(&package.name.unwrap_or_default(), &package.version.unwrap_or_default())
            });
            found.numbers.insert(id.clone(), number);
            found.ways.push(Way { id, is_direct, before: None, is_known: is_direct == Some(true) });
            after.push(package.depends_on);
        }
        let mut next: VecDeque<usize> = (0..after.len()).filter(|at| found.ways[*at].is_known).collect();
        while let Some(from) = next.pop_front() {
            for to in after[from].iter().filter_map(|id| found.numbers.get(id).copied()) {
                let way = &mut found.ways[to];
                if !way.is_known {
                    (way.is_known, way.before) = (true, Some(from));
                    next.push_back(to);
                }
            }
        }
        found
    }

    /// Whether the project asks for a package itself, as far as it is known.
    pub(crate) fn is_direct(&self, id: &str) -> Option<bool> {
        self.ways[*self.numbers.get(id)?].is_direct
    }

    /// The ids from what the project asks for itself to a package; empty if there is no way.
    pub(crate) fn way_to(&self, id: &str) -> Vec<&str> {
        let mut way = Vec::new();
        let mut at = self.numbers.get(id).copied().filter(|at| self.ways[*at].is_known);
        while let Some(step) = at.filter(|_| way.len() < LONGEST) {
            way.push(self.ways[step].id.as_str());
            at = self.ways[step].before;
        }
        way.reverse();
        way
    }
}

/// The id of a package that has none.
pub(crate) fn id_of(name: &str, version: &str) -> String {
    format!("{name}@{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Packages {
        Packages::read(&mut Fields::default(), &mut Reader::new(text.as_bytes())).expect("a list")
    }

    #[test]
    fn ways_begin_at_what_the_project_asks_for() {
        let newer = r#"[
            {"ID": "app@1", "Relationship": "root", "DependsOn": ["a@1"]},
            {"ID": "a@1", "Relationship": "direct", "DependsOn": ["b@1", "c@1"]},
            {"ID": "b@1", "Relationship": "indirect", "DependsOn": ["c@1"]},
            {"ID": "c@1", "Relationship": "indirect", "DependsOn": ["a@1"]},
            {"ID": "d@1"}
        ]"#;
        let older = r#"[
            {"ID": "a@1", "DependsOn": ["b@1", "c@1"]},
            {"ID": "b@1", "Indirect": true},
            {"Name": "c", "Version": "1", "Indirect": true}
        ]"#;
        for (text, id, direct, way) in [
            (newer, "app@1", None, &[][..]),
            (newer, "a@1", Some(true), &["a@1"]),
            (newer, "c@1", Some(false), &["a@1", "c@1"]),
            (newer, "d@1", None, &[]),
            (newer, "unheard of", None, &[]),
            (older, "a@1", Some(true), &["a@1"]),
            (older, "c@1", Some(false), &["a@1", "c@1"]),
            (r#"[{"ID": "a@1"}]"#, "a@1", None, &[]),
            ("null", "a@1", None, &[]),
        ] {
            let packages = read(text);
            assert_eq!((packages.is_direct(id), &*packages.way_to(id)), (direct, way), "{id} of {text}");
        }
    }
}
