//! What is wrong with a report, and what to do about it.

use super::shape::Form;
use serde_json::Value;
use std::fmt;

/// One rule of the schema that a report breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaError {
    /// Where: a JSON pointer (RFC 6901), empty for the report itself.
    pub pointer: String,
    /// What.
    pub problem: Problem,
}

/// How a value breaks a rule. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A value of another kind.
    Kind {
        /// What there should be.
        expected: &'static str,
        /// What there is.
        found: String,
    },
    /// A field that is not there.
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field that may not be there.
    Unknown {
        /// Its name.
        field: String,
    },
    /// A string of a length that is not allowed, in characters.
    Length {
        /// Its length.
        found: usize,
        /// The least one.
        min: usize,
        /// The greatest one.
        max: usize,
    },
    /// A list of a length that is not allowed.
    Count {
        /// Its length.
        found: usize,
        /// The least one.
        min: usize,
        /// The greatest one.
        max: usize,
    },
    /// A string that is none of a list.
    Word {
        /// The list.
        words: String,
        /// What there is.
        found: String,
    },
    /// A string of another form.
    Form {
        /// The form.
        form: Form,
        /// What there is.
        found: String,
    },
    /// A number below the least one.
    Least {
        /// What there is.
        found: String,
        /// The least one.
        least: i64,
    },
}

impl Problem {
    pub(crate) fn kind(expected: &'static str, value: &Value) -> Self {
        Self::Kind { expected, found: Self::excerpt(value) }
    }

    /// The value in a few words.
    pub(crate) fn excerpt(value: &Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::String(text) => Self::excerpt_of(text),
            Value::Array(items) => format!("a list of {}", items.len()),
            Value::Object(_) => "an object".to_owned(),
        }
    }

    /// A text in a few words.
    pub(crate) fn excerpt_of(text: &str) -> String {
        let short: String = text.chars().take(60).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        format!("{short:?}{dots}")
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { field: "id" } => "give the finding an id that is unique in the report".to_owned(),
            Self::Missing { field } => format!("add `{field}`"),
            Self::Unknown { .. } => "leave the field out, or move it to `properties`".to_owned(),
            Self::Kind { expected, found } if found == "null" => {
                format!("leave the field out, or make it {expected}")
            }
            Self::Kind { expected, .. } => format!("make it {expected}"),
            Self::Length { min, found, .. } if found < min => {
                "fill it, or leave the field out if it is not required".to_owned()
            }
            Self::Length { max, .. } => format!("cut it to {max} characters"),
            Self::Count { min, found, .. } if found < min => {
                format!("give at least {min}, or leave the list out")
            }
            Self::Count { max, .. } => format!("keep the first {max}"),
            Self::Word { words, .. } => format!("write one of: {words} (spelled exactly so)"),
            Self::Form { form, .. } => form.remedy().to_owned(),
            Self::Least { least, .. } => format!("write {least} or more, or leave the field out"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Missing { field } => write!(f, "the field `{field}` is missing"),
            Self::Unknown { field } => {
                write!(f, "the field `{}` is not known", Self::excerpt_of(field).trim_matches('"'))
            }
            Self::Length { found: 0, .. } => f.write_str("the string is empty"),
            Self::Length { found, min, .. } if found < min => {
                write!(f, "the string has {found} characters, at least {min} are needed")
            }
            Self::Length { found, max, .. } => {
                write!(f, "the string has {found} characters, {max} are allowed")
            }
            Self::Count { found, min, .. } if found < min => {
                write!(f, "the list has {found} entries, at least {min} are needed")
            }
            Self::Count { found, max, .. } => write!(f, "the list has {found} entries, {max} are allowed"),
            Self::Word { words, found } => write!(f, "expected one of {words}, found {found}"),
            Self::Form { form, found } => write!(f, "expected {}, found {found}", form.name()),
            Self::Least { found, least } => write!(f, "expected {least} or more, found {found}"),
        }
    }
}
