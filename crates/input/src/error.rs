//! What can go wrong on the way from a path to UTF-8.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// What stops a source from being opened at all.
///
/// Display reads after "failed to".
/// The variant says what was expected, the `io::Error` (also the error's source) what the system
/// said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no file at the path, or a folder on the way to it is missing.
    #[error("open {}: there is no such file", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a folder.
    #[error("read {}: it is a directory, where a file is expected", path.display())]
    Directory {
        /// The path as given.
        path: PathBuf,
        /// What the system said, or an error of kind `IsADirectory`.
        source: io::Error,
    },
    /// The file is there and may not be read.
    #[error("open {}: no permission to read it", path.display())]
    Denied {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else the system refuses a file for.
    #[error("open {}", path.display())]
    Other {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Standard input or a pipe broke while it was copied.
    #[error("read {name} to its end")]
    Stream {
        /// The stream's name, `standard input` for instance.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The temporary file that holds standard input or a pipe cannot be made or written.
    #[error("keep {name} in a temporary file below {}", folder.display())]
    Spool {
        /// The stream's name, `standard input` for instance.
        name: String,
        /// The folder for temporary files (`TMPDIR` moves it).
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What the system said.
    #[must_use]
    pub fn io(&self) -> &io::Error {
        match self {
            Self::NotFound { source, .. }
            | Self::Directory { source, .. }
            | Self::Denied { source, .. }
            | Self::Other { source, .. }
            | Self::Stream { source, .. }
            | Self::Spool { source, .. } => source,
        }
    }

    pub(crate) fn at(path: PathBuf, source: io::Error) -> Self {
        // Windows denies access to a folder opened as a file, so look before blaming permissions.
        if path.is_dir() {
            return Self::Directory { path, source };
        }
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound { path, source },
            io::ErrorKind::PermissionDenied => Self::Denied { path, source },
            _ => Self::Other { path, source },
        }
    }
}

/// A compression that is undone while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// RFC 1952, one or more members.
    Gzip,
    /// RFC 8878, one or more frames.
    Zstd,
    /// An entry of a zip archive (APPNOTE 6.3.10), stored or deflated.
    Zip,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        })
    }
}

/// What is wrong with the bytes of a stream.
///
/// It comes inside an `io::Error`: [`StreamError::of`] finds it there.
/// Cut-off streams have the kind `UnexpectedEof`, all others `InvalidData`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The compressed stream ends before its own end mark, as a broken download does.
    #[error("the {compression} stream is cut off after {compressed} compressed bytes")]
    CutOff {
        /// The layer that is cut off.
        compression: Compression,
        /// Compressed bytes there are.
        compressed: u64,
    },
    /// The compressed stream contradicts itself, or its checksum does not hold.
    #[error(
        "the {compression} stream is damaged near compressed byte {compressed} (after \
         {decompressed} good bytes)"
    )]
    Damaged {
        /// The damaged layer.
        compression: Compression,
        /// Compressed bytes read, up to one buffer too many.
        compressed: u64,
        /// Decompressed bytes handed out before.
        decompressed: u64,
        /// What the decoder said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The stream passes [`Limits::decompressed`](crate::Limits::decompressed).
    #[error("the {compression} stream gives more than {limit} bytes, the limit on decompressed size")]
    TooLarge {
        /// The layer that swells.
        compression: Compression,
        /// The limit in bytes.
        limit: u64,
    },
    /// The stream passes [`Limits::ratio`](crate::Limits::ratio).
    #[error(
        "the {compression} stream swells from {compressed} to {decompressed} bytes, more than \
         {limit} times, the limit on the compression ratio: it looks like a decompression bomb"
    )]
    TooDense {
        /// The layer that swells.
        compression: Compression,
        /// Compressed bytes read.
        compressed: u64,
        /// Decompressed bytes so far.
        decompressed: u64,
        /// The limit, in bytes out per byte in.
        limit: u32,
    },
    /// The directory of a zip archive cannot be read.
    #[error("the zip archive is damaged or of a kind that is not read: {problem}")]
    Archive {
        /// What is wrong with it.
        problem: String,
    },
    /// What an entry of a zip archive holds is not what was put in.
    #[error("the zip archive is damaged: its entry {entry:?} does not match its checksum")]
    Checksum {
        /// Its name, as the archive has it.
        entry: String,
    },
    /// A zstd frame passes [`Limits::zstd_window`](crate::Limits::zstd_window).
    #[error(
        "the zstd stream needs a window of {window} bytes, more than the limit of {limit} \
         (compress it again without --long and --ultra)"
    )]
    Window {
        /// What the frame asks for.
        window: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A zstd frame was compressed with a dictionary.
    #[error("the zstd stream needs the dictionary {id} that it was compressed with")]
    Dictionary {
        /// The dictionary's number.
        id: u32,
    },
    /// Compressed twice and then once more.
    #[error("the stream is compressed more than {limit} times over")]
    Nested {
        /// Layers that are undone.
        limit: u32,
    },
    /// What should be base64 is none.
    #[error("what the envelope holds is not base64")]
    Base64,
    /// UTF-32 is not read.
    #[error("the text is UTF-32, where UTF-8 or UTF-16 is expected (save it as UTF-8)")]
    Utf32,
    /// The caller reads on after one of the errors above.
    #[error("the {compression} stream has failed before")]
    Failed {
        /// The layer that failed.
        compression: Compression,
    },
    /// Somebody asked for an end ([`Progress::stop`](crate::Progress::stop)).
    #[error("it was stopped")]
    Stopped,
    /// Standard input or a pipe does not end within reason.
    #[error("the stream is longer than {limit} bytes, the limit on what is kept of a pipe")]
    Endless {
        /// The limit in bytes.
        limit: u64,
    },
}

impl StreamError {
    /// The stream error inside an `io::Error`, if it is one.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        let kind = match error {
            StreamError::CutOff { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
