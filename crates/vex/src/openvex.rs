//! OpenVEX 0.0.1 to 0.2.0 (<https://github.com/openvex/spec>).

mod model;

pub use model::{Component, Identifiers, Product, Statement, Vulnerability};

use crate::objects::{Objects, Visit};
use crate::statement::{Document, Format, Statement as Said, Status, filled, time};
use crate::{Product as About, Thing};
use jiff::Timestamp;
use scanlift_convert_api::json::{Fields, Head as First, Kind, Loose, Reader};
use scanlift_convert_api::{ConvertError, Input, Match, Warning};
use std::{io::Read, sync::Arc};

/// What every OpenVEX document has in its `@context`.
const CONTEXT: &str = "openvex.dev/ns";
/// The newest version that is known.
const NEWEST: &str = "0.2.0";

/// Whether a document is OpenVEX, by its first bytes.
#[must_use]
pub fn sniff(head: &[u8]) -> Match {
    let head = First::of(head);
    let is_ours = |text: &str| text.contains(CONTEXT);
    let has_ours = head.text("@context").is_some_and(is_ours)
        || head.text("predicateType").is_some_and(is_ours)
        || head.path_text(&["predicate", "@context"]).is_some_and(|text| is_ours(&text));
    match head.kind() {
        Some(Kind::Object) if has_ours => Match::Yes,
        // A context may be a list, of which the texts are not seen.
        Some(Kind::Object) if head.has("@context") && head.has("statements") => {
            if head.text("@context").is_none() { Match::Maybe } else { Match::No }
        }
        _ => Match::No,
    }
}

/// What stands beside the statements.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Head {
    /// The version of the format, as `0.2.0`.
    pub format_version: Option<String>,
    /// `@id`.
    pub id: Option<String>,
    /// `author`.
    pub author: Option<String>,
    /// `role`.
    pub role: Option<String>,
    /// `timestamp`.
    pub timestamp: Option<String>,
    /// `last_updated`.
    pub last_updated: Option<String>,
    /// `tooling`.
    pub tooling: Option<String>,
    /// Whether `@context` is that of OpenVEX.
    pub has_context: bool,
    /// Whether there are `statements`, if only an empty list.
    pub has_statements: bool,
    /// What could not be read of it.
    pub warnings: Vec<Warning>,
}

impl Head {
    /// When the document was last changed.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let times = [&self.timestamp, &self.last_updated];
        times.into_iter().flatten().filter_map(|text| time(text)).max()
    }
}

/// Walks a document: `statements` is called with the reader at the list of them.
///
/// The document may be wrapped as the predicate of an in-toto statement.
///
/// # Errors
/// When the document is malformed, of another version or without statements, and when `statements`
/// fails.
pub fn walk<R: Read>(
    reader: &mut Reader<R>,
    mut statements: impl FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<Head, ConvertError> {
    let (mut head, mut fields) = (Head::default(), Fields::default());
    reader.each_key(|key, reader| match key {
        "predicate" if reader.peek()? == Kind::Object => {
            reader.each_key(|key, reader| member(key, reader, &mut head, &mut fields, &mut statements))
        }
        _ => member(key, reader, &mut head, &mut fields, &mut statements),
    })?;
    reader.finish()?;
    head.warnings.append(&mut fields.warnings);
    if !head.has_statements {
        return Err(ConvertError::Unrecognised {
            expected: "a list of `statements`",
            help: "an OpenVEX document has it even if it is empty: make the document again with vexctl",
        });
    }
    if !head.has_context {
        head.warnings.push(Warning::without_version("OpenVEX", NEWEST));
    }
    Ok(head)
}

fn member<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    head: &mut Head,
    fields: &mut Fields,
    statements: &mut impl FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    match key {
        "@context" if reader.peek()? == Kind::Array => {
            reader.each_item(|_, reader| set_context(head, fields.text(reader)?))?;
        }
        "@context" => set_context(head, fields.text(reader)?)?,
        "@id" => head.id = fields.text(reader)?,
        "author" => head.author = fields.text(reader)?,
        "role" => head.role = fields.text(reader)?,
        "timestamp" => head.timestamp = fields.text(reader)?,
        "last_updated" => head.last_updated = fields.text(reader)?,
        "tooling" => head.tooling = fields.text(reader)?,
        "statements" => {
            head.has_statements = true;
            return statements(reader);
        }
        _ => {}
    }
    Ok(())
}

/// `https://openvex.dev/ns/v0.2.0`; older ones have no version in it.
fn set_context(head: &mut Head, context: Option<String>) -> Result<(), ConvertError> {
    let Some(context) = context.filter(|context| context.contains(CONTEXT)) else { return Ok(()) };
    head.has_context = true;
    let version = context.rsplit('/').next().and_then(|last| last.strip_prefix('v'));
    if let Some(version) = version {
        if !version.starts_with("0.") {
            return Err(ConvertError::UnsupportedVersion {
                format: "OpenVEX",
                found: version.to_owned(),
                supported: "0.0.1 to 0.2.0",
                help: "write it in version 0.2.0, as vexctl does",
            });
        }
        head.warnings.extend(Warning::of_version("OpenVEX", version, NEWEST));
        head.format_version = Some(version.to_owned());
    }
    Ok(())
}

/// Reads a document of statements.
pub(crate) fn read(name: Arc<str>, input: &dyn Input) -> Result<(Document, Vec<Said>), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut statements = Statements(Vec::new());
    let mut objects = Objects::default();
    let head = walk(&mut reader, |reader| objects.each(reader, &mut statements))?;
    let document = Document {
        name,
        format: Format::OpenVex,
        time: head.time(),
        format_version: head.format_version,
        author: head.author,
        warnings: head.warnings.iter().map(ToString::to_string).chain(objects.into_warnings()).collect(),
    };
    Ok((document, statements.0))
}

struct Statements(Vec<Said>);

impl Visit for Statements {
    type Item<'a> = Statement<'a>;

    fn visit(&mut self, statement: Statement<'_>) -> Result<(), String> {
        let id = statement.vulnerability.id().ok_or("it has no vulnerability")?;
        let label = statement.status.as_deref().unwrap_or_default();
        let status = Status::parse(label).ok_or_else(|| format!("its status is {label:?}"))?;
        let mut said = Said::new(id.to_owned(), status);
        said.vulnerabilities.extend(statement.vulnerability.other_ids().map(str::to_owned));
        let text = |field: &Option<Loose<'_>>| filled(field.as_deref());
        said.id = text(&statement.id);
        said.justification = text(&statement.justification);
        said.impact = text(&statement.impact_statement);
        said.action = text(&statement.action_statement);
        said.notes = text(&statement.status_notes);
        said.timestamp = text(&statement.last_updated).or_else(|| text(&statement.timestamp));
        said.time = statement.time();
        said.products = statement.products.iter().map(|product| about(product, &statement)).collect();
        self.0.push(said);
        Ok(())
    }
}

fn about(product: &Product<'_>, statement: &Statement<'_>) -> About {
    let parts = product.subcomponents.iter().chain(&statement.subcomponents);
    About {
        thing: Arc::new(product.component.thing()),
        parts: parts.map(|part| Arc::new(part.thing())).collect(),
    }
}

impl Component<'_> {
    /// What it names.
    #[must_use]
    pub fn thing(&self) -> Thing {
        let mut thing = Thing::of_id(self.id.as_deref().unwrap_or_default());
        let identifiers = &self.identifiers;
        if let Some(purl) = &identifiers.purl {
            thing.add_purl(purl);
        }
        thing.cpe = filled(identifiers.cpe23.as_deref()).or_else(|| filled(identifiers.cpe22.as_deref()));
        thing
    }
}
