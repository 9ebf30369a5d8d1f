//! Which versions are affected and which are not.

use crate::model::Version;
use scanlift_convert_api::json::filled;
use std::cmp::Ordering;

/// Of more versions without the vulnerability than this nobody knows which one mends it: they are a
/// list of all.
const MOST_FIXED: usize = 5;
/// More versions are not listed.
const MOST_LISTED: usize = 100;

/// What a target says of versions, seen from the one that the component has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions<'a> {
    /// The component's own version is said not to be affected.
    pub(crate) is_unaffected: bool,
    /// Later versions without the vulnerability.
    pub(crate) fixed: Vec<&'a str>,
    /// Versions and ranges with it, apart from the component's own.
    pub(crate) affected: String,
    /// Versions and ranges without it, apart from those that mend it.
    pub(crate) unaffected: String,
    /// Versions and ranges of which nobody knows.
    pub(crate) unknown: String,
}

impl<'a> Versions<'a> {
    /// Reads `affects[].versions`; `own` may be empty.
    pub(crate) fn read(versions: &'a [Version<'_>], own: &str) -> Self {
        let mut read = Self::default();
        let (mut affected, mut unaffected, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_affected = false;
        for version in versions {
            let exact = filled(&version.version);
            let is_own = exact == Some(own) && !own.is_empty();
            let Some(text) = exact.or(filled(&version.range)) else { continue };
            match filled(&version.status) {
                Some("unaffected") if is_own => read.is_unaffected = true,
                Some("unaffected") => unaffected.push(text),
                Some("unknown") => unknown.push(text),
                _ if is_own => is_affected = true,
                _ => affected.push(text),
            }
        }
        read.is_unaffected &= !is_affected;
        let fixed: Vec<&str> =
            unaffected.iter().filter_map(|text| mends(text, own)).take(MOST_FIXED + 1).collect();
        if fixed.len() <= MOST_FIXED {
            unaffected.retain(|text| mends(text, own).is_none());
            read.fixed = fixed;
        }
        read.affected = list(&affected);
        read.unaffected = list(&unaffected);
        read.unknown = list(&unknown);
        read
    }
}

fn list(texts: &[&str]) -> String {
    let mut list = texts.iter().take(MOST_LISTED).copied().collect::<Vec<_>>().join(", ");
    if texts.len() > MOST_LISTED {
        list.push_str(&format!(" and {} more", texts.len() - MOST_LISTED));
    }
    list
}

/// The version without the vulnerability that somebody with their `own` can go to: a later one, or
/// the start of a range that is open above (`vers:npm/>=1.2.3`, <https://github.com/package-url/vers-spec>).
fn mends<'a>(unaffected: &'a str, own: &str) -> Option<&'a str> {
    let range = unaffected.strip_prefix("vers:").and_then(|range| Some(range.split_once('/')?.1));
    let from = range.unwrap_or(unaffected).trim().strip_prefix(">=").map(str::trim);
    let version = match (range, from) {
        (_, Some(from)) => from,
        (Some(_), None) => return None,
        (None, None) => unaffected,
    };
    let is_version = !version.contains(['|', '<', '>', '=', '*', ' ', ',']);
    (is_version && !own.is_empty() && compare(version, own) == Ordering::Greater).then_some(version)
}

/// The order of versions as far as all ecosystems agree: numbers by value, texts by letters, and a
/// text where the other ends (`1.0-rc1`) is before it.
fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (parts(one), parts(other));
    loop {
        let ordering = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (Some(Part::Text(_)), None) => Ordering::Less,
            (None, Some(Part::Text(_))) => Ordering::Greater,
            (Some(Part::Number(_)), None) => Ordering::Greater,
            (None, Some(Part::Number(_))) => Ordering::Less,
            (Some(one), Some(other)) => one.cmp(&other),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Text(&'a str),
    Number(u64),
}

fn parts(version: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = version.trim().trim_start_matches(['v', 'V']);
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let first = rest.chars().next()?;
        let is_number = first.is_ascii_digit();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != is_number)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(if is_number { Part::Number(part.parse().unwrap_or(u64::MAX)) } else { Part::Text(part) })
    })
}

/// The package and the versions in a recommendation that says nothing else: `Upgrade curl to version
/// 8.4.0` of Trivy, `Update to 2.4.9 or later` of dep-scan (which names no package).
pub(crate) fn recommended(text: &str) -> Option<(&str, Vec<&str>)> {
    let text = text.trim().trim_end_matches('.');
    let (verb, rest) = text.split_once(' ')?;
    if !["upgrade", "update"].iter().any(|known| verb.eq_ignore_ascii_case(known)) {
        return None;
    }
    let (package, versions) = match rest.strip_prefix("to ") {
        Some(versions) => ("", versions),
        None => rest.rsplit_once(" to ")?,
    };
    let versions = versions.strip_prefix("version ").unwrap_or(versions);
    let endings = [" or later", " or higher", " or newer", " or above"];
    let versions = endings.iter().find_map(|ending| versions.strip_suffix(ending)).unwrap_or(versions);
    let versions: Vec<&str> =
        versions.split(',').flat_map(|part| part.split(" or ")).map(str::trim).collect();
    let is_version = |text: &&str| {
        !text.contains(char::is_whitespace)
            && text.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit())
    };
    versions.iter().all(is_version).then_some((package.trim(), versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(json: &str) -> Vec<Version<'_>> {
        serde_json::from_str(json).expect("versions")
    }

    #[test]
    fn later_versions_without_it_mend_it() {
        for (json, own, fixed, affected, unaffected) in [
            (
                r#"[{"version": "2.3", "status": "affected"}, {"version": "2.4.9", "status": "unaffected"}]"#,
                "2.3",
                &["2.4.9"][..],
                "",
                "",
            ),
            (
                r#"[{"version": "1.0", "status": "unaffected"}, {"version": "1.10", "status": "unaffected"}]"#,
                "1.9",
                &["1.10"],
                "",
                "1.0",
            ),
            (
                r#"[{"range": "vers:npm/<1.6.0"}, {"range": "vers:npm/>=1.6.0", "status": "unaffected"}]"#,
                "1.2.0",
                &["1.6.0"],
                "vers:npm/<1.6.0",
                "",
            ),
            (r#"[{"range": "vers:npm/>=1|<2", "status": "unaffected"}]"#, "0.1", &[], "", "vers:npm/>=1|<2"),
            (r#"[{"version": "2.0", "status": "unaffected"}]"#, "", &[], "", "2.0"),
        ] {
            let versions = versions(json);
            let read = Versions::read(&versions, own);
            assert_eq!(read.fixed, fixed, "{json}");
            assert_eq!((&*read.affected, &*read.unaffected), (affected, unaffected), "{json}");
            assert!(!read.is_unaffected);
        }
    }

    #[test]
    fn a_list_of_all_versions_mends_nothing() {
        let all: Vec<String> =
            (2..9).map(|minor| format!(r#"{{"version": "1.{minor}", "status": "unaffected"}}"#)).collect();
        let json = format!("[{}]", all.join(","));
        let versions = versions(&json);
        let read = Versions::read(&versions, "1.1");
        assert!(read.fixed.is_empty());
        assert_eq!(read.unaffected, "1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8");
        assert!(Versions::read(&versions, "1.4").is_unaffected);
    }

    #[test]
    fn versions_have_an_order() {
        for (one, want, other) in [
            ("1.10", Ordering::Greater, "1.9"),
            ("v1.2.3", Ordering::Equal, "1.2.3"),
            ("1.2.3", Ordering::Greater, "1.2.3-rc1"),
            ("1.2.3.1", Ordering::Greater, "1.2.3"),
            ("2.9.10.7", Ordering::Greater, "2.9.10"),
            ("1:1.0", Ordering::Less, "1:1.1"),
            ("5.3.0.Final", Ordering::Less, "5.3.1.Final"),
            ("99999999999999999999999", Ordering::Greater, "1"),
        ] {
            assert_eq!(compare(one, other), want, "{one} {other}");
        }
    }

    #[test]
    fn recommendations_of_tools_name_versions() {
        for (text, want) in [
            ("Upgrade curl to version 7.81.0-1ubuntu1.15", Some(("curl", vec!["7.81.0-1ubuntu1.15"]))),
            ("Upgrade lodash to version 3.10.2, 4.17.21", Some(("lodash", vec!["3.10.2", "4.17.21"]))),
            ("Update to 2.4.9 or later", Some(("", vec!["2.4.9"]))),
            ("Update to v2.4.9 or higher.", Some(("", vec!["v2.4.9"]))),
            ("Upgrade", None),
            ("Upgrade to the next release", None),
            (
                "Upgrade org.acme:a to version 2.6.7.4, 2.9.10.7 or higher.",
                Some(("org.acme:a", vec!["2.6.7.4", "2.9.10.7"])),
            ),
            ("Do not upgrade to 2.0", None),
            ("", None),
        ] {
            assert_eq!(recommended(text), want, "{text}");
        }
    }
}
