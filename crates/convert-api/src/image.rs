//! Images and operating systems in the words of GitLab.

use crate::json::filled;
use crate::{Options, Sink, Warning};
use scanlift_report_core::Text;
use std::borrow::Cow;

/// What stands for an image that neither the document nor the user names.
pub const UNKNOWN: &str = "unknown:latest";

/// The warning that an image is not named.
#[must_use]
pub fn unnamed() -> Warning {
    Warning::note("the document names no image: name it with --image")
}

/// The name with a tag or a digest, `:latest` if it has neither; [`UNKNOWN`] if it is blank.
///
/// GitLab takes what is before the last colon into the identity: a name without one would be
/// nothing (`alpine`) or a host (`localhost:5000/app`).
#[must_use]
pub fn with_tag(name: Text<'_>) -> Text<'_> {
    if name.trim().is_empty() {
        return Cow::Borrowed(UNKNOWN);
    }
    let (reference, digest) = match name.split_once('@') {
        Some((reference, digest)) => (reference, Some(digest)),
        None => (&*name, None),
    };
    let last = reference.rsplit('/').next().unwrap_or_default();
    match (last.split_once(':'), digest) {
        (Some((_, "")), None) => Cow::Owned(format!("{reference}latest")),
        (Some(_), None) => name,
        (Some((_, tag)), Some(_)) if !tag.is_empty() => name,
        (_, Some(digest)) if digest.contains(':') => name,
        _ => Cow::Owned(format!("{reference}:latest")),
    }
}

/// A name with tag and digest, split before the digest: `app:1.2` and `sha256:…`.
#[must_use]
pub fn split_digest(name: &str) -> Option<(&str, &str)> {
    let (name, digest) = name.split_once('@')?;
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(':').filter(|(_, tag)| !tag.is_empty())?;
    Some((name, digest))
}

/// The image that the document names, else the user; without either [`UNKNOWN`] and a warning.
/// For documents about one image; always with a tag.
pub fn or_option<'a>(named: Option<&'a str>, options: &'a Options, sink: &mut dyn Sink) -> Text<'a> {
    let image = named.map(str::trim).filter(|name| !name.is_empty()).or_else(|| filled(&options.image));
    if image.is_none() {
        sink.warn(unnamed());
    }
    with_tag(Cow::Borrowed(image.unwrap_or_default()))
}

/// An operating system as GitLab writes it: `debian:12`. A missing version is left out, a missing
/// name is none.
#[must_use]
pub fn operating_system(name: &str, version: &str) -> Option<String> {
    match (name.trim(), version.trim()) {
        ("", _) => None,
        (name, "") => Some(name.to_owned()),
        (name, version) => Some(format!("{name}:{version}")),
    }
}

/// An operating system by the title that it gives itself (`PRETTY_NAME` of os-release), as GitLab
/// writes it: `debian:9` of `Debian GNU/Linux 9 (stretch)`. A text that is `name:version` already
/// stays as it is.
#[must_use]
pub fn system_of_title(title: &str) -> Option<String> {
    let title = title.trim();
    if title.contains(':') && !title.contains(char::is_whitespace) {
        return Some(title.to_ascii_lowercase());
    }
    let is_version = |word: &&str| {
        word.strip_prefix('v').unwrap_or(word).starts_with(|first: char| first.is_ascii_digit())
    };
    let named = |word: &&str| !is_version(word) && !word.starts_with('(');
    let name = title.split_whitespace().take_while(named).collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let version = title.split_whitespace().find(is_version).unwrap_or_default();
    operating_system(distribution(&name), version.strip_prefix('v').unwrap_or(version))
}

/// The short name of a distribution, as os-release's `ID` and package URLs have it.
fn distribution(name: &str) -> &str {
    const TITLES: [(&str, &str); 19] = [
        ("alma", "almalinux"),
        ("alpine", "alpine"),
        ("amazon", "amazon"),
        ("arch ", "arch"),
        ("azure linux", "azurelinux"),
        ("cbl-mariner", "mariner"),
        ("centos", "centos"),
        ("debian", "debian"),
        ("fedora", "fedora"),
        ("microsoft azure linux", "azurelinux"),
        ("opensuse leap", "opensuse-leap"),
        ("opensuse tumbleweed", "opensuse-tumbleweed"),
        ("oracle", "oracle"),
        ("photon", "photon"),
        ("red hat enterprise", "rhel"),
        ("rocky", "rocky"),
        ("suse linux enterprise", "sles"),
        ("ubuntu", "ubuntu"),
        ("vmware photon", "photon"),
    ];
    TITLES.iter().find(|(title, _)| name.starts_with(title)).map_or(name, |(_, short)| short)
}

/// Whether a reference names an archive or a directory of an image instead of one in a registry.
#[must_use]
pub fn is_archive(name: &str) -> bool {
    const ENDINGS: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst", ".oci"];
    name.starts_with(['/', '\\', '.'])
        || name.contains('\\')
        || ENDINGS.iter().any(|ending| {
            let start = name.len().saturating_sub(ending.len());
            name.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;

    #[test]
    fn images_get_a_tag() {
        let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (name, want) in [
            ("alpine", "alpine:latest"),
            ("alpine:3.10", "alpine:3.10"),
            ("alpine:", "alpine:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("localhost:5000/app:1", "localhost:5000/app:1"),
            (&format!("app@{digest}"), &format!("app@{digest}")),
            (&format!("app:1.2@{digest}"), &format!("app:1.2@{digest}")),
            (&format!("host:5000/app@{digest}"), &format!("host:5000/app@{digest}")),
            ("app@latest", "app:latest"),
            (digest, digest),
            ("unknown", "unknown:latest"),
            (" ", "unknown:latest"),
        ] {
            assert_eq!(with_tag(Cow::Borrowed(name)), *want, "{name}");
        }
    }

    #[test]
    fn a_digest_is_split_off_a_tag() {
        for (name, want) in [
            ("host:5000/app:1.2@sha256:01", Some(("host:5000/app:1.2", "sha256:01"))),
            ("host:5000/app@sha256:01", None),
            ("app:@sha256:01", None),
            ("app:1.2", None),
        ] {
            assert_eq!(split_digest(name), want, "{name}");
        }
    }

    #[test]
    fn the_document_comes_before_the_option() {
        let mut options = Options::default();
        let mut sink = Collector::default();
        assert_eq!(or_option(None, &options, &mut sink), "unknown:latest");
        assert_eq!(sink.warnings.len(), 1);
        options.image = Some("app:1".to_owned());
        assert_eq!(or_option(Some(" "), &options, &mut sink), "app:1");
        assert_eq!(or_option(Some("alpine"), &options, &mut sink), "alpine:latest");
        assert_eq!(sink.warnings.len(), 1);
    }

    #[test]
    fn archives_are_told_from_names() {
        for (name, want) in [
            ("alpine:3.10", false),
            ("registry.example.com/group/app:1", false),
            ("images/app.tar", true),
            ("app.TAR.GZ", true),
            ("./layout", true),
            ("/tmp/layout", true),
            ("C:\\images\\app", true),
            ("täär", false),
        ] {
            assert_eq!(is_archive(name), want, "{name}");
        }
    }

    #[test]
    fn systems_are_told_by_their_titles() {
        for (title, want) in [
            ("Debian GNU/Linux 9 (stretch)", Some("debian:9")),
            ("Debian GNU/Linux bookworm/sid", Some("debian")),
            ("Ubuntu 22.04.3 LTS", Some("ubuntu:22.04.3")),
            ("Alpine Linux v3.18", Some("alpine:3.18")),
            ("Red Hat Enterprise Linux release 8.5 (Ootpa)", Some("rhel:8.5")),
            ("CentOS Linux 7 (Core)", Some("centos:7")),
            ("Wolfi", Some("wolfi")),
            ("Acme OS 3", Some("acme os:3")),
            ("alpine:3.18", Some("alpine:3.18")),
            (" ", None),
        ] {
            assert_eq!(system_of_title(title).as_deref(), want, "{title}");
        }
    }

    #[test]
    fn operating_systems_have_a_version_if_they_can() {
        for (name, version, want) in
            [("debian", "12", Some("debian:12")), (" alpine ", "", Some("alpine")), ("", "12", None)]
        {
            assert_eq!(operating_system(name, version).as_deref(), want);
        }
    }
}
