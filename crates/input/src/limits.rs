//! How much a compressed file may swell.

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bounds against decompression bombs.
///
/// Each layer of compression is held to them; a plain file is not, since its size is what it
/// takes on the disk.
/// A stream that passes one of them ends in an [`io::Error`](std::io::Error) of kind
/// `InvalidData` that carries a [`StreamError`](crate::StreamError).
///
/// ```
/// let mut limits = scanlift_input::Limits::default();
/// limits.decompressed = 1 << 30;
/// assert_eq!(limits.ratio, 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes that a stream may give once decompressed.
    /// Default: 64 GiB.
    pub decompressed: u64,
    /// The most decompressed bytes per compressed byte, counted only past
    /// [`ratio_from`](Self::ratio_from), so that small and very repetitive reports pass.
    /// Default: 500.
    pub ratio: u32,
    /// The decompressed bytes up to which no ratio is counted.
    /// Default: 256 MiB.
    pub ratio_from: u64,
    /// The largest window in bytes that a zstd frame may ask for.
    /// Default: 128 MiB, as in the `zstd` program (`--long`).
    ///
    /// A larger one is refused before memory is taken.
    /// Decoding takes as much memory as the frame has content, up to its window and 256 KiB;
    /// a hostile block that overruns a full window takes twice that for the moment until it is
    /// refused.
    pub zstd_window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { decompressed: 64 * GIB, ratio: 500, ratio_from: 256 * MIB, zstd_window: 128 * MIB }
    }
}
