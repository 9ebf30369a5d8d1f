//! Scan reviews that people have edited, in each of their formats.

use scanlift_triage::{
    Calendar, Profile, Review, Table, check,
    format::{csv, json, xlsx},
};
use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The first byte chooses the format. What was read is written again without loss, and can be checked.
pub(crate) fn triage(bytes: &[u8]) {
    let Some((format, document)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(document);
    let review = match format {
        b'c' => csv::read(&text).and_then(|rows| Review::of_tables(rows, None, None)),
        b'j' => json::read(&text),
        _ if document.starts_with(b"PK") => xlsx::read(document),
        _ => xlsx::read(&workbook(document)),
    };
    let Ok(review) = review else { return };
    let table = |table: &Table| {
        // What has no columns is no CSV file.
        let Ok(written) = csv::write(table) else { return };
        let again = csv::read(std::str::from_utf8(&written).expect("CSV is text")).expect("our own CSV");
        assert_eq!(&again, table, "through CSV");
    };
    [&review.rows, &review.left_out, &review.request].into_iter().for_each(table);
    let written = json::write(&review).expect("texts can be written");
    let again = json::read(std::str::from_utf8(&written).expect("JSON is text")).expect("our own JSON");
    assert_eq!(again, review, "through JSON");
    if let Ok(written) = xlsx::write(&review) {
        assert_eq!(xlsx::read(&written).expect("our own workbook"), review, "through XLSX");
    }
    let profile = Profile::of_image("gitlab/gitlab-ee").expect("a profile");
    let calendar = Calendar::builtin().expect("a calendar");
    let verdict = check(&review, &profile, &calendar, "2026-01-15".parse().expect("a date"));
    assert!(verdict.is_ready() == verdict.problems.is_empty());
}

/// A workbook of a sheet and shared strings, which a byte 0xFF parts: the fuzzer knows nothing of archives.
fn workbook(document: &[u8]) -> Vec<u8> {
    let mut parts = document.splitn(2, |byte| *byte == 0xff);
    let (sheet, strings) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("[Content_Types].xml", &include_bytes!("workbook/content-types.xml")[..]),
        ("xl/workbook.xml", include_bytes!("workbook/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", include_bytes!("workbook/workbook.rels.xml")),
        ("xl/styles.xml", include_bytes!("workbook/styles.xml")),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", strings),
    ] {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name, options).and_then(|()| Ok(archive.write_all(bytes)?)).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}
