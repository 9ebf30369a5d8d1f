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

/// The first line of a text, with those that it was wrapped into, and of a long line its first sentence,
/// without a full stop: a name for what has only a description.
///
/// ```
/// use scanlift_convert_api::sentence;
///
/// assert_eq!(sentence("A weak hash.\nUse SHA-256."), "A weak hash");
/// let wrapped = "The name of the file is taken from\nthe request.";
/// assert_eq!(sentence(wrapped), "The name of the file is taken from the request");
/// ```
#[must_use]
pub fn sentence(text: &str) -> Text<'_> {
    const LONG: usize = 120;
    const LONGEST: usize = 512;
    let mut lines = text.trim_start().lines().map(str::trim);
    let mut last = lines.next().unwrap_or_default();
    let mut line = Cow::Borrowed(last);
    for next in lines {
        if line.len() > LONGEST || !is_wrapped(last, next) {
            break;
        }
        let joined = line.to_mut();
        joined.push(' ');
        joined.push_str(next);
        last = next;
    }
    let end = if line.len() > LONG { line.find(". ").unwrap_or(line.len()) } else { line.len() };
    let plain = |line: &str| line[..end].trim_end().trim_end_matches('.').len();
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(&line[..plain(line)]),
        Cow::Owned(mut line) => {
            line.truncate(plain(&line));
            Cow::Owned(line)
        }
    }
}

/// Whether a sentence goes on behind the end of a line: the line has some length and no full stop, and the
/// next one does not begin as a sentence, an item of a list or a block of code does.
fn is_wrapped(line: &str, next: &str) -> bool {
    const SHORTEST: usize = 30;
    let may_go_on = line.len() >= SHORTEST && !line.ends_with(['.', '!', '?', ':']);
    let goes_on = |first: char| first.is_lowercase() || matches!(first, '(' | '"' | '\'' | '`');
    may_go_on && next.starts_with(goes_on) && !next.starts_with("```")
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

    #[test]
    fn sentences_end_where_they_end() {
        let long = "A value that a user gives reaches the name of a file. ".repeat(3);
        for (text, want) in [
            ("\n A weak hash. Use another.\nMore.", "A weak hash. Use another"),
            ("Title\nand what it says", "Title"),
            ("The title has no full stop at all\nThis is what it says", "The title has no full stop at all"),
            (
                "A link is followed. By visiting the\r\n  link, a page is shown",
                "A link is followed. By visiting the link, a page is shown",
            ),
            (
                "The header lacks a value that tells the\nbrowser\n\nwhat to do",
                "The header lacks a value that tells the browser",
            ),
            ("These are not set in the configuration\n- secure", "These are not set in the configuration"),
            ("It is said in the lines that follow here:\nhere", "It is said in the lines that follow here:"),
            (long.as_str(), "A value that a user gives reaches the name of a file"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), want, "{text}");
        }
    }
}
