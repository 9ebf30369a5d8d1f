//! The other commands.

use crate::support::{BROKEN, Place, SINGLE};
use serde_json::Value;

#[test]
fn help_is_short() {
    let place = Place::with(&[]);
    let said = place.run(&["-h"]);
    said.succeeds();
    let (head, rest) = said.out.split_once("Commands:\n").unwrap();
    let (commands, rest) = rest.split_once("\n\n").unwrap();
    assert_eq!(
        head,
        "Lifts the output of any security scanner into GitLab\n\nUsage: scanlift [OPTIONS] <COMMAND>\n\n"
    );
    assert!(commands.lines().count() > 8);
    for line in commands.lines() {
        let (name, about) = line.trim().split_once("  ").unwrap();
        assert!(!name.contains(' ') && line.len() < 110, "{line}");
        assert!(about.trim().starts_with(|c: char| c.is_uppercase()) && !about.ends_with('.'), "{line}");
    }
    assert_eq!(
        rest,
        "\
Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Terminal:
  -q, --quiet         Print nothing but errors
  -v, --verbose       Print more: what was looked at, and why it was passed over
      --color <WHEN>  Colours [default: auto] [possible values: auto, always, never]

Examples:
  scanlift convert semgrep.sarif trivy.json     detect the formats, write gl-*-report.json here
  scanlift convert reports/ -o gitlab/          everything recognised below reports/
  trivy image -f json app | scanlift convert -  from standard input

Exit codes:
  0 done, findings or not       1 the answer is no     2 wrong usage or configuration
  3 an input is missing, unreadable, not recognised or broken
  4 output cannot be written
"
    );
    assert_eq!(place.run(&[]).code, 2);
    assert_eq!(place.run(&["--version"]).out, concat!("scanlift ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn files_are_told_apart() {
    let place = Place::with(&[("a.json", SINGLE), ("bad.json", BROKEN), ("x.txt", "hello")]);
    let said = place.run(&["detect", "a.json", "bad.json"]);
    said.succeeds();
    let rows: Vec<_> = said.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(rows[0], ["file", "format", "version", "scanner", "sure"]);
    assert_eq!(rows[1], ["a.json", "trivy", "2", "Trivy", "yes"]);
    assert_eq!(rows[2][..2], ["bad.json", "trivy"]);
    let said = place.run(&["detect", "--json", "a.json", "x.txt"]);
    said.fails(3, &["x.txt is of no known format", "begins with: hello"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json[0]["format"], "trivy");
    assert_eq!(json[0]["confidence"], "yes");
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(place.feed(&["detect", "-"], SINGLE.as_bytes()).code, 0);
}

#[test]
fn formats_are_listed() {
    let place = Place::with(&[]);
    let json: Value = serde_json::from_str(&place.run(&["formats", "--json"]).out).unwrap();
    let ids: Vec<_> = json.as_array().unwrap().iter().map(|format| format["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"trivy") && ids.is_sorted(), "{ids:?}");
    let table = place.run(&["formats"]).out;
    let markdown = place.run(&["formats", "--markdown"]).out;
    for id in &ids {
        assert!(table.lines().any(|line| line.split_whitespace().next() == Some(id)), "{table}");
        assert!(markdown.contains(&format!("| `{id}` | [")), "{markdown}");
    }
    assert_eq!(table.lines().count(), ids.len() + 1);
}

#[test]
fn completions_and_manual() {
    let place = Place::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = place.run(&["completions", shell]);
        said.succeeds();
        assert!(said.out.contains("min-severity"), "{shell}");
    }
    place.run(&["completions", "tcsh"]).fails(2, &["possible values: bash"]);
    assert!(place.run(&["man"]).out.contains(".TH scanlift 1"));
    place.run(&["man", "--dir", "man"]).succeeds();
    let pages = place.list();
    for page in ["man/scanlift.1", "man/scanlift-convert.1", "man/scanlift-detect.1"] {
        assert!(pages.iter().any(|name| name == page), "{pages:?}");
    }
}

/// The help texts of the program, as a page of the book.
#[test]
fn the_page_of_commands_is_what_the_program_says() {
    let said = Place::with(&[]).run(&["man", "--markdown"]);
    said.succeeds();
    let page = include_str!("../../../../docs/commands.md");
    assert!(page.replace("\r\n", "\n").ends_with(&said.out), "run `cargo xtask sync`");
    for part in ["\n## scanlift convert\n", "\n## scanlift triage init\n", "| `-o, --output PATH` |"] {
        assert!(said.out.contains(part), "no {part} in {}", said.out);
    }
}
