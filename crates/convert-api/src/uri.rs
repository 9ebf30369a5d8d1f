//! From URIs to paths.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The path that a URI reference names: without `file:` and an empty or local authority, percent
/// decoded (RFC 3986; RFC 8089). Other schemes (`https:`) and text that does not decode to UTF-8
/// are returned as they are.
///
/// The result may be absolute, or of Windows: making it relative is the pipeline's task.
#[must_use]
pub fn to_path(uri: &str) -> Cow<'_, str> {
    let path = match scheme(uri) {
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => strip_authority(&uri["file:".len()..]),
        Some(scheme) if scheme.len() > 1 => return Cow::Borrowed(uri),
        _ => uri,
    };
    if memchr::memchr(b'%', path.as_bytes()).is_some() {
        percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path))
    } else {
        Cow::Borrowed(path)
    }
}

/// The scheme of a URI, in the case in which it stands; a single letter is a drive of Windows, which the
/// caller has to tell apart.
#[must_use]
pub fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let mut bytes = scheme.bytes();
    let fits = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    fits.then_some(scheme)
}

/// Whether it is an address of the web.
#[must_use]
pub fn is_web(uri: &str) -> bool {
    scheme(uri)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// `//host/path` to `/path`, `//server/share` of Windows keeps its server, `/C:/x` becomes `C:/x`.
fn strip_authority(rest: &str) -> &str {
    let path = match rest.strip_prefix("//") {
        Some(after) => match after.find('/') {
            Some(0) => after,
            // An authority: localhost and the like are dropped, a drive letter is none.
            Some(at) if after.as_bytes().get(1) != Some(&b':') => &after[at..],
            _ => after,
        },
        None => rest,
    };
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => &path[1..],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_become_paths() {
        for (uri, want) in [
            ("src/a.c", "src/a.c"),
            ("src/na%C3%AFve%20name.c", "src/naïve name.c"),
            ("100%.txt", "100%.txt"),
            ("bad%FF.txt", "bad%FF.txt"),
            ("file:///builds/g/p/a.c", "/builds/g/p/a.c"),
            ("file:/builds/a.c", "/builds/a.c"),
            ("file://localhost/builds/a.c", "/builds/a.c"),
            ("file:///C:/x/a.c", "C:/x/a.c"),
            ("FILE:///builds/g/p/a.c", "/builds/g/p/a.c"),
            ("File:src/a.c", "src/a.c"),
            ("file://C:/x/a.c", "C:/x/a.c"),
            ("file:src/a.c", "src/a.c"),
            ("file://", ""),
            ("C:\\x\\a.c", "C:\\x\\a.c"),
            ("https://example.com/a%20b", "https://example.com/a%20b"),
            ("a:b.c", "a:b.c"),
            ("", ""),
        ] {
            assert_eq!(to_path(uri), want, "{uri}");
        }
    }

    #[test]
    fn web_addresses() {
        for (uri, want) in
            [("https://a", true), ("HTTP://a", true), ("httpx://a", false), ("a/http://b", false)]
        {
            assert_eq!(is_web(uri), want, "{uri}");
        }
    }
}
