//! `cargo xtask agreement FOLDER [FORMAT...] [--differences N]`: how far scanlift's reading of a corpus agrees with another tool's.
//!
//! `FOLDER` holds `corpus/` and, for each format, `peer-findings/<format>.jsonl`: a line per file with what the other tool
//! made of it. The other tool is an opinion and no truth, so nothing fails here; what differs is a question to answer.

mod model;

use crate::files::{failed, names, read, root, say};
use model::{Field, Reading};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What is compared, over the findings of one format.
#[derive(Default)]
struct Tally {
    files: usize,
    /// Findings of the other tool, and how many of them scanlift has too.
    theirs: usize,
    found: usize,
    /// Findings in which the other tool states the field, and how many of them say the same.
    fields: BTreeMap<Field, (usize, usize)>,
    differences: Vec<String>,
}

/// Converts the files that the other tool has read, compares, and prints a Markdown table.
///
/// # Errors
/// When the folder does not hold what is said above, or scanlift cannot be built.
pub(crate) fn run(folder: &str, options: &[&str]) -> Result<(), String> {
    // scanlift runs in another folder.
    let folder = &fs::canonicalize(folder).map_err(|e| format!("{folder}: {e}"))?;
    let (formats, shown) = parse(options)?;
    let scanlift = build()?;
    let peer = folder.join("peer-findings");
    let files = names(&peer);
    let mut rows = String::new();
    for format in files.iter().filter_map(|name| name.strip_suffix(".jsonl")) {
        if !formats.is_empty() && !formats.contains(&format) {
            continue;
        }
        let tally =
            compare(&scanlift, &folder.join("corpus"), &read(&peer.join(format!("{format}.jsonl")))?)?;
        if tally.theirs > 0 {
            rows.push_str(&row(format, &tally));
        }
        for difference in tally.differences.iter().take(shown) {
            say(format_args!("{format}: {difference}"));
        }
    }
    say(format_args!("{}{rows}", head()));
    Ok(())
}

/// The formats that are named, and how many differences to print of each.
fn parse<'a>(options: &[&'a str]) -> Result<(Vec<&'a str>, usize), String> {
    match options.iter().position(|option| *option == "--differences") {
        None => Ok((options.to_vec(), 0)),
        Some(at) => {
            let number = options.get(at + 1).and_then(|number| number.parse().ok());
            let number = number.ok_or("--differences takes a number")?;
            Ok((options[..at].to_vec(), number))
        }
    }
}

pub(crate) fn build() -> Result<PathBuf, String> {
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--quiet", "--package", "scanlift"])
        .status()
        .map_err(|e| format!("failed to start cargo: {e}"))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    status
        .success()
        .then(|| target.join("debug/scanlift"))
        .ok_or_else(|| "scanlift does not build".to_owned())
}

/// Compares all files of a format.
fn compare(scanlift: &Path, corpus: &Path, lines: &str) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for line in lines.lines() {
        let line: Value =
            serde_json::from_str(line).map_err(|e| format!("failed to parse a reading: {e}"))?;
        let (Some(path), Some(theirs)) = (line["path"].as_str(), line["findings"].as_array()) else {
            continue;
        };
        let theirs: Vec<Reading> =
            theirs.iter().filter(|f| f["active"] != false).map(Reading::of_peer).collect();
        if theirs.is_empty() {
            continue;
        }
        let file = corpus.join(path);
        // The folder need not hold all that the other tool has read.
        if !file.exists() {
            continue;
        }
        let Some(ours) = convert(scanlift, &file)? else {
            tally.differences.push(format!("{path}: refused"));
            tally.theirs += theirs.len();
            continue;
        };
        tally.files += 1;
        tally.add(path, &theirs, &ours);
    }
    Ok(tally)
}

/// What scanlift makes of a file; `None` if it refuses it.
fn convert(scanlift: &Path, file: &Path) -> Result<Option<Vec<Reading>>, String> {
    let out = tempfile::tempdir().map_err(|e| format!("failed to create a temporary folder: {e}"))?;
    let run = Command::new(scanlift)
        .args(["convert", "--quiet"])
        .arg(file)
        .arg("--output")
        .arg(out.path())
        .current_dir(out.path())
        .output()
        .map_err(failed("run", scanlift))?;
    if !run.status.success() {
        return Ok(None);
    }
    let mut ours = Vec::new();
    for name in names(out.path()).iter().filter(|name| name.starts_with("gl-")) {
        let report = out.path().join(name);
        let text = fs::read_to_string(&report).map_err(failed("read", &report))?;
        let report: Value =
            serde_json::from_str(&text).map_err(|e| format!("failed to parse {name}: {e}"))?;
        ours.extend(report["vulnerabilities"].as_array().into_iter().flatten().map(Reading::of_report));
    }
    Ok(Some(ours))
}

impl Tally {
    /// Finds for each reading of theirs the nearest of ours, one not used before if there is a choice.
    fn add(&mut self, path: &str, theirs: &[Reading], ours: &[Reading]) {
        let mut used = vec![false; ours.len()];
        for their in theirs {
            self.theirs += 1;
            let nearest = ours
                .iter()
                .enumerate()
                .filter_map(|(at, our)| Some((their.nearness(our)? * 2 + u32::from(!used[at]), at)))
                .max_by_key(|(nearness, at)| (*nearness, std::cmp::Reverse(*at)));
            let Some((_, at)) = nearest else {
                self.differences.push(format!("{path}: not found: {their}"));
                continue;
            };
            used[at] = true;
            self.found += 1;
            for (field, same) in their.compare(&ours[at]) {
                let (stated, agreed) = self.fields.entry(field).or_default();
                *stated += 1;
                *agreed += usize::from(same);
                if !same {
                    self.differences.push(format!("{path}: {}: {their} | {}", field.name(), ours[at]));
                }
            }
        }
    }
}

fn head() -> String {
    let fields: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    format!(
        "| Format | Files | Findings | Found | {} |\n|---|--:|--:|--:|{}\n",
        fields.join(" | "),
        "--:|".repeat(fields.len())
    )
}

fn row(format: &str, tally: &Tally) -> String {
    let mut row =
        format!("| {format} | {} | {} | {} |", tally.files, tally.theirs, percent(tally.theirs, tally.found));
    for field in Field::ALL {
        let cell =
            tally.fields.get(&field).map_or(String::new(), |(stated, agreed)| percent(*stated, *agreed));
        row.push_str(&format!(" {cell} |"));
    }
    row.push('\n');
    row
}

/// A share as people read it: 100 only when nothing differs.
fn percent(of: usize, part: usize) -> String {
    if of == part { "100 %".to_owned() } else { format!("{:.1} %", (part * 1000 / of.max(1)) as f64 / 10.0) }
}
