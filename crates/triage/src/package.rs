//! The package to send: the review in every format, the request in Markdown, a manifest with hashes, and
//! all of it in one archive. The same review gives the same bytes.

use crate::{
    Profile, Review,
    check::{Kind, Verdict},
    format::{self, FormatError},
    request,
};
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// A file of the package.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct File {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A package cannot be made. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// A format cannot hold the review.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The archive cannot be made.
    #[error("make the archive")]
    Archive(#[from] ZipError),
    /// The archive cannot be filled.
    #[error("fill the archive")]
    Io(#[from] std::io::Error),
    /// The manifest cannot be made.
    #[error("make the manifest")]
    Manifest(#[from] serde_json::Error),
}

/// The files of the review, by name: `stem.xlsx`, `stem.json`, and a CSV file for each table.
///
/// # Errors
/// If a format cannot hold it.
pub fn files(review: &Review, stem: &str) -> Result<Vec<File>, FormatError> {
    let file = |name: String, bytes| File { name, bytes };
    Ok(vec![
        file(format!("{stem}.xlsx"), format::xlsx::write(review)?),
        file(format!("{stem}.json"), format::json::write(review)?),
        file(format!("{stem}.csv"), format::csv::write(&review.rows)?),
        file(format!("{stem}.left-out.csv"), format::csv::write(&review.left_out)?),
        file(format!("{stem}.request.csv"), format::csv::write(&review.request)?),
    ])
}

/// The package of a review that was checked: its files, the last of them the archive that holds the
/// others. What is wrong with it, if it is sent all the same, stands in request and manifest.
///
/// # Errors
/// If a format cannot hold the review, or there is no memory for the archive.
pub fn package(
    review: &Review,
    profile: &Profile,
    verdict: &Verdict,
    today: Date,
) -> Result<Vec<File>, PackageError> {
    let mut files = files(review, "review")?;
    let request = request::markdown(review, profile, verdict, today);
    files.push(File { name: "request.md".to_owned(), bytes: request.into_bytes() });
    files.push(File { name: "manifest.json".to_owned(), bytes: manifest(review, verdict, &files, today)? });
    let name = format!("{}.zip", name(review, verdict));
    files.push(File { name, bytes: archive(&files)? });
    Ok(files)
}

/// `scan-review-gitlab-ee-18.5.2`: letters, digits, dots and hyphens only.
fn name(review: &Review, verdict: &Verdict) -> String {
    let image = review.fact("image");
    let image = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let image = image.split(':').next().unwrap_or_default();
    let version =
        verdict.standing.as_ref().and_then(|standing| standing.version).map(|version| version.to_string());
    let parts = [Some("scan-review"), Some(image), version.as_deref()];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    parts.join("-").chars().map(safe).collect()
}

fn manifest(
    review: &Review,
    verdict: &Verdict,
    files: &[File],
    today: Date,
) -> Result<Vec<u8>, serde_json::Error> {
    let files: Vec<_> = files
        .iter()
        .map(|file| json!({"name": file.name, "bytes": file.bytes.len(), "sha256": sha256(&file.bytes)}))
        .collect();
    let by_kind = |kind: Kind| verdict.problems.iter().filter(|problem| problem.kind == kind).count();
    let manifest = json!({
        "scan_review": 1,
        "scanlift": env!("CARGO_PKG_VERSION"),
        "date": today.to_string(),
        "image": review.fact("image"),
        "profile": review.fact("profile"),
        "records": review.fact("records"),
        "rows": verdict.rows,
        "asked": review.decided("ask"),
        "left_out": review.left_out_count(),
        "is_complete": verdict.is_ready(),
        "problems": verdict.problems.len(),
        "image_in_scope": by_kind(Kind::Image) == 0,
        "files": files,
    });
    let mut text = serde_json::to_vec_pretty(&manifest)?;
    text.push(b'\n');
    Ok(text)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files in one archive, each of the same time and with the same rights.
fn archive(files: &[File]) -> Result<Vec<u8>, PackageError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        zip.start_file(&*file.name, options)?;
        zip.write_all(&file.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{answered, profile, review, verdict};
    use std::io::Read as _;

    fn made(review: &Review) -> Vec<File> {
        package(review, &profile(), &verdict(review), "2026-11-28".parse().expect("a day"))
            .expect("a package")
    }

    #[test]
    fn the_archive_holds_every_file_of_the_manifest() {
        let files = made(&answered());
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "review.xlsx",
                "review.json",
                "review.csv",
                "review.left-out.csv",
                "review.request.csv",
                "request.md",
                "manifest.json",
                "scan-review-gitlab-ee-19.6.0.zip",
            ]
        );
        let manifest: serde_json::Value = serde_json::from_slice(&files[6].bytes).expect("JSON");
        assert_eq!((&manifest["is_complete"], &manifest["asked"]), (&json!(true), &json!(2)));
        let mut zip = zip::ZipArchive::new(Cursor::new(&files[7].bytes)).expect("an archive");
        for (at, file) in files[..6].iter().enumerate() {
            assert_eq!(manifest["files"][at]["sha256"], sha256(&file.bytes));
            let mut bytes = Vec::new();
            zip.by_name(&file.name).expect("an entry").read_to_end(&mut bytes).expect("its bytes");
            assert_eq!(bytes, file.bytes);
        }
        assert_eq!(zip.len(), 7);
    }

    #[test]
    fn the_same_review_gives_the_same_package() {
        let (one, two) = (made(&answered()), made(&answered()));
        assert!(one.iter().zip(&two).all(|(one, two)| one.bytes == two.bytes));
    }

    #[test]
    fn what_is_missing_is_marked() {
        let files = made(&review());
        let manifest: serde_json::Value = serde_json::from_slice(&files[6].bytes).expect("JSON");
        assert_eq!((&manifest["is_complete"], &manifest["problems"]), (&json!(false), &json!(6)));
        let request = String::from_utf8_lossy(&files[5].bytes);
        assert!(request.contains("**Incomplete**"), "{request}");
    }
}
