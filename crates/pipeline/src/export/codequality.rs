//! Code Quality: the subset of Code Climate's format that GitLab reads (GitLab's documentation,
//! `ci/testing/code_quality.md`), for all tiers.
//!
//! An array of issues. GitLab stops at the first one that lacks a field, so every field is always
//! there; it shows issues of one `fingerprint` once, and follows an issue by it.

use super::{Account, Format, Made, Source, begin, end};
use crate::Settings;
use data_encoding::HEXLOWER;
use memchr::memmem;
use scanlift_report_core::{Kind, Location, Severity, Vulnerability};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write as _},
};

/// The name that GitLab's documentation uses.
const FILE_NAME: &str = "gl-code-quality-report.json";

/// An issue. What is behind `location` GitLab ignores, and other readers of the format show.
#[derive(Debug, Serialize)]
struct Issue<'v> {
    #[serde(rename = "type")]
    kind: &'static str,
    description: Cow<'v, str>,
    check_name: &'v str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'v>,
    categories: [&'static str; 1],
    engine_name: &'v str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'v>>,
}

#[derive(Debug, Serialize)]
struct Place<'v> {
    path: &'v str,
    lines: Lines,
}

/// 1-based; 0 would link to nothing.
#[derive(Debug, Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

/// In Markdown.
#[derive(Debug, Serialize)]
struct Content<'v> {
    body: Cow<'v, str>,
}

/// Why a finding is no issue: without a file there is nothing to link to.
pub(super) fn refuses(vulnerability: &Vulnerability<'_>) -> Option<&'static str> {
    if vulnerability.location.file().is_some_and(|file| !file.trim().is_empty()) {
        return None;
    }
    Some(match vulnerability.kind() {
        Kind::ContainerScanning | Kind::ClusterImageScanning => {
            "codequality: it is in an image, not in a file of the repository"
        }
        Kind::Dast | Kind::ApiFuzzing => {
            "codequality: it is in a running application, not in a file of the repository"
        }
        _ => "codequality: the source names no file",
    })
}

/// Whether the first bytes are those of a file that is written here: by the order of an issue's fields.
pub(super) fn wrote(head: &[u8]) -> bool {
    head.starts_with(
        br#"[
{"type":"issue","description":"#,
    ) && memmem::find(head, br#","categories":["Security"],"engine_name":"#).is_some()
}

/// Writes one file with the issues of all scanners.
pub(super) fn write(sources: &[Source<'_>], settings: &Settings) -> io::Result<Made> {
    let mut out = begin(&settings.temp_dir)?;
    let mut account = Account::default();
    let mut fingerprints = Fingerprints::default();
    let mut separator = "[\n";
    for source in sources {
        account.add_scanner(source.scanner);
        source.each(&mut |vulnerability| {
            if let Some(why) = refuses(&vulnerability) {
                account.skip(why, &vulnerability);
                return Ok(());
            }
            account.count(&vulnerability);
            let fingerprint = fingerprints.of(source, &vulnerability);
            out.write_all(separator.as_bytes())?;
            separator = ",\n";
            Ok(serde_json::to_writer(&mut out, &issue(source, &vulnerability, fingerprint))?)
        })?;
    }
    out.write_all(if separator == "[\n" { b"[]\n" } else { b"\n]\n" })?;
    Ok(vec![end(out, FILE_NAME.to_owned(), Format::CodeQuality, account)?])
}

fn issue<'v>(source: &'v Source<'_>, vulnerability: &'v Vulnerability<'_>, fingerprint: String) -> Issue<'v> {
    let lines = vulnerability.location.source();
    let begin = lines.and_then(|lines| lines.start_line).unwrap_or(1).max(1);
    let end = lines.and_then(|lines| lines.end_line).unwrap_or(begin).max(begin);
    Issue {
        kind: "issue",
        description: description(vulnerability),
        check_name: &vulnerability.identifiers.primary().value,
        fingerprint,
        severity: severity(vulnerability.severity.unwrap_or(Severity::Unknown)),
        location: Place {
            path: vulnerability.location.file().map_or("", |file| file.as_ref()),
            lines: Lines { begin, end },
        },
        categories: ["Security"],
        engine_name: &source.scanner.name,
        content: content(vulnerability),
    }
}

/// What it is, in a line; for a package also which, since its file says that of none.
fn description<'v>(vulnerability: &'v Vulnerability<'_>) -> Cow<'v, str> {
    let said = vulnerability.description.as_deref().and_then(|text| text.lines().next());
    let name =
        vulnerability.name.as_deref().or(said).unwrap_or_else(|| &vulnerability.identifiers.primary().name);
    let Location::DependencyScanning(location) = &vulnerability.location else {
        return Cow::Borrowed(name);
    };
    let dependency = &location.dependency;
    if name.contains(&*dependency.package.name) {
        return Cow::Borrowed(name);
    }
    let of = format!("{name} in {} {}", dependency.package.name, dependency.version);
    Cow::Owned(of.trim_end().to_owned())
}

fn content<'v>(vulnerability: &'v Vulnerability<'_>) -> Option<Content<'v>> {
    let body = match (vulnerability.description.as_deref(), vulnerability.solution.as_deref()) {
        (None, None) => return None,
        (Some(text), None) | (None, Some(text)) => Cow::Borrowed(text),
        (Some(text), Some(solution)) => Cow::Owned([text, "\n\n", solution].concat()),
    };
    Some(Content { body })
}

/// GitLab defines no mapping; this one keeps the order, and is documented.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info | Severity::Unknown => "info",
    }
}

/// Fingerprints that are unique, and stay the same while lines move.
#[derive(Debug, Default)]
struct Fingerprints {
    /// How often a fingerprint without its occurrence was met, by its first 16 bytes.
    seen: HashMap<u128, u64>,
}

impl Fingerprints {
    /// Over scanner, file, rule, and what the tracking signature is made of (the text of the line
    /// and which of several equal lines it is, or the scanner's own fingerprint); over line numbers
    /// only where there is no signature, since the source is not there. Of what is still equal, the
    /// second and later ones have their number in it.
    fn of(&mut self, source: &Source<'_>, vulnerability: &Vulnerability<'_>) -> String {
        let primary = vulnerability.identifiers.primary();
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update(text.as_bytes());
            hash.update([0x1f]);
        };
        part(&source.scanner.id);
        part(source.kind.as_str());
        part(vulnerability.location.file().map_or("", |file| file.as_ref()));
        part(&primary.kind);
        part(&primary.value);
        match (&vulnerability.tracking, &vulnerability.location) {
            (_, Location::DependencyScanning(location)) => part(&location.dependency.package.name),
            (Some(tracking), _) => {
                let signatures = tracking.items.iter().flat_map(|item| &item.signatures);
                signatures.for_each(|signature| part(&signature.value));
            }
            (None, location) => {
                let (start, end) = location.source().and_then(|source| source.range()).unwrap_or_default();
                part(&format!("{start}-{end}"));
            }
        }
        let digest = hash.finalize();
        let key = digest.iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte));
        let occurrence = self.seen.entry(key).or_default();
        *occurrence += 1;
        if *occurrence == 1 {
            return HEXLOWER.encode(&digest);
        }
        HEXLOWER.encode(&Sha256::new().chain_update(digest).chain_update(occurrence.to_le_bytes()).finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::ScannerReceipt;
    use scanlift_report_core::{
        Dependency, DependencyLocation, Identifier, ImageLocation, Name, SourceLocation, Tracking,
    };

    fn at(location: Location<'static>) -> Vulnerability<'static> {
        Vulnerability::new(Identifier::new("r", "R", "R").expect("parts are filled"), location)
    }

    fn lines(start: u64, end: u64) -> Vulnerability<'static> {
        at(Location::Sast(SourceLocation::lines("a.c", start, end)))
    }

    fn package(name: &'static str) -> Vulnerability<'static> {
        let dependency = Dependency::new(name, "1.0");
        at(Location::DependencyScanning(DependencyLocation::new("package-lock.json", dependency)))
    }

    #[test]
    fn severities_keep_their_order() {
        let spelled = Severity::WORST_FIRST.map(severity);
        assert_eq!(spelled, ["blocker", "critical", "major", "minor", "info", "info"]);
    }

    #[test]
    fn only_what_has_a_file_is_an_issue() {
        let image = ImageLocation::new("app:1", "debian:12", Dependency::new("bash", "5"));
        for (vulnerability, wanted) in [
            (lines(1, 1), true),
            (package("lodash"), true),
            (at(Location::Sast(SourceLocation::default())), false),
            (at(Location::ContainerScanning(image)), false),
        ] {
            assert_eq!(refuses(&vulnerability).is_none(), wanted, "{vulnerability:?}");
        }
    }

    #[test]
    fn fingerprints_move_with_their_lines_and_are_unique() -> io::Result<()> {
        let scanner = ScannerReceipt { id: "acme".into(), ..ScannerReceipt::default() };
        let file = tempfile::tempfile()?;
        let source = Source::of(Kind::Sast, &scanner, &file);
        let all = |all: &[Vulnerability<'_>]| -> Vec<String> {
            let mut fingerprints = Fingerprints::default();
            all.iter().map(|one| fingerprints.of(&source, one)).collect()
        };
        let tracked = |line: u64, value: &'static str| {
            let mut one = lines(line, line);
            one.tracking = Some(Tracking::hash(None, None, value));
            one
        };
        let before = all(&[tracked(3, "x"), tracked(9, "y"), lines(4, 4), lines(5, 5), lines(5, 5)]);
        let unique: std::collections::HashSet<_> = before.iter().collect();
        assert_eq!(unique.len(), before.len());
        assert!(before.iter().all(|fingerprint| fingerprint.len() == 64));
        assert_eq!(all(&[tracked(13, "x"), tracked(19, "y")]), before[..2]);
        assert_ne!(all(&[package("a")]), all(&[package("b")]));
        Ok(())
    }

    #[test]
    fn issues_say_which_package_and_never_line_0() -> io::Result<()> {
        let scanner = ScannerReceipt { name: "Acme".into(), ..ScannerReceipt::default() };
        let file = tempfile::tempfile()?;
        let source = Source::of(Kind::Sast, &scanner, &file);
        let mut named = package("lodash");
        named.name = Name::new("Prototype pollution");
        for (vulnerability, description, begin, end) in [
            (&named, "Prototype pollution in lodash 1.0", 1, 1),
            (&package("lodash"), "R in lodash 1.0", 1, 1),
            (&at(Location::Sast(SourceLocation::file("a.c"))), "R", 1, 1),
            (&lines(3, 5), "R", 3, 5),
        ] {
            let issue = issue(&source, vulnerability, String::new());
            assert_eq!(issue.description, description);
            assert_eq!((issue.location.lines.begin, issue.location.lines.end), (begin, end));
        }
        Ok(())
    }
}
