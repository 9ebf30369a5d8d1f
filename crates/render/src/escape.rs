//! Makes text that nobody vouches for harmless where it is shown.

use scanlift_report_core::is_hidden;
use std::borrow::Cow;

/// The text with what is hidden as escapes (`\u{202e}`); line breaks and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_fine = |char: char| matches!(char, '\n' | '\t') || !is_hidden(char);
    if text.chars().all(is_fine) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            char if is_fine(char) => out.push(char),
            char => out.extend(char.escape_default()),
        }
    }
    Cow::Owned(out)
}

/// The same on one line: white space is a space.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_fine = |char: char| !is_hidden(char);
    if text.chars().all(is_fine) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' if out.ends_with(' ') => {}
            '\n' | '\r' | '\t' => out.push(' '),
            char if is_fine(char) => out.push(char),
            char => out.extend(char.escape_default()),
        }
    }
    Cow::Owned(out)
}

/// Text as a part of a line of GitLab Flavored Markdown, and nothing but text there: no markup, no HTML, no
/// mention, reference, label, emoji or quick action.
///
/// It must not be the first on its line.
pub(crate) fn markdown(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let ends_with_www = |out: &str| {
        let end = out.len().checked_sub(3).and_then(|at| out.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case("www"))
    };
    for char in text.chars() {
        match char {
            // An address without a scheme.
            '.' if ends_with_www(&out) => out.push_str("\\."),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // These do nothing in the middle of a line once the others are out.
            '.' | ',' | ';' | '?' | '\'' | '"' | '(' | ')' | '/' | '-' | '=' => out.push(char),
            char if char.is_ascii_punctuation() => out.extend(['\\', char]),
            char => out.push(char),
        }
    }
    out
}

/// Text as code on a line of Markdown; `|` is escaped as a cell of a table wants it.
pub(crate) fn code(text: &str, is_cell: bool) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let (mut longest, mut run) = (0, 0);
    for char in text.chars() {
        run = if char == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let text = if is_cell { Cow::Owned(text.replace('|', "\\|")) } else { text };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// At most so many characters, the last of them dots if something is cut.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default().trim_end()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_hidden_is_shown() {
        for (text, line, block) in [
            ("plain é 漢", "plain é 漢", "plain é 漢"),
            (" a\r\n\tb ", "a b", " a\n\tb "),
            ("a\u{202e}b", "a\\u{202e}b", "a\\u{202e}b"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\u{200b}\u{feff}\u{e0041}", "a\\u{200b}\\u{feff}\\u{e0041}", "a\\u{200b}\\u{feff}\\u{e0041}"),
            ("a\u{ffff}", "a\\u{ffff}", "a\\u{ffff}"),
        ] {
            assert_eq!((&*one_line(text), &*visible(text)), (line, block), "{text:?}");
        }
    }

    #[test]
    fn markdown_is_inert() {
        for (text, want) in [
            ("plain text, really.", "plain text, really."),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("@all see #1 !2 ~bug %v1 $3 &4 ^5", "\\@all see \\#1 \\!2 \\~bug \\%v1 \\$3 \\&4 \\^5"),
            ("[a](javascript:b) **c** _d_ `e`", "\\[a\\](javascript\\:b) \\*\\*c\\*\\* \\_d\\_ \\`e\\`"),
            ("a\n/close", "a /close"),
            ("a | b", "a \\| b"),
            ("www.a.example, https://b.example", "www\\.a.example, https\\://b.example"),
            ("\\", "\\\\"),
            (":bomb: {+ x +}", "\\:bomb\\: \\{\\+ x \\+\\}"),
        ] {
            assert_eq!(markdown(text), want);
        }
    }

    #[test]
    fn code_keeps_its_fence() {
        for (text, want) in [
            ("", ""),
            ("a.c:3", "`a.c:3`"),
            ("a`b", "`` a`b ``"),
            ("``", "``` `` ```"),
            ("a|b", "`a\\|b`"),
            ("a\n/close", "`a /close`"),
        ] {
            assert_eq!(code(text, true), want);
        }
        assert_eq!(code("a|b", false), "`a|b`");
    }

    #[test]
    fn text_is_cut_at_characters() {
        for (text, most, want) in [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("äöü ß", 4, "äöü…"), ("a", 0, "…")]
        {
            assert_eq!(cut(text, most), want);
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in "\\PC*|[\u{0}-\u{1f}\u{200b}-\u{202e}a-c]*") {
            prop_assert!(!one_line(&text).chars().any(is_hidden));
            prop_assert!(!visible(&text).chars().any(|char| is_hidden(char) && !matches!(char, '\n' | '\t')));
            prop_assert!(!markdown(&text).contains(['\n', '<', '>']));
            prop_assert!(!code(&text, true).contains('\n'));
        }
    }
}
