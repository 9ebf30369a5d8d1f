//! The passes over a document in XML, and from its elements to the model.
//!
//! Up to 1.3 CycloneDX has no vulnerabilities of its own; the extension
//! `http://cyclonedx.org/schema/ext/vulnerability/1.0` puts them into components or beside them.

mod element;

use crate::component::{Components, Draft};
use crate::graph::Key;
use crate::map;
use crate::model::Vulnerability;
use crate::outline::{Outline, ToolName};
use crate::place::Scope;
use element::{tools, vulnerability};
use scanlift_convert_api::xml::{Tag, Tree};
use scanlift_convert_api::{ConvertError, Outcome, Record, Sink};
use std::collections::HashSet;
use std::io::Read;

type Reader<R> = scanlift_convert_api::xml::Reader<R>;

/// How the namespaces of all versions begin.
pub(crate) const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// The first pass, from the first byte to the last.
pub(crate) fn outline<R: Read>(read: R) -> Result<Outline, ConvertError> {
    let mut reader = Reader::new(read);
    let root = reader.root()?;
    if root.name() != "bom" {
        return Err(ConvertError::Unrecognised {
            expected: "the element bom of CycloneDX",
            help: "is it a BOM of another format, or a part of one?",
        });
    }
    let mut outline = Outline::default();
    outline.version =
        root.attributes().find_map(|(_, value)| value.trim().strip_prefix(NAMESPACE)).map(str::to_owned);
    reader.each_child(|tag, reader| match tag.name() {
        "metadata" => metadata(reader, &mut outline),
        "dependencies" => dependencies(reader, &mut outline),
        "vulnerabilities" => targets(reader, &mut outline),
        "components" | "services" => affected_inside(reader, &mut outline),
        _ => Ok(()),
    })?;
    reader.finish()?;
    outline.finish()?;
    Ok(outline)
}

/// The second pass: the components that somebody asks for, wherever they are nested.
pub(crate) fn components<R: Read>(read: R, wanted: &HashSet<Key>) -> Result<Components, ConvertError> {
    let mut reader = Reader::new(read);
    let mut components = Components::default();
    let mut take = |component: Draft, _: Vec<Tree>| {
        components.offer(component, wanted);
        Ok(())
    };
    let mut walk = Walk { take: &mut take, wanted: Some(wanted), vulnerable: false };
    reader.root()?;
    reader.each_child(|tag, reader| match tag.name() {
        "components" | "services" => walk.list(reader),
        "metadata" => reader.each_child(|tag, reader| match tag.name() {
            "component" => walk.component(tag, reader, true),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok(components)
}

/// The third pass: the vulnerabilities, those inside of components in the place of their component.
pub(crate) fn vulnerabilities<R: Read>(
    read: R,
    scope: &Scope<'_>,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(read);
    let mut at = 0;
    reader.root()?;
    reader.each_child(|tag, reader| match tag.name() {
        "components" | "services" if scope.outline.vulnerable_components => {
            let mut take = |component: Draft, vulnerabilities: Vec<Tree>| {
                if vulnerabilities.is_empty() {
                    return Ok(());
                }
                let component = component.finish();
                for element in &vulnerabilities {
                    let vulnerability = vulnerability(element.root());
                    Record::begin(sink).spend(map::map_component(&vulnerability, &component, scope))?;
                }
                Ok(())
            };
            Walk { take: &mut take, wanted: None, vulnerable: true }.list(reader)
        }
        "vulnerabilities" => reader.each_child(|tag, reader| match tag.name() {
            "vulnerability" => {
                let element = reader.element(tag)?;
                at += 1;
                spend(&vulnerability(element.root()), scope, at, sink)
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    reader.end(sink)
}

fn spend(
    vulnerability: &Vulnerability<'_>,
    scope: &Scope<'_>,
    at: u64,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    for index in 0..vulnerability.records() {
        let outcome: Outcome<'_> = map::map_target(vulnerability, scope, at, index);
        Record::begin(sink).spend(outcome)?;
    }
    Ok(())
}

fn metadata<R: Read>(reader: &mut Reader<R>, outline: &mut Outline) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        match tag.name() {
            "timestamp" => outline.timestamp = reader.element(tag)?.root().text().map(str::to_owned),
            "tools" => outline.tools = ToolName::all(&tools(reader.element(tag)?.root())),
            "component" => {
                let mut take = |component: Draft, _| {
                    outline.root = Some(component.finish());
                    Ok(())
                };
                Walk { take: &mut take, wanted: None, vulnerable: false }.component(tag, reader, false)?;
            }
            "properties" => {
                let element = reader.element(tag)?;
                element.root().all("property").for_each(|it| {
                    outline
                        .properties
                        .keep(it.attribute("name").unwrap_or_default(), it.text().unwrap_or_default());
                });
            }
            _ => {}
        }
        Ok(())
    })
}

/// `dependencies` of 1.2 and of the extension before it.
fn dependencies<R: Read>(reader: &mut Reader<R>, outline: &mut Outline) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let from = tag.attribute("ref").unwrap_or_default().to_owned();
        reader.each_child(|tag, _| {
            if let ("dependency", Some(to)) = (tag.name(), tag.attribute("ref")) {
                outline.depends_on(&from, to);
            }
            Ok(())
        })
    })
}

/// Whom the vulnerabilities of the document affect.
fn targets<R: Read>(reader: &mut Reader<R>, outline: &mut Outline) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let is_vulnerability = tag.name() == "vulnerability";
        // The extension's way.
        let reference = tag.attribute("ref").map(str::to_owned);
        let mut targets: Vec<Option<String>> = Vec::new();
        reader.each_child(|tag, reader| match tag.name() {
            "affects" => reader.each_child(|tag, reader| {
                targets.push(reader.element(tag)?.root().child_text("ref").map(str::to_owned));
                Ok(())
            }),
            _ => Ok(()),
        })?;
        if targets.is_empty() {
            targets.extend(reference.map(Some));
        }
        if is_vulnerability {
            outline.affect(targets.iter().map(Option::as_deref));
        }
        Ok(())
    })
}

/// Components with vulnerabilities inside of them.
fn affected_inside<R: Read>(reader: &mut Reader<R>, outline: &mut Outline) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let reference = tag.attribute("bom-ref").unwrap_or_default().to_owned();
        reader.each_child(|tag, reader| match tag.name() {
            "vulnerabilities" => {
                (outline.vulnerable_components, outline.tells) = (true, true);
                outline.want(&reference);
                Ok(())
            }
            "components" | "services" => affected_inside(reader, outline),
            _ => Ok(()),
        })
    })
}

/// A walk through components inside each other, as deep as the reader goes.
struct Walk<'w> {
    /// Takes a component, and the vulnerabilities inside of it.
    take: &'w mut dyn FnMut(Draft, Vec<Tree>) -> Result<(), ConvertError>,
    /// Of whom the properties are read; `None` for everybody.
    wanted: Option<&'w HashSet<Key>>,
    /// Whether vulnerabilities are read.
    vulnerable: bool,
}

impl Walk<'_> {
    fn list<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| self.component(tag, reader, true))
    }

    fn component<R: Read>(
        &mut self,
        tag: &Tag,
        reader: &mut Reader<R>,
        nested: bool,
    ) -> Result<(), ConvertError> {
        let mut component = Draft {
            kind: tag.attribute("type").unwrap_or_default().into(),
            bom_ref: tag.attribute("bom-ref").unwrap_or_default().into(),
            ..Draft::default()
        };
        let mut vulnerabilities = Vec::new();
        reader.each_child(|tag, reader| {
            let field = match tag.name() {
                "group" => &mut component.group,
                "name" => &mut component.name,
                "version" => &mut component.version,
                "purl" => &mut component.purl,
                "cpe" => &mut component.cpe,
                "scope" => &mut component.scope,
                "components" | "services" if nested => return self.list(reader),
                "properties" if component.may_be_wanted(self.wanted) => {
                    let element = reader.element(tag)?;
                    element.root().all("property").for_each(|it| {
                        let name = it.attribute("name").unwrap_or_default();
                        component.properties.keep(name, it.text().unwrap_or_default());
                    });
                    return Ok(());
                }
                "evidence" if component.may_be_wanted(self.wanted) => {
                    component.keep_evidence(&element::evidence(reader.element(tag)?.root()));
                    return Ok(());
                }
                "vulnerabilities" if self.vulnerable => {
                    return reader.each_child(|tag, reader| {
                        if tag.name() == "vulnerability" {
                            vulnerabilities.push(reader.element(tag)?);
                        }
                        Ok(())
                    });
                }
                _ => return Ok(()),
            };
            *field = reader.element(tag)?.root().text().unwrap_or_default().into();
            Ok(())
        })?;
        (self.take)(component, vulnerabilities)
    }
}
