//! Remediations: whether each mends something, with a patch that can be applied.

use super::{Linter, quoted, rule, stand_in};
use crate::limits as limit;
use crate::schema::Pointer;
use scanlift_convert_api::{base64, patch};
use serde_json::Value;
use std::collections::HashMap;

/// The ids that remediations name, with where; they may stand before the findings.
#[derive(Debug, Default)]
pub(super) struct Remediations(HashMap<u128, (u64, u32)>);

impl Linter<'_> {
    pub(crate) fn remediation(&mut self, index: u64, value: &Value, at: &Pointer<'_>) {
        if let Some(Value::Array(fixes)) = value.get("fixes") {
            let at = at.key("fixes");
            for (number, fix) in fixes.iter().enumerate() {
                let Some(id) = fix.get("id").and_then(Value::as_str) else { continue };
                let place = (index, u32::try_from(number).unwrap_or(u32::MAX));
                if let Some((other, _)) = self.remediations.0.insert(stand_in(id), place)
                    && other != index
                {
                    let at = at.index(number as u64);
                    self.push(&rule::REMEDIATION_REPEATED, &at, || {
                        format!("{}, as number {other}", quoted(id))
                    });
                }
            }
        }
        if let Some(Value::String(summary)) = value.get("summary") {
            let count = summary.chars().count();
            if count > limit::REMEDIATION_SUMMARY {
                self.push(&rule::REMEDIATION_SUMMARY_LONG, &at.key("summary"), || {
                    format!("it has {count} characters")
                });
            }
        }
        if let Some(Value::String(diff)) = value.get("diff") {
            self.diff(diff, &at.key("diff"));
        }
    }

    fn diff(&mut self, diff: &str, at: &Pointer<'_>) {
        let Some(text) = base64::decode(diff) else {
            return self.push(&rule::REMEDIATION_ENCODING, at, || quoted(diff));
        };
        match patch::files(&text) {
            Err(why) => self.push(&rule::REMEDIATION_PATCH, at, || why.to_owned()),
            Ok(files) => {
                for file in files.into_iter().filter(|file| patch::is_outside(file)) {
                    self.push(&rule::REMEDIATION_PATH, at, || quoted(&file));
                }
            }
        }
    }

    pub(super) fn finish_remediations(&mut self) {
        let mut open: Vec<(u64, u32)> = std::mem::take(&mut self.remediations.0)
            .into_iter()
            .filter(|(id, _)| !self.ids.contains_key(id))
            .map(|(_, place)| place)
            .collect();
        open.sort_unstable();
        let root = Pointer::ROOT;
        let all = root.key("remediations");
        for (index, number) in open {
            let at = all.index(index);
            let at = at.key("fixes");
            let at = at.index(u64::from(number));
            self.push(&rule::REMEDIATION_UNMATCHED, &at.key("id"), String::new);
        }
    }
}
