//! Opens what scanlift reads: files, standard input and pipes, compressed or not, in any of the
//! usual encodings, as streams of UTF-8 without a byte order mark.
//!
//! A [`Source`] is an [`Input`](scanlift_convert_api::Input): a converter may open it as often as
//! it likes and always gets the same bytes.
//! What a file is, is told by its first bytes and never by its name:
//!
//! | first bytes | what happens |
//! |---|---|
//! | gzip (several members too), zstd (several frames, skippable frames) | decompressed within [`Limits`], anew for each stream |
//! | UTF-8, with or without byte order mark | passed through as it is, less the mark |
//! | UTF-16 with byte order mark, or recognised by its zero bytes | transcoded |
//! | `<?xml … encoding="…"?>` with another label than UTF-8 | transcoded from what the label says |
//! | UTF-32 | refused with [`StreamError::Utf32`] |
//!
//! A zip archive is the one report in it, or [several files](Source::archived).
//!
//! Left out: other archives (tar) and rarer compressions; [`sniff_container`] names them, so that the
//! user can be told what to do.
//! Bad UTF-8 is passed through as well: whoever parses it knows line and path.
//! What has no meaning in another encoding (half a surrogate pair, an odd last byte) becomes
//! U+FFFD, and labels mean what the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels)
//! says: ISO-8859-1 is read as its superset windows-1252.
//! The text of an XML declaration is left as it stands.
//!
//! ```
//! use std::io::Read;
//! use scanlift_convert_api::Input;
//! use scanlift_input::Source;
//!
//! let utf16 = b"\xff\xfe{\0}\0";
//! let source = Source::stream(&utf16[..], None)?;
//! let mut text = String::new();
//! source.open()?.read_to_string(&mut text)?;
//! assert_eq!(text, "{}");
//! assert_eq!(source.sha256()?.bytes, 6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod base64;
mod blank;
mod container;
mod decode;
mod encoding;
mod error;
mod limits;
mod progress;
mod room;
mod source;
mod spool;
mod zstd;

pub use container::sniff_container;
pub use error::{Compression, OpenError, StreamError};
pub use limits::Limits;
pub use progress::Progress;
pub use room::temp_dir;
pub use source::{Digest, HEAD, Source};
