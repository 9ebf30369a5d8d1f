//! Ids of published vulnerabilities, by their shape.

use scanlift_report_core::Identifier;

/// A database of published vulnerabilities, told by how its ids begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Database {
    /// How its ids begin.
    pub prefix: &'static str,
    /// The type of its identifiers: GitLab's, or this project's. A part of the identity of findings.
    pub kind: &'static str,
    /// Whether one id stands for one vulnerability. The advisory of a distribution gathers many: as a
    /// further identifier it would make GitLab fold all those of one package into the first.
    pub single: bool,
}

const fn single(prefix: &'static str, kind: &'static str) -> Database {
    Database { prefix, kind, single: true }
}

const fn gathering(prefix: &'static str, kind: &'static str) -> Database {
    Database { prefix, kind, single: false }
}

const DATABASES: [Database; 40] = [
    single("CVE-", "cve"),
    single("GHSA-", "ghsa"),
    single("PYSEC-", "pysec"),
    single("RUSTSEC-", "rustsec"),
    single("GO-", "go"),
    single("MAL-", "mal"),
    single("OSV-", "osv"),
    single("GMS-", "gms"),
    single("GSD-", "gsd"),
    single("BIT-", "bit"),
    single("HSEC-", "hsec"),
    single("JLSEC-", "jlsec"),
    single("RSEC-", "rsec"),
    single("PSF-", "psf"),
    single("DRUPAL-", "drupal"),
    single("EEF-", "eef"),
    single("ECHO-", "echo"),
    single("CGA-", "cga"),
    single("OSVDB-", "osvdb"),
    single("NSWG-", "nswg"),
    single("SNYK-", "snyk"),
    single("BDSA-", "bdsa"),
    single("NPM-", "npm"),
    single("TEMP-", "debian_temp"),
    gathering("RHSA-", "rhsa"),
    gathering("RHBA-", "rhsa"),
    gathering("RHEA-", "rhsa"),
    gathering("ELSA-", "elsa"),
    gathering("ELBA-", "elsa"),
    gathering("ALSA-", "alsa"),
    gathering("ALBA-", "alsa"),
    gathering("RLSA-", "rlsa"),
    gathering("ALAS", "alas"),
    gathering("DSA-", "dsa"),
    gathering("DLA-", "dla"),
    gathering("USN-", "usn"),
    gathering("LSN-", "lsn"),
    gathering("SUSE-SU-", "suse-su"),
    gathering("OPENSUSE-SU-", "suse-su"),
    gathering("PHSA-", "phsa"),
];

/// The database whose ids begin so, in any case; for fields that hold the id of an advisory.
#[must_use]
pub fn database(id: &str) -> Option<&'static Database> {
    let begins = |prefix: &str| {
        id.len() > prefix.len()
            && id.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    DATABASES.iter().find(|database| begins(database.prefix))
}

/// Whether identifiers of that type stand for one vulnerability each: two findings that share one at
/// one place are the same.
#[must_use]
pub fn is_single(kind: &str) -> bool {
    kind == "hackerone"
        || DATABASES.iter().any(|database| database.single && database.kind.eq_ignore_ascii_case(kind))
}

/// The type of an advisory's id: `cve` of `CVE-2021-44228`; for texts that may be anything (tags, rule
/// ids). `None` unless the text is one word that begins in capitals as a known database's ids do and
/// has a digit; a CVE is nothing but its year and number.
#[must_use]
pub fn kind(id: &str) -> Option<&'static str> {
    let id = id.trim();
    // GitHub's ids are letters and digits at random: the only ones that may have no digit.
    let numbered = id.bytes().any(|b| b.is_ascii_digit()) || (id.starts_with("GHSA-") && id.len() == 19);
    let whole = !id.contains(char::is_whitespace) && id.len() <= 64;
    let known = database(id).filter(|database| id.starts_with(database.prefix))?;
    let fits = known.kind != "cve" || is_year_and_number(&id[known.prefix.len()..]);
    (whole && numbered && fits).then_some(known.kind)
}

/// Whether a text is two numbers, as `2021-44228`.
fn is_year_and_number(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(year, number)| is_number(year) && is_number(number))
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
            ("CVE-2021-23337_lodash_4.17.20", None),
            ("CVE-2021-44228-log4j-core", None),
            ("CVE-2021", None),
        ] {
            assert_eq!(kind(id), want, "{id}");
        }
    }

    /// One advisory has one type, whichever scanner tells of it.
    #[test]
    fn databases_are_told_by_the_prefix() {
        for (id, want) in [
            ("CVE-2019-1549", Some("cve")),
            ("GHSA-hgrr-935x-pq79", Some("ghsa")),
            ("RHSA-2019:1234", Some("rhsa")),
            ("RHBA-2019:1234", Some("rhsa")),
            ("ELSA-2019-1234", Some("elsa")),
            ("ALAS-2019-1234", Some("alas")),
            ("ALAS2-2019-1234", Some("alas")),
            ("ALAS2023-2023-001", Some("alas")),
            ("DSA-4613-1", Some("dsa")),
            ("DLA-1-1", Some("dla")),
            ("USN-4667-1", Some("usn")),
            ("TEMP-0841856-B18BAF", Some("debian_temp")),
            ("PYSEC-2022-1", Some("pysec")),
            ("RUSTSEC-2019-0001", Some("rustsec")),
            ("GO-2021-0001", Some("go")),
            ("MAL-2022-1", Some("mal")),
            ("NSWG-ECO-428", Some("nswg")),
            ("SUSE-SU-2019:1", Some("suse-su")),
            ("openSUSE-SU-2019:1", Some("suse-su")),
            ("CVE-", None),
            ("ACME-1", None),
        ] {
            assert_eq!(database(id).map(|database| database.kind), want, "{id}");
        }
        let single = |id| database(id).is_some_and(|database| database.single);
        assert!(single("GHSA-hgrr-935x-pq79") && !single("DSA-4613-1") && !single("ACME-1"));
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
