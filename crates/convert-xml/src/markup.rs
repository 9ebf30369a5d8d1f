//! Markup that stands in a document as elements: HTML that was not escaped, and the blocks of Nexpose.

use scanlift_convert_api::xml::{Element, Inside};

/// The texts of an element and of everything in it, as Markdown.
pub(crate) fn to_markdown(element: Element<'_>) -> String {
    let mut out = String::new();
    write_inside(element, &mut out);
    out.trim().to_owned()
}

fn write_inside(element: Element<'_>, out: &mut String) {
    for node in element.nodes() {
        match node {
            Inside::Text(text) => write_text(text, out),
            Inside::Element(child) => write(child, out),
        }
    }
}

/// Runs of white space become one space.
fn write_text(text: &str, out: &mut String) {
    if text.starts_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
    if text.ends_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

fn write(element: Element<'_>, out: &mut String) {
    match element.name() {
        "br" => out.push('\n'),
        "hr" => start_block(out, "\n\n"),
        "pre" => write_code(element, out),
        "Paragraph" if element.attribute("preformat") == Some("true") => write_code(element, out),
        "li" | "ListItem" => {
            start_block(out, "\n");
            out.push_str("* ");
            let mut item = String::new();
            write_inside(element, &mut item);
            // What follows in an item is indented as it is.
            for (at, line) in item.trim().lines().enumerate() {
                if at > 0 {
                    out.push_str(if line.trim().is_empty() { "\n" } else { "\n  " });
                }
                out.push_str(line.trim_end());
            }
            out.push('\n');
        }
        "p"
        | "div"
        | "ul"
        | "ol"
        | "table"
        | "tr"
        | "Paragraph"
        | "UnorderedList"
        | "OrderedList"
        | "Table"
        | "ContainerBlockElement"
        | "h1"
        | "h2"
        | "h3"
        | "h4"
        | "h5"
        | "h6" => {
            start_block(out, "\n\n");
            write_inside(element, out);
            start_block(out, "\n\n");
        }
        "code" | "tt" => wrapped(element, "`", out),
        "b" | "strong" => wrapped(element, "**", out),
        "a" | "URLLink" => {
            let address = element.attribute("href").or(element.attribute("LinkURL")).unwrap_or_default();
            let mut text = String::new();
            write_inside(element, &mut text);
            let text = element.attribute("LinkTitle").unwrap_or(text.trim());
            if text.is_empty() || text == address {
                out.push_str(address);
            } else {
                out.push_str(&format!("[{text}]({address})"));
            }
        }
        _ => write_inside(element, out),
    }
}

fn wrapped(element: Element<'_>, mark: &str, out: &mut String) {
    let mut inside = String::new();
    write_inside(element, &mut inside);
    if !inside.trim().is_empty() {
        out.push_str(mark);
        out.push_str(inside.trim());
        out.push_str(mark);
    }
}

/// Code keeps its lines.
fn write_code(element: Element<'_>, out: &mut String) {
    let code = element.full_text();
    if code.trim().is_empty() {
        return;
    }
    start_block(out, "\n\n");
    out.push_str("```\n");
    out.push_str(code.trim_matches('\n'));
    out.push_str("\n```\n\n");
}

/// Ends the line, with an empty one where `gap` has two.
fn start_block(out: &mut String, gap: &str) {
    let end = out.trim_end_matches(' ').len();
    out.truncate(end);
    while !out.is_empty() && !out.ends_with(gap) {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::xml::Reader;

    #[test]
    fn markup_keeps_its_order() {
        for (document, want) in [
            ("<d>plain\n  text</d>", "plain text"),
            ("<d><p>One <b>two</b> three.</p><p>Four</p></d>", "One **two** three.\n\nFour"),
            ("<d>Do:<ul><li>a</li><li>b <code>c</code></li></ul>end</d>", "Do:\n\n* a\n* b `c`\n\nend"),
            (
                "<d><Paragraph>x<Paragraph preformat=\"true\">a\n  b</Paragraph></Paragraph></d>",
                "x\n\n```\na\n  b\n```",
            ),
            (
                "<d>See <URLLink LinkURL=\"https://a.example/\" LinkTitle=\"A\"/>.</d>",
                "See [A](https://a.example/).",
            ),
            ("<d>one<br>two<hr>three</d>", "one\ntwo\n\nthree"),
            ("<d/>", ""),
        ] {
            let mut reader = Reader::new(document.as_bytes());
            let root = reader.root().expect("a root");
            let element = reader.element(&root).expect("well formed");
            assert_eq!(to_markdown(element.root()), want, "{document}");
        }
    }
}
