//! Where a vulnerability is: one shape per report kind.

use crate::{Extra, Kind, ShortText, Text, extra::Object, image_without_tag};
use serde::{Deserialize, Serialize, Serializer};

/// Where a vulnerability is. The variant decides the report: a SAST vulnerability cannot hold an
/// image.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Location<'a> {
    /// For [`Kind::Sast`].
    Sast(SourceLocation<'a>),
    /// For [`Kind::SecretDetection`].
    SecretDetection(SecretLocation<'a>),
    /// For [`Kind::DependencyScanning`].
    DependencyScanning(DependencyLocation<'a>),
    /// For [`Kind::ContainerScanning`].
    ContainerScanning(ImageLocation<'a>),
    /// For [`Kind::ClusterImageScanning`].
    ClusterImageScanning(Box<ClusterImageLocation<'a>>),
    /// For [`Kind::Dast`].
    Dast(WebLocation<'a>),
    /// For [`Kind::ApiFuzzing`].
    ApiFuzzing(WebLocation<'a>),
    /// For [`Kind::CoverageFuzzing`].
    CoverageFuzzing(CrashLocation<'a>),
}

impl<'a> Location<'a> {
    /// The report that a vulnerability at this location belongs to.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Sast(_) => Kind::Sast,
            Self::SecretDetection(_) => Kind::SecretDetection,
            Self::DependencyScanning(_) => Kind::DependencyScanning,
            Self::ContainerScanning(_) => Kind::ContainerScanning,
            Self::ClusterImageScanning(_) => Kind::ClusterImageScanning,
            Self::Dast(_) => Kind::Dast,
            Self::ApiFuzzing(_) => Kind::ApiFuzzing,
            Self::CoverageFuzzing(_) => Kind::CoverageFuzzing,
        }
    }

    /// The file in the repository, where the kind has one.
    #[must_use]
    pub fn file(&self) -> Option<&Text<'a>> {
        match self {
            Self::Sast(location) => location.file.as_ref(),
            Self::SecretDetection(location) => location.source.file.as_ref(),
            Self::DependencyScanning(location) => Some(&location.file),
            _ => None,
        }
    }

    /// The same file, to be changed in place.
    pub fn file_mut(&mut self) -> Option<&mut Text<'a>> {
        match self {
            Self::Sast(location) => location.file.as_mut(),
            Self::SecretDetection(location) => location.source.file.as_mut(),
            Self::DependencyScanning(location) => Some(&mut location.file),
            _ => None,
        }
    }

    /// The lines in the file, where the kind has them.
    #[must_use]
    pub fn source(&self) -> Option<&SourceLocation<'a>> {
        match self {
            Self::Sast(location) => Some(location),
            Self::SecretDetection(location) => Some(&location.source),
            _ => None,
        }
    }

    /// Writes the text whose SHA-1 is GitLab's location fingerprint: two vulnerabilities of one
    /// kind with equal text are at one place.
    pub fn write_fingerprint(&self, out: &mut String) {
        let text =
            |part: &Option<Text<'_>>, out: &mut String| out.push_str(part.as_deref().unwrap_or_default());
        match self {
            Self::Sast(location) => location.write_fingerprint(out),
            Self::SecretDetection(location) => location.source.write_fingerprint(out),
            Self::DependencyScanning(location) => {
                out.push_str(&location.file);
                out.push(':');
                out.push_str(&location.dependency.package.name);
            }
            Self::ContainerScanning(location) => {
                out.push_str(image_without_tag(&location.image));
                out.push(':');
                out.push_str(&location.dependency.package.name);
            }
            Self::ClusterImageScanning(location) => {
                if let Some(agent) = &location.kubernetes_resource.agent_id {
                    out.push_str("AGENT_");
                    out.push_str(agent);
                    out.push(':');
                }
                out.push_str(image_without_tag(&location.image));
                out.push(':');
                out.push_str(&location.dependency.package.name);
            }
            Self::Dast(location) | Self::ApiFuzzing(location) => {
                text(&location.path, out);
                out.push(':');
                text(&location.method, out);
                out.push(':');
                text(&location.param, out);
            }
            Self::CoverageFuzzing(location) => {
                text(&location.crash_type, out);
                out.push(':');
                text(&location.crash_state, out);
            }
        }
    }
}

/// Lines of a file (schema of `sast`).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SourceLocation<'a> {
    /// Path relative to the repository root, with `/`.
    pub file: Option<Text<'a>>,
    /// First line, 1-based.
    pub start_line: Option<u64>,
    /// Last line, inclusive. Part of the identity: set where `start_line` is, unless GitLab knows the finding
    /// without it.
    pub end_line: Option<u64>,
    /// The class that holds the code.
    pub class: Option<Text<'a>>,
    /// The method or function that holds the code.
    pub method: Option<Text<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

/// By hand: what is flattened is written slowly.
impl Serialize for SourceLocation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object::begin(serializer, &self.extra)?;
        for (key, text) in [("file", &self.file), ("class", &self.class), ("method", &self.method)] {
            if let Some(text) = text {
                object.entry(key, text)?;
            }
        }
        for (key, line) in [("start_line", self.start_line), ("end_line", self.end_line)] {
            if let Some(line) = line {
                object.entry(key, &line)?;
            }
        }
        object.end()
    }
}

impl<'a> SourceLocation<'a> {
    /// Lines `start` to `end` of a file, 1-based and inclusive.
    #[must_use]
    pub fn lines(file: impl Into<Text<'a>>, start: u64, end: u64) -> Self {
        Self {
            file: Some(file.into()),
            start_line: Some(start),
            end_line: Some(end.max(start)),
            ..Self::default()
        }
    }

    /// A file as a whole.
    #[must_use]
    pub fn file(file: impl Into<Text<'a>>) -> Self {
        Self { file: Some(file.into()), ..Self::default() }
    }

    /// First and last line, where the first is known; what says no last line is in one.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        let start = self.start_line?;
        Some((start, self.end_line.unwrap_or(start)))
    }

    fn write_fingerprint(&self, out: &mut String) {
        let line = |line: Option<u64>, out: &mut String| {
            if let Some(line) = line {
                out.push_str(&line.to_string());
            }
        };
        out.push_str(self.file.as_deref().unwrap_or_default());
        out.push(':');
        line(self.start_line, out);
        out.push(':');
        line(self.end_line, out);
    }
}

/// A leaked secret: lines of a file in a commit (schema of `secret_detection`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecretLocation<'a> {
    /// The commit that leaks it. Its `sha` is demanded by the schema.
    pub commit: Commit<'a>,
    /// The lines.
    #[serde(flatten)]
    pub source: SourceLocation<'a>,
}

impl<'a> SecretLocation<'a> {
    /// A place in a commit.
    #[must_use]
    pub fn new(commit: Commit<'a>, source: SourceLocation<'a>) -> Self {
        Self { commit, source }
    }
}

/// A commit (schema `location.commit`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Commit<'a> {
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
    /// When, as the scanner wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Text<'a>>,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text<'a>>,
    /// Its hash, never empty.
    pub sha: Text<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> Commit<'a> {
    /// What stands for "no commit is known"; git's own spelling of none.
    pub const UNKNOWN: &'static str = "0000000000000000000000000000000000000000";

    /// A commit; a blank hash becomes [`Self::UNKNOWN`].
    #[must_use]
    pub fn new(sha: impl Into<Text<'a>>) -> Self {
        let sha = sha.into();
        let sha = if sha.trim().is_empty() { Text::Borrowed(Self::UNKNOWN) } else { sha };
        Self { author: None, date: None, message: None, sha, extra: Extra::default() }
    }
}

/// A package (schema `location.dependency`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dependency<'a> {
    /// Its name.
    pub package: Package<'a>,
    /// Its installed version; may be empty, not absent.
    pub version: Text<'a>,
    /// Whether the project asks for it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> Dependency<'a> {
    /// A package in a version.
    #[must_use]
    pub fn new(name: impl Into<Text<'a>>, version: impl Into<Text<'a>>) -> Self {
        Self {
            package: Package { name: name.into(), extra: Extra::default() },
            version: version.into(),
            direct: None,
            extra: Extra::default(),
        }
    }
}

/// The name of a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Package<'a> {
    /// As its ecosystem writes it: `group:artifact`, `@scope/name`.
    pub name: Text<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A package of a source tree (schema of `dependency_scanning`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DependencyLocation<'a> {
    /// The manifest or lock file that names the package; never empty.
    pub file: Text<'a>,
    /// The package.
    pub dependency: Dependency<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> DependencyLocation<'a> {
    /// A package that `file` names.
    #[must_use]
    pub fn new(file: impl Into<Text<'a>>, dependency: Dependency<'a>) -> Self {
        Self { file: file.into(), dependency, extra: Extra::default() }
    }
}

/// A package of an image (schema of `container_scanning`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageLocation<'a> {
    /// The package.
    pub dependency: Dependency<'a>,
    /// As `distribution:version`; never empty.
    pub operating_system: Text<'a>,
    /// The image with its tag; never empty.
    pub image: Text<'a>,
    /// The image of the default branch, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch_image: Option<ShortText<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> ImageLocation<'a> {
    /// A package of an image.
    #[must_use]
    pub fn new(
        image: impl Into<Text<'a>>,
        operating_system: impl Into<Text<'a>>,
        dependency: Dependency<'a>,
    ) -> Self {
        Self {
            dependency,
            operating_system: operating_system.into(),
            image: image.into(),
            default_branch_image: None,
            extra: Extra::default(),
        }
    }
}

/// A package of an image that a cluster runs (schema of `cluster_image_scanning`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClusterImageLocation<'a> {
    /// The package.
    pub dependency: Dependency<'a>,
    /// As `distribution:version`, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<ShortText<'a>>,
    /// The image with its tag; never empty.
    pub image: Text<'a>,
    /// What runs it.
    pub kubernetes_resource: KubernetesResource<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> ClusterImageLocation<'a> {
    /// A package of an image that `kubernetes_resource` runs.
    #[must_use]
    pub fn new(
        image: impl Into<Text<'a>>,
        kubernetes_resource: KubernetesResource<'a>,
        dependency: Dependency<'a>,
    ) -> Self {
        Self {
            dependency,
            operating_system: None,
            image: image.into(),
            kubernetes_resource,
            extra: Extra::default(),
        }
    }
}

/// A workload (schema `location.kubernetes_resource`); every field 1 to 255 characters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KubernetesResource<'a> {
    /// Namespace.
    pub namespace: ShortText<'a>,
    /// `Deployment`, `DaemonSet` ...
    pub kind: ShortText<'a>,
    /// Name of the workload.
    pub name: ShortText<'a>,
    /// Name of the container in it.
    pub container_name: ShortText<'a>,
    /// GitLab's id of the agent; part of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<ShortText<'a>>,
    /// GitLab's id of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<ShortText<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> KubernetesResource<'a> {
    /// A workload; what is blank becomes `default` (namespace) or `unknown`.
    #[must_use]
    pub fn new(
        namespace: impl Into<Text<'a>>,
        kind: impl Into<Text<'a>>,
        name: impl Into<Text<'a>>,
        container_name: impl Into<Text<'a>>,
    ) -> Self {
        let filled = |text: Text<'a>, other: &'static str| {
            ShortText::new(text).unwrap_or_else(|| ShortText::fixed(other))
        };
        Self {
            namespace: filled(namespace.into(), "default"),
            kind: filled(kind.into(), "unknown"),
            name: filled(name.into(), "unknown"),
            container_name: filled(container_name.into(), "unknown"),
            agent_id: None,
            cluster_id: None,
            extra: Extra::default(),
        }
    }
}

/// A place of a running application (schema of `dast`, also for API fuzzing).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebLocation<'a> {
    /// Scheme, host and port: `https://example.com:8443`. Not part of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Text<'a>>,
    /// HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Text<'a>>,
    /// The parameter, header or form field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<Text<'a>>,
    /// The path of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Text<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> WebLocation<'a> {
    /// The place that an http or https address names, without query, fragment and the name and password of a
    /// user; a text that is no such address becomes the path.
    #[must_use]
    pub fn from_url(url: &str) -> Self {
        let mut location = Self::default();
        let (host, rest) = match url.find("://") {
            Some(at) => match url[at + 3..].find(['/', '?', '#']) {
                Some(end) => url.split_at(at + 3 + end),
                None => (url, ""),
            },
            None => ("", url),
        };
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        if !host.is_empty() {
            let host = match (host.split_once("://"), host.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
                _ => host.to_owned(),
            };
            location.hostname = Some(Text::Owned(host));
        }
        location.path = Some(Text::Owned(if path.is_empty() { "/".to_owned() } else { path.to_owned() }));
        location
    }
}

/// A crash (schema of `coverage_fuzzing`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrashLocation<'a> {
    /// Where in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash_address: Option<Text<'a>>,
    /// The functions on the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash_state: Option<Text<'a>>,
    /// `Heap-buffer-overflow READ 1` ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash_type: Option<Text<'a>>,
    /// Top of the stack trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stacktrace_snippet: Option<Text<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(location: &Location<'_>) -> String {
        let mut text = String::new();
        location.write_fingerprint(&mut text);
        text
    }

    #[test]
    fn fingerprint_texts_are_those_of_gitlab() {
        let glibc = || Dependency::new("glibc", "2.24-11");
        let mut cluster = ClusterImageLocation::new(
            "registry.gitlab.com/my/project:latest",
            KubernetesResource::new("default", "Deployment", "web", "app"),
            glibc(),
        );
        cluster.kubernetes_resource.agent_id = ShortText::new("46357");
        let mut no_end = SourceLocation::lines("f.py", 3, 3);
        no_end.end_line = None;
        for (location, want) in [
            (Location::Sast(SourceLocation::lines("app/models/user.rb", 42, 42)), "app/models/user.rb:42:42"),
            (Location::Sast(SourceLocation::file("app/models/user.rb")), "app/models/user.rb::"),
            (Location::Sast(no_end), "f.py:3:"),
            (Location::Sast(SourceLocation::default()), "::"),
            (
                Location::SecretDetection(SecretLocation::new(
                    Commit::new(""),
                    SourceLocation::lines("src/main/App.java", 29, 31),
                )),
                "src/main/App.java:29:31",
            ),
            (
                Location::DependencyScanning(DependencyLocation::new(
                    "app/pom.xml",
                    Dependency::new("io.netty/netty", "1.2.3"),
                )),
                "app/pom.xml:io.netty/netty",
            ),
            (
                Location::ContainerScanning(ImageLocation::new(
                    "registry.gitlab.com/my/project:latest",
                    "debian:9",
                    glibc(),
                )),
                "registry.gitlab.com/my/project:glibc",
            ),
            (
                Location::ClusterImageScanning(Box::new(cluster)),
                "AGENT_46357:registry.gitlab.com/my/project:glibc",
            ),
            (Location::Dast(WebLocation::from_url("https://a.example/x?q=1")), "/x::"),
        ] {
            assert_eq!(fingerprint(&location), want);
        }
    }

    #[test]
    fn addresses_are_cut_into_host_and_path() {
        for (url, host, path) in [
            ("https://a.example:8443/b/c?d=e#f", Some("https://a.example:8443"), "/b/c"),
            ("http://a.example", Some("http://a.example"), "/"),
            ("http://a.example?x=/y", Some("http://a.example"), "/"),
            ("http://me:s3cret@a.example:8080/b@c", Some("http://a.example:8080"), "/b@c"),
            ("/only/path?x", None, "/only/path"),
            ("", None, "/"),
        ] {
            let location = WebLocation::from_url(url);
            assert_eq!((location.hostname.as_deref(), location.path.as_deref()), (host, Some(path)), "{url}");
        }
    }
}
