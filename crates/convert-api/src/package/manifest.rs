//! The manifest or lock file that a package is found in.

use crate::json::filled;
use crate::{Input, Options, Sink, Warning};
use scanlift_report_core::Text;
use std::borrow::Cow;

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
