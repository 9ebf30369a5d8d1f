//! `cargo xtask scan [scanner]`, also `cargo xtask fixtures --scan [scanner]`: runs real scanners on `fixtures/sample-app` and keeps what they write.
//!
//! `fixtures/scanners/scanners.toml` says which scanners, in which version, and how. Each is installed into a folder that
//! is thrown away afterwards, and runs in a copy of the sample that is a git repository with one commit. What differs from
//! run to run or from machine to machine is made equal, and `case.toml` says how; everything else stays as it was written.
//! This needs the package managers, git and a network for the installation, so no test calls it. Unix only.

pub(crate) mod json;

use crate::files::{failed, read, say, write};
use json::{Json, quoted};
use serde::Deserialize;
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the sample seems to lie: the folder a GitLab job would use, so that absolute paths in outputs are alike everywhere.
const PROJECT: &str = "/builds/group/sample-app";
/// Where the scanners seem to be installed.
const SCANNERS: &str = "/opt/scanners";
/// The time of the only commit, and of every scan that writes down a time.
const TIME: &str = "2024-05-06T07:08:09Z";
/// The size above which rules without results are dropped from an output.
const LARGE: usize = 200_000;

/// Runs the named scanner, or all of them, and rewrites their cases below `fixtures/<format>`.
///
/// # Errors
/// When the table cannot be read, names no such scanner, or a scanner cannot be installed, fails, or writes no JSON.
pub(crate) fn run(scanner: Option<&str>) -> Result<(), String> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fixtures");
    let table = fixtures.join("scanners/scanners.toml");
    let table: Table =
        toml::from_str(&read(&table)?).map_err(|e| format!("failed to parse {}: {e}", table.display()))?;
    let chosen: Vec<&Scanner> =
        table.scanner.iter().filter(|s| scanner.is_none_or(|id| id == s.id)).collect();
    if chosen.is_empty() {
        let ids: Vec<&str> = table.scanner.iter().map(|s| s.id.as_str()).collect();
        return Err(format!("no such scanner; known are: {}", ids.join(", ")));
    }
    for scanner in chosen {
        say(format_args!("{}: installing {}", scanner.id, scanner.packages.join(" ")));
        let sandbox = Sandbox::new(&fixtures.join("sample-app"))?;
        sandbox.install(scanner, &fixtures.join("scanners"))?;
        for case in &scanner.case {
            let output = sandbox.scan(case)?;
            let (output, records, changes) = normalise(&output, scanner, case, &sandbox)
                .map_err(|e| format!("failed to read what {} wrote for {}: {e}", scanner.id, case.name))?;
            let folder = fixtures.join(&case.format).join(&case.name);
            fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
            write(&folder.join(case.input()), &output)?;
            write(&folder.join("case.toml"), &describe(scanner, case, records, &changes))?;
            say(format_args!("{}: {records} records, {} bytes", case.name, output.len()));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    scanner: Vec<Scanner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scanner {
    id: String,
    manager: Manager,
    packages: Vec<String>,
    version: String,
    licence: String,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    sort: Vec<Sorted>,
    #[serde(default)]
    fix_times: bool,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Manager {
    Pip,
    Npm,
    Cargo,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Sorted {
    Results,
    Rules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// The format's id, and its folder.
    #[serde(default = "sarif")]
    format: String,
    name: String,
    command: Vec<String>,
    exit: Vec<i32>,
    shows: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    drop_unused_rules: bool,
    /// Where lists of records stand in what is not SARIF, as `vulnerabilities.list`.
    #[serde(default)]
    records: Vec<String>,
    /// Members of the document that differ from run to run and say nothing.
    #[serde(default)]
    drop: Vec<String>,
    /// The scanner writes to standard output.
    #[serde(default)]
    stdout: bool,
}

fn sarif() -> String {
    "sarif".to_owned()
}

impl Case {
    fn input(&self) -> &'static str {
        if self.format == "sarif" { "input.sarif" } else { "input.json" }
    }
}

/// The text of `case.toml`.
fn describe(scanner: &Scanner, case: &Case, records: usize, changes: &[String]) -> String {
    let command: Vec<String> = case
        .command
        .iter()
        .map(|word| shell_word(&word.replace("{out}", case.input()).replace("{scanners}", SCANNERS)))
        .collect();
    let mut text = format!(
        "# Written by `cargo xtask scan {}`.\ntool = {}\nversion = {}\ncommand = {}\nlicence = {}\ntrimmed = {}\nshows = {}\nrecords = {records}\n",
        scanner.id,
        quoted(&format!("{} ({})", scanner.id, scanner.packages.join(", "))),
        quoted(&scanner.version),
        quoted(&command.join(" ")),
        quoted(&scanner.licence),
        quoted(&changes.join("; ")),
        quoted(&case.shows),
    );
    if !case.args.is_empty() {
        let args: Vec<String> = case.args.iter().map(|arg| quoted(arg)).collect();
        text.push_str(&format!("args = [{}]\n", args.join(", ")));
    }
    text
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A folder with a copy of the sample, an installation and room for outputs. It is removed when dropped.
struct Sandbox {
    temp: tempfile::TempDir,
    project: PathBuf,
    /// Folders outside of `temp` that were made for the project, outermost first.
    made: Vec<PathBuf>,
}

impl Sandbox {
    fn new(sample: &Path) -> Result<Self, String> {
        let temp = tempfile::tempdir().map_err(|e| format!("failed to create a temporary folder: {e}"))?;
        let project = temp.path().join("sample-app");
        let mut sandbox = Self { temp, project, made: Vec::new() };
        if sandbox.make_project() {
            sandbox.project = PathBuf::from(PROJECT);
        } else {
            say(format_args!("{PROJECT} cannot be made (or exists): paths are rewritten instead"));
        }
        copy(sample, &sandbox.project)?;
        for folder in ["home", "out", "scanners"] {
            let folder = sandbox.temp.path().join(folder);
            fs::create_dir(&folder).map_err(failed("create", &folder))?;
        }
        for args in [
            &["-c", "init.defaultBranch=main", "init", "--quiet"][..],
            &["-c", "core.autocrlf=false", "add", "--all", "--force"],
            &["commit", "--quiet", "--message", "A sample to be scanned"],
        ] {
            execute(sandbox.command("git").args(args), &[0])?;
        }
        Ok(sandbox)
    }

    /// Makes the folder [`PROJECT`]; an existing one is somebody else's and left alone.
    fn make_project(&mut self) -> bool {
        let mut folders: Vec<&Path> =
            Path::new(PROJECT).ancestors().filter(|folder| folder.parent().is_some()).collect();
        folders.reverse();
        for folder in folders {
            match fs::create_dir(folder) {
                Ok(()) => self.made.push(folder.to_owned()),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && folder != Path::new(PROJECT) => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn scanners(&self) -> PathBuf {
        self.temp.path().join("scanners")
    }

    fn install(&self, scanner: &Scanner, files: &Path) -> Result<(), String> {
        let folder = self.scanners();
        match scanner.manager {
            Manager::Pip => {
                execute(Command::new("python3").args(["-m", "venv"]).arg(&folder), &[0])?;
                let mut pip = Command::new(folder.join("bin/pip"));
                execute(
                    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(&scanner.packages),
                    &[0],
                )?;
            }
            Manager::Cargo => {
                // It runs once, so it need not run fast.
                let options = ["install", "--quiet", "--locked", "--debug", "--root"];
                execute(Command::new("cargo").args(options).arg(&folder).args(&scanner.packages), &[0])?;
            }
            Manager::Npm => {
                let options =
                    ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--no-save"];
                let mut npm = Command::new("npm");
                execute(
                    npm.arg("install").arg("--prefix").arg(&folder).args(options).args(&scanner.packages),
                    &[0],
                )?;
            }
        }
        for file in &scanner.files {
            let from = files.join(file);
            let to = folder.join(file);
            let parent = to.parent().unwrap_or(&folder);
            fs::create_dir_all(parent).map_err(failed("create", parent))?;
            fs::copy(&from, &to).map_err(failed("copy", &from))?;
        }
        Ok(())
    }

    /// Runs one case and returns what its scanner wrote.
    fn scan(&self, case: &Case) -> Result<String, String> {
        let out = self.temp.path().join("out").join(&case.name);
        let (program, args) =
            case.command.split_first().ok_or_else(|| format!("{} has no command", case.name))?;
        let program = self.find(program);
        let fill = |word: &String| {
            word.replace("{out}", &out.to_string_lossy())
                .replace("{scanners}", &self.scanners().to_string_lossy())
        };
        let written = execute(self.command(program).args(args.iter().map(fill)), &case.exit)?;
        if case.stdout {
            return Ok(written);
        }
        // Checkov takes the name of a folder and chooses that of the file.
        match fs::read_dir(&out).ok().and_then(|mut entries| entries.next()) {
            Some(Ok(entry)) => read(&entry.path()),
            _ => read(&out),
        }
    }

    /// A program of the installation: some wheels have it in their data and put nothing on the path.
    fn find(&self, program: &str) -> PathBuf {
        let scanners = self.scanners();
        for folder in ["bin", "node_modules/.bin"] {
            let path = scanners.join(folder).join(program);
            if path.exists() {
                return path;
            }
        }
        let mut folders = vec![scanners];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|t| t.is_dir()) {
                    folders.push(path);
                } else if path.ends_with(Path::new("bin").join(program)) {
                    return path;
                }
            }
        }
        PathBuf::from(program)
    }

    /// A command in the project that sees as little as possible of this machine.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let scanners = self.scanners();
        let mut path = OsString::from(scanners.join("bin"));
        path.push(":");
        path.push(scanners.join("node_modules/.bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.current_dir(&self.project).env("PATH", path).env("HOME", self.temp.path().join("home"));
        for name in [
            "VIRTUAL_ENV",
            "PYTHONPATH",
            "PYTHONHOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "GIT_DIR",
            "GIT_WORK_TREE",
        ] {
            command.env_remove(name);
        }
        for (name, value) in [
            ("LANG", "C.UTF-8"),
            ("NO_COLOR", "1"),
            ("TZ", "UTC"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A. Nobody"),
            ("GIT_AUTHOR_EMAIL", "nobody@example.test"),
            ("GIT_AUTHOR_DATE", TIME),
            ("GIT_COMMITTER_NAME", "A. Nobody"),
            ("GIT_COMMITTER_EMAIL", "nobody@example.test"),
            ("GIT_COMMITTER_DATE", TIME),
        ] {
            command.env(name, value);
        }
        command
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A folder is left behind rather than a panic raised: it is only a copy.
        if self.project == Path::new(PROJECT) {
            let _ = fs::remove_dir_all(&self.project);
        }
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes equal what differs between two runs; returns the text, the number of results and what was done.
fn normalise(
    output: &str,
    scanner: &Scanner,
    case: &Case,
    sandbox: &Sandbox,
) -> Result<(String, usize, Vec<String>), serde_json::Error> {
    let text = output
        .replace(&*sandbox.scanners().to_string_lossy(), SCANNERS)
        .replace(&*sandbox.project.to_string_lossy(), PROJECT)
        .replace(&*sandbox.temp.path().to_string_lossy(), "/builds/group");
    let mut log = Json::parse(serde_json::from_str(&text)?)?;
    let mut changes = vec!["indented".to_owned()];
    if scanner.fix_times {
        log.fix_times(TIME);
        changes.push(format!("times set to {TIME}"));
    }
    for member in &case.drop {
        log.remove(member);
    }
    if !case.drop.is_empty() {
        changes.push(format!("without {}", case.drop.join(", ")));
    }
    let mut records = 0;
    if case.format != "sarif" {
        let count = |path: &String| {
            let path: Vec<&str> = path.split('.').collect();
            log.at(&path).map_or(0, |list| list.items().len())
        };
        records = case.records.iter().map(count).sum();
    }
    for run in log.get_mut("runs").map(Json::items_mut).into_iter().flatten() {
        if scanner.sort.contains(&Sorted::Rules) {
            run.choose_rules(|rules| {
                let mut order: Vec<usize> = (0..rules.len()).collect();
                order.sort_by_key(|&i| rules[i].at(&["id"]).and_then(Json::text));
                order
            });
        }
        if scanner.sort.contains(&Sorted::Results)
            && let Some(results) = run.get_mut("results")
        {
            results.items_mut().sort_by_cached_key(Json::place);
        }
        records += run.at(&["results"]).map_or(0, |results| results.items().len());
    }
    if !scanner.sort.is_empty() {
        let what: Vec<&str> =
            scanner.sort.iter().map(|s| if *s == Sorted::Rules { "rules" } else { "results" }).collect();
        changes.push(format!("sorted, as the order differs from run to run: {}", what.join(", ")));
    }
    let mut text = log.pretty();
    if case.drop_unused_rules || text.len() > LARGE {
        let mut dropped = 0;
        for run in log.get_mut("runs").map(Json::items_mut).into_iter().flatten() {
            dropped += run.drop_unused_rules();
        }
        changes.push(format!("{dropped} rules that no result uses were dropped"));
        text = log.pretty();
    }
    Ok((text, records, changes))
}

/// Runs a command quietly. Its output is shown only if it ends with a status that is not expected.
fn execute(command: &mut Command, expected: &[i32]) -> Result<String, String> {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("failed to start {name}: {e}"))?;
    if output.status.code().is_some_and(|code| expected.contains(&code)) {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let log = [output.stdout, output.stderr].concat();
    Err(format!(
        "{name} ended with {} (expected: {expected:?})\n{}",
        output.status,
        String::from_utf8_lossy(&log)
    ))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(failed("create", to))?;
    for entry in fs::read_dir(from).map_err(failed("read", from))? {
        let path = entry.map_err(failed("read", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(failed("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_if_need_be() {
        assert_eq!(shell_word("--out=a/b.sarif"), "--out=a/b.sarif");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
