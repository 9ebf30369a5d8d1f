//! trufflehog3, `--format json`.

use crate::layout::Layout;
use crate::leak::{Leak, Revision};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads JSON reports of trufflehog3.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trufflehog3;

/// The converter.
pub static CONVERTER: Trufflehog3 = Trufflehog3;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "trufflehog3",
    name: "truffleHog3",
    summary: "JSON reports of trufflehog3",
    versions: "3",
    kinds: &[Kind::SecretDetection],
    url: "https://github.com/feeltheajf/trufflehog3",
};

impl Converter for Trufflehog3 {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own =
            head.path_has(&["rule", "id"]) && head.has("secret") && head.has("path") && head.has("context");
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &["secret", "context"])?
            .known("a list of secrets", "write the report with trufflehog3 --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::SecretDetection);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_issue))
    }
}

/// `trufflehog3.models.Issue`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    rule: Option<Rule<'a>>,
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    secret: Option<Loose<'a>>,
    context: Option<BTreeMap<String, Option<Loose<'a>>>>,
    id: Option<Loose<'a>>,
    branch: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    author: Option<Loose<'a>>,
    commit: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
}

/// `trufflehog3.models.Rule`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
}

fn map_issue<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let rule = found.rule.as_ref();
    let message = rule.and_then(|rule| filled(&rule.message));
    let id = rule.and_then(|rule| filled(&rule.id)).or(message).unwrap_or_default();
    let mut issue = Issue::new("trufflehog3_rule_id", id);
    issue.message = message.map(Cow::Borrowed);
    issue.severity = rule.and_then(|rule| filled(&rule.severity)).map(Cow::Borrowed);
    issue.code = code(found);
    Leak {
        issue,
        file: filled(&found.path),
        lines: (found.line, None),
        commit: Revision {
            sha: filled(&found.commit),
            author: filled(&found.author).map(Cow::Borrowed),
            date: filled(&found.date),
            message: filled(&found.message),
        },
        secrets: filled(&found.secret).into_iter().collect(),
        // A UUID of rule, path, secret and line.
        fingerprint: found.line.is_none().then_some(filled(&found.id)).flatten().map(|id| ("id", id)),
        details: vec![("branch", "Branch", filled(&found.branch).map(Cow::Borrowed))],
    }
    .into_outcome(options)
}

/// The lines of the context, which come by their number.
fn code<'a>(found: &'a Found<'_>) -> Option<scanlift_report_core::Text<'a>> {
    let lines = found.context.iter().flatten();
    let mut lines: Vec<(u64, &str)> =
        lines.filter_map(|(number, line)| Some((number.parse().ok()?, line.as_deref()?))).collect();
    lines.sort_unstable();
    match lines.as_slice() {
        [] => None,
        [(_, line)] => Some(Cow::Borrowed(line)),
        lines => Some(Cow::Owned(lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n"))),
    }
}
