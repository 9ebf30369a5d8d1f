//! Where a record is: images, operating systems and files in the words of GitLab.

use crate::fields::{Metadata, ResourceHead, ResultHead};
use crate::model::Os;
use crate::outline::Outline;
use crate::packages::Packages;
use scanlift_convert_api::Options;
use scanlift_convert_api::image::{self, is_archive, with_tag};
use scanlift_convert_api::json::filled;
use scanlift_report_core::Text;
use std::borrow::Cow;

/// What was scanned, as far as it makes a difference to GitLab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Artifact {
    /// A container image or an archive of one.
    Image,
    /// A disk image of a machine.
    Vm,
    /// A list of components; of an image if it says so.
    Sbom { of_image: bool },
    /// Files: a directory, a repository, a root file system.
    Tree,
    /// The workloads of a Kubernetes cluster.
    Cluster,
}

/// Where the records of a result stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'c> {
    pub(crate) outline: &'c Outline,
    pub(crate) options: &'c Options,
    pub(crate) artifact: Artifact,
    pub(crate) head: &'c ResultHead,
    pub(crate) packages: &'c Packages,
    /// The workload, in a cluster.
    pub(crate) resource: Option<&'c ResourceHead>,
    /// The target with an operating system that came last in the workload.
    pub(crate) os_target: Option<&'c str>,
}

impl<'c> Scope<'c> {
    /// Whether the result is about packages of an operating system.
    pub(crate) fn is_os(&self) -> bool {
        is_os(self.head)
    }

    /// Whether files of the result are in an image and not in a repository.
    pub(crate) fn in_image(&self) -> bool {
        match self.artifact {
            Artifact::Image | Artifact::Vm | Artifact::Cluster | Artifact::Sbom { of_image: true } => true,
            Artifact::Sbom { of_image: false } | Artifact::Tree => false,
        }
    }

    /// The image, with a tag or digest: GitLab cuts names at the last colon.
    pub(crate) fn image(&self) -> Text<'c> {
        with_tag(self.image_name())
    }

    fn image_name(&self) -> Text<'c> {
        let outline = self.outline;
        let metadata = &outline.metadata;
        let target = split_target(&self.head.target).map(|(image, _)| image);
        if let Some(resource) = self.resource {
            let seen = self.os_target.and_then(split_target).map(|(image, _)| image);
            let plain =
                Some(self.head.target.as_str()).filter(|target| !is_generic(target) && !self.is_path());
            return match target.or(resource.image.as_deref()).or(seen).or(plain) {
                Some(image) => Cow::Borrowed(image),
                None => Cow::Owned(format!("{}/{}", resource.kind, resource.name)),
            };
        }
        let name = outline.artifact_name.as_deref().map(str::trim);
        let archive = |name: &&str| is_archive(name) || matches!(self.artifact, Artifact::Sbom { .. });
        let reference = name.filter(|name| self.artifact == Artifact::Image && !archive(name));
        let user = filled(&self.options.image);
        let seen = outline.os_target.as_deref().and_then(split_target).map(|(image, _)| image);
        let first = reference.or_else(|| image_of_metadata(metadata));
        // Before schema 2 only targets name the image.
        let first = if name.is_none() { first.or(target).or(seen) } else { first };
        Cow::Borrowed(first.or(user).or_else(|| name.map(file_name)).unwrap_or("unknown"))
    }

    fn is_path(&self) -> bool {
        self.head.target.starts_with(['/', '.'])
    }

    /// The operating system, as `debian:12`.
    pub(crate) fn operating_system(&self) -> Option<Text<'c>> {
        let target = split_target(&self.head.target).or_else(|| match self.resource {
            Some(_) => self.os_target.and_then(split_target),
            None => self.outline.os_target.as_deref().and_then(split_target),
        });
        let metadata = match self.resource {
            Some(resource) => resource.operating_system.as_deref().map(Cow::Borrowed),
            None => operating_system(&self.outline.metadata.os).map(Cow::Owned),
        };
        metadata
            .or_else(|| target.and_then(|(_, os)| os_of_text(os)).map(Cow::Owned))
            .or_else(|| filled(&self.options.operating_system).map(Cow::Borrowed))
    }

    /// The target, where it is a file that lists packages of a language.
    pub(crate) fn lock_file(&self) -> Option<&'c str> {
        let target = self.head.target.trim();
        (!self.is_os() && !is_generic(target)).then_some(target)
    }

    /// The file that packages of a language come from.
    pub(crate) fn manifest<'t>(&self, pkg_path: Option<&'t str>) -> Text<'t>
    where
        'c: 't,
    {
        let target = Some(self.head.target.trim()).filter(|target| !target.is_empty());
        let path = target.filter(|target| !is_generic(target)).or(pkg_path);
        if let Some(path) = path {
            return self.in_tree(path);
        }
        let sbom = match self.artifact {
            Artifact::Sbom { .. } => self.outline.artifact_name.as_deref(),
            _ => None,
        };
        Cow::Borrowed(filled(&self.options.path).or(sbom).or(target).unwrap_or("unknown"))
    }

    /// A path of the report, from where Trivy was started: paths are relative to the directory
    /// that was scanned, or are the name of the one file that was.
    ///
    /// An absolute directory is not put before them: it mostly is where the repository is mounted.
    pub(crate) fn in_tree<'t>(&self, path: &'t str) -> Text<'t> {
        let name = self.outline.artifact_name.as_deref().unwrap_or_default().trim();
        // The resources of an account are no files.
        let local = self.artifact == Artifact::Tree
            && self.outline.artifact_type.as_deref() != Some("aws_account")
            && !name.starts_with(['/', '\\'])
            && name.as_bytes().get(1) != Some(&b':')
            && !self.is_remote(name);
        if self.in_image() {
            return Cow::Borrowed(path.trim_start_matches('/'));
        }
        if !local || path.starts_with('/') || path.contains("://") {
            return Cow::Borrowed(path);
        }
        join(name, path).map_or(Cow::Borrowed(path), Cow::Owned)
    }

    fn is_remote(&self, name: &str) -> bool {
        let bare = |url: &'_ str| url.trim_end_matches('/').trim_end_matches(".git").to_owned();
        name.contains("://")
            || name.starts_with("git@")
            || self.outline.metadata.repo_url.as_deref().is_some_and(|url| {
                let name = bare(name);
                name.contains('/') && bare(url).ends_with(&name)
            })
    }
}

/// Whether a result is about packages of an operating system.
pub(crate) fn is_os(head: &ResultHead) -> bool {
    match head.class.as_str() {
        "os-pkgs" => true,
        // Before classes, only the type and the form of the target tell.
        "" => is_os_family(&head.package_type) || split_target(&head.target).is_some(),
        _ => false,
    }
}

/// Families of `pkg/fanal/types/const.go`.
fn is_os_family(family: &str) -> bool {
    const FAMILIES: [&str; 34] = [
        "activestate",
        "alma",
        "alpine",
        "amazon",
        "arch",
        "azurelinux",
        "bottlerocket",
        "cbl-mariner",
        "centos",
        "chainguard",
        "coreos",
        "debian",
        "echo",
        "fedora",
        "minimos",
        "opensuse",
        "opensuse-leap",
        "opensuse-tumbleweed",
        "opensuse.leap",
        "opensuse.tumbleweed",
        "oracle",
        "photon",
        "redhat",
        "rocky",
        "rootio",
        "seal",
        "sle-micro",
        "slem",
        "sles",
        "suse linux enterprise micro",
        "suse linux enterprise server",
        "ubuntu",
        "windows",
        "wolfi",
    ];
    FAMILIES.contains(&family)
}

/// The names that Trivy gives to all packages of a kind together, in place of a path.
fn is_generic(target: &str) -> bool {
    matches!(
        target.trim(),
        "" | "."
            | "Node.js"
            | "Python"
            | "Java"
            | "Ruby"
            | "Conda"
            | "Julia"
            | "PHP"
            | "Rust"
            | "Swift"
            | "OS Packages"
    )
}

/// `alpine:3.10.2 (alpine 3.10.2)` as image and operating system.
pub(crate) fn split_target(target: &str) -> Option<(&str, &str)> {
    let (image, os) = target.trim().strip_suffix(')')?.split_once(" (")?;
    let image = image.trim();
    (!image.is_empty() && os.contains(' ')).then_some((image, os))
}

/// `alpine 3.10.2` as `alpine:3.10.2`; a family may have several words.
fn os_of_text(text: &str) -> Option<String> {
    let at = text.match_indices(' ').map(|(at, _)| at + 1);
    let mut digits = at.filter(|at| text[*at..].starts_with(|first: char| first.is_ascii_digit()));
    let (family, name) = match digits.next() {
        Some(at) => (text[..at].trim(), text[at..].trim()),
        None => text.trim().split_once(' ')?,
    };
    (!family.is_empty()).then(|| format!("{family}:{name}"))
}

/// `Metadata.OS` as `alpine:3.10.2`; without a version only the family.
pub(crate) fn operating_system(os: &Os) -> Option<String> {
    image::operating_system(os.family.as_deref().unwrap_or_default(), os.name.as_deref().unwrap_or_default())
}

/// The image by its tag, else by its digest.
pub(crate) fn image_of_metadata(metadata: &Metadata) -> Option<&str> {
    let names = metadata.repo_tags.iter().chain(&metadata.repo_digests);
    names.map(|name| name.trim()).find(|name| !name.is_empty())
}

fn file_name(path: &str) -> &str {
    let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    if name.trim_matches('.').is_empty() { "rootfs" } else { name }
}

/// The last part of an image's name, for want of the container's.
pub(crate) fn container_name(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default()
}

/// A path below a directory, without `.` and `..`; `None` if nothing is to be put before it, or it
/// would leave the directory that the scan was started in.
fn join(directory: &str, path: &str) -> Option<String> {
    let directory = directory.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    let below = directory.rsplit('/').find(|part| !part.is_empty());
    let single = below == Some(path);
    for part in directory.split('/').chain(if single { "" } else { path }.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    (!joined.is_empty() && joined != path).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_without_folders() {
        assert_eq!(file_name("images/app.tar"), "app.tar");
        assert_eq!(file_name("C:\\images\\app.tar"), "app.tar");
        assert_eq!(file_name("/"), "rootfs");
        assert_eq!(file_name("."), "rootfs");
    }

    #[test]
    fn targets_name_image_and_system() {
        for (target, want) in [
            ("alpine:3.10.2 (alpine 3.10.2)", Some(("alpine:3.10.2", "alpine:3.10.2"))),
            ("disk.img (amazon 2 (Karoo))", Some(("disk.img", "amazon:2 (Karoo)"))),
            (
                "sles:15 (suse linux enterprise server 15.3)",
                Some(("sles:15", "suse linux enterprise server:15.3")),
            ),
            ("arch:latest (arch rolling)", Some(("arch:latest", "arch:rolling"))),
            ("alpine:3.10 (dockerfile)", None),
            ("package-lock.json", None),
            (" (alpine 3)", None),
            ("", None),
        ] {
            let got = split_target(target).and_then(|(image, os)| Some((image, os_of_text(os)?)));
            assert_eq!(got.as_ref().map(|(image, os)| (*image, os.as_str())), want, "{target}");
        }
    }

    #[test]
    fn paths_are_joined() {
        for (directory, path, want) in [
            ("backend", "package-lock.json", Some("backend/package-lock.json")),
            ("./backend/", "go.mod", Some("backend/go.mod")),
            (".", "go.mod", None),
            ("", "go.mod", None),
            ("package-lock.json", "package-lock.json", None),
            ("lib/catalina.jar", "catalina.jar", Some("lib/catalina.jar")),
            ("tofu/clusters/sandbox", "../../aws/main.tf", Some("tofu/aws/main.tf")),
            (".", "../main.tf", None),
            ("../other", "go.mod", None),
            ("sub\\dir", "go.mod", Some("sub/dir/go.mod")),
        ] {
            assert_eq!(join(directory, path).as_deref(), want, "{directory} + {path}");
        }
    }

    #[test]
    fn containers_are_named_after_their_image() {
        for (image, want) in [
            ("gcr.io/google_samples/gb-redis-follower:v2", "gb-redis-follower"),
            ("localhost:5000/app@sha256:01", "app"),
            ("redis", "redis"),
        ] {
            assert_eq!(container_name(image), want);
        }
    }
}
