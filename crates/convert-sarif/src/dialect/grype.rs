//! Grype's SARIF: a rule is a vulnerability of a package (`CVE-2005-2541-tar`), the message names
//! the package's version, and the logical locations the image.

use super::Dialect;
use crate::{map::Said, package::Package, rule::Rule};
use scanlift_convert_api::{advisory, package::Purl};
use scanlift_report_core::{Identifier, Kind};

#[derive(Debug)]
pub(super) struct Grype;

impl Dialect for Grype {
    fn key(&self) -> &'static str {
        "grype"
    }

    fn kind(&self) -> Kind {
        Kind::ContainerScanning
    }

    /// What stands before the package: GitLab counts the package by the location already.
    fn advisory_of_rule(&self, rule: &Rule) -> Option<Identifier<'static>> {
        if rule.id.starts_with("GHSA-") {
            return advisory::identifier(rule.id.get(..19)?);
        }
        let dashes: Vec<usize> = rule.id.match_indices('-').map(|(at, _)| at).collect();
        // The advisory ends at the dash behind its last part of digits.
        dashes
            .iter()
            .copied()
            .chain([rule.id.len()])
            .filter_map(|end| rule.id.get(..end))
            .filter(|id| {
                id.rsplit('-')
                    .next()
                    .is_some_and(|part| part.len() > 1 && part.bytes().all(|b| b.is_ascii_digit()))
            })
            .find(|id| advisory::kind(id).is_some() && id.matches('-').count() >= 2)
            .and_then(advisory::identifier)
    }

    /// "CVE-2021-1 low vulnerability for x package": the distribution's rating, as in Grype's own table.
    /// `security-severity` is that of another.
    fn refine_rule(&self, rule: &mut Rule) {
        let told = rule.title.as_deref().and_then(|title| title.split_once(" vulnerability for "));
        if let Some(word) = told.and_then(|(before, _)| before.rsplit(' ').next()) {
            rule.severity = Some(word.to_owned());
        }
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let message: &str = &said.message;
        // "A low vulnerability in rpm package: NAME, version VERSION was found in image IMAGE at: PATH"; of
        // scanned files without "in image IMAGE"
        if let Some((_, rest)) = message.split_once(" package: ") {
            let (name, rest) = rest.split_once(", version ")?;
            let (version, rest) = rest.split_once(" was found").unwrap_or((rest, ""));
            let image = rest.strip_prefix(" in image ").and_then(|rest| rest.rsplit_once(" at: "));
            let package = located(said, name, version, image.map(|(image, _)| image));
            let in_image = Some(package.image.is_some());
            return Some(Package { in_image, ..package });
        }
        // "The path PATH reports NAME at version VERSION  which is a vulnerable (deb) package installed in
        // the container"; of files "which would result in a vulnerable (deb) package installed"
        let (_, rest) = message.split_once(" reports ")?;
        let (name, rest) = rest.split_once(" at version ")?;
        let (version, rest) = rest.split_once(" which ").unwrap_or((rest, ""));
        let in_image = Some(!rest.starts_with("would"));
        Some(Package { in_image, ..located(said, name, version, None) })
    }
}

/// A package, with what the logical location says of its place.
fn located(said: &Said<'_>, name: &str, version: &str, image: Option<&str>) -> Package {
    let first = said.result.locations.first();
    let logical = first.and_then(|location| location.logical_locations.first());
    // "IMAGE@DIGEST:/PATH"; the layer's digest may follow the image's.
    let digested = logical
        .and_then(|logical| logical.fully_qualified_name.as_deref())
        .and_then(|name| name.split_once(":/"))
        .map(|(image, _)| match image.match_indices("@sha256:").nth(1) {
            Some((at, _)) => &image[..at],
            None => image,
        })
        .filter(|image| !image.is_empty());
    // The rule is that of an advisory and a package, in the version of its first result.
    let (name, version) = (name.trim(), version.trim());
    let is_same = |purl: &&String| Purl::parse(purl).is_some_and(|purl| purl.version == version);
    let told = said.rule.and_then(|rule| rule.package.as_ref()).filter(|package| package.name == name);
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        fixed: told.and_then(|package| package.fixed.clone()),
        purl: said.rule.and_then(|rule| rule.purl.as_ref()).filter(is_same).cloned(),
        image: digested.or(image).map(str::to_owned),
        path: logical.and_then(|logical| logical.name.as_deref()).map(str::to_owned),
        ..Package::default()
    }
}
