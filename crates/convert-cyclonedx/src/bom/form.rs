//! Texts of which the schema asks for a form (`format`), as far as real ones go wrong.

use scanlift_convert_api::uri;

/// A reference of RFC 3987 (`iri-reference`): `https://acme.example/${version}` is none, nor is
/// `git@acme.example:a/b.git`, whose colon stands behind no scheme, or before no port in `ssh://`.
pub(super) fn is_reference(text: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"{}|\\^`".contains(c);
    let first = text.split(['/', '?', '#']).next().unwrap_or_default();
    let has_scheme = !first.contains(':') || uri::scheme(text).is_some();
    let is_hex = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.chars().all(is_plain)
        && has_scheme
        && text.split('%').skip(1).all(is_hex)
        && text.matches('#').count() < 2
        && authority(text).is_none_or(has_port)
}

/// What stands between `//` and the path.
fn authority(text: &str) -> Option<&str> {
    let rest = uri::scheme(text).map_or(text, |scheme| &text[scheme.len() + 1..]);
    rest.strip_prefix("//")?.split(['/', '?', '#']).next()
}

/// Whether what stands behind the host, if anything, is a port.
fn has_port(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    // An address of IPv6 has colons of its own.
    let port = host.rsplit(']').next().unwrap_or_default().split_once(':');
    port.is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
}

/// An address of mail (`idn-email`).
pub(super) fn is_email(text: &str) -> bool {
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !name.contains(char::is_whitespace)
            && host.split('.').all(is_label)
            && host.rsplit_once('.').is_some_and(|(_, last)| last.chars().count() > 1)
    })
}

/// A hash of an algorithm of 1.6, in hexadecimal digits.
pub(super) fn is_hash(algorithm: &str, content: &str) -> bool {
    let is_known =
        ["MD5", "SHA-", "SHA3-", "BLAKE2b-", "BLAKE3"].iter().any(|start| algorithm.starts_with(start));
    is_known
        && matches!(content.len(), 32 | 40 | 64 | 96 | 128)
        && content.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A time of RFC 3339 (`date-time`), which has a zone.
pub(super) fn is_time(text: &str) -> bool {
    let Some((date, clock)) = text.split_once(['T', 't']) else { return false };
    let Some(zone) = clock.find(['Z', 'z', '+', '-']) else { return false };
    let (clock, zone) = clock.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let is_zone = matches!(zone, "Z" | "z") || is_like(&zone[1..], "00:00");
    is_like(date, "0000-00-00")
        && is_like(clock, "00:00:00")
        && is_zone
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text has a digit wherever the shape has one, and is equal else.
fn is_like(text: &str, shape: &str) -> bool {
    let fits = |(one, other): (u8, u8)| if other == b'0' { one.is_ascii_digit() } else { one == other };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_a_form() {
        for (text, want) in [
            ("https://acme.example/a?b=c#d", true),
            ("https://acme.example:8080/a", true),
            ("https://[::1]:8080/a", true),
            ("git+ssh://git@acme.example/a.git", true),
            ("ssh://git@acme.example:22/a.git", true),
            ("scm:git:git@acme.example:a/b.git", true),
            ("mailto:a@acme.example", true),
            ("urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#a", true),
            ("docs/a:b.html", true),
            ("https://acme.example/\u{e4}", true),
            ("", true),
            ("git@acme.example:a/b.git", false),
            ("ssh://git@acme.example:a/b.git", false),
            ("https://acme.example/${project.artifactId}", false),
            ("https://acme.example/a b", false),
            ("https://acme.example/100%", false),
            ("https://acme.example/#a#b", false),
        ] {
            assert_eq!(is_reference(text), want, "{text}");
        }
    }

    #[test]
    fn mail_has_an_address() {
        for (text, want) in [
            ("a@acme.example", true),
            ("a.b+c@mail.acme.example", true),
            ("a at acme.example", false),
            ("a@localhost", false),
            ("@acme.example", false),
            ("a@@acme.example", false),
            ("", false),
        ] {
            assert_eq!(is_email(text), want, "{text}");
        }
    }

    #[test]
    fn times_have_a_zone() {
        for (text, want) in [
            ("2031-01-02T03:04:05Z", true),
            ("2031-01-02T03:04:05.678+01:00", true),
            ("2031-01-02t03:04:05z", true),
            ("2031-01-02T03:04:05", false),
            ("2031-01-02 03:04:05Z", false),
            ("2031-01-02T03:04Z", false),
            ("2031-01-02T03:04:05.Z", false),
            ("2031-01-02T03:04:05+0100", false),
            ("2031-01-02", false),
            ("", false),
        ] {
            assert_eq!(is_time(text), want, "{text}");
        }
    }
}
