//! zstd as a stream: several frames one after the other, skippable frames between them.

use std::error::Error;
use std::io::{self, BufReader, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::decode::{BUFFER, Decompress, Feed};
use crate::error::StreamError;

const MAGIC: u32 = 0xFD2F_B528;
const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;

/// Whether the bytes start a zstd or a skippable frame (RFC 8878 section 3.1).
pub(crate) fn is_zstd(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|magic| {
        let magic = u32::from_le_bytes(*magic);
        magic == MAGIC || SKIPPABLE.contains(&magic)
    })
}

/// Decodes frame after frame with ruzstd, which by itself stops after the first.
///
/// ruzstd checks neither the checksum nor the declared size of a frame; both are done here.
pub(crate) struct Zstd<R> {
    source: BufReader<Feed<R>>,
    decoder: FrameDecoder,
    in_frame: bool,
    /// Bytes that the current frame has given.
    given: u64,
}

impl<R: Read> Zstd<R> {
    pub(crate) fn new(reader: R, window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        Self {
            source: BufReader::with_capacity(BUFFER, Feed::new(reader)),
            decoder,
            in_frame: false,
            given: 0,
        }
    }

    /// Goes to the next frame with content; `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut magic = [0; 4];
            match read_up_to(&mut self.source, &mut magic)? {
                0 => return Ok(false),
                4 => {}
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            match u32::from_le_bytes(magic) {
                MAGIC => {
                    let frame = (&magic[..]).chain(&mut self.source);
                    self.decoder.init(frame).map_err(explain)?;
                    self.in_frame = true;
                    self.given = 0;
                    return Ok(true);
                }
                number if SKIPPABLE.contains(&number) => self.skip_frame()?,
                _ => return Err(io::Error::other("what follows a frame is no frame")),
            }
        }
    }

    fn skip_frame(&mut self) -> io::Result<()> {
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        let mut content = self.source.by_ref().take(length);
        if io::copy(&mut content, &mut io::sink())? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        let declared = self.decoder.content_size();
        if declared != 0 && declared != self.given {
            return Err(io::Error::other(format!(
                "the frame gives {} bytes and declares {declared}",
                self.given
            )));
        }
        match self.decoder.get_checksum_from_data() {
            Some(stored) if self.decoder.get_calculated_checksum() != Some(stored) => {
                Err(io::Error::other("the checksum does not match"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.next_frame()? {
                return Ok(0);
            }
            let read = self.decoder.read(buf)?;
            if read > 0 {
                self.given += read as u64;
                return Ok(read);
            }
            if self.decoder.is_finished() {
                self.end_frame()?;
            } else {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(explain)?;
            }
        }
    }
}

impl<R: Read> Decompress for Zstd<R> {
    type Raw = R;

    fn feed(&mut self) -> &mut Feed<R> {
        self.source.get_mut()
    }
}

/// ruzstd's error as an `io::Error`: the end of the input keeps its kind.
fn explain(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { requested, max } => {
            StreamError::Window { window: requested, limit: max }.into()
        }
        FrameDecoderError::DictNotProvided { dict_id } => StreamError::Dictionary { id: dict_id }.into(),
        error if is_end_of_input(&error) => io::ErrorKind::UnexpectedEof.into(),
        error => io::Error::other(error),
    }
}

fn is_end_of_input(error: &FrameDecoderError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind() == io::ErrorKind::UnexpectedEof;
        }
        cause = error.source();
    }
    false
}

/// Fills the buffer as far as the reader goes.
pub(crate) fn read_up_to(reader: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
