//! How far a stream has come.

use crate::error::StreamError;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    stopped: Arc<AtomicBool>,
    total: Option<u64>,
}

impl Progress {
    pub(crate) fn new(total: Option<u64>) -> Self {
        Self { consumed: Arc::default(), stopped: Arc::default(), total }
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

    /// Ends the streams of the source: what reads one meets [`StreamError::Stopped`], as it would
    /// meet a file that breaks off.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// One of its own for a part of the file: it ends when this one does.
    pub(crate) fn of_part(&self, total: Option<u64>) -> Self {
        Self { consumed: Arc::default(), stopped: Arc::clone(&self.stopped), total }
    }

    pub(crate) fn count<R: Read>(&self, reader: R) -> Counted<R> {
        self.consumed.store(0, Ordering::Relaxed);
        Counted { reader, consumed: 0, progress: self.clone() }
    }
}

/// A reader that tells a [`Progress`] how far it is.
pub(crate) struct Counted<R> {
    reader: R,
    consumed: u64,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.progress.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other(StreamError::Stopped));
        }
        let read = self.reader.read(buf)?;
        self.consumed += read as u64;
        self.progress.consumed.store(self.consumed, Ordering::Relaxed);
        Ok(read)
    }
}
