//! Where a package is: a lock file, an SBOM, an image.

use super::outline::{Layer, Outline, Package, Role, Source};
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::Place;
use scanlift_convert_api::{Options, Sink, image};
use scanlift_report_core::Text;
use std::borrow::Cow;

/// What holds for the whole document.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    outline: &'c Outline,
    options: &'c Options,
    /// Of packages whose path names none.
    image: Option<Text<'c>>,
    system: Option<Text<'c>>,
}

/// What holds for a package.
#[derive(Debug)]
pub(super) struct PackageScope<'c> {
    scope: &'c Scope<'c>,
    source: Option<&'c Source>,
    package: Option<&'c Package>,
}

impl<'c> Scope<'c> {
    pub(super) fn new(outline: &'c Outline, options: &'c Options, sink: &mut dyn Sink) -> Self {
        let ecosystem = outline.system.as_deref().and_then(system_of);
        let title = || image::system_of_title(outline.image.as_ref()?.os.as_deref()?);
        let system = ecosystem.or_else(title).map(Cow::Owned);
        // A name is asked for where one is needed: without it the packages of all images are one.
        let named = outline.sources.iter().find_map(|source| split(source).0);
        let needs = outline.image.is_some()
            || outline.system.is_some()
            || outline.sources.iter().any(|source| is_of_image(source) && split(source).0.is_none());
        Self {
            outline,
            options,
            image: needs.then(|| image::or_option(named.or(filled(&options.image)), options, sink)),
            system: system.or(filled(&options.operating_system).map(Cow::Borrowed)),
        }
    }

    /// The package of these numbers.
    pub(super) fn of_package(&'c self, result: usize, package: u64) -> PackageScope<'c> {
        PackageScope {
            scope: self,
            source: self.outline.sources.get(result),
            package: self.outline.packages.get(&package),
        }
    }
}

impl<'c> PackageScope<'c> {
    pub(super) fn package(&self) -> Option<&'c Package> {
        self.package
    }

    /// Its name as far as the package says it itself.
    pub(super) fn name(&self) -> &'c str {
        let info = self.package.map(|package| &package.info);
        let name = info.and_then(|info| filled(&info.name).or(filled(&info.os_package_name)));
        name.or_else(|| filled(&info?.commit)).unwrap_or_default()
    }

    pub(super) fn ecosystem(&self) -> &'c str {
        self.package.and_then(|package| filled(&package.info.ecosystem)).unwrap_or_default()
    }

    pub(super) fn role(&self, id: &str) -> Option<&'c Role> {
        self.package.and_then(|package| package.roles.get(id))
    }

    /// The layer of the image that brought the package, and the base image that has that layer.
    pub(super) fn layer(&self) -> Option<(&'c Layer, Option<&'c str>)> {
        let index = self.package?.info.image_origin_details.as_ref()?.index?;
        let image = self.scope.outline.image.as_ref()?;
        let layer = image.layer_metadata.as_ref()?.get(index)?;
        let base = || image.base_images.as_ref()?.get(layer.base_image_index?)?.as_ref()?.first();
        Some((layer, base().and_then(|base| filled(&base.name))))
    }

    /// The file in an image that tells of the package.
    pub(super) fn path(&self) -> Option<&'c str> {
        let source = self.source.filter(|_| self.is_in_image())?;
        split(source).1
    }

    fn is_in_image(&self) -> bool {
        self.scope.outline.image.is_some()
            || self.source.is_some_and(is_of_image)
            || is_system(self.ecosystem())
    }

    pub(super) fn place(&self) -> Place<'c> {
        if !self.is_in_image() {
            let path = self.source.and_then(|source| filled(&source.path));
            let path = path.or(filled(&self.scope.options.path)).unwrap_or("unknown");
            return Place::Manifest(Cow::Borrowed(path));
        }
        let named = self.source.and_then(|source| split(source).0).map(Cow::Borrowed);
        let image = named.map(image::with_tag).or(self.scope.image.as_deref().map(Cow::Borrowed));
        Place::Image {
            image: image.unwrap_or(Cow::Borrowed("unknown:latest")),
            operating_system: system_of(self.ecosystem())
                .filter(|_| is_system(self.ecosystem()))
                .map(Cow::Owned)
                .or(self.scope.system.as_deref().map(Cow::Borrowed)),
        }
    }
}

/// Whether the packages of a source stand in an image.
pub(super) fn is_of_image(source: &Source) -> bool {
    matches!(filled(&source.kind), Some("docker" | "os" | "image"))
}

/// The image and the file in it: `alpine:3.10` or `images/app.tar:/lib/apk/db/installed`.
/// An archive is named without its folders.
fn split(source: &Source) -> (Option<&str>, Option<&str>) {
    let Some(path) = filled(&source.path) else { return (None, None) };
    let is_image = filled(&source.kind) == Some("docker");
    let (name, file) = match path.find(":/").filter(|at| *at > 1) {
        Some(at) => (Some(&path[..at]), Some(&path[at + 1..])),
        None if is_image => (Some(path), None),
        None => (None, Some(path)),
    };
    let name = name.filter(|_| is_of_image(source) || file.is_some());
    let last = |name: &'_ str| {
        if image::is_archive(name) { name.rfind(['/', '\\']).map_or(0, |at| at + 1) } else { 0 }
    };
    (name.map(|name| &name[last(name)..]), file)
}

/// Whether an ecosystem is that of an operating system (OSV schema, section on ecosystems).
pub(super) fn is_system(ecosystem: &str) -> bool {
    const SYSTEMS: [&str; 22] = [
        "almalinux",
        "alpaquita",
        "alpine",
        "amazon linux",
        "azure linux",
        "bellsoft hardened containers",
        "centos",
        "chainguard",
        "debian",
        "docker hardened images",
        "echo",
        "fedora",
        "mageia",
        "minimos",
        "openeuler",
        "opensuse",
        "oracle",
        "photon os",
        "red hat",
        "rocky linux",
        "suse",
        "ubuntu",
    ];
    let name = ecosystem.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    name == "wolfi" || SYSTEMS.binary_search(&&*name).is_ok()
}

/// `debian:12` of `Debian:12`, `ubuntu:22.04` of `Ubuntu:22.04:LTS`.
fn system_of(ecosystem: &str) -> Option<String> {
    image::system_of_title(&ecosystem.replace(':', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecosystems_name_systems() {
        for (ecosystem, is_one, want) in [
            ("Debian:12", true, Some("debian:12")),
            ("Alpine:v3.18", true, Some("alpine:3.18")),
            ("Ubuntu:22.04:LTS", true, Some("ubuntu:22.04")),
            ("Red Hat:enterprise_linux:8::baseos", true, Some("rhel:8")),
            ("SUSE:Linux Enterprise Server 15 SP4", true, Some("sles:15")),
            ("Rocky Linux:8", true, Some("rocky:8")),
            ("Wolfi", true, Some("wolfi")),
            ("crates.io", false, Some("crates.io")),
            ("", false, None),
        ] {
            assert_eq!(is_system(ecosystem), is_one, "{ecosystem}");
            assert_eq!(system_of(ecosystem).as_deref(), want, "{ecosystem}");
        }
    }

    #[test]
    fn paths_name_images_and_files() {
        for (kind, path, want) in [
            ("docker", "alpine:3.10", (Some("alpine:3.10"), None)),
            (
                "docker",
                "fixtures/a.tar:/lib/apk/db/installed",
                (Some("a.tar"), Some("/lib/apk/db/installed")),
            ),
            ("os", "/lib/apk/db/installed", (None, Some("/lib/apk/db/installed"))),
            ("os", "alpine:3.10:/lib/apk/db/installed", (Some("alpine:3.10"), Some("/lib/apk/db/installed"))),
            ("lockfile", "C:/app/go.mod", (None, Some("C:/app/go.mod"))),
        ] {
            let source = Source { path: Some(path.to_owned()), kind: Some(kind.to_owned()) };
            assert_eq!(split(&source), want, "{path}");
        }
    }
}
