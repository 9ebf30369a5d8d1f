//! Signed envelopes: DSSE as cosign writes it, one a line, and Sigstore bundles. What they hold is read;
//! whether the signature is good is not looked at.

use super::{Found, Told, shown, tell};
use crate::{
    explain::{self, Failure},
    log,
};
use scanlift_convert_api::json::{self, Head, Kind, Reader};
use scanlift_convert_api::{Input as _, Registry};
use scanlift_input::Source;
use std::{
    io::{self, Read},
    ops::Range,
};

/// The statements in the envelopes of a file, and what each is called; `None` if it holds none.
pub(crate) fn statements(label: &str, source: &Source) -> Result<Option<Vec<(String, Source)>>, Failure> {
    let shown = shown(label);
    let read = |error| explain::read(shown, &error);
    let outline = json::abridged(source.open().map_err(read)?);
    let outline = Head::of(&outline);
    let is_envelope = outline.has("payload") && outline.has("payloadType") || outline.has("dsseEnvelope");
    if outline.kind() != Some(Kind::Object) || !is_envelope {
        return Ok(None);
    }
    let payloads = payloads(source).map_err(read)?;
    let statement = |(at, payload): (usize, &Range<u64>)| {
        let label = if payloads.len() == 1 { shown.to_owned() } else { format!("{shown}[{at}]") };
        (label, source.payload(payload))
    };
    Ok(Some(payloads.iter().enumerate().map(statement).collect()))
}

/// The reports in the envelopes of a file; `None` if it holds none. Statements of other things are passed
/// over.
pub(super) fn opened(
    registry: &Registry,
    label: &str,
    source: &Source,
) -> Result<Option<Vec<Found>>, Failure> {
    let Some(statements) = statements(label, source)? else { return Ok(None) };
    let shown = shown(label);
    let mut found = Vec::new();
    for (label, statement) in statements {
        let read = |error| explain::read(&label, &error);
        let result = scanned(&statement).map_err(read)?.map(|part| statement.within(&part));
        let report = result.unwrap_or(statement);
        let head = report.head().map_err(read)?;
        match tell(registry, &report, &head, None) {
            Told::One(confidence, converter) => {
                found.push(Found::new(label, report, (confidence, converter), false));
            }
            Told::None | Told::Several(_) => {
                let head = Head::of(&head);
                let kind = head.text("predicateType").unwrap_or("no known format");
                log::warn(&format!("{label} is passed over: it is an envelope with a statement of {kind}"));
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::input(format!("{shown} is a signed envelope without a report"))
            .help("what is read of attestations: SBOMs, VEX documents, and results of scanners"));
    }
    Ok(Some(found))
}

/// Where the payloads stand, as far as the file can be read.
fn payloads(source: &Source) -> io::Result<Vec<Range<u64>>> {
    let mut payloads = Vec::new();
    let mut reader = Reader::new(source.open()?);
    while let Ok(true) = reader.next_document() {
        let walked = reader.each_key(|key, reader| match (key, reader.peek()?) {
            ("dsseEnvelope", Kind::Object) => {
                reader.each_key(|key, reader| payload(key, reader, &mut payloads))
            }
            _ => payload(key, reader, &mut payloads),
        });
        if walked.is_err() {
            break;
        }
    }
    Ok(payloads)
}

fn payload<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    payloads: &mut Vec<Range<u64>>,
) -> Result<(), json::Error> {
    if key == "payload" && reader.peek()? == Kind::String {
        let start = reader.offset();
        reader.skip()?;
        // Without the quotes.
        payloads.push(start + 1..reader.offset() - 1);
    }
    Ok(())
}

/// Where what a scanner said stands in a statement of vulnerabilities (cosign): `predicate.scanner.result`.
fn scanned(statement: &Source) -> io::Result<Option<Range<u64>>> {
    let mut part = None;
    let mut reader = Reader::new(statement.open()?);
    // What is wrong with it is told when it is converted.
    let _ = find(&mut reader, &["predicate", "scanner", "result"], &mut part);
    Ok(part)
}

fn find<R: Read>(
    reader: &mut Reader<R>,
    path: &[&str],
    part: &mut Option<Range<u64>>,
) -> Result<(), json::Error> {
    if reader.peek()? != Kind::Object {
        return Ok(());
    }
    let Some((first, rest)) = path.split_first() else {
        let start = reader.offset();
        reader.skip()?;
        *part = Some(start..reader.offset());
        return Ok(());
    };
    reader.each_key(|key, reader| if key == *first { find(reader, rest, part) } else { Ok(()) })
}
