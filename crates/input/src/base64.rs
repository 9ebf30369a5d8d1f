//! Base64 as a stream: what a signed envelope holds.

use std::io::{self, Read};

use scanlift_convert_api::base64;

use crate::error::StreamError;
use crate::zstd::read_up_to;

/// Characters decoded at a time: groups of four, each of which stands for itself.
const BLOCK: usize = 64 << 10;

/// The bytes that base64 spells (RFC 4648 section 4).
pub(crate) struct Base64<R> {
    reader: R,
    bytes: Vec<u8>,
    /// How many of them were given.
    given: usize,
}

impl<R: Read> Base64<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, bytes: Vec::new(), given: 0 }
    }
}

impl<R: Read> Read for Base64<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.bytes.len() {
            let mut text = vec![0; BLOCK];
            let length = read_up_to(&mut self.reader, &mut text)?;
            text.truncate(length);
            let text = String::from_utf8(text).map_err(|_| StreamError::Base64)?;
            self.bytes = base64::bytes(&text).ok_or(StreamError::Base64)?;
            self.given = 0;
        }
        let mut rest = self.bytes.get(self.given..).unwrap_or_default();
        let length = rest.read(buf)?;
        self.given += length;
        Ok(length)
    }
}
