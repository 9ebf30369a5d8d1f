//! YAML as people write it for GitLab: keys in the order of their worth, a comment above what
//! needs one. The text itself is the library's work.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_saphyr::{FlowSeq, SerializerOptions, ser_options, to_string_with_options};

/// A value of a pipeline's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A text; one of several lines becomes a block.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A truth value.
    Flag(bool),
    /// A list, an item a line.
    List(Vec<Node>),
    /// A list in one line.
    Row(Vec<Node>),
    /// A mapping, in this order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A mapping of what is given, in its order.
    #[must_use]
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Node)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, node)| (key.into(), node)).collect())
    }

    /// A list, an item a line.
    #[must_use]
    pub fn list<T: Into<Node>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A list in one line.
    #[must_use]
    pub fn row<T: Into<Node>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Row(items.into_iter().map(Into::into).collect())
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(items) => serializer.collect_seq(items),
            Self::Row(items) => FlowSeq(items).serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(key, node)?;
                }
                map.end()
            }
        }
    }
}

/// Why a document could not be written. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[error("write YAML")]
pub struct YamlError(#[from] serde_saphyr::ser_error::Error);

/// A YAML document: its top-level keys in order, each with a comment above it if it needs one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    comment: Option<String>,
    key: String,
    node: Node,
}

impl Document {
    /// Adds a top-level key.
    pub fn put(&mut self, key: impl Into<String>, node: Node) {
        self.parts.push(Part { comment: None, key: key.into(), node });
    }

    /// Adds a top-level key with a comment above it, which may have several lines.
    pub fn explain(&mut self, comment: impl Into<String>, key: impl Into<String>, node: Node) {
        self.parts.push(Part { comment: Some(comment.into()), key: key.into(), node });
    }

    /// Adds all of another document.
    pub fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// The document as text, with an empty line between its keys.
    ///
    /// # Errors
    /// If a value cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, YamlError> {
        let mut text = String::new();
        for part in &self.parts {
            if !text.is_empty() {
                text.push('\n');
            }
            for line in part.comment.iter().flat_map(|comment| comment.lines()) {
                text.push_str(if line.is_empty() { "#" } else { "# " });
                text.push_str(line);
                text.push('\n');
            }
            let node = Node::Map(vec![(part.key.clone(), part.node.clone())]);
            text.push_str(&to_string_with_options(&node, options())?);
        }
        Ok(text)
    }
}

/// Lists are indented below their key, as in GitLab's own templates, and no line is folded: a line
/// of a script stays a line.
fn options() -> SerializerOptions {
    ser_options! { indent_step: 2, compact_list_indent: false, folded_wrap_chars: 100_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(node: Node) -> String {
        let mut document = Document::default();
        document.put("key", node);
        document.to_yaml().expect("plain values")
    }

    #[test]
    fn texts_stay_what_they_are() {
        // GitLab reads YAML 1.1: what looks like something else there has quotes.
        for text in
            ["true", "yes", "on", "1.10", "12:30", "0o7", "null", "", "- a", "a: b", "#a", "$[[ inputs.a ]]"]
        {
            let read: std::collections::BTreeMap<String, String> =
                serde_saphyr::from_str(&yaml(text.into())).expect("YAML");
            assert_eq!(read["key"], text);
        }
        assert_eq!(yaml("yes".into()), "key: \"yes\"\n");
        assert_eq!(yaml(true.into()), "key: true\n");
        assert_eq!(yaml("a\nb\n".into()), "key: |\n  a\n  b\n");
        assert_eq!(yaml(Node::row(["a", "b"])), "key: [a, b]\n");
        assert_eq!(yaml(Node::list(["a", "b"])), "key:\n  - a\n  - b\n");
    }

    #[test]
    fn comments_stand_above() {
        let mut document = Document::default();
        document.put("a", 1.into());
        document.explain("Why.\n\nAnd how.", "b", Node::map([("c", Node::list(["d"]))]));
        assert_eq!(
            document.to_yaml().expect("plain values"),
            "a: 1\n\n# Why.\n#\n# And how.\nb:\n  c:\n    - d\n"
        );
    }
}
