//! The rules that a command goes by: profile, calendar and day.

use crate::{config::nearest, environment, explain::Failure};
use scanlift_triage::{Calendar, Date, Profile, Review, profile::BUILTIN};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A profile, and the text of one that is the user's own.
pub(super) struct Chosen {
    pub(super) profile: Profile,
    pub(super) own: Option<String>,
}

/// The profile of that name or in that file.
pub(super) fn named(name: &str) -> Result<Chosen, Failure> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(Chosen { profile, own: None });
    }
    if !Path::new(name).exists() {
        let names: Vec<_> = BUILTIN.iter().map(|(name, _)| *name).collect();
        let failure = Failure::usage(format!("there is no profile and no file {name}"));
        let failure = match nearest(name, names.iter().copied()) {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure,
        };
        return Err(failure.help(format!("there are {}; your own is named by its file", names.join(", "))));
    }
    let text = fs::read_to_string(name)
        .map_err(|error| Failure::usage(format!("failed to read {name}: {error}")))?;
    let profile = Profile::read(&text).map_err(|error| own(name, &error))?;
    Ok(Chosen { profile, own: Some(text) })
}

fn own(name: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("failed to {error}"))
        .note(format!("in {name}"))
        .help("`scanlift triage profiles gitlab-ee` prints one to compare with")
}

/// The profile that a review was made by, unless another one is named.
pub(super) fn of_review(review: &Review, option: Option<&str>) -> Result<Profile, Failure> {
    if let Some(name) = option {
        return Ok(named(name)?.profile);
    }
    let own_text = review.fact("profile_toml");
    if !own_text.is_empty() {
        return Profile::read(own_text).map_err(|error| own("the fact profile_toml of the review", &error));
    }
    match review.fact("profile") {
        "" => Err(Failure::usage("the review does not say by which profile it was made").help(
            "name it with --profile; of a CSV file the facts are in the file beside it, NAME.request.csv",
        )),
        name => Ok(named(name)?.profile),
    }
}

/// GitLab's calendar, with what the user knows better.
pub(super) fn calendar(releases: Option<&PathBuf>) -> Result<Calendar, Failure> {
    let calendar = match releases {
        None => Calendar::builtin(),
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("failed to read {}: {error}", path.display())))?;
            Calendar::with(&text)
        }
    };
    calendar.map_err(|error| {
        let failure = Failure::usage(format!("failed to {error}"));
        match releases {
            Some(path) => failure.note(format!("in {}", path.display())),
            None => failure,
        }
    })
}

/// The day that it is.
pub(super) fn today(option: Option<Date>) -> Result<Date, Failure> {
    if let Some(today) = option {
        return Ok(today);
    }
    environment::today()
}
