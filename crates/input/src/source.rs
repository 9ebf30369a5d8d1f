//! A file, standard input or a pipe, as often as needed.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use scanlift_convert_api::Input;
use sha2::{Digest as _, Sha256};

use crate::archive::{self, Entry};
use crate::decode::{decode, decode_entry};
use crate::error::OpenError;
use crate::limits::Limits;
use crate::progress::Progress;
use crate::spool::Spool;
use crate::zstd::read_up_to;

/// The most bytes that [`Source::head`] gives: 64 KiB.
pub const HEAD: usize = 64 << 10;

const BLOCK: usize = 128 << 10;

/// Something to convert: opened as often as needed, each time as UTF-8 from the first byte.
///
/// A file is opened by its path each time and never held in memory.
/// What can be read only once (standard input, a pipe, a named pipe, a device) is copied when the
/// source is made: up to 1 MiB into memory, else into an unnamed temporary file, 64 GiB at most.
///
/// Streams of one source are independent of each other, except for [`Source::progress`].
#[derive(Debug)]
pub struct Source {
    origin: Origin,
    name: Option<String>,
    limits: Limits,
    progress: Progress,
    /// Bytes of UTF-8 before the document.
    preamble: u64,
    /// Bytes of UTF-8 of the document; `None` where it is all the rest.
    document: Option<u64>,
}

/// What can be read from anywhere.
trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

#[derive(Debug)]
enum Origin {
    File(PathBuf),
    Spool(Spool),
}

/// What identifies the original file in the receipt: its bytes on the disk, before decompression
/// and transcoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Digest {
    /// SHA-256 of the original bytes.
    pub sha256: [u8; 32],
    /// How many they are.
    pub bytes: u64,
}

impl Digest {
    /// The SHA-256 in 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.sha256
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect()
    }
}

impl Source {
    /// A file, which is opened once to see that it can be read.
    ///
    /// A named pipe or device at the path (`/dev/stdin`, `<(command)`) is copied to its end like
    /// [`stream`](Self::stream), and has no name.
    ///
    /// # Errors
    /// When there is no such file, when it is a folder, and when it may not be read.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        let (file, metadata) = match open(&path) {
            Ok(opened) => opened,
            Err(error) => return Err(OpenError::at(path, error)),
        };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if metadata.is_file() {
            // Files of the kernel's own (/proc) say 0 and have content all the same.
            let total = Some(metadata.len()).filter(|length| *length > 0);
            return Ok(Self::new(Origin::File(path), name, total));
        }
        let spool = Spool::fill(file, &path.display().to_string())?;
        Ok(Self::spooled(spool, None))
    }

    /// Standard input, copied to its end.
    ///
    /// # Errors
    /// When it cannot be read, or the temporary file cannot be written.
    pub fn stdin() -> Result<Self, OpenError> {
        let spool = Spool::fill(io::stdin().lock(), "standard input")?;
        Ok(Self::spooled(spool, None))
    }

    /// Any other stream, copied to its end; `name` is what [`Input::name`] gives.
    ///
    /// # Errors
    /// When it cannot be read, or the temporary file cannot be written.
    pub fn stream(reader: impl Read, name: Option<&str>) -> Result<Self, OpenError> {
        let spool = Spool::fill(reader, name.unwrap_or("the stream"))?;
        Ok(Self::spooled(spool, name.map(str::to_owned)))
    }

    /// The same source with other limits on decompression.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same source less its first bytes, counted in UTF-8: what stands before the document, such as
    /// lines of a log.
    #[must_use]
    pub fn without_preamble(mut self, bytes: u64) -> Self {
        self.preamble = bytes;
        self
    }

    /// The same source without what stands behind the document, which has so many bytes of UTF-8.
    #[must_use]
    pub fn without_rest(mut self, document: u64) -> Self {
        self.document = Some(document);
        self
    }

    /// The path of a regular file; `None` for all that was copied.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Spool(_) => None,
        }
    }

    /// How far the newest stream of [`Input::open`] has come in the original file.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The first bytes as UTF-8, [`HEAD`] of them or all there are, to detect the format by.
    ///
    /// The last character may be cut.
    ///
    /// # Errors
    /// As for [`Input::open`], and when the stream is broken within these bytes.
    pub fn head(&self) -> io::Result<Vec<u8>> {
        let mut stream = self.text(None)?;
        let mut head = vec![0; HEAD];
        let length = read_up_to(&mut stream, &mut head)?;
        head.truncate(length);
        head.shrink_to_fit();
        Ok(head)
    }

    /// Whether there is nothing in it, or only white space.
    ///
    /// Reads as far as the first byte that is something.
    ///
    /// # Errors
    /// As for [`Input::open`], and when the stream is broken before that byte.
    pub fn is_empty(&self) -> io::Result<bool> {
        let mut stream = self.text(None)?;
        let mut block = vec![0; BLOCK];
        loop {
            let length = read_up_to(&mut stream, &mut block)?;
            let read = block.get(..length).unwrap_or_default();
            if !read.trim_ascii().is_empty() {
                return Ok(false);
            }
            if length < BLOCK {
                return Ok(true);
            }
        }
    }

    /// SHA-256 and length of the original bytes, by reading them once from first to last.
    ///
    /// # Errors
    /// What the system says while it is read.
    pub fn sha256(&self) -> io::Result<Digest> {
        let mut raw = self.raw()?;
        let mut hash = Sha256::new();
        let mut block = vec![0; BLOCK];
        let mut bytes = 0;
        loop {
            let length = read_up_to(&mut raw, &mut block)?;
            hash.update(block.get(..length).unwrap_or_default());
            bytes += length as u64;
            if length < BLOCK {
                let sha256 = hash.finalize().into();
                return Ok(Digest { sha256, bytes });
            }
        }
    }

    fn new(origin: Origin, name: Option<String>, total: Option<u64>) -> Self {
        Self {
            origin,
            name,
            limits: Limits::default(),
            progress: Progress::new(total),
            preamble: 0,
            document: None,
        }
    }

    fn spooled(spool: Spool, name: Option<String>) -> Self {
        let total = Some(spool.length());
        Self::new(Origin::Spool(spool), name, total)
    }

    fn raw(&self) -> io::Result<Box<dyn ReadSeek + '_>> {
        Ok(match &self.origin {
            Origin::File(path) => Box::new(File::open(path)?),
            Origin::Spool(spool) => Box::new(spool.open()),
        })
    }

    /// The entries of a zip archive; none of anything else.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut raw = self.raw()?;
        let mut head = [0; 4];
        let length = read_up_to(&mut raw, &mut head)?;
        if !archive::is_zip(head.get(..length).unwrap_or_default()) {
            return Ok(Vec::new());
        }
        raw.rewind()?;
        Ok(archive::entries(raw)?)
    }

    /// UTF-8 from the first byte of the document; of an archive that holds one report, that of the report.
    fn text(&self, progress: Option<&Progress>) -> io::Result<Box<dyn Read + '_>> {
        let entries = self.entries()?;
        let entry = archive::main(&entries);
        let mut raw = self.raw()?;
        let bytes: Box<dyn Read + '_> = match entry {
            Some(entry) => Box::new(entry.open(raw)?),
            None => {
                raw.rewind()?;
                Box::new(raw)
            }
        };
        let bytes: Box<dyn Read + '_> = match progress {
            Some(progress) => Box::new(progress.count(bytes)),
            None => bytes,
        };
        let mut text = match entry {
            Some(entry) => decode_entry(bytes, entry, &self.limits)?,
            None => decode(bytes, &self.limits)?,
        };
        io::copy(&mut text.by_ref().take(self.preamble), &mut io::sink())?;
        Ok(match self.document {
            Some(document) => Box::new(text.take(document)),
            None => text,
        })
    }
}

impl Input for Source {
    /// A fresh UTF-8 stream from the first byte.
    ///
    /// It starts [`Source::progress`] anew.
    ///
    /// # Errors
    /// When the file cannot be opened again; a [`StreamError`](crate::StreamError) when its first
    /// bytes are broken or in an encoding that is not read, here or in a later read.
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        self.text(Some(&self.progress))
    }

    fn part(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let entries = self.entries()?;
        let Some(entry) = entries.into_iter().find(|entry| entry.name == name) else { return Ok(None) };
        let bytes = entry.open(self.raw()?)?;
        decode_entry(bytes, &entry, &self.limits).map(Some)
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

fn open(path: &Path) -> io::Result<(File, std::fs::Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok((file, metadata))
}
