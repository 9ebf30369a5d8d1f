//! Raw HTTP messages, as scanners of running applications keep them (RFC 9112).

use crate::base64;
use scanlift_report_core::{Evidence, Header, Request, Response, Text};
use std::borrow::Cow;

/// The most bytes of a body that a finding keeps.
///
/// GitLab shows a body as it stands, on the page of the vulnerability; a report of 1,500 findings with two such
/// bodies each is as large as an artifact may be by default (100 MB).
pub const MOST_BODY: usize = 32 * 1024;

/// How far a cut moves back to stand between two words: half a token is no longer known for one.
const WORD: usize = 512;

/// How much of a body is looked at to tell whether it is text.
const LOOK: usize = 512;

/// The body of a message as a finding keeps it; `None` if it is empty.
///
/// Of one of more than [`MOST_BODY`] bytes the beginning, with a line that tells of the cut and how long it was.
/// What is no text is told by its size instead.
///
/// ```
/// use scanlift_convert_api::http::body;
///
/// assert_eq!(body("a=1").as_deref(), Some("a=1"));
/// assert_eq!(body("").as_deref(), None);
/// assert_eq!(body("\u{fffd}PNG\r\n\u{1a}\n\0\0\0").as_deref(), Some("[binary data of about 13 bytes]"));
/// ```
#[must_use]
pub fn body<'a>(text: impl Into<Text<'a>>) -> Option<Text<'a>> {
    let text = text.into();
    if text.is_empty() {
        return None;
    }
    if is_binary(&text) {
        return Some(format!("[binary data of about {} bytes]", text.len()).into());
    }
    if text.len() <= MOST_BODY {
        return Some(text);
    }
    let mut end = MOST_BODY;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let space = text[..end].rfind(char::is_whitespace).filter(|space| end - space < WORD);
    let kept = &text[..space.unwrap_or(end)];
    Some(format!("{kept}\n[cut here: the body has {} bytes]", text.len()).into())
}

/// A body that is written as base64: [`body`] of it if it is UTF-8, else how many bytes it has. `None` of what is no
/// base64, and of no bytes.
///
/// ```
/// use scanlift_convert_api::http::encoded_body;
///
/// assert_eq!(encoded_body("YT0x").as_deref(), Some("a=1"));
/// assert_eq!(encoded_body("/9j/4A==").as_deref(), Some("[binary data of 4 bytes]"));
/// assert_eq!(encoded_body("a=1").as_deref(), None);
/// ```
#[must_use]
pub fn encoded_body(base64: &str) -> Option<Text<'static>> {
    match String::from_utf8(base64::bytes(base64)?) {
        Ok(text) => body(text),
        Err(error) => Some(format!("[binary data of {} bytes]", error.as_bytes().len()).into()),
    }
}

/// Whether the beginning has what no text has: a tenth of it are control characters, or what was no UTF-8.
fn is_binary(text: &str) -> bool {
    let head = text.as_bytes().get(..LOOK).unwrap_or(text.as_bytes());
    // Most are plain, and told so without looking at characters.
    let plain = |b: &u8| (0x20..0x7F).contains(b) || (b'\t'..=b'\r').contains(b);
    if head.iter().fold(true, |all, b| all & plain(b)) {
        return false;
    }
    let odd = |c: &char| *c == '\u{FFFD}' || c.is_control() && !matches!(c, '\t'..='\r' | '\u{1B}');
    let strange = text.chars().take(LOOK).filter(odd).count();
    strange * 10 > text.chars().take(LOOK).count()
}

/// A raw request: `GET /a HTTP/1.1`, headers, an empty line, the body.
///
/// A path alone is put behind the `Host` header, or behind scheme and host of `base`, the address
/// that the finding is about. `None` if the text does not begin with a request line.
#[must_use]
pub fn request<'a>(raw: &'a str, base: Option<&str>) -> Option<Request<'a>> {
    let (first, headers, body) = split(raw)?;
    let mut words = first.split_ascii_whitespace();
    let method = words.next().filter(|word| word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))?;
    let target = words.next()?;
    let mut request = Request::new(method, address(target, &headers, base))?;
    request.headers = headers;
    request.body = body;
    Some(request)
}

/// A raw response: `HTTP/1.1 200 OK`, headers, an empty line, the body. `None` if the text does not
/// begin with a status line.
#[must_use]
pub fn response(raw: &str) -> Option<Response<'_>> {
    let (first, headers, body) = split(raw)?;
    let rest = first.strip_prefix("HTTP/")?;
    let (_, rest) = rest.split_once(' ')?;
    let (status, reason) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let mut response =
        Response::new(status.parse().ok().filter(|status| (100..1000).contains(status))?, reason);
    response.headers = headers;
    response.body = body;
    Some(response)
}

/// Headers line by line: `Name: value`; what has no colon is left out.
#[must_use]
pub fn headers(raw: &str) -> Vec<Header<'_>> {
    let lines = raw.lines().filter_map(|line| {
        let colon = memchr::memchr(b':', line.as_bytes())?;
        Some((&line[..colon], &line[colon + 1..]))
    });
    lines.filter_map(|(name, value)| Header::new(name.trim(), value.trim())).collect()
}

/// Requests and responses as evidence; `None` if neither is readable. `base` as in [`request`].
#[must_use]
pub fn evidence<'a>(
    sent: Option<&'a str>,
    received: Option<&'a str>,
    base: Option<&str>,
) -> Option<Evidence<'a>> {
    let mut evidence = Evidence::default();
    evidence.request = sent.and_then(|raw| request(raw, base));
    evidence.response = received.and_then(response);
    (!evidence.is_empty()).then_some(evidence)
}

/// The credentials that a scan was run with: tokens of `Authorization`, long values of cookies.
///
/// Short values and those with characters of attacks stay: they are what a finding is about.
#[must_use]
pub fn credentials<'a>(evidence: &Evidence<'a>) -> Vec<Text<'a>> {
    let sent = evidence.request.iter().flat_map(|request| &request.headers);
    let received = evidence.response.iter().flat_map(|response| &response.headers);
    let mut found = Vec::new();
    for header in sent.chain(received) {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("authorization") || is("proxy-authorization") {
            found.extend(header.value.split_ascii_whitespace().last().map(str::to_owned));
        } else if is("cookie") || is("set-cookie") {
            // What is said of a cookie (RFC 6265, section 4.1) is no part of its value.
            let about = ["path", "domain", "expires", "max-age", "samesite"];
            let is_own = |name: &str| !about.iter().any(|about| name.trim().eq_ignore_ascii_case(about));
            let pairs = header.value.split(';').filter_map(|pair| pair.split_once('='));
            let pairs = pairs.filter(|(name, _)| is_own(name));
            let values = pairs.map(|(_, value)| value.trim()).filter(|value| is_token(value));
            found.extend(values.map(str::to_owned));
        }
    }
    found.into_iter().map(Cow::Owned).collect()
}

/// Whether a value may be a session's: long, and without characters that attacks are made of.
fn is_token(value: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+/=_.%-:!~".contains(&b);
    value.len() >= 16 && value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().all(plain)
}

/// First line, headers, and the body if there is one.
fn split(raw: &str) -> Option<(&str, Vec<Header<'_>>, Option<Text<'_>>)> {
    let raw = raw.trim_start();
    // The first line that is empty.
    let mut ends = memchr::memchr_iter(b'\n', raw.as_bytes());
    let empty = ends.find_map(|at| {
        let rest = &raw[at + 1..];
        Some((&raw[..at], rest.strip_prefix('\n').or(rest.strip_prefix("\r\n"))?))
    });
    let (head, body) = empty.unwrap_or((raw, ""));
    let (first, rest) = head.split_once('\n').unwrap_or((head, ""));
    let first = first.trim();
    (!first.is_empty()).then(|| (first, headers(rest), self::body(body)))
}

fn address<'a>(target: &'a str, headers: &[Header<'_>], base: Option<&str>) -> Text<'a> {
    if target.contains("://") {
        return Cow::Borrowed(target);
    }
    let origin = base.and_then(|base| {
        let at = base.find("://")? + 3;
        let end = base[at..].find(['/', '?', '#']).map_or(base.len(), |end| at + end);
        Some(base[..end].to_owned())
    });
    let host = headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"));
    match origin.or_else(|| host.map(|host| format!("http://{}", host.value))) {
        Some(origin) if target.starts_with('/') => Cow::Owned(format!("{origin}{target}")),
        Some(origin) => Cow::Owned(format!("{origin}/{target}")),
        None => Cow::Borrowed(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read() {
        for (raw, base, want) in [
            (
                "POST /a?b=1 HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n\r\nbody\r\n\r\nmore",
                Some("https://a.example:8443/x"),
                Some(("POST", "https://a.example:8443/a?b=1", 2, Some("body\r\n\r\nmore"))),
            ),
            ("GET /a HTTP/2\nHost: a.example\n\n", None, Some(("GET", "http://a.example/a", 1, None))),
            ("GET https://a.example/ HTTP/1.1", None, Some(("GET", "https://a.example/", 0, None))),
            ("HTTP/1.1 200 OK", None, None),
            ("", None, None),
            ("one", None, None),
        ] {
            let got = request(raw, base);
            let got = got.as_ref().map(|it| (&*it.method, &*it.url, it.headers.len(), it.body.as_deref()));
            assert_eq!(got, want, "{raw}");
        }
    }

    #[test]
    fn responses_are_read() {
        for (raw, want) in [
            ("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n<html>", Some((404, "Not Found", 1, Some("<html>")))),
            ("HTTP/2 200\nA: b", Some((200, "", 1, None))),
            ("HTTP/1.1 x", None),
            ("GET / HTTP/1.1", None),
        ] {
            let got = response(raw);
            let got = got
                .as_ref()
                .map(|it| (it.status_code, &*it.reason_phrase, it.headers.len(), it.body.as_deref()));
            assert_eq!(got, want, "{raw}");
        }
    }

    #[test]
    fn bodies_have_a_limit() {
        let of = |text: &str| body(text).map(Cow::into_owned).unwrap_or_default();
        let exact = "x".repeat(MOST_BODY);
        assert_eq!(of(&exact), exact);
        for (text, kept) in [
            (format!("{exact}x"), MOST_BODY),
            (format!("x{}", "\u{e4}".repeat(MOST_BODY)), MOST_BODY - 1),
            (format!("{} {}", "x".repeat(MOST_BODY - 100), "token".repeat(100)), MOST_BODY - 100),
            (format!("{} {}", "x".repeat(MOST_BODY - 1000), "x".repeat(2000)), MOST_BODY),
        ] {
            let told = format!("\n[cut here: the body has {} bytes]", text.len());
            assert_eq!(of(&text).strip_suffix(&told).map(str::len), Some(kept));
        }
        let page = format!("GET /a HTTP/1.1\nHost: a\n\n{exact}y");
        let sent = request(&page, None).and_then(|request| request.body);
        assert!(sent.is_some_and(|body| body.ends_with("bytes]")));
        assert_eq!(of("\u{1b}[31mred\u{1b}[0m\ttext\r\n"), "\u{1b}[31mred\u{1b}[0m\ttext\r\n");
        assert_eq!(of("caf\u{fffd} and some more words"), "caf\u{fffd} and some more words");
        assert!(of("\u{fffd}\u{fffd}\u{4}ab").starts_with("[binary"));
    }

    #[test]
    fn credentials_are_told_from_attacks() {
        let raw = "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer NOTREAL-token\nCookie: id=NOTREAL0123456789abc; security=high; q=1' OR '1'='1 long enough";
        let evidence = evidence(
            Some(raw),
            Some("HTTP/1.1 200 OK\nSet-Cookie: s=NOTREAL9876543210zyx; Path=/shop-1.0-SNAPSHOT"),
            None,
        );
        let found = credentials(&evidence.expect("a request"));
        assert_eq!(found, ["NOTREAL-token", "NOTREAL0123456789abc", "NOTREAL9876543210zyx"]);
    }
}
