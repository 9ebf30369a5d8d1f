//! Components and services: what a vulnerability can affect.

use crate::artifact::found_in;
use crate::graph::{Key, key};
use crate::model::{Evidence, Property};
use crate::way::Step;
use scanlift_convert_api::image;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Cpe, Purl, is_manifest};
use scanlift_report_core::Text;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// More files are not kept of a component.
const MOST_FILES: usize = 4;
/// More properties are not kept of a component.
const MOST_PROPERTIES: usize = 64;

/// The fields of a component as they are read; what is missing is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// `type`: `library`, `application`, `container`, `operating-system` ...
    pub(crate) kind: Box<str>,
    pub(crate) bom_ref: Box<str>,
    pub(crate) group: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) purl: Box<str>,
    pub(crate) cpe: Box<str>,
    /// `required`, `optional` or `excluded`.
    pub(crate) scope: Box<str>,
    pub(crate) properties: Properties,
    /// Manifests and lock files that its evidence names.
    pub(crate) files: Vec<Box<str>>,
}

impl Draft {
    /// Whether it may be one of these, as far as it is read; `None` means everybody.
    pub(crate) fn may_be_wanted(&self, wanted: Option<&HashSet<Key>>) -> bool {
        let Some(wanted) = wanted else { return true };
        let is = |name: &str| wanted.contains(&key(name));
        self.bom_ref.is_empty() || is(&self.bom_ref) || is(&self.purl)
    }

    /// Takes what is of use of its evidence.
    pub(crate) fn keep_evidence(&mut self, evidence: &Evidence<'_>) {
        let methods = evidence.identity.iter().flat_map(|identity| &identity.methods);
        let methods = methods.filter_map(|method| filled(&method.value));
        let occurrences = evidence.occurrences.iter().filter_map(|occurrence| filled(&occurrence.location));
        // Most occurrences are uses in the source: `src/app.js#12`.
        let files = methods.chain(occurrences).map(|file| file.split('#').next().unwrap_or(file));
        for file in files.filter(|file| is_manifest(file)) {
            if self.files.len() < MOST_FILES && !self.files.iter().any(|known| **known == *file) {
                self.files.push(file.into());
            }
        }
    }

    /// The component, once all of it is read.
    pub(crate) fn finish(mut self) -> Component {
        let file = found_in(&self).map(Into::into);
        self.properties.forget_files();
        let purl = Purl::parse(&self.purl);
        let name = self.package_name(purl.as_ref());
        let version = match (self.version.trim(), &purl) {
            ("", Some(purl)) => purl.version.as_str(),
            (version, _) => version,
        };
        let name_length = name.len();
        let label = if version.is_empty() { name.into_owned() } else { format!("{name}@{version}") };
        let (ecosystem, distribution) = match purl {
            Some(purl) => (purl.kind, purl.distribution),
            None => Default::default(),
        };
        Component {
            label: label.into(),
            name_length,
            ecosystem: ecosystem.into(),
            distribution: distribution.map(Into::into),
            step: Step::default(),
            kind: self.kind,
            bom_ref: self.bom_ref,
            name: self.name,
            version: self.version,
            purl: self.purl,
            cpe: self.cpe,
            scope: self.scope,
            properties: self.properties,
            file,
        }
    }

    /// Its name as its ecosystem writes it: `@scope/name`, `group/artifact`; without one its CPE or
    /// reference.
    fn package_name(&self, purl: Option<&Purl>) -> Text<'_> {
        let (name, group) = (self.name.trim(), self.group.trim());
        let own = if group.is_empty() || name.starts_with(&format!("{group}/")) {
            Cow::Borrowed(name)
        } else {
            Cow::Owned(format!("{group}/{name}"))
        };
        match purl {
            // A package URL may be in lower case, where the component is not.
            Some(purl) if purl.name.eq_ignore_ascii_case(&own) => own,
            Some(purl) if purl.name.eq_ignore_ascii_case(name) => Cow::Borrowed(name),
            Some(purl) => Cow::Owned(purl.name.clone()),
            None if !name.is_empty() => own,
            None => match Cpe::parse(&self.cpe) {
                Some(cpe) => Cow::Owned(cpe.product),
                None => Cow::Borrowed(self.bom_ref.trim()),
            },
        }
    }
}

/// A component or a service; what is missing is empty. What follows from its fields is worked out
/// once, since many vulnerabilities may affect it.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// `type`: `library`, `application`, `container`, `operating-system` ...
    pub(crate) kind: Box<str>,
    pub(crate) bom_ref: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) purl: Box<str>,
    pub(crate) cpe: Box<str>,
    /// `required`, `optional` or `excluded`.
    pub(crate) scope: Box<str>,
    pub(crate) properties: Properties,
    /// The file that it is found in.
    pub(crate) file: Option<Box<str>>,
    /// The type of its package URL.
    pub(crate) ecosystem: Box<str>,
    /// The distribution that its package URL names, as `debian:12`.
    pub(crate) distribution: Option<Box<str>>,
    /// As `name@version`, or just the name.
    label: Box<str>,
    name_length: usize,
    /// How the project comes to it.
    pub(crate) step: Step,
}

impl Component {
    /// Its name and version, as `lodash@4.17.20`; its name if it has no version.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Its name as its ecosystem writes it: `@scope/name`, `group/artifact`; without one its CPE or
    /// reference.
    pub(crate) fn package_name(&self) -> &str {
        self.label.get(..self.name_length).unwrap_or_default()
    }

    /// Its version, else that of its package URL.
    pub(crate) fn package_version(&self) -> &str {
        self.label.get(self.name_length + 1..).unwrap_or_default()
    }

    /// Whether it groups packages and is none itself: a lock file, an operating system, an image.
    pub(crate) fn is_structure(&self) -> bool {
        matches!(&*self.kind, "operating-system" | "container" | "platform" | "file")
            || self.lock_file().is_some()
            || self.properties.get("jfrog:dependency:type") == Some("root")
    }

    /// The lock file that it stands for, as Trivy writes them.
    pub(crate) fn lock_file(&self) -> Option<&str> {
        let class = self.properties.get("aquasecurity:trivy:Class")?;
        (&*self.kind == "application" && class == "lang-pkgs").then_some(self.name.trim())
    }
}

/// Properties that tell where something is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties(Vec<(Box<str>, Box<str>)>);

impl Properties {
    /// Takes a property, if it is of use.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        if self.0.len() < MOST_PROPERTIES && is_of_use(name) && !value.is_empty() {
            self.0.push((name.into(), value.into()));
        }
    }

    /// Takes those that are of use.
    pub(crate) fn keep_all(&mut self, properties: &[Property<'_>]) {
        for property in properties {
            self.keep(
                filled(&property.name).unwrap_or_default(),
                filled(&property.value).unwrap_or_default(),
            );
        }
    }

    /// Lets go of those that only tell which file something is found in.
    fn forget_files(&mut self) {
        let is_file = |name: &str| ["syft:location:", "amazon:"].iter().any(|start| name.starts_with(start));
        self.0.retain(|(name, _)| !is_file(name) && &**name != "SrcFile");
        self.0.shrink_to_fit();
    }

    /// The first value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// The values of names that begin and end so.
    pub(crate) fn between(&self, start: &'static str, end: &'static str) -> impl Iterator<Item = &str> {
        let fits = move |name: &str| name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end));
        self.0.iter().filter(move |(name, _)| fits(name)).map(|(_, value)| &**value)
    }

    /// Whether there is a name that begins so.
    pub(crate) fn has(&self, start: &str) -> bool {
        self.0.iter().any(|(name, _)| name.starts_with(start))
    }
}

/// Names from the taxonomies of GitLab, Trivy, Syft, cdxgen, JFrog and Amazon Inspector.
fn is_of_use(name: &str) -> bool {
    match name.split_once(':') {
        Some(("gitlab", _)) => true,
        Some(("aquasecurity", rest)) => !matches!(rest, "trivy:PkgID" | "trivy:DiffID" | "trivy:Size"),
        Some(("syft", rest)) => {
            rest == "package:type" || (rest.starts_with("location:") && rest.ends_with(":path"))
        }
        Some(("jfrog", rest)) => rest == "dependency:type",
        Some(("amazon", rest)) => {
            matches!(rest, "inspector:sbom_scanner:path" | "inspector:sbom_generator:source_path")
        }
        Some(_) => false,
        None => name == "SrcFile",
    }
}

/// The components that vulnerabilities affect, and those on the ways to them.
///
/// One takes 224 bytes, its texts, and some 40 bytes for each of its names in the tables.
#[derive(Debug, Default)]
pub(crate) struct Components {
    pub(crate) all: Vec<Component>,
    pub(crate) by_ref: HashMap<Key, u32>,
    pub(crate) by_purl: HashMap<Key, u32>,
    /// The first operating system among them, as `debian:12`.
    pub(crate) operating_system: Option<String>,
}

impl Components {
    /// Takes a component, if anybody asks for it. Of equal references the first one counts.
    pub(crate) fn offer(&mut self, component: Draft, wanted: &HashSet<Key>) {
        if &*component.kind == "operating-system" && self.operating_system.is_none() {
            self.operating_system = image::operating_system(&component.name, &component.version);
        }
        let Ok(next) = u32::try_from(self.all.len()) else { return };
        let mut taken = false;
        for (text, table) in [(&component.bom_ref, &mut self.by_ref), (&component.purl, &mut self.by_purl)] {
            let key = key(text);
            if !text.trim().is_empty() && wanted.contains(&key) && !table.contains_key(&key) {
                table.insert(key, next);
                taken = true;
            }
        }
        if taken {
            self.all.push(component.finish());
        }
    }

    /// The component of that reference, else the first one of that package URL.
    pub(crate) fn get(&self, reference: Key) -> Option<&Component> {
        self.all.get(self.place(reference)? as usize)
    }

    /// Where in the table it stands.
    pub(crate) fn place(&self, reference: Key) -> Option<u32> {
        self.by_ref.get(&reference).or_else(|| self.by_purl.get(&reference)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_the_names_of_their_ecosystem() {
        for (group, name, purl, want) in [
            ("", "lodash", "pkg:npm/lodash@4", "lodash"),
            ("@acme", "lib", "pkg:npm/%40acme/lib@1", "@acme/lib"),
            ("org.acme", "lib", "pkg:maven/org.acme/lib@1?type=jar", "org.acme/lib"),
            ("", "lib", "pkg:maven/org.acme/lib@1", "org.acme/lib"),
            ("", "Django", "pkg:pypi/django@4", "Django"),
            ("", "glibc", "pkg:deb/debian/glibc@2", "glibc"),
            ("debian", "glibc", "pkg:deb/debian/glibc@2", "glibc"),
            ("org.acme", "lib", "", "org.acme/lib"),
            ("org.acme", "org.acme/lib", "no purl", "org.acme/lib"),
            ("", "", "pkg:cargo/time@0.1.43", "time"),
            ("", "", "", "engine"),
        ] {
            let component = Draft {
                group: group.into(),
                name: name.into(),
                purl: purl.into(),
                cpe: "cpe:2.3:a:acme:engine:1:*:*:*:*:*:*:*".into(),
                ..Draft::default()
            };
            assert_eq!(component.finish().package_name(), want, "{group} {name} {purl}");
        }
    }

    #[test]
    fn a_reference_comes_before_a_package_url() {
        let wanted = HashSet::from([key("pkg:npm/a@1")]);
        let mut components = Components::default();
        let component = |bom_ref: &str, purl: &str, name: &str| Draft {
            bom_ref: bom_ref.into(),
            purl: purl.into(),
            name: name.into(),
            ..Draft::default()
        };
        components.offer(component("1", "pkg:npm/a@1", "by purl"), &wanted);
        assert_eq!(components.get(key("pkg:npm/a@1")).map(|it| &*it.name), Some("by purl"));
        components.offer(component("pkg:npm/a@1", "", "by ref"), &wanted);
        components.offer(component("pkg:npm/a@1", "", "again"), &wanted);
        components.offer(component("2", "pkg:npm/b@1", "other"), &wanted);
        assert_eq!(components.get(key("pkg:npm/a@1")).map(|it| &*it.name), Some("by ref"));
        assert_eq!(components.all.len(), 2);
    }

    #[test]
    fn only_files_that_name_packages_are_kept() {
        let evidence: Evidence<'_> = serde_json::from_str(
            r#"{"identity": {"methods": [{"value": "web/package-lock.json"}]},
                "occurrences": [{"location": "src/app.js#3"}, {"location": "go.mod#1"}]}"#,
        )
        .expect("evidence");
        let mut component = Draft::default();
        component.keep_evidence(&evidence);
        assert_eq!(component.files, ["web/package-lock.json".into(), "go.mod".into()]);
    }
}
