//! Names images so that GitLab knows them again after the next build: with a tag, and by that alone.

use scanlift_convert_api::{Finding, Warning, image};
use scanlift_report_core::{Location, ShortText, Text, Vulnerability};
use std::borrow::Cow;

/// Completes the name of the image that a finding is in, unless GitLab knows it by the name as it is. What the
/// user can do about it is told to `warn`.
pub(crate) fn complete(finding: &mut Finding<'_>, warn: &mut dyn FnMut(Warning)) {
    let vulnerability = &mut finding.vulnerability;
    let image = match &mut vulnerability.location {
        Location::ContainerScanning(place) => &mut place.image,
        Location::ClusterImageScanning(place) => &mut place.image,
        _ => return,
    };
    if finding.known_as.is_some() && !image.trim().is_empty() {
        return;
    }
    let (known, digest) = known_again(std::mem::take(image));
    *image = known;
    if *image == image::UNKNOWN {
        warn(image::unnamed());
    }
    if let Some(digest) = digest
        && vulnerability.details.get("image_digest").is_none()
    {
        vulnerability.details.text("image_digest", "Image digest", digest);
    }
}

/// Says what an image is called on the default branch, by which GitLab knows a branch's findings again in an
/// image of its own. It cuts that name as it does the image's.
pub(crate) fn name_on_default_branch(vulnerability: &mut Vulnerability<'_>, image: Option<&str>) {
    if let (Location::ContainerScanning(place), Some(image)) = (&mut vulnerability.location, image)
        && place.default_branch_image.is_none()
    {
        let (image, _) = known_again(Cow::Owned(image.to_owned()));
        place.default_branch_image = ShortText::new(image);
    }
}

/// The name that stays the same, and the digest that it loses for that: GitLab cuts an image at its last
/// colon, so that one behind a tag would leave the tag of every build to the identity.
fn known_again(image: Text<'_>) -> (Text<'_>, Option<String>) {
    if let Some((name, digest)) = image::split_digest(&image) {
        return (Cow::Owned(name.to_owned()), Some(digest.to_owned()));
    }
    (image::with_tag(image), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Dependency, Detail, Identifier, ImageLocation};

    fn vulnerability(image: &'static str) -> Vulnerability<'static> {
        let place = ImageLocation::new(image, "debian:12", Dependency::new("glibc", "1"));
        let primary = Identifier::new("cve", "CVE-1", "CVE-1").expect("parts are filled");
        Vulnerability::new(primary, Location::ContainerScanning(place))
    }

    fn place(vulnerability: Vulnerability<'static>) -> ImageLocation<'static> {
        let Location::ContainerScanning(place) = vulnerability.location else { panic!("no image") };
        place
    }

    #[test]
    fn images_are_known_by_their_tags() {
        const COMMIT: &str = "app:307e0a35643f63652a713d0820db7c388012f724";
        for (image, want, digest, warned) in [
            ("alpine", "alpine:latest", None, false),
            ("localhost:5000/app", "localhost:5000/app:latest", None, false),
            ("localhost:5000/app:1", "localhost:5000/app:1", None, false),
            ("repo@sha256:abc", "repo@sha256:abc", None, false),
            ("app:307e0a35643f63652a713d0820db7c388012f724@sha256:abc", COMMIT, Some("sha256:abc"), false),
            ("", "unknown:latest", None, true),
            ("unknown", "unknown:latest", None, true),
        ] {
            let mut finding = Finding::new(vulnerability(image));
            let mut warnings = Vec::new();
            complete(&mut finding, &mut |warning| warnings.push(warning));
            let vulnerability = finding.vulnerability;
            let told = vulnerability.details.get("image_digest").cloned();
            assert_eq!(told, digest.map(Detail::text), "{image}");
            assert_eq!(!warnings.is_empty(), warned, "{image}");
            assert_eq!(place(vulnerability).image, want, "{image}");
        }
    }

    #[test]
    fn what_gitlab_knows_keeps_its_name() {
        for (image, want) in
            [("alpine", "alpine"), ("app:1@sha256:abc", "app:1@sha256:abc"), ("", "unknown:latest")]
        {
            let mut finding = Finding::new(vulnerability(image));
            finding.known_as = Some(String::new());
            complete(&mut finding, &mut |_| {});
            assert_eq!(place(finding.vulnerability).image, want);
        }
    }

    #[test]
    fn a_digest_that_is_told_already_is_kept() {
        let mut finding = Finding::new(vulnerability("app:1@sha256:abc"));
        finding.vulnerability.details.text("image_digest", "Image digest", "sha256:def");
        complete(&mut finding, &mut |_| {});
        assert_eq!(finding.vulnerability.details.get("image_digest"), Some(&Detail::text("sha256:def")));
    }

    #[test]
    fn the_image_of_the_default_branch_is_told_unless_it_is_known() {
        for (said, given, want) in [
            (None, Some("app/main:1"), Some("app/main:1")),
            (None, Some("app/main"), Some("app/main:latest")),
            (None, Some("app/main:1@sha256:abc"), Some("app/main:1")),
            (Some("app/trunk:1"), Some("app/main:1"), Some("app/trunk:1")),
            (None, None, None),
        ] {
            let mut vulnerability = vulnerability("app/branch:1");
            if let Location::ContainerScanning(place) = &mut vulnerability.location {
                place.default_branch_image = said.and_then(ShortText::new);
            }
            name_on_default_branch(&mut vulnerability, given);
            assert_eq!(place(vulnerability).default_branch_image.as_deref(), want, "{given:?}");
        }
    }
}
