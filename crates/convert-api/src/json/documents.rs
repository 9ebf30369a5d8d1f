//! Where a document ends, and the next one begins.

use std::io::Read;

use super::error::{Cause, Error};
use super::reader::{Kind, Reader};
use super::repair;

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

    /// Whether the text at the cursor, which starts with `first`, is a document and not words that look like one:
    /// "2 packages", "[1/4] done", "no matches".
    fn is_document(&mut self, first: u8) -> Result<bool, Error> {
        match Kind::of(first) {
            None => return Ok(false),
            Some(Kind::Object | Kind::String) => return Ok(true),
            Some(Kind::Array | Kind::Number | Kind::Bool | Kind::Null) => {}
        }
        // A list of objects may be large, and is looked into when it is read.
        if first == b'[' && matches!(self.behind_blanks(1, b" \t\r\n")?, None | Some(b'{')) {
            return Ok(true);
        }
        let offset = self.offset();
        match self.pass(true) {
            Ok(length) if !repair::is_json(&self.buffer[self.start..self.start + length]) => Ok(false),
            Ok(_) if first == b'[' => Ok(true),
            Ok(length) => Ok(matches!(self.behind_blanks(length, b" \t\r")?, None | Some(b'\n' | 0 | 0x1e))),
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
