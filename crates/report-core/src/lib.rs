//! The GitLab security report model.
//!
//! All eight report kinds and every field of schema 15.2.1, with GitLab's limits enforced where a
//! value is made, deterministic ids, and a writer whose memory does not grow with the report.
//! It leaves out: scanner formats (the `convert-*` crates), and GitLab's verdict on a report that
//! somebody else wrote.
//!
//! ```
//! use scanlift_report_core::{
//!     Identifier, Kind, Location, Name, ReportWriter, Scan, SchemaVersion, Severity,
//!     SourceLocation, Tool, Vulnerability,
//! };
//!
//! let rule = Identifier::new("acme_rule_id", "ACME-1", "ACME-1").ok_or("empty identifier")?;
//! let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::lines("src/a.c", 3, 3)));
//! vulnerability.name = Name::new("Buffer overflow");
//! vulnerability.severity = Some(Severity::High);
//!
//! let mut writer = ReportWriter::begin(Vec::new(), SchemaVersion::V15_2_1, Kind::Sast)?;
//! writer.write(&vulnerability)?;
//! let scan = Scan::new(Kind::Sast, Tool::new("acme", "ACME", "1.0", "ACME Inc."));
//! let report = writer.finish(&scan, &[])?;
//! assert!(report.starts_with(b"{\"version\":\"15.2.1\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cvss;
mod details;
mod evidence;
mod extra;
mod gitlab;
mod id;
mod identifier;
mod image;
mod json;
mod kind;
mod link;
mod location;
mod read;
mod remediation;
mod scan;
mod severity;
mod text;
mod tracking;
mod version;
mod vulnerability;
mod writer;

pub use cvss::{Cvss, CvssVector, CvssVersion};
pub use details::{CodeFlowNode, Detail, Details, FileLocation, NamedDetail, NodeType, Scalar, each_object};
pub use evidence::{
    Asset, AssetType, Evidence, EvidenceSource, Header, Request, Response, SupportingMessage,
};
pub use extra::Extra;
pub use gitlab::is_gitlab_scanner;
pub use id::{ID_NAMESPACE, uuid_v5};
pub use identifier::{Identifier, Identifiers};
pub use image::{image_without_tag, is_gem_version};
pub use kind::Kind;
pub use link::{Link, is_url};
pub use location::{
    ClusterImageLocation, Commit, CrashLocation, Dependency, DependencyLocation, ImageLocation,
    KubernetesResource, Location, Package, SecretLocation, SourceLocation, WebLocation,
};
pub use read::{ReadError, Report};
pub use remediation::{Fix, Remediation};
pub use scan::{
    Message, MessageLevel, Observability, ObservabilityEvent, OptionSource, Scan, ScanOption, ScanStatus,
    ScanTime, ScannedResource, Tool, Vendor,
};
pub use severity::Severity;
pub use text::{Description, FlagDescription, Limited, Name, ShortText, Solution, Summary, Text, is_hidden};
pub use tracking::{Flag, FlagType, Signature, Tracking, TrackingItem, TrackingType};
pub use version::{SchemaVersion, UnknownSchemaVersion};
pub use vulnerability::Vulnerability;
pub use writer::{DependencyFile, ReportWriter};
