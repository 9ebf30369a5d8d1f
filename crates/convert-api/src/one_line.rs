use scanlift_report_core::Text;
use std::borrow::Cow;

/// A title on one line; the dots of one that its scanner cut become an ellipsis.
///
/// ```
/// assert_eq!(scanlift_convert_api::one_line("two\nlines ..."), "two lines…");
/// ```
#[must_use]
pub fn one_line(text: &str) -> Text<'_> {
    let (body, cut) = match text.trim().strip_suffix("...").or_else(|| text.trim().strip_suffix('…')) {
        Some(body) => (body.trim_end(), true),
        None => (text.trim(), false),
    };
    if !cut && !body.contains(['\n', '\r', '\t']) && !body.contains("  ") {
        return Cow::Borrowed(body);
    }
    let mut line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    if cut && !line.is_empty() {
        line.push('…');
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_their_noise() {
        for (text, want) in [
            ("openssl: information disclosure in fork()", "openssl: information disclosure in fork()"),
            (
                " A vulnerability has been found in debug-js d ...",
                "A vulnerability has been found in debug-js d…",
            ),
            ("two\nlines", "two lines"),
            ("...", ""),
            ("", ""),
        ] {
            assert_eq!(one_line(text), want, "{text}");
        }
    }
}
