//! The further files that GitLab reads: Code Quality, SARIF and an SBOM.
//!
//! They are made of the finished reports, finding by finding, so that whatever the pipeline settled
//! (paths, severities, identity, redaction, folding) holds for them too, and one pass over the
//! inputs serves all. Where no security report is wanted beside them, the reports are let go.

mod account;
mod codequality;
mod cyclonedx;
mod sarif;
mod source;

use crate::{Finished, Settings, output::temporary, receipt::OutputReceipt};
use account::Account;
pub(crate) use cyclonedx::Inventory;
use scanlift_report_core::{Dependency, Location, Vulnerability};
use source::Source;
use std::{
    fmt,
    io::{self, BufWriter},
    path::Path,
};
use tempfile::NamedTempFile;

/// A format that GitLab reads beside its security reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// Code Quality: the subset of Code Climate's format that GitLab reads, in all tiers.
    CodeQuality,
    /// SARIF, fitted to what GitLab's own SARIF ingestion takes.
    Sarif,
    /// CycloneDX, with the properties that GitLab's dependency list reads.
    CycloneDx,
}

impl Format {
    /// Every format, in the order written.
    pub const ALL: &'static [Self] = &[Self::CodeQuality, Self::Sarif, Self::CycloneDx];

    /// GitLab's spelling, as in `artifacts:reports`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeQuality => "codequality",
            Self::Sarif => "sarif",
            Self::CycloneDx => "cyclonedx",
        }
    }

    /// The format of that spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text)
    }

    /// The version of the format that is written; GitLab's Code Quality has none.
    const fn version(self) -> &'static str {
        match self {
            Self::CodeQuality => "",
            Self::Sarif => "2.1.0",
            Self::CycloneDx => "1.6",
        }
    }

    /// The format of a file that scanlift wrote, by its first bytes; `None` if somebody else did.
    ///
    /// It says once more what the security reports say that it was made of.
    #[must_use]
    pub fn wrote(head: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| match format {
            Self::CodeQuality => codequality::wrote(head),
            Self::Sarif => sarif::wrote(head),
            Self::CycloneDx => cyclonedx::wrote(head),
        })
    }

    /// Why a finding cannot be told in this format; `None` if it can.
    fn refuses(self, vulnerability: &Vulnerability<'_>) -> Option<&'static str> {
        match self {
            Self::CodeQuality => codequality::refuses(vulnerability),
            Self::Sarif => None,
            Self::CycloneDx => cyclonedx::refuses(vulnerability),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A file of a further format that is complete, but not in its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Export {
    /// As `gl-code-quality-report.json`.
    pub file_name: String,
    /// Its format.
    pub format: Format,
    /// The file; gone when dropped.
    pub file: NamedTempFile,
}

/// Whether the security reports are wanted, and not only made for the further formats.
fn keeps_reports(settings: &Settings) -> bool {
    settings.formats.is_empty() || !settings.kinds.is_empty()
}

/// Why a finding can be told in no file that is wanted; `None` if there is one.
pub(crate) fn refuses(settings: &Settings, vulnerability: &Vulnerability<'_>) -> Option<&'static str> {
    if keeps_reports(settings) {
        return None;
    }
    let mut refusal = None;
    for format in &settings.formats {
        refusal = Some(format.refuses(vulnerability)?);
    }
    refusal
}

/// Adds the files of the further formats that the user wants, in the order of the formats.
pub(crate) fn add(
    finished: &mut Finished,
    mut inventory: Option<Inventory>,
    settings: &Settings,
) -> io::Result<()> {
    let mut wanted = settings.formats.clone();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(());
    }
    let sources: Vec<_> = finished
        .reports
        .iter()
        .zip(&finished.receipt.outputs)
        .map(|(report, receipt)| Source::new(report, &receipt.scanner))
        .collect();
    let mut exports = Vec::new();
    if !sources.is_empty() {
        for format in wanted {
            exports.extend(match format {
                Format::CodeQuality => codequality::write(&sources, settings)?,
                Format::Sarif => sarif::write(&sources, settings)?,
                Format::CycloneDx => inventory
                    .take()
                    .map_or_else(|| Ok(Made::new()), |inventory| inventory.finish(settings))?,
            });
        }
    }
    if !keeps_reports(settings) {
        finished.reports.clear();
        finished.receipt.outputs.clear();
    }
    for (export, receipt) in exports {
        finished.exports.push(export);
        finished.receipt.outputs.push(receipt);
    }
    Ok(())
}

/// What is known of packages, where a bill of materials is wanted.
pub(crate) fn inventory(settings: &Settings) -> Option<Inventory> {
    settings.formats.contains(&Format::CycloneDx).then(Inventory::default)
}

/// The package that a finding is about.
fn dependency<'v, 'a>(location: &'v Location<'a>) -> Option<&'v Dependency<'a>> {
    match location {
        Location::DependencyScanning(location) => Some(&location.dependency),
        Location::ContainerScanning(location) => Some(&location.dependency),
        Location::ClusterImageScanning(location) => Some(&location.dependency),
        _ => None,
    }
}

/// What a format makes: files, each with its account.
type Made = Vec<(Export, OutputReceipt)>;

/// A temporary file that is written to in small pieces.
fn begin(folder: &Path) -> io::Result<BufWriter<NamedTempFile>> {
    Ok(BufWriter::with_capacity(128 * 1024, temporary(folder)?))
}

/// A file that is written, with its account.
fn end(
    out: BufWriter<NamedTempFile>,
    file_name: String,
    format: Format,
    account: Account,
) -> io::Result<(Export, OutputReceipt)> {
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    let receipt = account.into_receipt(file_name.clone(), format);
    Ok((Export { file_name, format, file }, receipt))
}
