//! How far a stream has come.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes of the original file the newest stream has taken, for a progress bar.
///
/// Clones look at the same counter and may live in another thread.
/// The bytes are those on the disk, before decompression, so they add up to
/// [`total`](Self::total).
/// Opening the source again starts from 0: a format that is read twice fills the bar twice.
/// [`Source::head`](crate::Source::head) and [`Source::sha256`](crate::Source::sha256) do not
/// count.
#[derive(Clone, Debug)]
pub struct Progress {
    consumed: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    pub(crate) fn new(total: Option<u64>) -> Self {
        Self { consumed: Arc::default(), total }
    }

    /// Bytes taken from the original file so far.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// The length of the original file in bytes; `None` when the system does not know it.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    pub(crate) fn count<R: Read>(&self, reader: R) -> Counted<R> {
        self.consumed.store(0, Ordering::Relaxed);
        Counted { reader, consumed: 0, shared: Arc::clone(&self.consumed) }
    }
}

/// A reader that tells a [`Progress`] how far it is.
pub(crate) struct Counted<R> {
    reader: R,
    consumed: u64,
    shared: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buf)?;
        self.consumed += read as u64;
        self.shared.store(self.consumed, Ordering::Relaxed);
        Ok(read)
    }
}
