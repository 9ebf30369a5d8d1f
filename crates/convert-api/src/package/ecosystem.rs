//! Package managers, languages and types of package URLs.

use packageurl::PackageUrl;

/// The package manager and the language that GitLab's own analyzers name for a type of package URLs
/// (GitLab's CycloneDX property taxonomy); `None` for a type of an operating system, and others.
#[must_use]
pub fn package_manager(purl_type: &str) -> Option<(&'static str, &'static str)> {
    Some(match purl_type {
        "npm" => ("npm", "JavaScript"),
        "pypi" => ("pip", "Python"),
        "gem" => ("bundler", "Ruby"),
        "maven" => ("maven", "Java"),
        "golang" => ("go", "Go"),
        "cargo" => ("cargo", "Rust"),
        "composer" => ("composer", "PHP"),
        "nuget" => ("nuget", ".NET"),
        "conan" => ("conan", "C/C++"),
        "swift" => ("swift", "Swift"),
        "cocoapods" => ("cocoapods", "Swift"),
        "pub" => ("pub", "Dart"),
        "hex" => ("mix", "Elixir"),
        _ => return None,
    })
}

/// Whether packages of that type belong to an operating system: they stand in an image, and not in a
/// source tree.
#[must_use]
pub fn is_of_system(purl_type: &str) -> bool {
    matches!(purl_type, "deb" | "rpm" | "apk" | "alpm" | "ebuild" | "qpkg" | "opkg")
}

/// The package manager of a manifest or lock file, and the type of its package URLs.
#[must_use]
pub fn of_manifest(path: &str) -> Option<(&'static str, &'static str)> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    Some(match name {
        "package-lock.json" | "package.json" | "npm-shrinkwrap.json" => ("npm", "npm"),
        "yarn.lock" => ("yarn", "npm"),
        "pnpm-lock.yaml" => ("pnpm", "npm"),
        "Pipfile" | "Pipfile.lock" => ("pipenv", "pypi"),
        "poetry.lock" => ("poetry", "pypi"),
        "uv.lock" => ("uv", "pypi"),
        "pyproject.toml" => ("pip", "pypi"),
        "setup.py" | "setup.cfg" => ("setuptools", "pypi"),
        "Gemfile" | "Gemfile.lock" | "gems.locked" => ("bundler", "gem"),
        "composer.lock" | "composer.json" => ("composer", "composer"),
        "go.mod" | "go.sum" => ("go", "golang"),
        "Cargo.lock" | "Cargo.toml" => ("cargo", "cargo"),
        "pom.xml" => ("maven", "maven"),
        "gradle.lockfile" => ("gradle", "maven"),
        "build.sbt" => ("sbt", "maven"),
        "packages.lock.json" | "packages.config" => ("nuget", "nuget"),
        "conan.lock" | "conanfile.txt" | "conanfile.py" => ("conan", "conan"),
        "Package.resolved" => ("swift", "swift"),
        "Podfile.lock" => ("cocoapods", "cocoapods"),
        "pubspec.lock" => ("pub", "pub"),
        "mix.lock" => ("mix", "hex"),
        _ if name.ends_with(".gradle") || name.ends_with(".gradle.kts") => ("gradle", "maven"),
        _ if name.contains("requirements") && name.ends_with(".txt") => ("pip", "pypi"),
        _ if name.ends_with(".csproj") || name.ends_with(".deps.json") => ("nuget", "nuget"),
        _ if [".jar", ".war", ".ear"].iter().any(|end| name.ends_with(end)) => ("maven", "maven"),
        _ => return None,
    })
}

/// The type of package URLs that scanners mean by their word for a kind of packages.
#[must_use]
pub fn purl_type(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase();
    Some(match word.as_str() {
        "npm" | "yarn" | "pnpm" | "node-pkg" | "node" | "javascript" | "js" => "npm",
        "pypi" | "pip" | "pipenv" | "poetry" | "uv" | "python" | "python-pkg" | "conda-pkg" => "pypi",
        "gem" | "bundler" | "gemspec" | "rubygems" | "ruby" => "gem",
        "maven" | "jar" | "pom" | "gradle" | "sbt" | "java" | "java-archive" => "maven",
        "golang" | "go" | "gomod" | "gobinary" | "go-module" => "golang",
        "cargo" | "rust" | "rustbinary" | "rust-binary" | "rust-crate" | "crates.io" => "cargo",
        "composer" | "composer-vendor" | "packagist" | "php" | "php-composer" => "composer",
        "nuget" | "dotnet-core" | "packages-props" | "dotnet" => "nuget",
        "conan" => "conan",
        "swift" => "swift",
        "cocoapods" | "pod" => "cocoapods",
        "pub" | "dart" | "dart-pub" => "pub",
        "hex" | "mix" => "hex",
        "deb" | "debian" | "ubuntu" | "dpkg" => "deb",
        "rpm" | "redhat" | "centos" | "rocky" | "alma" | "amazon" | "oracle" | "fedora" | "suse" => "rpm",
        "apk" | "alpine" | "wolfi" | "chainguard" => "apk",
        _ => return None,
    })
}

/// The package URL of a package as its ecosystem writes it; `None` if its name fits none.
/// `system`, as `debian:12`, says whose a package of an operating system is.
#[must_use]
pub fn purl_of(purl_type: &str, name: &str, version: &str, system: Option<&str>) -> Option<String> {
    let name = name.trim();
    let is_of_system = matches!(purl_type, "deb" | "rpm" | "apk");
    let (namespace, bare) = match purl_type {
        _ if is_of_system => (None, name),
        "maven" => name.rsplit_once(':').or_else(|| name.rsplit_once('/')).map_or((None, name), some_first),
        "pypi" | "gem" | "cargo" | "nuget" | "pub" => (None, name),
        _ => name.rsplit_once('/').map_or((None, name), some_first),
    };
    let mut purl = PackageUrl::new(purl_type.to_owned(), bare.to_owned()).ok()?;
    if let Some(namespace) = namespace {
        purl.with_namespace(namespace.to_owned()).ok()?;
    }
    if !version.trim().is_empty() {
        purl.with_version(version.trim().to_owned()).ok()?;
    }
    if is_of_system {
        let (distribution, release) = system.and_then(|system| system.split_once(':'))?;
        purl.with_namespace(distribution.to_owned()).ok()?;
        purl.add_qualifier("distro", format!("{distribution}-{release}")).ok()?;
    }
    Some(purl.to_string())
}

fn some_first<'n>((first, last): (&'n str, &'n str)) -> (Option<&'n str>, &'n str) {
    (Some(first), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_words_name_ecosystems() {
        for (path, want) in [
            ("web/yarn.lock", Some(("yarn", "npm"))),
            ("requirements-dev.txt", Some(("pip", "pypi"))),
            ("lib/acme-core-2.0.jar", Some(("maven", "maven"))),
            ("README.md", None),
        ] {
            assert_eq!(of_manifest(path), want, "{path}");
        }
        for (word, want) in [("gomod", Some("golang")), ("Debian", Some("deb")), ("", None)] {
            assert_eq!(purl_type(word), want, "{word}");
        }
        for (kind, name, system, want) in [
            ("npm", "@scope/a", None, Some("pkg:npm/%40scope/a@1")),
            ("maven", "org.acme:lib", None, Some("pkg:maven/org.acme/lib@1")),
            ("golang", "example.org/acme/yaml", None, Some("pkg:golang/example.org/acme/yaml@1")),
            ("apk", "musl", Some("alpine:3.20"), Some("pkg:apk/alpine/musl@1?distro=alpine-3.20")),
            ("deb", "bash", None, None),
            ("npm", "", None, None),
        ] {
            assert_eq!(purl_of(kind, name, "1", system).as_deref(), want, "{name}");
        }
        assert_eq!(package_manager("npm"), Some(("npm", "JavaScript")));
        assert_eq!(package_manager("deb"), None);
    }
}
