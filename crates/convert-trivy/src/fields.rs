//! Fields beside the records: what stands at the head of a document, a resource or a result.

use crate::model::Os;
use crate::place;
use scanlift_convert_api::ConvertError;
use scanlift_convert_api::json::{self, Fields, Reader};
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

/// Reads a key of a result that holds no records; false for one that is not needed.
pub(crate) fn result_key<R: Read>(
    fields: &mut Fields,
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
    *field = fields.text(reader)?.unwrap_or_default();
    Ok(true)
}

/// Reads a key of a resource that is not `Results`; false for one that is not needed.
pub(crate) fn resource_key<R: Read>(
    fields: &mut Fields,
    key: &str,
    reader: &mut Reader<R>,
    head: &mut ResourceHead,
) -> Result<bool, ConvertError> {
    match key {
        "Namespace" => head.namespace = fields.text(reader)?.unwrap_or_default(),
        "Kind" => head.kind = fields.text(reader)?.unwrap_or_default(),
        "Name" => head.name = fields.text(reader)?.unwrap_or_default(),
        "Metadata" => {
            let mut all = Vec::new();
            match reader.peek()? {
                json::Kind::Array => reader.each_item(|_, reader| {
                    // A workload has as many images as it has containers.
                    let metadata = Metadata::read(fields, reader)?;
                    if all.len() < 2 {
                        all.push(metadata);
                    }
                    Ok::<_, ConvertError>(())
                })?,
                _ => all.push(Metadata::read(fields, reader)?),
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

impl Metadata {
    pub(crate) fn read<R: Read>(fields: &mut Fields, reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut metadata = Self::default();
        if !fields.is(json::Kind::Object, reader)? {
            return Ok(metadata);
        }
        reader.each_key(|key, reader| {
            match key {
                "OS" => metadata.os = fields.object(reader)?.unwrap_or_default(),
                "ImageID" => metadata.image_id = fields.text(reader)?,
                "RepoTags" => metadata.repo_tags = fields.texts(reader)?,
                "RepoDigests" => metadata.repo_digests = fields.texts(reader)?,
                "RepoURL" => metadata.repo_url = fields.text(reader)?,
                "Commit" => metadata.commit = fields.text(reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        Ok(metadata)
    }
}
