//! The ignore file: `convert`, `gate` and `ignore`.

use crate::support::{CONTAINER, Place, TRIVY};
use std::fs;

/// SOURCE_DATE_EPOCH of the tests is 2023-11-14.
const IGNORE: &str = "# Ours.
[[ignore]]
identifier = 'CVE-2020-0001'
package = 'bash'
reason = 'No script is run.'
owner = 'alice'
expires = 2023-12-31

[[ignore]]
identifier = 'CVE-2020-0002'
reason = 'Old.'
expires = 2023-11-14

[[ignore]]
rule = 'nothing'
reason = 'Gone.'
";

fn place() -> Place {
    let place = Place::with(&[("trivy.json", TRIVY), (".scanlift-ignore.toml", IGNORE)]);
    fs::create_dir_all(place.path(".git")).unwrap();
    place
}

#[test]
fn ignored_findings_are_on_record() {
    let place = place();
    let said = place.run(&["convert", "trivy.json", "--receipt", "r.json"]);
    said.succeeds();
    for part in [
        "[INFO] .scanlift-ignore.toml: 3 entries, 1 about findings",
        "[WARN] .scanlift-ignore.toml: line 9 (CVE-2020-0002): expired on 2023-11-14 and no longer counts: 1 finding is back",
        "[WARN] .scanlift-ignore.toml: line 14 (nothing): covers no finding",
        "No script is run. (owner: alice, expires: 2023-12-31)",
    ] {
        assert!(said.err.contains(part), "no {part:?} in:\n{}", said.err);
    }
    let receipt = place.json("r.json");
    let input = &receipt["inputs"][0];
    assert_eq!((&input["records"], &input["findings"]), (&3.into(), &2.into()));
    assert_eq!(input["skipped"][0]["reason"], "ignored");
    assert_eq!(input["skipped"][0]["detail"], "No script is run. (owner: alice, expires: 2023-12-31)");
    let ignore = &receipt["ignore"];
    assert_eq!((&ignore["entries"], &ignore["used"], &ignore["expired"]), (&3.into(), &1.into(), &1.into()));
    assert_eq!(place.json(CONTAINER)["vulnerabilities"].as_array().unwrap().len(), 1);
}

#[test]
fn another_file_is_named_or_refused() {
    let place = place();
    place.write("none.toml", b"");
    place.run(&["convert", "trivy.json", "--ignore-file", "none.toml"]).succeeds();
    assert_eq!(place.json(CONTAINER)["vulnerabilities"].as_array().unwrap().len(), 2);
    place.write("bad.toml", b"[[ignore]]\nrule = 'a'\nexpire = 2023-01-01\n");
    place
        .run(&["convert", "trivy.json", "--ignore-file", "bad.toml"])
        .fails(2, &["bad.toml:3: `expire` is no key of an entry; did you mean `expires`?"]);
    place.run(&["convert", "trivy.json", "--ignore-file", "missing.toml"]).fails(3, &["missing.toml"]);
}

#[test]
fn the_gate_takes_them_as_dismissed() {
    let place = place();
    place.write("none.toml", b"");
    place.run(&["convert", "trivy.json", "--ignore-file", "none.toml", "-o", "head/"]).succeeds();
    let head = format!("head/{CONTAINER}");
    assert_eq!(place.run(&["gate", &head, "--max-high", "0"]).code, 0);
    assert_eq!(place.run(&["gate", &head, "--max-high", "0", "--ignore-file", "none.toml"]).code, 1);
    let said = place.run(&["ignore", "check", &head]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("line 14 (nothing): covers no finding"), "{}", said.out);
    assert!(said.out.contains("3 entries, 2 to look at"), "{}", said.out);
    let said = place.run(&["ignore", "check"]);
    assert!(said.out.contains("3 entries, 1 to look at"), "{}", said.out);
    assert_eq!(place.run(&["ignore", "check", "--ignore-file", "none.toml"]).code, 0);
}

#[test]
fn what_other_tools_ignore_is_imported() {
    let place = place();
    place
        .write(".trivyignore", b"# Accepted\nCVE-2020-0001\nCVE-2020-0009 exp:2030-01-01\n\nCVE-2020-0010\n");
    place.write(
        "export.csv",
        b"Tool,Status,Vulnerability,CVE,Other Identifiers,Location,Comments,Dismissal Reason\n\
          container_scanning,dismissed,A,CVE-2020-0002,,\"{\"\"dependency\"\"=>{\"\"package\"\"=>{\"\"name\"\"=>\"\"bash\"\"}}}\",2023-01-01 10:00:00 UTC|bob|dismissed|Fine,acceptable_risk\n",
    );
    place.write(
        "a.sarif",
        br#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"T"}},"results":[{"ruleId":"r","message":{"text":"m"},
"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.c"}}}],"suppressions":[{"kind":"inSource","justification":"Safe."}]}]}]}"#,
    );
    let said = place.run(&["ignore", "import", ".trivyignore", "export.csv", "a.sarif", "--owner", "appsec"]);
    said.succeeds();
    assert!(said.err.contains("[WARN] 1 entry has no reason"), "{}", said.err);
    let toml = place.read(".scanlift-ignore.toml");
    assert!(toml.starts_with(IGNORE), "{toml}");
    for part in [
        "# From .trivyignore.\n[[ignore]]\nidentifier = \"CVE-2020-0001\"\nreason = \"Accepted\"\nowner = \"appsec\"\n",
        "identifier = \"CVE-2020-0009\"\nreason = \"Accepted\"\nowner = \"appsec\"\nexpires = 2030-01-01\n",
        "reason = \"TODO: say why; the source gave no reason\"",
        "identifier = \"CVE-2020-0002\"\npackage = \"bash\"\nkind = \"container_scanning\"\nreason = \"Acceptable risk: Fine (A)\"\nowner = \"bob\"\n",
        "# From a.sarif.\n[[ignore]]\nrule = \"r\"\npath = \"src/a.c\"\nreason = \"Safe.\"\n",
    ] {
        assert!(toml.contains(part), "no {part:?} in:\n{toml}");
    }
    place.run(&["ignore", "import", ".trivyignore", "export.csv", "a.sarif"]).succeeds();
    assert_eq!(place.read(".scanlift-ignore.toml"), toml);
    let said = place.run(&["ignore", "import", ".trivyignore", "-o", "-"]);
    assert!(said.out.starts_with("# From .trivyignore.\n[[ignore]]\n"), "{}", said.out);
    place
        .run(&["ignore", "import", "trivy.json"])
        .fails(3, &["trivy.json", "SARIF", "--from names what it is"]);
    place.run(&["ignore", "import", "missing"]).fails(3, &["there is no file missing"]);
}

#[test]
fn what_a_spreadsheet_saved_is_read_and_a_letter_is_not() {
    let place = place();
    let semicolons = "\u{feff}Tool;Status;Vulnerability;Other Identifiers;Location\r\n\
                      sast;dismissed;A;py.a;\"{\"\"file\"\"=>\"\"a/b.py\"\"}\"\r\n";
    let tabs: Vec<u8> =
        semicolons.replace(';', "\t").encode_utf16().flat_map(|unit| unit.to_le_bytes()).collect();
    for bytes in [semicolons.as_bytes(), tabs.as_slice()] {
        place.write("export.csv", bytes);
        let said = place.run(&["ignore", "import", "export.csv", "-o", "-"]);
        said.succeeds();
        assert!(
            said.out.contains("[[ignore]]\nidentifier = \"py.a\"\npath = \"a/b.py\"\nkind = \"sast\"\n"),
            "{}",
            said.out
        );
    }
    place.write("letter.txt", b"Dear all\nplease look at these files\n");
    place.write("other.csv", b"Status;Severity\ndismissed;high\n");
    for file in ["letter.txt", "other.csv"] {
        let said = place.run(&["ignore", "import", file]);
        said.fails(3, &["is nothing that findings are ignored by", "one id a line", "--from"]);
    }
    assert_eq!(place.read(".scanlift-ignore.toml"), IGNORE);
    // Trivy takes any words behind an id, and so does who says what it is.
    place.write(".trivyignore", b"CVE-2020-0009 is no risk\n");
    place.run(&["ignore", "import", ".trivyignore", "-o", "-"]).succeeds();
    place.run(&["ignore", "import", "letter.txt", "--from", "trivyignore", "-o", "-"]).succeeds();
}
