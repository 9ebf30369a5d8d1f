//! What stops a conversion.

use std::io;

/// What stops a conversion: the document as a whole cannot be read, or the findings cannot be
/// delivered.
///
/// Display reads after "failed to": lower case, no full stop.
/// What concerns a single record is no error: it is skipped, or emitted with a [`Warning`](crate::Warning).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The source broke off or could not be opened.
    #[error("read the input")]
    Read(#[source] io::Error),
    /// The document is not what its format demands.
    #[error("parse the document at {}: {message}", place(.path))]
    Parse {
        /// Where in the document, as `runs[0].results[3]`; empty for its top level.
        path: String,
        /// Byte offset from the start of the (decoded) stream.
        offset: u64,
        /// What was expected and what stands there.
        message: String,
    },
    /// The document may be whole, and has a value of another kind than its format has there: it is none of the
    /// format, or one of a version that is not known.
    #[error("parse the document at {}: {message}", place(.path))]
    WrongKind {
        /// Where in the document, as `runs[0].results[3]`; empty for its top level.
        path: String,
        /// Byte offset from the start of the (decoded) stream.
        offset: u64,
        /// What was expected and what stands there.
        message: String,
    },
    /// The document has ended, and something stands behind it: another document, or text of the program that wrote it.
    ///
    /// Nothing of the document is lost if the input is cut there and converted again.
    #[error("find the end of the document: {message}")]
    Behind {
        /// Where it begins, in bytes from the start of the (decoded) stream.
        offset: u64,
        /// What was expected and what stands there.
        message: String,
    },
    /// A part of the document that has to be held in memory asks for more than is granted to it.
    #[error("hold the document at {}: {message}", place(.path))]
    Limit {
        /// Where in the document, as `runs[0].results[3]`; empty for its top level.
        path: String,
        /// Byte offset from the start of the (decoded) stream.
        offset: u64,
        /// What is over which limit.
        message: String,
        /// What the user can do about it.
        help: &'static str,
    },
    /// The format is known, but not in this version.
    #[error("read {format} {found} (supported: {supported})")]
    UnsupportedVersion {
        /// The format's human name.
        format: &'static str,
        /// The version that the document declares, or the form that it is in (`in protobuf`).
        found: String,
        /// The versions that can be read.
        supported: &'static str,
        /// What the user can do about it.
        help: &'static str,
    },
    /// The document is no report of this format.
    #[error("find {expected} in the document")]
    Unrecognised {
        /// What a document of this format has.
        expected: &'static str,
        /// What the user can do about it.
        help: &'static str,
    },
    /// The document is what a scanner wrote when it failed, in place of a report.
    #[error("find a report: {scanner} failed and wrote only its error ({message})")]
    Failed {
        /// The scanner as people call it.
        scanner: &'static str,
        /// What it says of it, in a line.
        message: String,
    },
    /// A finding could not be delivered.
    #[error("write a finding")]
    Deliver(#[source] io::Error),
}

fn place(path: &str) -> &str {
    if path.is_empty() { "its top level" } else { path }
}
