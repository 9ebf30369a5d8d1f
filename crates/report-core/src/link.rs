use crate::Text;
use serde::{Deserialize, Serialize};

/// A reference to documentation (schema `links[]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link<'a> {
    /// What people read; GitLab shows the address where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// An http, https or ftp address of at most 2,048 characters.
    pub url: Text<'a>,
}

impl<'a> Link<'a> {
    /// The longest address that GitLab's database takes.
    pub const MAX_URL: usize = 2_048;

    /// A link; `None` if the address is none that GitLab takes.
    #[must_use]
    pub fn new(url: impl Into<Text<'a>>) -> Option<Self> {
        let url = url.into();
        (is_url(&url) && url.len() <= Self::MAX_URL).then_some(Self { name: None, url })
    }

    /// The link with a name of at most 255 characters.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Text<'a>>) -> Self {
        let name = name.into();
        let fits = !name.trim().is_empty() && name.chars().count() <= 255;
        self.name = fits.then_some(name);
        self
    }
}

/// Whether GitLab's schema takes the address: `^(https?|ftp)://.+`.
#[must_use]
pub fn is_url(text: &str) -> bool {
    ["https://", "http://", "ftp://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('\n'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_the_schema_takes() {
        for (url, want) in [
            ("https://a", true),
            ("http://a", true),
            ("ftp://a", true),
            ("https://", false),
            ("HTTPS://a", false),
            ("not available", false),
            ("", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(is_url(url), want, "{url}");
        }
    }
}
