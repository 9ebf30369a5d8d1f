//! What Ruby makes of values where GitLab puts them into texts: fingerprints, names, versions.

use serde_json::{Number, Value};

/// The text of a value as Ruby interpolates it.
pub(crate) fn to_s(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(number)) => number_to_s(number),
        Some(value) => inspect(value),
    }
}

fn number_to_s(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float_to_s(float),
        _ => number.to_string(),
    }
}

/// `Float#to_s`: at least one digit behind the point, an exponent from 1e16 on and below 1e-4.
fn float_to_s(value: f64) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    // The shortest digits that read as the same number, as `d.ddde±x`.
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}{point}e{sign}{:02}", exponent.abs())
}

/// `Object#inspect`, for values that no valid report has there.
fn inspect(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::String(_) => value.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inspect).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| {
                format!("{}=>{}", inspect(&Value::String(key.clone())), inspect(value))
            };
            format!("{{{}}}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        _ => to_s(Some(value)),
    }
}

/// What GitLab makes of null characters before it parses: six characters, without the backslashes before
/// them. Whether there was one.
pub(crate) fn escape_null(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.contains('\0') => {
            let mut parts = text.split('\0').peekable();
            let mut escaped = String::with_capacity(text.len() + 5);
            while let Some(part) = parts.next() {
                if parts.peek().is_some() {
                    escaped.push_str(part.trim_end_matches('\\'));
                    escaped.push_str("\\u0000");
                } else {
                    escaped.push_str(part);
                }
            }
            *text = escaped;
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| escape_null(item) | found),
        Value::Object(map) => map.values_mut().fold(false, |found, item| escape_null(item) | found),
        _ => false,
    }
}

/// ActiveSupport's `present?`.
pub(crate) fn is_present(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(_) => true,
    }
}

/// Whether Ruby takes it for true.
pub(crate) fn is_truthy(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null | Value::Bool(false)))
}

/// `File.basename`.
pub(crate) fn basename(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => "",
        "" => "/",
        path => path.rsplit('/').next().unwrap_or(path),
    }
}

/// Rails' `truncate`: cut to that many characters, the last three of them dots.
pub(crate) fn truncate(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 3).chain("...".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_ruby_does() {
        for (value, want) in [
            (json!(null), ""),
            (json!(3), "3"),
            (json!(3.0), "3.0"),
            (json!(-0.5), "-0.5"),
            (json!(1e15), "1000000000000000.0"),
            (json!(1e16), "1.0e+16"),
            (json!(1.5e20), "1.5e+20"),
            (json!(0.0001), "0.0001"),
            (json!(0.00001), "1.0e-05"),
            (json!(true), "true"),
            (json!(["a", null]), "[\"a\", nil]"),
            (json!({"a": 1}), "{\"a\"=>1}"),
        ] {
            assert_eq!(to_s(Some(&value)), want);
        }
    }

    #[test]
    fn null_characters_are_escaped() {
        for (text, want) in [
            ("Upgrade to latest version.\0", "Upgrade to latest version.\\u0000"),
            ("a\0\0b", "a\\u0000\\u0000b"),
            ("a\\\0b", "a\\u0000b"),
            ("a", "a"),
        ] {
            let mut value = json!({"a": [text]});
            assert_eq!(escape_null(&mut value), text != want);
            assert_eq!(value["a"][0], want);
        }
    }

    #[test]
    fn names_of_files() {
        for (path, want) in [("a/b.c", "b.c"), ("a/", "a"), ("/", "/"), ("", ""), ("a", "a")] {
            assert_eq!(basename(path), want);
        }
        assert_eq!(truncate("abcdef", 5), "ab...");
        assert_eq!(truncate("äbcde", 5), "äbcde");
    }
}
