//! Names of images, and whether they name the same one.

use scanlift_convert_api::package::Purl;

/// What is known of an image by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// With its registry, `docker.io/library/alpine`; or only its last part where nothing else is
    /// known (`is_whole`).
    repository: String,
    is_whole: bool,
    tag: Option<String>,
    digest: Option<String>,
}

impl Image {
    /// The image of a reference as `registry.example.com/app:1.2@sha256:…`.
    #[must_use]
    pub fn of_reference(reference: &str) -> Option<Self> {
        let reference = reference.trim();
        let reference = reference.split_once("://").map_or(reference, |(_, rest)| rest);
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let (name, tag) = match name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, Some(tag)),
            None => (name, None),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let owned = |text: &str| Some(text.to_ascii_lowercase()).filter(|text| !text.is_empty());
        Some(Self {
            repository: whole(name),
            is_whole: true,
            tag: tag.filter(|tag| !tag.is_empty()).map(str::to_owned),
            digest: digest.and_then(owned),
        })
    }

    /// The image that a package URL of type `oci` or `docker` names.
    #[must_use]
    pub fn of_purl(purl: &Purl) -> Option<Self> {
        if !matches!(purl.kind.as_str(), "oci" | "docker") {
            return None;
        }
        let bare = purl.bare_name().to_ascii_lowercase();
        let url = purl.qualifier("repository_url").filter(|url| !url.is_empty());
        let (repository, is_whole) = match url {
            Some(url) => {
                let url = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
                let path = if purl.kind == "docker" { purl.name.to_ascii_lowercase() } else { bare };
                let url = url.to_ascii_lowercase();
                let named = url == path || url.ends_with(&format!("/{path}"));
                (whole(&if named { url } else { format!("{url}/{path}") }), true)
            }
            // Without a registry Docker means its own; OCI says nothing.
            None if purl.kind == "docker" => (whole(&purl.name), true),
            None => (bare, false),
        };
        let is_digest = purl.version.contains(':');
        let version = Some(purl.version.as_str()).filter(|version| !version.is_empty());
        Some(Self {
            repository,
            is_whole,
            tag: purl.qualifier("tag").or(version.filter(|_| !is_digest)).map(str::to_owned),
            digest: version.filter(|_| is_digest).map(str::to_ascii_lowercase),
        })
    }

    /// As people and GitLab write it: `ghcr.io/acme/app:1.2`; with a digest where there is no tag.
    #[must_use]
    pub fn reference(&self) -> String {
        let name = self.repository.strip_prefix("docker.io/").unwrap_or(&self.repository);
        let name = name.strip_prefix("library/").unwrap_or(name);
        match (&self.tag, &self.digest) {
            (Some(tag), _) => format!("{name}:{tag}"),
            (None, Some(digest)) => format!("{name}@{digest}"),
            (None, None) => name.to_owned(),
        }
    }

    /// The name without a registry, tag or digest: `app`.
    #[must_use]
    pub fn bare_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// Its tag, else its digest.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.tag.as_deref().or(self.digest.as_deref())
    }

    /// Whether a statement about this image is one about that one.
    ///
    /// What this one says has to hold of the other: repository, tag and digest. A digest that the
    /// other does not have is made up for by an equal tag. `digests` are further ones of the other.
    #[must_use]
    pub fn covers(&self, other: &Self, digests: &[&str]) -> bool {
        let same_name = if self.is_whole && other.is_whole {
            self.repository == other.repository
        } else {
            self.bare_name() == other.bare_name()
        };
        if !same_name {
            return false;
        }
        let tag = self.tag.as_ref().zip(other.tag.as_ref()).map(|(one, two)| one == two);
        let known = other.digest.as_deref().into_iter().chain(digests.iter().copied());
        let mut known = known.peekable();
        match &self.digest {
            Some(digest) if known.peek().is_some() => known.any(|known| known == digest),
            Some(_) => tag == Some(true),
            None => tag.unwrap_or(self.tag.is_none()),
        }
    }
}

/// Whether a text is the reference of an image: it has a digest, or a path and a tag.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    let has_path_and_tag =
        |(name, tag): (&str, &str)| name.contains('/') && !tag.is_empty() && !tag.contains('/');
    may_be_reference(text)
        && (text.contains("@sha256:") || text.trim().rsplit_once(':').is_some_and(has_path_and_tag))
}

/// Whether a text could be the reference of an image, and is no address: `alpine:3.18`.
pub(crate) fn may_be_reference(text: &str) -> bool {
    let text = text.trim();
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/:@".contains(&b));
    let is_address =
        text.contains("://") || ["pkg:", "cpe:", "urn:"].iter().any(|start| text.starts_with(start));
    is_plain && !is_address && text.contains([':', '/'])
}

/// With the registry that Docker means by none.
fn whole(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("index.").filter(|rest| rest.starts_with("docker.io/")).unwrap_or(&name);
    let name = name.strip_prefix("registry-1.").filter(|rest| rest.starts_with("docker.io/")).unwrap_or(name);
    let (first, rest) = match name.split_once('/') {
        Some((first, rest)) => (first, rest),
        None => return format!("docker.io/library/{name}"),
    };
    if first == "docker.io" && !rest.contains('/') {
        return format!("docker.io/library/{rest}");
    }
    if first.contains(['.', ':']) || first == "localhost" {
        name.to_owned()
    } else {
        format!("docker.io/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn image(text: &str) -> Image {
        match Purl::parse(text) {
            Some(purl) => Image::of_purl(&purl).expect("an image"),
            None => Image::of_reference(text).expect("a reference"),
        }
    }

    #[test]
    fn statements_cover_images() {
        let at = |name: &str, digest: &str| format!("{name}@{}", digest.replace(':', "%3A"));
        for (said, found, want) in [
            ("pkg:oci/alpine", "alpine:3.18", true),
            ("pkg:oci/alpine", "registry.example.com/mirror/alpine:3.18", true),
            ("pkg:oci/alpine", "debian:12", false),
            ("pkg:oci/alpine?tag=3.18", "alpine:3.18", true),
            ("pkg:oci/alpine?tag=3.18", "alpine:3.19", false),
            ("pkg:oci/alpine?repository_url=docker.io/library/alpine", "alpine:3.18", true),
            ("pkg:oci/alpine?repository_url=index.docker.io/library", "alpine:3.18", true),
            ("pkg:oci/app?repository_url=ghcr.io/acme", "ghcr.io/acme/app:1", true),
            ("pkg:oci/app?repository_url=ghcr.io/acme", "ghcr.io/other/app:1", false),
            ("pkg:docker/alpine@3.18", "alpine:3.18", true),
            ("pkg:docker/acme/app@1?repository_url=gcr.io", "gcr.io/acme/app:1", true),
            ("pkg:docker/alpine", "registry.example.com/alpine:1", false),
            ("alpine:3.18", "docker.io/library/alpine:3.18", true),
            ("ghcr.io/acme/app", "ghcr.io/acme/app:7", true),
            ("ghcr.io/acme/app:7", "ghcr.io/acme/app:8", false),
            ("localhost:5000/app:7", "localhost:5000/app:7", true),
            (&at("pkg:oci/alpine", A), &format!("alpine@{A}"), true),
            (&at("pkg:oci/alpine", A), &format!("alpine@{B}"), false),
            (&at("pkg:oci/alpine", A), "alpine:3.18", false),
            (&format!("{}?tag=3.18", at("pkg:oci/alpine", A)), "alpine:3.18", true),
            (&format!("{}?tag=3.18", at("pkg:oci/alpine", A)), &format!("alpine:3.18@{B}"), false),
        ] {
            assert_eq!(image(said).covers(&image(found), &[]), want, "{said} covers {found}");
        }
        assert!(image(&at("pkg:oci/alpine", A)).covers(&image("alpine:3.18"), &[B, A]));
    }

    #[test]
    fn images_are_written_as_people_do() {
        for (said, want) in [
            ("pkg:oci/alpine?repository_url=docker.io/library/alpine&tag=3.18", "alpine:3.18"),
            ("pkg:oci/app?repository_url=ghcr.io/acme&tag=1", "ghcr.io/acme/app:1"),
            ("pkg:oci/app", "app"),
            ("pkg:docker/acme/app@1", "acme/app:1"),
            ("ghcr.io/acme/app:7", "ghcr.io/acme/app:7"),
        ] {
            assert_eq!(image(said).reference(), want, "{said}");
        }
    }

    #[test]
    fn references_are_told_from_other_names() {
        for (text, want) in [
            ("ghcr.io/acme/app:latest", true),
            ("acme/app:v1", true),
            (&format!("alpine@{A}"), true),
            ("https://example.com/app:1", false),
            ("pkg:oci/alpine", false),
            ("lodash:4.17.21", false),
            ("org.acme:lib", false),
            ("org.acme:lib:1.0", false),
            ("Generic App 1.0", false),
        ] {
            assert_eq!(is_reference(text), want, "{text}");
        }
    }
}
