//! What the schema of 1.6 would not take.

use serde_json::{Map, Value, json};

/// Fields that came with 1.7 in other places than components, and signatures.
const GONE: [&str; 4] = ["signature", "distributionConstraints", "expressionDetails", "citations"];

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

/// Mends an item of a part of the document.
pub(super) fn item(part: &str, item: &mut Value) {
    walk(item);
    match (part, item.as_object_mut()) {
        ("components", Some(component)) => self::component(component),
        ("metadata", Some(metadata)) => {
            if let Some(Value::Object(root)) = metadata.get_mut("component") {
                component(root);
            }
        }
        _ => {}
    }
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
            fields.retain(|key, value| !GONE.contains(&key.as_str()) && !value.is_null());
            if let Some(Value::Array(licences)) = fields.get_mut("licenses") {
                mend_licences(licences);
            }
            if let Some(Value::Array(references)) = fields.get_mut("externalReferences") {
                references.iter_mut().filter_map(Value::as_object_mut).for_each(mend_reference);
            }
            fields.values_mut().for_each(walk);
        }
        _ => {}
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
