use crate::data::{BASE, HEAD, HOSTILE, large, text};
use scanlift_render::{Format, MARKER};

#[test]
fn a_note_tells_what_is_new_first() {
    insta::assert_snapshot!(text(Format::Markdown, &HEAD, &BASE));
}

#[test]
fn nothing_of_a_report_is_markup() {
    let note = text(Format::Markdown, &[HOSTILE], &[]);
    insta::assert_snapshot!(note);
    let tags = [
        "<!-- scanlift:note -->",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<sub>",
        "</sub>",
        "<br>",
    ];
    for line in note.lines() {
        // No quick action, and no list, heading, quote or fence that is not ours.
        assert!(!line.starts_with(['/', '>', '~', '=', '+']), "{line}");
        let text = tags.iter().fold(without_code(line), |text, tag| text.replace(tag, ""));
        // A link's address stands in angle brackets.
        assert!(!text.contains('<') || text.contains("](<https://"), "{line}");
        for sign in ['@', '#', '!', '~'] {
            let bare = text.trim_start_matches('#').replace(&format!("\\{sign}"), "");
            assert!(!bare.contains(sign), "{sign} in {line}");
        }
    }
}

/// A line without its spans of code, by the rule of CommonMark: as many backticks end one as begin it.
fn without_code(line: &str) -> String {
    let (mut rest, mut text) = (line, String::new());
    while let Some(at) = rest.find('`') {
        let run = rest[at..].chars().take_while(|char| *char == '`').count();
        let (fence, inside) = (&rest[at..at + run], &rest[at + run..]);
        let is_escaped = rest[..at].ends_with('\\');
        match inside.find(fence).filter(|_| !is_escaped) {
            Some(end) => {
                text.push_str(&rest[..at]);
                rest = &inside[end + run..];
            }
            None => {
                text.push_str(&rest[..at + run]);
                rest = inside;
            }
        }
    }
    text + rest
}

#[test]
fn a_note_is_bounded_and_says_what_is_left_out() {
    let note = text(Format::Markdown, &[&large(3_000)], &[]);
    assert!(note.starts_with(MARKER));
    assert!(note.chars().count() < 100_000);
    assert!(note.contains("and 2950 more"), "{note}");
    let long = large(3).replace("Rule 0", &"&lt;*".repeat(60_000));
    assert!(text(Format::Markdown, &[&long], &[]).chars().count() < 100_000);
}

#[test]
fn without_findings_a_note_says_so() {
    let note = text(Format::Markdown, &[&large(0)], &[]);
    assert!(note.contains("**0 findings**"), "{note}");
}
