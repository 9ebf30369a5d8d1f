//! The scan a report comes from (schema `scan`).

use crate::{Extra, Identifier, Kind, ShortText, Text, extra::Object, link::is_url};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;

/// The scan a report comes from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Scan<'a> {
    /// `type`.
    pub kind: Kind,
    /// Whether `type` is `container_scanning_for_registry`; schema 15.1 and later.
    pub for_registry: bool,
    /// Who ran the scanner and made the report.
    pub analyzer: Tool<'a>,
    /// Who found the vulnerabilities. Its id is part of their identity in GitLab.
    pub scanner: Tool<'a>,
    /// When it began.
    pub start_time: ScanTime,
    /// When it ended.
    pub end_time: ScanTime,
    /// Whether it ran through; not whether it found something.
    pub status: ScanStatus,
    /// What it has to tell.
    pub messages: Vec<Message<'a>>,
    /// How it was configured.
    pub options: Vec<ScanOption<'a>>,
    /// Every rule that it may report, whether hit or not: GitLab may close vulnerabilities of
    /// rules that are not in it. Empty means not known.
    pub primary_identifiers: Vec<Identifier<'a>>,
    /// What it visited; DAST and API fuzzing only.
    pub scanned_resources: Vec<ScannedResource<'a>>,
    /// Metrics, for GitLab's own analyzers.
    pub observability: Option<Observability<'a>>,
    /// Unknown fields of a report that was read.
    pub extra: Extra,
}

impl<'a> Scan<'a> {
    /// A scan that ran through, by a scanner that writes its own report.
    #[must_use]
    pub fn new(kind: Kind, scanner: Tool<'a>) -> Self {
        Self {
            kind,
            for_registry: false,
            analyzer: scanner.clone(),
            scanner,
            start_time: ScanTime::default(),
            end_time: ScanTime::default(),
            status: ScanStatus::Success,
            messages: Vec::new(),
            options: Vec::new(),
            primary_identifiers: Vec::new(),
            scanned_resources: Vec::new(),
            observability: None,
            extra: Extra::default(),
        }
    }
}

/// Whether a report of that kind has to list what was visited, even if that is nothing.
pub(crate) const fn visits(kind: Kind) -> bool {
    matches!(kind, Kind::Dast | Kind::ApiFuzzing)
}

impl Serialize for Scan<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object::begin(serializer, &self.extra)?;
        object.entry(
            "type",
            if self.for_registry { "container_scanning_for_registry" } else { self.kind.as_str() },
        )?;
        object.entry("analyzer", &self.analyzer)?;
        object.entry("scanner", &self.scanner)?;
        object.entry("start_time", &self.start_time)?;
        object.entry("end_time", &self.end_time)?;
        object.entry("status", &self.status)?;
        if !self.messages.is_empty() {
            object.entry("messages", &self.messages)?;
        }
        if !self.options.is_empty() {
            object.entry("options", &self.options)?;
        }
        if !self.primary_identifiers.is_empty() {
            object.entry("primary_identifiers", &self.primary_identifiers)?;
        }
        // Of a report that was read, what is no such list is kept among the unknown fields.
        let kept = self.extra.get().is_some_and(|extra| extra.contains_key("scanned_resources"));
        let demanded = visits(self.kind) && !kept;
        if demanded || !self.scanned_resources.is_empty() {
            object.entry("scanned_resources", &self.scanned_resources)?;
        }
        if let Some(observability) = &self.observability {
            object.entry("observability", observability)?;
        }
        object.end()
    }
}

/// A program: analyzer or scanner. No part of it is ever empty: GitLab refuses a report for that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tool<'a> {
    /// A slug that never changes: `semgrep`.
    pub id: Text<'a>,
    /// What people filter by: `Semgrep`.
    pub name: Text<'a>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Text<'a>>,
    /// Its version.
    pub version: Text<'a>,
    /// Who makes it.
    pub vendor: Vendor<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> Tool<'a> {
    /// What stands for a part that is not known.
    pub const UNKNOWN: &'static str = "unknown";
    /// The id of a report that several scanners fed.
    pub const MERGED: &'static str = "scanlift-merged";

    /// A program; a blank part becomes [`Self::UNKNOWN`].
    #[must_use]
    pub fn new(
        id: impl Into<Text<'a>>,
        name: impl Into<Text<'a>>,
        version: impl Into<Text<'a>>,
        vendor: impl Into<Text<'a>>,
    ) -> Self {
        let filled = |text: Text<'a>| {
            if text.trim().is_empty() { Cow::Borrowed(Self::UNKNOWN) } else { text }
        };
        Self {
            id: filled(id.into()),
            name: filled(name.into()),
            url: None,
            version: filled(version.into()),
            vendor: Vendor { name: filled(vendor.into()), extra: Extra::default() },
            extra: Extra::default(),
        }
    }

    /// One name for several scanners, so that nobody's result is attributed to another.
    #[must_use]
    pub fn merged<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let name = ShortText::new(names).map_or_else(String::new, |name| name.to_string());
        Self::new(Self::MERGED, name, env!("CARGO_PKG_VERSION"), "scanlift")
    }

    /// The program with its page, unless that is no http or https address.
    #[must_use]
    pub fn with_url(mut self, url: impl Into<Text<'a>>) -> Self {
        let url = url.into();
        if is_url(&url) && url.starts_with("http") {
            self.url = Some(url);
        }
        self
    }
}

/// Who makes a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Vendor<'a> {
    /// Never empty.
    pub name: Text<'a>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A time as the schema wants it: `2026-11-22T18:36:00`, UTC, without zone and fraction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ScanTime(Cow<'static, str>);

impl ScanTime {
    /// The time that `text` spells; `None` unless it is exactly `YYYY-MM-DDThh:mm:ss`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let shape = b"0000-00-00T00:00:00";
        let fits = text.len() == shape.len()
            && text.bytes().zip(shape).all(|(have, want)| match want {
                b'0' => have.is_ascii_digit(),
                other => have == *other,
            });
        fits.then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ScanTime {
    /// The epoch.
    fn default() -> Self {
        Self(Cow::Borrowed("1970-01-01T00:00:00"))
    }
}

impl<'de> Deserialize<'de> for ScanTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not of the form YYYY-MM-DDThh:mm:ss"))
        })
    }
}

/// Whether a scan ran through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanStatus {
    /// To its end.
    #[default]
    Success,
    /// It broke off.
    Failure,
}

/// Something a scan has to tell (schema `scan.messages[]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// How bad it is.
    pub level: MessageLevel,
    /// Never empty.
    pub value: Text<'a>,
}

impl<'a> Message<'a> {
    /// A message; `None` without text.
    #[must_use]
    pub fn new(level: MessageLevel, value: impl Into<Text<'a>>) -> Option<Self> {
        let value = value.into();
        (!value.trim().is_empty()).then_some(Self { level, value })
    }

    /// The same message, owned.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        Message { level: self.level, value: Cow::Owned(self.value.into_owned()) }
    }
}

/// How bad a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageLevel {
    /// Normal.
    Info,
    /// Something is missing.
    Warn,
    /// The scan broke off.
    Fatal,
}

/// A setting of a scan (schema `scan.options[]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScanOption<'a> {
    /// 1 to 255 characters.
    pub name: Text<'a>,
    /// Where it was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<OptionSource>,
    /// A truth value, whole number, text or null.
    pub value: Value,
}

impl<'a> ScanOption<'a> {
    /// A setting; `None` for a name that is blank or of over 255 characters.
    #[must_use]
    pub fn new(name: impl Into<Text<'a>>, source: OptionSource, value: impl Into<Value>) -> Option<Self> {
        let name = name.into();
        let fits = !name.trim().is_empty() && name.chars().count() <= 255;
        fits.then(|| Self { name, source: Some(source), value: value.into() })
    }

    /// The same setting, owned.
    #[must_use]
    pub fn into_owned(self) -> ScanOption<'static> {
        ScanOption { name: Cow::Owned(self.name.into_owned()), source: self.source, value: self.value }
    }
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionSource {
    /// The command line.
    Argument,
    /// A file.
    File,
    /// The environment.
    EnvVariable,
    /// Elsewhere.
    Other,
}

/// Something a scan visited (schema `scan.scanned_resources[]`); no field is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScannedResource<'a> {
    /// HTTP method.
    pub method: Text<'a>,
    /// Address.
    pub url: Text<'a>,
    /// Usually `url`.
    #[serde(rename = "type")]
    pub kind: Text<'a>,
}

impl<'a> ScannedResource<'a> {
    /// An address that was visited; `None` without method or address.
    #[must_use]
    pub fn url(method: impl Into<Text<'a>>, url: impl Into<Text<'a>>) -> Option<Self> {
        let (method, url) = (method.into(), url.into());
        (!method.trim().is_empty() && !url.trim().is_empty()).then_some(Self {
            method,
            url,
            kind: Cow::Borrowed("url"),
        })
    }

    /// The same resource, owned.
    #[must_use]
    pub fn into_owned(self) -> ScannedResource<'static> {
        let owned = |text: Text<'_>| Cow::Owned(text.into_owned());
        ScannedResource { method: owned(self.method), url: owned(self.url), kind: owned(self.kind) }
    }
}

/// Metrics of GitLab's own analyzers (schema `scan.observability`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Observability<'a> {
    /// In order.
    #[serde(default)]
    pub events: Vec<ObservabilityEvent<'a>>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObservabilityEvent<'a> {
    /// Its name.
    pub event: Text<'a>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<Text<'a>>,
    /// What it is about, further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Number>,
    /// Further values.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_spelling() {
        for (text, want) in [
            ("2026-11-22T18:36:00", true),
            ("2026-11-22T18:36:00Z", false),
            ("2026-11-22 18:36:00", false),
            ("2026-11-22T18:36", false),
            ("", false),
        ] {
            assert_eq!(ScanTime::new(text).is_some(), want, "{text}");
        }
    }

    #[test]
    fn no_part_of_a_tool_is_empty() {
        let tool = Tool::new("", " ", "", "");
        assert_eq!(
            (&*tool.id, &*tool.name, &*tool.version, &*tool.vendor.name),
            ("unknown", "unknown", "unknown", "unknown")
        );
    }
}
