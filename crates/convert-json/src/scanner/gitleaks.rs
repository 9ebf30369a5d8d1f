//! Gitleaks, `--report-format json`.

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

/// Reads JSON reports of Gitleaks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gitleaks;

/// The converter.
pub static CONVERTER: Gitleaks = Gitleaks;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "gitleaks",
    name: "Gitleaks",
    summary: "JSON reports of Gitleaks",
    versions: "1 to 8",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/gitleaks/gitleaks",
};

/// Keys that records have, in version 8 and before.
const MARKS: [&str; 4] = ["RuleID", "Secret", "offender", "leakURL"];

impl Converter for Gitleaks {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let current = head.has("RuleID") && head.has("Secret") && head.has("Match");
        let old = head.has("offender") && head.has("commit") && (head.has("rule") || head.has("reason"));
        if current || old { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?
            .known("a list of leaks", "write the report with gitleaks --report-format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_leak))
    }
}

/// `report.Finding` of version 8, and `Leak` of those before, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow, alias = "RuleID", alias = "reason")]
    rule: Option<Loose<'a>>,
    #[serde(alias = "Description")]
    description: Option<Loose<'a>>,
    #[serde(alias = "StartLine", alias = "lineNumber", deserialize_with = "json::number")]
    start: Option<u64>,
    #[serde(alias = "EndLine", deserialize_with = "json::number")]
    end: Option<u64>,
    #[serde(alias = "Match")]
    line: Option<Loose<'a>>,
    #[serde(alias = "Secret")]
    offender: Option<Loose<'a>>,
    #[serde(alias = "File")]
    file: Option<Loose<'a>>,
    #[serde(alias = "SymlinkFile")]
    symlink: Option<Loose<'a>>,
    #[serde(alias = "Commit")]
    commit: Option<Loose<'a>>,
    #[serde(alias = "Entropy", alias = "offenderEntropy")]
    entropy: Option<Loose<'a>>,
    #[serde(alias = "Author")]
    author: Option<Loose<'a>>,
    #[serde(alias = "Email")]
    email: Option<Loose<'a>>,
    #[serde(alias = "Date")]
    date: Option<Loose<'a>>,
    #[serde(alias = "Message", alias = "commitMessage", alias = "commitMsg")]
    message: Option<Loose<'a>>,
    /// Of the rule, in versions 2 and 3.
    severity: Option<Loose<'a>>,
    #[serde(alias = "Tags")]
    tags: Option<Tags<'a>>,
    #[serde(alias = "Link", alias = "leakURL")]
    link: Option<Loose<'a>>,
    repo: Option<Loose<'a>>,
}

/// A list since version 8, and a text with commas before.
type Tags<'a> = json::TextOr<'a, Vec<Loose<'a>>>;

fn map_leak<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let description = filled(&found.description);
    let rule = filled(&found.rule).or(description).unwrap_or_default();
    let tags = tags(found);
    let mut issue = Issue::new("gitleaks_rule_id", rule);
    issue.title = Some(description.filter(|text| text.len() < 100).unwrap_or(rule).into());
    issue.message = description.map(Cow::Borrowed);
    // Some people put the severity into the tags of a rule.
    issue.rating = tags.iter().copied().chain(filled(&found.severity)).find_map(Severity::from_word);
    issue.code = filled(&found.line).map(Cow::Borrowed);
    issue.references.extend(filled(&found.link).map(Cow::Borrowed));
    Leak {
        issue,
        file: filled(&found.file),
        lines: (found.start, found.end),
        commit: Revision {
            sha: filled(&found.commit),
            author: author(filled(&found.author), filled(&found.email)),
            date: filled(&found.date),
            message: filled(&found.message),
        },
        secrets: filled(&found.offender).into_iter().collect(),
        fingerprint: None,
        details: vec![
            ("tags", "Tags", Some(tags.join(", ").into())),
            ("entropy", "Entropy", filled(&found.entropy).filter(|text| *text != "0").map(Cow::Borrowed)),
            ("symlink", "Symbolic link", filled(&found.symlink).map(Cow::Borrowed)),
            ("repository", "Repository", filled(&found.repo).filter(|repo| *repo != ".").map(Cow::Borrowed)),
        ],
    }
    .into_outcome(options)
}

fn tags<'a>(found: &'a Found<'_>) -> Vec<&'a str> {
    let tags: Vec<&str> = match &found.tags {
        Some(Tags::Text(text)) => text.split(',').collect(),
        Some(Tags::Other(list)) => list.iter().map(|tag| &**tag).collect(),
        None => Vec::new(),
    };
    tags.into_iter().map(str::trim).filter(|tag| !tag.is_empty()).collect()
}
