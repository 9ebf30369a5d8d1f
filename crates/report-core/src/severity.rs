use serde::{Deserialize, Serialize};
use std::fmt;

/// GitLab's severities, in GitLab's order: `Unknown` ranks above `Info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing, no weakness.
    Info,
    /// The scanner gave nothing to judge by.
    Unknown,
    /// CVSS 0.1 to 3.9.
    Low,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const WORST_FIRST: [Self; 6] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info, Self::Unknown];

    /// GitLab's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "Info",
            Self::Unknown => "Unknown",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The severity of a score from 0.0 to 10.0 on the CVSS 3 rating scale
    /// (CVSS 3.1 specification, section 5); 0.0 is `Info`.
    #[must_use]
    pub fn from_score(score: f64) -> Self {
        match score {
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            0.0 => Self::Info,
            _ => Self::Unknown,
        }
    }

    /// The severity a scanner means by a word of its own, in any case; `None` for a word that is
    /// not in common use.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, Severity); 26] = [
            ("critical", Severity::Critical),
            ("blocker", Severity::Critical),
            ("severe", Severity::Critical),
            ("urgent", Severity::Critical),
            ("high", Severity::High),
            ("error", Severity::High),
            ("important", Severity::High),
            ("major", Severity::High),
            ("serious", Severity::High),
            ("medium", Severity::Medium),
            ("moderate", Severity::Medium),
            ("warning", Severity::Medium),
            ("warn", Severity::Medium),
            ("low", Severity::Low),
            ("minor", Severity::Low),
            ("note", Severity::Low),
            ("negligible", Severity::Low),
            ("info", Severity::Info),
            ("informational", Severity::Info),
            ("information", Severity::Info),
            ("none", Severity::Info),
            ("style", Severity::Info),
            ("unknown", Severity::Unknown),
            ("undefined", Severity::Unknown),
            ("unspecified", Severity::Unknown),
            ("unassigned", Severity::Unknown),
        ];
        let word = word.trim();
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, severity)| *severity)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_follow_the_cvss_rating_scale() {
        for (score, want) in [
            (10.0, Severity::Critical),
            (9.0, Severity::Critical),
            (8.9, Severity::High),
            (7.0, Severity::High),
            (6.9, Severity::Medium),
            (4.0, Severity::Medium),
            (3.9, Severity::Low),
            (0.1, Severity::Low),
            (0.0, Severity::Info),
            (-1.0, Severity::Unknown),
            (f64::NAN, Severity::Unknown),
        ] {
            assert_eq!(Severity::from_score(score), want, "{score}");
        }
    }

    #[test]
    fn words_are_read_in_any_case() {
        for (word, want) in [
            ("CRITICAL", Some(Severity::Critical)),
            (" Moderate ", Some(Severity::Medium)),
            ("Informational", Some(Severity::Info)),
            ("UNKNOWN", Some(Severity::Unknown)),
            ("", None),
            ("purple", None),
        ] {
            assert_eq!(Severity::from_word(word), want, "{word}");
        }
    }
}
