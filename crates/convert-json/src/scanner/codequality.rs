//! Code Climate's issues, and the subset of them that GitLab calls Code Quality: a list, or issues one after the
//! other with NUL or line breaks between.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Head, Loose, TextOr, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, ScanInfo, Sink,
    SkipReason, cwe, sentence, uri,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads issues of Code Climate and reports of GitLab Code Quality.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codequality;

/// The converter.
pub static CONVERTER: Codequality = Codequality;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "codequality",
    name: "Code Quality",
    summary: "issues of Code Climate, reports of GitLab Code Quality",
    versions: "Code Climate 0.3, GitLab",
    kinds: &[Kind::Sast],
    url: "https://github.com/codeclimate/platform/blob/master/spec/analyzers/SPEC.md",
};

/// Keys that issues have.
const MARKS: [&str; 3] = ["check_name", "fingerprint", "location"];

impl Converter for Codequality {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let place = head.path_has(&["location", "path"]);
        let of_gitlab = head.has("fingerprint") && head.has("description");
        let of_climate = head.has("check_name") && head.has("categories");
        if place && (of_gitlab || of_climate) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the issues.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?.known(
            "a list of issues",
            "give the artifact of reports:codequality, or what codeclimate analyze -f json writes",
        )?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_issue))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    check_name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    content: Option<TextOr<'a, Content<'a>>>,
    #[serde(deserialize_with = "json::list")]
    categories: Vec<Loose<'a>>,
    severity: Option<Loose<'a>>,
    fingerprint: Option<Loose<'a>>,
    engine_name: Option<Loose<'a>>,
    /// The page of the check, of ansible-lint.
    url: Option<Loose<'a>>,
    location: Option<Place<'a>>,
    #[serde(deserialize_with = "json::list")]
    other_locations: Vec<Place<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    body: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    lines: Option<Range<'a>>,
    positions: Option<Range<'a>>,
}

/// Lines as numbers, or positions as objects with a line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow)]
    begin: Option<TextOr<'a, Position>>,
    end: Option<TextOr<'a, Position>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

impl Place<'_> {
    /// The path, of an address that of the file; none of a bare root.
    fn file(&self) -> Cow<'_, str> {
        let path = uri::to_path(filled(&self.path).unwrap_or_default());
        if path.trim_matches('/').is_empty() { Cow::Borrowed("") } else { path }
    }

    fn lines(&self) -> (Option<u64>, Option<u64>) {
        let range = self.lines.as_ref().or(self.positions.as_ref());
        let line = |end: &Option<TextOr<'_, Position>>| match end.as_ref()? {
            TextOr::Text(text) => text.trim().parse().ok(),
            TextOr::Other(position) => position.line,
        };
        range.map_or((None, None), |range| (line(&range.begin), line(&range.end)))
    }
}

fn map_issue<'a>(found: &'a Found<'_>, _: &()) -> Outcome<'a> {
    let description = filled(&found.description);
    if let Some(kind) = filled(&found.kind).filter(|kind| !kind.eq_ignore_ascii_case("issue")) {
        return Outcome::skip(
            SkipReason::NotAFinding,
            format!("type: {kind}"),
            description.unwrap_or_default(),
        );
    }
    // Without a check there is only what is said: the same words are the same rule.
    let check = filled(&found.check_name).map(Cow::Borrowed).or_else(|| description.map(sentence));
    let check = check.unwrap_or_default();
    let mut issue = Issue::new("codequality_check", check.clone());
    issue.message = description.map(Cow::Borrowed);
    let body = found.content.as_ref().and_then(|content| match content {
        TextOr::Text(text) => Some(text.trim()),
        TextOr::Other(content) => filled(&content.body),
    });
    issue.about = body.map(Cow::Borrowed);
    issue.rating = filled(&found.severity).and_then(severity);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.weaknesses.extend(cwe::parse(&check));
    issue.url = filled(&found.url).map(Cow::Borrowed);
    let place = found.location.as_ref();
    let (start, end) = place.map_or((None, None), Place::lines);
    let place = code::lines(place.map(Place::file).unwrap_or_default(), start, end);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without check_name and description", "");
    };
    let fingerprint = filled(&found.fingerprint);
    finding
        .fingerprints
        .extend(fingerprint.map(|value| Fingerprint { name: "fingerprint".into(), value: value.into() }));
    let details = &mut finding.vulnerability.details;
    details.text("engine", "Engine", filled(&found.engine_name).unwrap_or_default());
    add_list(details, "categories", "Categories", crate::field::texts(&found.categories));
    let others = found.other_locations.iter().map(|place| match place.lines().0 {
        Some(line) => format!("{}:{line}", place.file()),
        None => place.file().into_owned(),
    });
    add_list(details, "other_locations", "Other locations", others);
    Outcome::finding(finding)
}

/// Code Climate's severities.
fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "info" => Some(Severity::Info),
        "minor" => Some(Severity::Low),
        "major" => Some(Severity::Medium),
        "critical" => Some(Severity::High),
        "blocker" => Some(Severity::Critical),
        word => Severity::from_word(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_or_positions() {
        for (json, want) in [
            (r#"{"path": "a", "lines": {"begin": 3, "end": 5}}"#, ("a", (Some(3), Some(5)))),
            (r#"{"path": "a", "positions": {"begin": {"line": 3, "column": 1}}}"#, ("a", (Some(3), None))),
            (r#"{"path": "file:///", "lines": {"begin": "1"}}"#, ("", (Some(1), None))),
            ("{}", ("", (None, None))),
        ] {
            let place: Place<'_> = serde_json::from_str(json).expect(json);
            assert_eq!((&*place.file(), place.lines()), want, "{json}");
        }
    }
}
