//! Versions of GitLab, and the monthly release that each belongs to.

use std::{fmt, str::FromStr};

/// A monthly release with its patches: `18.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// Raised every May.
    pub major: u32,
    /// Raised every month, from 0.
    pub minor: u32,
}

/// A version: `18.5.2`, or `18.5` where the patch is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The monthly release.
    pub series: Series,
    /// Which patch of it; 0 is the monthly release itself.
    pub patch: Option<u32>,
}

impl Series {
    /// The version of its patch.
    #[must_use]
    pub const fn patch(self, patch: u32) -> Version {
        Version { series: self, patch: Some(patch) }
    }
}

impl FromStr for Version {
    type Err = NoVersion;

    /// Reads `18.5.2`, `18.5`, each also with a `v` before it.
    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let refuse = || NoVersion(text.to_owned());
        let digits = text.trim();
        let digits = digits.strip_prefix('v').unwrap_or(digits);
        let number = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<u32>().ok()).flatten()
        };
        let parts: Vec<_> = digits.split('.').map(number).collect();
        match parts[..] {
            [Some(major), Some(minor)] => Ok(Self { series: Series { major, minor }, patch: None }),
            [Some(major), Some(minor), patch @ Some(_)] => {
                Ok(Self { series: Series { major, minor }, patch })
            }
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.major, self.minor))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            Some(patch) => f.pad(&format!("{}.{patch}", self.series)),
            None => self.series.fmt(f),
        }
    }
}

/// A text that is no version. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read `{0}` as a version of GitLab (written as 18.5.2 or 18.5)")]
pub struct NoVersion(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_two_or_three_numbers() {
        for (text, want) in [
            ("18.5.2", Some("18.5.2")),
            ("v18.5.2", Some("18.5.2")),
            (" 18.5 ", Some("18.5")),
            ("018.05", Some("18.5")),
            ("18", None),
            ("18.5.2.1", None),
            ("18.5.", None),
            ("18.+5", None),
            ("18.5.2-ee.0", None),
            ("99999999999.1", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Version>().ok().map(|version| version.to_string()).as_deref(), want);
        }
    }
}
