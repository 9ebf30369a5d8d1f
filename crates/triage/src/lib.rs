//! The scan-review request: what is in scope, what is to be answered, and the package to send.
//!
//! GitLab looks at scans of its own images if they keep to rules: image and version, severity, place,
//! and what the customer has found out about each finding.
//! A [`Profile`] holds such rules as data, a [`Calendar`] tells which versions are in scope on a day, and
//! a [`Collector`] makes a [`Review`] of findings: rows to answer, what was left out and why, and facts.
//! A review is three tables of texts, which the files of [`format`](mod@format) hold without loss.
//! [`check()`](check::check) says what is missing in it, and [`package()`] makes what is sent.
//!
//! The crate leaves out: reading scanner formats (`convert-*`), files, the clock, and sending anything.
//!
//! ```
//! use scanlift_triage::{Calendar, Image, Profile, standing};
//!
//! let image = Image::parse("gitlab/gitlab-ee:18.5.2-ee.0")?;
//! let profile = Profile::of_image(&image.name()).ok_or("no profile knows it")?;
//! let calendar = Calendar::builtin()?;
//! assert!(standing(&profile, &calendar, &image, None, "2025-12-24".parse()?)?.is_in());
//! assert!(!standing(&profile, &calendar, &image, None, "2026-01-15".parse()?)?.is_in());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod check;
pub mod finding;
pub mod format;
pub mod profile;
pub mod review;

mod calendar;
mod carry;
mod collect;
mod image;
mod package;
mod request;
mod scanner;
mod scope;
mod table;
mod text;
mod version;

pub use calendar::{Calendar, CalendarError, Release};
pub use carry::{CarriedOver, carry_over};
pub use check::check;
pub use collect::{Collector, Facts};
pub use image::{Image, ImageError, Tagged};
pub use jiff::civil::Date;
pub use package::{File, PackageError, files, package};
pub use profile::Profile;
pub use review::Review;
pub use scanner::{Origin, Scanner};
pub use scope::{NoImageVersion, Reason, Scope, Standing, standing};
pub use table::{Row, Table, TableError};
pub use version::{NoVersion, Series, Version};
