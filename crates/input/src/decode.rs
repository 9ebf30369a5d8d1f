//! From raw bytes to UTF-8: undoes compression, then encoding.

use std::io::{self, BufReader, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use crate::archive::Entry;
use crate::encoding;
use crate::error::{Compression, StreamError};
use crate::limits::Limits;
use crate::zstd::{Zstd, is_zstd, read_up_to};

/// What is read of a stream to tell what it is: an XML declaration, or the mark of a tar archive
/// at byte 257.
const PREFIX: usize = 1 << 10;
/// Compressed bytes read at a time.
pub(crate) const BUFFER: usize = 128 << 10;
/// Layers of compression that are undone: some servers compress what is compressed already.
const LAYERS: u32 = 2;

/// UTF-8 out of raw bytes.
///
/// # Errors
/// Those of the reader, and a [`StreamError`] for bytes that are not what they claim to be.
pub(crate) fn decode<'r>(reader: impl Read + 'r, limits: &Limits) -> io::Result<Box<dyn Read + 'r>> {
    let stream = Prefixed::new(reader)?;
    if sniff(&stream.prefix).is_none() {
        return encoding::decode(stream);
    }
    let mut stream: Prefixed<Box<dyn Read + 'r>> = stream.boxed();
    for _ in 0..LAYERS {
        match sniff(&stream.prefix) {
            Some(compression) => {
                stream = Prefixed::new(decompress(compression, stream, limits))?;
            }
            None => break,
        }
    }
    match sniff(&stream.prefix) {
        Some(_) => Err(StreamError::Nested { limit: LAYERS }.into()),
        None => encoding::decode(stream),
    }
}

/// Where the text begins in raw bytes that are passed through as they are: UTF-8 that is not compressed.
///
/// # Errors
/// Those of the reader, which is left somewhere behind its first bytes.
pub(crate) fn plain_from(reader: impl Read) -> io::Result<Option<u64>> {
    let Prefixed { prefix, .. } = Prefixed::new(reader)?;
    Ok(if sniff(&prefix).is_none() { encoding::plain_from(&prefix) } else { None })
}

/// The compression that the first bytes announce.
fn sniff(head: &[u8]) -> Option<Compression> {
    if head.starts_with(b"\x1f\x8b\x08") {
        Some(Compression::Gzip)
    } else if is_zstd(head) {
        Some(Compression::Zstd)
    } else {
        None
    }
}

fn decompress<'r>(compression: Compression, reader: impl Read + 'r, limits: &Limits) -> Box<dyn Read + 'r> {
    match compression {
        Compression::Gzip => {
            let reader = BufReader::with_capacity(BUFFER, Feed::new(reader));
            Box::new(Bounded::new(compression, MultiGzDecoder::new(reader), limits))
        }
        Compression::Zip => {
            let reader = BufReader::with_capacity(BUFFER, Feed::new(reader));
            Box::new(Bounded::new(compression, DeflateDecoder::new(reader), limits))
        }
        Compression::Zstd => {
            Box::new(Bounded::new(compression, Zstd::new(reader, limits.zstd_window), limits))
        }
    }
}

/// A stream whose first bytes have been looked at already; after them, reads go straight through.
pub(crate) struct Prefixed<R> {
    pub(crate) prefix: Vec<u8>,
    position: usize,
    reader: R,
}

impl<R: Read> Prefixed<R> {
    fn new(mut reader: R) -> io::Result<Self> {
        let mut prefix = vec![0; PREFIX];
        let length = read_up_to(&mut reader, &mut prefix)?;
        prefix.truncate(length);
        Ok(Self { prefix, position: 0, reader })
    }

    /// Leaves out the first bytes, which must be part of the prefix.
    pub(crate) fn skip(mut self, bytes: usize) -> Self {
        self.position = bytes;
        self
    }

    fn boxed<'r>(self) -> Prefixed<Box<dyn Read + 'r>>
    where
        R: 'r,
    {
        Prefixed { prefix: self.prefix, position: self.position, reader: Box::new(self.reader) }
    }
}

impl<R: Read> Read for Prefixed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.prefix.get(self.position..) {
            Some(mut rest) if !rest.is_empty() => {
                let read = rest.read(buf)?;
                self.position += read;
                Ok(read)
            }
            _ => self.reader.read(buf),
        }
    }
}

/// The compressed bytes on their way to a decoder.
///
/// It counts them, and keeps an error of the reader aside: decoders wrap or rename such errors,
/// and "no space on device" must not come out as "damaged".
pub(crate) struct Feed<R> {
    reader: R,
    consumed: u64,
    failure: Option<io::Error>,
}

impl<R> Feed<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, consumed: 0, failure: None }
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buf) {
            Ok(read) => {
                self.consumed += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let stand_in = error.kind().into();
                self.failure = Some(error);
                Err(stand_in)
            }
        }
    }
}

/// A decoder that lets one see what it is fed.
pub(crate) trait Decompress: Read {
    type Raw;
    fn feed(&mut self) -> &mut Feed<Self::Raw>;
}

impl<R: Read> Decompress for MultiGzDecoder<BufReader<Feed<R>>> {
    type Raw = R;

    fn feed(&mut self) -> &mut Feed<R> {
        self.get_mut().get_mut()
    }
}

impl<R: Read> Decompress for DeflateDecoder<BufReader<Feed<R>>> {
    type Raw = R;

    fn feed(&mut self) -> &mut Feed<R> {
        self.get_mut().get_mut()
    }
}

/// UTF-8 out of the raw bytes of a zip entry.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_entry<'r>(
    reader: impl Read + 'r,
    entry: &Entry,
    limits: &Limits,
) -> io::Result<Box<dyn Read + 'r>> {
    if !entry.deflated {
        return decode(entry.checked(reader), limits);
    }
    decode(entry.checked(decompress(Compression::Zip, reader, limits)), limits)
}

/// A decoder held to its limits, with errors for people.
struct Bounded<D> {
    compression: Compression,
    decoder: D,
    limits: Limits,
    produced: u64,
    failed: bool,
}

impl<D: Decompress> Bounded<D> {
    fn new(compression: Compression, decoder: D, limits: &Limits) -> Self {
        Self { compression, decoder, limits: *limits, produced: 0, failed: false }
    }

    fn check(&mut self) -> Result<(), StreamError> {
        let (compression, limits) = (self.compression, self.limits);
        if self.produced > limits.decompressed {
            return Err(StreamError::TooLarge { compression, limit: limits.decompressed });
        }
        let compressed = self.decoder.feed().consumed;
        let allowed = compressed.saturating_mul(u64::from(limits.ratio));
        if self.produced > limits.ratio_from && self.produced > allowed {
            return Err(StreamError::TooDense {
                compression,
                compressed,
                decompressed: self.produced,
                limit: limits.ratio,
            });
        }
        Ok(())
    }

    fn explain(&mut self, error: io::Error) -> io::Error {
        let feed = self.decoder.feed();
        if let Some(failure) = feed.failure.take() {
            return failure;
        }
        if StreamError::of(&error).is_some() {
            return error;
        }
        let (compression, compressed) = (self.compression, feed.consumed);
        match error.kind() {
            io::ErrorKind::UnexpectedEof => StreamError::CutOff { compression, compressed },
            _ => StreamError::Damaged {
                compression,
                compressed,
                decompressed: self.produced,
                source: error.into_inner().unwrap_or_else(|| "not what the format allows".into()),
            },
        }
        .into()
    }
}

impl<D: Decompress> Read for Bounded<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self.failed {
            let compression = self.compression;
            return Err(StreamError::Failed { compression }.into());
        }
        match self.decoder.read(buf) {
            Ok(read) => {
                self.produced += read as u64;
                self.check().inspect_err(|_| self.failed = true)?;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = true;
                Err(self.explain(error))
            }
        }
    }
}
