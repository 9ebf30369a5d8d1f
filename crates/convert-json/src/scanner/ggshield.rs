//! ggshield, GitGuardian's command: `ggshield secret scan ... --json`, `iac scan` and `sca scan`.

mod iac;
mod sca;

use crate::leak::{Leak, Revision, author};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, TextOr, filled};
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
    summary: "JSON reports of ggshield: secrets, infrastructure and packages",
    versions: "1.10 to 1.40",
    kinds: &[Kind::SecretDetection, Kind::Sast, Kind::DependencyScanning],
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
        let of_packages = head.has("scanned_files")
            && (head.has("found_package_vulns") || head.has("added_vulns") || head.has("removed_vulns"));
        if of_scan || empty || of_packages { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut kind = None;
        json::walk(input, |key, _| {
            match key {
                "iac_engine_version" => kind = Some(Kind::Sast),
                "found_package_vulns" | "added_vulns" => kind = Some(Kind::DependencyScanning),
                "scans" | "entities_with_incidents" | "total_incidents" => {
                    kind = kind.or(Some(Kind::SecretDetection));
                }
                _ => {}
            }
            Ok(())
        })?;
        let Some(kind) = kind else {
            return Err(ConvertError::Unrecognised {
                expected: "`scans` or `entities_with_incidents`",
                help: "write the report with ggshield secret scan ... --json",
            });
        };
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, kind)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "scans" => records.each(reader, |records, reader| scan(records, reader, options)),
            // What a change does to the infrastructure.
            "entities_with_incidents" if reader.peek()? == JsonKind::Object => {
                reader.each_key(|part, reader| match part {
                    "unchanged" | "new" => {
                        records.each(reader, |records, reader| entity(records, reader, options))
                    }
                    "deleted" => {
                        records.each(reader, |records, reader| records.map_group(reader, &(), map_deleted))
                    }
                    _ => Ok(()),
                })
            }
            "entities_with_incidents" => {
                records.each(reader, |records, reader| entity(records, reader, options))
            }
            "found_package_vulns" | "added_vulns" => {
                records.each(reader, |records, reader| records.map_group(reader, &(), sca::map_manifest))
            }
            "removed_vulns" => {
                records.each(reader, |records, reader| records.map_group(reader, &(), sca::map_removed))
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
            each_incident(entity, Some(scan), options, spend)?;
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
        each_incident(entity, None, options, spend)
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

/// A secret in it, with the places where it stands; or a policy that it breaks, which has one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incident<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    policy: Option<Loose<'a>>,
    validity: Option<Loose<'a>>,
    ignore_sha: Option<Loose<'a>>,
    ignore_reason: Option<TextOr<'a, IgnoreReason<'a>>>,
    incident_url: Option<Loose<'a>>,
    /// With the option `--with-incident-details`.
    incident_details: Option<Details<'a>>,
    known_secret: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    occurrences: Vec<Occurrence<'a>>,

    policy_id: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    documentation_url: Option<Loose<'a>>,
    component: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_start: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    line_end: Option<u64>,
}

/// An object in newer versions, a word before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IgnoreReason<'a> {
    #[serde(borrow)]
    kind: Option<Loose<'a>>,
    detail: Option<Loose<'a>>,
}

/// The incident as GitGuardian's platform knows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    severity: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
}

impl Incident<'_> {
    /// Why it is left alone.
    fn ignored(&self) -> Option<String> {
        let parts = match self.ignore_reason.as_ref()? {
            TextOr::Text(text) => [Some(text.trim()), None],
            TextOr::Other(reason) => [filled(&reason.kind), filled(&reason.detail)],
        };
        let why = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        (!why.is_empty()).then(|| format!("ignore_reason: {why}"))
    }
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

/// What a change takes away.
fn map_deleted<'a>(entity: &'a Entity<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let ids = entity.incidents.iter().map(|incident| filled(&incident.policy_id).unwrap_or_default());
    ids.map(|id| Outcome::skip(SkipReason::NotAFinding, "deleted by the change", id)).collect()
}

fn each_incident<'a>(
    entity: &'a Entity<'_>,
    scan: Option<&'a Scan<'_>>,
    options: &'a Options,
    spend: &mut dyn FnMut(Outcome<'a>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    for incident in &entity.incidents {
        if incident.occurrences.is_empty() {
            spend(iac::map_incident(incident, filled(&entity.filename).unwrap_or_default()))?;
        }
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
    if let Some(why) = incident.ignored() {
        return Outcome::skip(SkipReason::Suppressed, why, kind);
    }
    let validity = filled(&incident.validity);
    let known = incident.incident_details.as_ref();
    let mut issue = Issue::new("ggshield_detector", kind);
    issue.title = Some(kind.into());
    // What people or rules made of it on the platform goes before.
    let word = known.and_then(|known| filled(&known.severity)).filter(|word| *word != "unknown");
    issue.severity = word.map(Cow::Borrowed);
    issue.rating = word.and_then(Severity::from_word).or(Some(match validity {
        Some("invalid") => Severity::Medium,
        Some("valid") => Severity::Critical,
        _ => Severity::High,
    }));
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
            ("status", "Status", known.and_then(|known| filled(&known.status)).map(Cow::Borrowed)),
        ],
    }
    .into_outcome(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_words_or_objects() {
        for (reason, want) in [
            (r#""no longer used""#, Some("ignore_reason: no longer used")),
            (r#"{"kind": "known_secret", "detail": null}"#, Some("ignore_reason: known_secret")),
            (
                r#"{"kind": "ignored_match", "detail": "a test"}"#,
                Some("ignore_reason: ignored_match: a test"),
            ),
            (r#""""#, None),
            ("null", None),
        ] {
            let incident = format!(r#"{{"ignore_reason": {reason}}}"#);
            let incident: Incident<'_> = serde_json::from_str(&incident).expect("an incident");
            assert_eq!(incident.ignored().as_deref(), want, "{reason}");
        }
    }
}
