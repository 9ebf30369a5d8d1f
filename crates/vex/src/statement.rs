//! What VEX documents say, whatever format they are in.

use crate::Product;
use jiff::Timestamp;
use std::{fmt, sync::Arc};

/// How many characters of an impact are told with the status.
const LONGEST: usize = 120;

/// What a statement says of a vulnerability in a product (OpenVEX 0.2.0, "Status labels").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It does no harm there.
    NotAffected,
    /// It does, and something is to be done.
    Affected,
    /// It was there and is mended.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl Status {
    /// OpenVEX's label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// The status of an OpenVEX label, in any case.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        [Self::NotAffected, Self::Affected, Self::Fixed, Self::UnderInvestigation]
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(label.trim()))
    }

    /// Whether it rules a finding out.
    #[must_use]
    pub const fn rules_out(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A format of VEX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenVEX.
    OpenVex,
    /// CSAF.
    Csaf,
    /// CycloneDX.
    CycloneDx,
}

impl Format {
    /// As the ids of converters.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::Csaf => "csaf",
            Self::CycloneDx => "cyclonedx",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenVex => "OpenVEX",
            Self::Csaf => "CSAF",
            Self::CycloneDx => "CycloneDX",
        }
    }
}

/// A document of statements.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Document {
    /// What the user calls it: the name of its file.
    pub name: Arc<str>,
    /// What it is.
    pub format: Format,
    /// The version of the format that it declares.
    pub format_version: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was last changed; for statements that have no time of their own.
    pub time: Option<Timestamp>,
    /// What could not be read of it, in sentences without a full stop.
    pub warnings: Vec<String>,
}

/// A statement: a vulnerability has a status in products.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statement {
    /// Its id, where the format has one.
    pub id: Option<String>,
    /// Ids of the vulnerability, the main one first; never empty.
    pub vulnerabilities: Vec<String>,
    /// What is said.
    pub status: Status,
    /// The status in the format's own word, where that says more: `false_positive`.
    pub word: Option<String>,
    /// Why a product is not affected: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// The same in words.
    pub impact: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// More in words.
    pub notes: Option<String>,
    /// When it was made, in the document's spelling.
    pub timestamp: Option<String>,
    /// The same; that of the document if it has none.
    pub time: Option<Timestamp>,
    /// What it is about; none for everything.
    pub products: Vec<Product>,
}

impl Statement {
    pub(crate) fn new(vulnerability: String, status: Status) -> Self {
        Self {
            id: None,
            vulnerabilities: vec![vulnerability],
            status,
            word: None,
            justification: None,
            impact: None,
            action: None,
            notes: None,
            timestamp: None,
            time: None,
            products: Vec::new(),
        }
    }

    /// The vulnerability by its main id.
    #[must_use]
    pub fn vulnerability(&self) -> &str {
        self.vulnerabilities.first().map_or("", String::as_str)
    }

    /// Status and justification, else the beginning of what is said of the impact:
    /// `not_affected: vulnerable_code_not_present`.
    #[must_use]
    pub fn verdict(&self) -> String {
        let mut text = self.status.as_str().to_owned();
        if let Some(word) = &self.word {
            text = format!("{text} ({word})");
        }
        match self.justification.as_deref().or(self.impact.as_deref()) {
            Some(why) if why.chars().count() > LONGEST => {
                format!("{text}: {}…", why.chars().take(LONGEST).collect::<String>())
            }
            Some(why) => format!("{text}: {why}"),
            None => text,
        }
    }
}

/// The time that a text spells; `None` for anything but RFC 3339.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// Owned and without surrounding white space; `None` if nothing is left.
pub(crate) fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
