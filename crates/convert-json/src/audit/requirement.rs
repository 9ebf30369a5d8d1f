//! Version requirements of package managers, as far as they say which version mends something.

use scanlift_report_core::Text;
use std::borrow::Cow;

/// The first mended version of each release line: `1.2.3` and `2.0.1` of `>=1.2.3 <2.0.0 || >=2.0.1`.
///
/// Takes the requirements of npm (`>=`, `||`), Cargo (`>=`, `^`), RubyGems (`>=`, `~>`) and Composer.
/// A requirement that only bounds from above, or that excludes its bound (`> 1.2`), names no version.
pub(crate) fn mended<'a>(requirements: impl IntoIterator<Item = &'a str>) -> Vec<Text<'a>> {
    let mut versions: Vec<Text<'a>> = Vec::new();
    for version in requirements.into_iter().flat_map(|text| text.split("||")).filter_map(lower_bound) {
        if !versions.iter().any(|known| known == version) && versions.len() < MOST {
            versions.push(Cow::Borrowed(version));
        }
    }
    versions
}

/// More release lines than anybody keeps up.
const MOST: usize = 50;

/// Of several bounds the last: `5.2.4.3` of `~> 5.2.4, >= 5.2.4.3`, which names a release line first.
fn lower_bound(requirement: &str) -> Option<&str> {
    requirement.split(',').rev().find_map(bound)
}

fn bound(requirement: &str) -> Option<&str> {
    let requirement = requirement.trim();
    let bound = [">=", "~>", "^", "="].iter().find_map(|operator| requirement.strip_prefix(operator))?;
    let bound = bound.trim_start();
    let version = bound.split([' ', '<', '\t']).next().unwrap_or(bound);
    version.starts_with(|c: char| c.is_ascii_digit() || c == 'v').then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_name_versions() {
        for (requirements, want) in [
            (vec![">=1.2.6"], vec!["1.2.6"]),
            (vec![">=1.2.3 <2.0.0 || >=2.0.1"], vec!["1.2.3", "2.0.1"]),
            (vec![">=0.6.14, <1.0.0", ">=1.6.1"], vec!["0.6.14", "1.6.1"]),
            (vec!["~> 5.2.4, >= 5.2.4.3", ">= 6.0.3.1"], vec!["5.2.4.3", "6.0.3.1"]),
            (vec!["^0.4.1", "^0.4.1"], vec!["0.4.1"]),
            (vec![">= 2.0<3"], vec!["2.0"]),
            (vec!["<0.0.0", "> 1.2", "*", ">=", ""], vec![]),
        ] {
            assert_eq!(mended(requirements.iter().copied()), want, "{requirements:?}");
        }
    }
}
