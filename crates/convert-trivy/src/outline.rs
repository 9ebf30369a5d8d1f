//! The first pass: what a document says of itself, wherever it says it.
//!
//! Nothing is emitted during it, so a document that is cut off costs no half report.
//! What stays in memory is the head of the document; the heads of results and resources are kept
//! only where they stand behind their records, which Trivy itself never does.

use crate::model::Os;
use crate::place::{self, Artifact};
use scanlift_convert_api::json::{self, Cause, Loose, Reader, Repair};
use scanlift_convert_api::{ConvertError, Warning};
use scanlift_report_core::Kind;
use std::collections::BTreeMap;
use std::io::Read;

/// The lists of a document that hold the workloads of a cluster: of newer versions, and of older ones.
pub(crate) const RESOURCES: [&str; 4] = ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"];

/// The newest schema that is known.
const NEWEST: u64 = 2;

/// What a document says of itself.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) layout: Layout,
    pub(crate) schema_version: Option<String>,
    pub(crate) artifact_name: Option<String>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) created_at: Option<String>,
    pub(crate) trivy_version: Option<String>,
    pub(crate) metadata: Metadata,
    /// The first target of the form `image (family version)`.
    pub(crate) os_target: Option<String>,
    /// What all results are, as far as they say it.
    class: Classes,
    /// By the number of the result in the document.
    pub(crate) late_results: BTreeMap<u64, ResultHead>,
    /// By the number of the resource in the document.
    pub(crate) late_resources: BTreeMap<u64, ResourceHead>,
    /// Told once the scan has begun.
    pub(crate) warnings: Vec<Warning>,
    results: u64,
    resources: u64,
}

/// The shapes a document can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// An object with `Results`.
    #[default]
    Report,
    /// A list of results, as before schema 2.
    List,
    /// `trivy k8s`: an object with lists of resources.
    Cluster,
    /// `null`, which old versions wrote when there was nothing.
    Null,
}

/// What is needed of `Metadata`.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) os: Os,
    pub(crate) image_id: Option<String>,
    pub(crate) repo_tags: Vec<String>,
    pub(crate) repo_digests: Vec<String>,
    pub(crate) repo_url: Option<String>,
    pub(crate) commit: Option<String>,
}

/// What stands beside the records of a result.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResultHead {
    pub(crate) target: String,
    pub(crate) class: String,
    /// `Type`.
    pub(crate) package_type: String,
}

/// What stands beside the results of a resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceHead {
    pub(crate) namespace: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The image, where the metadata names a single one.
    pub(crate) image: Option<String>,
    /// Its operating system, as `debian:10.4`.
    pub(crate) operating_system: Option<String>,
}

#[derive(Debug, Default)]
struct Classes {
    config: bool,
    secret: bool,
    other: bool,
}

impl Outline {
    /// Reads a document from its first byte to its last.
    pub(crate) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        match reader.peek()? {
            json::Kind::Null => {
                outline.layout = Layout::Null;
                reader.skip()?;
            }
            json::Kind::Array => {
                outline.layout = Layout::List;
                outline.results(reader)?;
            }
            json::Kind::Object => outline.report(reader)?,
            _ => return Err(unrecognised()),
        }
        reader.finish()?;
        if let Some(version) = outline.schema_version.as_deref().filter(|version| is_newer(version)) {
            let text = format!(
                "schema version {version} is newer than {NEWEST}, the newest one known; compare the findings with Trivy's table"
            );
            outline.warnings.push(Warning::note(text));
        }
        Ok(outline)
    }

    /// What was scanned.
    pub(crate) fn artifact(&self) -> Artifact {
        if self.layout == Layout::Cluster {
            return Artifact::Cluster;
        }
        let looks_like_image = self.metadata.image_id.is_some()
            || !self.metadata.repo_tags.is_empty()
            || self.os_target.is_some()
            || self.layout == Layout::Null;
        match self.artifact_type.as_deref().unwrap_or_default() {
            "container_image" | "image" => Artifact::Image,
            "vm" => Artifact::Vm,
            "cyclonedx" | "spdx" => {
                let of_image = self.metadata.image_id.is_some()
                    || !self.metadata.repo_tags.is_empty()
                    || self.metadata.os.family.is_some();
                Artifact::Sbom { of_image }
            }
            "filesystem" | "fs" | "rootfs" | "repository" | "repo" => Artifact::Tree,
            _ if looks_like_image => Artifact::Image,
            _ => Artifact::Tree,
        }
    }

    /// The report to write when nothing was found.
    pub(crate) fn kind(&self) -> Kind {
        match (self.artifact(), &self.class) {
            (Artifact::Cluster, _) => Kind::ClusterImageScanning,
            (Artifact::Image | Artifact::Vm | Artifact::Sbom { of_image: true }, _) => Kind::ContainerScanning,
            (Artifact::Tree, Classes { config: true, secret: false, other: false }) => Kind::Sast,
            (Artifact::Tree, Classes { config: false, secret: true, other: false }) => Kind::SecretDetection,
            // `trivy aws` checks settings of an account and nothing else.
            _ if self.artifact_type.as_deref() == Some("aws_account") => Kind::Sast,
            _ => Kind::DependencyScanning,
        }
    }

    fn report<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let mut known = false;
        let mut foreign = false;
        reader.each_key(|key, reader| {
            known |= matches!(key, "SchemaVersion" | "ArtifactName" | "ArtifactType" | "Results" | "ClusterName")
                || RESOURCES.contains(&key);
            match key {
                "SchemaVersion" => self.schema_version = self.text(reader)?,
                "ArtifactName" => self.artifact_name = self.text(reader)?,
                "ArtifactType" => self.artifact_type = self.text(reader)?,
                "CreatedAt" => self.created_at = self.text(reader)?,
                "Trivy" => self.trivy(reader)?,
                "Metadata" => self.metadata = self.metadata(reader)?,
                // Beside `Results` in the first reports with an image's names.
                "ImageID" => self.metadata.image_id = self.text(reader)?,
                "RepoTags" => self.metadata.repo_tags = self.texts(reader)?,
                "RepoDigests" => self.metadata.repo_digests = self.texts(reader)?,
                "Results" => self.results(reader)?,
                "ClusterName" => self.layout = Layout::Cluster,
                "apiVersion" | "$schema" | "bomFormat" => foreign = true,
                key if RESOURCES.contains(&key) => {
                    self.layout = Layout::Cluster;
                    self.each_resource(reader)?;
                }
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        if known && !foreign { Ok(()) } else { Err(unrecognised()) }
    }

    fn trivy<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|key, reader| {
            if key == "Version" {
                self.trivy_version = self.text(reader)?;
            }
            Ok(())
        })
    }

    fn metadata<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Metadata, ConvertError> {
        let mut metadata = Metadata::default();
        if !self.is(json::Kind::Object, reader)? {
            return Ok(metadata);
        }
        reader.each_key(|key, reader| {
            match key {
                "OS" => metadata.os = self.os(reader)?,
                "ImageID" => metadata.image_id = self.text(reader)?,
                "RepoTags" => metadata.repo_tags = self.texts(reader)?,
                "RepoDigests" => metadata.repo_digests = self.texts(reader)?,
                "RepoURL" => metadata.repo_url = self.text(reader)?,
                "Commit" => metadata.commit = self.text(reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        Ok(metadata)
    }

    fn os<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Os, ConvertError> {
        if !self.is(json::Kind::Object, reader)? {
            return Ok(Os::default());
        }
        Ok(self.lenient(reader)?.unwrap_or_default())
    }

    fn each_resource<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let number = self.resources;
            self.resources += 1;
            if !self.is(json::Kind::Object, reader)? {
                return Ok(());
            }
            let mut head = ResourceHead::default();
            let (mut results, mut late) = (false, false);
            reader.each_key(|key, reader| {
                if key == "Results" {
                    results = true;
                    return self.results(reader);
                }
                late |= self.resource_key(key, reader, &mut head)? && results;
                Ok::<_, ConvertError>(())
            })?;
            if late {
                self.late_resources.insert(number, head);
            }
            Ok::<_, ConvertError>(())
        })
    }

    /// Reads a key of a resource that is not `Results`; false for one that is not needed.
    pub(crate) fn resource_key<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        head: &mut ResourceHead,
    ) -> Result<bool, ConvertError> {
        match key {
            "Namespace" => head.namespace = self.text(reader)?.unwrap_or_default(),
            "Kind" => head.kind = self.text(reader)?.unwrap_or_default(),
            "Name" => head.name = self.text(reader)?.unwrap_or_default(),
            "Metadata" => {
                let mut all = Vec::new();
                match reader.peek()? {
                    json::Kind::Array => reader.each_item(|_, reader| {
                        // A workload has as many images as it has containers.
                        let metadata = self.metadata(reader)?;
                        if all.len() < 2 {
                            all.push(metadata);
                        }
                        Ok::<_, ConvertError>(())
                    })?,
                    _ => all.push(self.metadata(reader)?),
                }
                if let [metadata] = all.as_slice() {
                    head.image = place::image_of_metadata(metadata).map(str::to_owned);
                    head.operating_system = place::operating_system(&metadata.os);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let number = self.results;
            self.results += 1;
            if !self.is(json::Kind::Object, reader)? {
                return Ok(());
            }
            let mut head = ResultHead::default();
            let (mut records, mut late) = (false, false);
            reader.each_key(|key, reader| {
                if self.layout == Layout::List && matches!(key, "Results" | "SchemaVersion" | "apiVersion") {
                    return Err(unrecognised());
                }
                if Part::of(key).is_some() {
                    records = true;
                } else {
                    late |= self.result_key(key, reader, &mut head)? && records;
                }
                Ok(())
            })?;
            self.note(&head);
            if late {
                self.late_results.insert(number, head);
            }
            Ok::<_, ConvertError>(())
        })
    }

    /// Reads a key of a result that holds no records; false for one that is not needed.
    pub(crate) fn result_key<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        head: &mut ResultHead,
    ) -> Result<bool, ConvertError> {
        let field = match key {
            "Target" => &mut head.target,
            "Class" => &mut head.class,
            "Type" => &mut head.package_type,
            _ => return Ok(false),
        };
        *field = self.text(reader)?.unwrap_or_default();
        Ok(true)
    }

    fn note(&mut self, head: &ResultHead) {
        match head.class.as_str() {
            "config" => self.class.config = true,
            "secret" => self.class.secret = true,
            "custom" => {}
            _ => self.class.other = true,
        }
        if self.os_target.is_none() && place::is_os(head) && place::split_target(&head.target).is_some() {
            self.os_target = Some(head.target.clone());
        }
    }

    /// Whether the value is of this kind; what is neither of it nor null is told.
    fn is<R: Read>(&mut self, kind: json::Kind, reader: &mut Reader<R>) -> Result<bool, ConvertError> {
        let found = reader.peek()?;
        if found != kind && found != json::Kind::Null {
            self.warnings.push(Warning::FieldDropped {
                path: reader.path(),
                problem: format!("expected {kind}, found {found}"),
            });
        }
        Ok(found == kind)
    }

    fn text<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Option<String>, ConvertError> {
        let found = reader.peek()?;
        if matches!(found, json::Kind::Object | json::Kind::Array) {
            return self.is(json::Kind::String, reader).map(|_| None);
        }
        let mut repair = Repair::default();
        match reader.parse_lenient::<Option<Loose<'_>>>(&mut repair) {
            Ok((text, _)) => {
                Ok(text.map(|text| text.into_cow().into_owned()).filter(|text| !text.trim().is_empty()))
            }
            Err(error) => self.forgive(error).map(|()| None),
        }
    }

    fn texts<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Vec<String>, ConvertError> {
        if !self.is(json::Kind::Array, reader)? {
            return Ok(Vec::new());
        }
        let texts: Option<Vec<String>> = self.lenient(reader)?;
        Ok(texts.unwrap_or_default())
    }

    fn lenient<T: serde::de::DeserializeOwned, R: Read>(
        &mut self,
        reader: &mut Reader<R>,
    ) -> Result<Option<T>, ConvertError> {
        let path = reader.path();
        let mut repair = Repair::default();
        match reader.parse_lenient::<T>(&mut repair) {
            Ok((value, dropped)) => {
                self.warnings.extend(dropped.iter().map(|dropped| field_dropped(&path, dropped)));
                Ok(Some(value))
            }
            Err(error) => self.forgive(error).map(|()| None),
        }
    }

    /// A value that cannot be read costs itself, not the document.
    fn forgive(&mut self, error: json::Error) -> Result<(), ConvertError> {
        match error.cause {
            Cause::Value(_) | Cause::Encoding | Cause::Size(_) => {
                self.warnings
                    .push(Warning::FieldDropped { path: error.path, problem: error.cause.to_string() });
                Ok(())
            }
            _ => Err(error.into()),
        }
    }
}

/// The lists of a result that hold records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Vulnerability,
    Misconfiguration,
    Secret,
    License,
    ModifiedFinding,
}

impl Part {
    /// The records that the key of a result holds. `Packages` and `CustomResources` are inventory.
    pub(crate) fn of(key: &str) -> Option<Self> {
        Some(match key {
            "Vulnerabilities" => Self::Vulnerability,
            "Misconfigurations" => Self::Misconfiguration,
            "Secrets" => Self::Secret,
            "Licenses" => Self::License,
            "ExperimentalModifiedFindings" | "ModifiedFindings" => Self::ModifiedFinding,
            _ => return None,
        })
    }
}

/// A field of the value at `path` that had to be left out.
pub(crate) fn field_dropped(path: &str, dropped: &json::Dropped) -> Warning {
    let dot = if dropped.path.is_empty() || dropped.path.starts_with('[') { "" } else { "." };
    Warning::FieldDropped {
        path: format!("{path}{dot}{}", dropped.path),
        problem: dropped.problem.clone(),
    }
}

fn is_newer(version: &str) -> bool {
    version.parse::<f64>().is_ok_and(|version| version > NEWEST as f64)
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a report of `trivy --format json`",
        help: "run Trivy with `--format json`; for SARIF, CycloneDX and trivy-operator's resources leave --from out",
    }
}

/// The options that fill what the outline does not say.
pub(crate) fn filled(option: &Option<String>) -> Option<&str> {
    option.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
