//! Resources and packages of AWS in the words of GitLab, for Inspector and Security Hub.

use scanlift_convert_api::image;
use scanlift_convert_api::package::{Package, Place, upgrade};
use scanlift_report_core::Text;
use std::borrow::Cow;

/// An image in Amazon's registry: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1.0`, with its digest.
pub(crate) fn ecr_image(
    registry: Option<&str>,
    region: Option<&str>,
    repository: &str,
    tag: Option<&str>,
    digest: Option<&str>,
) -> Text<'static> {
    let mut name = match (registry, region) {
        (Some(registry), Some(region)) if registry.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{registry}.dkr.ecr.{region}.amazonaws.com/{repository}")
        }
        (Some(registry), _) => format!("{registry}/{repository}"),
        (None, _) => repository.to_owned(),
    };
    for (mark, part) in [(":", tag), ("@", digest)] {
        if let Some(part) = part {
            name.extend([mark, part]);
        }
    }
    image::with_tag(Cow::Owned(name))
}

/// GitLab has no report for machines: their packages are in container scanning, under the id of the
/// instance.
pub(crate) fn host<'a>(id: &'a str, platform: Option<&str>) -> Place<'a> {
    let id = id.rsplit('/').next().filter(|id| !id.is_empty()).unwrap_or(id);
    Place::Image {
        image: image::with_tag(Cow::Borrowed(id)),
        operating_system: platform.and_then(operating_system).map(Cow::Owned),
    }
}

/// `ubuntu:20.04` of `UBUNTU_20_04`.
pub(crate) fn operating_system(platform: &str) -> Option<String> {
    let lower = platform.trim().to_ascii_lowercase();
    let parts: Vec<&str> = lower.split(['_', ' ']).filter(|part| !part.is_empty()).collect();
    let digit = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let names = parts.iter().position(digit).unwrap_or(parts.len());
    let (name, version) = parts.split_at_checked(names)?;
    image::system_of_title(&format!("{} {}", name.join(" "), version.join(".")))
}

/// A version as package managers write it: `1:2.9.1-6.el7`.
pub(crate) fn version<'a>(epoch: Option<&str>, version: &'a str, release: Option<&str>) -> Text<'a> {
    let epoch = epoch.filter(|epoch| *epoch != "0" && !version.contains(':'));
    match (epoch, release) {
        (None, None) => Cow::Borrowed(version),
        (None, Some(release)) => Cow::Owned(format!("{version}-{release}")),
        (Some(epoch), None) => Cow::Owned(format!("{epoch}:{version}")),
        (Some(epoch), Some(release)) => Cow::Owned(format!("{epoch}:{version}-{release}")),
    }
}

/// A version with the fix; `NotAvailable` is none, and `0:` says nothing.
pub(crate) fn fixed_version(version: &str) -> Option<&str> {
    let version = version.trim();
    let known = !version.is_empty() && !version.eq_ignore_ascii_case("NotAvailable");
    known.then(|| version.strip_prefix("0:").unwrap_or(version))
}

/// A recommendation; `None Provided` is none.
pub(crate) fn recommendation(text: &str) -> Option<&str> {
    const NONE: [&str; 5] = ["None Provided", "None", "N/A", "NotAvailable", "Not available"];
    let none = NONE.iter().any(|none| none.eq_ignore_ascii_case(text.trim()));
    (!none).then_some(text)
}

/// How to update a package: the version and the command (`yum update kernel`) or sentence that is
/// given for it; `None` where the version says it all.
pub(crate) fn update<'a>(package: &Package<'_>, given: Option<&'a str>) -> Option<Text<'a>> {
    let given = given.and_then(recommendation)?;
    let upgrade = upgrade(&package.name, &package.fixed);
    if upgrade.is_empty() {
        return Some(Cow::Borrowed(given));
    }
    let repeats = package.fixed.iter().any(|version| given.contains(&**version));
    (!repeats).then(|| Cow::Owned(format!("{upgrade}: `{given}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_systems() {
        for (platform, want) in [
            ("UBUNTU_20_04", Some("ubuntu:20.04")),
            ("AMAZON_LINUX_2", Some("amazon:2")),
            ("ORACLE_LINUX_8", Some("oracle:8")),
            ("DEBIAN_10", Some("debian:10")),
            ("WINDOWS_SERVER_2019", Some("windows server:2019")),
            ("UNKNOWN", Some("unknown")),
            ("", None),
        ] {
            assert_eq!(operating_system(platform).as_deref(), want);
        }
    }

    #[test]
    fn versions_are_whole() {
        for (epoch, number, release, want) in [
            (None, "1.0", None, "1.0"),
            (Some("0"), "2.9.1", Some("6.el7"), "2.9.1-6.el7"),
            (Some("1"), "1.1.1", Some("2"), "1:1.1.1-2"),
            (Some("1"), "1:1.1.1", None, "1:1.1.1"),
        ] {
            assert_eq!(version(epoch, number, release), want);
        }
        assert_eq!(fixed_version("0:4.19-1"), Some("4.19-1"));
        assert_eq!(fixed_version("NotAvailable"), None);
        assert_eq!(recommendation("none provided"), None);
    }

    #[test]
    fn updates_say_what_the_version_does_not() {
        let mut package = Package::new("kernel", "1");
        assert_eq!(update(&package, Some("yum update kernel")).as_deref(), Some("yum update kernel"));
        package.fixed.push("2".into());
        let both = "Upgrade kernel to 2 or later: `yum update kernel`";
        assert_eq!(update(&package, Some("yum update kernel")).as_deref(), Some(both));
        assert_eq!(update(&package, Some("Update kernel to 2")), None);
        assert_eq!(update(&package, Some("NotAvailable")), None);
    }

    #[test]
    fn images_are_named_as_they_are_pulled() {
        let digest = Some("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        for (registry, region, tag, digest, want) in [
            (
                Some("123456789012"),
                Some("eu-west-1"),
                Some("1.0"),
                None,
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1.0",
            ),
            (Some("registry.example.com"), None, None, None, "registry.example.com/app:latest"),
            (None, None, Some("2"), None, "app:2"),
        ] {
            assert_eq!(ecr_image(registry, region, "app", tag, digest), want);
        }
        for (tag, want) in [(None, "app@sha256:0123"), (Some("1"), "app:1@sha256:0123")] {
            assert!(ecr_image(None, None, "app", tag, digest).starts_with(want), "{tag:?}");
        }
    }
}
