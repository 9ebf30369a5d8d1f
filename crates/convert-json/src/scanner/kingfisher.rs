//! Kingfisher, `--format json` and `jsonl`: findings with their rules.

use crate::layout::Layout;
use crate::leak::{Leak, Revision, author};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON of Kingfisher.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kingfisher;

/// The converter.
pub static CONVERTER: Kingfisher = Kingfisher;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "kingfisher",
    name: "Kingfisher",
    summary: "JSON of Kingfisher, whole or a finding a line",
    versions: "1.0 and later",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/mongodb/kingfisher",
};

/// Keys that findings have, and groups of them in early versions.
const MARKS: [&str; 2] = ["finding", "matches"];

impl Converter for Kingfisher {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_list = head.path_has(&["findings", "rule", "id"]) && head.path_has(&["findings", "finding"]);
        let of_lines = head.path_has(&["rule", "id"]) && head.path_has(&["finding", "fingerprint"]);
        let of_groups = head.path_has(&["matches", "rule", "id"]) && head.path_has(&["matches", "finding"]);
        let empty = head.has("findings")
            && head.path_text(&["audit", "schema"]).is_some_and(|it| it.starts_with("kingfisher"));
        if of_list || of_lines || of_groups || empty { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the findings.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["findings"], &MARKS)?
            .known("`findings`", "write them with kingfisher scan --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map_group(reader, options, map_group))
    }
}

/// A finding with its rule; in early versions several of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    rule: Option<Rule<'a>>,
    finding: Option<Found<'a>>,
    #[serde(deserialize_with = "json::list")]
    matches: Vec<Self>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    snippet: Option<Loose<'a>>,
    fingerprint: Option<Loose<'a>>,
    confidence: Option<Loose<'a>>,
    entropy: Option<Loose<'a>>,
    validation: Option<Validation<'a>>,
    language: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    path: Option<Loose<'a>>,
    git_metadata: Option<GitMetadata<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Validation<'a> {
    #[serde(borrow)]
    status: Option<Loose<'a>>,
    outcome: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GitMetadata<'a> {
    #[serde(borrow)]
    repository_url: Option<Loose<'a>>,
    commit: Option<GitCommit<'a>>,
    file: Option<GitFile<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GitCommit<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    author: Option<Person<'a>>,
    committer: Option<Person<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    email: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GitFile<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
}

fn map_group<'a>(entry: &'a Entry<'_>, options: &'a Options) -> Vec<Outcome<'a>> {
    if entry.finding.is_none() && !entry.matches.is_empty() {
        return entry.matches.iter().map(|entry| map_entry(entry, options)).collect();
    }
    vec![map_entry(entry, options)]
}

fn map_entry<'a>(entry: &'a Entry<'_>, options: &'a Options) -> Outcome<'a> {
    let rule = entry.rule.as_ref();
    let name = rule.and_then(|rule| filled(&rule.name));
    let id = rule.and_then(|rule| filled(&rule.id)).or(name).unwrap_or_default();
    let mut issue = Issue::new("kingfisher_rule_id", id);
    issue.title = name.map(|name| format!("{name} secret").into());
    issue.message = rule.and_then(|rule| filled(&rule.description)).map(Cow::Borrowed);
    let Some(found) = &entry.finding else {
        return Leak { issue, ..Leak::default() }.into_outcome(options);
    };
    let status = found
        .validation
        .as_ref()
        .and_then(|validation| filled(&validation.outcome).or(filled(&validation.status)));
    let word = |part: &str| status.is_some_and(|status| status.to_ascii_lowercase().contains(part));
    issue.rating = Some(match () {
        () if word("inactive") || word("invalid") => Severity::Medium,
        () if word("active") || word("verified") => Severity::Critical,
        () => Severity::High,
    });
    issue.confidence = filled(&found.confidence).map(Cow::Borrowed);
    let git = found.git_metadata.as_ref();
    let commit = git.and_then(|git| git.commit.as_ref());
    let person = commit.and_then(|commit| commit.author.as_ref().or(commit.committer.as_ref()));
    let file = git.and_then(|git| git.file.as_ref());
    issue.references.extend(file.and_then(|file| filled(&file.url)).map(Cow::Borrowed));
    let of = |field: fn(&'a GitCommit<'_>) -> &'a Option<Loose<'a>>| commit.map(field).and_then(filled);
    Leak {
        issue,
        file: file.and_then(|file| filled(&file.path)).or(filled(&found.path)),
        lines: (found.line, None),
        commit: Revision {
            sha: of(|commit| &commit.id),
            author: person.and_then(|person| author(filled(&person.name), filled(&person.email))),
            date: of(|commit| &commit.date),
            message: of(|commit| &commit.message),
        },
        secrets: filled(&found.snippet).into_iter().map(|text| text.trim_matches('"')).collect(),
        // A hash of the secret and its place in the history.
        fingerprint: filled(&found.fingerprint).map(|hash| ("fingerprint", hash)),
        details: vec![
            ("verification", "Verification", status.map(Cow::Borrowed)),
            ("entropy", "Entropy", filled(&found.entropy).map(Cow::Borrowed)),
            (
                "language",
                "Language",
                filled(&found.language).filter(|it| *it != "Unknown").map(Cow::Borrowed),
            ),
            (
                "repository",
                "Repository",
                git.and_then(|git| filled(&git.repository_url)).filter(|it| *it != ".").map(Cow::Borrowed),
            ),
        ],
    }
    .into_outcome(options)
}
