//! VEX documents: which vulnerabilities do no harm in which products, and which do.
//!
//! [`Vex`] holds the statements of OpenVEX, CSAF and CycloneDX documents, and [`Vex::find`] tells what
//! they say of a finding.
//! A statement is about a finding if it names one of the finding's ids **and** its product: the package
//! by package URL, or by name and version, or the image that it is in.
//! Of several statements the latest counts.
//!
//! [`openvex`], [`csaf`] and [`cyclonedx`] also have what the converters of these formats share with this.
//! The crate leaves out: what becomes of a finding then (`scanlift-pipeline`), signatures and
//! attestations, and ranges of versions other than of dotted numbers, which are never matched.
//!
//! ```
//! use scanlift_vex::{Package, Status, Subject, Usage, Vex};
//!
//! let document = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
//!     {"vulnerability": {"name": "CVE-2021-23337"}, "products": [{"@id": "pkg:npm/lodash@4.17.20"}],
//!      "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}"#;
//! let mut vex = Vex::default();
//! vex.read("app.vex.json", &document)?;
//!
//! let mut subject = Subject::default();
//! subject.ids = vec!["GHSA-35jh-r3h4-6jhm", "CVE-2021-23337"];
//! subject.package = Some(Package::new("lodash", "4.17.20", Some("pkg:npm/lodash@4.17.20")));
//! let (document, statement) = vex.find(&subject, &mut Usage::default()).ok_or("no statement")?;
//! assert_eq!((&*document.name, statement.status), ("app.vex.json", Status::NotAffected));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod csaf;
pub mod cyclonedx;
pub mod openvex;

mod image;
mod index;
mod objects;
mod place;
mod product;
mod range;
mod read;
mod statement;

pub use image::{Image, is_reference};
pub use index::{Usage, Use, Vex};
pub use jiff::Timestamp;
pub use place::{level, place};
pub use product::{Package, Product, Subject, Thing};
pub use statement::{Document, Format, Statement, Status};
