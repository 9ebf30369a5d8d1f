//! `go.mod` (Go Modules Reference, "go.mod files").

use super::{Manifest, appended, unclear};
use crate::{
    Edits, Reason, Refusal, Upgrade,
    version::{compare, numbers},
};
use std::cmp::Ordering;

/// `go.mod`.
pub(super) struct GoMod;

impl Manifest for GoMod {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        if matches!(upgrade.name.as_str(), "stdlib" | "go" | "toolchain") {
            return toolchain(text, upgrade).map(Some);
        }
        let mut edits = Edits::default();
        let mut block = "";
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let code = line.split("//").next().unwrap_or_default();
            let mut words = code.split_whitespace();
            let Some(first) = words.next() else { continue };
            let (directive, module) = match (block, first) {
                (_, ")") => {
                    block = "";
                    continue;
                }
                ("", directive) => match words.next() {
                    Some("(") => {
                        block = directive;
                        continue;
                    }
                    module => (directive, module.unwrap_or_default()),
                },
                (block, module) => (block, module),
            };
            if module.trim_matches('"') != upgrade.name {
                continue;
            }
            match (directive, words.next()) {
                ("replace", _) => return Err(unclear("it is replaced by another module")),
                ("require", Some(version)) => {
                    if compare(upgrade.ecosystem, version, &upgrade.target) != Ordering::Less {
                        let why = format!(
                            "the manifest asks for `{version}`, which is not below {}",
                            upgrade.target
                        );
                        return Err(Refusal::new(Reason::Version, why));
                    }
                    let from = start + (version.as_ptr() as usize - line.as_ptr() as usize);
                    edits.replace(from..from + version.len(), module_version(upgrade)?);
                }
                _ => {}
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
        if !upgrade.name.contains('.') || !upgrade.name.chars().all(is_plain) {
            return Err(unclear("the module's path is none"));
        }
        let line = format!("require {} {} // indirect", upgrade.name, module_version(upgrade)?);
        Ok(appended(text, &line))
    }
}

/// A module's version has a `v`, and above 1 the path says so too or the version is "incompatible".
fn module_version(upgrade: &Upgrade) -> Result<String, Refusal> {
    let target = upgrade.target.trim_start_matches('v');
    let major = numbers(target).first().copied().unwrap_or_default();
    let of_path = path_major(&upgrade.name);
    if of_path.is_some_and(|of_path| of_path != major) {
        return Err(unclear(&format!("{target} is a module of another path, which its importers must name")));
    }
    let suffix = if major > 1 && of_path.is_none() && !target.contains('+') { "+incompatible" } else { "" };
    Ok(format!("v{target}{suffix}"))
}

/// The major version that a path ends with: 2 of `example.com/m/v2` and of `gopkg.in/m.v2`.
fn path_major(path: &str) -> Option<u64> {
    let (before, major) = path.trim_end_matches("-unstable").rsplit_once('v')?;
    let major: u64 = major.parse().ok()?;
    let is_major = if path.starts_with("gopkg.in/") {
        before.ends_with('.')
    } else {
        before.ends_with('/') && major > 1
    };
    is_major.then_some(major)
}

/// Go's own library: `toolchain go1.21.5` says which, without it the `go` line does.
fn toolchain(text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
    let target = upgrade.target.trim_start_matches("go").trim_start_matches('v');
    let mut at = 0;
    let mut go = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let mut words = line.split_whitespace();
        let (Some(directive @ ("go" | "toolchain")), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let bare = version.trim_start_matches("go");
        let from = start + line.find(version).unwrap_or_default() + (version.len() - bare.len());
        let range = from..from + bare.len();
        let order = compare(upgrade.ecosystem, bare, target);
        if directive == "toolchain" {
            return match order {
                Ordering::Less => Ok(Edits::one(range, target)),
                _ => Err(Refusal::new(
                    Reason::LockFile,
                    "its toolchain is not below the fixed version: build with it",
                )),
            };
        }
        go = Some((start + line.trim_end().len(), order));
    }
    match go {
        Some((_, Ordering::Less)) if compare(upgrade.ecosystem, target, "1.21") == Ordering::Less => {
            Err(unclear(&format!("before Go 1.21 it cannot name a toolchain: build with {target}")))
        }
        Some((end, Ordering::Less)) => {
            let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
            Ok(Edits::one(end..end, format!("{line_end}{line_end}toolchain go{target}")))
        }
        Some(_) => {
            Err(Refusal::new(Reason::LockFile, "its go line is not below the fixed version: build with that"))
        }
        None => Err(unclear("it has no go line")),
    }
}
