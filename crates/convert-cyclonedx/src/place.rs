//! What a vulnerability affects, and where that is: the report, and the image or the file.

use crate::artifact;
use crate::component::{Component, Components};
use crate::graph::{Key, key};
use crate::model::Affect;
use crate::outline::{Outline, ToolName};
use crate::reference;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Place, Purl, manifest_or_option};
use scanlift_convert_api::{Collector, Input, Options, ScanInfo, Sink, Warning, image};
use scanlift_report_core::{Kind, Text};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// What the vulnerabilities of a document have in common.
pub(crate) struct Scope<'c> {
    pub(crate) outline: &'c Outline,
    components: &'c Components,
    options: &'c Options,
    /// The image, where the document is about one.
    image: Option<Fallback<'c>>,
    /// As `debian:12`.
    operating_system: Option<String>,
    /// Where packages of an operating system are, in a document about no image.
    host: Fallback<'c>,
    /// The file of packages of which the document names none.
    manifest: Fallback<'c>,
    /// How many vulnerabilities name nothing that they affect.
    aimless: Cell<u64>,
    /// Whether the document tells of a vulnerability at all.
    pub(crate) tells: Cell<bool>,
    /// How many references lead to nobody, and the first of them.
    dangling: Cell<u64>,
    first_dangling: RefCell<String>,
}

/// A name, and what is to be told once it is used.
struct Fallback<'c> {
    name: Text<'c>,
    warnings: Vec<Warning>,
    used: Cell<bool>,
}

/// What a vulnerability affects.
#[derive(Debug, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) component: Option<&'a Component>,
    /// The reference, where the document has no such component.
    pub(crate) dangling: Option<&'a str>,
    pub(crate) name: Text<'a>,
    pub(crate) version: Text<'a>,
    pub(crate) purl: &'a str,
    /// What leads to it from the root, itself last; empty if that is not known.
    pub(crate) way: Vec<&'a Component>,
    /// Whether the project asks for it itself.
    pub(crate) direct: Option<bool>,
}

impl<'c> Scope<'c> {
    pub(crate) fn new(
        outline: &'c Outline,
        components: &'c Components,
        options: &'c Options,
        input: &'c dyn Input,
    ) -> Self {
        let root = outline.root.as_ref().map(|root| root.name.trim());
        let image = artifact::is_image(outline).then(|| match artifact::image_name(outline) {
            Some(name) => Fallback::of(|_| image::with_tag(name)),
            // Only the archive is named, if anything is.
            None => Fallback::of(|sink| {
                let archive = root.map(file_name).filter(|_| filled(&options.image).is_none());
                image::or_option(archive, options, sink)
            }),
        });
        let host = filled(&options.image).or(root.map(file_name));
        Self {
            outline,
            components,
            options,
            image,
            operating_system: artifact::operating_system(outline)
                .or_else(|| components.operating_system.clone()),
            host: Fallback::of(|sink| image::or_option(host, options, sink)),
            manifest: Fallback::of(|sink| manifest_or_option(None, None, options, input, sink)),
            aimless: Cell::default(),
            tells: Cell::default(),
            dangling: Cell::default(),
            first_dangling: RefCell::default(),
        }
    }

    /// What the document says of the scan.
    pub(crate) fn scan_info(&self) -> ScanInfo<'c> {
        let outline = self.outline;
        let tool = ToolName::scanner(&outline.tools);
        let is_host = outline.root.as_ref().is_some_and(|root| &*root.kind == "operating-system");
        let user_names_image =
            filled(&self.options.image).is_some() && artifact::document_manifest(outline).is_none();
        let kind = if self.image.is_some() || is_host || user_names_image {
            Kind::ContainerScanning
        } else {
            Kind::DependencyScanning
        };
        let mut scan = ScanInfo::new(tool.map_or("CycloneDX", |tool| &tool.name), kind);
        let text = |text: &'c str| Some(Cow::Borrowed(text)).filter(|text| !text.is_empty());
        scan.version = tool.and_then(|tool| text(&tool.version));
        scan.vendor = tool.and_then(|tool| text(&tool.vendor));
        scan.start_time = outline.timestamp.as_deref().map(Cow::Borrowed);
        scan.end_time = scan.start_time.clone();
        scan.format_version = outline.version.as_deref().map(Cow::Borrowed);
        scan
    }

    /// What a target is; without one, what the document is about.
    pub(crate) fn subject<'a>(&'a self, affect: Option<&'a Affect<'_>>) -> Subject<'a> {
        let Some(text) = affect.and_then(|affect| filled(&affect.reference)) else {
            self.aimless.set(self.aimless.get() + 1);
            return self.root(None);
        };
        let found = reference::spellings(text).into_iter().find_map(|spelling| {
            let key = key(&spelling);
            Some((self.components.get(key)?, key))
        });
        match found {
            Some((component, key)) => self.component(component, key),
            None => self.nobody(text),
        }
    }

    /// A component of the document that is referred to so.
    pub(crate) fn component<'a>(&'a self, component: &'a Component, reference: Key) -> Subject<'a> {
        let keys = self.outline.ways.to(reference);
        let way: Vec<_> = keys.iter().filter_map(|key| self.components.get(*key)).collect();
        let direct = match component.properties.get("jfrog:dependency:type") {
            Some("direct") => Some(true),
            Some("transitive") => Some(false),
            _ => self.is_direct(component, &keys, &way),
        };
        Subject {
            component: Some(component),
            dangling: None,
            name: component.package_name(),
            version: component.package_version(),
            purl: component.purl.trim(),
            way,
            direct,
        }
    }

    /// Whether the project asks for the last of a way itself, as far as the graph can tell.
    fn is_direct(&self, component: &Component, keys: &[Key], way: &[&Component]) -> Option<bool> {
        let ways = &self.outline.ways;
        let first = way.iter().position(|it| !it.is_structure())?;
        match way.len() - first {
            // In a graph that goes no deeper nobody says what asks for whom, nor of a jar that lies about.
            1 => (ways.deepest() > keys.len() && !is_file(component)).then_some(true),
            // The only package of a lock file may be the project itself.
            2 if way.len() == keys.len() && self.is_structure_before(first, way) => {
                (!ways.is_only_child(*keys.get(first)?)).then_some(false)
            }
            _ => Some(false),
        }
    }

    fn is_structure_before(&self, first: usize, way: &[&Component]) -> bool {
        let before = first.checked_sub(1).and_then(|before| way.get(before).copied());
        before.or(self.outline.root.as_ref()).is_some_and(Component::is_structure)
    }

    /// What the document is about, for want of anything better.
    fn root<'a>(&'a self, dangling: Option<&'a str>) -> Subject<'a> {
        let root = self.outline.root.as_ref().filter(|root| !root.package_name().is_empty());
        match root {
            Some(root) => Subject {
                component: Some(root),
                dangling,
                name: root.package_name(),
                version: root.package_version(),
                purl: root.purl.trim(),
                ..Subject::default()
            },
            None => {
                let name = dangling.map_or_else(|| self.manifest.name.clone(), Cow::Borrowed);
                Subject { dangling, name, ..Subject::default() }
            }
        }
    }

    /// What a reference says that leads to nobody.
    fn nobody<'a>(&'a self, text: &'a str) -> Subject<'a> {
        self.dangling.set(self.dangling.get() + 1);
        if self.dangling.get() == 1 {
            *self.first_dangling.borrow_mut() = text.chars().take(200).collect();
        }
        let local = reference::local(text);
        if let Some(purl) = Purl::parse(local) {
            return Subject {
                dangling: Some(text),
                name: Cow::Owned(purl.name),
                version: Cow::Owned(purl.version),
                purl: local,
                ..Subject::default()
            };
        }
        if reference::is_opaque(local) {
            return self.root(Some(text));
        }
        let (name, version) = reference::split_version(local);
        let (name, version) = (Cow::Borrowed(name), Cow::Borrowed(version));
        Subject { dangling: Some(text), name, version, ..Subject::default() }
    }

    /// Where it is.
    pub(crate) fn place<'a>(&'a self, subject: &Subject<'a>) -> Place<'a> {
        let purl = Purl::parse(subject.purl);
        let kind = subject.component.map_or("", |component| &*component.kind);
        let is_system =
            purl.as_ref().is_some_and(Purl::is_of_system) || matches!(kind, "operating-system" | "container");
        let in_image = |image: Text<'a>| {
            let distribution = || purl.as_ref()?.distribution.clone();
            let named = self.operating_system.as_deref().map(Cow::Borrowed);
            let operating_system = named
                .or_else(|| distribution().map(Cow::Owned))
                .or_else(|| filled(&self.options.operating_system).map(Cow::Borrowed));
            Place::Image { image, operating_system }
        };
        if let Some(image) = &self.image {
            return in_image(image.take());
        }
        if is_system {
            return in_image(self.host.take());
        }
        let file = subject
            .component
            .and_then(|component| artifact::manifest(self.outline, component, &subject.way))
            .or_else(|| artifact::document_manifest(self.outline).map(Cow::Borrowed));
        match file {
            Some(file) => Place::Manifest(file),
            None if filled(&self.options.image).is_some() => in_image(self.host.take()),
            None => Place::Manifest(self.manifest.take()),
        }
    }

    /// Tells what was in doubt, once all is mapped.
    pub(crate) fn warn(self, sink: &mut dyn Sink) {
        if !self.tells.get() {
            sink.warn(Warning::note(
                "the document tells of no vulnerabilities, so the report is empty: if it only lists components, have it \
                 scanned (grype sbom:FILE -o json, osv-scanner, trivy sbom), and convert what comes out",
            ));
        }
        for place in self.image.into_iter().chain([self.host, self.manifest]) {
            if place.used.get() {
                place.warnings.into_iter().for_each(|warning| sink.warn(warning));
            }
        }
        let about = self.outline.root.as_ref().map_or("the document itself", |root| root.name.trim());
        match self.aimless.get() {
            0 => {}
            1 => sink.warn(Warning::note(format!(
                "1 vulnerability does not say what it affects and stands at {about}"
            ))),
            count => sink.warn(Warning::note(format!(
                "{count} vulnerabilities do not say what they affect and stand at {about}"
            ))),
        }
        let first = self.first_dangling.take();
        match self.dangling.get() {
            0 => {}
            1 => sink.warn(Warning::note(format!(
                "{first} is no component of this document: what this reference says names the package, else it is {about}"
            ))),
            count => sink.warn(Warning::note(format!(
                "{count} references, the first is {first}, lead to no component of this document: what they say names the package, else it is {about}"
            ))),
        }
    }
}

impl<'c> Fallback<'c> {
    fn of(name: impl FnOnce(&mut dyn Sink) -> Text<'c>) -> Self {
        let mut sink = Collector::default();
        let name = name(&mut sink);
        Self { name, warnings: sink.warnings, used: Cell::new(false) }
    }

    fn take(&self) -> Text<'_> {
        self.used.set(true);
        Cow::Borrowed(&self.name)
    }
}

/// Whether it was found as a file of its own.
fn is_file(component: &Component) -> bool {
    component.properties.get("aquasecurity:trivy:FilePath").is_some()
}

/// The last part of a path; of a name with a registry the whole.
fn file_name(name: &str) -> &str {
    if !image::is_archive(name) {
        return name;
    }
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    if last.trim_matches('.').is_empty() { "rootfs" } else { last }
}
