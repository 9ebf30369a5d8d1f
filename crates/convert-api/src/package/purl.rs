//! Package URLs (package-url specification, ECMA-427).

use super::ecosystem::is_of_system;
use crate::memo::Memo;
use packageurl::PackageUrl;
use std::{borrow::Cow, cell::RefCell, str::FromStr};

/// What a package URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purl {
    /// Its type, in lower case: `npm`, `deb`.
    pub kind: String,
    /// The name as its ecosystem writes it, with the namespace where that is part of the name:
    /// `@scope/name`, `org.acme/lib`, `github.com/acme/lib`, but `glibc` of `deb/debian/glibc`.
    pub name: String,
    /// The version; empty if there is none.
    pub version: String,
    /// What stands before the bare name: `debian`, `org.acme`, `@scope`.
    pub namespace: Option<String>,
    /// The distribution of an operating system's package, as `debian:12`.
    pub distribution: Option<String>,
    /// Its qualifiers by key, in the order of the keys: `arch`, `repository_url`.
    pub qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// Reads a package URL, also with an `@` that should be written `%40`; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // A package is asked for several times in a finding, and has several findings.
        thread_local! {
            static PURLS: RefCell<Memo<Option<Purl>>> = RefCell::default();
        }
        PURLS.with_borrow_mut(|memo| memo.get(text.trim(), Self::read))
    }

    fn read(text: &str) -> Option<Self> {
        let purl = match text.split_once("/@") {
            // The scope of npm, as many write it.
            Some((before, after)) => PackageUrl::from_str(&format!("{before}/%40{after}")),
            None => PackageUrl::from_str(text),
        }
        .ok()?;
        let system = is_of_system(purl.ty());
        let name = match purl.namespace().filter(|_| !system) {
            Some(namespace) => format!("{namespace}/{}", purl.name()),
            None => purl.name().to_owned(),
        };
        let distribution = purl.qualifiers().get("distro").filter(|_| system).map(|distro| {
            match distro
                .rsplit_once('-')
                .filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
            {
                Some((name, version)) => format!("{name}:{version}"),
                None => match purl.namespace().filter(|_| distro.starts_with(|c: char| c.is_ascii_digit())) {
                    Some(namespace) => format!("{namespace}:{distro}"),
                    None => distro.to_string(),
                },
            }
        });
        let owned = |(key, value): (&Cow<'_, str>, &Cow<'_, str>)| (key.to_string(), value.to_string());
        let mut qualifiers: Vec<_> = purl.qualifiers().iter().map(owned).collect();
        qualifiers.sort_unstable();
        Some(Self {
            kind: purl.ty().to_owned(),
            name,
            version: purl.version().unwrap_or_default().to_owned(),
            namespace: purl.namespace().map(str::to_owned),
            distribution,
            qualifiers,
        })
    }

    /// The name without the namespace: `lib` of `org.acme/lib`.
    #[must_use]
    pub fn bare_name(&self) -> &str {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let rest = self.name.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('/'));
        rest.filter(|_| !namespace.is_empty()).unwrap_or(&self.name)
    }

    /// The value of a qualifier.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether it is a package of an operating system, which stands in an image and not in a
    /// source tree.
    #[must_use]
    pub fn is_of_system(&self) -> bool {
        is_of_system(&self.kind)
    }

    /// The operating system that it is a package of, as GitLab writes it: `debian:12`, and `debian` where
    /// its release is not told.
    #[must_use]
    pub fn operating_system(&self) -> Option<&str> {
        let namespace = self.namespace.as_deref().filter(|_| self.is_of_system());
        self.distribution.as_deref().or(namespace)
    }

    /// Whether both name the same package, whatever its version: same type and name.
    #[must_use]
    pub fn is_same_package(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name.eq_ignore_ascii_case(&other.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purls_name_packages() {
        for (purl, want) in [
            ("pkg:maven/org.acme/lib@1.2?type=jar", Some(("maven", "org.acme/lib", "1.2", None))),
            ("pkg:npm/%40scope/name@1.0.0", Some(("npm", "@scope/name", "1.0.0", None))),
            ("pkg:npm/@scope/name@1.0.0", Some(("npm", "@scope/name", "1.0.0", None))),
            ("pkg:npm/@scope/name", Some(("npm", "@scope/name", "", None))),
            (
                "pkg:deb/debian/glibc@2.36-9%2Bdeb12u3?arch=amd64&distro=debian-12",
                Some(("deb", "glibc", "2.36-9+deb12u3", Some("debian:12"))),
            ),
            ("pkg:apk/alpine/musl@1.2?distro=3.18.4", Some(("apk", "musl", "1.2", Some("alpine:3.18.4")))),
            ("pkg:deb/debian/glibc@1?distro=bookworm", Some(("deb", "glibc", "1", Some("bookworm")))),
            ("pkg:golang/stdlib@v1.22.0#sub", Some(("golang", "stdlib", "v1.22.0", None))),
            ("pkg:golang/github.com/acme/lib@v1", Some(("golang", "github.com/acme/lib", "v1", None))),
            ("pkg:x", None),
            ("npm/x", None),
            ("", None),
        ] {
            let got = Purl::parse(purl);
            let got = got.as_ref().map(|it| (&*it.kind, &*it.name, &*it.version, it.distribution.as_deref()));
            assert_eq!(got, want, "{purl}");
        }
    }

    #[test]
    fn packages_of_a_system_name_it() {
        for (purl, want) in [
            ("pkg:deb/debian/glibc@2.36?distro=debian-12", Some("debian:12")),
            ("pkg:rpm/redhat/openssl@1.1.1k", Some("redhat")),
            ("pkg:apk/musl@1.2", None),
            ("pkg:maven/org.acme/lib@1.2", None),
        ] {
            let purl = Purl::parse(purl).expect("a package URL");
            assert_eq!(purl.operating_system(), want, "{}", purl.name);
        }
    }

    #[test]
    fn names_come_apart() {
        for (purl, bare, namespace, arch) in [
            ("pkg:maven/org.acme/lib@1.2", "lib", Some("org.acme"), None),
            ("pkg:npm/%40scope/name@1.0.0", "name", Some("@scope"), None),
            ("pkg:deb/debian/glibc@2.36?distro=debian-12&arch=amd64", "glibc", Some("debian"), Some("amd64")),
            ("pkg:npm/lodash", "lodash", None, None),
        ] {
            let got = Purl::parse(purl).expect("a package URL");
            assert_eq!(
                (got.bare_name(), got.namespace.as_deref(), got.qualifier("arch")),
                (bare, namespace, arch)
            );
        }
    }
}
