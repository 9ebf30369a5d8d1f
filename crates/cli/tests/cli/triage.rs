//! `triage`: from scanner files to a package, as in `docs/guides/scan-review.md`.

use crate::support::{Place, Said};
use serde_json::Value;

/// Of an image of GitLab: three findings in its directory (one of them twice, at two places), one outside,
/// one of the system, one that is not bad enough.
const TRIVY: &str = r#"{"SchemaVersion":2,"Trivy":{"Version":"0.67.0"},"ArtifactName":"gitlab/gitlab-ee:19.6.0-ee.0","ArtifactType":"container_image",
"Metadata":{"OS":{"Family":"ubuntu","Name":"24.04"}},"Results":[
{"Target":"gitlab/gitlab-ee:19.6.0-ee.0 (ubuntu 24.04)","Class":"os-pkgs","Type":"ubuntu","Vulnerabilities":[
{"VulnerabilityID":"CVE-2026-1001","PkgName":"libexample","InstalledVersion":"1.10","Severity":"HIGH","Title":"A"}]},
{"Target":"Ruby","Class":"lang-pkgs","Type":"gemspec","Vulnerabilities":[
{"VulnerabilityID":"CVE-2026-1002","PkgName":"example","InstalledVersion":"1.10","FixedVersion":"1.11","Status":"fixed","PkgPath":"opt/gitlab/embedded/lib/example-1.10.gemspec","Severity":"CRITICAL","Title":"=B"},
{"VulnerabilityID":"CVE-2026-1002","PkgName":"example","InstalledVersion":"1.10","FixedVersion":"1.11","Status":"fixed","PkgPath":"opt/gitlab/other/example-1.10.gemspec","Severity":"CRITICAL","Title":"=B"},
{"VulnerabilityID":"CVE-2026-1003","PkgName":"example","InstalledVersion":"1.10","PkgPath":"opt/gitlab/embedded/lib/example-1.10.gemspec","Severity":"HIGH","Title":"C"},
{"VulnerabilityID":"CVE-2026-1003","PkgName":"ours","InstalledVersion":"2","PkgPath":"usr/local/ours.gemspec","Severity":"HIGH","Title":"C"},
{"VulnerabilityID":"CVE-2026-1004","PkgName":"example","InstalledVersion":"1.10","PkgPath":"opt/gitlab/embedded/lib/example-1.10.gemspec","Severity":"LOW","Title":"D"}]}]}"#;

/// One of the three, by GitLab's own scanner.
const GITLAB: &str = r#"{"version":"15.2.1","scan":{"type":"container_scanning","status":"success","start_time":"2026-11-20T00:00:00","end_time":"2026-11-20T00:00:00",
"analyzer":{"id":"gcs","name":"GitLab Container Scanning","version":"8","vendor":{"name":"GitLab"}},
"scanner":{"id":"trivy","name":"Trivy","version":"0.67.0","vendor":{"name":"GitLab"}}},"vulnerabilities":[
{"id":"1","name":"E","severity":"High","identifiers":[{"type":"cve","name":"CVE-2026-1005","value":"CVE-2026-1005"}],
"location":{"image":"gitlab/gitlab-ee:19.6.0-ee.0","operating_system":"ubuntu:24.04","dependency":{"package":{"name":"other"},"version":"3"}}}]}"#;

const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[
{"vulnerability":{"name":"CVE-2026-1003"},"products":[{"@id":"pkg:gem/example@1.10"}],"status":"not_affected","justification":"vulnerable_code_not_present"}]}"#;

const TODAY: [&str; 2] = ["--today", "2026-11-28"];

fn place() -> Place {
    Place::with(&[
        ("trivy.json", TRIVY),
        ("gl-container-scanning-report.json", GITLAB),
        ("app.vex.json", VEX),
    ])
}

fn init(place: &Place, more: &[&str]) {
    let named = [
        "triage",
        "init",
        "trivy.json",
        "gl-container-scanning-report.json",
        "--image",
        "gitlab/gitlab-ee:19.6.0-ee.0",
    ];
    let arguments: Vec<_> = named.iter().chain(&TODAY).chain(more).copied().collect();
    place.run(&arguments).succeeds();
}

/// Writes what a thorough person would.
fn answer(place: &Place, file: &str) {
    let mut review = place.json(file);
    for row in review["review"]["rows"].as_array_mut().unwrap() {
        row["decision"] = "ask".into();
        if row["origin"] == "third-party" {
            row["assessment"] = "The parser is reachable from the sign-in page, without a login.".into();
            row["steps"] =
                "1. Open the sign-in page as nobody\n2. Send the body that is attached to it".into();
        }
    }
    for row in review["request"]["rows"].as_array_mut().unwrap() {
        match row["fact"].as_str() {
            Some("environment") => row["value"] = "One Omnibus instance behind a VPN".into(),
            Some("concerns") => row["value"] = "Can anybody reach it without a login?".into(),
            _ => {}
        }
    }
    place.write(file, review.to_string().as_bytes());
}

fn kinds(said: &str) -> Vec<(Value, Value)> {
    let verdict: Value = serde_json::from_str(said).unwrap();
    let problems = verdict["problems"].as_array().unwrap();
    problems.iter().map(|problem| (problem["column"].clone(), problem["kind"].clone())).collect()
}

#[test]
fn what_is_in_scope_is_kept_and_all_else_listed() {
    let place = place();
    init(&place, &["-o", "r"]);
    let review = place.json("r/review.json");
    let rows = review["review"]["rows"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| [&row["cve"], &row["origin"], &row["path"]]).collect();
    let lib = "/opt/gitlab/embedded/lib/example-1.10.gemspec";
    assert_eq!(
        told,
        [
            ["CVE-2026-1002", "third-party", lib],
            ["CVE-2026-1002", "third-party", "/opt/gitlab/other/example-1.10.gemspec"],
            ["CVE-2026-1003", "third-party", lib],
            ["CVE-2026-1005", "gitlab", ""],
        ]
    );
    let reasons: Vec<_> =
        review["left_out"]["rows"].as_array().unwrap().iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(reasons, ["os-package", "outside-directory", "severity"]);
    let csv = place.read("r/review.csv");
    assert!(csv.contains(",'1.10,") && csv.contains(",'=B,"), "{csv}");

    let said = place.run(&[
        "triage",
        "init",
        "trivy.json",
        "--image",
        "gitlab/gitlab-ee:19.6.0-ee.0",
        "-o",
        "v",
        "--vex",
        "app.vex.json",
        "--installed-by-us",
        "our*",
        "--json",
        "--today",
        "2026-11-28",
    ]);
    said.succeeds();
    let summary: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&summary["records"], &summary["kept"], &summary["left_out"]),
        (&6.into(), &2.into(), &4.into())
    );
    place.write(
        "ignore.toml",
        b"[[ignore]]\nidentifier = 'CVE-2026-1002'\nreason = 'Behind a VPN.'\nowner = 'alice'\n",
    );
    init(&place, &["-o", "i", "--ignore-file", "ignore.toml"]);
    let row = &place.json("i/review.json")["review"]["rows"][0];
    assert_eq!(
        (&row["decision"], &row["assessment"]),
        (&"accepted-risk".into(), &"Behind a VPN. (owner: alice)".into())
    );
    let want = serde_json::json!({"installed-by-us": 1, "os-package": 1, "severity": 1, "vex": 1});
    assert_eq!(summary["left_out_by_reason"], want);
}

#[test]
fn a_review_is_checked_answered_and_packed() {
    let place = place();
    init(&place, &["-o", "r"]);
    let check = |file: &str| place.run(&["triage", "check", file, "--json", "--today", "2026-11-28"]);
    let said = check("r/review.xlsx");
    assert_eq!(said.code, 1, "{}", said.err);
    let open = kinds(&said.out);
    assert_eq!(open.len(), 2 + 3 * 3 + 1, "{open:?}");
    for format in ["csv", "json"] {
        assert_eq!(kinds(&check(&format!("r/review.{format}")).out), open);
    }
    let refused = place.run(&["triage", "submit", "r/review.xlsx", "-o", "s", "--today", "2026-11-28"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("not ready") && !place.path("s").exists(), "{}", refused.out);

    answer(&place, "r/review.json");
    place.run(&["triage", "convert", "r/review.json", "-o", "r/review.xlsx"]).succeeds();
    place.run(&["triage", "convert", "r/review.xlsx", "-o", "again/review.csv"]).succeeds();
    place.run(&["triage", "convert", "again/review.csv", "-o", "again/review.json"]).succeeds();
    assert_eq!(place.json("again/review.json"), place.json("r/review.json"));
    let said = check("r/review.xlsx");
    assert_eq!((said.code, kinds(&said.out)), (0, vec![]));
    let status = place.run(&["triage", "status", "r/review.xlsx", "--today", "2026-11-28"]);
    assert!(status.out.contains("4 of 4 rows are ready"), "{}", status.out);
    assert!(status.out.contains("82 days left, until 19.9 comes out on 2027-02-18"), "{}", status.out);

    let submit =
        |folder| place.run(&["triage", "submit", "r/review.xlsx", "-o", folder, "--today", "2026-11-28"]);
    submit("s").succeeds();
    submit("t").succeeds();
    let archive = "scan-review-gitlab-ee-19.6.0.zip";
    let bytes = |folder: &str| std::fs::read(place.path(folder).join(archive)).unwrap();
    assert_eq!(bytes("s"), bytes("t"));
    assert_eq!(place.json("s/manifest.json")["is_complete"], true);
    assert!(!place.read("s/request.md").contains("- [ ]"));
    // Two months on the image has left the window.
    let late = place.run(&["triage", "check", "r/review.xlsx", "--json", "--today", "2027-02-18"]);
    assert_eq!((late.code, kinds(&late.out)), (1, vec![("image".into(), "image".into())]));
    let forced = ["triage", "submit", "r/review.xlsx", "-o", "u", "--force", "--today", "2027-02-18"];
    place.run(&forced).succeeds();
    assert_eq!(place.json("u/manifest.json")["image_in_scope"], false);
}

#[test]
fn answers_are_never_lost_and_pass_into_the_next_round() {
    let place = place();
    init(&place, &["-o", "r"]);
    answer(&place, "r/review.json");
    place
        .run(&[
            "triage",
            "init",
            "trivy.json",
            "--image",
            "gitlab/gitlab-ee:19.6.0-ee.0",
            "-o",
            "r",
            "--today",
            "2026-11-28",
        ])
        .fails(2, &["r/review.xlsx is there already", "--previous r/review.xlsx"]);
    init(&place, &["-o", "next", "--previous", "r/review.json"]);
    let review = place.json("next/review.json");
    assert_eq!(review["review"]["rows"][0]["decision"], "ask");
    assert_eq!(review["review"]["rows"][0]["prefilled_from"], "review.json");
    let said = place.run(&["triage", "check", "next/review.csv", "--today", "2026-11-28"]);
    assert!(said.out.contains("ready: 4 rows, 4 of them"), "{}", said.out);
}

#[test]
fn profiles_and_releases_can_be_ones_own() {
    let place = place();
    let printed = place.run(&["triage", "profiles", "gitlab-ee"]);
    printed.succeeds();
    let own = printed
        .out
        .replace("os-packages = \"leave-out\"", "os-packages = \"keep\"")
        .replace("\"Critical\", \"High\"", "\"Critical\", \"High\", \"Low\"");
    place.write("own.toml", own.as_bytes());
    place.write("releases.toml", b"[[release]]\nversion = \"19.7.0\"\ndate = \"2026-11-25\"\n");
    init(&place, &["-o", "r", "--profile", "own.toml"]);
    assert_eq!(place.json("r/review.json")["review"]["rows"].as_array().unwrap().len(), 6);
    // The review knows the rules that it was made by.
    let said = place.run(&["triage", "check", "r/review.xlsx", "--json", "--today", "2026-11-28"]);
    assert!(!said.out.contains("wrong-value"), "{}", said.out);
    let said = place.run(&["triage", "releases", "--releases", "releases.toml", "--today", "2026-11-28"]);
    assert!(
        said.out.contains("19.7      2026-11-25") || said.out.contains("19.7     2026-11-25"),
        "{}",
        said.out
    );

    place.write("bad.toml", b"name = 1");
    place.write("ansi.csv", b"id,title\nR-1,\xe4\n");
    place.write("titled.csv", b"Findings of November,,\nid,decision\nR-1,ask\n");
    for (arguments, code, parts) in [
        (vec!["triage", "profiles", "gitlabee"], 2, vec!["did you mean gitlab-ee?"]),
        (vec!["triage", "profiles", "bad.toml"], 2, vec!["in bad.toml"]),
        (vec!["triage", "releases", "--releases", "bad.toml"], 2, vec!["release calendar"]),
        (
            vec!["triage", "init", "trivy.json", "--image", "gitlab/gitlab-ee:latest", "-o", "x"],
            2,
            vec!["--version"],
        ),
        (
            vec!["triage", "init", "trivy.json", "--image", "nginx:1", "-o", "x"],
            2,
            vec!["--profile own-image"],
        ),
        (vec!["triage", "init", "trivy.json", "--image", "a b", "-o", "x"], 2, vec!["blanks"]),
        (
            vec!["triage", "init", "none.json", "--image", "gitlab/gitlab-ee:19.6.0-ee.0", "-o", "x"],
            3,
            vec!["none.json"],
        ),
        (
            vec![
                "triage",
                "init",
                "trivy.json",
                "--image",
                "gitlab/gitlab-ee:19.6.0-ee.0",
                "--previous",
                "titled.csv",
                "-o",
                "x",
            ],
            3,
            vec!["no column `id`: is the first row the header?", "titled.csv"],
        ),
        (vec!["triage", "check", "none.xlsx"], 3, vec!["none.xlsx"]),
        (vec!["triage", "check", "trivy.json"], 3, vec!["no `review`"]),
        (vec!["triage", "check", "ansi.csv"], 3, vec!["ansi.csv is not in UTF-8", "CSV UTF-8"]),
        (vec!["triage", "check", "r/review.ods"], 2, vec![".xlsx, .csv and .json"]),
        (vec!["triage", "check", "r/review.xlsx", "--today", "tomorrow"], 2, vec!["2026-11-28"]),
    ] {
        place.run(&arguments).fails(code, &parts);
    }
    assert!(!place.path("x").exists());
}

/// A log of one rule, with a finding in line 3 of each of these files.
fn sarif(rule: &str, files: &[&str]) -> String {
    let results: Vec<_> = files
        .iter()
        .map(|file| {
            serde_json::json!({
                "ruleId": rule, "level": "error", "message": {"text": "It is bad."},
                "properties": {"security-severity": "9.1"},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": file}, "region": {"startLine": 3},
                }}],
            })
        })
        .collect();
    let tool = serde_json::json!({"driver": {"name": "Acme"}});
    serde_json::json!({"version": "2.1.0", "runs": [{"tool": tool, "results": results}]}).to_string()
}

/// One column of the rows.
fn column(place: &Place, file: &str, name: &str) -> Vec<String> {
    let review = place.json(file);
    let rows = review["review"]["rows"].as_array().unwrap();
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_scanned_directory_is_for_relative_paths() {
    let place =
        Place::with(&[("a.sarif", &sarif("sqli", &["/opt/gitlab/a.rb", "/usr/lib/b.py", "embedded/c.rb"]))]);
    place.write("ignore.toml", b"[[ignore]]\npath = 'opt/gitlab/a.rb'\nreason = 'r'\n");
    let said = place.run(&[
        "triage",
        "init",
        "a.sarif",
        "--image",
        "gitlab/gitlab-ee:19.6.0-ee.0",
        "--scanned",
        "/opt/gitlab",
        "--ignore-file",
        "ignore.toml",
        "-o",
        "r",
        "--today",
        "2026-11-28",
    ]);
    said.succeeds();
    assert!(!said.err.contains("--strip-prefix"), "{}", said.err);
    let paths = column(&place, "r/review.json", "path");
    assert_eq!(paths, ["/opt/gitlab/a.rb:3", "/opt/gitlab/embedded/c.rb:3"]);
    assert_eq!(place.json("r/review.json")["left_out"]["rows"][0]["reason"], "outside-directory");
    // Entries are about paths from a root, as in reports.
    assert_eq!(column(&place, "r/review.json", "decision"), ["accepted-risk", ""]);
}

/// `init` of one file into a directory on a day.
fn init_on(place: &Place, day: &str, file: &str, folder: &str, more: &[&str]) -> Said {
    let named =
        ["triage", "init", file, "--image", "gitlab/gitlab-ee:19.6.0-ee.0", "-o", folder, "--today", day];
    place.run(&named.iter().chain(more).copied().collect::<Vec<_>>())
}

#[test]
fn an_entry_that_has_expired_accepts_no_risk_in_the_next_round() {
    let place = place();
    place.write(
        "ignore.toml",
        b"[[ignore]]\nidentifier = 'CVE-2026-1003'\nreason = 'Behind a VPN.'\nexpires = 2026-12-31\n",
    );
    let ignored = ["--ignore-file", "ignore.toml"];
    init_on(&place, "2026-11-28", "trivy.json", "a", &ignored).succeeds();
    let with = |previous| [&ignored[..], &["--previous", previous]].concat();
    init_on(&place, "2026-12-05", "trivy.json", "b", &with("a/review.csv")).succeeds();
    init_on(&place, "2027-01-05", "trivy.json", "c", &with("b/review.xlsx")).succeeds();
    let of = |file| {
        let rows = ["decision", "assessment", "prefilled_from"].map(|name| column(&place, file, name));
        rows.map(|mut rows| rows.remove(2))
    };
    let text = "Behind a VPN. (expires: 2026-12-31)";
    assert_eq!(of("b/review.json"), ["accepted-risk", text, "the ignore file"]);
    let again = "review.xlsx, from the ignore file of then: decide again";
    assert_eq!(of("c/review.json"), ["", text, again]);
}

#[test]
fn the_sheets_of_two_reviewers_are_joined() {
    let place = place();
    init_on(&place, "2026-11-28", "trivy.json", "r", &[]).succeeds();
    for (at, name) in [(0, "alice"), (2, "bob")] {
        let mut review = place.json("r/review.json");
        let row = &mut review["review"]["rows"][at];
        row["decision"] = " Ask".into();
        row["assessment"] = name.into();
        place.write(&format!("{name}.json"), review.to_string().as_bytes());
    }
    let said = init_on(
        &place,
        "2026-11-28",
        "trivy.json",
        "s",
        &["--previous", "alice.json", "--previous", "bob.json", "--json"],
    );
    said.succeeds();
    // The second is the first at another place, so its text is a suggestion.
    assert_eq!(column(&place, "s/review.json", "assessment"), ["alice", "alice", "bob"]);
    assert_eq!(column(&place, "s/review.json", "decision"), ["ask", "", "ask"]);
    let summary: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(summary["taken_over"], serde_json::json!({"same": 2, "again": 1, "gone": []}));
    // What is no row any more is named.
    let said = init_on(
        &place,
        "2026-11-28",
        "gl-container-scanning-report.json",
        "t",
        &["--previous", "s/review.json"],
    );
    assert!(said.err.contains("3 answered rows are gone"), "{}", said.err);
    assert!(said.err.contains(": CVE-2026-1003 in example 1.10 at /opt/gitlab/embedded"), "{}", said.err);
}

#[test]
fn what_lies_beside_a_target_is_kept() {
    let place = place();
    init_on(&place, "2026-11-28", "trivy.json", "r", &[]).succeeds();
    place.write(
        "alice.csv",
        place.read("r/review.csv").replace(",third-party,,", ",third-party,ask,").as_bytes(),
    );
    let facts = place.read("r/review.request.csv");
    let said = place.run(&["triage", "convert", "alice.csv", "-o", "r/review.csv"]);
    said.succeeds();
    assert!(said.err.contains("alice.csv: the facts of the request"), "{}", said.err);
    assert_eq!(place.read("r/review.request.csv"), facts);
    assert!(place.read("r/review.left-out.csv").contains("os-package"));
    assert!(place.read("r/review.csv").contains(",third-party,ask,"));
    place
        .run(&["triage", "convert", "alice.csv", "-o", "r/review.xlsx"])
        .fails(2, &["r/review.xlsx is there already", "--previous"]);
    // All is beside this one, and it may go anywhere.
    place.run(&["triage", "convert", "r/review.csv", "-o", "r/review.xlsx"]).succeeds();
    place.run(&["triage", "convert", "r/review.xlsx", "-o", "s/review.csv"]).succeeds();
    assert_eq!(place.read("s/review.request.csv"), facts);
    place.run(&["triage", "convert", "alice.csv", "-o", "t/alice.json"]).succeeds();
}

#[test]
fn a_scan_of_another_version_is_told() {
    let place = place();
    let said = |image, folder| {
        let said = place.run(&[
            "triage",
            "init",
            "trivy.json",
            "--image",
            image,
            "-o",
            folder,
            "--today",
            "2026-11-28",
        ]);
        said.succeeds();
        said.err
    };
    let other = "findings are of the image gitlab/gitlab-ee:19.6.0-ee.0 by their report, and not of";
    assert!(said("gitlab/gitlab-ee:19.5.2-ee.0", "a").contains(other));
    assert!(!said("reg.example.com/gitlab/gitlab-ee:19.6.0-ee.0", "b").contains(other));
}

#[test]
fn what_is_known_and_of_no_use_is_told() {
    let place = place();
    place.write("other.vex.json", VEX.replace("gem/example@1.10", "gem/example@9.9").as_bytes());
    place.write(
        "ignore.toml",
        b"[[ignore]]\nidentifier = 'CVE-2026-1003'\nreason = 'r'\nexpires = 2026-01-01\n[[ignore]]\nrule = 'x'\nreason = 'r'\n",
    );
    let known = ["--vex", "other.vex.json", "--ignore-file", "ignore.toml"];
    let ours = ["--installed-by-us", "libexample,ours", "--installed-by-us", "our*"];
    let said = init_on(&place, "2026-11-28", "trivy.json", "r", &[known, ours].concat());
    said.succeeds();
    for part in [
        "other.vex.json: 1 of 1 statements matched no finding",
        "ignore.toml: line 1 (CVE-2026-1003): expired on 2026-01-01 and no longer counts: 2 findings are back",
        "ignore.toml: line 5 (x): covers no finding",
        "--installed-by-us libexample,ours matches no finding; several are named by",
    ] {
        assert!(said.err.contains(part), "no {part:?} in:\n{}", said.err);
    }
    assert!(!said.err.contains("our* matches"), "{}", said.err);
}
