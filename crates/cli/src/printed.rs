//! What a job printed before and behind the document: a scanner whose messages and report went into one file.

use scanlift_convert_api::{Input as _, Match};
use scanlift_input::Source;
use serde::de::IgnoredAny;
use std::io::{self, Read as _};

/// More lines than these are no few messages.
const LINES: usize = 200;

/// More bytes than these behind the document are no few messages.
const LONGEST: u64 = 64 * 1024;

/// Finds the document behind lines of text, as the byte that it begins with. `sniff` says how sure a format is.
///
/// What begins as a document itself has no text before it: what stands inside of it is not looked at.
pub(crate) fn before(head: &[u8], sniff: impl Fn(&[u8]) -> Match) -> Option<usize> {
    if begins_document(head) || !is_text(head) {
        return None;
    }
    let lines = head.iter().zip(1..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next).take(LINES);
    let rest = |start: usize| head.get(start..).unwrap_or_default();
    lines.filter(|start| begins_document(rest(*start))).find(|start| sniff(rest(*start)) == Match::Yes)
}

/// How many lines of text stand behind the document that ends at `offset`; `None` if anything else does, which may be
/// part of a report: then nothing may be left out.
pub(crate) fn behind(source: &Source, offset: u64) -> io::Result<Option<usize>> {
    let mut stream = source.open()?;
    io::copy(&mut stream.by_ref().take(offset), &mut io::sink())?;
    let mut text = Vec::new();
    stream.take(LONGEST + 1).read_to_end(&mut text)?;
    Ok(words(&text))
}

/// How many lines of words this is; `None` if a line of it is, or may belong to, a document.
fn words(text: &[u8]) -> Option<usize> {
    if text.len() as u64 > LONGEST || !is_text(text) {
        return None;
    }
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let is_words = |line: &[u8]| {
        let is_rest = matches!(line.first(), Some(b'}' | b']' | b',' | b':' | b'"'));
        !is_rest && !begins_document(line) && serde_json::from_slice::<IgnoredAny>(line).is_err()
    };
    let count = lines.clone().count();
    (count <= LINES && lines.all(is_words)).then_some(count)
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

    #[test]
    fn words_stand_behind_a_document() {
        for (text, want) in [
            ("Done in 1.2s.\n", Some(1)),
            ("npm notice\r\nnpm notice New version\n\n", Some(2)),
            ("[INFO] done\n[2026-01-02] x\n\u{1b}[2mok\u{1b}[0m", Some(3)),
            ("2 packages\n{oh}\n<1 s\nERROR: Job failed: exit code 1\n", Some(4)),
            // What may belong to a report.
            ("}", None),
            (", {\"a\": 1}]", None),
            ("Done.\n{\"report\":1}", None),
            ("Done.\n{\n\"report\":1}", None),
            ("Done.\n  \"report\": 1", None),
            ("{", None),
            ("[]", None),
            ("12", None),
            ("null", None),
            ("<report/>", None),
            ("<?xml version='1.0'?>", None),
            ("\0\0\0", None),
        ] {
            assert_eq!(words(text.as_bytes()), want, "{text:?}");
        }
        assert_eq!(words("x\n".repeat(LINES + 1).as_bytes()), None);
        assert_eq!(words(&vec![b'x'; 70_000]), None);
    }
}
