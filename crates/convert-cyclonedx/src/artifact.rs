//! What was scanned, by the marks that tools leave: an image and its name, a file and its path.
//!
//! The names of properties are those of the taxonomies of GitLab, Trivy, Syft, cdxgen and Amazon Inspector
//! (<https://github.com/CycloneDX/cyclonedx-property-taxonomy>).

use crate::component::{Component, Draft, Properties};
use crate::outline::Outline;
use scanlift_convert_api::image;
use scanlift_convert_api::package::{below, is_manifest};
use scanlift_report_core::Text;
use std::borrow::Cow;

/// Whether the document is about an image.
pub(crate) fn is_image(outline: &Outline) -> bool {
    let root = outline.root.as_ref();
    let trivy = ["ImageID", "RepoTag", "RepoDigest"];
    root.is_some_and(|root| {
        &*root.kind == "container"
            || trivy.iter().any(|mark| root.properties.has(&format!("aquasecurity:trivy:{mark}")))
    }) || properties(outline).any(|it| it.get("gitlab:container_scanning:image:name").is_some())
}

/// The image's name; `None` if nothing names it, or only the archive that it was read from.
pub(crate) fn image_name(outline: &Outline) -> Option<Text<'_>> {
    let gitlab = properties(outline).find_map(|it| {
        let name = it.get("gitlab:container_scanning:image:name")?;
        let tag = it.get("gitlab:container_scanning:image:tag").unwrap_or_default();
        Some(with_version(name, tag))
    });
    let root = outline.root.as_ref();
    let named = root.map(|root| (root.name.trim(), root.version.trim()));
    let named = named.filter(|(name, _)| !name.is_empty() && !image::is_archive(name));
    let named = named.map(|(name, version)| with_version(name, version));
    let trivy = ["aquasecurity:trivy:RepoTag", "aquasecurity:trivy:RepoDigest"];
    let tagged = root.and_then(|root| trivy.iter().find_map(|name| root.properties.get(name)));
    gitlab.or(named).or(tagged.map(Cow::Borrowed))
}

/// The name with the version as tag or digest, unless it has one.
fn with_version<'a>(name: &'a str, version: &str) -> Text<'a> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_tag = !version.is_empty()
        && version.len() <= 128
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    match version {
        _ if last.contains([':', '@']) => Cow::Borrowed(name),
        digest if digest.starts_with("sha256:") => Cow::Owned(format!("{name}@{digest}")),
        tag if is_tag => Cow::Owned(format!("{name}:{tag}")),
        _ => Cow::Borrowed(name),
    }
}

/// The operating system that the document is about, as `debian:12`.
pub(crate) fn operating_system(outline: &Outline) -> Option<String> {
    let gitlab = properties(outline).find_map(|it| {
        let version = it.get("gitlab:container_scanning:operating_system:version").unwrap_or_default();
        image::operating_system(it.get("gitlab:container_scanning:operating_system:name")?, version)
    });
    let root = outline.root.as_ref().filter(|root| &*root.kind == "operating-system");
    gitlab.or_else(|| root.and_then(|root| image::operating_system(&root.name, &root.version)))
}

/// The manifest or lock file that the document names for all its packages.
pub(crate) fn document_manifest(outline: &Outline) -> Option<&str> {
    let root = outline.root.as_ref().map(|root| root.name.trim());
    properties(outline).find_map(gitlab_file).or(root.filter(|name| is_manifest(name)))
}

/// The manifest or lock file that a component is found in, by what is said of it and of those on
/// the way to it.
pub(crate) fn manifest<'a>(
    outline: &'a Outline,
    component: &'a Component,
    way: &[&'a Component],
) -> Option<Text<'a>> {
    let above = way.iter().rev().skip(1);
    let gitlab = gitlab_file(&component.properties)
        .or_else(|| above.clone().find_map(|it| gitlab_file(&it.properties)));
    let lock_file = || above.clone().find_map(|it| it.lock_file());
    let lock_file_of_tool = || {
        let files = above.clone().filter(|it| is_manifest(&it.name) && it.is_structure());
        files.map(|it| it.name.trim()).next()
    };
    let own = || component.file.as_deref().map(Cow::Borrowed);
    match gitlab {
        Some(file) => Some(Cow::Borrowed(file)),
        None => lock_file()
            .or_else(lock_file_of_tool)
            .map(Cow::Borrowed)
            .or_else(own)
            .map(|file| below_root(outline, file)),
    }
}

/// The file that a component is found in, in an image too: a manifest, a jar, a binary.
pub(crate) fn found_in(component: &Draft) -> Option<&str> {
    let properties = &component.properties;
    let syft = || {
        let locations: Vec<&str> = properties.between("syft:location:", ":path").collect();
        let own = |path: &&&str| is_manifest(path) && !path.contains("/node_modules/");
        locations.iter().find(own).or(locations.first()).map(|path| path.trim_start_matches('/'))
    };
    let evidence = || component.files.first().map(|file| &**file);
    let cdxgen = || {
        let files = properties.get("SrcFile")?;
        let mut files = files.split(['\n', ',']).map(str::trim).filter(|file| !file.is_empty());
        files.clone().find(|file| is_manifest(file)).or_else(|| files.next())
    };
    let inspector = || {
        let names = ["amazon:inspector:sbom_generator:source_path", "amazon:inspector:sbom_scanner:path"];
        let path = names.iter().find_map(|name| properties.get(name))?;
        Some(path.trim_start_matches('/'))
    };
    properties
        .get("aquasecurity:trivy:FilePath")
        .or_else(syft)
        .or_else(evidence)
        .or_else(cdxgen)
        .or_else(inspector)
}

/// Properties of the document as a whole.
fn properties(outline: &Outline) -> impl Iterator<Item = &Properties> {
    std::iter::once(&outline.properties).chain(outline.root.as_ref().map(|root| &root.properties))
}

/// GitLab's own analyzers name lock file and manifest.
fn gitlab_file(properties: &Properties) -> Option<&str> {
    properties
        .get("gitlab:dependency_scanning:input_file:path")
        .or_else(|| properties.get("gitlab:dependency_scanning:source_file:path"))
}

/// A path from where the tool was started: Trivy's component, and Syft's where it is a path and no
/// name, is the directory that was scanned, and paths start there.
fn below_root<'a>(outline: &Outline, path: Text<'a>) -> Text<'a> {
    let Some(root) = outline.root.as_ref() else { return path };
    let directory = root.name.trim();
    let is_trivy = &*root.kind == "application" && root.properties.has("aquasecurity:trivy:");
    let is_syft = &*root.kind == "file" && directory.starts_with("./");
    let is_remote = directory.starts_with("git@") || directory.ends_with(".git");
    if !(is_trivy || is_syft) || is_remote {
        return path;
    }
    // The one file that was scanned names itself.
    if directory.replace('\\', "/").rsplit('/').next() == Some(&*path) {
        return Cow::Owned(directory.to_owned());
    }
    Cow::Owned(below(directory, &path).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(kind: &str, name: &str, version: &str, properties: &[(&str, &str)]) -> Component {
        draft(kind, name, version, properties).finish()
    }

    fn draft(kind: &str, name: &str, version: &str, properties: &[(&str, &str)]) -> Draft {
        let mut component =
            Draft { kind: kind.into(), name: name.into(), version: version.into(), ..Draft::default() };
        properties.iter().for_each(|(name, value)| component.properties.keep(name, value));
        component
    }

    fn about(root: Component) -> Outline {
        let mut outline = Outline::default();
        outline.root = Some(root);
        outline
    }

    #[test]
    fn images_are_named_by_whatever_names_them() {
        let digest = "sha256:ca738abb87a8d58f112d3400ebb079b61ceae7dc290beb34bda735be4b1941d5";
        let by_digest = format!("acme/shop@{digest}");
        let gitlab: &[(&str, &str)] = &[
            ("gitlab:container_scanning:image:name", "registry.example.com/acme/shop"),
            ("gitlab:container_scanning:image:tag", "1.4"),
        ];
        for (root, is_one, want) in [
            (component("container", "acme/shop:1.4", digest, &[]), true, Some("acme/shop:1.4")),
            (component("container", "acme/shop", digest, &[]), true, Some(&*by_digest)),
            (component("container", "acme/shop", "1.4", &[]), true, Some("acme/shop:1.4")),
            (
                component("container", "localhost:5000/shop", "not a tag", &[]),
                true,
                Some("localhost:5000/shop"),
            ),
            (
                component("container", "shop.tar", "", &[("aquasecurity:trivy:RepoTag", "acme/shop:1.4")]),
                true,
                Some("acme/shop:1.4"),
            ),
            (component("container", "./shop.tar", "", &[]), true, None),
            (component("application", "shop", "1", gitlab), true, Some("registry.example.com/acme/shop:1.4")),
            (
                component("application", ".", "", &[("aquasecurity:trivy:SchemaVersion", "2")]),
                false,
                Some("."),
            ),
        ] {
            let name = root.name.clone();
            let outline = about(root);
            assert_eq!(is_image(&outline), is_one, "{name}");
            if is_one {
                assert_eq!(image_name(&outline).as_deref(), want, "{name}");
            }
        }
    }

    #[test]
    fn files_are_those_that_tools_name() {
        for (properties, want) in [
            (&[("aquasecurity:trivy:FilePath", "lib/a.jar")][..], Some("lib/a.jar")),
            (
                &[("syft:location:0:path", "/node_modules/a/x.js"), ("syft:location:1:path", "/yarn.lock")],
                Some("yarn.lock"),
            ),
            (
                &[
                    ("syft:location:0:path", "/node_modules/a/package.json"),
                    ("syft:location:1:path", "/package-lock.json"),
                ],
                Some("package-lock.json"),
            ),
            (&[("syft:location:0:path", "/lib/a.jar"), ("syft:location:0:layerID", "1")], Some("lib/a.jar")),
            (&[("SrcFile", "/app/a.js\n/app/package-lock.json")], Some("/app/package-lock.json")),
            (&[("SrcFile", "/app/a.js")], Some("/app/a.js")),
            (&[("amazon:inspector:sbom_scanner:path", "/srv/app/a.jar")], Some("srv/app/a.jar")),
            (&[("cdx:npm:package:path", "node_modules/a")], None),
        ] {
            let component = draft("library", "a", "1", properties);
            assert_eq!(found_in(&component), want);
            assert_eq!(component.finish().file.as_deref(), want);
        }
    }

    #[test]
    fn trivys_paths_start_at_the_directory_that_was_scanned() {
        let trivy: &[(&str, &str)] = &[("aquasecurity:trivy:SchemaVersion", "2")];
        for (directory, path, want) in [
            (".", "go.mod", "go.mod"),
            ("backend", "go.mod", "backend/go.mod"),
            ("./backend/../web/", "yarn.lock", "web/yarn.lock"),
            ("backend/go.mod", "go.mod", "backend/go.mod"),
            ("/src", "go.mod", "go.mod"),
            ("..", "go.mod", "go.mod"),
            ("https://git.example.com/acme/shop", "go.mod", "go.mod"),
        ] {
            let outline = about(component("application", directory, "", trivy));
            assert_eq!(below_root(&outline, path.into()), want, "{directory}");
        }
        for (kind, name, want) in
            [("application", "shop", "go.mod"), ("file", "./shop", "shop/go.mod"), ("file", "shop", "go.mod")]
        {
            let other = about(component(kind, name, "", &[]));
            assert_eq!(below_root(&other, "go.mod".into()), want, "{kind} {name}");
        }
    }

    #[test]
    fn a_manifest_is_that_of_the_nearest() {
        let lock = component(
            "application",
            "web/package-lock.json",
            "",
            &[("aquasecurity:trivy:Class", "lang-pkgs")],
        );
        let descriptor = component("file", "build.gradle", "", &[]);
        let plain = component("library", "a", "1", &[]);
        let named =
            component("library", "a", "1", &[("gitlab:dependency_scanning:input_file:path", "go.sum")]);
        let outline = Outline::default();
        for (component, way, want) in [
            (&plain, vec![&lock, &plain], Some("web/package-lock.json")),
            (&plain, vec![&descriptor, &plain], Some("build.gradle")),
            (&named, vec![&lock, &named], Some("go.sum")),
            (&plain, vec![&plain], None),
            (&plain, vec![], None),
        ] {
            assert_eq!(manifest(&outline, component, &way).as_deref(), want);
        }
    }
}
