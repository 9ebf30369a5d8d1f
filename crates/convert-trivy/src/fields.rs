//! Fields beside the records: what stands at the head of a document, a resource or a result.

use crate::model::Os;
use crate::place;
use scanlift_convert_api::json::{self, Cause, Loose, Reader, Repair};
use scanlift_convert_api::{ConvertError, Warning};
use std::io::Read;

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

/// Reads fields that may be of any type, and keeps account of those that had to be left out.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) warnings: Vec<Warning>,
}

impl Fields {
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

    pub(crate) fn metadata<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Metadata, ConvertError> {
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

    /// Whether the value is of this kind; what is neither of it nor null is told.
    pub(crate) fn is<R: Read>(
        &mut self,
        kind: json::Kind,
        reader: &mut Reader<R>,
    ) -> Result<bool, ConvertError> {
        let found = reader.peek()?;
        if found != kind && found != json::Kind::Null {
            self.warnings.push(Warning::FieldDropped {
                path: reader.path(),
                problem: format!("expected {kind}, found {found}"),
            });
        }
        Ok(found == kind)
    }

    pub(crate) fn text<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Option<String>, ConvertError> {
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

    pub(crate) fn texts<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Vec<String>, ConvertError> {
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

/// A field of the value at `path` that had to be left out.
pub(crate) fn field_dropped(path: &str, dropped: &json::Dropped) -> Warning {
    let dot = if dropped.path.is_empty() || dropped.path.starts_with('[') { "" } else { "." };
    Warning::FieldDropped { path: format!("{path}{dot}{}", dropped.path), problem: dropped.problem.clone() }
}
