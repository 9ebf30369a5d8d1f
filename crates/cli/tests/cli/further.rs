//! The further files of `scanlift convert`, and `--shard`.

use crate::support::{CONTAINER, Place, SECRET, SINGLE, TRIVY};
use serde_json::{Value, json};
use std::collections::HashSet;

const CODE_QUALITY: &str = "gl-code-quality-report.json";
const REPORT: &str = "gl-sarif-report.sarif";
const SBOM: &str = "gl-sbom.cdx.json";
const SAST: &str = "gl-sast-report.json";

/// Two results in a file, one of them critical, and one in no file.
const SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Acme","version":"1.2","rules":[
{"id":"sql","shortDescription":{"text":"SQL injection"},"helpUri":"https://acme.example/sql","properties":{"tags":["CWE-89","owasp-a1"],"security-severity":"9.1"}},
{"id":"weak","shortDescription":{"text":"Weak hash"},"properties":{"tags":["external/cwe/cwe-327"]}}]}},"results":[
{"ruleId":"sql","ruleIndex":0,"level":"error","message":{"text":"Query from input"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.py"},"region":{"startLine":LINE}}}]},
{"ruleId":"weak","ruleIndex":1,"level":"warning","message":{"text":"MD5"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.py"}}}]},
{"ruleId":"weak","ruleIndex":1,"level":"note","message":{"text":"Somewhere"}}]}]}"#;

/// The results, the first at line `line` of a source that is `line - 1` lines and then the query.
fn moved(line: usize) -> Place {
    let source = format!("{}query(input)\n", "\n".repeat(line - 1));
    let sarif = SARIF.replace("LINE", &line.to_string());
    Place::with(&[("acme.sarif", &sarif), ("src/a.py", &source)])
}

fn fingerprints(issues: &Value) -> Vec<String> {
    let issues = issues.as_array().unwrap();
    issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn code_quality_has_what_gitlab_asks_for() {
    let place = moved(3);
    let said = place.run(&["convert", "acme.sarif", "--to", "codequality", "--receipt", "receipt.json"]);
    said.succeeds();
    assert_eq!(place.list(), ["acme.sarif", CODE_QUALITY, "receipt.json", "src", "src/a.py"]);
    let issues = place.json(CODE_QUALITY);
    let issues: Vec<_> = issues.as_array().unwrap().iter().collect();
    assert_eq!(issues.len(), 2);
    assert_eq!(issues[0]["description"], "SQL injection");
    assert_eq!(issues[0]["check_name"], "sql");
    assert_eq!(issues[0]["severity"], "blocker");
    assert_eq!(issues[0]["location"], json!({"path": "src/a.py", "lines": {"begin": 3, "end": 3}}));
    assert_eq!(issues[1]["severity"], "major");
    assert_eq!(issues[1]["location"]["lines"]["begin"], 1);

    let receipt = place.json("receipt.json");
    assert_eq!(receipt["inputs"][0]["records"], 3);
    assert_eq!(receipt["inputs"][0]["findings"], 2);
    let skipped = &receipt["inputs"][0]["skipped"][0];
    assert_eq!((&skipped["reason"], &skipped["count"]), (&json!("unsupported"), &json!(1)));
    assert_eq!(receipt["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(receipt["outputs"][0]["kind"], "codequality");
    assert_eq!(receipt["outputs"][0]["path"], CODE_QUALITY);
    assert_eq!(receipt["outputs"][0]["findings"], 2);
    assert!(said.err.contains("artifacts:reports:codequality: gl-code-quality-report.json"), "{}", said.err);
    assert!(said.err.contains("codequality: the source names no file (weak)"), "{}", said.err);
}

#[test]
fn code_quality_follows_moved_lines() {
    let [before, after] = [3, 13].map(|line| {
        let place = moved(line);
        place.run(&["convert", "acme.sarif", "--to", "codequality"]).succeeds();
        fingerprints(&place.json(CODE_QUALITY))
    });
    assert_eq!(before, after);
    let unique: HashSet<_> = before.iter().collect();
    assert_eq!(unique.len(), before.len());
}

#[test]
fn further_files_stand_beside_reports() {
    let place = Place::with(&[("a.json", TRIVY)]);
    let said = place.run(&["convert", "a.json", "--to", "security", "--to", "codequality"]);
    said.succeeds();
    assert_eq!(place.list(), ["a.json", CODE_QUALITY, CONTAINER, SECRET]);
    assert!(said.err.contains("leaves 2 findings out: codequality: it is in an image"), "{}", said.err);
    assert!(said.err.contains("codequality: gl-code-quality-report.json"), "{}", said.err);

    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json", "--to", "secret_detection", "--to", "codequality"]).succeeds();
    assert_eq!(place.list(), ["a.json", CODE_QUALITY, SECRET]);
    place
        .run(&["convert", "a.json", "--to", "security", "--to", "codequality", "-o", "x.json"])
        .fails(2, &["3 reports result", CODE_QUALITY, "codequality"]);
    place.run(&["convert", "a.json", "--to", "codequality", "-o", "x.json"]).succeeds();
    assert_eq!(place.json("x.json").as_array().unwrap().len(), 1);
    let said = place.run(&["convert", "a.json", "--to", "codequality", "-o", "-"]);
    assert!(said.out.starts_with("[\n{\"type\":\"issue\""), "{}", said.out);
}

/// They say what the security reports beside them say, so nothing is told twice.
#[test]
fn what_was_written_is_not_read_again() {
    let place = moved(3);
    place.write("trivy.json", TRIVY.as_bytes());
    let formats = ["--to", "security", "--to", "codequality", "--to", "sarif", "--to", "cyclonedx"];
    place.run(&[&["convert", ".", "-q", "--merge"], &formats[..]].concat()).succeeds();
    let files = [CODE_QUALITY, REPORT, SBOM];
    for (file, format) in files.into_iter().zip(["codequality", "sarif", "cyclonedx"]) {
        let again = format!("--from {format}");
        place.run(&["convert", file]).fails(3, &["a report that scanlift wrote", &again]);
        // Alone it is what somebody wants to see.
        place.run(&["render", file]).succeeds();
        place.run(&["validate", file]);
    }
    let said = place.run(&["convert", ".", "-o", "again/"]);
    said.succeeds();
    for file in files {
        assert!(said.err.contains(&format!("{file} is passed over")), "{}", said.err);
    }
    // As the shell expands `gl-*`.
    let named = [CODE_QUALITY, CONTAINER, SAST, REPORT, SBOM, SECRET];
    let said = place.run(&[&["render"], &named[..]].concat());
    said.succeeds();
    assert!(said.out.contains("\n6 findings\n") && said.err.contains("passed over"), "{}", said.out);
    let said = place.run(&[&["gate", "--max-total", "6"], &named[..]].concat());
    said.succeeds();
    assert!(said.out.contains("6 findings count"), "{}", said.out);
}

#[test]
fn code_quality_of_nothing_is_an_empty_array() {
    let place = Place::with(&[("a.json", SINGLE)]);
    place.run(&["convert", "a.json", "--to", "codequality"]).succeeds();
    assert_eq!(place.read(CODE_QUALITY), "[]\n");
    assert_eq!(place.list(), ["a.json", CODE_QUALITY]);
}

#[test]
fn sarif_is_what_gitlab_takes() {
    let place = moved(3);
    let said = place.run(&["convert", "acme.sarif", "--to", "sarif", "--receipt", "receipt.json"]);
    said.succeeds();
    assert!(said.err.contains("upload with artifacts:reports:sarif: gl-sarif-report.sarif"), "{}", said.err);
    let sarif = place.json(REPORT);
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "Acme");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["ruleId"], "sql");
    assert_eq!(results[0]["rank"], 95.0);
    let physical = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "src/a.py");
    assert_eq!(physical["region"]["startLine"], 3);
    assert_eq!(results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], ".");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"]["tags"], json!(["cwe-89", "OWASP-A1"]));
    assert_eq!(rule["relationships"][0]["target"], json!({"id": "CWE-89", "toolComponent": {"name": "CWE"}}));
    assert_eq!(run["taxonomies"][0]["taxa"][0]["id"], "CWE-327");
    let receipt = place.json("receipt.json");
    assert_eq!(receipt["outputs"][0]["schema_version"], "2.1.0");
    assert_eq!(receipt["outputs"][0]["findings"], 3);

    let again = Place::with(&[("again.sarif", &place.read(REPORT))]);
    again.run(&["convert", "again.sarif", "--from", "sarif"]).succeeds();
    let severities = |place: &Place, name: &str| -> Vec<String> {
        let report = place.json(name);
        let all = report["vulnerabilities"].as_array().unwrap().iter();
        all.map(|one| one["severity"].as_str().unwrap().to_owned()).collect()
    };
    place.run(&["convert", "acme.sarif"]).succeeds();
    assert_eq!(severities(&again, SAST), severities(&place, SAST));
}

#[test]
fn sarif_is_divided_where_it_is_too_large() {
    let finding = |number: usize| {
        let (id, line) = (format!("rule-{}", number % 7), number + 1);
        let text = format!("{number} {}", "text ".repeat(2_800));
        json!({"ruleId": id, "level": "error", "message": {"text": text}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "a.c"}, "region": {"startLine": line}}}]})
    };
    let results: Vec<_> = (0..800).map(finding).collect();
    let run = json!({"tool": {"driver": {"name": "Acme"}}, "results": results});
    let sarif = json!({"version": "2.1.0", "runs": [run]}).to_string();
    let place = Place::with(&[("acme.sarif", &sarif)]);
    place.run(&["convert", "acme.sarif", "--to", "sarif", "-o", "out/"]).succeeds();
    let names: Vec<_> = place.list().into_iter().filter(|name| name.starts_with("out/")).collect();
    assert!(names.len() > 1, "{names:?}");
    let mut results = 0;
    for name in names {
        assert!(place.read(&name).len() <= 10_000_000, "{name}");
        for run in place.json(&name)["runs"].as_array().unwrap() {
            let all = run["results"].as_array().unwrap();
            assert!(all.iter().all(|one| one["message"]["text"].as_str().unwrap().chars().count() <= 1_024));
            results += all.len();
        }
    }
    assert_eq!(results, 800);
}

/// Two components, one of them inside the other, licences, and what only 1.7 knows.
const BOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.7","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
"metadata":{"timestamp":"2026-01-02T03:04:05Z","properties":[{"name":"own","value":"kept"}]},
"components":[{"type":"library","bom-ref":"a","name":"acme","version":"1.0","purl":"pkg:npm/acme@1.0","isExternal":true,
"licenses":[{"license":{"id":"MIT"}}],"components":[{"type":"library","bom-ref":"b","name":"inner","version":"2.0","purl":"pkg:npm/inner@2.0"}]}],
"dependencies":[{"ref":"a","dependsOn":["b"]}],
"vulnerabilities":[{"bom-ref":"v","id":"CVE-2020-0001","ratings":[{"severity":"high"}],"affects":[{"ref":"a"}]}]}"#;

fn properties(bom: &Value) -> Vec<String> {
    let all = bom["metadata"]["properties"].as_array().unwrap().iter();
    let text = |json: &Value| json.as_str().unwrap().to_owned();
    all.map(|one| format!("{}={}", text(&one["name"]), text(&one["value"]))).collect()
}

#[test]
fn a_bill_of_materials_is_written_for_gitlab() {
    let place = Place::with(&[("app.cdx.json", BOM)]);
    let said = place.run(&[
        "convert",
        "app.cdx.json",
        "--to",
        "cyclonedx",
        "--path",
        "web/yarn.lock",
        "--receipt",
        "r.json",
    ]);
    said.succeeds();
    assert!(said.err.contains("upload with artifacts:reports:cyclonedx: gl-sbom.cdx.json"), "{}", said.err);
    let bom = place.json(SBOM);
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(bom["serialNumber"], "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79");
    assert_eq!(
        properties(&bom),
        [
            "own=kept",
            "gitlab:meta:schema_version=1",
            "gitlab:dependency_scanning:input_file:path=web/yarn.lock",
            "gitlab:dependency_scanning:package_manager:name=yarn",
            "gitlab:dependency_scanning:language:name=JavaScript",
        ]
    );
    let acme = &bom["components"][0];
    assert_eq!(acme["licenses"][0]["license"]["id"], "MIT");
    assert_eq!(acme["isExternal"], Value::Null);
    assert_eq!(acme["components"][0]["purl"], "pkg:npm/inner@2.0");
    assert_eq!(bom["dependencies"][0]["dependsOn"], json!(["b"]));
    assert_eq!(bom["vulnerabilities"][0]["id"], "CVE-2020-0001");
    let receipt = place.json("r.json");
    assert_eq!(receipt["outputs"][0]["kind"], "cyclonedx");
    assert_eq!(receipt["outputs"][0]["findings"], 1);

    place.run(&["convert", "app.cdx.json", "--to", "cyclonedx"]).fails(0, &["--path FILE"]);
}

#[test]
fn a_bill_of_materials_in_xml_becomes_one_in_json() {
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="3"><metadata><timestamp>2026-01-02T03:04:05Z</timestamp>
<tools><tool><vendor>Acme</vendor><name>bomber</name><version>1</version></tool></tools>
<component type="container" bom-ref="i"><name>registry.example/app</name><version>1.4</version></component></metadata>
<components><component type="library" bom-ref="b"><name>bash</name><version>5.0</version>
<hashes><hash alg="SHA-1">9188560f22e0b73070d2efce670c74af2bdf30af</hash></hashes>
<licenses><license><id>GPL-3.0-only</id></license></licenses><purl>pkg:deb/debian/bash@5.0?distro=debian-12</purl>
<properties><property name="p">q</property></properties></component></components>
<dependencies><dependency ref="i"><dependency ref="b"/></dependency></dependencies>
<vulnerabilities><vulnerability bom-ref="v"><id>CVE-2020-0001</id><source><name>NVD</name></source>
<ratings><rating><score>7.5</score><severity>high</severity></rating></ratings><cwes><cwe>79</cwe></cwes>
<affects><target><ref>b</ref></target></affects></vulnerability></vulnerabilities></bom>"#;
    let place = Place::with(&[("bom.xml", xml)]);
    place.run(&["convert", "bom.xml", "--to", "cyclonedx"]).succeeds();
    let bom = place.json(SBOM);
    assert_eq!(bom["version"], 3);
    assert_eq!(bom["metadata"]["tools"][0]["name"], "bomber");
    let bash = &bom["components"][0];
    assert_eq!(bash["type"], "library");
    assert_eq!(bash["hashes"][0]["alg"], "SHA-1");
    assert_eq!(bash["licenses"], json!([{"license": {"id": "GPL-3.0-only"}}]));
    assert_eq!(bash["properties"], json!([{"name": "p", "value": "q"}]));
    assert_eq!(bom["dependencies"], json!([{"ref": "i", "dependsOn": ["b"]}]));
    let vulnerability = &bom["vulnerabilities"][0];
    assert_eq!(vulnerability["ratings"][0]["score"], 7.5);
    assert_eq!(vulnerability["cwes"], json!([79]));
    assert_eq!(vulnerability["affects"][0]["ref"], "b");
    assert_eq!(
        properties(&bom)[1..3],
        [
            "gitlab:container_scanning:image:name=registry.example/app",
            "gitlab:container_scanning:image:tag=1.4",
        ]
    );
}

#[test]
fn packages_of_findings_are_a_bill_of_materials() {
    let place = Place::with(&[("a.json", TRIVY)]);
    let said = place.run(&["convert", "a.json", "--to", "security", "--to", "cyclonedx"]);
    said.succeeds();
    assert_eq!(place.list(), ["a.json", CONTAINER, SBOM, SECRET]);
    let bom = place.json(SBOM);
    assert_eq!(bom["components"].as_array().unwrap().len(), 1);
    assert_eq!(bom["components"][0]["name"], "bash");
    assert_eq!(bom["metadata"]["component"]["name"], "app");
    assert!(said.err.contains("leaves 1 finding out: cyclonedx: it is about no package"), "{}", said.err);
    let again = place.run(&["convert", SBOM, "--from", "cyclonedx", "--to", "cyclonedx", "-o", "again/"]);
    again.succeeds();
    assert_eq!(place.json("again/gl-sbom.cdx.json")["components"], bom["components"]);
}

#[test]
fn shards_are_parts_of_the_inputs() {
    let names = ["d.json", "a.json", "c.json", "b.json", "e.json"];
    let files = names.map(|name| (name, SINGLE));
    let mut seen = Vec::new();
    for index in 1..=3 {
        let place = Place::with(&files);
        let shard = format!("{index}/3");
        let named = ["convert", "--receipt", "r.json", "--shard", &shard];
        let said = place.run(&[&named[..], &names[..]].concat());
        said.succeeds();
        assert!(said.err.contains(&format!("shard {shard}: ")), "{}", said.err);
        let inputs = place.json("r.json")["inputs"].clone();
        let paths = inputs.as_array().unwrap().iter().map(|input| input["path"].as_str().unwrap().to_owned());
        seen.push(paths.collect::<Vec<_>>().join(" "));
    }
    assert_eq!(seen, ["a.json d.json", "b.json e.json", "c.json"]);
}

#[test]
fn shards_come_from_gitlab_only_when_asked() {
    let files = [("a.json", SINGLE), ("b.json", SINGLE)];
    let shown = |place: Place, arguments: &[&str]| {
        let said = place.run(&[&["convert", "a.json", "b.json"], arguments].concat());
        said.succeeds();
        (said.err.contains("a.json: trivy"), said.err.contains("b.json: trivy"))
    };
    let job = |index: &str, total: &str| {
        Place::with(&files).variable("CI_NODE_INDEX", index).variable("CI_NODE_TOTAL", total)
    };
    assert_eq!(shown(job("2", "2"), &[]), (true, true));
    assert_eq!(shown(job("2", "2"), &["--shard", "auto"]), (false, true));
    assert_eq!(shown(job("3", "3"), &["--shard", "auto"]), (false, false));
    assert_eq!(shown(Place::with(&files), &["--shard", "auto"]), (true, true));
    job("4", "3").run(&["convert", "a.json", "--shard", "auto"]).fails(2, &["CI_NODE_INDEX is `4`", "2/5"]);
    let place = Place::with(&files);
    place.run(&["convert", "a.json", "--shard", "3/2"]).fails(2, &["2/5"]);
    let said = place.feed(&["convert", "-", "--shard", "1/2"], SINGLE.as_bytes());
    said.fails(2, &["standard input cannot be divided"]);
}

/// What is written as SARIF comes back as bad as it was, with a vector that says otherwise or without one.
#[test]
fn severities_come_back_from_sarif() {
    let tool = json!({"id": "acme", "name": "ACME", "version": "1", "vendor": {"name": "ACME"}});
    let words = ["Critical", "High", "Medium", "Low", "Info", "Unknown"];
    let vectors = json!([{"vendor": "NVD", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]);
    let findings = words.iter().enumerate().flat_map(|(line, word)| {
        let finding = |id: String, vectors: Option<&Value>| {
            let mut finding = json!({"id": id, "name": "n", "description": "d", "severity": word,
                "identifiers": [{"type": "acme_rule_id", "name": id, "value": id}],
                "location": {"file": "a.c", "start_line": line + 1, "end_line": line + 1}});
            if let Some(vectors) = vectors {
                finding["cvss_vectors"] = vectors.clone();
            }
            finding
        };
        [finding(word.to_lowercase(), None), finding(format!("{word}+"), Some(&vectors))]
    });
    // What nobody knows is told by the vector.
    let findings: Vec<_> = findings.filter(|finding| finding["id"] != "Unknown+").collect();
    let report = json!({"version": "15.2.1", "vulnerabilities": findings,
        "scan": {"type": "sast", "status": "success", "analyzer": tool, "scanner": tool,
            "start_time": "2023-11-14T12:00:00", "end_time": "2023-11-14T12:00:01"}});
    let place = Place::with(&[("r.json", &report.to_string())]);
    place.run(&["convert", "r.json", "--to", "sarif", "-o", "r.sarif"]).succeeds();
    place.run(&["convert", "r.sarif", "--from", "sarif", "-o", "back.json"]).succeeds();
    let told = |report: &Value| -> Vec<(String, String)> {
        let all = report["vulnerabilities"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.iter().map(|it| (text(&it["identifiers"][0]["value"]), text(&it["severity"]))).collect()
    };
    assert_eq!(told(&place.json("back.json")), told(&report));
}
