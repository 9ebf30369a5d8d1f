/// The part of an image name that GitLab takes into a container's location fingerprint.
///
/// The name is cut at its last colon, unless what follows is a version by RubyGems' rules and not
/// 8 to 128 hexadecimal digits: `app:latest` and `app:v1.2` lose the tag, `alpine:3.7` keeps it, and a name
/// without a colon becomes empty.
#[must_use]
pub fn image_without_tag(image: &str) -> &str {
    let (name, tag) = image.rsplit_once(':').unwrap_or(("", image));
    let is_hash = (8..=128).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_hexdigit());
    if image.contains(':') && is_gem_version(tag) && !is_hash { image } else { name }
}

/// Whether a text is a version by the rules of RubyGems, `Gem::Version.correct?`:
/// `\A\s*([0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)?\s*\z`.
#[must_use]
pub fn is_gem_version(tag: &str) -> bool {
    let tag = tag.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\x0b' | '\x0c'));
    if tag.is_empty() {
        return true;
    }
    let (release, pre) = match tag.split_once('-') {
        Some((release, pre)) => (release, Some(pre)),
        None => (tag, None),
    };
    let mut segments = release.split('.');
    let first = segments.next().unwrap_or_default();
    let all = |text: &str, dash: bool| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || (dash && b == b'-'))
    };
    !first.is_empty()
        && first.bytes().all(|b| b.is_ascii_digit())
        && segments.all(|segment| all(segment, false))
        && pre.is_none_or(|pre| pre.split('.').all(|segment| all(segment, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_cut_as_gitlab_cuts_them() {
        for (image, want) in [
            ("registry.gitlab.com/my/project:latest", "registry.gitlab.com/my/project"),
            ("alpine:3.7.3", "alpine:3.7.3"),
            ("alpine:3.7", "alpine:3.7"),
            ("alpine:1.0.0-beta", "alpine:1.0.0-beta"),
            ("alpine:8101518288111119448185914762536722131810", "alpine"),
            (
                "gdk.local:5000/group/project/branch:307e0a35643f63652a713d0820db7c388012f724",
                "gdk.local:5000/group/project/branch",
            ),
            ("alpine", ""),
            ("localhost:5000/app", "localhost"),
            ("app:20230101", "app"),
            ("app:2023010", "app:2023010"),
            ("app:v1.2.3", "app"),
            ("repo@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "repo@sha256"),
            ("app:", "app:"),
        ] {
            assert_eq!(image_without_tag(image), want, "{image}");
        }
    }
}
