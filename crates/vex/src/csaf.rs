//! CSAF 2.0 and 2.1 (<https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html>).

mod applies;
mod model;
mod tree;

pub use applies::Applies;
pub use model::{
    Acknowledgment, Choice, Content, Cvss, Cwe, Epss, Exploitation, Flag, Id, Involvement, Metric, Note,
    ProductStatus, Reference, Remediation, Restart, Score, Selection, Ssvc, Threat, Vulnerability,
};
pub use tree::{About, Product, ProductTree};

use crate::objects::{Objects, Visit};
use crate::statement::{Document, Format, Statement as Said, Status, filled, time};
use crate::{Product as Meant, Thing};
use model::DocumentObject;
use scanlift_convert_api::json::{Fields, Head as First, Kind, Loose, Reader};
use scanlift_convert_api::{ConvertError, Input, Match, Warning};
use std::{collections::HashMap, io::Read, sync::Arc};

/// The newest version that is known.
const NEWEST: &str = "2.1";

/// Whether a document is CSAF, by its first bytes.
#[must_use]
pub fn sniff(head: &[u8]) -> Match {
    let head = First::of(head);
    let category = head.path_text(&["document", "category"]);
    let is_ours = |category: &str| category.starts_with("csaf_");
    if head.kind() != Some(Kind::Object) {
        Match::No
    } else if head.path_has(&["document", "csaf_version"])
        || category.is_some_and(|text| is_ours(&text))
        // `document` may stand behind them.
        || head.path_has(&["vulnerabilities", "product_status"])
    {
        Match::Yes
    } else if head.path_has(&["document", "publisher"]) && head.path_has(&["document", "tracking"]) {
        Match::Maybe
    } else {
        Match::No
    }
}

/// What a document says of itself (CSAF 2.0 §3.2.1).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Head {
    /// `csaf_version`.
    pub csaf_version: Option<String>,
    /// `category`: the profile, as `csaf_vex`.
    pub category: Option<String>,
    /// `title`.
    pub title: Option<String>,
    /// `publisher.name`.
    pub publisher: Option<String>,
    /// `tracking.id`.
    pub id: Option<String>,
    /// `tracking.status`: `draft`, `interim` or `final`.
    pub status: Option<String>,
    /// `tracking.version`.
    pub version: Option<String>,
    /// `tracking.initial_release_date`.
    pub initial_release_date: Option<String>,
    /// `tracking.current_release_date`.
    pub current_release_date: Option<String>,
    /// `distribution.tlp.label`.
    pub tlp: Option<String>,
    /// `aggregate_severity.text`.
    pub aggregate_severity: Option<String>,
    /// Addresses of the document itself.
    pub urls: Vec<String>,
    /// What it is about: its note of the category `summary`, else `description`.
    pub summary: Option<String>,
}

/// Reads all but the vulnerabilities.
///
/// # Errors
/// When the document is malformed, of another version, or has no `document`.
pub fn outline<R: Read>(reader: &mut Reader<R>) -> Result<(Head, ProductTree, Vec<Warning>), ConvertError> {
    let (mut head, mut tree, mut fields) = (None, ProductTree::default(), Fields::default());
    reader.each_key(|key, reader| {
        match key {
            "document" => head = fields.object::<DocumentObject, _>(reader)?.map(Head::from),
            "product_tree" => tree.read(reader, &mut fields)?,
            _ => {}
        }
        Ok::<_, ConvertError>(())
    })?;
    reader.finish()?;
    tree.settle();
    let Some(head) = head else {
        return Err(ConvertError::Unrecognised {
            expected: "the object `document`",
            help: "a CSAF document has it: look whether the file is the whole document",
        });
    };
    match head.csaf_version.as_deref().map(str::trim) {
        Some(version) if !version.starts_with("2.") => Err(ConvertError::UnsupportedVersion {
            format: "CSAF",
            found: version.to_owned(),
            supported: "2.0 and 2.1",
            help: "ask its publisher for CSAF 2.0; CVRF is another format",
        }),
        Some(version) => {
            fields.warnings.extend(Warning::of_version("CSAF", version, NEWEST));
            Ok((head, tree, fields.warnings))
        }
        None => {
            fields.warnings.push(Warning::without_version("CSAF", NEWEST));
            Ok((head, tree, fields.warnings))
        }
    }
}

/// What a product's status is in VEX; `None` for those that say neither (`recommended`, `unknown`).
#[must_use]
pub fn status(word: &str) -> Option<Status> {
    match word {
        "known_affected" | "first_affected" | "last_affected" => Some(Status::Affected),
        "known_not_affected" => Some(Status::NotAffected),
        "fixed" | "first_fixed" => Some(Status::Fixed),
        "under_investigation" => Some(Status::UnderInvestigation),
        _ => None,
    }
}

/// Reads a document of statements.
pub(crate) fn read(name: Arc<str>, input: &dyn Input) -> Result<(Document, Vec<Said>), ConvertError> {
    let open = || input.open().map(Reader::new).map_err(ConvertError::Read);
    let (head, tree, warnings) = outline(&mut open()?)?;
    let mut statements = Statements { tree: &tree, id: head.id.as_deref(), all: Vec::new() };
    let mut objects = Objects::default();
    open()?.each_key(|key, reader| match key {
        "vulnerabilities" => objects.each(reader, &mut statements),
        _ => Ok(()),
    })?;
    let statements = statements.all;
    let date = head.current_release_date.as_deref().or(head.initial_release_date.as_deref());
    let document = Document {
        name,
        format: Format::Csaf,
        time: date.and_then(time),
        format_version: head.csaf_version,
        author: head.publisher,
        warnings: warnings.iter().map(ToString::to_string).chain(objects.into_warnings()).collect(),
    };
    Ok((document, statements))
}

struct Statements<'t> {
    tree: &'t ProductTree,
    id: Option<&'t str>,
    all: Vec<Said>,
}

impl Visit for Statements<'_> {
    type Item<'a> = Vulnerability<'a>;

    /// A statement for each status, of all products that have it for the same reasons.
    fn visit(&mut self, vulnerability: Vulnerability<'_>) -> Result<(), String> {
        let ids: Vec<String> = vulnerability.ids().map(str::to_owned).collect();
        let first = ids.first().ok_or("it has neither `cve` nor `ids`")?;
        let (flags, threats, remediations) =
            (vulnerability.flags(), vulnerability.threats(), vulnerability.remediations());
        let mut known: HashMap<_, usize> = HashMap::new();
        for (word, products) in vulnerability.product_status.lists() {
            let Some(status) = status(word) else { continue };
            for id in products.iter().map(|id| id.trim()) {
                let is_clear = status == Status::NotAffected;
                let impact = |at: &usize| vulnerability.threats.get(*at).and_then(Threat::impact).is_some();
                let flag = flags.of(id, self.tree).next().filter(|_| is_clear);
                let threat = threats.of(id, self.tree).find(impact).filter(|_| is_clear);
                let remediation =
                    remediations.of(id, self.tree).next().filter(|_| status == Status::Affected);
                let at = *known.entry((word, flag, threat, remediation)).or_insert_with(|| {
                    let mut said = Said::new(first.clone(), status);
                    said.vulnerabilities.clone_from(&ids);
                    said.id = self.id.map(str::to_owned);
                    let is_end = word.starts_with("first_") || word.starts_with("last_");
                    said.word = is_end.then(|| word.to_owned());
                    let flag = flag.and_then(|at| vulnerability.flags.get(at));
                    let threat = threat.and_then(|at| vulnerability.threats.get(at));
                    let remediation = remediation.and_then(|at| vulnerability.remediations.get(at));
                    let text = |field: Option<&Option<Loose<'_>>>| filled(field.and_then(Option::as_deref));
                    said.justification = text(flag.map(|flag| &flag.label));
                    said.impact = filled(threat.and_then(Threat::impact));
                    said.action = text(remediation.map(|remediation| &remediation.details));
                    said.timestamp =
                        text(flag.map(|flag| &flag.date)).or_else(|| text(threat.map(|threat| &threat.date)));
                    said.time = said.timestamp.as_deref().and_then(time);
                    self.all.push(said);
                    self.all.len() - 1
                });
                if let Some(said) = self.all.get_mut(at) {
                    said.products.push(self.tree.meant(id));
                }
            }
        }
        Ok(())
    }
}

impl ProductTree {
    /// What a statement about that product is about.
    fn meant(&self, id: &str) -> Meant {
        match self.about(id) {
            None => Meant::new(Thing::of_id(id)),
            Some(About { product, within: None, .. }) => {
                Meant { thing: Arc::clone(&product.thing), parts: Vec::new() }
            }
            Some(About { product, within: Some(within), .. }) => {
                Meant { thing: Arc::clone(&within.thing), parts: vec![Arc::clone(&product.thing)] }
            }
        }
    }
}

impl From<DocumentObject> for Head {
    fn from(document: DocumentObject) -> Self {
        let tracking = document.tracking.unwrap_or_default();
        let references = document.references.into_iter();
        let own = references.filter(|reference| reference.category.as_deref() == Some("self"));
        let note = |category: &str| {
            let mut notes = document.notes.iter().filter(|note| note.category.as_deref() == Some(category));
            notes.find_map(|note| filled(note.text.as_deref()))
        };
        // A description may be that of the product.
        let summary = note("summary").or_else(|| note("description"));
        Self {
            csaf_version: document.csaf_version,
            category: document.category,
            title: document.title,
            publisher: document.publisher.and_then(|publisher| publisher.name),
            id: tracking.id,
            status: tracking.status,
            version: tracking.version,
            initial_release_date: tracking.initial_release_date,
            current_release_date: tracking.current_release_date,
            tlp: document.distribution.and_then(|it| it.tlp).and_then(|tlp| tlp.label),
            aggregate_severity: document.aggregate_severity.and_then(|severity| severity.text),
            urls: own.filter_map(|reference| reference.url).collect(),
            summary,
        }
    }
}
