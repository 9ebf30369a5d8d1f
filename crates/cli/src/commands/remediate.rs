//! `scanlift remediate`.

use crate::{
    args::{Remediate, RemediateAction},
    environment, exit,
    explain::Failure,
    inputs::shown,
    log::{self, BOLD, DIM, GREEN, RED, YELLOW},
    place,
    remediations::{self, Entry},
};
use anstyle::{AnsiColor, Style};
use scanlift_remedy::{
    Edits, Tree,
    patch::{Action, Patch},
};
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

const CYAN: Style = AnsiColor::Cyan.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

/// Lists, shows, checks or applies the patches of a report.
pub(crate) fn run(options: &Remediate) -> Result<u8, Failure> {
    let label = options.report.display().to_string();
    let label = shown(&label);
    let entries = remediations::read(&options.report)?;
    let chosen = choose(&entries, &options.ids)?;
    if options.dry_run && options.action != RemediateAction::Apply {
        return Err(Failure::usage("--dry-run is for `apply`: the other actions change nothing"));
    }
    match options.action {
        RemediateAction::List => Ok(list(label, &chosen, options.json)),
        RemediateAction::Show => Ok(show(&chosen)),
        RemediateAction::Check => check(label, &chosen, options),
        RemediateAction::Apply => apply(&chosen, options),
    }
}

/// By number, or by the beginning of the id of a finding.
fn choose<'e>(entries: &'e [Entry], ids: &[String]) -> Result<Vec<&'e Entry>, Failure> {
    if ids.is_empty() {
        return Ok(entries.iter().collect());
    }
    let mut chosen: Vec<&Entry> = Vec::new();
    for id in ids {
        let is_meant = |entry: &&Entry| match id.parse::<usize>() {
            Ok(number) if id.len() < 6 => entry.number == number,
            _ => id.len() >= 4 && entry.fixes.iter().any(|fix| fix.id.starts_with(id.as_str())),
        };
        let mut meant = entries.iter().filter(is_meant);
        let Some(entry) = meant.next() else {
            return Err(Failure::usage(format!("there is no patch {id}"))
                .help("`list` shows their numbers, and the ids of the findings that they mend"));
        };
        if meant.next().is_some() {
            return Err(Failure::usage(format!("{id} means more than one patch"))
                .help("give more characters of the id, or the number of the patch"));
        }
        if !chosen.iter().any(|known| known.number == entry.number) {
            chosen.push(entry);
        }
    }
    Ok(chosen)
}

fn list(label: &str, entries: &[&Entry], as_json: bool) -> u8 {
    if as_json {
        let all: Vec<_> = entries.iter().map(|entry| in_json(entry)).collect();
        return log::answer(format!("{:#}\n", json!(all)).as_bytes());
    }
    let mut out = String::new();
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}: {}", log::escape(label), patches(entries.len()));
    let width = entries.iter().map(|entry| entry.number).max().unwrap_or_default().to_string().len();
    for entry in entries {
        let _ = writeln!(out, "  {CYAN}{:>width$}{CYAN:#}  {}", entry.number, log::escape(&entry.summary));
        for fix in entry.fixes.iter().take(5) {
            let indent = " ".repeat(width + 4);
            let short: String = fix.id.chars().take(8).collect();
            let severity = fix.severity.as_deref().unwrap_or("-");
            let name = fix.name.as_deref().unwrap_or("a finding that the report does not hold");
            let _ = writeln!(
                out,
                "{indent}{DIM}{}{DIM:#}  {:<8}  {}",
                log::escape(&short),
                log::escape(severity),
                log::escape(name)
            );
        }
        let more = entry.fixes.len().saturating_sub(5);
        if more > 0 {
            let _ = writeln!(out, "{}{DIM}and {more} more findings{DIM:#}", " ".repeat(width + 4));
        }
    }
    log::answer(out.as_bytes())
}

fn patches(count: usize) -> String {
    if count == 1 { "1 patch".to_owned() } else { format!("{count} patches") }
}

fn in_json(entry: &Entry) -> serde_json::Value {
    let fixes =
        entry.fixes.iter().map(|fix| json!({"id": fix.id, "name": fix.name, "severity": fix.severity}));
    json!({"number": entry.number, "summary": entry.summary, "fixes": fixes.collect::<Vec<_>>()})
}

/// The diffs: for `git apply` as they are, for people on a terminal in colours.
fn show(entries: &[&Entry]) -> u8 {
    let mut out = String::new();
    for entry in entries {
        match &entry.diff {
            Ok(diff) if log::has_colours() => out.push_str(&coloured(diff)),
            Ok(diff) => out.push_str(diff),
            Err(problem) => log::warn(&format!("patch {}: {problem}", entry.number)),
        }
    }
    let said = log::answer(out.as_bytes());
    if entries.iter().any(|entry| entry.diff.is_err()) { exit::NO } else { said }
}

fn coloured(diff: &str) -> String {
    let mut out = String::with_capacity(diff.len() * 2);
    for line in diff.lines() {
        let style = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', ..] | [b'i', ..] => BOLD,
            [b'@', ..] => CYAN,
            [b'+', ..] => ADDED,
            [b'-', ..] => REMOVED,
            _ => Style::new(),
        };
        let text = line.strip_suffix('\r').unwrap_or(line).replace('\t', "    ");
        let _ = writeln!(out, "{style}{}{style:#}", log::escape(&text));
    }
    out
}

/// What patches make of the tree.
struct Fitted {
    /// By path: what is there, and what is changed of it.
    files: BTreeMap<String, File>,
}

#[derive(Clone)]
struct File {
    action: Action,
    text: String,
    edits: Edits,
}

impl Fitted {
    /// Adds all that a patch does, or nothing; the error says why it does not apply.
    fn add(&mut self, entry: &Entry, tree: &mut Tree) -> Result<(), String> {
        let diff = entry.diff.as_ref().map_err(Clone::clone)?;
        let patch = Patch::parse(diff).map_err(|error| format!("failed to {error}"))?;
        let mut files = self.files.clone();
        for file in &patch.files {
            let path = &file.path;
            let known = files.get(path);
            let text = match (known, file.action) {
                (Some(known), _) if known.action != Action::Change || file.action != Action::Change => {
                    return Err(format!("{path}: another patch makes or takes away the file"));
                }
                (Some(known), _) => known.text.clone(),
                (None, Action::Make) => {
                    let is_free = tree.is_free(path).map_err(|refusal| refusal.to_string())?;
                    if !is_free {
                        return Err(format!("{path}: it is there already"));
                    }
                    String::new()
                }
                (None, _) => tree.read(path).map_err(|refusal| refusal.to_string())?.text.clone(),
            };
            let edits = file.edits(&text).map_err(|misfit| format!("{path}: {misfit}"))?;
            let mut all = known.map(|known| known.edits.clone()).unwrap_or_default();
            if all.conflicts_with(&edits) {
                return Err(format!("{path}: it changes the same place as a patch before it"));
            }
            all.unite(&edits);
            let new = all.apply(&text).ok_or_else(|| format!("{path}: its parts overlap"))?;
            if file.action == Action::Remove && !new.is_empty() {
                return Err(format!("{path}: it holds more than the patch takes away"));
            }
            files.insert(path.clone(), File { action: file.action, text, edits: all });
        }
        self.files = files;
        Ok(())
    }
}

fn root(options: &Remediate) -> Result<PathBuf, Failure> {
    let root = options.root.clone().unwrap_or_else(environment::root);
    if !root.is_dir() {
        return Err(Failure::usage(format!("the root {} is no directory", root.display()))
            .help("name the tree that was scanned with --root"));
    }
    Ok(root)
}

/// Says of every patch by itself whether it applies.
fn check(label: &str, entries: &[&Entry], options: &Remediate) -> Result<u8, Failure> {
    let mut tree = Tree::new(root(options)?);
    let verdicts: Vec<(&Entry, Result<(), String>)> = entries
        .iter()
        .map(|entry| (*entry, Fitted { files: BTreeMap::new() }.add(entry, &mut tree)))
        .collect();
    let bad = verdicts.iter().filter(|(_, verdict)| verdict.is_err()).count();
    let mut out = String::new();
    if options.json {
        let all = verdicts.iter().map(|(entry, verdict)| {
            let mut json = in_json(entry);
            json["applies"] = json!(verdict.is_ok());
            json["problem"] = json!(verdict.as_ref().err());
            json
        });
        out = format!("{:#}\n", json!(all.collect::<Vec<_>>()));
    } else {
        let good = entries.len() - bad;
        let _ =
            writeln!(out, "{BOLD}{}{BOLD:#}: {good} of {} patches apply", log::escape(label), entries.len());
        for (entry, verdict) in &verdicts {
            out.push_str(&verdict_line(entry, verdict.as_ref().err(), "applies"));
        }
    }
    let said = log::answer(out.as_bytes());
    Ok(if bad > 0 { exit::NO } else { said })
}

fn verdict_line(entry: &Entry, problem: Option<&String>, good: &str) -> String {
    let summary = log::escape(&entry.summary).into_owned();
    match problem {
        None => format!("  {GREEN}{good}{GREEN:#}  {}  {summary}\n", entry.number),
        Some(problem) => format!(
            "  {RED}does not apply{RED:#}  {}  {summary}\n      {YELLOW}{}{YELLOW:#}\n",
            entry.number,
            log::escape(problem)
        ),
    }
}

/// Changes the files: all of a patch or none, and every file whole or not at all.
fn apply(entries: &[&Entry], options: &Remediate) -> Result<u8, Failure> {
    let root = root(options)?;
    let mut tree = Tree::new(root.clone());
    let mut fitted = Fitted { files: BTreeMap::new() };
    let (mut out, mut bad) = (String::new(), 0);
    for entry in entries {
        let verdict = fitted.add(entry, &mut tree);
        bad += usize::from(verdict.is_err());
        let good = if options.dry_run { "would be applied" } else { "applied" };
        out.push_str(&verdict_line(entry, verdict.as_ref().err(), good));
    }
    let mut replaced = Vec::new();
    let mut removed = Vec::new();
    for (path, file) in &fitted.files {
        let full = root.join(path);
        match (file.action, file.edits.apply(&file.text)) {
            (Action::Remove, _) => removed.push(full),
            (_, Some(new)) => replaced.push((full, new)),
            (_, None) => {}
        }
    }
    if !options.dry_run {
        place::replace(replaced, &removed)?;
    }
    if entries.is_empty() {
        out.push_str("  the report has no patches\n");
    }
    let said = log::answer(out.as_bytes());
    if said == exit::DONE && !options.dry_run && !fitted.files.is_empty() {
        let files: Vec<_> = fitted.files.keys().map(String::as_str).collect();
        log::info(&format!("changed {}", files.join(", ")));
    }
    if bad > 0 {
        log::warn("convert again on this tree to get patches that apply");
        return Ok(exit::NO);
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_cannot_move_the_cursor() {
        assert!(!coloured("+a\x1b[2Jb\n").contains("\x1b[2J"));
    }

    #[test]
    fn patches_are_named_by_number_or_finding() {
        let entry = |number, id: &str| Entry::new(number, id);
        let entries = [entry(1, "0a1b2c3d-x"), entry(2, "0a1b9999-y")];
        let chosen = |id: &str| choose(&entries, &[id.to_owned()]).map(|chosen| chosen[0].number).ok();
        assert_eq!(chosen("2"), Some(2));
        assert_eq!(chosen("3"), None);
        assert_eq!(chosen("0a1b2"), Some(1));
        assert_eq!(chosen("0a1b"), None);
        assert_eq!(chosen("0a"), None);
    }
}
