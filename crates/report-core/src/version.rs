use crate::{Detail, Vulnerability, details::each_object};
use serde_json::{Map, Value, json};
use std::{fmt, str::FromStr};

/// A version of GitLab's report schema to write for: what it forbids is not written, what it
/// demands is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SchemaVersion {
    /// For servers of the 15.x and early 16.x lines: no code flows, `dependency_files` demanded.
    V15_0_7,
    /// No columns in file locations.
    V15_1_4,
    /// Current.
    #[default]
    V15_2_1,
}

impl SchemaVersion {
    /// Every version, the oldest first.
    pub const ALL: &'static [Self] = &[Self::V15_0_7, Self::V15_1_4, Self::V15_2_1];

    /// As the report declares it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V15_0_7 => "15.0.7",
            Self::V15_1_4 => "15.1.4",
            Self::V15_2_1 => "15.2.1",
        }
    }

    /// Whether a vulnerability has to be changed before it can be written in this version.
    pub(crate) fn must_adapt(self, vulnerability: &Vulnerability<'_>) -> bool {
        self < Self::V15_2_1 && vulnerability.details.iter().any(|(_, named)| may_hold_places(&named.detail))
    }

    /// Rewrites what this version does not know into what it does.
    ///
    /// # Errors
    /// If it cannot be written, which no vulnerability of this model does.
    pub(crate) fn adapt(self, vulnerability: &mut Vulnerability<'_>) -> serde_json::Result<()> {
        for detail in vulnerability.details.values_mut().filter(|detail| may_hold_places(detail)) {
            if let Value::Object(mut fields) = serde_json::to_value(&*detail)? {
                each_object(&mut fields, &mut |fields| self.adapt_fields(fields));
                *detail = Detail::Other(fields);
            }
        }
        Ok(())
    }

    fn adapt_fields(self, fields: &mut Map<String, Value>) {
        match fields.get("type").and_then(Value::as_str) {
            Some("file-location") => {
                fields.remove("column_start");
                fields.remove("column_end");
            }
            Some("code-flows") if self < Self::V15_1_4 => {
                let flows = fields.get_mut("items").map(Value::take).unwrap_or_default();
                let flows = items(flows).map(|flow| {
                    let places =
                        items(flow).filter_map(|mut node| Some(node.get_mut("file_location")?.take()));
                    json!({"type": "list", "items": places.collect::<Vec<_>>()})
                });
                let flows = flows.collect();
                fields.insert("type".to_owned(), "list".into());
                fields.insert("items".to_owned(), flows);
            }
            _ => {}
        }
    }
}

/// Whether there may be places of files in a detail, which older versions write otherwise.
fn may_hold_places(detail: &Detail<'_>) -> bool {
    matches!(
        detail,
        Detail::NamedList { .. }
            | Detail::List { .. }
            | Detail::Table { .. }
            | Detail::FileLocation(_)
            | Detail::CodeFlows { .. }
            | Detail::Other(_)
    )
}

/// The items of a list.
fn items(list: Value) -> impl Iterator<Item = Value> {
    match list {
        Value::Array(items) => items.into_iter(),
        _ => Vec::new().into_iter(),
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SchemaVersion {
    type Err = UnknownSchemaVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownSchemaVersion(text.to_owned()))
    }
}

/// A schema version that scanlift does not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write schema version {0} (supported: 15.0.7, 15.1.4, 15.2.1)")]
pub struct UnknownSchemaVersion(pub String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn what_a_version_does_not_know_is_rewritten_however_it_was_read() {
        let place = json!({
            "type": "file-location", "file_name": "a.c", "line_start": 1, "column_start": 2, "column_end": 3,
        });
        let flows = |node: &Value| json!({"name": "F", "type": "code-flows", "items": [[node]]});
        let whole = flows(&json!({"type": "code-flow-node", "node_type": "source", "file_location": place}));
        let short = flows(&json!({"node_type": "source", "file_location": place}));
        for details in [
            json!({"f": whole}),
            json!({"f": short}),
            json!({"f": whole, "t": {"name": "T", "type": "text", "value": "v", "more": 1}}),
            json!({"f": whole, "t": {"name": "T", "type": "table", "header": [], "rows": []}}),
            json!({"n": {"name": "N", "type": "named-list", "items": {"f": short}}}),
        ] {
            let vulnerability = json!({
                "identifiers": [{"type": "r", "name": "r", "value": "r"}],
                "location": {"file": "a.c"},
                "details": details,
            });
            let read = Vulnerability::read(Kind::Sast, vulnerability).expect("it reads");
            assert!(!read.details.is_empty() && read.extra.is_empty(), "{details}");
            for version in SchemaVersion::ALL.iter().copied() {
                let mut json = Vec::new();
                version.append_json(&read, &mut json).expect("it is written");
                let text = String::from_utf8(json).expect("UTF-8");
                assert_eq!(text.contains("code-flow"), version > SchemaVersion::V15_0_7, "{version} {text}");
                assert_eq!(text.contains("column_"), version > SchemaVersion::V15_1_4, "{version} {text}");
                let written: Value = serde_json::from_str(&text).expect("JSON");
                assert!(version < SchemaVersion::V15_2_1 || written["details"] == details, "{text}");
            }
        }
    }

    #[test]
    fn flows_become_lists_of_places() {
        let place = |line: u64| json!({"type": "file-location", "file_name": "a.c", "line_start": line});
        let node = |line| json!({"node_type": "source", "file_location": place(line)});
        let flows = json!({"type": "code-flows", "items": [[node(1), node(2)], [node(3)]]});
        let Value::Object(mut fields) = flows else { panic!("an object") };
        SchemaVersion::V15_0_7.adapt_fields(&mut fields);
        let list = |items: &[Value]| json!({"type": "list", "items": items});
        assert_eq!(Value::Object(fields), list(&[list(&[place(1), place(2)]), list(&[place(3)])]));
    }
}
