//! Reviews as files: the ending tells the format, and a CSV file has its two others beside it.

use crate::explain::{self, Failure};
use scanlift_input::Source;
use scanlift_triage::{
    Review, Table,
    format::{FormatError, csv, json, xlsx},
};
use std::{
    fs,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

/// The format of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Xlsx,
}

impl Format {
    /// By the ending of a name.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("xlsx") => Ok(Self::Xlsx),
            _ => Err(Failure::usage(format!("{} ends in none of .xlsx, .csv and .json", path.display()))
                .help("save other spreadsheets as XLSX (Excel 2007 or newer)")),
        }
    }
}

/// Larger files are no reviews.
const MOST: u64 = 512 * 1024 * 1024;

/// Reads a review.
pub(super) fn read(path: &Path) -> Result<Review, Failure> {
    let refuse = |error: FormatError| {
        Failure::input(format!("failed to {error}")).note(format!("in {}", path.display())).help(
            "`triage init` makes a new review, and takes over with --previous what can be read of an old one",
        )
    };
    match Format::of(path)? {
        Format::Xlsx => xlsx::read(&bytes(path)?).map_err(refuse),
        Format::Json => json::read(&text(path)?).map_err(refuse),
        Format::Csv => {
            let rows = csv::read(&text(path)?).map_err(refuse)?;
            let (left_out, request) = (beside(path, "left-out")?, beside(path, "request")?);
            Review::of_tables(rows, left_out, request).map_err(refuse)
        }
    }
}

/// `review.request.csv` of `review.csv`.
fn companion(path: &Path, what: &str) -> PathBuf {
    path.with_extension(format!("{what}.csv"))
}

fn beside(path: &Path, what: &str) -> Result<Option<Table>, Failure> {
    let path = companion(path, what);
    if !path.exists() {
        return Ok(None);
    }
    let table = csv::read(&text(&path)?);
    table
        .map(Some)
        .map_err(|error| Failure::input(format!("failed to {error}")).note(format!("in {}", path.display())))
}

/// What is compressed or in another encoding is opened as any input.
fn text(path: &Path) -> Result<String, Failure> {
    let label = path.display().to_string();
    let source = Source::file(path).map_err(|error| explain::open(&error))?;
    let mut text = String::new();
    let stream = scanlift_convert_api::Input::open(&source).map_err(|error| explain::read(&label, &error))?;
    stream.take(MOST).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Failure::input(format!("{label} is not in UTF-8"))
            .help("save it as `CSV UTF-8`, or as an Excel workbook (.xlsx)"),
        _ => explain::read(&label, &error),
    })?;
    Ok(text)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let label = path.display().to_string();
    // Who names what is missing or a directory does it well.
    Source::file(path).map_err(|error| explain::open(&error))?;
    let file = fs::File::open(path).map_err(|error| explain::read(&label, &error))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).map_err(|error| explain::read(&label, &error))?;
    Ok(bytes)
}

/// The files of a review in the format that a name says.
pub(super) fn files(path: &Path, review: &Review) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let format = Format::of(path)?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = || -> Result<_, FormatError> {
        Ok(match format {
            Format::Xlsx => vec![(name(path), xlsx::write(review)?)],
            Format::Json => vec![(name(path), json::write(review)?)],
            Format::Csv => {
                let mut files = vec![(name(path), csv::write(&review.rows)?)];
                // What is not there must not take the place of what lies there.
                if review.has_left_out() {
                    files.push((name(&companion(path, "left-out")), csv::write(&review.left_out)?));
                }
                if review.has_facts() {
                    files.push((name(&companion(path, "request")), csv::write(&review.request)?));
                }
                files
            }
        })
    };
    files().map_err(|error| unwritable(&error))
}

/// A review that a format cannot hold.
pub(super) fn unwritable(error: &dyn std::fmt::Display) -> Failure {
    Failure::output("make the review", &std::io::Error::other(error.to_string()))
}
