//! Names of images: what is scanned, and which version of GitLab a tag stands for.

use crate::Version;
use std::fmt;

/// A reference to an image: `[registry/]path[:tag][@digest]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// Host and port; `None` for Docker Hub.
    pub registry: Option<String>,
    /// `gitlab/gitlab-ee`.
    pub path: String,
    /// `18.5.2-ee.0`.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

/// What a tag says of the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A release.
    Release(Version),
    /// A build before a release: `18.5.0-rc42.ee.0`.
    Candidate(Version),
    /// A tag that stands for another version tomorrow (`latest`), or for none that can be read.
    Moving(String),
    /// No tag: a digest alone, or nothing, which means `latest`.
    None,
}

/// A text that is no reference to an image. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read `{text}` as an image: {problem}")]
#[non_exhaustive]
pub struct ImageError {
    /// The text as given.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Names that Docker Hub goes by.
const DOCKER_HUB: [&str; 4] =
    ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

impl Image {
    /// Reads a reference.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, ImageError> {
        let refuse = |problem| ImageError { text: text.to_owned(), problem };
        let name = text.trim();
        let name = ["docker://", "https://", "oci://"]
            .iter()
            .find_map(|scheme| name.strip_prefix(scheme))
            .unwrap_or(name);
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(refuse("it holds blanks"));
        }
        let (name, digest) = match name.split_once('@') {
            Some((name, digest)) => {
                let is_digest = digest.split_once(':').is_some_and(|(algorithm, hex)| {
                    !algorithm.is_empty()
                        && hex.len() >= 32
                        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
                });
                if !is_digest {
                    return Err(refuse(
                        "what is behind the @ is no digest (sha256: and 64 hexadecimal digits)",
                    ));
                }
                (name, Some(digest.to_owned()))
            }
            None => (name, None),
        };
        // A colon before the last slash is that of a port.
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[last..].split_once(':') {
            Some((_, "")) => return Err(refuse("the tag behind the colon is missing")),
            Some((short, tag)) => (&name[..last + short.len()], Some(tag.to_owned())),
            None => (name, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host.to_ascii_lowercase()).filter(|host| !DOCKER_HUB.contains(&host.as_str())), path)
            }
            _ => (None, name),
        };
        if path.split('/').any(str::is_empty) {
            return Err(refuse("a part of its name is missing"));
        }
        Ok(Self { registry, path: path.to_owned(), tag, digest })
    }

    /// The name without tag and digest; that of Docker Hub without its host.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.path),
            None => self.path.clone(),
        }
    }

    /// Whether another reference is most likely one of another image: by its name, but for a registry or
    /// folders before it, or by its tag. What only one of both says tells nothing, nor does `latest`.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        if self.digest.is_some() && self.digest == other.digest {
            return false;
        }
        let (one, two) = (format!("/{}", self.name()), format!("/{}", other.name()));
        let tag = |image: &Self| image.tag.clone().filter(|tag| tag != "latest");
        let has_other_tag = tag(self).zip(tag(other)).is_some_and(|(one, two)| one != two);
        has_other_tag || !(one.ends_with(&two) || two.ends_with(&one))
    }

    /// Which version the tag stands for.
    #[must_use]
    pub fn tagged(&self) -> Tagged {
        let Some(tag) = &self.tag else {
            return if self.digest.is_some() { Tagged::None } else { Tagged::Moving("latest".to_owned()) };
        };
        let parts: Vec<&str> = tag.split('-').collect();
        let found =
            parts.iter().filter_map(|part| Some((rank(part, parts.len())?, part.parse::<Version>().ok()?)));
        let Some((_, version)) = found.max_by_key(|(rank, _)| *rank) else {
            return Tagged::Moving(tag.clone());
        };
        if parts.iter().any(|part| is_candidate(part)) {
            Tagged::Candidate(version)
        } else {
            Tagged::Release(version)
        }
    }
}

/// How much a part of a tag looks like GitLab's version, and not like that of the system beside it:
/// `alpine-3.19-v18.5.2`.
fn rank(part: &str, parts: usize) -> Option<u8> {
    let is_full = part.matches('.').count() == 2;
    match (part.starts_with('v'), is_full) {
        (true, true) => Some(3),
        (false, true) => Some(2),
        (true, false) => Some(1),
        (false, false) => (parts <= 2).then_some(0),
    }
}

/// `rc42` or `rc42.ee.0`.
fn is_candidate(part: &str) -> bool {
    let behind = part.strip_prefix("rc").or_else(|| part.strip_prefix("pre"));
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn tags_are_read_in_all_their_forms() {
        let release = |text: &str| Tagged::Release(text.parse().expect("a version"));
        let candidate = |text: &str| Tagged::Candidate(text.parse().expect("a version"));
        let moving = |text: &str| Tagged::Moving(text.to_owned());
        for (image, want) in [
            ("gitlab/gitlab-ee:18.5.2-ee.0", release("18.5.2")),
            ("gitlab/gitlab-ce:18.5.2-ce.0", release("18.5.2")),
            ("gitlab/gitlab-ee:18.5.0-rc42.ee.0", candidate("18.5.0")),
            ("gitlab/gitlab-runner:v18.5.2", release("18.5.2")),
            ("gitlab/gitlab-runner:alpine-v18.5.2", release("18.5.2")),
            ("gitlab/gitlab-runner:ubuntu-v18.5.2", release("18.5.2")),
            ("gitlab/gitlab-runner:alpine3.19-v18.5.2", release("18.5.2")),
            ("gitlab/gitlab-runner:alpine-3.19-v18.5.2", release("18.5.2")),
            ("gitlab/gitlab-runner-helper:x86_64-v18.5.2-pwsh", release("18.5.2")),
            ("registry.gitlab.com/gitlab-org/build/cng/gitaly:v18.5.2-ubi", release("18.5.2")),
            ("a/b:v18.5", release("18.5")),
            ("a/b:18.5", release("18.5")),
            ("a/b:18.5-ee", release("18.5")),
            ("gitlab/gitlab-ee:latest", moving("latest")),
            ("gitlab/gitlab-ee", moving("latest")),
            ("gitlab/gitlab-ee:nightly", moving("nightly")),
            ("gitlab/gitlab-runner:alpine", moving("alpine")),
            ("a/b:18-5-stable", moving("18-5-stable")),
            (&format!("gitlab/gitlab-ee@{DIGEST}"), Tagged::None),
            (&format!("gitlab/gitlab-ee:18.5.2-ee.0@{DIGEST}"), release("18.5.2")),
            ("registry.example.com:5000/gitlab/gitlab-ee:18.5.2-ee.0", release("18.5.2")),
            ("registry.example.com:5000/gitlab/gitlab-ee", moving("latest")),
        ] {
            assert_eq!(Image::parse(image).expect(image).tagged(), want, "{image}");
        }
    }

    #[test]
    fn images_differ_by_name_or_tag() {
        let with_digest = |image: &str| format!("{image}@{DIGEST}");
        for (other, want) in [
            ("gitlab/gitlab-ee:19.6.1-ee.0", false),
            ("docker.io/gitlab/gitlab-ee:19.6.1-ee.0", false),
            ("reg.example.com:5000/hub/gitlab/gitlab-ee:19.6.1-ee.0", false),
            ("gitlab-ee:19.6.1-ee.0", false),
            ("gitlab/gitlab-ee:latest", false),
            ("gitlab/gitlab-ee", false),
            (&with_digest("gitlab/gitlab-ee"), false),
            (&with_digest("mirror/ours:1"), true),
            ("gitlab/gitlab-ee:19.5.2-ee.0", true),
            ("reg.example.com/gitlab/gitlab-ee:19.5.2-ee.0", true),
            ("gitlab/gitlab-runner:19.6.1-ee.0", true),
            ("gitlab/our-gitlab-ee:19.6.1-ee.0", true),
        ] {
            let (one, other) = (Image::parse("gitlab/gitlab-ee:19.6.1-ee.0"), Image::parse(other));
            let (one, other) = (one.expect("an image"), other.expect("an image"));
            assert_eq!((one.differs_from(&other), other.differs_from(&one)), (want, want), "{other}");
        }
        let same = [with_digest("a:1"), with_digest("b:2")].map(|image| Image::parse(&image).expect("one"));
        assert!(!same[0].differs_from(&same[1]));
    }

    #[test]
    fn names_are_those_of_docker_hub_or_have_a_host() {
        for (text, name) in [
            ("gitlab/gitlab-ee:1", "gitlab/gitlab-ee"),
            ("docker.io/gitlab/gitlab-ee:1", "gitlab/gitlab-ee"),
            ("docker://index.docker.io/gitlab/gitlab-ee", "gitlab/gitlab-ee"),
            (
                "REG.example.com:5000/mirror/gitlab/gitlab-ee:1",
                "reg.example.com:5000/mirror/gitlab/gitlab-ee",
            ),
            ("localhost/gitlab-ee", "localhost/gitlab-ee"),
            ("gitlab-ee", "gitlab-ee"),
        ] {
            assert_eq!(Image::parse(text).expect(text).name(), name);
        }
        for text in ["", "a/b:", "a//b:1", "a/b@sha256:12", "a b", "reg.example.com/", ":1"] {
            assert!(Image::parse(text).is_err(), "{text}");
        }
    }
}
