//! The jobs of a pipeline: one that scans and converts, and what may stand beside it.

use crate::{
    Scanner,
    rules::{feature, rules},
    yaml::{Document, Node},
};

/// Where the released program lies, for jobs whose image does not have it.
const RELEASES: &str = "https://gitlab.com/scanlift/scanlift/-/releases";
/// An image with a shell, for jobs that only need scanlift.
const SMALL_IMAGE: &str = "alpine:3.22";
/// The image that container scanning looks at, by GitLab's variables.
const IMAGE: &str = "${CS_IMAGE:-${DOCKER_IMAGE:-${CI_APPLICATION_REPOSITORY:-$CI_REGISTRY_IMAGE/$CI_COMMIT_REF_SLUG}:${CI_APPLICATION_TAG:-$CI_COMMIT_SHA}}}";
/// The files of a shard, in a shell.
const SHARD: &str = "$shard";

/// How a job comes by scanlift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provision {
    /// The static program of a release, with `curl` or `wget`.
    #[default]
    Download,
    /// The Python package that carries the program.
    Pip,
    /// The npm package that carries the program.
    Npm,
    /// The image has it.
    Present,
}

/// What is wished of a scanner's jobs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// The scanner.
    pub scanner: Scanner,
    /// Name of the scanning job; by convention `<scanner>_<kind>`.
    pub name: String,
    /// The stage, where it is not to be the default one, `test`.
    pub stage: Option<String>,
    /// What to scan, in place of `{paths}`.
    pub paths: String,
    /// How the job comes by scanlift.
    pub provision: Provision,
    /// The version of scanlift.
    pub version: String,
    /// Further arguments of `scanlift convert`.
    pub convert: Vec<String>,
    /// The user and group that the job runs as; `None` leaves it to the image.
    pub user: Option<String>,
    /// Whether reports are kept to developers by `artifacts:access`; an older GitLab has `artifacts:public`.
    pub access: bool,
    /// In how many jobs to scan at once.
    pub shards: Option<u32>,
    /// Arguments of `scanlift gate`, for a job that refuses what they refuse.
    pub gate: Option<Vec<String>>,
    /// Whether to write Code Quality too, which every tier shows.
    pub code_quality: bool,
}

impl Job {
    /// A job of a scanner, by GitLab's conventions; `version` is scanlift's.
    #[must_use]
    pub fn new(scanner: Scanner, version: &str) -> Self {
        let provision = match scanner.image.split([':', '/']).next() {
            Some("python") => Provision::Pip,
            Some("node") => Provision::Npm,
            _ => Provision::Download,
        };
        Self {
            name: scanner.job_name(),
            scanner,
            stage: None,
            paths: ".".to_owned(),
            provision,
            version: version.to_owned(),
            convert: Vec::new(),
            user: Some("1000:1000".to_owned()),
            access: true,
            shards: None,
            gate: None,
            code_quality: false,
        }
    }

    /// The jobs as a document of their own, to be included or copied.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document::default();
        let name = &self.scanner.name;
        match self.shards.filter(|shards| *shards > 1) {
            None => document.explain(
                format!(
                    "{name}, lifted into GitLab by scanlift in the same job.\n\
                     It ends with 0 whatever is found: GitLab ingests no report of a job that failed.{}{}",
                    if self.scanner.needs().is_some() { "\n" } else { "" },
                    self.scanner.needs().unwrap_or_default(),
                ),
                &self.name,
                self.scan(),
            ),
            Some(shards) => {
                document.explain(
                    format!("{name} on a part of the files each, converted where they are scanned."),
                    self.shard_name(),
                    self.scan_shard(shards),
                );
                document.explain(
                    "Folds the shards into one report for each kind; into none if a shard broke: what that would\n\
                     have found, GitLab would take for fixed.",
                    &self.name,
                    self.merge(shards),
                );
            }
        }
        if let Some(arguments) = &self.gate {
            document.explain(
                "Says no in a job of its own, so that the reports above are ingested all the same.",
                format!("{}_gate", self.name),
                self.refuse(arguments),
            );
        }
        document
    }

    fn shard_name(&self) -> String {
        format!("{}_shard", self.name)
    }

    fn scan(&self) -> Node {
        let mut script = self.provide(self.provision);
        script.extend(self.script(&self.paths));
        script.push(self.conversion(self.code_quality.then_some("codequality"), "").into());
        let mut job = self.head(&self.scanner.image, self.provision);
        job.push(("script", Node::List(script)));
        job.push(("allow_failure", true.into()));
        job.push(("rules", self.rules()));
        job.push(("artifacts", self.artifacts()));
        Node::map(job)
    }

    fn scan_shard(&self, shards: u32) -> Node {
        let mut script = self.provide(self.provision);
        // Told no files, scanners look at everything or refuse. So each shard has the first one, which the
        // fold takes once. File names may hold spaces, so only line ends part them.
        script.push(
            format!(
                "shard=\"$(find {} -type f -not -path './.git/*'{} | sort | awk \"NR == 1 || NR % $CI_NODE_TOTAL == $CI_NODE_INDEX - 1\")\"",
                self.paths,
                self.names()
            )
            .into(),
        );
        script.push(r#"IFS="$(printf '\n_')"; IFS="${IFS%_}"; set -f"#.into());
        script.extend(self.script(SHARD));
        script.push(self.conversion(None, "--output \"shard-$CI_NODE_INDEX/\"").into());
        let mut job = self.head(&self.scanner.image, self.provision);
        job.push(("parallel", i64::from(shards).into()));
        job.push(("script", Node::List(script)));
        job.push(("allow_failure", true.into()));
        job.push(("rules", self.rules()));
        job.push(("artifacts", Node::map([self.access(), ("paths", Node::list(["shard-*/"]))])));
        Node::map(job)
    }

    /// What `find` is told of the files that are looked at, where the scanner is for files of one ending.
    fn names(&self) -> String {
        let ending = match self.scanner.exists.as_slice() {
            [glob] => glob.strip_prefix("**/*."),
            _ => None,
        };
        match ending.filter(|ending| ending.chars().all(|c| c.is_alphanumeric() || c == '.')) {
            Some(ending) => format!(" -name '*.{ending}'"),
            None => String::new(),
        }
    }

    fn merge(&self, shards: u32) -> Node {
        let mut script = self.provide(Provision::Download);
        // What a job that broke has left is not uploaded, and each of the others has written every report.
        let report = Scanner::report(self.scanner.kind());
        script.push(
            format!(
                "test \"$(ls shard-*/{report} | wc -l)\" -eq {shards} || {{ echo \"[ERRO] not all {shards} shards have left a report\"; exit 1; }}"
            )
            .into(),
        );
        let reports = self.reports();
        for report in &reports {
            script.push(format!("scanlift merge shard-*/{report} --output {report}").into());
        }
        if self.code_quality {
            let reports = reports.join(" ");
            script.push(format!("scanlift convert {reports} --from gitlab --to codequality").into());
        }
        let mut job = self.head(SMALL_IMAGE, Provision::Download);
        job.push(("needs", Node::list([self.shard_name()])));
        job.push(("script", Node::List(script)));
        job.push(("allow_failure", true.into()));
        job.push(("rules", self.rules()));
        job.push(("artifacts", self.artifacts()));
        Node::map(job)
    }

    fn refuse(&self, arguments: &[String]) -> Node {
        let gate = format!("scanlift gate {} {}", self.reports().join(" "), arguments.join(" "));
        let mut script = self.provide(Provision::Download);
        script.push(gate.trim_end().into());
        let mut job = self.head(SMALL_IMAGE, Provision::Download);
        job.push(("needs", Node::list([self.name.as_str()])));
        job.push(("script", Node::List(script)));
        job.push(("rules", self.rules()));
        Node::map(job)
    }

    /// What every job begins with.
    fn head(&self, image: &str, provision: Provision) -> Vec<(&'static str, Node)> {
        let mut head = Vec::new();
        if let Some(stage) = &self.stage {
            head.push(("stage", stage.as_str().into()));
        }
        // A job's script needs a shell, not what the image would start by itself.
        let mut container = vec![("name", image.into()), ("entrypoint", Node::row([""]))];
        if let Some(user) = &self.user {
            container.push(("docker", Node::map([("user", user.as_str().into())])));
        }
        head.push(("image", Node::map(container)));
        let mut variables = Vec::new();
        if provision != Provision::Present {
            variables.push(("SCANLIFT_VERSION", self.version.as_str().into()));
        }
        if provision == Provision::Download {
            variables.push(("SCANLIFT_URL", format!("{RELEASES}/v{}/downloads", self.version).into()));
        }
        if self.scanner.home && image == self.scanner.image {
            // The user that the job runs as has no home in the image.
            variables.push(("HOME", "/tmp".into()));
        }
        if !variables.is_empty() {
            head.push(("variables", Node::map(variables)));
        }
        head
    }

    /// A licence is asked for only where nothing is of use without it: neither Code Quality nor the gate's
    /// answer, nor the report of a kind.
    fn rules(&self) -> Node {
        let kinds = &self.scanner.kinds;
        let is_for_all =
            self.code_quality || self.gate.is_some() || kinds.iter().any(|kind| feature(*kind).is_none());
        let kind = self.scanner.kind();
        rules(kind, feature(kind).filter(|_| !is_for_all), &self.scanner.exists)
    }

    fn provide(&self, provision: Provision) -> Vec<Node> {
        match provision {
            Provision::Present => Vec::new(),
            Provision::Pip => vec![
                "pip install --quiet --target /tmp/scanlift \"scanlift==$SCANLIFT_VERSION\"".into(),
                "export PATH=\"/tmp/scanlift/bin:$PATH\"".into(),
            ],
            Provision::Npm => vec![
                "npm install --silent --prefix /tmp/scanlift \"scanlift@$SCANLIFT_VERSION\"".into(),
                "export PATH=\"/tmp/scanlift/node_modules/.bin:$PATH\"".into(),
            ],
            Provision::Download => vec![DOWNLOAD.into()],
        }
    }

    fn script(&self, paths: &str) -> Vec<Node> {
        let url = "$DAST_TARGET_URL";
        let fill = |line: &String| {
            line.replace("{paths}", paths).replace("{image}", &format!("\"{IMAGE}\"")).replace("{url}", url)
        };
        self.scanner.script.iter().map(|line| fill(line).into()).collect()
    }

    /// Every kind that is uploaded is named, so that its report is there even if it is empty.
    fn conversion(&self, format: Option<&'static str>, output: &str) -> String {
        let mut command = format!("scanlift convert {}", word(&self.scanner.output));
        let kinds = self.scanner.kinds.iter().map(|kind| kind.as_str());
        for to in kinds.chain(format) {
            command.push_str(" --to ");
            command.push_str(to);
        }
        let options = self.scanner.options.iter().chain(&self.convert).map(String::as_str);
        for argument in options.chain([output]) {
            if !argument.is_empty() {
                command.push(' ');
                command.push_str(argument);
            }
        }
        command
    }

    fn reports(&self) -> Vec<String> {
        self.scanner.kinds.iter().map(|kind| Scanner::report(*kind)).collect()
    }

    /// Reports name flaws.
    fn access(&self) -> (&'static str, Node) {
        match self.access {
            true => ("access", "developer".into()),
            false => ("public", false.into()),
        }
    }

    fn artifacts(&self) -> Node {
        let mut reports: Vec<(&str, String)> =
            self.scanner.kinds.iter().map(|kind| (kind.as_str(), Scanner::report(*kind))).collect();
        if self.code_quality {
            reports.push(("codequality", "gl-code-quality-report.json".to_owned()));
        }
        let mut artifacts = vec![self.access()];
        if self.gate.is_some() {
            // What the gate reads has to be a file as well.
            artifacts.push(("paths", Node::list(reports.iter().map(|(_, file)| file.as_str()))));
        }
        artifacts.push(("reports", Node::map(reports.into_iter().map(|(key, file)| (key, file.into())))));
        Node::map(artifacts)
    }
}

/// A file's name as one word of a shell. Variables and patterns in it stay what they are.
fn word(name: &str) -> String {
    if !name.contains(|c: char| c.is_whitespace() || "\"'`\\;&|<>()#".contains(c)) {
        return name.to_owned();
    }
    let mut word = String::from('"');
    for c in name.chars() {
        if matches!(c, '"' | '`' | '\\') {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

const DOWNLOAD: &str = r#"if ! command -v scanlift >/dev/null; then
  file="$SCANLIFT_URL/scanlift-$SCANLIFT_VERSION-$(uname -m)-linux"
  mkdir -p /tmp/scanlift
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --output /tmp/scanlift/scanlift "$file"
  else
    wget -q -O /tmp/scanlift/scanlift "$file"
  fi
  if [ -n "$SCANLIFT_SHA256" ]; then
    echo "$SCANLIFT_SHA256  /tmp/scanlift/scanlift" | sha256sum -c -
  fi
  chmod +x /tmp/scanlift/scanlift
  export PATH="/tmp/scanlift:$PATH"
fi
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_a_shell_would_part_them() {
        for (name, want) in [
            ("out.sarif", "out.sarif"),
            ("/tmp/$CI_JOB_ID/*.json", "/tmp/$CI_JOB_ID/*.json"),
            ("out file.sarif", r#""out file.sarif""#),
            ("a;b.json", r#""a;b.json""#),
            (r#"it's "1".json"#, r#""it's \"1\".json""#),
            ("${A:-a b}.json", r#""${A:-a b}.json""#),
        ] {
            assert_eq!(word(name), want);
        }
    }
}
