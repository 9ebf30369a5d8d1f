//! Reports that others wrote may hold what no schema allows, and one such value costs the whole
//! report. What can be kept is kept; the rest goes where people see it, as JSON.

use scanlift_report_core::{Cvss, CvssVector, Kind, Link, Tracking, is_url};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Makes the optional fields of a vulnerability valid (schema 15.2.1).
pub(super) fn mend(entry: &mut Map<String, Value>, kind: Kind) {
    without_nulls(entry);
    let mut refused = Map::new();
    for (key, is_valid) in LISTS {
        let Some(value) = entry.remove(key) else { continue };
        let items = value.as_array().cloned().unwrap_or_else(|| vec![value]);
        let (good, bad): (Vec<_>, Vec<_>) = items.into_iter().partition(is_valid);
        keep(entry, key, good);
        keep(&mut refused, key, bad.into_iter().filter(|item| !item.is_null()).collect());
    }
    if let Some(Value::Array(identifiers)) = entry.get_mut("identifiers") {
        for identifier in identifiers.iter_mut().filter_map(Value::as_object_mut) {
            if !identifier.get("url").is_none_or(|url| url.as_str().is_some_and(is_url)) {
                identifier.remove("url");
            }
        }
    }
    let is_web = matches!(kind, Kind::Dast | Kind::ApiFuzzing);
    let is_code = matches!(kind, Kind::Sast | Kind::SecretDetection);
    if is_code && let Some(Value::Object(location)) = entry.get_mut("location") {
        let odd = mend_lines(location);
        if !odd.is_empty() {
            refused.insert("location".to_owned(), Value::Object(odd));
        }
    }
    let others: [(&str, bool); 2] = [
        ("evidence", !is_web || entry.get("evidence").is_none_or(is_evidence)),
        (
            "raw_source_code_extract",
            !is_code || entry.get("raw_source_code_extract").is_none_or(Value::is_string),
        ),
    ];
    for (key, is_valid) in others {
        if !is_valid && let Some(value) = entry.remove(key).filter(|value| !value.is_null()) {
            refused.insert(key.to_owned(), value);
        }
    }
    if let Some(value) = entry.remove("tracking").filter(|value| !value.is_null()) {
        let known = tracking(&value);
        if known.as_ref() != Some(&value) {
            refused.insert("tracking".to_owned(), value);
        }
        if let Some(known) = known {
            entry.insert("tracking".to_owned(), known);
        }
    }
    let mut details = match entry.remove("details") {
        Some(Value::Object(details)) => details,
        None | Some(Value::Null) => Map::new(),
        Some(other) => {
            refused.insert("details".to_owned(), other);
            Map::new()
        }
    };
    for (key, detail) in &mut details {
        if !is_named(detail) {
            let name = detail["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(key).to_owned();
            *detail = as_code(&name, detail);
        }
    }
    if !refused.is_empty() {
        let text = Value::Object(refused);
        details.insert("not_of_the_schema".to_owned(), as_code("What no schema of GitLab allows", &text));
    }
    if !details.is_empty() {
        entry.insert("details".to_owned(), Value::Object(details));
    }
}

/// No schema allows null, which some write for what they leave out.
fn without_nulls(map: &mut Map<String, Value>) {
    map.retain(|_, value| !value.is_null());
    map.values_mut().for_each(nulls_inside);
}

fn nulls_inside(value: &mut Value) {
    match value {
        Value::Object(map) => without_nulls(map),
        Value::Array(items) => items.iter_mut().for_each(nulls_inside),
        _ => {}
    }
}

/// Makes lines whole numbers, which some write as texts or as `3.0`. Takes out what is no line.
fn mend_lines(location: &mut Map<String, Value>) -> Map<String, Value> {
    let mut odd = Map::new();
    for key in ["start_line", "end_line"] {
        let Some(line) = location.remove(key) else { continue };
        match whole(&line) {
            Some(number) => location.insert(key.to_owned(), number.into()),
            None => odd.insert(key.to_owned(), line),
        };
    }
    odd
}

fn whole(line: &Value) -> Option<u64> {
    let text = match line {
        Value::String(text) => text.trim().to_owned(),
        line => line.to_string(),
    };
    match text.split_once('.') {
        Some((number, rest)) if rest.bytes().all(|b| b == b'0') => number.parse().ok(),
        _ => text.parse().ok(),
    }
}

/// Whether a value is one of the schema.
type Check = fn(&Value) -> bool;

/// Lists of which each item is valid by itself.
const LISTS: [(&str, Check); 4] =
    [("links", is_link), ("flags", is_flag), ("cvss_vectors", is_cvss), ("assets", is_asset)];

fn keep(map: &mut Map<String, Value>, key: &str, items: Vec<Value>) {
    if !items.is_empty() {
        map.insert(key.to_owned(), Value::Array(items));
    }
}

fn as_code(name: &str, value: &Value) -> Value {
    let name = if name.is_empty() { "?" } else { name };
    json!({"name": name, "type": "code", "lang": "json", "value": value.to_string()})
}

fn filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// Absent, or a text.
fn text_or_none(value: &Value, key: &str) -> bool {
    value.get(key).is_none_or(Value::is_string)
}

fn is_link(link: &Value) -> bool {
    link["url"].as_str().is_some_and(|url| Link::new(url).is_some()) && text_or_none(link, "name")
}

fn is_flag(flag: &Value) -> bool {
    flag["type"] == "flagged-as-likely-false-positive"
        && filled(&flag["origin"])
        && filled(&flag["description"])
}

fn is_cvss(vector: &Value) -> bool {
    let text = vector["vector"].as_str().unwrap_or_default();
    let is_in_standard_form = |cvss: &Cvss| cvss.vector == text && CvssVector::new("x", cvss).is_some();
    filled(&vector["vendor"]) && Cvss::parse(text).as_ref().is_some_and(is_in_standard_form)
}

fn is_asset(asset: &Value) -> bool {
    ["http_session", "postman"].iter().any(|kind| asset["type"] == *kind)
        && filled(&asset["name"])
        && filled(&asset["url"])
}

/// What is known of `tracking`, which the pipeline has to know all of: GitLab folds by it.
fn tracking(value: &Value) -> Option<Value> {
    let tracking = Tracking::deserialize(value).ok()?;
    if tracking.items.iter().any(|item| item.signatures.is_empty()) {
        return None;
    }
    serde_json::to_value(tracking).ok()
}

fn is_evidence(evidence: &Value) -> bool {
    let is_header = |header: &Value| filled(&header["name"]) && header["value"].is_string();
    let headers =
        |message: &Value| message["headers"].as_array().is_some_and(|headers| headers.iter().all(is_header));
    let is_request = |request: &Value| {
        headers(request)
            && filled(&request["method"])
            && filled(&request["url"])
            && text_or_none(request, "body")
    };
    let is_response = |response: &Value| {
        headers(response)
            && response["reason_phrase"].is_string()
            && response["status_code"].is_i64()
            && text_or_none(response, "body")
    };
    let is_message = |message: &Value| {
        filled(&message["name"])
            && message.get("request").is_none_or(is_request)
            && message.get("response").is_none_or(is_response)
    };
    let source = evidence.get("source");
    evidence.is_object()
        && text_or_none(evidence, "summary")
        && source.is_none_or(|source| {
            filled(&source["id"]) && filled(&source["name"]) && text_or_none(source, "url")
        })
        && evidence.get("request").is_none_or(is_request)
        && evidence.get("response").is_none_or(is_response)
        && evidence
            .get("supporting_messages")
            .is_none_or(|messages| messages.as_array().is_some_and(|all| all.iter().all(is_message)))
}

/// Whether a field of `details` is one: named, and of a type of the schema.
fn is_named(detail: &Value) -> bool {
    filled(&detail["name"]) && text_or_none(detail, "description") && is_detail(detail)
}

fn is_detail(detail: &Value) -> bool {
    let all = |key: &str| detail[key].as_array().is_some_and(|items| items.iter().all(is_detail));
    match detail["type"].as_str().unwrap_or_default() {
        "text" | "markdown" => detail["value"].is_string(),
        "code" => detail["value"].is_string() && text_or_none(detail, "lang"),
        "value" => matches!(detail["value"], Value::Number(_) | Value::String(_) | Value::Bool(_)),
        "commit" => filled(&detail["value"]),
        "url" => filled(&detail["href"]) && text_or_none(detail, "text"),
        "diff" => detail["before"].is_string() && detail["after"].is_string(),
        "list" => all("items"),
        "named-list" => detail["items"].as_object().is_some_and(|items| items.values().all(is_named)),
        "table" => {
            let is_row = |row: &Value| row.as_array().is_some_and(|cells| cells.iter().all(is_detail));
            (detail.get("header").is_none() || all("header"))
                && detail["rows"].as_array().is_some_and(|rows| rows.iter().all(is_row))
        }
        "file-location" => is_file_location(detail),
        "module-location" => filled(&detail["module_name"]) && detail["offset"].is_i64(),
        "code-flows" => {
            let is_node = |node: &Value| {
                is_file_location(&node["file_location"])
                    && ["source", "sink", "propagation"].iter().any(|kind| node["node_type"] == *kind)
                    && node.get("type").is_none_or(|kind| kind == "code-flow-node")
            };
            let is_flow = |flow: &Value| {
                flow.as_array().is_some_and(|nodes| !nodes.is_empty() && nodes.iter().all(is_node))
            };
            detail["items"]
                .as_array()
                .is_some_and(|flows| (1..=10).contains(&flows.len()) && flows.iter().all(is_flow))
        }
        _ => false,
    }
}

fn is_file_location(location: &Value) -> bool {
    let counts = |key: &str| location[key].as_u64().is_some_and(|number| number > 0);
    let may_count = |key: &str| location.get(key).is_none() || counts(key);
    location["type"] == "file-location"
        && filled(&location["file_name"])
        && counts("line_start")
        && ["line_end", "column_start", "column_end"].into_iter().all(may_count)
        && location.get("column_start").is_some() == location.get("column_end").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_tracking_only_what_is_known_is_kept() {
        let signatures = json!([{"algorithm": "hash", "value": "v"}]);
        let known = json!({"type": "source", "items": [{"start_line": 1, "signatures": signatures}]});
        for (given, want) in [
            (known.clone(), Some(&known)),
            (
                json!({"type": "source", "items": [{"start_line": 1, "other": 2, "signatures": signatures}]}),
                Some(&known),
            ),
            (json!({"type": "source", "items": [{"start_line": "1", "signatures": signatures}]}), None),
            (json!({"type": "source", "items": [{"signatures": []}]}), None),
        ] {
            let mut entry = Map::from_iter([("tracking".to_owned(), given.clone())]);
            mend(&mut entry, Kind::Sast);
            assert_eq!(entry.get("tracking"), want, "{given}");
            assert_eq!(entry.contains_key("details"), want != Some(&given), "{given}");
        }
    }

    #[test]
    fn what_no_schema_allows_is_shown_and_the_rest_kept() {
        let mut entry = json!({
            "identifiers": [{"type": "a", "name": "a", "value": "a", "url": "not available"}],
            "links": [{"url": "https://a.example"}, {"url": "n/a"}, null],
            "flags": [{"type": "flagged-as-likely-false-positive", "origin": "o", "description": "d"}, {"type": "x"}],
            "cvss_vectors": [
                {"vendor": "v", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
                {"vendor": "v", "vector": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},
            ],
            "tracking": {"type": "source", "items": [{"signatures": []}]},
            "details": {
                "good": {"name": "g", "type": "text", "value": "v"},
                "bad": {"name": "b", "type": "ext", "value": "v"},
                "deep": {"name": "d", "type": "list", "items": [{"type": "value", "value": null}]},
            },
            "raw_source_code_extract": 5,
        })
        .as_object()
        .cloned()
        .unwrap_or_default();
        mend(&mut entry, Kind::Sast);
        assert_eq!(entry["identifiers"][0], json!({"type": "a", "name": "a", "value": "a"}));
        assert_eq!(entry["links"], json!([{"url": "https://a.example"}]));
        assert_eq!(entry["flags"].as_array().map(Vec::len), Some(1));
        assert_eq!(entry["cvss_vectors"].as_array().map(Vec::len), Some(1));
        assert!(!entry.contains_key("tracking") && !entry.contains_key("raw_source_code_extract"));
        assert_eq!(entry["details"]["good"], json!({"name": "g", "type": "text", "value": "v"}));
        assert_eq!(entry["details"]["bad"]["type"], "code");
        assert_eq!(entry["details"]["deep"]["name"], "d");
        let rest = entry["details"]["not_of_the_schema"]["value"].as_str().unwrap_or_default();
        for part in ["n/a", "CVSS:4.0", "signatures", "raw_source_code_extract"] {
            assert!(rest.contains(part), "{part}: {rest}");
        }
    }

    #[test]
    fn null_is_nothing() {
        let mut entry = json!({
            "links": [{"name": null, "url": "https://a.example"}],
            "location": {"path": "/x", "param": null},
            "evidence": {
                "summary": null,
                "request": {"method": "GET", "url": "http://a.example/x", "headers": [], "body": null},
            },
        })
        .as_object()
        .cloned()
        .unwrap_or_default();
        mend(&mut entry, Kind::Dast);
        assert_eq!(entry["links"], json!([{"url": "https://a.example"}]));
        assert_eq!(entry["location"], json!({"path": "/x"}));
        assert_eq!(entry["evidence"]["request"]["method"], "GET");
        assert!(!entry.contains_key("details"));
    }
}
