//! What can be wrong with a JSON document.

use std::fmt;
use std::io;

use super::reader::Kind;

/// Why a JSON document, or a value in it, cannot be read, and where.
///
/// Display is one line: cause, path and byte offset.
/// A caller that shows the place in its own way uses the fields.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// What is wrong.
    pub cause: Cause,
    /// Where in the document, as `runs[0].results[3]`; empty for its top level.
    pub path: String,
    /// Byte offset from the start of the stream.
    pub offset: u64,
}

impl Error {
    /// The same error, seen from outside: `path` and `offset` are those of the value that was parsed on its own.
    #[must_use]
    pub fn inside(mut self, path: String, offset: u64) -> Self {
        self.path = joined(&path, &self.path);
        self.offset = self.offset.saturating_add(offset);
        self
    }

    pub(super) fn new(cause: Cause, path: String, offset: u64) -> Self {
        Self { cause, path, offset }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        if !self.path.is_empty() {
            write!(f, " at {}", self.path)?;
        }
        write!(f, " (byte {})", self.offset)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The cause itself is in the message already.
        std::error::Error::source(&self.cause)
    }
}

/// The ways in which a JSON document can be wrong.
///
/// Display says what was expected and what stands there, without the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The stream itself failed.
    #[error("the input cannot be read")]
    Read(#[source] io::Error),
    /// The document has no value at all.
    #[error("expected a value, found the end of the document")]
    Empty,
    /// The document was cut off.
    #[error("the document ends in the middle of {0}")]
    Truncated(&'static str),
    /// This byte cannot stand here.
    #[error("expected {expected}, found {}", Byte(*.found))]
    Syntax {
        /// What JSON allows here.
        expected: &'static str,
        /// The byte that stands here.
        found: u8,
    },
    /// The document has ended, and this byte stands behind it.
    #[error("expected the end of the document, found {}", Byte(*.0))]
    Behind(u8),
    /// The value is good JSON but of another kind than the caller asked for.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// What the caller asked for.
        expected: Kind,
        /// What stands here.
        found: Kind,
    },
    /// More objects and arrays inside each other than [`Limits::depth`](super::Limits::depth).
    #[error("objects and arrays are nested deeper than {0} levels")]
    Depth(usize),
    /// A value that must be held in memory is larger than
    /// [`Limits::element`](super::Limits::element).
    #[error("one value is larger than {}, the most that is held in memory", Bytes(*.0))]
    Size(usize),
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The value does not fit the type that it was parsed into, or is malformed inside.
    #[error("{0}")]
    Value(String),
}

impl From<Error> for crate::ConvertError {
    fn from(error: Error) -> Self {
        match error.cause {
            Cause::Read(source) => Self::Read(source),
            cause @ Cause::Behind(_) => Self::Behind { offset: error.offset, message: cause.to_string() },
            cause @ (Cause::Size(_) | Cause::Depth(_)) => Self::Limit {
                path: error.path,
                offset: error.offset,
                message: cause.to_string(),
                help: match cause {
                    Cause::Size(_) => TOO_LARGE,
                    _ => TOO_DEEP,
                },
            },
            cause @ Cause::Kind { .. } => {
                Self::WrongKind { path: error.path, offset: error.offset, message: cause.to_string() }
            }
            cause => Self::Parse { path: error.path, offset: error.offset, message: cause.to_string() },
        }
    }
}

/// What to do about a part that is too large to be held.
pub(crate) const TOO_LARGE: &str =
    "have the scanner leave out what is so large (sources, bodies of messages), or scan in several parts";
/// What to do about a document that is nested too deep.
pub(crate) const TOO_DEEP: &str = "no scanner nests its reports like this: look what wrote the file";

/// One step of a path: into an object, or into an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Empty before the first key of an object.
    Key(String),
    Index(u64),
}

/// Appends `steps` to `path` in the form `runs[0].results[3]`.
pub(super) fn push_path<'a>(path: &mut String, steps: impl IntoIterator<Item = &'a Step>) {
    for step in steps {
        match step {
            Step::Key(key) if key.is_empty() => {}
            Step::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Step::Index(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
    }
}

/// The path of what stands at `inner` in the value at `path`.
pub(crate) fn joined(path: &str, inner: &str) -> String {
    let dot = if path.is_empty() || inner.is_empty() || inner.starts_with('[') { "" } else { "." };
    format!("{path}{dot}{inner}")
}

/// A number of bytes as a person can read it.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: usize = 1024 * 1024;
        match self.0 {
            bytes if bytes >= MIB && bytes.is_multiple_of(MIB) => write!(f, "{} MiB", bytes / MIB),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// A byte as a person can read it.
struct Byte(u8);

impl fmt::Display for Byte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_ascii_graphic() {
            write!(f, "`{}`", char::from(self.0))
        } else {
            write!(f, "byte 0x{:02x}", self.0)
        }
    }
}
