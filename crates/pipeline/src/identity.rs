//! Settles what GitLab tells findings apart by, so that triage survives the next scan: a specific
//! primary identifier, the useful identifiers first, a last line where there is a first one, and a tracking
//! signature that moves with the code.

mod source;

pub(crate) use source::Sources;

use data_encoding::HEXLOWER;
use scanlift_convert_api::{Finding, Fingerprint, advisory};
use scanlift_report_core::{
    Detail, Details, Identifier, Identifiers, Kind, Location, SourceLocation, Text, Tracking, Vulnerability,
};
use sha2::{Digest, Sha256};

/// Settles the identity of a finding of that scanner. What GitLab knows already stays what it is called, and
/// where it is.
pub(crate) fn settle(finding: &mut Finding<'_>, scanner_id: &str, sources: &mut Sources) {
    let vulnerability = &mut finding.vulnerability;
    if finding.known_as.is_none() {
        specific_primary(vulnerability, scanner_id);
        complete_location(&mut vulnerability.location);
    }
    useful_first(vulnerability);
    if vulnerability.tracking.is_none() {
        vulnerability.tracking = tracking(vulnerability, &finding.fingerprints, &finding.secrets, sources);
    }
}

/// A class of weaknesses is no identity: every finding of it at one place would be the same.
fn specific_primary(vulnerability: &mut Vulnerability<'_>, scanner_id: &str) {
    if !is_class(vulnerability.identifiers.primary())
        || vulnerability.identifiers.promote(|known| !is_class(known))
    {
        return;
    }
    let name = vulnerability.name.as_ref().map_or_else(
        || vulnerability.identifiers.primary().name.to_string(),
        |name| name.as_str().to_owned(),
    );
    if let Some(primary) = Identifier::new(format!("{scanner_id}_rule_name"), name.clone(), name) {
        vulnerability.identifiers.prepend(primary);
    }
}

/// Whether an identifier names a class of weaknesses and not a rule or an advisory.
#[must_use]
pub(crate) fn is_class(identifier: &Identifier<'_>) -> bool {
    ["cwe", "wasc", "owasp", "tag"].iter().any(|class| identifier.kind.eq_ignore_ascii_case(class))
}

/// Whether an identifier names a single published vulnerability: two findings that share it at one
/// place are the same vulnerability.
#[must_use]
pub(crate) fn is_advisory(identifier: &Identifier<'_>) -> bool {
    advisory::is_single(&identifier.kind)
}

/// GitLab stores the first twenty: advisories, then CWE, then OWASP, then the rest. What is over
/// goes to `details`.
fn useful_first(vulnerability: &mut Vulnerability<'_>) {
    if vulnerability.identifiers.len() > 2 {
        vulnerability.identifiers.sort_rest_by_key(|identifier| match () {
            () if is_advisory(identifier) => 0,
            () if identifier.kind == "cwe" => 1,
            () if is_class(identifier) => 2,
            () => 3,
        });
    }
    if vulnerability.identifiers.len() > Identifiers::MAX {
        let items = vulnerability.identifiers.take_overflow();
        keep_in_details(&mut vulnerability.details, items);
    }
}

/// The field that lists what cannot be an identifier.
const FURTHER: &str = "further_identifiers";

/// Shows identifiers that cannot be identifiers, behind those that are shown already.
pub(crate) fn keep_in_details<'a>(details: &mut Details<'a>, identifiers: Vec<Identifier<'a>>) {
    if identifiers.is_empty() {
        return;
    }
    let shown = identifiers.into_iter().map(|identifier| match identifier.url {
        Some(href) => Detail::Url { text: Some(identifier.name), href },
        None => Detail::Text { value: identifier.name },
    });
    match details.get_mut(FURTHER) {
        Some(Detail::List { items }) if !items.is_empty() => items.extend(shown),
        // Somebody else's.
        Some(_) => {}
        None => details.insert(FURTHER, "Further identifiers", Detail::List { items: shown.collect() }),
    }
}

/// Takes the last ones out again that [`keep_in_details`] shows, so many as they were.
pub(crate) fn drop_from_details(details: &mut Details<'_>, count: usize) {
    let Some(Detail::List { items }) = details.get_mut(FURTHER) else { return };
    let Some(left) = items.len().checked_sub(count) else { return };
    items.truncate(left);
    if left == 0 {
        details.remove(FURTHER);
    }
}

fn complete_location(location: &mut Location<'_>) {
    match location {
        Location::Sast(source) => complete_lines(source),
        Location::SecretDetection(secret) => complete_lines(&mut secret.source),
        _ => {}
    }
}

/// Lines are 1-based, and the last one is never before the first.
fn complete_lines(source: &mut SourceLocation<'_>) {
    source.start_line = source.start_line.or(source.end_line).filter(|line| *line > 0);
    source.end_line = source.start_line.map(|start| source.end_line.unwrap_or(start).max(start));
}

/// A signature of what stays the same while the finding does: a fingerprint of the scanner that
/// can be trusted, else the line's own text; for findings in source code only.
fn tracking<'a>(
    vulnerability: &Vulnerability<'a>,
    fingerprints: &[Fingerprint<'a>],
    secrets: &[Text<'_>],
    sources: &mut Sources,
) -> Option<Tracking<'a>> {
    if !matches!(vulnerability.kind(), Kind::Sast | Kind::SecretDetection) {
        return None;
    }
    let source = vulnerability.location.source()?;
    let file = source.file.as_ref()?;
    let rule = &vulnerability.identifiers.primary().value;
    let usable = |fingerprint: &&Fingerprint<'_>| {
        is_trustworthy(fingerprint) && !secrets.iter().any(|secret| fingerprint.value.contains(secret.trim()))
    };
    let value = match fingerprints.iter().find(usable) {
        Some(fingerprint) => digest(&[rule, file, &fingerprint.name, &fingerprint.value]),
        None => {
            let line = sources.line(file, source.start_line?)?;
            digest(&[rule, file, &line.text, &line.occurrence.to_string()])
        }
    };
    Some(Tracking::hash(Some(file.clone()), source.range(), value))
}

/// SHA-256 over the parts: a line of code may hold a secret, which must not be read off the report.
fn digest(parts: &[&str]) -> String {
    let mut sha256 = Sha256::new();
    for part in parts {
        sha256.update(part.as_bytes());
        sha256.update([0x1f]);
    }
    HEXLOWER.encode(&sha256.finalize())
}

/// Whether a fingerprint is one: not a placeholder, not something else that a scanner put there
/// (the commit, its author), not a value that moves with the line.
#[must_use]
pub(crate) fn is_trustworthy(fingerprint: &Fingerprint<'_>) -> bool {
    const NOT_FINGERPRINTS: [&str; 17] = [
        "commit",
        "commitsha",
        "commithash",
        "commitmessage",
        "author",
        "email",
        "date",
        "time",
        "timestamp",
        "line",
        "startline",
        "column",
        "scanfilehash",
        "filehash",
        "scantagshash",
        "krate",
        "version",
    ];
    let name = fingerprint.name.split_once("/v").map_or(&*fingerprint.name, |(name, _)| name);
    let name = name.rsplit('/').next().unwrap_or(name);
    if NOT_FINGERPRINTS.contains(&letters(name).as_str()) {
        return false;
    }
    let value = fingerprint.value.trim();
    // A placeholder is words ("requires login", "unknown"); a fingerprint is long, or has digits.
    let looks_computed = value.bytes().any(|b| b.is_ascii_digit()) && !value.contains(' ');
    value.len() >= 8 && looks_computed && value.len() <= 4096
}

/// A name without its case and its punctuation.
fn letters(name: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    letters.extend(name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(kind: &'static str, value: &'static str) -> Identifier<'static> {
        Identifier::new(kind, value, value).expect("parts are filled")
    }

    fn finding(
        identifiers: &[(&'static str, &'static str)],
        location: Location<'static>,
    ) -> Finding<'static> {
        let mut all = identifiers.iter().map(|(kind, value)| identifier(kind, value));
        let mut vulnerability = Vulnerability::new(all.next().expect("at least one"), location);
        vulnerability.identifiers.extend(all);
        Finding::new(vulnerability)
    }

    fn settled(mut finding: Finding<'static>) -> Vulnerability<'static> {
        settle(&mut finding, "acme", &mut Sources::default());
        finding.vulnerability
    }

    #[test]
    fn a_class_is_never_the_primary_identifier() {
        for (given, want) in [
            (&[("cwe", "79"), ("rule", "XSS")][..], "rule:XSS"),
            (&[("owasp", "A1"), ("cwe", "79"), ("cve", "CVE-1")], "cve:CVE-1"),
            (&[("cwe", "79")], "acme_rule_name:79"),
        ] {
            let vulnerability = settled(finding(given, Location::Sast(SourceLocation::file("a"))));
            let primary = vulnerability.identifiers.primary();
            assert_eq!(format!("{}:{}", primary.kind, primary.value), want);
        }
    }

    #[test]
    fn what_gitlab_knows_stays_as_it_is() {
        let mut source = SourceLocation::lines("a", 3, 3);
        source.end_line = None;
        let mut known = finding(&[("cwe", "79"), ("rule", "XSS")], Location::Sast(source));
        known.known_as = Some(known.vulnerability.content_id());
        let id = known.known_as.clone();
        assert_eq!(id, Some(settled(known).content_id()));
    }

    #[test]
    fn the_useful_identifiers_come_first_and_twenty_at_most() {
        let given = &[("rule", "r"), ("x", "1"), ("owasp", "A1"), ("cwe", "79"), ("cve", "CVE-1")][..];
        let vulnerability = settled(finding(given, Location::Sast(SourceLocation::file("a"))));
        let kinds: Vec<_> = vulnerability.identifiers.iter().map(|identifier| &*identifier.kind).collect();
        assert_eq!(kinds, ["rule", "cve", "cwe", "owasp", "x"]);

        let mut many = finding(&[("rule", "r")], Location::Sast(SourceLocation::file("a")));
        for number in 0..30 {
            let value = number.to_string();
            many.vulnerability.identifiers.extend(Identifier::new("x", value.clone(), value));
        }
        let vulnerability = settled(many);
        assert_eq!(vulnerability.identifiers.len(), 20);
        assert!(
            matches!(vulnerability.details.get("further_identifiers"), Some(Detail::List { items }) if items.len() == 11)
        );
    }

    #[test]
    fn lines_are_complete() {
        for (start, end, want) in [
            (Some(3), None, (Some(3), Some(3))),
            (Some(3), Some(2), (Some(3), Some(3))),
            (None, Some(4), (Some(4), Some(4))),
            (Some(0), Some(2), (None, None)),
            (None, None, (None, None)),
        ] {
            let mut source = SourceLocation::file("a");
            (source.start_line, source.end_line) = (start, end);
            complete_lines(&mut source);
            assert_eq!((source.start_line, source.end_line), want);
        }
    }

    #[test]
    fn a_secret_is_never_part_of_a_signature() {
        let mut finding = finding(&[("rule", "r")], Location::Sast(SourceLocation::lines("a", 1, 1)));
        let fingerprint = |value: &'static str| Fingerprint { name: "hash".into(), value: value.into() };
        finding.secrets.push("NOTREAL-1234".into());
        finding.fingerprints.push(fingerprint("a.c:NOTREAL-1234"));
        assert!(settled(finding.clone()).tracking.is_none());
        finding.fingerprints.push(fingerprint("0123456789abcdef"));
        let tracking = settled(finding).tracking.expect("the second one serves");
        assert_eq!(tracking.items[0].signatures[0].value.len(), 64);
    }

    #[test]
    fn only_real_fingerprints_are_trusted() {
        for (name, value, want) in [
            ("primaryLocationLineHash", "39fa2ee980eb94b0:1", true),
            ("matchBasedId/v1", "requires login", false),
            ("matchBasedId/v1", "a1b2c3d4e5f60718_0", true),
            ("commitSha", "9f2b1c8d7e6a5f4b3c2d1e0f", false),
            ("author", "Somebody 12345678", false),
            ("cargo-deny/krate", "time 0.1.43 12345", false),
            ("contextHash/v1", "ab", false),
            ("identity", "", false),
        ] {
            let fingerprint = Fingerprint { name: name.into(), value: value.into() };
            assert_eq!(is_trustworthy(&fingerprint), want, "{name}={value}");
        }
    }
}
