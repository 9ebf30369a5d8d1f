//! From issues to GitLab's findings.

use super::model::{Artifact, Component, Cve, Issue, Row, Step};
use crate::field::texts;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, SpareManifest, upgrade};
use scanlift_convert_api::{Finding, Options, Outcome, SkipReason, cwe, image, one_line};
use scanlift_report_core::{
    Commit, Description, Detail, Identifier, Location, Name, SecretLocation, Severity, SourceLocation, Text,
    Vulnerability,
};
use std::borrow::Cow;

/// What the user says.
pub(super) struct Scope<'s> {
    pub(super) options: &'s Options,
    pub(super) manifest: SpareManifest<'s>,
}

/// A component by its id: `npm://lodash:4.17.20`, `deb://debian:buster:glibc:2.28-10`.
#[derive(Debug, Default, PartialEq, Eq)]
struct ComponentId<'a> {
    kind: &'a str,
    name: &'a str,
    version: &'a str,
    /// As `debian:buster`.
    system: &'a str,
}

impl<'a> ComponentId<'a> {
    fn parse(id: &'a str) -> Self {
        let (kind, rest) = id.split_once("://").unwrap_or(("", id));
        Self::of(kind, rest)
    }

    /// By the end of a path in the repository: `docker-local/app/1.0/sha256__a1.tar.gz/3.18:musl:1.2`.
    fn of_path(path: &'a str) -> Self {
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        let begins_in_digit = last.starts_with(|first: char| first.is_ascii_digit());
        let kind = match last.matches(':').count() {
            3.. if last.starts_with("debian:") || last.starts_with("ubuntu:") => "deb",
            2.. if begins_in_digit => "alpine",
            _ => "",
        };
        Self::of(kind, last)
    }

    fn of(kind: &'a str, rest: &'a str) -> Self {
        // Versions of these have colons as well (epochs).
        let (system, rest) = match kind {
            "deb" => match rest.match_indices(':').nth(1) {
                Some((at, _)) => (&rest[..at], &rest[at + 1..]),
                None => ("", rest),
            },
            "rpm" | "alpine" => {
                rest.split_once(':').filter(|(_, rest)| rest.contains(':')).unwrap_or(("", rest))
            }
            _ => ("", rest),
        };
        let cut = match kind {
            "deb" | "rpm" | "alpine" => rest.split_once(':'),
            "docker" => rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')),
            _ => rest.rsplit_once(':'),
        };
        let (name, version) = cut.unwrap_or((rest, ""));
        Self { kind, name, version, system }
    }

    /// A repository for its own sake says nothing: `docker://registry/app:1.0`.
    fn image(id: &'a str) -> Option<&'a str> {
        id.strip_prefix("docker://").filter(|name| !name.is_empty())
    }
}

/// An issue of each component that has it.
pub(super) fn map_issue<'a>(issue: &'a Issue<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    if let Some(kind) = not_security(issue) {
        let example = filled(&issue.summary).or(filled(&issue.issue_id)).unwrap_or_default();
        let detail = format!("{kind} has no GitLab report");
        return vec![Outcome::skip(SkipReason::Unsupported, detail, example)];
    }
    let is_row = issue.package_name.is_some() || issue.vulnerable_component.is_some();
    if is_row || issue.components.is_empty() {
        return vec![map_one(issue, None, None, scope)];
    }
    issue.components.iter().map(|component| map_one(issue, Some(component), None, scope)).collect()
}

/// What an artifact has: one record for each issue, of its first component.
pub(super) fn map_artifact<'a>(artifact: &'a Artifact<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let general = &artifact.general;
    let id = filled(&general.component_id).or(filled(&general.name)).or(filled(&general.path));
    let docker = filled(&general.pkg_type).is_some_and(|kind| kind.eq_ignore_ascii_case("docker"));
    let of = id.map(|id| (docker, id));
    artifact
        .issues
        .iter()
        .map(|issue| match not_security(issue) {
            Some(kind) => {
                let example = filled(&issue.summary).unwrap_or_default();
                Outcome::skip(SkipReason::Unsupported, format!("{kind} has no GitLab report"), example)
            }
            None => map_one(issue, issue.components.first(), of, scope),
        })
        .collect()
}

fn not_security<'a>(issue: &'a Issue<'_>) -> Option<&'a str> {
    filled(&issue.kind).filter(|kind| !kind.eq_ignore_ascii_case("security"))
}

pub(super) fn map_license<'a>(issue: &'a Issue<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    let example = filled(&issue.package_name).or(filled(&issue.summary)).unwrap_or_default();
    Outcome::skip(SkipReason::Unsupported, "licences and operational risks have no GitLab report", example)
}

fn map_one<'a>(
    issue: &'a Issue<'_>,
    component: Option<&'a Component<'_>>,
    artifact: Option<(bool, &'a str)>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let more = &issue.component_versions.more_details;
    let cves = match () {
        () if !issue.cves.is_empty() => &issue.cves,
        () if issue.properties.iter().any(|cve| filled(&cve.id).is_some()) => &issue.properties,
        () => &more.cves,
    };
    let xray = filled(&issue.issue_id);
    let named = cves.iter().filter_map(|cve| filled(&cve.id)).next();
    // Exports of components may have no id at all.
    let id = named.or(xray).or(filled(&issue.summary)).unwrap_or_default();
    let mut advisory = Advisory::new("xray_id", id);
    let others = cves.iter().filter_map(|cve| filled(&cve.id)).filter(|other| *other != id);
    advisory.aliases = others.map(Cow::Borrowed).collect();
    let research = issue.research.as_ref();
    let short = research.and_then(|research| filled(&research.summary));
    advisory.title = short.or(filled(&issue.summary).filter(|text| text.len() <= 120)).map(Cow::Borrowed);
    let long = research.and_then(|research| filled(&research.details));
    let description = filled(&issue.description).or(filled(&more.description)).or(filled(&issue.summary));
    advisory.description = long.or(description).map(Cow::Borrowed);
    advisory.severity = filled(&issue.severity).map(Cow::Borrowed);
    advisory.ratings = cves.iter().flat_map(map_ratings).collect();
    advisory.weaknesses = cves.iter().flat_map(|cve| &cve.cwe).filter_map(|id| cwe::parse(id)).collect();
    advisory.references =
        issue.references.iter().flat_map(|text| text.split_whitespace()).map(Cow::Borrowed).collect();
    // Of a violation it is the time that Xray saw it first.
    let time = filled(&issue.published);
    let (seen, published) = if issue.violation_details_url.is_some() { (time, None) } else { (None, time) };
    advisory.published = published.map(Cow::Borrowed);

    let (package, system) = map_package(issue, component, artifact.is_some());
    let remediation = research.and_then(|research| filled(&research.remediation));
    advisory.solution = remediation.map(|text| match upgrade(&package.name, &package.fixed) {
        upgrade if upgrade.is_empty() => Cow::Borrowed(text),
        upgrade => Cow::Owned(format!("{upgrade}.\n\n{text}")),
    });
    let example = example(id, &package);
    let place = map_place(issue, component, artifact, system, scope);
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "no CVE and no issue id", example);
    };
    let details = &mut finding.vulnerability.details;
    let artifacts = texts(&issue.impacted_artifacts).collect::<Vec<_>>().join(", ");
    details.text("artifacts", "Artifacts", artifacts);
    let policies = issue.matched_policies.iter().filter_map(|matched| {
        let policy = filled(&matched.policy)?;
        Some(filled(&matched.rule).map_or(policy.to_owned(), |rule| format!("{policy}: {rule}")))
    });
    details.text("policies", "Policies", policies.collect::<Vec<_>>().join("\n"));
    for (key, name, value) in [
        ("summary", "Summary", filled(&issue.summary).filter(|_| long.is_some())),
        ("xray_id", "Xray id", xray.filter(|xray| *xray != id)),
        ("applicable", "Applicable", filled(&issue.applicable)),
        ("research_severity", "Severity by JFrog", research.and_then(|research| filled(&research.severity))),
        ("watch", "Watch", filled(&issue.watch_name)),
        ("provider", "Source", filled(&issue.provider).or(filled(&more.provider))),
        ("artifact", "Artifact", filled(&issue.impacted_artifact).or(artifact.map(|(_, id)| id))),
        ("technology", "Technology", filled(&issue.technology)),
        ("first_seen", "First seen", seen),
        ("violation", "Violation", filled(&issue.violation_details_url)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    Outcome::finding(finding)
}

fn example(id: &str, package: &Package<'_>) -> String {
    if id.is_empty() { package.name.to_string() } else { format!("{id} in {}", package.name) }
}

/// `9.8`, or `9.8/CVSS:3.1/AV:N/…`, with the vector beside it.
fn map_ratings<'a>(cve: &'a Cve<'_>) -> Vec<Rating<'a>> {
    let pairs = [(&cve.cvss_v3, &cve.cvss_v3_vector), (&cve.cvss_v2, &cve.cvss_v2_vector)];
    let ratings = pairs.into_iter().filter_map(|(score, vector)| {
        let score = filled(score);
        let (number, rest) = score.and_then(|text| text.split_once('/')).unzip();
        let number: Option<f64> = number.or(score).and_then(|number| number.trim().parse().ok());
        let vector = filled(vector).or(rest);
        let known = number.is_some() || vector.is_some();
        known.then(|| Rating::new("JFrog Xray", vector.map(Cow::Borrowed), number))
    });
    ratings.collect()
}

/// The package, and the operating system that its id names.
fn map_package<'a>(
    issue: &'a Issue<'_>,
    component: Option<&'a Component<'_>>,
    in_artifact: bool,
) -> (Package<'a>, Option<Text<'a>>) {
    let of_component = component.and_then(|component| filled(&component.component_id));
    // That of an export has the version, which its others have not.
    let id = filled(&issue.vulnerable_component).or(of_component).or(filled(&issue.source_comp_id));
    let id = id.or(filled(&issue.component_versions.id)).or(filled(&issue.component));
    let path = texts(&issue.impact_path).next().filter(|_| in_artifact);
    let id = match (id, path) {
        (None, Some(path)) => ComponentId::of_path(path),
        (id, _) => id.map(ComponentId::parse).unwrap_or_default(),
    };
    let own = |field: fn(&'a Component<'_>) -> Option<&'a str>| component.and_then(field);
    let name = filled(&issue.package_name).or(own(|component| filled(&component.name)));
    let version = filled(&issue.package_version).or(own(|component| filled(&component.version)));
    let name = name.or(Some(id.name).filter(|name| !name.is_empty())).unwrap_or("unknown");
    let mut package = Package::new(name, version.unwrap_or(id.version));
    let kind = filled(&issue.package_type).or(own(|component| filled(&component.package_type)));
    package.kind = kind.or(Some(id.kind).filter(|kind| !kind.is_empty())).map(Cow::Borrowed);
    let fixed: &[Loose<'_>] = match component {
        Some(component) if !component.fixed_versions.is_empty() => &component.fixed_versions,
        _ if !issue.fixed_versions.is_empty() => &issue.fixed_versions,
        _ => &issue.component_versions.fixed_versions,
    };
    package.fixed = fixed.iter().map(|range| Cow::Borrowed(fixed_version(range))).collect();
    let vulnerable = texts(&issue.component_versions.vulnerable_versions);
    let vulnerable = vulnerable.chain(texts(&issue.infected_versions)).collect::<Vec<_>>();
    package.vulnerable = Some(Cow::Owned(vulnerable.join(", ")));
    if let Some(steps) = steps(issue, component) {
        package.introduced_by = steps.iter().filter_map(map_step).collect();
        package.path = steps.iter().rev().find_map(|step| filled(&step.full_path)).map(Cow::Borrowed);
    } else if in_artifact {
        package.path = path.map(Cow::Borrowed);
    } else {
        package.introduced_by = texts(&issue.impact_path).map(|id| Cow::Borrowed(without_kind(id))).collect();
    }
    let system = match (id.kind, id.system) {
        (_, "") => None,
        // Of Alpine the id has the release only.
        ("alpine", release) => Some(Cow::Owned(format!("alpine:{release}"))),
        (_, system) => Some(Cow::Borrowed(system)),
    };
    (package, system)
}

/// Where a range of fixed versions begins: `1.2.5` of `[1.2.5]`, `[1.2.5,)` and `≥ 1.2.5`.
fn fixed_version(range: &str) -> &str {
    let range = range.trim_matches(['[', ']', '(', ')', '≥', ' ']);
    range.split(',').next().unwrap_or(range).trim()
}

/// The first of the ways to the package.
fn steps<'a>(issue: &'a Issue<'_>, component: Option<&'a Component<'_>>) -> Option<&'a [Step<'a>]> {
    let of_component = component.and_then(|component| component.impact_paths.first());
    of_component.or(issue.impact_paths.first()).map(Vec::as_slice)
}

fn without_kind(id: &str) -> &str {
    id.split_once("://").map_or(id, |(_, rest)| rest)
}

fn map_step<'a>(step: &'a Step<'_>) -> Option<Text<'a>> {
    if let Some(id) = filled(&step.component_id) {
        return Some(Cow::Borrowed(without_kind(id)));
    }
    let name = filled(&step.name)?;
    Some(match filled(&step.version) {
        Some(version) => Cow::Owned(format!("{name}:{version}")),
        None => Cow::Borrowed(name),
    })
}

/// The image that was scanned, else the file that names the package.
fn map_place<'a>(
    issue: &'a Issue<'_>,
    component: Option<&'a Component<'_>>,
    artifact: Option<(bool, &'a str)>,
    system: Option<Text<'a>>,
    scope: &'a Scope<'_>,
) -> Place<'a> {
    let first = steps(issue, component).and_then(<[Step<'_>]>::first);
    let first_id = first.and_then(|step| filled(&step.component_id));
    let of_artifact = artifact.and_then(|(docker, id)| ComponentId::image(id).or(docker.then_some(id)));
    let named = filled(&issue.impacted_artifact).into_iter().chain(texts(&issue.impacted_artifacts));
    let image = named.chain(first_id).find_map(ComponentId::image);
    let user = filled(&scope.options.image);
    if let Some(image) = image.or(of_artifact).or(user).or(system.as_ref().map(|_| "unknown")) {
        let system = system.or(filled(&scope.options.operating_system).map(Cow::Borrowed));
        return Place::Image { image: image::with_tag(Cow::Borrowed(image)), operating_system: system };
    }
    let file = |place: &'a Option<super::model::Place<'_>>| filled(&place.as_ref()?.file);
    let named = issue.components.iter().chain(component).find_map(|component| file(&component.location));
    let named = named.or_else(|| first.and_then(|step| file(&step.location)));
    Place::Manifest(Cow::Borrowed(named.unwrap_or_else(|| scope.manifest.name())))
}

pub(super) fn map_secret<'a>(row: &'a Row<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let commit = filled(&scope.options.commit).unwrap_or_default();
    let place = |source| Location::SecretDetection(SecretLocation::new(Commit::new(commit), source));
    map_row(row, "xray_secret_rule_id", place, true)
}

pub(super) fn map_weakness<'a>(row: &'a Row<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    map_row(row, "xray_rule_id", Location::Sast, false)
}

fn map_row<'a>(
    row: &'a Row<'_>,
    scheme: &'static str,
    place: impl FnOnce(SourceLocation<'a>) -> Location<'a>,
    is_secret: bool,
) -> Outcome<'a> {
    let title = filled(&row.scanner_short_description).or(filled(&row.finding));
    let file = filled(&row.file).unwrap_or("unknown");
    let rule = filled(&row.rule_id).or(title).unwrap_or_default();
    let Some(primary) = Identifier::new(scheme, rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "no rule", file);
    };
    let source = match row.start_line.filter(|start| *start > 0) {
        Some(start) => SourceLocation::lines(file, start, row.end_line.unwrap_or(start)),
        None => SourceLocation::file(file),
    };
    let mut vulnerability = Vulnerability::new(primary, place(source));
    vulnerability.name = Name::new(title.map(one_line).unwrap_or_default()).or_else(|| Name::new(rule));
    let description = filled(&row.scanner_description).or(filled(&row.finding)).or(title);
    vulnerability.description = description.and_then(Description::new);
    vulnerability
        .identifiers
        .extend(row.cwe.iter().filter_map(|id| cwe::parse(id)).map(Identifier::cwe).take(50));
    if let Some(snippet) = filled(&row.snippet) {
        let code = Detail::Code { value: Cow::Borrowed(snippet), lang: None };
        vulnerability.details.insert("code", "Code", code);
    }
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&row.severity).and_then(Severity::from_word);
    finding.severity.word = filled(&row.severity).map(Cow::Borrowed);
    // Xray masks it with asterisks.
    let bare = filled(&row.snippet).filter(|snippet| is_secret && !snippet.contains("***"));
    finding.secrets = bare.map(Cow::Borrowed).into_iter().collect();
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_named_by_their_kind() {
        for (id, want) in [
            ("npm://lodash:4.17.20", ("npm", "lodash", "4.17.20", "")),
            ("npm://@acme/lib:1.0", ("npm", "@acme/lib", "1.0", "")),
            ("gav://org.acme:lib:1.0", ("gav", "org.acme:lib", "1.0", "")),
            ("deb://debian:buster:glibc:1:2.28-10", ("deb", "glibc", "1:2.28-10", "debian:buster")),
            ("rpm://el7:openssl:1:1.0.2k-19", ("rpm", "openssl", "1:1.0.2k-19", "el7")),
            ("alpine://3.18:musl:1.2", ("alpine", "musl", "1.2", "3.18")),
            ("docker://localhost:5000/app", ("docker", "localhost:5000/app", "", "")),
            ("lib", ("", "lib", "", "")),
            ("", ("", "", "", "")),
        ] {
            let got = ComponentId::parse(id);
            assert_eq!((got.kind, got.name, got.version, got.system), want, "{id}");
        }
    }

    #[test]
    fn components_are_named_by_their_path() {
        for (path, want) in [
            ("docker-local/app/1/sha256__a1.tar.gz/3.18:musl:1.2-r1", ("alpine", "musl", "1.2-r1", "3.18")),
            ("app/1/a1.tar.gz/debian:buster:glibc:2.28-10", ("deb", "glibc", "2.28-10", "debian:buster")),
            ("libs/app.jar/org.acme:lib:1.0", ("", "org.acme:lib", "1.0", "")),
            ("npm-local/acme-1.0.tgz", ("", "acme-1.0.tgz", "", "")),
        ] {
            let got = ComponentId::of_path(path);
            assert_eq!((got.kind, got.name, got.version, got.system), want, "{path}");
        }
    }

    #[test]
    fn ranges_begin_with_the_fixed_version() {
        for (range, want) in [
            ("[1.2.5]", "1.2.5"),
            ("[1.2.5,)", "1.2.5"),
            ("[2.4.13, 2.5.0)", "2.4.13"),
            ("≥ 2:1.6.4-3+deb9u1", "2:1.6.4-3+deb9u1"),
            ("1.2.5", "1.2.5"),
        ] {
            assert_eq!(fixed_version(range), want, "{range}");
        }
    }
}
