use scanlift_report_core::{Identifier, Kind, Message, ScanOption, ScanStatus, ScannedResource, Text};

/// What a source says of a scan: one scanner, one run of it.
///
/// Every part may be missing: the pipeline fills it from its table of known tools, the user's
/// options and the clock.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScanInfo<'a> {
    /// The slug that a report of GitLab has for it; others have none.
    pub id: Option<Text<'a>>,
    /// The scanner as it calls itself.
    pub scanner: Text<'a>,
    /// Its version.
    pub version: Option<Text<'a>>,
    /// Who makes it.
    pub vendor: Option<Text<'a>>,
    /// Its page.
    pub url: Option<Text<'a>>,
    /// When it began, in any common spelling.
    pub start_time: Option<Text<'a>>,
    /// When it ended, in any common spelling.
    pub end_time: Option<Text<'a>>,
    /// Whether it ran through.
    pub status: ScanStatus,
    /// What it has to tell.
    pub messages: Vec<Message<'a>>,
    /// How it was configured.
    pub options: Vec<ScanOption<'a>>,
    /// Every rule that it may report; only if the list is complete.
    pub primary_identifiers: Vec<Identifier<'a>>,
    /// What it visited (DAST).
    pub scanned_resources: Vec<ScannedResource<'a>>,
    /// Absolute paths that the source calls the root of what was scanned; paths below one become
    /// relative to it.
    pub roots: Vec<Text<'a>>,
    /// The report to write when nothing was found.
    pub kind: Kind,
    /// The version of the format that the document declares.
    pub format_version: Option<Text<'a>>,
}

impl<'a> ScanInfo<'a> {
    /// A scan of which only the scanner is known.
    #[must_use]
    pub fn new(scanner: impl Into<Text<'a>>, kind: Kind) -> Self {
        Self {
            id: None,
            scanner: scanner.into(),
            version: None,
            vendor: None,
            url: None,
            start_time: None,
            end_time: None,
            status: ScanStatus::Success,
            messages: Vec::new(),
            options: Vec::new(),
            primary_identifiers: Vec::new(),
            scanned_resources: Vec::new(),
            roots: Vec::new(),
            kind,
            format_version: None,
        }
    }
}
