//! `cargo xtask verdicts FOLDER [--mutations N]`: whether scanlift judges reports as an independent oracle does.
//!
//! `FOLDER` holds `tools/gitlab_ingest.py`, GitLab's published schemas and `corpus/`. Compared are: whether a report
//! is accepted, how many findings are ingested, and every UUID in GitLab's order; over the corpus' own reports
//! (`gitlab-*`), what scanlift makes of all its other files, and reports that are mutated at random.
//! Without the folder or Python there is nothing to compare, which is told and no failure.

use crate::agreement::build;
use crate::files::{failed, names, say};
use scanlift_ingest::{Fate, Options, judge, sort};
use scanlift_report_core::Kind;
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Asks the oracle for every file that is named on standard input, a line of JSON each.
const DRIVER: &str = r#"
import sys, json, argparse, pathlib
sys.path.insert(0, sys.argv[1])
import gitlab_ingest as oracle
sys.setrecursionlimit(10000)
options = oracle.build_parser().parse_args(["x"])
options.supported = oracle.SUPPORTED_VERSIONS
store = oracle.SchemaStore(pathlib.Path(options.schema_dir))
for line in sys.stdin:
    result = oracle.load_report(pathlib.Path(line.rstrip("\n")), store, options)
    uuids = [finding.uuid for finding in result.findings] if result.accepted else []
    errors = [error.get("message", "") for error in result.errors[:2]]
    print(json.dumps([result.accepted, uuids, errors]), flush=True)
"#;

/// What one side says of a report.
#[derive(Debug, PartialEq)]
struct Said {
    is_accepted: bool,
    uuids: Vec<String>,
}

/// Compares both, and fails at the first differences.
///
/// # Errors
/// When they differ, or something cannot be run.
pub(crate) fn run(folder: &str, options: &[&str]) -> Result<(), String> {
    let folder = Path::new(folder);
    let mutations = match options {
        [] => 1_000,
        ["--mutations", number] => number.parse().map_err(|_| "--mutations takes a number".to_owned())?,
        _ => return Err("the only option is --mutations N".to_owned()),
    };
    let tools = folder.join("tools");
    let has_python = Command::new("python3").args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    if !tools.join("gitlab_ingest.py").is_file() || !has_python.is_ok_and(|status| status.success()) {
        say("nothing to compare with: the oracle, Python or its jsonschema is missing");
        return Ok(());
    }
    let work = tempfile::tempdir().map_err(|error| format!("failed to make a folder: {error}"))?;
    let own = own_reports(&folder.join("corpus"));
    let converted = convert(&folder.join("corpus"), &work.path().join("converted"))?;
    let mutated = mutate(&own, &converted, &work.path().join("mutated"), mutations)?;
    let mut differences = 0;
    for (what, files) in [("the corpus' own", &own), ("converted", &converted), ("mutated", &mutated)] {
        differences += compare(what, files, &tools)?;
    }
    if differences > 0 { Err(format!("{differences} reports are judged differently")) } else { Ok(()) }
}

/// The reports that tools other than scanlift wrote.
fn own_reports(corpus: &Path) -> Vec<PathBuf> {
    let folders =
        names(corpus).into_iter().filter(|name| name.starts_with("gitlab-") && name != "gitlab-codequality");
    folders
        .flat_map(|folder| names(&corpus.join(&folder)).into_iter().map(move |name| (folder.clone(), name)))
        .map(|(folder, name)| corpus.join(folder).join(name))
        .filter(|path| path.is_file())
        .collect()
}

/// What scanlift makes of every file of the corpus.
fn convert(corpus: &Path, out: &Path) -> Result<Vec<PathBuf>, String> {
    let scanlift = build()?;
    let mut reports = Vec::new();
    for folder in names(corpus) {
        for name in names(&corpus.join(&folder)) {
            let target = out.join(&folder).join(name.replace('.', "_"));
            let _ = Command::new(&scanlift)
                .args(["convert", "--quiet", "--output"])
                .arg(&target)
                .arg(corpus.join(&folder).join(&name))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .map_err(failed("start", &scanlift))?;
            if target.is_dir() {
                reports.extend(
                    names(&target)
                        .into_iter()
                        .filter(|name| name.starts_with("gl-"))
                        .map(|name| target.join(name)),
                );
            }
        }
    }
    Ok(reports)
}

/// Numbers that are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap_or_default()
    }
}

/// Reports that are changed at one to three places each.
fn mutate(own: &[PathBuf], converted: &[PathBuf], out: &Path, count: usize) -> Result<Vec<PathBuf>, String> {
    fs::create_dir_all(out).map_err(failed("make", out))?;
    let small =
        |path: &&PathBuf| fs::metadata(path).is_ok_and(|metadata| (2..60_000).contains(&metadata.len()));
    let sources: Vec<Value> = own
        .iter()
        .chain(converted)
        .filter(small)
        .filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
        .collect();
    let mut numbers = Numbers(0x5ca1_ab1e);
    let mut all = Vec::new();
    for number in 0..count {
        let mut report = sources[numbers.below(sources.len())].clone();
        for _ in 0..=numbers.below(3) {
            change(&mut report, &mut numbers);
        }
        let kind =
            report.pointer("/scan/type").and_then(Value::as_str).and_then(Kind::parse).unwrap_or(Kind::Sast);
        let path = out.join(format!("{number}-gl-{}-report.json", kind.slug()));
        fs::write(&path, report.to_string()).map_err(failed("write", &path))?;
        all.push(path);
    }
    Ok(all)
}

/// Puts something else at a place, takes it out, or puts it there twice.
fn change(report: &mut Value, numbers: &mut Numbers) {
    let mut all = Vec::new();
    places(report, String::new(), &mut all);
    if all.is_empty() {
        return;
    }
    // What is outside of the findings matters most and is least.
    let head: Vec<&String> = all.iter().filter(|place| !place.starts_with("/vulnerabilities/")).collect();
    let place = if numbers.below(4) == 0 && !head.is_empty() {
        head[numbers.below(head.len())].clone()
    } else {
        all[numbers.below(all.len())].clone()
    };
    let Some((parent, key)) = place.rsplit_once('/') else { return };
    match (numbers.below(5), report.pointer_mut(parent)) {
        (0, Some(Value::Object(map))) => drop(map.remove(key)),
        (0, Some(Value::Array(items))) => drop(items.pop()),
        (1, Some(Value::Array(items))) => {
            let copy = items.first().cloned();
            items.extend(std::iter::repeat_n(copy, 1 + numbers.below(24)).flatten());
        }
        _ => {
            const VALUES: [&str; 26] = [
                "null",
                "true",
                "false",
                "0",
                "1",
                "3.0",
                "-1",
                "1e30",
                "[]",
                "{}",
                "[1]",
                "\"\"",
                "\" \"",
                "\"x\"",
                "\"a\\\\\\u0000b\"",
                "\"HIGH\"",
                "\"Low\"",
                "\"https://a.example/\"",
                "\"15.2\"",
                "\"15.0.9\"",
                "\"14.1.2\"",
                "\"alpine\"",
                "\"host:5000/app\"",
                "\"app:1.2.3\"",
                "\"CVE-2020-1234\"",
                "\"cwe\"",
            ];
            if let (Some(old), Ok(new)) =
                (report.pointer_mut(&place), serde_json::from_str(VALUES[numbers.below(VALUES.len())]))
            {
                *old = new;
            }
        }
    }
}

/// Every place of a value, as a pointer; keys that would have to be escaped are left alone.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let plain = map.iter().filter(|(key, _)| !key.contains(['/', '~']));
            plain.for_each(|(key, value)| places(value, format!("{at}/{key}"), out));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, format!("{at}/{index}"), out));
        }
        _ => {}
    }
    if !at.is_empty() {
        out.push(at);
    }
}

fn compare(what: &str, files: &[PathBuf], tools: &Path) -> Result<usize, String> {
    let theirs = ask(files, tools)?;
    let (mut differences, mut accepted, mut findings) = (0, 0, 0);
    for (path, (said, why)) in files.iter().zip(&theirs) {
        let ours = ours(path)?;
        accepted += usize::from(said.is_accepted);
        findings += said.uuids.len();
        if ours != *said {
            differences += 1;
            let kept = std::env::temp_dir().join(path.file_name().unwrap_or_default());
            let _ = fs::copy(path, &kept);
            say(format_args!(
                "{}: scanlift {} with {} findings, the oracle {} with {}: {why}",
                kept.display(),
                ours.is_accepted,
                ours.uuids.len(),
                said.is_accepted,
                said.uuids.len()
            ));
        }
    }
    say(format_args!(
        "{what} reports: {} compared, {accepted} accepted, {findings} findings with the same UUIDs, {differences} differ",
        files.len()
    ));
    Ok(differences)
}

fn ours(path: &Path) -> Result<Said, String> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    let named = Named { bytes: &bytes, name: path.file_name().and_then(|name| name.to_str()) };
    let mut findings = Vec::new();
    let verdict = judge(&named, &Options::new(1), &mut |finding, fate| {
        if *fate == Fate::Ingested {
            findings.push(finding.clone());
        }
    });
    let verdict = verdict.map_err(|error| format!("{}: {error}", path.display()))?;
    sort(&mut findings);
    let uuids = findings.iter().filter_map(|finding| finding.uuid.map(|uuid| uuid.to_string())).collect();
    let is_accepted = verdict.is_accepted();
    Ok(Said { is_accepted, uuids: if is_accepted { uuids } else { Vec::new() } })
}

/// Bytes with the name of their file, which may say what kind of report they are.
struct Named<'n> {
    bytes: &'n [u8],
    name: Option<&'n str>,
}

impl scanlift_convert_api::Input for Named<'_> {
    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(Box::new(self.bytes))
    }

    fn name(&self) -> Option<&str> {
        self.name
    }
}

fn ask(files: &[PathBuf], tools: &Path) -> Result<Vec<(Said, String)>, String> {
    let mut child = Command::new("python3")
        .args(["-c", DRIVER])
        .arg(tools)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("failed to start python3: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("python3 has no standard input")?;
    let list: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    // The driver answers while it is asked; from a thread, neither waits for the other.
    let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = child.wait_with_output().map_err(|error| format!("failed to ask python3: {error}"))?;
    let _ = writer.join();
    let text = String::from_utf8_lossy(&output.stdout);
    let said: Vec<_> = text.lines().filter_map(parse).collect();
    if said.len() != files.len() {
        return Err(format!("the oracle answered {} times for {} files", said.len(), files.len()));
    }
    Ok(said)
}

fn parse(line: &str) -> Option<(Said, String)> {
    let (is_accepted, uuids, why): (bool, Vec<String>, Vec<String>) = serde_json::from_str(line).ok()?;
    Some((Said { is_accepted, uuids }, why.join("; ")))
}
