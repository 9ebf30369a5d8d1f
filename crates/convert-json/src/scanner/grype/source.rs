//! What was scanned, and by which Grype: the fields beside the matches.

use super::OURS;
use scanlift_convert_api::json::{self, Fields, Reader, filled};
use scanlift_convert_api::package::{Place, below};
use scanlift_convert_api::{ConvertError, Input, Options, Sink, Warning, image};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a document says beside its matches.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// `source.type`: `image`, `directory`, `file`, `sbom-file`, `purl` ...
    kind: Option<String>,
    target: Target,
    system: Option<String>,
    pub(super) version: Option<String>,
    pub(super) timestamp: Option<String>,
    /// Packages with an alert, and the message of the first (`alertsByPackage`).
    alerts: (u64, Option<String>),
    fields: Fields,
}

/// `source.target`; a text stands for a path.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    #[serde(rename = "userInput")]
    user_input: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(rename = "repoDigests")]
    repo_digests: Option<Vec<String>>,
    path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Distro {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Descriptor {
    name: Option<String>,
    version: Option<String>,
    timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alerts {
    alerts: Option<Vec<Alert>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert {
    message: Option<String>,
}

impl Outline {
    /// Reads a document from its first byte to its last.
    pub(super) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let (mut has_matches, mut named) = (false, None);
        if reader.peek()? != json::Kind::Object {
            return Err(unrecognised());
        }
        reader.each_key(|key, reader| {
            match key {
                "matches" => has_matches = true,
                "source" => outline.read_source(reader)?,
                "distro" => {
                    let distro: Distro = outline.fields.object(reader)?.unwrap_or_default();
                    outline.system = system(&distro);
                }
                "descriptor" => {
                    let descriptor: Descriptor = outline.fields.object(reader)?.unwrap_or_default();
                    named = descriptor.name.map(|name| name == OURS);
                    outline.version = descriptor.version.filter(|version| !version.trim().is_empty());
                    outline.timestamp = descriptor.timestamp;
                }
                "alertsByPackage" => outline.read_alerts(reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
        if named.unwrap_or(has_matches) { Ok(outline) } else { Err(unrecognised()) }
    }

    fn read_source<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|key, reader| {
            match key {
                "type" => self.kind = self.fields.text(reader)?,
                "target" if reader.peek()? == json::Kind::String => {
                    self.target.path = self.fields.text(reader)?;
                }
                "target" => self.target = self.fields.object(reader)?.unwrap_or_default(),
                _ => {}
            }
            Ok(())
        })
    }

    fn read_alerts<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let package: Alerts = self.fields.object(reader)?.unwrap_or_default();
            self.alerts.0 += 1;
            let message = || package.alerts.into_iter().flatten().find_map(|alert| alert.message);
            self.alerts.1 = self.alerts.1.take().or_else(message);
            Ok(())
        })
    }

    /// What could not be read, and what Grype has to say of packages without a match.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> + '_ {
        let alert = self.alerts.1.as_deref().map(|message| {
            Warning::note(format!("Grype has an alert for {} packages: {}", self.alerts.0, message.trim()))
        });
        self.fields.warnings.iter().cloned().chain(alert)
    }

    /// The report to write when nothing was found.
    pub(super) fn kind(&self) -> Kind {
        if self.is_image() { Kind::ContainerScanning } else { Kind::DependencyScanning }
    }

    /// The directory that was scanned, where its path is absolute.
    pub(super) fn root(&self) -> Option<&str> {
        let directory = self.path().filter(|_| self.kind.as_deref() == Some("directory"))?;
        (directory.starts_with('/') || directory.contains(":\\")).then_some(directory)
    }

    fn path(&self) -> Option<&str> {
        filled(&self.target.path)
    }

    /// An SBOM is one of an image if it knows an operating system and no directory.
    fn is_image(&self) -> bool {
        match self.kind.as_deref().unwrap_or_default() {
            "image" => true,
            "directory" | "file" => false,
            _ => self.target.user_input.is_some() || self.target.tags.is_some() || self.system.is_some(),
        }
    }

    /// As the user named it, unless by its id or as an archive; else by its tags.
    fn image(&self) -> Option<&str> {
        let first = |names: &'_ Option<Vec<String>>| names.iter().flatten().position(|name| !name.is_empty());
        let tag = first(&self.target.tags).and_then(|at| self.target.tags.as_ref()?.get(at));
        let digest =
            first(&self.target.repo_digests).and_then(|at| self.target.repo_digests.as_ref()?.get(at));
        let given = filled(&self.target.user_input).or(self.path());
        given
            .filter(|name| !image::is_archive(name) && !is_id(name))
            .or(tag.map(String::as_str))
            .or(digest.map(String::as_str))
    }
}

/// Whether a name is the id of an image, which changes with every build.
fn is_id(name: &str) -> bool {
    let hex = name.strip_prefix("sha256:").unwrap_or(name);
    matches!(hex.len(), 12 | 64) && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn system(distro: &Distro) -> Option<String> {
    let name = distro.name.as_deref().unwrap_or_default();
    let version = distro.version.as_deref().unwrap_or_default();
    // Before 0.40 both could be titles: `Debian GNU/Linux`, `10 (buster)`.
    if name.contains(char::is_whitespace) || version.contains(char::is_whitespace) {
        image::system_of_title(&format!("{name} {version}"))
    } else {
        image::operating_system(name, version)
    }
}

/// Where the packages of a document stand.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    outline: &'c Outline,
    /// The image; of a directory the name that its system's packages stand under.
    image: Text<'c>,
    system: Option<Text<'c>>,
    /// The file of packages without a location.
    file: Text<'c>,
    is_named: bool,
    /// Whether that file was needed though nobody named it.
    needs_name: AtomicBool,
}

impl<'c> Scope<'c> {
    pub(super) fn new(
        outline: &'c Outline,
        options: &'c Options,
        input: &'c dyn Input,
        sink: &mut dyn Sink,
    ) -> Self {
        let system = outline.system.as_deref().or(filled(&options.operating_system));
        let image = if outline.is_image() {
            let archive =
                || filled(&options.image).or_else(|| outline.target.user_input.as_deref().map(last));
            image::or_option(outline.image().or_else(archive), options, sink)
        } else {
            let name = filled(&options.image).or_else(|| outline.path().map(last));
            image::with_tag(Cow::Borrowed(name.filter(|name| !name.is_empty()).unwrap_or("rootfs")))
        };
        let file = outline.path().filter(|_| outline.kind.as_deref() == Some("file"));
        let named = file.or(filled(&options.path));
        let is_document =
            outline.kind.as_deref().is_some_and(|kind| kind.contains("file") || kind.contains("sbom"));
        let fallback = named.or_else(|| outline.path().filter(|_| is_document));
        Self {
            outline,
            image,
            system: system.map(Cow::Borrowed),
            file: Cow::Borrowed(fallback.or(input.name()).unwrap_or("unknown")),
            is_named: fallback.is_some(),
            needs_name: AtomicBool::new(false),
        }
    }

    /// What to tell once every package has its place.
    pub(super) fn warning(&self) -> Option<Warning> {
        let text = format!(
            "some packages have no location, so they stand in {}: name the file with --path",
            self.file
        );
        self.needs_name.load(Ordering::Relaxed).then(|| Warning::note(text))
    }

    /// Whether packages stand in files of a source tree.
    pub(super) fn is_tree(&self) -> bool {
        !self.outline.is_image()
    }

    /// Where a package is that was found at this path; `distribution` is what its package URL says.
    pub(super) fn place<'a>(
        &'a self,
        path: Option<&'a str>,
        of_system: bool,
        distribution: Option<String>,
    ) -> Place<'a> {
        if self.is_tree() && !of_system {
            return Place::Manifest(self.manifest(path));
        }
        let system = self.system.as_deref().map(Cow::Borrowed);
        Place::Image {
            image: Cow::Borrowed(&*self.image),
            operating_system: system.or(distribution.map(Cow::Owned)),
        }
    }

    fn manifest<'a>(&'a self, path: Option<&'a str>) -> Text<'a> {
        let target = self.outline.path();
        match (self.outline.kind.as_deref().unwrap_or_default(), path) {
            ("file", _) => Cow::Borrowed(&*self.file),
            ("directory", Some(path)) => below(target.unwrap_or_default(), path),
            (_, Some(path)) => Cow::Borrowed(path.trim_start_matches('/')),
            (_, None) => {
                self.needs_name.store(!self.is_named, Ordering::Relaxed);
                Cow::Borrowed(&*self.file)
            }
        }
    }
}

/// The last part of a path.
fn last(path: &str) -> &str {
    let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    if name.trim_matches('.').is_empty() { "rootfs" } else { name }
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a list of `matches` of Grype",
        help: "run Grype with `-o json`; for its SARIF and CycloneDX leave --from out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_short_names() {
        for (name, version, want) in [
            ("debian", "12", Some("debian:12")),
            ("Debian GNU/Linux", "10 (buster)", Some("debian:10")),
            ("wolfi", "", Some("wolfi")),
            ("", "", None),
        ] {
            let distro = Distro { name: Some(name.to_owned()), version: Some(version.to_owned()) };
            assert_eq!(system(&distro).as_deref(), want, "{name} {version}");
        }
    }

    #[test]
    fn ids_are_no_names() {
        for (name, want) in [("6877f5aabc34", true), ("nginx", false), ("deadbeef", false)] {
            assert_eq!(is_id(name), want, "{name}");
        }
        assert_eq!((last("/srv/app/"), last(".")), ("app", "rootfs"));
    }
}
