//! From the entries of a resource to GitLab's findings.

use super::model::{Check, Cvss, Report, Resource, Secret, Vulnerability};
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{Finding, Options, Outcome, SkipReason, image};
use scanlift_report_core::{
    Commit, Description, Detail, Details, Identifier, KubernetesResource, Link, Location, Name,
    SecretLocation, Severity, Solution, SourceLocation, Text, Vulnerability as GitLabVulnerability,
};
use std::borrow::Cow;

/// Kinds of resources that hold records.
pub(super) fn is_read(kind: &str) -> bool {
    let kind = kind.strip_prefix("Cluster").unwrap_or(kind);
    matches!(
        kind,
        "VulnerabilityReport"
            | "ExposedSecretReport"
            | "ConfigAuditReport"
            | "RbacAssessmentReport"
            | "InfraAssessmentReport"
    )
}

/// What was scanned, by the labels of a resource.
#[derive(Clone, Copy)]
struct Scope<'a> {
    namespace: &'a str,
    kind: &'a str,
    name: &'a str,
    container: &'a str,
    report: &'a Report<'a>,
}

pub(super) fn map_resource<'a>(resource: &'a Resource<'_>, _: &'a Options) -> Vec<Outcome<'a>> {
    if filled(&resource.kind).is_some_and(|kind| !is_read(kind)) {
        return Vec::new();
    }
    let metadata = &resource.metadata;
    let (labels, annotations) = (&metadata.labels, &metadata.annotations);
    let either = |label, annotation| filled(label).or(filled(annotation));
    let scope = Scope {
        namespace: either(&labels.namespace, &annotations.namespace)
            .or(filled(&metadata.namespace))
            .unwrap_or_default(),
        kind: either(&labels.kind, &annotations.kind).unwrap_or_default(),
        name: either(&labels.name, &annotations.name).or(filled(&metadata.name)).unwrap_or_default(),
        container: either(&labels.container, &annotations.container).unwrap_or_default(),
        report: &resource.report,
    };
    let report = &resource.report;
    let vulnerabilities = report.vulnerabilities.iter().map(|entry| map_vulnerability(entry, scope));
    let secrets = report.secrets.iter().map(|entry| map_secret(entry, scope));
    let of_containers =
        report.container_checks.iter().flatten().flat_map(|(container, checks)| {
            checks.iter().map(move |check| (check, Some(container.as_str())))
        });
    let checks = report.checks.iter().chain(&report.pod_checks).map(|check| (check, None));
    let checks = checks.chain(of_containers).map(|(check, container)| map_check(check, container, scope));
    vulnerabilities.chain(secrets).chain(checks).collect()
}

impl<'a> Scope<'a> {
    /// As the registry has it: `index.docker.io/library/nginx:alpine`.
    fn image(self) -> Option<String> {
        let artifact = &self.report.artifact;
        let mut image = filled(&artifact.repository)?.to_owned();
        if let Some(server) = filled(&self.report.registry.server) {
            image.insert(0, '/');
            image.insert_str(0, server);
        }
        match (filled(&artifact.tag), filled(&artifact.digest)) {
            (Some(tag), _) => image.extend([":", tag]),
            (None, Some(digest)) => image.extend(["@", digest]),
            (None, None) => {}
        }
        Some(image)
    }

    /// The path of what has no file: `<namespace>/<kind>/<name>`, as the converter `trivy` has it.
    fn path(self) -> String {
        let parts = [self.namespace, self.kind, stable_name(self.kind, self.name)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }

    fn details(self, details: &mut Details<'a>) {
        details.text("kubernetes_namespace", "Kubernetes namespace", self.namespace);
        details.text("kubernetes_kind", "Kubernetes kind", self.kind);
        details.text("kubernetes_name", "Kubernetes name", self.name);
        details.text("kubernetes_container", "Kubernetes container", self.container);
        details.text("image", "Image", self.image().unwrap_or_default());
        details.text("updated", "Scanned", filled(&self.report.update_timestamp).unwrap_or_default());
    }
}

/// The name without what the controller adds for each revision of a deployment or run of a cron
/// job: `nginx-965685897` is `nginx`. It is a part of the identity.
fn stable_name<'a>(kind: &str, name: &'a str) -> &'a str {
    // The alphabet of `k8s.io/apimachinery/pkg/util/rand`.
    let is_hash = |c: u8| b"bcdfghjklmnpqrstvwxz2456789".contains(&c);
    match name.rsplit_once('-') {
        Some((start, end))
            if kind == "ReplicaSet" && (6..=10).contains(&end.len()) && end.bytes().all(is_hash) =>
        {
            start
        }
        Some((start, end)) if kind == "Job" && end.len() >= 8 && end.bytes().all(|c| c.is_ascii_digit()) => {
            start
        }
        _ => name,
    }
}

fn map_vulnerability<'a>(entry: &'a Vulnerability<'_>, scope: Scope<'a>) -> Outcome<'a> {
    let id = filled(&entry.vulnerability_id).unwrap_or_default();
    let mut advisory = Advisory::new("trivy_id", id);
    advisory.url = filled(&entry.primary_link).map(Cow::Borrowed);
    advisory.title = filled(&entry.title).map(Cow::Borrowed);
    advisory.description = filled(&entry.description).map(Cow::Borrowed);
    advisory.severity = filled(&entry.severity).map(Cow::Borrowed);
    advisory.ratings = map_ratings(entry);
    advisory.references = entry.links.iter().map(|link| Cow::Borrowed(&**link)).collect();
    advisory.published = filled(&entry.published_date).map(Cow::Borrowed);
    advisory.modified = filled(&entry.last_modified_date).map(Cow::Borrowed);

    let purl = filled(&entry.package_purl);
    let named = filled(&entry.resource).map(|name| Package::new(name, ""));
    let mut package =
        named.or_else(|| purl.and_then(Package::from_purl)).unwrap_or_else(|| Package::new("unknown", ""));
    if let Some(version) = filled(&entry.installed_version) {
        package.version = Cow::Borrowed(version);
    }
    package.purl = purl.map(Cow::Borrowed);
    package.kind = filled(&entry.package_type).map(Cow::Borrowed);
    package.path = filled(&entry.package_path).or(filled(&entry.target)).map(Cow::Borrowed);
    let fixed = filled(&entry.fixed_version).into_iter().flat_map(|versions| versions.split(','));
    package.fixed = fixed.map(str::trim).map(Cow::Borrowed).collect();
    let example = format!("{id} in {}", package.name);

    let image = scope.image().unwrap_or_else(|| format!("{}/{}", scope.kind, scope.name));
    let os = &scope.report.os;
    let system =
        image::operating_system(filled(&os.family).unwrap_or_default(), filled(&os.name).unwrap_or_default());
    let place = Place::Cluster {
        image: image::with_tag(Cow::Owned(image)),
        operating_system: system.map(Cow::Owned),
        workload: KubernetesResource::new(scope.namespace, scope.kind, scope.name, scope.container),
    };
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "no vulnerabilityID", example);
    };
    let details = &mut finding.vulnerability.details;
    details.text("package_class", "Package class", filled(&entry.class).unwrap_or_default());
    let digest = filled(&scope.report.artifact.digest).unwrap_or_default();
    details.text("image_digest", "Image digest", digest);
    details.text("updated", "Scanned", filled(&scope.report.update_timestamp).unwrap_or_default());
    Outcome::finding(finding)
}

/// Vectors by source, NVD's first; without them the score.
fn map_ratings<'a>(entry: &'a Vulnerability<'_>) -> Vec<Rating<'a>> {
    let sources = entry.cvss.iter().flatten();
    let mut sources: Vec<(&str, &Cvss<'_>)> =
        sources.filter_map(|(source, cvss)| Some((source.as_str(), cvss.as_ref()?))).collect();
    let preferred = filled(&entry.cvss_source).unwrap_or("nvd");
    sources.sort_by_key(|(source, _)| *source != preferred);
    let mut ratings = Vec::new();
    for (source, cvss) in sources {
        for vector in [&cvss.v3_vector, &cvss.v2_vector, &cvss.v40_vector] {
            let vector = filled(vector).map(Cow::Borrowed);
            ratings.extend(vector.map(|vector| Rating::new(source, Some(vector), None)));
        }
    }
    if entry.score.is_some() {
        ratings.push(Rating::new(filled(&entry.cvss_source).unwrap_or_default(), None, entry.score));
    }
    ratings
}

/// A file of an image: behind the image's name, so that equal files of two images stay two secrets.
fn map_secret<'a>(entry: &'a Secret<'_>, scope: Scope<'a>) -> Outcome<'a> {
    let rule = filled(&entry.rule_id).or(filled(&entry.title)).or(filled(&entry.category));
    let target = filled(&entry.target).unwrap_or("unknown");
    let Some(primary) = rule.and_then(|rule| Identifier::new("trivy_secret_rule_id", rule, rule)) else {
        return Outcome::skip(SkipReason::Unsupported, "no ruleID", target);
    };
    let file = match filled(&scope.report.artifact.repository) {
        Some(repository) => Cow::Owned(format!("{repository}/{}", target.trim_start_matches('/'))),
        None => Cow::Borrowed(target),
    };
    let place = SecretLocation::new(Commit::new(""), SourceLocation::file(file));
    let mut vulnerability = GitLabVulnerability::new(primary, Location::SecretDetection(place));
    vulnerability.name = filled(&entry.title).or(rule).and_then(Name::new);
    let description = match filled(&entry.category) {
        Some(category) => {
            format!("A file of the image matches a rule for secrets of the category {category}.")
        }
        None => "A file of the image matches a rule for secrets.".to_owned(),
    };
    vulnerability.description = Description::new(description);
    let details = &mut vulnerability.details;
    details.text("category", "Category", filled(&entry.category).unwrap_or_default());
    details.text("file", "File", target);
    if let Some(matched) = filled(&entry.matched) {
        details.insert("match", "Match", Detail::Code { value: Cow::Borrowed(matched), lang: None });
    }
    scope.details(details);
    let mut finding = Finding::new(vulnerability);
    rate(&mut finding, filled(&entry.severity));
    // Trivy masks it with asterisks.
    let bare = filled(&entry.matched).filter(|matched| !matched.contains("***"));
    finding.secrets = bare.map(Cow::Borrowed).into_iter().collect();
    Outcome::finding(finding)
}

fn map_check<'a>(check: &'a Check<'_>, container: Option<&'a str>, scope: Scope<'a>) -> Outcome<'a> {
    let id = filled(&check.check_id).map(normalise);
    let rule = id.or_else(|| filled(&check.title).map(Cow::Borrowed)).unwrap_or_default();
    let path = scope.path();
    let example = || format!("{rule} {path}");
    if filled(&check.success).is_some_and(|success| success.eq_ignore_ascii_case("true")) {
        return Outcome::skip(SkipReason::NotAFinding, "success: true", example());
    }
    let primary = Identifier::new("trivy_misconfiguration_id", rule.clone(), rule.clone());
    let Some(primary) = primary else {
        return Outcome::skip(SkipReason::Unsupported, "no checkID", path);
    };
    let place = Location::Sast(SourceLocation::file(path));
    let mut vulnerability = GitLabVulnerability::new(primary, place);
    vulnerability.name = filled(&check.title).and_then(Name::new).or_else(|| Name::new(rule));
    let messages = check.messages.iter().map(|text| text.trim()).chain(filled(&check.message));
    let messages: Vec<&str> = messages.filter(|text| !text.is_empty()).collect();
    vulnerability.description = Description::new(map_description(filled(&check.description), &messages));
    vulnerability.solution = filled(&check.remediation).and_then(Solution::new);
    for link in check.links.iter().filter_map(|link| Link::new(link.trim())) {
        vulnerability.add_link(link);
    }
    let details = &mut vulnerability.details;
    details.text("check_id", "Check id", filled(&check.check_id).unwrap_or_default());
    details.text("category", "Category", filled(&check.category).unwrap_or_default());
    if let Some(part) = &check.scope {
        let words = [&part.kind, &part.value].into_iter().filter_map(filled).collect::<Vec<_>>();
        details.text("scope", "Scope", words.join(" "));
    }
    details.text("container", "Container", container.unwrap_or_default());
    scope.details(details);
    let mut finding = Finding::new(vulnerability);
    rate(&mut finding, filled(&check.severity));
    Outcome::finding(finding)
}

/// What the check is about, and what it says of this workload.
fn map_description<'a>(description: Option<&'a str>, messages: &[&'a str]) -> Text<'a> {
    match (description, messages) {
        (Some(description), []) => Cow::Borrowed(description),
        (None, [message]) => Cow::Borrowed(message),
        (description, messages) => {
            let items = messages.iter().map(|message| format!("- {message}")).collect::<Vec<_>>().join("\n");
            Cow::Owned(format!("{}\n\n{items}", description.unwrap_or_default()))
        }
    }
}

fn rate<'a>(finding: &mut Finding<'a>, word: Option<&'a str>) {
    finding.severity.rating = word.and_then(Severity::from_word);
    finding.severity.word = word.map(Cow::Borrowed);
}

/// `KSV-0014` of `KSV014` and `AVD-KSV-0014`, the spelling of Trivy since 0.66; other ids stay.
fn normalise(id: &str) -> Text<'_> {
    let bare = id.strip_prefix("AVD-").unwrap_or(id);
    let letters = bare.bytes().take_while(u8::is_ascii_uppercase).count();
    let (family, rest) = bare.split_at(letters);
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    let plain =
        !family.is_empty() && (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { Cow::Owned(format!("{family}-{digits:0>4}")) } else { Cow::Borrowed(bare) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable() {
        for (kind, name, want) in [
            ("ReplicaSet", "nginx-deployment-965685897", "nginx-deployment"),
            ("ReplicaSet", "web-c868466d4", "web"),
            ("ReplicaSet", "web-frontend", "web-frontend"),
            ("ReplicaSet", "web", "web"),
            ("Deployment", "nginx-965685897", "nginx-965685897"),
            ("Job", "backup-28012345", "backup"),
            ("Job", "backup-1", "backup-1"),
        ] {
            assert_eq!(stable_name(kind, name), want);
        }
    }

    #[test]
    fn checks_have_one_spelling() {
        for (id, want) in [
            ("KSV014", "KSV-0014"),
            ("AVD-KSV-0014", "KSV-0014"),
            ("KSV-0014", "KSV-0014"),
            ("custom-1", "custom-1"),
            ("ACME12345", "ACME12345"),
        ] {
            assert_eq!(normalise(id), want);
        }
    }

    #[test]
    fn kinds_are_known() {
        for (kind, want) in [
            ("VulnerabilityReport", true),
            ("ClusterVulnerabilityReport", true),
            ("ClusterRbacAssessmentReport", true),
            ("ClusterComplianceReport", false),
            ("SbomReport", false),
            ("Pod", false),
        ] {
            assert_eq!(is_read(kind), want, "{kind}");
        }
    }
}
