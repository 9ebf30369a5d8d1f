//! Base64 as a stream: what a signed envelope holds.

use std::io::{self, Read};

use scanlift_convert_api::base64;

use crate::error::StreamError;
use crate::zstd::read_up_to;

/// Characters read at a time.
const BLOCK: usize = 64 << 10;

/// The bytes that base64 spells, in either alphabet (RFC 4648 sections 4 and 5) and with its end filled up or not, as
/// it stands in a string of JSON: some programs write `\/` for a slash.
pub(crate) struct Base64<R> {
    reader: R,
    has_ended: bool,
    /// Whether a backslash stands before the next character.
    is_escaped: bool,
    /// What is not decoded yet, in the first alphabet.
    text: String,
    bytes: Vec<u8>,
    /// How many of them were given.
    given: usize,
}

impl<R: Read> Base64<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, has_ended: false, is_escaped: false, text: String::new(), bytes: Vec::new(), given: 0 }
    }

    /// Decodes the next groups of four characters, each of which stands for itself.
    fn decode(&mut self) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        let length = read_up_to(&mut self.reader, &mut block)?;
        for byte in block.iter().take(length) {
            self.put(*byte)?;
        }
        self.has_ended = length < BLOCK;
        while self.has_ended && !self.text.len().is_multiple_of(4) {
            self.text.push('=');
        }
        let rest = self.text.split_off(self.text.len() / 4 * 4);
        self.bytes = base64::bytes(&self.text).ok_or(StreamError::Base64)?;
        self.text = rest;
        self.given = 0;
        Ok(())
    }

    fn put(&mut self, byte: u8) -> Result<(), StreamError> {
        let is_escaped = std::mem::take(&mut self.is_escaped);
        match byte {
            b'/' => self.text.push('/'),
            _ if is_escaped => return Err(StreamError::Base64),
            b'\\' => self.is_escaped = true,
            b'-' => self.text.push('+'),
            b'_' => self.text.push('/'),
            byte if byte.is_ascii_whitespace() => {}
            byte if byte.is_ascii() => self.text.push(char::from(byte)),
            _ => return Err(StreamError::Base64),
        }
        Ok(())
    }
}

impl<R: Read> Read for Base64<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.bytes.len() && !self.has_ended {
            self.decode()?;
        }
        let mut rest = self.bytes.get(self.given..).unwrap_or_default();
        let length = rest.read(buf)?;
        self.given += length;
        Ok(length)
    }
}
