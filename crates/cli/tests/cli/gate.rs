//! `scanlift gate`.

use crate::support::{CONTAINER, Place, TRIVY};
use std::fs;

const POLICY: &str = "approval_policy:
- name: No new high ones
  enabled: true
  rules:
  - type: scan_finding
    branch_type: protected
    scanners: [container_scanning]
    vulnerabilities_allowed: 0
    severity_levels: [critical, high]
    vulnerability_states: [new_needs_triage]
  actions:
  - {type: require_approval, approvals_required: 2, role_approvers: [maintainer]}
";

/// With what `TRIVY` gives in `head/`, and without its first finding in `base/`.
fn place() -> Place {
    let base = TRIVY.replace("CVE-2020-0001\"", "CVE-2020-0003\"").replace("HIGH", "LOW");
    let place = Place::with(&[("trivy.json", TRIVY), ("base.json", &base), ("policy.yml", POLICY)]);
    place.run(&["convert", "trivy.json", "-o", "head/"]).succeeds();
    place.run(&["convert", "base.json", "-o", "base/"]).succeeds();
    place
}

#[test]
fn a_policy_requires_approval() {
    let place = place();
    let head = format!("head/{CONTAINER}");
    let base = format!("base/{CONTAINER}");
    let said = place.run(&["gate", &head, "--base", &base, "--policy", "policy.yml", "--branch", "main"]);
    assert_eq!(said.code, 1, "{}", said.err);
    for part in [
        "approval required",
        "No new high ones: 2 approvals by role maintainer required",
        "rule 1 (scan_finding) is violated: 1 finding of container_scanning counts, 0 allowed",
        "High      A  app:1:bash  container_scanning, new_needs_triage",
    ] {
        assert!(said.out.contains(part), "no {part:?} in:\n{}", said.out);
    }
    let same = place.run(&["gate", &head, "--base", &head, "--policy", "policy.yml"]);
    assert_eq!(same.code, 0, "{}{}", same.out, same.err);
    let missing = place.run(&["gate", &head, "--policy", "policy.yml"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("no container_scanning report of the target branch"), "{}", missing.out);
    let json = place.run(&["gate", &head, "--base", &base, "--policy", "policy.yml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["decision"], "approval_required");
    assert_eq!(json["policies"][0]["rules"][0]["counts"][0]["findings"][0]["cves"][0], "CVE-2020-0001");
}

#[test]
fn where_gitlab_keeps_policies_they_are_found() {
    let place = place();
    fs::create_dir_all(place.path(".git")).unwrap();
    place.write(".gitlab/security-policies/policy.yml", POLICY.replace("approvals", "aprovals").as_bytes());
    place.run(&["gate", &format!("head/{CONTAINER}")]).fails(2, &["`approvals_required` is missing"]);
    let warn = POLICY.replace("enabled: true", "enabled: true\n  enforcement_type: warn");
    place.write(".gitlab/security-policies/policy.yml", warn.as_bytes());
    let said = place.run(&["gate", &format!("head/{CONTAINER}")]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("passed with a warning"), "{}", said.out);
}

#[test]
fn a_policy_that_gitlab_would_not_take_is_refused() {
    let place = place();
    let head = format!("head/{CONTAINER}");
    let long = "a".repeat(256);
    for (from, to, want) in [
        ("type: scan_finding", "type: scan_findings", "did you mean `scan_finding`?"),
        ("rules:", "rule:", "`rules` is missing; is it meant by `rule`?"),
        ("[critical, high]", "[Critical, HIGH]", "`Critical` is no severity level"),
        ("No new high ones", long.as_str(), "GitLab takes 1 to 255"),
    ] {
        place.write("policy.yml", POLICY.replace(from, to).as_bytes());
        place
            .run(&["gate", &head, "--policy", "policy.yml"])
            .fails(2, &[want, "GitLab does not enforce a policy file with such a mistake"]);
    }
}

#[test]
fn limits_need_no_policy() {
    let place = place();
    let head = format!("head/{CONTAINER}");
    let base = format!("base/{CONTAINER}");
    for (arguments, code) in [
        (["--max-high", "0"].as_slice(), 1),
        (&["--max-high", "1"], 0),
        (&["--max-critical", "0", "--max-total", "1"], 1),
        (&["--max-low", "0", "--new-only", "--base", &base], 0),
        (&["--max-high", "0", "--new-only", "--base", &base], 1),
        (&["--max-high", "0", "--new-only"], 2),
        (&["--max-high", "many"], 2),
        (&[], 2),
        (&["--max-high", "0", "--base", "missing.json"], 3),
        (&["--max-high", "1", "--kev", "policy.yml"], 3),
    ] {
        let said = place.run(&[["gate", head.as_str()].as_slice(), arguments].concat());
        assert_eq!(said.code, code, "{arguments:?}\n{}{}", said.out, said.err);
    }
    place
        .run(&["gate", "trivy.json", "--max-high", "0"])
        .fails(3, &["GitLab refuses trivy.json", "scanlift convert"]);
}

#[test]
fn the_job_says_which_branch_it_is() {
    let policy = POLICY.replace("branch_type: protected", "branch_type: default");
    let head = format!("head/{CONTAINER}");
    let arguments = ["gate", head.as_str(), "--policy", "policy.yml"];
    for (target, code) in [("", 1), ("main", 1), ("stable", 0)] {
        let place = place()
            .variable("CI_DEFAULT_BRANCH", "main")
            .variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", target);
        place.write("policy.yml", policy.as_bytes());
        let said = place.run(&arguments);
        assert_eq!(said.code, code, "{target}\n{}{}", said.out, said.err);
    }
    let place = place();
    place.write("policy.yml", policy.as_bytes());
    let said =
        place.run(&[arguments.as_slice(), &["--branch", "main", "--default-branch", "trunk"]].concat());
    assert!(said.out.contains("does not apply: `main` is not the default branch"), "{}", said.out);
}
