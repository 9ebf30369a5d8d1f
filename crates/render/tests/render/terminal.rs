use crate::data::{BASE, HEAD, HOSTILE, large, open, text};
use scanlift_render::{Format, Options, render};

fn on_terminal(head: &[&str], width: u16) -> String {
    let mut options = Options::default();
    (options.width, options.colours, options.links) = (width, true, true);
    let mut out = Vec::new();
    render(Format::Text, &open(head, &[]).unwrap(), &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_table_for_people() {
    insta::assert_snapshot!(text(Format::Text, &HEAD, &BASE));
}

#[test]
fn the_terminal_is_never_touched_by_a_report() {
    let plain = text(Format::Text, &[HOSTILE], &[]);
    assert!(!plain.chars().any(|char| char.is_control() && char != '\n'));
    assert!(!plain.contains(['\u{202e}', '\u{200b}']));
    let painted = on_terminal(&[HOSTILE], 80);
    assert!(!painted.contains("evil.example\u{7}") && !painted.contains("javascript"));
}

#[test]
fn colours_and_links_are_for_terminals() {
    let painted = on_terminal(&HEAD, 120);
    assert!(painted.contains("\u{1b}[1m\u{1b}[31mCritical\u{1b}[0m"), "{painted}");
    assert!(painted.contains(
        "\u{1b}]8;;https://nvd.nist.gov/vuln/detail/CVE-2021-44228\u{1b}\\CVE-2021-44228\u{1b}]8;;\u{1b}\\"
    ));
    let plain = text(Format::Text, &HEAD, &[]);
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn lines_are_as_wide_as_the_terminal() {
    for width in [60, 80, 100, 160] {
        let mut options = Options::default();
        options.width = width;
        let mut out = Vec::new();
        render(Format::Text, &open(&HEAD, &BASE).unwrap(), &options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lists = text.split_once(" new\n\n SEVERITY").unwrap().1;
        let widest = lists.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} in {width}\n{lists}");
    }
}

#[test]
fn the_worst_are_listed_and_the_others_counted() {
    let mut options = Options::default();
    options.limit = Some(2);
    let report = large(10);
    let mut out = Vec::new();
    render(Format::Text, &open(&[&report], &[]).unwrap(), &options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches(" Critical ").count(), 2, "{text}");
    assert!(text.contains("and 8 more"), "{text}");
}
