//! Bandit: texts that show what they warn of.

/// The tests whose text shows the password.
const HARD_CODED: [&str; 3] = ["B105", "B106", "B107"];

/// What stands before the password in the text of a test, and the password: `Possible hardcoded password: 'x'`.
#[must_use]
pub fn password<'a>(test: &str, text: &'a str) -> Option<(&'a str, &'a str)> {
    if !HARD_CODED.contains(&test) {
        return None;
    }
    let (before, rest) = text.trim().split_once(": '")?;
    Some((before, rest.strip_suffix('\'').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_quoted() {
        for (test, text, want) in [
            (
                "B105",
                "Possible hardcoded password: 'NOTREAL'",
                Some(("Possible hardcoded password", "NOTREAL")),
            ),
            ("B106", "Possible hardcoded password: 'it's'", Some(("Possible hardcoded password", "it's"))),
            ("B105", "Use of assert detected.", None),
            ("B608", "Possible SQL injection: 'x'", None),
        ] {
            assert_eq!(password(test, text), want, "{text}");
        }
    }
}
