//! Inputs made to harm: they are refused with exit code 3, in little memory and time, and leave nothing behind.

use crate::support::Place;
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write as _;

/// A zip archive of one entry: its name, whether it is deflated, and its bytes.
fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(bytes).unwrap();
    let packed = deflated.finish().unwrap();
    let le = |number: usize, size: usize| number.to_le_bytes()[..size].to_vec();
    // Version, flags, method (deflate), time and date, checksum, sizes, lengths of name and extra field.
    let facts = [
        le(20, 2),
        le(0, 2),
        le(8, 2),
        le(0, 4),
        crc.sum().to_le_bytes().to_vec(),
        le(packed.len(), 4),
        le(bytes.len(), 4),
        le(name.len(), 2),
        le(0, 2),
    ]
    .concat();
    let local = [b"PK\x03\x04".to_vec(), facts.clone(), name.into(), packed].concat();
    let central = [b"PK\x01\x02".to_vec(), le(20, 2), facts, vec![0; 14], name.into()].concat();
    let end = [le(0, 4), le(1, 2), le(1, 2), le(central.len(), 4), le(local.len(), 4), le(0, 2)].concat();
    [local, central, b"PK\x05\x06".to_vec(), end].concat()
}

#[test]
fn hostile_xml_is_refused() {
    let zap = |inside: &str| format!("<OWASPZAPReport version=\"2.14.0\">{inside}</OWASPZAPReport>");
    let bomb: String = (1..30).map(|n| format!("<!ENTITY e{n} \"&e{0};&e{0};\">", n - 1)).collect();
    for (name, document, part) in [
        (
            "bomb.xml",
            format!("<!DOCTYPE r [<!ENTITY e0 \"ha\">{bomb}]>{}", zap("<site name=\"&e29;\">&e29;</site>")),
            "declares entities",
        ),
        (
            "external.xml",
            format!("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}", zap("<site>&x;</site>")),
            "declares entities",
        ),
        ("deep.xml", zap(&"<site>".repeat(100_000)), "deep"),
        (
            "attributes.xml",
            zap(&format!("<site {}/>", "a='b' ".repeat(12 * 1024 * 1024))),
            "larger than 64 MiB",
        ),
    ] {
        let place = Place::with(&[(name, &document)]);
        place
            .run_within_memory(&["convert", name, "--from", "zap-xml", "-o", "out/"])
            .fails(3, &[name, part]);
        assert!(!place.path("out").exists(), "{name}");
    }
}

#[test]
fn hostile_json_is_refused() {
    for (name, document) in [
        ("deep.json", format!("{{\"issue_events\": {}", "[".repeat(100_000))),
        ("long.json", format!("{{\"issue_events\": [{{\"type\": \"{}\"}}]}}", "x".repeat(70 * 1024 * 1024))),
    ] {
        let place = Place::with(&[(name, &document)]);
        let said = place.run_within_memory(&["convert", name, "--from", "burp-json", "-o", "out/"]);
        if name == "deep.json" {
            said.fails(3, &[name]);
        } else {
            // One record that is too large costs that record.
            said.succeeds();
        }
    }
}

#[test]
fn hostile_archives_are_refused() {
    let place = Place::with(&[]);
    place.write("bomb.fpr", &zip("audit.fvdl", &vec![b' '; 300 * 1024 * 1024]));
    place.run_within_memory(&["convert", "bomb.fpr", "-o", "out/"]).fails(3, &["bomb.fpr"]);
    place.write("cut.fpr", &zip("audit.fvdl", b"<FVDL/>")[..60]);
    place.run(&["convert", "cut.fpr", "-o", "out/"]).fails(3, &["cut.fpr"]);
    let fvdl = b"<FVDL xmlns=\"xmlns://www.fortifysoftware.com/schema/fvdl\"><Vulnerabilities/></FVDL>";
    let whole = zip("audit.fvdl", fvdl);
    let directory = whole.windows(4).position(|at| at == b"PK\x01\x02").unwrap();
    // Where the directory has them: the checksum, a flag for encryption, the compression, the place of the entry.
    for (name, at, part) in [
        ("checksum.fpr", 16, "does not match its checksum"),
        ("encrypted.fpr", 8, "zip archive"),
        ("packed.fpr", 10, "zip archive"),
        ("place.fpr", 42, "is damaged"),
    ] {
        let mut bytes = whole.clone();
        bytes[directory + at] ^= 1;
        place.write(name, &bytes);
        place.run(&["convert", name, "-o", "out/"]).fails(3, &[name, part]);
    }
    assert!(!place.path("out").exists());
}

#[test]
fn names_in_archives_lead_nowhere() {
    let fvdl = b"<FVDL xmlns=\"xmlns://www.fortifysoftware.com/schema/fvdl\"><Vulnerabilities/></FVDL>";
    let place = Place::with(&[]);
    for name in ["../../escape.fvdl", "/tmp/escape.fvdl", "C:\\escape.fvdl"] {
        place.write("in/a.fpr", &zip(name, fvdl));
        place.run(&["convert", "in/a.fpr", "-o", "out/"]).succeeds();
        assert_eq!(place.list(), ["in", "in/a.fpr", "out", "out/gl-sast-report.json"], "{name}");
    }
}

/// What does harm where it is taken for more than text: in a terminal, a page, a note, a table, a link, a path.
const EVIL: [&str; 8] = [
    "\u{1b}[2J\u{1b}]8;;https://evil.example\u{7}bell\r",
    "\u{202e}gpj.exe\u{2066}\u{200b}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</script></style>--><svg onload=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://evil.example/pixel.png)",
    "\n/close\n/label ~x\n",
    "@all #1 !1 %1",
    "=cmd|' /C calc'!A0",
];

/// A finding for each of them, with the same in every text that a source may fill, and each formula at a beginning.
fn evil() -> String {
    let results: Vec<_> = EVIL
        .iter()
        .chain(&["+1+1", "-1+1", "@SUM(1)", "\t=1", "../../../../etc/passwd", "/etc/passwd", "C:\\x\\y"])
        .enumerate()
        .map(|(at, evil)| {
            serde_json::json!({
                "ruleId": evil, "level": "error", "message": {"text": format!("{evil} is in finding {at}"), "markdown": evil},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": evil},
                    "region": {"startLine": at + 1, "snippet": {"text": evil}},
                }}],
                "fingerprints": {"x/v1": evil},
                "fixes": [{"description": {"text": evil}, "artifactChanges": [{"artifactLocation": {"uri": "../../etc/passwd"},
                    "replacements": [{"deletedRegion": {"startLine": 1}, "insertedContent": {"text": evil}}]}]}],
            })
        })
        .collect();
    let rules: Vec<_> = EVIL
        .iter()
        .map(|evil| {
            serde_json::json!({
                "id": evil, "name": evil, "shortDescription": {"text": evil}, "fullDescription": {"text": evil},
                "help": {"text": evil, "markdown": evil}, "helpUri": "javascript:alert(1)",
                "properties": {"tags": [evil, "security", "external/cwe/cwe-79"], "security-severity": "9.8"},
            })
        })
        .collect();
    serde_json::json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": EVIL[2], "organization": EVIL[0], "version": EVIL[5], "informationUri": "javascript:alert(1)", "rules": rules}},
        "results": results,
    }]})
    .to_string()
}

/// Nothing in it moves the cursor, repaints, turns the order of characters around or hides them.
#[track_caller]
fn is_calm(what: &str, text: &str) {
    let strange = |c: &char| {
        (c.is_control() && !"\n\t".contains(*c))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found = text.lines().find(|line| line.chars().any(|c| strange(&c)));
    assert_eq!(found, None, "{what}");
}

/// Nothing in a note is markup, a link to a script, a picture from elsewhere, a mention or a quick action.
#[track_caller]
fn is_plain_markdown(what: &str, text: &str) {
    is_calm(what, text);
    for line in text.lines() {
        // What is between grave accents is code, and shown as it is.
        let outside = line.split('`').step_by(2).collect::<String>().replace("\\<", "&lt;");
        for part in ["<script", "<img", "<svg", "](javascript:", "![x]", " @all", "/label ~x"] {
            assert!(!outside.contains(part), "{what}: {part:?} in {line}");
        }
        assert!(!line.trim_start().starts_with("/close"), "{what}: {line}");
    }
}

#[test]
fn what_people_see_is_text() {
    const REPORT: &str = "gl-sast-report.json";
    let place = Place::with(&[("evil.sarif", &evil()), ("index.html", "")]);
    let said = place.run(&[
        "convert",
        "evil.sarif",
        "-v",
        "--receipt",
        "receipt.json",
        "--root",
        ".",
        "--to",
        "sast",
        "--to",
        "codequality",
    ]);
    said.succeeds();
    is_calm("convert -v", &said.err);

    // Links lead to pages, and files are of the repository.
    for finding in place.json(REPORT)["vulnerabilities"].as_array().unwrap() {
        for link in finding["links"].as_array().into_iter().flatten() {
            assert!(link["url"].as_str().unwrap().starts_with("http"), "{link}");
        }
        for identifier in finding["identifiers"].as_array().unwrap() {
            assert!(identifier["url"].as_str().is_none_or(|url| url.starts_with("http")), "{identifier}");
        }
        let file = finding["location"]["file"].as_str().unwrap_or("none");
        let leaves = file.starts_with(['/', '\\']) || file.split(['/', '\\']).any(|part| part == "..");
        assert!(!leaves && file.as_bytes().get(1) != Some(&b':'), "{file}");
    }

    // Terminals.
    for arguments in [
        &["detect", "evil.sarif"][..],
        &["validate", REPORT],
        &["preview", REPORT],
        &["diff", REPORT, REPORT],
        &["diff", "evil.sarif", REPORT],
        &["gate", REPORT, "--max-critical", "0"],
        &["render", REPORT],
        &["render", REPORT, "--format", "markdown"],
        &["remediate", REPORT],
        &["ignore", "import", "evil.sarif", "-o", "-"],
        &["issues", "sync", REPORT, "--dry-run"],
        &["merge", REPORT, "-o", "merged.json"],
        &["convert", "evil.sarif", "--from", "trivy"],
        &["convert", "\u{1b}[2J\u{202e}.json"],
        &["triage", "init", "evil.sarif", "--image", "\u{1b}[2J:1"],
    ] {
        let said = place.run(arguments);
        is_calm(&format!("{arguments:?}"), &said.err);
        // What goes into a file is as the file's format has it.
        is_calm(&format!("{arguments:?}"), &said.out);
    }

    // Pages, notes, tables.
    for file in ["page.html", "note.md", "table.csv", "tests.xml", "table.txt"] {
        place.run(&["render", REPORT, "-o", file]).succeeds();
        // The page shows escapes, from data in which they are as the report has them.
        if file != "page.html" {
            is_calm(file, &place.read(file).replace('\r', ""));
        }
    }
    let page = place.read("page.html");
    for part in ["<script>alert", "<img src=x", "<svg onload", "href=\"javascript:"] {
        assert!(!page.contains(part), "{part}");
    }
    is_plain_markdown("note.md", &place.read("note.md"));
    let gate = place.run(&["gate", REPORT, "--max-critical", "0", "--format", "markdown"]);
    is_plain_markdown("gate", &gate.out);
    for line in place.read("table.csv").lines() {
        let starts = line.split(',').map(|cell| cell.trim_matches('"'));
        let is_formula = |cell: &str| cell.starts_with(['=', '+', '@', '\t']) || cell.starts_with("-1");
        let found = starts.clone().find(|cell| is_formula(cell));
        assert_eq!(found, None, "{line}");
    }
}
