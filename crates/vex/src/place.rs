//! What the converters of VEX documents make of a statement.

use crate::{Image, Status};
use scanlift_convert_api::package::{Place, Purl};
use scanlift_convert_api::{Options, image, json::filled};
use scanlift_report_core::Severity;
use std::borrow::Cow;

/// Where the package of a statement is, which decides the report: in the image that the document
/// names; a package of an operating system in the user's image; else in a file.
#[must_use]
pub fn place<'a>(
    named: Option<&Image>,
    purl: Option<&str>,
    file: &'a str,
    options: &'a Options,
) -> Place<'a> {
    let purl = purl.and_then(Purl::parse);
    let of_user = || filled(&options.image).filter(|_| purl.as_ref().is_some_and(Purl::is_of_system));
    let reference = named.map(|image| Cow::Owned(image.reference())).or_else(|| of_user().map(Cow::Borrowed));
    let Some(reference) = reference else { return Place::Manifest(Cow::Borrowed(file)) };
    let distribution = purl.and_then(|purl| purl.distribution).map(Cow::Owned);
    let of_user = filled(&options.operating_system).map(Cow::Borrowed);
    Place::Image { image: image::with_tag(reference), operating_system: distribution.or(of_user) }
}

/// The severity of a statement that does not rate its vulnerability.
///
/// Statements know two steps of urgency: a product is affected, so that something has to be done;
/// or nobody knows yet.
#[must_use]
pub fn level(status: Status) -> Option<Severity> {
    match status {
        Status::Affected => Some(Severity::Medium),
        Status::UnderInvestigation => Some(Severity::Info),
        Status::NotAffected | Status::Fixed => None,
    }
}
