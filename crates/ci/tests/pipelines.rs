//! What is printed holds to GitLab's conventions (`development/integrations/secure.md`), and to the
//! schema that GitLab publishes for `.gitlab-ci.yml` (MIT licence, © GitLab B.V.), for every scanner
//! that is known and every shape of its jobs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use scanlift_ci::{
    Custom, File, Job, POLICY_FILE, Policies, Provision, Scanner, demo, feature, repository, template,
};
use scanlift_report_core::Kind;
use serde_json::Value;

const SCHEMA: &str = include_str!("schema/gitlab-ci.json");

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn jobs() -> Vec<Job> {
    let mut jobs = Vec::new();
    for scanner in Scanner::known().into_values() {
        let plain = Job::new(scanner, "0.1.0");
        let mut full = plain.clone();
        full.gate = Some(vec!["--max-critical 0".to_owned()]);
        full.code_quality = true;
        full.stage = Some("security".to_owned());
        let mut sharded = full.clone();
        sharded.shards = Some(4);
        let mut present = plain.clone();
        present.provision = Provision::Present;
        present.user = None;
        let mut old = sharded.clone();
        old.fit("15.4".parse().unwrap());
        jobs.extend([plain, full, sharded, present, old]);
    }
    jobs
}

fn read(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The jobs of a document that scan: they run the scanner's script.
fn entries(document: &Value) -> Vec<(&String, &Value)> {
    document.as_object().unwrap().iter().collect()
}

#[test]
fn every_job_fits_gitlabs_schema() {
    let schema = schema();
    for job in jobs() {
        let yaml = job.document().to_yaml().unwrap();
        let value = read(&yaml);
        let errors: Vec<String> =
            schema.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{yaml}");
    }
}

/// Section 3 of GitLab's guide for scanner integrations, rule by rule.
#[test]
fn every_job_holds_to_the_conventions() {
    type Rule = (&'static str, fn(&Job, &str, &Value) -> bool);
    let is_scan = |job: &Job, name: &str| name == job.name || name.ends_with("_shard");
    let rules: [Rule; 12] = [
        ("script is there", |_, _, value| value["script"].as_array().is_some_and(|lines| !lines.is_empty())),
        ("no before_script, no after_script", |_, _, value| {
            value.get("before_script").is_none() && value.get("after_script").is_none()
        }),
        ("entrypoint is emptied, so that the script has a shell", |_, _, value| {
            value["image"]["entrypoint"][0] == ""
        }),
        ("the stage is the default one unless asked for", |job, _, value| {
            value.get("stage").is_none() == job.stage.is_none()
        }),
        ("*_DISABLED switches it off", |job, _, value| {
            let variable = format!("{}_DISABLED", job.scanner.kind().as_str().to_uppercase());
            value["rules"][0]["if"].as_str().is_some_and(|rule| rule.contains(&variable))
                && value["rules"][0]["when"] == "never"
        }),
        ("merge request pipelines only with AST_ENABLE_MR_PIPELINES", |_, _, value| {
            let rules = value["rules"].as_array().unwrap();
            let text = |at: usize| rules[at]["if"].as_str().unwrap().to_owned();
            text(1).contains("merge_request_event")
                && text(1).contains("AST_ENABLE_MR_PIPELINES")
                && text(2).contains("merge_request_event")
                && rules[2]["when"] == "never"
                && text(3).contains("CI_OPEN_MERGE_REQUESTS")
                && rules[3]["when"] == "never"
        }),
        ("what a licence is needed for asks GITLAB_FEATURES", |job, _, value| {
            let last = value["rules"][4]["if"].as_str().unwrap();
            let is_for_all = job.gate.is_some()
                || job.code_quality
                || job.scanner.kinds.iter().any(|kind| feature(*kind).is_none());
            last.contains("GITLAB_FEATURES") != is_for_all
        }),
        ("exists: where only some projects have what is scanned", |job, _, value| {
            value["rules"][4].get("exists").is_some() != job.scanner.exists.is_empty()
        }),
        ("no filter of branches or changes", |_, _, value| {
            !value.to_string().contains("\"changes\"")
                && value.get("only").is_none()
                && value.get("except").is_none()
        }),
        ("runs as somebody else than root", |job, _, value| match job.user {
            Some(_) => value["image"]["docker"]["user"] == "1000:1000",
            None => value["image"].get("docker").is_none(),
        }),
        ("a report is kept to developers", |job, _, value| {
            value.get("artifacts").is_none_or(|artifacts| match job.access {
                true => artifacts["access"] == "developer",
                false => artifacts["public"] == false && artifacts.get("access").is_none(),
            })
        }),
        ("no host is written down but scanlift's", |_, _, value| {
            let text = value.to_string().replace("https://gitlab.com/scanlift", "");
            !text.contains("https://") && !text.contains("http://")
        }),
    ];
    for job in jobs() {
        let yaml = job.document().to_yaml().unwrap();
        for (name, value) in entries(&read(&yaml)) {
            for (rule, holds) in rules {
                assert!(holds(&job, name, value), "{rule}: {name}\n{yaml}");
            }
            let text = value["script"].to_string();
            if is_scan(&job, name) {
                assert_eq!(value["allow_failure"], true, "{yaml}");
                assert!(!text.contains("scanlift gate"), "a gate in the job that reports:\n{yaml}");
            } else {
                assert!(text.contains("scanlift gate") && value.get("allow_failure").is_none(), "{yaml}");
                assert_eq!(value["needs"][0], job.name.as_str(), "{yaml}");
            }
        }
    }
}

#[test]
fn the_key_of_an_artifact_is_the_kind_of_its_report() {
    for job in jobs() {
        let value = read(&job.document().to_yaml().unwrap());
        let reports = value[&job.name]["artifacts"]["reports"].as_object().unwrap();
        for kind in &job.scanner.kinds {
            assert_eq!(reports[kind.as_str()], format!("gl-{}-report.json", kind.slug()));
        }
        assert_eq!(reports.contains_key("codequality"), job.code_quality);
        let paths = value[&job.name]["artifacts"]["paths"].as_array();
        assert_eq!(paths.is_some(), job.gate.is_some(), "the gate needs files");
    }
}

/// On Free and Premium a job that waits for a licence is not there at all.
#[test]
fn what_every_tier_has_waits_for_no_licence() {
    let job = |id: &str| Job::new(Scanner::find(id, &Custom::default()).unwrap(), "0.1.0");
    let waits = |job: &Job| job.document().to_yaml().unwrap().contains("GITLAB_FEATURES");
    for id in ["npm-audit", "grype", "zap"] {
        let plain = job(id);
        assert!(waits(&plain), "{id}: nobody would read the report");
        let mut shown = plain.clone();
        shown.code_quality = true;
        let mut gated = plain;
        gated.gate = Some(vec!["--max-critical 0".to_owned()]);
        assert!(!waits(&shown) && !waits(&gated), "{id}");
    }
    // Their secrets and SAST need none.
    assert!(!waits(&job("trivy")) && !waits(&job("trivy-image")));
}

#[test]
fn names_are_scanner_and_kind() {
    let names: Vec<String> = Scanner::known().values().map(Scanner::job_name).collect();
    assert!(
        names.contains(&"semgrep_sast".to_owned()) && names.contains(&"grype_container_scanning".to_owned())
    );
    assert!(
        names.iter().all(|name| Kind::ALL.iter().any(|kind| name.ends_with(&format!("_{}", kind.as_str()))))
    );
}

#[test]
fn shards_are_scanned_beside_each_other_and_folded() {
    let mut job = Job::new(Scanner::find("semgrep", &Custom::default()).unwrap(), "0.1.0");
    job.shards = Some(3);
    job.code_quality = true;
    job.paths = "src lib".to_owned();
    let value = read(&job.document().to_yaml().unwrap());
    let shard = &value["semgrep_sast_shard"];
    assert_eq!(shard["parallel"], 3);
    assert!(shard["artifacts"].get("reports").is_none(), "only the folded report is uploaded");
    let script = shard["script"].to_string();
    assert!(script.contains("CI_NODE_INDEX") && script.contains("find src lib -type f"), "{script}");
    assert!(!script.contains("codequality"), "nobody would upload it");
    assert_eq!(value["semgrep_sast"]["needs"][0], "semgrep_sast_shard");
    let script = value["semgrep_sast"]["script"].to_string();
    for line in [
        "scanlift merge shard-*/gl-sast-report.json --output gl-sast-report.json",
        "scanlift convert gl-sast-report.json gl-secret-detection-report.json --from gitlab --to codequality",
    ] {
        assert!(script.contains(line), "{line}\n{script}");
    }
}

/// What the scripts do in a shell, with a scanlift that only says what it was told.
#[cfg(unix)]
mod shell {
    use super::*;
    use std::{
        fs,
        path::{Path, PathBuf},
        process::Command,
    };

    fn folder(name: &str, files: &[&str]) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn run(job: &Value, folder: &Path, node: [&str; 2]) -> (bool, String) {
        let lines: Vec<_> = job["script"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let scanlift = r#"scanlift() { printf 'scanlift'; printf ' %s' "$@"; echo; }"#;
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("set -e\n{scanlift}\n{}", lines.join("\n"))])
            .current_dir(folder)
            .env("CI_NODE_INDEX", node[0])
            .env("CI_NODE_TOTAL", node[1])
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    fn sharded(shards: u32) -> Value {
        let mut custom = Custom::default();
        custom.image = Some("acme/mysec:1".to_owned());
        custom.script = vec![r"printf '%s\n' {paths}".to_owned()];
        custom.output = Some("mysec.sarif".to_owned());
        custom.kinds = vec![Kind::Sast];
        custom.exists = vec!["**/*.py".to_owned()];
        let mut job = Job::new(Scanner::find("mysec", &custom).unwrap(), "0.1.0");
        job.provision = Provision::Present;
        job.shards = Some(shards);
        read(&job.document().to_yaml().unwrap())
    }

    /// Without a file some scanners fail, and some look at everything.
    #[test]
    fn every_file_is_in_a_shard_and_no_shard_is_without() {
        let folder = folder("shards", &["a b.py", "c/d.py", "e.py", "f.txt", ".git/g.py"]);
        for (index, total, files) in [
            ("1", "2", "./a b.py\n./c/d.py\n"),
            ("2", "2", "./a b.py\n./e.py\n"),
            ("1", "5", "./a b.py\n"),
            ("2", "5", "./a b.py\n"),
            ("3", "5", "./a b.py\n./c/d.py\n"),
            ("4", "5", "./a b.py\n./e.py\n"),
            ("5", "5", "./a b.py\n"),
        ] {
            let said = run(&sharded(5)["mysec_sast_shard"], &folder, [index, total]);
            let convert = format!("scanlift convert mysec.sarif --to sast --output shard-{index}/\n");
            assert_eq!(said, (true, format!("{files}{convert}")));
        }
    }

    /// GitLab takes for fixed what a report no longer has.
    #[test]
    fn what_a_shard_lacks_keeps_the_others_from_being_folded() {
        let shards = ["shard-1/gl-sast-report.json", "shard-2/gl-sast-report.json"];
        let (is_done, said) = run(&sharded(3)["mysec_sast"], &folder("broken", &shards), ["", ""]);
        assert!(!is_done);
        assert_eq!(said, "[ERRO] not all 3 shards have left a report\n");
        let (is_done, said) = run(&sharded(2)["mysec_sast"], &folder("whole", &shards), ["", ""]);
        assert!(is_done);
        assert_eq!(said, format!("scanlift merge {} --output gl-sast-report.json\n", shards.join(" ")));
    }
}

#[test]
fn container_scanning_takes_gitlabs_variables() {
    for id in ["trivy-image", "grype"] {
        let yaml =
            Job::new(Scanner::find(id, &Custom::default()).unwrap(), "0.1.0").document().to_yaml().unwrap();
        for name in [
            "CS_IMAGE",
            "DOCKER_IMAGE",
            "CI_APPLICATION_REPOSITORY",
            "CI_APPLICATION_TAG",
            "CS_REGISTRY_USER",
            "DOCKER_USER",
            "CI_REGISTRY_PASSWORD",
        ] {
            assert!(yaml.contains(name), "{id}: {name}\n{yaml}");
        }
        // The ignore file and the Dockerfile are in the repository.
        assert!(!yaml.contains("GIT_STRATEGY"), "{yaml}");
        // The password of the project's registry is for no other one.
        let own = yaml.lines().find(|line| line.contains("CI_REGISTRY_PASSWORD")).unwrap();
        assert!(own.contains(r#"in "$CI_REGISTRY"/*) "#), "{own}");
    }
}

/// Who prints a job is told what it scans, where that is not the repository.
#[test]
fn what_has_to_be_set_is_said_in_every_place() {
    for (id, needed) in
        [("zap", "DAST_TARGET_URL"), ("nuclei", "DAST_TARGET_URL"), ("grype", "CI_APPLICATION_REPOSITORY")]
    {
        let job = Job::new(Scanner::find(id, &Custom::default()).unwrap(), "0.1.0");
        assert!(job.scanner.needs().is_some_and(|needs| needs.contains(needed)));
        let yaml = job.document().to_yaml().unwrap();
        assert!(yaml.lines().any(|line| line.starts_with('#') && line.contains(needed)), "{yaml}");
        let (component, demo) = (repository(&job).unwrap(), demo(&job).unwrap());
        for files in [component, demo] {
            assert!(file(&files, "README.md").contains(needed), "{id}");
        }
    }
    let semgrep = Scanner::find("semgrep", &Custom::default()).unwrap();
    assert_eq!(semgrep.needs(), None);
}

fn file<'f>(files: &'f [File], path: &str) -> &'f str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).content
}

#[test]
fn a_component_has_all_that_a_catalog_asks_for() {
    let schema = schema();
    for job in jobs() {
        let files = repository(&job).unwrap();
        for path in ["README.md", "LICENSE.md", ".gitlab-ci.yml"] {
            assert!(!file(&files, path).is_empty());
        }
        assert!(schema.is_valid(&read(file(&files, ".gitlab-ci.yml"))), "{}", file(&files, ".gitlab-ci.yml"));
        let text = file(&files, &format!("templates/{}.yml", job.scanner.id));
        assert_eq!(text, template(&job).unwrap());
        let (spec, jobs) = text.split_once("\n---\n").unwrap();
        let inputs = read(spec)["spec"]["inputs"].clone();
        let inputs = inputs.as_object().unwrap();
        assert!(
            inputs.values().all(|input| input.get("default").is_some() && input.get("description").is_some())
        );
        for (input, _) in inputs {
            assert!(jobs.contains(&format!("$[[ inputs.{input} ]]")), "{input} is not used:\n{text}");
            assert!(file(&files, "README.md").contains(&format!("| `{input}` |")));
        }
        for global in ["default:", "variables:", "image:", "stages:", "workflow:"] {
            assert!(!jobs.lines().any(|line| line.starts_with(global)), "{global} is the user's");
        }
        assert!(schema.is_valid(&read(jobs)), "{jobs}");
    }
}

#[test]
fn policies_match_what_is_emitted() {
    for job in jobs() {
        let policies = Policies::new(job.clone(), "group/security-policies");
        let files = policies.files().unwrap();
        let value = read(file(&files, POLICY_FILE));
        let execution = &value["pipeline_execution_policy"][0];
        assert_eq!(execution["pipeline_config_strategy"], "inject_policy");
        let included = &execution["content"]["include"][0];
        assert_eq!(included["project"], "group/security-policies");
        assert!(files.iter().any(|file| included["file"] == file.path.as_str()));
        let approval = &value["approval_policy"][0];
        let rule = &approval["rules"][0];
        let scanners: Vec<_> =
            rule["scanners"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(scanners, job.scanner.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
        assert_eq!(rule["type"], "scan_finding");
        assert_eq!(approval["actions"][0]["approvals_required"], 1);
        assert_eq!(approval["fallback_behavior"]["fail"], "closed");
    }
}

#[test]
fn the_demonstration_shows_the_loop() {
    let job = Job::new(Scanner::find("semgrep", &Custom::default()).unwrap(), "0.1.0");
    let files = demo(&job).unwrap();
    let pipeline = read(file(&files, ".gitlab-ci.yml"));
    assert!(schema().is_valid(&pipeline));
    assert!(pipeline.get("semgrep_sast_gate").is_some());
    assert_eq!(
        pipeline["semgrep_sast"]["artifacts"]["reports"]["codequality"],
        "gl-code-quality-report.json"
    );
    assert!(file(&files, "app.py").contains("shell=True"));
}

/// The repository carries its own components; `SCANLIFT_BLESS=1` writes them anew.
#[test]
fn the_repositorys_components_are_up_to_date() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (id, scanner) in Scanner::known() {
        let mut job = Job::new(scanner, env!("CARGO_PKG_VERSION"));
        job.convert = Vec::new();
        let (path, text) = (root.join(format!("templates/{id}.yml")), template(&job).unwrap());
        if std::env::var_os("SCANLIFT_BLESS").is_some() {
            std::fs::create_dir_all(root.join("templates")).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == text, "{} is old: run the test with SCANLIFT_BLESS=1", path.display());
    }
}
