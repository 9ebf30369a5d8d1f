//! Fortify's texts: markup of its own inside of a text.

use scanlift_convert_api::html;

/// Markdown of a description: `<Replace key="EnclosingFunction.name"/>` is filled in by `value`, and
/// what stands for readers without a finding (`AltParagraph`) is left out.
pub(super) fn markdown<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let text = without(text, "<AltParagraph>", "</AltParagraph>");
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("<Replace ") {
        filled.push_str(before);
        let Some((tag, behind)) = after.split_once('>') else {
            rest = "";
            break;
        };
        let key = tag.split_once("key=\"").and_then(|(_, key)| key.split('"').next()).unwrap_or_default();
        filled.push_str(&value(key).unwrap_or(key).replace('<', "&lt;"));
        rest = behind;
    }
    filled.push_str(rest);
    if !filled.contains('<') {
        return filled.trim().to_owned();
    }
    // Empty lines separate paragraphs in a text that is HTML otherwise.
    html::to_markdown(&filled.replace("\r\n", "\n").replace("\n\n", "<p>")).trim().to_owned()
}

fn without(text: &str, from: &str, to: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        kept.push_str(before);
        match after.split_once(to) {
            Some((_, behind)) => rest = behind,
            None => return kept,
        }
    }
    kept.push_str(rest);
    kept
}

/// The numbers of `CWE ID 22, CWE ID 73`.
pub(super) fn weaknesses(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.split("CWE ID ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_markdown() {
        let value = |key: &str| (key == "f.name").then_some("load()");
        for (text, want) in [
            (
                "<Content><Paragraph>In <Replace key=\"f.name\"/>.<AltParagraph>Somewhere.</AltParagraph></Paragraph></Content>",
                "In load().",
            ),
            ("Plain <Replace key=\"x\"/>", "Plain x"),
            ("One.\n\nTwo <b>bold</b>.", "One.\n\nTwo **bold**."),
            ("<Replace key=", ""),
            ("a<AltParagraph>b", "a"),
        ] {
            assert_eq!(markdown(text, value), want, "{text}");
        }
    }

    #[test]
    fn weaknesses_are_numbers() {
        assert_eq!(weaknesses("CWE ID 22, CWE ID 73").collect::<Vec<_>>(), [22, 73]);
        assert_eq!(weaknesses("None").count(), 0);
    }
}
