//! What the schema of 1.6 would not take.

use super::form::{is_email, is_hash, is_reference, is_time};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Fields that came with 1.7 in other places than components, and signatures.
const GONE: [&str; 5] =
    ["signature", "distributionConstraints", "expressionDetails", "citations", "patentAssertions"];

/// Fields of a component (CycloneDX 1.6), less its signature.
const FIELDS: [&str; 30] = [
    "type",
    "mime-type",
    "bom-ref",
    "supplier",
    "manufacturer",
    "authors",
    "author",
    "publisher",
    "group",
    "name",
    "version",
    "description",
    "scope",
    "hashes",
    "licenses",
    "copyright",
    "cpe",
    "purl",
    "omniborId",
    "swhid",
    "swid",
    "modified",
    "pedigree",
    "externalReferences",
    "components",
    "evidence",
    "releaseNotes",
    "modelCard",
    "cryptoProperties",
    "properties",
];

/// Kinds of external references that came with 1.7.
const REFERENCES: [&str; 4] = ["patent", "patent-family", "patent-assertion", "citation"];

/// Kinds of components (CycloneDX 1.6, `component.type`).
const COMPONENTS: [&str; 13] = [
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
];

/// Fields whose texts are times.
const TIMES: [&str; 14] = [
    "timestamp",
    "created",
    "published",
    "updated",
    "rejected",
    "firstIssued",
    "lastUpdated",
    "lastRenewal",
    "expiration",
    "notValidBefore",
    "notValidAfter",
    "creationDate",
    "activationDate",
    "expirationDate",
];

/// Lists that may not have an item twice.
const SETS: [&str; 7] =
    ["components", "services", "dependsOn", "provides", "affects", "assemblies", "dependencies"];

/// Lists whose items are of no use without an address, and may not lack it.
const ADDRESSES: [&str; 2] = ["externalReferences", "advisories"];

/// Mends an item of a part of the document, and says whether it can stay.
pub(super) fn item(part: &str, item: &mut Value) -> bool {
    walk(item);
    match (part, item.as_object_mut()) {
        ("components", Some(component)) => self::component(component),
        ("externalReferences", Some(reference)) => mend_reference(reference),
        ("metadata", Some(metadata)) => {
            if let Some(Value::Object(root)) = metadata.get_mut("component") {
                component(root);
            }
        }
        _ => {}
    }
    !ADDRESSES.contains(&part) || item.get("url").is_some()
}

/// A component has a name, and a type of those that the schema knows.
fn component(component: &mut Map<String, Value>) {
    component.retain(|key, _| FIELDS.contains(&key.as_str()) || matches!(key.as_str(), "data" | "tags"));
    let kind = component.get("type").and_then(Value::as_str).unwrap_or_default();
    if !COMPONENTS.contains(&kind) {
        component.insert("type".to_owned(), json!("library"));
    }
    if !component.get("name").is_some_and(Value::is_string) {
        let name = component.get("purl").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        component.insert("name".to_owned(), Value::String(name));
    }
    if let Some(Value::Array(nested)) = component.get_mut("components") {
        nested.iter_mut().filter_map(Value::as_object_mut).for_each(self::component);
    }
}

/// Walks through everything; the reader bounds how deep it goes.
fn walk(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(fields) => {
            fields.retain(|key, value| !GONE.contains(&key.as_str()) && !value.is_null() && fits(key, value));
            if let Some(Value::Array(licences)) = fields.get_mut("licenses") {
                mend_licences(licences);
            }
            if let Some(Value::Array(references)) = fields.get_mut("externalReferences") {
                references.iter_mut().filter_map(Value::as_object_mut).for_each(mend_reference);
            }
            fields.values_mut().for_each(walk);
            for (key, list) in fields {
                let Some(items) = list.as_array_mut() else { continue };
                if ADDRESSES.contains(&key.as_str()) {
                    items.retain(|item| item.get("url").is_some());
                }
                if SETS.contains(&key.as_str()) {
                    let mut seen = HashSet::new();
                    items.retain(|item| seen.insert(item.to_string()));
                }
            }
        }
        _ => {}
    }
}

/// Whether a field has the form that the schema asks for; lists lose what has not.
fn fits(key: &str, value: &mut Value) -> bool {
    match (key, value) {
        ("url", Value::String(url)) => is_reference(url),
        ("url", Value::Array(urls)) => {
            urls.retain(|url| url.as_str().is_some_and(is_reference));
            true
        }
        ("hashes", Value::Array(hashes)) => {
            hashes.retain(|hash| {
                let text = |key: &str| hash.get(key).and_then(Value::as_str).unwrap_or_default();
                is_hash(text("alg"), text("content"))
            });
            true
        }
        ("email", Value::String(email)) => is_email(email),
        ("scope", Value::String(scope)) => matches!(scope.as_str(), "required" | "optional" | "excluded"),
        ("bom-ref", Value::String(reference)) => !reference.is_empty(),
        (key, Value::String(time)) if TIMES.contains(&key) => is_time(time),
        _ => true,
    }
}

/// Until 1.6 there are either licences or a single expression.
fn mend_licences(licences: &mut Vec<Value>) {
    if licences.len() < 2 {
        return;
    }
    for licence in licences {
        if let Some(expression) = licence.get("expression").and_then(Value::as_str) {
            *licence = json!({"license": {"name": expression}});
        }
    }
}

fn mend_reference(reference: &mut Map<String, Value>) {
    reference.remove("properties");
    if reference.get("type").and_then(Value::as_str).is_none_or(|kind| REFERENCES.contains(&kind)) {
        reference.insert("type".to_owned(), json!("other"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_form_is_left_out() {
        let mut component = json!({
            "type": "library", "name": "a", "bom-ref": "", "scope": "test",
            "hashes": [{"alg": "Streebog-256", "content": "00"}, {"alg": "MD5", "content": "d41d8cd98f00b204e9800998ecf8427e"}],
            "supplier": {"url": ["https://a.example", "${url}"], "contact": [{"email": "a at a.example"}]},
            "externalReferences": [{"type": "vcs", "url": "git@a.example:a/b.git"}, {"type": "website", "url": "https://a.example"}],
            "components": [{"type": "library", "name": "b"}, {"type": "library", "name": "b"}],
        });
        assert!(item("components", &mut component));
        let want = json!({
            "type": "library", "name": "a",
            "hashes": [{"alg": "MD5", "content": "d41d8cd98f00b204e9800998ecf8427e"}],
            "supplier": {"url": ["https://a.example"], "contact": [{}]},
            "externalReferences": [{"type": "website", "url": "https://a.example"}],
            "components": [{"type": "library", "name": "b"}],
        });
        assert_eq!(component, want);
        let mut vulnerability = json!({
            "id": "CVE-1", "published": "2031-01-02T03:04:05", "updated": "2031-01-02T03:04:05Z",
            "advisories": [{"url": "https://a.example/${id}"}], "affects": [{"ref": "a"}, {"ref": "a"}],
        });
        assert!(item("vulnerabilities", &mut vulnerability));
        let want = json!({
            "id": "CVE-1", "updated": "2031-01-02T03:04:05Z", "advisories": [], "affects": [{"ref": "a"}],
        });
        assert_eq!(vulnerability, want);
        assert!(!item("externalReferences", &mut json!({"type": "vcs", "url": "git@a.example:a/b.git"})));
        let mut dependency = json!({"ref": "a", "dependsOn": ["b", "b"]});
        assert!(item("dependencies", &mut dependency));
        assert_eq!(dependency, json!({"ref": "a", "dependsOn": ["b"]}));
    }

    #[test]
    fn what_only_1_7_knows_is_left_out() {
        let mut component = json!({
            "name": "a", "isExternal": true, "signature": {}, "group": null, "of a tool's own": 1,
            "licenses": [{"license": {"id": "MIT"}}, {"expression": "MIT OR Apache-2.0"}],
            "externalReferences": [{"type": "patent", "url": "https://a.example", "properties": []}],
            "components": [{"type": "library", "purl": "pkg:npm/b@1", "versionRange": "vers:npm/*"}],
        });
        item("components", &mut component);
        let want = json!({
            "type": "library", "name": "a",
            "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "MIT OR Apache-2.0"}}],
            "externalReferences": [{"type": "other", "url": "https://a.example"}],
            "components": [{"type": "library", "name": "pkg:npm/b@1", "purl": "pkg:npm/b@1"}],
        });
        assert_eq!(component, want);
    }
}
