//! Findings of the Semgrep AppSec Platform: its API, and what `semgrep ci` sends to it.

mod finding;
mod package;

use finding::{Scope, map_finding};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Records};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, ScanInfo, Sink, Warning,
};
use scanlift_report_core::{Kind, MessageLevel};
use serde::Deserialize;

/// Reads the JSON reports of Semgrep AppSec Platform.
#[derive(Clone, Copy, Debug, Default)]
pub struct SemgrepApp;

/// The converter.
pub static CONVERTER: SemgrepApp = SemgrepApp;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "semgrep-app",
    name: "Semgrep AppSec Platform",
    summary: "findings of the API of the Semgrep AppSec Platform: code, secrets and supply chain",
    versions: "v1",
    kinds: &[Kind::Sast, Kind::SecretDetection, Kind::DependencyScanning],
    url: "https://semgrep.dev/api/v1/docs/",
};

impl Converter for SemgrepApp {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let has = |key| head.path_has(&["findings", key]);
        let of_api = has("rule_name") && has("triage_state")
            || has("match_based_id")
            || has("findingPathUrl")
            || head.path_has(&["vulns", "exposureType"])
            || head.path_has(&["vulns", "closestSafeDependency"]);
        // What `semgrep ci` sends.
        let of_ci = head.has("findings") && head.has("searched_paths") && head.has("rule_ids");
        let empty =
            head.kind() == Some(JsonKind::Object) && head.keys().eq(["findings"]) && !has("scan_type");
        if of_api || of_ci {
            Match::Yes
        } else if empty && !head.path_has(&["findings", "id"]) && !head.path_has(&["findings", "title"]) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (messages, warnings) = read_run(input)?;
        warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new("Semgrep", Kind::Sast);
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let scope = Scope { options, name: input.name() };
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "findings" | "vulns" => {
                records.each(reader, |records, reader| records.map(reader, &scope, map_finding))
            }
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ignored {}

/// What stands beside the findings.
fn read_run(input: &dyn Input) -> Result<(Messages, Vec<Warning>), ConvertError> {
    let (mut messages, mut fields, mut known, mut ignored) =
        (Messages::default(), Fields::default(), false, 0_u64);
    json::walk(input, |key, reader| {
        match key {
            "findings" | "vulns" => known = true,
            "ignores" => fields.objects(reader, |_: Ignored| ignored += 1)?,
            _ => {}
        }
        Ok(())
    })?;
    if !known {
        return Err(ConvertError::Unrecognised {
            expected: "`findings` or `vulns`",
            help: "export the findings with the API of the Semgrep AppSec Platform",
        });
    }
    if ignored > 0 {
        messages.push(
            MessageLevel::Info,
            format!("findings that a comment in the code ignores (nosemgrep): {ignored}"),
        );
    }
    Ok((messages, fields.warnings))
}
