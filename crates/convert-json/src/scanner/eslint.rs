//! ESLint, `-f json` and `-f json-with-metadata`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    Artifact, Change, ConvertError, Converter, Descriptor, Fix, Input, Match, Messages, Options, Outcome,
    Replacement, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the JSON reports of ESLint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Eslint;

/// The converter.
pub static CONVERTER: Eslint = Eslint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "eslint",
    name: "ESLint",
    summary: "JSON reports of ESLint",
    versions: "4 and later",
    kinds: &[Kind::Sast],
    url: "https://eslint.org/docs/latest/use/formatters/#json",
};

impl Converter for Eslint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let keys = ["filePath", "messages", "errorCount"];
        let own = match head.kind() {
            // secretlint writes alike, with the text of the files.
            Some(JsonKind::Array) => {
                keys[..2].iter().all(|key| head.has(key)) && !head.has("sourceContentType")
            }
            Some(JsonKind::Object) => {
                keys[..2].iter().all(|key| head.path_has(&["results", key]))
                    || head.path_has(&["metadata", "rulesMeta"])
            }
            _ => false,
        };
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut messages) = (Fields::default(), Messages::default());
        let (mut files, mut named) = (0_u64, 0_u64);
        each_list(input, |reader| {
            fields.objects(reader, |file: LintedFile| {
                files += 1;
                named += u64::from(filled(&file.path).is_some());
                for fatal in file.messages.iter().filter(|message| message.fatal == Some(true)) {
                    let text = filled(&fatal.message).unwrap_or("it cannot be read");
                    let path = filled(&file.path).unwrap_or("a file");
                    messages.push(MessageLevel::Warn, format!("{path}: {text}"));
                }
            })
        })?;
        if files > 0 && named == 0 {
            return Err(unrecognised());
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        each_list(input, |reader| {
            records.each(reader, |records, reader| records.map_group(reader, &(), map_file))
        })
    }
}

/// Visits the list of files, which is the document or stands in its `results`.
fn each_list(
    input: &dyn Input,
    mut visit: impl FnMut(&mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    if reader.peek()? == JsonKind::Array {
        visit(&mut reader)?;
        return Ok(reader.finish()?);
    }
    let mut results = false;
    json::walk(input, |key, reader| match key {
        "results" => {
            results = true;
            visit(reader)
        }
        _ => Ok(()),
    })?;
    if results { Ok(()) } else { Err(unrecognised()) }
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised { expected: "a list of files", help: "write the report with eslint -f json" }
}

/// A file in the first look, for what it has to tell of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LintedFile {
    #[serde(rename = "filePath")]
    path: Option<String>,
    #[serde(deserialize_with = "json::list")]
    messages: Vec<Fatal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fatal {
    fatal: Option<bool>,
    message: Option<String>,
}

/// `LintResult`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LintResult<'a> {
    #[serde(borrow)]
    file_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    messages: Vec<LintMessage<'a>>,
    #[serde(deserialize_with = "json::list")]
    suppressed_messages: Vec<LintMessage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LintMessage<'a> {
    #[serde(borrow)]
    rule_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    severity: Option<u32>,
    message: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
    fatal: Option<bool>,
    fix: Option<Edit<'a>>,
    #[serde(deserialize_with = "json::list")]
    suggestions: Vec<Suggestion<'a>>,
    #[serde(deserialize_with = "json::list")]
    suppressions: Vec<Suppression<'a>>,
}

/// `range` is in UTF-16 code units from the start of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Edit<'a> {
    #[serde(deserialize_with = "json::list")]
    range: Vec<u64>,
    #[serde(borrow)]
    text: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Suggestion<'a> {
    #[serde(borrow)]
    desc: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Suppression<'a> {
    #[serde(borrow)]
    justification: Option<Loose<'a>>,
}

fn map_file<'a>(file: &'a LintResult<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let path = filled(&file.file_path).unwrap_or_default();
    let told = file.messages.iter().map(|message| map_message(message, path));
    let suppressed = file.suppressed_messages.iter().map(|message| {
        let why = message.suppressions.iter().find_map(|one| filled(&one.justification));
        let rule = filled(&message.rule_id).unwrap_or_default();
        Outcome::skip(SkipReason::Suppressed, why.unwrap_or("suppressedMessages"), rule)
    });
    told.chain(suppressed).collect()
}

fn map_message<'a>(message: &'a LintMessage<'_>, path: &'a str) -> Outcome<'a> {
    let text = filled(&message.message).unwrap_or_default();
    // A file that does not parse, or that the configuration leaves out.
    let Some(rule) = filled(&message.rule_id) else {
        let detail = if message.fatal == Some(true) { "fatal: the file cannot be parsed" } else { "no rule" };
        return Outcome::skip(SkipReason::NotAFinding, detail, text);
    };
    let mut issue = Issue::new("eslint_rule_id", rule);
    issue.url = page(rule).map(Cow::Owned);
    let secret = secret(rule, text);
    issue.title = secret.map(|(before, _)| Cow::Borrowed(before));
    issue.message = Some(text.into());
    issue.severity = message.severity.and_then(word).map(Cow::Borrowed);
    issue.rating = message.severity.and_then(rating);
    let place = code::lines(path, message.line, message.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a message without a rule", text);
    };
    finding.secrets.extend(secret.map(|(_, value)| Cow::Borrowed(value)));
    let suggested = message.suggestions.iter().filter_map(|suggestion| filled(&suggestion.desc));
    scanlift_convert_api::details::add_list(
        &mut finding.vulnerability.details,
        "suggestions",
        "Suggestions",
        suggested,
    );
    finding.fixes.extend(message.fix.as_ref().and_then(|fix| map_fix(fix, path)));
    Outcome::finding(finding)
}

/// What eslint-plugin-no-secrets found, which it spells, and what stands before:
/// `Found a string that matches "AWS API Key" : "AKIA..."`.
fn secret<'a>(rule: &str, text: &'a str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.rsplit_once(" : \"").filter(|_| rule.starts_with("no-secrets/"))?;
    Some((before, rest.strip_suffix('"').unwrap_or(rest)))
}

/// The page of a rule of ESLint itself, and of the plug-ins for security.
fn page(rule: &str) -> Option<String> {
    match rule.rsplit_once('/') {
        None => Some(format!("https://eslint.org/docs/latest/rules/{rule}")),
        Some(("security", rule)) => Some(format!(
            "https://github.com/eslint-community/eslint-plugin-security/blob/main/docs/rules/{rule}.md"
        )),
        Some(("no-unsanitized", rule)) => Some(format!(
            "https://github.com/mozilla/eslint-plugin-no-unsanitized/blob/master/docs/rules/{rule}.md"
        )),
        Some(_) => None,
    }
}

/// 1 is a warning, 2 an error; 0 is off.
fn rating(severity: u32) -> Option<Severity> {
    match severity {
        2 => Some(Severity::High),
        1 => Some(Severity::Medium),
        0 => Some(Severity::Info),
        _ => None,
    }
}

fn word(severity: u32) -> Option<&'static str> {
    match severity {
        2 => Some("error"),
        1 => Some("warning"),
        _ => None,
    }
}

fn map_fix<'a>(edit: &'a Edit<'_>, path: &'a str) -> Option<Fix<'a>> {
    let [start, end] = edit.range[..] else { return None };
    let mut replacement = Replacement::default();
    replacement.char_offset = Some(start);
    replacement.char_length = Some(end.checked_sub(start)?);
    replacement.text = Cow::Borrowed(edit.text.as_deref()?);
    let mut fix = Fix::default();
    fix.changes.push(Change::new(Artifact { path: Cow::Borrowed(path) }, vec![replacement]));
    (!path.is_empty()).then_some(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_numbers() {
        for (number, want, name) in [
            (2, Some(Severity::High), Some("error")),
            (1, Some(Severity::Medium), Some("warning")),
            (0, Some(Severity::Info), None),
            (7, None, None),
        ] {
            assert_eq!((rating(number), word(number)), (want, name), "{number}");
        }
    }

    #[test]
    fn secrets_stand_at_the_end() {
        for (rule, text, want) in [
            (
                "no-secrets/no-secrets",
                "Found a string with entropy 4.30 : \"NOTREAL0\"",
                Some(("Found a string with entropy 4.30", "NOTREAL0")),
            ),
            (
                "no-secrets/no-pattern-match",
                "Found a string that matches \"AWS\" : \"NOTREAL1\"",
                Some(("Found a string that matches \"AWS\"", "NOTREAL1")),
            ),
            ("no-secrets/no-secrets", "other", None),
            ("quotes", "a : \"b\"", None),
        ] {
            assert_eq!(secret(rule, text), want, "{text}");
        }
    }

    #[test]
    fn rules_have_pages() {
        for (rule, want) in
            [("no-eval", Some("https://eslint.org/docs/latest/rules/no-eval")), ("@acme/x", None)]
        {
            assert_eq!(page(rule).as_deref(), want, "{rule}");
        }
    }
}
