//! Trivy's SARIF: package findings tell their package in the lines of their message. Its JSON says
//! more: prefer it.

use super::Dialect;
use crate::{map::Said, package::Package};
use scanlift_report_core::Kind;

#[derive(Debug)]
pub(super) struct Trivy;

impl Dialect for Trivy {
    fn key(&self) -> &'static str {
        "trivy"
    }

    fn kind(&self) -> Kind {
        Kind::ContainerScanning
    }

    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let line =
            |mark: &str| said.message.lines().find_map(|line| line.trim().strip_prefix(mark)).map(str::trim);
        let name = line("Package:")?;
        let filled = |text: &&str| !text.is_empty();
        Some(Package {
            name: name.to_owned(),
            version: line("Installed Version:").unwrap_or_default().to_owned(),
            fixed: line("Fixed Version:").filter(filled).map(str::to_owned),
            image: said.run.properties.image.clone(),
            ..Package::default()
        })
    }
}
