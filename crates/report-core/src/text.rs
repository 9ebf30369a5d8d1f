use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, ops::Deref};

/// Text that is borrowed from the scanner's document wherever possible.
pub type Text<'a> = Cow<'a, str>;

/// `name` of a vulnerability: at most 255 characters (schema `vulnerabilities.name`).
pub type Name<'a> = Limited<'a, 255>;
/// A text of at most 255 characters (names of Kubernetes, an operating system, an image).
pub type ShortText<'a> = Limited<'a, 255>;
/// `description`: at most 15,000 characters. The schema takes 1,048,576, but GitLab's ingestion
/// cuts at this length without saying so.
pub type Description<'a> = Limited<'a, 15_000>;
/// `solution`: at most 7,000 characters.
pub type Solution<'a> = Limited<'a, 7_000>;
/// `description` of a flag: at most 1,000 characters.
pub type FlagDescription<'a> = Limited<'a, 1_000>;
/// `summary` of a remediation: at most 200 characters.
pub type Summary<'a> = Limited<'a, 200>;

/// Text that is never blank and never longer than `MAX` characters (Unicode code points, as JSON
/// Schema counts them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited<'a, const MAX: usize> {
    text: Text<'a>,
    cut: bool,
}

impl<'a, const MAX: usize> Limited<'a, MAX> {
    /// The most characters it holds.
    pub const MAX: usize = MAX;

    /// The text without surrounding white space; `None` if nothing is left.
    /// Longer text is cut and ends in `…`.
    #[must_use]
    pub fn new(text: impl Into<Text<'a>>) -> Option<Self> {
        let text = trim(text.into());
        if text.is_empty() {
            return None;
        }
        if text.len() <= MAX {
            return Some(Self { text, cut: false });
        }
        match text.char_indices().nth(MAX) {
            None => Some(Self { text, cut: false }),
            Some(_) => {
                let end = text.char_indices().nth(MAX - 1).map_or(0, |(at, _)| at);
                let kept = text.get(..end).unwrap_or_default().trim_end();
                Some(Self { text: Cow::Owned(format!("{kept}…")), cut: true })
            }
        }
    }

    /// A constant that is within the limit and not blank.
    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), cut: false }
    }

    /// Whether something had to be cut off.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same text, owned.
    #[must_use]
    pub fn into_owned(self) -> Limited<'static, MAX> {
        Limited { text: Cow::Owned(self.text.into_owned()), cut: self.cut }
    }
}

/// Whether a character cannot be seen, or turns, joins or hides what stands around it.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (u32::from(char) & 0xfffe) == 0xfffe
}

/// Trims without copying what is borrowed.
fn trim(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

impl<const MAX: usize> Deref for Limited<'_, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<const MAX: usize> fmt::Display for Limited<'_, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<const MAX: usize> Serialize for Limited<'_, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reading keeps what stands there, within the limit or not.
impl<'de, const MAX: usize> Deserialize<'de> for Limited<'_, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self { text: Cow::Owned(text), cut: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_characters_not_bytes() {
        let name = |text: &str| Limited::<5>::new(text.to_owned()).map(|l| (l.to_string(), l.was_cut()));
        assert_eq!(name("  "), None);
        assert_eq!(name(" abc "), Some(("abc".into(), false)));
        assert_eq!(name("äöüßé"), Some(("äöüßé".into(), false)));
        assert_eq!(name("äöüßéx"), Some(("äöüß…".into(), true)));
        assert_eq!(name("ab   cdef"), Some(("ab…".into(), true)));
    }
}
