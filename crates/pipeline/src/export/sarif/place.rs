//! Where a result is. GitLab leaves a result without a physical location out, and folds results of
//! one rule at one place.

use super::{
    limits,
    model::{self, ArtifactLocation, Free, LogicalLocation, PhysicalLocation, Region},
};
use crate::export::dependency;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use scanlift_report_core::{Dependency, Detail, FileLocation, Location, Text, Vulnerability, WebLocation};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// What may not stand in the path of a URI (RFC 3986 §3.3), and `%`, which is meant as it stands.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same in a first segment, where a colon would end a scheme (RFC 3986 §4.2).
const FIRST: &AsciiSet = &PATH.add(b':');

/// What may not stand in a whole URI, whose own escapes stay.
const WHOLE: &AsciiSet = &PATH.remove(b'%').remove(b'#').remove(b'?').remove(b'[').remove(b']');

/// The repository as a whole: a finding that names no file is somewhere in it.
const ROOT: &str = ".";

/// A path as a relative URI reference.
pub(super) fn uri(path: &str) -> Text<'_> {
    let first = path.split('/').next().unwrap_or_default();
    if first.contains(':') {
        let rest = utf8_percent_encode(&path[first.len()..], PATH);
        return Cow::Owned(format!("{}{rest}", utf8_percent_encode(first, FIRST)));
    }
    utf8_percent_encode(path, PATH).into()
}

/// What the result is in: a file, a package of an image, the address of a page, else the repository.
fn artifact<'v>(location: &'v Location<'_>) -> Text<'v> {
    match location {
        Location::ContainerScanning(location) => in_image(&location.image, &location.dependency),
        Location::ClusterImageScanning(location) => in_image(&location.image, &location.dependency),
        Location::Dast(web) | Location::ApiFuzzing(web) => address(web),
        _ => match location.file().filter(|file| !file.trim().is_empty()) {
            Some(file) => uri(file),
            None => Cow::Borrowed(ROOT),
        },
    }
}

/// A package of an image. Its name is part of the path: GitLab merges results that share a CVE at one place,
/// and the packages of an image often do.
fn in_image(image: &str, dependency: &Dependency<'_>) -> Text<'static> {
    let path = format!("{}/{}", without_tag(image), dependency.package.name);
    Cow::Owned(uri(&path).into_owned())
}

/// An image without its tag and digest, which would make its findings new in every version. A file
/// system that stands for an image is named by its path.
fn without_tag(image: &str) -> &str {
    let image = image.trim_start_matches('/');
    if image.is_empty() {
        return ROOT;
    }
    let name = image.rfind('/').map_or(0, |at| at + 1);
    let end = image[name..].find([':', '@']).map_or(image.len(), |at| name + at);
    if end == 0 { image } else { &image[..end] }
}

/// The address of a page.
pub(super) fn address<'v>(web: &'v WebLocation<'_>) -> Text<'v> {
    let host = web.hostname.as_deref().unwrap_or_default();
    let path = web.path.as_deref().unwrap_or_default();
    match (host, path) {
        ("", "") => Cow::Borrowed(ROOT),
        ("", path) => uri(path.trim_start_matches('/')),
        (host, path) => {
            let between = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
            let whole = [host, between, path].concat();
            Cow::Owned(utf8_percent_encode(&whole, WHOLE).to_string())
        }
    }
}

/// The first location of a result, the only one that GitLab reads.
pub(super) fn location<'v>(vulnerability: &'v Vulnerability<'_>) -> model::Location<'v> {
    let source = vulnerability.location.source();
    let code = match vulnerability.details.get("code") {
        Some(Detail::Code { value, .. }) => Some(&**value),
        _ => vulnerability.raw_source_code_extract.as_deref(),
    };
    let lines = source.and_then(|source| source.range()).filter(|(start, _)| *start > 0);
    let region = lines.map(|(start, end)| Region {
        start_line: start,
        end_line: Some(end.max(start)),
        snippet: code.map(|code| Free { text: limits::code(code) }),
        ..Region::default()
    });
    model::Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: artifact(&vulnerability.location) },
            region,
        },
        logical_locations: logical(&vulnerability.location),
    }
}

/// Lines of a file.
pub(super) fn lines<'v>(file: &'v FileLocation<'_>) -> model::Location<'v> {
    let region = Region {
        start_line: file.line_start,
        start_column: file.column_start,
        end_line: file.line_end,
        end_column: file.column_end,
        snippet: None,
    };
    model::Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&file.file_name) },
            region: Some(region),
        },
        logical_locations: Vec::new(),
    }
}

/// What the place is called: a function, a package in an image, a workload.
fn logical<'v>(location: &'v Location<'_>) -> Vec<LogicalLocation<'v>> {
    let named = |name: Text<'v>, kind| LogicalLocation { fully_qualified_name: name, kind };
    let mut all = Vec::new();
    if let Some(source) = location.source() {
        match (source.class.as_deref(), source.method.as_deref()) {
            (Some(class), Some(method)) => {
                all.push(named(Cow::Owned(format!("{class}.{method}")), "function"));
            }
            (None, Some(method)) => all.push(named(Cow::Borrowed(method), "function")),
            (Some(class), None) => all.push(named(Cow::Borrowed(class), "type")),
            (None, None) => {}
        }
    }
    if let Some(dependency) = dependency(location) {
        let version = if dependency.version.is_empty() { "" } else { "@" };
        let name = [&*dependency.package.name, version, &*dependency.version].concat();
        all.push(named(Cow::Owned(name), "package"));
    }
    if let Location::ClusterImageScanning(location) = location {
        let workload = &location.kubernetes_resource;
        let name = format!("{}/{}/{}", workload.namespace, workload.kind, workload.name);
        all.push(named(Cow::Owned(name), "resource"));
    }
    all
}

/// What GitLab is to know a result by.
#[derive(Debug)]
pub(super) struct Known<'v> {
    /// The rule id.
    pub(super) rule_id: Text<'v>,
    /// CVEs that are not to be told.
    pub(super) untold: Vec<&'v str>,
}

/// What was met at which place, some eight bytes for each rule and sixteen for each CVE.
#[derive(Debug, Default)]
pub(super) struct Places {
    rules: HashSet<u64>,
    /// The package that a CVE was met of first.
    packages: HashMap<u64, u64>,
}

impl Places {
    /// What GitLab is to know the result of a finding by.
    pub(super) fn known<'v>(&mut self, scanner: &str, vulnerability: &'v Vulnerability<'_>) -> Known<'v> {
        let place = artifact(&vulnerability.location);
        let untold = self.untold(&place, vulnerability);
        Known { rule_id: self.rule_id(scanner, &place, &untold, vulnerability), untold }
    }

    /// The CVEs that another package has at the same place, as in one lock file. GitLab knows no packages,
    /// and would merge the two.
    fn untold<'v>(&mut self, place: &str, vulnerability: &'v Vulnerability<'_>) -> Vec<&'v str> {
        let Some(dependency) = dependency(&vulnerability.location) else { return Vec::new() };
        let package = hash(&dependency.package.name);
        let cves = vulnerability.identifiers.iter().filter(|known| known.kind == "cve");
        cves.map(|cve| &*cve.value)
            .filter(|cve| *self.packages.entry(hash((place, cve))).or_insert(package) != package)
            .collect()
    }

    /// The rule id of a finding: the value of its primary identifier. GitLab knows a result by rule,
    /// file and lines; of results that are equal in these the later ones get what tells them apart
    /// behind a slash (the package, the parameter, a number), which SARIF has for parts of a rule
    /// (2.1.0 §3.27.5). So does a CVE that is not to be told.
    fn rule_id<'v>(
        &mut self,
        scanner: &str,
        place: &str,
        untold: &[&str],
        vulnerability: &'v Vulnerability<'_>,
    ) -> Text<'v> {
        let rule = &*vulnerability.identifiers.primary().value;
        let lines = vulnerability.location.source().map(|source| (source.start_line, source.end_line));
        let mut is_new = |rule: &str| self.rules.insert(hash((scanner, rule, place, lines)));
        if !untold.contains(&rule) && is_new(rule) {
            return Cow::Borrowed(rule);
        }
        let what = match &vulnerability.location {
            Location::Dast(web) | Location::ApiFuzzing(web) => {
                [&web.method, &web.param].map(|part| part.as_deref().unwrap_or_default()).join(" ")
            }
            location => dependency(location).map_or("", |dependency| &dependency.package.name).to_owned(),
        };
        let part = format!("{rule}/{}", what.trim());
        if !what.trim().is_empty() && is_new(&part) {
            return Cow::Owned(part);
        }
        let numbered = (2_u64..).map(|number| format!("{rule}/{number}"));
        numbered.into_iter().find(|rule| is_new(rule)).map_or(Cow::Borrowed(rule), Cow::Owned)
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{DependencyLocation, Identifier, ImageLocation, SourceLocation};

    #[test]
    fn places_are_relative_references() {
        let image = |image: &'static str| {
            Location::ContainerScanning(ImageLocation::new(image, "debian:12", Dependency::new("a", "1")))
        };
        for (location, want) in [
            (Location::Sast(SourceLocation::file("src/a b#1%.c")), "src/a%20b%231%25.c"),
            (Location::Sast(SourceLocation::file("a:b/c:d")), "a%3Ab/c:d"),
            (Location::Sast(SourceLocation::file("ä.c")), "%C3%A4.c"),
            (Location::Sast(SourceLocation::default()), "."),
            (image("app:1.2"), "app/a"),
            (image("/some/path:latest"), "some/path/a"),
            (image("localhost:5000/group/app:1.2@sha256:ab"), "localhost%3A5000/group/app/a"),
            (
                Location::Dast(WebLocation::from_url("https://a.example:1/x y?z=1")),
                "https://a.example:1/x%20y",
            ),
            (Location::Dast(WebLocation::from_url("/login")), "login"),
            (Location::Dast(WebLocation::default()), "."),
        ] {
            assert_eq!(artifact(&location), want);
        }
    }

    fn package(name: &'static str, id: (&'static str, &'static str)) -> Vulnerability<'static> {
        let rule = Identifier::new(id.0, id.1, id.1).expect("parts are filled");
        let place = DependencyLocation::new("yarn.lock", Dependency::new(name, "1"));
        Vulnerability::new(rule, Location::DependencyScanning(place))
    }

    #[test]
    fn results_at_one_place_are_told_apart() {
        let mut places = Places::default();
        for (name, want) in [
            ("lodash", "GHSA-2"),
            ("lodash.merge", "GHSA-2/lodash.merge"),
            ("lodash.merge", "GHSA-2/2"),
            ("lodash.merge", "GHSA-2/3"),
        ] {
            assert_eq!(places.known("acme", &package(name, ("ghsa", "GHSA-2"))).rule_id, want);
        }
        assert_eq!(places.known("other", &package("lodash", ("ghsa", "GHSA-2"))).rule_id, "GHSA-2");
    }

    #[test]
    fn a_cve_is_told_of_one_package_of_a_file() {
        let mut places = Places::default();
        let cve = ("cve", "CVE-2020-1");
        let mut advisory = package("lodash.merge", ("ghsa", "GHSA-2"));
        advisory.identifiers.extend(Identifier::new(cve.0, cve.1, cve.1));
        for (scanner, vulnerability, rule_id, is_told) in [
            ("acme", &package("lodash", cve), "CVE-2020-1", true),
            ("acme", &package("lodash.set", cve), "CVE-2020-1/lodash.set", false),
            ("acme", &advisory, "GHSA-2", false),
            ("other", &package("lodash", cve), "CVE-2020-1", true),
            ("other", &package("lodash.set", cve), "CVE-2020-1/lodash.set", false),
        ] {
            let known = places.known(scanner, vulnerability);
            assert_eq!((&*known.rule_id, known.untold.is_empty()), (rule_id, is_told));
        }
    }
}
