//! Numbers with dots, and what comes before a release behind `-`: Semantic Versioning 2.0.0, section
//! 11, for any count of numbers; and the versions of RubyGems.

use std::cmp::Ordering;

/// SemVer's order; missing numbers are zero, and what stands behind `+` does not count.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let [(one, one_early), (other, other_early)] = [one, other].map(parts);
    releases(one, other).then_with(|| match (one_early, other_early) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.split('.').map(Part::new).cmp(other.split('.').map(Part::new)),
    })
}

/// What is released, and what makes it early.
fn parts(version: &str) -> (&str, Option<&str>) {
    let version = version.trim().trim_start_matches(['v', 'V', '=']);
    let version = version.split('+').next().unwrap_or(version);
    match version.split_once('-') {
        Some((release, early)) => (release, Some(early)),
        None => (version, None),
    }
}

fn releases(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.split('.').map(Part::new), other.split('.').map(Part::new));
    loop {
        let (a, b) = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or(Part::ZERO), b.unwrap_or(Part::ZERO)),
        };
        if a != b {
            return a.cmp(&b);
        }
    }
}

/// Numbers are below words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    /// By length, then digits: any size.
    Number(usize, &'t str),
    Word(&'t str),
}

impl<'t> Part<'t> {
    const ZERO: Self = Self::Number(0, "");

    fn new(text: &'t str) -> Self {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let digits = text.trim_start_matches('0');
            Self::Number(digits.len(), digits)
        } else {
            Self::Word(text)
        }
    }
}

/// `Gem::Version`: runs of digits and letters; letters make it early.
pub(super) fn compare_gems(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(segments);
    for at in 0..one.len().max(other.len()) {
        let [a, b] = [&one, &other].map(|list| list.get(at).copied().unwrap_or(Part::ZERO));
        if a != b {
            return match (a, b) {
                (Part::Number(..), Part::Word(_)) => Ordering::Greater,
                (Part::Word(_), Part::Number(..)) => Ordering::Less,
                (a, b) => a.cmp(&b),
            };
        }
    }
    Ordering::Equal
}

fn segments(version: &str) -> Vec<Part<'_>> {
    let version = version.trim().trim_start_matches(['v', 'V']);
    let mut all: Vec<Part<'_>> = Vec::new();
    for part in version.split(['.', '-']) {
        let mut rest = part;
        while !rest.is_empty() {
            let is_digit = rest.starts_with(|char: char| char.is_ascii_digit());
            let end = rest.find(|char: char| char.is_ascii_digit() != is_digit).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            all.push(Part::new(run));
            rest = after;
        }
    }
    while all.last() == Some(&Part::ZERO) {
        all.pop();
    }
    all
}
