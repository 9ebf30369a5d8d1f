//! A document that is short enough to be looked at as a whole.

use std::io::Read;

use super::error::Error;
use super::reader::{Kind, Raw, Reader};

/// The most bytes of it: those that a [`Head`](super::Head) looks at.
const ROOM: usize = 64 * 1024;
/// How many items there are of a list.
const ITEMS: u64 = 16;
/// How many bytes there are of a text.
const TEXT: usize = 256;
/// More digits than these have no number that anybody looks at.
const DIGITS: usize = 64;
/// How many objects and lists stand inside each other.
const DEPTH: usize = 8;
/// What is to be left of the room for one more member.
const LITTLE: usize = 64;

/// What a [`Head`](super::Head) can tell a document by that stands anywhere in it, in the order of the
/// document: its keys, those of the first items of its lists, and the beginnings of its texts.
///
/// The document is read once, to its end or to where it breaks off, and what is made of it has no more
/// than about 64 KiB, of which each member has a share. Of several documents it is the first.
///
/// ```
/// use scanlift_convert_api::json::{Head, abridged};
///
/// let document = format!("{{\"list\": [{}0], \"tool\": \"x\"}}", "7, ".repeat(100_000));
/// assert!(!Head::of(&document.as_bytes()[..64 * 1024]).has("tool"));
/// assert_eq!(Head::of(&abridged(document.as_bytes())).text("tool"), Some("x"));
/// ```
#[must_use]
pub fn abridged(document: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    // Where the document breaks off, what is made of it does.
    let _ = abridge(&mut Reader::new(document), DEPTH, ROOM, &mut out);
    out
}

/// Writes the value at the cursor in about that room: what of an object or a list has no room is skipped.
fn abridge<R: Read>(
    reader: &mut Reader<R>,
    depth: usize,
    room: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let end = out.len() + room;
    match reader.peek()? {
        Kind::Object => {
            out.push(b'{');
            reader.each_key(|key, reader| {
                if depth == 0 || out.len() + key.len() + LITTLE > end {
                    return Ok(());
                }
                comma(b'{', out);
                write_text(key.as_bytes(), out);
                out.push(b':');
                abridge(reader, depth - 1, share(end, out), out)
            })?;
            out.push(b'}');
        }
        Kind::Array => {
            out.push(b'[');
            reader.each_item(|index, reader| {
                if depth == 0 || index >= ITEMS || out.len() + LITTLE > end {
                    return Ok(());
                }
                comma(b'[', out);
                abridge(reader, depth - 1, share(end, out), out)
            })?;
            out.push(b']');
        }
        Kind::String => {
            // One that is too large to be held is left to be skipped.
            let text = reader.value().map_or(&b""[..], |Raw { text, .. }| text);
            let inner =
                text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or_default();
            match inner.get(..TEXT) {
                None => {
                    out.push(b'"');
                    out.extend_from_slice(inner);
                    out.push(b'"');
                }
                Some(beginning) => write_text(beginning, out),
            }
        }
        Kind::Number | Kind::Bool | Kind::Null => {
            let text = reader.value()?.text;
            out.extend_from_slice(if text.len() > DIGITS { &b"0"[..] } else { text });
        }
    }
    Ok(())
}

/// A quarter of the room that is left: the last member has some, too.
fn share(end: usize, out: &[u8]) -> usize {
    end.saturating_sub(out.len()) / 4
}

/// What stands between two members.
fn comma(open: u8, out: &mut Vec<u8>) {
    if out.last() != Some(&open) {
        out.push(b',');
    }
}

/// A text that may be cut anywhere; its escapes are no longer any.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, &String::from_utf8_lossy(text));
}
