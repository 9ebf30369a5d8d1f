//! Rusty Hog: the JSON of its scanners of git (Choctaw Hog), files (Duroc Hog), Jira (Göttingen Hog),
//! Confluence (Essex Hog), S3 (Berkshire Hog), Slack (Hante Hog) and Google Docs (Ankamali Hog).

use crate::layout::Layout;
use crate::leak::{Leak, Revision};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Rusty Hog.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustyHog;

/// The converter.
pub static CONVERTER: RustyHog = RustyHog;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "rusty-hog",
    name: "Rusty Hog",
    summary: "JSON reports of Rusty Hog",
    versions: "1",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/newrelic/rusty-hog",
};

/// Keys that all records have; truffleHog 2 has them, too.
const MARKS: [&str; 2] = ["stringsFound", "reason"];

/// Keys that the records of one of its scanners have.
const OWN: [&str; 9] = [
    "parent_commit_hash",
    "new_file_id",
    "linenum",
    "issue_id",
    "page_id",
    "bucket",
    "channel_id",
    "g_drive_id",
    "web_link",
];

impl Converter for RustyHog {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = MARKS.iter().all(|key| head.has(key)) && OWN.iter().any(|key| head.has(key));
        let of_trufflehog = head.has("branch") || head.has("printDiff");
        if own && !of_trufflehog { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?
            .known("a list of secrets", "write the report with --outputfile, as in choctaw_hog")?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        scan.vendor = Some("New Relic".into());
        scan.url = Some(DESCRIPTOR.url.into());
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_found))
    }
}

/// The findings of all its scanners taken together, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    reason: Option<Loose<'a>>,
    #[serde(rename = "stringsFound", deserialize_with = "json::list")]
    strings_found: Vec<Loose<'a>>,
    diff: Option<Loose<'a>>,
    date: Option<Loose<'a>>,

    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    linenum: Option<u64>,

    /// The message of the commit.
    commit: Option<Loose<'a>>,
    #[serde(rename = "commitHash")]
    commit_hash: Option<Loose<'a>>,
    parent_commit_hash: Option<Loose<'a>>,
    /// 0 where the line was taken out.
    #[serde(deserialize_with = "json::number")]
    new_line_num: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    old_line_num: Option<u64>,

    url: Option<Loose<'a>>,
    web_link: Option<Loose<'a>>,
    issue_id: Option<Loose<'a>>,
    page_id: Option<Loose<'a>>,
    channel_id: Option<Loose<'a>>,
    /// Of an issue: `description`, `comments`.
    location: Option<Loose<'a>>,
    bucket: Option<Loose<'a>>,
    key: Option<Loose<'a>>,
    region: Option<Loose<'a>>,
}

fn map_found<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let mut issue = Issue::new("rusty_hog_reason", filled(&found.reason).unwrap_or_default());
    issue.title = filled(&found.reason).map(Cow::Borrowed);
    issue.rating = Some(Severity::High);
    issue.code = filled(&found.diff).map(Cow::Borrowed);
    let link = filled(&found.url).or(filled(&found.web_link));
    issue.references.extend(link.map(Cow::Borrowed));
    let of_web = [&found.issue_id, &found.page_id, &found.channel_id].into_iter().find_map(filled);
    let lines = [found.linenum, found.new_line_num, found.old_line_num];
    let borrowed = |text: &'a Option<Loose<'_>>| filled(text).map(Cow::Borrowed);
    Leak {
        issue,
        file: filled(&found.path).or(filled(&found.key)).or(link).or(of_web),
        lines: (lines.into_iter().flatten().find(|line| *line > 0), None),
        commit: Revision {
            sha: filled(&found.commit_hash),
            author: None,
            date: filled(&found.date),
            message: filled(&found.commit),
        },
        secrets: found.strings_found.iter().map(|text| text.trim()).collect(),
        fingerprint: None,
        details: vec![
            ("issue", "Issue", borrowed(&found.issue_id)),
            ("location", "Found in", borrowed(&found.location)),
            ("page", "Page", borrowed(&found.page_id)),
            ("channel", "Channel", borrowed(&found.channel_id)),
            ("bucket", "Bucket", borrowed(&found.bucket)),
            ("region", "Region", borrowed(&found.region)),
            ("parent_commit", "Parent commit", borrowed(&found.parent_commit_hash).filter(|it| it != "None")),
        ],
    }
    .into_outcome(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn each_scanner_says_where_a_secret_is() {
        for (place, file, line) in [
            (
                r#""path": "a.py", "commitHash": "0a1b", "new_file_id": "0", "new_line_num": 7"#,
                "a.py",
                Some(7),
            ),
            (r#""path": "a.py", "new_file_id": "0", "new_line_num": 0, "old_line_num": 3"#, "a.py", Some(3)),
            (r#""path": "a/b.py", "linenum": 2"#, "a/b.py", Some(2)),
            (
                r#""issue_id": "A-1", "location": "comments", "url": "https://jira.example/browse/A-1""#,
                "https://jira.example/browse/A-1",
                None,
            ),
            (r#""page_id": "12", "url": "https://wiki.example/12""#, "https://wiki.example/12", None),
            (r#""bucket": "acme", "key": "a/b.env", "region": "us-east-1""#, "a/b.env", None),
        ] {
            let document = format!(r#"[{{"reason": "r", "stringsFound": ["NOTREAL1"], {place}}}]"#);
            assert_eq!(CONVERTER.sniff(document.as_bytes()), Match::Yes, "{document}");
            let mut sink = Collector::default();
            CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink).expect("a report");
            let location = &sink.findings[0]["location"];
            assert_eq!((location["file"].as_str(), location["start_line"].as_u64()), (Some(file), line));
        }
    }

    #[test]
    fn records_of_trufflehog_are_none() {
        let record = r#"{"branch": "main", "stringsFound": ["a"], "reason": "r", "commitHash": "0"}"#;
        assert_eq!(CONVERTER.sniff(record.as_bytes()), Match::No);
    }
}
