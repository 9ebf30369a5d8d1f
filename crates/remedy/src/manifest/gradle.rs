//! `build.gradle` and `build.gradle.kts`, by the quoted texts in them: `"group:name:1.2.3"`, the map
//! notation of Groovy, and versions in variables of the same file.

use super::{Manifest, set_once};
use crate::{Ecosystem, Edits, Refusal, Upgrade, requirement::lift_range};
use std::ops::Range;

/// `build.gradle`, `build.gradle.kts`.
pub(super) struct Gradle;

impl Manifest for Gradle {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let mut edits = Edits::default();
        let mut lifted: Vec<Range<usize>> = Vec::new();
        for place in places(text, &upgrade.name) {
            let range = resolve(text, place)?;
            if !lifted.contains(&range) {
                let spec = text.get(range.clone()).unwrap_or_default();
                edits.replace(range.clone(), lift_range(upgrade.ecosystem, spec, &upgrade.target)?);
                lifted.push(range);
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn leans_on(&self, _: &str) -> Vec<String> {
        let up = ["", "../", "../../"];
        up.iter().map(|up| format!("{up}gradle/*.versions.toml")).collect()
    }
}

/// A quoted text.
struct Quoted<'t> {
    text: &'t str,
    start: usize,
}

/// The quoted texts, without those in comments.
fn quoted(text: &str) -> Vec<Quoted<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skip = |end: &str| rest.find(end).map_or(text.len(), |found| at + found + end.len());
        match rest.as_bytes() {
            [b'/', b'/', ..] => at = skip("\n"),
            [b'/', b'*', ..] => at = skip("*/"),
            [quote @ (b'"' | b'\''), ..] => {
                let end = rest[1..].find([char::from(*quote), '\n']);
                let inner = end.map(|end| &rest[1..=end]);
                if let Some(inner) = inner {
                    found.push(Quoted { text: inner, start: at + 1 });
                }
                at += inner.map_or(1, |inner| inner.len() + 2);
            }
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// Where the package's versions stand.
fn places(text: &str, name: &str) -> Vec<Range<usize>> {
    let all = quoted(text);
    let mut places = Vec::new();
    for (index, one) in all.iter().enumerate() {
        // `group:name:version`, with a classifier or `@jar` behind it.
        let mut parts = one.text.splitn(3, ':');
        if let (Some(group), Some(artifact), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
            if Ecosystem::Maven.is_same(&format!("{group}:{artifact}"), name) {
                let version = rest.split([':', '@']).next().unwrap_or_default();
                let start = one.start + one.text.len() - rest.len();
                places.push(start..start + version.len());
            }
            continue;
        }
        // `group: 'g', name: 'a', version: '1'`, or `("g", "a", "1")`.
        if let [second, third, ..] = &all[index + 1..]
            && Ecosystem::Maven.is_same(&format!("{}:{}", one.text, second.text), name)
            && is_between(text, one, second, "name")
            && is_between(text, second, third, "version")
        {
            places.push(third.start..third.start + third.text.len());
        }
    }
    places
}

/// Whether only a comma and a key stand between two quoted texts.
fn is_between(text: &str, one: &Quoted<'_>, two: &Quoted<'_>, key: &str) -> bool {
    let between = text.get(one.start + one.text.len() + 1..two.start - 1).unwrap_or_default();
    let between: String = between.chars().filter(|char| !char.is_whitespace()).collect();
    between == "," || between == format!(",{key}:") || between == format!(",{key}=")
}

/// Where a version is written: there, or where the variable that it names is set.
fn resolve(text: &str, place: Range<usize>) -> Result<Range<usize>, Refusal> {
    let said = text.get(place.clone()).unwrap_or_default();
    let Some(variable) = said.strip_prefix('$') else { return Ok(place) };
    let variable = variable.trim_start_matches('{').trim_end_matches('}');
    let name = variable.rsplit('.').next().unwrap_or(variable);
    let set: Vec<Range<usize>> = quoted(text)
        .iter()
        .filter(|quoted| {
            let before = text.get(..quoted.start - 1).unwrap_or_default().trim_end();
            let before = before.strip_suffix('=').unwrap_or(before).trim_end();
            let is_set = text.get(..quoted.start - 1).is_some_and(|before| before.trim_end().ends_with('='));
            let is_end = before
                .strip_suffix(name)
                .is_some_and(|rest| !rest.ends_with(|char: char| char.is_alphanumeric() || char == '_'));
            is_set && is_end
        })
        .map(|quoted| quoted.start..quoted.start + quoted.text.len())
        .collect();
    set_once(name, &set)
}
