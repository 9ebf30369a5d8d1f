//! Invicti, formerly Netsparker, and Acunetix 360: severities, states and times.

use crate::SkipReason;
use scanlift_report_core::Severity;

/// `05/25/2023 04:57 PM`, month first as the product writes it, to `2023-05-25T16:57:00`.
#[must_use]
pub fn time(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let turned = match words.as_slice() {
        [date, clock, half] => {
            let date: Vec<&str> = date.split('/').collect();
            let mut clock = clock.split(':').map(str::parse::<u32>);
            match (date.as_slice(), clock.next(), clock.next(), clock.next()) {
                ([month, day, year], Some(Ok(hour)), Some(Ok(minute)), second) => {
                    // Some write the day first, which shows where it is no month.
                    let swap = month.parse::<u8>().is_ok_and(|month| month > 12);
                    let (month, day) = if swap { (day, month) } else { (month, day) };
                    let hour = hour % 12 + if half.eq_ignore_ascii_case("PM") { 12 } else { 0 };
                    let second = second.and_then(Result::ok).unwrap_or_default();
                    Some(format!("{year}-{month:0>2}-{day:0>2}T{hour:02}:{minute:02}:{second:02}"))
                }
                _ => None,
            }
        }
        _ => None,
    };
    turned.unwrap_or_else(|| text.to_owned())
}

/// Why a vulnerability in that state is no finding.
#[must_use]
pub fn closed(state: &str) -> Option<SkipReason> {
    let words = state.to_ascii_lowercase();
    if words.contains("false positive") || words.contains("accepted") || words.contains("ignored") {
        Some(SkipReason::Suppressed)
    } else if words.starts_with("fixed") && !words.contains("unconfirmed") && !words.contains("can't") {
        Some(SkipReason::NotAFinding)
    } else {
        None
    }
}

/// Old versions say "Important" between critical and medium, and "BestPractice" below information.
#[must_use]
pub fn severity(word: &str) -> Option<Severity> {
    match word {
        "BestPractice" | "Best Practice" => Some(Severity::Info),
        _ => Severity::from_word(word),
    }
}

/// `PasswordOverHttp` to `Password over http`.
#[must_use]
pub fn spaced(id: &str) -> String {
    let mut out = String::with_capacity(id.len() + 8);
    let mut previous = ' ';
    for c in id.chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            out.push(' ');
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_product() {
        for (word, want) in [
            ("Critical", Some(Severity::Critical)),
            ("Important", Some(Severity::High)),
            ("BestPractice", Some(Severity::Info)),
            ("Information", Some(Severity::Info)),
            ("?", None),
        ] {
            assert_eq!(severity(word), want, "{word}");
        }
        assert_eq!(spaced("PasswordOverHttp"), "Password over http");
        for (state, want) in [
            ("Present", None),
            ("Present, False Positive", Some(SkipReason::Suppressed)),
            ("Accepted Risk", Some(SkipReason::Suppressed)),
            ("Fixed (Confirmed)", Some(SkipReason::NotAFinding)),
            ("Fixed (Unconfirmed)", None),
        ] {
            assert_eq!(closed(state), want, "{state}");
        }
        for (text, want) in [
            ("05/25/2023 04:57 PM", "2023-05-25T16:57:00"),
            ("23/02/2023 02:30 PM", "2023-02-23T14:30:00"),
            ("12/8/2016 12:56:36 AM", "2016-12-08T00:56:36"),
            ("2023-05-25", "2023-05-25"),
        ] {
            assert_eq!(time(text), want);
        }
    }
}
