//! `scanlift triage profiles` and `scanlift triage releases`.

use super::rules;
use crate::{
    args::{TriageProfiles, TriageReleases},
    explain::Failure,
    log,
};
use comfy_table::{Table, presets};
use scanlift_triage::{Profile, profile::BUILTIN};
use serde_json::json;

/// How many releases are listed.
const RELEASES: usize = 12;

/// Lists the profiles, or prints one.
pub(crate) fn profiles(options: &TriageProfiles) -> Result<u8, Failure> {
    if let Some(name) = &options.name {
        // Whoever names a file wants to know whether it can be used.
        let chosen = rules::named(name)?;
        let builtin = BUILTIN.iter().find(|(known, _)| known == name).map(|(_, text)| *text);
        let text = chosen.own.as_deref().or(builtin).unwrap_or_default();
        return Ok(log::answer(text.as_bytes()));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["profile", "what it is about", "images"]);
    for profile in BUILTIN.iter().filter_map(|(name, _)| Profile::builtin(name)) {
        table.add_row([profile.name, profile.title, profile.images.join(", ")]);
    }
    let text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    Ok(log::answer(text.as_bytes()))
}

/// Prints the latest releases, and which are in scope.
pub(crate) fn releases(options: &TriageReleases) -> Result<u8, Failure> {
    let calendar = rules::calendar(options.releases.as_ref())?;
    let today = rules::today(options.today)?;
    let window = calendar.window(today, 2);
    let released = calendar.window(today, RELEASES - 1);
    let next = window.first().and_then(|latest| calendar.after(latest.series, 1));
    if options.json {
        let list: Vec<_> = released
            .iter()
            .map(|release| {
                json!({
                    "series": release.series.to_string(), "date": release.date.to_string(),
                    "latest": release.version().to_string(), "latest_date": release.patch_date.to_string(),
                    "in_scope": window.contains(release),
                })
            })
            .collect();
        let next = next.map(|(series, date)| json!({"series": series.to_string(), "date": date.to_string()}));
        let value = json!({"today": today.to_string(), "releases": list, "next": next});
        return Ok(log::answer((serde_json::to_string_pretty(&value).unwrap_or_default() + "\n").as_bytes()));
    }
    let mut table = Table::new();
    let scope = format!("in scope on {today}");
    table.load_style(presets::NOTHING).set_header([
        "release",
        "of",
        "latest patch by the calendar",
        "of",
        &scope,
    ]);
    if let Some((series, date)) = next {
        table.add_row([
            series.to_string(),
            date.to_string(),
            "planned".to_owned(),
            String::new(),
            String::new(),
        ]);
    }
    for release in &released {
        let is_in = if window.contains(release) { "yes" } else { "no" };
        table.add_row([
            release.series.to_string(),
            release.date.to_string(),
            release.version().to_string(),
            release.patch_date.to_string(),
            is_in.to_owned(),
        ]);
    }
    let text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    Ok(log::answer(text.as_bytes()))
}
