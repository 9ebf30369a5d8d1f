//! A vulnerability as Snyk's CLI and the first version of its API write it, and its finding.

mod model;

use crate::field::{epss, once, text, texts};
pub(crate) use model::Issue;
use model::Values;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Outcome, SkipReason, cwe};
use scanlift_report_core::{Details, Text};
use std::borrow::Cow;

/// Where the packages of a project stand.
#[derive(Clone, Debug)]
pub(crate) enum Target<'c> {
    /// In a source tree.
    Manifest(Text<'c>),
    /// In an image.
    Image {
        /// With a tag.
        image: Text<'c>,
        /// As far as it is known without the package.
        system: Option<Text<'c>>,
        /// The file in the image that lists the packages, where it is one of a language.
        file: Option<Text<'c>>,
    },
}

/// A package as it is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Installed<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// What it is built of: `openssl` of `libssl1.1`, or the address that it is taken from.
    source: Option<&'a str>,
}

impl<'a> Installed<'a> {
    /// A package that no package manager knows: `https://zlib.net|zlib@1.2.11`.
    pub(crate) fn unmanaged(coordinate: &'a str) -> Self {
        let (package, version) = coordinate.rsplit_once('@').unwrap_or((coordinate, ""));
        let (source, name) = match package.split_once('|') {
            Some((name, source)) if source.contains("://") => (Some(source), name),
            Some((source, name)) => (Some(source), name),
            None => (None, package),
        };
        Self { name, version, source }
    }

    fn of(issue: &'a Issue<'_>) -> Option<Self> {
        let name = package_name(issue)?;
        let version = texts(&issue.version).next().unwrap_or_default();
        if filled(&issue.package_manager).is_some_and(|manager| manager.starts_with("Unmanaged")) {
            let package = Self::unmanaged(name);
            return Some(if package.version.is_empty() { Self { version, ..package } } else { package });
        }
        let (source, name) = binary_name(issue, name);
        Some(Self { name, version, source })
    }
}

/// The finding of an issue; licences are none.
pub(crate) fn map_issue<'a>(issue: &'a Issue<'_>, target: &'a Target<'_>) -> Outcome<'a> {
    map_installed(issue, Installed::of(issue), target)
}

/// The finding of an issue in that package.
pub(crate) fn map_installed<'a>(
    issue: &'a Issue<'_>,
    installed: Option<Installed<'a>>,
    target: &'a Target<'_>,
) -> Outcome<'a> {
    if filled(&issue.kind) == Some("license") {
        let detail = "licence issue: GitLab reads licences from SBOMs";
        return Outcome::skip(SkipReason::Unsupported, detail, example(issue));
    }
    if issue.is_ignored == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "isIgnored: true", example(issue));
    }
    if issue.is_patched == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "isPatched: true", example(issue));
    }
    let Some(Installed { name, version, source }) = installed else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a package", example(issue));
    };
    let package = map_package(issue, Package::new(name, version), target);
    let place = map_place(issue, target);
    let Some(mut finding) = map_advisory(issue, name, target).into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without an id", name);
    };
    let details = &mut finding.vulnerability.details;
    details.text("source_package", "Source package", source.unwrap_or_default());
    map_details(details, issue);
    Outcome::finding(finding)
}

/// An entry of `filtered`: `how` it got there is its key.
pub(crate) fn map_filtered<'a>(issue: &'a Issue<'_>, how: &'a str) -> Outcome<'a> {
    let reasons = issue.filtered.iter().flat_map(|filtered| &filtered.ignored);
    let reason = reasons.filter_map(|ignored| filled(&ignored.reason)).next();
    let detail = match reason {
        Some(reason) => Cow::Owned(format!("{how}: {reason}")),
        None => Cow::Borrowed(how),
    };
    Outcome::skip(SkipReason::Suppressed, detail, example(issue))
}

fn example<'a>(issue: &'a Issue<'_>) -> Text<'a> {
    match (filled(&issue.id), package_name(issue)) {
        (Some(id), Some(name)) => Cow::Owned(format!("{id} in {name}")),
        (id, name) => Cow::Borrowed(id.or(name).or(filled(&issue.title)).unwrap_or_default()),
    }
}

fn package_name<'a>(issue: &'a Issue<'_>) -> Option<&'a str> {
    let mut names = texts(&issue.name);
    let first = names.next();
    // Grouped issues are about several packages of one source.
    let single = first.filter(|first| names.all(|name| name == *first));
    single.or(filled(&issue.package)).or(filled(&issue.package_name)).or(first).or(filled(&issue.module_name))
}

/// Source and name of a package of a system: Snyk writes `openssl/libssl1.1`.
fn binary_name<'a>(issue: &'a Issue<'_>, name: &'a str) -> (Option<&'a str>, &'a str) {
    match name.split_once('/').filter(|(source, name)| !source.is_empty() && !name.is_empty()) {
        Some((source, name)) if system(issue).is_some() => (Some(source), name),
        _ => (None, name),
    }
}

/// The operating system of a package of one.
fn system<'a>(issue: &'a Issue<'_>) -> Option<&'a str> {
    const SYSTEMS: [&str; 14] = [
        "almalinux",
        "alpine",
        "amzn",
        "centos",
        "debian",
        "linux",
        "oracle",
        "rhel",
        "rocky",
        "sles",
        "sle",
        "ubuntu",
        "wolfi",
        "chainguard",
    ];
    let manager = filled(&issue.package_manager)?;
    let name = manager.split(':').next().unwrap_or_default();
    SYSTEMS.contains(&name).then_some(manager)
}

fn map_place<'a>(issue: &'a Issue<'_>, target: &'a Target<'_>) -> Place<'a> {
    match target {
        Target::Manifest(file) => Place::Manifest(Cow::Borrowed(&**file)),
        Target::Image { image, system: known, .. } => Place::Image {
            image: Cow::Borrowed(&**image),
            operating_system: system(issue)
                .filter(|system| system.contains(':'))
                .or(known.as_deref())
                .map(Cow::Borrowed),
        },
    }
}

fn map_package<'a>(issue: &'a Issue<'_>, mut package: Package<'a>, target: &'a Target<'_>) -> Package<'a> {
    package.kind = text(&issue.package_manager);
    package.fixed = texts(&issue.fixed_in).map(Cow::Borrowed).collect();
    if package.fixed.is_empty() {
        package.fixed.extend(text(&issue.nearest_fixed_in_version));
    }
    let ranges = issue.semver.iter().flat_map(|semver| texts(&semver.vulnerable));
    package.vulnerable = Some(Cow::Owned(ranges.collect::<Vec<_>>().join(" || ")));
    let path: Vec<&str> = issue.from.0.first().map(|path| texts(&path.0).collect()).unwrap_or_default();
    // The first step is the project itself.
    package.introduced_by = path.iter().skip(1).map(|step| Cow::Borrowed(*step)).collect();
    match target {
        Target::Manifest(_) if path.len() > 1 => package.direct = Some(path.len() == 2),
        Target::Image { file, .. } => package.path = file.as_deref().map(Cow::Borrowed),
        Target::Manifest(_) => {}
    }
    package
}

fn map_advisory<'a>(issue: &'a Issue<'_>, package: &str, target: &Target<'_>) -> Advisory<'a> {
    let id = filled(&issue.id).unwrap_or_default();
    let mut advisory = Advisory::new("snyk_id", id);
    let page = || (!id.is_empty()).then(|| Cow::Owned(format!("https://security.snyk.io/vuln/{id}")));
    advisory.url = text(&issue.url).or_else(page);
    advisory.title = text(&issue.title).map(|title| Cow::Owned(format!("{title} in {package}")));
    let description = filled(&issue.description).map(|text| text.strip_prefix("## Overview").unwrap_or(text));
    advisory.description = description.map(|text| Cow::Borrowed(text.trim())).or(text(&issue.title));
    advisory.solution = map_solution(issue, package, target).map(Cow::Owned);
    for (kind, values) in issue.identifiers.iter().flatten() {
        match &*kind.0 {
            "CWE" => advisory.weaknesses.extend(texts(&values.0).filter_map(weakness)),
            // Bare numbers of databases that are gone are kept in the details.
            "NSP" => {}
            // Of several only the first is sure to be this vulnerability: others are those of the same
            // package too, and a shared one would make GitLab fold the two.
            "GHSA" => advisory.aliases.extend(texts(&values.0).take(1).map(Cow::Borrowed)),
            _ => advisory.aliases.extend(texts(&values.0).map(Cow::Borrowed)),
        }
    }
    advisory.aliases.extend(texts(&issue.alternative_ids).map(Cow::Borrowed));
    advisory.severity = severity(issue);
    map_ratings(&mut advisory, issue);
    let references = issue.references.iter().chain(&issue.info);
    advisory.references = references.filter_map(|reference| text(&reference.0)).collect();
    advisory.published = text(&issue.publication_time);
    advisory.modified = text(&issue.modification_time);
    advisory
}

/// The severity as the organisation sees it. Before Snyk had `critical`, the worst was `high`; then
/// for a while a field of its own had it.
fn severity<'a>(issue: &'a Issue<'_>) -> Option<Text<'a>> {
    let word = text(&issue.severity);
    if issue.original_severity.is_some() {
        return word;
    }
    let is_old = issue.severity_with_critical.is_none()
        && issue.cvss_sources.is_empty()
        && issue.cvss_details.is_empty();
    let is_critical = issue.cvss_score.is_some_and(|score| score >= 9.0);
    if is_old && is_critical && word.as_deref() == Some("high") {
        return Some(Cow::Borrowed("critical"));
    }
    text(&issue.severity_with_critical).or(word)
}

fn weakness(text: &str) -> Option<u32> {
    cwe::parse(text).or_else(|| text.parse().ok())
}

fn map_ratings<'a>(advisory: &mut Advisory<'a>, issue: &'a Issue<'_>) {
    advisory.ratings.push(Rating::new("Snyk", text(&issue.cvss_v3), issue.cvss_score));
    for source in &issue.cvss_sources {
        let assigner = filled(&source.assigner).unwrap_or_default();
        advisory.ratings.push(Rating::new(assigner, text(&source.vector), source.base_score));
    }
    for source in &issue.cvss_details {
        let assigner = filled(&source.assigner).unwrap_or_default();
        advisory.ratings.push(Rating::new(assigner, text(&source.cvss_v3_vector), source.cvss_v3_base_score));
    }
}

/// What Snyk advises: to upgrade what the project asks for itself; `None` leaves it to the fixed versions.
fn map_solution(issue: &Issue<'_>, package: &str, target: &Target<'_>) -> Option<String> {
    if matches!(target, Target::Image { .. }) {
        return None;
    }
    let path = issue.from.0.first()?;
    let (at, wanted) = issue
        .upgrade_path
        .iter()
        .enumerate()
        .find(|(_, step)| !step.trim().is_empty() && !matches!(step.trim(), "false" | "true"))?;
    let present = path.0.get(at)?.trim();
    let (name, version) = present.rsplit_once('@')?;
    let (_, new) = wanted.rsplit_once('@')?;

    if version == new {
        // The version that is asked for allows the fix already.
        return Some(format!(
            "Update the lock file, which keeps {package} back: {name} {new} takes a fixed version."
        ));
    }
    if at + 1 == path.0.len() || issue.is_upgradable == Some(false) {
        return None;
    }
    let fixed = texts(&issue.fixed_in).collect::<Vec<_>>().join(", ");
    let fixed = if fixed.is_empty() { String::new() } else { format!(" ({fixed})") };
    Some(format!("Upgrade {name} from {version} to {new}, which brings a fixed version of {package}{fixed}"))
}

fn map_details<'a>(details: &mut Details<'a>, issue: &'a Issue<'_>) {
    let levels = issue.exploit_details.iter().flat_map(|exploit| &exploit.maturity_levels);
    let primary = levels.clone().find(|level| filled(&level.kind) == Some("primary"));
    let level = primary.or_else(|| levels.clone().next()).and_then(|level| filled(&level.level));
    let exploit = filled(&issue.exploit).or(filled(&issue.exploit_maturity)).or(level).unwrap_or_default();
    details.text("exploit_maturity", "Exploit maturity", exploit);
    if let Some(score) = &issue.epss_details {
        epss(details, filled(&score.probability), filled(&score.percentile), None);
    }
    let mut add = |key: &'static str, name: &'static str, value: &'a Option<Loose<'_>>| {
        details.text(key, name, filled(value).unwrap_or_default());
    };
    add("reachability", "Reachability", &issue.reachability);
    add("risk_score", "Risk score", &issue.risk_score);
    add("priority_score", "Priority score", &issue.priority_score);
    add("original_severity", "Severity before it was changed", &issue.original_severity);
    add("nvd_severity", "Severity by NVD", &issue.nvd_severity);
    add("relative_importance", "Importance by the distribution", &issue.relative_importance);
    add("dockerfile_instruction", "Dockerfile instruction", &issue.dockerfile_instruction);
    add("base_image", "Base image", &issue.docker_base_image);
    add("dependency_type", "Dependency type", &issue.parent_dep_type);
    add("disclosed", "Disclosed", &issue.disclosure_time);
    for (key, name, value) in [
        ("malicious", "Malicious", issue.malicious.or(issue.is_malicious_package)),
        ("disputed", "Disputed", issue.is_disputed),
        ("patchable", "Patchable by Snyk", issue.is_patchable),
        ("pinnable", "Pinnable", issue.is_pinnable),
    ] {
        if value == Some(true) {
            details.text(key, name, "yes");
        }
    }
    let mut functions = Vec::new();
    for id in issue.functions_new.iter().filter_map(|function| function.function_id.as_ref()).take(20) {
        match (filled(&id.class_name), filled(&id.function_name)) {
            (Some(class), Some(function)) => once(&mut functions, format!("{class}.{function}")),
            (None, Some(function)) => once(&mut functions, function),
            _ => {}
        }
    }
    details.text("functions", "Vulnerable functions", functions.join(", "));
    let ghsa = issue.identifiers.iter().flatten().filter(|(kind, _)| kind.0 == "GHSA");
    let ghsa = ghsa.flat_map(|(_, values)| texts(&values.0).skip(1)).collect::<Vec<_>>().join(", ");
    details.text("further_advisories", "Further advisories", ghsa);
    let nsp = issue.identifiers.iter().flatten().filter(|(kind, _)| kind.0 == "NSP");
    let nsp = nsp.flat_map(|(_, values)| texts(&values.0)).collect::<Vec<_>>().join(", ");
    details.text("nsp", "Node Security Platform", nsp);
    let others = issue.from.0.iter().skip(1).map(|path| steps(path).join(" > "));
    add_list(details, "further_paths", "Further paths", others);
    let credit = texts(&issue.credit).filter(|name| *name != "Unknown").collect::<Vec<_>>().join(", ");
    details.text("credit", "Found by", credit);
}

/// A path without the project itself.
fn steps<'a>(path: &'a Values<'_>) -> Vec<&'a str> {
    texts(&path.0).skip(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(text: &'static str) -> Issue<'static> {
        serde_json::from_str(text).expect("an issue")
    }

    #[test]
    fn solutions_name_what_to_upgrade() {
        let target = Target::Manifest("package.json".into());
        for (json, want) in [
            (
                r#"{"from": ["p@1", "a@1.0", "b@2"], "upgradePath": [false, "a@1.5", "b@3"], "fixedIn": ["3"]}"#,
                Some("Upgrade a from 1.0 to 1.5, which brings a fixed version of b (3)"),
            ),
            (
                r#"{"from": ["p@1", "@s/a@1.0", "b@2"], "upgradePath": [false, "@s/a@1.0", "b@3"]}"#,
                Some("Update the lock file, which keeps b back: @s/a 1.0 takes a fixed version."),
            ),
            (r#"{"from": ["p@1", "b@2"], "upgradePath": [false, "b@3"]}"#, None),
            (r#"{"from": ["p@1", "b@2"], "upgradePath": []}"#, None),
        ] {
            assert_eq!(map_solution(&issue(json), "b", &target).as_deref(), want, "{json}");
        }
    }

    #[test]
    fn packages_of_systems_lose_their_source() {
        for (json, want) in [
            (
                r#"{"name": "openssl/libssl1.1", "packageManager": "debian:10"}"#,
                (Some("openssl"), "libssl1.1"),
            ),
            (r#"{"name": "@s/a", "packageManager": "npm"}"#, (None, "@s/a")),
            (
                r#"{"name": ["musl/musl", "musl/utils"], "packageName": "musl", "packageManager": "alpine:3.12"}"#,
                (None, "musl"),
            ),
        ] {
            let issue = issue(json);
            let installed = Installed::of(&issue).expect("a package");
            assert_eq!((installed.source, installed.name), want, "{json}");
        }
    }

    #[test]
    fn packages_without_a_manager_are_split() {
        for (json, want) in [
            (r#"{"name": "https://zlib.net|zlib@1.2.11"}"#, ("zlib", "1.2.11", Some("https://zlib.net"))),
            (
                r#"{"name": "https://github.com|madler/zlib", "version": "1.2.11"}"#,
                ("madler/zlib", "1.2.11", Some("https://github.com")),
            ),
            (
                r#"{"name": "curl|https://curl.se/curl-7.58.0.tar.xz@7.58.0"}"#,
                ("curl", "7.58.0", Some("https://curl.se/curl-7.58.0.tar.xz")),
            ),
            (r#"{"name": "zlib@1.2.11"}"#, ("zlib", "1.2.11", None)),
        ] {
            let mut issue = issue(json);
            issue.package_manager = Some(Loose("Unmanaged (C/C++)".into()));
            let installed = Installed::of(&issue).expect("a package");
            assert_eq!((installed.name, installed.version, installed.source), want, "{json}");
        }
    }

    #[test]
    fn high_was_once_the_worst() {
        for (json, want) in [
            (r#"{"severity": "high", "cvssScore": 9.8}"#, "critical"),
            (r#"{"severity": "high", "cvssScore": 7.5}"#, "high"),
            (r#"{"severity": "low", "cvssScore": 9.8}"#, "low"),
            (r#"{"severity": "high", "cvssScore": 9.8, "cvssDetails": [{"assigner": "NVD"}]}"#, "high"),
            (r#"{"severity": "high", "severityWithCritical": "critical"}"#, "critical"),
            (
                r#"{"severity": "low", "severityWithCritical": "critical", "originalSeverity": "critical"}"#,
                "low",
            ),
        ] {
            assert_eq!(severity(&issue(json)).as_deref(), Some(want), "{json}");
        }
    }

    #[test]
    fn paths_may_be_grouped() {
        for (json, paths) in [
            (r#"{"from": ["p@1", "a@1"]}"#, 1),
            (r#"{"from": [["p@1", "a@1"], ["p@1", "b@1", "a@1"]]}"#, 2),
            (r#"{"from": []}"#, 1),
        ] {
            assert_eq!(issue(json).from.0.len(), paths, "{json}");
        }
    }
}
