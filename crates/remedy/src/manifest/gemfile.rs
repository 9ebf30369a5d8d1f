//! `Gemfile` and `*.gemspec`: `gem "name", "~> 1.2"`.

use super::{Manifest, appended, transitive, unclear};
use crate::{
    Edits, Refusal, Upgrade,
    requirement::{Syntax, lift},
};

/// `Gemfile`, `*.gemspec`.
pub(super) struct Gemfile;

impl Manifest for Gemfile {
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal> {
        let mut edits = Edits::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some(arguments) = arguments(line) else { continue };
            let Some((name, mut rest)) = quoted(arguments) else { continue };
            if name.text != upgrade.name {
                continue;
            }
            let offset = |part: &str| start + (part.as_ptr() as usize - line.as_ptr() as usize);
            let mut specs = Vec::new();
            while let Some((spec, after)) = rest.trim_start().strip_prefix(',').and_then(|rest| {
                let rest = rest.trim_start();
                // `"source" => x` is an option.
                quoted(rest).filter(|(_, after)| !after.trim_start().starts_with("=>"))
            }) {
                specs.push(spec);
                rest = after;
            }
            let options = rest.split('#').next().unwrap_or_default();
            if ["git:", "github:", "path:", ":git", ":github", ":path"].iter().any(|it| options.contains(it))
            {
                return Err(unclear("it is asked for by path or address"));
            }
            let next = rest.trim_start().strip_prefix(',').map(str::trim_start);
            if next.is_some_and(|next| !is_option(next)) {
                return Err(unclear("its versions are no plain texts on its line"));
            }
            let (first, last) = (specs.first().unwrap_or(&name), specs.last().unwrap_or(&name));
            let spec = specs.iter().map(|spec| spec.text).collect::<Vec<_>>().join(", ");
            let lifted = lift(Syntax::Gem, upgrade.ecosystem, &spec, &upgrade.target)?;
            let quote = first.quote;
            let list: Vec<String> = lifted.split(", ").map(|part| format!("{quote}{part}{quote}")).collect();
            let list = list.join(", ");
            let end = offset(last.text) + last.text.len() + 1;
            if specs.is_empty() {
                edits.insert(end, format!(", {list}"));
            } else {
                edits.replace(offset(first.text) - 1..end, list);
            }
        }
        Ok((!edits.is_empty()).then_some(edits))
    }

    /// Bundler has no other means than to ask for the package.
    fn pin(&self, text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_gemfile = !upgrade.file.ends_with(".gemspec");
        if !is_gemfile || upgrade.name.is_empty() || !upgrade.name.chars().all(is_plain) {
            return Err(transitive(upgrade));
        }
        let line = format!(
            "gem \"{}\", \">= {}\" # not asked for directly: below it is vulnerable",
            upgrade.name, upgrade.target
        );
        Ok(appended(text, &line))
    }

    fn leans_on(&self, text: &str) -> Vec<String> {
        let has_gemspec = text.lines().any(|line| line.trim_start().starts_with("gemspec"));
        if has_gemspec { vec!["*.gemspec".to_owned()] } else { Vec::new() }
    }
}

/// What stands behind `gem` or `add_dependency`.
fn arguments(line: &str) -> Option<&str> {
    let code = line.trim_start();
    let rest = match code.strip_prefix("gem") {
        Some(rest) if rest.starts_with([' ', '(', '\t']) => rest,
        _ if code.starts_with('#') => return None,
        _ => {
            let (_, rest) = code.split_once(".add_")?;
            ["runtime_dependency", "development_dependency", "dependency"]
                .iter()
                .find_map(|it| rest.strip_prefix(it))?
        }
    };
    Some(rest.trim_start_matches([' ', '(', '\t']))
}

/// `require: false`, `:require => false`, `"require" => false`.
fn is_option(text: &str) -> bool {
    let behind = text.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '_');
    (behind.starts_with(':') && !behind.starts_with("::"))
        || quoted(text).is_some_and(|(_, rest)| rest.trim_start().starts_with("=>"))
}

struct Quoted<'t> {
    text: &'t str,
    quote: char,
}

/// The quoted text at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(Quoted<'_>, &str)> {
    let quote = text.chars().next().filter(|char| matches!(char, '"' | '\''))?;
    let (inner, rest) = text[1..].split_once(quote)?;
    let is_plain = !inner.contains(['\\', '#']);
    is_plain.then_some((Quoted { text: inner, quote }, rest))
}
