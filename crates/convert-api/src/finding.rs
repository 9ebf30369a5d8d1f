//! What a converter makes of a record: a vulnerability, and what the pipeline needs to finish it.

use scanlift_report_core::{Severity, Summary, Text, Vulnerability};

/// A vulnerability as its converter leaves it, with the evidence that the pipeline decides by.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding<'a> {
    /// The vulnerability; severity and tracking are the pipeline's to fill.
    pub vulnerability: Vulnerability<'a>,
    /// What speaks for a severity.
    pub severity: SeverityEvidence<'a>,
    /// Values of the source that stay the same while the finding does; the pipeline picks one it
    /// can trust.
    pub fingerprints: Vec<Fingerprint<'a>>,
    /// Secret values that must not reach the output, wherever in the finding they stand.
    pub secrets: Vec<Text<'a>>,
    /// Ways to mend it in the source.
    pub fixes: Vec<Fix<'a>>,
    /// Patches that mend it, made already.
    pub patches: Vec<Patch<'a>>,
    /// The package whose upgrade mends it.
    pub upgrade: Option<Upgrade<'a>>,
    /// For a finding of a report of GitLab's, its [content id](Vulnerability::content_id) there: GitLab may
    /// know it by that already, so that its place and its first identifier stay as they are. Empty where
    /// they cannot.
    pub known_as: Option<String>,
}

impl<'a> Finding<'a> {
    /// A finding without further evidence.
    #[must_use]
    pub fn new(vulnerability: Vulnerability<'a>) -> Self {
        Self {
            vulnerability,
            severity: SeverityEvidence::default(),
            fingerprints: Vec::new(),
            secrets: Vec::new(),
            fixes: Vec::new(),
            patches: Vec::new(),
            upgrade: None,
            known_as: None,
        }
    }
}

/// What speaks for a severity, the best first.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SeverityEvidence<'a> {
    /// The scanner's own judgement on a scale of four steps or more; it beats a score, since it
    /// takes more into account (a distribution's rating of its package).
    pub rating: Option<Severity>,
    /// A score from 0.0 to 10.0 (`security-severity`, a CVSS base score without its vector).
    pub score: Option<f64>,
    /// What a coarse scale says (SARIF `level`).
    pub level: Option<Severity>,
    /// The source's own word, kept for people.
    pub word: Option<Text<'a>>,
}

/// A value that identifies a finding over time (SARIF `fingerprints`, `partialFingerprints`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// What the scanner calls it: `primaryLocationLineHash`.
    pub name: Text<'a>,
    /// Its value.
    pub value: Text<'a>,
}

/// A patch that GitLab can apply (schema `remediations[]`). The same patch on several findings is
/// written once.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch<'a> {
    /// What it does, in a line.
    pub summary: Summary<'a>,
    /// A unified diff for `git apply`, in Base64.
    pub diff: Text<'a>,
}

impl Patch<'_> {
    /// The same patch, owned.
    #[must_use]
    pub fn into_owned(self) -> Patch<'static> {
        Patch { summary: self.summary.into_owned(), diff: owned(self.diff) }
    }
}

/// A package that is without the vulnerability in a later version. The file that asks for it is that
/// of the finding's location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgrade<'a> {
    /// Its package URL.
    pub purl: Option<Text<'a>>,
    /// The scanner's word for its kind: `npm`, `deb`, `gomod`.
    pub kind: Option<Text<'a>>,
    /// As its ecosystem writes it: `@scope/name`, `group:artifact`.
    pub name: Text<'a>,
    /// As installed; may be empty.
    pub version: Text<'a>,
    /// Versions without the vulnerability, never empty; several where release lines are kept up side
    /// by side. An entry may hold several with commas.
    pub fixed: Vec<Text<'a>>,
}

impl<'a> Upgrade<'a> {
    /// An upgrade to one of these versions; `None` if there is none.
    #[must_use]
    pub fn new(
        name: impl Into<Text<'a>>,
        version: impl Into<Text<'a>>,
        fixed: Vec<Text<'a>>,
    ) -> Option<Self> {
        let is_known = fixed.iter().any(|version| !version.trim().is_empty());
        is_known.then(|| Self { name: name.into(), version: version.into(), fixed, ..Self::default() })
    }

    /// The same upgrade, owned.
    #[must_use]
    pub fn into_owned(self) -> Upgrade<'static> {
        Upgrade {
            purl: self.purl.map(owned),
            kind: self.kind.map(owned),
            name: owned(self.name),
            version: owned(self.version),
            fixed: self.fixed.into_iter().map(owned).collect(),
        }
    }
}

fn owned(text: Text<'_>) -> Text<'static> {
    Text::Owned(text.into_owned())
}

/// A way to mend a finding (SARIF 2.1.0 §3.55).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Fix<'a> {
    /// In words.
    pub description: Option<Text<'a>>,
    /// What to change, file by file.
    pub changes: Vec<Change<'a>>,
}

impl Fix<'_> {
    /// The same fix, owned.
    #[must_use]
    pub fn into_owned(self) -> Fix<'static> {
        let change = |change: Change<'_>| {
            let file = Artifact { path: owned(change.file.path) };
            Change::new(file, change.replacements.into_iter().map(Replacement::into_owned).collect())
        };
        Fix {
            description: self.description.map(owned),
            changes: self.changes.into_iter().map(change).collect(),
        }
    }
}

/// The changes of one file (SARIF 2.1.0 §3.56).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The file.
    pub file: Artifact<'a>,
    /// What to replace, in order.
    pub replacements: Vec<Replacement<'a>>,
}

impl<'a> Change<'a> {
    /// Replacements in a file.
    #[must_use]
    pub fn new(file: Artifact<'a>, replacements: Vec<Replacement<'a>>) -> Self {
        Self { file, replacements }
    }
}

/// A file by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// As in a location: relative to the root, or to be made so by the pipeline.
    pub path: Text<'a>,
}

/// A replacement in a file (SARIF 2.1.0 §3.57). Lines and columns are 1-based, offsets 0-based.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replacement<'a> {
    /// First line.
    pub start_line: Option<u64>,
    /// First column.
    pub start_column: Option<u64>,
    /// Last line.
    pub end_line: Option<u64>,
    /// Column behind the last one.
    pub end_column: Option<u64>,
    /// First character.
    pub char_offset: Option<u64>,
    /// Number of characters.
    pub char_length: Option<u64>,
    /// First byte.
    pub byte_offset: Option<u64>,
    /// Number of bytes.
    pub byte_length: Option<u64>,
    /// Whether columns count Unicode code points instead of UTF-16 code units.
    pub unicode_columns: bool,
    /// The new text; empty deletes.
    pub text: Text<'a>,
    /// The text that it replaces, where the source says it.
    pub original: Option<Text<'a>>,
}

impl Replacement<'_> {
    /// The same replacement, owned.
    #[must_use]
    pub fn into_owned(self) -> Replacement<'static> {
        let Self {
            start_line,
            start_column,
            end_line,
            end_column,
            char_offset,
            char_length,
            byte_offset,
            byte_length,
            unicode_columns,
            text,
            original,
        } = self;
        Replacement {
            start_line,
            start_column,
            end_line,
            end_column,
            char_offset,
            char_length,
            byte_offset,
            byte_length,
            unicode_columns,
            text: owned(text),
            original: original.map(owned),
        }
    }
}
