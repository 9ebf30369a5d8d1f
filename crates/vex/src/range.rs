//! Ranges of versions (`vers:npm/>=1.0.0|<2.0.0`, the version range specifier of package URLs).
//!
//! What a version is, every ecosystem decides in its own way.
//! A range that is read wrongly would rule a finding out that is none of its business, so only
//! versions of dotted numbers are compared; all others are in no range.

use std::cmp::Ordering;

/// A range of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range(Vec<(Comparator, String)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Any,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Range {
    /// Reads a range; `None` if it has no constraint.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let constraints = match text.strip_prefix("vers:") {
            Some(rest) => rest.split_once('/')?.1,
            None => text,
        };
        let constraints = constraints.split(['|', ',']).map(str::trim).filter(|text| !text.is_empty());
        let constraints: Vec<_> = constraints.map(constraint).collect();
        (!constraints.is_empty()).then_some(Self(constraints))
    }

    /// The range that no version is in: one that could not be read.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether a text is written like a range and not like a version.
    pub(crate) fn is(text: &str) -> bool {
        text.trim_start().starts_with(['<', '>', '=', '!']) || text.trim_start().starts_with("vers:")
    }

    /// Whether the version is in the range, as far as that can be told.
    pub(crate) fn has(&self, version: &str) -> bool {
        let mut lower: Option<(Comparator, &str)> = None;
        let mut is_in = false;
        for (comparator, bound) in &self.0 {
            let order = || compare(version, bound);
            match comparator {
                Comparator::Any => is_in = true,
                Comparator::Equal => is_in |= version == bound || order() == Some(Ordering::Equal),
                Comparator::Unequal => {
                    if version == bound || order().is_none_or(Ordering::is_eq) {
                        return false;
                    }
                }
                Comparator::More | Comparator::AtLeast => lower = Some((*comparator, bound)),
                Comparator::Less | Comparator::AtMost => {
                    let above = lower.take().is_none_or(|lower| is_above(version, lower));
                    let below = match order() {
                        Some(order) => order.is_lt() || (*comparator == Comparator::AtMost && order.is_eq()),
                        None => false,
                    };
                    is_in |= above && below;
                }
            }
        }
        is_in || lower.is_some_and(|lower| is_above(version, lower))
    }
}

fn is_above(version: &str, (comparator, bound): (Comparator, &str)) -> bool {
    match compare(version, bound) {
        Some(order) => order.is_gt() || (comparator == Comparator::AtLeast && order.is_eq()),
        None => false,
    }
}

fn constraint(text: &str) -> (Comparator, String) {
    const COMPARATORS: [(&str, Comparator); 8] = [
        ("<=", Comparator::AtMost),
        (">=", Comparator::AtLeast),
        ("!=", Comparator::Unequal),
        ("==", Comparator::Equal),
        ("<", Comparator::Less),
        (">", Comparator::More),
        ("=", Comparator::Equal),
        ("", Comparator::Equal),
    ];
    if text == "*" {
        return (Comparator::Any, String::new());
    }
    let found = COMPARATORS.iter().find_map(|(sign, kind)| Some((*kind, text.strip_prefix(sign)?)));
    let (comparator, version) = found.unwrap_or((Comparator::Equal, text));
    (comparator, percent_encoding::percent_decode_str(version.trim()).decode_utf8_lossy().into_owned())
}

/// Two versions of dotted numbers, as `v1.10.0`.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (numbers(one)?, numbers(other)?);
    let length = one.len().max(other.len());
    let part = |parts: &[u64], at: usize| parts.get(at).copied().unwrap_or_default();
    let orders = (0..length).map(|at| part(&one, at).cmp(&part(&other, at)));
    Some(orders.fold(Ordering::Equal, Ordering::then))
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.trim();
    version.strip_prefix(['v', 'V']).unwrap_or(version).split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_ranges() {
        for (range, version, want) in [
            ("vers:npm/>=1.0.0|<2.0.0", "1.10.0", true),
            ("vers:npm/>=1.0.0|<2.0.0", "2.0", false),
            ("vers:npm/>=1.0.0|<2.0.0|>=3.0.0|<=3.1", "3.1.0", true),
            ("vers:npm/>=1.0.0|<2.0.0|>=3.0.0|<=3.1", "2.5", false),
            ("vers:npm/<2.0.0", "v1", true),
            ("vers:npm/>2.0.0", "2.0.1", true),
            ("vers:npm/>2.0.0", "2.0.0", false),
            ("vers:npm/1.2.3", "1.2.3", true),
            ("vers:npm/1.2.3|1.2.4-rc.1", "1.2.4-rc.1", true),
            ("vers:npm/>=1|!=1.5|<2", "1.5.0", false),
            ("vers:npm/>=1|!=1.5|<2", "1.6", true),
            ("vers:deb/*", "1:2~3", true),
            (">= 1.0, < 2.0", "1.5", true),
            ("<4.2", "4.1.9", true),
            ("<4.2", "4.1-3", false),
            ("<=4.2-1", "4.2-1", false),
            ("vers:x/%3E1", "2", false),
        ] {
            assert_eq!(
                Range::parse(range).is_some_and(|range| range.has(version)),
                want,
                "{version} in {range}"
            );
        }
        assert_eq!(Range::parse("vers:npm/"), None);
        assert_eq!(Range::parse("vers:npm"), None);
    }
}
