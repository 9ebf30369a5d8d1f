//! From the HTML that scanners write their texts in to the Markdown that GitLab shows.

use crate::memo::Memo;
use htmd::HtmlToMarkdown;
use scanlift_report_core::Text;
use std::borrow::Cow;
use std::cell::RefCell;

/// The most tags that are turned into Markdown; of a text with more only the words are kept.
const MOST_TAGS: usize = 5_000;

/// A text that its format says to be HTML, as Markdown; a text without tags and entities as it is.
///
/// ```
/// use scanlift_convert_api::html::to_markdown;
///
/// assert_eq!(to_markdown("<p>Use <b>TLS</b> &amp; HSTS.</p><ul><li>one</li></ul>"), "Use **TLS** & HSTS.\n\n* one");
/// assert_eq!(to_markdown("a < b"), "a < b");
/// ```
#[must_use]
pub fn to_markdown(html: &str) -> Text<'_> {
    let tags = tags(html);
    if tags == 0 && !has_entity(html) {
        return Cow::Borrowed(html.trim());
    }
    // Line breaks of a text without markup are meant.
    if tags == 0 || tags > MOST_TAGS {
        return Cow::Owned(words(html));
    }
    Cow::Owned(MARKDOWN.with_borrow_mut(|memo| memo.get(html, convert)))
}

thread_local! {
    static MARKDOWN: RefCell<Memo<String>> = RefCell::default();
    // Setting it up takes longer than most conversions.
    static CONVERTER: HtmlToMarkdown = converter();
}

/// The Markdown of HTML, by way of its tree.
fn convert(html: &str) -> String {
    match CONVERTER.with(|converter| converter.convert(html)) {
        Ok(markdown) => markdown.trim().to_owned(),
        Err(_) => words(html),
    }
}

fn converter() -> HtmlToMarkdown {
    let options = htmd::options::Options {
        bullet_list_marker: htmd::options::BulletListMarker::Asterisk,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Default::default()
    };
    HtmlToMarkdown::builder().options(options).skip_tags(vec!["script", "style", "head", "title"]).build()
}

/// The words of HTML or of plain text on one line, for names.
#[must_use]
pub fn to_line(html: &str) -> Text<'_> {
    if tags(html) == 0 && !has_entity(html) {
        return crate::one_line(html);
    }
    Cow::Owned(words(html).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// How many tags there are: `<b>`, `</b>`, `<br/>`, `<!--`; not `a < b`.
fn tags(text: &str) -> usize {
    let opens = text.match_indices('<');
    opens
        .filter(|(at, _)| {
            text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
        })
        .count()
}

fn has_entity(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let name = &text[at + 1..];
        let end = name.bytes().take(10).position(|b| b == b';');
        end.is_some_and(|end| {
            end > 0 && name.bytes().take(end).all(|b| b.is_ascii_alphanumeric() || b == b'#')
        })
    })
}

/// The text without tags, with the entities of XML and characters by number resolved.
fn words(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let end = match rest.as_bytes().first() {
            Some(b'<') if tag => rest.find('>').map(|end| (" ".to_owned(), end)),
            Some(b'&') => entity(rest),
            _ => None,
        };
        match end {
            Some((text, end)) => {
                out.push_str(&text);
                rest = &rest[end + 1..];
            }
            None => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// The character that an entity at the start stands for, and where its semicolon is.
fn entity(text: &str) -> Option<(String, usize)> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let found = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?.to_string(),
            None => number(digits, 10)?.to_string(),
        },
        None if name == "nbsp" => " ".to_owned(),
        None => quick_xml::escape::resolve_html5_entity(name)?.to_owned(),
    };
    Some((found, end))
}

/// A text whose special characters are written as entities of HTML, without them; as it is if one of them
/// is unknown.
///
/// ```
/// assert_eq!(scanlift_convert_api::html::unescape("a &lt; b &amp;&amp; c"), "a < b && c");
/// ```
#[must_use]
pub fn unescape(text: &str) -> Text<'_> {
    quick_xml::escape::unescape(text).unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_markdown() {
        for (html, want) in [
            ("plain", "plain"),
            ("a < b && c > d", "a < b && c > d"),
            ("AT&T &lt;script&gt;\nnext", "AT&T <script>\nnext"),
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("See <a href=\"https://a.example/\">this</a>", "See [this](https://a.example/)"),
            ("<script>alert(1)</script>x", "x"),
            ("<code>rm -rf</code>", "`rm -rf`"),
            ("", ""),
        ] {
            assert_eq!(to_markdown(html), want, "{html}");
        }
    }

    #[test]
    fn lines_have_no_markup() {
        for (html, want) in [
            ("Cross <b>Site</b>\n Scripting &amp; more", "Cross Site Scripting & more"),
            ("x < y", "x < y"),
            ("&#65;&#x42;&bogus;", "AB&bogus;"),
        ] {
            assert_eq!(to_line(html), want, "{html}");
        }
    }

    /// A tree of that depth would exhaust the stack.
    #[test]
    fn deep_markup_is_not_walked() {
        let deep = format!("{}word", "<div>".repeat(100_000));
        assert_eq!(to_markdown(&deep), "word");
    }
}
