//! Trivy's SARIF: package findings tell their package in the lines of their message, and texts are escaped as
//! HTML is. Its JSON says more: prefer it.

use super::Dialect;
use crate::{
    location,
    map::Said,
    package::{self, Package},
    rule::Rule,
};
use scanlift_convert_api::{Finding, advisory, html};
use scanlift_report_core::{Identifier, Kind, Severity};
use std::borrow::Cow;

#[derive(Debug)]
pub(super) struct Trivy;

impl Dialect for Trivy {
    fn key(&self) -> &'static str {
        "trivy"
    }

    fn kind(&self) -> Kind {
        Kind::ContainerScanning
    }

    /// Before version 0.16 the rule was `<target>: <package>-<version> <advisory>`.
    fn advisory_of_rule(&self, rule: &Rule) -> Option<Identifier<'static>> {
        advisory::identifier(rule.id.split_once(": ")?.1.rsplit_once(' ')?.1)
    }

    fn unsupported(&self, rule: &Rule) -> Option<&'static str> {
        (rule.name.as_deref() == Some("License")).then_some("licence findings have no GitLab report")
    }

    fn refine_rule(&self, rule: &mut Rule) {
        for text in [&mut rule.title, &mut rule.description].into_iter().flatten() {
            *text = html::unescape(text).into_owned();
        }
        let word = rule.tags.iter().find(|tag| Severity::from_word(tag).is_some());
        rule.severity = word.cloned();
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let of_rule = || said.rule.filter(|rule| !rule.about_secrets)?.package.clone();
        let mut package = package::by_lines(&said.message).or_else(of_rule)?;
        // "LanguageSpecificPackageVulnerability", once "Programming Language Vulnerability (npm)": in an
        // image only if there is one, else in the file system.
        let name = said.rule.and_then(|rule| rule.name.as_deref()).unwrap_or_default();
        if name.contains("Language") {
            let first =
                said.result.locations.first().and_then(|location| location.physical_location.as_ref());
            let artifact = first.and_then(|physical| physical.artifact_location.as_ref());
            let path = artifact.and_then(|artifact| location::path(artifact, said.run));
            package.in_image = Some(said.run.properties.image.is_some());
            package.path = path.filter(|_| package.in_image == Some(true)).map(Cow::into_owned);
        }
        Some(package)
    }

    /// The distribution's rating of this package, as in Trivy's own table: the rule has that of another
    /// package, and `security-severity` that of another source.
    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        let word = said.message.lines().find_map(|line| line.trim().strip_prefix("Severity:"));
        let word = word.map(str::trim).filter(|word| Severity::from_word(word).is_some());
        if let Some(word) = word {
            finding.severity.rating = Severity::from_word(word);
            finding.severity.word = Some(word.to_owned().into());
        }
    }
}
