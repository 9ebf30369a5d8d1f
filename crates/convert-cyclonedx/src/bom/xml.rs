//! A document in XML as one in JSON: the two forms differ in where names stand, and in that lists of
//! XML are wrapped.

use super::Bom;
use scanlift_convert_api::ConvertError;
use scanlift_convert_api::xml::{Element, Reader};
use serde_json::{Map, Value, json};
use std::io::Read;

/// The parts of a document. Services, compositions and the extension of 1.0 to 1.3 are left out.
pub(super) fn parts<R: Read>(read: R, bom: &mut Bom<'_>) -> Result<(), ConvertError> {
    let mut reader = Reader::new(read);
    let root = reader.root()?;
    if let Some(serial) = root.attribute("serialNumber") {
        bom.field("serialNumber", json!(serial))?;
    }
    if let Some(version) = root.attribute("version").and_then(|text| text.parse::<u64>().ok()) {
        bom.field("version", json!(version))?;
    }
    reader.each_child(|tag, reader| match tag.name() {
        "metadata" => {
            bom.metadata = metadata(reader.element(tag)?.root());
            Ok(())
        }
        "components" => {
            reader.each_child(|tag, reader| bom.item("components", component(reader.element(tag)?.root())))
        }
        "dependencies" => reader.each_child(|tag, reader| match dependency(reader.element(tag)?.root()) {
            Some(dependency) => bom.item("dependencies", dependency),
            None => Ok(()),
        }),
        "vulnerabilities" => reader.each_child(|tag, reader| {
            let element = reader.element(tag)?;
            // The extension's are another kind of element, which JSON has no form for.
            match element.root().attribute("ref") {
                None => bom.item("vulnerabilities", vulnerability(element.root())),
                Some(_) => Ok(()),
            }
        }),
        "externalReferences" => reader
            .each_child(|tag, reader| bom.item("externalReferences", reference(reader.element(tag)?.root()))),
        "properties" => {
            reader.each_child(|tag, reader| bom.item("properties", property(reader.element(tag)?.root())))
        }
        _ => Ok(()),
    })
}

/// An object of those fields that are there.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, key: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value);
        }
    }

    fn texts(&mut self, element: Element<'_>, keys: &[&str]) {
        for key in keys {
            self.set(key, element.child_text(key).map(|text| json!(text)));
        }
    }

    fn attributes(&mut self, element: Element<'_>, keys: &[&str]) {
        for key in keys {
            self.set(key, element.attribute(key).map(|text| json!(text)));
        }
    }

    fn child(&mut self, element: Element<'_>, key: &str, map: fn(Element<'_>) -> Value) {
        self.set(key, element.child(key).map(map));
    }

    /// The items of a wrapped list; an empty one is left out.
    fn list(&mut self, element: Element<'_>, key: &str, item: &str, map: fn(Element<'_>) -> Value) {
        let items: Vec<_> = element.child(key).into_iter().flat_map(|list| list.all(item)).map(map).collect();
        self.set(key, (!items.is_empty()).then_some(Value::Array(items)));
    }

    fn value(self) -> Value {
        Value::Object(self.0)
    }
}

fn metadata(element: Element<'_>) -> Map<String, Value> {
    let mut fields = Fields::default();
    fields.texts(element, &["timestamp"]);
    fields.list(element, "lifecycles", "lifecycle", |it| {
        let mut fields = Fields::default();
        fields.texts(it, &["phase", "name", "description"]);
        fields.value()
    });
    fields.set("tools", element.child("tools").map(tools));
    fields.list(element, "authors", "author", contact);
    fields.child(element, "component", component);
    fields.child(element, "manufacture", organisation);
    fields.child(element, "manufacturer", organisation);
    fields.child(element, "supplier", organisation);
    fields.set("licenses", licences(element));
    fields.list(element, "properties", "property", property);
    fields.0
}

fn tools(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.list(element, "components", "component", component);
    if !fields.0.is_empty() {
        return fields.value();
    }
    let tool = |it: Element<'_>| {
        let mut fields = Fields::default();
        fields.texts(it, &["vendor", "name", "version"]);
        fields.list(it, "hashes", "hash", hash);
        fields.value()
    };
    Value::Array(element.all("tool").map(tool).collect())
}

fn component(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.attributes(element, &["type", "bom-ref", "mime-type"]);
    fields.child(element, "supplier", organisation);
    fields.child(element, "manufacturer", organisation);
    fields.list(element, "authors", "author", contact);
    fields.texts(
        element,
        &[
            "author",
            "publisher",
            "group",
            "name",
            "version",
            "description",
            "scope",
            "copyright",
            "cpe",
            "purl",
        ],
    );
    fields.list(element, "hashes", "hash", hash);
    fields.set("licenses", licences(element));
    fields.list(element, "externalReferences", "reference", reference);
    fields.list(element, "properties", "property", property);
    fields.list(element, "components", "component", component);
    fields.value()
}

/// Licences, or a single expression.
fn licences(element: Element<'_>) -> Option<Value> {
    let list = element.child("licenses")?;
    let licence = |it: Element<'_>| {
        if it.name() == "expression" {
            return it.text().map(|text| json!({"expression": text}));
        }
        let mut fields = Fields::default();
        match it.child_text("id") {
            Some(id) => fields.set("id", Some(json!(id))),
            None => fields.set("name", it.child_text("name").map(|name| json!(name))),
        }
        let named = !fields.0.is_empty();
        fields.texts(it, &["url"]);
        named.then(|| json!({"license": fields.value()}))
    };
    let all: Vec<_> = list.children().filter_map(licence).collect();
    (!all.is_empty()).then_some(Value::Array(all))
}

fn hash(element: Element<'_>) -> Value {
    json!({"alg": element.attribute("alg").unwrap_or_default(), "content": element.text().unwrap_or_default()})
}

fn reference(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.attributes(element, &["type"]);
    fields.set("url", Some(json!(element.child_text("url").unwrap_or_default())));
    fields.texts(element, &["comment"]);
    fields.list(element, "hashes", "hash", hash);
    fields.value()
}

fn property(element: Element<'_>) -> Value {
    json!({"name": element.attribute("name").unwrap_or_default(), "value": element.text().unwrap_or_default()})
}

fn contact(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.texts(element, &["name", "email", "phone"]);
    fields.value()
}

fn organisation(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.texts(element, &["name"]);
    let urls: Vec<_> = element.texts("url").map(|url| json!(url)).collect();
    fields.set("url", (!urls.is_empty()).then_some(Value::Array(urls)));
    let contacts: Vec<_> = element.all("contact").map(contact).collect();
    fields.set("contact", (!contacts.is_empty()).then_some(Value::Array(contacts)));
    fields.value()
}

fn dependency(element: Element<'_>) -> Option<Value> {
    let from = element.attribute("ref")?;
    let mut on: Vec<&str> = element.all("dependency").filter_map(|it| it.attribute("ref")).collect();
    on.sort_unstable();
    on.dedup();
    Some(if on.is_empty() { json!({"ref": from}) } else { json!({"ref": from, "dependsOn": on}) })
}

fn source(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.texts(element, &["name", "url"]);
    fields.value()
}

fn vulnerability(element: Element<'_>) -> Value {
    let mut fields = Fields::default();
    fields.attributes(element, &["bom-ref"]);
    fields.texts(
        element,
        &[
            "id",
            "description",
            "detail",
            "recommendation",
            "workaround",
            "created",
            "published",
            "updated",
            "rejected",
        ],
    );
    fields.child(element, "source", source);
    fields.list(element, "references", "reference", |it| {
        let mut fields = Fields::default();
        fields.set("id", Some(json!(it.child_text("id").unwrap_or_default())));
        fields.set("source", Some(it.child("source").map_or_else(|| json!({}), source)));
        fields.value()
    });
    fields.list(element, "ratings", "rating", |it| {
        let mut fields = Fields::default();
        fields.child(it, "source", source);
        fields.set("score", it.number::<f64>("score").map(|score| json!(score)));
        fields.texts(it, &["severity", "method", "vector", "justification"]);
        fields.value()
    });
    let cwes = element.child("cwes").into_iter().flat_map(|list| list.texts("cwe"));
    let cwes: Vec<_> = cwes.filter_map(|text| text.parse::<u32>().ok()).map(|cwe| json!(cwe)).collect();
    fields.set("cwes", (!cwes.is_empty()).then_some(Value::Array(cwes)));
    fields.list(element, "advisories", "advisory", |it| {
        let mut fields = Fields::default();
        fields.texts(it, &["title"]);
        fields.set("url", Some(json!(it.child_text("url").unwrap_or_default())));
        fields.value()
    });
    fields.child(element, "analysis", |it| {
        let mut fields = Fields::default();
        fields.texts(it, &["state", "justification", "detail"]);
        let responses = it.child("responses").into_iter().flat_map(|list| list.texts("response"));
        let responses: Vec<_> = responses.map(|text| json!(text)).collect();
        fields.set("response", (!responses.is_empty()).then_some(Value::Array(responses)));
        fields.value()
    });
    fields.list(element, "affects", "target", |it| {
        let mut fields = Fields::default();
        fields.set("ref", Some(json!(it.child_text("ref").unwrap_or_default())));
        fields.list(it, "versions", "version", |it| {
            let mut fields = Fields::default();
            fields.texts(it, &["version", "range", "status"]);
            fields.value()
        });
        fields.value()
    });
    fields.list(element, "properties", "property", property);
    fields.value()
}
