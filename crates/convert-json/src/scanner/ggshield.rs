//! ggshield, GitGuardian's command: `ggshield secret scan ... --json`.

use crate::leak::{Leak, Revision, author};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the JSON reports of ggshield.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ggshield;

/// The converter.
pub static CONVERTER: Ggshield = Ggshield;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "ggshield",
    name: "GitGuardian ggshield",
    summary: "JSON reports of ggshield secret scan",
    versions: "1.10 to 1.40",
    kinds: &[Kind::SecretDetection],
    url: "https://docs.gitguardian.com/ggshield-docs/reference/secret/scan/overview",
};

impl Converter for Ggshield {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_scan =
            head.has("entities_with_incidents") || head.path_has(&["scans", "entities_with_incidents"]);
        let empty = head.has("total_incidents") && head.has("total_occurrences");
        if of_scan || empty { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut known = false;
        json::walk(input, |key, _| {
            known |= matches!(key, "scans" | "entities_with_incidents" | "total_incidents");
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`scans` or `entities_with_incidents`",
                help: "write the report with ggshield secret scan ... --json",
            });
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection))
            .map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "scans" => records.each(reader, |records, reader| scan(records, reader, options)),
            "entities_with_incidents" => {
                records.each(reader, |records, reader| entity(records, reader, options))
            }
            _ => Ok(()),
        })
    }
}

/// A scan: a commit, or something else that is scanned as a whole.
fn scan<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    options: &Options,
) -> Result<(), ConvertError> {
    records.map_each(reader, options, |scan: &Scan<'_>, options, spend| {
        for entity in &scan.entities {
            each_occurrence(entity, Some(scan), options, spend)?;
        }
        Ok(())
    })
}

fn entity<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    options: &Options,
) -> Result<(), ConvertError> {
    records.map_each(reader, options, |entity: &Entity<'_>, options, spend| {
        each_occurrence(entity, None, options, spend)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(rename = "entities_with_incidents", deserialize_with = "json::list")]
    entities: Vec<Entity<'a>>,
    extra_info: Option<ExtraInfo<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExtraInfo<'a> {
    #[serde(borrow)]
    author: Option<Loose<'a>>,
    email: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
}

/// A file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entity<'a> {
    #[serde(borrow)]
    filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    incidents: Vec<Incident<'a>>,
}

/// A secret in it, with the places where it stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incident<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    policy: Option<Loose<'a>>,
    validity: Option<Loose<'a>>,
    ignore_sha: Option<Loose<'a>>,
    ignore_reason: Option<Loose<'a>>,
    incident_url: Option<Loose<'a>>,
    known_secret: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    occurrences: Vec<Occurrence<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Occurrence<'a> {
    #[serde(borrow, rename = "match")]
    matched: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_start: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    line_end: Option<u64>,
}

fn each_occurrence<'a>(
    entity: &'a Entity<'_>,
    scan: Option<&'a Scan<'_>>,
    options: &'a Options,
    spend: &mut dyn FnMut(Outcome<'a>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    for incident in &entity.incidents {
        for occurrence in &incident.occurrences {
            spend(map_occurrence(occurrence, incident, entity, scan, options))?;
        }
    }
    Ok(())
}

fn map_occurrence<'a>(
    occurrence: &'a Occurrence<'_>,
    incident: &'a Incident<'_>,
    entity: &'a Entity<'_>,
    scan: Option<&'a Scan<'_>>,
    options: &'a Options,
) -> Outcome<'a> {
    let kind = filled(&incident.kind).unwrap_or_default();
    if let Some(reason) = filled(&incident.ignore_reason) {
        return Outcome::skip(SkipReason::Suppressed, format!("ignore_reason: {reason}"), kind);
    }
    let validity = filled(&incident.validity);
    let mut issue = Issue::new("ggshield_detector", kind);
    issue.title = Some(kind.into());
    issue.rating = Some(match validity {
        Some("invalid") => Severity::Medium,
        Some("valid") => Severity::Critical,
        _ => Severity::High,
    });
    issue.references.extend(filled(&incident.incident_url).map(Cow::Borrowed));
    let commit = scan.filter(|scan| filled(&scan.kind) == Some("commit"));
    let info = commit.and_then(|commit| commit.extra_info.as_ref());
    let of = |field: fn(&'a ExtraInfo<'_>) -> &'a Option<Loose<'a>>| info.map(field).and_then(filled);
    Leak {
        issue,
        file: filled(&entity.filename),
        lines: (occurrence.line_start, occurrence.line_end),
        commit: Revision {
            sha: commit.and_then(|commit| filled(&commit.id)),
            author: author(of(|info| &info.author), of(|info| &info.email)),
            date: of(|info| &info.date),
            message: None,
        },
        secrets: filled(&occurrence.matched).into_iter().collect(),
        fingerprint: filled(&incident.ignore_sha).map(|sha| ("ignore_sha", sha)),
        details: vec![
            ("validity", "Validity", validity.map(Cow::Borrowed)),
            ("part", "Part of the secret", filled(&occurrence.kind).map(Cow::Borrowed)),
            ("policy", "Policy", filled(&incident.policy).map(Cow::Borrowed)),
            ("known_secret", "Known to GitGuardian", filled(&incident.known_secret).map(Cow::Borrowed)),
        ],
    }
    .into_outcome(options)
}
