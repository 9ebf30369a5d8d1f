//! The hidden line of an issue, by which it is known again.

use crate::Grouping;
use scanlift_ingest::Fingerprint;
use scanlift_report_core::Kind;

/// What a scan looks at: it can say what is gone from there, and from nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Scope {
    /// Slug of the scanner.
    pub scanner: String,
    /// Kind of the report.
    pub kind: Kind,
    /// SHA-1, in hexadecimal, of the image without tag and digest; `None` for what is in no image.
    pub target: Option<String>,
}

impl Scope {
    /// What that scanner looks at: an image, or what the project has one of.
    #[must_use]
    pub fn new(scanner: &str, kind: Kind, image: Option<&str>) -> Self {
        let scanner = scanner.chars().filter(char::is_ascii_graphic).collect();
        let target = image.map(|image| Fingerprint::of(repository(image)).to_string());
        Self { scanner, kind, target }
    }
}

/// An image without tag and digest: what stays the same from build to build, and from version to version.
pub(crate) fn repository(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon before the last slash is that of a port.
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// What an issue is about, in a form that programs read: an HTML comment, which GitLab does not
/// show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Marker {
    /// What findings are gathered by.
    pub grouping: Grouping,
    /// What its scan looks at.
    pub scope: Scope,
    /// SHA-1, in hexadecimal, of what the issue is about: by this an issue is known again.
    pub key: String,
}

const BEGIN: &str = "<!-- scanlift:issue ";
const END: &str = " -->";

impl Marker {
    /// The marker of an issue about that.
    #[must_use]
    pub fn new(grouping: Grouping, scope: Scope, about: &str) -> Self {
        let text = format!("{}\n{}\n{}\n{about}", grouping.as_str(), scope.scanner, scope.kind);
        Self { grouping, scope, key: Fingerprint::of(&text).to_string() }
    }

    /// The line that stands in the issue.
    #[must_use]
    pub fn line(&self) -> String {
        let Scope { scanner, kind, target } = &self.scope;
        let target = target.as_ref().map(|target| format!(" {target}")).unwrap_or_default();
        format!("{BEGIN}{} {scanner} {kind} {}{target}{END}", self.grouping.as_str(), self.key)
    }

    /// The marker that a description carries: the first one, since scanlift puts it first.
    #[must_use]
    pub fn find(description: &str) -> Option<Self> {
        let (_, rest) = description.split_once(BEGIN)?;
        let (line, _) = rest.split_once(END)?;
        let mut words = line.split(' ');
        let (grouping, scanner, kind, key) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let target = words.next();
        let is_sha1 = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_sha1(key) && target.is_none_or(is_sha1) && words.next().is_none()).then_some(())?;
        let scope = Scope {
            scanner: scanner.to_owned(),
            kind: Kind::parse(kind)?,
            target: target.map(str::to_owned),
        };
        Some(Self { grouping: Grouping::parse(grouping)?, scope, key: key.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_again() {
        let scope = || Scope::new("semgrep", Kind::Sast, None);
        let marker = Marker::new(Grouping::Rule, scope(), "rule\nx");
        let in_image = Scope::new("trivy", Kind::ContainerScanning, Some("app:1"));
        for marker in [marker.clone(), Marker::new(Grouping::Finding, in_image, "x")] {
            assert_eq!(Marker::find(&format!("{}\n\ntext", marker.line())), Some(marker));
        }
        assert_eq!(Marker::find("text"), None);
        assert_eq!(Marker::find("<!-- scanlift:issue rule a sast c -->"), None);
        assert_eq!(Marker::find(&marker.line().replace(" -->", " c -->")), None);
        assert_ne!(marker.key, Marker::new(Grouping::Rule, scope(), "rule\ny").key);
    }

    #[test]
    fn an_image_is_known_by_its_repository() {
        for (image, want) in [
            ("alpine", "alpine"),
            ("alpine:3.7", "alpine"),
            ("localhost:5000/app", "localhost:5000/app"),
            ("localhost:5000/app:1", "localhost:5000/app"),
            ("r.example/app@sha256:abc", "r.example/app"),
            ("r.example/app:1@sha256:abc", "r.example/app"),
            ("", ""),
        ] {
            assert_eq!(repository(image), want, "{image}");
        }
    }
}
