//! What the guides show is what the program says.

use crate::support::{Place, Said};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap().replace("\r\n", "\n")
}

/// The commands of a page's transcripts, each with what is shown below it.
fn transcripts(page: &str) -> Vec<(Vec<String>, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let mut is_command = false;
        for line in block.split("```").next().unwrap().lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                all.push((command.to_owned(), String::new()));
                is_command = true;
            } else if is_command {
                all.last_mut().unwrap().0.push_str(line);
            } else {
                let shown = &mut all.last_mut().unwrap().1;
                shown.push_str(line);
                shown.push('\n');
            }
            is_command = is_command && line.ends_with('\\');
        }
    }
    let words =
        |command: &str| command.replace('\\', " ").split_whitespace().skip(1).map(str::to_owned).collect();
    all.into_iter().map(|(command, shown)| (words(&command), shown)).collect()
}

fn run(place: &Place, arguments: &[String]) -> Said {
    place.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// From the scan to the package, with answers in between.
#[test]
fn a_scan_review_goes_as_its_guide_tells() {
    let file = |name: &str| read(&format!("docs/guides/scan-review/{name}"));
    let place =
        Place::with(&[("trivy.json", &file("trivy.json")), ("ours.vex.json", &file("ours.vex.json"))]);
    let steps = transcripts(&read("docs/guides/scan-review.md"));
    assert!(steps.len() > 5, "{steps:?}");
    for (arguments, shown) in steps {
        let said = run(&place, &arguments);
        let told = format!("{}{}", said.err, said.out);
        match arguments[1].as_str() {
            // The list goes on.
            "releases" => assert!(told.starts_with(&shown), "{told}\n{shown}"),
            _ => assert_eq!(told.trim_end(), shown.trim_end(), "{arguments:?}"),
        }
        if said.code == 1 {
            answer(&place);
        }
    }
}

/// Fills in what the guide's table has, in few words.
fn answer(place: &Place) {
    let mut review = place.json("review/review.json");
    for row in review["review"]["rows"].as_array_mut().unwrap() {
        row["decision"] = json!(if row["id"] == "R-b0662ee5e9" { "ask" } else { "not-affected" });
        row["assessment"] = json!("Anybody who reaches the page to sign in can send such a header.");
        row["steps"] = json!(
            "1. Open a connection without logging in\n2. Send a request with a header of 60,000 separators"
        );
    }
    for fact in review["request"]["rows"].as_array_mut().unwrap() {
        match fact["fact"].as_str().unwrap() {
            "environment" => fact["value"] = json!("Omnibus on two nodes behind a load balancer"),
            "concerns" => fact["value"] = json!("Can an outsider stop the page to sign in?"),
            _ => {}
        }
    }
    place.write("review/review.json", review.to_string().as_bytes());
    place.run(&["triage", "convert", "review/review.json", "-o", "review/review.xlsx"]).succeeds();
}

/// The first command of the README, and what it says.
#[test]
fn the_readme_shows_what_comes_out() {
    let page = read("README.md");
    let (_, command) = page.split_once("&& scanlift ").unwrap();
    let arguments: Vec<String> =
        command.lines().next().unwrap().split_whitespace().map(str::to_owned).collect();
    let place = Place::with(&[]);
    for input in arguments.iter().filter(|argument| argument.starts_with("fixtures/")) {
        place.write(input, read(input).as_bytes());
    }
    let said = run(&place, &arguments);
    said.succeeds();
    assert!(page.contains(said.err.trim_end()), "{}", said.err);
}

/// The command lines of scanlift in the blocks of a page, in words; what a page leaves open (`...`) is left out.
fn commands(page: &str) -> Vec<Vec<String>> {
    let page = page.replace("\\\n", " ");
    let mut is_code = false;
    let mut found = Vec::new();
    for line in page.lines() {
        let line = line.trim_start();
        is_code ^= line.starts_with("```");
        let line = line.trim_start_matches(['-', '$', ' ']).trim_start_matches("script: ");
        let piped = line.split_once("| scanlift ").map(|(_, rest)| rest);
        // A synopsis is no command, nor is a dependency.
        let is_whole = is_code && !["...", "<", "[OPTIONS]", "= {"].iter().any(|open| line.contains(open));
        if let Some(rest) = line.strip_prefix("scanlift ").or(piped).filter(|_| is_whole) {
            found.push(words(rest));
        }
    }
    found
}

/// As a shell parts them, up to where another command or a file follows.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && !rest.starts_with(['|', '>', '#', '&', ';']) {
        let (word, behind) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

/// No page names an option or a value that is none. The files that pages speak of are not there.
#[test]
fn every_command_of_every_page_is_understood() {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "md") => pages.push(path),
                false => {}
            }
        }
    }
    let place = Place::with(&[]);
    let mut seen = 0;
    for page in pages {
        for arguments in commands(&fs::read_to_string(&page).unwrap()) {
            let said = run(&place, &arguments);
            assert!(!said.err.starts_with("error:"), "{}: {arguments:?}\n{}", page.display(), said.err);
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}
