//! Parts of a text that are not of its document: they read as blanks, and all the rest stays where it is.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

/// A stream in which some spans read as blanks.
pub(crate) struct Blanked<R> {
    reader: R,
    /// Where it stands in the text.
    position: u64,
    /// In their order, in bytes of the text.
    spans: Arc<[Range<u64>]>,
    /// The first of them that is not behind.
    next: usize,
}

impl<R: Read> Blanked<R> {
    /// A stream that begins at that byte of the text.
    pub(crate) fn new(reader: R, position: u64, spans: Arc<[Range<u64>]>) -> Self {
        Self { reader, position, spans, next: 0 }
    }
}

impl<R: Read> Read for Blanked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buf)?;
        let (start, end) = (self.position, self.position + length as u64);
        // Both are within what was read, so the difference is a length.
        let at = |place: u64| (place.clamp(start, end) - start) as usize;
        while let Some(span) = self.spans.get(self.next).filter(|span| span.start < end) {
            if let Some(part) = buf.get_mut(at(span.start)..at(span.end)) {
                part.fill(b' ');
            }
            if span.end > end {
                break;
            }
            self.next += 1;
        }
        self.position = end;
        Ok(length)
    }
}
