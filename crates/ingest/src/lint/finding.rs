//! The texts of a finding: what is missing, cut, left over by a program, or secret.

use super::{Linter, quoted, rule};
use crate::limits as limit;
use crate::ruby;
use crate::schema::Pointer;
use scanlift_report_core::Kind;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What programs write where they have nothing to say.
const PLACEHOLDERS: [&str; 11] =
    ["none", "null", "nil", "n/a", "na", "undefined", "nan", "not available", "tbd", "-", "todo"];
/// The same within a text.
const TRACES: [&str; 4] = ["[object Object]", "%!s(", "%!d(", "can be found None"];

/// What stands where a secret was.
const MASKS: [&str; 6] = ["*", "redacted", "…", "...", "xxx", "hidden"];

impl Linter<'_> {
    pub(super) fn finding(&mut self, index: u64, map: &Map<String, Value>, at: &Pointer<'_>) {
        if let Some(id) = map.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            if let Some(other) = self.ids.get(&super::stand_in(id)) {
                let other = *other;
                self.push(&rule::ID_REPEATED, &at.key("id"), || {
                    format!("{} is the id of number {other} too", quoted(id))
                });
            } else {
                self.ids.insert(super::stand_in(id), index);
            }
            if is_random(id) {
                self.push(&rule::ID_RANDOM, &at.key("id"), || quoted(id));
            }
        }
        if !ruby::is_present(map.get("name")) {
            self.push(&rule::NAME_MISSING, at, String::new);
        }
        match map.get("severity") {
            None | Some(Value::Null) => self.push(&rule::SEVERITY_MISSING, at, String::new),
            Some(_) => {}
        }
        match map.get("description") {
            None | Some(Value::Null) => self.push(&rule::DESCRIPTION_MISSING, at, String::new),
            Some(Value::String(text)) => {
                self.long(&rule::DESCRIPTION_LONG, text, limit::DESCRIPTION, &at.key("description"));
            }
            Some(_) => {}
        }
        for key in ["name", "description", "solution"] {
            let Some(Value::String(text)) = map.get(key) else { continue };
            if text.trim().is_empty() {
                self.push(&rule::TEXT_BLANK, &at.key(key), || quoted(text));
            } else if is_placeholder(text) {
                self.push(&rule::TEXT_PLACEHOLDER, &at.key(key), || quoted(text));
            }
        }
        self.links(map, &at.key("links"));
        self.flags(map, &at.key("flags"));
        self.cvss(map, &at.key("cvss_vectors"));
        self.extract(map, at);
    }

    fn long(&mut self, rule: &'static super::Rule, text: &str, most: usize, at: &Pointer<'_>) {
        if text.len() > most {
            let count = text.chars().count();
            if count > most {
                self.push(rule, at, || format!("it has {count} characters"));
            }
        }
    }

    fn links(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Array(links)) = map.get("links") else { return };
        let mut seen = BTreeSet::new();
        for (index, link) in links.iter().enumerate() {
            let at = at.index(index as u64);
            if let Some(Value::String(url)) = link.get("url") {
                self.long(&rule::LINK_LONG, url, limit::LINK_URL, &at.key("url"));
                if !seen.insert(url.as_str()) {
                    self.push(&rule::LINK_REPEATED, &at.key("url"), || quoted(url));
                }
            }
            if let Some(Value::String(name)) = link.get("name") {
                self.long(&rule::LINK_NAME_LONG, name, limit::LINK_NAME, &at.key("name"));
            }
        }
    }

    fn flags(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Array(flags)) = map.get("flags") else { return };
        for (index, flag) in flags.iter().enumerate() {
            if let Some(Value::String(text)) = flag.get("description") {
                let at = at.index(index as u64);
                self.long(&rule::FLAG_LONG, text, limit::FLAG_DESCRIPTION, &at.key("description"));
            }
        }
    }

    fn cvss(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Array(vectors)) = map.get("cvss_vectors") else { return };
        for (index, vector) in vectors.iter().enumerate() {
            if let Some(Value::String(text)) = vector.get("vector")
                && text.trim_start().starts_with("CVSS:4")
            {
                let at = at.index(index as u64);
                self.push(&rule::CVSS_4, &at.key("vector"), || quoted(text));
            }
        }
    }

    /// The code of a leaked secret is the secret, unless somebody masked it.
    fn extract(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::String(text)) = map.get("raw_source_code_extract") else { return };
        let lower = text.to_ascii_lowercase();
        let is_masked = MASKS.iter().any(|mask| lower.contains(mask));
        if self.kind == Kind::SecretDetection && !text.trim().is_empty() && !is_masked {
            self.push(&rule::SECRET_IN_TEXT, &at.key("raw_source_code_extract"), || {
                format!("the code of the secret, {} characters", text.chars().count())
            });
        }
    }

    /// Looks at every text, however deep: what is a path, what is a secret.
    pub(super) fn texts(&mut self, value: &Value, key: Option<&str>, at: &Pointer<'_>) {
        match value {
            Value::String(text) => {
                if matches!(key, Some("file" | "file_name")) {
                    self.path(text, at);
                }
                if let Some(has_secret) = self.around.has_secret
                    && text.len() > 8
                    && has_secret(text)
                {
                    // The text itself stays where it is.
                    self.push(&rule::SECRET_IN_TEXT, at, || {
                        "it holds what looks like a credential".to_owned()
                    });
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.texts(item, None, &at.index(index as u64));
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    self.texts(value, Some(key), &at.key(key));
                }
            }
            _ => {}
        }
    }
}

/// A UUID of version 4, which is made of chance (RFC 9562, section 5.4).
fn is_random(id: &str) -> bool {
    let bytes = id.as_bytes();
    bytes.len() == 36 && uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.get_version_num() == 4)
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    PLACEHOLDERS.iter().any(|it| text.eq_ignore_ascii_case(it)) || TRACES.iter().any(|it| text.contains(it))
}
