//! What an older GitLab does not know.

use crate::Job;
use std::str::FromStr;

/// A release of GitLab, by its first two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(u16, u16);

/// The first one that takes a schema version that scanlift writes.
const OLDEST: Release = Release(15, 4);
/// `image:docker:user` (`ci/yaml/_index.md`).
const DOCKER_USER: Release = Release(16, 8);
/// `artifacts:access` (`ci/yaml/_index.md`).
const ACCESS: Release = Release(16, 11);

/// Why a text names no release that jobs can be made for. Display is a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// It is none.
    #[error("write it as 16.5")]
    Unreadable,
    /// It takes no report.
    #[error("GitLab before 15.4 takes none of the schema versions that are written")]
    TooOld,
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// Reads `16`, `16.5` or `16.5.3`.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let mut numbers = text.split('.').map(str::parse::<u16>);
        let release = match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), None) => Self(major, 0),
            (Some(Ok(major)), Some(Ok(minor))) => Self(major, minor),
            _ => return Err(ReleaseError::Unreadable),
        };
        if release < OLDEST { Err(ReleaseError::TooOld) } else { Ok(release) }
    }
}

impl Release {
    /// The schema version to ask for, where it is not the default one.
    fn schema_version(self) -> Option<&'static str> {
        match self.0 {
            ..=16 => Some("15.0.7"),
            17 => Some("15.1.4"),
            _ => None,
        }
    }
}

impl Job {
    /// Leaves out what a GitLab of this release does not know, and asks for reports that it takes, unless the
    /// job names a version already.
    pub fn fit(&mut self, oldest: Release) {
        if oldest < DOCKER_USER {
            self.user = None;
        }
        self.access = oldest >= ACCESS;
        let is_named = self.convert.iter().any(|options| options.contains("--schema-version"));
        if let Some(version) = oldest.schema_version().filter(|_| !is_named) {
            self.convert.push(format!("--schema-version {version}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Custom, Scanner};

    #[test]
    fn releases_are_numbers() {
        for (text, want) in [
            ("16", Ok(Release(16, 0))),
            ("16.11", Ok(Release(16, 11))),
            ("17.2.8", Ok(Release(17, 2))),
            ("15.3", Err(ReleaseError::TooOld)),
            ("16.", Err(ReleaseError::Unreadable)),
            ("new", Err(ReleaseError::Unreadable)),
            ("", Err(ReleaseError::Unreadable)),
        ] {
            assert_eq!(text.parse::<Release>(), want, "{text}");
        }
    }

    #[test]
    fn an_older_gitlab_is_told_what_it_knows() {
        for (release, has_user, has_access, version) in [
            ("15.4", false, false, Some("--schema-version 15.0.7")),
            ("16.8", true, false, Some("--schema-version 15.0.7")),
            ("16.11", true, true, Some("--schema-version 15.0.7")),
            ("17.0", true, true, Some("--schema-version 15.1.4")),
            ("18.0", true, true, None),
        ] {
            let scanner = Scanner::find("semgrep", &Custom::default()).expect("it is known");
            let mut job = Job::new(scanner, "0.1.0");
            let mut named = job.clone();
            job.fit(release.parse().expect("a release"));
            let told = (job.user.is_some(), job.access, job.convert.first().map(String::as_str));
            assert_eq!(told, (has_user, has_access, version), "{release}");
            named.convert = vec!["--schema-version 15.2.1".to_owned()];
            named.fit(release.parse().expect("a release"));
            assert_eq!(named.convert.len(), 1);
        }
    }
}
