//! What the parser underneath reads from: valid UTF-8, and so much at once.

use crate::json::Bytes;
use std::io::{self, BufRead, Read};

/// Bytes asked of the stream at a time.
const WINDOW: usize = 64 * 1024;
/// U+FFFD, the replacement character.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A stream in which what is no UTF-8 is replaced, and control characters that XML does not have are blanks; it fails
/// when one event of XML takes too many bytes.
///
/// Scanners copy what a host answered into their reports, whatever its encoding: that costs a
/// character and not the document.
#[derive(Debug)]
pub(super) struct Guard<R> {
    read: R,
    /// What an event may take, and what it took from windows that were read for it.
    most: u64,
    taken: u64,
    /// The window: `buffer[start..valid]` is UTF-8 and still to be seen, `buffer[valid..end]` is
    /// not looked at, or the beginning of a character. Before it is room for a replacement, which may
    /// be longer than what it stands for.
    buffer: Vec<u8>,
    start: usize,
    valid: usize,
    end: usize,
    /// By how many bytes what was handed out is longer than what was read for it.
    grown: u64,
    /// How many bytes were read.
    read_bytes: u64,
    /// Where the first bytes stand that are no UTF-8.
    pub(super) first_replaced: Option<u64>,
    /// Where the first control character stands.
    pub(super) first_control: Option<u64>,
}

/// A control character that XML does not have.
pub(super) fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// All of them are looked at, so that many are at a time.
pub(super) fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | is_control(*byte))
}

/// Makes blanks of control characters, and says where the first one is.
fn blank_controls(bytes: &mut [u8]) -> Option<usize> {
    if !has_control(bytes) {
        return None;
    }
    let first = bytes.iter().position(|byte| is_control(*byte));
    bytes.iter_mut().filter(|byte| is_control(**byte)).for_each(|byte| *byte = b' ');
    first
}

/// An event takes more bytes than these, which are the most.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a text or a tag is larger than {}, the most that is held in memory", Bytes(usize::try_from(*.0).unwrap_or(usize::MAX)))]
pub(super) struct TooLarge(u64);

impl<R: Read> Guard<R> {
    pub(super) fn new(read: R, most: u64) -> Self {
        Self::with_window(read, most, WINDOW)
    }

    /// The window has to hold a character.
    fn with_window(read: R, most: u64, window: usize) -> Self {
        let room = REPLACEMENT.len();
        let buffer = vec![0; room + window.max(4)];
        Self {
            read,
            most,
            taken: 0,
            buffer,
            start: room,
            valid: room,
            end: room,
            grown: 0,
            read_bytes: 0,
            first_replaced: None,
            first_control: None,
        }
    }

    /// An event ended: the next one may take as much again, and a window more.
    pub(super) fn reset(&mut self) {
        self.taken = 0;
    }

    /// The place in the stream of a place in what is handed out, which is at most as far as was looked.
    pub(super) fn offset(&self, position: u64) -> u64 {
        position.saturating_sub(self.grown)
    }

    /// Looks on where nothing is left to be seen; gives whether the stream has ended.
    fn advance(&mut self) -> io::Result<bool> {
        let room = REPLACEMENT.len();
        self.buffer.copy_within(self.valid..self.end, room);
        self.end = room + self.end - self.valid;
        (self.start, self.valid) = (room, room);
        let count = match self.read.read(&mut self.buffer[self.end..]) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Err(error) => return Err(error),
        };
        if let Some(first) = blank_controls(&mut self.buffer[self.end..self.end + count]) {
            self.first_control.get_or_insert(self.read_bytes + first as u64);
        }
        self.end += count;
        self.taken += count as u64;
        self.read_bytes += count as u64;
        let text = &self.buffer[room..self.end];
        let (valid, wrong) = match std::str::from_utf8(text) {
            Ok(_) => (text.len(), None),
            Err(error) => (error.valid_up_to(), error.error_len().or((count == 0).then_some(text.len()))),
        };
        if valid > 0 {
            self.valid = room + valid;
        } else if let Some(wrong) = wrong {
            self.first_replaced.get_or_insert(self.read_bytes - text.len() as u64);
            self.valid = room + wrong;
            self.grown += (room - wrong) as u64;
            self.start = self.valid - room;
            self.buffer[self.start..self.valid].copy_from_slice(REPLACEMENT);
        }
        Ok(count == 0 && self.end == room)
    }

    /// The window is used up: the next one.
    #[cold]
    fn refill(&mut self) -> io::Result<()> {
        if self.taken > self.most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLarge(self.most)));
        }
        while self.start == self.valid {
            if self.advance()? {
                break;
            }
        }
        Ok(())
    }
}

impl<R: Read> BufRead for Guard<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.valid {
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.valid])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.valid);
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
    fn what_is_no_text_is_replaced_wherever_the_stream_is_cut() {
        for bytes in [
            &b""[..],
            b"plain",
            "täxt \u{1F512} end".as_bytes(),
            b"caf\xE9 and t\xE9",
            b"\xFF\xFE\x80",
            b"cut \xF0\x9F\x94",
            b"\xE2\x82x\xC3",
            b"\xC0\x80\xED\xA0\x80",
            b"\0no\0 text\0\0",
            b"cut \xE2\x82\0",
            b"\x1B[1mbold\t\r\n",
        ] {
            for piece in 1..9 {
                for window in 4..9 {
                    let mut text = String::new();
                    let mut guard = Guard::with_window(Pieces(bytes, piece), 1000, window);
                    guard.read_to_string(&mut text).expect("valid UTF-8");
                    let want = String::from_utf8_lossy(bytes).replace(['\0', '\u{1b}'], " ");
                    assert_eq!(text, want, "{}", bytes.escape_ascii());
                    let first = |is_it: fn(&u8) -> bool| bytes.iter().position(is_it).map(|at| at as u64);
                    assert_eq!(guard.first_control, first(|byte| matches!(byte, 0 | 0x1b)));
                    let valid = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to() as u64);
                    assert_eq!(guard.first_replaced, valid, "{}", bytes.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn an_event_has_its_limit() {
        let mut guard = Guard::with_window(Pieces(b"0123456789abcdef", 4), 4, 4);
        let mut four = [0; 4];
        guard.read_exact(&mut four).expect("within the limit");
        guard.read_exact(&mut four).expect("a window more");
        assert!(guard.read_exact(&mut four).is_err());
        guard.reset();
        guard.read_exact(&mut four).expect("within the limit again");
    }
}
