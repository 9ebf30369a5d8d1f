//! Profiles: what a reviewer accepts, as data.

use crate::review::COLUMNS;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use scanlift_report_core::Severity;
use serde::Deserialize;

macro_rules! builtin {
    ($($name:literal),*) => { &[$(($name, include_str!(concat!("profiles/", $name, ".toml")))),*] };
}

/// The profiles that come with scanlift, by name. The first that knows an image is taken for it.
pub const BUILTIN: &[(&str, &str)] = builtin!(
    "gitlab-ee",
    "gitlab-ee-older",
    "gitlab-runner",
    "gitlab-runner-older",
    "cng",
    "gitlab-scanners",
    "own-image"
);

/// What a reviewer accepts, and what has to be said for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// For people.
    pub title: String,
    /// Names of images, as globs.
    pub images: Vec<String>,
    /// Of these images the tag is no version of GitLab.
    #[serde(default)]
    pub own_numbering: Vec<String>,
    /// Which versions are in scope.
    pub versions: Versions,
    /// What is told of a version in scope that is not the latest.
    #[serde(default)]
    pub older: String,
    /// Which severities are in scope.
    pub severities: Vec<Severity>,
    /// The directories that are in scope; none means all.
    #[serde(default)]
    pub directories: Vec<String>,
    /// Packages of the system that are in scope wherever they are.
    #[serde(default)]
    pub own_packages: Vec<String>,
    /// Whose findings are taken.
    pub scanners: Vec<String>,
    /// Who makes scanners that count as GitLab's own.
    #[serde(default)]
    pub gitlab_vendors: Vec<String>,
    /// What becomes of findings without a path.
    pub without_path: WithoutPath,
    /// What must be filled.
    pub required: Required,
    /// What counts as filled.
    pub enough: Enough,
    /// Where it goes.
    pub send: Send,
    /// The checklist of the request.
    #[serde(default)]
    pub rule: Vec<Rule>,
}

/// Which versions are in scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versions {
    /// The latest monthly release with its patches.
    Latest,
    /// That and the two monthly releases before it.
    LatestAndPreviousTwo,
    /// All.
    Any,
}

impl Versions {
    /// How many monthly releases before the latest are in scope; `None` for all.
    #[must_use]
    pub const fn before(self) -> Option<usize> {
        match self {
            Self::Latest => Some(0),
            Self::LatestAndPreviousTwo => Some(2),
            Self::Any => None,
        }
    }
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is a row.
    Keep,
    /// It is listed among what was left out.
    LeaveOut,
}

/// What becomes of findings without a path.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct WithoutPath {
    /// Packages of the distribution, which have the package database for a path at most.
    pub os_packages: Fate,
    /// Other packages.
    pub packages: Fate,
    /// Hosts, ports, addresses.
    pub hosts: Fate,
}

/// Columns and facts that must be filled.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Required {
    /// Of every finding that is asked about.
    pub every: Vec<String>,
    /// Of packages, besides.
    pub packages: Vec<String>,
    /// Of other scanners than GitLab's, besides.
    pub third_party: Vec<String>,
    /// Of GitLab's own scanners, besides.
    pub gitlab: Vec<String>,
    /// Of findings that are not asked about.
    pub not_asked: Vec<String>,
    /// Facts of the request.
    pub request: Vec<String>,
}

/// How much is more than a placeholder.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Enough {
    /// Words of an assessment.
    pub assessment_words: usize,
    /// Lines of a reproduction.
    pub steps: usize,
    /// Words of it.
    pub steps_words: usize,
    /// Words on the environment.
    pub environment_words: usize,
    /// Words on the concerns.
    pub concerns_words: usize,
}

/// Where it goes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Send {
    /// To whom.
    pub to: String,
    /// When to expect an answer; may be empty.
    #[serde(default)]
    pub reply: String,
}

/// A rule of the checklist.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Which test tells whether it is kept.
    pub check: RuleCheck,
    /// The rule in words.
    pub text: String,
}

/// The tests behind the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleCheck {
    /// Of the image's name and tag.
    Image,
    /// Of its version.
    Version,
    /// Of severities.
    Severity,
    /// Of directories.
    Directory,
    /// Of what the user installed.
    Installed,
    /// Of scanners.
    Scanner,
    /// Of the facts of each finding.
    Facts,
    /// Of answers.
    Answers,
    /// Of the facts of the request.
    Request,
    /// Of the format.
    Format,
}

/// What is wrong with a profile. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the profile: {0}")]
pub struct ProfileError(pub String);

impl Profile {
    /// Reads a profile (TOML).
    ///
    /// # Errors
    /// If it cannot be used, with what is wrong.
    pub fn read(text: &str) -> Result<Self, ProfileError> {
        let profile: Self =
            toml::from_str(text).map_err(|error| ProfileError(error.to_string().trim().to_owned()))?;
        let Required { every, packages, third_party, gitlab, not_asked, .. } = &profile.required;
        for column in [every, packages, third_party, gitlab, not_asked].into_iter().flatten() {
            if !COLUMNS.iter().any(|known| known.name == column) {
                return Err(ProfileError(format!("required: there is no column `{column}`")));
            }
        }
        for directory in &profile.directories {
            if !directory.starts_with('/') {
                return Err(ProfileError(format!("directories: `{directory}` does not begin with /")));
            }
        }
        globs(&profile.images)?;
        globs(&profile.own_numbering)?;
        names(&profile.own_packages)?;
        names(&profile.scanners)?;
        Ok(profile)
    }

    /// A profile that comes with scanlift.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (_, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
        Self::read(text).ok()
    }

    /// The profile that comes with scanlift and knows an image by its name; that of own images knows
    /// all and has to be asked for.
    #[must_use]
    pub fn of_image(name: &str) -> Option<Self> {
        let mut all = BUILTIN.iter().filter_map(|(_, text)| Self::read(text).ok());
        all.find(|profile| profile.name != "own-image" && profile.knows(name) != Known::No)
    }

    /// Whether it is about an image.
    #[must_use]
    pub fn knows(&self, name: &str) -> Known {
        let matches = |name: &str| globs(&self.images).is_ok_and(|images| images.is_match(name));
        if matches(name) {
            return Known::Yes;
        }
        // A copy has the whole name of the original, with or without its registry, behind another one.
        let mut ends = name.match_indices('/').map(|(at, _)| &name[at + 1..]);
        let is_copy =
            ends.any(|end| matches(end) || self.images.iter().any(|image| is_behind_registry(image, end)));
        if is_copy { Known::Copy } else { Known::No }
    }

    /// Whether the tag of an image is no version of GitLab.
    #[must_use]
    pub fn has_own_numbering(&self, name: &str) -> bool {
        globs(&self.own_numbering).is_ok_and(|images| images.is_match(name))
    }
}

/// Whether a name is a pattern's without its registry.
fn is_behind_registry(pattern: &str, name: &str) -> bool {
    let rest = pattern.split_once('/').filter(|(host, _)| host.contains('.')).map(|(_, rest)| rest);
    rest.and_then(|rest| glob(rest, true).ok()).is_some_and(|glob| glob.compile_matcher().is_match(name))
}

/// Whether an image is one of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// By its name.
    Yes,
    /// By the end of its name: a copy in another registry.
    Copy,
    /// Not.
    No,
}

/// Patterns of paths, in which `*` stays within a part.
pub(crate) fn globs(patterns: &[String]) -> Result<GlobSet, ProfileError> {
    set(patterns.iter().map(|pattern| glob(pattern, true)))
}

/// Patterns of names, in which a slash is a character as any other.
pub(crate) fn names(patterns: &[String]) -> Result<GlobSet, ProfileError> {
    set(patterns.iter().map(|pattern| glob(pattern, false)))
}

fn set(globs: impl Iterator<Item = Result<Glob, ProfileError>>) -> Result<GlobSet, ProfileError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob?);
    }
    set.build().map_err(|error| ProfileError(error.to_string()))
}

fn glob(pattern: &str, of_path: bool) -> Result<Glob, ProfileError> {
    let built = GlobBuilder::new(pattern).literal_separator(of_path).case_insensitive(true).build();
    built.map_err(|error| ProfileError(format!("`{pattern}` is no glob: {}", error.kind())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_profile_reads_and_has_its_name() {
        for (name, text) in BUILTIN {
            let profile = Profile::read(text).expect(name);
            assert_eq!(profile.name, *name);
            assert_eq!(profile.severities, [Severity::Critical, Severity::High]);
        }
    }

    #[test]
    fn images_choose_their_profile() {
        for (image, want, known) in [
            ("gitlab/gitlab-ee", Some("gitlab-ee"), Known::Yes),
            ("reg.example.com:5000/gitlab/gitlab-ee", Some("gitlab-ee"), Known::Copy),
            ("reg.example.com/hub/gitlab/gitlab-ee", Some("gitlab-ee"), Known::Copy),
            ("gitlab/gitlab-runner", Some("gitlab-runner"), Known::Yes),
            ("registry.gitlab.com/gitlab-org/gitlab-runner", Some("gitlab-runner"), Known::Yes),
            ("registry.gitlab.com/gitlab-org/build/cng/gitaly", Some("cng"), Known::Yes),
            ("reg.example.com/gitlab-org/build/cng/gitaly", Some("cng"), Known::Copy),
            ("registry.gitlab.com/security-products/semgrep", Some("gitlab-scanners"), Known::Yes),
            ("gitlab-ee", None, Known::No),
            ("evil/gitlab-ee", None, Known::No),
            ("gitlab/gitlab-ce", None, Known::No),
            ("nginx", None, Known::No),
        ] {
            let profile = Profile::of_image(image);
            assert_eq!(profile.as_ref().map(|profile| profile.name.as_str()), want, "{image}");
            assert_eq!(profile.map_or(Known::No, |profile| profile.knows(image)), known, "{image}");
        }
        assert!(Profile::builtin("own-image").is_some_and(|own| own.knows("a.example/b/c") == Known::Yes));
    }

    #[test]
    fn mistakes_in_a_profile_are_named() {
        let text = BUILTIN[0].1;
        for (from, to, part) in [
            ("\"/opt/gitlab\"", "\"opt/gitlab\"", "does not begin with /"),
            ("[\"cve\", \"package\"", "[\"cves\", \"package\"", "no column `cves`"),
            ("[\"gitlab/gitlab-ee\"]", "[\"gitlab/[\"]", "no glob"),
            ("\"Critical\"", "\"Severe!\"", "unknown variant"),
            ("title =", "titel =", "titel"),
        ] {
            let error = Profile::read(&text.replacen(from, to, 1)).expect_err(part);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
