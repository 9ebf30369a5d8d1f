//! Advisories of RustSec, as clients of the crate `rustsec` write them.

use super::NOT_MENDED;
use super::requirement::mended;
use crate::field::texts;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Loose, TextOr, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Outcome, SkipReason};
use scanlift_report_core::{Details, Severity, Text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Around a list.
pub(crate) struct Scope<'a> {
    /// The type of identifiers of what has no advisory.
    pub(crate) scheme: &'static str,
    /// Of warnings; empty for vulnerabilities.
    pub(crate) kind: &'a str,
    pub(crate) manifest: &'a str,
}

/// A `Vulnerability` or `Warning` of the crate `rustsec`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry<'a> {
    /// A word; in cargo-audit 0.11 an object with the word for its key.
    #[serde(borrow)]
    kind: Option<TextOr<'a, BTreeMap<Loose<'a>, IgnoredAny>>>,
    pub(crate) advisory: Option<Metadata<'a>>,
    pub(crate) versions: Option<Versions<'a>>,
    affected: Option<Affected<'a>>,
    pub(crate) package: Option<Crate<'a>>,
}

/// `advisory::Metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    package: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    aliases: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    related: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    categories: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    keywords: Vec<Loose<'a>>,
    cvss: Option<Loose<'a>>,
    informational: Option<TextOr<'a, IgnoredAny>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
    url: Option<Loose<'a>>,
    withdrawn: Option<Loose<'a>>,
    /// Where `versions` stood before cargo-audit 0.11.
    #[serde(deserialize_with = "json::list")]
    patched_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    unaffected_versions: Vec<Loose<'a>>,
}

/// `advisory::Versions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Versions<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) patched: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    unaffected: Vec<Loose<'a>>,
}

/// `advisory::Affected`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Affected<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    arch: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    os: Vec<Loose<'a>>,
    functions: BTreeMap<Loose<'a>, IgnoredAny>,
}

/// `cargo_lock::Package`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Crate<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) version: Option<Loose<'a>>,
    pub(crate) source: Option<Loose<'a>>,
}

pub(crate) fn map_entry<'a>(entry: &'a Entry<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let kind = entry.kind.as_ref().and_then(|kind| match kind {
        TextOr::Text(word) => Some(word.trim()),
        TextOr::Other(words) => words.keys().next().map(|word| &**word),
    });
    let advisory = entry.advisory.as_ref();
    let listed = |list: fn(&'a Metadata<'_>) -> &'a [Loose<'a>]| advisory.map(list).unwrap_or_default();
    let versions = entry.versions.as_ref();
    let patched = versions.map_or_else(|| listed(|it| &it.patched_versions), |it| &it.patched);
    let unaffected = versions.map_or_else(|| listed(|it| &it.unaffected_versions), |it| &it.unaffected);
    let said = Said {
        kind: kind.filter(|_| !scope.kind.is_empty()).unwrap_or(scope.kind),
        advisory,
        patched: texts(patched).collect(),
        unaffected: texts(unaffected).collect(),
        affected: entry.affected.as_ref(),
        package: entry.package.as_ref(),
        introduced_by: Vec::new(),
    };
    map(said, scope)
}

/// What is said of a crate.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    /// Of warnings; empty for vulnerabilities.
    pub(crate) kind: &'a str,
    pub(crate) advisory: Option<&'a Metadata<'a>>,
    pub(crate) patched: Vec<&'a str>,
    pub(crate) unaffected: Vec<&'a str>,
    pub(crate) affected: Option<&'a Affected<'a>>,
    pub(crate) package: Option<&'a Crate<'a>>,
    pub(crate) introduced_by: Vec<Text<'a>>,
}

pub(crate) fn map<'a>(said: Said<'a>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let Said { kind, advisory: metadata, patched, unaffected, affected, package: installed, introduced_by } =
        said;
    let text =
        |field: fn(&'a Metadata<'_>) -> &'a Option<Loose<'a>>| metadata.and_then(|it| filled(field(it)));
    let name = installed.and_then(|it| filled(&it.name)).or(text(|it| &it.package)).unwrap_or_default();
    if let Some(date) = text(|it| &it.withdrawn) {
        let id = text(|it| &it.id).unwrap_or_default();
        return Outcome::skip(SkipReason::NotAFinding, format!("withdrawn: {date}"), id);
    }

    // A yanked crate has no advisory.
    let mut about = Advisory::new(scope.scheme, text(|it| &it.id).unwrap_or(kind));
    let listed = |list: fn(&'a Metadata<'_>) -> &'a [Loose<'a>]| metadata.map(list).unwrap_or_default();
    about.aliases = listed(|it| &it.aliases).iter().map(|id| Cow::Borrowed(&**id)).collect();
    about.title = text(|it| &it.title).map(Cow::Borrowed).or_else(|| warning_title(kind, name));
    about.description = text(|it| &it.description).map(Cow::Borrowed);
    about.url = text(|it| &it.url).map(Cow::Borrowed);
    about.ratings.extend(text(|it| &it.cvss).map(|vector| Rating::new("", Some(vector.into()), None)));
    about.references = listed(|it| &it.references).iter().map(|url| Cow::Borrowed(&**url)).collect();
    about.published = text(|it| &it.date).map(Cow::Borrowed);
    if kind == "unmaintained" {
        about.weaknesses.push(UNMAINTAINED);
    }

    let mut package = Package::new(name, installed.and_then(|it| filled(&it.version)).unwrap_or_default());
    package.kind = Some("cargo".into());
    package.introduced_by = introduced_by;
    package.fixed = mended(patched.iter().copied());
    if package.fixed.is_empty() {
        about.solution = no_version(kind, &patched, name);
    }

    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without an advisory or a package", name);
    };
    finding.severity.level = Some(severity(kind));
    let details = &mut finding.vulnerability.details;
    let informational = metadata.and_then(|it| it.informational.as_ref()).and_then(TextOr::text);
    details.text(
        "warning",
        "Warning",
        if kind.is_empty() { informational.unwrap_or_default() } else { kind },
    );
    list_affected(details, affected);
    details.text("unaffected_versions", "Unaffected versions", unaffected.join(", "));
    if let Some(metadata) = metadata {
        details.text("categories", "Categories", joined(&metadata.categories));
        details.text("keywords", "Keywords", joined(&metadata.keywords));
        details.text("related", "Related advisories", joined(&metadata.related));
    }
    let source = installed.and_then(|it| filled(&it.source)).filter(|source| !source.contains(CRATES_IO));
    details.text("package_source", "Package source", source.unwrap_or_default());
    Outcome::finding(finding)
}

/// The registry that needs no mention.
const CRATES_IO: &str = "github.com/rust-lang/crates.io-index";

/// CWE-1104: Use of Unmaintained Third Party Components.
const UNMAINTAINED: u32 = 1104;

/// What an entry weighs where its advisory has no rating. A vulnerability is what cargo-audit's own
/// SARIF calls an `error`. An unsound crate can corrupt memory when it is used in a way that its
/// author did not think of; other warnings only inform.
fn severity(kind: &str) -> Severity {
    match kind {
        "" => Severity::High,
        "unsound" => Severity::Low,
        _ => Severity::Info,
    }
}

fn warning_title<'a>(kind: &str, name: &str) -> Option<Text<'a>> {
    let says = match kind {
        "" => return None,
        "yanked" => "was yanked from its registry",
        "unmaintained" => "is unmaintained",
        "unsound" => "is unsound",
        _ => "has a notice",
    };
    Some(Cow::Owned(format!("{name} {says}")))
}

/// What to do where no requirement names a mended version.
fn no_version<'a>(kind: &str, patched: &[&str], name: &str) -> Option<Text<'a>> {
    match kind {
        "yanked" => Some(Cow::Owned(format!("Use a version of {name} that was not yanked"))),
        _ if !patched.is_empty() => Some(Cow::Owned(format!("Use {name} {}", patched.join(", ")))),
        "unmaintained" => Some(Cow::Owned(format!("Replace {name} by a crate that is maintained"))),
        "" | "unsound" => Some(Cow::Borrowed(NOT_MENDED)),
        _ => None,
    }
}

fn list_affected<'a>(details: &mut Details<'a>, affected: Option<&'a Affected<'_>>) {
    if let Some(affected) = affected {
        let functions = affected.functions.keys().map(|function| &**function);
        add_list(details, "affected_functions", "Affected functions", functions);
        details.text("affected_systems", "Affected systems", joined(&affected.os));
        details.text("affected_architectures", "Affected architectures", joined(&affected.arch));
    }
}

fn joined(list: &[Loose<'_>]) -> String {
    texts(list).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_a_weight_and_a_title() {
        for (kind, want, title) in [
            ("", Severity::High, None),
            ("unsound", Severity::Low, Some("a is unsound")),
            ("unmaintained", Severity::Info, Some("a is unmaintained")),
            ("yanked", Severity::Info, Some("a was yanked from its registry")),
            ("notice", Severity::Info, Some("a has a notice")),
        ] {
            assert_eq!(severity(kind), want, "{kind}");
            assert_eq!(warning_title(kind, "a").as_deref(), title, "{kind}");
        }
    }

    #[test]
    fn there_is_always_something_to_do() {
        let patched = ["> 1.2"];
        for (kind, patched, want) in [
            ("", &[][..], NOT_MENDED),
            ("", &patched[..], "Use a > 1.2"),
            ("yanked", &[][..], "Use a version of a that was not yanked"),
            ("unmaintained", &[][..], "Replace a by a crate that is maintained"),
        ] {
            assert_eq!(no_version(kind, patched, "a").as_deref(), Some(want));
        }
    }
}
