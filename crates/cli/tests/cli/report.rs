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
         container_scanning, version 15.2.1, scanner scanlift-trivy · 2 findings, 1 High, 1 Low\n"
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
