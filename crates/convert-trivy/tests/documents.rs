//! What becomes of whole documents.

#![expect(clippy::unwrap_used, reason = "a test")]

use scanlift_convert_api::{
    Collector, ConvertError, Converter, Finding, Match, Options, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_convert_trivy::CONVERTER;
use serde_json::{Value, json};

fn convert(document: &Value, options: &Options) -> Collector {
    let mut sink = Collector::default();
    CONVERTER.convert(&document.to_string().into_bytes(), options, &mut sink).unwrap();
    assert_eq!(sink.records as usize, sink.findings.len() + sink.skipped.len(), "{document}");
    sink
}

/// A report of one result with one entry of `Vulnerabilities`.
fn report(artifact: Value, result: Value, vulnerability: Value) -> Value {
    let (mut report, mut result) = (artifact, result);
    result["Vulnerabilities"] = json!([vulnerability]);
    report["SchemaVersion"] = json!(2);
    report["Results"] = json!([result]);
    report
}

fn bash() -> Value {
    json!({"VulnerabilityID": "CVE-2019-18276", "PkgName": "bash", "InstalledVersion": "5.0-4"})
}

fn image(name: &str) -> Value {
    json!({"ArtifactName": name, "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "10.4"}}})
}

fn os_packages() -> Value {
    json!({"Target": "app (debian 10.4)", "Class": "os-pkgs", "Type": "debian"})
}

fn tree(name: &str) -> Value {
    json!({"ArtifactName": name, "ArtifactType": "filesystem"})
}

#[test]
fn packages_have_a_place() {
    let mut user = Options::default();
    user.image = Some("registry.example.com/app:1".into());
    user.operating_system = Some("acme:1".into());
    user.path = Some("pom.xml".into());
    let none = Options::default();
    let container = |image: &str, system: &str| {
        json!({"image": image, "operating_system": system,
            "dependency": {"package": {"name": "bash"}, "version": "5.0-4"}})
    };
    let dependency =
        |file: &str| json!({"file": file, "dependency": {"package": {"name": "bash"}, "version": "5.0-4"}});
    let language = |target: &str| json!({"Target": target, "Class": "lang-pkgs", "Type": "npm"});
    let at = |path: &str| {
        let mut vulnerability = bash();
        vulnerability["PkgPath"] = json!(path);
        vulnerability
    };
    let archive = json!({"ArtifactName": "images/app.tar", "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "10.4"}, "RepoTags": ["app:1.2"]}});
    let sbom = |metadata: Value| json!({"ArtifactName": "bom/sbom.json", "ArtifactType": "cyclonedx", "Metadata": metadata});
    let os = json!({"OS": {"Family": "debian", "Name": "10.4"}});
    for (document, options, want) in [
        (report(image("app"), os_packages(), bash()), &none, container("app:latest", "debian:10.4")),
        (
            report(image("host:5000/app"), os_packages(), bash()),
            &user,
            container("host:5000/app:latest", "debian:10.4"),
        ),
        (report(archive, os_packages(), bash()), &user, container("app:1.2", "debian:10.4")),
        (
            report(image("images/app.tar"), os_packages(), bash()),
            &user,
            container("registry.example.com/app:1", "debian:10.4"),
        ),
        (
            report(image("images/app.tar"), os_packages(), bash()),
            &none,
            container("app.tar:latest", "debian:10.4"),
        ),
        (
            report(image("app:1"), language("Node.js"), at("app/package.json")),
            &none,
            container("app:1", "debian:10.4"),
        ),
        (report(json!({}), os_packages(), bash()), &none, container("app:latest", "debian:10.4")),
        (
            report(json!({"ArtifactName": "app", "ArtifactType": "image"}), language("Node.js"), bash()),
            &none,
            container("app:latest", "unknown"),
        ),
        (
            report(json!({"ArtifactName": "app", "ArtifactType": "image"}), language("Node.js"), bash()),
            &user,
            container("app:latest", "acme:1"),
        ),
        (
            report(json!({"ArtifactName": "img/disk.img", "ArtifactType": "vm"}), os_packages(), bash()),
            &none,
            container("disk.img:latest", "debian:10.4"),
        ),
        (report(tree("/"), os_packages(), bash()), &none, container("rootfs:latest", "debian:10.4")),
        (report(sbom(os), os_packages(), bash()), &none, container("sbom.json:latest", "debian:10.4")),
        (report(sbom(json!({})), language("go.mod"), bash()), &none, dependency("go.mod")),
        (report(sbom(json!({})), language("Java"), bash()), &none, dependency("bom/sbom.json")),
        (
            report(tree("."), language("web/package-lock.json"), bash()),
            &user,
            dependency("web/package-lock.json"),
        ),
        (
            report(tree("web"), language("package-lock.json"), bash()),
            &none,
            dependency("web/package-lock.json"),
        ),
        (
            report(tree("web/package-lock.json"), language("package-lock.json"), bash()),
            &none,
            dependency("web/package-lock.json"),
        ),
        (report(tree("/src"), language("package-lock.json"), bash()), &none, dependency("package-lock.json")),
        (report(tree("."), language("Java"), at("lib/a.jar")), &user, dependency("lib/a.jar")),
        (report(tree("."), language("Java"), bash()), &user, dependency("pom.xml")),
        (report(tree("."), language("Java"), bash()), &none, dependency("Java")),
        (
            report(
                json!({"ArtifactName": "https://gitlab.com/g/p", "ArtifactType": "repository"}),
                language("go.mod"),
                bash(),
            ),
            &none,
            dependency("go.mod"),
        ),
        (
            report(
                json!({"ArtifactName": "gitlab.com/g/p", "ArtifactType": "repository", "Metadata": {"RepoURL": "https://gitlab.com/g/p.git"}}),
                language("go.mod"),
                bash(),
            ),
            &none,
            dependency("go.mod"),
        ),
    ] {
        let sink = convert(&document, options);
        assert_eq!(sink.findings[0]["location"], want, "{document}");
        assert!(sink.warnings.is_empty(), "{:?}", sink.warnings);
    }
}

#[test]
fn heads_may_follow_their_records() {
    let document = r#"{"Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-2020-1", "PkgName": "a"}],
        "Target": "go.mod", "Class": "lang-pkgs"}, {"Vulnerabilities": [{"VulnerabilityID": "CVE-2020-1", "PkgName": "a"}],
        "Target": "web/go.mod", "Class": "lang-pkgs"}],
        "ArtifactType": "filesystem", "ArtifactName": "src", "SchemaVersion": 2}"#;
    let mut sink = Collector::default();
    CONVERTER.convert(&document, &Options::default(), &mut sink).unwrap();
    assert_eq!(sink.findings[0]["location"]["file"], "src/go.mod");
    assert_eq!(sink.findings[1]["location"]["file"], "src/web/go.mod");
    assert_eq!(CONVERTER.sniff(document.as_bytes()), Match::Yes);

    let cluster = r#"{"Resources": [{"Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-2020-1", "PkgName": "a"}],
        "Target": "redis:6 (debian 10.4)", "Class": "os-pkgs"}], "Name": "db", "Kind": "Pod", "Namespace": "prod"}],
        "ClusterName": "c"}"#;
    let mut sink = Collector::default();
    CONVERTER.convert(&cluster, &Options::default(), &mut sink).unwrap();
    assert_eq!(
        sink.findings[0]["location"],
        json!({"image": "redis:6", "operating_system": "debian:10.4",
            "dependency": {"package": {"name": "a"}, "version": ""},
            "kubernetes_resource": {"namespace": "prod", "kind": "Pod", "name": "db", "container_name": "redis"}})
    );
}

#[test]
fn images_of_workloads_are_found() {
    let result =
        |target: &str, class: &str| json!({"Target": target, "Class": class, "Vulnerabilities": [bash()]});
    let tagged = json!([{"OS": {"Family": "alpine", "Name": "3.12"}, "RepoTags": ["web:1"]}]);
    let two = json!([{"RepoTags": ["web:1"]}, {"RepoTags": ["log:2"]}]);
    for (metadata, results, images) in [
        (
            json!(null),
            json!([result("redis:6 (debian 10)", "os-pkgs"), result("Node.js", "lang-pkgs")]),
            vec!["redis:6", "redis:6"],
        ),
        (tagged, json!([result("Node.js", "lang-pkgs")]), vec!["web:1"]),
        (
            two,
            json!([result("log:2 (debian 10)", "os-pkgs"), result("usr/bin/log", "lang-pkgs")]),
            vec!["log:2", "log:2"],
        ),
        (json!(null), json!([result("k8s.io/apiserver", "lang-pkgs")]), vec!["k8s.io/apiserver:latest"]),
        (json!(null), json!([result("Node.js", "lang-pkgs")]), vec!["Pod/db:latest"]),
    ] {
        let document = json!({"ClusterName": "c", "Resources": [
            {"Namespace": "prod", "Kind": "Pod", "Name": "db", "Metadata": metadata, "Results": results}]});
        let sink = convert(&document, &Options::default());
        let found: Vec<_> = sink.findings.iter().map(|finding| &finding["location"]["image"]).collect();
        assert_eq!(found, images, "{document}");
    }
}

#[test]
fn vulnerabilities_are_never_lost() {
    for (vulnerability, want) in [
        (json!({"VulnerabilityID": "CVE-2020-1", "PkgName": "a"}), Some(("cve", "CVE-2020-1", "a"))),
        (json!({"VulnerabilityID": "ACME 1", "PkgID": "@s/a@1.2"}), Some(("trivy_id", "ACME 1", "@s/a"))),
        (json!({"VendorIDs": ["DSA-1-1"], "PkgName": "a"}), Some(("dsa", "DSA-1-1", "a"))),
        (
            json!({"PrimaryURL": "https://avd.aquasec.com/nvd/cve-2020-1", "PkgIdentifier": {"PURL": "pkg:npm/a@1"}}),
            Some(("cve", "CVE-2020-1", "a")),
        ),
        (
            json!({"VulnerabilityID": "CVE-2020-1", "PkgPath": "lib/a.jar"}),
            Some(("cve", "CVE-2020-1", "a.jar")),
        ),
        (json!({"Title": "something", "PkgName": "a"}), None),
        (json!({"VulnerabilityID": "CVE-2020-1"}), None),
        (json!({}), None),
    ] {
        let document = report(tree("."), json!({"Target": "go.mod", "Class": "lang-pkgs"}), vulnerability);
        let sink = convert(&document, &Options::default());
        let found = sink.findings.first().map(|finding| {
            let identifier = &finding["identifiers"][0];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let package = &finding["location"]["dependency"]["package"]["name"];
            (text(&identifier["type"]), text(&identifier["value"]), text(package))
        });
        let found =
            found.as_ref().map(|(kind, value, package)| (kind.as_str(), value.as_str(), package.as_str()));
        assert_eq!(found, want, "{document}");
        assert!(sink.skipped.iter().all(|skipped| skipped.reason == SkipReason::Unsupported));
    }
}

#[test]
fn advisories_that_gather_are_no_identifiers() {
    let mut vulnerability = bash();
    vulnerability["VendorIDs"] = json!(["DSA-4808-1", "GHSA-hgrr-935x-pq79", "CVE-2019-18276"]);
    vulnerability["CweIDs"] = json!(["CWE-273", "CWE-NVD"]);
    let sink = convert(&report(image("app:1"), os_packages(), vulnerability), &Options::default());
    let identifiers = sink.findings[0]["identifiers"].as_array().unwrap();
    let values: Vec<_> = identifiers.iter().map(|identifier| &identifier["value"]).collect();
    assert_eq!(values, ["CVE-2019-18276", "GHSA-hgrr-935x-pq79", "273"]);
    assert_eq!(sink.findings[0]["details"]["vendor_advisories"]["value"], "DSA-4808-1");
}

#[test]
fn solutions_follow_version_and_status() {
    for (fixed, status, want) in [
        ("5.1", "fixed", Some("Upgrade bash to 5.1 or later")),
        ("3.1.0, 2.6.9", "fixed", Some("Upgrade bash to 3.1.0 or 2.6.9")),
        ("1, 2, 3", "", Some("Upgrade bash to 1, 2 or 3")),
        ("", "will_not_fix", Some("There is no fixed version of bash: its vendor will not fix this.")),
        ("", "affected", Some("There is no fixed version of bash yet.")),
        ("", "", None),
    ] {
        let mut vulnerability = bash();
        vulnerability["FixedVersion"] = json!(fixed);
        vulnerability["Status"] = json!(status);
        let sink = convert(&report(image("app:1"), os_packages(), vulnerability), &Options::default());
        assert_eq!(sink.findings[0]["solution"].as_str(), want, "{fixed} {status}");
    }
}

#[test]
fn vectors_are_ordered() {
    let (v2, v3) = ("AV:L/AC:L/Au:N/C:C/I:C/A:C", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H");
    let v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N";
    let mut vulnerability = bash();
    vulnerability["SeveritySource"] = json!("redhat");
    vulnerability["CVSS"] = json!({"amazon": {"V3Vector": v3}, "nvd": {"V2Vector": v2, "V3Vector": v3},
        "redhat": {"V3Vector": v3}, "ghsa": {"V40Vector": v4, "V40Score": 6.9}, "bitnami": null, "bad": {"V3Vector": "AV:"}});
    let sink = convert(&report(image("app:1"), os_packages(), vulnerability), &Options::default());
    assert_eq!(
        sink.findings[0]["cvss_vectors"],
        json!([{"vendor": "redhat", "vector": v3}, {"vendor": "nvd", "vector": v3},
            {"vendor": "nvd", "vector": v2}, {"vendor": "amazon", "vector": v3}])
    );
    assert_eq!(sink.findings[0]["details"]["cvss_4"]["items"][0]["value"], format!("{v4} (6.9, ghsa)"));
}

/// Keeps what the collector does not: the evidence.
#[derive(Default)]
struct Evidence {
    ratings: Vec<String>,
    secrets: Vec<String>,
    kinds: Vec<String>,
}

impl Sink for Evidence {
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> std::io::Result<()> {
        let version = scan.format_version.as_deref().unwrap_or("-");
        self.kinds.push(format!("{} {} {version}", scan.kind, scan.version.as_deref().unwrap_or("-")));
        Ok(())
    }

    fn record(&mut self) {}

    fn emit(&mut self, finding: Finding<'_>) -> std::io::Result<()> {
        let evidence = finding.severity;
        self.ratings.push(format!("{:?} {:?} {:?}", evidence.rating, evidence.score, evidence.word));
        self.secrets.extend(finding.secrets.into_iter().map(|secret| secret.into_owned()));
        Ok(())
    }

    fn skip(&mut self, _: SkipReason, _: &str, _: &str) {}

    fn warn(&mut self, _: Warning) {}
}

#[test]
fn severities_keep_their_evidence() {
    for (fields, want) in [
        (json!({"Severity": "HIGH", "SeveritySource": "nvd"}), r#"Some(High) None Some("HIGH (nvd)")"#),
        (
            json!({"Severity": "UNKNOWN", "CVSS": {"nvd": {"V3Score": 7.5}}}),
            r#"None Some(7.5) Some("UNKNOWN")"#,
        ),
        (
            json!({"SeveritySource": "nvd", "VendorSeverity": {"nvd": 2, "redhat": 4}}),
            r#"Some(Medium) None Some("MEDIUM (nvd)")"#,
        ),
        (json!({"CVSS": {"ghsa": {"V40Score": 6.9}}}), "None Some(6.9) None"),
        (json!({}), "None None None"),
    ] {
        let mut vulnerability = bash();
        vulnerability.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let document = report(image("app:1"), os_packages(), vulnerability).to_string();
        let mut sink = Evidence::default();
        CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink).unwrap();
        assert_eq!(sink.ratings, [want], "{fields}");
    }
}

#[test]
fn empty_reports_have_a_kind() {
    for (document, want) in [
        ("null", "container_scanning - -"),
        ("[]", "dependency_scanning - 1"),
        (r#"[{"Target": "app (alpine 3)", "Vulnerabilities": null}]"#, "container_scanning - 1"),
        (
            r#"{"SchemaVersion": 2, "Trivy": {"Version": "0.57.0"}, "ArtifactType": "container_image"}"#,
            "container_scanning 0.57.0 2",
        ),
        (r#"{"SchemaVersion": 2, "ArtifactType": "vm", "Results": null}"#, "container_scanning - 2"),
        (r#"{"SchemaVersion": 2, "ArtifactType": "repository"}"#, "dependency_scanning - 2"),
        (
            r#"{"SchemaVersion": 2, "ArtifactType": "filesystem", "Results": [{"Target": "a", "Class": "config"}]}"#,
            "sast - 2",
        ),
        (
            r#"{"SchemaVersion": 2, "ArtifactType": "filesystem", "Results": [{"Target": "a", "Class": "secret"}]}"#,
            "secret_detection - 2",
        ),
        (r#"{"SchemaVersion": 2, "ArtifactType": "cyclonedx"}"#, "dependency_scanning - 2"),
        (
            r#"{"SchemaVersion": 2, "ArtifactType": "spdx", "Metadata": {"OS": {"Family": "alpine"}}}"#,
            "container_scanning - 2",
        ),
        (r#"{"ClusterName": "c", "Findings": null}"#, "cluster_image_scanning - -"),
    ] {
        let mut sink = Evidence::default();
        CONVERTER.convert(&document, &Options::default(), &mut sink).unwrap();
        assert_eq!(sink.kinds, [want], "{document}");
    }
}

#[test]
fn misconfigurations_become_sast() {
    let document = json!({"SchemaVersion": 2, "ArtifactType": "filesystem", "ArtifactName": "infra", "Results": [
        {"Target": "main.tf", "Class": "config", "Type": "terraform", "Misconfigurations": [
            {"ID": "AVD-AWS-0143", "AVDID": "AVD-AWS-0143", "Title": "t", "Description": "d", "Message": "m",
             "Resolution": "r", "Status": "FAIL", "PrimaryURL": "https://avd.aquasec.com/misconfig/avd-aws-0143",
             "CauseMetadata": {"StartLine": 3, "EndLine": 5, "Code": {"Lines": [{"Content": "a {"}, {"Content": "}"}]},
                "Occurrences": [{"Filename": "call.tf", "Location": {"StartLine": 7, "EndLine": 9}}]}},
            {"ID": "DS002", "Status": "PASS"}, {"ID": "DS002", "Status": "EXCEPTION"}, {"Status": "FAIL"}]}]});
    let sink = convert(&document, &Options::default());
    let finding = &sink.findings[0];
    assert_eq!(finding["location"], json!({"file": "infra/main.tf", "start_line": 3, "end_line": 5}));
    assert_eq!(finding["identifiers"][0]["type"], "trivy_misconfiguration_id");
    assert_eq!(finding["identifiers"][0]["value"], "AWS-0143");
    assert_eq!((&finding["description"], &finding["solution"]), (&json!("d\n\nm"), &json!("r")));
    assert_eq!(finding["details"]["code"]["value"], "a {\n}");
    assert_eq!(finding["details"]["occurrences"]["items"][0]["file_name"], "infra/call.tf");
    let reasons: Vec<_> = sink.skipped.iter().map(|skipped| skipped.reason).collect();
    assert_eq!(reasons, [SkipReason::NotAFinding, SkipReason::Suppressed, SkipReason::Unsupported]);

    let cluster = |namespace: &str| {
        json!({"ClusterName": "c", "Resources": [{"Namespace": namespace, "Kind": "Deployment", "Name": "web",
            "Results": [{"Target": "Deployment/web", "Class": "config", "Misconfigurations": [{"ID": "KSV001"}]}]}]})
    };
    for (namespace, want) in [("prod", "prod/Deployment/web"), ("", "Deployment/web")] {
        let sink = convert(&cluster(namespace), &Options::default());
        assert_eq!(sink.findings[0]["location"], json!({"file": want}));
    }
}

#[test]
fn secrets_become_secret_detection() {
    let secret = json!({"RuleID": "acme-token", "Category": "Acme", "Title": "Acme token", "StartLine": "3",
        "EndLine": 3, "Match": "token = *****"});
    let in_tree = json!({"SchemaVersion": 2, "ArtifactType": "repository", "ArtifactName": ".",
        "Metadata": {"Commit": "15f19b237aa4cf35c270b01a681431e13f120b5c"},
        "Results": [{"Target": "deploy.env", "Class": "secret", "Secrets": [secret]}]});
    let sink = convert(&in_tree, &Options::default());
    assert_eq!(
        sink.findings[0]["location"],
        json!({"commit": {"sha": "15f19b237aa4cf35c270b01a681431e13f120b5c"},
            "file": "deploy.env", "start_line": 3, "end_line": 3})
    );
    assert_eq!(sink.findings[0]["identifiers"][0]["type"], "trivy_secret_rule_id");

    let mut in_image = image("app");
    in_image["Results"] = json!([{"Target": "/app/deploy.env", "Class": "secret", "Secrets": [secret]}]);
    let sink = convert(&in_image, &Options::default());
    assert_eq!(sink.findings[0]["location"]["file"], "app/deploy.env");
    assert_eq!(sink.findings[0]["details"]["image"]["value"], "app:latest");

    let bare = in_tree.to_string().replace("*****", "NOTREAL-0123456789");
    let mut sink = Evidence::default();
    CONVERTER.convert(&bare.as_str(), &Options::default(), &mut sink).unwrap();
    assert_eq!(sink.secrets, ["token = NOTREAL-0123456789", "NOTREAL-0123456789"]);
}

#[test]
fn what_is_no_finding_has_its_reason() {
    let result = json!({"Target": "go.mod", "Class": "lang-pkgs",
        "Licenses": [{"PkgName": "a", "Name": "EPL-1.0"}],
        "Vulnerabilities": [{"VulnerabilityID": "CVE-2020-1", "PkgName": "a", "Status": "not_affected"}],
        "ExperimentalModifiedFindings": [
            {"Status": "not_affected", "Statement": "s", "Source": "vex.json", "Finding": {"VulnerabilityID": "CVE-2020-2", "PkgName": "a"}},
            {"Status": "ignored", "Source": ".trivyignore", "Finding": {"RuleID": "acme"}},
            {"Status": "other"}]});
    let sink = convert(&json!({"SchemaVersion": 2, "Results": [result]}), &Options::default());
    let skipped: Vec<_> = sink
        .skipped
        .iter()
        .map(|skipped| format!("{}: {} [{}]", skipped.reason, skipped.detail, skipped.example))
        .collect();
    assert_eq!(
        skipped,
        [
            "vex: status: not_affected, source: vex.json, statement: s [CVE-2020-2 in a]",
            "ignored: status: ignored, source: .trivyignore [acme]",
            "suppressed: status: other []",
            "unsupported: licence findings have no GitLab report [a: EPL-1.0]",
            "suppressed: status: not_affected [CVE-2020-1 in a]",
        ]
    );
}

#[test]
fn wrong_types_cost_a_field() {
    let mut vulnerability = bash();
    vulnerability["InstalledVersion"] = json!(5.0);
    vulnerability["Title"] = json!({"en": "x"});
    vulnerability["References"] = json!("https://example.com");
    vulnerability["CVSS"] = json!([]);
    let mut document = report(image("app:1"), os_packages(), vulnerability);
    document["Results"][0]["Vulnerabilities"].as_array_mut().unwrap().push(json!("x"));
    document["Results"][0]["Secrets"] = json!("none");
    document["CreatedAt"] = json!(["x"]);
    document["Metadata"]["RepoTags"] = json!({"a": 1});
    let sink = convert(&document, &Options::default());
    assert_eq!(sink.findings[0]["name"], "CVE-2019-18276 in bash");
    assert_eq!(sink.findings[0]["location"]["dependency"]["version"], "5.0");
    assert_eq!(sink.findings[0]["links"], json!([{"url": "https://example.com"}]));
    let mut paths: Vec<_> = sink
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::FieldDropped { path, .. } => path.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "CreatedAt",
            "Metadata.RepoTags",
            "Results[0].Secrets",
            "Results[0].Vulnerabilities[0].CVSS",
            "Results[0].Vulnerabilities[0].Title"
        ]
    );
    assert_eq!(sink.skipped.len(), 1);
}

#[test]
fn other_documents_are_refused() {
    for document in [
        "{}",
        "12",
        "\"x\"",
        r#"{"version": "2.1.0", "runs": []}"#,
        r#"[{"SchemaVersion": 2, "Results": []}]"#,
        r#"[{"foo": 1}, {"foo": 2}]"#,
        "[7]",
        r#"{"apiVersion": "aquasecurity.github.io/v1alpha1", "Results": []}"#,
        r#"{"ID": "k8s-nsa-1.0", "Title": "Guidance", "SummaryControls": [{"ID": "1.0", "TotalFail": 1}]}"#,
    ] {
        let result = CONVERTER.convert(&document, &Options::default(), &mut Collector::default());
        assert!(matches!(result, Err(ConvertError::Unrecognised { .. })), "{document}: {result:?}");
    }
}

#[test]
fn nothing_is_emitted_of_a_document_that_is_cut_off() {
    let document = report(image("app:1"), os_packages(), bash()).to_string();
    for end in 0..document.len() {
        let mut sink = Collector::default();
        let result = CONVERTER.convert(&&document[..end], &Options::default(), &mut sink);
        assert!(result.is_err(), "{end}");
        assert_eq!((sink.records, sink.scanners.len()), (0, 0), "{end}");
        CONVERTER.sniff(&document.as_bytes()[..end]);
    }
}

/// One byte changed anywhere: no panic, and the account stays true.
#[test]
fn any_bytes_are_survived() {
    let document = json!({"SchemaVersion": 2, "ArtifactName": "a", "Metadata": {"OS": {"Family": "a", "Name": "1"}},
        "Results": [{"Target": "a (b 1)", "Vulnerabilities": [bash()], "Secrets": [{"RuleID": "r", "StartLine": 1}],
        "Misconfigurations": [{"ID": "DS002", "CauseMetadata": {"StartLine": 3}}]}]});
    let document = document.to_string().into_bytes();
    for at in 0..document.len() {
        for byte in [0, b'"', b'{', b']', b',', b'9', b'\\', 0xff] {
            let mut changed = document.clone();
            changed[at] = byte;
            CONVERTER.sniff(&changed);
            let mut sink = Collector::default();
            let _ = CONVERTER.convert(&changed, &Options::default(), &mut sink);
            assert_eq!(sink.records as usize, sink.findings.len() + sink.skipped.len());
        }
    }
}

#[test]
fn controls_hold_results() {
    let result = json!({"Target": "Deployment/app", "Class": "config", "Type": "kubernetes", "Misconfigurations": [
        {"ID": "KSV012", "AVDID": "AVD-KSV-0012", "Title": "Runs as root", "Status": "FAIL", "Severity": "MEDIUM"}]});
    let document = json!({"ID": "k8s-nsa-1.0", "Title": "Guidance", "RelatedResources": [], "Results": [
        {"ID": "1.0", "Name": "Non-root containers", "Severity": "MEDIUM", "Results": [result]},
        {"ID": "1.1", "Name": "Immutable file systems", "Severity": "LOW", "Results": null}]});
    assert_eq!(CONVERTER.sniff(document.to_string().as_bytes()), Match::Yes);
    let sink = convert(&document, &Options::default());
    assert_eq!(sink.records, 1);
    assert_eq!(sink.findings[0]["identifiers"][0]["value"], "KSV-0012");
    assert_eq!(sink.findings[0]["location"]["file"], "Deployment/app");
}

#[test]
fn workloads_that_could_not_be_scanned_are_told() {
    let document = json!({"ClusterName": "c", "Resources": [
        {"Kind": "Pod", "Name": "a", "Error": "unable to find\nthe image"}, {"Kind": "Pod", "Name": "b", "Error": "e"}]});
    let sink = convert(&document, &Options::default());
    let told = "Trivy could not scan 2 of the workloads, so nothing is told of them: Pod a: unable to find the image";
    assert_eq!(sink.warnings, [Warning::note(told)]);
}

#[test]
fn resources_of_an_account_are_no_files() {
    let document = json!({"SchemaVersion": 2, "ArtifactName": "123456789012", "ArtifactType": "aws_account",
        "Results": [{"Target": "arn:aws:s3:::acme", "Class": "config", "Misconfigurations": [{"ID": "AVD-AWS-0086"}]}]});
    let sink = convert(&document, &Options::default());
    assert_eq!(sink.findings[0]["location"]["file"], "arn:aws:s3:::acme");
}

#[test]
fn formats_are_told_apart() {
    for (head, want) in [
        (r#"{"SchemaVersion": 2, "ArtifactName": "a""#, Match::Yes),
        (r#"{"SchemaVersion": 2, "Trivy": {"Version"#, Match::Yes),
        (r#"{"ArtifactName": "a", "ArtifactType": "vm", "Res"#, Match::Yes),
        (r#"{"Results": [{"Target": "a", "Class": "config"}], "Sch"#, Match::Yes),
        (r#"{"ClusterName": "c", "Resources": [{"#, Match::Yes),
        (r#"{"ClusterName": "", "Misconfigurations": null}"#, Match::Yes),
        (r#"[{"Target": "a", "Vulnerabilities": null}]"#, Match::Yes),
        (r#"[{"Target": "a", "Type": "npm", "#, Match::Yes),
        (r#"{"SchemaVersion": 2}"#, Match::Maybe),
        ("null", Match::Maybe),
        (" null\n", Match::Maybe),
        (r#"{"ID": "k8s-nsa-1.0", "Title": "a", "SummaryControls": [{"ID": "1.0""#, Match::Yes),
        ("nullx", Match::No),
        ("[]", Match::No),
        ("{}", Match::No),
        ("", Match::No),
        ("Report Summary", Match::No),
        (r#"{"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport"}"#, Match::No),
        (r#"{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": []}"#, Match::No),
        (r#"{"bomFormat": "CycloneDX", "metadata": {}}"#, Match::No),
        (r#"{"matches": [], "descriptor": {"name": "grype"}}"#, Match::No),
        (
            r#"{"SchemaVersion": "2018-10-08", "ProductArn": "a", "CreatedAt": "", "Resources": []}"#,
            Match::No,
        ),
        (r#"[{"Target": {"Url": "a"}, "Vulnerabilities": []}]"#, Match::No),
    ] {
        assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
    }
}
