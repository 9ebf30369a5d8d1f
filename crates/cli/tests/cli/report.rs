//! The commands on GitLab's reports.

use crate::support::{CONTAINER, Place, SINGLE, TRIVY};

/// What is converted from `TRIVY` as `head.json`, and from `SINGLE` as `base.json`.
fn reports() -> Place {
    let place = Place::with(&[("base/t.json", SINGLE), ("head/t.json", TRIVY)]);
    for name in ["base", "head"] {
        let input = format!("{name}/t.json");
        place.run(&["convert", &input, "-o", name]).succeeds();
        place.write(&format!("{name}.json"), place.read(&format!("{name}/{CONTAINER}")).as_bytes());
    }
    place
}

#[test]
fn what_scanlift_writes_gitlab_takes() {
    let place = reports();
    let said = place.run(&["validate", "head.json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(
        said.out,
        "head.json: GitLab takes it\n  \
         container_scanning, version 15.2.1, scanner scanlift-trivy · 2 findings, 1 High, 1 Low\n  \
         - id, name, version or vendor of the scanner is a placeholder (scanner-placeholder, 1)\n"
    );
}

#[test]
fn a_refused_report_is_a_no() {
    let place = reports();
    place.write("bad.json", place.read("head.json").replace("\"High\"", "\"high\"").as_bytes());
    let said = place.run(&["validate", "head.json", "bad.json"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("bad.json: GitLab refuses it"), "{}", said.out);
    assert!(said.out.contains("all 2 findings are lost"), "{}", said.out);
    assert!(said.out.contains("/vulnerabilities/0/severity: expected one of Info,"), "{}", said.out);
    let said = place.run(&["validate", "--json", "bad.json"]);
    let verdict: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(verdict[0]["accepted"], false);
    assert_eq!(verdict[0]["errors"][0]["pointer"], "/vulnerabilities/0/severity");
}

/// A report of GitLab's that is converted, and with what it has to be told again.
#[test]
fn what_gitlab_knows_stays_known_or_is_told() {
    let tool = serde_json::json!({"id": "acme", "name": "ACME", "version": "1", "vendor": {"name": "ACME"}});
    let finding = |id: &str, file: &str| {
        serde_json::json!({"id": id, "name": "n", "description": "d", "severity": "High",
            "identifiers": [{"type": "cwe", "name": "CWE-79", "value": "79"},
                {"type": "acme", "name": "A1", "value": "A1"}],
            "location": {"file": file, "start_line": 3}})
    };
    let report = |findings: &[serde_json::Value]| {
        serde_json::json!({"version": "15.2.1", "vulnerabilities": findings,
            "scan": {"type": "sast", "status": "success", "analyzer": tool, "scanner": tool,
                "start_time": "2023-11-14T12:00:00", "end_time": "2023-11-14T12:00:01"}})
        .to_string()
    };
    let place = Place::with(&[
        ("good.json", &report(&[finding("1", "a.c"), finding("2", "b.c")])),
        ("dot.json", &report(&[finding("1", "a.c"), finding("2", "./b.c"), finding("3", "./c.c")])),
    ]);
    for (name, told, diff) in [
        ("good.json", None, "0 added\n0 fixed\n2 common\n"),
        (
            "dot.json",
            Some(
                "GitLab will take 2 findings of this report for new, since place or first identifier had to change (the first: 79 at b.c:3:)",
            ),
            "2 added\n",
        ),
    ] {
        let said = place.run(&["convert", name, "-o", "out.json"]);
        said.succeeds();
        assert_eq!(said.err.contains("for new"), told.is_some(), "{}", said.err);
        assert!(told.is_none_or(|told| said.err.contains(told)), "{}", said.err);
        let said = place.run(&["diff", name, "out.json"]);
        assert!(said.out.starts_with(diff), "{}", said.out);
    }
}

#[test]
fn a_file_of_a_scanner_is_to_be_converted_first() {
    let place = Place::with(&[("a.json", TRIVY)]);
    let help = "it is a document of Trivy: `scanlift convert a.json` makes reports of it";
    let said = place.run(&["validate", "a.json"]);
    assert!(said.code == 1 && said.out.contains(help), "{}", said.out);
    for command in ["preview", "remediate"] {
        place.run(&[command, "a.json"]).fails(3, &[help]);
    }
    place.run(&["merge", "a.json", "-o", "-"]).fails(3, &[help]);
    place.run(&["gate", "a.json", "--max-total", "0"]).fails(3, &[help]);
}

#[test]
fn what_is_no_report_is_refused_and_what_is_no_file_is_missing() {
    let place =
        Place::with(&[("empty.json", ""), ("cut.json", "{\"version\": \"15.2.1\""), ("list.json", "[]")]);
    for (name, want) in
        [("empty.json", "the file is empty"), ("cut.json", "cannot parse"), ("list.json", "cannot parse")]
    {
        let said = place.run(&["validate", "--as", "sast", name]);
        assert_eq!(said.code, 1, "{name}");
        assert!(said.out.contains(want), "{name}: {}", said.out);
    }
    assert_eq!(place.run(&["validate", "none.json"]).code, 3);
    assert_eq!(place.run(&["preview", "cut.json"]).code, 3);
    assert_eq!(place.run(&["validate"]).code, 2);
}

#[test]
fn a_variable_that_is_empty_says_nothing() {
    let place = reports().variable("CI_PROJECT_ID", "");
    let said = place.run(&["preview", "head.json"]);
    said.succeeds();
    assert_eq!(said.out, place.run(&["preview", "head.json", "--project-id", "1"]).out);
    place.run(&["diff", "base.json", "head.json"]).succeeds();
}

#[test]
fn the_preview_has_gitlabs_order_and_uuids() {
    let place = reports();
    let said = place.run(&["preview", "head.json", "--project-id", "7", "--json"]);
    said.succeeds();
    let preview: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let findings = preview["findings"].as_array().unwrap();
    assert_eq!(findings[0]["severity"], "High");
    assert_eq!(findings[0]["place"], "app:1:bash");
    let other = place.run(&["preview", "head.json", "--project-id", "8", "--json"]);
    assert!(!other.out.contains(findings[0]["uuid"].as_str().unwrap()));
}

#[test]
fn a_diff_tells_what_was_added() {
    let place = reports();
    let said = place.run(&["diff", "base.json", "head.json", "--exit-code"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.out, "1 added\n  Low       B  app:1:bash\n0 fixed\n1 common\n");
    let said = place.run(&["diff", "head.json", "base.json", "--exit-code", "--format", "markdown"]);
    assert_eq!(said.code, 0);
    assert!(said.out.starts_with("**0 added, 1 fixed, 1 common**\n"), "{}", said.out);
}

/// A branch builds an image of its own, which is none of the default branch's unless the report says so.
#[test]
fn what_an_image_of_a_branch_has_already_is_no_news() {
    let branch = TRIVY.replace("\"app:1\"", "\"app/feature:1a2b3c4d5e\"");
    let main = TRIVY.replace("\"app:1\"", "\"app/main:5e4d3c2b1a\"");
    let place = Place::with(&[("branch.json", &branch), ("main.json", &main)]);
    place.run(&["convert", "main.json", "-o", "base/"]).succeeds();
    place.run(&["convert", "branch.json", "-o", "head/"]).succeeds();
    let (base, head) = (format!("base/{CONTAINER}"), format!("head/{CONTAINER}"));
    assert_eq!(place.run(&["diff", &base, &head, "--exit-code"]).code, 1);
    let place = place.variable("CS_DEFAULT_BRANCH_IMAGE", "app/main:latest");
    place.run(&["convert", "branch.json", "-o", "head/"]).succeeds();
    let said = place.run(&["diff", &base, &head, "--exit-code"]);
    assert_eq!((said.code, said.out.lines().next()), (0, Some("0 added")), "{}", said.out);
}

/// Converted in shards on many runners and merged in a last job, a scan is what it is in one piece.
#[test]
fn shards_are_merged() {
    let place = reports();
    place.run(&["merge", "base.json", "head.json", "-o", "one.json"]).succeeds();
    place.run(&["merge", "head.json", "base.json", "head.json", "-o", "two.json"]).succeeds();
    assert_eq!(place.read("one.json"), place.read("two.json"));
    assert_eq!(place.json("one.json")["vulnerabilities"].as_array().unwrap().len(), 2);
    place.run(&["validate", "one.json"]).succeeds();
    let said = place.run(&["merge", "base.json", "head/gl-secret-detection-report.json", "-o", "one.json"]);
    assert_eq!(said.code, 3);
    assert!(
        said.err.contains("merge a report of container_scanning with one of secret_detection"),
        "{}",
        said.err
    );
    assert_eq!(place.read("one.json"), place.read("two.json"));
}

/// The findings of a report, whatever their order.
fn findings(place: &Place, name: &str) -> Vec<String> {
    let report = place.json(name);
    let mut all: Vec<String> =
        report["vulnerabilities"].as_array().unwrap().iter().map(ToString::to_string).collect();
    all.sort();
    all
}

/// The guide to sharding: what every node converts of its own, merged, is what one job makes of all.
#[test]
fn shards_hold_what_one_job_would() {
    let trivy = |number: u32, package: &str| {
        TRIVY.replace("CVE-2020-000", &format!("CVE-202{number}-000")).replace("bash", package)
    };
    let files = [(1, "bash"), (2, "curl"), (3, "bash"), (4, "zlib"), (5, "perl")]
        .map(|(number, package)| (format!("in/{number}.json"), trivy(number, package)));
    let place = Place::with(&[]);
    files.iter().for_each(|(name, text)| place.write(name, text.as_bytes()));
    place.run(&["convert", "in", "-o", "once", "--merge"]).succeeds();
    let total = 3;
    let mut parts = Vec::new();
    for node in 1..=total {
        let (out, shard) = (format!("part-{node}"), format!("{node}/{total}"));
        place.run(&["convert", "in", "--shard", &shard, "-o", &out, "--merge"]).succeeds();
        parts.push(format!("{out}/{CONTAINER}"));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let merge: Vec<&str> = ["merge", "-o", CONTAINER].into_iter().chain(parts.iter().copied()).collect();
    place.run(&merge).succeeds();
    assert_eq!(findings(&place, CONTAINER).len(), 10);
    assert_eq!(findings(&place, CONTAINER), findings(&place, &format!("once/{CONTAINER}")));
    place.run(&["validate", CONTAINER]).succeeds();
    // In whatever order the nodes are done.
    let back: Vec<&str> =
        ["merge", "-o", "back.json"].into_iter().chain(parts.iter().rev().copied()).collect();
    place.run(&back).succeeds();
    assert_eq!(place.read("back.json"), place.read(CONTAINER));
}

/// Which scanners' files a node gets is chance: their reports are folded where that is asked for.
#[test]
fn shards_of_several_scanners_are_merged_when_asked_to() {
    let place =
        Place::with(&[("in/1.sarif", &log_of(0)), ("in/2.sarif", &log_of(9).replace("ACME", "Other"))]);
    for node in ["1", "2"] {
        place.run(&["convert", "in", "--shard", &format!("{node}/2"), "-o", node, "--merge"]).succeeds();
    }
    let merge = ["merge", "1/gl-sast-report.json", "2/gl-sast-report.json", "-o", "one.json"];
    place.run(&merge).fails(3, &["of the scanner acme with one of other", "--several-scanners"]);
    place.run(&[&merge[..], &["--several-scanners"]].concat()).succeeds();
    place.run(&["convert", "in", "-o", "once.json", "--merge"]).succeeds();
    assert!(place.run(&["convert", "in", "-o", "apart/"]).err.contains("fold security reports with --merge"));
    assert_eq!(findings(&place, "one.json"), findings(&place, "once.json"));
    assert_eq!(place.json("one.json")["scan"]["scanner"]["name"], "ACME, Other");
    place.run(&["validate", "one.json"]).succeeds();
}

/// A SARIF log of one finding in line 3 of `src/app.py`.
fn weakness(tool: &str, rule: &str, cwe: &str) -> String {
    let rules =
        [serde_json::json!({"id": rule, "properties": {"tags": [format!("external/cwe/cwe-{cwe}")]}})];
    let result = serde_json::json!({"ruleId": rule, "message": {"text": rule}, "locations": [{"physicalLocation": {
        "artifactLocation": {"uri": "src/app.py"}, "region": {"startLine": 3, "endLine": 3}}}]});
    let tool = serde_json::json!({"driver": {"name": tool, "rules": rules}});
    serde_json::json!({"version": "2.1.0", "runs": [{"tool": tool, "results": [result]}]}).to_string()
}

/// Injections are of one category, which must not make one finding of them.
#[test]
fn what_different_findings_of_shards_share_costs_none() {
    for tools in [["ACME", "ACME", "ACME"], ["ACME", "Other", "Third"]] {
        let place = Place::with(&[
            ("1.sarif", &weakness(tools[0], "xss", "79")),
            ("2.sarif", &weakness(tools[1], "sqli", "89")),
            ("3.sarif", &weakness(tools[2], "shell", "78")),
        ]);
        for node in ["1", "2", "3"] {
            place.run(&["convert", &format!("{node}.sarif"), "-o", &format!("{node}.json")]).succeeds();
        }
        let merge = |reports: &[&str], output: &str| {
            let said = place.run(&[&["merge", "--several-scanners", "-o", output], reports].concat());
            said.succeeds();
            assert!(!said.err.contains("[WARN]"), "{}", said.err);
        };
        merge(&["1.json", "2.json", "3.json"], "all.json");
        let said = place.run(&["validate", "all.json"]);
        assert!(said.out.contains("3 findings") && !said.out.contains("is merged into"), "{}", said.out);
        let report = place.json("all.json");
        let is_in = |finding: &&serde_json::Value, place: &str| {
            finding[place].to_string().contains("A03:2021 - Injection")
        };
        let findings = report["vulnerabilities"].as_array().unwrap();
        assert_eq!(findings.iter().filter(|finding| is_in(finding, "identifiers")).count(), 1, "{report}");
        assert_eq!(findings.iter().filter(|finding| is_in(finding, "details")).count(), 2, "{report}");
        // Whoever merges the result with more begins with the findings as they were.
        merge(&["1.json", "2.json"], "begin.json");
        merge(&["begin.json", "3.json"], "left.json");
        merge(&["2.json", "3.json"], "end.json");
        merge(&["1.json", "end.json"], "right.json");
        for grouped in ["left.json", "right.json"] {
            assert_eq!(place.read(grouped), place.read("all.json"));
        }
    }
}

/// As two scanners of an image name it: one vulnerability under two ids.
#[test]
fn what_is_one_vulnerability_to_gitlab_is_told() {
    let place = Place::with(&[("a.json", SINGLE)]);
    place.run(&["convert", "a.json"]).succeeds();
    let mut other = place.json(CONTAINER);
    let known = other["vulnerabilities"][0]["identifiers"][0].clone();
    let ghsa = serde_json::json!({"type": "ghsa", "name": "GHSA-1", "value": "GHSA-1"});
    other["vulnerabilities"][0]["identifiers"] = serde_json::json!([ghsa, known]);
    place.write("other.json", other.to_string().as_bytes());
    let said = place.run(&["merge", CONTAINER, "other.json", "-o", "all.json"]);
    said.succeeds();
    let told = "[WARN] GitLab does not keep 1 of them: number 1 (A) is merged into number 0: both have the identifier cve:CVE-2020-0001";
    assert!(said.err.contains(told), "{}", said.err);
}

#[test]
fn an_old_base_and_markdown_are_safe() {
    let place = reports();
    let old = place.read("base.json").replace("2026-01-02", "2023-01-01").replace("2023-11-14", "2023-01-01");
    place.write("base.json", old.as_bytes());
    let evil = "A\\n/close @all <img src=x> [x](https://a.example) | `b`";
    let head = place.read("head.json").replace("\"name\":\"B\"", &format!("\"name\":\"{evil}\""));
    assert!(head.contains("/close"), "{head}");
    place.write("head.json", head.as_bytes());
    let said = place.run(&["diff", "base.json", "head.json", "--format", "markdown"]);
    said.succeeds();
    assert!(said.out.contains("\nNote: the base report is older than a week"), "{}", said.out);
    let row = said.out.lines().find(|line| line.contains("close")).unwrap();
    assert_eq!(
        row,
        "| Low | A /close \\@all \\<img src=x\\> \\[x\\](https\\://a.example) \\| \\`b\\` | `app:1:bash` |"
    );
    let said = place.run(&["diff", "base.json", "head.json", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["base_is_out_of_date"], true);
}

/// A SARIF log of two findings in `src/app.py`, whose lines are moved down by so many.
fn log_of(moved: u64) -> String {
    let result = |rule: &str, line: u64| {
        serde_json::json!({"ruleId": rule, "level": "error", "message": {"text": rule}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "src/app.py"}, "region": {"startLine": line + moved, "endLine": line + moved}}}]})
    };
    let results = [result("eval-used", 3), result("shell-used", 6), result("eval-used", 9)];
    serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ACME"}}, "results": results}]}).to_string()
}

/// With the sources at hand, code that moved by ten lines is no news.
#[test]
fn what_moved_by_ten_lines_is_neither_added_nor_fixed() {
    let source = "import os\ndef run(x):\n    eval(x)\n\ndef shell(y):\n    os.system(y)\n\ndef more(z):\n    eval(z)\n";
    let place = Place::with(&[
        ("base/src/app.py", source),
        ("head/src/app.py", &format!("{}{source}", "# a line that is new\n".repeat(10))),
        ("base.sarif", &log_of(0)),
        ("head.sarif", &log_of(10)),
    ]);
    for name in ["base", "head"] {
        let (log, report) = (format!("{name}.sarif"), format!("{name}.json"));
        place.run(&["convert", &log, "--root", name, "-o", &report]).succeeds();
    }
    let said = place.run(&["diff", "base.json", "head.json", "--exit-code"]);
    assert_eq!((said.code, said.out.as_str()), (0, "0 added\n0 fixed\n3 common\n"), "{}", said.err);
}
