//! Files that hold several reports: one behind the other, in a list, in an archive.

use super::{Found, Own, Told, Words, look_into, nothing_in, shown, tell, told, unknown::unknown};
use crate::{
    explain::{self, Failure},
    log, printed,
};
use scanlift_convert_api::json::{self, Cause, Reader};
use scanlift_convert_api::{ConvertError, Converter, Input as _, Match, Registry};
use scanlift_input::Source;
use std::{io, iter, ops::Range, path::Path};

/// More reports than these are not taken out of one file.
const MOST: usize = printed::DOCUMENTS;

/// What to read in place of an input after that error.
pub(super) fn again(
    input: &Found,
    error: &ConvertError,
    is_named: bool,
) -> Result<Option<Vec<Found>>, Failure> {
    let registry = scanlift_converters::registry();
    let Found { label, source, converter, .. } = input;
    let named = is_named.then_some(*converter);
    let read = |error| explain::read(shown(label), &error);
    let found = match error {
        ConvertError::Behind { offset, .. } => {
            let Some(behind) =
                printed::behind(source, *offset, |head| converter.sniff(head)).map_err(read)?
            else {
                return Ok(None);
            };
            if let Some(first) = behind.words.first().filter(|_| input.words.is_none()) {
                let line = explain::line_of(source, first.start).map_err(read)?;
                let is_between = behind.documents.last().is_some_and(|last| last.start > first.start);
                let words = Words { line, lines: behind.lines, is_between };
                let source = source.without_words(&behind.words);
                return Ok(Some(vec![Found { words: Some(words), ..input.reading(source) }]));
            }
            if behind.documents.is_empty() || !behind.words.is_empty() {
                return Ok(None);
            }
            let parts: Vec<_> = iter::once(0..*offset).chain(behind.documents).collect();
            each(registry, label, source, &parts, named)?
        }
        ConvertError::Parse { .. } => {
            return Ok(without_commas(input).map_err(read)?.map(|found| vec![found]));
        }
        ConvertError::WrongKind { path, .. } if !path.is_empty() => None,
        ConvertError::WrongKind { .. } | ConvertError::Unrecognised { .. } => {
            listed(registry, label, source, &source.head().map_err(read)?, named)?
        }
        _ => None,
    };
    Ok(found.map(|mut found| {
        found.iter_mut().for_each(|found| found.is_walked = input.is_walked);
        if let Some(first) = found.first_mut() {
            (first.preamble, first.words, first.comma) = (input.preamble, input.words, input.comma);
        }
        found
    }))
}

/// The same of JSON less the commas behind the last member of an object or a list; `None` if there are none.
fn without_commas(input: &Found) -> io::Result<Option<Found>> {
    let source = &input.source;
    let is_json = matches!(source.head()?.trim_ascii_start().first(), Some(b'{' | b'['));
    if input.comma.is_some() || !is_json {
        return Ok(None);
    }
    let commas = json::trailing_commas(source.open()?)?;
    let Some(first) = commas.first() else { return Ok(None) };
    let comma = Some(explain::line_of(source, first.start)?);
    Ok(Some(Found { comma, ..input.reading(source.without_words(&commas)) }))
}

/// The reports of a file that is a list of them; `None` if it is none, or the first item may be no report.
pub(super) fn listed(
    registry: &Registry,
    label: &str,
    source: &Source,
    head: &[u8],
    named: Option<&'static dyn Converter>,
) -> Result<Option<Vec<Found>>, Failure> {
    let first = head.trim_ascii_start().strip_prefix(b"[").unwrap_or_default().trim_ascii_start();
    let is_sure = match told(registry, first, named) {
        Told::One(confidence, _) => confidence == Match::Yes || named.is_some(),
        Told::None | Told::Several(_) => false,
    };
    if !first.starts_with(b"{") || !is_sure {
        return Ok(None);
    }
    match items(source).map_err(|error| explain::read(shown(label), &error))? {
        Some(items) => each(registry, label, source, &items, named),
        None => Ok(None),
    }
}

/// Where the items of a list stand; `None` if it is not whole.
fn items(source: &Source) -> io::Result<Option<Vec<Range<u64>>>> {
    let mut reader = Reader::new(source.open()?);
    let mut items = Vec::new();
    let walked = reader.each_item(|_, reader| {
        let start = reader.offset();
        reader.skip()?;
        if items.len() <= MOST {
            items.push(start..reader.offset());
        }
        Ok::<_, json::Error>(())
    });
    match walked.and_then(|()| reader.finish()) {
        Ok(()) => Ok(Some(items)),
        Err(json::Error { cause: Cause::Read(error), .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The reports that stand in these parts of a file; `None` if the first is none.
fn each(
    registry: &Registry,
    label: &str,
    source: &Source,
    parts: &[Range<u64>],
    named: Option<&'static dyn Converter>,
) -> Result<Option<Vec<Found>>, Failure> {
    if parts.is_empty() || parts.len() > MOST {
        return Ok(None);
    }
    let mut found = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let label = format!("{}[{at}]", shown(label));
        let source = source.within(part);
        let head = source.head().map_err(|error| explain::read(&label, &error))?;
        // Though Trivy may say so that it found nothing.
        if head == b"null" {
            log::debug(&format!("{label} is passed over: it is null"));
            continue;
        }
        let how = match (tell(registry, &source, &head, named), named) {
            (Told::One(confidence, converter), _) => (confidence, converter),
            _ if at == 0 => return Ok(None),
            // Who named the format means all of them.
            (_, Some(converter)) => (Match::Yes, converter),
            (_, None) => {
                return Err(unknown(registry, &label, &source, &head)
                    .note(format!("it is one of {} documents in a file", parts.len()))
                    .help("give each report a file of its own, and name those"));
            }
        };
        found.push(Found::new(label, source, how, false));
    }
    Ok(Some(found))
}

/// The reports in an archive; other files in it are passed over as those of a directory.
pub(super) fn archived(
    registry: &Registry,
    label: &str,
    files: Vec<(String, Source)>,
    from: Option<&str>,
    own: Own,
) -> Result<Vec<Found>, Failure> {
    let looked_at = files.len();
    let look = |(name, source): (String, Source)| {
        look_into(registry, &format!("{}/{name}", shown(label)), source, from, own)
    };
    let found: Vec<_> = files.into_iter().flat_map(look).collect();
    if found.is_empty() { Err(nothing_in(Path::new(shown(label)), looked_at, from)) } else { Ok(found) }
}
