//! An apostrophe before what a spreadsheet would take for something else than text.
//!
//! A spreadsheet that opens a CSV file runs `=1+1`, and turns `1.10` into 1.1, `007` into 7 and
//! `2026-11-28` into a day of its own format. With an apostrophe before it each of them stays the text it
//! is, and stays so when it is saved as CSV again. What has apostrophes before such a text already gets one
//! more, so that taking one off gives back what was there.

use std::borrow::Cow;

/// The text as it is written into a CSV file.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    if is_taken_for_more(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was written so.
pub(super) fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_taken_for_more(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// Beginnings of formulas, with the wide ones of East Asian keyboards.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Words in numbers, dates and times.
const WORDS: [&str; 34] = [
    "e",
    "am",
    "pm",
    "a",
    "p",
    "t",
    "z",
    "utc",
    "gmt",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "th",
];

/// Longer texts are no numbers or dates.
const LONGEST: usize = 64;

fn is_taken_for_more(text: &str) -> bool {
    if text.trim_start_matches([' ', '\u{a0}']).starts_with(FORMULA) || text.starts_with('#') {
        return true;
    }
    let text = text.trim();
    let is_truth = ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    is_truth || (text.len() <= LONGEST && is_number_or_date(text))
}

/// Whether there are digits, signs that stand in numbers, dates and times, and no other words than theirs.
fn is_number_or_date(text: &str) -> bool {
    let has_digit = text.chars().any(char::is_numeric);
    let is_sign = |c: char| {
        c.is_numeric() || c.is_whitespace() || c.is_alphabetic() || " .,:/-+()%$€£¥₩₹'’_°".contains(c)
    };
    has_digit
        && text.chars().all(is_sign)
        && text
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .all(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_change_is_guarded_and_given_back() {
        for (text, want) in [
            ("=1+1", "'=1+1"),
            ("'=1+1", "''=1+1"),
            ("''=1+1", "'''=1+1"),
            ("-1", "'-1"),
            ("- a list", "'- a list"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\tx", "'\tx"),
            ("1.10", "'1.10"),
            ("007", "'007"),
            ("2026-11-28", "'2026-11-28"),
            ("1/2", "'1/2"),
            ("1E10", "'1E10"),
            ("5 Mar", "'5 Mar"),
            ("10:30 PM", "'10:30 PM"),
            ("50%", "'50%"),
            ("#N/A", "'#N/A"),
            ("TRUE", "'TRUE"),
            ("", ""),
            ("'", "'"),
            ("'quoted'", "'quoted'"),
            ("1.1.1k-r0", "1.1.1k-r0"),
            ("3.0.2-0ubuntu1.15", "3.0.2-0ubuntu1.15"),
            ("CVE-2024-1234", "CVE-2024-1234"),
            ("High", "High"),
            ("May", "May"),
            ("1. Log in", "1. Log in"),
        ] {
            assert_eq!(guard(text), want, "{text}");
            assert_eq!(unguard(want), text, "{want}");
        }
        // What somebody wrote without a guard is taken as it stands.
        for text in ["=1+1", "1.10", "'x", "-"] {
            assert_eq!(unguard(text), text);
        }
    }
}
