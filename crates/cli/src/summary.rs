//! What a conversion came to, for people.

use crate::{
    inputs,
    log::{self, BOLD, DIM, Level, RED, YELLOW, escape},
    place::findings,
};
use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use scanlift_pipeline::receipt::{
    IgnoreReceipt, InputReceipt, OutputReceipt, Receipt, ScannerReceipt, VexReceipt,
};
use scanlift_report_core::{Severity, Tool};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// How many inputs are told of one by one.
const INPUTS: usize = 20;
/// How many groups of skipped records.
const GROUPS: usize = 10;
/// How many examples of a group.
const EXAMPLES: usize = 3;
/// How many warnings.
const WARNINGS: usize = 10;
/// How many warnings with the same advice.
const ALIKE: u64 = 3;

/// Tells what became of every input, what was written, skipped and warned of, and what to do with
/// the reports.
pub(crate) fn print(receipt: &Receipt, has_receipt: bool) {
    each_input(&receipt.inputs);
    if !receipt.outputs.is_empty() {
        log::block(Level::Info, &format!("\n{}\n\n", table(&receipt.outputs)));
    }
    log::block(Level::Info, &skipped(&receipt.inputs, has_receipt));
    warnings(&receipt.inputs, has_receipt);
    of_outputs(&receipt.outputs);
    files(&receipt.vex, receipt.ignore.as_ref());
    patches(&receipt.outputs);
    closing(&receipt.outputs);
}

/// Tells what became of every input.
pub(crate) fn each_input(inputs: &[InputReceipt]) {
    for input in inputs.iter().take(INPUTS) {
        let name = inputs::shown(&input.path);
        let format = match &input.format_version {
            Some(version) => format!("{} {version}", input.format),
            None => input.format.clone(),
        };
        let scanners: Vec<_> = input.scanner.iter().chain(&input.further_scanners).map(name_of).collect();
        let by = if scanners.is_empty() { String::new() } else { format!(" by {}", scanners.join(", ")) };
        let records =
            if input.records == 1 { "1 record".to_owned() } else { format!("{} records", input.records) };
        log::info(&format!("{name}: {format}{by}: {records}, {}", findings(input.findings)));
    }
    if inputs.len() > INPUTS {
        log::info(&format!("and {} more inputs", inputs.len() - INPUTS));
    }
}

fn name_of(scanner: &ScannerReceipt) -> String {
    match scanner.version.as_str() {
        "" | "unknown" => scanner.name.clone(),
        // The version is scanlift's own: the pipeline made one name of several scanners.
        _ if scanner.id == Tool::MERGED => scanner.name.clone(),
        version => format!("{} {version}", scanner.name),
    }
}

/// The columns of the severities, the last of the table.
const COLUMNS: [(Severity, &str, Style); 6] = [
    (Severity::Critical, "C", RED),
    (Severity::High, "H", AnsiColor::Red.on_default()),
    (Severity::Medium, "M", YELLOW),
    (Severity::Low, "L", AnsiColor::Cyan.on_default()),
    (Severity::Info, "I", DIM),
    (Severity::Unknown, "?", DIM),
];

fn table(outputs: &[OutputReceipt]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let names = ["report", "kind", "scanner", "findings"].into_iter();
    table.set_header(names.chain(COLUMNS.iter().map(|(_, letter, _)| *letter)));
    for output in outputs {
        let path = if output.path == "-" { "standard output" } else { &output.path };
        let texts = [path, output.kind, &name_of(&output.scanner)].map(|text| escape(text).into_owned());
        let counts = COLUMNS.iter().map(|(severity, _, _)| output.severities.get(severity.as_str()).copied());
        let counts = [Some(output.findings)].into_iter().chain(counts);
        table.add_row(texts.into_iter().chain(counts.map(|count| count.unwrap_or_default().to_string())));
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let widths: Vec<usize> =
        table.column_max_content_widths().iter().skip(4).map(|width| usize::from(*width)).collect();
    let lines = table.lines().enumerate().map(|(at, line)| colour(line.trim_end(), &widths, at == 0));
    lines.collect::<Vec<_>>().join("\n")
}

/// Styles the counts, which end the line, by their column; the table knows nothing of colours.
fn colour(line: &str, widths: &[usize], is_header: bool) -> String {
    let tail: usize = widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(1);
    let Some((head, mut tail)) = line.len().checked_sub(tail).and_then(|at| line.split_at_checked(at)) else {
        return line.to_owned();
    };
    let mut styled = if is_header { format!("{DIM}{head}{DIM:#}") } else { head.to_owned() };
    for ((_, _, style), width) in COLUMNS.iter().zip(widths) {
        let (cell, rest) = tail.split_at_checked(width + 2).unwrap_or((tail, ""));
        let style = if is_header || cell.trim() == "0" { &DIM } else { style };
        let _ = write!(styled, "{style}{cell}{style:#}");
        tail = rest;
    }
    styled
}

/// Records that are no findings, by reason.
fn skipped(inputs: &[InputReceipt], has_receipt: bool) -> String {
    let mut groups: BTreeMap<(&str, &str), (u64, Vec<&str>)> = BTreeMap::new();
    for skipped in inputs.iter().flat_map(|input| &input.skipped) {
        let (count, examples) = groups.entry((skipped.reason, &skipped.detail)).or_default();
        *count += skipped.count;
        for example in &skipped.examples {
            if !examples.contains(&example.as_str()) {
                examples.push(example);
            }
        }
    }
    let total: u64 = groups.values().map(|(count, _)| count).sum();
    if total == 0 {
        return String::new();
    }
    let records: u64 = inputs.iter().map(|input| input.records).sum();
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let mut text = format!(" {BOLD}skipped{BOLD:#} {total} of {records} records\n");
    let width = groups.first().map_or(1, |(_, (count, _))| count.to_string().len());
    for ((reason, detail), (count, examples)) in groups.iter().take(GROUPS) {
        let _ = write!(text, "   {count:>width$} {reason:<13} {}", escape(detail));
        let more = if examples.len() > EXAMPLES || *count > examples.len() as u64 { ", ..." } else { "" };
        let examples: Vec<_> = examples.iter().take(EXAMPLES).map(|example| escape(example)).collect();
        if !examples.is_empty() {
            let _ = write!(text, " {DIM}({}{more}){DIM:#}", examples.join(", "));
        }
        text.push('\n');
    }
    if groups.len() > GROUPS {
        let rest: u64 = groups.iter().skip(GROUPS).map(|(_, (count, _))| count).sum();
        let _ =
            writeln!(text, "   and {rest} for {} more reasons{}", groups.len() - GROUPS, see(has_receipt));
    }
    text.push('\n');
    text
}

fn see(has_receipt: bool) -> &'static str {
    if has_receipt { ": see the receipt" } else { ": see --receipt FILE" }
}

/// The same warning of several inputs is told once.
fn warnings(receipts: &[InputReceipt], has_receipt: bool) {
    let mut said: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for input in receipts {
        for warning in &input.warnings {
            match said.iter_mut().find(|(text, _)| text == warning) {
                Some((_, of)) => drop(of.insert(&input.path)),
                None => said.push((warning, BTreeSet::from([input.path.as_str()]))),
            }
        }
    }
    // What differs only in what it is about has the same advice behind the semicolon.
    let mut alike: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut told, mut untold) = (0, 0_u64);
    for (text, of) in &said {
        let kind = text.rsplit_once("; ").map_or(*text, |(_, advice)| advice);
        let before = alike.entry(kind).or_default();
        *before += 1;
        if *before > ALIKE || told == WARNINGS {
            untold += 1;
            continue;
        }
        told += 1;
        match (of.len(), of.first()) {
            (1, Some(path)) if receipts.len() > 1 => log::warn(&format!("{}: {text}", inputs::shown(path))),
            (0 | 1, _) => log::warn(text),
            (many, _) => log::warn(&format!("{text} (in {many} inputs)")),
        }
    }
    match untold {
        0 => {}
        1 => log::warn(&format!("and 1 more warning{}", see(has_receipt))),
        many => log::warn(&format!("and {many} more warnings{}", see(has_receipt))),
    }
}

/// What a further file leaves out, and what GitLab may not like about it.
fn of_outputs(outputs: &[OutputReceipt]) {
    for output in outputs {
        let path = if output.path == "-" { "standard output" } else { &output.path };
        for skipped in &output.skipped {
            let left_out = findings(skipped.count);
            log::info(&format!("{path} leaves {left_out} out: {}", skipped.detail));
        }
        output.warnings.iter().for_each(|text| log::warn(&format!("{path}: {text}")));
    }
}

/// What became of the user's files: VEX documents, and the ignore file.
pub(crate) fn files(of_vex: &[VexReceipt], of_ignore: Option<&IgnoreReceipt>) {
    vex(of_vex);
    ignored(of_ignore);
}

/// What became of the statements of VEX documents.
fn vex(receipts: &[VexReceipt]) {
    for receipt in receipts {
        let VexReceipt { path, format, statements, matched, .. } = receipt;
        let version = receipt.format_version.as_deref().unwrap_or_default();
        let format = format!("{format} {version}");
        log::info(&format!(
            "{path}: {}: {statements} statements, {matched} about findings",
            format.trim_end()
        ));
        receipt.warnings.iter().for_each(|text| log::warn(&format!("{}: {text}", receipt.path)));
    }
}

/// What became of the entries of the ignore file.
fn ignored(receipt: Option<&IgnoreReceipt>) {
    let Some(IgnoreReceipt { path, entries, used, warnings, .. }) = receipt else { return };
    log::info(&format!("{path}: {entries} entries, {used} about findings"));
    for warning in warnings.iter().take(WARNINGS) {
        log::warn(&format!("{path}: {warning}"));
    }
    match warnings.len().saturating_sub(WARNINGS) {
        0 => {}
        more => log::warn(&format!("{path}: and {more} more; `scanlift ignore check` lists them")),
    }
}

/// What patches were made, and on request why not more.
fn patches(outputs: &[OutputReceipt]) {
    for output in outputs {
        for unpatched in &output.unpatched {
            let examples = unpatched.examples.iter().take(EXAMPLES).map(String::as_str).collect::<Vec<_>>();
            log::debug(&format!(
                "no patch for {} ({}): {}: {}",
                findings(unpatched.count),
                examples.join(", "),
                unpatched.reason,
                unpatched.detail
            ));
        }
    }
    let sum = |of: fn(&OutputReceipt) -> u64| outputs.iter().map(of).sum::<u64>();
    let made = sum(|output| output.remediations);
    if made == 0 {
        return;
    }
    let fixable = sum(|output| output.fixable);
    let left = sum(|output| output.unpatched.iter().map(|unpatched| unpatched.count).sum());
    let word = if made == 1 { "patch mends" } else { "patches mend" };
    let of = match outputs.iter().filter(|output| output.remediations > 0).collect::<Vec<_>>().as_slice() {
        [only] if only.path != "-" => format!(": scanlift remediate {}", only.path),
        _ => String::new(),
    };
    let what = match fixable {
        0 => format!("{made} {} of the scanner's own", if made == 1 { "patch" } else { "patches" }),
        _ => {
            format!("{made} {word} {} of {fixable} findings that can be mended", fixable.saturating_sub(left))
        }
    };
    log::info(&format!("{what}{of}"));
}

/// What to do with the reports in GitLab.
fn closing(outputs: &[OutputReceipt]) {
    match outputs {
        [] => log::warn("no report was written: the inputs tell of no scan"),
        [only] if only.path == "-" => {}
        [only] => log::info(&format!("upload with artifacts:reports:{}: {}", only.kind, only.path)),
        several => {
            let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for output in several {
                kinds.entry(output.kind).or_default().push(&output.path);
            }
            log::info("upload them from the job in .gitlab-ci.yml:");
            let mut text = "       artifacts:\n         reports:\n".to_owned();
            let mut too_many = false;
            for (kind, paths) in kinds {
                match paths.as_slice() {
                    [path] => drop(writeln!(text, "           {kind}: {}", yaml(path))),
                    paths => {
                        too_many |= kind != "cyclonedx";
                        let _ = writeln!(text, "           {kind}:");
                        for path in paths {
                            let _ = writeln!(text, "             - {}", yaml(path));
                        }
                    }
                }
            }
            log::block(Level::Info, &text);
            if too_many {
                log::info(
                    "GitLab documents one file of a kind for each job: fold security reports with --merge. \
                     Uploaded from jobs of their own, of findings that share a place and a category GitLab shows \
                     one",
                );
            }
        }
    }
}

/// A path as a YAML scalar: quoted, which JSON's way is too, unless nothing in it could be special.
fn yaml(path: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '/' | '.' | '_' | '-');
    if path.chars().all(is_plain) && !path.starts_with('-') {
        return Cow::Borrowed(path);
    }
    let quoted = serde_json::to_string(path).unwrap_or_default();
    Cow::Owned(escape(&quoted).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_yaml_where_they_must() {
        for (path, want) in [
            ("out/gl-sast-report.json", "out/gl-sast-report.json"),
            ("a b/x.json", "\"a b/x.json\""),
            ("*.json", "\"*.json\""),
            ("-x", "\"-x\""),
            ("a\n\"b", "\"a\\n\\\"b\""),
        ] {
            assert_eq!(yaml(path), want);
        }
    }
}
