//! What a job printed before, between and behind documents: a scanner whose messages and report went into
//! one file, and what is left of brackets where documents were put together by hand.

use scanlift_convert_api::json::{Cause, Kind, Reader, Span};
use scanlift_convert_api::{Input as _, Match};
use scanlift_input::Source;
use serde::de::IgnoredAny;
use std::io::{self, Read as _};
use std::ops::Range;

/// A document is looked for at so many places before it.
const PLACES: usize = 200;

/// A longer line may be more than a message.
const LONGEST: usize = 64 * 1024;

/// Words that stand at more places than these are left alone: where they are is kept.
const GAPS: usize = 100_000;

/// More documents than these are not told.
pub(crate) const DOCUMENTS: usize = 1000;

/// Finds the document behind lines of text, as the byte that it begins with. `sniff` says how sure a format is.
///
/// What begins as a document itself has no text before it: what stands inside of it is not looked at.
pub(crate) fn before(head: &[u8], sniff: impl Fn(&[u8]) -> Match) -> Option<usize> {
    if begins_document(head) || !is_text(head) {
        return None;
    }
    let lines = head.iter().zip(1..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next);
    let rest = |start: usize| head.get(start..).unwrap_or_default();
    let mut documents = lines.filter(|start| begins_document(rest(*start))).take(PLACES);
    documents.find(|start| sniff(rest(*start)) == Match::Yes)
}

/// What stands behind a document, in bytes from its start.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Words; lines of them that follow each other are one.
    pub(crate) words: Vec<Range<u64>>,
    /// How many lines of words there are.
    pub(crate) lines: usize,
    /// Further documents, no more than [`DOCUMENTS`] and one.
    pub(crate) documents: Vec<Range<u64>>,
}

/// What stands behind the document that ends at `offset`; `None` if any of it is neither words nor a document
/// that is whole: it may be part of a report, and then nothing may be left out. `sniff` says how sure a format
/// is of a record.
pub(crate) fn behind(
    source: &Source,
    offset: u64,
    sniff: impl Fn(&[u8]) -> Match,
) -> io::Result<Option<Behind>> {
    let mut stream = source.open()?;
    io::copy(&mut stream.by_ref().take(offset), &mut io::sink())?;
    let mut reader = Reader::new(stream);
    let mut behind = Behind::default();
    let mut after_words = false;
    loop {
        let words = match reader.next_span() {
            Ok(None) => break,
            // No report: an exit code, or what Go writes of an empty list.
            Ok(Some(Span::Document(Kind::Null | Kind::Bool | Kind::Number, word))) => word,
            Ok(Some(Span::Document(_, document))) => {
                after_words = false;
                if behind.documents.len() <= DOCUMENTS {
                    behind.documents.push(offset + document.start..offset + document.end);
                }
                continue;
            }
            Ok(Some(Span::Line(line))) if is_words(line.text, &sniff) => {
                line.offset..line.offset + line.text.len() as u64
            }
            Ok(Some(Span::Line(_))) => return Ok(None),
            Err(error) => match error.cause {
                Cause::Read(error) => return Err(error),
                _ => return Ok(None),
            },
        };
        if behind.words.len() == GAPS {
            return Ok(None);
        }
        behind.lines += 1;
        match behind.words.last_mut() {
            Some(last) if after_words => last.end = offset + words.end,
            _ => behind.words.push(offset + words.start..offset + words.end),
        }
        after_words = true;
    }
    // Only what may stand between documents: NUL, as where a file was made long beforehand.
    if behind.words.is_empty() && behind.documents.is_empty() {
        behind.words.push(offset..offset + reader.offset());
        behind.lines = 1;
    }
    Ok(Some(behind))
}

/// Whether a line is one of a log, and no part of a document nor one that holds a record.
fn is_words(line: &[u8], sniff: &impl Fn(&[u8]) -> Match) -> bool {
    let line = line.trim_ascii();
    // Of a report only what closes it: with these, nothing that it says is left out.
    if line.iter().all(|byte| matches!(byte, b'}' | b']' | b',' | b' ' | b'\t' | 0)) {
        return true;
    }
    let count = |byte: u8| line.iter().filter(|other| **other == byte).count();
    let is_part = match line.first() {
        Some(b'}' | b']' | b',' | b':' | b'"') => true,
        Some(b'{') if line.contains(&b'"') => true,
        // The end of what another one was written over.
        _ => count(b'}') > count(b'{') || count(b']') > count(b'['),
    };
    line.len() <= LONGEST && is_text(line) && !is_part && !begins_document(line) && !has_record(line, sniff)
}

/// Whether there is an object in a line of words that may be a record: it is cut off, or `sniff` knows it. Logs
/// have objects of their own.
fn has_record(mut line: &[u8], sniff: &impl Fn(&[u8]) -> Match) -> bool {
    let is_object = |rest: &[u8]| rest.starts_with(b"{") && begins_document(rest);
    while let Some(start) = (0..line.len()).find(|start| is_object(&line[*start..])) {
        let mut values = serde_json::Deserializer::from_slice(&line[start..]).into_iter::<IgnoredAny>();
        if !matches!(values.next(), Some(Ok(_))) {
            return true;
        }
        let end = start + values.byte_offset();
        if sniff(&line[start..end]) != Match::No {
            return true;
        }
        line = &line[end..];
    }
    false
}

/// How many lines these bytes are.
pub(crate) fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// Whether JSON or XML begins here. `[main] INFO` and `[2026-01-02]` are lines of a log.
fn begins_document(text: &[u8]) -> bool {
    match text.trim_ascii_start().split_first() {
        Some((b'{', rest)) => matches!(rest.trim_ascii_start().first(), None | Some(b'"' | b'}')),
        Some((b'[', rest)) => {
            matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b'[' | b']' | b'"'))
        }
        Some((b'<', rest)) => {
            rest.first().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, b'?' | b'!'))
        }
        _ => false,
    }
}

/// Text, with what colours it for a terminal.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x08 | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let is_report = |head: &[u8]| {
            if head.trim_ascii_start().starts_with(b"{\"report\"") { Match::Yes } else { Match::No }
        };
        before(text.as_bytes(), is_report).and_then(|start| text.get(start..))
    }

    #[test]
    fn a_document_stands_behind_lines_of_a_log() {
        for (text, want) in [
            ("npm WARN old\n{\"report\":1}", Some("{\"report\":1}")),
            ("[main]\tINFO\tpython 3\n[2026] x\n  {\"report\":1}\n", Some("  {\"report\":1}\n")),
            ("\u{1b}[1mwarning\u{1b}[0m\r\n{\"report\":1}", Some("{\"report\":1}")),
            ("{oh}\n{\"other\":1}\n{\"report\":1}", Some("{\"report\":1}")),
            ("no report\n", None),
            ("", None),
            // What begins as a document is one, whatever stands inside.
            ("{\"other\":[\n{\"report\":1}]}", None),
            ("[\n{\"report\":1}]", None),
            ("<x>\n{\"report\":1}</x>", None),
            ("\0\n{\"report\":1}", None),
        ] {
            assert_eq!(found(text), want, "{text:?}");
        }
    }

    /// What stands behind a document of two bytes.
    fn parted(text: &str) -> Option<(Vec<&str>, usize, Vec<&str>)> {
        let is_record = |head: &[u8]| if head.starts_with(b"{\"rule\"") { Match::Yes } else { Match::No };
        let source = Source::stream(format!("{{}}{text}").as_bytes(), None).expect("in memory");
        let behind = behind(&source, 2, is_record).expect("in memory")?;
        let part = |span: &Range<u64>| text.get(span.start as usize - 2..span.end as usize - 2);
        let parts = |spans: &[Range<u64>]| spans.iter().filter_map(part).collect();
        Some((parts(&behind.words), behind.lines, parts(&behind.documents)))
    }

    #[test]
    fn words_stand_behind_a_document() {
        for (text, words, lines) in [
            ("Done in 1.2s.\n", vec!["Done in 1.2s."], 1),
            ("\nnpm notice\r\nnpm notice New\n\n", vec!["npm notice\r\nnpm notice New"], 2),
            (
                "[INFO] \"x\"\n[0012] x\n\u{1b}[2mok\u{1b}[0m",
                vec!["[INFO] \"x\"\n[0012] x\n\u{1b}[2mok\u{1b}[0m"],
                3,
            ),
            ("\n2 packages\n{oh}\n<1 s\nopen \"a\": no", vec!["2 packages\n{oh}\n<1 s\nopen \"a\": no"], 4),
            ("\nINFO done {\"took\": {\"s\": 3}}", vec!["INFO done {\"took\": {\"s\": 3}}"], 1),
            ("}", vec!["}"], 1),
            (",\n ] }, \n0\nnull\n", vec![",\n ] }, \n0\nnull"], 4),
            ("}\0\0", vec!["}\0\0"], 1),
            ("\0\0\n", vec!["\0\0\n"], 1),
        ] {
            assert_eq!(parted(text), Some((words, lines, vec![])), "{text:?}");
        }
        let many = "x\n".repeat(10_000);
        assert_eq!(parted(&many).map(|(words, lines, _)| (words.len(), lines)), Some((1, 10_000)));
    }

    #[test]
    fn documents_follow_each_other_with_words_between_them() {
        let text = "\n[INF] one\n{\"a\": 1}\n{\n\"rule\": 2}two\nthree\n[7]\nnull\n";
        let words = vec!["[INF] one", "two\nthree", "null"];
        assert_eq!(parted(text), Some((words, 4, vec!["{\"a\": 1}", "{\n\"rule\": 2}", "[7]"])));
        assert_eq!(parted("\n{}\n"), Some((vec![], 0, vec!["{}"])));
        let many = "{}\n".repeat(DOCUMENTS * 2);
        let (words, lines, documents) = parted(&many).expect("documents");
        assert_eq!((words.len(), lines, documents.len()), (0, 0, DOCUMENTS + 1));
    }

    #[test]
    fn what_may_belong_to_a_report_is_no_words() {
        for text in [
            "} 1",
            ", {\"a\": 1}]",
            "\nDone.\n  \"report\": 1",
            "{",
            "\nDone.\n{\"a\": [",
            "\n{,\"a\": 1}",
            "<report/>",
            "\n<?xml version='1.0'?>",
            "\nDone.\0",
            // A record that begins in a line of a log, and what is left of a longer file below a shorter one.
            "\n[INF] 1/2 {\"rule\": 1}",
            "\n[INF] 1/2 {\"other\": 1} {\"rule\": 1}",
            "\n[INF] 1/2 {\"other\": \n",
            "lts\":[{\"other\":1}]}",
            "e\"]}",
        ] {
            assert_eq!(parted(text), None, "{text:?}");
        }
        assert_eq!(parted(&"x".repeat(LONGEST + 1)), None);
    }
}
