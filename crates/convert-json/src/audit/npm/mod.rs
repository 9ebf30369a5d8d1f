//! What the clients of npm's registry share: npm, pnpm and Yarn.

mod action;
mod answer;
mod registry;

pub(crate) use action::{Actions, Client, Resolved};
pub(crate) use answer::{Answer, client, convert};
pub(crate) use registry::{Advisory, Scope, map_advisory, visit};

use scanlift_convert_api::cwe;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{self, Rating};
use serde::Deserialize;
use std::borrow::Cow;

/// The type of the registry's own advisory numbers, for advisories without an id of GitHub or CVE.
/// GitHub's feed numbers an advisory anew with every revision, so they come last.
pub(crate) const SCHEME: &str = "npm_advisory_id";

/// An advisory under the first id that a database gave it, else under npm's number of it.
pub(crate) fn about<'a>(ids: impl Iterator<Item = &'a str>, number: &'a str) -> package::Advisory<'a> {
    let mut ids = ids.map(str::trim).filter(|id| !id.is_empty());
    let mut about = package::Advisory::new(SCHEME, ids.next().unwrap_or(number));
    about.aliases = ids.map(Cow::Borrowed).collect();
    about
}

/// A rating, where one is known.
pub(crate) fn rating<'a>(cvss: &'a Cvss<'_>) -> Option<Rating<'a>> {
    let vector = filled(&cvss.vector).map(Cow::Borrowed);
    let score = cvss.score.filter(|score| *score > 0.0);
    (vector.is_some() || score.is_some()).then(|| Rating::new("", vector, score))
}

/// The CWE numbers of a list of ids, or of a text with several.
pub(crate) fn weaknesses(texts: &[Loose<'_>]) -> Vec<u32> {
    texts.iter().take(50).flat_map(|text| cwe::all(text)).collect()
}

/// `cvss` of npm's advisories: a score of 0 and no vector where it is not known.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cvss<'a> {
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(borrow, rename = "vectorString")]
    vector: Option<Loose<'a>>,
}
