//! Text encodings, told by the first bytes.

use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::container::sniff_container;
use crate::decode::Prefixed;
use crate::error::StreamError;

/// Bytes transcoded at a time.
const BUFFER: usize = 64 << 10;

/// UTF-8 without byte order mark.
pub(crate) fn decode<'r, R: Read + 'r>(stream: Prefixed<R>) -> io::Result<Box<dyn Read + 'r>> {
    match sniff(&stream.prefix) {
        Text::Utf8 { mark } => Ok(Box::new(stream.skip(mark))),
        Text::Other(encoding) => Ok(Box::new(
            DecodeReaderBytesBuilder::new()
                .encoding(Some(encoding))
                .build_with_buffer(stream, vec![0; BUFFER])?,
        )),
        Text::Utf32 => Err(StreamError::Utf32.into()),
    }
}

/// Where the text begins, by its first bytes, if it is UTF-8 already.
pub(crate) fn plain_from(head: &[u8]) -> Option<u64> {
    match sniff(head) {
        Text::Utf8 { mark } => Some(mark as u64),
        Text::Other(_) | Text::Utf32 => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Text {
    /// To be passed through from byte `mark` on.
    Utf8 {
        mark: usize,
    },
    Other(&'static Encoding),
    Utf32,
}

/// What the first bytes say.
///
/// The marks of <https://www.unicode.org/faq/utf_bom.html#bom4>, then the zero patterns of
/// RFC 4627 section 3 and XML 1.0 appendix F, then the XML declaration.
fn sniff(head: &[u8]) -> Text {
    match head {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Text::Utf32,
        [0xEF, 0xBB, 0xBF, ..] => Text::Utf8 { mark: 3 },
        [0xFF, 0xFE, ..] => Text::Other(UTF_16LE),
        [0xFE, 0xFF, ..] => Text::Other(UTF_16BE),
        // A short name at the start of a tar archive is followed by zeros as well.
        _ if sniff_container(head).is_some() => Text::Utf8 { mark: 0 },
        [a, 0, 0, 0, b, 0, 0, 0, ..] | [0, 0, 0, a, 0, 0, 0, b, ..] if is_text([*a, *b]) => Text::Utf32,
        [a, 0, b, 0, ..] if is_text([*a, *b]) => Text::Other(UTF_16LE),
        [0, a, 0, b, ..] if is_text([*a, *b]) => Text::Other(UTF_16BE),
        _ => declared(head).map_or(Text::Utf8 { mark: 0 }, Text::Other),
    }
}

fn is_text(characters: [u8; 2]) -> bool {
    characters.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

/// The encoding that an XML declaration names, where it has to be undone.
///
/// UTF-16 cannot be true of bytes that start with `<?xml` (.NET writes such files), and ASCII is
/// UTF-8; a label that nobody knows is left to the parser, which sees whether it is UTF-8.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let label = label_of(declaration)?;
    if label.eq_ignore_ascii_case("us-ascii") || label.eq_ignore_ascii_case("ascii") {
        return None;
    }
    Encoding::for_label_no_replacement(label.as_bytes())
        // UTF-16 counts as UTF-8 here: its output encoding is UTF-8.
        .filter(|encoding| encoding.output_encoding() != UTF_8)
}

/// `ISO-8859-1` of ` version="1.0" encoding="ISO-8859-1"?`.
fn label_of(declaration: &str) -> Option<&str> {
    let (before, value) = declaration.split_once("encoding")?;
    if !before.ends_with(|character: char| character.is_ascii_whitespace()) {
        return None;
    }
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_encoding() {
        const PLAIN: Text = Text::Utf8 { mark: 0 };
        let table: &[(&[u8], Text)] = &[
            (b"", PLAIN),
            (b"{", PLAIN),
            (b"{\"a\":1}", PLAIN),
            (b"\xEF\xBB\xBF{}", Text::Utf8 { mark: 3 }),
            (b"\xEF\xBB", PLAIN),
            (b"\xFF\xFE", Text::Other(UTF_16LE)),
            (b"\xFE\xFF", Text::Other(UTF_16BE)),
            (b"\xFF\xFE{\0}\0", Text::Other(UTF_16LE)),
            (b"\xFE\xFF\0{\0}", Text::Other(UTF_16BE)),
            (b"{\0}\0", Text::Other(UTF_16LE)),
            (b"\0{\0}", Text::Other(UTF_16BE)),
            (b"<\0?\0x\0m\0l\0", Text::Other(UTF_16LE)),
            (b"\0<\0?\0x\0m\0l", Text::Other(UTF_16BE)),
            (b"\r\0\n\0{\0", Text::Other(UTF_16LE)),
            (b"{\0", PLAIN),
            (b"\x01\0\x02\0", PLAIN),
            (b"\xFF\xFE\0\0{\0\0\0", Text::Utf32),
            (b"\0\0\xFE\xFF\0\0\0{", Text::Utf32),
            (b"{\0\0\0}\0\0\0", Text::Utf32),
            (b"\0\0\0{\0\0\0}", Text::Utf32),
            (b"PK\x03\x04\x14\0\0\0\x08\0", PLAIN),
            (b"\x7FELF", PLAIN),
        ];
        for (head, expected) in table {
            assert_eq!(sniff(head), *expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn xml_declarations_are_believed_where_they_can_be_true() {
        let table = [
            ("<?xml version=\"1.0\"?>", None),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", None),
            ("<?xml version=\"1.0\" encoding=\"utf8\"?>", None),
            ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", Some("windows-1252")),
            ("<?xml version='1.0' encoding = 'latin1' standalone='yes'?>", Some("windows-1252")),
            ("<?xml version=\"1.0\"\n\tencoding=\"Windows-1251\"?>", Some("windows-1251")),
            ("<?xml version='1.0' encoding='Shift_JIS'?>", Some("Shift_JIS")),
            ("<?xml version='1.0' encoding='utf-16'?>", None),
            ("<?xml version='1.0' encoding='US-ASCII'?>", None),
            ("<?xml version='1.0' encoding='klingon'?>", None),
            ("<?xml version='1.0' encoding='?>", None),
            ("<?xml version='1.0' encoding=?>", None),
            ("<?xml version='1.0' encoding", None),
            ("<?xml version='1.0' xencoding='latin1'?>", None),
            ("<?xml encoding=é?>", None),
            (" <?xml version='1.0' encoding='latin1'?>", None),
            ("<a encoding='latin1'/>", None),
        ];
        for (declaration, expected) in table {
            let found = declared(declaration.as_bytes()).map(Encoding::name);
            assert_eq!(found, expected, "{declaration}");
        }
    }
}
