//! TruffleHog, `--json`: version 3 and the Python versions before.

use crate::layout::Layout;
use crate::leak::{Leak, Revision};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, TextOr, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads JSON reports of TruffleHog.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trufflehog;

/// The converter.
pub static CONVERTER: Trufflehog = Trufflehog;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "trufflehog",
    name: "TruffleHog",
    summary: "JSON reports of TruffleHog",
    versions: "2 and 3",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/trufflesecurity/trufflehog",
};

/// Keys that records have, in version 3 and before, and lines of its log.
const MARKS: [&str; 5] = ["SourceMetadata", "DetectorName", "stringsFound", "commitHash", "logger"];

impl Converter for Trufflehog {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let current = head.has("SourceMetadata") && (head.has("DetectorType") || head.has("DetectorName"));
        // Rusty Hog took these two over, and knows no branches.
        let old =
            head.has("stringsFound") && head.has("reason") && (head.has("branch") || head.has("printDiff"));
        // A diff may be larger than what is looked at.
        let cut = ["branch", "commit", "date", "diff"].iter().all(|key| head.has(key));
        // Its log, where a job writes both into one file.
        let logged = head.text("logger") == Some("trufflehog");
        if current || old || cut || logged { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["foundIssues"], &MARKS)?
            .known_or_empty("secrets, one on each line", "write them with trufflehog --json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_found))
    }
}

/// `output.JSONPrinter` of version 3, and what `truffleHog.py` writes, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow, rename = "SourceMetadata")]
    metadata: Option<Metadata<'a>>,
    #[serde(rename = "SourceName")]
    source: Option<Loose<'a>>,
    #[serde(rename = "DetectorName")]
    detector: Option<Loose<'a>>,
    #[serde(rename = "DetectorType")]
    detector_type: Option<Loose<'a>>,
    #[serde(rename = "DetectorDescription")]
    description: Option<Loose<'a>>,
    #[serde(rename = "DecoderName")]
    decoder: Option<Loose<'a>>,
    #[serde(rename = "Verified")]
    verified: Option<Loose<'a>>,
    #[serde(rename = "VerificationError")]
    verification_error: Option<Loose<'a>>,
    #[serde(rename = "Raw")]
    raw: Option<Loose<'a>>,
    #[serde(rename = "RawV2")]
    raw_v2: Option<Loose<'a>>,
    #[serde(rename = "ExtraData")]
    extra: Option<BTreeMap<String, Option<Loose<'a>>>>,

    reason: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    branch: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
    commit: Option<Loose<'a>>,
    #[serde(rename = "commitHash")]
    commit_hash: Option<Loose<'a>>,
    #[serde(rename = "stringsFound", deserialize_with = "json::list")]
    strings_found: Vec<TextOr<'a, Vec<Loose<'a>>>>,
    diff: Option<Loose<'a>>,

    /// Of a line of the log.
    #[serde(rename = "msg")]
    logged: Option<Loose<'a>>,
}

/// `MetaData`: one entry, named after the kind of source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow, rename = "Data")]
    data: Option<BTreeMap<String, Option<Place<'a>>>>,
}

/// The messages of `source_metadata.proto`, one for each kind of source, taken together.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(alias = "filename", alias = "file_path")]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    commit: Option<Loose<'a>>,
    email: Option<Loose<'a>>,
    timestamp: Option<Loose<'a>>,
    #[serde(alias = "repo")]
    repository: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    bucket: Option<Loose<'a>>,
    image: Option<Loose<'a>>,
    tag: Option<Loose<'a>>,
    layer: Option<Loose<'a>>,
    channel_id: Option<Loose<'a>>,
    channel_name: Option<Loose<'a>>,
    #[serde(alias = "page", alias = "document")]
    title: Option<Loose<'a>>,
}

fn map_found<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let leak = match (&found.metadata, filled(&found.reason), filled(&found.logged)) {
        (None, Some(reason), _) => map_old(found, reason),
        (None, None, Some(text)) => return Outcome::skip(SkipReason::NotAFinding, "a line of the log", text),
        _ => map_current(found),
    };
    leak.into_outcome(options)
}

fn map_current<'a>(found: &'a Found<'_>) -> Leak<'a> {
    let data = found.metadata.as_ref().and_then(|metadata| metadata.data.as_ref());
    let entry = data.and_then(|data| data.iter().find_map(|(kind, place)| Some((kind, place.as_ref()?))));
    let place = entry.map(|(_, place)| place);
    let of = |field: fn(&'a Place<'_>) -> Option<&'a str>| place.and_then(field);
    let detector = filled(&found.detector).or(filled(&found.detector_type)).unwrap_or_default();
    let verified = json::flag(&found.verified);

    // The expressions of users are one detector, and have names.
    let named = found.extra.as_ref().and_then(|extra| filled(extra.get("name")?));
    let named = named.filter(|_| detector == "CustomRegex");
    let id = named.map_or(Cow::Borrowed(detector), |name| Cow::Owned(format!("{detector}:{name}")));
    let mut issue = Issue::new("trufflehog_detector", id);
    issue.title = Some(format!("{} secret", named.unwrap_or(detector)).into());
    issue.message = filled(&found.description).map(Cow::Borrowed);
    issue.rating = Some(if verified == Some(true) { Severity::Critical } else { Severity::High });
    let link = of(|place| filled(&place.link));
    issue.references.extend(link.map(Cow::Borrowed));
    let image = of(|place| filled(&place.image)).map(|image| match of(|place| filled(&place.tag)) {
        Some(tag) => Cow::Owned(format!("{image}:{tag}")),
        None => Cow::Borrowed(image),
    });
    let borrowed = |text: Option<&'a str>| text.map(Cow::Borrowed);
    let verification = match verified {
        Some(true) => Some("the secret works"),
        Some(false) => Some("the secret was not confirmed to work"),
        None => None,
    };
    let extra = found.extra.iter().flatten().filter_map(|(name, value)| Some((name, filled(value)?)));
    let extra: Vec<String> = extra.map(|(name, value)| format!("{name}: {value}")).collect();
    Leak {
        issue,
        file: of(|place| filled(&place.file).or(filled(&place.path)))
            .or(image.is_none().then_some(link).flatten())
            .or(of(|place| {
                [&place.title, &place.channel_name, &place.channel_id].into_iter().find_map(filled)
            })),
        lines: (place.and_then(|place| place.line), None),
        commit: Revision {
            sha: of(|place| filled(&place.commit)),
            author: of(|place| filled(&place.email)).map(Cow::Borrowed),
            date: of(|place| filled(&place.timestamp)),
            message: None,
        },
        secrets: [&found.raw, &found.raw_v2].into_iter().filter_map(filled).chain(second(found)).collect(),
        fingerprint: None,
        details: vec![
            ("verification", "Verification", borrowed(verification)),
            ("verification_error", "Verification failed", borrowed(filled(&found.verification_error))),
            ("repository", "Repository", borrowed(of(|place| filled(&place.repository)))),
            ("image", "Image", image),
            ("layer", "Layer", borrowed(of(|place| filled(&place.layer)))),
            ("bucket", "Bucket", borrowed(of(|place| filled(&place.bucket)))),
            ("channel", "Channel", borrowed(of(|place| filled(&place.channel_name)))),
            ("source", "Source", borrowed(entry.map(|(kind, _)| kind.as_str()).or(filled(&found.source)))),
            ("decoder", "Decoder", borrowed(filled(&found.decoder).filter(|name| *name != "PLAIN"))),
            ("extra", "Further facts", Some(extra.join("\n").into())),
        ],
    }
}

/// The secret that belongs to an id: what `RawV2` has behind `Raw`. Of an address that is its path.
fn second<'a>(found: &'a Found<'_>) -> Option<&'a str> {
    let rest = filled(&found.raw_v2)?.strip_prefix(filled(&found.raw)?)?;
    Some(rest.trim_matches(':')).filter(|rest| !rest.starts_with(['/', '?']))
}

/// A text that matched, or the groups of an expression that did.
fn strings<'a>(found: &'a TextOr<'_, Vec<Loose<'_>>>) -> impl Iterator<Item = &'a str> {
    let groups = found.other().into_iter().flatten().map(|text| text.trim());
    found.text().into_iter().chain(groups)
}

fn map_old<'a>(found: &'a Found<'_>, reason: &'a str) -> Leak<'a> {
    let mut issue = Issue::new("trufflehog_reason", reason);
    issue.title = Some(reason.into());
    issue.rating = Some(Severity::High);
    issue.code = filled(&found.diff).map(Cow::Borrowed);
    issue.language = Some("diff".into());
    Leak {
        issue,
        file: filled(&found.path),
        lines: (None, None),
        commit: Revision {
            sha: filled(&found.commit_hash),
            author: None,
            date: filled(&found.date),
            message: filled(&found.commit),
        },
        secrets: found.strings_found.iter().flat_map(strings).collect(),
        fingerprint: None,
        details: vec![("branch", "Branch", filled(&found.branch).map(Cow::Borrowed))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_rusty_hog_are_none() {
        for (record, want) in [
            (r#"{"branch": "origin/main", "stringsFound": ["a"], "reason": "r", "path": "a"}"#, Match::Yes),
            (r#"{"stringsFound": ["a"], "printDiff": "a", "commitHash": "0", "reason": "r"}"#, Match::Yes),
            (r#"{"commitHash": "0", "stringsFound": ["a"], "reason": "r", "new_file_id": "0"}"#, Match::No),
            (r#"{"issue_id": "A-1", "stringsFound": ["a"], "reason": "r", "url": "u"}"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(record.as_bytes()), want, "{record}");
        }
    }

    #[test]
    fn ids_have_secrets_behind_them() {
        for (raw, both, want) in [
            ("AKIANOTREAL", "AKIANOTREAL:NOTREAL123456", Some("NOTREAL123456")),
            ("AKIANOTREAL", "AKIANOTREALNOTREAL123456", Some("NOTREAL123456")),
            ("https://u:NOTREAL@a.example", "https://u:NOTREAL@a.example/path", None),
            ("NOTREAL123456", "other", None),
            ("NOTREAL123456", "", None),
        ] {
            let found = serde_json::json!({"Raw": raw, "RawV2": both}).to_string();
            let found: Found<'_> = serde_json::from_str(&found).expect("a record");
            assert_eq!(second(&found), want, "{both}");
        }
    }

    #[test]
    fn places_have_every_field_of_theirs() {
        let slack = r#"{"channel_id": "C1", "channel_name": "general", "link": "https://a.example/p1"}"#;
        let place: Place<'_> = serde_json::from_str(slack).expect("a place");
        assert_eq!((filled(&place.channel_id), filled(&place.channel_name)), (Some("C1"), Some("general")));
    }

    #[test]
    fn groups_of_an_expression_are_secrets() {
        let found = r#"{"stringsFound": ["NOTREAL1", ["NOTREAL2", "NOTREAL3"]]}"#;
        let found: Found<'_> = serde_json::from_str(found).expect("a record");
        let all: Vec<&str> = found.strings_found.iter().flat_map(strings).collect();
        assert_eq!(all, ["NOTREAL1", "NOTREAL2", "NOTREAL3"]);
    }
}
