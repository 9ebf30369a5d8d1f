//! What a reviewer wants to know of a finding, taken from a vulnerability of a GitLab report.

use crate::Row;
use scanlift_convert_api::{one_line, package::Purl};
use scanlift_report_core::{
    Dependency, Detail, Details, ID_NAMESPACE, Location, Severity, SourceLocation, Vulnerability, uuid_v5,
};

/// What kind of thing is vulnerable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Artifact {
    /// Of the distribution's package manager.
    OsPackage,
    /// Of a language's.
    Library,
    /// Of one or the other: the scanner does not say.
    #[default]
    Package,
    /// A host, a port, an address.
    Host,
    /// Lines of a file.
    Code,
    /// A secret in a file.
    Secret,
    /// A crash.
    Crash,
}

impl Artifact {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OsPackage => "OS package",
            Self::Library => "library",
            Self::Package => "package",
            Self::Host => "host or address",
            Self::Code => "code",
            Self::Secret => "secret",
            Self::Crash => "crash",
        }
    }

    /// Whether it has a name and a version; of how it is written.
    #[must_use]
    pub fn is_package(written: &str) -> bool {
        [Self::OsPackage, Self::Library, Self::Package].iter().any(|package| package.as_str() == written)
    }
}

/// What a VEX statement says of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VexSaid {
    /// Whether there is nothing left to ask.
    pub rules_out: bool,
    /// Document, status, justification and impact in a line.
    pub text: String,
}

/// A finding as a reviewer reads it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// The kind of report, as `container_scanning`.
    pub kind: &'static str,
    /// How bad.
    pub severity: Severity,
    /// CVE ids.
    pub cves: Vec<String>,
    /// Further ids.
    pub other_ids: Vec<String>,
    /// Name of the package; empty for what is none.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The scanner's word on a fix: `fixed`, `will_not_fix` ...
    pub fix_status: String,
    /// Versions without the vulnerability.
    pub fixed_version: String,
    /// Where in the image, with a leading `/`; an address for hosts.
    pub path: String,
    /// The image's layer.
    pub layer: String,
    /// What it is.
    pub artifact: Artifact,
    /// What it is called.
    pub title: String,
    /// Where to read more.
    pub link: String,
    /// What the scanner saw, else what it says.
    pub evidence: String,
    /// What VEX says.
    pub vex: Option<VexSaid>,
    /// Why people decided to ignore it, who says so, and until when; `None` if they did not.
    pub ignored: Option<String>,
    /// The image that the report names.
    pub image: Option<String>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            kind: "",
            severity: Severity::Unknown,
            cves: Vec::new(),
            other_ids: Vec::new(),
            package: String::new(),
            version: String::new(),
            fix_status: String::new(),
            fixed_version: String::new(),
            path: String::new(),
            layer: String::new(),
            artifact: Artifact::default(),
            title: String::new(),
            link: String::new(),
            evidence: String::new(),
            vex: None,
            ignored: None,
            image: None,
        }
    }
}

/// How much of a description stands as evidence, in characters.
const EVIDENCE: usize = 2_000;

impl Found {
    /// What a vulnerability tells. A path of a file without a `/` before it is taken to be below `below`.
    #[must_use]
    pub fn of(vulnerability: &Vulnerability<'_>, below: &str) -> Self {
        let details = &vulnerability.details;
        let ids = vulnerability.identifiers.iter();
        let (cves, others): (Vec<_>, Vec<_>) = ids.partition(|id| is_cve(&id.value));
        let mut found = Self {
            kind: vulnerability.kind().as_str(),
            severity: vulnerability.severity.unwrap_or(Severity::Unknown),
            cves: cves.iter().map(|id| id.value.to_ascii_uppercase()).collect(),
            other_ids: others.iter().map(|id| id.name.to_string()).collect(),
            layer: text(details, &["layer", "layer_digest", "layer_diff_id"]),
            fixed_version: text(details, &["fixed_version", "suggested_version"]),
            title: vulnerability.name.as_deref().map(|name| one_line(name).into_owned()).unwrap_or_default(),
            vex: vex(details),
            ..Self::default()
        };
        found.fix_status = fix_status(details, &found.fixed_version);
        let identifiers = vulnerability.identifiers.iter().filter_map(|id| id.url.as_deref());
        let mut links = vulnerability.links.iter().map(|link| &*link.url).chain(identifiers);
        found.link = links.next().unwrap_or_default().to_owned();
        found.place(&vulnerability.location, details, below);
        found.evidence = evidence(vulnerability);
        if found.title.is_empty() {
            found.title = vulnerability.identifiers.primary().name.to_string();
        }
        found
    }

    fn place(&mut self, location: &Location<'_>, details: &Details<'_>, below: &str) {
        let package_path = || text(details, &["package_path", "locations"]);
        match location {
            Location::ContainerScanning(location) => {
                self.package(&location.dependency, details);
                self.path = absolute(&package_path(), "");
                self.image = Some(location.image.to_string());
            }
            Location::ClusterImageScanning(location) => {
                self.package(&location.dependency, details);
                self.path = absolute(&package_path(), "");
                self.image = Some(location.image.to_string());
            }
            Location::DependencyScanning(location) => {
                self.package(&location.dependency, details);
                self.path = absolute(&location.file, below);
            }
            Location::Sast(source) => self.lines(Artifact::Code, source, below),
            Location::SecretDetection(secret) => self.lines(Artifact::Secret, &secret.source, below),
            Location::Dast(web) | Location::ApiFuzzing(web) => {
                self.artifact = Artifact::Host;
                let part = |text: &Option<scanlift_report_core::Text<'_>>| {
                    text.as_deref().unwrap_or_default().to_owned()
                };
                let address = format!("{} {}{}", part(&web.method), part(&web.hostname), part(&web.path));
                let param = part(&web.param);
                let param = if param.is_empty() { param } else { format!(" ({param})") };
                self.path = format!("{}{param}", address.trim());
            }
            Location::CoverageFuzzing(crash) => {
                self.artifact = Artifact::Crash;
                self.path =
                    crash.crash_state.as_deref().map(|text| one_line(text).into_owned()).unwrap_or_default();
            }
            _ => {}
        }
    }

    fn package(&mut self, dependency: &Dependency<'_>, details: &Details<'_>) {
        self.package = dependency.package.name.to_string();
        self.version = dependency.version.to_string();
        self.artifact = artifact(details);
    }

    fn lines(&mut self, artifact: Artifact, source: &SourceLocation<'_>, below: &str) {
        self.artifact = artifact;
        self.path = absolute(source.file.as_deref().unwrap_or_default(), below);
        if let (false, Some(line)) = (self.path.is_empty(), source.start_line) {
            self.path = format!("{}:{line}", self.path);
        }
    }

    /// The id that leads: a CVE, else the first other one.
    #[must_use]
    pub fn leading_id(&self) -> &str {
        self.cves.first().or(self.other_ids.first()).map_or("", String::as_str)
    }

    /// What it is known by in every round: ten hexadecimal digits of kind, id, package, version, path.
    #[must_use]
    pub fn row_id(&self) -> String {
        row_id(self.kind, self.leading_id(), &self.package, &self.version, &self.path)
    }
}

/// What a row is known by. The kind is no part of it: the same package is one, whoever names it.
pub(crate) fn row_id(kind: &str, id: &str, package: &str, version: &str, path: &str) -> String {
    let kind = if package.is_empty() { kind } else { "package" };
    let uuid = uuid_v5(ID_NAMESPACE, &["scan-review", kind, id, package, version, path]);
    let mut hex = uuid.simple().to_string();
    hex.truncate(10);
    format!("R-{hex}")
}

/// The id that a row's own id was made of; `None` if the row does not tell what it was made of any more.
/// A path may have been filled in later.
pub(crate) fn leading_id(row: Row<'_>) -> Option<&str> {
    let (cves, others) = (row.get("cve"), row.get("other_ids"));
    let ids = if cves.is_empty() { others } else { cves };
    // A comma stands between ids, and in the names of some rules.
    let ends = ids.match_indices(',').map(|(at, _)| at).chain([ids.len()]);
    let is_made_of = |id: &&str| {
        [row.get("path"), ""].iter().any(|path| {
            row_id(row.get("kind"), id, row.get("package"), row.get("version"), path) == row.get("id")
        })
    };
    ends.map(|end| &ids[..end]).find(is_made_of)
}

fn is_cve(value: &str) -> bool {
    value.len() > 8 && value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("CVE-"))
}

/// The first of these fields that says something, on one line.
fn text(details: &Details<'_>, keys: &[&str]) -> String {
    keys.iter()
        .filter_map(|key| details.get(key))
        .map(plain)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

fn plain(detail: &Detail<'_>) -> String {
    match detail {
        Detail::Text { value } | Detail::Markdown { value } | Detail::Commit { value } => {
            one_line(value).into_owned()
        }
        Detail::Code { value, .. } => value.trim_end().to_owned(),
        Detail::Url { href, .. } => href.to_string(),
        Detail::List { items } => items.first().map(plain).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The word of Trivy, Grype and GitLab's own; else what follows from a fixed version.
fn fix_status(details: &Details<'_>, fixed_version: &str) -> String {
    let said = text(details, &["fix_state", "status"]);
    match (said.is_empty(), fixed_version.is_empty()) {
        (false, _) => said,
        (true, false) => "fixed".to_owned(),
        (true, true) => "unknown".to_owned(),
    }
}

/// Types of package URLs, and words of scanners, for packages of a distribution.
const OF_SYSTEM: [&str; 22] = [
    "deb",
    "rpm",
    "apk",
    "alpm",
    "dpkg",
    "debian",
    "ubuntu",
    "alpine",
    "redhat",
    "rhel",
    "centos",
    "rocky",
    "alma",
    "fedora",
    "amazon",
    "oracle",
    "photon",
    "suse",
    "opensuse",
    "wolfi",
    "chainguard",
    "os-pkgs",
];

fn artifact(details: &Details<'_>) -> Artifact {
    let class = text(details, &["package_class"]);
    let purl = text(details, &["package_url", "purl"]);
    let of_purl = Purl::parse(&purl).map(|purl| purl.kind).unwrap_or_default();
    let kind = text(details, &["package_type"]);
    let words = [class, of_purl, kind].map(|word| word.to_ascii_lowercase());
    if words.iter().any(|word| OF_SYSTEM.contains(&word.as_str())) {
        return Artifact::OsPackage;
    }
    let is_known = words.iter().any(|word| !word.is_empty() && word != "generic" && word != "unknown");
    if is_known { Artifact::Library } else { Artifact::Package }
}

/// With a leading `/`, below a directory where it has none.
fn absolute(path: &str, below: &str) -> String {
    let path = path.trim();
    if path.is_empty() {
        return String::new();
    }
    if path.starts_with('/') {
        return path.to_owned();
    }
    format!("{}/{path}", below.trim_end_matches('/'))
}

/// What the scanner saw; where it shows nothing, what it says.
fn evidence(vulnerability: &Vulnerability<'_>) -> String {
    let details = &vulnerability.details;
    let mut parts = Vec::new();
    if let Some(evidence) = &vulnerability.evidence {
        parts.extend(evidence.summary.as_ref().map(ToString::to_string));
        parts.extend(evidence.request.as_ref().map(|request| format!("{} {}", request.method, request.url)));
        parts.extend(
            evidence
                .response
                .as_ref()
                .map(|response| format!("HTTP {} {}", response.status_code, response.reason_phrase)),
        );
    }
    for key in ["plugin_output", "match", "code", "known_exploited"] {
        parts.extend(details.get(key).map(plain_lines).filter(|text| !text.is_empty()));
    }
    parts.extend(
        vulnerability
            .flags
            .iter()
            .filter(|flag| flag.origin != "VEX")
            .map(|flag| format!("{} doubts it: {}", flag.origin, flag.description.as_str())),
    );
    if parts.is_empty() {
        parts.extend(vulnerability.description.as_deref().map(|text| text.trim().to_owned()));
    }
    cut(&parts.join("\n"), EVIDENCE)
}

fn plain_lines(detail: &Detail<'_>) -> String {
    match detail {
        Detail::Text { value } | Detail::Markdown { value } => value.trim().to_owned(),
        Detail::List { items } => items.iter().map(plain_lines).collect::<Vec<_>>().join("\n"),
        other => plain(other),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// What the pipeline's stage for VEX left on the finding.
fn vex(details: &Details<'_>) -> Option<VexSaid> {
    let Some(Detail::NamedList { items }) = details.get("vex") else { return None };
    let said = |key: &str| text(items, &[key]);
    let status = said("status");
    let parts = [said("justification"), said("impact"), said("action"), said("notes")];
    let words: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let words = if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) };
    let rules_out = matches!(status.as_str(), "not_affected" | "fixed");
    Some(VexSaid { rules_out, text: format!("{}: {status}{words}", said("document")) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Identifier, ImageLocation, Name, WebLocation};

    fn id(kind: &'static str, value: &'static str) -> Identifier<'static> {
        Identifier::new(kind, value, value).expect("parts are filled")
    }

    fn package() -> Vulnerability<'static> {
        let dependency = Dependency::new("rack", "2.2.8");
        let location = ImageLocation::new("gitlab/gitlab-ee:1", "ubuntu:24.04", dependency);
        let mut vulnerability =
            Vulnerability::new(id("ghsa", "GHSA-1"), Location::ContainerScanning(location));
        vulnerability.identifiers.push(id("cve", "cve-2024-1234"));
        vulnerability.name = Name::new("Rack: denial of service");
        vulnerability
    }

    #[test]
    fn packages_tell_path_layer_and_fix() {
        let mut vulnerability = package();
        for (key, value) in [
            ("package_path", "opt/gitlab/embedded/x.gemspec"),
            ("fixed_version", "2.2.9"),
            ("layer", "sha256:1"),
            ("package_url", "pkg:gem/rack@2.2.8"),
        ] {
            vulnerability.details.text(key, key, value);
        }
        let found = Found::of(&vulnerability, "");
        assert_eq!(found.path, "/opt/gitlab/embedded/x.gemspec");
        assert_eq!(
            (found.cves, found.other_ids),
            (vec!["CVE-2024-1234".to_owned()], vec!["GHSA-1".to_owned()])
        );
        assert_eq!(
            (&*found.fix_status, &*found.fixed_version, &*found.layer),
            ("fixed", "2.2.9", "sha256:1")
        );
        assert_eq!(found.artifact, Artifact::Library);
    }

    #[test]
    fn artifacts_are_told_by_any_of_three_marks() {
        for (key, value, want) in [
            ("package_class", "os-pkgs", Artifact::OsPackage),
            ("package_class", "lang-pkgs", Artifact::Library),
            ("package_url", "pkg:deb/ubuntu/openssl@3", Artifact::OsPackage),
            ("package_url", "pkg:golang/stdlib@1.22", Artifact::Library),
            ("package_type", "rpm", Artifact::OsPackage),
            ("package_type", "java-archive", Artifact::Library),
            ("other", "x", Artifact::Package),
        ] {
            let mut details = Details::default();
            details.text(key, key, value);
            assert_eq!(artifact(&details), want, "{key} {value}");
        }
    }

    #[test]
    fn addresses_and_lines_are_places() {
        let mut web = WebLocation::from_url("https://git.example/users/sign_in");
        web.param = Some("user".into());
        let vulnerability = Vulnerability::new(id("x", "1"), Location::Dast(web));
        let found = Found::of(&vulnerability, "/opt/gitlab");
        assert_eq!(
            (&*found.path, found.artifact),
            ("https://git.example/users/sign_in (user)", Artifact::Host)
        );
        for (path, below, want) in [
            ("a.rb", "/opt/gitlab/x/", "/opt/gitlab/x/a.rb:3"),
            ("/a.rb", "/opt", "/a.rb:3"),
            ("a.rb", "", "/a.rb:3"),
        ] {
            let location = Location::Sast(SourceLocation::lines(path.to_owned(), 3, 4));
            assert_eq!(Found::of(&Vulnerability::new(id("x", "1"), location), below).path, want);
        }
    }

    #[test]
    fn a_row_is_known_by_what_and_where_and_not_by_who() {
        let found = Found::of(&package(), "");
        let other = Found { kind: "dependency_scanning", title: "other".to_owned(), ..found.clone() };
        assert_eq!(found.row_id(), other.row_id());
        assert_eq!(found.row_id().len(), 12);
        for changed in [
            Found { version: "2.2.9".to_owned(), ..found.clone() },
            Found { path: "/x".to_owned(), ..found.clone() },
            Found { cves: vec!["CVE-2024-1".to_owned()], ..found.clone() },
        ] {
            assert_ne!(changed.row_id(), found.row_id());
        }
    }
}
