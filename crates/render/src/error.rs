use scanlift_convert_api::ConvertError;
use std::io;

/// What stops a rendering. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A report cannot be read.
    #[error("read {label}")]
    Read {
        /// The label of the report.
        label: String,
        /// Why.
        #[source]
        source: ConvertError,
    },
    /// A report cannot be compared, since GitLab would not take it.
    #[error("compare {label}: GitLab refuses it: {problem}")]
    Refused {
        /// The label of the report.
        label: String,
        /// Its first error.
        problem: String,
    },
    /// The output cannot be written.
    #[error("write the output")]
    Write(#[from] io::Error),
    /// The page cannot be put together.
    #[error("put the page together")]
    Page(#[from] minijinja::Error),
    /// The spreadsheet cannot be written.
    #[error("write the spreadsheet")]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
}

impl From<csv::Error> for RenderError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

/// What comes of a step of a rendering.
pub(crate) type Done = Result<(), RenderError>;
