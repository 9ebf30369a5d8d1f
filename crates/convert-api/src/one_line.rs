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

/// The first line of a text, and of a long line its first sentence, without a full stop: a name for
/// what has only a description.
///
/// ```
/// assert_eq!(scanlift_convert_api::sentence("A weak hash.\nUse SHA-256."), "A weak hash");
/// ```
#[must_use]
pub fn sentence(text: &str) -> &str {
    const LONG: usize = 120;
    let line = text.trim_start().lines().next().unwrap_or_default();
    let end = if line.len() > LONG { line.find(". ").unwrap_or(line.len()) } else { line.len() };
    line[..end].trim().trim_end_matches('.')
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
