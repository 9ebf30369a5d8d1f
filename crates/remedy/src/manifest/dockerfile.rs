//! Dockerfiles: images that are built on, and packages of the system in a version.

use super::{Manifest, absent, unclear};
use crate::{
    Ecosystem, Edits, Reason, Refusal, Upgrade,
    version::{compare, is_version},
};
use std::{cmp::Ordering, ops::Range};

/// `Dockerfile`, `Containerfile`.
pub(super) struct Dockerfile;

impl Manifest for Dockerfile {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let edits = match upgrade.ecosystem {
            Ecosystem::Image => bases(text, upgrade)?,
            _ => packages(text, upgrade),
        };
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn pin(&self, _: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        Err(absent(upgrade))
    }
}

/// Lines of instructions with where they begin; comments are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        (!line.trim_start().starts_with('#')).then_some((start, line))
    })
}

/// `FROM image:tag`, also where the tag is an `ARG` with a default.
fn bases(text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
    let mut edits = Edits::default();
    for (start, line) in lines(text) {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM")) {
            continue;
        }
        let Some(image) = words.find(|word| !word.starts_with("--")) else { continue };
        let at = start + (image.as_ptr() as usize - line.as_ptr() as usize);
        let Some((range, new)) = image_edit(image, upgrade, &|variable| default(text, variable))? else {
            continue;
        };
        match range {
            Tag::Here(range) => edits.replace(at + range.start..at + range.end, new),
            Tag::There(range) => edits.unite(&Edits::one(range, new)),
        }
    }
    Ok(edits)
}

/// Where a tag is written: in the reference, or somewhere else in the text.
pub(super) enum Tag {
    Here(Range<usize>),
    There(Range<usize>),
}

/// Tells where a variable is set, and to what.
pub(super) type Variable<'v> = dyn Fn(&str) -> Option<(Range<usize>, String)> + 'v;

/// What to change of a reference to an image, if it is the one.
pub(super) fn image_edit(
    reference: &str,
    upgrade: &Upgrade,
    variable: &Variable<'_>,
) -> Result<Option<(Tag, String)>, Refusal> {
    let (name, digest) =
        reference.split_once('@').map_or((reference, None), |(name, digest)| (name, Some(digest)));
    // A colon before the last slash is that of a port.
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let colon = name[slash..].find(':').map(|at| slash + at);
    let (image, tag) = colon.map_or((name, ""), |at| (&name[..at], &name[at + 1..]));
    if !upgrade.ecosystem.is_same(image, &upgrade.name) {
        return Ok(None);
    }
    if digest.is_some() {
        return Err(unclear("the image is pinned by its digest"));
    }
    let (place, tag) = if let Some(name) = tag.strip_prefix('$') {
        let name = name.trim_start_matches('{').trim_end_matches('}');
        let (range, tag) = variable(name).ok_or_else(|| unclear("the image's tag is a variable"))?;
        (Tag::There(range), tag)
    } else {
        (Tag::Here(name.len() - tag.len()..name.len()), tag.to_owned())
    };
    if !is_version(&tag) {
        return Err(unclear(&format!("the tag `{tag}` is no version")));
    }
    // A variant stays: `3.9.1-slim` to 3.9.18 is `3.9.18-slim`.
    let (number, variant) =
        tag.split_once('-').map_or((tag.as_str(), ""), |(number, variant)| (number, variant));
    let (wanted, wanted_variant) = upgrade.target.split_once('-').unwrap_or((&upgrade.target, ""));
    if compare(upgrade.ecosystem, number, wanted) != Ordering::Less {
        let why = format!("the file asks for `{tag}`, which is not below {}", upgrade.target);
        return Err(Refusal::new(Reason::Version, why));
    }
    let new = if wanted_variant.is_empty() && !variant.is_empty() {
        format!("{wanted}-{variant}")
    } else {
        upgrade.target.clone()
    };
    Ok(Some((place, new)))
}

/// The default of an `ARG`.
fn default(text: &str, variable: &str) -> Option<(Range<usize>, String)> {
    lines(text).find_map(|(start, line)| {
        let (word, rest) = line.trim_start().split_once(char::is_whitespace)?;
        let value = rest.trim_start().strip_prefix(variable)?.strip_prefix('=')?;
        let value = value.trim_matches(['"', '\'', ' ', '\r', '\n']);
        let at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
        word.eq_ignore_ascii_case("ARG").then(|| (at..at + value.len(), value.to_owned()))
    })
}

/// `curl=7.88.1-10+deb12u4` of apt, `curl=8.4.0-r0` of apk, `curl-7.76.1-26.el9` of yum: only the very
/// version that was found, since it tells that this file made that image.
fn packages(text: &str, upgrade: &Upgrade) -> Edits {
    let mut edits = Edits::default();
    if upgrade.version.is_empty() {
        return edits;
    }
    let joins: &[&str] = match upgrade.ecosystem {
        Ecosystem::Rpm => &["-"],
        Ecosystem::Apk => &["=", "~=", "~"],
        _ => &["="],
    };
    let is_end =
        |char: char| char.is_whitespace() || matches!(char, '"' | '\'' | ';' | '&' | '\\' | '|' | ',' | ']');
    for (start, line) in lines(text) {
        for word in line.split(is_end) {
            let Some(rest) = word.strip_prefix(&*upgrade.name) else { continue };
            // `libc6:amd64=2.36`
            let rest = match (rest.strip_prefix(':'), rest.find('=')) {
                (Some(_), Some(at)) => &rest[at..],
                _ => rest,
            };
            let version = joins.iter().find_map(|join| rest.strip_prefix(join));
            if version == Some(&*upgrade.version) {
                let at = start + (word.as_ptr() as usize - line.as_ptr() as usize) + word.len();
                edits.replace(at - upgrade.version.len()..at, upgrade.target.clone());
            }
        }
    }
    edits
}
