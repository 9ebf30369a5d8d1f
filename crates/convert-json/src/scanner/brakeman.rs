//! Brakeman, `-f json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Messages, Options, Outcome, ScanInfo,
    Sink, SkipReason, Warning, advisory,
};
use scanlift_report_core::{FileLocation, Kind, Location, MessageLevel, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Brakeman.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brakeman;

/// The converter.
pub static CONVERTER: Brakeman = Brakeman;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "brakeman",
    name: "Brakeman",
    summary: "JSON reports of Brakeman",
    versions: "3 to 7",
    kinds: &[Kind::Sast],
    url: "https://brakemanscanner.org/docs/jenkins/",
};

impl Converter for Brakeman {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_scan = head.path_has(&["scan_info", "brakeman_version"])
            || head.path_has(&["scan_info", "checks_performed"])
            || head.path_has(&["scan_info", "rails_version"]);
        let of_warnings =
            head.path_has(&["warnings", "warning_type"]) && head.path_has(&["warnings", "fingerprint"]);
        if of_scan || of_warnings { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = run.info.brakeman_version.map(Into::into);
        scan.start_time = run.info.start_time.or(run.info.timestamp).map(Into::into);
        scan.end_time = run.info.end_time.map(Into::into);
        scan.roots.extend(run.info.app_path.map(Into::into));
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "warnings" => records.each(reader, |records, reader| records.map(reader, &(), map_warning)),
            "ignored_warnings" => {
                records.each(reader, |records, reader| records.map(reader, &(), map_ignored))
            }
            _ => Ok(()),
        })
    }
}

/// What stands beside the warnings.
#[derive(Default)]
struct Run {
    info: ScanInfoHead,
    messages: Messages,
    warnings: Vec<Warning>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScanInfoHead {
    app_path: Option<String>,
    brakeman_version: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunError {
    error: Option<String>,
    location: Option<String>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut warnings) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "warnings" => warnings = true,
                "scan_info" => run.info = fields.object(reader)?.unwrap_or_default(),
                "errors" => fields.objects(reader, |error: RunError| {
                    let parts = [filled(&error.location), filled(&error.error)];
                    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
                    run.messages.push(MessageLevel::Warn, text);
                })?,
                _ => {}
            }
            Ok(())
        })?;
        if !warnings {
            return Err(ConvertError::Unrecognised {
                expected: "`warnings`",
                help: "write the report with brakeman -f json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}

/// `Brakeman::Warning#to_hash`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BrakemanWarning<'a> {
    #[serde(borrow)]
    warning_type: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    warning_code: Option<u64>,
    fingerprint: Option<Loose<'a>>,
    check_name: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    link: Option<Loose<'a>>,
    code: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    render_path: Vec<Render<'a>>,
    location: Option<Place<'a>>,
    user_input: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe_id: Vec<u32>,
    note: Option<Loose<'a>>,
}

/// Where a view is rendered from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Render<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    class: Option<Loose<'a>>,
    method: Option<Loose<'a>>,
    template: Option<Loose<'a>>,
    model: Option<Loose<'a>>,
}

/// A warning that the user's ignore file names.
fn map_ignored<'a>(warning: &'a BrakemanWarning<'_>, _: &'a ()) -> Outcome<'a> {
    let detail = match filled(&warning.note) {
        Some(note) => Cow::Owned(format!("ignored: {note}")),
        None => Cow::Borrowed("ignored"),
    };
    Outcome::skip(SkipReason::Suppressed, detail, rule(warning).unwrap_or_default())
}

fn map_warning<'a>(warning: &'a BrakemanWarning<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(rule) = rule(warning) else {
        return Outcome::skip(SkipReason::Unsupported, "a warning without a type", "");
    };
    let kind = filled(&warning.warning_type);
    let mut issue = Issue::new("brakeman_rule_id", rule.clone());
    issue.rule_name = kind.filter(|kind| *kind != rule).map(|kind| Cow::Owned(format!("{rule} {kind}")));
    issue.url = filled(&warning.link).map(Cow::Borrowed);
    issue.message = filled(&warning.message).or(kind).map(Cow::Borrowed);
    issue.confidence = filled(&warning.confidence).map(Cow::Borrowed);
    issue.rating = filled(&warning.confidence).and_then(rating);
    issue.weaknesses.clone_from(&warning.cwe_id);
    issue.code = warning.code.as_deref().map(Cow::Borrowed);
    issue.language = Some("ruby".into());
    let file = filled(&warning.file).unwrap_or_default();
    let renders = warning.render_path.iter();
    let mut steps: Vec<_> = renders
        .filter_map(|render| Some(FileLocation::new(filled(&render.file)?, render.line?, None)))
        .collect();
    if !steps.is_empty() {
        steps.extend(warning.line.map(|line| FileLocation::new(file, line, None)));
        issue.flows.push(steps);
    }
    let mut place = code::lines(file, warning.line, None);
    if let Some(location) = &warning.location {
        let class = [&location.class, &location.model, &location.template].into_iter().find_map(filled);
        place.class = class.map(Cow::Borrowed);
        place.method = filled(&location.method).map(Cow::Borrowed);
    }
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a warning without a type", "");
    };
    let cve = filled(&warning.message).and_then(advisory::find_cve).and_then(advisory::identifier);
    finding.vulnerability.identifiers.extend(cve);
    finding.vulnerability.details.text(
        "user_input",
        "User input",
        filled(&warning.user_input).unwrap_or_default(),
    );
    finding.vulnerability.details.text("check", "Check", filled(&warning.check_name).unwrap_or_default());
    if let Some(value) = filled(&warning.fingerprint) {
        finding.fingerprints.push(Fingerprint { name: "fingerprint".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

/// The id that Brakeman gives the rule in SARIF, so that both formats are one: `BRAKE0018`.
fn rule<'a>(warning: &'a BrakemanWarning<'_>) -> Option<Cow<'a, str>> {
    match warning.warning_code {
        Some(code) => Some(Cow::Owned(format!("BRAKE{code:04}"))),
        None => filled(&warning.check_name).or(filled(&warning.warning_type)).map(Cow::Borrowed),
    }
}

/// Brakeman rates its confidence alone, and takes that for the level of its SARIF.
fn rating(confidence: &str) -> Option<Severity> {
    match confidence.to_ascii_lowercase().as_str() {
        "high" => Some(Severity::High),
        "medium" => Some(Severity::Medium),
        "weak" | "low" => Some(Severity::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_all_there_is_to_rate_by() {
        for (word, want) in [
            ("High", Some(Severity::High)),
            ("Medium", Some(Severity::Medium)),
            ("Weak", Some(Severity::Low)),
            ("?", None),
        ] {
            assert_eq!(rating(word), want, "{word}");
        }
    }
}
