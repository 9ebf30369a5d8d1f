//! The account of one input: every record is a finding, or is skipped for a named reason.

use crate::receipt::{InputReceipt, SkippedReceipt};
use scanlift_convert_api::{SkipReason, Warning};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many warnings of a kind are kept word by word.
const WARNINGS: usize = 20;

/// How many examples of skipped records are kept.
pub(crate) const EXAMPLES: usize = 5;

/// Of how many records examples are made, which takes time where it is done lazily: thousands may be
/// skipped of which fewer than five differ.
const LOOKED_AT: u64 = 1000;

/// How many different details a reason is split into.
const DETAILS: usize = 200;

/// The account of the input that is being read.
#[derive(Debug, Default)]
pub(crate) struct InputAccount {
    /// Whether an input was begun, and has no end yet.
    pub(crate) is_open: bool,
    pub(crate) receipt: InputReceipt,
    skipped: BTreeMap<(SkipReason, String), (u64, Vec<String>)>,
    /// Findings that GitLab may know by another place or first identifier, and what the first is called now.
    renamed: Option<(u64, String)>,
    warned: HashSet<String>,
    warnings: HashMap<std::mem::Discriminant<Warning>, u64>,
}

impl InputAccount {
    pub(crate) fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.skip_lazily(reason, detail, || example.to_owned());
    }

    /// The same with an example that is made when it is kept.
    pub(crate) fn skip_lazily(&mut self, reason: SkipReason, detail: &str, example: impl FnOnce() -> String) {
        let full = self.skipped.len() >= DETAILS;
        let key = (reason, detail.to_owned());
        let key = if full && !self.skipped.contains_key(&key) { (reason, "other".to_owned()) } else { key };
        let (count, examples) = self.skipped.entry(key).or_default();
        *count += 1;
        if examples.len() < EXAMPLES && *count <= LOOKED_AT {
            let example = example();
            if !example.is_empty() && !examples.contains(&example) {
                examples.push(example);
            }
        }
    }

    /// Counts a finding that GitLab may know by another name.
    pub(crate) fn rename(&mut self, name: impl FnOnce() -> String) {
        self.renamed.get_or_insert_with(|| (0, name())).0 += 1;
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        // How all of a document is written is told of its first record that is.
        if let Warning::NotStrict { what, .. } = warning
            && !self.warned.insert(what.to_owned())
        {
            return;
        }
        let count = self.warnings.entry(std::mem::discriminant(&warning)).or_default();
        *count += 1;
        if *count > WARNINGS as u64 {
            return;
        }
        let text = warning.to_string();
        if self.warned.insert(text.clone()) {
            self.receipt.warnings.push(text);
        } else {
            *count -= 1;
        }
    }

    /// The receipt of an input that was read to its end.
    pub(crate) fn into_receipt(self) -> InputReceipt {
        let mut receipt = self.receipt;
        receipt.skipped = self
            .skipped
            .into_iter()
            .map(|((reason, detail), (count, examples))| SkippedReceipt {
                reason: reason.as_str(),
                detail,
                count,
                examples,
            })
            .collect();
        let unsaid: u64 = self.warnings.values().map(|count| count.saturating_sub(WARNINGS as u64)).sum();
        if unsaid > 0 {
            receipt.warnings.push(format!("and {unsaid} more warnings like these"));
        }
        if let Some((count, first)) = self.renamed {
            let findings = if count == 1 { "finding" } else { "findings" };
            let text = format!(
                "GitLab will take {count} {findings} of this report for new, since place or first identifier had to change (the first: {first})"
            );
            receipt.warnings.insert(0, text);
        }
        receipt
    }
}
