//! What was tested: the fields of a project beside its issues.

use crate::audit::in_a_line;
use crate::snyk_issue::Target;
use scanlift_convert_api::json::{self, Fields, Loose, Reader, filled};
use scanlift_convert_api::package::below;
use scanlift_convert_api::{ConvertError, Input, Options, Sink, Warning, image};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// How Snyk names the projects of images.
const IMAGE: &str = "docker-image|";

/// What a document says beside its issues.
#[derive(Debug, Default)]
pub(super) struct Outline {
    projects: Vec<Head>,
    fields: Fields,
}

/// A project without its issues.
#[derive(Debug, Default)]
struct Head {
    name: Option<String>,
    /// The directory, the file or the image as the user named it.
    path: Option<String>,
    target_file: Option<String>,
    display_target_file: Option<String>,
    package_manager: Option<String>,
    /// The system of the first package, as `debian:10`.
    system: Option<String>,
    /// The packages that have an issue, by its id: of projects without a package manager.
    affected: BTreeMap<String, Vec<String>>,
    /// What is known of packages without a package manager, by `<origin>|<name>@<version>`.
    unmanaged: BTreeMap<String, Signature>,
    error: Option<String>,
    is_container: bool,
    is_iac: bool,
    is_known: bool,
    has_vulnerabilities: bool,
    has_records: bool,
    /// The number of the project whose image it is a part of.
    parent: Option<usize>,
}

/// An entry of `fileSignaturesDetails`: how sure Snyk is that these files are of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Signature {
    #[serde(deserialize_with = "json::number")]
    confidence: Option<f64>,
    #[serde(deserialize_with = "json::list")]
    file_paths: Vec<String>,
}

/// An entry of `issues` beside `issuesData`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Affected<'a> {
    #[serde(borrow)]
    issue_id: Option<Loose<'a>>,
    pkg_name: Option<Loose<'a>>,
    pkg_version: Option<Loose<'a>>,
}

impl Outline {
    /// Reads a document from its first byte to its last.
    pub(super) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        match reader.peek()? {
            json::Kind::Array => {
                reader.each_item(|_, reader| outline.read_project(reader, None))?;
            }
            json::Kind::Object => outline.read_project(reader, None)?,
            _ => return Err(unrecognised()),
        }
        reader.finish()?;
        if outline.projects.iter().any(|project| project.is_known) {
            return Ok(outline);
        }
        match outline.projects.iter().find_map(|project| filled(&project.error)) {
            Some(error) => Err(ConvertError::Failed { scanner: "Snyk", message: in_a_line(error) }),
            None => Err(unrecognised()),
        }
    }

    fn read_project<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        parent: Option<usize>,
    ) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        let number = self.projects.len();
        self.projects.push(Head::default());
        let mut head = Head { parent, ..Head::default() };
        reader.each_key(|key, reader| {
            match key {
                "vulnerabilities" => {
                    head.is_known |= matches!(reader.peek()?, json::Kind::Array | json::Kind::Null);
                    head.has_vulnerabilities = reader.peek()? == json::Kind::Array;
                    self.read_first(reader, &mut head)?;
                }
                "issuesData" => head.is_known |= reader.peek()? == json::Kind::Object,
                "issues" => self.read_affected(reader, &mut head)?,
                "depsFilePaths" | "fileSignaturesDetails" => self.read_signatures(reader, &mut head)?,
                "infrastructureAsCodeIssues" => (head.is_known, head.is_iac) = (true, true),
                "projectName" => head.name = self.fields.text(reader)?,
                "path" => head.path = self.fields.text(reader)?,
                "targetFile" => head.target_file = self.fields.text(reader)?,
                "displayTargetFile" => head.display_target_file = self.fields.text(reader)?,
                "packageManager" => head.package_manager = self.fields.text(reader)?,
                "docker" => head.is_container = reader.peek()? == json::Kind::Object,
                "error" => head.error = self.fields.text(reader)?,
                "applications" if parent.is_none() && reader.peek()? == json::Kind::Array => {
                    reader.each_item(|_, reader| self.read_project(reader, Some(number)))?;
                }
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        head.is_container |= filled(&head.name).is_some_and(|name| name.starts_with(IMAGE));
        self.projects[number] = head;
        Ok(())
    }

    /// The operating system of an image is told by its packages only.
    fn read_first<R: Read>(&mut self, reader: &mut Reader<R>, head: &mut Head) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Array {
            return Ok(());
        }
        reader.each_item(|number, reader| {
            head.has_records = true;
            if number > 0 || reader.peek()? != json::Kind::Object {
                return Ok(());
            }
            reader.each_key(|key, reader| {
                if key == "packageManager" {
                    head.system = self.fields.text(reader)?.filter(|manager| manager.contains(':'));
                }
                Ok::<_, ConvertError>(())
            })
        })
    }

    /// Which packages have which issue, where the issues are told without them.
    fn read_affected<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        head: &mut Head,
    ) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Array {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let affected = self.fields.read(reader, |affected: Affected<'_>| {
                let name = filled(&affected.pkg_name)?;
                let version = filled(&affected.pkg_version).unwrap_or_default();
                Some((filled(&affected.issue_id)?.to_owned(), format!("{name}@{version}")))
            })?;
            if let Some((id, package)) = affected.flatten() {
                head.has_records = true;
                head.affected.entry(id).or_default().push(package);
            }
            Ok::<_, ConvertError>(())
        })
    }

    /// The files of each package, a list of them or with what else is known.
    fn read_signatures<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        head: &mut Head,
    ) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|package, reader| {
            let found = match reader.peek()? {
                json::Kind::Object => self.fields.object::<Signature, _>(reader)?.unwrap_or_default(),
                _ => Signature { confidence: None, file_paths: self.fields.texts(reader)? },
            };
            let known = head.unmanaged.entry(package.to_owned()).or_default();
            known.confidence = known.confidence.or(found.confidence);
            // The first by name: it is the same in the next scan.
            let first = known.file_paths.drain(..).chain(found.file_paths).min();
            known.file_paths.extend(first);
            Ok::<_, ConvertError>(())
        })
    }

    /// What could not be read, and what Snyk could not test.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> + '_ {
        let failed = self.projects.iter().filter_map(|project| {
            let what = filled(&project.path).or(filled(&project.name)).unwrap_or("a project");
            Some(Warning::note(format!("Snyk could not test {what}: {}", filled(&project.error)?)))
        });
        self.fields.warnings.iter().cloned().chain(failed)
    }

    /// The report to write when nothing was found.
    pub(super) fn kind(&self) -> Kind {
        match self.projects.first() {
            Some(first) if first.is_container => Kind::ContainerScanning,
            Some(first) if first.is_iac => Kind::Sast,
            _ => Kind::DependencyScanning,
        }
    }

    /// The directories that were tested, as far as they are absolute.
    pub(super) fn roots(&self) -> impl Iterator<Item = &str> {
        let paths =
            self.projects.iter().filter(|project| !project.is_container).filter_map(|it| filled(&it.path));
        paths.filter(|path| path.starts_with('/') || path.contains(":\\"))
    }
}

/// Where the issues of each project stand.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    projects: Vec<Project<'c>>,
}

/// Where the issues of a project stand.
#[derive(Debug)]
pub(super) struct Project<'c> {
    /// Of its packages.
    pub(super) target: Target<'c>,
    /// The file that was tested, for infrastructure as code.
    pub(super) file: Text<'c>,
    /// `terraformconfig`, `k8sconfig` ...
    pub(super) kind: &'c str,
    /// The packages that have an issue, by its id, where no `vulnerabilities` tell it.
    pub(super) affected: Option<&'c BTreeMap<String, Vec<String>>>,
    /// Packages without a package manager, by `<origin>|<name>@<version>`.
    unmanaged: BTreeMap<&'c str, Unmanaged<'c>>,
}

/// Where a package without a package manager stands.
#[derive(Debug)]
struct Unmanaged<'c> {
    target: Option<Target<'c>>,
    /// How sure Snyk is that it is this package, up to 1.
    confidence: Option<f64>,
}

impl<'c> Project<'c> {
    /// Where a package stands, in its own files or where all of the project do, and how sure Snyk is of it.
    pub(super) fn place(&self, package: &str) -> (&Target<'c>, Option<f64>) {
        let known = self.unmanaged.get(package);
        let target = known.and_then(|known| known.target.as_ref());
        (target.unwrap_or(&self.target), known.and_then(|known| known.confidence))
    }
}

impl<'c> Scope<'c> {
    pub(super) fn new(
        outline: &'c Outline,
        options: &'c Options,
        input: &'c dyn Input,
        sink: &mut dyn Sink,
    ) -> Self {
        let mut scope = Self { projects: Vec::with_capacity(outline.projects.len()) };
        let mut told = false;
        for head in &outline.projects {
            let file = manifest(head, options);
            let has_files = head.is_container || !head.unmanaged.is_empty();
            if file.is_none() && head.has_records && !has_files && !told {
                told = true;
                let name = input.name().unwrap_or("unknown");
                sink.warn(Warning::note(format!(
                    "Snyk names no manifest, so its packages stand in {name}: name the file with --path"
                )));
            }
            let file = file.unwrap_or_else(|| Cow::Borrowed(input.name().unwrap_or("unknown")));
            let target = if head.is_container {
                image_of(head, outline, options, sink)
            } else {
                Target::Manifest(file.clone())
            };
            let kind = filled(&head.package_manager).unwrap_or_default();
            let affected = (!head.has_vulnerabilities).then_some(&head.affected);
            scope.projects.push(Project { target, file, kind, affected, unmanaged: unmanaged(head) });
        }
        scope
    }

    pub(super) fn project(&self, number: usize) -> Option<&Project<'c>> {
        self.projects.get(number)
    }
}

/// The file that Snyk names, else the user's, else the only one that Snyk reads for that manager.
fn manifest<'c>(head: &'c Head, options: &'c Options) -> Option<Text<'c>> {
    let directory = filled(&head.path).unwrap_or_default();
    let named = filled(&head.display_target_file).or(filled(&head.target_file));
    let usual = match filled(&head.package_manager).unwrap_or_default() {
        "composer" => Some("composer.lock"),
        "gomodules" => Some("go.mod"),
        "hex" => Some("mix.exs"),
        "maven" => Some("pom.xml"),
        "poetry" => Some("poetry.lock"),
        "rubygems" => Some("Gemfile.lock"),
        "sbt" => Some("build.sbt"),
        "swift" => Some("Package.swift"),
        "yarn" => Some("yarn.lock"),
        _ => None,
    };
    match (named, filled(&options.path)) {
        // A file that the user named is the path and the target.
        (Some(named), _) if named == directory => Some(Cow::Borrowed(named)),
        (Some(named), _) => Some(below(directory, named)),
        (None, Some(option)) => Some(Cow::Borrowed(option)),
        (None, None) => Some(below(directory, usual?)),
    }
}

/// Where the packages stand that no package manager knows.
fn unmanaged(head: &Head) -> BTreeMap<&str, Unmanaged<'_>> {
    let directory = filled(&head.path).unwrap_or_default();
    let known = head.unmanaged.iter().map(|(package, known)| {
        let file = known.file_paths.first();
        let target = file.map(|file| Target::Manifest(below(directory, file)));
        (package.as_str(), Unmanaged { target, confidence: known.confidence })
    });
    known.collect()
}

fn image_of<'c>(
    head: &'c Head,
    outline: &'c Outline,
    options: &'c Options,
    sink: &mut dyn Sink,
) -> Target<'c> {
    let parent = head.parent.and_then(|number| outline.projects.get(number));
    let path = filled(&head.path).or_else(|| filled(&parent?.path));
    let path = path.filter(|path| !image::is_archive(path) && !path.contains("-archive:"));
    let name =
        [Some(head), parent].into_iter().flatten().find_map(|head| filled(&head.name)?.strip_prefix(IMAGE));
    let named = path.or(filled(&options.image)).or(name);
    // The packages of a language stand in the image whose system another project tells.
    let same = outline.projects.iter().filter(|other| filled(&other.path) == filled(&head.path));
    let system = head.system.as_deref().or_else(|| parent?.system.as_deref());
    let system = system.or_else(|| same.filter_map(|other| other.system.as_deref()).next());
    Target::Image {
        image: image::or_option(named, options, sink),
        system: system.or(filled(&options.operating_system)).map(Cow::Borrowed),
        file: filled(&head.display_target_file).or(filled(&head.target_file)).map(Cow::Borrowed),
    }
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a project with `vulnerabilities` or `infrastructureAsCodeIssues`",
        help: "run Snyk with `--json`; for `snyk code test` and SARIF leave --from out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_where_they_were_tested() {
        for (path, target_file, want) in [
            ("/builds/group/app", "infra/main.tf", "infra/main.tf"),
            ("/builds/group/app/infra/main.tf", "infra/main.tf", "infra/main.tf"),
            ("infra", "main.tf", "infra/main.tf"),
            ("infra/main.tf", "infra/main.tf", "infra/main.tf"),
            ("infra\\main.tf", "infra\\main.tf", "infra\\main.tf"),
        ] {
            let [path, target_file] = [path, target_file].map(|text| Some(text.to_owned()));
            let head = Head { path, target_file, ..Head::default() };
            assert_eq!(manifest(&head, &Options::default()).as_deref(), Some(want));
        }
    }
}
