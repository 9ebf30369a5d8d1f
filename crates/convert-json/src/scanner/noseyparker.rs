//! Nosey Parker, `report -f json` and `-f jsonl`.

use crate::layout::Layout;
use crate::leak::{Leak, Revision, author};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Nosey Parker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noseyparker;

/// The converter.
pub static CONVERTER: Noseyparker = Noseyparker;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "noseyparker",
    name: "Nosey Parker",
    summary: "JSON reports of Nosey Parker",
    versions: "0.13 and later",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/praetorian-inc/noseyparker",
};

/// Keys that records have.
const MARKS: [&str; 2] = ["num_matches", "rule_name"];

impl Converter for Noseyparker {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = MARKS.iter().all(|key| head.has(key)) && head.has("matches");
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the findings.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?
            .known("findings of Nosey Parker", "write them with noseyparker report -f jsonl")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map_group(reader, options, map_finding))
    }
}

/// A finding: a secret, and where it was matched.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    /// A hash of rule and secret, in newer versions.
    #[serde(borrow)]
    finding_id: Option<Loose<'a>>,
    rule_name: Option<Loose<'a>>,
    rule_text_id: Option<Loose<'a>>,
    match_content: Option<Loose<'a>>,
    comment: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    statuses: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    matches: Vec<Matched<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Matched<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    provenance: Vec<Provenance<'a>>,
    location: Option<Place>,
    status: Option<Loose<'a>>,
    comment: Option<Loose<'a>>,
    match_content: Option<Loose<'a>>,
    snippet: Option<Snippet<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Snippet<'a> {
    #[serde(borrow)]
    matching: Option<Loose<'a>>,
}

/// Where the matched bytes come from: a file, or a commit of a repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Provenance<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    repo_path: Option<Loose<'a>>,
    #[serde(alias = "commit_provenance")]
    first_commit: Option<FirstCommit<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FirstCommit<'a> {
    #[serde(borrow)]
    blob_path: Option<Loose<'a>>,
    commit_metadata: Option<Commit<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Commit<'a> {
    #[serde(borrow)]
    commit_id: Option<Loose<'a>>,
    author_name: Option<Loose<'a>>,
    author_email: Option<Loose<'a>>,
    committer_name: Option<Loose<'a>>,
    committer_email: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    source_span: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Span {
    start: Option<Point>,
    end: Option<Point>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Point {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

fn map_finding<'a>(found: &'a Found<'_>, options: &'a Options) -> Vec<Outcome<'a>> {
    found.matches.iter().map(|matched| map_match(matched, found, options)).collect()
}

fn map_match<'a>(matched: &'a Matched<'_>, found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let name = filled(&found.rule_name).unwrap_or_default();
    let rejected = |status: &str| status.eq_ignore_ascii_case("reject");
    let all = !found.statuses.is_empty() && found.statuses.iter().all(|status| rejected(status));
    if all || filled(&matched.status).is_some_and(rejected) {
        let comment = filled(&matched.comment).or(filled(&found.comment));
        return Outcome::skip(SkipReason::Suppressed, comment.unwrap_or("status: reject"), name);
    }
    let mut issue = Issue::new("noseyparker_rule_id", filled(&found.rule_text_id).unwrap_or(name));
    issue.title = Some(name.into());
    issue.message = Some(format!("A secret was found: {name}.").into());
    let files = || matched.provenance.iter();
    let commit = files().find_map(|place| place.first_commit.as_ref());
    let metadata = commit.and_then(|commit| commit.commit_metadata.as_ref());
    let of = |field: fn(&'a Commit<'_>) -> Option<&'a str>| metadata.and_then(field);
    let span = matched.location.as_ref().and_then(|place| place.source_span.as_ref());
    let line = |point: Option<&Point>| point.and_then(|point| point.line);
    let shown = matched.snippet.as_ref().and_then(|snippet| filled(&snippet.matching));
    let leak = Leak {
        issue,
        file: files()
            .find_map(|place| filled(&place.path))
            .or_else(|| commit.and_then(|commit| filled(&commit.blob_path)))
            .or_else(|| files().find_map(|place| filled(&place.repo_path))),
        lines: (
            line(span.and_then(|span| span.start.as_ref())),
            line(span.and_then(|span| span.end.as_ref())),
        ),
        commit: Revision {
            sha: of(|commit| filled(&commit.commit_id)),
            author: author(
                of(|commit| filled(&commit.author_name)).or(of(|commit| filled(&commit.committer_name))),
                of(|commit| filled(&commit.author_email)).or(of(|commit| filled(&commit.committer_email))),
            ),
            date: None,
            message: of(|commit| filled(&commit.message)),
        },
        secrets: [filled(&found.match_content), filled(&matched.match_content), shown]
            .into_iter()
            .flatten()
            .collect(),
        fingerprint: filled(&found.finding_id).map(|id| ("finding_id", id)),
        details: vec![(
            "repository",
            "Repository",
            files().find_map(|place| filled(&place.repo_path)).map(Cow::Borrowed),
        )],
    };
    leak.into_outcome(options)
}
