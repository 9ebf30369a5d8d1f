//! Lifts logs of ClamAV (`clamscan`, `clamdscan`) into GitLab security findings.
//!
//! A record is a line that ends in `FOUND`: a signature that a file matches.
//! It leaves out: files that are clean, and the database that the signatures come from.
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//! use scanlift_convert_clamav::CONVERTER;
//!
//! let log = "/srv/a.bin: Win.Test.EICAR_HDB-1 FOUND\n\n----------- SCAN SUMMARY -----------\nInfected files: 1\n";
//! let mut sink = Collector::default();
//! CONVERTER.convert(&log, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["name"], "Win.Test.EICAR_HDB-1");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod lines;

use lines::Lines;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};

/// Reads logs of ClamAV.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clamav;

/// The converter.
pub static CONVERTER: Clamav = Clamav;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "clamav",
    name: "ClamAV",
    summary: "logs of clamscan and clamdscan: files that match a signature",
    versions: "0.9x to 1.4",
    kinds: &[Kind::Sast],
    url: "https://docs.clamav.net/manual/Usage/Scanning.html",
};

/// What stands before the counts of a scan.
const SUMMARY: &str = "SCAN SUMMARY";
/// What a file is said to be.
const VERDICTS: [&str; 7] =
    ["FOUND", "OK", "Empty file", "Excluded", "Symbolic link", "Not supported file type", "ERROR"];

impl Converter for Clamav {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// The summary stands at the end, where a long log shows only its files.
    fn sniff(&self, head: &[u8]) -> Match {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.lines().map(str::trim).filter(|line| !is_aside(line)).take(1000).peekable();
        if lines.peek().is_none_or(|first| first.starts_with(['{', '[', '<'])) {
            return Match::No;
        }
        let lines: Vec<&str> = lines.collect();
        // The last one may be cut off.
        let whole = lines.len().saturating_sub(1).max(1);
        let files = lines.iter().take(whole).filter(|line| verdict(line).is_some()).count();
        match () {
            () if lines.iter().any(|line| line.starts_with("---") && line.contains(SUMMARY)) => Match::Yes,
            () if files == whole && lines.iter().any(|line| line.ends_with(" FOUND")) => Match::Yes,
            () if files == whole => Match::Maybe,
            () => Match::No,
        }
    }

    /// The log is read twice: version and times stand at its end.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut messages, mut known) = (Messages::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        let mut lines = Lines::open(input)?;
        while let Some(line) = lines.next()? {
            let (line, field) = (line.trim(), line.split_once(':'));
            known |= line.contains(SUMMARY) || verdict(line).is_some();
            if line.ends_with(" ERROR") || line.starts_with("WARNING: ") {
                messages.push(MessageLevel::Warn, line);
            }
            match field.map(|(name, value)| (name.trim(), value.trim())) {
                Some(("Engine version", version)) => scan.version = Some(version.to_owned().into()),
                Some(("Start Date", date)) => scan.start_time = Some(time(date).into()),
                Some(("End Date", date)) => scan.end_time = Some(time(date).into()),
                _ => {}
            }
        }
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "files with their verdicts, or a SCAN SUMMARY",
                help: "write the log with clamscan --recursive --log=clamav.log",
            });
        }
        scan.vendor = Some("Cisco".into());
        scan.url = Some("https://www.clamav.net".into());
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut lines = Lines::open(input)?;
        while let Some(line) = lines.next()? {
            if let Some(("FOUND", rest)) = verdict(line.trim()) {
                Record::begin(sink).spend(map_found(rest))?;
            }
        }
        Ok(())
    }
}

/// Whether a line tells nothing of files: the rule above a log, progress, what the library warns of.
fn is_aside(line: &str) -> bool {
    const ASIDES: [&str; 5] = ["LibClamAV ", "WARNING: ", "Loading: ", "Compiling: ", "Scanning "];
    line.bytes().all(|b| b == b'-') || ASIDES.iter().any(|aside| line.starts_with(aside))
}

/// What a line says of a file, and what stands before it.
fn verdict(line: &str) -> Option<(&'static str, &str)> {
    VERDICTS.iter().find_map(|verdict| {
        let rest = line.strip_suffix(verdict)?;
        let fits = rest.ends_with(": ") || (matches!(*verdict, "FOUND" | "ERROR") && rest.ends_with(' '));
        (fits && rest.contains(": ")).then_some((*verdict, rest.trim_end()))
    })
}

/// `/srv/a.bin: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68)`.
fn map_found(found: &str) -> Outcome<'_> {
    let (file, signature) = found.rsplit_once(": ").unwrap_or(("", found));
    let file = without_time(file);
    let (name, hash) = match signature.split_once('(') {
        Some((name, rest)) => (name, rest.trim_end_matches(')')),
        None => (signature, ""),
    };
    let mut issue = Issue::new("clamav_signature", name);
    issue.title = Some(name.into());
    issue.message = Some(format!("The file matches the signature {name}.").into());
    issue.solution =
        Some("Find out where the file comes from, and remove it; what it ran on may be compromised.".into());
    issue.rating = Some(severity(name));
    issue.weaknesses.push(506);
    let Some(mut finding) = issue.into_finding(Location::Sast(code::lines(file, None, None))) else {
        return Outcome::skip(SkipReason::Unsupported, "a line without a signature", file);
    };
    finding.vulnerability.details.text("hash", "Hash and size", hash);
    Outcome::finding(finding)
}

/// A path without the time that a log of clamd has before it: `Mon May  3 10:00:00 2021 -> /srv/a`.
fn without_time(file: &str) -> &str {
    let is_time = |text: &str| text.len() == 24 && text.bytes().skip(20).all(|b| b.is_ascii_digit());
    file.split_once(" -> ").filter(|(before, _)| is_time(before)).map_or(file, |(_, path)| path)
}

/// What may be unwanted or only looks like it is no malware for sure (`PUA.`, `Heuristics.`).
fn severity(signature: &str) -> Severity {
    let begins = |prefix: &str| signature.starts_with(prefix);
    if begins("PUA.") {
        Severity::Medium
    } else if begins("Heuristics.") {
        Severity::High
    } else {
        Severity::Critical
    }
}

/// `2026:07:31 18:41:55` with dashes in the date.
fn time(text: &str) -> String {
    let (date, clock) = text.split_once(' ').unwrap_or((text, ""));
    format!("{} {clock}", date.replace(':', "-")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_verdicts() {
        for (line, want) in [
            ("/a/b: Eicar-Test-Signature FOUND", Some("FOUND")),
            ("/a: b: OK", Some("OK")),
            ("/a: Access denied ERROR", Some("ERROR")),
            ("/a: Empty file", Some("Empty file")),
            ("Infected files: 1", None),
            ("FOUND", None),
            ("something: not FOUND here", None),
        ] {
            assert_eq!(verdict(line).map(|(verdict, _)| verdict), want, "{line}");
        }
        for (file, want) in [
            ("Mon May  3 10:00:00 2021 -> /srv/a", "/srv/a"),
            ("/srv/a -> b", "/srv/a -> b"),
            ("/srv/a", "/srv/a"),
        ] {
            assert_eq!(without_time(file), want);
        }
        assert_eq!(time("2026:07:31 18:41:55"), "2026-07-31 18:41:55");
    }

    #[test]
    fn logs_are_told_from_other_texts() {
        for (head, want) in [
            ("/a: X FOUND\n/b: OK\n", Match::Yes),
            ("/b: OK\n/c: OK\n", Match::Maybe),
            ("\n----------- SCAN SUMMARY -----------\nKnown viruses: 3\n", Match::Yes),
            ("\n--------\n\nLibClamAV Warning: old\nScanning /a\n/a: X FOUND\n/b: OK\n", Match::Yes),
            ("all is OK\n", Match::No),
            ("{\"a\": \"b: x FOUND\"}", Match::No),
            ("", Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
