//! The manifest or lock file that a package is found in.

use crate::json::filled;
use crate::{Input, Options, Sink, Warning};
use scanlift_report_core::Text;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The manifest for a document that has one for all its packages: the one that it names, else the
/// user's `--path`, else the `usual` one (the only file that the scanner reads: `Cargo.lock`), else
/// the document's own name with a warning.
pub fn manifest_or_option<'a>(
    named: Option<&'a str>,
    usual: Option<&'static str>,
    options: &'a Options,
    input: &'a dyn Input,
    sink: &mut dyn Sink,
) -> Text<'a> {
    let known =
        named.map(str::trim).filter(|name| !name.is_empty()).or_else(|| filled(&options.path)).or(usual);
    Cow::Borrowed(known.unwrap_or_else(|| {
        let name = input.name().unwrap_or("unknown");
        sink.warn(Warning::note(format!(
            "the document names no manifest or lock file, so its packages stand in {name}: name the file with --path"
        )));
        name
    }))
}

/// The manifest of packages that name none, for a document that names one for others: the user's
/// `--path`, else the document's own name.
#[derive(Debug)]
pub struct SpareManifest<'a> {
    name: &'a str,
    is_named: bool,
    is_used: AtomicBool,
}

impl<'a> SpareManifest<'a> {
    /// That of a document.
    #[must_use]
    pub fn new(options: &'a Options, input: &'a dyn Input) -> Self {
        let named = filled(&options.path);
        Self {
            name: named.or(input.name()).unwrap_or("unknown"),
            is_named: named.is_some(),
            is_used: AtomicBool::new(false),
        }
    }

    /// Its name, for a package that stands there.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.is_used.store(true, Ordering::Relaxed);
        self.name
    }

    /// Warns, once every package has its place, if the document's own name had to do.
    pub fn tell(&self, sink: &mut dyn Sink) {
        if self.is_used.load(Ordering::Relaxed) && !self.is_named {
            sink.warn(Warning::note(format!(
                "some packages name no manifest or lock file, so they stand in {}: name the file with --path",
                self.name
            )));
        }
    }
}

/// A file that a scanner names from the directory it was started on: `backend/go.mod` of `backend`
/// and `/go.mod`. A directory with an absolute path has nothing to put before the file, since mostly
/// it is where the repository is mounted; a file that stands below the directory already stays.
#[must_use]
pub fn below<'a>(directory: &str, path: &'a str) -> Text<'a> {
    let inner = path.trim_start_matches(['/', '\\']);
    let is_drive = directory.as_bytes().get(1) == Some(&b':');
    let directory = directory.replace('\\', "/");
    if directory.starts_with('/') || is_drive || directory.contains("://") {
        // The scan's root takes a directory off that the path begins with.
        let root = directory.trim_end_matches('/');
        let path_below = path.replace('\\', "/");
        let is_below = path_below.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        return Cow::Borrowed(if is_below && !root.is_empty() { path } else { inner });
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Cow::Borrowed(inner),
            ".." => {}
            part => parts.push(part),
        }
    }
    let before = parts.join("/");
    let rest = inner.strip_prefix(before.as_str()).filter(|rest| rest.starts_with(['/', '\\']));
    if before.is_empty() || rest.is_some() {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(format!("{before}/{inner}"))
}

/// Whether a path is that of a manifest or lock file of a package manager, by its name.
#[must_use]
pub fn is_manifest(path: &str) -> bool {
    const NAMES: [&str; 44] = [
        "build.gradle",
        "build.gradle.kts",
        "build.sbt",
        "bun.lock",
        "bun.lockb",
        "cargo.lock",
        "cargo.toml",
        "composer.json",
        "composer.lock",
        "conan.lock",
        "conanfile.py",
        "conanfile.txt",
        "deno.lock",
        "directory.packages.props",
        "gemfile",
        "gemfile.lock",
        "go.mod",
        "go.sum",
        "gopkg.lock",
        "gradle.lockfile",
        "libs.versions.toml",
        "manifest.toml",
        "mix.exs",
        "mix.lock",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "package.json",
        "package.resolved",
        "package.swift",
        "packages.config",
        "packages.lock.json",
        "paket.lock",
        "pdm.lock",
        "pipfile",
        "pipfile.lock",
        "pnpm-lock.yaml",
        "podfile.lock",
        "poetry.lock",
        "pom.xml",
        "pubspec.lock",
        "pylock.toml",
        "pyproject.toml",
        "uv.lock",
        "yarn.lock",
    ];
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let requirements =
        name.ends_with(".txt") && (name.contains("requirements") || name.contains("constraints"));
    let endings = [".csproj", ".fsproj", ".vbproj", ".deps.json", ".gemspec", ".cabal", ".lockfile", ".lock"];
    NAMES.binary_search(&&*name).is_ok() || requirements || endings.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;

    struct Named;

    impl Input for Named {
        fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
            Ok(Box::new(std::io::empty()))
        }

        fn name(&self) -> Option<&str> {
            Some("bom.json")
        }
    }

    #[test]
    fn a_manifest_is_never_invented() {
        let path = |path: Option<&str>| Options { path: path.map(str::to_owned), ..Options::default() };
        for (named, option, usual, want, warnings) in [
            (Some("a/go.mod"), Some("b"), Some("go.mod"), "a/go.mod", 0),
            (Some(""), Some("b"), Some("go.mod"), "b", 0),
            (None, None, Some("go.mod"), "go.mod", 0),
            (None, None, None, "bom.json", 1),
        ] {
            let mut sink = Collector::default();
            assert_eq!(manifest_or_option(named, usual, &path(option), &Named, &mut sink), want);
            assert_eq!(sink.warnings.len(), warnings);
        }
    }

    #[test]
    fn a_spare_manifest_is_told_if_it_is_used() {
        for (option, use_it, want, warns) in [
            (None, false, "bom.json", false),
            (None, true, "bom.json", true),
            (Some("go.mod"), true, "go.mod", false),
        ] {
            let options = Options { path: option.map(str::to_owned), ..Options::default() };
            let spare = SpareManifest::new(&options, &Named);
            if use_it {
                assert_eq!(spare.name(), want);
            }
            let mut sink = Collector::default();
            spare.tell(&mut sink);
            assert_eq!(!sink.warnings.is_empty(), warns, "{option:?}");
        }
    }

    #[test]
    fn files_stand_below_their_directory() {
        for (directory, path, want) in [
            (".", "/go.mod", "go.mod"),
            ("", "go.mod", "go.mod"),
            ("backend", "/go.mod", "backend/go.mod"),
            ("./backend/", "go.mod", "backend/go.mod"),
            ("backend", "backend/go.mod", "backend/go.mod"),
            ("a/../backend", "go.mod", "backend/go.mod"),
            ("..", "/other/go.mod", "other/go.mod"),
            ("/src", "/js/Gemfile.lock", "js/Gemfile.lock"),
            ("/src", "/src/Gemfile.lock", "/src/Gemfile.lock"),
            ("/src", "/src2/Gemfile.lock", "src2/Gemfile.lock"),
            ("/", "/app/Gemfile.lock", "app/Gemfile.lock"),
            ("C:\\work", "package.json", "package.json"),
            ("C:\\work", "C:\\work\\package.json", "C:\\work\\package.json"),
            ("https://example.com/r.git", "go.mod", "go.mod"),
        ] {
            assert_eq!(below(directory, path), want, "{directory} + {path}");
        }
    }

    #[test]
    fn manifests_are_told_by_name() {
        for (path, want) in [
            ("package-lock.json", true),
            ("src\\App\\App.csproj", true),
            ("deploy/requirements-dev.txt", true),
            ("pom.xml", true),
            ("Gemfile", true),
            ("flake.lock", true),
            ("src/main.c", false),
            ("results.json", false),
            ("", false),
        ] {
            assert_eq!(is_manifest(path), want, "{path}");
        }
    }
}
