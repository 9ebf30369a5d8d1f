//! Streams that can be read once only, kept so that they can be read again.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use crate::error::{OpenError, StreamError};
use crate::room::temp_dir;

/// Streams up to this many bytes stay in memory.
const IN_MEMORY: u64 = 1 << 20;
/// More than this is not a report but a stream without end.
const ENDLESS: u64 = 64 << 30;
const BLOCK: usize = 128 << 10;

/// The whole of a stream, in memory or in an unnamed temporary file that goes with the process.
#[derive(Debug)]
pub(crate) enum Spool {
    Memory(Vec<u8>),
    Disk { file: Mutex<File>, length: u64 },
}

impl Spool {
    /// Copies a stream to its end.
    pub(crate) fn fill(reader: impl Read, name: &str) -> Result<Self, OpenError> {
        Self::fill_within(reader, name, IN_MEMORY, ENDLESS)
    }

    fn fill_within(
        mut reader: impl Read,
        name: &str,
        in_memory: u64,
        endless: u64,
    ) -> Result<Self, OpenError> {
        let broken = |source| OpenError::Stream { name: name.to_owned(), source };
        let unwritable =
            |source| OpenError::Spool { name: name.to_owned(), folder: temp_dir().to_owned(), source };
        let mut start = Vec::new();
        reader.by_ref().take(in_memory).read_to_end(&mut start).map_err(broken)?;
        if (start.len() as u64) < in_memory {
            start.shrink_to_fit();
            return Ok(Self::Memory(start));
        }
        let mut file = tempfile::tempfile_in(temp_dir()).map_err(unwritable)?;
        file.write_all(&start).map_err(unwritable)?;
        let mut length = start.len() as u64;
        let mut block = vec![0; BLOCK];
        loop {
            let read = match reader.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(error)),
            };
            length += read as u64;
            if length > endless {
                return Err(broken(StreamError::Endless { limit: endless }.into()));
            }
            file.write_all(block.get(..read).unwrap_or_default()).map_err(unwritable)?;
        }
        Ok(Self::Disk { file: Mutex::new(file), length })
    }

    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk { length, .. } => *length,
        }
    }

    /// A fresh reader from the first byte, independent of all others.
    pub(crate) fn open(&self) -> SpoolReader<'_> {
        match self {
            Self::Memory(bytes) => SpoolReader::Memory(Cursor::new(bytes)),
            Self::Disk { file, length } => SpoolReader::Disk { file, position: 0, length: *length },
        }
    }
}

/// Reads a [`Spool`].
///
/// An unnamed file has one handle and one cursor, so each reader keeps its own position and
/// seeks before it reads; at the block sizes of converters that costs nothing.
pub(crate) enum SpoolReader<'s> {
    Memory(Cursor<&'s [u8]>),
    Disk { file: &'s Mutex<File>, position: u64, length: u64 },
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(buf),
            Self::Disk { file, position, .. } => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(*position))?;
                let read = file.read(buf)?;
                *position += read as u64;
                Ok(read)
            }
        }
    }
}

impl Seek for SpoolReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => bytes.seek(to),
            Self::Disk { position, length, .. } => {
                let target = match to {
                    SeekFrom::Start(at) => Some(at),
                    SeekFrom::End(by) => length.checked_add_signed(by),
                    SeekFrom::Current(by) => position.checked_add_signed(by),
                };
                *position = target.ok_or(io::ErrorKind::InvalidInput)?;
                Ok(*position)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_around_the_memory_border_come_back_whole() {
        for size in [0, 1, 7, 8, 9, 1000, 300_000] {
            let bytes: Vec<u8> = (0..size).map(|at: u32| at as u8).collect();
            let spool = Spool::fill_within(&bytes[..], "test", 8, u64::MAX).expect("spooled");
            assert_eq!(matches!(spool, Spool::Memory(_)), size < 8, "{size}");
            assert_eq!(spool.length(), u64::from(size));
            for _ in 0..2 {
                let mut back = Vec::new();
                spool.open().read_to_end(&mut back).expect("read");
                assert!(back == bytes, "{size}");
            }
        }
    }

    #[test]
    fn two_readers_of_one_file_do_not_disturb_each_other() {
        let bytes: Vec<u8> = (0..=255).collect();
        let spool = Spool::fill_within(&bytes[..], "test", 8, u64::MAX).expect("spooled");
        let (mut one, mut two) = (spool.open(), spool.open());
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for step in 1..=7 {
            for (reader, seen) in [(&mut one, &mut first), (&mut two, &mut second)] {
                reader.take(step * 3).read_to_end(seen).expect("read");
            }
        }
        assert_eq!(first, bytes[..84]);
        assert_eq!(second, first);
    }

    #[test]
    fn an_endless_stream_is_refused() {
        let error = Spool::fill_within(io::repeat(b'y'), "a pipe", 8, 1 << 20).expect_err("endless");
        assert_eq!(error.to_string(), "read a pipe to its end");
        assert!(matches!(StreamError::of(error.io()), Some(StreamError::Endless { limit: 1_048_576 })));
    }
}
