//! Tracking signatures: by them GitLab knows a finding that moved.

use super::{Linter, quoted, rule};
use crate::finding::{Algorithm, Fingerprint};
use crate::schema::Pointer;
use serde_json::{Map, Value};

/// What scanners write that have no signature.
const PLACEHOLDERS: [&str; 7] = ["requires login", "none", "null", "n/a", "unknown", "undefined", "todo"];

/// Whether all signatures are one and the same.
#[derive(Debug, Default)]
pub(super) struct Tracking {
    first: Option<Fingerprint>,
    text: String,
    findings: u64,
    differ: bool,
}

impl Linter<'_> {
    pub(super) fn signatures(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Array(items)) = map.get("tracking").and_then(|tracking| tracking.get("items")) else {
            return;
        };
        let at = at.key("tracking");
        let at = at.key("items");
        let mut own = String::new();
        for (index, item) in items.iter().enumerate() {
            let Some(Value::Array(signatures)) = item.get("signatures") else { continue };
            let at = at.index(index as u64);
            let at = at.key("signatures");
            for (index, signature) in signatures.iter().enumerate() {
                let at = at.index(index as u64);
                let text = |key: &str| signature.get(key).and_then(Value::as_str);
                if let Some(value) = text("value") {
                    if is_placeholder(value) {
                        self.push(&rule::TRACKING_PLACEHOLDER, &at.key("value"), || quoted(value));
                    }
                    own.push_str(value);
                    own.push('|');
                }
                if let Some(algorithm) = text("algorithm")
                    && Algorithm::parse(algorithm).is_none()
                {
                    self.push(&rule::TRACKING_ALGORITHM, &at.key("algorithm"), || quoted(algorithm));
                }
            }
        }
        if !own.is_empty() {
            self.tracking.add(&own);
        }
    }

    pub(super) fn finish_tracking(&mut self) {
        let Tracking { findings, differ: false, text, .. } = std::mem::take(&mut self.tracking) else {
            return;
        };
        if findings > 1 {
            let root = Pointer::ROOT;
            self.push(&rule::TRACKING_EQUAL, &root.key("vulnerabilities"), || {
                format!("{} in all {findings} findings that have one", quoted(text.trim_end_matches('|')))
            });
        }
    }
}

impl Tracking {
    fn add(&mut self, text: &str) {
        let own = Fingerprint::of(text);
        match self.first {
            None => {
                self.first = Some(own);
                self.text = text.chars().take(80).collect();
            }
            Some(first) => self.differ |= first != own,
        }
        self.findings += 1;
    }
}

fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || PLACEHOLDERS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || (value.len() > 6 && value.bytes().all(|b| b == b'0'))
}
