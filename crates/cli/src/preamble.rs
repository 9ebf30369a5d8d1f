//! What a job printed before the document: a scanner whose messages and report went into one file.

use scanlift_convert_api::Match;

/// More lines than these are no few messages.
const LINES: usize = 200;

/// Finds the document behind lines of text, as the byte that it begins with. `sniff` says how sure a format is.
///
/// What begins as a document itself has no text before it: what stands inside of it is not looked at.
pub(crate) fn find(head: &[u8], sniff: impl Fn(&[u8]) -> Match) -> Option<usize> {
    if begins_document(head) || !is_text(head) {
        return None;
    }
    let lines = head.iter().zip(1..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next).take(LINES);
    let rest = |start: usize| head.get(start..).unwrap_or_default();
    lines.filter(|start| begins_document(rest(*start))).find(|start| sniff(rest(*start)) == Match::Yes)
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
        find(text.as_bytes(), is_report).and_then(|start| text.get(start..))
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
}
