//! Decides the severity by the best evidence: the scanner's own rating, else the leading CVSS
//! vector, else a score, else a coarse level.

use scanlift_convert_api::Finding;
use scanlift_report_core::{Cvss, Kind, Severity};

/// Sets the severity, and keeps the source's own word in `details` where it says something else.
pub fn decide(finding: &mut Finding<'_>) {
    let vulnerability = &mut finding.vulnerability;
    let evidence = &mut finding.severity;
    let severity = vulnerability
        .severity
        .or(evidence.rating.filter(|rating| *rating != Severity::Unknown))
        .or_else(|| {
            vulnerability
                .cvss_vectors
                .first()
                .and_then(|cvss| Cvss::parse(&cvss.vector))
                .map(|cvss| Severity::from_score(cvss.score))
        })
        .or_else(|| evidence.score.map(Severity::from_score))
        .or(evidence.level)
        .or(evidence.rating)
        .unwrap_or(match vulnerability.location.kind() {
            // A leaked secret is leaked whatever else is known of it: GitLab's own default.
            Kind::SecretDetection => Severity::Critical,
            _ => Severity::Unknown,
        });
    vulnerability.severity = Some(severity);
    if let Some(word) = evidence.word.take()
        && !word.eq_ignore_ascii_case(severity.as_str())
    {
        vulnerability.details.text("reported_severity", "Severity by the scanner", word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{
        CvssVector, Identifier, Location, SecretLocation, SourceLocation, Vulnerability,
    };

    fn finding(location: Location<'static>) -> Finding<'static> {
        let rule = Identifier::new("r", "r", "r").expect("parts are filled");
        Finding::new(Vulnerability::new(rule, location))
    }

    #[test]
    fn the_best_evidence_decides() {
        let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        for (rating, cvss, score, level, want) in [
            (Some(Severity::Low), true, Some(5.0), Some(Severity::High), Severity::Low),
            (Some(Severity::Unknown), true, Some(5.0), Some(Severity::High), Severity::Critical),
            (None, true, Some(5.0), Some(Severity::High), Severity::Critical),
            (None, false, Some(5.0), Some(Severity::High), Severity::Medium),
            (None, false, None, Some(Severity::High), Severity::High),
            (None, false, None, None, Severity::Unknown),
        ] {
            let mut finding = finding(Location::Sast(SourceLocation::file("a")));
            finding.severity.rating = rating;
            finding.severity.score = score;
            finding.severity.level = level;
            if cvss {
                let cvss = Cvss::parse(vector).expect("a complete vector");
                finding.vulnerability.cvss_vectors.extend(CvssVector::new("nvd", &cvss));
            }
            decide(&mut finding);
            assert_eq!(finding.vulnerability.severity, Some(want));
        }
    }

    #[test]
    fn a_secret_is_critical_unless_the_scanner_says_otherwise() {
        let place = SecretLocation::new(scanlift_report_core::Commit::new(""), SourceLocation::file("a"));
        let mut secret = finding(Location::SecretDetection(place));
        decide(&mut secret);
        assert_eq!(secret.vulnerability.severity, Some(Severity::Critical));
    }

    #[test]
    fn the_scanners_word_is_kept() {
        let mut finding = finding(Location::Sast(SourceLocation::file("a")));
        finding.severity.level = Some(Severity::High);
        finding.severity.word = Some("error".into());
        decide(&mut finding);
        assert!(finding.vulnerability.details.get("reported_severity").is_some());
    }
}
