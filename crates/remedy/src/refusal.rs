//! Why a finding that could be mended has no patch.

/// Why there is no patch. The list is closed and documented in `docs/receipt.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The file is not in the tree.
    NoFile,
    /// The file is a link, in a submodule, not text, or too large.
    NotEditable,
    /// The source's fix does not fit the file: it was scanned in another state, or overlaps itself.
    DoesNotFit,
    /// No manifest that can be edited belongs to the package.
    NoManifest,
    /// The package comes in by way of others, and its manifest cannot say so.
    Transitive,
    /// The package is a part of an image, and no Dockerfile of the tree pins it.
    Image,
    /// The fixed version is no version, or not above what is asked for.
    Version,
    /// What the manifest asks for is written in a way that cannot be edited safely.
    Requirement,
    /// The manifest asks for the fixed version, or a later one, already: the lock file is behind.
    LockFile,
    /// The patch would show a secret.
    Secret,
    /// More patches than a report should hold.
    Limit,
}

impl Reason {
    /// The word in the receipt.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoFile => "no_file",
            Self::NotEditable => "not_editable",
            Self::DoesNotFit => "does_not_fit",
            Self::NoManifest => "no_manifest",
            Self::Transitive => "transitive",
            Self::Image => "image",
            Self::Version => "version",
            Self::Requirement => "requirement",
            Self::LockFile => "lock_file",
            Self::Secret => "secret",
            Self::Limit => "limit",
        }
    }
}

/// Why there is no patch, in a word and in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
#[non_exhaustive]
pub struct Refusal {
    /// In a word.
    pub reason: Reason,
    /// In words, for people.
    pub detail: String,
}

impl Refusal {
    /// A reason with its details.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
