//! Times in the spellings of scanners, as the schema wants them.

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use scanlift_report_core::ScanTime;

/// The time that a text spells, in UTC: RFC 3339, RFC 2822, or a date and time without a zone
/// (taken as UTC) in some common forms. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<ScanTime> {
    let text = text.trim();
    let timestamp =
        text.parse::<Timestamp>().ok().or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
    let civil = match timestamp {
        Some(timestamp) => timestamp.to_zoned(TimeZone::UTC).datetime(),
        None => civil(text)?,
    };
    format(civil)
}

/// The time so many seconds after the epoch.
#[must_use]
pub fn from_epoch(seconds: i64) -> Option<ScanTime> {
    format(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).datetime())
}

fn civil(text: &str) -> Option<DateTime> {
    const FORMS: [&str; 5] = [
        "%a %b %e %H:%M:%S %Y",
        "%B %d, %Y %I:%M:%S %p",
        "%a, %d %b %Y %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d",
    ];
    text.parse().ok().or_else(|| {
        FORMS.iter().find_map(|form| {
            let parsed = jiff::fmt::strtime::parse(form, text).ok()?;
            parsed
                .to_datetime()
                .ok()
                .or_else(|| parsed.to_date().ok().map(|date| date.to_datetime(jiff::civil::Time::midnight())))
        })
    })
}

fn format(time: DateTime) -> Option<ScanTime> {
    ScanTime::new(&time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_the_spellings_of_scanners() {
        for (text, want) in [
            ("2026-11-22T18:36:01Z", Some("2026-11-22T18:36:01")),
            ("2026-11-22T18:36:01.123456+02:00", Some("2026-11-22T16:36:01")),
            ("2026-11-22T18:36:01", Some("2026-11-22T18:36:01")),
            ("2026-11-22 18:36:01", Some("2026-11-22T18:36:01")),
            ("Sun, 22 Nov 2026 18:36:01 +0100", Some("2026-11-22T17:36:01")),
            ("Tue Nov 17 10:00:00 2026", Some("2026-11-17T10:00:00")),
            ("Fri, 20 Nov 2026 10:00:00", Some("2026-11-20T10:00:00")),
            ("2026/04/11", Some("2026-04-11T00:00:00")),
            ("2026-04-11", Some("2026-04-11T00:00:00")),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text).as_ref().map(ScanTime::as_str), want, "{text}");
        }
        assert_eq!(from_epoch(1_700_000_000).as_ref().map(ScanTime::as_str), Some("2023-11-14T22:13:20"));
    }
}
