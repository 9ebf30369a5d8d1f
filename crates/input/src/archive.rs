//! Zip archives that hold a report: where their entries stand.
//!
//! Nothing is unpacked to the disk, and no name of an entry is used as a path.

use crate::error::StreamError;
use flate2::Crc;
use std::io::{self, Read, Seek, SeekFrom};
use zip::{CompressionMethod, ZipArchive};

/// The most entries of an archive that is looked into.
const ENTRIES: usize = 10_000;
/// The report in the archives that Fortify writes (FPR).
const MAIN: &str = "audit.fvdl";

/// An entry whose bytes can be read from the archive itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where its bytes begin in the archive.
    start: u64,
    /// How many there are, compressed.
    pub(crate) length: u64,
    pub(crate) deflated: bool,
    /// CRC-32 of what it holds.
    checksum: u32,
}

impl Entry {
    /// Its bytes as they stand in the archive.
    pub(crate) fn open<R: Read + Seek>(&self, mut archive: R) -> io::Result<impl Read + use<R>> {
        archive.seek(SeekFrom::Start(self.start))?;
        Ok(archive.take(self.length))
    }

    /// What it holds, which fails at its end if it is not what was put in.
    pub(crate) fn checked<R: Read>(&self, content: R) -> impl Read + use<R> {
        Checked { content, crc: Crc::new(), wanted: self.checksum, name: self.name.clone() }
    }
}

/// Compares the checksum at the end.
struct Checked<R> {
    content: R,
    crc: Crc,
    wanted: u32,
    name: String,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = self.content.read(buf)?;
        self.crc.update(buf.get(..length).unwrap_or_default());
        if length == 0 && !buf.is_empty() && self.crc.sum() != self.wanted {
            return Err(StreamError::Checksum { entry: std::mem::take(&mut self.name) }.into());
        }
        Ok(length)
    }
}

/// Whether the first bytes are those of a zip archive.
pub(crate) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

/// The entries that can be read: files that are stored or deflated, and not encrypted.
pub(crate) fn entries<R: Read + Seek>(reader: R) -> Result<Vec<Entry>, StreamError> {
    let broken = |error: zip::result::ZipError| StreamError::Archive { problem: error.to_string() };
    let mut archive = ZipArchive::new(reader).map_err(broken)?;
    if archive.len() > ENTRIES {
        return Err(StreamError::Archive { problem: format!("it has more than {ENTRIES} entries") });
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(broken)?;
        let deflated = file.compression() == CompressionMethod::DEFLATE;
        let readable = deflated || file.compression() == CompressionMethod::STORE;
        if readable && file.is_file() && !file.encrypted() {
            let (start, length) = (file.data_start(), file.compressed_size());
            let name = file.name().map_err(broken)?.into_owned();
            let checksum = file.crc32();
            entries.extend(start.map(|start| Entry { name, start, length, deflated, checksum }));
        }
    }
    Ok(entries)
}

/// The entry that is the report: the one that Fortify calls so, else the only one.
pub(crate) fn main(entries: &[Entry]) -> Option<&Entry> {
    match entries {
        [only] => Some(only),
        entries => entries.iter().find(|entry| entry.name == MAIN),
    }
}
