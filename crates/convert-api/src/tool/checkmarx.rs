//! Checkmarx SAST: times and categories, in its own report and in that of CxFlow.

use std::borrow::Cow;

/// `Sunday, February 25, 2018 11:35:52 AM` without the day of the week, which other spellings lack.
#[must_use]
pub fn time(text: &str) -> Cow<'_, str> {
    match text.split_once(", ") {
        Some((day, rest)) if day.ends_with("day") => Cow::Borrowed(rest),
        _ => Cow::Borrowed(text),
    }
}

/// The classes of the OWASP Top 10 2021: `OWASP Top 10 2021;A3-Injection` is `A03:2021 - Injection`.
#[must_use]
pub fn owasp<'a>(categories: &str) -> Vec<Cow<'a, str>> {
    let classes = categories.split(',').filter_map(|it| it.trim().strip_prefix("OWASP Top 10 2021;"));
    let classes = classes.filter_map(|class| {
        let (number, title) = class.strip_prefix('A')?.split_once('-')?;
        Some(Cow::Owned(format!("A{:02}:2021 - {}", number.trim().parse::<u8>().ok()?, title.trim())))
    });
    classes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_the_day_of_the_week() {
        for (text, want) in [
            ("Sunday, February 25, 2018 11:35:52 AM", "February 25, 2018 11:35:52 AM"),
            ("25.02.2018 11:35:52", "25.02.2018 11:35:52"),
        ] {
            assert_eq!(time(text), want);
        }
    }

    #[test]
    fn classes_of_owasp_are_found() {
        for (text, want) in [
            ("PCI DSS v3.2;PCI - 6.5.7,OWASP Top 10 2021;A3-Injection", vec!["A03:2021 - Injection"]),
            ("OWASP Top 10 2017;A1-Injection", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(owasp(text), want, "{text}");
        }
    }
}
