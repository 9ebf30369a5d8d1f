use crate::{FlagDescription, Text};
use serde::{Deserialize, Serialize};

/// How GitLab follows a vulnerability as the code around it changes (schema `tracking`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tracking<'a> {
    /// The way of tracking.
    #[serde(rename = "type")]
    pub kind: TrackingType,
    /// What is tracked; GitLab joins the signatures of all items.
    pub items: Vec<TrackingItem<'a>>,
}

impl<'a> Tracking<'a> {
    /// Tracks lines of a file by one value of algorithm `hash`, the lowest rank GitLab knows and
    /// the only one a converter can compute honestly.
    #[must_use]
    pub fn hash(file: Option<Text<'a>>, lines: Option<(u64, u64)>, value: impl Into<Text<'a>>) -> Self {
        let signatures = vec![Signature { algorithm: Text::Borrowed("hash"), value: value.into() }];
        let (start_line, end_line) = lines.unzip();
        Self {
            kind: TrackingType::Source,
            items: vec![TrackingItem { file, start_line, end_line, signatures }],
        }
    }
}

/// The only way of tracking that the schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackingType {
    /// By place in source code.
    Source,
}

/// A tracked place (schema `tracking.items[]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrackingItem<'a> {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Text<'a>>,
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u64>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u64>,
    /// At least one.
    pub signatures: Vec<Signature<'a>>,
}

/// A value that stays the same while the finding does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Signature<'a> {
    /// `hash`, `location`, `scope_offset` ...
    pub algorithm: Text<'a>,
    /// The value.
    pub value: Text<'a>,
}

/// A mark on a vulnerability (schema `flags[]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flag<'a> {
    /// What the mark says.
    #[serde(rename = "type")]
    pub kind: FlagType,
    /// The tool that set it, never empty.
    pub origin: Text<'a>,
    /// Why, 1 to 1,000 characters.
    pub description: FlagDescription<'a>,
}

impl<'a> Flag<'a> {
    /// Marks a likely false positive; `None` without an origin or a description.
    #[must_use]
    pub fn false_positive(origin: impl Into<Text<'a>>, description: impl Into<Text<'a>>) -> Option<Self> {
        let origin = origin.into();
        let description = FlagDescription::new(description)?;
        (!origin.trim().is_empty()).then_some(Self {
            kind: FlagType::FlaggedAsLikelyFalsePositive,
            origin,
            description,
        })
    }
}

/// The only mark that the schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagType {
    /// The scanner doubts it itself.
    FlaggedAsLikelyFalsePositive,
}
