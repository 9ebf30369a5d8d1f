//! The first pass: what a document says of itself, wherever it says it.
//!
//! Nothing is emitted during it, so a document that is cut off costs no half report.
//! What stays in memory is the head of the document; the heads of results and resources are kept
//! only where they stand behind their records, which Trivy itself never does.

use crate::fields::{Metadata, ResourceHead, ResultHead, resource_key, result_key};
use crate::place::{self, Artifact};
use scanlift_convert_api::json::{self, Fields, Reader};
use scanlift_convert_api::{ConvertError, Warning, one_line};
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
    /// Holds what is told once the scan has begun.
    pub(crate) fields: Fields,
    results: u64,
    /// Whether one of them looks like one, which is all that tells a list of them.
    has_result: bool,
    resources: u64,
    /// How many workloads Trivy could not scan, and what it says of the first.
    failed: (u64, Option<String>),
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
        if outline.layout == Layout::List && outline.results > 0 && !outline.has_result {
            return Err(unrecognised());
        }
        if let (count, Some(first)) = &outline.failed {
            let text =
                format!("Trivy could not scan {count} of the workloads, so nothing is told of them: {first}");
            outline.fields.warnings.push(Warning::note(text));
        }
        if let Some(version) = outline.schema_version.as_deref().filter(|version| is_newer(version)) {
            let text = format!(
                "schema version {version} is newer than {NEWEST}, the newest one known; compare the findings with Trivy's table"
            );
            outline.fields.warnings.push(Warning::note(text));
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
            (Artifact::Image | Artifact::Vm | Artifact::Sbom { of_image: true }, _) => {
                Kind::ContainerScanning
            }
            (Artifact::Tree, Classes { config: true, secret: false, other: false }) => Kind::Sast,
            (Artifact::Tree, Classes { config: false, secret: true, other: false }) => Kind::SecretDetection,
            // `trivy aws` checks settings of an account and nothing else.
            _ if self.artifact_type.as_deref() == Some("aws_account") => Kind::Sast,
            _ => Kind::DependencyScanning,
        }
    }

    fn report<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let (mut known, mut foreign, mut is_summary) = (false, false, false);
        reader.each_key(|key, reader| {
            known |=
                matches!(key, "SchemaVersion" | "ArtifactName" | "ArtifactType" | "Results" | "ClusterName")
                    || RESOURCES.contains(&key);
            match key {
                "SchemaVersion" => self.schema_version = self.fields.text(reader)?,
                "ArtifactName" => self.artifact_name = self.fields.text(reader)?,
                "ArtifactType" => self.artifact_type = self.fields.text(reader)?,
                "CreatedAt" => self.created_at = self.fields.text(reader)?,
                "Trivy" => self.trivy(reader)?,
                "Metadata" => self.metadata = Metadata::read(&mut self.fields, reader)?,
                // Beside `Results` in the first reports with an image's names.
                "ImageID" => self.metadata.image_id = self.fields.text(reader)?,
                "RepoTags" => self.metadata.repo_tags = self.fields.texts(reader)?,
                "RepoDigests" => self.metadata.repo_digests = self.fields.texts(reader)?,
                "Results" => self.results(reader)?,
                "ClusterName" => self.layout = Layout::Cluster,
                "SummaryControls" => is_summary = true,
                "apiVersion" | "$schema" | "bomFormat" => foreign = true,
                key if RESOURCES.contains(&key) => {
                    self.layout = Layout::Cluster;
                    self.each_resource(reader)?;
                }
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        if is_summary {
            return Err(ConvertError::Unrecognised {
                expected: "what fails each control",
                help: "this is a summary, which only counts it: run Trivy with `--report all`",
            });
        }
        if known && !foreign { Ok(()) } else { Err(unrecognised()) }
    }

    fn trivy<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|key, reader| {
            if key == "Version" {
                self.trivy_version = self.fields.text(reader)?;
            }
            Ok(())
        })
    }

    fn each_resource<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let number = self.resources;
            self.resources += 1;
            if !self.fields.is(json::Kind::Object, reader)? {
                return Ok(());
            }
            let mut head = ResourceHead::default();
            let (mut results, mut late, mut error) = (false, false, None);
            reader.each_key(|key, reader| {
                match key {
                    "Results" => {
                        results = true;
                        self.results(reader)?;
                    }
                    "Error" => error = self.fields.text(reader)?,
                    _ => late |= resource_key(&mut self.fields, key, reader, &mut head)? && results,
                }
                Ok::<_, ConvertError>(())
            })?;
            if let Some(error) = error {
                let (count, first) = &mut self.failed;
                *count += 1;
                first.get_or_insert_with(|| format!("{} {}: {}", head.kind, head.name, one_line(&error)));
            }
            if late {
                self.late_resources.insert(number, head);
            }
            Ok::<_, ConvertError>(())
        })
    }

    fn results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let number = self.results;
            self.results += 1;
            if !self.fields.is(json::Kind::Object, reader)? {
                return Ok(());
            }
            let mut head = ResultHead::default();
            let (mut records, mut late, mut is_control) = (false, false, false);
            reader.each_key(|key, reader| {
                if self.layout == Layout::List && matches!(key, "Results" | "SchemaVersion" | "apiVersion") {
                    return Err(unrecognised());
                }
                if key == "Results" {
                    is_control = true;
                    return self.results(reader);
                }
                let is_part = Part::of(key).is_some();
                self.has_result |= is_part || key == "Target";
                if is_part {
                    records = true;
                } else {
                    late |= result_key(&mut self.fields, key, reader, &mut head)? && records;
                }
                Ok(())
            })?;
            if !is_control {
                self.note(&head);
            }
            if late {
                self.late_results.insert(number, head);
            }
            Ok::<_, ConvertError>(())
        })
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
    /// The records that the key of a result holds. `CustomResources` are inventory, and so are `Packages`.
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

fn is_newer(version: &str) -> bool {
    version.parse::<f64>().is_ok_and(|version| version > NEWEST as f64)
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a report of `trivy --format json`",
        help: "run Trivy with `--format json`; for SARIF, CycloneDX and trivy-operator's resources leave --from out",
    }
}
