//! cfn-lint, `--format json`: templates of AWS CloudFormation.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of cfn-lint.
#[derive(Clone, Copy, Debug, Default)]
pub struct CfnLint;

/// The converter.
pub static CONVERTER: CfnLint = CfnLint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cfn-lint",
    name: "cfn-lint",
    summary: "JSON reports of cfn-lint",
    versions: "0.10 to 1",
    kinds: &[Kind::Sast],
    url: "https://github.com/aws-cloudformation/cfn-lint",
};

impl Converter for CfnLint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let keys = ["Filename", "Level", "Message"].iter().all(|key| head.has(key));
        let own = head.kind() == Some(JsonKind::Array)
            && keys
            && head.path_has(&["Location", "Start"])
            && head.path_has(&["Rule", "ShortDescription"]);
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the matches.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &["Rule", "Filename"])?
            .known("a list of matches", "write the report with cfn-lint --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_match))
    }
}

/// A match, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Matched<'a> {
    #[serde(borrow)]
    rule: Rule<'a>,
    filename: Option<Loose<'a>>,
    level: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    location: Place<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Rule<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    short_description: Option<Loose<'a>>,
    source: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Place<'a> {
    start: Point,
    end: Point,
    /// Keys, and numbers of list items.
    #[serde(borrow, deserialize_with = "json::list")]
    path: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Point {
    #[serde(deserialize_with = "json::number")]
    line_number: Option<u64>,
}

fn map_match<'a>(found: &'a Matched<'_>, _: &'a ()) -> Outcome<'a> {
    let message = filled(&found.message).unwrap_or_default();
    let Some(rule) = filled(&found.rule.id) else {
        return Outcome::skip(SkipReason::Unsupported, "a match without a rule", message);
    };
    // https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md: what cfn-lint could not do.
    if rule.starts_with("E00") {
        let detail = format!("{rule}: the template, or what it needs, cannot be read");
        return Outcome::skip(SkipReason::NotAFinding, detail, filled(&found.filename).unwrap_or_default());
    }
    let mut issue = Issue::new("cfn_lint_rule_id", rule);
    issue.rule_name = filled(&found.rule.short_description).map(|about| format!("{rule} {about}").into());
    issue.url = filled(&found.rule.source).map(Cow::Borrowed);
    issue.message = Some(message.into());
    issue.about = filled(&found.rule.description).map(Cow::Borrowed);
    issue.severity = filled(&found.level).map(Cow::Borrowed);
    let Place { start, end, path } = &found.location;
    let file = filled(&found.filename).unwrap_or_default();
    let place = code::lines(file, start.line_number, end.line_number);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a match without a rule", message);
    };
    let path: Vec<&str> = crate::field::texts(path).collect();
    finding.vulnerability.details.text("path", "Path", path.join("/"));
    Outcome::finding(finding)
}
