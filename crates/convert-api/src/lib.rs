//! What a scanlift converter is.
//!
//! A [`Converter`] reads the document of one scanner format from an [`Input`] and tells a [`Sink`]
//! what it found: first a [`ScanInfo`], then one [`Record`] for each thing that the scanner said,
//! and every record is emitted as a [`Finding`] or skipped for a named [`SkipReason`].
//! Converters open nothing and read no clock or environment.
//!
//! The crate also holds what converters share: the framing [`json`] reader, the
//! [`xml`] reader, the vocabulary of
//! [`package`]s, [`code`] and [`image`]s, [`advisory`], [`uri`] and [`cwe`] helpers, and the [`Registry`] with [`register!`]. It leaves out: what happens to a finding
//! afterwards (crate `scanlift-pipeline`), and how files are opened (crate `scanlift-input`).
//!
//! ```
//! use scanlift_convert_api::{Collector, Finding, Record, ScanInfo, Sink, SkipReason};
//! use scanlift_report_core::{Identifier, Kind, Location, SourceLocation, Vulnerability};
//!
//! let mut sink = Collector::default();
//! sink.begin_scan(ScanInfo::new("ACME", Kind::Sast))?;
//! let rule = Identifier::new("acme_rule_id", "ACME-1", "ACME-1").ok_or("empty identifier")?;
//! let place = Location::Sast(SourceLocation::lines("src/a.c", 3, 3));
//! Record::begin(&mut sink).emit(Finding::new(Vulnerability::new(rule, place)))?;
//! Record::begin(&mut sink).skip(SkipReason::NotAFinding, "status: PASS", "ACME-2");
//! assert_eq!((sink.records, sink.findings.len(), sink.skipped.len()), (2, 1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod advisory;
pub mod apart;
pub mod base64;
pub mod code;
pub mod cwe;
pub mod details;
pub mod html;
pub mod http;
pub mod image;
pub mod json;
pub mod network;
pub mod owasp;
pub mod package;
pub mod patch;
pub mod tls;
pub mod tool;
pub mod uri;
pub mod wasc;
pub mod weakness;
pub mod xml;

mod converter;
mod crew;
mod error;
mod finding;
mod input;
mod memo;
mod messages;
mod one_line;
mod outcome;
mod record;
mod registry;
mod scan_info;
mod sink;
mod slug;
#[cfg(test)]
mod test_log;
mod warning;

pub use converter::{BillOfMaterials, Converter, Descriptor, Match, Options};
pub use error::ConvertError;
pub use finding::{
    Artifact, Change, Finding, Fingerprint, Fix, Patch, Replacement, SeverityEvidence, Upgrade,
};
pub use input::Input;
pub use messages::Messages;
pub use one_line::{one_line, sentence};
pub use outcome::Outcome;
pub use record::{Record, SkipReason};
pub use registry::{DuplicateId, Registration, Registry};
pub use scan_info::ScanInfo;
pub use sink::{Batch, Collector, Shared, Sink, Skipped};
pub use slug::slug;
pub use warning::Warning;

#[doc(hidden)]
pub use inventory;
