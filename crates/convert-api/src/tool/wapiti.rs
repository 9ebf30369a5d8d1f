//! Wapiti: paths of a target, and levels.

use scanlift_report_core::Severity;

/// A path of the target; paths of a report are those of its host.
#[must_use]
pub fn absolute(target: &str, path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let from = target.find("://").map_or(0, |at| at + 3);
    let end = target.get(from..).and_then(|rest| rest.find('/')).map_or(target.len(), |at| from + at);
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{path}", target.get(..end).unwrap_or_default())
}

/// Levels are 0 (information) to 4 (critical). Before 3.0.5 they were 1 (high) to 3 (low), and nearly
/// everything had the first: there the kind decides, as later versions rate it.
#[must_use]
pub fn severity(level: Option<&str>, version: Option<&str>, kind: &str) -> Option<Severity> {
    let is_old = version.is_some_and(is_old);
    match level? {
        "1" if is_old => Some(by_kind(kind)),
        "3" if is_old => Some(Severity::Low),
        "0" => Some(Severity::Info),
        "1" => Some(Severity::Low),
        "2" => Some(Severity::Medium),
        "3" => Some(Severity::High),
        "4" => Some(Severity::Critical),
        word => Severity::from_word(word),
    }
}

/// Whether `Wapiti 3.0.4` is older than 3.0.5.
fn is_old(version: &str) -> bool {
    let numbers = version.trim_start_matches("Wapiti").trim().split('.');
    let numbers: Vec<u32> = numbers.map_while(|number| number.parse().ok()).collect();
    !numbers.is_empty() && numbers.as_slice() < &[3, 0, 5][..]
}

fn by_kind(kind: &str) -> Severity {
    let kind = kind.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if is(&[
        "sql injection",
        "execution",
        "file handling",
        "path traversal",
        "server side request",
        "credential",
    ]) {
        Severity::Critical
    } else if is(&["xxe", "dangerous file", "internal server error"]) {
        Severity::High
    } else if is(&["policy", "flag cookie", "secure headers", "crlf", "redirect", "backup"]) {
        Severity::Low
    } else if is(&["fingerprint"]) {
        Severity::Info
    } else {
        Severity::Medium
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_host() {
        for (target, path, want) in [
            ("https://a.example/app/", "/x", "https://a.example/x"),
            ("https://a.example", "x", "https://a.example/x"),
            ("https://a.example", "http://b.example/", "http://b.example/"),
            ("", "/x", "/x"),
        ] {
            assert_eq!(absolute(target, path), want);
        }
    }

    #[test]
    fn levels() {
        for (level, version, kind, want) in [
            ("1", Some("Wapiti 3.0.3"), "SQL Injection", Some(Severity::Critical)),
            ("1", Some("Wapiti 3.0.4"), "Content Security Policy Configuration", Some(Severity::Low)),
            ("1", Some("Wapiti 2.3.0"), "Cross Site Scripting", Some(Severity::Medium)),
            ("3", Some("Wapiti 2.2.1"), "Anything", Some(Severity::Low)),
            ("1", Some("Wapiti 3.0.5"), "Cross Site Request Forgery", Some(Severity::Low)),
            ("4", Some("Wapiti 3.2.2"), "SQL Injection", Some(Severity::Critical)),
            ("1", Some("Wapiti SVN"), "SQL Injection", Some(Severity::Low)),
            ("3", None, "SQL Injection", Some(Severity::High)),
        ] {
            assert_eq!(severity(Some(level), version, kind), want, "{level} {version:?} {kind}");
        }
    }
}
