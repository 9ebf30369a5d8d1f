//! "This package has that vulnerability": what every scanner of packages says, in one vocabulary.
//!
//! A converter fills an [`Advisory`], a [`Package`] and a [`Place`] from its model;
//! [`Advisory::into_finding`] makes the finding of them, the same way for all: identifiers, name,
//! solution, CVSS, links and details. What only one scanner says is added to the details afterwards.
//!
//! ```
//! use scanlift_convert_api::package::{Advisory, Package, Place};
//!
//! let mut advisory = Advisory::new("acme_id", "GHSA-35jh-r3h4-6jhm");
//! advisory.aliases.push("CVE-2021-23337".into());
//! let mut package = Package::new("lodash", "4.17.20");
//! package.fixed.push("4.17.21".into());
//! let finding = advisory.into_finding(package, Place::Manifest("package-lock.json".into()));
//! let vulnerability = finding.ok_or("an advisory without an id")?.vulnerability;
//! assert_eq!(vulnerability.solution.as_deref(), Some("Upgrade lodash to 4.17.21 or later"));
//! assert_eq!(vulnerability.identifiers.len(), 2);
//! # Ok::<(), &str>(())
//! ```

mod advisory;
mod cpe;
pub mod ecosystem;
mod manifest;
mod purl;
mod words;

pub use advisory::{Advisory, Rating, add_ratings, upgrade};
pub use cpe::Cpe;
pub use manifest::{SpareManifest, below, is_manifest, manifest_or_option};
pub use purl::Purl;
pub use words::{open_ends, python_name, vector_of_words, version_range};

use crate::Upgrade;
use scanlift_report_core::{
    ClusterImageLocation, Dependency, DependencyLocation, Details, ImageLocation, KubernetesResource,
    Location, ShortText, Text,
};

/// A package that is installed or asked for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Package<'a> {
    /// As its ecosystem writes it: `@scope/name`, `group:artifact`.
    pub name: Text<'a>,
    /// As installed; may be empty.
    pub version: Text<'a>,
    /// Its package URL.
    pub purl: Option<Text<'a>>,
    /// The scanner's word for its kind: `npm`, `deb`, `gomod`.
    pub kind: Option<Text<'a>>,
    /// The file that it was found in, where the location does not say it: a jar in an image.
    pub path: Option<Text<'a>>,
    /// Versions without the vulnerability; several where release lines are kept up side by side.
    pub fixed: Vec<Text<'a>>,
    /// Versions with the vulnerability, as the advisory writes them: `<4.17.21`.
    pub vulnerable: Option<Text<'a>>,
    /// How the project comes to it, from what the project asks for itself to the package.
    pub introduced_by: Vec<Text<'a>>,
    /// Whether the project asks for it itself.
    pub direct: Option<bool>,
}

impl<'a> Package<'a> {
    /// A package in a version; the version may be empty.
    #[must_use]
    pub fn new(name: impl Into<Text<'a>>, version: impl Into<Text<'a>>) -> Self {
        Self { name: name.into(), version: version.into(), ..Self::default() }
    }

    /// The package that a package URL names.
    #[must_use]
    pub fn from_purl(purl: &'a str) -> Option<Self> {
        let parsed = Purl::parse(purl)?;
        let mut package = Self::new(parsed.name, parsed.version);
        package.kind = Some(Text::Owned(parsed.kind));
        package.purl = Some(Text::Borrowed(purl));
        Some(package)
    }

    fn dependency(&self) -> Dependency<'a> {
        let mut dependency = Dependency::new(self.name.clone(), self.version.clone());
        dependency.direct = self.direct;
        dependency
    }

    fn operating_system(&self) -> Option<Text<'a>> {
        let purl = Purl::parse(self.purl.as_deref()?)?;
        purl.operating_system().map(|system| Text::Owned(system.to_owned()))
    }

    /// The version to go to, if one is known: a fixed one, else where the vulnerable ones end.
    fn upgrade(&self) -> Option<Upgrade<'a>> {
        let upgrade = |fixed| Upgrade::new(self.name.clone(), self.version.clone(), fixed);
        let mut upgrade = upgrade(self.fixed.clone())
            .or_else(|| upgrade(open_ends(self.vulnerable.as_deref().unwrap_or_default())))?;
        (upgrade.purl, upgrade.kind) = (self.purl.clone(), self.kind.clone());
        Some(upgrade)
    }

    /// What the location has no field for.
    fn details(self, details: &mut Details<'a>) {
        details.text("fixed_version", "Fixed version", self.fixed.join(", "));
        details.text("vulnerable_versions", "Vulnerable versions", self.vulnerable.unwrap_or_default());
        details.text("dependency_path", "Dependency path", self.introduced_by.join(" > "));
        details.text("package_url", "Package URL", self.purl.unwrap_or_default());
        details.text("package_path", "Package path", self.path.unwrap_or_default());
        details.text("package_type", "Package type", self.kind.unwrap_or_default());
    }
}

/// Where a package is; decides the report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Place<'a> {
    /// In a source tree, named by this manifest or lock file: dependency scanning.
    Manifest(Text<'a>),
    /// In an image: container scanning.
    Image {
        /// With a tag: [`image::with_tag`](crate::image::with_tag).
        image: Text<'a>,
        /// As `debian:12`.
        operating_system: Option<Text<'a>>,
    },
    /// In an image that a cluster runs: cluster image scanning.
    Cluster {
        /// With a tag.
        image: Text<'a>,
        /// As `debian:12`.
        operating_system: Option<Text<'a>>,
        /// What runs it.
        workload: KubernetesResource<'a>,
    },
}

impl<'a> Place<'a> {
    /// The location of a package there. An operating system that is not told is that of the package.
    #[must_use]
    pub fn location(self, package: &Package<'a>) -> Location<'a> {
        let dependency = package.dependency();
        match self {
            Self::Manifest(file) => Location::DependencyScanning(DependencyLocation::new(file, dependency)),
            Self::Image { image, operating_system } => {
                let system = operating_system.or_else(|| package.operating_system());
                let system = system.unwrap_or(Text::Borrowed("unknown"));
                Location::ContainerScanning(ImageLocation::new(image, system, dependency))
            }
            Self::Cluster { image, operating_system, workload } => {
                let mut location = ClusterImageLocation::new(image, workload, dependency);
                let system = operating_system.or_else(|| package.operating_system());
                location.operating_system = system.and_then(ShortText::new);
                Location::ClusterImageScanning(Box::new(location))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_tells_the_operating_system_where_nothing_else_does() {
        let debian = Some("pkg:deb/debian/bash@5.2?distro=debian-12");
        for (told, purl, want) in [
            (Some("ubuntu:24.04"), debian, "ubuntu:24.04"),
            (None, debian, "debian:12"),
            (None, Some("pkg:npm/lodash@4.17.20"), "unknown"),
            (None, None, "unknown"),
        ] {
            let mut package = Package::new("bash", "5.2");
            package.purl = purl.map(Text::Borrowed);
            let place = Place::Image { image: "app:1".into(), operating_system: told.map(Text::Borrowed) };
            let Location::ContainerScanning(place) = place.location(&package) else { panic!("an image") };
            assert_eq!(place.operating_system, want, "{purl:?}");
        }
    }
}
