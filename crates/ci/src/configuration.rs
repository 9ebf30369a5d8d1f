//! A pipeline's configuration as GitLab reads it (`ci/yaml/_index.md`): without its header, and each
//! job with what it takes over from others.

use serde_json::{Map, Value};

/// How deep GitLab follows `extends` and `!reference`.
const LEVELS: u8 = 11;

/// Reads a file; if it cannot be read, the first line of why.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)
        .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())?;
    // What is included with inputs describes them in a document of its own.
    let has_header =
        documents.len() > 1 && documents.first().is_some_and(|first| first.get("spec").is_some());
    let mut value = documents.into_iter().nth(usize::from(has_header)).unwrap_or_default();
    if let Value::Object(entries) = &mut value {
        let names: Vec<String> = entries.keys().cloned().collect();
        for name in &names {
            complete(entries, name, LEVELS);
        }
    }
    Ok(value)
}

/// Puts into a job what it takes over. It is out of the way while the others are looked at, so that
/// a circle comes to an end.
fn complete(entries: &mut Map<String, Value>, name: &str, levels: u8) {
    if levels == 0 {
        return;
    }
    let Some(mut job) = entries.remove(name) else { return };
    let extended = job.as_object_mut().and_then(|job| job.remove("extends"));
    let mut whole = Value::Null;
    for base in lines(extended.as_ref()) {
        complete(entries, base, levels - 1);
        if let Some(base) = entries.get(base) {
            merge(&mut whole, base.clone());
        }
    }
    merge(&mut whole, job);
    if let Some(keys) = whole.as_object_mut() {
        for value in keys.values_mut() {
            if let Some(found) = referred(entries, value, levels - 1) {
                *value = found;
            }
        }
    }
    entries.insert(name.to_owned(), whole);
}

/// Mappings are merged key by key; of anything else the later one counts.
fn merge(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (key, value) in part {
                merge(whole.entry(key).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part,
    }
}

/// What `!reference [job, key, ...]` stands for; YAML's tag itself is not read.
fn referred(entries: &mut Map<String, Value>, value: &Value, levels: u8) -> Option<Value> {
    let [job, keys @ ..] = value.as_array()?.as_slice() else { return None };
    let job = job.as_str().filter(|_| !keys.is_empty())?;
    complete(entries, job, levels);
    keys.iter().try_fold(entries.get(job)?, |found, key| found.get(key.as_str()?)).cloned()
}

/// The lines of a script, which may be nested lists.
pub(crate) fn lines(script: Option<&Value>) -> Vec<&str> {
    match script {
        Some(Value::String(text)) => text.lines().collect(),
        Some(Value::Array(items)) => items.iter().flat_map(|item| lines(Some(item))).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_has_what_it_takes_over() {
        for (yaml, job) in [
            ("a: {extends: .b, x: 1}\n.b: {x: 2, m: {p: 3, q: 4}}", json!({"x": 1, "m": {"p": 3, "q": 4}})),
            (
                "a: {extends: [.b, .c], m: {p: 1}}\n.b: {m: {p: 2, q: 2}}\n.c: {m: {q: 3}}",
                json!({"m": {"p": 1, "q": 3}}),
            ),
            ("a: {extends: .b}\n.b: {extends: .c}\n.c: {x: [1]}", json!({"x": [1]})),
            ("a: {extends: a, x: 1}", json!({"x": 1})),
            ("a: {extends: .elsewhere, x: 1}", json!({"x": 1})),
            ("a: {x: !reference [.b, m, p]}\n.b: {extends: .c}\n.c: {m: {p: 3}}", json!({"x": 3})),
            ("a: {needs: [b, c]}\nb: {x: 1}", json!({"needs": ["b", "c"]})),
        ] {
            assert_eq!(read(yaml).map(|value| value["a"].clone()), Ok(job), "{yaml}");
        }
    }

    #[test]
    fn a_header_is_passed_over() {
        for yaml in
            ["spec: {inputs: {b: {}}}\n---\na: 1\n", "a: 1\n", "a: 1\n---\n", "---\na: 1\n---\nb: 2\n"]
        {
            assert_eq!(read(yaml), Ok(json!({"a": 1})), "{yaml}");
        }
        assert_eq!(read(""), Ok(Value::Null));
        assert!(read("a: [").is_err_and(|reason| !reason.contains('\n')));
    }
}
