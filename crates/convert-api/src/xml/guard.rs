//! What the parser underneath reads from: valid UTF-8, and so much at once.

use std::io::{self, BufRead, Read};

/// Bytes asked of the stream at a time.
const WINDOW: usize = 64 * 1024;
/// U+FFFD, the replacement character.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A stream in which what is no UTF-8 is replaced, and that fails when one event of XML takes too
/// many bytes.
///
/// Scanners copy what a host answered into their reports, whatever its encoding: that costs a
/// character and not the document.
#[derive(Debug)]
pub(super) struct Guard<R> {
    read: R,
    most: u64,
    left: u64,
    /// The window: `buffer[start..valid]` is UTF-8 and still to be seen, `buffer[valid..end]` is
    /// not looked at, or the beginning of a character.
    buffer: Vec<u8>,
    start: usize,
    valid: usize,
    end: usize,
    /// What is still to be seen of a replacement, before the window.
    replacement: &'static [u8],
}

impl<R: Read> Guard<R> {
    pub(super) fn new(read: R, most: u64) -> Self {
        Self::with_window(read, most, WINDOW)
    }

    /// The window has to hold a character.
    fn with_window(read: R, most: u64, window: usize) -> Self {
        let buffer = vec![0; window.max(4)];
        Self { read, most, left: most, buffer, start: 0, valid: 0, end: 0, replacement: &[] }
    }

    /// An event ended: the next one may take as much again.
    pub(super) fn reset(&mut self) {
        self.left = self.most;
    }

    /// Looks on where nothing is left to be seen; gives whether the stream has ended.
    fn advance(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.valid..self.end, 0);
        self.end -= self.valid;
        (self.start, self.valid) = (0, 0);
        let ended = match self.read.read(&mut self.buffer[self.end..]) {
            Ok(count) => {
                self.end += count;
                count == 0
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Err(error) => return Err(error),
        };
        if let Err(error) = std::str::from_utf8(&self.buffer[..self.end]) {
            self.valid = error.valid_up_to();
            let wrong = error.error_len().or(ended.then_some(self.end - self.valid));
            if let Some(wrong) = wrong.filter(|_| self.valid == 0) {
                (self.start, self.valid) = (wrong, wrong);
                self.replacement = REPLACEMENT;
            }
        } else {
            self.valid = self.end;
        }
        Ok(ended && self.end == 0)
    }
}

impl<R: Read> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let mib = self.most / (1024 * 1024);
            let problem = format!("a text or a tag of more than {mib} MiB");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        while self.replacement.is_empty() && self.start == self.valid {
            if self.advance()? {
                break;
            }
        }
        let seen =
            if self.replacement.is_empty() { &self.buffer[self.start..self.valid] } else { self.replacement };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(seen.len());
        Ok(&seen[..most])
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        if self.replacement.is_empty() {
            self.start = (self.start + count).min(self.valid);
        } else {
            self.replacement = self.replacement.get(count..).unwrap_or_default();
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let seen = self.fill_buf()?;
        let count = seen.len().min(buffer.len());
        buffer[..count].copy_from_slice(&seen[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of that size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn what_is_no_utf_8_is_replaced_wherever_the_stream_is_cut() {
        for bytes in [
            &b""[..],
            b"plain",
            "täxt \u{1F512} end".as_bytes(),
            b"caf\xE9 and t\xE9",
            b"\xFF\xFE\x80",
            b"cut \xF0\x9F\x94",
            b"\xE2\x82x\xC3",
            b"\xC0\x80\xED\xA0\x80",
        ] {
            for piece in 1..9 {
                for window in 4..9 {
                    let mut text = String::new();
                    let mut guard = Guard::with_window(Pieces(bytes, piece), 1000, window);
                    guard.read_to_string(&mut text).expect("valid UTF-8");
                    assert_eq!(text, String::from_utf8_lossy(bytes), "{}", bytes.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn an_event_has_its_limit() {
        let mut guard = Guard::new(&b"0123456789"[..], 4);
        let mut four = [0; 4];
        guard.read_exact(&mut four).expect("within the limit");
        assert!(guard.read_exact(&mut four).is_err());
        guard.reset();
        guard.read_exact(&mut four).expect("within the limit again");
    }
}
