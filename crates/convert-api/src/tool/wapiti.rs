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

/// Levels of versions 2 and 3.0 are 1 to 3; since 3.0.4 they are 0 (information) to 4 (critical).
#[must_use]
pub fn severity(level: Option<&str>) -> Option<Severity> {
    match level? {
        "0" => Some(Severity::Info),
        "1" => Some(Severity::Low),
        "2" => Some(Severity::Medium),
        "3" => Some(Severity::High),
        "4" => Some(Severity::Critical),
        word => Severity::from_word(word),
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
}
