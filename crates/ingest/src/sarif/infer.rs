//! What GitLab reads out of rules and results: weaknesses, vulnerabilities, severity, kind.

use crate::lint::{SECRET_CWES, is_cve};
use scanlift_report_core::{Kind, Severity};

/// The number of a CVE that a text is, as GitLab keeps it: `2021-44228` of `CVE-2021-44228`.
#[must_use]
pub fn cve(text: &str) -> Option<&str> {
    is_cve(text).then(|| text.trim().get(4..)).flatten()
}

/// The number of a CWE that a text is: `79` of `CWE-79`, `cwe:79` and `external/cwe/cwe-079`.
#[must_use]
pub fn cwe(text: &str) -> Option<u32> {
    let word = text.trim().rsplit('/').next()?;
    let (head, number) = word.split_at_checked(4)?;
    let is_cwe = head.eq_ignore_ascii_case("cwe-") || head.eq_ignore_ascii_case("cwe:");
    (is_cwe && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        .then(|| number.parse().ok())?
}

/// The kind of report that a result goes to.
#[must_use]
pub fn kind(has_cve: bool, cwes: &[u32]) -> Kind {
    match () {
        () if has_cve => Kind::DependencyScanning,
        () if cwes.iter().any(|cwe| SECRET_CWES.contains(cwe)) => Kind::SecretDetection,
        () => Kind::Sast,
    }
}

/// The severity of a `rank`, or of ten times a `security-severity`. What falls into the gaps between two
/// buckets, as 39.95, becomes critical: one decimal of `security-severity` never does.
#[must_use]
pub fn severity_of_rank(rank: f64) -> Severity {
    const BUCKETS: [(f64, f64, Severity); 4] = [
        (0.0, 9.9, Severity::Info),
        (10.0, 39.9, Severity::Low),
        (40.0, 69.9, Severity::Medium),
        (70.0, 89.9, Severity::High),
    ];
    BUCKETS
        .iter()
        .find(|(low, high, _)| (*low..=*high).contains(&rank))
        .map_or(Severity::Critical, |(_, _, severity)| *severity)
}

/// The severity of a `level`.
#[must_use]
pub fn severity_of_level(level: &str) -> Option<Severity> {
    Some(match level {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "note" => Severity::Low,
        "none" => Severity::Info,
        _ => return None,
    })
}

/// The type of the first identifier: the tool's name in small letters, blanks as dashes.
#[must_use]
pub fn identifier_type(tool: &str) -> String {
    tool.to_lowercase().replace(' ', "-")
}

/// The file as GitLab takes it: put behind its base letter by letter; without a base less a beginning as
/// `%SRCROOT%/`; and less `file://`.
#[must_use]
pub fn file(uri: &str, base: Option<&str>) -> String {
    let whole = match base {
        Some(base) => format!("{base}{uri}"),
        None => {
            let token = uri.strip_prefix('%').and_then(|rest| rest.split_once("%/"));
            token.map_or(uri, |(_, rest)| rest).to_owned()
        }
    };
    whole.strip_prefix("file://").map(str::to_owned).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_gitlab_does() {
        assert_eq!(cve("CVE-2021-44228"), Some("2021-44228"));
        assert_eq!(cve("cve-2021-44228"), Some("2021-44228"));
        assert_eq!(cve("CVE-2021"), None);
        for (text, want) in [
            ("CWE-79", Some(79)),
            ("cwe:798", Some(798)),
            ("external/cwe/cwe-079", Some(79)),
            ("CWE79", None),
            ("cwe-", None),
            ("ä", None),
        ] {
            assert_eq!(cwe(text), want, "{text}");
        }
        assert_eq!(kind(true, &[798]), Kind::DependencyScanning);
        assert_eq!(kind(false, &[79, 540]), Kind::SecretDetection);
        assert_eq!(kind(false, &[79]), Kind::Sast);
        assert_eq!(identifier_type("ACME Scan"), "acme-scan");
    }

    #[test]
    fn severities_fall_into_buckets_and_gaps() {
        for (rank, want) in [
            (100.0, Severity::Critical),
            (90.0, Severity::Critical),
            (89.9, Severity::High),
            (39.9, Severity::Low),
            (39.95, Severity::Critical),
            (3.99 * 10.0, Severity::Critical),
            (9.95, Severity::Critical),
            (0.0, Severity::Info),
        ] {
            assert_eq!(severity_of_rank(rank), want, "{rank}");
        }
    }

    #[test]
    fn files_are_put_behind_their_base() {
        assert_eq!(file("src/main.rb", Some("file:///workspace/")), "/workspace/src/main.rb");
        assert_eq!(file("%SRCROOT%/src/main.rb", None), "src/main.rb");
        assert_eq!(file("file:///a.c", None), "/a.c");
    }
}
