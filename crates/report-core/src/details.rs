//! Named, typed fields that GitLab shows on a vulnerability's page (schema `details`).

use crate::Text;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The fields by key, in the order they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details<'a>(Vec<(Text<'a>, NamedDetail<'a>)>);

impl<'a> Details<'a> {
    /// No field yet, and room for so many.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Adds a field; a key that is there already is replaced.
    pub fn insert(&mut self, key: impl Into<Text<'a>>, name: impl Into<Text<'a>>, detail: Detail<'a>) {
        let key = key.into();
        let named = NamedDetail { name: name.into(), description: None, detail };
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = named,
            None => self.0.push((key, named)),
        }
    }

    /// Adds a text field unless the text is blank.
    pub fn text(&mut self, key: impl Into<Text<'a>>, name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.insert(key, name, Detail::Text { value });
        }
    }

    /// The field of that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Detail<'a>> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, named)| &named.detail)
    }

    /// The field of that key, to be changed in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Detail<'a>> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, named)| &mut named.detail)
    }

    /// Takes the field of that key out.
    pub fn remove(&mut self, key: &str) -> Option<Detail<'a>> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1.detail)
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Key and field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &NamedDetail<'a>)> {
        self.0.iter().map(|(key, named)| (key.as_ref(), named))
    }

    /// Puts the fields in the order of their keys, which is that of a report that is read.
    pub fn sort(&mut self) {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// Every field, to be changed in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Detail<'a>> {
        self.0.iter_mut().map(|(_, named)| &mut named.detail)
    }
}

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, named) in &self.0 {
            map.serialize_entry(key, named)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Details<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map: Map<String, Value> = Map::deserialize(deserializer)?;
        map.into_iter()
            .map(|(key, value)| Ok((Cow::Owned(key), NamedDetail::deserialize(value)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A field with the name that people read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NamedDetail<'a> {
    /// Never empty.
    pub name: Text<'a>,
    /// More about it.
    pub description: Option<Text<'a>>,
    /// The value.
    pub detail: Detail<'a>,
}

/// What a typed value would lose something of is read as [`Detail::Other`].
impl<'de> Deserialize<'de> for NamedDetail<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields: Map<String, Value> = Map::deserialize(deserializer)?;
        let Some(Value::String(name)) = fields.remove("name") else {
            return Err(D::Error::missing_field("name"));
        };
        let description = fields.get("description").and_then(Value::as_str).map(str::to_owned);
        if description.is_some() {
            fields.remove("description");
        }
        let is_whole = |known: &Detail<'_>| {
            serde_json::to_value(known).is_ok_and(|written| written.as_object() == Some(&fields))
        };
        let known = Detail::deserialize(&fields).ok().filter(is_whole);
        Ok(Self {
            name: Cow::Owned(name),
            description: description.map(Cow::Owned),
            detail: known.unwrap_or(Detail::Other(fields)),
        })
    }
}

impl Serialize for NamedDetail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        if let Some(description) = &self.description {
            map.serialize_entry("description", description)?;
        }
        self.detail.serialize_fields(&mut map)?;
        map.end()
    }
}

/// A typed value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Detail<'a> {
    /// Fields within a field.
    NamedList {
        /// By key.
        items: Details<'a>,
    },
    /// Values one below the other.
    List {
        /// In order.
        items: Vec<Detail<'a>>,
    },
    /// Rows and columns.
    Table {
        /// Heads of the columns.
        #[serde(default)]
        header: Vec<Detail<'a>>,
        /// Cells, row by row.
        rows: Vec<Vec<Detail<'a>>>,
    },
    /// Plain text.
    Text {
        /// The text.
        value: Text<'a>,
    },
    /// A link.
    Url {
        /// What people read.
        text: Option<Text<'a>>,
        /// The address, never empty.
        href: Text<'a>,
    },
    /// Code.
    Code {
        /// The code.
        value: Text<'a>,
        /// Its language.
        lang: Option<Text<'a>>,
    },
    /// A number, text or truth value.
    Value {
        /// The value.
        value: Scalar<'a>,
    },
    /// Two texts side by side.
    Diff {
        /// Old.
        before: Text<'a>,
        /// New.
        after: Text<'a>,
    },
    /// GitLab Flavored Markdown.
    Markdown {
        /// The text.
        value: Text<'a>,
    },
    /// A commit of the project.
    Commit {
        /// Its hash, never empty.
        value: Text<'a>,
    },
    /// Lines of a file.
    FileLocation(FileLocation<'a>),
    /// A place in a binary.
    ModuleLocation {
        /// The binary, never empty.
        module_name: Text<'a>,
        /// Bytes from its start.
        offset: i64,
    },
    /// Ways from source to sink: 1 to 10 flows, none empty. Not in schema 15.0.
    CodeFlows {
        /// Flow by flow.
        items: Vec<Vec<CodeFlowNode<'a>>>,
    },
    /// A value with more to it than this model knows, field by field as the report has it that was read.
    #[serde(skip_deserializing)]
    Other(Map<String, Value>),
}

/// The derived form (an internally tagged enum in a flattened field) buffers; details are most of a
/// report, so they are written field by field.
impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_fields(&mut map)?;
        map.end()
    }
}

/// Shows every object of one that is kept as it was read ([`Detail::Other`]), the outer ones first.
pub fn each_object(fields: &mut Map<String, Value>, see: &mut dyn FnMut(&mut Map<String, Value>)) {
    fn each_in(value: &mut Value, see: &mut dyn FnMut(&mut Map<String, Value>)) {
        match value {
            Value::Object(fields) => each_object(fields, see),
            Value::Array(items) => items.iter_mut().for_each(|item| each_in(item, see)),
            _ => {}
        }
    }
    see(fields);
    fields.values_mut().for_each(|value| each_in(value, see));
}

impl Detail<'_> {
    fn serialize_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self {
            Self::NamedList { items } => {
                map.serialize_entry("type", "named-list")?;
                map.serialize_entry("items", items)
            }
            Self::List { items } => {
                map.serialize_entry("type", "list")?;
                map.serialize_entry("items", items)
            }
            Self::Table { header, rows } => {
                map.serialize_entry("type", "table")?;
                if !header.is_empty() {
                    map.serialize_entry("header", header)?;
                }
                map.serialize_entry("rows", rows)
            }
            Self::Text { value } => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("value", value)
            }
            Self::Url { text, href } => {
                map.serialize_entry("type", "url")?;
                if let Some(text) = text {
                    map.serialize_entry("text", text)?;
                }
                map.serialize_entry("href", href)
            }
            Self::Code { value, lang } => {
                map.serialize_entry("type", "code")?;
                map.serialize_entry("value", value)?;
                match lang {
                    Some(lang) => map.serialize_entry("lang", lang),
                    None => Ok(()),
                }
            }
            Self::Value { value } => {
                map.serialize_entry("type", "value")?;
                map.serialize_entry("value", value)
            }
            Self::Diff { before, after } => {
                map.serialize_entry("type", "diff")?;
                map.serialize_entry("before", before)?;
                map.serialize_entry("after", after)
            }
            Self::Markdown { value } => {
                map.serialize_entry("type", "markdown")?;
                map.serialize_entry("value", value)
            }
            Self::Commit { value } => {
                map.serialize_entry("type", "commit")?;
                map.serialize_entry("value", value)
            }
            Self::FileLocation(location) => {
                map.serialize_entry("type", "file-location")?;
                location.serialize_fields(map)
            }
            Self::ModuleLocation { module_name, offset } => {
                map.serialize_entry("type", "module-location")?;
                map.serialize_entry("module_name", module_name)?;
                map.serialize_entry("offset", offset)
            }
            Self::CodeFlows { items } => {
                map.serialize_entry("type", "code-flows")?;
                map.serialize_entry("items", items)
            }
            Self::Other(fields) => fields.iter().try_for_each(|(key, value)| map.serialize_entry(key, value)),
        }
    }
}

impl<'a> Detail<'a> {
    /// How many flows the schema takes.
    pub const MAX_FLOWS: usize = 10;

    /// Plain text.
    #[must_use]
    pub fn text(value: impl Into<Text<'a>>) -> Self {
        Self::Text { value: value.into() }
    }
}

/// What [`Detail::Value`] holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar<'a> {
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    Text(Text<'a>),
}

/// Lines of a file, for display. Columns are written from schema 15.2 on, both or none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FileLocation<'a> {
    /// Path relative to the repository root, never empty.
    pub file_name: Text<'a>,
    /// First line, at least 1.
    pub line_start: u64,
    /// Last line.
    pub line_end: Option<u64>,
    /// First column, 1-based.
    pub column_start: Option<u64>,
    /// Column behind the last one.
    pub column_end: Option<u64>,
}

impl<'a> FileLocation<'a> {
    /// Lines of a file; line 0 becomes 1.
    #[must_use]
    pub fn new(file_name: impl Into<Text<'a>>, line_start: u64, line_end: Option<u64>) -> Self {
        let line_start = line_start.max(1);
        Self {
            file_name: file_name.into(),
            line_start,
            line_end: line_end.map(|end| end.max(line_start)),
            column_start: None,
            column_end: None,
        }
    }

    /// The same with columns, 1-based; a column of 0 means that they are not known.
    #[must_use]
    pub fn with_columns(mut self, start: u64, end: u64) -> Self {
        if start > 0 && end > 0 {
            (self.column_start, self.column_end) = (Some(start), Some(end));
        }
        self
    }
}

impl FileLocation<'_> {
    fn serialize_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("file_name", &self.file_name)?;
        map.serialize_entry("line_start", &self.line_start)?;
        for (key, value) in [
            ("line_end", self.line_end),
            ("column_start", self.column_start),
            ("column_end", self.column_end),
        ] {
            if let Some(value) = value {
                map.serialize_entry(key, &value)?;
            }
        }
        Ok(())
    }
}

/// A step of a code flow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CodeFlowNode<'a> {
    /// Where.
    pub file_location: FileLocation<'a>,
    /// Its part in the flow.
    pub node_type: NodeType,
}

impl<'a> CodeFlowNode<'a> {
    /// A step at a place.
    #[must_use]
    pub fn new(node_type: NodeType, file_location: FileLocation<'a>) -> Self {
        Self { file_location, node_type }
    }
}

impl Serialize for CodeFlowNode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Place<'p>(&'p FileLocation<'p>);
        impl Serialize for Place<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "file-location")?;
                self.0.serialize_fields(&mut map)?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("type", "code-flow-node")?;
        map.serialize_entry("node_type", &self.node_type)?;
        map.serialize_entry("file_location", &Place(&self.file_location))?;
        map.end()
    }
}

/// The part of a step in a code flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeType {
    /// Where the value comes from.
    Source,
    /// On the way.
    Propagation,
    /// Where it does harm.
    Sink,
}
