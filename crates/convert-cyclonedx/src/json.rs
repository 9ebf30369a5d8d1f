//! The passes over a document in JSON.

use crate::component::{Components, Draft, Properties};
use crate::graph::Key;
use crate::map;
use crate::model::{Dependency, Evidence, Property, Targets, Tools, Vulnerability};
use crate::outline::{Outline, ToolName};
use crate::place::Scope;
use scanlift_convert_api::json::{Fields, Kind, Records, filled};
use scanlift_convert_api::{ConvertError, Sink};
use scanlift_vex::cyclonedx::{each_key, is_mark};
use std::collections::HashSet;
use std::io::Read;

type Reader<R> = scanlift_convert_api::json::Reader<R>;

/// The first pass, from the first byte to the last.
pub(crate) fn outline<R: Read>(read: R) -> Result<Outline, ConvertError> {
    let mut reader = Reader::new(read);
    let mut outline = Outline::default();
    let mut fields = Fields::default();
    let mut is_bom = false;
    if reader.peek()? != Kind::Object {
        return Err(unrecognised());
    }
    each_key(&mut reader, |key, reader| {
        match key {
            "bomFormat" | "$schema" => {
                let mark = fields.text(reader)?.unwrap_or_default();
                is_bom |= is_mark(&mark);
            }
            "specVersion" => {
                outline.version = fields.text(reader)?;
                is_bom = true;
            }
            "metadata" => metadata(reader, &mut fields, &mut outline)?,
            "dependencies" => list(reader, &mut fields, |reader, fields| {
                fields.read(reader, |dependency: Dependency<'_>| outline.depends(&dependency)).map(drop)
            })?,
            "vulnerabilities" => match reader.peek()? {
                // A single one that was not put into a list.
                Kind::Object => affected(reader, &mut Fields::default(), &mut outline)?,
                _ => list(reader, &mut Fields::default(), |reader, fields| {
                    affected(reader, fields, &mut outline)
                })?,
            },
            _ => {}
        }
        Ok(())
    })?;
    reader.finish()?;
    if !is_bom {
        return Err(unrecognised());
    }
    outline.warnings.append(&mut fields.warnings);
    outline.finish()?;
    Ok(outline)
}

/// Whom a vulnerability affects. What is wrong with it is told when it is converted.
fn affected<R: Read>(
    reader: &mut Reader<R>,
    fields: &mut Fields,
    outline: &mut Outline,
) -> Result<(), ConvertError> {
    let affect = |targets: Targets<'_>| {
        outline.affect(targets.affects.iter().map(|target| filled(&target.reference)));
    };
    fields.read(reader, affect)?;
    fields.warnings.clear();
    Ok(())
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "an object with bomFormat `CycloneDX` and specVersion",
        help: "is it a BOM of another format (SPDX), or a part of one?",
    }
}

/// The second pass: the components that somebody asks for, wherever they are nested.
pub(crate) fn components<R: Read>(read: R, wanted: &HashSet<Key>) -> Result<Components, ConvertError> {
    let mut reader = Reader::new(read);
    let mut components = Components::default();
    let mut take = |component: Draft| components.offer(component, wanted);
    let mut walk = Walk { fields: Fields::default(), take: &mut take, wanted: Some(wanted) };
    each_key(&mut reader, |key, reader| match key {
        "components" | "services" => walk.list(reader),
        "metadata" if reader.peek()? == Kind::Object => reader.each_key(|key, reader| match key {
            "component" => walk.item(reader),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok(components)
}

/// The third pass: the vulnerabilities.
pub(crate) fn vulnerabilities<R: Read>(
    read: R,
    scope: &Scope<'_>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(read);
    let mut records = Records::new(sink);
    each_key(&mut reader, |key, reader| match key {
        "vulnerabilities" => records.each_apart(reader, |records, item| {
            let at = item.index();
            records.map_each(item, scope, |it: &Vulnerability<'_>, scope, spend| {
                (0..it.records()).try_for_each(|index| spend(map::map_target(it, scope, at, index)))
            })
        }),
        _ => Ok(()),
    })
}

fn metadata<R: Read>(
    reader: &mut Reader<R>,
    fields: &mut Fields,
    outline: &mut Outline,
) -> Result<(), ConvertError> {
    if !fields.is(Kind::Object, reader)? {
        return Ok(());
    }
    reader.each_key(|key, reader| {
        match key {
            "timestamp" => outline.timestamp = fields.text(reader)?,
            "tools" => {
                let tools = fields.read(reader, |tools: Tools<'_>| ToolName::all(&tools))?;
                outline.tools = tools.unwrap_or_default();
            }
            "component" if reader.peek()? == Kind::Object => {
                let mut root = None;
                let mut take = |component: Draft| root = Some(component.finish());
                let mut walk = Walk { fields: std::mem::take(fields), take: &mut take, wanted: None };
                walk.itself(reader)?;
                *fields = walk.fields;
                outline.root = root;
            }
            "properties" => properties(reader, fields, &mut outline.properties)?,
            _ => {}
        }
        Ok::<_, ConvertError>(())
    })
}

/// Visits the objects of a list.
fn list<R: Read>(
    reader: &mut Reader<R>,
    fields: &mut Fields,
    mut visit: impl FnMut(&mut Reader<R>, &mut Fields) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    if !fields.is(Kind::Array, reader)? {
        return Ok(());
    }
    reader.each_item(|_, reader| match reader.peek()? {
        Kind::Object => visit(reader, fields),
        _ => Ok(()),
    })
}

fn properties<R: Read>(
    reader: &mut Reader<R>,
    fields: &mut Fields,
    kept: &mut Properties,
) -> Result<(), ConvertError> {
    if fields.is(Kind::Array, reader)? {
        fields.read(reader, |properties: Vec<Property<'_>>| kept.keep_all(&properties))?;
    }
    Ok(())
}

/// A walk through components inside each other, as deep as the reader goes.
struct Walk<'w> {
    fields: Fields,
    take: &'w mut dyn FnMut(Draft),
    /// Of whom the properties are read; `None` for everybody.
    wanted: Option<&'w HashSet<Key>>,
}

impl Walk<'_> {
    fn list<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match reader.peek()? {
            Kind::Array => reader.each_item(|_, reader| self.item(reader)),
            _ => Ok(()),
        }
    }

    /// A component and those in it.
    fn item<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        self.component(reader, true)
    }

    /// A component without those in it.
    fn itself<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        self.component(reader, false)
    }

    fn component<R: Read>(&mut self, reader: &mut Reader<R>, nested: bool) -> Result<(), ConvertError> {
        if reader.peek()? != Kind::Object {
            return Ok(());
        }
        let mut component = Draft::default();
        reader.each_key(|key, reader| {
            let field = match key {
                "type" => &mut component.kind,
                "bom-ref" => &mut component.bom_ref,
                "group" => &mut component.group,
                "name" => &mut component.name,
                "version" => &mut component.version,
                "purl" => &mut component.purl,
                "cpe" => &mut component.cpe,
                "scope" => &mut component.scope,
                "components" | "services" if nested => return self.list(reader),
                "properties" if self.is_wanted(&component) => {
                    return properties(reader, &mut self.fields, &mut component.properties);
                }
                "evidence" if self.is_wanted(&component) => {
                    let keep = |evidence: Evidence<'_>| component.keep_evidence(&evidence);
                    return self.fields.read(reader, keep).map(drop);
                }
                _ => return Ok(()),
            };
            *field = self.fields.text(reader)?.unwrap_or_default().into();
            Ok(())
        })?;
        if nested {
            // What is wrong with a component is told once, by the first pass, or does not matter.
            self.fields.warnings.clear();
        }
        (self.take)(component);
        Ok(())
    }

    fn is_wanted(&self, component: &Draft) -> bool {
        component.may_be_wanted(self.wanted)
    }
}
