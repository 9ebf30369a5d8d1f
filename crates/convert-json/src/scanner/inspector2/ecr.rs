//! What `aws ecr describe-image-scan-findings` gives of an image: findings of Inspector (enhanced scanning)
//! and of ECR itself (basic scanning).

use super::map_finding;
use crate::aws;
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{ConvertError, Input, Options, Outcome, Sink, SkipReason, Warning, image};
use scanlift_report_core::Text;
use serde::Deserialize;
use std::borrow::Cow;

/// The key of the findings.
pub(super) const FINDINGS: &str = "imageScanFindings";

/// What a document says of the image.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Whether the document is of this kind.
    pub(super) is_known: bool,
    repository: Option<String>,
    image: ImageId,
    status: Option<Status>,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ImageId {
    image_tag: Option<String>,
    image_digest: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    status: Option<String>,
    description: Option<String>,
}

impl Outline {
    pub(super) fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        if reader.peek()? != JsonKind::Object {
            return Ok(outline);
        }
        reader.each_key(|key, reader| {
            match key {
                FINDINGS => outline.is_known = true,
                "repositoryName" => outline.repository = outline.fields.text(reader)?,
                "imageId" => outline.image = outline.fields.object(reader)?.unwrap_or_default(),
                "imageScanStatus" => outline.status = outline.fields.object(reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        Ok(outline)
    }

    /// The image. The answer does not say in which region its registry is.
    fn image(&self, options: &Options) -> Text<'_> {
        match (filled(&options.image), filled(&self.repository)) {
            (Some(image), _) => image::with_tag(Cow::Owned(image.to_owned())),
            (None, Some(repository)) => {
                let (tag, digest) = (filled(&self.image.image_tag), filled(&self.image.image_digest));
                aws::ecr_image(None, None, repository, tag, digest)
            }
            (None, None) => Cow::Borrowed("unknown:latest"),
        }
    }

    /// Visits the findings.
    pub(super) fn convert(
        &self,
        input: &dyn Input,
        options: &Options,
        sink: &mut dyn Sink,
    ) -> Result<(), ConvertError> {
        self.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let status = self.status.as_ref();
        let state = status.and_then(|it| filled(&it.status)).unwrap_or("COMPLETE");
        if !matches!(state, "COMPLETE" | "ACTIVE") {
            let why = status.and_then(|it| filled(&it.description)).unwrap_or_default();
            sink.warn(Warning::note(
                format!("the scan of the image is not complete: {state} {why}").trim_end(),
            ));
        }
        let scope = Scope { image: self.image(options), options };
        let mut records = Records::new(sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.each_key(|key, reader| match (key, reader.peek()?) {
            (FINDINGS, JsonKind::Object) => reader.each_key(|key, reader| match key {
                "findings" => records.each(reader, |records, reader| records.map(reader, &scope, map_basic)),
                "enhancedFindings" => {
                    records.each(reader, |records, reader| records.map(reader, options, map_finding))
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        Ok(reader.finish()?)
    }
}

struct Scope<'s> {
    image: Text<'s>,
    options: &'s Options,
}

/// A finding of ECR's own scanner (API reference of ECR, `ImageScanFinding`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Basic<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    uri: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    attributes: Vec<Attribute<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attribute<'a> {
    #[serde(borrow)]
    key: Option<Loose<'a>>,
    value: Option<Loose<'a>>,
}

fn map_basic<'a>(found: &'a Basic<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let attribute = |key: &str| {
        let attribute = found.attributes.iter().find(|attribute| filled(&attribute.key) == Some(key))?;
        filled(&attribute.value)
    };
    let name = attribute("package_name").unwrap_or("unknown");
    let mut advisory = Advisory::new("inspector2_id", filled(&found.name).unwrap_or_default());
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.url = filled(&found.uri).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).map(Cow::Borrowed);
    let ratings = ["CVSS3", "CVSS2", "CVSS4"].map(|version| {
        let vector = attribute(&format!("{version}_VECTOR"));
        let score = attribute(&format!("{version}_SCORE")).and_then(|score| score.parse().ok());
        Rating::new("NVD", vector.map(Cow::Borrowed), score)
    });
    advisory.ratings = ratings.to_vec();
    let package = Package::new(name, attribute("package_version").unwrap_or_default());
    let place = Place::Image {
        image: Cow::Borrowed(&*scope.image),
        operating_system: filled(&scope.options.operating_system).map(Cow::Borrowed),
    };
    match advisory.into_finding(package, place) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a finding without a name", name),
    }
}
