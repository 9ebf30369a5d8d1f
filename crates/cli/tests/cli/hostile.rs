//! Inputs made to harm: they are refused with exit code 3, in little memory and time, and leave nothing behind.

use crate::support::Place;
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write as _;

/// A zip archive of one entry: its name, whether it is deflated, and its bytes.
fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(bytes).unwrap();
    let packed = deflated.finish().unwrap();
    let le = |number: usize, size: usize| number.to_le_bytes()[..size].to_vec();
    // Version, flags, method (deflate), time and date, checksum, sizes, lengths of name and extra field.
    let facts = [
        le(20, 2),
        le(0, 2),
        le(8, 2),
        le(0, 4),
        crc.sum().to_le_bytes().to_vec(),
        le(packed.len(), 4),
        le(bytes.len(), 4),
        le(name.len(), 2),
        le(0, 2),
    ]
    .concat();
    let local = [b"PK\x03\x04".to_vec(), facts.clone(), name.into(), packed].concat();
    let central = [b"PK\x01\x02".to_vec(), le(20, 2), facts, vec![0; 14], name.into()].concat();
    let end = [le(0, 4), le(1, 2), le(1, 2), le(central.len(), 4), le(local.len(), 4), le(0, 2)].concat();
    [local, central, b"PK\x05\x06".to_vec(), end].concat()
}

#[test]
fn hostile_xml_is_refused() {
    let zap = |inside: &str| format!("<OWASPZAPReport version=\"2.14.0\">{inside}</OWASPZAPReport>");
    let bomb: String = (1..30).map(|n| format!("<!ENTITY e{n} \"&e{0};&e{0};\">", n - 1)).collect();
    for (name, document, part) in [
        (
            "bomb.xml",
            format!("<!DOCTYPE r [<!ENTITY e0 \"ha\">{bomb}]>{}", zap("<site name=\"&e29;\">&e29;</site>")),
            "declares entities",
        ),
        (
            "external.xml",
            format!("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}", zap("<site>&x;</site>")),
            "declares entities",
        ),
        ("deep.xml", zap(&"<site>".repeat(100_000)), "deep"),
        (
            "attributes.xml",
            zap(&format!("<site {}/>", "a='b' ".repeat(12 * 1024 * 1024))),
            "more than 64 MiB",
        ),
    ] {
        let place = Place::with(&[(name, &document)]);
        place
            .run_within_memory(&["convert", name, "--from", "zap-xml", "-o", "out/"])
            .fails(3, &[name, part]);
        assert!(!place.path("out").exists(), "{name}");
    }
}

#[test]
fn hostile_json_is_refused() {
    for (name, document) in [
        ("deep.json", format!("{{\"issue_events\": {}", "[".repeat(100_000))),
        ("long.json", format!("{{\"issue_events\": [{{\"type\": \"{}\"}}]}}", "x".repeat(70 * 1024 * 1024))),
    ] {
        let place = Place::with(&[(name, &document)]);
        let said = place.run_within_memory(&["convert", name, "--from", "burp-json", "-o", "out/"]);
        if name == "deep.json" {
            said.fails(3, &[name]);
        } else {
            // One record that is too large costs that record.
            said.succeeds();
        }
    }
}

#[test]
fn hostile_archives_are_refused() {
    let place = Place::with(&[]);
    place.write("bomb.fpr", &zip("audit.fvdl", &vec![b' '; 300 * 1024 * 1024]));
    place.run_within_memory(&["convert", "bomb.fpr", "-o", "out/"]).fails(3, &["bomb.fpr"]);
    place.write("cut.fpr", &zip("audit.fvdl", b"<FVDL/>")[..60]);
    place.run(&["convert", "cut.fpr", "-o", "out/"]).fails(3, &["cut.fpr"]);
    let fvdl = b"<FVDL xmlns=\"xmlns://www.fortifysoftware.com/schema/fvdl\"><Vulnerabilities/></FVDL>";
    let whole = zip("audit.fvdl", fvdl);
    let directory = whole.windows(4).position(|at| at == b"PK\x01\x02").unwrap();
    // Where the directory has them: the checksum, a flag for encryption, the compression, the place of the entry.
    for (name, at, part) in [
        ("checksum.fpr", 16, "does not match its checksum"),
        ("encrypted.fpr", 8, "zip archive"),
        ("packed.fpr", 10, "zip archive"),
        ("place.fpr", 42, "is damaged"),
    ] {
        let mut bytes = whole.clone();
        bytes[directory + at] ^= 1;
        place.write(name, &bytes);
        place.run(&["convert", name, "-o", "out/"]).fails(3, &[name, part]);
    }
    assert!(!place.path("out").exists());
}

#[test]
fn names_in_archives_lead_nowhere() {
    let fvdl = b"<FVDL xmlns=\"xmlns://www.fortifysoftware.com/schema/fvdl\"><Vulnerabilities/></FVDL>";
    let place = Place::with(&[]);
    for name in ["../../escape.fvdl", "/tmp/escape.fvdl", "C:\\escape.fvdl"] {
        place.write("in/a.fpr", &zip(name, fvdl));
        place.run(&["convert", "in/a.fpr", "-o", "out/"]).succeeds();
        assert_eq!(place.list(), ["in", "in/a.fpr", "out", "out/gl-sast-report.json"], "{name}");
    }
}
