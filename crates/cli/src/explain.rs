//! Errors for people: what is wrong, where, and what to do.

use crate::{exit, log};
use clap::error::{ContextKind, ContextValue};
use scanlift_convert_api::ConvertError;
use scanlift_input::{OpenError, Source, StreamError};
use std::{
    error::Error,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

/// What ends a run, or spoils an input.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    /// What is wrong, in a line.
    pub(crate) headline: String,
    /// More about it, a line each.
    pub(crate) notes: Vec<String>,
    /// The place in the input.
    pub(crate) excerpt: Option<Box<Excerpt>>,
    /// What to do, a line each.
    pub(crate) help: Vec<String>,
}

/// Part of a line, ready to be printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line's number, from 1.
    pub(crate) line: u64,
    /// The column of the place in characters, from 1.
    pub(crate) column: u64,
    /// What stands around it.
    pub(crate) text: String,
    /// How many characters of `text` stand before the place.
    pub(crate) caret: usize,
    /// Whether the input ends here.
    pub(crate) is_end: bool,
}

impl Failure {
    fn new(code: u8, headline: impl Into<String>) -> Self {
        Self { code, headline: headline.into(), notes: Vec::new(), excerpt: None, help: Vec::new() }
    }

    /// Wrong usage or configuration.
    pub(crate) fn usage(headline: impl Into<String>) -> Self {
        Self::new(exit::USAGE, headline)
    }

    /// A bad input.
    pub(crate) fn input(headline: impl Into<String>) -> Self {
        Self::new(exit::INPUT, headline)
    }

    /// Output that cannot be written; `what` reads after "failed to".
    pub(crate) fn output(what: &str, error: &io::Error) -> Self {
        let failure = Self::new(exit::OUTPUT, format!("failed to {what}: {}", chain(error)));
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                failure.help("check who owns the directory, or choose another one with --output")
            }
            io::ErrorKind::StorageFull => {
                failure.help("free some space, or choose another place with --output")
            }
            io::ErrorKind::ReadOnlyFilesystem => failure.help("choose another place with --output"),
            _ => failure,
        }
    }

    /// Nowhere is room for a temporary file.
    pub(crate) fn temporary(folder: &Path, error: &io::Error) -> Self {
        let reason = io::Error::from(error.kind());
        Self::new(exit::OUTPUT, format!("failed to make a temporary file in {}: {reason}", folder.display()))
            .help("set TMPDIR to a directory that can be written to")
    }

    /// More about it.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

/// More values than this are no help in a message.
const VALUES: usize = 20;

/// A mistake on the command line, with a better hint where there is one.
pub(crate) fn usage(mut error: clap::Error) -> clap::Error {
    let tip = |text: String| ContextValue::StyledStrs(vec![text.into()]);
    match (error.get(ContextKind::InvalidSubcommand), error.get(ContextKind::ValidValue)) {
        (Some(ContextValue::String(name)), _) if Path::new(name).exists() => {
            let text = format!("to convert a file: scanlift convert {name}");
            error.remove(ContextKind::SuggestedSubcommand);
            error.insert(ContextKind::Suggested, tip(text));
        }
        (_, Some(ContextValue::Strings(values))) if values.len() > VALUES => {
            error.remove(ContextKind::ValidValue);
            if error.get(ContextKind::SuggestedValue).is_none() {
                error.insert(ContextKind::Suggested, tip("`scanlift formats` lists them".to_owned()));
            }
        }
        _ => {}
    }
    error
}

/// An error and its reasons, in a line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let reason = error.to_string();
        // Wrappers like `io::Error` say the same as what they wrap.
        if !text.ends_with(&reason) {
            text = format!("{text}: {reason}");
        }
        next = error.source();
    }
    text
}

/// An input that cannot be opened.
pub(crate) fn open(error: &OpenError) -> Failure {
    let failure = Failure::input(format!("failed to {error}"));
    match error {
        OpenError::NotFound { .. } | OpenError::Directory { .. } => failure,
        OpenError::Denied { .. } => failure.help("make it readable for the user of this job (chmod a+r)"),
        OpenError::Spool { .. } => failure
            .note(chain(error.io()))
            .help("set TMPDIR to a directory with room, or write the input to a file and name that"),
        _ => failure.note(chain(error.io())),
    }
}

/// An input that breaks while it is read.
pub(crate) fn read(label: &str, error: &io::Error) -> Failure {
    let failure = Failure::input(format!("failed to read {label}: {}", chain(error)));
    match StreamError::of(error) {
        Some(StreamError::CutOff { .. }) => {
            failure.help("it was not written or transferred to its end: make it again")
        }
        Some(StreamError::Damaged { .. }) => {
            failure.help("make or transfer the file again; `gzip -t` or `zstd -t` checks it")
        }
        Some(StreamError::Archive { .. } | StreamError::Checksum { .. }) => {
            failure.help("make or transfer the archive again, or take the scanner's report out and name that")
        }
        Some(StreamError::TooLarge { .. } | StreamError::TooDense { .. } | StreamError::Window { .. }) => {
            failure.help("if you trust the file, decompress it first and name the result")
        }
        _ => failure,
    }
}

/// An input that was opened and cannot be converted; `format` is what it is read as.
pub(crate) fn convert(label: &str, source: &Source, format: &str, error: &ConvertError) -> Failure {
    match error {
        ConvertError::Read(error) => read(label, error),
        ConvertError::Deliver(error) => Failure::output("write a finding", error),
        ConvertError::Parse { path, offset, message } => {
            let (failure, is_end) = at(label, source, format, path, *offset, message);
            failure.help(if is_end {
                "the file ends too early: look whether the scanner ran to its end and the disk is not full, then run it again"
            } else {
                "the file was damaged or changed after the scanner wrote it: run the scanner again"
            })
        }
        ConvertError::WrongKind { path, offset, message } => {
            let (mut failure, _) = at(label, source, format, path, *offset, message);
            if path.is_empty() && message.ends_with("found an array") {
                failure = failure.help("a list of reports is read too, if it is whole and every item is one");
            }
            failure.help(format!(
                "it is another document than {format} writes, or of a version that is not known: look what wrote it"
            ))
        }
        ConvertError::Limit { path, offset, message, help } => {
            at(label, source, format, path, *offset, message).0.help(*help)
        }
        ConvertError::Behind { offset, message } => at(label, source, format, "", *offset, message).0.help(
            "what stands behind the report is neither words nor another one, and may belong to one: give each a file of its own",
        ),
        ConvertError::UnsupportedVersion { format, found, supported, help } => Failure::input(format!(
            "{label} is {format} {found}, which cannot be read (supported: {supported})"
        ))
        .help(*help),
        ConvertError::Unrecognised { expected, help } => {
            Failure::input(format!("{label} is no {format} document: {expected} is expected")).help(*help)
        }
        other => Failure::input(format!("failed to {}", chain(other))).note(format!("in {label}")),
    }
}

/// A failure with its place, and whether the input ends there.
fn at(label: &str, source: &Source, format: &str, path: &str, offset: u64, message: &str) -> (Failure, bool) {
    let offset = source.start().saturating_add(offset);
    let excerpt = source.whole().and_then(|stream| locate(stream, offset)).ok().map(Box::new);
    let place = match &excerpt {
        Some(excerpt) => format!("{label}:{}:{}", excerpt.line, excerpt.column),
        None => label.to_owned(),
    };
    let mut failure = Failure::input(format!("{place}: {message}"));
    let within = if path.is_empty() { "the top level" } else { path };
    failure.notes.push(format!("at {within} of this {format} document, byte {offset}"));
    let is_end = excerpt.as_ref().is_some_and(|excerpt| excerpt.is_end);
    failure.excerpt = excerpt;
    (failure, is_end)
}

/// The line of the file, from 1, in which a byte of the input stands.
pub(crate) fn line_of(source: &Source, offset: u64) -> io::Result<u64> {
    Ok(locate(source.whole()?, source.start().saturating_add(offset))?.line)
}

/// How many characters of a line are shown on either side of a place.
const AROUND: usize = 40;

/// Finds line and column of a byte offset, with what stands around it.
///
/// A line may be as long as the document, so only its end is kept.
fn locate(stream: impl Read, offset: u64) -> io::Result<Excerpt> {
    let mut stream = BufReader::with_capacity(128 * 1024, stream);
    let (mut at, mut line, mut column) = (0_u64, 1_u64, 1_u64);
    // The end of what stands before the place in its line.
    let mut before: Vec<u8> = Vec::new();
    while at < offset {
        let block = stream.fill_buf()?;
        if block.is_empty() {
            break;
        }
        let want = usize::try_from(offset - at).unwrap_or(usize::MAX).min(block.len());
        let mut rest = &block[..want];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            (line, column) = (line + 1, 1);
            before.clear();
            rest = &rest[end + 1..];
        }
        column += rest.iter().filter(|byte| !is_continuation(**byte)).count() as u64;
        before.extend_from_slice(rest);
        let surplus = before.len().saturating_sub(AROUND * 4 + 4);
        before.drain(..surplus);
        stream.consume(want);
        at += want as u64;
    }
    let mut after = Vec::new();
    stream.take(AROUND as u64 * 4).read_to_end(&mut after)?;
    let is_end = after.trim_ascii().is_empty();
    if let Some(end) = after.iter().position(|byte| *byte == b'\n') {
        after.truncate(end);
    }
    let is_cut = column > before.len() as u64 + 1;
    let whole = before.iter().position(|byte| !is_continuation(*byte)).unwrap_or(before.len());
    let head = String::from_utf8_lossy(&before[whole..]);
    let head = if is_cut { &*head } else { head.trim_start() };
    let surplus = head.chars().count().saturating_sub(AROUND);
    let shown: String = head.chars().skip(surplus).collect();
    let shown = log::escape(&shown);
    let dots = if is_cut || surplus > 0 { "..." } else { "" };
    let caret = dots.len() + shown.chars().count();
    let tail: String = String::from_utf8_lossy(&after).chars().take(AROUND).collect();
    let text = format!("{dots}{shown}{}", log::escape(tail.trim_end()));
    Ok(Excerpt { line, column, text, caret, is_end })
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u64) -> (u64, u64, String, usize, bool) {
        let excerpt = locate(text.as_bytes(), offset).expect("reading memory");
        (excerpt.line, excerpt.column, excerpt.text, excerpt.caret, excerpt.is_end)
    }

    #[test]
    fn places_become_line_and_column() {
        assert_eq!(at("", 0), (1, 1, String::new(), 0, true));
        assert_eq!(at("{]", 1), (1, 2, "{]".into(), 1, false));
        assert_eq!(at("{\n  \"a\": ]\n}", 9), (2, 8, "\"a\": ]".into(), 5, false));
        assert_eq!(at("\u{e9}\u{e9}]", 4), (1, 3, "\u{e9}\u{e9}]".into(), 2, false));
        assert_eq!(at("a\x1bb", 2), (1, 3, "a\\u{1b}b".into(), 7, false));
        assert_eq!(at("ab\n", 3), (2, 1, String::new(), 0, true));
        assert_eq!(at("ab", 99), (1, 3, "ab".into(), 2, true));
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let text = format!("{}!{}", "x".repeat(300_000), "y".repeat(300));
        let (line, column, text, caret, _) = at(&text, 300_000);
        assert_eq!((line, column), (1, 300_001));
        assert_eq!(text, format!("...{}!{}", "x".repeat(40), "y".repeat(39)));
        assert_eq!(caret, 43);
    }
}
