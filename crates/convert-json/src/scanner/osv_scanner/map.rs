//! From an entry of osv.dev to a finding.

use super::model::{Affected, Range, Severity as Scored, Vulnerability};
use super::place::PackageScope;
use crate::field::{once, text, texts};
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Rating};
use scanlift_convert_api::{Outcome, SkipReason, advisory, cwe};
use scanlift_report_core::{Details, Severity, Text};
use std::borrow::Cow;

/// How many ranges of versions are shown.
const MOST_RANGES: usize = 20;

pub(super) fn map_vulnerability<'a>(
    vulnerability: &'a Vulnerability<'_>,
    scope: &'a PackageScope<'_>,
) -> Outcome<'a> {
    let Some(id) = filled(&vulnerability.id) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", scope.name());
    };
    if let Some(other) = scope.role(id).and_then(|role| role.same_as.as_deref()) {
        let detail = format!("the same vulnerability as {other}");
        return Outcome::skip(SkipReason::Duplicate, detail, format!("{id} in {}", scope.name()));
    }
    let affected = affected(vulnerability, scope);
    let Some(package) = map_package(vulnerability, &affected, scope) else {
        return Outcome::skip(SkipReason::Unsupported, "a package without a name", id);
    };
    let mut advisory = map_advisory(vulnerability, &affected, id, scope);
    advisory.solution = of_commits(&affected, &package).map(Cow::Owned);
    let Some(mut finding) = advisory.into_finding(package, scope.place()) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", scope.name());
    };
    map_details(&mut finding.vulnerability.details, vulnerability, id, scope);
    let analysis = scope.role(id).map(|role| role.analysis).unwrap_or_default();
    finding.severity.level = Some(level(analysis.called));
    let is_rated = finding.severity.rating.is_some()
        || finding.severity.score.is_some()
        || !finding.vulnerability.cvss_vectors.is_empty();
    if !is_rated {
        finding.vulnerability.details.text("rating", "Rating", "the database does not rate it");
    }
    if analysis.unimportant == Some(true) {
        finding.severity.rating = Some(Severity::Info);
    }
    Outcome::finding(finding)
}

/// What speaks for a severity where no database rates the vulnerability, as those of Go and Rust
/// often do not: whether the code is called.
fn level(called: Option<bool>) -> Severity {
    match called {
        Some(true) => Severity::High,
        Some(false) => Severity::Low,
        None => Severity::Medium,
    }
}

/// What the entry says of this package: of its release of the system, else of any.
fn affected<'v, 'a>(vulnerability: &'v Vulnerability<'a>, scope: &PackageScope<'_>) -> Vec<&'v Affected<'a>> {
    let named = |affected: &&&Affected<'_>| {
        let name = affected.package.as_ref().and_then(|package| filled(&package.name));
        name.is_some_and(|name| name.eq_ignore_ascii_case(scope.name()))
    };
    let here = |affected: &&&Affected<'_>| {
        let ecosystem = affected.package.as_ref().and_then(|package| filled(&package.ecosystem));
        ecosystem == Some(scope.ecosystem())
    };
    let all: Vec<&Affected<'_>> = vulnerability.affected.iter().collect();
    let of_name: Vec<&Affected<'_>> = all.iter().filter(named).copied().collect();
    let exact: Vec<&Affected<'_>> = of_name.iter().filter(here).copied().collect();
    match () {
        () if !exact.is_empty() => exact,
        () if !of_name.is_empty() => of_name,
        // A package that was found by its commit, or by the name of its source.
        () if all.len() == 1 => all,
        () => Vec::new(),
    }
}

fn map_package<'a>(
    vulnerability: &'a Vulnerability<'_>,
    affected: &[&'a Affected<'_>],
    scope: &'a PackageScope<'_>,
) -> Option<Package<'a>> {
    let info = &scope.package()?.info;
    let ranges = || affected.iter().flat_map(|affected| &affected.ranges);
    let version = filled(&info.version).or(filled(&info.commit)).unwrap_or_default();
    let named = filled(&info.name).or(filled(&info.os_package_name));
    let repository = || {
        let repo = vulnerability
            .affected
            .iter()
            .flat_map(|affected| &affected.ranges)
            .find_map(|range| filled(&range.repo))?;
        Some(repo.split_once("://").map_or(repo, |(_, rest)| rest))
    };
    let name = named.or_else(repository).or(filled(&info.commit))?;
    let mut package = Package::new(name, version);
    package.kind = text_of(scope.ecosystem());
    package.path = scope.path().map(Cow::Borrowed);
    let purl = affected.iter().find_map(|affected| filled(&affected.package.as_ref()?.purl));
    package.purl = purl.map(|purl| {
        if version.is_empty() || purl.contains(['@', '?']) {
            Cow::Borrowed(purl)
        } else {
            Cow::Owned(format!("{purl}@{version}"))
        }
    });
    let of_commits = |range: &&Range<'_>| filled(&range.kind) == Some("GIT");
    let has_versions = ranges().any(|range| !of_commits(&range));
    let mut vulnerable = Vec::new();
    for range in ranges().filter(|range| !has_versions || !of_commits(range)).take(MOST_RANGES) {
        for fixed in range.events.iter().filter_map(|event| text(&event.fixed)) {
            once(&mut package.fixed, fixed);
        }
        if let Some(span) = describe(range) {
            once(&mut vulnerable, span);
        }
    }
    package.vulnerable = Some(Cow::Owned(vulnerable.join(" || ")));
    Some(package)
}

/// What to do about a package that has commits in place of versions.
fn of_commits(affected: &[&Affected<'_>], package: &Package<'_>) -> Option<String> {
    let mut ranges = affected.iter().flat_map(|affected| &affected.ranges).peekable();
    ranges.peek()?;
    let fixed = package.fixed.first().filter(|_| ranges.all(|range| filled(&range.kind) == Some("GIT")))?;
    Some(format!("Update {} to commit {fixed} or later", package.name))
}

fn text_of(text: &str) -> Option<Text<'_>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// The versions of a range: `>=1.0, <1.2.3`.
fn describe(range: &Range<'_>) -> Option<String> {
    let mut spans: Vec<String> = Vec::new();
    let mut start = None;
    let mut close = |start: &mut Option<&str>, end: Option<String>| {
        let begin = start.take().filter(|start| *start != "0").map(|start| format!(">={start}"));
        let parts: Vec<String> = begin.into_iter().chain(end).collect();
        if !parts.is_empty() {
            spans.push(parts.join(", "));
        }
    };
    for event in &range.events {
        if let Some(introduced) = filled(&event.introduced) {
            start = Some(introduced);
        }
        let end = filled(&event.fixed).map(|fixed| format!("<{fixed}"));
        let end = end.or_else(|| filled(&event.last_affected).map(|last| format!("<={last}")));
        if end.is_some() {
            close(&mut start, end);
        }
    }
    close(&mut start, None);
    (!spans.is_empty()).then(|| spans.join(" || "))
}

fn map_advisory<'a>(
    vulnerability: &'a Vulnerability<'_>,
    affected: &[&'a Affected<'_>],
    id: &'a str,
    scope: &'a PackageScope<'_>,
) -> Advisory<'a> {
    let role = scope.role(id);
    let mut advisory = Advisory::new("osv_id", id);
    advisory.url = Some(Cow::Owned(format!("https://osv.dev/vulnerability/{id}")));
    advisory.title = text(&vulnerability.summary);
    advisory.description = text(&vulnerability.details);
    advisory.aliases = texts(&vulnerability.aliases).map(Cow::Borrowed).collect();
    advisory
        .aliases
        .extend(role.iter().flat_map(|role| &role.aliases).map(|alias| Cow::Borrowed(alias.as_str())));
    advisory.aliases.extend(same_upstream(vulnerability, id).map(Cow::Borrowed));
    let specific = vulnerability.database_specific.iter();
    let numbers = specific.clone().flat_map(|specific| texts(&specific.cwe_ids));
    advisory.weaknesses = numbers.filter_map(cwe::parse).collect();
    advisory.references =
        vulnerability.references.iter().filter_map(|reference| text(&reference.url)).collect();
    advisory.references.extend(specific.filter_map(|specific| text(&specific.url)));
    advisory.published = text(&vulnerability.published);
    advisory.modified = text(&vulnerability.modified);
    advisory.severity = word(vulnerability, affected).map(Cow::Borrowed);
    if advisory.severity.is_none() && id.starts_with("MAL-") {
        // A package that is malware has no score.
        advisory.severity = Some(Cow::Borrowed("critical"));
    }
    map_ratings(&mut advisory, vulnerability, affected);
    let worst = role.and_then(|role| role.max_severity.as_deref()?.trim().parse().ok());
    advisory.ratings.extend(worst.map(|score| Rating::new("", None, Some(score))));
    advisory
}

/// The CVE that an entry of a distribution is about: `UBUNTU-CVE-2020-1` has its number, others a
/// single entry upstream. Several are gathered by an advisory.
fn same_upstream<'a>(vulnerability: &'a Vulnerability<'_>, id: &'a str) -> impl Iterator<Item = &'a str> {
    let own = advisory::find_cve(id).filter(|cve| *cve != id);
    let mut upstream = texts(&vulnerability.upstream);
    let single = match (upstream.next(), upstream.next()) {
        (Some(single), None) => Some(single),
        _ => None,
    };
    own.into_iter().chain(single)
}

/// The word of the database or the distribution, as far as it is one of severity.
fn word<'a>(vulnerability: &'a Vulnerability<'_>, affected: &[&'a Affected<'_>]) -> Option<&'a str> {
    let of_database = vulnerability.database_specific.iter().map(|specific| &specific.severity);
    let of_package = affected.iter().flat_map(|affected| {
        let specific = affected.ecosystem_specific.iter().chain(&affected.database_specific);
        specific.flat_map(|specific| [&specific.severity, &specific.urgency])
    });
    let scores = vulnerability.severity.iter().chain(affected.iter().flat_map(|affected| &affected.severity));
    let of_distribution = scores.filter(|score| !is_cvss(score)).map(|score| &score.score);
    let words = of_database.chain(of_package).chain(of_distribution).filter_map(severity_word);
    words.into_iter().next()
}

fn severity_word<'a>(field: &'a Option<Loose<'_>>) -> Option<&'a str> {
    let word = filled(field)?;
    // `unimportant` is Debian's for what has no effect on security.
    let word = if word == "unimportant" { "info" } else { word };
    Severity::from_word(word).filter(|severity| *severity != Severity::Unknown).map(|_| word)
}

fn is_cvss(score: &Scored<'_>) -> bool {
    filled(&score.kind).is_some_and(|kind| kind.starts_with("CVSS"))
}

fn map_ratings<'a>(
    advisory: &mut Advisory<'a>,
    vulnerability: &'a Vulnerability<'_>,
    affected: &[&'a Affected<'_>],
) {
    let of_packages = affected.iter().flat_map(|affected| &affected.severity);
    let scores = vulnerability.severity.iter().chain(of_packages).filter(|score| is_cvss(score));
    advisory.ratings.extend(scores.map(|score| Rating::new("osv", text(&score.score), None)));
    let specific = affected.iter().flat_map(|affected| &affected.database_specific);
    let specific = vulnerability.database_specific.iter().chain(specific);
    let vectors = specific.filter_map(|specific| text(&specific.cvss));
    advisory.ratings.extend(vectors.map(|vector| Rating::new("osv", Some(vector), None)));
}

fn map_details<'a>(
    details: &mut Details<'a>,
    vulnerability: &'a Vulnerability<'_>,
    id: &str,
    scope: &'a PackageScope<'_>,
) {
    let analysis = scope.role(id).map(|role| role.analysis).unwrap_or_default();
    match analysis.called {
        Some(true) => details.text("reachability", "Reachability", "the vulnerable code is called"),
        Some(false) => details.text("reachability", "Reachability", "the vulnerable code is not called"),
        None => {}
    }
    if analysis.unimportant == Some(true) {
        details.text("importance", "Importance", "unimportant, says the distribution");
    }
    details.text("withdrawn", "Withdrawn", filled(&vulnerability.withdrawn).unwrap_or_default());
    if let Some(package) = scope.package() {
        details.text("dependency_groups", "Dependency groups", package.dependency_groups.join(", "));
        let binary = filled(&package.info.os_package_name).filter(|name| *name != scope.name());
        details.text("os_package", "Package of the system", binary.unwrap_or_default());
        details.text("commit", "Commit", filled(&package.info.commit).unwrap_or_default());
    }
    if let Some((layer, base)) = scope.layer() {
        details.text("layer", "Layer", filled(&layer.diff_id).unwrap_or_default());
        details.text("layer_command", "Command of the layer", filled(&layer.command).unwrap_or_default());
        details.text("base_image", "Base image", base.unwrap_or_default());
    }
    details.text("related", "Related", texts(&vulnerability.related).collect::<Vec<_>>().join(", "));
    details.text("upstream", "Upstream", texts(&vulnerability.upstream).collect::<Vec<_>>().join(", "));
}

#[cfg(test)]
mod tests {
    use super::super::model::Event;
    use super::*;

    fn event(introduced: &str, fixed: &str, last: &str) -> Event<'static> {
        let text = |text: &str| (!text.is_empty()).then(|| Loose(Cow::Owned(text.to_owned())));
        Event { introduced: text(introduced), fixed: text(fixed), last_affected: text(last) }
    }

    #[test]
    fn ranges_are_described() {
        for (events, want) in [
            (vec![event("0", "1.2", "")], Some("<1.2")),
            (vec![event("0", "", ""), event("", "1.2", "")], Some("<1.2")),
            (vec![event("1.0", "", ""), event("", "", "1.9")], Some(">=1.0, <=1.9")),
            (
                vec![event("0", "", ""), event("", "1", ""), event("2", "", ""), event("", "2.1", "")],
                Some("<1 || >=2, <2.1"),
            ),
            (vec![event("3", "", "")], Some(">=3")),
            (vec![event("0", "", "")], None),
        ] {
            let range = Range { events, ..Range::default() };
            assert_eq!(describe(&range).as_deref(), want);
        }
    }
}
