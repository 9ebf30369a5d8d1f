//! CycloneDX 1.4 and later: `vulnerabilities[].analysis` (<https://cyclonedx.org/capabilities/vex/>),
//! and what tells its documents from others.

pub(crate) mod json;
pub(crate) mod xml;

use crate::statement::{Document, Format, Statement, Status, filled, time};
use crate::{Product, Thing};
use scanlift_convert_api::json::{Head, Kind, Loose, Reader};
use scanlift_convert_api::{ConvertError, Match, xml::Head as XmlHead};
use std::{collections::HashMap, io::Read, sync::Arc};

/// Where a document, also one within another, says what it is.
const MARKS: [&[&str]; 6] = [
    &["bomFormat"],
    &["$schema"],
    &["sbom", "bomFormat"],
    &["sbom", "$schema"],
    &["predicate", "bomFormat"],
    &["predicate", "$schema"],
];

/// Where it has references, whose name is no other format's.
const REFERENCES: [&[&str]; 6] = [
    &["components", "bom-ref"],
    &["services", "bom-ref"],
    &["vulnerabilities", "bom-ref"],
    &["metadata", "component", "bom-ref"],
    &["sbom", "components", "bom-ref"],
    &["predicate", "components", "bom-ref"],
];

/// What a document without marks has beside its `specVersion`.
const PARTS: [&str; 4] = ["metadata", "components", "vulnerabilities", "dependencies"];

/// Whether a document is CycloneDX in JSON, by its first bytes.
///
/// cyclonedx-python-lib, and so pip-audit and cyclonedx-py, writes `bomFormat` and `specVersion` behind
/// everything else, so references tell it too.
#[must_use]
pub fn sniff_json(head: &[u8]) -> Match {
    let head = Head::of(head);
    let is_marked = || MARKS.iter().any(|path| head.path_text(path).is_some_and(|text| is_mark(&text)));
    let is_attested = || head.text("predicateType").is_some_and(|text| text.contains("cyclonedx.org/bom"));
    let has_references = || REFERENCES.iter().any(|path| head.path_has(path));
    match () {
        () if head.kind() != Some(Kind::Object) => Match::No,
        () if is_marked() || is_attested() || has_references() => Match::Yes,
        () if head.has("specVersion") && PARTS.iter().any(|part| head.has(part)) => Match::Maybe,
        () => Match::No,
    }
}

/// Whether `bomFormat` or `$schema` names CycloneDX.
#[must_use]
pub fn is_mark(text: &str) -> bool {
    text.eq_ignore_ascii_case("CycloneDX") || text.contains("cyclonedx.org/schema/bom")
}

/// Walks the members of a document in JSON, which may stand within another one: within the answer of
/// Amazon Inspector (`sbom`), or as the predicate of an in-toto statement.
///
/// # Errors
/// When the document is malformed or cut off, and when `visit` fails.
pub fn each_key<R: Read>(
    reader: &mut Reader<R>,
    mut visit: impl FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    reader.each_key(|key, reader| match key {
        "sbom" | "predicate" if reader.peek()? == Kind::Object => reader.each_key(&mut visit),
        _ => visit(key, reader),
    })
}

/// Whether a document is a CycloneDX document in XML.
pub(crate) fn is_xml(head: &[u8]) -> bool {
    XmlHead::of(head).root() == "bom"
}

/// What a document has so far, in whatever order it comes.
#[derive(Debug, Default)]
struct Bom {
    format_version: Option<String>,
    timestamp: Option<String>,
    author: Option<String>,
    /// What the document is about, by its reference: what is said of it is said of everything in it.
    subject: Option<Thing>,
    components: HashMap<String, Arc<Thing>>,
    vulnerabilities: Vec<Found>,
}

/// A vulnerability with an analysis.
#[derive(Debug)]
struct Found {
    statement: Statement,
    affects: Vec<Affects>,
}

/// A component that a vulnerability affects, in these versions.
#[derive(Debug)]
struct Affects {
    reference: String,
    versions: Vec<Version>,
}

/// `affects[].versions[]`.
#[derive(Debug)]
struct Version {
    version: String,
    status: Option<Status>,
}

/// A component, of either spelling.
struct Component<'a> {
    kind: &'a str,
    reference: Option<&'a str>,
    group: Option<&'a str>,
    name: Option<&'a str>,
    version: Option<&'a str>,
    purl: Option<&'a str>,
    cpe: Option<&'a str>,
}

impl Component<'_> {
    fn thing(&self) -> Thing {
        let mut thing = Thing { id: self.reference.unwrap_or_default().to_owned(), ..Thing::default() };
        if let Some(purl) = self.purl {
            thing.add_purl(purl);
        }
        thing.cpe = filled(self.cpe);
        let name = self.name.unwrap_or_default();
        if self.kind == "container" && thing.image.is_none() {
            let reference = match self.version.filter(|_| !name.contains([':', '@'])) {
                Some(version) if version.starts_with("sha256:") => format!("{name}@{version}"),
                Some(version) => format!("{name}:{version}"),
                None => name.to_owned(),
            };
            thing.image = crate::Image::of_reference(&reference);
        }
        if thing.image.is_none() {
            thing.names.extend(filled(Some(name)));
            thing.names.extend(self.group.and_then(|group| Some(format!("{}/{name}", filled(Some(group))?))));
            thing.set_version(self.version.unwrap_or_default());
        }
        thing
    }
}

/// What a vulnerability says, of either spelling.
struct Analysis<'a> {
    state: Option<&'a str>,
    justification: Option<&'a str>,
    detail: Option<&'a str>,
    responses: Vec<&'a str>,
    recommendation: Option<&'a str>,
    workaround: Option<&'a str>,
    first_issued: Option<&'a str>,
    last_updated: Option<&'a str>,
}

impl Analysis<'_> {
    /// The statement about a vulnerability of these ids; `None` if there is none.
    fn statement(&self, mut ids: impl Iterator<Item = String>, reference: Option<&str>) -> Option<Statement> {
        let state = self.state?.trim();
        let status = status(state)?;
        let mut statement = Statement::new(ids.next()?, status);
        for id in ids {
            if !statement.vulnerabilities.contains(&id) && statement.vulnerabilities.len() < 50 {
                statement.vulnerabilities.push(id);
            }
        }
        statement.id = filled(reference);
        statement.word = Some(state).filter(|state| *state != status.as_str()).map(str::to_owned);
        statement.justification = filled(self.justification);
        let detail = filled(self.detail);
        if status.rules_out() {
            statement.impact = detail
        } else {
            statement.notes = detail
        }
        let responses: Vec<_> = self.responses.iter().filter_map(|text| filled(Some(text))).collect();
        let action = filled(self.recommendation).or_else(|| filled(self.workaround));
        statement.action = action.or_else(|| filled(Some(&responses.join(", "))));
        statement.timestamp = filled(self.last_updated).or_else(|| filled(self.first_issued));
        statement.time = statement.timestamp.as_deref().and_then(time);
        Some(statement)
    }
}

/// What a state says (CycloneDX 1.6, `impactAnalysisState`), in any case.
#[must_use]
pub fn status(state: &str) -> Option<Status> {
    match state.trim().to_ascii_lowercase().as_str() {
        "resolved" | "resolved_with_pedigree" => Some(Status::Fixed),
        "exploitable" => Some(Status::Affected),
        "in_triage" => Some(Status::UnderInvestigation),
        "false_positive" | "not_affected" => Some(Status::NotAffected),
        _ => None,
    }
}

impl Bom {
    fn add_component(&mut self, component: &Component<'_>) {
        if let Some(reference) = filled(component.reference) {
            self.components.insert(reference, Arc::new(component.thing()));
        }
    }

    /// The statements, now that every component is known.
    fn into_document(mut self, name: Arc<str>, warnings: Vec<String>) -> (Document, Vec<Statement>) {
        let mut statements = Vec::new();
        for found in std::mem::take(&mut self.vulnerabilities) {
            let (statement, affects) = (found.statement, found.affects);
            let about: Vec<_> =
                affects.iter().map(|affects| (affects, self.thing(&affects.reference))).collect();
            let all = about.is_empty() || about.iter().any(|(_, thing)| thing.is_none());
            if all {
                let mut statement = statement.clone();
                // An image is in the findings, an application is not.
                let image = self.subject.as_ref().filter(|subject| subject.image.is_some());
                statement.products = image.cloned().map(Product::new).into_iter().collect();
                statements.push(statement);
            }
            let mut of_versions: Vec<(Status, Vec<Product>)> = Vec::new();
            for (affects, thing) in &about {
                let Some(thing) = thing else { continue };
                for (status, thing) in affects.versions(thing, statement.status) {
                    let product = Product { thing, parts: Vec::new() };
                    match of_versions.iter_mut().find(|(known, _)| *known == status) {
                        Some((_, products)) => products.push(product),
                        None => of_versions.push((status, vec![product])),
                    }
                }
            }
            for (status, products) in of_versions {
                let mut statement = statement.clone();
                statement.status = status;
                statement.products = products;
                statements.push(statement);
            }
        }
        let document = Document {
            name,
            format: Format::CycloneDx,
            format_version: self.format_version,
            author: self.author,
            time: self.timestamp.as_deref().and_then(time),
            warnings,
        };
        (document, statements)
    }

    /// What a reference means: a component, or, by `None`, what the document is about.
    ///
    /// One that the document does not have may be in another (BOM-Link), and then is a package URL
    /// more often than not.
    fn thing(&self, reference: &str) -> Option<Arc<Thing>> {
        if self.subject.as_ref().is_some_and(|subject| subject.id == reference) {
            return None;
        }
        if let Some(thing) = self.components.get(reference) {
            return Some(Arc::clone(thing));
        }
        let link =
            reference.strip_prefix("urn:cdx:").and_then(|rest| rest.split_once('#')).map(|(_, name)| name);
        let own =
            link.map(|name| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
        let name = own.as_deref().unwrap_or(reference);
        Some(self.components.get(name).cloned().unwrap_or_else(|| Arc::new(Thing::of_id(name))))
    }
}

impl Affects {
    /// The thing in every version that is told, with what is said of that.
    fn versions(&self, thing: &Arc<Thing>, said: Status) -> Vec<(Status, Arc<Thing>)> {
        if self.versions.is_empty() {
            return vec![(said, Arc::clone(thing))];
        }
        let of = |version: &Version| {
            let mut thing = Thing::clone(thing);
            thing.purls.iter_mut().for_each(|purl| purl.version.clear());
            (thing.version, thing.versions) = (None, None);
            thing.set_version(&version.version);
            // What the analysis says is of the versions that are affected.
            let status = match version.status {
                Some(Status::Affected) | None => said,
                Some(other) => other,
            };
            (status, Arc::new(thing))
        };
        self.versions.iter().map(of).collect()
    }
}

/// `affects[].versions[].status`.
fn version_status(word: Option<&str>) -> Option<Status> {
    match word?.trim() {
        "affected" => Some(Status::Affected),
        "unaffected" => Some(Status::NotAffected),
        "unknown" => Some(Status::UnderInvestigation),
        _ => None,
    }
}

fn text<'m>(field: &'m Option<Loose<'_>>) -> Option<&'m str> {
    scanlift_convert_api::json::filled(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_marks_and_references() {
        for (head, want) in [
            (r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "compo"#, Match::Yes),
            (r#"{"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "version": 1}"#, Match::Yes),
            // The marks stand behind what is cut off here.
            (r#"{"components": [{"bom-ref": "1", "name": "a"}, {"na"#, Match::Yes),
            (r#"{"metadata": {"component": {"bom-ref": "a"}}, "ser"#, Match::Yes),
            (r#"{"sbom": {"specVersion": "1.5", "components": [{"bom-ref": "comp-1"}], "bo"#, Match::Yes),
            (r#"{"sbom": {"specVersion": "1.5", "bomFormat": "CycloneDX"}}"#, Match::Yes),
            (r#"{"predicateType": "https://cyclonedx.org/bom/v1.4", "predicate": {}}"#, Match::Yes),
            (r#"{"predicateType": "https://spdx.dev/Document", "predicate": {}}"#, Match::No),
            (r#"{"sbom": {"spdxVersion": "SPDX-2.3"}}"#, Match::No),
            (r#"{"specVersion": "1.6", "components": []}"#, Match::Maybe),
            (r#"{"specVersion": "2.0", "scan": {}}"#, Match::No),
            (r#"{"components": [{"key": "a"}]}"#, Match::No),
            (r#"[{"bomFormat": "CycloneDX"}]"#, Match::No),
            ("", Match::No),
        ] {
            assert_eq!(sniff_json(head.as_bytes()), want, "{head}");
        }
    }

    #[test]
    fn states_are_read_in_any_case() {
        for (state, want) in [
            ("not_affected", Some(Status::NotAffected)),
            (" FALSE_POSITIVE ", Some(Status::NotAffected)),
            ("resolved_with_pedigree", Some(Status::Fixed)),
            ("exploitable", Some(Status::Affected)),
            ("in_triage", Some(Status::UnderInvestigation)),
            ("new word", None),
        ] {
            assert_eq!(status(state), want, "{state}");
        }
    }
}
