//! A CI/CD component: the job of a scanner with inputs, and the repository that publishes it
//! (GitLab's documentation, `ci/components/_index.md` and `ci/inputs/_index.md`).

use crate::{
    File, Job, Provision,
    yaml::{Document, Node, YamlError},
};

/// The text of a component's template: `spec:` with its inputs, then the jobs.
///
/// # Errors
/// If it cannot be written as YAML.
pub fn template(job: &Job) -> Result<String, YamlError> {
    let mut spec = Document::default();
    spec.put("spec", Node::map([("inputs", inputs(job))]));
    Ok(format!("{}---\n{}", spec.to_yaml()?, with_inputs(job).document().to_yaml()?))
}

/// The component's job: what users may set is an input.
fn with_inputs(job: &Job) -> Job {
    let mut job = job.clone();
    job.name = "$[[ inputs.job_name ]]".to_owned();
    job.stage = Some("$[[ inputs.stage ]]".to_owned());
    job.scanner.image = "$[[ inputs.image ]]".to_owned();
    job.version = "$[[ inputs.scanlift_version ]]".to_owned();
    job.paths = "$[[ inputs.paths ]]".to_owned();
    job.convert = vec!["$[[ inputs.convert_options ]]".to_owned()];
    if job.gate.is_some() {
        job.gate = Some(vec!["$[[ inputs.gate_options ]]".to_owned()]);
    }
    job
}

fn inputs(job: &Job) -> Node {
    let input = |default: &str, description: String| {
        Node::map([("default", Node::from(default)), ("description", description.into())])
    };
    let name = &job.scanner.name;
    let mut inputs = vec![
        ("job_name", input(&job.name, "Name of the job.".into())),
        ("stage", input("test", "Stage of the job.".into())),
        ("image", input(&job.scanner.image, format!("Image with {name} and a shell."))),
    ];
    if job.provision != Provision::Present {
        let description = "Version of scanlift, where the image does not have it.".to_owned();
        inputs.push(("scanlift_version", input(&job.version, description)));
    }
    if job.scanner.script.iter().any(|line| line.contains("{paths}")) {
        inputs.push(("paths", input(&job.paths, "What to scan.".into())));
    }
    let convert = job.convert.join(" ");
    inputs.push(("convert_options", input(&convert, "Further options of `scanlift convert`.".into())));
    if let Some(gate) = &job.gate {
        inputs.push(("gate_options", input(&gate.join(" "), "Options of `scanlift gate`.".into())));
    }
    Node::map(inputs)
}

/// The whole repository of a component: template, README, licence, and a pipeline that tests and
/// releases it.
///
/// # Errors
/// If something cannot be written as YAML.
pub fn repository(job: &Job) -> Result<Vec<File>, YamlError> {
    let id = &job.scanner.id;
    Ok(vec![
        File::new(format!("templates/{id}.yml"), template(job)?),
        File::new("README.md", readme(job)),
        File::new("LICENSE.md", LICENCE),
        File::new(".gitlab-ci.yml", pipeline(job)?),
        File::new("sample/README.md", SAMPLE),
        File::new("sample/app.py", SAMPLE_CODE),
    ])
}

fn readme(job: &Job) -> String {
    let (id, name) = (&job.scanner.id, &job.scanner.name);
    let mut rows = String::new();
    if let Node::Map(inputs) = inputs(job) {
        for (input, facts) in inputs {
            let fact = |wanted: &str| match &facts {
                Node::Map(facts) => facts.iter().find(|(key, _)| key == wanted).map(|(_, node)| node.clone()),
                _ => None,
            };
            let (Some(Node::Text(default)), Some(Node::Text(description))) =
                (fact("default"), fact("description"))
            else {
                continue;
            };
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            rows.push_str(&format!("| `{input}` | {default} | {description} |\n"));
        }
    }
    let kinds: Vec<_> = job.scanner.kinds.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
    let switches: Vec<_> =
        job.scanner.kinds.iter().take(1).map(|kind| crate::rules::disabled_variable(*kind)).collect();
    format!(
        "# {name} in GitLab\n\n\
         Runs {name} and lifts its findings into GitLab with scanlift, as reports of {}.\n\n\
         ## Use\n\n\
         ```yaml\n\
         include:\n  - component: $CI_SERVER_FQDN/<group>/<project>/{id}@1.0.0\n\
         ```\n\n\
         The job is named `{}`, runs in branch pipelines, and in merge request pipelines instead where\n\
         `AST_ENABLE_MR_PIPELINES` is `\"true\"`.\n\
         `{}` set to `\"true\"` switches it off.\n{}\n\
         ## Inputs\n\n\
         | input | default | meaning |\n| --- | --- | --- |\n{rows}\n\
         ## Release\n\n\
         Mark the project as a CI/CD catalog project (Settings, General), then push a tag such as `1.0.0`.\n",
        kinds.join(", "),
        job.name,
        switches.join(", "),
        job.scanner.needs().map(|needs| format!("{needs}\n")).unwrap_or_default(),
    )
}

/// The sample is scanned where the component takes paths.
fn test_inputs(job: &Job) -> Vec<(&'static str, Node)> {
    let mut inputs = vec![("job_name", job.name.as_str().into())];
    if job.scanner.script.iter().any(|line| line.contains("{paths}")) {
        inputs.push(("paths", "sample".into()));
    }
    inputs
}

/// Tests the component by including itself at this commit, and releases it on a tag.
fn pipeline(job: &Job) -> Result<String, YamlError> {
    let id = &job.scanner.id;
    // JSON writes a text as jq reads it; the filter as a whole is one word of a shell.
    let filter = format!(
        ".[] | select(.name == {}) | .artifacts[] | select(.file_type == \"{}\")",
        serde_json::Value::from(job.name.as_str()),
        job.scanner.kind().as_str()
    )
    .replace('\'', r"'\''");
    let mut document = Document::default();
    document.explain(
        "The component as it is in this commit, on the sample.",
        "include",
        Node::List(vec![Node::map([
            ("component", Node::from(format!("$CI_SERVER_FQDN/$CI_PROJECT_PATH/{id}@$CI_COMMIT_SHA"))),
            ("inputs", Node::map(test_inputs(job))),
        ])]),
    );
    document.put("stages", Node::row(["test", "check", "release"]));
    document.explain(
        "The job has to be in this pipeline, and to have uploaded its report; it does not run for tags.",
        "ensure-job-added",
        Node::map([
            ("stage", Node::from("check")),
            ("image", Node::map([("name", "alpine:3.22".into()), ("entrypoint", Node::row([""]))])),
            (
                "script",
                Node::List(vec![
                    "apk add --no-cache curl jq".into(),
                    "url=\"$CI_API_V4_URL/projects/$CI_PROJECT_ID/pipelines/$CI_PIPELINE_ID/jobs\"".into(),
                    format!(
                        "curl --fail --silent --show-error --header \"PRIVATE-TOKEN: $API_TOKEN\" \"$url\" | jq --exit-status '{filter}'"
                    )
                    .into(),
                ]),
            ),
            ("rules", Node::List(vec![Node::map([("if", "$API_TOKEN && $CI_COMMIT_BRANCH".into())])])),
        ]),
    );
    document.put(
        "create-release",
        Node::map([
            ("stage", Node::from("release")),
            ("image", "registry.gitlab.com/gitlab-org/cli:latest".into()),
            ("script", Node::list(["echo \"Release $CI_COMMIT_TAG\""])),
            (
                "rules",
                Node::List(vec![Node::map([("if", "$CI_COMMIT_TAG =~ /^\\d+\\.\\d+\\.\\d+$/".into())])]),
            ),
            (
                "release",
                Node::map([
                    ("tag_name", Node::from("$CI_COMMIT_TAG")),
                    ("description", "Release $CI_COMMIT_TAG of components in $CI_PROJECT_PATH".into()),
                ]),
            ),
        ]),
    );
    document.to_yaml()
}

const LICENCE: &str = "# MIT License\n\n\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated\n\
documentation files (the \"Software\"), to deal in the Software without restriction, including without limitation\n\
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to\n\
permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\n\
The above copyright notice and this permission notice shall be included in all copies or substantial portions of the\n\
Software.\n\n\
THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE\n\
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR\n\
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR\n\
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n";

const SAMPLE: &str = "# Sample\n\nWhat the pipeline of this component scans to test itself. It is vulnerable on purpose.\n\
Replace it where the scanner reads something else than Python.\n";

pub(crate) const SAMPLE_CODE: &str = r#"import sqlite3
import subprocess


def user(name):
    connection = sqlite3.connect("app.db")
    return connection.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchone()


def ping(host):
    return subprocess.check_output("ping -c 1 " + host, shell=True)
"#;
