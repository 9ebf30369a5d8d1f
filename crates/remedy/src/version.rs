//! Versions, compared as each ecosystem does.
//!
//! Written here and not taken from crates: `semver` refuses what manifests hold (`1.2`, `v1.2`,
//! `1.2.3.4`), and there is none for most of the others that is light and kept.

mod debian;
mod maven;
mod numbers;
mod pep440;

use scanlift_convert_api::{Upgrade, package::python_name};
use std::cmp::Ordering;

/// Where packages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ecosystem {
    /// Python.
    PyPi,
    /// JavaScript.
    Npm,
    /// Go modules.
    Go,
    /// Java: Maven and Gradle.
    Maven,
    /// Rust.
    Cargo,
    /// Ruby.
    Gem,
    /// PHP.
    Composer,
    /// .NET.
    NuGet,
    /// Debian and its kin.
    Deb,
    /// Alpine.
    Apk,
    /// Red Hat and its kin.
    Rpm,
    /// Images.
    Image,
    /// Actions of GitHub's workflows.
    Action,
}

impl Ecosystem {
    /// By the package URL, else by the scanner's word.
    #[must_use]
    pub fn of(upgrade: &Upgrade<'_>) -> Option<Self> {
        // This is asked of every finding, so nothing else of the package URL is read.
        let purl = upgrade
            .purl
            .as_deref()
            .and_then(|purl| purl.strip_prefix("pkg:")?.split('/').find(|it| !it.is_empty()));
        purl.and_then(Self::of_word).or_else(|| upgrade.kind.as_deref().and_then(Self::of_word))
    }

    /// A type of package URL, or a scanner's word (Trivy, Grype, OSV, Snyk and others).
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        // `Debian:12` and `Alpine:v3.18` name a release.
        let word = word.split(':').next().unwrap_or(word).trim().to_ascii_lowercase();
        Some(match word.as_str() {
            "pypi" | "pip" | "python" | "python-pkg" | "poetry" | "pipenv" | "pdm" | "uv" => Self::PyPi,
            "npm" | "yarn" | "pnpm" | "bun" | "node" | "node-pkg" | "javascript" | "nodejs" => Self::Npm,
            "golang" | "go" | "gomod" | "gomodules" | "golangmodules" | "go-module" | "gobinary" => Self::Go,
            "maven" | "jar" | "pom" | "gradle" | "java" | "java-archive" => Self::Maven,
            "cargo" | "rust" | "rustbinary" | "rust-crate" | "crates.io" | "crate" => Self::Cargo,
            "gem" | "gemspec" | "bundler" | "ruby" | "rubygems" => Self::Gem,
            "composer" | "packagist" | "php" | "php-composer" => Self::Composer,
            "nuget" | "dotnet" | "dotnet-core" | "packages-props" => Self::NuGet,
            "deb" | "debian" | "ubuntu" | "dpkg" => Self::Deb,
            "apk" | "alpine" | "wolfi" | "chainguard" => Self::Apk,
            "rpm" | "redhat" | "centos" | "rocky" | "alma" | "fedora" | "oracle" | "amazon" | "photon" => {
                Self::Rpm
            }
            "docker" | "oci" | "image" => Self::Image,
            "github" | "githubactions" | "github-action" | "github actions" => Self::Action,
            _ => return None,
        })
    }

    /// Whether the package is one of an operating system.
    #[must_use]
    pub fn is_of_system(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm)
    }

    /// Whether both names mean the same package.
    #[must_use]
    pub fn is_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::PyPi => python_name(one.trim()) == python_name(other.trim()),
            Self::Cargo => one.replace('-', "_") == other.replace('-', "_"),
            Self::Composer | Self::NuGet | Self::Action => one.eq_ignore_ascii_case(other),
            Self::Maven => one.replace(':', "/") == other.replace(':', "/"),
            Self::Image => normal_image(one) == normal_image(other),
            _ => one == other,
        }
    }
}

/// Images of the default registry have three names.
fn normal_image(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// Compares two versions of a package. Any texts have an order, also such as are no versions.
#[must_use]
pub fn compare(ecosystem: Ecosystem, one: &str, other: &str) -> Ordering {
    match ecosystem {
        Ecosystem::PyPi => pep440::compare(one, other),
        Ecosystem::Maven => maven::compare(one, other),
        Ecosystem::Gem => numbers::compare_gems(one, other),
        Ecosystem::Deb => debian::compare(one, other),
        Ecosystem::Rpm => debian::compare_rpm(one, other),
        Ecosystem::Apk => debian::compare_apk(one, other),
        _ => numbers::compare(one, other),
    }
}

/// Whether a text can be written into a manifest as a version: whatever else an advisory says must not
/// get there.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let fits =
        |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_' | '+' | '~' | ':' | '!');
    text.len() <= 100 && digits.starts_with(|char: char| char.is_ascii_digit()) && digits.chars().all(fits)
}

/// Whether a version comes before a release: `2.0.0-rc.1`.
#[must_use]
pub fn is_early(ecosystem: Ecosystem, version: &str) -> bool {
    match ecosystem {
        Ecosystem::PyPi => pep440::is_early(version),
        Ecosystem::Maven => maven::is_early(version),
        Ecosystem::Gem => version.contains(|char: char| char.is_ascii_alphabetic()),
        Ecosystem::Deb | Ecosystem::Apk | Ecosystem::Rpm | Ecosystem::Image => false,
        _ => version.split('+').next().unwrap_or(version).contains('-'),
    }
}

/// The numbers that a version begins with: 1, 2, 3 of `v1.2.3-rc.1`.
#[must_use]
pub fn numbers(version: &str) -> Vec<u64> {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    // The epochs of Debian and Python are no part of the line.
    let version = version.rsplit([':', '!']).next().unwrap_or(version);
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = part.split(|char: char| !char.is_ascii_digit()).next().unwrap_or_default();
        match digits.parse() {
            Ok(number) => numbers.push(number),
            Err(_) => break,
        }
        if digits.len() < part.len() {
            break;
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each list is in order, without equals.
    fn ordered(ecosystem: Ecosystem, list: &[&str]) {
        for (at, one) in list.iter().enumerate() {
            for (other_at, other) in list.iter().enumerate() {
                assert_eq!(compare(ecosystem, one, other), at.cmp(&other_at), "{ecosystem:?} {one} {other}");
            }
        }
    }

    #[test]
    fn versions_have_the_order_of_their_ecosystem() {
        ordered(
            Ecosystem::Npm,
            &[
                "0.0.8",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0",
                "1.2",
                "1.10.0",
            ],
        );
        ordered(Ecosystem::NuGet, &["1.0.0.1", "1.2.3", "1.2.3.4", "2.0.0-rc1", "2.0.0"]);
        ordered(Ecosystem::Go, &["v0.0.0-20200101000000-aaaaaaaaaaaa", "v0.0.1", "v1.2.3", "v1.10.0"]);
        ordered(
            Ecosystem::PyPi,
            &["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "2024.1", "1!0.1"],
        );
        ordered(
            Ecosystem::Maven,
            &[
                "1.0-alpha-1",
                "1.0-beta",
                "1.0-M1",
                "1.0-rc1",
                "1.0-SNAPSHOT",
                "1.0",
                "1.0-sp",
                "1.0-jre",
                "1.0.1",
                "1.2",
                "1.10",
            ],
        );
        ordered(Ecosystem::Gem, &["1.0.0.pre1", "1.0.0.rc1", "1.0", "1.0.1", "5.2.4.3", "5.10"]);
        ordered(
            Ecosystem::Deb,
            &["1.0~rc1-1", "1.0-1", "1.0-1ubuntu1", "1.0-10", "1.0a-1", "1.0+b1", "1.10", "1:0.1"],
        );
        ordered(Ecosystem::Rpm, &["1.0~rc1-1", "1.0-1.el8", "1.0-2.el8", "1.0a-1", "1.0.1-1", "1:0.1-1"]);
        ordered(
            Ecosystem::Apk,
            &["1.1_alpha1", "1.1_rc1", "1.1", "1.1-r1", "1.1-r10", "1.1a", "1.1.1", "1.10"],
        );
    }

    #[test]
    fn equal_versions_are_spelled_in_many_ways() {
        for (ecosystem, one, other) in [
            (Ecosystem::Npm, "1.2", "v1.2.0+build"),
            (Ecosystem::PyPi, "1.0", "v1.0.0"),
            (Ecosystem::PyPi, "1.0-rc.1", "1.0rc1"),
            (Ecosystem::Maven, "1.0", "1.0.0"),
            (Ecosystem::Maven, "1.0.Final", "1.0"),
            (Ecosystem::Gem, "1", "1.0"),
            (Ecosystem::Deb, "0:1.0", "1.0"),
        ] {
            assert_eq!(compare(ecosystem, one, other), Ordering::Equal, "{one} {other}");
        }
    }

    #[test]
    fn only_versions_are_versions() {
        for (text, want) in [
            ("1.2.3", true),
            ("v1.2.3-rc.1+b", true),
            ("1:2.36-9+deb12u3~x", true),
            ("", false),
            ("latest", false),
            ("1.2\"; rm", false),
            ("1 2", false),
            ("1.2\n", false),
        ] {
            assert_eq!(is_version(text), want, "{text}");
        }
        assert_eq!(numbers("v1.20.3-rc.1"), [1, 20, 3]);
        assert_eq!(numbers("1:1.1k-2"), [1, 1]);
        assert_eq!(numbers("x"), [0_u64; 0]);
    }

    #[test]
    fn ecosystems_are_told_by_package_url_before_the_word() {
        for (purl, kind, want) in [
            (Some("pkg:npm/%40a/b@1"), Some("jar"), Some(Ecosystem::Npm)),
            (Some("pkg://golang/x@1"), None, Some(Ecosystem::Go)),
            (Some("pkg:generic/x@1"), Some("Debian:12"), Some(Ecosystem::Deb)),
            (Some("npm/x"), Some("GitHub Actions"), Some(Ecosystem::Action)),
            (None, Some("unknown"), None),
            (None, None, None),
        ] {
            let mut upgrade = Upgrade::default();
            (upgrade.purl, upgrade.kind) = (purl.map(Into::into), kind.map(Into::into));
            assert_eq!(Ecosystem::of(&upgrade), want, "{purl:?} {kind:?}");
        }
    }

    #[test]
    fn names_are_compared_as_the_ecosystem_does() {
        for (ecosystem, one, other, want) in [
            (Ecosystem::PyPi, "Flask_Login", "flask-login", true),
            (Ecosystem::Npm, "Lodash", "lodash", false),
            (Ecosystem::Maven, "org.acme:lib", "org.acme/lib", true),
            (Ecosystem::Image, "docker.io/library/node", "node", true),
            (Ecosystem::Cargo, "serde-json", "serde_json", true),
        ] {
            assert_eq!(ecosystem.is_same(one, other), want, "{one} {other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_texts_have_an_order(one in "[-0-9a-z.~+:_^é]{0,12}", other in "[-0-9a-z.~+:_^é]{0,12}") {
            use Ecosystem::*;
            for ecosystem in [PyPi, Npm, Maven, Gem, Deb, Apk, Rpm] {
                let order = compare(ecosystem, &one, &other);
                proptest::prop_assert_eq!(order.reverse(), compare(ecosystem, &other, &one), "{:?}", ecosystem);
            }
        }
    }
}
