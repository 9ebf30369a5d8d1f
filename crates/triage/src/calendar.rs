//! When GitLab released what: computed by the rule of its maintenance policy, with what happened
//! otherwise as data.

use crate::{Series, Version};
use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The calendar that comes with scanlift.
const BUILTIN: &str = include_str!("releases.toml");

/// When GitLab released what.
#[derive(Clone, Debug)]
pub struct Calendar {
    rule: Option<Rule>,
    known: BTreeMap<Series, BTreeMap<u32, Date>>,
}

/// A monthly release at a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// Which one.
    pub series: Series,
    /// When it came out.
    pub date: Date,
    /// Its latest patch that is known or planned.
    pub patch: u32,
    /// When that came out.
    pub patch_date: Date,
}

impl Release {
    /// Its latest version that is known or planned.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.series.patch(self.patch)
    }
}

/// What is wrong with a calendar. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the release calendar: {0}")]
pub struct CalendarError(pub String);

/// A calendar as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Option<RuleText>,
    /// `false`: only what is listed was ever released.
    computed: Option<bool>,
    #[serde(default)]
    release: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    version: String,
    date: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleText {
    first: String,
    month: String,
    weekday: String,
    week: i8,
    major_month: i8,
    patch_weekday: String,
    patch_weeks: Vec<i32>,
    maintained: u32,
}

#[derive(Clone, Debug)]
struct Rule {
    first: Series,
    /// The first day of its month.
    month: Date,
    weekday: Weekday,
    week: i8,
    major_month: i8,
    patch_weekday: Weekday,
    patch_weeks: Vec<i32>,
    maintained: usize,
}

/// More months than that are of no use: a hundred years.
const MONTHS: usize = 1200;

impl Calendar {
    /// GitLab's, by its rule.
    ///
    /// # Errors
    /// Never; the calendar is part of the program and tested.
    pub fn builtin() -> Result<Self, CalendarError> {
        Self::read(BUILTIN, None)
    }

    /// GitLab's with the facts of a file (TOML): what it lists beats what is computed, and a rule in it
    /// replaces GitLab's.
    ///
    /// # Errors
    /// If the file cannot be used, with what is wrong.
    pub fn with(text: &str) -> Result<Self, CalendarError> {
        Self::read(text, Some(Self::builtin()?))
    }

    fn read(text: &str, before: Option<Self>) -> Result<Self, CalendarError> {
        let file: File =
            toml::from_str(text).map_err(|error| CalendarError(error.to_string().trim().to_owned()))?;
        let mut calendar = before.unwrap_or(Self { rule: None, known: BTreeMap::new() });
        if file.computed == Some(false) {
            calendar = Self { rule: None, known: BTreeMap::new() };
        }
        if let Some(rule) = file.rule {
            calendar.rule = Some(Rule::read(&rule)?);
        }
        for listed in file.release {
            let refuse = |problem: String| CalendarError(format!("release {}: {problem}", listed.version));
            let version: Version = listed.version.parse().map_err(|_| refuse("no version".to_owned()))?;
            let date = listed
                .date
                .parse()
                .map_err(|_| refuse(format!("`{}` is no date (2026-11-19)", listed.date)))?;
            calendar.known.entry(version.series).or_default().insert(version.patch.unwrap_or(0), date);
        }
        if calendar.rule.is_none() && calendar.known.is_empty() {
            return Err(CalendarError("it has neither a rule nor releases".to_owned()));
        }
        Ok(calendar)
    }

    /// The monthly releases that came out until a day, the latest first.
    #[must_use]
    pub fn released(&self, until: Date) -> Vec<(Series, Date)> {
        let mut released: Vec<_> = self.dates(until).into_iter().filter(|(_, date)| *date <= until).collect();
        released.sort_unstable_by_key(|(series, _)| std::cmp::Reverse(*series));
        released
    }

    /// The window of a day: its latest release and so many monthly ones before it, the latest first.
    #[must_use]
    pub fn window(&self, today: Date, before: usize) -> Vec<Release> {
        let released = self.released(today);
        released.iter().take(before + 1).map(|(series, date)| self.release(*series, *date, today)).collect()
    }

    /// When a monthly release came out, or is to.
    #[must_use]
    pub fn date(&self, series: Series) -> Option<Date> {
        if let Some(date) = self.listed(series) {
            return Some(date);
        }
        self.rule.as_ref()?.months().take(MONTHS).find(|(known, _)| *known == series).map(|(_, date)| date)
    }

    /// The monthly release that is so many after a series.
    #[must_use]
    pub fn after(&self, series: Series, many: usize) -> Option<(Series, Date)> {
        let horizon = self.date(series)?.checked_add(i32::try_from(many + 2).ok()?.months()).ok()?;
        let mut later: Vec<_> =
            self.dates(horizon).into_iter().filter(|(known, _)| *known > series).collect();
        later.sort_unstable();
        later.into_iter().nth(many.checked_sub(1)?)
    }

    /// The first monthly release that it knows.
    #[must_use]
    pub fn first(&self) -> Option<Series> {
        let listed = self.known.keys().next().copied();
        self.rule.as_ref().map(|rule| rule.first).into_iter().chain(listed).min()
    }

    fn listed(&self, series: Series) -> Option<Date> {
        self.known.get(&series)?.get(&0).copied()
    }

    /// Every monthly release up to about a day.
    fn dates(&self, until: Date) -> Vec<(Series, Date)> {
        // A listed date may be later than the computed one, and the other way round.
        let horizon = until.checked_add(2.months()).unwrap_or(until);
        let computed = self
            .rule
            .iter()
            .flat_map(|rule| rule.months().take(MONTHS).take_while(|(_, date)| *date <= horizon));
        let mut dates: BTreeMap<Series, Date> = computed.collect();
        for (series, patches) in &self.known {
            match (patches.get(&0), patches.values().min()) {
                (Some(date), _) => drop(dates.insert(*series, *date)),
                // Of a series that no rule tells, the first patch listed is the first there was.
                (None, Some(date)) => drop(dates.entry(*series).or_insert(*date)),
                (None, None) => {}
            }
        }
        dates.into_iter().collect()
    }

    /// A monthly release with its latest patch of a day.
    fn release(&self, series: Series, date: Date, today: Date) -> Release {
        let known = self.known.get(&series).into_iter().flatten();
        let known = known.filter(|(_, date)| **date <= today).max_by_key(|(patch, _)| **patch);
        let (mut patch, mut patch_date) = known.map_or((0, date), |(patch, date)| (*patch, *date));
        for planned in self.patch_days(patch_date.max(date), today) {
            let window = self.released(planned);
            let maintained = self.rule.as_ref().map_or(0, |rule| rule.maintained);
            if window.iter().take(maintained).any(|(known, _)| *known == series) {
                (patch, patch_date) = (patch + 1, planned);
            }
        }
        Release { series, date, patch, patch_date }
    }

    /// The days of patch releases behind one day and up to another.
    fn patch_days(&self, from: Date, to: Date) -> Vec<Date> {
        let Some(rule) = &self.rule else { return Vec::new() };
        let start = from.checked_sub(2.months()).unwrap_or(from);
        let end = to.checked_add(2.months()).unwrap_or(to);
        let near = rule
            .months()
            .take(MONTHS)
            .skip_while(|(_, date)| *date < start)
            .take_while(|(_, date)| *date <= end);
        let mut days = Vec::new();
        for (_, release) in near {
            let of_week = i32::from(rule.patch_weekday.to_monday_zero_offset());
            let to_patch_day = of_week - i32::from(release.weekday().to_monday_zero_offset());
            let weeks = rule.patch_weeks.iter().map(|weeks| (to_patch_day + weeks * 7).days());
            days.extend(weeks.filter_map(|span| release.checked_add(span).ok()));
        }
        days.retain(|day| *day > from && *day <= to);
        days.sort_unstable();
        days
    }
}

impl Rule {
    fn read(text: &RuleText) -> Result<Self, CalendarError> {
        let refuse =
            |key: &str, value: &str, want: &str| CalendarError(format!("rule.{key}: `{value}` is no {want}"));
        let first: Version = text.first.parse().map_err(|_| refuse("first", &text.first, "version"))?;
        let month: Date = format!("{}-01", text.month)
            .parse()
            .map_err(|_| refuse("month", &text.month, "month (2026-11)"))?;
        let weekday = |key, text: &str| weekday(text).ok_or_else(|| refuse(key, text, "day of the week"));
        if !(1..=4).contains(&text.week) {
            return Err(refuse("week", &text.week.to_string(), "week of a month (1 to 4)"));
        }
        if !text.patch_weeks.iter().all(|week| (-4..=4).contains(week)) {
            return Err(refuse("patch-weeks", &format!("{:?}", text.patch_weeks), "list of weeks (-4 to 4)"));
        }
        Ok(Self {
            first: first.series,
            month,
            weekday: weekday("weekday", &text.weekday)?,
            week: text.week,
            major_month: text.major_month,
            patch_weekday: weekday("patch-weekday", &text.patch_weekday)?,
            patch_weeks: text.patch_weeks.clone(),
            maintained: usize::try_from(text.maintained).unwrap_or(usize::MAX),
        })
    }

    /// Every monthly release with its day, from the first one on.
    fn months(&self) -> impl Iterator<Item = (Series, Date)> + '_ {
        let first = (self.first, self.month);
        let next = |(series, month): &(Series, Date)| {
            let month = month.checked_add(1.month()).ok()?;
            let series = if month.month() == self.major_month {
                Series { major: series.major.checked_add(1)?, minor: 0 }
            } else {
                Series { minor: series.minor.checked_add(1)?, ..*series }
            };
            Some((series, month))
        };
        std::iter::successors(Some(first), next).filter_map(|(series, month)| {
            Some((series, month.nth_weekday_of_month(self.week, self.weekday).ok()?))
        })
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.to_ascii_lowercase().as_str() {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn series(text: &str) -> Series {
        text.parse::<Version>().expect("a version").series
    }

    fn computed() -> Calendar {
        let rule = BUILTIN.split("[[release]]").next().expect("the rule stands first");
        Calendar::read(rule, None).expect("the built-in rule")
    }

    #[test]
    fn monthly_releases_are_on_third_thursdays_and_majors_in_may() {
        let calendar = Calendar::builtin().expect("the built-in calendar");
        for (version, date) in [
            ("16.6", "2023-11-16"),
            ("16.11", "2024-04-18"),
            ("17.0", "2024-05-16"),
            ("17.11", "2025-04-17"),
            ("18.0", "2025-05-15"),
            ("18.5", "2025-10-16"),
            ("18.6", "2025-11-20"),
            ("18.11", "2026-04-16"),
            ("19.0", "2026-05-21"),
            ("19.1", "2026-06-18"),
            ("19.2", "2026-07-16"),
            ("19.3", "2026-08-20"),
            ("19.4", "2026-09-17"),
            ("19.5", "2026-10-15"),
            ("19.6", "2026-11-19"),
        ] {
            assert_eq!(calendar.date(series(version)), Some(day(date)), "{version}");
        }
        assert_eq!(calendar.date(series("18.12")), None);
        assert_eq!(calendar.date(series("16.5")), None);
    }

    #[test]
    fn the_window_turns_on_release_days() {
        let calendar = computed();
        let window = |today| -> Vec<String> {
            calendar.window(day(today), 2).iter().map(|release| release.series.to_string()).collect()
        };
        for (today, want) in [
            ("2026-05-20", ["18.11", "18.10", "18.9"]),
            ("2026-05-21", ["19.0", "18.11", "18.10"]),
            ("2026-06-17", ["19.0", "18.11", "18.10"]),
            ("2026-06-18", ["19.1", "19.0", "18.11"]),
            ("2026-11-18", ["19.5", "19.4", "19.3"]),
            ("2026-11-19", ["19.6", "19.5", "19.4"]),
            ("2026-12-31", ["19.7", "19.6", "19.5"]),
        ] {
            assert_eq!(window(today), want, "{today}");
        }
        assert!(calendar.window(day("2023-11-15"), 2).is_empty());
    }

    #[test]
    fn patches_are_counted_by_their_wednesdays() {
        let calendar = computed();
        let latest = |today| {
            calendar.window(day(today), 2).iter().map(|it| it.version().to_string()).collect::<Vec<_>>()
        };
        // As they were: 18.5.1 on 22 October, 18.5.2 on 12 November 2025.
        assert_eq!(latest("2025-10-16")[0], "18.5.0");
        assert_eq!(latest("2025-10-21")[0], "18.5.0");
        assert_eq!(latest("2025-10-22")[0], "18.5.1");
        assert_eq!(latest("2025-11-12")[0], "18.5.2");
        assert_eq!(latest("2025-11-26"), ["18.6.1", "18.5.3", "18.4.5"]);
    }

    #[test]
    fn a_file_beats_the_rule() {
        let calendar = Calendar::with(
            "[[release]]\nversion = \"19.5\"\ndate = \"2026-10-20\"\n[[release]]\nversion = \"19.4.9\"\ndate = \"2026-10-16\"\n",
        )
        .expect("a calendar");
        assert_eq!(calendar.window(day("2026-10-19"), 0)[0].version().to_string(), "19.4.9");
        assert_eq!(calendar.window(day("2026-10-20"), 0)[0].series, series("19.5"));
        assert_eq!(calendar.after(series("19.4"), 1), Some((series("19.5"), day("2026-10-20"))));

        let only =
            Calendar::with("computed = false\n[[release]]\nversion = \"1.0.0\"\ndate = \"2020-01-01\"\n")
                .expect("one");
        assert_eq!(only.window(day("2030-01-01"), 2).len(), 1);
        for bad in [
            "computed = false",
            "[[release]]\nversion = \"x\"\ndate = \"2020-01-01\"",
            "[[release]]\nversion = \"1.0\"\ndate = \"1.1.20\"",
            "x = 1",
            "=",
        ] {
            assert!(Calendar::with(bad).is_err(), "{bad}");
        }
    }

    /// The rule written down a second time, by counting: for every day of 24 months, majors among them.
    #[test]
    fn every_day_of_two_years_has_the_window_of_the_rule() {
        let calendar = computed();
        let mut today = day("2025-04-01");
        while today < day("2027-04-01") {
            let this_month = (1..=31).filter_map(|d| Date::new(today.year(), today.month(), d).ok());
            let third =
                this_month.filter(|d| d.weekday() == Weekday::Thursday).nth(2).expect("a third Thursday");
            let months =
                i32::from(today.year()) * 12 + i32::from(today.month()) - 1 - i32::from(today < third);
            let want: Vec<_> = (0..3)
                .map(|back| {
                    // A year of releases begins in May; that of May 2025 is 18.
                    let from_may = months - back - (2025 * 12 + 4);
                    format!("{}.{}", 18 + from_may.div_euclid(12), from_may.rem_euclid(12))
                })
                .collect();
            let window: Vec<_> = calendar.window(today, 2).iter().map(|it| it.series.to_string()).collect();
            assert_eq!(window, want, "{today}");
            today = today.tomorrow().expect("not the last day");
        }
    }

    proptest! {
        #[test]
        fn windows_move_forward_and_hold_three(offset in 0_i32..3000) {
            let calendar = computed();
            let today = day("2024-02-01").checked_add(offset.days()).expect("a date");
            let window = calendar.window(today, 2);
            prop_assert_eq!(window.len(), 3);
            prop_assert!(window.windows(2).all(|pair| pair[0].series > pair[1].series && pair[0].date > pair[1].date));
            prop_assert!(window.iter().all(|it| it.date <= today && it.patch_date <= today && it.patch_date >= it.date));
            let next = calendar.after(window[0].series, 1).expect("there is always a next one");
            prop_assert!(next.1 > today && calendar.window(next.1, 2)[0].series == next.0);
        }
    }
}
