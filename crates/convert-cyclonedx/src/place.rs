//! What a vulnerability affects, and where that is: the report, and the image or the file.

use crate::artifact;
use crate::component::{Component, Components};
use crate::graph::key;
use crate::model::Affect;
use crate::outline::{Outline, ToolName};
use crate::reference;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{Place, Purl, ecosystem, manifest_or_option};
use scanlift_convert_api::{Collector, Input, Options, ScanInfo, Sink, Warning, image};
use scanlift_report_core::{Kind, Text};
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

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
    dangling: Mutex<Dangling>,
}

/// References that lead to nobody.
#[derive(Debug, Default)]
struct Dangling {
    count: u64,
    /// The first of them, and the number of its vulnerability.
    first: Option<(u64, String)>,
}

/// A name, and what is to be told once it is used.
struct Fallback<'c> {
    name: Text<'c>,
    warnings: Vec<Warning>,
    used: AtomicBool,
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
    /// The type of the package URL.
    pub(crate) ecosystem: Text<'a>,
    /// The distribution that the package URL names, as `debian:12`.
    distribution: Option<Text<'a>>,
    /// What leads to it from the root, itself last; empty if that is not known.
    pub(crate) way: Vec<&'a Component>,
    /// Whether the project asks for it itself.
    pub(crate) direct: Option<bool>,
}

impl<'a> Subject<'a> {
    fn of(component: &'a Component) -> Self {
        Self {
            component: Some(component),
            name: Cow::Borrowed(component.package_name()),
            version: Cow::Borrowed(component.package_version()),
            purl: component.purl.trim(),
            ecosystem: Cow::Borrowed(&component.ecosystem),
            distribution: component.distribution.as_deref().map(Cow::Borrowed),
            ..Self::default()
        }
    }
}

impl Dangling {
    fn add(&mut self, reference: &str, at: u64) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            self.first = Some((at, reference.chars().take(200).collect()));
        }
    }
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
            dangling: Mutex::default(),
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

    /// What a target of the vulnerability of that number is; without one, what the document is about.
    pub(crate) fn subject<'a>(&'a self, affect: Option<&'a Affect<'_>>, at: u64) -> Subject<'a> {
        let Some(text) = affect.and_then(|affect| filled(&affect.reference)) else { return self.root(None) };
        let spellings = reference::spellings(text);
        match spellings.iter().find_map(|spelling| self.components.get(key(spelling))) {
            Some(component) => self.component(component),
            None => self.nobody(text, at),
        }
    }

    /// A component of the document.
    fn component<'a>(&'a self, component: &'a Component) -> Subject<'a> {
        let mut subject = Subject::of(component);
        subject.way = self.components.way_to(component);
        subject.direct = match component.properties.get("jfrog:dependency:type") {
            Some("direct") => Some(true),
            Some("transitive") => Some(false),
            _ => component.step.direct,
        };
        subject
    }

    /// A component with vulnerabilities inside of it, which is read once more with them.
    pub(crate) fn component_around<'a>(&'a self, component: &'a Component) -> Subject<'a> {
        // Of several components with one reference only the first is in the table.
        let known = self.components.get(key(&component.bom_ref)).map(|known| self.component(known));
        let Subject { way, direct, .. } = known.unwrap_or_default();
        Subject { way, direct, ..Subject::of(component) }
    }

    /// What the document is about, for want of anything better.
    fn root<'a>(&'a self, dangling: Option<&'a str>) -> Subject<'a> {
        let root = self.outline.root.as_ref().filter(|root| !root.package_name().is_empty());
        match root {
            Some(root) => Subject { dangling, ..Subject::of(root) },
            None => {
                let name = dangling.map_or_else(|| self.manifest.name.clone(), Cow::Borrowed);
                Subject { dangling, name, ..Subject::default() }
            }
        }
    }

    /// What a reference says that leads to nobody.
    fn nobody<'a>(&'a self, text: &'a str, at: u64) -> Subject<'a> {
        self.dangling.lock().unwrap_or_else(PoisonError::into_inner).add(text, at);
        let local = reference::local(text);
        if let Some(purl) = Purl::parse(local) {
            return Subject {
                dangling: Some(text),
                name: Cow::Owned(purl.name),
                version: Cow::Owned(purl.version),
                purl: local,
                ecosystem: Cow::Owned(purl.kind),
                distribution: purl.distribution.map(Cow::Owned),
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
        let kind = subject.component.map_or("", |component| &*component.kind);
        let is_system =
            ecosystem::is_of_system(&subject.ecosystem) || matches!(kind, "operating-system" | "container");
        let in_image = |image: Text<'a>| {
            let named = self.operating_system.as_deref().map(Cow::Borrowed);
            let operating_system = named
                .or_else(|| subject.distribution.clone())
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
        if !self.outline.tells {
            sink.warn(Warning::note(
                "the document tells of no vulnerabilities: if it only lists components, have it \
                 scanned (grype sbom:FILE -o json, osv-scanner, trivy sbom), and convert what comes out",
            ));
        }
        for place in self.image.into_iter().chain([self.host, self.manifest]) {
            if place.used.into_inner() {
                place.warnings.into_iter().for_each(|warning| sink.warn(warning));
            }
        }
        let about = self.outline.root.as_ref().map_or("the document itself", |root| root.name.trim());
        match self.outline.aimless {
            0 => {}
            1 => sink.warn(Warning::note(format!(
                "1 vulnerability does not say what it affects and stands at {about}"
            ))),
            count => sink.warn(Warning::note(format!(
                "{count} vulnerabilities do not say what they affect and stand at {about}"
            ))),
        }
        let Dangling { count, first } = self.dangling.into_inner().unwrap_or_else(PoisonError::into_inner);
        let first = first.unwrap_or_default().1;
        match count {
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
        Self { name, warnings: sink.warnings, used: AtomicBool::new(false) }
    }

    fn take(&self) -> Text<'_> {
        self.used.store(true, Ordering::Relaxed);
        Cow::Borrowed(&self.name)
    }
}

/// The last part of a path; of a name with a registry the whole.
fn file_name(name: &str) -> &str {
    if !image::is_archive(name) {
        return name;
    }
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    if last.trim_matches('.').is_empty() { "rootfs" } else { last }
}
