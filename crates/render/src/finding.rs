//! A finding as it stands in a report, read as leniently as people would.

use crate::report::Scan;
use scanlift_convert_api::json::{self, Loose, Text, filled};
use scanlift_report_core::{Cvss, Severity};
use serde::Deserialize;
use std::{borrow::Cow, fmt::Write as _};

/// What became of a finding since the base reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// There are no base reports to tell.
    Found,
    /// In the head reports only.
    New,
    /// In both.
    Known,
    /// In the base reports only.
    Fixed,
    /// A secret that is in the base reports only: GitLab never calls it fixed, since it is leaked.
    Gone,
}

impl State {
    /// Every state, in the order in which people want to read them.
    pub(crate) const ALL: [Self; 5] = [Self::Found, Self::New, Self::Known, Self::Fixed, Self::Gone];

    /// For programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::New => "new",
            Self::Known => "known",
            Self::Fixed => "fixed",
            Self::Gone => "gone",
        }
    }

    /// For people, after a number.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::New => "new",
            Self::Known => "still there",
            Self::Fixed => "fixed",
            Self::Gone => "no longer found, but leaked",
        }
    }

    /// Whether it is in what was scanned last.
    pub(crate) const fn is_there(self) -> bool {
        matches!(self, Self::Found | Self::New | Self::Known)
    }
}

/// A finding on its way into an output.
pub(crate) struct Item<'a> {
    /// Its number in all reports, those of the head first.
    pub(crate) index: u64,
    pub(crate) scan: &'a Scan,
    pub(crate) state: State,
    pub(crate) severity: Severity,
    /// Its JSON, which has been parsed.
    pub(crate) json: &'a [u8],
    pub(crate) vulnerability: Vulnerability<'a>,
}

/// An entry of `vulnerabilities`; what does not fit is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    pub(crate) name: Option<Text<'a>>,
    /// What schema 14 had for a name.
    pub(crate) message: Option<Text<'a>>,
    pub(crate) description: Option<Text<'a>>,
    pub(crate) severity: Option<Text<'a>>,
    pub(crate) solution: Option<Text<'a>>,
    pub(crate) identifiers: Vec<Identifier<'a>>,
    pub(crate) links: Vec<Link<'a>>,
    pub(crate) location: Location<'a>,
    pub(crate) flags: Vec<Flag<'a>>,
    pub(crate) cvss_vectors: Vec<Vector<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Identifier<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Loose<'a>>,
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) value: Option<Loose<'a>>,
    pub(crate) url: Option<Text<'a>>,
}

impl Identifier<'_> {
    /// What people call it.
    pub(crate) fn shown(&self) -> &str {
        filled(&self.name).or_else(|| filled(&self.value)).unwrap_or_default()
    }

    fn is(&self, kind: &str) -> bool {
        filled(&self.kind).is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link<'a> {
    #[serde(borrow)]
    pub(crate) url: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Flag<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vector<'a> {
    #[serde(borrow)]
    pub(crate) vector: Option<Text<'a>>,
}

/// Where it is: the fields of every kind of report, of which one kind has some.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Location<'a> {
    #[serde(borrow)]
    pub(crate) file: Option<Text<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
    pub(crate) commit: Option<Commit<'a>>,
    pub(crate) dependency: Option<Dependency<'a>>,
    pub(crate) image: Option<Text<'a>>,
    pub(crate) kubernetes_resource: Option<Workload<'a>>,
    pub(crate) hostname: Option<Text<'a>>,
    pub(crate) method: Option<Text<'a>>,
    pub(crate) param: Option<Text<'a>>,
    pub(crate) path: Option<Text<'a>>,
    pub(crate) crash_type: Option<Text<'a>>,
    pub(crate) crash_state: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Commit<'a> {
    #[serde(borrow)]
    pub(crate) sha: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Dependency<'a> {
    #[serde(borrow)]
    pub(crate) package: Option<Package<'a>>,
    pub(crate) version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Package<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Workload<'a> {
    #[serde(borrow)]
    pub(crate) namespace: Option<Text<'a>>,
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
}

impl Location<'_> {
    /// Name of the package, and its version if that is known.
    pub(crate) fn package(&self) -> (&str, &str) {
        let Some(dependency) = &self.dependency else { return ("", "") };
        let name = dependency.package.as_ref().and_then(|package| filled(&package.name));
        (name.unwrap_or_default(), filled(&dependency.version).unwrap_or_default())
    }

    /// The address, of a running application.
    pub(crate) fn url(&self) -> String {
        let part = |part| filled(part).unwrap_or_default();
        format!("{}{}", part(&self.hostname).trim_end_matches('/'), part(&self.path))
    }

    /// What findings are grouped by: the file, else the image, the address, or the crash.
    pub(crate) fn thing(&self) -> Cow<'_, str> {
        let single = filled(&self.file).or_else(|| filled(&self.image));
        match single {
            Some(text) => Cow::Borrowed(text),
            None if self.path.is_some() || self.hostname.is_some() => Cow::Owned(self.url()),
            None => Cow::Borrowed(filled(&self.crash_type).unwrap_or_default()),
        }
    }

    /// Where it is, as people say it: `src/a.c:3`, `GET https://a.example/b (id)`.
    pub(crate) fn place(&self) -> String {
        let mut place = self.thing().into_owned();
        if filled(&self.file).is_some() {
            match (self.start_line, self.end_line) {
                (Some(start), Some(end)) if end > start => drop(write!(place, ":{start}-{end}")),
                (Some(start), _) => drop(write!(place, ":{start}")),
                (None, _) => {}
            }
        } else if let Some(workload) = &self.kubernetes_resource {
            let parts = [&workload.namespace, &workload.kind, &workload.name].map(|part| filled(part));
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            let _ = write!(place, " ({})", parts.join("/"));
        } else if self.image.is_none() && self.crash_type.is_none() {
            if let Some(method) = filled(&self.method) {
                place = format!("{method} {place}");
            }
            if let Some(param) = filled(&self.param) {
                let _ = write!(place, " ({param})");
            }
        }
        place
    }
}

impl Item<'_> {
    /// What it is called; without a name as GitLab makes one.
    pub(crate) fn title(&self) -> Cow<'_, str> {
        let own = &self.vulnerability;
        if let Some(name) = filled(&own.name).or_else(|| filled(&own.message)) {
            return Cow::Borrowed(name);
        }
        let best = own.identifiers.iter().find(|it| it.is("cve")).or_else(|| own.identifiers.first());
        let label = best.map_or("a finding without a name", Identifier::shown);
        match &*own.location.thing() {
            "" => Cow::Borrowed(label),
            thing => Cow::Owned(format!("{label} in {}", thing.rsplit('/').next().unwrap_or(thing))),
        }
    }

    /// The primary identifier.
    pub(crate) fn rule(&self) -> &str {
        self.vulnerability.identifiers.first().map_or("", Identifier::shown)
    }

    /// Where to read about the primary identifier, else about the finding; http and https only.
    pub(crate) fn link(&self) -> Option<&str> {
        let own = &self.vulnerability;
        let primary = own.identifiers.first().and_then(|it| filled(&it.url));
        let urls = primary.into_iter().chain(own.links.iter().filter_map(|link| filled(&link.url)));
        urls.filter(|url| is_link(url)).map(str::trim).next()
    }

    /// The names of the identifiers of that type.
    pub(crate) fn identifiers(&self, kind: &str) -> String {
        let own = self.vulnerability.identifiers.iter().filter(|it| it.is(kind));
        own.map(Identifier::shown).collect::<Vec<_>>().join(", ")
    }

    /// The names of all identifiers.
    pub(crate) fn all_identifiers(&self) -> String {
        let shown = self.vulnerability.identifiers.iter().map(Identifier::shown);
        shown.collect::<Vec<_>>().join(", ")
    }

    /// The highest CVSS score.
    pub(crate) fn score(&self) -> Option<f64> {
        let vectors = self.vulnerability.cvss_vectors.iter().filter_map(|it| filled(&it.vector));
        vectors.filter_map(Cvss::parse).map(|cvss| cvss.score).max_by(f64::total_cmp)
    }

    /// Whether its scanner doubts it.
    pub(crate) fn is_doubted(&self) -> bool {
        let mut flags = self.vulnerability.flags.iter().filter_map(|flag| filled(&flag.kind));
        flags.any(|kind| kind == "flagged-as-likely-false-positive")
    }
}

/// Whether people may be led there by a click.
pub(crate) fn is_link(url: &str) -> bool {
    let url = url.trim();
    let scheme = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    scheme.is_some_and(|rest| !rest.is_empty()) && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The severity of a word; what GitLab does not know is unknown.
pub(crate) fn severity(word: Option<&str>) -> Severity {
    word.and_then(Severity::from_word).unwrap_or(Severity::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_said_as_people_do() {
        for (json, place, thing) in [
            (r#"{"file": "a/b.c", "start_line": 3, "end_line": 3}"#, "a/b.c:3", "a/b.c"),
            (r#"{"file": "a/b.c", "start_line": "3", "end_line": 5}"#, "a/b.c:3-5", "a/b.c"),
            (r#"{"file": "a/b.c", "method": "main"}"#, "a/b.c", "a/b.c"),
            (r#"{"image": "app:1", "dependency": {"package": {"name": "x"}}}"#, "app:1", "app:1"),
            (
                r#"{"image": "app:1", "kubernetes_resource": {"namespace": "n", "kind": "Pod", "name": "p"}}"#,
                "app:1 (n/Pod/p)",
                "app:1",
            ),
            (
                r#"{"hostname": "https://a.example/", "path": "/b", "method": "GET", "param": "id"}"#,
                "GET https://a.example/b (id)",
                "https://a.example/b",
            ),
            (r#"{"crash_type": "heap", "crash_state": "f"}"#, "heap", "heap"),
            ("{}", "", ""),
        ] {
            let location: Location<'_> = serde_json::from_str(json).expect("a location");
            assert_eq!((location.place().as_str(), &*location.thing()), (place, thing), "{json}");
        }
    }

    #[test]
    fn only_plain_web_addresses_are_links() {
        for (url, want) in [
            ("https://a.example/?b#c", true),
            (" http://a.example ", true),
            ("https://", false),
            ("ftp://a.example", false),
            ("javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("https://a.example/\u{202e}b", false),
            ("https://a.example/a b", false),
        ] {
            assert_eq!(is_link(url), want, "{url}");
        }
    }
}
