//! What njsscan and mobsfscan have in common: the output of libsast, which they are made with.
//!
//! An object of rules, each with its metadata and the places where it hit; a rule without places
//! tells of something that the application lacks.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{ConvertError, Input, Messages, Outcome, ScanInfo, SkipReason, Warning, cwe};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// A scanner that writes so.
pub(crate) struct Tool {
    /// As people call it.
    pub(crate) name: &'static str,
    /// The type of its rules' identifiers.
    pub(crate) scheme: &'static str,
    /// The key of its version.
    pub(crate) version: &'static str,
    /// The keys of its objects of rules; the report has at least one.
    pub(crate) rules: &'static [&'static str],
    /// How to write the report.
    pub(crate) help: &'static str,
}

/// What stands beside the rules.
#[derive(Default)]
pub(crate) struct Run {
    version: Option<String>,
    messages: Messages,
    pub(crate) warnings: Vec<Warning>,
}

impl Run {
    pub(crate) fn read(input: &dyn Input, tool: &Tool) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut rules) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                _ if key == tool.version => run.version = fields.text(reader)?,
                _ if tool.rules.contains(&key) => rules = true,
                "errors" => fields.objects(reader, |error: RunError| {
                    let text = filled(&error.message).unwrap_or("an error without a message");
                    let text = match filled(&error.path).filter(|path| !text.contains(path)) {
                        Some(path) => format!("{path}: {text}"),
                        None => text.to_owned(),
                    };
                    run.messages.push(MessageLevel::Warn, text);
                })?,
                _ => {}
            }
            Ok(())
        })?;
        if !rules {
            return Err(ConvertError::Unrecognised { expected: "a list of rules", help: tool.help });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }

    pub(crate) fn into_scan(self, tool: &Tool) -> ScanInfo<'static> {
        let mut scan = ScanInfo::new(tool.name, Kind::Sast);
        scan.version = self.version.map(Into::into);
        scan.messages = self.messages.into_vec();
        scan
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunError {
    message: Option<String>,
    path: Option<String>,
}

/// Takes an object of rules to the records: one for each place, and one for a rule without places.
pub(crate) fn each_rule<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    tool: &Tool,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    reader.each_key(|rule, reader| records.map_group(reader, &(rule, tool), map_rule))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    files: Vec<Hit<'a>>,
    metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hit<'a> {
    #[serde(borrow)]
    file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    match_lines: Vec<u64>,
    match_string: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metadata<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    cwe: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list", alias = "owasp")]
    owasp_web: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    owasp_mobile: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    reference: Vec<Loose<'a>>,
    masvs: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
}

fn map_rule<'a>(rule: &'a Rule<'_>, scope: &'a (&str, &Tool)) -> Vec<Outcome<'a>> {
    let (id, tool) = *scope;
    let map = |hit: Option<&'a Hit<'_>>| map_hit(id, rule.metadata.as_ref(), hit, tool);
    if rule.files.is_empty() {
        vec![map(None)]
    } else {
        rule.files.iter().map(|hit| map(Some(hit))).collect()
    }
}

fn map_hit<'a>(
    rule: &'a str,
    metadata: Option<&'a Metadata<'_>>,
    hit: Option<&'a Hit<'_>>,
    tool: &Tool,
) -> Outcome<'a> {
    let mut issue = Issue::new(tool.scheme, rule);
    let mut masvs = None;
    if let Some(metadata) = metadata {
        issue.message = filled(&metadata.description).map(Cow::Borrowed);
        issue.severity = filled(&metadata.severity).map(Cow::Borrowed);
        issue.rating = filled(&metadata.severity).and_then(rating);
        issue.weaknesses = metadata.cwe.iter().flat_map(|text| cwe::all(text)).collect();
        let categories = metadata.owasp_web.iter().chain(&metadata.owasp_mobile);
        issue.categories = categories.map(|text| Cow::Borrowed(&**text)).collect();
        issue.references = metadata.reference.iter().map(|text| Cow::Borrowed(&**text)).collect();
        masvs = filled(&metadata.masvs);
    }
    let mut place = code::lines("", None, None);
    if let Some(hit) = hit {
        issue.code = hit.match_string.as_deref().map(Cow::Borrowed);
        let lines = (hit.match_lines.first().copied(), hit.match_lines.get(1).copied());
        place = code::lines(filled(&hit.file_path).unwrap_or_default(), lines.0, lines.1);
    }
    match issue.into_finding(Location::Sast(place)) {
        Some(mut finding) => {
            finding.vulnerability.details.text("masvs", "OWASP MASVS", masvs.unwrap_or_default());
            if hit.is_none() {
                let text = "This is missing from the application: there is no line to point to.";
                finding.vulnerability.details.text("place", "Place", text);
            }
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a rule without an id", ""),
    }
}

/// The words of the rules are those of SARIF levels.
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "ERROR" => Some(Severity::High),
        "WARNING" => Some(Severity::Medium),
        "INFO" => Some(Severity::Low),
        _ => None,
    }
}
