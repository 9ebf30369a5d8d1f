//! Who scanned, when, and with what outcome.

use super::{Linter, Surroundings, quoted, rule, stand_in};
use crate::schema::{Form, Pointer};
use crate::verdict::Verdict;
use scanlift_report_core::{Kind, is_gitlab_scanner};
use serde_json::Value;

/// What stands where a name should.
const UNNAMED: [&str; 8] = ["unknown", "none", "n/a", "scanner", "null", "undefined", "-", "_"];

impl Linter<'_> {
    /// Looks at how the version was matched.
    pub(crate) fn version(&mut self, verdict: &Verdict) {
        let root = Pointer::ROOT;
        let declared = verdict.version.clone().unwrap_or_default();
        if verdict.schema.is_none() && verdict.is_accepted() {
            self.push(&rule::VERSION_UNCHECKED, &root.key("version"), || quoted(&declared));
        } else if let Some(warning) = verdict.warnings.first() {
            self.push(&rule::VERSION_UNKNOWN, &root.key("version"), || warning.clone());
        }
    }

    /// Takes note of null characters.
    pub(crate) fn null(&mut self, has_null: bool, at: &Pointer<'_>) {
        if has_null {
            self.push(&rule::NUL_CHARACTER, at, String::new);
        }
    }

    /// Looks at `scan`, once and first.
    pub(crate) fn scan(&mut self, scan: Option<&Value>) {
        let Some(Value::Object(scan)) = scan else { return };
        let root = Pointer::ROOT;
        let at = root.key("scan");
        if let Some(declared) = scan.get("type").and_then(Value::as_str) {
            let registry =
                declared == "container_scanning_for_registry" && self.kind == Kind::ContainerScanning;
            if declared != self.kind.as_str() && !registry {
                let kind = self.kind;
                self.push(&rule::ARTIFACT_KEY, &at.key("type"), || {
                    format!("{}, and the key is {kind}", quoted(declared))
                });
            }
        }
        if scan.get("status").and_then(Value::as_str) == Some("failure") {
            self.push(&rule::SCAN_FAILED, &at.key("status"), || "\"failure\"".to_owned());
        }
        self.times(scan.get("start_time"), scan.get("end_time"), &at);
        self.scanner(scan.get("scanner"), &at.key("scanner"));
        if let Some(Value::Array(listed)) = scan.get("primary_identifiers") {
            let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            let key =
                |item: &Value| Some(stand_in(&format!("{}:{}", text(item, "type")?, text(item, "value")?)));
            self.listed = Some(listed.iter().filter_map(key).collect());
        }
    }

    fn times(&mut self, start: Option<&Value>, end: Option<&Value>, at: &Pointer<'_>) {
        let time = |value: Option<&'_ Value>| {
            value
                .and_then(Value::as_str)
                .filter(|text| text.len() == 19 && Form::Time.fits(text))
                .map(str::to_owned)
        };
        let Surroundings { now, .. } = self.around;
        let (start, end) = (time(start), time(end));
        if let (Some(start), Some(end)) = (&start, &end)
            && end < start
        {
            self.push(&rule::TIME_ORDER, &at.key("end_time"), || format!("{end} is before {start}"));
        }
        for (key, time) in [("start_time", start), ("end_time", end)] {
            let Some(time) = time else { continue };
            if time.as_str() < "2000" {
                self.push(&rule::TIME_UNSET, &at.key(key), || quoted(&time));
            }
            if let Some(now) = now
                && time.as_str() > now
            {
                self.push(&rule::TIME_FUTURE, &at.key(key), || format!("{time}, and now is {now}"));
            }
        }
    }

    fn scanner(&mut self, scanner: Option<&Value>, at: &Pointer<'_>) {
        let text = |path: &[&str]| {
            path.iter().try_fold(scanner?, |value, key| value.get(key)).and_then(Value::as_str)
        };
        let (id, vendor) = (text(&["id"]).unwrap_or_default(), text(&["vendor", "name"]).unwrap_or_default());
        if is_gitlab_scanner(id) && !vendor.eq_ignore_ascii_case("gitlab") {
            self.push(&rule::SCANNER_COLLISION, &at.key("id"), || {
                format!("{} by {}", quoted(id), quoted(vendor))
            });
        }
        for key in ["id", "name", "version"] {
            if let Some(text) = text(&[key])
                && is_unnamed(text)
            {
                self.push(&rule::SCANNER_PLACEHOLDER, &at.key(key), || quoted(text));
            }
        }
        if is_unnamed(vendor) && scanner.is_some() {
            let vendor_at = at.key("vendor");
            self.push(&rule::SCANNER_PLACEHOLDER, &vendor_at.key("name"), || quoted(vendor));
        }
    }
}

fn is_unnamed(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || UNNAMED.iter().any(|name| text.eq_ignore_ascii_case(name))
}
