//! Semgrep and Opengrep, `--json` (semgrep_output_v1, `cli_output`).

mod dependency;
mod finding;
mod trace;

use finding::map_result;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, ScanInfo, Sink, Warning,
};
use scanlift_report_core::{Kind, MessageLevel};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the JSON reports of Semgrep.
#[derive(Clone, Copy, Debug, Default)]
pub struct Semgrep;

/// The converter.
pub static CONVERTER: Semgrep = Semgrep;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "semgrep",
    name: "Semgrep",
    summary: "JSON reports of Semgrep and Opengrep: code, secrets and supply chain",
    versions: "0.20 and later",
    kinds: &[Kind::Sast, Kind::SecretDetection, Kind::DependencyScanning],
    url: "https://semgrep.dev/docs/semgrep-appsec-platform/json-and-sarif",
};

impl Converter for Semgrep {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        if head.kind() != Some(JsonKind::Object) {
            return Match::No;
        }
        let of_result = head.path_has(&["results", "check_id"]) && head.path_has(&["results", "extra"]);
        // A report without results has the keys of its run alone.
        let of_run = head.path_has(&["paths", "scanned"])
            || head.has("skipped_rules")
            || head.has("interfile_languages_used")
            || head.has("engine_requested");
        // Of a run with many errors or files the first bytes show no results: Opengrep and Semgrep before
        // 1.100 order their keys by the alphabet.
        let before = ["engine_requested", "errors", "interfile_languages_used", "paths"];
        let is_cut = head.keys().all(|key| before.contains(&key));
        let of_errors = head.path_has(&["errors", "level"])
            && (head.path_has(&["errors", "spans"]) || head.path_has(&["errors", "type"]));
        let of_paths = head.has("errors") && head.path_has(&["paths", "scanned"]);
        if of_result || (is_cut && (of_errors || of_paths)) || (head.has("results") && of_run) {
            Match::Yes
        } else if head.has("results")
            && head.keys().all(|key| key == "results" || key == "errors")
            && head.has("errors")
        {
            // An early version that found nothing.
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(if run.pro { "Semgrep Pro" } else { DESCRIPTOR.name }, Kind::Sast);
        scan.version = run.version.clone().map(Into::into);
        scan.format_version = run.version.map(Into::into);
        scan.messages = run.messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" => {
                records.each_apart(reader, |records, reader| records.map(reader, options, map_result))
            }
            _ => Ok(()),
        })
    }
}

/// What stands beside the results.
#[derive(Default)]
struct Run {
    version: Option<String>,
    pro: bool,
    messages: Messages,
    warnings: Vec<Warning>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut results) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "results" => results = true,
                "version" => run.version = fields.text(reader)?,
                "engine_requested" => {
                    run.pro = fields.text(reader)?.is_some_and(|engine| engine.eq_ignore_ascii_case("PRO"));
                }
                "errors" => fields.objects(reader, |error: RunError| run.error(&error))?,
                "skipped_rules" => fields.objects(reader, |rule: SkippedRule| {
                    let details = filled(&rule.details).unwrap_or("it could not be used");
                    let rule = filled(&rule.rule_id).unwrap_or("a rule");
                    run.messages.push(MessageLevel::Warn, format!("{rule} was skipped: {details}"));
                })?,
                "paths" if reader.peek()? == JsonKind::Object => {
                    reader.each_key(|key, reader| match key {
                        "skipped" => run.skipped_paths(reader, &mut fields),
                        _ => Ok(()),
                    })?
                }
                _ => {}
            }
            Ok(())
        })?;
        if !results {
            return Err(ConvertError::Unrecognised {
                expected: "`results`",
                help: "write the report with semgrep scan --json",
            });
        }
        run.warnings = fields.warnings;
        Ok(run)
    }

    /// An error of the run (`cli_error`): a file that does not parse, a rule that takes too long.
    fn error(&mut self, error: &RunError) {
        let text = [&error.message, &error.long_msg, &error.short_msg].into_iter().find_map(filled);
        let text = text.unwrap_or("an error without a message");
        let place = filled(&error.path).filter(|path| !text.contains(path));
        let text = match place {
            Some(place) => format!("{place}: {text}"),
            None => text.to_owned(),
        };
        let level = match filled(&error.level) {
            Some("info") => MessageLevel::Info,
            _ => MessageLevel::Warn,
        };
        self.messages.push(level, text);
    }

    /// Files that were left out, told once for each reason.
    fn skipped_paths<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        let mut reasons: BTreeMap<String, (u64, String)> = BTreeMap::new();
        fields.objects(reader, |skipped: SkippedPath| {
            let reason = filled(&skipped.reason).unwrap_or("no reason given").replace('_', " ");
            let path = filled(&skipped.path).unwrap_or_default();
            reasons.entry(reason).or_insert_with(|| (0, path.to_owned())).0 += 1;
        })?;
        for (reason, (count, path)) in reasons {
            let files = if count == 1 { "file was" } else { "files were" };
            self.messages.push(MessageLevel::Info, format!("{count} {files} not scanned ({reason}): {path}"));
        }
        Ok(())
    }
}

/// `cli_error`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunError {
    message: Option<String>,
    long_msg: Option<String>,
    short_msg: Option<String>,
    path: Option<String>,
    level: Option<String>,
}

/// `skipped_rule`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SkippedRule {
    rule_id: Option<String>,
    details: Option<String>,
}

/// `skipped_target`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SkippedPath {
    path: Option<String>,
    reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_may_end_before_the_results() {
        for (head, want) in [
            (r#"{"errors": [], "paths": {"scanned": ["a.py", "b"#, Match::Yes),
            (r#"{"engine_requested": "OSS", "errors": [{"level": "warn", "type": "x"}, {"co"#, Match::Yes),
            (r#"{"errors": [], "paths": {"scanned": []}, "other": 1}"#, Match::No),
            (r#"{"errors": [], "paths": ["a.py"]}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
