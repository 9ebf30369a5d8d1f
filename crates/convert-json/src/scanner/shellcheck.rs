//! ShellCheck, `-f json1` and `-f json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    Artifact, Change, ConvertError, Converter, Descriptor, Fix, Input, Match, Options, Outcome, Replacement,
    ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of ShellCheck.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shellcheck;

/// The converter.
pub static CONVERTER: Shellcheck = Shellcheck;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "shellcheck",
    name: "ShellCheck",
    summary: "JSON reports of ShellCheck (json1 and json)",
    versions: "0.4 and later",
    kinds: &[Kind::Sast],
    url: "https://github.com/koalaman/shellcheck/wiki/Integration",
};

impl Converter for Shellcheck {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let keys = ["file", "line", "endLine", "level", "code", "message"];
        let own = match head.kind() {
            Some(JsonKind::Array) => keys.iter().all(|key| head.has(key)),
            Some(JsonKind::Object) => {
                keys.iter().all(|key| head.path_has(&["comments", key])) || head.keys().eq(["comments"])
            }
            _ => false,
        };
        if own { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let is_list = reader.peek()? == JsonKind::Array;
        if !is_list {
            let mut comments = false;
            json::walk(input, |key, _| {
                comments |= key == "comments";
                Ok(())
            })?;
            if !comments {
                return Err(ConvertError::Unrecognised {
                    expected: "`comments`",
                    help: "write the report with shellcheck -f json1",
                });
            }
        }
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        if is_list {
            records.each(&mut reader, |records, reader| records.map(reader, &(), map_comment))?;
            return Ok(reader.finish()?);
        }
        json::walk(input, |key, reader| match key {
            "comments" => records.each(reader, |records, reader| records.map(reader, &(), map_comment)),
            _ => Ok(()),
        })
    }
}

/// `PositionedComment`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Comment<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
    level: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    code: Option<u32>,
    message: Option<Loose<'a>>,
    fix: Option<Mending<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mending<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    replacements: Vec<Piece<'a>>,
}

/// Lines and columns are 1-based, the end column is behind the last one; json1 counts a tab as one
/// column.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    column: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_column: Option<u64>,
    #[serde(borrow)]
    replacement: Option<Loose<'a>>,
}

fn map_comment<'a>(comment: &'a Comment<'_>, _: &'a ()) -> Outcome<'a> {
    let Some(code) = comment.code else {
        return Outcome::skip(SkipReason::Unsupported, "a comment without a code", "");
    };
    let rule = format!("SC{code}");
    // 1000 to 1999 tell of a script that ShellCheck cannot read; these say nothing else.
    if matches!(code, 1009 | 1072 | 1073) {
        return Outcome::skip(SkipReason::NotAFinding, "the script cannot be parsed", rule);
    }
    let mut issue = Issue::new("shellcheck_rule_id", rule.clone());
    issue.url = Some(Cow::Owned(format!("https://www.shellcheck.net/wiki/{rule}")));
    issue.message = filled(&comment.message).map(Cow::Borrowed);
    issue.severity = filled(&comment.level).map(Cow::Borrowed);
    let file = filled(&comment.file).unwrap_or_default();
    let place = code::lines(file, comment.line, comment.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a comment without a code", "");
    };
    finding.fixes.extend(comment.fix.as_ref().and_then(|fix| map_fix(fix, file)));
    Outcome::finding(finding)
}

fn map_fix<'a>(fix: &'a Mending<'_>, file: &'a str) -> Option<Fix<'a>> {
    let pieces = fix.replacements.iter().map(|piece| {
        let mut replacement = Replacement::default();
        (replacement.start_line, replacement.start_column) = (Some(piece.line?), Some(piece.column?));
        (replacement.end_line, replacement.end_column) = (Some(piece.end_line?), Some(piece.end_column?));
        replacement.unicode_columns = true;
        replacement.text = Cow::Borrowed(piece.replacement.as_deref()?);
        Some(replacement)
    });
    // A part of a fix is none.
    let mut pieces =
        pieces.collect::<Option<Vec<_>>>().filter(|pieces| !pieces.is_empty() && !file.is_empty())?;
    pieces.sort_by_key(|piece| (piece.start_line, piece.start_column));
    let mut fix = Fix::default();
    fix.changes.push(Change::new(Artifact { path: Cow::Borrowed(file) }, pieces));
    Some(fix)
}
