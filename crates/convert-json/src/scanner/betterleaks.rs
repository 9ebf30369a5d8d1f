//! betterleaks 2 and later; before, it writes what Gitleaks writes.

use crate::leak::{Leak, Revision, author};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads the JSON reports of betterleaks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Betterleaks;

/// The converter.
pub static CONVERTER: Betterleaks = Betterleaks;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "betterleaks",
    name: "betterleaks",
    summary: "JSON reports of betterleaks",
    versions: "2",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/betterleaks/betterleaks",
};

impl Converter for Betterleaks {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_findings =
            head.path_has(&["findings", "rule_id"]) && head.path_has(&["findings", "match", "value"]);
        let empty = head.has("findings") && head.path_has(&["scan", "betterleaks_version"]);
        if of_findings || empty { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what is said of the scan stands behind the findings.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let mut info = Scan::default();
        let mut version = None;
        json::walk(input, |key, reader| {
            match key {
                "scan" => info = fields.object(reader)?.unwrap_or_default(),
                "schema_version" => version = fields.text(reader)?,
                "findings" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`findings`",
                help: "write the report with betterleaks --report-format json",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        scan.version = info.betterleaks_version.map(Into::into);
        scan.start_time = info.started.map(Into::into);
        scan.end_time = info.finished.map(Into::into);
        scan.format_version = version.map(Into::into);
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "findings" => records.each(reader, |records, reader| records.map(reader, options, map_finding)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan {
    betterleaks_version: Option<String>,
    started: Option<String>,
    finished: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    rule_id: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    validation: Option<Validation<'a>>,
    #[serde(rename = "match")]
    matched: Option<Matched<'a>>,
    location: Option<Place<'a>>,
    attributes: Option<BTreeMap<String, Option<Loose<'a>>>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Validation<'a> {
    #[serde(borrow)]
    status: Option<Loose<'a>>,
    reason: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Matched<'a> {
    #[serde(borrow)]
    full: Option<Loose<'a>>,
    value: Option<Loose<'a>>,
    fingerprint: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

fn map_finding<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let description = filled(&found.description);
    let rule = filled(&found.rule_id).or(description).unwrap_or_default();
    // The rules are those of Gitleaks, and so is the identity.
    let mut issue = Issue::new("gitleaks_rule_id", rule);
    issue.title = Some(description.filter(|text| text.len() < 100).unwrap_or(rule).into());
    issue.message = description.map(Cow::Borrowed);
    let validation = found.validation.as_ref();
    let status = filled(&found.status).or(validation.and_then(|validation| filled(&validation.status)));
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.rating = match status {
        Some("valid") => Some(Severity::Critical),
        Some("invalid" | "revoked") => Some(Severity::Low),
        _ => filled(&found.severity).and_then(Severity::from_word),
    };
    issue.confidence = filled(&found.confidence).map(Cow::Borrowed);
    let of = |key: &str| found.attributes.as_ref().and_then(|all| filled(all.get(key)?));
    let place = found.location.as_ref();
    let matched = found.matched.as_ref();
    issue.code = matched.and_then(|matched| filled(&matched.full)).map(Cow::Borrowed);
    Leak {
        issue,
        file: place.and_then(|place| filled(&place.path)).or(of("path")),
        lines: place.map_or((None, None), |place| (place.start_line, place.end_line)),
        commit: Revision {
            sha: of("git.sha"),
            author: author(of("git.author_name"), of("git.author_email")),
            date: of("git.date"),
            message: of("git.message"),
        },
        secrets: matched.and_then(|matched| filled(&matched.value)).into_iter().collect(),
        fingerprint: matched
            .and_then(|matched| filled(&matched.fingerprint))
            .map(|hash| ("fingerprint", hash)),
        details: vec![
            ("verification", "Verification", status.map(Cow::Borrowed)),
            (
                "verification_reason",
                "Reason",
                validation.and_then(|it| filled(&it.reason)).map(Cow::Borrowed),
            ),
            ("resource", "Resource", of("resource").map(Cow::Borrowed)),
            ("tags", "Tags", Some(crate::field::texts(&found.tags).collect::<Vec<_>>().join(", ").into())),
        ],
    }
    .into_outcome(options)
}
