//! Ruff: its rules have no severities, and all its results are errors.

use scanlift_report_core::Severity;

/// What a rule is about, by the linter that its code names: `S` is flake8-bandit; `B`, `F`, `E9` and `PLE`
/// find faults, all others are about style.
#[must_use]
pub fn severity(code: &str) -> Severity {
    let digits = code.find(|c: char| c.is_ascii_digit()).unwrap_or(code.len());
    match code.split_at(digits) {
        ("S", _) => Severity::Medium,
        ("B" | "F" | "PLE" | "ASYNC" | "YTT" | "PGH" | "BLE", _) => Severity::Low,
        ("E", rule) if rule.starts_with('9') => Severity::Low,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_comes_before_style() {
        for (code, want) in [
            ("S105", Severity::Medium),
            ("SIM102", Severity::Info),
            ("F401", Severity::Low),
            ("FBT001", Severity::Info),
            ("E902", Severity::Low),
            ("E501", Severity::Info),
            ("", Severity::Info),
        ] {
            assert_eq!(severity(code), want, "{code}");
        }
    }
}
