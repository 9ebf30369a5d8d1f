//! Requirements and constraints of pip (its documentation: "Requirements File Format"), and the
//! requirements of PEP 508 in them.

use super::{Manifest, appended, unclear};
use crate::{
    Edits, Refusal, Upgrade,
    requirement::{Syntax, lift},
};
use std::ops::Range;

/// `requirements.txt`, `constraints.txt`.
pub(super) struct Requirements;

impl Manifest for Requirements {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let mut edits = Edits::default();
        for line in logical_lines(text) {
            let Some(asked) = Asked::parse(line.requirement) else { continue };
            if !upgrade.ecosystem.is_same(asked.name, &upgrade.name) {
                continue;
            }
            if line.all.contains("--hash") {
                return Err(unclear("it is pinned by hashes, which must be made anew"));
            }
            if line.goes_on {
                return Err(unclear("its versions go on in the next line"));
            }
            let (range, new) = asked.lifted(line.requirement, upgrade)?;
            edits.replace(line.start + range.start..line.start + range.end, new);
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    fn leans_on(&self, text: &str) -> Vec<String> {
        let files = logical_lines(text).into_iter().filter_map(|line| {
            let options = ["--requirement", "--constraint", "-r", "-c"];
            let rest = options.iter().find_map(|option| line.requirement.strip_prefix(option))?;
            Some(rest.trim_start_matches(['=', ' ', '\t']).trim().to_owned())
        });
        files.filter(|file| !file.is_empty() && !file.contains('*')).collect()
    }

    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        if text.contains("--hash") || text.contains("--require-hashes") {
            return Err(unclear("its packages are pinned by hashes, so that one more needs its own"));
        }
        let Upgrade { name, target, .. } = upgrade;
        if Asked::parse(name).is_none_or(|asked| asked.name.len() != name.len()) {
            return Err(unclear("the package's name is none"));
        }
        let line = format!("{name}>={target}  # not asked for directly: below it is vulnerable");
        Ok(appended(text, &line))
    }
}

/// A line with those that continue it.
struct LogicalLine<'t> {
    /// Where `requirement` begins.
    start: usize,
    /// Without comment, options and continuation.
    requirement: &'t str,
    /// Whether what continues it is more than a marker, options or a comment.
    goes_on: bool,
    all: &'t str,
}

fn logical_lines(text: &str) -> Vec<LogicalLine<'_>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        let goes_on =
            line.trim_end_matches(['\r', '\n']).ends_with('\\') && !line.trim_start().starts_with('#');
        if goes_on && at < text.len() {
            continue;
        }
        let all = &text[start..at];
        let inner = all.trim_start_matches([' ', '\t']);
        let from = start + all.len() - inner.len();
        let ends = [" #", "\t#", "\\\n", "\\\r\n", " --", "\t--", "\n"];
        let end = ends.iter().filter_map(|end| inner.find(end)).min().unwrap_or(inner.len());
        let requirement = inner[..end].trim_end();
        let next = inner[end..].trim_start_matches(['\\', '\r', '\n', ' ', '\t']);
        let is_other = |next: &str| next.is_empty() || next.starts_with([';', '#']) || next.starts_with("--");
        let goes_on = inner[end..].starts_with('\\') && !is_other(next);
        if !requirement.is_empty() && !requirement.starts_with('#') {
            found.push(LogicalLine { start: from, requirement, goes_on, all });
        }
        start = at;
    }
    found
}

/// A requirement of PEP 508.
pub(super) struct Asked<'t> {
    pub(super) name: &'t str,
    /// The versions that it asks for; empty where it does not say.
    spec: Range<usize>,
    by_address: bool,
}

impl<'t> Asked<'t> {
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
        let end = text.find(|char| !is_name(char)).unwrap_or(text.len());
        let name = text.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric()))?;
        let mut rest = &text[end..];
        if let Some(extras) = rest.trim_start().strip_prefix('[') {
            rest = &extras[extras.find(']')? + 1..];
        }
        let by_address = rest.trim_start().starts_with('@');
        let spec = rest.split(';').next().unwrap_or_default();
        let from = text.len() - rest.len();
        let inner = spec.trim().trim_start_matches('(').trim_end_matches(')').trim();
        // An empty one stands right behind the name.
        let spec = if inner.is_empty() {
            from..from
        } else {
            let at = from + spec.find(inner)?;
            at..at + inner.len()
        };
        // `import os` is no requirement.
        let asked = text.get(spec.clone())?;
        let fits = asked.is_empty() || by_address || asked.starts_with(['=', '<', '>', '~', '!']);
        fits.then_some(Self { name, spec, by_address })
    }

    /// What comes in place of which part of the text.
    pub(super) fn lifted(&self, text: &str, upgrade: &Upgrade) -> Result<(Range<usize>, String), Refusal> {
        if self.by_address {
            return Err(unclear("it is asked for by its address"));
        }
        let spec = text.get(self.spec.clone()).unwrap_or_default();
        Ok((self.spec.clone(), lift(Syntax::Python, upgrade.ecosystem, spec, &upgrade.target)?))
    }
}
