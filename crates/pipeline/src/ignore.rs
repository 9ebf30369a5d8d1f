//! What people decided to ignore: skipped with their reason, on record.

use crate::{Settings, receipt::IgnoreReceipt};
use scanlift_ignore_file::{Fate, IgnoreFile, Usage};
use scanlift_report_core::Vulnerability;
use std::sync::Arc;

/// Holds every finding against the entries of an ignore file.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    file: Option<Arc<IgnoreFile>>,
}

impl Stage {
    /// By the user's settings.
    #[must_use]
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { file: settings.ignore.clone() }
    }

    /// Why a finding is ignored, who says so, and until when; `None` to keep it.
    pub(crate) fn refuses(
        &self,
        vulnerability: &Vulnerability<'_>,
        scanner: &str,
        usage: &mut Usage,
    ) -> Option<String> {
        let entry = self.file.as_ref()?.find(vulnerability, scanner, usage)?;
        Some(entry.to_string())
    }

    /// What became of the entries.
    #[must_use]
    pub(crate) fn receipt(&self, usage: &Usage) -> Option<IgnoreReceipt> {
        let file = self.file.as_ref()?;
        let mut receipt = IgnoreReceipt {
            path: file.name().to_owned(),
            warnings: file.warnings(Some(usage)),
            ..IgnoreReceipt::default()
        };
        for (_, fate) in file.fates(usage) {
            receipt.entries += 1;
            match fate {
                Fate::Used(_) => receipt.used += 1,
                Fate::Expired(_) => receipt.expired += 1,
                _ => {}
            }
        }
        Some(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_ignore_file::Date;
    use scanlift_report_core::{Identifier, Location, SourceLocation};

    #[test]
    fn a_finding_is_ignored_with_its_reason() {
        let toml = "[[ignore]]\nrule = 'a'\nreason = 'Safe.'\nowner = 'bob'\n[[ignore]]\nrule = 'b'\nreason = 'r'\nexpires = 2020-01-01\n[[ignore]]\nrule = 'c'\nreason = 'r'";
        let file = IgnoreFile::parse("f.toml", toml, Date::constant(2026, 11, 28)).expect("a file");
        let settings = Settings { ignore: Some(Arc::new(file)), ..Settings::default() };
        let (stage, mut usage) = (Stage::new(&settings), Usage::default());
        let mut refused = |rule: &'static str| {
            let rule = Identifier::new("r", rule, rule).expect("filled");
            let finding = Vulnerability::new(rule, Location::Sast(SourceLocation::file("a.c")));
            stage.refuses(&finding, "s", &mut usage)
        };
        assert_eq!(refused("a").as_deref(), Some("Safe. (owner: bob)"));
        assert_eq!(refused("b"), None);
        let receipt = stage.receipt(&usage).expect("a file");
        assert_eq!((receipt.entries, receipt.used, receipt.expired, receipt.warnings.len()), (3, 1, 1, 2));
        assert!(Stage::default().receipt(&usage).is_none());
    }
}
