//! Where a result is (SARIF 2.1.0 §3.28 to §3.33).

use crate::{
    model::{ArtifactLocation, Location, LogicalLocation, Region, Span},
    run::Run,
};
use scanlift_convert_api::uri;
use scanlift_report_core::{FileLocation, SourceLocation, Text};
use std::borrow::Cow;

/// The URI of an artifact location: its own, or that of the run's artifact of its index; joined to its
/// base if that is known.
pub(crate) fn artifact_uri<'s>(location: &'s ArtifactLocation<'_>, run: &'s Run) -> Option<Cow<'s, str>> {
    let own = location.uri.as_deref().filter(|uri| !uri.trim().is_empty());
    let (uri, base) = match own {
        Some(uri) => (uri, location.uri_base_id.as_deref()),
        None => indexed(location.index?, run)?,
    };
    joined(uri, base, run)
}

fn indexed(index: i64, run: &Run) -> Option<(&str, Option<&str>)> {
    let artifact = run.artifacts.get(usize::try_from(index).ok()?)?;
    Some((artifact.uri.as_deref()?, artifact.base.as_deref()))
}

fn joined<'s>(uri: &'s str, base: Option<&str>, run: &Run) -> Option<Cow<'s, str>> {
    let (uri, base) = if base.is_some() { (uri, base) } else { with_base(uri) };
    match base {
        Some(base) if run.bases.contains_key(base) => run.resolve(uri, Some(base)).map(Cow::Owned),
        // Without a base that is known, its id is the root: `%SRCROOT%` by convention.
        _ => (!uri.is_empty()).then_some(Cow::Borrowed(uri)),
    }
}

/// A URI that begins with the id of its base, as `%SRCROOT%/src/a.c`, without that id. In a URI of its own
/// such signs cannot stand: behind `%` are two digits.
fn with_base(uri: &str) -> (&str, Option<&str>) {
    match uri.strip_prefix('%').and_then(|rest| rest.split_once("%/")) {
        Some((id, rest)) if !id.contains('/') => (rest, uri.get(..id.len() + 2)),
        _ => (uri, None),
    }
}

/// The path of an artifact location as the tool spells it: not joined to its base, which says where the
/// tool ran rather than which file it is.
fn spelled<'s>(location: &'s ArtifactLocation<'_>, run: &'s Run) -> Option<Cow<'s, str>> {
    let own = location.uri.as_deref().filter(|uri| !uri.trim().is_empty());
    own.or_else(|| Some(indexed(location.index?, run)?.0)).map(uri::to_path)
}

/// The path of an artifact location, percent-decoded; made relative by the pipeline.
pub(crate) fn path<'s>(location: &'s ArtifactLocation<'_>, run: &'s Run) -> Option<Cow<'s, str>> {
    match artifact_uri(location, run)? {
        Cow::Borrowed(uri) => Some(uri::to_path(uri)),
        Cow::Owned(uri) => Some(Cow::Owned(uri::to_path(&uri).into_owned())),
    }
}

/// The lines of a region: 1-based, inclusive (§3.30.5, §3.30.7). A region by offsets has none.
pub(crate) fn lines(span: Span) -> Option<(u64, u64)> {
    let start = span.start_line.filter(|line| *line > 0)?;
    Some((start, span.end_line.unwrap_or(start).max(start)))
}

/// The source location of a result, by its first location that has a file.
pub(crate) fn source<'s>(locations: &'s [Location<'_>], run: &'s Run) -> SourceLocation<'s> {
    let mut source = SourceLocation::default();
    for physical in locations.iter().filter_map(|location| location.physical_location.as_ref()) {
        let Some(file) = physical.artifact_location.as_ref().and_then(|location| path(location, run)) else {
            continue;
        };
        source.file = Some(file);
        if let Some((start, end)) = physical.region.as_ref().map(Region::span).and_then(lines) {
            (source.start_line, source.end_line) = (Some(start), Some(end));
        }
        break;
    }
    for logical in locations.iter().flat_map(|location| &location.logical_locations) {
        name_logical(logical, run, &mut source);
    }
    source
}

/// Class and method by the kinds of §3.33.7.
fn name_logical<'s>(logical: &'s LogicalLocation<'_>, run: &'s Run, source: &mut SourceLocation<'s>) {
    let of_run = logical
        .index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| run.logical_locations.get(index));
    let kind = logical.kind.as_deref().or_else(|| of_run?.kind.as_deref()).unwrap_or_default();
    let name = logical
        .fully_qualified_name
        .as_deref()
        .or_else(|| of_run?.fully_qualified_name.as_deref())
        .or(logical.name.as_deref())
        .or_else(|| of_run?.name.as_deref());
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty() && !name.starts_with("pkg:")) else {
        return;
    };
    let part = match kind {
        "type" | "class" => &mut source.class,
        "function" | "member" | "method" => &mut source.method,
        // As of a cloud, which no file tells of.
        "resource" => &mut source.file,
        _ => return,
    };
    if part.is_none() {
        *part = Some(Cow::Borrowed(name));
    }
}

/// A place for display: a file with lines and columns.
pub(crate) fn file_location<'s>(
    artifact: Option<&'s ArtifactLocation<'_>>,
    span: Option<Span>,
    run: &'s Run,
) -> Option<FileLocation<'s>> {
    let file = path(artifact?, run)?;
    let (start, end) = lines(span?)?;
    let place = FileLocation::new(file, start, Some(end));
    Some(match columns(span?) {
        Some((from, to)) => place.with_columns(from, to),
        None => place,
    })
}

/// Columns, 1-based: the first, and the one behind the last.
fn columns(span: Span) -> Option<(u64, u64)> {
    let start = span.start_column.filter(|column| *column > 0)?;
    Some((start, span.end_column.unwrap_or(start).max(1)))
}

/// A place in one line of text: `src/a.c:3`.
pub(crate) fn label(location: &Location<'_>, run: &Run) -> Option<String> {
    let physical = location.physical_location.as_ref()?;
    let file = spelled(physical.artifact_location.as_ref()?, run)?;
    Some(match physical.region.as_ref().map(Region::span).and_then(lines) {
        Some((start, _)) => [&*file, ":", &start.to_string()].concat(),
        None => file.into_owned(),
    })
}

/// Whether the first location is an address of the web.
pub(crate) fn is_on_the_web(locations: &[Location<'_>], run: &Run) -> bool {
    let first = locations.first().and_then(|location| location.physical_location.as_ref());
    let artifact = first.and_then(|physical| physical.artifact_location.as_ref());
    artifact.and_then(|location| artifact_uri(location, run)).is_some_and(|uri| uri::is_web(&uri))
}

/// Whether the message of a location begins with its file.
pub(crate) fn is_repeated(location: &Location<'_>, run: &Run) -> bool {
    let file = || spelled(location.physical_location.as_ref()?.artifact_location.as_ref()?, run);
    let text = location.message.as_ref().and_then(|message| message.text.as_deref());
    text.is_some_and(|text| file().is_some_and(|file| text.starts_with(&*file)))
}

/// The code of a result, the narrower region first, and its language.
pub(crate) fn snippet<'s>(locations: &'s [Location<'_>]) -> Option<(&'s str, Option<Text<'s>>)> {
    let physical = locations.first()?.physical_location.as_ref()?;
    let code = |region: Option<&'s Region<'_>>| {
        let region = region?;
        let text = region.snippet.as_ref()?.text.as_deref()?;
        let language = region.source_language.as_deref().map(Cow::Borrowed);
        (!text.trim().is_empty()).then_some((text, language))
    };
    code(physical.region.as_ref()).or_else(|| code(physical.context_region.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_may_stand_in_the_uri() {
        for (uri, want) in [
            ("%SRCROOT%/src/i.py", ("src/i.py", Some("%SRCROOT%"))),
            ("%SRCROOT%/", ("", Some("%SRCROOT%"))),
            ("src/i.py", ("src/i.py", None)),
            ("%C3%A9/i.py", ("%C3%A9/i.py", None)),
            ("%20a/100%/i.py", ("%20a/100%/i.py", None)),
        ] {
            assert_eq!(with_base(uri), want);
        }
    }
}
