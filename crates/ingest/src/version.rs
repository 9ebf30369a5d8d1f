//! Which schema GitLab validates a report against, by the version that the report declares.

use crate::ruby;
use crate::schema::Form;
use scanlift_report_core::{SchemaVersion, is_gem_version};
use serde_json::Value;

/// Every version that GitLab's schemas come in. Up to 15.2.1 the list is documented.
const SUPPORTED: [&str; 16] = [
    "15.0.0", "15.0.1", "15.0.2", "15.0.4", "15.0.5", "15.0.6", "15.0.7", "15.1.0", "15.1.1", "15.1.2",
    "15.1.3", "15.1.4", "15.2.0", "15.2.1", "15.2.2", "15.2.3",
];

/// What GitLab makes of a declared version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// The schema that the report is validated against; `None` if it is not validated at all.
    pub(crate) schema: Option<SchemaVersion>,
    /// The version that is refused, with what to say of it.
    pub(crate) error: Option<String>,
    /// What GitLab warns of.
    pub(crate) warning: Option<String>,
    /// What else is worth knowing.
    pub(crate) note: Option<String>,
}

/// Matches a declared version; `Err` where GitLab's validator itself fails.
pub(crate) fn matched(version: Option<&Value>) -> Result<Matched, &'static str> {
    let version = match version {
        None | Some(Value::Null | Value::Bool(false)) => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => return Err("version is not a string"),
    };
    let mut result = Matched { schema: None, error: None, warning: None, note: None };
    let Some(version) = version else {
        result.error = Some(format!("the report gives no version; supported are {}", SUPPORTED.join(", ")));
        return Ok(result);
    };
    let exact = SUPPORTED.contains(&version);
    let fallback = latest_patch(version);
    if !exact {
        match fallback {
            Some(fallback) => {
                result.warning = Some(format!(
                    "version {version} is not among the published ones; GitLab validates against {fallback}"
                ));
            }
            None => {
                result.error = Some(format!(
                    "version {version:?} is not supported; supported are {}",
                    SUPPORTED.join(", ")
                ));
            }
        }
    }
    if !Form::Version.fits(version) {
        if fallback.is_some() {
            result.note = Some(format!(
                "version {version:?} is not of the form N.N.N: GitLab validates nothing, which is nothing to rely on"
            ));
        }
        return Ok(result);
    }
    let wanted = if exact { version } else { fallback.unwrap_or(SUPPORTED[0]) };
    let schema = match wanted.get(..4) {
        Some("15.0") => SchemaVersion::V15_0_7,
        Some("15.1") => SchemaVersion::V15_1_4,
        _ => SchemaVersion::V15_2_1,
    };
    if schema.as_str() != wanted {
        result.note = Some(format!("GitLab has a schema {wanted}; {} was used here", schema.as_str()));
    }
    result.schema = Some(schema);
    Ok(result)
}

/// The supported version that an unknown one falls back to: the greatest, compared as strings, of the
/// same major and minor version.
fn latest_patch(version: &str) -> Option<&'static str> {
    let segments = segments(version)?;
    let (major, minor) = (segments.first()?, segments.get(1));
    let fits = |candidate: &&&str| {
        let mut numbers = candidate.split('.');
        let same_major = numbers.next() == Some(major);
        match minor.filter(|minor| minor.bytes().all(|b| b.is_ascii_digit())) {
            Some(minor) => same_major && numbers.next() == Some(minor),
            // "15", "15.x": the pessimistic operator covers the major version.
            None => same_major,
        }
    };
    SUPPORTED.iter().filter(fits).max().copied()
}

/// The version with a published schema that a declared one can only mean: `15.2.77`, `v15.2.1` and `15.2`
/// mean 15.2.1. `None` if it is a published one already, or none that GitLab knows.
pub(crate) fn nearest(version: &str) -> Option<&'static str> {
    if SUPPORTED.contains(&version) {
        return None;
    }
    let version = version.trim().trim_start_matches('v');
    let known =
        SUPPORTED.iter().find(|known| **known == version).copied().or_else(|| latest_patch(version))?;
    let oldest_first =
        SchemaVersion::ALL.iter().copied().find(|schema| schema.as_str().get(..4) == known.get(..4));
    oldest_first.map(SchemaVersion::as_str)
}

/// The segments of a version of RubyGems, numbers without leading zeros; `None` if it is none.
fn segments(version: &str) -> Option<Vec<String>> {
    if !is_gem_version(version) {
        return None;
    }
    let text = version.trim().replace('-', ".pre.");
    let mut segments: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let sort = if c.is_ascii_digit() { 0 } else { u8::from(c.is_ascii_alphabetic()) + 1 };
        match segments.last_mut().filter(|_| last == Some(sort)) {
            Some(segment) if sort != 1 => segment.push(c),
            _ if sort != 1 => segments.push(c.to_string()),
            _ => {}
        }
        last = Some(sort);
    }
    if segments.is_empty() {
        segments.push("0".to_owned());
    }
    Some(segments.into_iter().map(|segment| number(&segment)).collect())
}

fn number(segment: &str) -> String {
    if !segment.bytes().all(|b| b.is_ascii_digit()) {
        return segment.to_owned();
    }
    match segment.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

/// The version as the report writes it, for people.
pub(crate) fn declared(version: Option<&Value>) -> Option<String> {
    version.map(|version| ruby::to_s(Some(version))).filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_matched_as_gitlab_does() {
        let v15_0 = Some(SchemaVersion::V15_0_7);
        let v15_1 = Some(SchemaVersion::V15_1_4);
        let v15_2 = Some(SchemaVersion::V15_2_1);
        for (version, schema, error, warning) in [
            (json!("15.2.1"), v15_2, false, false),
            (json!("15.0.4"), v15_0, false, false),
            (json!("15.0.23"), v15_0, false, true),
            (json!("15.1.99"), v15_1, false, true),
            (json!("14.1.2"), v15_0, true, false),
            (json!("16.0.0"), v15_0, true, false),
            (json!("15.3.0"), v15_0, true, false),
            (json!("15"), None, false, true),
            (json!("15.2"), None, false, true),
            (json!("15.x"), None, false, true),
            (json!("15.2.1-rc1"), None, false, true),
            (json!("15-2.1"), None, false, true),
            (json!("v15.2.1"), None, true, false),
            (json!("15.2.1+x"), None, true, false),
            (json!(""), None, true, false),
            (json!(null), None, true, false),
        ] {
            let got = matched(Some(&version)).expect("a string");
            assert_eq!(
                (got.schema, got.error.is_some(), got.warning.is_some()),
                (schema, error, warning),
                "{version}"
            );
        }
        assert!(matched(Some(&json!(15))).is_err());
        assert!(matched(Some(&json!(true))).is_err());
    }
}
