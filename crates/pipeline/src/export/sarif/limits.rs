//! What GitLab's SARIF ingestion takes. What is over one of these costs the result, the run or the
//! file.

use scanlift_report_core::{Cvss, Limited, Severity, Text, Vulnerability};

/// Bytes of a file (`ci_max_artifact_size_sarif`, 10 MB), with room for what ends it.
pub(super) const FILE: usize = 10_000_000;
/// Runs of a file.
pub(super) const RUNS: usize = 20;
/// Results of a run.
pub(super) const RESULTS: usize = 5_000;
/// Tags of a rule that are read.
pub(super) const TAGS: usize = 10;
/// Characters of a link to help.
pub(super) const HELP_URI: usize = 2_048;
/// Characters of the code of a result; not GitLab's limit, but a file is to hold more than one.
const CODE: usize = 8_192;

/// Characters of a rule's name.
pub(super) type RuleName<'a> = Limited<'a, 255>;
/// Characters of a message and of a rule's descriptions.
pub(super) type Message<'a> = Limited<'a, 1_024>;

/// Code that is cut at a line.
pub(super) fn code(text: &str) -> Text<'_> {
    match text.char_indices().nth(CODE) {
        None => Text::Borrowed(text),
        Some((end, _)) => {
            let kept = &text[..end];
            let kept = kept.rsplit_once('\n').map_or(kept, |(lines, _)| lines);
            Text::Owned(format!("{kept}\n…"))
        }
    }
}

/// `rank` (0.0 to 100.0) from which GitLab infers the severity; `None` for an unknown one, which
/// SARIF has no word for.
///
/// It is the CVSS base score where that lies within the severity, else the middle of the
/// severity's range. GitLab's ranges have gaps (39.9 to 40 among others) whose values would be
/// critical; one decimal of a score never lies in one.
pub(super) fn rank(vulnerability: &Vulnerability<'_>) -> Option<f64> {
    let severity = vulnerability.severity.unwrap_or(Severity::Unknown);
    let range = range(severity)?;
    let vectors = vulnerability.cvss_vectors.iter();
    let tenths =
        vectors.filter_map(|vector| Cvss::parse(&vector.vector)).map(|cvss| (cvss.score * 10.0).round());
    let within = tenths.into_iter().find(|tenths| range.contains(tenths));
    Some(within.unwrap_or(match severity {
        Severity::Critical => 95.0,
        Severity::High => 80.0,
        Severity::Medium => 55.0,
        Severity::Low => 25.0,
        _ => 0.0,
    }))
}

fn range(severity: Severity) -> Option<std::ops::RangeInclusive<f64>> {
    Some(match severity {
        Severity::Critical => 90.0..=100.0,
        Severity::High => 70.0..=89.0,
        Severity::Medium => 40.0..=69.0,
        Severity::Low => 10.0..=39.0,
        Severity::Info => 0.0..=9.0,
        Severity::Unknown => return None,
    })
}

/// `level` (SARIF 2.1.0 §3.27.10) as GitLab reads it, for results without a rank.
pub(super) fn level(severity: Option<Severity>) -> Option<&'static str> {
    match severity.unwrap_or(Severity::Unknown) {
        Severity::Critical | Severity::High => Some("error"),
        Severity::Medium => Some("warning"),
        Severity::Low => Some("note"),
        Severity::Info => Some("none"),
        Severity::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{CvssVector, Identifier, Location, SourceLocation};

    /// The severity that GitLab infers: from a rank, or ten times `security-severity`.
    fn inferred(rank: f64) -> Severity {
        match rank {
            r if (70.0..=89.9).contains(&r) => Severity::High,
            r if (40.0..=69.9).contains(&r) => Severity::Medium,
            r if (10.0..=39.9).contains(&r) => Severity::Low,
            r if (0.0..=9.9).contains(&r) => Severity::Info,
            _ => Severity::Critical,
        }
    }

    fn rated(severity: Severity, vector: Option<&'static str>) -> Vulnerability<'static> {
        let rule = Identifier::new("r", "R", "R").expect("parts are filled");
        let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::file("a")));
        vulnerability.severity = Some(severity);
        let cvss = vector.and_then(Cvss::parse);
        vulnerability.cvss_vectors.extend(cvss.and_then(|cvss| CvssVector::new("nvd", &cvss)));
        vulnerability
    }

    #[test]
    fn gitlab_infers_the_same_severity() {
        const CRITICAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        for severity in Severity::WORST_FIRST {
            for vector in [None, Some(CRITICAL)] {
                let rank = rank(&rated(severity, vector));
                if severity == Severity::Unknown {
                    assert_eq!(rank, None);
                } else {
                    let rank = rank.expect("a known severity has a rank");
                    assert_eq!(inferred(rank), severity);
                    let score: f64 = format!("{:.1}", rank / 10.0).parse().expect("a number");
                    assert_eq!(inferred(score * 10.0), severity, "security-severity");
                }
            }
        }
        assert_eq!(rank(&rated(Severity::Critical, Some(CRITICAL))), Some(98.0));
    }

    #[test]
    fn no_score_of_one_decimal_lies_in_a_gap() {
        for tenths in 0..=100_u32 {
            let score: f64 = format!("{}.{}", tenths / 10, tenths % 10).parse().expect("a number");
            let want = match tenths {
                0..=9 => Severity::Info,
                10..=39 => Severity::Low,
                40..=69 => Severity::Medium,
                70..=89 => Severity::High,
                _ => Severity::Critical,
            };
            assert_eq!(inferred(score * 10.0), want, "{score}");
        }
    }

    #[test]
    fn long_code_is_cut_at_a_line() {
        let long = "0123456789\n".repeat(1_000);
        let cut = code(&long);
        assert!(cut.chars().count() <= CODE + 2 && cut.ends_with("9\n…"), "{}", cut.len());
        assert_eq!(code("a\nb"), "a\nb");
    }
}
