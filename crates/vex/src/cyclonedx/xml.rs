//! In XML.

use super::{Affects, Analysis, Bom, Component, Found, Version, version_status};
use crate::statement::{Document, Statement, filled};
use scanlift_convert_api::xml::{Element, Reader};
use scanlift_convert_api::{ConvertError, Input};
use std::{io::Read, sync::Arc};

/// Reads a document of statements.
pub(crate) fn read(name: Arc<str>, input: &dyn Input) -> Result<(Document, Vec<Statement>), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let (mut bom, mut unread) = (Bom::default(), 0_u64);
    reader.root()?;
    reader.each_child(|tag, reader| match tag.name() {
        "metadata" => metadata(reader.element(tag)?.root(), &mut bom),
        "components" | "services" => components(reader, &mut bom),
        "vulnerabilities" => reader.each_child(|tag, reader| {
            if !vulnerability(reader.element(tag)?.root(), &mut bom) {
                unread += 1;
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    reader.finish()?;
    let warnings = match unread {
        0 => Vec::new(),
        many => vec![format!("{many} analyses have no vulnerability or no known state")],
    };
    Ok(bom.into_document(name, warnings))
}

fn metadata(element: Element<'_>, bom: &mut Bom) -> Result<(), ConvertError> {
    bom.timestamp = filled(element.child_text("timestamp"));
    bom.author = ["supplier", "manufacture", "manufacturer"]
        .iter()
        .find_map(|name| filled(element.child(name)?.child_text("name")));
    if let Some(subject) = element.child("component") {
        bom.subject = Some(component(subject).thing());
        add_parts(subject, bom);
    }
    Ok(())
}

/// One component after the other: a list may be as long as the document.
fn components<R: Read>(reader: &mut Reader<R>, bom: &mut Bom) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| {
        let element = reader.element(tag)?;
        bom.add_component(&component(element.root()));
        add_parts(element.root(), bom);
        Ok(())
    })
}

/// The components of a component; how deep they are is bounded by the reader.
fn add_parts(element: Element<'_>, bom: &mut Bom) {
    for part in element.all("components").chain(element.all("services")).flat_map(Element::children) {
        bom.add_component(&component(part));
        add_parts(part, bom);
    }
}

fn component(element: Element<'_>) -> Component<'_> {
    Component {
        kind: element.attribute("type").unwrap_or_default(),
        reference: element.attribute("bom-ref"),
        group: element.child_text("group"),
        name: element.child_text("name"),
        version: element.child_text("version"),
        purl: element.child_text("purl"),
        cpe: element.child_text("cpe"),
    }
}

/// Whether it could be read; one without an analysis says nothing, which is no fault.
fn vulnerability(element: Element<'_>, bom: &mut Bom) -> bool {
    let Some(analysis) = element.child("analysis").filter(|analysis| analysis.child_text("state").is_some())
    else {
        return true;
    };
    let references = element.all("references").flat_map(|list| list.all("reference"));
    let references = references.filter_map(|reference| reference.child_text("id"));
    let ids = element.child_text("id").into_iter().chain(references).map(str::to_owned);
    let said = Analysis {
        state: analysis.child_text("state"),
        justification: analysis.child_text("justification"),
        detail: analysis.child_text("detail"),
        responses: analysis.all("responses").flat_map(|list| list.texts("response")).collect(),
        recommendation: element.child_text("recommendation"),
        workaround: element.child_text("workaround"),
        first_issued: analysis.child_text("firstIssued"),
        last_updated: analysis.child_text("lastUpdated"),
    };
    let Some(statement) = said.statement(ids, element.attribute("bom-ref")) else { return false };
    let targets = element.all("affects").flat_map(|list| list.all("target"));
    let affects = targets.filter_map(|target| {
        let versions = target.all("versions").flat_map(|list| list.all("version")).filter_map(|version| {
            let text = version.first_text(&["range", "version"])?;
            Some(Version { version: text.to_owned(), status: version_status(version.child_text("status")) })
        });
        Some(Affects { reference: target.child_text("ref")?.to_owned(), versions: versions.collect() })
    });
    let affects = affects.collect();
    bom.vulnerabilities.push(Found { statement, affects });
    true
}
