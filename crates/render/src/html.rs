//! One page that needs nothing else: data as JSON in blocks that are no scripts, and one script that shows them.
//!
//! A Content Security Policy in the page itself forbids every other script, every request and every style but its own.
//! The findings are read twice: for what the list needs, and for what the details show.

use crate::{
    Options,
    error::RenderError,
    escape::{cut, one_line},
    finding::{Item, State},
    report::Findings,
    summary::{Summary, present},
};
use minijinja::{Environment, context};
use scanlift_ingest::Fingerprint;
use scanlift_report_core::{Kind, Severity};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = concat!(
    include_str!("html/nodes.js"),
    include_str!("html/list.js"),
    include_str!("html/details.js"),
    include_str!("html/page.js")
);
/// Where the data go.
const DATA: &str = "<!--data-->";

/// What the details show of a finding.
const SHOWN: [&str; 11] = [
    "id",
    "description",
    "solution",
    "identifiers",
    "links",
    "cvss_vectors",
    "details",
    "location",
    "evidence",
    "flags",
    "raw_source_code_extract",
];
/// Shorter values are written again each time.
const WORTH_SHARING: usize = 60;

pub(crate) fn write(
    findings: &Findings<'_>,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let page = page(findings, options)?;
    let (before, after) = page.split_once(DATA).unwrap_or((&page, ""));
    out.write_all(before.as_bytes())?;
    let words = Words::of(findings);
    block(out, "meta", "application/json", |out| write_json(out, &words.meta(findings)))?;
    block(out, "rows", "application/json", |out| rows(findings, &words, out))?;
    block(out, "details", "application/jsonl", |out| details(findings, out))?;
    block(out, "patches", "application/jsonl", |out| {
        findings.each_patch(&mut |report, json| {
            // What is no JSON is no patch: its finding is shown without one.
            let json = String::from_utf8_lossy(json);
            let Ok(patch) = serde_json::from_str::<&RawValue>(&json) else { return Ok(()) };
            write!(out, "{{\"report\":{report},\"patch\":")?;
            write_compact(out, patch.get().as_bytes())?;
            Ok(out.write_all(b"}\n")?)
        })
    })?;
    Ok(writeln!(out, "{after}")?)
}

/// The page without the data.
fn page(findings: &Findings<'_>, options: &Options) -> Result<String, RenderError> {
    let summary = Summary::of(findings);
    let scans: Vec<_> = summary
        .scans
        .iter()
        .map(|((kind, scanner), states)| {
            let counts = present(states);
            let counts = Severity::WORST_FIRST.map(|severity| counts.of(severity));
            context! { kind => name_of(*kind), scanner => one_line(scanner), counts => counts.to_vec() }
        })
        .collect();
    let scanned = findings.scans.iter().filter(|scan| !scan.is_base).map(|scan| &scan.end_time).max();
    let scanned = scanned.map(|time| cut(&one_line(time), 30).replace('T', " "));
    let notes: Vec<_> = findings.notes().iter().map(|note| one_line(note).into_owned()).collect();
    let mut environment = Environment::new();
    environment.add_template("page.html", PAGE)?;
    Ok(environment.get_template("page.html")?.render(context! {
        title => one_line(&options.title),
        headline => summary.headline(findings.is_compared()),
        version => env!("CARGO_PKG_VERSION"),
        style => STYLE,
        style_hash => hash(STYLE),
        script => SCRIPT,
        script_hash => hash(SCRIPT),
        severities => Severity::WORST_FIRST.map(Severity::as_str).to_vec(),
        scans,
        scanned,
        notes,
    })?)
}

/// A source of a Content Security Policy: exactly that script or style.
fn hash(text: &str) -> String {
    format!("sha256-{}", data_encoding::BASE64.encode(&Sha256::digest(text.as_bytes())))
}

fn name_of(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Sast) => "SAST",
        Some(Kind::SecretDetection) => "Secrets",
        Some(Kind::DependencyScanning) => "Dependencies",
        Some(Kind::ContainerScanning) => "Container",
        Some(Kind::ClusterImageScanning) => "Cluster image",
        Some(Kind::Dast) => "DAST",
        Some(Kind::ApiFuzzing) => "API fuzzing",
        Some(Kind::CoverageFuzzing) => "Coverage fuzzing",
        None => "Unknown kind",
    }
}

/// Texts that many rows share, which say only their numbers.
struct Words {
    kinds: Vec<Option<Kind>>,
    scanners: Vec<String>,
}

#[derive(Serialize)]
struct Meta<'m> {
    compared: bool,
    kinds: Vec<&'static str>,
    scanners: &'m [String],
    states: [&'static str; State::ALL.len()],
}

impl Words {
    fn of(findings: &Findings<'_>) -> Self {
        let summary = Summary::of(findings);
        let mut words = Self { kinds: Vec::new(), scanners: Vec::new() };
        for (kind, scanner) in summary.scans.keys() {
            if !words.kinds.contains(kind) {
                words.kinds.push(*kind);
            }
            if !words.scanners.contains(scanner) {
                words.scanners.push(scanner.clone());
            }
        }
        words
    }

    fn meta(&self, findings: &Findings<'_>) -> Meta<'_> {
        Meta {
            compared: findings.is_compared(),
            kinds: self.kinds.iter().map(|kind| name_of(*kind)).collect(),
            scanners: &self.scanners,
            states: State::ALL.map(State::as_str),
        }
    }
}

/// A block of data, which no browser takes for a script.
fn block(
    out: &mut dyn Write,
    id: &str,
    kind: &str,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    write!(out, "<script type=\"{kind}\" id=\"{id}\">")?;
    fill(out)?;
    Ok(out.write_all(b"</script>\n")?)
}

/// What the list needs: an array for each finding, in the order that the script names.
fn rows(findings: &Findings<'_>, words: &Words, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut is_first = true;
    out.write_all(b"[")?;
    findings.each(&mut |item| {
        out.write_all(if is_first { b"\n" } else { b",\n" })?;
        is_first = false;
        write_json(out, &row(item, words))
    })?;
    Ok(out.write_all(b"]")?)
}

fn row(item: &Item<'_>, words: &Words) -> impl Serialize {
    let location = &item.vulnerability.location;
    let (package, version) = location.package();
    let short = |text: &str| cut(text, 400).into_owned();
    let severity = Severity::WORST_FIRST.iter().position(|it| *it == item.severity);
    (
        severity,
        words.kinds.iter().position(|it| *it == item.scan.kind),
        words.scanners.iter().position(|it| *it == item.scan.scanner),
        State::ALL.iter().position(|it| *it == item.state),
        short(&item.title()),
        short(&location.place()),
        short(&location.thing()),
        short(format!("{package} {version}").trim()),
        short(item.rule()),
        short(&item.identifiers("cwe")),
        short(&item.all_identifiers()),
        item.scan.number,
    )
}

/// What the details show: a line for each finding. A long value that an earlier finding has too is named by its
/// number. Memory: some 60 bytes for each long value that differs.
fn details(findings: &Findings<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut seen: HashMap<(usize, Fingerprint), u64> = HashMap::new();
    let mut number = 0;
    findings.each(&mut |item| {
        // What could only be read after it was mended is shown as far as the list has it.
        let all: BTreeMap<String, &RawValue> = serde_json::from_slice(item.json).unwrap_or_default();
        let (mut own, mut same) = (Vec::new(), BTreeMap::new());
        for (at, key) in SHOWN.iter().enumerate() {
            let Some(value) = all.get(*key).map(|value| value.get()).filter(|value| *value != "null") else {
                continue;
            };
            if value.len() >= WORTH_SHARING {
                let first = *seen.entry((at, Fingerprint::of(value))).or_insert(number);
                if first != number {
                    same.insert(*key, first);
                    continue;
                }
            }
            own.push((*key, value));
        }
        number += 1;
        out.write_all(b"{\"v\":{")?;
        for (at, (key, value)) in own.iter().enumerate() {
            write!(out, "{}\"{key}\":", if at == 0 { "" } else { "," })?;
            write_compact(out, value.as_bytes())?;
        }
        out.write_all(b"}")?;
        if !same.is_empty() {
            out.write_all(b",\"same\":")?;
            write_json(out, &same)?;
        }
        Ok(out.write_all(b"}\n")?)
    })
}

fn write_json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), RenderError> {
    let json = serde_json::to_vec(value).map_err(io::Error::from)?;
    Ok(write_compact(out, &json)?)
}

/// JSON without white space between its parts, and without `<`: nothing in it ends the block that it stands in.
fn write_compact(out: &mut dyn Write, json: &[u8]) -> io::Result<()> {
    let (mut is_text, mut is_escaped, mut from) = (false, false, 0);
    for (at, byte) in json.iter().enumerate() {
        let instead: &[u8] = match byte {
            b'<' => b"\\u003c",
            b' ' | b'\n' | b'\r' | b'\t' if !is_text => b"",
            _ => {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => is_text = !is_text,
                    _ => {}
                }
                continue;
            }
        };
        out.write_all(&json[from..at])?;
        out.write_all(instead)?;
        from = at + 1;
    }
    out.write_all(&json[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compact_and_ends_no_block() {
        for (json, want) in [
            ("{ \"a\" : [ 1,\n 2 ] }", r#"{"a":[1,2]}"#),
            (r#"{"a b": "c \" d", "e": "\\"}"#, r#"{"a b":"c \" d","e":"\\"}"#),
            (r#""</script><!--""#, r#""\u003c/script>\u003c!--""#),
        ] {
            let mut out = Vec::new();
            write_compact(&mut out, json.as_bytes()).expect("memory");
            assert_eq!(String::from_utf8(out).expect("text"), want);
            serde_json::from_str::<serde_json::Value>(want).expect("JSON");
        }
    }

    #[test]
    fn a_patch_that_is_no_json_or_no_text_leaves_the_page_whole() {
        let report = [
            br#"{"version": "15.2.1", "scan": {"type": "sast"}, "vulnerabilities": [],"#.as_slice(),
            b"\"remediations\": [{\"diff\": \"eA\xe8=\"}, {\"diff\" \"eA==\"}]}",
        ]
        .concat();
        let report = crate::Report { label: "report.json", input: &report.as_slice() };
        let findings = Findings::open(&[report], None).expect("a report");
        let mut page = Vec::new();
        crate::render(crate::Format::Html, &findings, &crate::Options::default(), &mut page).expect("memory");
        let page = String::from_utf8(page).expect("text");
        let (_, patches) = page.split_once("id=\"patches\">").expect("patches");
        let (patches, _) = patches.split_once("</script>").expect("their end");
        assert_eq!(patches, "{\"report\":0,\"patch\":{\"diff\":\"eA\u{fffd}=\"}}\n");
    }

    #[test]
    fn nothing_ends_script_and_style() {
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</"));
        assert_eq!(PAGE.matches(DATA).count(), 1);
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("]
        {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
        // Neither inline styles nor handlers, which the policy would stop.
        assert!(!PAGE.contains(" style=") && !PAGE.contains(" on"));
    }
}
