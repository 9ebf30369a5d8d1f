//! zizmor, `--format json` and `json-v1`: workflows of GitHub Actions.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Head, Loose, TextOr, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, SourceLocation, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of zizmor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zizmor;

/// The converter.
pub static CONVERTER: Zizmor = Zizmor;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "zizmor",
    name: "zizmor",
    summary: "JSON reports of zizmor",
    versions: "0.5 to 1",
    kinds: &[Kind::Sast],
    url: "https://docs.zizmor.sh/usage/#output-formats",
};

impl Converter for Zizmor {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.has("ident") && head.path_has(&["determinations", "confidence"]) && head.has("desc");
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the findings.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &["ident"])?
            .known("a list of findings", "write the report with zizmor --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_finding))
    }
}

/// `Finding`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    ident: Option<Loose<'a>>,
    desc: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    determinations: Determinations<'a>,
    #[serde(deserialize_with = "json::list")]
    locations: Vec<Spot<'a>>,
    ignored: Option<bool>,
    #[serde(deserialize_with = "json::list")]
    fixes: Vec<Mend<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Determinations<'a> {
    #[serde(borrow)]
    confidence: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    persona: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mend<'a> {
    #[serde(borrow)]
    title: Option<Loose<'a>>,
}

/// `Location`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spot<'a> {
    #[serde(borrow)]
    symbolic: Symbolic<'a>,
    concrete: Concrete<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Symbolic<'a> {
    /// `Stdin` is a word.
    #[serde(borrow)]
    key: Option<TextOr<'a, Key<'a>>>,
    /// The file's name, before there were keys.
    name: Option<Loose<'a>>,
    annotation: Option<Loose<'a>>,
    /// `Primary`, `Related` or `Hidden`; before there were kinds, `primary`.
    kind: Option<Loose<'a>>,
    primary: Option<bool>,
}

/// `InputKey`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Key<'a> {
    #[serde(borrow)]
    local: Option<Local<'a>>,
    remote: Option<Remote<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Local<'a> {
    #[serde(borrow, alias = "given_path", alias = "path")]
    verbatim_path: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remote<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    slug: Option<TextOr<'a, Slug<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slug<'a> {
    #[serde(borrow)]
    owner: Option<Loose<'a>>,
    repo: Option<Loose<'a>>,
    git_ref: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Concrete<'a> {
    location: Range,
    #[serde(borrow)]
    feature: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    start_point: Point,
    end_point: Point,
}

/// Counted from 0.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Point {
    #[serde(deserialize_with = "json::number")]
    row: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    column: Option<u64>,
}

impl Range {
    /// First and last line, from 1. A range that ends before the first column of a line does not reach it.
    fn lines(&self) -> (Option<u64>, Option<u64>) {
        let last = match (self.end_point.row, self.end_point.column) {
            (Some(row), Some(0)) if Some(row) > self.start_point.row => Some(row),
            (row, _) => row.map(|row| row.saturating_add(1)),
        };
        (self.start_point.row.map(|row| row.saturating_add(1)), last)
    }
}

impl Spot<'_> {
    fn is(&self, kind: &str) -> bool {
        filled(&self.symbolic.kind).is_some_and(|found| found.eq_ignore_ascii_case(kind))
    }

    fn file(&self) -> &str {
        let local = match &self.symbolic.key {
            Some(TextOr::Other(Key { local: Some(local), .. })) => filled(&local.verbatim_path),
            Some(TextOr::Other(Key { remote: Some(remote), .. })) => filled(&remote.path),
            _ => filled(&self.symbolic.name),
        };
        local.unwrap_or("stdin")
    }

    /// The repository that it was fetched from.
    fn repository(&self) -> Option<Text<'_>> {
        let Some(TextOr::Other(Key { remote: Some(remote), .. })) = &self.symbolic.key else { return None };
        match remote.slug.as_ref()? {
            TextOr::Text(slug) => Some(Cow::Borrowed(slug)),
            TextOr::Other(slug) => {
                let reference = filled(&slug.git_ref).map(|it| format!("@{it}")).unwrap_or_default();
                Some(format!("{}/{}{reference}", filled(&slug.owner)?, filled(&slug.repo)?).into())
            }
        }
    }

    fn place(&self) -> SourceLocation<'_> {
        let (start, end) = self.concrete.location.lines();
        code::lines(self.file(), start, end)
    }

    /// `this step (.github/workflows/ci.yml:12)`.
    fn in_words(&self) -> String {
        let line = self.concrete.location.lines().0.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{} ({}{line})", filled(&self.symbolic.annotation).unwrap_or("see"), self.file())
    }
}

fn map_finding<'a>(found: &'a Found<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(ident) = filled(&found.ident) else {
        let about = filled(&found.desc).unwrap_or_default();
        return Outcome::skip(SkipReason::Unsupported, "a finding without `ident`", about);
    };
    if found.ignored == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "ignored: true", ident);
    }
    let is_primary = |spot: &&Spot<'_>| spot.symbolic.primary == Some(true) || spot.is("primary");
    let primary = found.locations.iter().find(is_primary).or(found.locations.first());
    let annotation = primary.and_then(|spot| filled(&spot.symbolic.annotation));
    // As zizmor's SARIF has it.
    let mut issue = Issue::new("zizmor_rule_id", format!("zizmor/{ident}"));
    issue.url = filled(&found.url).map(Cow::Borrowed);
    issue.title = filled(&found.desc).map(Cow::Borrowed);
    issue.message = annotation.map(Cow::Borrowed);
    issue.about = filled(&found.desc).map(Cow::Borrowed);
    let mends: Vec<&str> = found.fixes.iter().filter_map(|mend| filled(&mend.title)).collect();
    issue.solution = Some(mends.join("\n").into());
    issue.severity = filled(&found.determinations.severity).map(Cow::Borrowed);
    issue.confidence = filled(&found.determinations.confidence).map(Cow::Borrowed);
    issue.code = primary.and_then(|spot| filled(&spot.concrete.feature)).map(Cow::Borrowed);
    issue.language = Some("yaml".into());
    let place = primary.map(Spot::place).unwrap_or_default();
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without `ident`", "");
    };
    let details = &mut finding.vulnerability.details;
    let others = found.locations.iter().filter(|spot| !is_primary(spot) && !spot.is("hidden"));
    let others = others.filter(|spot| primary.is_none_or(|primary| !std::ptr::eq(primary, *spot)));
    add_list(details, "related", "Related", others.map(Spot::in_words));
    details.text("persona", "Persona", filled(&found.determinations.persona).unwrap_or_default());
    details.text("repository", "Repository", primary.and_then(Spot::repository).unwrap_or_default());
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        for ((start, _), (end, column), want) in [
            ((8, 8), (10, 56), (Some(9), Some(11))),
            ((8, 0), (9, 0), (Some(9), Some(9))),
            ((8, 0), (8, 0), (Some(9), Some(9))),
        ] {
            let start_point = Point { row: Some(start), column: Some(0) };
            let end_point = Point { row: Some(end), column: Some(column) };
            assert_eq!(Range { start_point, end_point }.lines(), want);
        }
    }

    #[test]
    fn files_have_been_named_in_many_ways() {
        for (key, file, repository) in [
            (r#"{"Local": {"verbatim_path": "./a.yml"}}"#, "./a.yml", None),
            (r#"{"Local": {"prefix": ".", "given_path": "./a.yml"}}"#, "./a.yml", None),
            (r#"{"Local": {"path": "/x/a.yml"}}"#, "/x/a.yml", None),
            (
                r#"{"Remote": {"slug": {"owner": "o", "repo": "r", "git_ref": "main"}, "path": "a.yml"}}"#,
                "a.yml",
                Some("o/r@main"),
            ),
            (r#"{"Remote": {"slug": "o/r", "path": "a.yml"}}"#, "a.yml", Some("o/r")),
            (r#""Stdin""#, "stdin", None),
        ] {
            let json = format!(r#"{{"symbolic": {{"key": {key}}}}}"#);
            let spot: Spot<'_> = serde_json::from_str(&json).expect("a location");
            assert_eq!((spot.file(), spot.repository().as_deref()), (file, repository), "{key}");
        }
    }
}
