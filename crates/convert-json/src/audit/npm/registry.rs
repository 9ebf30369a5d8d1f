//! What the registry of npm answers to a full audit, as npm 6, pnpm and Yarn pass it on.
//!
//! Its layout: `{"actions": [...], "advisories": {"118": {...}}, "muted": [], "metadata": {...}}`.

use super::{Actions, Cvss, about, rating, weaknesses};
use crate::audit::address::advisory_id;
use crate::audit::requirement::mended;
use crate::audit::{NOT_MENDED, path, title_with};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Kind, Loose, Reader, Records, TextOr, filled, flag};
use scanlift_convert_api::package::{Package, Place};
use scanlift_convert_api::{ConvertError, Outcome, SkipReason};
use scanlift_report_core::{Details, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// What holds for all advisories of a document.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    /// The lock file.
    pub(crate) manifest: Text<'a>,
    /// Whether dependency paths begin with the workspace that asks (pnpm).
    pub(crate) importers: bool,
    /// What to do.
    pub(crate) actions: Actions,
}

/// What a key of the answer holds of records.
pub(crate) fn visit<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    match key {
        "advisories" if reader.peek()? == Kind::Object => {
            reader.each_key(|_, reader| records.map(reader, scope, map_advisory))
        }
        "advisories" => records.each(reader, |records, reader| records.map(reader, scope, map_advisory)),
        "muted" => records.each(reader, |records, reader| records.map(reader, scope, map_muted)),
        _ => Ok(()),
    }
}

/// An entry of `advisories`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Advisory<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    github_advisory_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cves: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe: Vec<Loose<'a>>,
    cvss: Option<Cvss<'a>>,
    module_name: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    overview: Option<Loose<'a>>,
    recommendation: Option<Loose<'a>>,
    /// A Markdown list, or a list.
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
    url: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    vulnerable_versions: Option<Loose<'a>>,
    patched_versions: Option<Loose<'a>>,
    created: Option<Loose<'a>>,
    updated: Option<Loose<'a>>,
    found_by: Option<TextOr<'a, Person<'a>>>,
    reported_by: Option<TextOr<'a, Person<'a>>>,
    #[serde(deserialize_with = "json::list")]
    findings: Vec<Installed<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

/// A version that is installed, and how the project comes to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Installed<'a> {
    #[serde(borrow)]
    version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    paths: Vec<Loose<'a>>,
    dev: Option<Loose<'a>>,
    optional: Option<Loose<'a>>,
}

pub(crate) fn map_advisory<'a>(advisory: &'a Advisory<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let number = filled(&advisory.id).unwrap_or_default();
    let name = filled(&advisory.module_name).unwrap_or_default();
    let url = filled(&advisory.url);
    let ids = filled(&advisory.github_advisory_id)
        .into_iter()
        .chain(url.and_then(advisory_id))
        .chain(advisory.cves.iter().map(|cve| &**cve));
    let mut about = about(ids, number);
    about.url = url.map(Cow::Borrowed);
    about.title = filled(&advisory.title).map(|title| title_with(title, name));
    about.description = filled(&advisory.overview).map(Cow::Borrowed);
    about.solution = filled(&advisory.recommendation).filter(|text| !is_none(text)).map(Cow::Borrowed);
    about.severity = filled(&advisory.severity).map(Cow::Borrowed);
    about.ratings.extend(advisory.cvss.as_ref().and_then(rating));
    about.weaknesses = weaknesses(&advisory.cwe);
    about.references = advisory.references.iter().flat_map(|text| references(text)).collect();
    about.published = filled(&advisory.created).map(Cow::Borrowed);
    about.modified = filled(&advisory.updated).map(Cow::Borrowed);

    let mut versions: Vec<&str> = Vec::new();
    for version in advisory.findings.iter().filter_map(|installed| filled(&installed.version)) {
        if versions.len() < 50 && !versions.contains(&version) {
            versions.push(version);
        }
    }
    let mut package = Package::new(name, versions.first().copied().unwrap_or_default());
    package.kind = Some("npm".into());
    package.vulnerable = filled(&advisory.vulnerable_versions).map(Cow::Borrowed);
    package.fixed = mended(filled(&advisory.patched_versions));
    if about.solution.is_none() && package.fixed.is_empty() {
        about.solution = Some(NOT_MENDED.into());
    }
    let paths = || advisory.findings.iter().flat_map(|installed| &installed.paths);
    let direct = paths().find(|path| way(path, scope.importers).1);
    if let Some(first) = direct.or_else(|| paths().next()) {
        let (steps, direct) = way(first, scope.importers);
        package.introduced_by = path(steps);
        package.direct = Some(direct);
    }

    let place = Place::Manifest(Cow::Borrowed(&scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an advisory without an id or a package", number);
    };
    let details = &mut finding.vulnerability.details;
    if versions.len() > 1 {
        details.text("installed_versions", "Installed versions", versions.join(", "));
    }
    if paths().nth(1).is_some() {
        let shown = paths().map(|path| way(path, scope.importers).0.join(" > "));
        add_list(details, "dependency_paths", "Dependency paths", shown);
    }
    let action = scope.actions.get(number);
    details.text("fix_command", "Fix command", action.map_or("", |action| &*action.command));
    details.text(
        "dependency_usage",
        "Needed for",
        action.map_or_else(|| usage(&advisory.findings), |it| it.usage),
    );
    people(details, advisory);
    details.text("npm_advisory", "npm advisory", number);
    Outcome::finding(finding)
}

/// The packages of a dependency path, and whether the project asks for the last one itself.
///
/// pnpm writes the workspace first (`.>lodash`, `packages__app>lodash`), and so does Yarn 1 below
/// a name that it makes up anew in every run (`workspace-aggregator-7f1c...>app>lodash`).
fn way(path: &str, importers: bool) -> (Vec<&str>, bool) {
    let mut steps: Vec<&str> = path.split('>').map(str::trim).filter(|step| !step.is_empty()).collect();
    let aggregated = steps.first().is_some_and(|step| step.starts_with("workspace-aggregator-"));
    let root = steps.first() == Some(&".");
    if aggregated || root {
        steps.remove(0);
    }
    let asking = usize::from(!root && (aggregated || importers));
    let direct = steps.len() == asking + 1;
    (steps, direct)
}

/// The addresses of a Markdown list, or one by itself.
fn references(text: &str) -> impl Iterator<Item = Text<'_>> {
    text.lines().filter_map(|line| {
        let start = line.find("http://").or_else(|| line.find("https://"))?;
        let url = line.get(start..)?.split([' ', ')', '>', '"']).next()?;
        Some(Cow::Borrowed(url))
    })
}

/// What the registry writes where there is nothing to recommend.
fn is_none(text: &str) -> bool {
    ["none", "none.", "n/a", "null"].iter().any(|none| text.eq_ignore_ascii_case(none))
}

/// Whether only the development of the project needs a package.
fn usage(findings: &[Installed<'_>]) -> &'static str {
    let all = |of: fn(&Installed<'_>) -> Option<bool>| {
        !findings.is_empty() && findings.iter().all(|installed| of(installed) == Some(true))
    };
    match () {
        () if all(|installed| flag(&installed.dev)) => "development",
        () if all(|installed| flag(&installed.optional)) => "optional",
        () => "",
    }
}

fn people<'a>(details: &mut Details<'a>, advisory: &'a Advisory<'_>) {
    let name = |person: &'a Option<TextOr<'_, Person<'_>>>| match person {
        Some(TextOr::Text(name)) => name.trim(),
        Some(TextOr::Other(person)) => filled(&person.name).unwrap_or_default(),
        None => "",
    };
    details.text("found_by", "Found by", name(&advisory.found_by));
    details.text("reported_by", "Reported by", name(&advisory.reported_by));
}

/// An entry of `muted`: an advisory that the registry was told not to report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Muted<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
}

fn map_muted<'a>(muted: &'a Muted<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    let example = filled(&muted.title).or(filled(&muted.id)).unwrap_or_default();
    Outcome::skip(SkipReason::Suppressed, "muted", example)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_begin_at_the_project() {
        for (path, importers, steps, direct) in [
            ("lodash", false, "lodash", true),
            ("a>b>lodash", false, "a b lodash", false),
            (".>lodash", true, "lodash", true),
            (".>a>lodash", true, "a lodash", false),
            ("packages__app>lodash", true, "packages__app lodash", true),
            ("workspace-aggregator-1f-2>app>lodash", false, "app lodash", true),
            ("workspace-aggregator-1f-2>app>a>lodash", false, "app a lodash", false),
            ("", false, "", false),
        ] {
            let (got, is_direct) = way(path, importers);
            assert_eq!((got.join(" "), is_direct), (steps.to_owned(), direct), "{path}");
        }
    }

    #[test]
    fn addresses_are_found_in_lists() {
        let text = "- https://a.example/x\n- [Report](https://b.example/y)\n- none\n";
        assert_eq!(references(text).collect::<Vec<_>>(), ["https://a.example/x", "https://b.example/y"]);
    }
}
