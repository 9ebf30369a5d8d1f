//! Ids of published vulnerabilities, by their shape.

use scanlift_report_core::Identifier;

/// How the ids of a database begin, and the type that GitLab or this project gives them.
const PREFIXES: [(&str, &str); 27] = [
    ("CVE-", "cve"),
    ("GHSA-", "ghsa"),
    ("RHSA-", "rhsa"),
    ("RHBA-", "rhsa"),
    ("RHEA-", "rhsa"),
    ("ELSA-", "elsa"),
    ("ALSA-", "alsa"),
    ("RLSA-", "rlsa"),
    ("ALAS", "alas"),
    ("USN-", "usn"),
    ("DSA-", "dsa"),
    ("DLA-", "dla"),
    ("TEMP-", "debian_temp"),
    ("SUSE-SU-", "suse-su"),
    ("OPENSUSE-SU-", "suse-su"),
    ("GMS-", "gms"),
    ("RUSTSEC-", "rustsec"),
    ("PYSEC-", "pysec"),
    ("GO-", "go"),
    ("MAL-", "mal"),
    ("OSV-", "osv"),
    ("SNYK-", "snyk"),
    ("NSWG-", "nswg"),
    ("BDSA-", "bdsa"),
    ("AVD-", "avd"),
    ("DRUPAL-", "drupal"),
    ("NPM-", "npm"),
];

/// The type of an advisory's id: `cve` of `CVE-2021-44228`; `None` if it is not the id of an
/// advisory. Ids are told by their beginning, in capitals, and a digit in them.
#[must_use]
pub fn kind(id: &str) -> Option<&'static str> {
    let id = id.trim();
    // GitHub's ids are letters and digits at random: the only ones that may have no digit.
    let numbered = id.bytes().any(|b| b.is_ascii_digit()) || (id.starts_with("GHSA-") && id.len() == 19);
    let whole = !id.contains(char::is_whitespace) && id.len() <= 64;
    (whole && numbered)
        .then(|| PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| *kind))
        .flatten()
}

/// The identifier of an advisory; `None` if it is not the id of one.
#[must_use]
pub fn identifier(id: &str) -> Option<Identifier<'static>> {
    let id = id.trim();
    Identifier::new(kind(id)?, id.to_owned(), id.to_owned())
}

/// The first CVE that a text names.
#[must_use]
pub fn find_cve(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = text[from..].find("CVE-").map(|at| at + from) {
        let rest = &text.as_bytes()[at + 4..];
        let year = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if year == 4 && rest.get(4) == Some(&b'-') {
            let number = rest[5..].iter().take_while(|b| b.is_ascii_digit()).count();
            if number >= 4 {
                return text.get(at..at + 4 + 5 + number);
            }
        }
        from = at + 4;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisories_are_told_by_their_ids() {
        for (id, want) in [
            ("CVE-2021-44228", Some("cve")),
            ("GHSA-jfh8-c2jp-5v3q", Some("ghsa")),
            ("GHSA-jfhh-cccj-vvvq", Some("ghsa")),
            ("SNYK-JS-LODASH-450202", Some("snyk")),
            ("ALAS2-2019-1248", Some("alas")),
            ("GO-2026-4864", Some("go")),
            ("CVE-", None),
            ("GO-FISH", None),
            ("python.lang.security", None),
            ("CVE-2021-1 and more", None),
        ] {
            assert_eq!(kind(id), want, "{id}");
        }
    }

    #[test]
    fn cves_are_found_in_texts() {
        for (text, want) in [
            ("BDSA-2020-1001 (CVE-2020-11022)", Some("CVE-2020-11022")),
            ("CVE-2005-2541-tar", Some("CVE-2005-2541")),
            ("CVE-20-1 CVE-2020-1 CVE-2020-12345", Some("CVE-2020-12345")),
            ("CVE-", None),
        ] {
            assert_eq!(find_cve(text), want, "{text}");
        }
    }
}
