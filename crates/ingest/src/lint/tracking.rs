//! Tracking signatures: by them GitLab knows a finding that moved.

use super::{Linter, quoted, rule, stand_in};
use crate::finding::{Algorithm, Fingerprint};
use crate::schema::Pointer;
use serde_json::{Map, Value};

/// What scanners write that have no signature.
const PLACEHOLDERS: [&str; 7] = ["requires login", "none", "null", "n/a", "unknown", "undefined", "todo"];

/// Whether all signatures are one and the same, though the findings are at several places.
#[derive(Debug, Default)]
pub(super) struct Tracking {
    first: Option<(Fingerprint, u128)>,
    text: String,
    findings: u64,
    differ: bool,
    has_places: bool,
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
                if let Some(algorithm) = text("algorithm")
                    && Algorithm::parse(algorithm).is_none()
                {
                    self.push(&rule::TRACKING_ALGORITHM, &at.key("algorithm"), || quoted(algorithm));
                    continue;
                }
                if let Some(value) = text("value") {
                    if is_placeholder(value) {
                        self.push(&rule::TRACKING_PLACEHOLDER, &at.key("value"), || quoted(value));
                    }
                    own.push_str(value);
                    own.push('|');
                }
            }
        }
        if !own.is_empty() {
            let place = map.get("location").map(Value::to_string).unwrap_or_default();
            self.tracking.add(&own, stand_in(&place));
        }
    }

    pub(super) fn finish_tracking(&mut self) {
        let tracking = std::mem::take(&mut self.tracking);
        if tracking.has_places && !tracking.differ {
            let Tracking { findings, text, .. } = tracking;
            let root = Pointer::ROOT;
            self.push(&rule::TRACKING_EQUAL, &root.key("vulnerabilities"), || {
                format!("{} in all {findings} findings that have one", quoted(text.trim_end_matches('|')))
            });
        }
    }
}

impl Tracking {
    fn add(&mut self, text: &str, place: u128) {
        let own = Fingerprint::of(text);
        match self.first {
            None => {
                self.first = Some((own, place));
                self.text = text.chars().take(80).collect();
            }
            Some((first, first_place)) => {
                self.differ |= first != own;
                self.has_places |= first_place != place;
            }
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
