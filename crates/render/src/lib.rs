//! Findings for people: HTML, Markdown, text, CSV, XLSX and JUnit.
//!
//! [`Findings`] reads GitLab security reports in a stream, as often as an output needs them, and tells what is
//! new, still there and fixed since base reports, by the rules of `scanlift-ingest`.
//! [`render`] writes one of the [`Format`]s; memory does not grow with the reports, apart from a few bytes for
//! each finding.
//! Every text of a report is untrusted: it is escaped for where it goes, and what cannot be seen in it is shown.
//! It leaves out: scanner formats (convert them first), files and the terminal (the CLI).
//!
//! ```
//! use scanlift_render::{Findings, Format, Options, Report, render};
//!
//! let report = r#"{"version": "15.2.1", "scan": {"type": "sast", "scanner": {"name": "Acme"}}, "vulnerabilities": [
//!     {"id": "1", "name": "SQL injection", "severity": "High", "location": {"file": "a.py", "start_line": 3}}]}"#;
//! let findings = Findings::open(&[Report { label: "gl-sast-report.json", input: &report }], None)?;
//! let mut csv = Vec::new();
//! render(Format::Csv, &findings, &Options::default(), &mut csv)?;
//! assert!(String::from_utf8_lossy(&csv).contains("High,found,sast,Acme,SQL injection,a.py,3,"));
//! # Ok::<(), scanlift_render::RenderError>(())
//! ```

mod columns;
mod csv;
mod error;
mod escape;
mod finding;
mod html;
mod junit;
mod markdown;
mod report;
mod shortlist;
mod summary;
mod text;
mod trend;
mod xlsx;

pub use error::RenderError;
pub use markdown::MARKER;
pub use report::{Findings, Report};

use std::{io::Write, path::PathBuf};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One page that needs nothing else.
    Html,
    /// A note for a merge request.
    Markdown,
    /// A table for a terminal.
    Text,
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
    /// JUnit XML.
    Junit,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] =
        &[Self::Html, Self::Markdown, Self::Text, Self::Csv, Self::Xlsx, Self::Junit];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Junit => "junit",
        }
    }

    /// The format that a file's ending asks for.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" => Self::Html,
            "md" | "markdown" => Self::Markdown,
            "txt" => Self::Text,
            "csv" => Self::Csv,
            "xlsx" => Self::Xlsx,
            "xml" => Self::Junit,
            _ => return None,
        })
    }

    /// What a file of it is called where nobody says otherwise.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Html => "findings.html",
            Self::Markdown => "findings.md",
            Self::Text => "findings.txt",
            Self::Csv => "findings.csv",
            Self::Xlsx => "findings.xlsx",
            Self::Junit => "findings.xml",
        }
    }

    /// Whether it is no text.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Xlsx)
    }
}

/// How to show findings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What stands above them.
    pub title: String,
    /// How many findings of each state are listed in Markdown and text; the worst ones.
    pub limit: Option<usize>,
    /// Columns of the terminal.
    pub width: u16,
    /// Whether text has colours.
    pub colours: bool,
    /// Whether text has hyperlinks.
    pub links: bool,
    /// Where a workbook puts its temporary files; else where the system has them.
    pub temp_dir: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let title = "Security findings".to_owned();
        Self { title, limit: None, width: 100, colours: false, links: false, temp_dir: None }
    }
}

/// Writes findings in a format.
///
/// # Errors
/// When a report cannot be read (anew), or the output cannot be written.
pub fn render(
    format: Format,
    findings: &Findings<'_>,
    options: &Options,
    out: &mut (dyn Write + Send),
) -> Result<(), RenderError> {
    match format {
        Format::Html => html::write(findings, options, out)?,
        Format::Markdown => markdown::write(findings, options, out)?,
        Format::Text => text::write(findings, options, out)?,
        Format::Csv => csv::write(findings, out)?,
        Format::Xlsx => xlsx::write(findings, &options.title, options.temp_dir.as_deref(), out)?,
        Format::Junit => junit::write(findings, &options.title, out)?,
    }
    Ok(out.flush()?)
}
