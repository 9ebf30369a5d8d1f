//! Zip archives as they should be, as they happen to be, and as nobody should make them.

use super::{TEXT, TestResult, read, source};
use flate2::{Compression, Crc, write::DeflateEncoder};
use scanlift_convert_api::Input;
use scanlift_input::{Limits, sniff_container};
use std::io::{Read, Write};

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An entry as the archive tells of it, which need not be the truth.
#[derive(Clone)]
struct Entry {
    name: String,
    method: u16,
    flags: u16,
    packed: Vec<u8>,
    checksum: u32,
    size: u64,
    /// Sizes stand behind the bytes, as they do where an archive is written in one go.
    streamed: bool,
    /// Sizes and place stand in the extra field of zip64.
    large: bool,
    /// What is added to the sizes and the place in the directory.
    lie: [i64; 2],
}

impl Entry {
    fn new(name: &str, method: u16, bytes: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        let packed = if method == DEFLATED {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(bytes).expect("compress into memory");
            encoder.finish().expect("compress into memory")
        } else {
            bytes.to_vec()
        };
        let (checksum, size) = (crc.sum(), bytes.len() as u64);
        Self {
            name: name.to_owned(),
            method,
            flags: 0,
            packed,
            checksum,
            size,
            streamed: false,
            large: false,
            lie: [0, 0],
        }
    }

    /// Version, flags, method, time and date, checksum, sizes, lengths of the name and the extra field.
    fn facts(&self, sizes: [u64; 2], checksum: u32, extra: u16) -> Vec<u8> {
        let flags = self.flags | if self.streamed { 8 } else { 0 };
        let sizes = sizes.map(|size| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        let mut out = words(&[45, flags, self.method, 0, 0]);
        out.extend(checksum.to_le_bytes());
        out.extend(sizes.concat());
        out.extend(words(&[self.name.len() as u16, extra]));
        out
    }

    fn local(&self) -> Vec<u8> {
        let sizes = [self.packed.len() as u64, self.size];
        let (sizes, checksum) = if self.streamed { ([0, 0], 0) } else { (sizes, self.checksum) };
        let mut out = b"PK\x03\x04".to_vec();
        out.extend(self.facts(sizes, checksum, 0));
        out.extend(self.name.as_bytes());
        out.extend(&self.packed);
        if self.streamed {
            out.extend(b"PK\x07\x08");
            out.extend(self.checksum.to_le_bytes());
            out.extend((self.packed.len() as u32).to_le_bytes());
            out.extend((self.size as u32).to_le_bytes());
        }
        out
    }

    fn central(&self, place: u64) -> Vec<u8> {
        let told = |number: u64, lie: i64| number.saturating_add_signed(lie);
        let sizes = [told(self.packed.len() as u64, self.lie[0]), self.size];
        let place = told(place, self.lie[1]);
        let mut extra = Vec::new();
        if self.large {
            extra.extend([1, 0, 24, 0]);
            extra.extend([sizes[1], sizes[0], place].map(u64::to_le_bytes).concat());
        }
        let narrow = |number: u64| if self.large { u64::from(u32::MAX) } else { number };
        let mut out = b"PK\x01\x02\x2D\0".to_vec();
        out.extend(self.facts(sizes.map(narrow), self.checksum, extra.len() as u16));
        out.extend([0; 10]);
        out.extend((narrow(place) as u32).to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(extra);
        out
    }
}

fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        directory.extend(entry.central(out.len() as u64));
        out.extend(entry.local());
    }
    let place = out.len() as u32;
    let length = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([entries.len() as u16; 2].map(u16::to_le_bytes).concat());
    out.extend(length.to_le_bytes());
    out.extend(place.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn one(change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut entry = Entry::new("report.xml", DEFLATED, TEXT.as_bytes());
    change(&mut entry);
    zip(&[entry])
}

#[test]
fn the_report_in_an_archive_is_read() -> TestResult {
    let report = |name| Entry::new(name, DEFLATED, TEXT.as_bytes());
    let other = |name| Entry::new(name, STORED, b"other");
    for (what, bytes) in [
        ("deflated", one(|_| {})),
        ("stored", zip(&[Entry::new("report.xml", STORED, TEXT.as_bytes())])),
        ("written in one go", one(|entry| entry.streamed = true)),
        ("zip64", one(|entry| entry.large = true)),
        ("zip64, written in one go", one(|entry| (entry.large, entry.streamed) = (true, true))),
        ("with a folder", zip(&[Entry::new("folder/", STORED, b""), report("folder/report.xml")])),
        ("an FPR", zip(&[other("audit.xml"), report("audit.fvdl"), other("src-archive/a")])),
        ("one of many kinds", zip(&[Entry { method: 12, ..other("a.bz2") }, report("report.xml")])),
        ("beside one that is encrypted", zip(&[Entry { flags: 1, ..other("secret") }, report("report.xml")])),
        ("with bytes before it", [b"#!/bin/sh\n".to_vec(), one(|_| {})].concat()),
    ] {
        let got = read(&source(&bytes)).map_err(|error| format!("{what}: {error}"))?;
        // What begins with something else is no archive, and passed through.
        let is_archive = bytes.starts_with(b"PK");
        assert_eq!(got == TEXT.as_bytes(), is_archive, "{what}");
    }
    let fpr = zip(&[other("audit.xml"), report("audit.fvdl")]);
    let fpr = source(&fpr);
    let mut part = String::new();
    fpr.part("audit.xml")?.ok_or("no such part")?.read_to_string(&mut part)?;
    assert_eq!(part, "other");
    assert!(fpr.part("../audit.xml")?.is_none());
    Ok(())
}

/// No name of an entry is a path: what is in the archive comes out of the stream and nowhere else.
#[test]
fn names_are_only_names() -> TestResult {
    for name in ["../../etc/cron.d/x", "/etc/passwd", "C:\\x", "\\\\host\\share", "a\0b", ".", "aux", ""] {
        let bytes = zip(&[Entry::new(name, DEFLATED, TEXT.as_bytes())]);
        assert_eq!(read(&source(&bytes))?, TEXT.as_bytes(), "{name:?}");
    }
    Ok(())
}

#[test]
fn files_of_an_archive_are_read_one_by_one() -> TestResult {
    let other = |name| Entry::new(name, STORED, b"other");
    let report = Entry::new("reports/a.xml", DEFLATED, TEXT.as_bytes());
    let bytes = zip(&[other("b.json"), report.clone(), Entry { flags: 1, ..other("secret") }]);
    let archive = source(&bytes);
    let files = archive.archived()?;
    let names: Vec<_> = files.iter().map(|(path, file)| (path.as_str(), file.name())).collect();
    assert_eq!(names, [("b.json", Some("b.json")), ("reports/a.xml", Some("a.xml"))]);
    let texts = files.iter().map(|(_, file)| read(file)).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(texts, [b"other".to_vec(), TEXT.into()]);
    assert_eq!(read(&files[1].1.within(&(1..7)))?, TEXT.as_bytes()[1..7]);
    assert_eq!(files[1].1.sha256()?, archive.sha256()?);
    assert!(files[1].1.archived()?.is_empty());
    // What is one report, or no archive.
    for bytes in [zip(std::slice::from_ref(&report)), zip(&[other("audit.fvdl"), report]), TEXT.into()] {
        assert!(source(&bytes).archived()?.is_empty());
    }
    // An entry that is said to be the one before it.
    let large = Entry::new("a", STORED, &[b'x'; 4000]);
    let again = Entry { lie: [3999, -(large.local().len() as i64)], ..Entry::new("b", STORED, b"x") };
    let error = source(&zip(&[large, again])).archived().expect_err("they overlap").to_string();
    assert!(error.contains("is damaged"), "{error}");
    Ok(())
}

/// An archive in which there is no one report is what it is, and people are told so.
#[test]
fn other_archives_are_told_as_such() -> TestResult {
    let entry = |name| Entry::new(name, DEFLATED, TEXT.as_bytes());
    for (what, bytes) in [
        ("two reports", zip(&[entry("a.xml"), entry("b.xml")])),
        ("encrypted", one(|entry| entry.flags = 1)),
        ("of another compression", one(|entry| entry.method = 12)),
        ("only folders", zip(&[Entry::new("a/", STORED, b""), Entry::new("b/", STORED, b"")])),
        ("without entries", zip(&[])),
        ("in an archive", zip(&[Entry::new("inner.zip", STORED, &one(|_| {}))])),
    ] {
        assert_eq!(sniff_container(&source(&bytes).head()?), Some("zip archive"), "{what}");
    }
    Ok(())
}

#[test]
fn broken_archives_are_refused() {
    let whole = one(|_| {});
    let many: Vec<Entry> = (0..10_001).map(|at| Entry::new(&at.to_string(), STORED, b"")).collect();
    for (what, bytes, want) in [
        ("cut off", whole[..whole.len() - 30].to_vec(), "is damaged"),
        ("only its beginning", whole[..20].to_vec(), "is damaged"),
        ("another checksum", one(|entry| entry.checksum ^= 1), "does not match its checksum"),
        (
            "another checksum, stored",
            zip(&[Entry { checksum: 7, ..Entry::new("a", STORED, b"x") }]),
            "\"a\" does not match",
        ),
        ("too short", one(|entry| entry.lie = [-5, 0]), "cut off"),
        ("an entry elsewhere", one(|entry| entry.lie = [0, 10]), "is damaged"),
        ("an entry behind the end", one(|entry| entry.lie = [0, 1 << 30]), "is damaged"),
        ("no deflate", one(|entry| entry.packed = vec![0xFF; 40]), "damaged"),
        ("too many entries", zip(&many), "more than 10000 entries"),
    ] {
        let error = read(&source(&bytes)).expect_err(what).to_string();
        assert!(error.contains(want), "{what}: {error}");
    }
}

#[test]
fn bombs_in_archives_are_stopped() {
    let zeros = vec![b' '; 3 << 20];
    let mut limits = Limits::default();
    (limits.ratio, limits.ratio_from) = (100, 1 << 20);
    let bomb = zip(&[Entry::new("report.xml", DEFLATED, &zeros)]);
    let error = read(&source(&bomb).with_limits(limits)).expect_err("too dense").to_string();
    assert!(error.contains("bomb"), "{error}");
    let mut limits = Limits::default();
    limits.decompressed = 1 << 20;
    let error = read(&source(&bomb).with_limits(limits)).expect_err("too large").to_string();
    assert!(error.contains("limit on decompressed size"), "{error}");
    // Entries that share their bytes swell no more than one of them.
    let entry = Entry::new("report.xml", DEFLATED, TEXT.as_bytes());
    let shared = vec![entry.clone(), Entry { name: "audit.fvdl".to_owned(), ..entry }];
    assert!(read(&source(&zip(&shared))).is_ok());
}

/// Whatever is done to one byte: no panic, and what is read to its end is what was put in, unless the
/// archive is no longer taken for one.
#[test]
fn no_byte_of_an_archive_can_be_changed_unnoticed() {
    let whole = one(|_| {});
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            if let Ok(got) = read(&source(&bytes)) {
                assert!(got == TEXT.as_bytes() || got == bytes, "byte {at}, {change:#x}");
            }
        }
        let _ = read(&source(&whole[..at]));
    }
}
