//! `convert --remediations` and `remediate`.

use crate::support::{Place, base64};

const REPORT: &str = "gl-dependency-scanning-report.json";
const AUDIT: &str = r#"{"dependencies":[
{"name":"flask","version":"0.12.2","vulns":[
{"id":"PYSEC-2018-66","fix_versions":["0.12.3"],"aliases":["CVE-2018-1000656"],"description":"A"},
{"id":"PYSEC-2019-179","fix_versions":["1.0"],"aliases":[],"description":"B"}]},
{"name":"jinja2","version":"2.10","vulns":[{"id":"PYSEC-2019-217","fix_versions":["2.10.1"],"aliases":[],"description":"C"}]},
{"name":"idna","version":"2.8","vulns":[{"id":"PYSEC-2024-60","fix_versions":["2.7"],"aliases":[],"description":"D"}]}],"fixes":[]}"#;
const REQUIREMENTS: &str = "# the shop\r\nflask==0.12.2  # web\r\njinja2==2.10\r\nidna==2.8";
const MENDED: &str = "# the shop\r\nflask==1.0  # web\r\njinja2==2.10.1\r\nidna==2.8";

fn converted() -> Place {
    let place = Place::with(&[("audit.json", AUDIT), ("requirements.txt", REQUIREMENTS)]);
    let said = place.run(&["convert", "audit.json", "--root", ".", "--receipt", "receipt.json"]);
    said.succeeds();
    let want = format!("2 patches mend 3 of 4 findings that can be mended: scanlift remediate {REPORT}");
    assert!(said.err.contains(&want), "{}", said.err);
    place
}

#[test]
fn patches_are_listed_shown_checked_and_applied_once() {
    let place = converted();
    let said = place.run(&["remediate", REPORT]);
    said.succeeds();
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], format!("{REPORT}: 2 patches"));
    assert_eq!(lines[1], "  1  Upgrade flask from 0.12.2 to 1.0 in requirements.txt");
    assert!(lines[2].ends_with("  Unknown   PYSEC-2018-66 in flask"), "{}", lines[2]);

    let said = place.run(&["remediate", REPORT, "show", "2"]);
    said.succeeds();
    assert!(said.out.starts_with("diff --git a/requirements.txt b/requirements.txt\nindex "), "{}", said.out);
    assert!(said.out.contains("-jinja2==2.10\r\n+jinja2==2.10.1\r\n"), "{}", said.out);

    let said = place.run(&["remediate", REPORT, "check"]);
    said.succeeds();
    assert!(said.out.starts_with(&format!("{REPORT}: 2 of 2 patches apply\n")), "{}", said.out);

    place.run(&["remediate", REPORT, "apply", "--dry-run"]).succeeds();
    assert_eq!(place.read("requirements.txt"), REQUIREMENTS);
    // Both change neighbouring lines.
    let said = place.run(&["remediate", REPORT, "apply"]);
    said.succeeds();
    assert!(said.err.contains("changed requirements.txt"), "{}", said.err);
    assert_eq!(place.read("requirements.txt"), MENDED);

    for action in ["check", "apply"] {
        let said = place.run(&["remediate", REPORT, action]);
        assert_eq!(said.code, 1, "{}", said.err);
        assert_eq!(said.out.matches("requirements.txt: it is applied already").count(), 2, "{}", said.out);
    }
    assert_eq!(place.read("requirements.txt"), MENDED);
    let left = place.list();
    assert!(!left.iter().any(|name| name.contains(".scanlift")), "{left:?}");
}

#[test]
fn a_patch_is_named_by_a_finding_too() {
    let place = converted();
    let report = place.json(REPORT);
    let id = report["remediations"][1]["fixes"][0]["id"].as_str().unwrap();
    place.run(&["remediate", REPORT, "apply", &id[..8]]).succeeds();
    assert!(place.read("requirements.txt").contains("flask==0.12.2"));
    assert!(place.read("requirements.txt").contains("jinja2==2.10.1"));
    let said = place.run(&["remediate", REPORT, "check", "--json"]);
    assert_eq!(said.code, 1);
    let checked: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(checked[1]["applies"], false);
    assert_eq!(checked[1]["problem"], "requirements.txt: it is applied already");
    for arguments in [&["show", "7"][..], &["apply", "zzzz"], &["list", "--dry-run"]] {
        assert_eq!(place.run(&[&["remediate", REPORT], arguments].concat()).code, 2, "{arguments:?}");
    }
}

#[test]
fn what_has_no_patch_has_its_reason() {
    let place = converted();
    let output = &place.json("receipt.json")["outputs"][0];
    assert_eq!((output["remediations"].as_u64(), output["fixable"].as_u64()), (Some(2), Some(4)));
    assert_eq!(output["unpatched"][0]["reason"], "version");
    assert_eq!(output["unpatched"][0]["examples"][0], "PYSEC-2024-60");
    let said = place.run(&["convert", "audit.json", "--root", ".", "--remediations", "off"]);
    said.succeeds();
    assert!(place.json(REPORT).get("remediations").is_none());
    // Without the file there is no patch either.
    let said =
        place.run(&["convert", "audit.json", "--path", "requirements.txt", "--root", "elsewhere", "-v"]);
    assert!(said.err.contains("no_file: requirements.txt: there is no such file"), "{}", said.err);
}

#[test]
fn fixes_of_sarif_become_patches() {
    let sarif = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"acme"}},"results":[
{"ruleId":"A","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.py"},"region":{"startLine":2}}}],
"fixes":[{"description":{"text":"Load safely"},"artifactChanges":[{"artifactLocation":{"uri":"src/a.py"},"replacements":[
{"deletedRegion":{"startLine":2,"startColumn":5,"endColumn":14},"insertedContent":{"text":"yaml.safe_load"}}]}]}]}]}]}"#;
    let place = Place::with(&[("a.sarif", sarif), ("src/a.py", "import yaml\nx = yaml.load(y)\n")]);
    place.run(&["convert", "a.sarif", "--root", "."]).succeeds();
    let report = "gl-sast-report.json";
    assert_eq!(place.json(report)["remediations"][0]["summary"], "Load safely (src/a.py)");
    place.run(&["remediate", report, "apply"]).succeeds();
    assert_eq!(place.read("src/a.py"), "import yaml\nx = yaml.safe_load(y)\n");
}

#[test]
fn nothing_outside_of_the_root_is_touched() {
    let place = Place::with(&[("tree/a.txt", "1\n"), ("b.txt", "1\n"), (".git/config", "1\n")]);
    for path in ["../b.txt", "a/../../b.txt", "/etc/hosts", ".git/config"] {
        let diff = format!("--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-1\n+2\n");
        let report = serde_json::json!({"version": "15.2.1", "vulnerabilities": [],
            "remediations": [{"fixes": [{"id": "x"}], "summary": "s", "diff": base64(&diff)}]});
        place.write("r.json", report.to_string().as_bytes());
        for action in ["check", "apply"] {
            let said = place.run(&["remediate", "r.json", action, "--root", "tree"]);
            assert_eq!(said.code, 1, "{path}: {}", said.out);
        }
        assert_eq!(place.read("b.txt"), "1\n");
    }
    assert_eq!(place.read(".git/config"), "1\n");
}

#[test]
fn changes_are_united_unless_they_are_of_the_same_place() {
    let hunks = [
        "@@ -1,5 +1,5 @@\n 1\n-2\n-3\n+two\n+three\n 4\n 5\n",
        // Before what that changes, and behind it.
        "@@ -1,3 +1,4 @@\n 1\n+before\n 2\n 3\n",
        "@@ -2,3 +2,4 @@\n 2\n 3\n+behind\n 4\n",
        // In the middle of it, and at the place of the one before.
        "@@ -2,2 +2,3 @@\n 2\n+middle\n 3\n",
        "@@ -3,2 +3,3 @@\n 3\n+other\n 4\n",
    ];
    let remediations: Vec<_> = hunks
        .iter()
        .map(|hunk| {
            let diff = format!("--- a/a.txt\n+++ b/a.txt\n{hunk}");
            serde_json::json!({"fixes": [{"id": "x"}], "summary": "s", "diff": base64(&diff)})
        })
        .collect();
    let report =
        serde_json::json!({"version": "15.2.1", "vulnerabilities": [], "remediations": remediations});
    for order in [["1", "2", "3", "4", "5"], ["3", "2", "1", "5", "4"]] {
        let place = Place::with(&[("a.txt", "1\n2\n3\n4\n5\n"), ("r.json", &report.to_string())]);
        let said = place.run(&[&["remediate", "r.json", "apply"][..], &order].concat());
        assert_eq!(said.code, 1, "{}", said.err);
        let refused = "a.txt: it changes the same place as a patch before it";
        assert_eq!(said.out.matches(refused).count(), 2, "{}", said.out);
        assert_eq!(place.read("a.txt"), "1\nbefore\ntwo\nthree\nbehind\n4\n5\n");
    }
}

#[test]
fn what_is_no_report_is_refused() {
    let place =
        Place::with(&[("list.json", "[]"), ("other.json", "{}"), ("empty.json", "{\"vulnerabilities\":[]}")]);
    for name in ["list.json", "other.json", "none.json"] {
        assert_eq!(place.run(&["remediate", name]).code, 3, "{name}");
    }
    let said = place.run(&["remediate", "empty.json"]);
    assert_eq!((said.code, said.out.as_str()), (0, "empty.json: 0 patches\n"));
    assert_eq!(place.run(&["remediate", "empty.json", "check", "--root", "none"]).code, 2);
}
