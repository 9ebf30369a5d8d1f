//! Pipelines and other YAML that names images and actions: `image: python:3.9.1`,
//! `uses: actions/checkout@v3`. Lines are looked at, so that comments and layout stay.

use super::{
    Manifest,
    dockerfile::{Tag, image_edit, lines},
    unclear,
};
use crate::{
    Ecosystem, Edits, Reason, Refusal, Upgrade,
    version::{compare, is_version, numbers},
};
use std::cmp::Ordering;

/// `.gitlab-ci.yml`, workflows of GitHub, Compose files.
pub(super) struct Ci;

/// The keys whose value is an image.
const IMAGES: [&str; 3] = ["image", "name", "container"];

impl Manifest for Ci {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let mut edits = Edits::default();
        for (start, line) in lines(text) {
            let Some((key, value)) = entry(line) else { continue };
            let at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
            if upgrade.ecosystem == Ecosystem::Action {
                if let Some((range, new)) =
                    (key == "uses").then(|| action(value, upgrade)).transpose()?.flatten()
                {
                    edits.replace(at + range.start..at + range.end, new);
                }
            } else if (IMAGES.contains(&key)
                || key.is_empty()
                || (key == "uses" && value.starts_with("docker://")))
                && let reference = value.trim_start_matches("docker://")
                && let Some((tag, new)) = image_edit(reference, upgrade, &|_| None)?
            {
                let Tag::Here(range) = tag else { return Err(unclear("the image's tag is a variable")) };
                let at = at + value.len() - reference.len();
                edits.replace(at + range.start..at + range.end, new);
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }
}

/// The key and the plain or quoted value of a line; the key is empty for an entry of a list.
fn entry(line: &str) -> Option<(&str, &str)> {
    let code = line.trim().trim_start_matches("- ").trim_start();
    let (key, value) = match code.split_once(": ") {
        Some((key, value)) => (key.trim().trim_matches(['"', '\'']), value.trim_start()),
        None => ("", code),
    };
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(" #").next()?.trim_end(),
    };
    (!value.is_empty() && !value.contains(char::is_whitespace)).then_some((key, value))
}

/// `owner/name@v3` or `owner/name/path@v3.1.2`. A tag of fewer numbers moves on its own: it is lifted
/// only where its line ends below the target.
fn action(value: &str, upgrade: &Upgrade) -> Result<Option<(std::ops::Range<usize>, String)>, Refusal> {
    let Some((name, reference)) = value.split_once('@') else { return Ok(None) };
    let repository = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    if !upgrade.ecosystem.is_same(&repository, &upgrade.name) {
        return Ok(None);
    }
    let is_commit = reference.len() >= 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit || !is_version(reference) {
        return Err(unclear("the action is pinned by a commit or branch"));
    }
    let (written, wanted) = (numbers(reference), numbers(&upgrade.target));
    let is_moving = written.len() < 3 && wanted.starts_with(&written);
    if is_moving || compare(upgrade.ecosystem, reference, &upgrade.target) != Ordering::Less {
        let why = format!("the file asks for `{reference}`, which may be {} already", upgrade.target);
        return Err(Refusal::new(Reason::LockFile, why));
    }
    let target = upgrade.target.trim_start_matches('v');
    let target = if written.len() < 3 && wanted.len() >= written.len() {
        wanted[..written.len()].iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    } else {
        target.to_owned()
    };
    let v = if reference.starts_with('v') { "v" } else { "" };
    Ok(Some((name.len() + 1..value.len(), format!("{v}{target}"))))
}
