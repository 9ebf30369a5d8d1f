//! In JSON.

use super::{Affects, Analysis, Bom, Component, Found, Version, each_key, text, version_status};
use crate::objects::{Objects, Visit};
use crate::statement::{Document, Statement};
use scanlift_convert_api::json::{self, Fields, Kind, Loose, Reader};
use scanlift_convert_api::{ConvertError, Input};
use serde::Deserialize;
use std::{io::Read, sync::Arc};

/// Reads a document of statements.
pub(crate) fn read(name: Arc<str>, input: &dyn Input) -> Result<(Document, Vec<Statement>), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let (mut bom, mut fields, mut objects) = (Bom::default(), Fields::default(), Objects::default());
    each_key(&mut reader, |key, reader| match key {
        "specVersion" => fields.text(reader).map(|version| bom.format_version = version),
        "metadata" => metadata(reader, &mut bom, &mut fields),
        "components" | "services" => components(reader, &mut bom, &mut fields),
        "vulnerabilities" => objects.each(reader, &mut Vulnerabilities(&mut bom)),
        _ => Ok(()),
    })?;
    reader.finish()?;
    let warnings = fields.warnings.iter().map(ToString::to_string).chain(objects.into_warnings()).collect();
    Ok(bom.into_document(name, warnings))
}

fn metadata<R: Read>(reader: &mut Reader<R>, bom: &mut Bom, fields: &mut Fields) -> Result<(), ConvertError> {
    if !fields.is(Kind::Object, reader)? {
        return Ok(());
    }
    reader.each_key(|key, reader| {
        match key {
            "timestamp" => bom.timestamp = fields.text(reader)?,
            "component" => {
                if let Some(object) = component(reader, bom, fields)? {
                    bom.subject = Some(object.as_component().thing());
                }
            }
            "supplier" | "manufacture" | "manufacturer" => {
                bom.author =
                    fields.object::<Named, _>(reader)?.and_then(|named| named.name).or(bom.author.take());
            }
            _ => {}
        }
        Ok(())
    })
}

/// A list of components, each with components of its own; the depth is bounded by the reader.
fn components<R: Read>(
    reader: &mut Reader<R>,
    bom: &mut Bom,
    fields: &mut Fields,
) -> Result<(), ConvertError> {
    if !fields.is(Kind::Array, reader)? {
        return Ok(());
    }
    reader.each_item(|_, reader| {
        if let Some(object) = component(reader, bom, fields)? {
            bom.add_component(&object.as_component());
        }
        Ok(())
    })
}

fn component<R: Read>(
    reader: &mut Reader<R>,
    bom: &mut Bom,
    fields: &mut Fields,
) -> Result<Option<ComponentObject>, ConvertError> {
    if !fields.is(Kind::Object, reader)? {
        return Ok(None);
    }
    let mut object = ComponentObject::default();
    reader.each_key(|key, reader| {
        match key {
            "type" => object.kind = fields.text(reader)?,
            "bom-ref" => object.reference = fields.text(reader)?,
            "group" => object.group = fields.text(reader)?,
            "name" => object.name = fields.text(reader)?,
            "version" => object.version = fields.text(reader)?,
            "purl" => object.purl = fields.text(reader)?,
            "cpe" => object.cpe = fields.text(reader)?,
            "components" | "services" => components(reader, bom, fields)?,
            _ => {}
        }
        Ok::<_, ConvertError>(())
    })?;
    Ok(Some(object))
}

#[derive(Debug, Default)]
struct ComponentObject {
    kind: Option<String>,
    reference: Option<String>,
    group: Option<String>,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    cpe: Option<String>,
}

impl ComponentObject {
    fn as_component(&self) -> Component<'_> {
        Component {
            kind: self.kind.as_deref().unwrap_or_default(),
            reference: self.reference.as_deref(),
            group: self.group.as_deref(),
            name: self.name.as_deref(),
            version: self.version.as_deref(),
            purl: self.purl.as_deref(),
            cpe: self.cpe.as_deref(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
}

struct Vulnerabilities<'b>(&'b mut Bom);

impl Visit for Vulnerabilities<'_> {
    type Item<'a> = VulnerabilityObject<'a>;

    fn visit(&mut self, object: VulnerabilityObject<'_>) -> Result<(), String> {
        let Some(analysis) = &object.analysis else { return Ok(()) };
        let references = object.references.iter().filter_map(|reference| text(&reference.id));
        let ids = text(&object.id).into_iter().chain(references).map(str::to_owned);
        let said = Analysis {
            state: text(&analysis.state),
            justification: text(&analysis.justification),
            detail: text(&analysis.detail),
            responses: analysis.response.iter().map(|response| &**response).collect(),
            recommendation: text(&object.recommendation),
            workaround: text(&object.workaround),
            first_issued: text(&analysis.first_issued),
            last_updated: text(&analysis.last_updated),
        };
        let Some(statement) = said.statement(ids, text(&object.reference)) else {
            return match (said.state, object.id.is_some() || !object.references.is_empty()) {
                (None, _) => Ok(()),
                (Some(_), false) => Err("it has no id".to_owned()),
                (Some(state), true) => Err(format!("the state of its analysis is {state:?}")),
            };
        };
        let affects = object.affects.iter().filter_map(|affects| {
            let versions = affects.versions.iter().filter_map(|version| {
                let text = text(&version.range).or_else(|| text(&version.version))?;
                Some(Version { version: text.to_owned(), status: version_status(version.status.as_deref()) })
            });
            Some(Affects { reference: text(&affects.reference)?.to_owned(), versions: versions.collect() })
        });
        let affects = affects.collect();
        self.0.vulnerabilities.push(Found { statement, affects });
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VulnerabilityObject<'a> {
    #[serde(borrow, rename = "bom-ref")]
    reference: Option<Loose<'a>>,
    id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<ReferenceObject<'a>>,
    recommendation: Option<Loose<'a>>,
    workaround: Option<Loose<'a>>,
    analysis: Option<AnalysisObject<'a>>,
    #[serde(deserialize_with = "json::list")]
    affects: Vec<AffectsObject<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReferenceObject<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnalysisObject<'a> {
    #[serde(borrow)]
    state: Option<Loose<'a>>,
    justification: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    response: Vec<Loose<'a>>,
    detail: Option<Loose<'a>>,
    first_issued: Option<Loose<'a>>,
    last_updated: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AffectsObject<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    versions: Vec<VersionObject<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VersionObject<'a> {
    #[serde(borrow)]
    version: Option<Loose<'a>>,
    range: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
}
