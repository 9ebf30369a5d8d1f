//! RuboCop, `--format json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of RuboCop.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rubocop;

/// The converter.
pub static CONVERTER: Rubocop = Rubocop;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "rubocop",
    name: "RuboCop",
    summary: "JSON reports of RuboCop",
    versions: "0.50 and later; 1",
    kinds: &[Kind::Sast],
    url: "https://docs.rubocop.org/rubocop/formatters.html#json-formatter",
};

impl Converter for Rubocop {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.path_has(&["metadata", "rubocop_version"])
            || head.path_has(&["files", "offenses", "cop_name"]);
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut version) = (Fields::default(), false, None);
        json::walk(input, |key, reader| {
            match key {
                "files" => known = true,
                "metadata" => {
                    version = fields.object::<Metadata, _>(reader)?.and_then(|it| it.rubocop_version)
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`files`",
                help: "write the report with rubocop --format json --out report.json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = version.map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "files" => records.each(reader, |records, reader| records.map_group(reader, &(), map_file)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    rubocop_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    offenses: Vec<Offense<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Offense<'a> {
    #[serde(borrow)]
    cop_name: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    corrected: Option<bool>,
    location: Place,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    last_line: Option<u64>,
}

fn map_file<'a>(file: &'a File<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    file.offenses.iter().map(|offense| map_offense(offense, filled(&file.path).unwrap_or_default())).collect()
}

fn map_offense<'a>(offense: &'a Offense<'_>, path: &'a str) -> Outcome<'a> {
    let message = filled(&offense.message).unwrap_or_default();
    let Some(cop) = filled(&offense.cop_name) else {
        return Outcome::skip(SkipReason::Unsupported, "an offense without a cop", message);
    };
    if offense.corrected == Some(true) {
        return Outcome::skip(SkipReason::NotAFinding, "corrected: true", cop);
    }
    if cop == "Lint/Syntax" {
        return Outcome::skip(SkipReason::NotAFinding, "Lint/Syntax: the file cannot be parsed", path);
    }
    let mut issue = Issue::new("rubocop_rule_id", cop);
    issue.url = page(cop).map(Cow::Owned);
    // `Security/Eval: The use of ...`, with the option --display-cop-names.
    let prefix = message.strip_prefix(cop).and_then(|rest| rest.strip_prefix(": "));
    issue.message = Some(prefix.unwrap_or(message).into());
    let word = filled(&offense.severity);
    issue.severity = word.map(Cow::Borrowed);
    issue.rating = word.and_then(|word| severity(word, cop));
    let place = &offense.location;
    let place = code::lines(path, place.start_line.or(place.line), place.last_line);
    match issue.into_finding(Location::Sast(place)) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "an offense without a cop", message),
    }
}

/// The page of a cop of RuboCop itself; extensions have their own.
fn page(cop: &str) -> Option<String> {
    let (department, name) = cop.split_once('/')?;
    let own = ["Bundler", "Gemspec", "Layout", "Lint", "Metrics", "Migration", "Naming", "Security", "Style"];
    let (page, anchor) =
        (department.to_ascii_lowercase(), format!("{department}{name}").to_ascii_lowercase());
    own.contains(&department).then(|| format!("https://docs.rubocop.org/rubocop/cops_{page}.html#{anchor}"))
}

/// RuboCop's words, from `info` to `fatal`, are about code in general; a cop of security is one all the same.
fn severity(word: &str, cop: &str) -> Option<Severity> {
    let severity = match word {
        "info" | "refactor" | "convention" => Severity::Info,
        "warning" => Severity::Low,
        "error" | "fatal" => Severity::Medium,
        _ => return None,
    };
    let security = cop.starts_with("Security/");
    Some(if security { Severity::Medium } else { severity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cops_have_pages_and_severities() {
        for (cop, page_of, word, want) in [
            (
                "Security/Eval",
                Some("https://docs.rubocop.org/rubocop/cops_security.html#securityeval"),
                "warning",
                Some(Severity::Medium),
            ),
            ("Rails/Output", None, "convention", Some(Severity::Info)),
            ("Acme", None, "error", Some(Severity::Medium)),
            ("Acme", None, "purple", None),
        ] {
            assert_eq!((page(cop).as_deref(), severity(word, cop)), (page_of, want), "{cop}");
        }
    }
}
