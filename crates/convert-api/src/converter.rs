//! The trait of every converter, and what a converter says of itself.

use crate::{ConvertError, Input, Sink};
use scanlift_report_core::Kind;
use std::io::Write;

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

    /// Writes the bill of materials that the document is, as CycloneDX 1.6 in JSON with the properties
    /// that GitLab reads; `None`, and nothing is written, for formats that are none.
    ///
    /// # Errors
    /// As [`Self::convert`]; [`ConvertError::Deliver`] if `out` cannot take it.
    fn bill_of_materials(
        &self,
        _input: &dyn Input,
        _options: &Options,
        _out: &mut dyn Write,
    ) -> Result<Option<BillOfMaterials>, ConvertError> {
        Ok(None)
    }
}

/// What [`Converter::bill_of_materials`] wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillOfMaterials {
    /// How many components it lists, those inside of others too.
    pub components: u64,
    /// What GitLab will miss in it.
    pub warnings: Vec<String>,
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
    /// The commit that was scanned. Where `scanlift-pipeline` makes the reports, it is enough to say it in
    /// the settings of that.
    pub commit: Option<String>,
    /// The manifest that findings of packages belong to when the source names none.
    pub path: Option<String>,
    /// Make findings of entries that only inform.
    pub include_info: bool,
    /// The user named the format (`--from`), it was not detected.
    pub format_is_named: bool,
}
