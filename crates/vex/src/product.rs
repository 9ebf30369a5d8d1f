//! What a statement is about, and whether a finding is about the same.

use crate::{Image, image, range::Range};
use scanlift_convert_api::package::{Cpe, Purl};
use std::sync::Arc;

/// What a statement is about: a product, or parts of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Product {
    /// The product.
    pub thing: Arc<Thing>,
    /// The parts of it that are meant (OpenVEX `subcomponents`, CSAF `relationships`); none for the
    /// product as it is.
    pub parts: Vec<Arc<Thing>>,
}

/// A product or component as a document names it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Thing {
    /// Its id in the document.
    pub id: String,
    /// Package URLs of it.
    pub purls: Vec<Purl>,
    /// Its names, as a scanner might write them.
    pub names: Vec<String>,
    /// Its version, where the names do not go for every one.
    pub version: Option<String>,
    /// Its versions, where it is about several.
    pub(crate) versions: Option<Range>,
    /// Its Common Platform Enumeration name.
    pub cpe: Option<String>,
    /// The image that it is.
    pub image: Option<Image>,
}

impl Thing {
    /// What an id names that may be a package URL, the reference of an image, or anything.
    #[must_use]
    pub fn of_id(id: &str) -> Self {
        let mut thing = Self { id: id.trim().to_owned(), ..Self::default() };
        if !thing.add_purl(id) && !thing.id.is_empty() {
            // It only counts where a finding is in that very image.
            thing.image = Some(&thing.id)
                .filter(|id| image::may_be_reference(id))
                .and_then(|id| Image::of_reference(id));
            thing.names.push(thing.id.clone());
        }
        thing
    }

    /// Adds a package URL, and says whether it is one.
    pub fn add_purl(&mut self, text: &str) -> bool {
        let Some(purl) = Purl::parse(text) else { return false };
        if let Some(image) = Image::of_purl(&purl) {
            self.image = Some(image);
        } else if !self.purls.contains(&purl) {
            self.purls.push(purl);
        }
        true
    }

    /// Sets the version, which may be written as a range.
    pub fn set_version(&mut self, version: &str) {
        let version = version.trim();
        if Range::is(version) {
            self.versions = Some(Range::parse(version).unwrap_or_else(Range::none));
        } else if !version.is_empty() {
            self.version = Some(version.to_owned());
        }
    }

    /// Whether it goes for every version of what it names.
    fn has_version(&self) -> bool {
        self.version.is_some()
            || self.versions.is_some()
            || self.purls.iter().any(|purl| !purl.version.is_empty())
            || self.image.as_ref().is_some_and(|image| image.version().is_some())
    }

    /// By what the index finds it; none if it is no package.
    pub(crate) fn keys(&self) -> impl Iterator<Item = String> {
        self.purls.iter().map(|purl| key(&purl.name)).chain(self.names.iter().map(|name| key(name)))
    }

    fn is_package(&self, package: &Package<'_>) -> bool {
        let by_purl = match &package.purl {
            Some(found) => {
                self.purls.iter().any(|said| is_same(said, found) && self.has(said, &found.version, package))
            }
            None => self.purls.iter().any(|said| is_named(said, package.name) && self.has(said, "", package)),
        };
        // A name says less than a package URL: it counts where one of both has no other.
        let by_name = (self.purls.is_empty() || package.purl.is_none())
            && self.names.iter().any(|name| package.is_called(name))
            && self.has_own(package.version);
        by_purl || by_name
    }

    /// Whether a package URL's version, or that of the whole, is the one that was found.
    fn has(&self, said: &Purl, found: &str, package: &Package<'_>) -> bool {
        let found = if found.is_empty() { package.version } else { found };
        if said.version.is_empty() {
            self.has_own(found)
        } else {
            is_version(&said.kind, &said.version, found)
        }
    }

    fn has_own(&self, found: &str) -> bool {
        match (&self.version, &self.versions) {
            (_, Some(range)) => range.has(found),
            (Some(version), None) => is_version("", version, found),
            (None, None) => true,
        }
    }

    fn is_image(&self, subject: &Subject<'_>) -> bool {
        let (Some(said), Some(found)) = (&self.image, &subject.image) else { return false };
        said.covers(found, &subject.digests)
    }

    /// The version of the operating system that its CPE names.
    fn operating_system(&self) -> Option<String> {
        let cpe = Cpe::parse(self.cpe.as_deref()?)?;
        let product = cpe.product.as_str();
        let is_system =
            cpe.part == "o" || product.starts_with("enterprise_linux") || product.starts_with("rhel");
        Some(cpe.version).filter(|version| is_system && version.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether the finding may be in this product, of which `part` is the part that is meant.
    fn holds(&self, part: &Self, subject: &Subject<'_>) -> bool {
        if self.image.is_some() {
            return self.is_image(subject);
        }
        if self.cpe.is_none() {
            // A product of which nothing is known that a finding has.
            return true;
        }
        // "openssl as a component of Enterprise Linux 7" is not for version 8.
        match self.operating_system().zip(subject.operating_system_version()) {
            Some((said, found)) => is_release(&said, found),
            None => part.has_version(),
        }
    }
}

impl Product {
    /// A product as it is.
    #[must_use]
    pub fn new(thing: Thing) -> Self {
        Self { thing: Arc::new(thing), parts: Vec::new() }
    }

    /// Whether a finding is about this.
    #[must_use]
    pub fn is_of(&self, subject: &Subject<'_>) -> bool {
        let is_package =
            |thing: &Thing| subject.package.as_ref().is_some_and(|package| thing.is_package(package));
        if self.parts.is_empty() {
            return is_package(&self.thing) || self.thing.is_image(subject);
        }
        self.parts.iter().any(|part| {
            let is_part = is_package(part) || part.is_image(subject);
            is_part && self.thing.holds(part, subject)
        })
    }
}

/// What a finding is about.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Subject<'f> {
    /// Every id of the vulnerability.
    pub ids: Vec<&'f str>,
    /// The package.
    pub package: Option<Package<'f>>,
    /// The image that it is in.
    pub image: Option<Image>,
    /// Digests of that image, as `sha256:…`.
    pub digests: Vec<&'f str>,
    /// The operating system in it, as `debian:12`.
    pub operating_system: Option<&'f str>,
}

impl Subject<'_> {
    fn operating_system_version(&self) -> Option<&str> {
        let (_, version) = self.operating_system?.rsplit_once([':', ' '])?;
        Some(version).filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The package of a finding.
#[derive(Clone, Debug)]
pub struct Package<'f> {
    name: &'f str,
    version: &'f str,
    purl: Option<Purl>,
}

impl<'f> Package<'f> {
    /// A package by its name, its version, which may be empty, and its package URL.
    #[must_use]
    pub fn new(name: &'f str, version: &'f str, purl: Option<&str>) -> Self {
        Self { name: name.trim(), version: version.trim(), purl: purl.and_then(Purl::parse) }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = String> {
        std::iter::once(key(self.name)).chain(self.purl.as_ref().map(|purl| key(&purl.name)))
    }

    fn is_called(&self, name: &str) -> bool {
        let is = |own: &str| {
            own.eq_ignore_ascii_case(name)
                || own.len() == name.len()
                    && own.replace(':', "/").eq_ignore_ascii_case(&name.replace(':', "/"))
        };
        is(self.name) || self.purl.as_ref().is_some_and(|purl| is(&purl.name))
    }
}

/// The last part of a name in one spelling: whatever may be equal has the same.
fn key(name: &str) -> String {
    let last = name.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(name);
    last.trim().to_lowercase().replace(['_', '.'], "-")
}

/// Whether a package URL of a statement names the package of a finding, whatever the version: same
/// type, namespace and name, and equal values of the qualifiers that both have.
fn is_same(said: &Purl, found: &Purl) -> bool {
    let is_name = |one: &str, two: &str| match said.kind.as_str() {
        // Types whose names are the same in any case (package-url specification, "Known types").
        "pypi" => key(one) == key(two),
        "apk" | "alpm" | "bitbucket" | "composer" | "deb" | "github" | "gitlab" | "golang" | "hex"
        | "nuget" => one.eq_ignore_ascii_case(two),
        _ => one == two,
    };
    let namespaces =
        (said.namespace.as_deref().unwrap_or_default(), found.namespace.as_deref().unwrap_or_default());
    let qualifiers = said.qualifiers.iter().all(|(key, value)| match found.qualifier(key) {
        Some(_) if key == "distro" => said.distribution == found.distribution,
        Some(other) => other == value,
        None => true,
    });
    said.kind == found.kind
        && is_name(said.bare_name(), found.bare_name())
        && is_name(namespaces.0, namespaces.1)
        && qualifiers
}

/// Whether a scanner that writes no package URLs would call it so.
fn is_named(said: &Purl, name: &str) -> bool {
    let alone = said.kind == "maven" && !name.contains(['/', ':']);
    let is = |own: &str| own.eq_ignore_ascii_case(name) || own.replace('/', ":").eq_ignore_ascii_case(name);
    is(&said.name)
        || (alone && said.bare_name().eq_ignore_ascii_case(name))
        || (said.kind == "pypi" && key(&said.name) == key(name))
}

/// Whether two versions are written for the same; Go's may lack their `v`, those of systems their epoch.
fn is_version(kind: &str, said: &str, found: &str) -> bool {
    let plain = |text: &str| -> String {
        let text = text.trim();
        if kind == "golang" { text.strip_prefix('v').unwrap_or(text).to_owned() } else { text.to_owned() }
    };
    let (said, found) = (plain(said), plain(found));
    let epoch = |text: &str| {
        text.split_once(':')
            .filter(|(epoch, _)| epoch.bytes().all(|b| b.is_ascii_digit()))
            .map(|(_, rest)| rest.to_owned())
    };
    !said.is_empty() && said == found
        || match (epoch(&said), epoch(&found)) {
            (Some(rest), None) => rest == found,
            (None, Some(rest)) => rest == said,
            _ => false,
        }
}

/// Whether the release of a system is the one that is named: 8.6 is one of 8.
fn is_release(said: &str, found: &str) -> bool {
    let (said, found): (Vec<_>, Vec<_>) = (said.split('.').collect(), found.split('.').collect());
    said.iter().zip(&found).all(|(one, two)| one == two)
}
