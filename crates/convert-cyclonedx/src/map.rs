//! From a vulnerability and what it affects to a finding.

mod details;
mod rating;

use crate::component::Component;
use crate::model::{Analysis, Version, Vulnerability};
use crate::place::{Scope, Subject};
use crate::versions::{Versions, recommended};
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Advisory, Package, Place, upgrade};
use scanlift_convert_api::{Finding, Outcome, SkipReason, advisory, cwe};
use scanlift_report_core::{Severity, Text};
use scanlift_vex::{Status, cyclonedx};
use std::borrow::Cow;

/// Of every list no more than this is taken into a finding: a vulnerability may affect thousands of
/// components, and each has a finding of its own.
const MOST: usize = 200;
/// A description that is no longer than this is a title.
const LONGEST_TITLE: usize = 150;

/// One of the targets of the vulnerability of that number; of one without targets, what the document
/// is about.
pub(crate) fn map_target<'a>(
    vulnerability: &'a Vulnerability<'_>,
    scope: &'a Scope<'_>,
    at: u64,
    index: usize,
) -> Outcome<'a> {
    let affect = vulnerability.affects.get(index);
    let versions = affect.map(|affect| affect.versions.as_slice()).unwrap_or_default();
    map(vulnerability, versions, scope.subject(affect, at), scope)
}

/// A vulnerability that stands inside of its component.
pub(crate) fn map_component<'a>(
    vulnerability: &'a Vulnerability<'_>,
    component: &'a Component,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    map(vulnerability, &[], scope.component_around(component), scope)
}

fn map<'a>(
    vulnerability: &'a Vulnerability<'_>,
    versions: &'a [Version<'_>],
    subject: Subject<'a>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let Some(id) = id(vulnerability) else {
        return Outcome::skip(SkipReason::Unsupported, "no id", subject.name);
    };
    let example = || format!("{id} in {}", subject.name);
    if let Some(closed) = vulnerability.analysis.as_ref().and_then(closed) {
        return Outcome::skip(SkipReason::Vex, closed, example());
    }
    if let Some(date) = filled(&vulnerability.rejected) {
        return Outcome::skip(SkipReason::NotAFinding, format!("rejected: {date}"), example());
    }
    let versions = Versions::read(versions, &subject.version);
    if versions.is_unaffected {
        let detail = "versions: this one is unaffected";
        return Outcome::skip(SkipReason::Vex, detail, example());
    }

    let place = scope.place(&subject);
    let package = map_package(vulnerability, &subject, &versions, &place);
    let mut advisory = Advisory::new("cyclonedx_id", id.clone());
    advisory.aliases = map_aliases(vulnerability);
    advisory.url = map_page(vulnerability, &id).map(Cow::Borrowed);
    advisory.title = map_title(vulnerability).map(Cow::Borrowed);
    advisory.description = map_description(vulnerability);
    advisory.solution = map_solution(vulnerability, &package);
    let ratings = rating::judge(vulnerability);
    rating::map(&mut advisory, &ratings);
    let weaknesses = vulnerability.cwes.iter().take(MOST);
    advisory.weaknesses = weaknesses.filter_map(|it| cwe::parse(it).or_else(|| number(it))).collect();
    advisory.references = map_references(vulnerability);
    advisory.published = filled(&vulnerability.published).map(Cow::Borrowed);
    advisory.modified = filled(&vulnerability.updated).map(Cow::Borrowed);

    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "no id", subject.name);
    };
    finding.severity.level = level(vulnerability);
    details::map(&mut finding.vulnerability, vulnerability, &ratings, &subject, &versions);
    name_links(&mut finding, vulnerability);
    Outcome::finding(finding)
}

/// The id, else that of the same vulnerability elsewhere, else what the reference (dep-scan:
/// `CVE-2024-1/pkg:npm/a@1`) or the source's page tell.
fn id<'a>(vulnerability: &'a Vulnerability<'_>) -> Option<Text<'a>> {
    let elsewhere = || vulnerability.references.iter().find_map(|it| filled(&it.id));
    let reference = || advisory::find_cve(filled(&vulnerability.bom_ref)?);
    let page = || {
        let url = filled(&vulnerability.source.as_ref()?.url)?;
        let last = url.trim_end_matches('/').rsplit(['/', '=']).next()?;
        advisory::kind(last).map(|_| last)
    };
    filled(&vulnerability.id).or_else(elsewhere).or_else(reference).or_else(page).map(Cow::Borrowed)
}

/// What an analysis says that leaves nothing to do (`impactAnalysisState`): why, in its words.
fn closed(analysis: &Analysis<'_>) -> Option<String> {
    let state = filled(&analysis.state)?;
    let is_closed = cyclonedx::status(state).is_some_and(Status::rules_out);
    is_closed.then(|| match filled(&analysis.justification) {
        Some(justification) => format!("state: {state}, justification: {justification}"),
        None => format!("state: {state}"),
    })
}

/// How urgent a vulnerability is that nobody rates, by what an analysis says of it: as in other formats
/// of VEX. Who rates it unknown has looked at it.
fn level(vulnerability: &Vulnerability<'_>) -> Option<Severity> {
    let analysis = vulnerability.analysis.as_ref().filter(|_| vulnerability.ratings.is_empty())?;
    scanlift_vex::level(cyclonedx::status(filled(&analysis.state)?)?)
}

fn map_package<'a>(
    vulnerability: &'a Vulnerability<'_>,
    subject: &Subject<'a>,
    versions: &Versions<'a>,
    place: &Place<'a>,
) -> Package<'a> {
    let mut package = Package::new(subject.name.clone(), subject.version.clone());
    package.purl = Some(Cow::Borrowed(subject.purl));
    let properties = subject.component.map(|component| &component.properties);
    let named = ["aquasecurity:trivy:PkgType", "syft:package:type"];
    let named = properties.and_then(|it| named.iter().find_map(|name| it.get(name)));
    package.kind = match named {
        Some(kind) => Some(Cow::Borrowed(kind)),
        None => Some(subject.ecosystem.clone()).filter(|kind| !kind.is_empty()),
    };
    let file = subject.component.and_then(|component| component.file.as_deref());
    package.path = file.filter(|path| !is_named(place, path)).map(Cow::Borrowed);
    let fixed = match (versions.fixed.as_slice(), fixed_for(vulnerability, subject.component)) {
        ([], Some(fixed)) => vec![fixed],
        ([], None) => recommended_for(vulnerability, &subject.name),
        (fixed, _) => fixed.to_vec(),
    };
    package.fixed = fixed.into_iter().map(Cow::Borrowed).collect();
    package.vulnerable = Some(Cow::Owned(versions.affected.clone()));
    // What an image is made of, nobody asked for one by one.
    package.direct = subject.direct.filter(|_| matches!(place, Place::Manifest(_)));
    let steps = subject.way.iter().filter(|it| !it.is_structure());
    let steps: Vec<_> = steps.map(|it| Cow::Borrowed(it.label())).collect();
    if steps.len() > 1 {
        package.introduced_by = steps;
    }
    package
}

/// Whether the place is that file already.
fn is_named(place: &Place<'_>, path: &str) -> bool {
    matches!(place, Place::Manifest(file) if file.ends_with(path))
}

/// The version without it that Amazon Inspector names for a component, in the property
/// `amazon:inspector:sbom_scanner:fixed_version:comp-1`.
fn fixed_for<'a>(vulnerability: &'a Vulnerability<'_>, component: Option<&Component>) -> Option<&'a str> {
    let reference = component?.bom_ref.trim();
    vulnerability.properties.iter().find_map(|property| {
        let name = filled(&property.name)?.strip_suffix(reference)?;
        filled(&property.value).filter(|_| name.ends_with(":fixed_version:"))
    })
}

/// The versions of a recommendation, unless it is for another one of several packages.
fn recommended_for<'a>(vulnerability: &'a Vulnerability<'_>, name: &str) -> Vec<&'a str> {
    let Some((package, versions)) = filled(&vulnerability.recommendation).and_then(recommended) else {
        return Vec::new();
    };
    // Trivy writes `group:artifact`.
    let is_meant = package.is_empty()
        || vulnerability.affects.len() < 2
        || package.replace(':', "/").eq_ignore_ascii_case(name);
    if is_meant { versions } else { Vec::new() }
}

/// References stand for the same vulnerability ("equivalent of the vulnerability specified").
fn map_aliases<'a>(vulnerability: &'a Vulnerability<'_>) -> Vec<Text<'a>> {
    let ids = vulnerability.references.iter().take(MOST).filter_map(|it| filled(&it.id));
    ids.map(Cow::Borrowed).collect()
}

/// The source's page, where it is one on this vulnerability and not that of a database.
fn map_page<'a>(vulnerability: &'a Vulnerability<'_>, id: &str) -> Option<&'a str> {
    let url = filled(&vulnerability.source.as_ref()?.url)?;
    url.to_ascii_lowercase().contains(&id.to_ascii_lowercase()).then_some(url)
}

/// CycloneDX knows no title: a heading, or a description that is short, does for one.
fn map_title<'a>(vulnerability: &'a Vulnerability<'_>) -> Option<&'a str> {
    let description = filled(&vulnerability.description)?;
    let (first, rest) = description.split_once('\n').unwrap_or((description, ""));
    let title = first.trim_start_matches('#').trim();
    let is_title = match first.starts_with('#') {
        true => !is_of_section(title),
        false => rest.is_empty(),
    };
    (is_title && title.chars().count() <= LONGEST_TITLE).then_some(title)
}

/// Whether a heading is that of a part which every advisory has.
fn is_of_section(heading: &str) -> bool {
    let heading = heading.trim_end_matches(':').to_ascii_lowercase();
    let parts = ["impact", "summary", "overview", "description", "details", "background", "vulnerability"];
    parts
        .iter()
        .any(|part| heading == *part || heading.strip_suffix(part).is_some_and(|rest| rest.ends_with(' ')))
}

/// `description`, and `detail` where it says more.
fn map_description<'a>(vulnerability: &'a Vulnerability<'_>) -> Option<Text<'a>> {
    match (filled(&vulnerability.description), filled(&vulnerability.detail)) {
        (Some(description), Some(detail)) if detail.starts_with(description) => Some(Cow::Borrowed(detail)),
        (Some(description), Some(detail)) => Some(Cow::Owned(format!("{description}\n\n{detail}"))),
        (one, other) => one.or(other).map(Cow::Borrowed),
    }
}

/// What is recommended, else the versions without it; and the way round it.
fn map_solution<'a>(vulnerability: &'a Vulnerability<'_>, package: &Package<'_>) -> Option<Text<'a>> {
    let recommendation = filled(&vulnerability.recommendation);
    let Some(workaround) = filled(&vulnerability.workaround) else {
        return recommendation.map(Cow::Borrowed);
    };
    let first = match recommendation {
        Some(recommendation) => recommendation.to_owned(),
        None => upgrade(&package.name, &package.fixed),
    };
    let between = if first.is_empty() { "" } else { "\n\n" };
    Some(Cow::Owned(format!("{first}{between}Workaround: {workaround}")))
}

/// Pages of advisories, then those of the same vulnerability elsewhere.
fn map_references<'a>(vulnerability: &'a Vulnerability<'_>) -> Vec<Text<'a>> {
    let advisories = vulnerability.advisories.iter().filter_map(|it| filled(&it.url));
    let elsewhere = vulnerability.references.iter().filter_map(|it| filled(&it.source.as_ref()?.url));
    advisories.take(MOST).chain(elsewhere.take(MOST)).map(Cow::Borrowed).collect()
}

/// Links get the titles of their advisories.
fn name_links<'a>(finding: &mut Finding<'a>, vulnerability: &'a Vulnerability<'_>) {
    for advisory in vulnerability.advisories.iter().take(MOST) {
        let (Some(title), Some(url)) = (filled(&advisory.title), filled(&advisory.url)) else { continue };
        if let Some(link) = finding.vulnerability.links.iter_mut().find(|link| link.url == url) {
            *link = link.clone().with_name(title);
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (1..100_000).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vulnerability(json: &str) -> Vulnerability<'_> {
        serde_json::from_str(json).expect("a vulnerability")
    }

    #[test]
    fn something_names_a_vulnerability() {
        for (json, want) in [
            (r#"{"id": " CVE-2031-1000 ", "references": [{"id": "GHSA-1"}]}"#, Some("CVE-2031-1000")),
            (r#"{"references": [{}, {"id": "GHSA-1"}]}"#, Some("GHSA-1")),
            (r#"{"bom-ref": "CVE-2031-1000/pkg:npm/a@1"}"#, Some("CVE-2031-1000")),
            (
                r#"{"bom-ref": "7", "source": {"url": "https://nvd.example/detail/CVE-2031-1000"}}"#,
                Some("CVE-2031-1000"),
            ),
            (r#"{"bom-ref": "7", "source": {"url": "https://nvd.example/"}}"#, None),
            ("{}", None),
        ] {
            assert_eq!(id(&vulnerability(json)).as_deref(), want, "{json}");
        }
    }

    #[test]
    fn states_that_leave_nothing_to_do() {
        for (json, want) in [
            (r#"{"state": "resolved"}"#, Some("state: resolved")),
            (r#"{"state": "resolved_with_pedigree"}"#, Some("state: resolved_with_pedigree")),
            (r#"{"state": "false_positive"}"#, Some("state: false_positive")),
            (
                r#"{"state": "not_affected", "justification": "code_not_present"}"#,
                Some("state: not_affected, justification: code_not_present"),
            ),
            (r#"{"state": "exploitable"}"#, None),
            (r#"{"state": "in_triage", "justification": "code_not_present"}"#, None),
            (r#"{"state": "new word"}"#, None),
            ("{}", None),
        ] {
            let analysis: Analysis<'_> = serde_json::from_str(json).expect("an analysis");
            assert_eq!(closed(&analysis).as_deref(), want, "{json}");
        }
    }

    #[test]
    fn an_analysis_tells_how_urgent_it_is() {
        for (json, want) in [
            (r#"{"analysis": {"state": "exploitable"}}"#, Some(Severity::Medium)),
            (r#"{"analysis": {"state": "in_triage"}}"#, Some(Severity::Info)),
            (r#"{"analysis": {"state": "in_triage"}, "ratings": [{"severity": "unknown"}]}"#, None),
            (r#"{"analysis": {"state": "new word"}}"#, None),
            ("{}", None),
        ] {
            assert_eq!(level(&vulnerability(json)), want, "{json}");
        }
    }

    #[test]
    fn titles_come_from_headings_and_short_descriptions() {
        let long = format!(r##"{{"description": "{}"}}"##, "a".repeat(151));
        for (json, want) in [
            (r##"{"description": "Directory traversal in acme"}"##, Some("Directory traversal in acme")),
            (r####"{"description": "# Recursion\n### Impact\nMuch."}"####, Some("Recursion")),
            (r####"{"description": "### Impact\nMuch."}"####, None),
            (r####"{"description": "## Vulnerability Overview\nMuch."}"####, None),
            (r##"{"description": "One.\nTwo."}"##, None),
            (&long, None),
            ("{}", None),
        ] {
            assert_eq!(map_title(&vulnerability(json)), want, "{json}");
        }
    }

    #[test]
    fn a_recommendation_is_for_one_of_several_packages() {
        let one = r#"{"recommendation": "Upgrade org.acme:lib to version 2", "affects": [{}]}"#;
        let two = r#"{"recommendation": "Upgrade org.acme:lib to version 2", "affects": [{}, {}]}"#;
        for (json, name, want) in [
            (one, "org.acme/lib", &["2"][..]),
            (one, "other", &["2"]),
            (two, "org.acme/lib", &["2"]),
            (two, "other", &[]),
            ("{}", "other", &[]),
        ] {
            assert_eq!(recommended_for(&vulnerability(json), name), want, "{name}");
        }
    }

    #[test]
    fn solutions_say_what_to_do_and_the_way_round() {
        let mut package = Package::new("acme", "1");
        package.fixed.push("2".into());
        for (json, want) in [
            ("{}", None),
            (r#"{"recommendation": "Upgrade."}"#, Some("Upgrade.")),
            (
                r#"{"recommendation": "Upgrade.", "workaround": "Wait."}"#,
                Some("Upgrade.\n\nWorkaround: Wait."),
            ),
            (r#"{"workaround": "Wait."}"#, Some("Upgrade acme to 2 or later\n\nWorkaround: Wait.")),
        ] {
            assert_eq!(map_solution(&vulnerability(json), &package).as_deref(), want, "{json}");
        }
    }
}
