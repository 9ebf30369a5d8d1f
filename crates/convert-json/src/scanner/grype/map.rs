//! From a match to a finding.

use super::model::{Artifact, Fix, IgnoreRule, KnownExploited, Location, Match, Vulnerability};
use super::source::Scope;
use crate::field::{epss, once, text, texts};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Advisory, Package, Purl, Rating};
use scanlift_convert_api::{Outcome, SkipReason, cwe};
use scanlift_report_core::{Details, Text};
use std::borrow::Cow;

/// How many places of a package are listed.
const MOST_PLACES: usize = 20;

pub(super) fn map_match<'a>(found: &'a Match<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let (Some(vulnerability), Some(artifact)) = (&found.vulnerability, &found.artifact) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "a match without a vulnerability or a package",
            example(found),
        );
    };
    let Some(name) = filled(&artifact.name) else {
        return Outcome::skip(SkipReason::Unsupported, "a match without a package", example(found));
    };
    let purl = filled(&artifact.purl).and_then(Purl::parse);
    let of_system = match &purl {
        Some(purl) => purl.is_of_system(),
        None => matches!(filled(&artifact.kind), Some("deb" | "rpm" | "apk" | "alpm" | "portage")),
    };
    let place = scope.place(path(artifact), of_system, purl.and_then(|purl| purl.distribution));
    let package = map_package(found, artifact, name, scope.is_tree() && !of_system);
    let Some(mut finding) = map_advisory(found, vulnerability, name).into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a match without an id", name);
    };
    map_details(&mut finding.vulnerability.details, found, vulnerability, artifact);
    Outcome::finding(finding)
}

/// A match that a rule of the user's, of Grype's own or a VEX document ignores.
pub(super) fn map_ignored<'a>(found: &'a Match<'_>, _: &'a ()) -> Outcome<'a> {
    let rules = &found.applied_ignore_rules;
    let vex =
        rules.iter().find_map(|rule| Some((filled(&rule.vex_status)?, filled(&rule.vex_justification))));
    match vex {
        Some((status, None)) => Outcome::skip(SkipReason::Vex, status, example(found)),
        Some((status, Some(why))) => {
            Outcome::skip(SkipReason::Vex, format!("{status}: {why}"), example(found))
        }
        None => {
            let rule = rules.iter().find_map(describe);
            let detail = rule.unwrap_or(Cow::Borrowed("ignoredMatches"));
            Outcome::skip(SkipReason::Suppressed, detail, example(found))
        }
    }
}

/// A rule in a line: its reason, else what it goes by.
fn describe<'a>(rule: &'a IgnoreRule<'_>) -> Option<Text<'a>> {
    if let Some(reason) = text(&rule.reason) {
        return Some(reason);
    }
    let package = rule.package.as_ref();
    let parts = [
        ("vulnerability", filled(&rule.vulnerability)),
        ("package", package.and_then(|package| filled(&package.name))),
        ("type", package.and_then(|package| filled(&package.kind))),
        ("location", package.and_then(|package| filled(&package.location))),
        ("namespace", filled(&rule.namespace)),
        ("fix state", filled(&rule.fix_state)),
        ("match type", filled(&rule.match_type)),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
    (!parts.is_empty()).then(|| Cow::Owned(format!("ignore rule: {}", parts.join(", "))))
}

fn example<'a>(found: &'a Match<'_>) -> Text<'a> {
    let id = found.vulnerability.as_ref().and_then(|vulnerability| filled(&vulnerability.id));
    let name = found.artifact.as_ref().and_then(|artifact| filled(&artifact.name));
    match (id, name) {
        (Some(id), Some(name)) => Cow::Owned(format!("{id} in {name}")),
        (id, name) => Cow::Borrowed(id.or(name).unwrap_or_default()),
    }
}

fn path<'a>(artifact: &'a Artifact<'_>) -> Option<&'a str> {
    let is_primary = |location: &&Location<'_>| {
        let evidence = location.annotations.as_ref().and_then(|annotations| filled(&annotations.evidence));
        evidence == Some("primary")
    };
    let mut primary = artifact.locations.iter().filter(is_primary);
    let mut any = artifact.locations.iter();
    primary
        .find_map(|location| filled(&location.path))
        .or_else(|| any.find_map(|location| filled(&location.path)))
}

/// `in_file`: the location names the file already.
fn map_package<'a>(
    found: &'a Match<'_>,
    artifact: &'a Artifact<'_>,
    name: &'a str,
    in_file: bool,
) -> Package<'a> {
    let mut package = Package::new(name, filled(&artifact.version).unwrap_or_default());
    package.purl = text(&artifact.purl);
    package.kind = text(&artifact.kind);
    let metadata = artifact.metadata.as_ref();
    let nested = metadata.and_then(|it| filled(&it.virtual_path).or(filled(&it.old_virtual_path)));
    let path = path(artifact);
    package.path =
        nested.filter(|nested| Some(*nested) != path).or(path.filter(|_| !in_file)).map(Cow::Borrowed);
    if let Some(vulnerability) = &found.vulnerability {
        let versions = vulnerability.fix.iter().flat_map(|fix| texts(&fix.versions));
        package.fixed = versions.chain(filled(&vulnerability.fixed_in_version)).map(Cow::Borrowed).collect();
    }
    let mut constraints = Vec::new();
    for constraint in
        found.match_details.iter().filter_map(|details| filled(&details.found.as_ref()?.version_constraint))
    {
        // Behind it stands how versions are compared: `< 2.1 (deb)`.
        let constraint = constraint.split(" (").next().unwrap_or(constraint).trim();
        if !constraint.is_empty() && constraint != "none" {
            once(&mut constraints, constraint);
        }
    }
    package.vulnerable =
        Some(Cow::Owned(constraints.join(" or "))).filter(|text: &Text<'_>| !text.is_empty());
    package
}

/// What the record says of the vulnerability, else its related ones: NVD's entry for an advisory.
fn map_advisory<'a>(
    found: &'a Match<'_>,
    vulnerability: &'a Vulnerability<'_>,
    package: &str,
) -> Advisory<'a> {
    let mut advisory = Advisory::new("grype_id", filled(&vulnerability.id).unwrap_or_default());
    let all = || std::iter::once(vulnerability).chain(&found.related_vulnerabilities);
    let related = found.related_vulnerabilities.iter();
    advisory.aliases = related.filter_map(|related| text(&related.id)).collect();
    advisory.url = text(&vulnerability.data_source);
    advisory.description = all().find_map(|one| text(&one.description));
    advisory.solution = vulnerability.fix.as_ref().and_then(|fix| no_fix(fix, package)).map(Cow::Owned);
    let severities = all().filter_map(|one| text(&one.severity));
    let is_known = |severity: &Text<'_>| !severity.eq_ignore_ascii_case("unknown");
    advisory.severity = severities.clone().find(is_known).or_else(|| severities.clone().next());
    for one in all() {
        map_ratings(&mut advisory, one);
        let of_catalogue = one.known_exploited.iter().flat_map(|known| texts(&known.cwes));
        let numbers = one.cwes.iter().filter_map(|weakness| filled(&weakness.cwe)).chain(of_catalogue);
        advisory.weaknesses.extend(numbers.filter_map(cwe::parse));
        advisory.references.extend(text(&one.data_source));
        advisory.references.extend(texts(&one.urls).chain(texts(&one.links)).map(Cow::Borrowed));
        advisory
            .references
            .extend(one.known_exploited.iter().flat_map(|known| texts(&known.urls)).map(Cow::Borrowed));
    }
    for vendor in &vulnerability.advisories {
        advisory.aliases.extend(text(&vendor.id));
        advisory.references.extend(text(&vendor.link));
    }
    advisory
}

fn map_ratings<'a>(advisory: &mut Advisory<'a>, vulnerability: &'a Vulnerability<'_>) {
    // Older versions name the source only by the namespace: `nvd:cpe`, `github:language:ruby`.
    let namespace = filled(&vulnerability.namespace).and_then(|namespace| namespace.split(':').next());
    for cvss in &vulnerability.cvss {
        let source = filled(&cvss.source).or(namespace).unwrap_or_default();
        let score = cvss.metrics.as_ref().and_then(|metrics| metrics.base_score);
        advisory.ratings.push(Rating::new(source, text(&cvss.vector), score));
    }
    for cvss in vulnerability.cvss_v3.iter().chain(&vulnerability.cvss_v2) {
        advisory.ratings.push(Rating::new(
            namespace.unwrap_or_default(),
            text(&cvss.vector),
            cvss.base_score,
        ));
    }
}

/// What to say when there is no version to upgrade to.
fn no_fix(fix: &Fix<'_>, package: &str) -> Option<String> {
    if texts(&fix.versions).next().is_some() {
        return None;
    }
    match filled(&fix.state)? {
        "not-fixed" => Some(format!("There is no fixed version of {package} yet.")),
        "wont-fix" => Some(format!("There is no fixed version of {package}: its vendor will not fix this.")),
        _ => None,
    }
}

fn map_details<'a>(
    details: &mut Details<'a>,
    found: &'a Match<'_>,
    vulnerability: &'a Vulnerability<'_>,
    artifact: &'a Artifact<'_>,
) {
    let all = || std::iter::once(vulnerability).chain(&found.related_vulnerabilities);
    let suggested =
        found.match_details.iter().filter_map(|match_| text(&match_.fix.as_ref()?.suggested_version));
    details.text("suggested_version", "Suggested version", joined(suggested));
    if let Some(fix) = &vulnerability.fix {
        details.text("fix_state", "Fix state", filled(&fix.state).unwrap_or_default());
        let dates = fix
            .available
            .iter()
            .filter_map(|fix| Some(format!("{} ({})", filled(&fix.version)?, filled(&fix.date)?)));
        details.text("fix_available", "Fix available since", joined(dates.map(Cow::Owned)));
    }
    if let Some(known) = all().find_map(|one| one.known_exploited.first()) {
        details.text("known_exploited", "Known exploited", known_exploited(known));
    }
    if let Some(score) = all().find_map(|one| one.epss.first()) {
        epss(details, filled(&score.epss), filled(&score.percentile), filled(&score.date));
    }
    if let Some(risk) = vulnerability.risk {
        details.text("risk", "Risk", format!("{risk:.1}"));
    }
    let upstreams = artifact.upstreams.iter().filter_map(|upstream| {
        let name = filled(&upstream.name)?;
        Some(match filled(&upstream.version) {
            Some(version) => Cow::Owned(format!("{name} {version}")),
            None => Cow::Borrowed(name),
        })
    });
    details.text("source_package", "Source package", joined(upstreams));
    let matchers = found.match_details.iter().filter_map(|details| {
        match (filled(&details.kind), filled(&details.matcher)) {
            (Some(kind), Some(matcher)) => Some(Cow::Owned(format!("{kind} ({matcher})"))),
            (kind, matcher) => kind.or(matcher).map(Cow::Borrowed),
        }
    });
    details.text("matched_by", "Matched by", joined(matchers));
    details.text(
        "namespace",
        "Vulnerability namespace",
        filled(&vulnerability.namespace).unwrap_or_default(),
    );
    let layer = artifact.locations.iter().find_map(|location| filled(&location.layer));
    details.text("layer", "Layer", layer.unwrap_or_default());
    map_places(details, artifact);
}

/// Each one once, in their order.
fn joined<'a>(parts: impl Iterator<Item = Text<'a>>) -> Text<'a> {
    let mut all = Vec::new();
    parts.for_each(|part| once(&mut all, part));
    if all.len() == 1 { all.swap_remove(0) } else { Cow::Owned(all.join(", ")) }
}

fn known_exploited(known: &KnownExploited<'_>) -> String {
    let parts = [
        ("since", filled(&known.date_added).map(day)),
        ("due", filled(&known.due_date).map(day)),
        ("ransomware:", filled(&known.known_ransomware_campaign_use)),
        ("action:", filled(&known.required_action)),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
    if parts.is_empty() { "yes".to_owned() } else { format!("yes, {}", parts.join(", ")) }
}

fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// The places of a package, where it has several.
fn map_places<'a>(details: &mut Details<'a>, artifact: &'a Artifact<'_>) {
    let mut paths = Vec::new();
    let places = artifact.locations.iter().filter_map(|location| text(&location.path));
    places.take(MOST_PLACES).for_each(|path| once(&mut paths, path));
    if paths.len() > 1 {
        add_list(details, "locations", "Locations", paths);
    }
}
