//! A file, standard input or a pipe, as often as needed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use scanlift_convert_api::Input;
use sha2::{Digest as _, Sha256};

use crate::archive::{self, Entry};
use crate::base64::Base64;
use crate::blank::Blanked;
use crate::decode::{decode, decode_entry, plain_from};
use crate::error::{OpenError, StreamError};
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
    /// The entry of an archive that it is; `None` where the archive tells that.
    entry: Option<Entry>,
    name: Option<String>,
    limits: Limits,
    progress: Progress,
    digest: Arc<OnceLock<Digest>>,
    /// Where the base64 stands that its text is made of; `None` where that is the text of the file.
    payload: Option<Range<u64>>,
    /// Where its document begins in the text, in bytes of UTF-8.
    start: u64,
    /// Where it ends; `None` where that is the end of the text.
    end: Option<u64>,
    /// What of the text reads as blanks.
    words: Arc<[Range<u64>]>,
}

/// What can be read from anywhere.
trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

#[derive(Clone, Debug)]
enum Origin {
    File(PathBuf),
    Spool(Arc<Spool>),
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
        self.start = self.start.saturating_add(bytes);
        self
    }

    /// The same source in which these spans read as blanks, too: words that stand between its documents or
    /// behind them, or whatever else is not of them. They are in bytes from its start.
    #[must_use]
    pub fn without_words(&self, words: &[Range<u64>]) -> Self {
        let moved = words.iter().map(|span| self.start + span.start..self.start + span.end);
        let mut words: Vec<_> = self.words.iter().cloned().chain(moved).collect();
        words.sort_unstable_by_key(|span| span.start);
        Self { words: words.into(), ..self.again(self.progress.total()) }
    }

    /// A document that stands in this one, from byte to byte of its text.
    ///
    /// It is of the same file: [`sha256`](Self::sha256) and [`whole`](Self::whole) are the same.
    #[must_use]
    pub fn within(&self, part: &Range<u64>) -> Self {
        Self {
            start: self.start.saturating_add(part.start),
            end: Some(self.start.saturating_add(part.end)),
            ..self.again(Some(part.end.saturating_sub(part.start)))
        }
    }

    /// What the base64 spells that stands in this one, from byte to byte of its text.
    #[must_use]
    pub fn payload(&self, part: &Range<u64>) -> Self {
        let payload = self.start.saturating_add(part.start)..self.start.saturating_add(part.end);
        Self {
            payload: Some(payload),
            start: 0,
            end: None,
            words: Arc::default(),
            ..self.again(Some(part.end.saturating_sub(part.start)))
        }
    }

    /// The files of a zip archive, each with its name there; none where one of them is the report that
    /// the archive is read as, and none of anything else.
    ///
    /// # Errors
    /// When the archive cannot be read, and when its entries share their bytes: they would swell to many
    /// times what the archive holds.
    pub fn archived(&self) -> io::Result<Vec<(String, Self)>> {
        if self.entry.is_some() {
            return Ok(Vec::new());
        }
        let entries = self.entries()?;
        if archive::main(&entries).is_some() {
            return Ok(Vec::new());
        }
        let packed = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.length));
        if self.progress.total().is_some_and(|total| packed > total) {
            return Err(StreamError::Archive { problem: "its entries overlap".to_owned() }.into());
        }
        let file = |entry: Entry| {
            let (path, length) = (entry.name.clone(), entry.length);
            let name = path.rsplit(['/', '\\']).next().map(str::to_owned);
            (path, Self { name, entry: Some(entry), ..self.again(Some(length)) })
        };
        Ok(entries.into_iter().map(file).collect())
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

    /// Where the document begins in [`whole`](Self::whole), in bytes.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The text of the file, or of the payload, from its first byte to its last, with all that is left out of
    /// the document: for messages that show a place.
    ///
    /// # Errors
    /// As for [`Input::open`].
    pub fn whole(&self) -> io::Result<Box<dyn Read + '_>> {
        self.text_from(0, None)
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

    /// SHA-256 and length of the original bytes, by reading them once from first to last: once for all
    /// that stands in a file.
    ///
    /// # Errors
    /// What the system says while it is read.
    pub fn sha256(&self) -> io::Result<Digest> {
        if let Some(digest) = self.digest.get() {
            return Ok(*digest);
        }
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
                return Ok(*self.digest.get_or_init(|| Digest { sha256, bytes }));
            }
        }
    }

    fn new(origin: Origin, name: Option<String>, total: Option<u64>) -> Self {
        Self {
            origin,
            entry: None,
            name,
            limits: Limits::default(),
            progress: Progress::new(total),
            digest: Arc::default(),
            payload: None,
            start: 0,
            end: None,
            words: Arc::default(),
        }
    }

    /// The same source, with a progress of its own up to `total`.
    fn again(&self, total: Option<u64>) -> Self {
        Self {
            origin: self.origin.clone(),
            entry: self.entry.clone(),
            name: self.name.clone(),
            limits: self.limits,
            progress: self.progress.of_part(total),
            digest: Arc::clone(&self.digest),
            payload: self.payload.clone(),
            start: self.start,
            end: self.end,
            words: Arc::clone(&self.words),
        }
    }

    fn spooled(spool: Spool, name: Option<String>) -> Self {
        let total = Some(spool.length());
        Self::new(Origin::Spool(Arc::new(spool)), name, total)
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

    /// UTF-8 from the first byte of the document to its last.
    fn text(&self, progress: Option<&Progress>) -> io::Result<Box<dyn Read + '_>> {
        let text = self.text_from(self.start, progress)?;
        let text: Box<dyn Read + '_> = match self.end {
            Some(end) => Box::new(text.take(end.saturating_sub(self.start))),
            None => text,
        };
        Ok(if self.words.is_empty() {
            text
        } else {
            Box::new(Blanked::new(text, self.start, Arc::clone(&self.words)))
        })
    }

    /// UTF-8 from that byte on, of the file or of the payload.
    fn text_from(&self, start: u64, progress: Option<&Progress>) -> io::Result<Box<dyn Read + '_>> {
        let Some(payload) = &self.payload else { return self.file_from(start, progress) };
        let text = self.file_from(payload.start, progress)?.take(payload.end.saturating_sub(payload.start));
        let mut text = Base64::new(text);
        io::copy(&mut text.by_ref().take(start), &mut io::sink())?;
        Ok(Box::new(text))
    }

    /// UTF-8 of the file from that byte on; of an archive that holds one report, that of the report.
    fn file_from(&self, start: u64, progress: Option<&Progress>) -> io::Result<Box<dyn Read + '_>> {
        let entries;
        let entry = match &self.entry {
            Some(entry) => Some(entry),
            None => {
                entries = self.entries()?;
                archive::main(&entries)
            }
        };
        let mut raw = self.raw()?;
        // What is passed through need not be read up to there.
        let plain = if entry.is_none() && start > 0 { plain_from(&mut raw)? } else { None };
        let bytes: Box<dyn Read + '_> = match entry {
            Some(entry) => Box::new(entry.open(raw)?),
            None => {
                raw.seek(SeekFrom::Start(plain.map_or(0, |mark| mark.saturating_add(start))))?;
                Box::new(raw)
            }
        };
        let bytes: Box<dyn Read + '_> = match progress {
            Some(progress) => Box::new(progress.count(bytes)),
            None => bytes,
        };
        if plain.is_some() {
            return Ok(bytes);
        }
        let mut text = match entry {
            Some(entry) => decode_entry(bytes, entry, &self.limits)?,
            None => decode(bytes, &self.limits)?,
        };
        io::copy(&mut text.by_ref().take(start), &mut io::sink())?;
        Ok(text)
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
