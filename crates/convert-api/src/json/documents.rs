//! Where a document ends, and the next one begins.

use std::io::Read;
use std::ops::Range;

use super::error::{Cause, Error};
use super::reader::{Kind, Raw, Reader};
use super::repair;

/// What stands at the top level of a stream into which several programs may have written.
#[derive(Clone, Debug)]
pub enum Span<'a> {
    /// A document, which was skipped: what it is, and where, in bytes from the start of the stream.
    Document(Kind, Range<u64>),
    /// The rest of a line that begins no document.
    Line(Raw<'a>),
}

impl<R: Read> Reader<R> {
    /// Checks that nothing but white space follows the value that was read.
    ///
    /// # Errors
    /// [`Cause::Behind`] when something does.
    pub fn finish(&mut self) -> Result<(), Error> {
        match self.next_byte()? {
            Some(found) => Err(self.error(Cause::Behind(found))),
            None => Ok(()),
        }
    }

    /// Moves to the next of several documents in one stream, and says whether there is one.
    ///
    /// They may follow each other with white space (JSON lines), NUL, a record separator (RFC 7464) or nothing between.
    /// A document that was left alone is skipped.
    ///
    /// # Errors
    /// When the last document is cut off, or no value starts where the first one should; [`Cause::Behind`] when what
    /// stands behind a document is none.
    pub fn next_document(&mut self) -> Result<bool, Error> {
        let before = self.document.take();
        if let Some(offset) = before {
            self.settle(0, offset)?;
        }
        while let Some(byte) = self.next_byte()? {
            if matches!(byte, 0 | 0x1e) {
                self.start += 1;
            } else {
                if before.is_some() && !self.is_document(byte)? {
                    return Err(self.error(Cause::Behind(byte)));
                }
                self.peek()?;
                self.document = Some(self.offset());
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Moves behind what stands next at the top level: a document, or the rest of a line that begins none.
    ///
    /// Unlike [`Self::next_document`] it goes on behind words.
    ///
    /// # Errors
    /// When a document is cut off or nested too deep, and when a line is larger than
    /// [`Limits::element`](super::Limits::element).
    pub fn next_span(&mut self) -> Result<Option<Span<'_>>, Error> {
        while let Some(byte) = self.next_byte()? {
            if matches!(byte, 0 | 0x1e) {
                self.start += 1;
            } else if self.is_document(byte)? {
                let (kind, start) = (self.peek()?, self.offset());
                self.skip()?;
                return Ok(Some(Span::Document(kind, start..self.offset())));
            } else {
                return self.line().map(|line| Some(Span::Line(line)));
            }
        }
        Ok(None)
    }

    /// The rest of the line at the cursor, which moves to its end.
    fn line(&mut self) -> Result<Raw<'_>, Error> {
        let mut length = 0;
        loop {
            let window = &self.buffer[self.start + length..self.end];
            if let Some(end) = memchr::memchr(b'\n', window) {
                length += end;
                break;
            }
            length = self.end - self.start;
            if length > self.limits.element {
                return Err(self.error(Cause::Size(self.limits.element)));
            }
            if !self.fill()? {
                break;
            }
        }
        let (start, offset) = (self.start, self.offset());
        self.start += length;
        Ok(Raw { text: &self.buffer[start..self.start], offset })
    }

    /// Whether the text at the cursor, which starts with `first`, is a document and not words that look like one:
    /// "2 packages", "[1/4] done", "[0012] INFO", "no matches", "{braces}".
    fn is_document(&mut self, first: u8) -> Result<bool, Error> {
        const BLANKS: &[u8] = b" \t\r\n";
        match Kind::of(first) {
            None => return Ok(false),
            Some(Kind::String) => return Ok(true),
            Some(Kind::Object) => {
                let next = self.behind_blanks(1, BLANKS)?;
                return Ok(next.is_none_or(|next| matches!(next, b'"' | b'}') || BLANKS.contains(&next)));
            }
            Some(Kind::Array) => match self.behind_blanks(1, BLANKS)? {
                // A list of objects may be large, and is looked into when it is read.
                None | Some(b'{') => return Ok(true),
                // What colours a word for a terminal has a bracket that none closes.
                Some(next) if next != b']' && Kind::of(next).is_none() => return Ok(false),
                Some(_) => {}
            },
            Some(Kind::Number | Kind::Bool | Kind::Null) => {}
        }
        let offset = self.offset();
        match self.pass(true) {
            Ok(length) if !repair::is_json(&self.buffer[self.start..self.start + length]) => Ok(false),
            Ok(length) => Ok(match self.behind_blanks(length, b" \t\r")? {
                None | Some(b'\n' | 0 | 0x1e) => true,
                Some(behind) => first == b'[' && matches!(behind, b'[' | b'{'),
            }),
            Err(Error { cause: Cause::Syntax { .. }, .. }) => {
                // Back to the first byte, which is still in the window.
                self.start -= usize::try_from(self.offset() - offset).unwrap_or(self.start);
                Ok(false)
            }
            // Told when it is read.
            Err(Error { cause: Cause::Size(_) | Cause::Depth(_), .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The byte that stands behind blanks, `from` bytes behind the cursor; `None` at the end of the stream.
    fn behind_blanks(&mut self, from: usize, blanks: &[u8]) -> Result<Option<u8>, Error> {
        /// More blanks than these are not looked at.
        const MOST: usize = 1024;
        let mut at = from;
        loop {
            if self.start + at == self.end && !self.fill()? {
                return Ok(None);
            }
            let byte = self.buffer[self.start + at];
            if !blanks.contains(&byte) || at > from + MOST {
                return Ok(Some(byte));
            }
            at += 1;
        }
    }
}
