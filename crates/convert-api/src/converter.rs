//! The trait of every converter, and what a converter says of itself.

use crate::{ConvertError, Input, Sink};
use scanlift_report_core::Kind;

/// The plug-in for one source format.
pub trait Converter: Sync {
    /// What it is and reads.
    fn descriptor(&self) -> &'static Descriptor;

    /// A cheap look at the first bytes of a document (up to 64 KiB, decoded to UTF-8, possibly cut
    /// in the middle).
    fn sniff(&self, head: &[u8]) -> Match;

    /// Reads a document and tells the sink every record of it, in the document's order.
    ///
    /// # Errors
    /// If the document as a whole cannot be read; what concerns one record is a
    /// [`Warning`](crate::Warning) or a skipped record.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError>;
}

/// What a converter is and reads; CLI values, help, detection and documentation come from it.
#[derive(Debug)]
pub struct Descriptor {
    /// The same everywhere: `--from`, feature, fixtures folder, documentation page. `[a-z0-9-]`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// One sentence: what it reads.
    pub summary: &'static str,
    /// The versions of the format that it reads.
    pub versions: &'static str,
    /// The kinds of report it can give.
    pub kinds: &'static [Kind],
    /// The format's documentation.
    pub url: &'static str,
}

/// How sure a converter is that a document is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is not.
    No,
    /// Nothing speaks against it, little for it.
    Maybe,
    /// It carries the format's own marks.
    Yes,
}

/// What the user says that a source may not say itself.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The image that was scanned.
    pub image: Option<String>,
    /// The operating system in it, as `debian:12`.
    pub operating_system: Option<String>,
    /// The commit that was scanned.
    pub commit: Option<String>,
    /// The manifest that findings of packages belong to when the source names none.
    pub path: Option<String>,
    /// Make findings of entries that only inform.
    pub include_info: bool,
    /// The user named the format (`--from`), it was not detected.
    pub format_is_named: bool,
}
