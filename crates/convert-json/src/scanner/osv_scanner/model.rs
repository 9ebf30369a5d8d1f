//! What is read of a vulnerability (OSV schema 1.7), with only the fields that are used.

use scanlift_convert_api::json::{self, Loose};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    pub(super) modified: Option<Loose<'a>>,
    pub(super) published: Option<Loose<'a>>,
    pub(super) withdrawn: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) aliases: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) related: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) upstream: Vec<Loose<'a>>,
    pub(super) summary: Option<Loose<'a>>,
    pub(super) details: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) affected: Vec<Affected<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) severity: Vec<Severity<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) references: Vec<Reference<'a>>,
    pub(super) database_specific: Option<Specific<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Affected<'a> {
    #[serde(borrow)]
    pub(super) package: Option<AffectedPackage<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) ranges: Vec<Range<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) severity: Vec<Severity<'a>>,
    pub(super) database_specific: Option<Specific<'a>>,
    pub(super) ecosystem_specific: Option<Specific<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AffectedPackage<'a> {
    #[serde(borrow)]
    pub(super) ecosystem: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    pub(super) purl: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) repo: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) events: Vec<Event<'a>>,
}

/// One event by the schema; OSV-Scanner may write several in one object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) introduced: Option<Loose<'a>>,
    pub(super) fixed: Option<Loose<'a>>,
    pub(super) last_affected: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Severity<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    /// A vector, or the word of a distribution.
    pub(super) score: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) url: Option<Loose<'a>>,
}

/// What databases add in their own ways.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Specific<'a> {
    #[serde(borrow)]
    pub(super) severity: Option<Loose<'a>>,
    /// Debian's.
    pub(super) urgency: Option<Loose<'a>>,
    /// RustSec's: a vector.
    pub(super) cvss: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwe_ids: Vec<Loose<'a>>,
    pub(super) url: Option<Loose<'a>>,
}
