use crate::json::joined;
use std::fmt;

/// Something in a document that was mended, cut or could not be expressed, while its record is
/// accounted for. Display is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// A field was of another type than its format says and was left out.
    FieldDropped {
        /// Where, as `runs[0].results[3].level`.
        path: String,
        /// What was wrong.
        problem: String,
    },
    /// The JSON was read though it is not written as RFC 8259 has it. Of each `what` the first counts.
    NotStrict {
        /// What a strict reader refuses, and what became of it.
        what: &'static str,
        /// Where it stands first, as `runs[0].results[3].level`, or `line 7`.
        path: String,
    },
    /// A text was longer than GitLab takes.
    TextCut {
        /// Which field.
        field: &'static str,
        /// Of which finding.
        of: String,
    },
    /// A path was changed to stand in the repository.
    PathChanged {
        /// As the source has it.
        from: String,
        /// As the report has it.
        to: String,
    },
    /// A file beside the document holds part of it.
    ExternalFile {
        /// Its name.
        name: String,
        /// What it holds.
        holds: &'static str,
    },
    /// Something else, in words.
    Note {
        /// What is the matter and what to do.
        text: String,
    },
}

impl Warning {
    /// A warning in words.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { text: text.into() }
    }

    /// The warning that a document is of a version of its format that is not known; `None` if it is of the
    /// newest one or an older one. Versions are numbers: as many of them count as the newest one has.
    ///
    /// ```
    /// use scanlift_convert_api::Warning;
    ///
    /// let told = |found| Warning::of_version("SPDX", found, "2.3").map(|warning| warning.to_string());
    /// assert_eq!((told("2.2"), told("2.3.1")), (None, None));
    /// let unknown = "the document is of SPDX 9.0, which is not known and read as 2.3";
    /// assert_eq!(told("9.0").as_deref(), Some(unknown));
    /// ```
    #[must_use]
    pub fn of_version(format: &str, found: &str, newest: &str) -> Option<Self> {
        let most = newest.split(['.', '-']).count();
        let numbers = |version: &str| -> Option<Vec<u64>> {
            version.trim().split(['.', '-']).take(most).map(|part| part.parse().ok()).collect()
        };
        let is_known = numbers(found).is_some_and(|found| Some(found) <= numbers(newest));
        let text = || format!("the document is of {format} {found}, which is not known and read as {newest}");
        (!is_known).then(|| Self::note(text()))
    }

    /// The warning that a document does not say which version of its format it is of, as its format has it.
    #[must_use]
    pub fn without_version(format: &str, newest: &str) -> Self {
        Self::note(format!("the document names no version of {format}; read as {newest}"))
    }

    /// The same of a value that stands at that path of the document.
    #[must_use]
    pub fn below(&self, parent: &str) -> Self {
        let mut warning = self.clone();
        if let Self::FieldDropped { path, .. } | Self::NotStrict { path, .. } = &mut warning {
            *path = joined(parent, path);
        }
        warning
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldDropped { path, problem } => write!(f, "{path} was left out: {problem}"),
            Self::NotStrict { what, path } => {
                let at = if path.is_empty() { "" } else { ", first at " };
                write!(f, "{what}{at}{path}: the document is not strict JSON")
            }
            Self::TextCut { field, of } => {
                write!(f, "the {field} of {of} was cut to the length GitLab takes")
            }
            Self::PathChanged { from, to } => write!(
                f,
                "{from} is outside the repository and became {to}; name the root with --root, or drop its beginning with --strip-prefix"
            ),
            Self::ExternalFile { name, holds } => {
                write!(
                    f,
                    "{name} holds {holds} of this document and is not read; ask the scanner to write a single file"
                )
            }
            Self::Note { text } => f.write_str(text),
        }
    }
}
