//! Grype's SARIF: a rule is a vulnerability of a package (`CVE-2005-2541-tar`), the message names
//! the package's version, and the logical locations the image.

use super::Dialect;
use crate::{map::Said, package::Package, rule::Rule};
use scanlift_convert_api::advisory;
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

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let message: &str = &said.message;
        // "A low vulnerability in rpm package: NAME, version VERSION was found at: PATH"
        if let Some((_, rest)) = message.split_once(" package: ") {
            let (name, rest) = rest.split_once(", version ")?;
            let version = rest.split(" was found").next().unwrap_or_default();
            return Some(self.located(said, name, version));
        }
        // "The path PATH reports NAME at version VERSION  which is a vulnerable (deb) package ..."
        let (_, rest) = message.split_once(" reports ")?;
        let (name, rest) = rest.split_once(" at version ")?;
        let version = rest.split(" which ").next().unwrap_or_default();
        Some(self.located(said, name, version))
    }
}

impl Grype {
    fn located(&self, said: &Said<'_>, name: &str, version: &str) -> Package {
        let first = said.result.locations.first();
        let logical = first.and_then(|location| location.logical_locations.first());
        // "IMAGE@DIGEST:/PATH"; the layer's digest may follow the image's.
        let image = logical
            .and_then(|logical| logical.fully_qualified_name.as_deref())
            .and_then(|name| name.split_once(":/"))
            .map(|(image, _)| image)
            .map(|image| match image.match_indices("@sha256:").nth(1) {
                Some((at, _)) => &image[..at],
                None => image,
            })
            .filter(|image| !image.is_empty())
            .map(str::to_owned);
        let path = logical.and_then(|logical| logical.name.as_deref()).map(str::to_owned);
        Package {
            name: name.trim().to_owned(),
            version: version.trim().to_owned(),
            image,
            path,
            ..Package::default()
        }
    }
}
