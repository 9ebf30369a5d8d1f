//! The account of a further file.

use super::Format;
use crate::{
    account::EXAMPLES,
    receipt::{OutputReceipt, ScannerReceipt, SkippedReceipt},
};
use scanlift_convert_api::SkipReason;
use scanlift_report_core::{Severity, Tool, Vulnerability};
use std::collections::{BTreeMap, BTreeSet};

/// The account of a further file while its findings come.
#[derive(Debug, Default)]
pub(crate) struct Account {
    scanners: BTreeMap<String, ScannerReceipt>,
    findings: u64,
    severities: [u64; 6],
    skipped: BTreeMap<&'static str, (u64, BTreeSet<String>)>,
    warnings: Vec<String>,
}

impl Account {
    /// The findings of a scanner are in it, even if there are none.
    pub(crate) fn add_scanner(&mut self, scanner: &ScannerReceipt) {
        if !self.scanners.contains_key(&scanner.id) {
            self.scanners.insert(scanner.id.clone(), scanner.clone());
        }
    }

    pub(crate) fn scanners(&self) -> impl Iterator<Item = &ScannerReceipt> {
        self.scanners.values()
    }

    pub(crate) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Adds another account.
    pub(crate) fn merge(&mut self, other: Self) {
        other.scanners.values().for_each(|scanner| self.add_scanner(scanner));
        self.findings += other.findings;
        self.severities.iter_mut().zip(other.severities).for_each(|(all, more)| *all += more);
        for (why, (count, examples)) in other.skipped {
            let (all, known) = self.skipped.entry(why).or_default();
            *all += count;
            let room = EXAMPLES.saturating_sub(known.len());
            known.extend(examples.into_iter().take(room));
        }
        self.warnings.extend(other.warnings);
    }

    /// A finding is in the file.
    pub(crate) fn count(&mut self, vulnerability: &Vulnerability<'_>) {
        self.findings += 1;
        self.severities[vulnerability.severity.unwrap_or(Severity::Unknown) as usize] += 1;
    }

    pub(crate) fn has_findings(&self) -> bool {
        self.findings > 0
    }

    /// A finding is not in the file.
    pub(crate) fn skip(&mut self, why: &'static str, vulnerability: &Vulnerability<'_>) {
        let (count, examples) = self.skipped.entry(why).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.insert(vulnerability.identifiers.primary().value.to_string());
        }
    }

    pub(crate) fn into_receipt(self, file_name: String, format: Format) -> OutputReceipt {
        let names: Vec<_> = self.scanners.values().map(|scanner| &*scanner.name).collect();
        let scanner = match (self.scanners.len(), self.scanners.values().next()) {
            (1, Some(only)) => only.clone(),
            _ => ScannerReceipt {
                id: Tool::MERGED.to_owned(),
                name: names.join(", "),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        };
        let severities = Severity::WORST_FIRST
            .into_iter()
            .map(|severity| (severity.as_str(), self.severities[severity as usize]))
            .collect();
        let skipped = self.skipped.into_iter().map(|(why, (count, examples))| SkippedReceipt {
            reason: SkipReason::Unsupported.as_str(),
            detail: why.to_owned(),
            count,
            examples: examples.into_iter().collect(),
        });
        OutputReceipt {
            path: file_name,
            kind: format.as_str(),
            schema_version: format.version(),
            scanner,
            findings: self.findings,
            remediations: 0,
            fixable: 0,
            unpatched: Vec::new(),
            severities,
            skipped: skipped.collect(),
            warnings: self.warnings,
        }
    }
}
