//! A small project that shows the loop: scan, report, gate, fix.

use crate::{File, Job, component::SAMPLE_CODE, yaml::YamlError};

/// The files of a demonstration: code with a flaw, the pipeline, and what to show in which order.
///
/// # Errors
/// If the pipeline cannot be written as YAML.
pub fn demo(job: &Job) -> Result<Vec<File>, YamlError> {
    let mut job = job.clone();
    job.code_quality = true;
    job.gate.get_or_insert_with(|| vec!["--max-critical 0".to_owned(), "--max-high 0".to_owned()]);
    Ok(vec![
        File::new("README.md", readme(&job)),
        File::new("app.py", SAMPLE_CODE),
        File::new("requirements.txt", "flask==2.2.2\nrequests==2.19.0\n"),
        File::new("package.json", PACKAGE),
        File::new(".gitlab-ci.yml", job.document().to_yaml()?),
    ])
}

fn readme(job: &Job) -> String {
    let (name, scan) = (&job.scanner.name, &job.name);
    format!(
        "# {name} in GitLab: a demonstration\n\n\
         Code that is vulnerable on purpose, and a pipeline that scans it with {name} and lifts what it finds into GitLab.\n\n\
         ## Before\n\n\
         1. Push this to a project of its own. The first pipeline on the default branch runs `{scan}` and `{scan}_gate`;\n   \
         the second says no, and the report is ingested all the same.\n\
         2. With Ultimate the vulnerability report (Secure) lists the findings. On every tier the job's artifacts hold the\n   \
         reports, and the merge request shows Code Quality.\n{}\n\
         ## Show\n\n\
         1. A branch that adds a flaw, say another query put together from text in `app.py`. The merge request lists it as\n   \
         new, with name, severity, code, links and CWE.\n\
         2. Lines added above it: nothing is new, since identity does not hang on lines.\n\
         3. `scanlift diff` and `scanlift gate` say the same before the push.\n\
         4. A branch that mends it: the merge request lists it as fixed.\n\
         5. `scanlift remediate` lists the patches that GitLab offers, and applies one.\n\
         6. `scanlift render` on the artifact: the page for those who have no access to GitLab.\n\n\
         ## Turn off\n\n\
         `{}: \"true\"` in the pipeline's variables.\n",
        job.scanner.needs().map(|needs| format!("3. {}\n", needs.replace('\n', "\n   "))).unwrap_or_default(),
        crate::rules::disabled_variable(job.scanner.kind()),
    )
}

const PACKAGE: &str = "{\n  \"name\": \"demo\",\n  \"version\": \"1.0.0\",\n  \"private\": true,\n  \"dependencies\": {\n    \"lodash\": \"4.17.15\"\n  }\n}\n";
