//! Dockle, `--format json`: checkpoints of an image.

use scanlift_convert_api::code::Issue;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::image;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Dependency, ImageLocation, Kind, Location, Severity, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Dockle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dockle;

/// The converter.
pub static CONVERTER: Dockle = Dockle;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dockle",
    name: "Dockle",
    summary: "JSON reports of Dockle",
    versions: "0.1 and later",
    kinds: &[Kind::ContainerScanning],
    url: "https://github.com/goodwithtech/dockle",
};

impl Converter for Dockle {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let summary = ["fatal", "warn", "info", "pass"].iter().all(|key| head.path_has(&["summary", key]));
        if summary && head.has("details") { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the image, and once for the checkpoints.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut named) = (Fields::default(), false, None);
        json::walk(input, |key, reader| {
            match key {
                "details" => known = true,
                "image" => named = fields.text(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`details`",
                help: "write the report with dockle --format json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::ContainerScanning))
            .map_err(ConvertError::Deliver)?;
        let image = image::or_option(named.as_deref(), options, sink);
        let scope = Scope { image, system: options.operating_system.as_deref().unwrap_or("unknown") };
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "details" => records.each(reader, |records, reader| records.map(reader, &scope, map_checkpoint)),
            _ => Ok(()),
        })
    }
}

struct Scope<'a> {
    image: Text<'a>,
    system: &'a str,
}

/// A checkpoint, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Checkpoint<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    alerts: Vec<Loose<'a>>,
}

fn map_checkpoint<'a>(found: &'a Checkpoint<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let code = filled(&found.code).unwrap_or_default();
    let level = filled(&found.level).unwrap_or_default();
    let severity = match level {
        "FATAL" => Severity::High,
        "WARN" => Severity::Medium,
        "INFO" => Severity::Low,
        "IGNORE" => return Outcome::skip(SkipReason::Suppressed, "level: IGNORE", code),
        "PASS" | "SKIP" => return Outcome::skip(SkipReason::NotAFinding, format!("level: {level}"), code),
        _ => Severity::Unknown,
    };
    let alerts: Vec<&str> = crate::field::texts(&found.alerts).collect();
    let mut issue = Issue::new("dockle_checkpoint_id", code);
    issue.rule_name = filled(&found.title).map(|title| format!("{code} {title}").into());
    issue.url = Some(page(code));
    issue.title = filled(&found.title).map(Cow::Borrowed);
    issue.message = Some(match alerts[..] {
        [alert] => alert.into(),
        _ => filled(&found.title).unwrap_or_default().into(),
    });
    issue.severity = Some(level.into());
    issue.rating = Some(severity);
    // It is about the image as a whole, and the schema asks for a package.
    let location = ImageLocation::new(&*scope.image, scope.system, Dependency::new("", ""));
    let Some(mut finding) = issue.into_finding(Location::ContainerScanning(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "a checkpoint without a code", "");
    };
    add_list(&mut finding.vulnerability.details, "alerts", "Alerts", alerts);
    Outcome::finding(finding)
}

/// Where the checkpoint is described.
fn page<'a>(code: &str) -> Text<'a> {
    format!("https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md#{}", code.to_ascii_lowercase())
        .into()
}
