//! What counts as an answer: rules that can be measured, and no judgement of what is said.

use crate::profile::Enough;

/// What people write in place of an answer.
const PLACEHOLDERS: [&str; 22] = [
    "todo",
    "tbd",
    "tbc",
    "n/a",
    "na",
    "none",
    "no",
    "yes",
    "x",
    "xx",
    "xxx",
    "?",
    "??",
    "-",
    "--",
    ".",
    "...",
    "test",
    "same",
    "same as above",
    "see above",
    "unknown",
];

/// What is missing in a text for a column; `None` if it is enough. `title` is what the row is called: to
/// repeat it tells nothing.
pub(crate) fn lacks(enough: &Enough, column: &str, text: &str, title: &str) -> Option<String> {
    let plain = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    if PLACEHOLDERS.contains(&plain.as_str()) || plain.chars().all(|c| !c.is_alphanumeric()) {
        return Some(format!("`{}` is a placeholder", text.trim()));
    }
    let least = match column {
        "assessment" => enough.assessment_words,
        "steps" => enough.steps_words,
        "environment" => enough.environment_words,
        "concern" | "concerns" => enough.concerns_words,
        _ => return None,
    };
    if !title.is_empty() && plain == title.trim().to_lowercase() {
        return Some("it repeats the title".to_owned());
    }
    let words = words(text);
    if words < least {
        return Some(format!("{words} of at least {least} words"));
    }
    let lines = text.lines().filter(|line| line.chars().any(char::is_alphanumeric)).count();
    if column == "steps" && lines < enough.steps {
        return Some(format!("{lines} of at least {} steps, one a line", enough.steps));
    }
    None
}

/// Words with a letter or digit; in scripts that write none apart, two characters count as one.
fn words(text: &str) -> usize {
    let is_wide =
        |c: char| matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    let wide = text.chars().filter(|c| is_wide(*c)).count();
    let spaced = text
        .split_whitespace()
        .filter(|word| word.chars().any(|c| c.is_alphanumeric() && !is_wide(c)))
        .count();
    spaced + wide / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_measured() {
        let enough =
            Enough { assessment_words: 4, steps: 2, steps_words: 6, environment_words: 2, concerns_words: 2 };
        for (column, text, want) in [
            ("assessment", "TODO", Some("`TODO` is a placeholder")),
            ("assessment", " n/a. ", Some("`n/a.` is a placeholder")),
            ("assessment", "---", Some("`---` is a placeholder")),
            ("assessment", "It is bad", Some("3 of at least 4 words")),
            ("assessment", "rack: DENIAL of service", Some("it repeats the title")),
            ("assessment", "The parser is reachable without login", None),
            ("assessment", "攻撃者はログインせずに到達できます", None),
            ("steps", "1. Send the request to /login", Some("1 of at least 2 steps, one a line")),
            ("steps", "1. Log in\n2. Send it", Some("6 of at least 12 words")),
            ("steps", "1. Log in as anybody\n\n2. Send it twice", None),
            ("exploitability", "low", None),
            ("exploitability", "?", Some("`?` is a placeholder")),
        ] {
            let enough = Enough {
                steps_words: if text.contains("Send it\n") || text.ends_with("Send it") { 12 } else { 6 },
                ..enough.clone()
            };
            assert_eq!(lacks(&enough, column, text, "Rack: denial of service").as_deref(), want, "{text}");
        }
    }
}
