//! What a manifest asks for, lifted: `^1.2.3` becomes `^1.2.9`, `>=1,<2` becomes `>=1.2.9,<2`.
//!
//! Operators, blanks and order stay. A lower bound goes up to the target; an upper bound that shuts the
//! target out goes up as little as its own form allows. What has no lower bound gets one.

use crate::{
    Edits, Reason, Refusal,
    version::{Ecosystem, compare, is_version, numbers},
};
use std::{cmp::Ordering, ops::Range};

/// How an ecosystem writes what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syntax {
    /// PEP 440: `~=1.2`, `==1.2.*`, with commas.
    Python,
    /// npm: `^1.2`, `1.x`, with blanks.
    Npm,
    /// Cargo: `1.2` means `^1.2`, with commas.
    Cargo,
    /// RubyGems: `~> 1.2`, with commas (the quotes are the caller's).
    Gem,
    /// Composer: `~1.2` is below 2.0.
    Composer,
    /// Poetry's own.
    Poetry,
}

/// A part of a requirement: an operator and a version.
struct Comparator<'t> {
    operator: &'t str,
    operator_range: Range<usize>,
    version: &'t str,
    version_range: Range<usize>,
}

/// Lifts a requirement so that nothing below the target satisfies it and the target does.
///
/// # Errors
/// [`Reason::LockFile`] if it asks for that already, [`Reason::Version`] if it asks for one later
/// version, [`Reason::Requirement`] if it is written in a way that cannot be lifted.
pub fn lift(syntax: Syntax, ecosystem: Ecosystem, spec: &str, target: &str) -> Result<String, Refusal> {
    let trimmed = spec.trim();
    if trimmed.is_empty() || matches!(trimmed, "*" | "x" | "X") {
        let space = if syntax == Syntax::Gem { " " } else { "" };
        return Ok(format!(">={space}{target}"));
    }
    if let Some(or) = ["||", "|"].into_iter().find(|or| spec.contains(or)) {
        return lift_alternatives(syntax, ecosystem, spec, or, target);
    }
    let comparators = comparators(syntax, spec).ok_or_else(|| unclear(spec))?;
    let mut lifted = Lift { syntax, ecosystem, target, edits: Edits::default(), has_floor: false };
    for comparator in &comparators {
        lifted.comparator(comparator, spec)?;
    }
    if !lifted.has_floor {
        let is_spaced = comparators.iter().any(|it| it.operator_range.end < it.version_range.start);
        let space = if is_spaced { " " } else { "" };
        let join = match syntax {
            Syntax::Npm => " ",
            _ if spec.contains(", ") || matches!(syntax, Syntax::Cargo | Syntax::Gem) => ", ",
            _ => ",",
        };
        lifted.edits.insert(spec.trim_end().len(), format!("{join}>={space}{target}"));
    }
    lifted.edits.apply(spec).filter(|new| new != spec).ok_or_else(|| unclear(spec))
}

/// `^1.0 || ^2.0`: the alternative of the target's line is lifted; what is below it goes, what is above
/// it stays.
fn lift_alternatives(
    syntax: Syntax,
    ecosystem: Ecosystem,
    spec: &str,
    or: &str,
    target: &str,
) -> Result<String, Refusal> {
    let wanted = numbers(target).first().copied();
    let line = |alternative: &str| {
        let first = comparators(syntax, alternative)?.into_iter().next()?;
        numbers(first.version).first().copied()
    };
    let mut kept: Vec<String> = Vec::new();
    let (mut last, mut is_lifted) = (None, false);
    for alternative in spec.split(or) {
        let line = line(alternative);
        if line.is_none() || last > line {
            return Err(unclear(spec));
        }
        last = line;
        if line == wanted {
            kept.push(lift(syntax, ecosystem, alternative, target)?);
            is_lifted = true;
        } else if line > wanted {
            kept.push(alternative.to_owned());
        }
    }
    if is_lifted { Ok(kept.join(or).trim().to_owned()) } else { Err(unclear(spec)) }
}

struct Lift<'t> {
    syntax: Syntax,
    ecosystem: Ecosystem,
    target: &'t str,
    edits: Edits,
    /// Whether nothing below the target is allowed any more.
    has_floor: bool,
}

impl Lift<'_> {
    fn comparator(&mut self, comparator: &Comparator<'_>, spec: &str) -> Result<(), Refusal> {
        let Comparator { operator, version, .. } = *comparator;
        if let Some(stem) = stem(version).or_else(|| self.partial(operator, version)) {
            return self.wildcard(comparator, stem, spec);
        }
        if !is_version(version) {
            return Err(unclear(spec));
        }
        let order = compare(self.ecosystem, version, self.target);
        match operator {
            "" if self.syntax == Syntax::Cargo => self.floor(comparator, order, spec),
            "" | "=" | "==" | "===" => {
                if order != Ordering::Less {
                    return Err(later(spec, self.target));
                }
                self.set(comparator, self.target);
                self.has_floor = true;
                Ok(())
            }
            "~" if self.syntax == Syntax::Composer => self.compatible(comparator, order, spec),
            // `~1` ends where `^1` does, and with more numbers it would end earlier.
            "~" if numbers(version).len() == 1 => {
                self.floor(comparator, order, spec)?;
                self.edits.replace(comparator.operator_range.clone(), "^");
                Ok(())
            }
            // PEP 440 has no `~=2`.
            "~=" if numbers(self.target).len() < 2 => Err(unclear(spec)),
            "~>" | "~=" => self.compatible(comparator, order, spec),
            "^" | "~" => self.floor(comparator, order, spec),
            ">=" => self.floor(comparator, order, spec),
            ">" => {
                self.floor(comparator, if order == Ordering::Equal { Ordering::Less } else { order }, spec)?;
                self.edits.replace(comparator.operator_range.clone(), ">=");
                Ok(())
            }
            "<" if order != Ordering::Greater => {
                self.set(comparator, &ceiling(version, self.target));
                Ok(())
            }
            "<=" if order == Ordering::Less => {
                self.set(comparator, self.target);
                Ok(())
            }
            "<" | "<=" => Ok(()),
            "!=" if order != Ordering::Equal => Ok(()),
            _ => Err(unclear(spec)),
        }
    }

    /// The numbers of npm's `1.2`, which means `1.2.x`.
    fn partial(&self, operator: &str, version: &str) -> Option<Vec<u64>> {
        let written = numbers(version);
        let is_range = self.syntax == Syntax::Npm && matches!(operator, "" | "=") && written.len() < 3;
        (is_range && joined(&written) == version.trim_start_matches('v')).then_some(written)
    }

    /// An operator whose version is the lowest that it allows.
    fn floor(&mut self, comparator: &Comparator<'_>, order: Ordering, spec: &str) -> Result<(), Refusal> {
        if order != Ordering::Less {
            return Err(asked_for(spec, self.target));
        }
        self.set(comparator, self.target);
        self.has_floor = true;
        Ok(())
    }

    /// `~> 1.2`: how many numbers are written says what is below it, so that many stay.
    fn compatible(
        &mut self,
        comparator: &Comparator<'_>,
        order: Ordering,
        spec: &str,
    ) -> Result<(), Refusal> {
        if order != Ordering::Less {
            return Err(asked_for(spec, self.target));
        }
        let (written, wanted) = (numbers(comparator.version), numbers(self.target));
        if written.len() >= wanted.len().min(3) {
            return self.floor(comparator, order, spec);
        }
        let line = written.len().saturating_sub(1).max(1);
        if written.get(..line) != wanted.get(..line) {
            let short = joined(wanted.get(..written.len()).unwrap_or_default());
            self.set(comparator, &short);
            self.has_floor = compare(self.ecosystem, &short, self.target) == Ordering::Equal;
        }
        Ok(())
    }

    /// `1.2.*` and `1.x`: the numbers before the star.
    fn wildcard(&mut self, comparator: &Comparator<'_>, stem: Vec<u64>, spec: &str) -> Result<(), Refusal> {
        let wanted = numbers(self.target);
        let is_plain = matches!(comparator.operator, "" | "=" | "==");
        let lines = wanted.get(..stem.len());
        if !is_plain || lines.is_none_or(|line| line < stem.as_slice()) {
            return Err(if is_plain { asked_for(spec, self.target) } else { unclear(spec) });
        }
        if stem.is_empty() {
            let whole = comparator.operator_range.start..comparator.version_range.end;
            self.edits.replace(whole, format!(">={}", self.target));
            self.has_floor = true;
        } else if self.syntax == Syntax::Python {
            if lines != Some(stem.as_slice()) {
                self.set(comparator, &format!("{}.*", joined(lines.unwrap_or_default())));
            }
        } else {
            let operator = if stem.len() == 1 { "^" } else { "~" };
            let whole = comparator.operator_range.start..comparator.version_range.end;
            self.edits.replace(whole, format!("{operator}{}", self.target));
            self.has_floor = true;
        }
        Ok(())
    }

    fn set(&mut self, comparator: &Comparator<'_>, version: &str) {
        let v = comparator.version.starts_with('v') && !version.starts_with('v');
        let version = if v { format!("v{version}") } else { version.to_owned() };
        self.edits.replace(comparator.version_range.clone(), version);
    }
}

/// Lifts what Maven, Gradle and NuGet ask for: a version, `[1.2,2.0)`, `1.2.+`, `1.2.*`.
///
/// # Errors
/// As [`lift`].
pub fn lift_range(ecosystem: Ecosystem, spec: &str, target: &str) -> Result<String, Refusal> {
    let trimmed = spec.trim();
    let inner = trimmed.strip_prefix(['[', '(', ']']).and_then(|rest| rest.strip_suffix([']', ')', '[']));
    let Some(inner) = inner else {
        return lift_plain(ecosystem, spec, target);
    };
    if inner.contains(['[', ']', '(', ')']) {
        return Err(unclear(spec));
    }
    let start = spec.len() - spec.trim_start().len();
    let place = |part: &str| {
        let at = part.as_ptr() as usize - spec.as_ptr() as usize;
        at..at + part.len()
    };
    let mut edits = Edits::default();
    let (low, high) = match inner.split_once(',') {
        None => (inner.trim(), None),
        Some((low, high)) => (low.trim(), Some(high.trim())),
    };
    let is_known = |version: &str| version.is_empty() || is_version(version);
    if !is_known(low) || !high.is_none_or(is_known) {
        return Err(unclear(spec));
    }
    if !low.is_empty() && compare(ecosystem, low, target) != Ordering::Less {
        return Err(if high.is_none() { later(spec, target) } else { asked_for(spec, target) });
    }
    edits.replace(place(low), target);
    if !trimmed.starts_with('[') {
        edits.replace(start..start + 1, "[");
    }
    if let Some(high) = high.filter(|high| !high.is_empty()) {
        let order = compare(ecosystem, high, target);
        if trimmed.ends_with(']') {
            if order == Ordering::Less {
                edits.replace(place(high), target);
            }
        } else if order != Ordering::Greater {
            edits.replace(place(high), ceiling(high, target));
        }
    }
    edits.apply(spec).ok_or_else(|| unclear(spec))
}

fn lift_plain(ecosystem: Ecosystem, spec: &str, target: &str) -> Result<String, Refusal> {
    let trimmed = spec.trim();
    // Gradle's `1.2!!` is a strict version.
    let (version, strict) = trimmed.strip_suffix("!!").map_or((trimmed, ""), |version| (version, "!!"));
    if let Some(star) = version.strip_suffix(['+', '*']) {
        let stem = numbers(star);
        let wanted = numbers(target);
        return match wanted.get(..stem.len()) {
            Some(line) if line > stem.as_slice() => {
                Ok(format!("{}{}", joined(line), &version[star.trim_end_matches('.').len()..]))
            }
            Some(_) => Err(asked_for(spec, target)),
            None => Err(unclear(spec)),
        };
    }
    if !is_version(version) {
        return Err(unclear(spec));
    }
    match compare(ecosystem, version, target) {
        Ordering::Less => Ok(spec.replacen(trimmed, &format!("{target}{strict}"), 1)),
        _ => Err(later(spec, target)),
    }
}

/// The parts of a requirement; `None` if it has others: alternatives, addresses, aliases.
fn comparators(syntax: Syntax, spec: &str) -> Option<Vec<Comparator<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        at += spec
            .get(at..)?
            .find(|char: char| !(char.is_whitespace() || char == ','))
            .unwrap_or(spec.len() - at);
        let rest = spec.get(at..)?;
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|char| !matches!(char, '<' | '>' | '=' | '~' | '^' | '!')).unwrap_or(rest.len());
        let operator_range = at..at + end;
        at += end;
        at += spec.get(at..)?.find(|char: char| !char.is_whitespace())?;
        let rest = spec.get(at..)?;
        let end = rest.find(|char: char| char.is_whitespace() || char == ',').unwrap_or(rest.len());
        let version_range = at..at + end;
        at += end;
        found.push(Comparator {
            operator: spec.get(operator_range.clone())?,
            operator_range,
            version: spec.get(version_range.clone()).filter(|version| !version.is_empty())?,
            version_range,
        });
    }
    // In Python every version has an operator.
    let fits = syntax != Syntax::Python || found.iter().all(|it| !it.operator.is_empty());
    (!found.is_empty() && fits).then_some(found)
}

/// The numbers before a star; `None` if there is none.
fn stem(version: &str) -> Option<Vec<u64>> {
    let mut stem = Vec::new();
    for part in version.trim_start_matches('v').split('.') {
        if matches!(part, "*" | "x" | "X") {
            return Some(stem);
        }
        stem.push(part.parse().ok()?);
    }
    None
}

/// An upper bound above the target, in the form of the old one: for 2.1.4, `2` becomes `3`, `2.0.0`
/// becomes `3.0.0`, `1.5` becomes `2.2`.
fn ceiling(old: &str, target: &str) -> String {
    let written = numbers(old);
    let wanted = numbers(target);
    let at = written.iter().rposition(|number| *number != 0).unwrap_or(0);
    let number = |index: usize| match index.cmp(&at) {
        Ordering::Less => wanted.get(index).copied().unwrap_or(0),
        Ordering::Equal => wanted.get(index).copied().unwrap_or(0).saturating_add(1),
        Ordering::Greater => 0,
    };
    let new: Vec<u64> = (0..written.len().max(1)).map(number).collect();
    // npm's `<2.0.0-0` shuts early versions out too.
    let suffix = if old.ends_with("-0") { "-0" } else { "" };
    joined(&new) + suffix
}

fn joined(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

fn shown(spec: &str) -> String {
    spec.trim().chars().take(60).collect()
}

fn unclear(spec: &str) -> Refusal {
    Refusal::new(Reason::Requirement, format!("`{}` cannot be edited safely", shown(spec)))
}

fn asked_for(spec: &str, target: &str) -> Refusal {
    let spec = shown(spec);
    Refusal::new(
        Reason::LockFile,
        format!(
            "the manifest asks for `{spec}`, which is not below {target}: update what is locked or installed"
        ),
    )
}

fn later(spec: &str, target: &str) -> Refusal {
    let spec = shown(spec);
    Refusal::new(Reason::Version, format!("the manifest asks for `{spec}`, which is not below {target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_lifted_in_their_own_style() {
        use Ecosystem as E;
        use Syntax::*;
        for (syntax, ecosystem, spec, target, want) in [
            (Python, E::PyPi, "==2.2.0", "2.2.28", Ok("==2.2.28")),
            (Python, E::PyPi, " == 2.2.0 ", "2.2.28", Ok(" == 2.2.28 ")),
            (Python, E::PyPi, "===2.2.0", "2.2.28", Ok("===2.2.28")),
            (Python, E::PyPi, "~=1.4.2", "1.4.9", Ok("~=1.4.9")),
            (Python, E::PyPi, "~=1.4", "1.6.2", Ok("~=1.4,>=1.6.2")),
            (Python, E::PyPi, "~=1.4", "2.6.2", Ok("~=2.6,>=2.6.2")),
            (Python, E::PyPi, "~=1.4", "2", Err(Reason::Requirement)),
            (Python, E::PyPi, ">=1.0, <2", "1.26.18", Ok(">=1.26.18, <2")),
            (Python, E::PyPi, ">=1.0,<2", "2.1", Ok(">=2.1,<3")),
            (Python, E::PyPi, "<2.0", "1.5", Ok("<2.0,>=1.5")),
            (Python, E::PyPi, ">1,!=1.3", "1.5", Ok(">=1.5,!=1.3")),
            (Python, E::PyPi, ">1,!=1.5", "1.5", Err(Reason::Requirement)),
            (Python, E::PyPi, "==1.2.*", "1.2.9", Ok("==1.2.*,>=1.2.9")),
            (Python, E::PyPi, "==1.2.*", "1.3.4", Ok("==1.3.*,>=1.3.4")),
            (Python, E::PyPi, "==3.0", "2.2.28", Err(Reason::Version)),
            (Python, E::PyPi, ">=3.0", "2.2.28", Err(Reason::LockFile)),
            (Python, E::PyPi, "1.2", "2.2.28", Err(Reason::Requirement)),
            (Python, E::PyPi, "*", "2.2.28", Ok(">=2.2.28")),
            (Npm, E::Npm, "4.17.15", "4.17.21", Ok("4.17.21")),
            (Npm, E::Npm, "v4.17.15", "4.17.21", Ok("v4.17.21")),
            (Npm, E::Npm, "^1.2.3", "1.2.9", Ok("^1.2.9")),
            (Npm, E::Npm, "~1.2", "1.2.9", Ok("~1.2.9")),
            (Npm, E::Npm, "1.x", "1.5.2", Ok("^1.5.2")),
            (Npm, E::Npm, "1.2.x", "1.2.9", Ok("~1.2.9")),
            (Npm, E::Npm, "1", "1.5.2", Ok("^1.5.2")),
            (Npm, E::Npm, "1.2", "1.2.9", Ok("~1.2.9")),
            (Npm, E::Npm, "1.2", "1.1.9", Err(Reason::LockFile)),
            (Npm, E::Npm, "1.2 - 1.4", "1.5.2", Err(Reason::Requirement)),
            (Npm, E::Npm, "~1", "1.5.2", Ok("^1.5.2")),
            (Npm, E::Npm, ">=1.0.0 <2.0.0-0", "2.1.4", Ok(">=2.1.4 <3.0.0-0")),
            (Npm, E::Npm, "*", "2.1.4", Ok(">=2.1.4")),
            (Npm, E::Npm, "^1.0.0 || ^2.0.0", "2.1.4", Ok("^2.1.4")),
            (Npm, E::Npm, "^1.0.0 || ^2.0.0", "1.1.4", Ok("^1.1.4 || ^2.0.0")),
            (Npm, E::Npm, "^1.0.0 || ^2.0.0", "3.1.4", Err(Reason::Requirement)),
            (Npm, E::Npm, "^2.0.0 || ^1.0.0", "2.1.4", Err(Reason::Requirement)),
            (Npm, E::Npm, "1.0.0 - 2.0.0", "2.1.4", Err(Reason::Requirement)),
            (Npm, E::Npm, "latest", "2.1.4", Err(Reason::Requirement)),
            (Npm, E::Npm, "git+https://a.example/x.git#1", "2.1.4", Err(Reason::Requirement)),
            (Npm, E::Npm, "workspace:*", "2.1.4", Err(Reason::Requirement)),
            (Cargo, E::Cargo, "0.1", "0.2.23", Ok("0.2.23")),
            (Cargo, E::Cargo, "~1", "1.5.2", Ok("^1.5.2")),
            (Cargo, E::Cargo, "=0.1.43", "0.2.23", Ok("=0.2.23")),
            (Cargo, E::Cargo, ">=0.1, <0.2", "0.2.23", Ok(">=0.2.23, <0.3")),
            (Cargo, E::Cargo, "1", "0.2.23", Err(Reason::LockFile)),
            (Gem, E::Gem, "~> 5.2.1", "5.2.4.3", Ok("~> 5.2.4.3")),
            (Gem, E::Gem, "~> 5.2", "5.3.4", Ok("~> 5.2, >= 5.3.4")),
            (Gem, E::Gem, "", "5.3.4", Ok(">= 5.3.4")),
            (Composer, E::Composer, "~1.2", "1.3.4", Ok("~1.2,>=1.3.4")),
            (Composer, E::Composer, "1.2.*", "1.2.4", Ok("~1.2.4")),
            (Composer, E::Composer, "^6.3|^7.0", "7.1.4", Ok("^7.1.4")),
            (Composer, E::Composer, "dev-main", "7.1.4", Err(Reason::Requirement)),
            (Poetry, E::PyPi, "^2.2", "2.2.28", Ok("^2.2.28")),
        ] {
            let got = lift(syntax, ecosystem, spec, target);
            assert_eq!(got.as_deref().map_err(|e| e.reason), want, "{syntax:?} {spec} to {target}");
        }
    }

    #[test]
    fn ranges_are_lifted_in_their_own_style() {
        for (spec, target, want) in [
            ("2.14.0", "2.17.1", Ok("2.17.1")),
            ("\n 2.14.0 \n", "2.17.1", Ok("\n 2.17.1 \n")),
            ("2.14.0!!", "2.17.1", Ok("2.17.1!!")),
            ("[2.14.0]", "2.17.1", Ok("[2.17.1]")),
            ("[2.14.0,3.0)", "2.17.1", Ok("[2.17.1,3.0)")),
            ("(2.14.0, 2.15)", "2.17.1", Ok("[2.17.1, 2.18)")),
            ("[1.0,2.0]", "2.17.1", Ok("[2.17.1,2.17.1]")),
            ("(,2.0]", "1.5", Ok("[1.5,2.0]")),
            ("[1.0,1.5],[2.0,3.0)", "2.17.1", Err(Reason::Requirement)),
            ("2.+", "2.17.1", Err(Reason::LockFile)),
            ("2.14.+", "2.17.1", Ok("2.17.+")),
            ("2.14.*", "2.17.1", Ok("2.17.*")),
            ("2.18.0", "2.17.1", Err(Reason::Version)),
            ("$version", "2.17.1", Err(Reason::Requirement)),
            ("latest.release", "2.17.1", Err(Reason::Requirement)),
        ] {
            let got = lift_range(Ecosystem::Maven, spec, target);
            assert_eq!(got.as_deref().map_err(|e| e.reason), want, "{spec} to {target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_lifted_or_refused(spec in "[-0-9a-z.,<>=~^!*| \\[\\]()+é]{0,16}") {
            for syntax in [Syntax::Python, Syntax::Npm, Syntax::Cargo, Syntax::Gem, Syntax::Composer, Syntax::Poetry] {
                let _ = lift(syntax, Ecosystem::Npm, &spec, "1.2.3");
            }
            let _ = lift_range(Ecosystem::Maven, &spec, "1.2.3");
        }
    }
}
