//! The hidden line of an issue, by which it is known again.

use crate::Grouping;
use scanlift_ingest::Fingerprint;

/// What an issue is about, in a form that programs read: an HTML comment, which GitLab does not
/// show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Marker {
    /// What findings are gathered by.
    pub grouping: Grouping,
    /// Slug of the scanner.
    pub scanner: String,
    /// Kind of the report.
    pub kind: String,
    /// SHA-1, in hexadecimal, of what the issue is about.
    pub key: String,
}

const BEGIN: &str = "<!-- scanlift:issue ";
const END: &str = " -->";

impl Marker {
    /// The marker of an issue about that.
    #[must_use]
    pub fn new(grouping: Grouping, scanner: &str, kind: &str, about: &str) -> Self {
        let word = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
        let key = Fingerprint::of(&format!("{}\n{scanner}\n{kind}\n{about}", grouping.as_str())).to_string();
        Self { grouping, scanner: word(scanner), kind: word(kind), key }
    }

    /// The line that stands in the issue.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{BEGIN}{} {} {} {}{END}", self.grouping.as_str(), self.scanner, self.kind, self.key)
    }

    /// The marker that a description carries: the first one, since scanlift puts it first.
    #[must_use]
    pub fn find(description: &str) -> Option<Self> {
        let (_, rest) = description.split_once(BEGIN)?;
        let (line, _) = rest.split_once(END)?;
        let mut words = line.split(' ');
        let (grouping, scanner, kind, key) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let is_key = key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_key && words.next().is_none()).then_some(())?;
        Some(Self {
            grouping: Grouping::parse(grouping)?,
            scanner: scanner.to_owned(),
            kind: kind.to_owned(),
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_again() {
        let marker = Marker::new(Grouping::Rule, "semgrep", "sast", "rule\nx");
        assert_eq!(Marker::find(&format!("{}\n\ntext", marker.line())), Some(marker.clone()));
        assert_eq!(Marker::find("text"), None);
        assert_eq!(Marker::find("<!-- scanlift:issue rule a b c -->"), None);
        assert_ne!(marker.key, Marker::new(Grouping::Rule, "semgrep", "sast", "rule\ny").key);
    }
}
