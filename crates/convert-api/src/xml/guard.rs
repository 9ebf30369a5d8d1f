//! Bounds what the parser underneath may hold at once.

use std::io::{self, Read};

/// A stream that fails when one event of XML takes too many bytes.
#[derive(Debug)]
pub(super) struct Guard<R> {
    read: R,
    most: u64,
    left: u64,
}

impl<R> Guard<R> {
    pub(super) fn new(read: R, most: u64) -> Self {
        Self { read, most, left: most }
    }

    /// An event ended: the next one may take as much again.
    pub(super) fn reset(&mut self) {
        self.left = self.most;
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mib = self.most / (1024 * 1024);
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a text or a tag of more than {mib} MiB"),
            ));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.read.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}
