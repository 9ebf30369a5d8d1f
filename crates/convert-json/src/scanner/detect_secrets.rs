//! detect-secrets: a baseline, the output of `scan`, or what `audit --report` makes of a baseline.

use crate::field::texts;
use crate::leak::Leak;
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads baselines of detect-secrets, and reports of their audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct DetectSecrets;

/// The converter.
pub static CONVERTER: DetectSecrets = DetectSecrets;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "detect-secrets",
    name: "detect-secrets",
    summary: "baselines of detect-secrets, and reports of their audit",
    versions: "0.11 to 1.5",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/Yelp/detect-secrets",
};

impl Converter for DetectSecrets {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.has("plugins_used") && (head.has("results") || head.has("version"));
        let audited = ["category", "lines", "types"].iter().all(|key| head.path_has(&["results", key]));
        if own || (audited && head.keys().eq(["results"])) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: the version and the time stand around the results.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut results) = (Fields::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        json::walk(input, |key, reader| {
            match key {
                "version" => scan.version = fields.text(reader)?.map(Into::into),
                "generated_at" => scan.end_time = fields.text(reader)?.map(Into::into),
                "results" => results = matches!(reader.peek()?, JsonKind::Object | JsonKind::Array),
                _ => {}
            }
            Ok(())
        })?;
        if !results {
            return Err(ConvertError::Unrecognised {
                expected: "`results` with secrets by file",
                help: "write them with detect-secrets scan",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "results" if reader.peek()? == JsonKind::Array => {
                records.each(reader, |records, reader| records.map(reader, options, map_audited))
            }
            "results" => reader.each_key(|file, reader| {
                let scope = Scope { file: file.to_owned(), options };
                records.each(reader, |records, reader| records.map(reader, &scope, map_secret))
            }),
            _ => Ok(()),
        })
    }
}

/// What holds for the secrets of a file.
struct Scope<'o> {
    file: String,
    options: &'o Options,
}

/// `PotentialSecret.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PotentialSecret<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    hashed_secret: Option<Loose<'a>>,
    is_verified: Option<Loose<'a>>,
    is_secret: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_number: Option<u64>,
}

fn map_secret<'a>(secret: &'a PotentialSecret<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let kind = filled(&secret.kind).unwrap_or_default();
    let audited = json::flag(&secret.is_secret);
    if audited == Some(false) {
        return Outcome::skip(SkipReason::Suppressed, "audited: is_secret is false", kind);
    }
    let verified = json::flag(&secret.is_verified) == Some(true);
    let mut issue = Issue::new("detect_secrets_type", kind);
    issue.title = Some(kind.into());
    issue.rating = Some(if verified || audited == Some(true) { Severity::Critical } else { Severity::High });
    let verification = if verified { Some("the secret works".into()) } else { None };
    let audit = audited.map(|_| "audited as a secret".into());
    Leak {
        issue,
        file: filled(&secret.filename).or(Some(&scope.file)),
        lines: (secret.line_number, None),
        fingerprint: filled(&secret.hashed_secret).map(|hash| ("hashed_secret", hash)),
        details: vec![("verification", "Verification", verification), ("audit", "Audit", audit)],
        ..Leak::default()
    }
    .into_outcome(scope.options)
}

/// A secret of a file, as `audit --report` tells it: with its value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Audited<'a> {
    #[serde(borrow)]
    category: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    /// The text of each line that has it.
    lines: BTreeMap<String, Loose<'a>>,
    secrets: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    types: Vec<Loose<'a>>,
}

fn map_audited<'a>(secret: &'a Audited<'_>, options: &'a Options) -> Outcome<'a> {
    let kinds: Vec<&str> = texts(&secret.types).collect();
    let kind = kinds.first().copied().unwrap_or_default();
    let category = filled(&secret.category).unwrap_or_default();
    if category == "VERIFIED_FALSE" {
        return Outcome::skip(SkipReason::Suppressed, "audited: VERIFIED_FALSE", kind);
    }
    let mut lines: Vec<(u64, &str)> =
        secret.lines.iter().filter_map(|(line, text)| Some((line.parse().ok()?, &**text))).collect();
    lines.sort_unstable();
    let first = lines.first().copied();
    let mut issue = Issue::new("detect_secrets_type", kind);
    issue.title = Some(kind.into());
    issue.code = first.map(|(_, text)| text.into());
    let is_true = category == "VERIFIED_TRUE";
    issue.rating = Some(if is_true { Severity::Critical } else { Severity::High });
    let others = lines.iter().skip(1).map(|(line, _)| line.to_string()).collect::<Vec<_>>().join(", ");
    Leak {
        issue,
        file: filled(&secret.filename),
        lines: (first.map(|(line, _)| line), None),
        secrets: filled(&secret.secrets).into_iter().collect(),
        details: vec![
            ("audit", "Audit", is_true.then(|| "audited as a secret".into())),
            ("types", "Types", (kinds.len() > 1).then(|| kinds.join(", ").into())),
            ("further_lines", "Further lines", Some(others.into())),
        ],
        ..Leak::default()
    }
    .into_outcome(options)
}
