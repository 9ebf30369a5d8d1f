//! The report as a whole, its scan, and remediations.

use super::Mender;
use crate::schema::{Form, Pointer};
use crate::{limits, version};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use scanlift_convert_api::patch;
use scanlift_report_core::Kind;
use serde_json::{Value, json};
use std::borrow::Cow;

impl Mender {
    pub(super) fn version(&mut self, value: &mut Value, at: &Pointer<'_>) {
        let declared = match &*value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if let Some(known) = version::nearest(&declared) {
            *value = Value::from(known);
            self.tell("version", at, || format!("{declared:?} became {known:?}"));
        }
    }

    pub(super) fn scan(&mut self, value: &mut Value, at: &Pointer<'_>) {
        let Value::Object(scan) = value else { return };
        for key in ["start_time", "end_time"] {
            let Some(Value::String(text)) = scan.get_mut(key) else { continue };
            if let Some(time) = utc(text) {
                let old = std::mem::replace(text, time.clone());
                self.tell("time", &at.key(key), || format!("{old:?} became {time:?}"));
            }
        }
        for key in ["analyzer", "scanner"] {
            let Some(Value::Object(tool)) = scan.get_mut(key) else { continue };
            let tool_at = at.key(key);
            // Only the analyzer's address has a form, but an empty one is of no use anywhere.
            let form = if key == "analyzer" { Some(Form::HttpUrl) } else { None };
            self.url(tool, form, &tool_at);
        }
        if matches!(self.kind, Some(Kind::Dast | Kind::ApiFuzzing)) && !scan.contains_key("scanned_resources")
        {
            scan.insert("scanned_resources".to_owned(), json!([]));
            self.tell("scanned-resources", at, || "the list, which may be empty, was added".to_owned());
        }
        if let Some(Value::Array(items)) = scan.get_mut("primary_identifiers") {
            let at = at.key("primary_identifiers");
            for (index, item) in items.iter_mut().enumerate() {
                if let Value::Object(item) = item {
                    self.url(item, Some(Form::Url), &at.index(index as u64));
                }
            }
        }
    }

    pub(super) fn remediation(&mut self, value: &mut Value, at: &Pointer<'_>) {
        self.cut(value.get_mut("summary"), limits::REMEDIATION_SUMMARY, &at.key("summary"));
        if let Some(Value::Array(fixes)) = value.get_mut("fixes") {
            let at = at.key("fixes");
            for (index, fix) in fixes.iter_mut().enumerate() {
                let at = at.index(index as u64);
                self.id_as_text(fix.get_mut("id"), &at.key("id"));
            }
        }
        if let Some(Value::String(diff)) = value.get_mut("diff")
            && let Some(encoded) = encoded(diff)
        {
            *diff = encoded;
            self.tell("remediation-encoding", &at.key("diff"), || {
                "the patch was encoded in base64".to_owned()
            });
        }
    }
}

/// A plain patch in base64; `None` of what is in base64 already, or no patch.
fn encoded(diff: &str) -> Option<String> {
    match patch::encoded(diff) {
        Ok(Cow::Owned(encoded)) => Some(encoded),
        _ => None,
    }
}

/// A time in UTC as the schema wants it; `None` if it is so already, or no time.
fn utc(text: &str) -> Option<String> {
    if Form::Time.fits(text) {
        return None;
    }
    // Ruby writes `2025-01-31 14:00:00 +0100`, and `UTC`.
    let text = match text.trim().rsplit_once(' ') {
        Some((time, "UTC")) => format!("{time}Z"),
        Some((time, zone)) if zone.starts_with(['+', '-']) => format!("{time}{zone}"),
        _ => text.trim().to_owned(),
    };
    let civil = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp.to_zoned(TimeZone::UTC).datetime(),
        // A date alone says no time, and none is made up.
        Err(_) if !text.contains(':') => return None,
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(civil.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_those_of_the_schema() {
        for (text, want) in [
            ("2025-01-31T14:00:00", None),
            ("2025-01-31T14:00:00.5+02:00", Some("2025-01-31T12:00:00")),
            ("2025-01-31 14:00:00", Some("2025-01-31T14:00:00")),
            ("2025-01-31 14:00:00 UTC", Some("2025-01-31T14:00:00")),
            ("2025-01-31 14:00:00 +0100", Some("2025-01-31T13:00:00")),
            ("2025-01-31 14:00:00 -0130", Some("2025-01-31T15:30:00")),
            ("2025-01-31", None),
            ("yesterday", None),
        ] {
            assert_eq!(utc(text).as_deref(), want, "{text}");
        }
    }
}
