//! Where a thread lays down what became of its records, until it is entered into the ledger.

use crate::{
    Settings,
    fold::{self, Keys},
    identity::Sources,
    ignore,
    receipt::{IgnoreReceipt, VexReceipt},
    remedy::Advisor,
    stages::cuts,
    vex,
};
use scanlift_convert_api::{Finding, SkipReason, Warning};
use scanlift_remedy::Candidate;
use scanlift_report_core::{Kind, Location, SchemaVersion, Severity, Vulnerability};
use std::{collections::BTreeSet, io, ops::Range};

/// What became of the records since the desk was cleared last, in their order; and what a thread
/// keeps from one finding to the next.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) sources: Sources,
    pub(crate) usage: Usage,
    /// The kinds of the findings that the user does not want.
    pub(crate) refused: BTreeSet<Kind>,
    advisor: Advisor,
    pub(crate) records: u64,
    pub(crate) events: Vec<Event>,
    /// The findings' JSON, one behind the other.
    json: Vec<u8>,
    /// The keys of their places and identifiers, likewise.
    places: Vec<fold::Key>,
    identifiers: Vec<fold::IdentifierKey>,
    room: String,
}

/// What of the user's settings and files was of use.
#[derive(Debug, Default)]
pub struct Usage {
    /// The globs that left a finding out.
    pub(crate) exclude: BTreeSet<usize>,
    /// Statements of VEX documents.
    pub vex: scanlift_vex::Usage,
    /// Entries of the ignore file.
    pub ignore: scanlift_ignore_file::Usage,
}

impl Usage {
    /// Takes over what another one holds of the same settings and files.
    pub fn absorb(&mut self, other: &mut Self) {
        self.exclude.append(&mut other.exclude);
        self.vex.absorb(&mut other.vex);
        self.ignore.absorb(&mut other.ignore);
    }

    /// What it comes to, for the VEX documents and the ignore file of these settings.
    #[must_use]
    pub fn receipts(&self, settings: &Settings) -> (Vec<VexReceipt>, Option<IgnoreReceipt>) {
        (vex::Stage::new(settings).receipts(&self.vex), ignore::Stage::new(settings).receipt(&self.ignore))
    }
}

/// Something that the account has to know.
#[derive(Debug)]
pub(crate) enum Event {
    Skip { reason: SkipReason, detail: String, example: String },
    Warn(Warning),
    Finding(Written),
}

/// A finding as it goes into the report, unless it is folded.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    /// What patches are made of, if there can be one.
    pub(crate) candidate: Option<Box<Candidate>>,
    /// The manifest, where the schema wants a list of them.
    pub(crate) dependency_file: Option<String>,
    /// To be told if it is not folded.
    pub(crate) warnings: Vec<Warning>,
    /// Whether GitLab may know it by another place or first identifier.
    pub(crate) is_renamed: bool,
    json: Range<usize>,
    places: Range<usize>,
    identifiers: Range<usize>,
}

impl Desk {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            sources: Sources::new(settings.root.clone()),
            usage: Usage::default(),
            refused: BTreeSet::new(),
            advisor: Advisor::new(settings),
            records: 0,
            events: Vec::new(),
            json: Vec::new(),
            places: Vec::new(),
            identifiers: Vec::new(),
            room: String::new(),
        }
    }

    pub(crate) fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.events.push(Event::Skip { reason, detail: detail.to_owned(), example: example.to_owned() });
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.events.push(Event::Warn(warning));
    }

    /// Writes a finding as the schema version has it.
    pub(crate) fn write(&mut self, mut finding: Finding<'_>, version: SchemaVersion) -> io::Result<()> {
        self.advisor.advise(&mut finding);
        let vulnerability = &finding.vulnerability;
        let is_renamed = finding.known_as.as_ref().is_some_and(|known| *known != vulnerability.content_id());
        let (json, places, identifiers) = (self.json.len(), self.places.len(), self.identifiers.len());
        version.append_json(vulnerability, &mut self.json)?;
        fold::keys_of(vulnerability, &mut self.room, &mut self.places, &mut self.identifiers);
        let dependency_file = match &vulnerability.location {
            Location::DependencyScanning(place) if version < SchemaVersion::V15_1_4 => {
                Some(place.file.to_string())
            }
            _ => None,
        };
        self.events.push(Event::Finding(Written {
            kind: vulnerability.kind(),
            severity: vulnerability.severity.unwrap_or(Severity::Unknown),
            dependency_file,
            warnings: cuts(vulnerability).collect(),
            is_renamed,
            candidate: self.advisor.candidate(finding),
            json: json..self.json.len(),
            places: places..self.places.len(),
            identifiers: identifiers..self.identifiers.len(),
        }));
        Ok(())
    }

    /// The JSON of a finding.
    pub(crate) fn json(&self, written: &Written) -> &[u8] {
        &self.json[written.json.clone()]
    }

    /// What a finding is folded by.
    pub(crate) fn keys(&self, written: &Written) -> Keys<'_> {
        Keys {
            places: &self.places[written.places.clone()],
            identifiers: &self.identifiers[written.identifiers.clone()],
        }
    }

    /// A finding read back.
    pub(crate) fn vulnerability(&self, written: &Written) -> io::Result<Vulnerability<'static>> {
        let json = serde_json::from_slice(self.json(written))?;
        Vulnerability::read(written.kind, json).map_err(io::Error::other)
    }

    /// The value of a finding's primary identifier.
    pub(crate) fn primary_value(&self, written: &Written) -> String {
        let read = self.vulnerability(written);
        read.map_or_else(|_| String::new(), |read| read.identifiers.primary().value.to_string())
    }

    /// What GitLab knows a finding by: the value of its primary identifier, and the place.
    pub(crate) fn name(&self, written: &Written) -> String {
        let Ok(read) = self.vulnerability(written) else { return String::new() };
        let mut name = format!("{} at ", read.identifiers.primary().value);
        read.location.write_fingerprint(&mut name);
        name
    }

    /// Forgets what was entered; the room that it took serves again.
    pub(crate) fn clear(&mut self, mut events: Vec<Event>) {
        events.clear();
        self.events = events;
        self.records = 0;
        self.json.clear();
        self.places.clear();
        self.identifiers.clear();
    }
}
