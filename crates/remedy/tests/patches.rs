//! Makes patches for a tree with manifests of every family, and lets git judge them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "figures, for those who ask with --nocapture")]

use proptest::prelude::*;
use scanlift_convert_api::{Artifact, Change, Finding, Fix, Replacement, Upgrade};
use scanlift_remedy::{Candidate, Ecosystem, Edits, Outcome, Remedies, diff, patch::Patch};
use scanlift_report_core::{
    Dependency, DependencyLocation, Identifier, ImageLocation, Location, SourceLocation, Vulnerability,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// What a scanner says of a package, and what the patch is to put in, or why there is none.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Result<&'static str, &'static str>,
);

/// Ecosystem, file, package, installed version, fixed versions.
#[rustfmt::skip]
const CASES: &[Case] = &[
    // requirements.txt, its includes and constraints.
    ("pypi", "python/requirements.txt", "django", "2.2.0", "2.2.28, 3.2.13", Ok("+Django == 2.2.28        # the long-lived one\n")),
    ("pypi", "python/requirements.txt", "flask", "1.0.2", "1.1.4", Ok("+flask[async]>=1.1.4,<2   # below two, see ticket 7\n")),
    ("pypi", "python/requirements.txt", "requests", "2.19.1", "2.20.0", Ok("+requests ~= 2.19,>= 2.20.0 ; python_version >= \"3.6\"\n")),
    ("pypi", "python/requirements.txt", "jinja2", "2.10", "2.10.1", Ok("+jinja2==2.10.1 \\\n")),
    ("pypi", "python/requirements.txt", "pyyaml", "5.1", "5.4", Ok("+PyYAML>=5.4\n")),
    ("pypi", "python/requirements.txt", "cryptography", "3.0", "3.3.2", Ok("+cryptography (>=3.3.2)\n")),
    ("pypi", "python/requirements.txt", "urllib3", "1.23", "1.26.5", Ok("+urllib3==1.26.5\n")),
    ("pypi", "python/requirements.txt", "certifi", "2020.4.5", "2022.12.7", Ok("+certifi==2022.12.7\n")),
    ("pypi", "python/requirements.txt", "markupsafe", "1.0", "2.0.0", Ok("+markupsafe>=2.0.0  # not asked for directly: below it is vulnerable\n")),
    ("pypi", "python/requirements-hashed.txt", "idna", "2.8", "3.7", Err("requirement")),
    ("pypi", "python/requirements-windows.txt", "pillow", "8.0.0", "8.1.1", Ok("+pillow==8.1.1\r\n")),
    ("pypi", "python/requirements-windows.txt", "lxml", "4.5", "4.6.5", Ok("+lxml>=4.6.5\r\n")),
    ("pypi", "python/requirements-no-end.txt", "numpy", "1.20.0", "1.22.0", Ok("+numpy==1.22.0\n\\ No newline")),
    // Pipfile.
    ("pypi", "pipenv/Pipfile.lock", "flask", "0.12.2", "0.12.3", Ok("+flask = \"==0.12.3\"          # old\n")),
    ("pypi", "pipenv/Pipfile.lock", "werkzeug", "0.15.0", "0.15.5", Ok("+werkzeug = {version = \"~=0.15.5\", extras = [\"watchdog\"]}\n")),
    ("pypi", "pipenv/Pipfile.lock", "click", "7.0", "8.1.3", Ok("+click = \">=8.1.3\"\n")),
    ("pypi", "pipenv/Pipfile.lock", "itsdangerous", "1.1.0", "2.0.0", Ok("+itsdangerous = \">=2.0.0\"\n")),
    // pyproject.toml.
    ("pypi", "poetry/pyproject.toml", "wheel", "0.37.0", "0.38.1", Ok("'wheel==0.38.1'")),
    ("pypi", "poetry/pyproject.toml", "aiohttp", "3.8.1", "3.9.2", Ok("+    \"aiohttp>=3.9.2,<3.10\",  # the client\n")),
    ("pypi", "poetry/pyproject.toml", "sqlparse", "0.4.1", "0.4.4", Ok("+    \"sqlparse~=0.4.4\",\n")),
    ("pypi", "poetry/pyproject.toml", "starlette", "0.20.0", "0.25.0", Ok("'starlette==0.25.0; python_version")),
    ("pypi", "poetry/pyproject.toml", "reportlab", "3.5.0", "3.5.55", Ok("+pdf = [\"reportlab==3.5.55\"]\n")),
    ("pypi", "poetry/pyproject.toml", "tornado", "6.1", "6.3.3", Ok("+test = [\"tornado==6.3.3\"]\n")),
    ("pypi", "poetry/pyproject.toml", "PyMySQL", "0.9.3", "1.1.1", Ok("+pymysql = \"^1.1.1\"\n")),
    ("pypi", "poetry/pyproject.toml", "gunicorn", "20.0.4", "22.0.0", Ok("version = \"~22.0.0\", extras")),
    ("pypi", "poetry/pyproject.toml", "mistune", "0.8.4", "2.0.3", Ok("+mistune = \">=2.0.3\"\n")),
    // package.json.
    ("npm", "web/package-lock.json", "express", "4.16.0", "4.17.3", Ok("+    \"express\": \"4.17.3\",\n")),
    ("npm", "web/package-lock.json", "lodash", "4.17.15", "4.17.21", Ok("+    \"lodash\": \"^4.17.21\",\n")),
    ("npm", "web/package-lock.json", "minimist", "1.2.0", "0.2.4, 1.2.6", Ok("+    \"minimist\": \"~1.2.6\",\n")),
    ("npm", "web/package-lock.json", "marked", "0.3.6", "0.3.9", Ok("\"npm:marked@0.3.9\"")),
    ("npm", "web/package-lock.json", "@acme/parser", "1.1.0", "2.0.1", Ok("\">=2.0.1 <3.0.0\"")),
    ("npm", "web/package-lock.json", "node-notifier", "5.4.3", "5.4.5", Ok("\"^5.4.5\"")),
    ("npm", "web/package-lock.json", "jquery", "3.4.0", "3.5.0", Ok("{\"jquery\": \"3.5.0\"}")),
    ("npm", "web/package-lock.json", "tar", "6.1.0", "6.1.9", Ok("{\"tar\": \"6.1.9\"}")),
    ("npm", "web/package-lock.json", "qs", "6.5.1", "6.5.3", Ok("+  \"overrides\": {\n+    \"qs\": \"^6.5.3\"\n")),
    ("yarn", "yarn/yarn.lock", "axios", "0.21.0", "0.21.2", Ok("+\t\t\"axios\": \"0.21.2\"\n")),
    ("yarn", "yarn/yarn.lock", "ansi-regex", "5.0.0", "5.0.1", Ok("+\t\t\"ansi-regex\": \"5.0.1\"\n")),
    ("yarn", "yarn/yarn.lock", "glob-parent", "5.1.1", "5.1.2", Ok("+\t\t\"glob-parent\": \"^5.1.2\"\n")),
    ("pnpm", "pnpm/pnpm-lock.yaml", "json5", "2.2.1", "2.2.2", Ok("+    \"pnpm\": {\n+        \"overrides\": {\n+            \"json5\": \"^2.2.2\"\n+        }\n+    }\n")),
    ("npm", "web/node_modules/lodash/package.json", "lodash", "4.17.15", "4.17.21", Ok("+    \"lodash\": \"^4.17.21\",\n")),
    ("npm", "web/node_modules/a/node_modules/b/package.json", "b", "1.0", "1.1", Err("no_manifest")),
    // go.mod.
    ("golang", "go/go.mod", "github.com/gin-gonic/gin", "v1.7.0", "1.7.7", Ok("+require github.com/gin-gonic/gin v1.7.7 // web\n")),
    ("golang", "go/go.mod", "github.com/dgrijalva/jwt-go", "v3.2.0+incompatible", "4.0.0", Ok("+\tgithub.com/dgrijalva/jwt-go v4.0.0+incompatible\n")),
    ("gomod", "go/go.sum", "golang.org/x/net", "0.0.0-20200822124328-c89045814202", "0.7.0", Ok("+\tgolang.org/x/net v0.7.0 // indirect\n")),
    ("gomod", "go/go.mod", "golang.org/x/text", "v0.3.5", "v0.3.8", Ok("+\tgolang.org/x/text v0.3.8 // indirect\n")),
    ("gomod", "go/go.mod", "gopkg.in/yaml.v2", "v2.2.1", "2.2.8", Ok("+\tgopkg.in/yaml.v2 v2.2.8\n")),
    ("golang", "go/go.mod", "stdlib", "1.21.0", "1.20.10, 1.21.3", Ok("+toolchain go1.21.3\n")),
    ("golang", "go/go.mod", "golang.org/x/image", "v0.1.0", "v0.5.0", Ok("+require golang.org/x/image v0.5.0 // indirect\n")),
    // Maven and Gradle.
    ("maven", "java/pom.xml", "org.apache.logging.log4j:log4j-core", "2.14.0", "2.3.1, 2.12.2, 2.15.0", Ok("+    <log4j.version>2.15.0</log4j.version> <!-- everywhere")),
    ("maven", "java/pom.xml", "com.fasterxml.jackson.core/jackson-databind", "2.9.8", "2.9.10.8", Ok("+      <version>2.9.10.8</version>\n")),
    ("maven", "java/pom.xml", "org.apache.maven.plugins:maven-shade-plugin", "3.2.0", "3.2.4", Ok("+        <version>3.2.4</version>\n")),
    ("maven", "java/core/pom.xml", "commons-io:commons-io", "2.5", "2.7", Ok("+      <version>[2.7,2.8)</version>\n")),
    ("maven", "java/pom.xml", "org.yaml:snakeyaml", "1.26", "1.31", Ok("+        <artifactId>snakeyaml</artifactId>\n+        <version>1.31</version>\n+      </dependency>\n")),
    ("gradle", "java/build.gradle", "org.springframework:spring-core", "5.3.16", "5.3.18", Ok("+    springVersion = '5.3.18'\n")),
    ("gradle", "java/build.gradle", "com.google.guava:guava", "29.0-jre", "30.0-jre", Ok("+    implementation 'com.google.guava:guava:30.0-jre'\n")),
    ("gradle", "java/build.gradle", "junit:junit", "4.12", "4.13.1", Ok("name: 'junit', version: '4.13.1'")),
    ("gradle", "kotlin/gradle.lockfile", "com.squareup.okhttp3:okhttp", "4.9.0", "4.9.2", Ok("+okhttp = \"4.9.2\" # client\n")),
    ("gradle", "kotlin/gradle.lockfile", "com.google.code.gson:gson", "2.8.5", "2.8.9", Ok("+gson = \"com.google.code.gson:gson:2.8.9\"\n")),
    ("gradle", "kotlin/build.gradle.kts", "org.yaml:snakeyaml", "1.26", "1.31", Ok("+    implementation(\"org.yaml:snakeyaml:1.31\")\n")),
    ("gradle", "kotlin/build.gradle.kts", "com.h2database:h2", "1.4.197", "2.1.210", Ok("\"h2\", \"2.1.210\")")),
    ("gradle", "kotlin/build.gradle.kts", "io.netty:netty-codec", "4.1.50", "4.1.68", Err("requirement")),
    // Cargo.toml.
    ("cargo", "rust/Cargo.lock", "time", "0.1.43", "0.2.23", Ok("+time = { version = \"0.2.23\", features = [] }\n")),
    ("cargo", "rust/Cargo.lock", "smallvec", "0.6.10", "0.6.14, 1.6.1", Ok("+smallvec = \"=0.6.14\" # pinned\n")),
    ("cargo", "rust/crates/core/Cargo.toml", "nix", "0.20.0", "0.20.2", Ok("+nix = \">=0.20.2, <0.21\"\n")),
    // Gemfile.
    ("gem", "ruby/Gemfile.lock", "rails", "5.2.1", "5.2.4.3", Ok("+gem \"rails\", \"~> 5.2.4.3\"\n")),
    ("gem", "ruby/Gemfile.lock", "nokogiri", "1.10.4", "1.11.4", Ok("+gem 'nokogiri', '>= 1.11.4', '< 1.12' # parser\n")),
    ("gem", "ruby/Gemfile.lock", "rack", "2.0.6", "2.0.8", Ok("+gem \"rack\", \">= 2.0.8\"\n")),
    ("gem", "ruby/Gemfile.lock", "puma", "4.3.0", "4.3.12", Ok("+gem \"puma\", \"~> 4.3\", \">= 4.3.12\", require: false\n")),
    // composer.json.
    ("composer", "php/composer.lock", "symfony/http-kernel", "v5.4.1", "5.4.20", Ok("\"^5.4.20\"")),
    ("composer", "php/composer.lock", "guzzlehttp/guzzle", "7.3.0", "7.4.5", Ok("\"~7.3,>=7.4.5\"")),
    ("composer", "php/composer.lock", "twig/twig", "2.14.1", "2.14.11", Ok("\"~2.14.11\"")),
    ("composer", "php/composer.lock", "phpunit/phpunit", "8.5.13", "8.5.52", Ok("\"8.5.52\"")),
    ("composer", "php/composer.lock", "monolog/monolog", "1.25.1", "1.25.2", Ok("\"^1.25.2 || ^2.0\"")),
    ("composer", "php/composer.lock", "symfony/yaml", "5.4.1", "5.4.2", Ok("+    \"conflict\": {\n+        \"symfony/yaml\": \"<5.4.2\"\n")),
    ("gem", "ruby/Gemfile.lock", "loofah", "2.2.0", "2.2.3", Ok("+gem \"loofah\", \">= 2.2.3\" # not asked")),
    // .NET.
    ("nuget", "dotnet/App/packages.lock.json", "Newtonsoft.Json", "12.0.1", "13.0.1", Ok("Include=\"Newtonsoft.Json\" Version=\"13.0.1\" />")),
    ("nuget", "dotnet/App/packages.lock.json", "serilog", "2.8.0", "2.9.0", Ok("+    <SerilogVersion>2.9.0</SerilogVersion>\n")),
    ("nuget", "dotnet/App/packages.lock.json", "System.Text.Json", "6.0.1", "6.0.10", Ok("\"System.Text.Json\" Version=\"6.0.10\" />")),
    ("nuget", "dotnet/App/App.csproj", "Azure.Identity", "1.8.0", "1.10.2", Ok("+      <Version>1.10.2</Version>\n")),
    ("nuget", "dotnet/App/App.csproj", "System.Net.Http", "4.3.0", "4.3.4", Ok("+    <PackageReference Include=\"System.Net.Http\" Version=\"4.3.4\" />\n")),
    // Dockerfile: an empty file means an image.
    ("apk", "", "curl", "8.4.0-r0", "8.5.0-r0", Ok("curl=8.5.0-r0 \"openssl=3.1.3-r0\"")),
    ("apk", "", "openssl", "3.1.3-r0", "3.1.4-r0", Ok("\"openssl=3.1.4-r0\"")),
    ("deb", "", "libssl3", "3.0.9-1", "3.0.11-1~deb12u2", Ok("+    libssl3:amd64=3.0.11-1~deb12u2 \\\n")),
    ("debian", "", "git", "1:2.39.2-1", "1:2.39.2-1.1", Ok("+    git=1:2.39.2-1.1 \\\n")),
    ("docker", "Dockerfile", "node", "18.12.0-alpine", "18.20.4-alpine", Ok("+ARG NODE=18.20.4-alpine\n")),
    ("docker", "Dockerfile", "docker.io/library/python", "3.9.1-slim", "3.9.18", Ok("python:3.9.18-slim\n")),
    // Pipelines.
    ("docker", ".gitlab-ci.yml", "python", "3.9.1", "3.9.18", Ok("+image: python:3.9.18  # as in production\n")),
    ("docker", ".gitlab-ci.yml", "registry.example:5000/tools/lint", "1.4.2", "1.4.5", Ok("+    name: \"registry.example:5000/tools/lint:1.4.5\"\n")),
    ("docker", ".gitlab-ci.yml", "postgres", "13.2", "13.14", Ok("+    - postgres:13.14\n")),
    ("docker", ".github/workflows/ci.yml", "python", "3.9.1", "3.9.18", Ok("+    container: python:3.9.18\n")),
    ("github", ".github/workflows/ci.yml", "tj-actions/changed-files", "v44.0.0", "46.0.1", Ok("+      - uses: tj-actions/changed-files@v46.0.1\n")),
];

/// What cannot be patched, and is to say why; no part of the share.
#[rustfmt::skip]
const REFUSED: &[Case] = &[
    ("cargo", "rust/Cargo.lock", "chrono", "0.4.10", "0.4.20", Err("transitive")),
    ("gem", "ruby/Gemfile.lock", "engine", "1.0", "1.1", Err("requirement")),
    ("npm", "web/package-lock.json", "local", "1.0.0", "1.0.1", Err("requirement")),
    ("golang", "go/go.mod", "golang.org/x/crypto", "v0.1.0", "0.17.0", Err("requirement")),
    ("pypi", "python/requirements.txt", "local", "1.0", "1.1", Err("requirement")),
    ("pypi", "missing/requirements.txt", "flask", "1.0", "1.1", Err("no_file")),
    ("pypi", "../requirements.txt", "flask", "1.0", "1.1", Err("not_editable")),
    ("npm", "bom.json", "lodash", "1.0", "1.1", Err("no_manifest")),
    ("docker", "bom.json", "nginx", "1.0", "1.1", Err("no_manifest")),
    ("npm", "web/package-lock.json", "express", "5.0.0", "4.17.3", Err("version")),
    ("npm", "web/package-lock.json", "a\"b", "1.0", "1.1", Err("requirement")),
    ("deb", "", "bash", "5.1", "5.2", Err("image")),
    ("npm", "", "lodash", "4.17.15", "4.17.21", Err("image")),
    ("github", ".github/workflows/ci.yml", "acme/pinned", "1.0.0", "1.0.1", Err("requirement")),
    ("github", ".github/workflows/ci.yml", "actions/checkout", "v3", "3.5.1", Err("lock_file")),
    ("docker", ".gitlab-ci.yml", "nginx", "1.0", "1.1", Err("transitive")),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tree")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target)
        } else {
            let _ = fs::copy(&path, &target).unwrap();
        }
    }
}

fn tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    copy(&source(), tree.path());
    tree
}

fn finding(case: &Case, id: usize) -> Finding<'static> {
    let (kind, file, name, version, fixed, _) = *case;
    let dependency = Dependency::new(name, version);
    let place = if file.is_empty() {
        Location::ContainerScanning(ImageLocation::new("app:1", "unknown", dependency))
    } else {
        Location::DependencyScanning(DependencyLocation::new(file, dependency))
    };
    let id = format!("CVE-2026-{id:04}");
    let mut finding =
        Finding::new(Vulnerability::new(Identifier::new("cve", id.clone(), id).unwrap(), place));
    let mut upgrade = Upgrade::new(name, version, vec![fixed.into()]).unwrap();
    upgrade.kind = Some(kind.into());
    finding.upgrade = Some(upgrade);
    finding
}

fn candidate(finding: &Finding<'static>) -> Candidate {
    Candidate::of(finding.clone(), true).expect("something to mend it by")
}

fn outcome(root: &Path, findings: &[Finding<'static>]) -> Outcome {
    let mut remedies = Remedies::new(Some(root.to_owned()));
    findings.iter().for_each(|finding| remedies.see(&candidate(finding), &|_| false));
    remedies.finish(&|_| false)
}

/// The diffs, and the identifiers of what is left, with the reason.
fn made(root: &Path, findings: &[Finding<'static>]) -> (Vec<String>, BTreeMap<String, String>) {
    let outcome = outcome(root, findings);
    let diffs = outcome.remediations.iter().map(|it| diff::decode(&it.diff).unwrap()).collect();
    let left = outcome.left.iter().flat_map(|left| {
        left.examples
            .iter()
            .map(|example| (example.clone(), format!("{}: {}", left.reason.as_str(), left.detail)))
    });
    (diffs, left.collect())
}

#[test]
fn every_family_is_edited_as_its_users_would() {
    let tree = tree();
    let mut shares: BTreeMap<Ecosystem, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (at, case) in CASES.iter().chain(REFUSED).enumerate() {
        let (diffs, left) = made(tree.path(), &[finding(case, at)]);
        let reason = left.values().next().map_or("", String::as_str);
        let is_right = match case.5 {
            Ok(part) => diffs.len() == 1 && diffs[0].contains(part),
            Err(want) => diffs.is_empty() && reason.starts_with(&format!("{want}: ")),
        };
        if !is_right {
            wrong.push(format!("{case:?}\n{}{reason}", diffs.concat()));
        }
        if at < CASES.len() {
            let (patched, all) = shares.entry(Ecosystem::of_word(case.0).unwrap()).or_default();
            *all += 1;
            *patched += diffs.len();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for (ecosystem, (patched, all)) in &shares {
        println!("{:<10} {patched:>3} of {all:>3} fixable findings have a patch", format!("{ecosystem:?}"));
    }
    let (patched, all) = shares.values().fold((0, 0), |sum, share| (sum.0 + share.0, sum.1 + share.1));
    println!("{:<10} {patched:>3} of {all:>3}", "all");
    for (ecosystem, (patched, all)) in shares {
        assert!(patched * 100 >= all * 90, "{ecosystem:?}: {patched} of {all}");
    }
}

/// Fixes of scanners: replacements by lines and columns, offsets, in several files.
fn fixes() -> Vec<Finding<'static>> {
    let lines = |line: u64, start: u64, end: u64, text: &'static str| {
        let mut new = Replacement::default();
        (new.start_line, new.start_column, new.end_column) = (Some(line), Some(start), Some(end));
        new.text = text.into();
        new
    };
    let mut chars = Replacement::default();
    (chars.char_offset, chars.char_length, chars.text) = (Some(14 + 6), Some(2), "===".into());
    let list: Vec<Vec<(&str, Replacement<'static>)>> = vec![
        vec![("src/app.py", lines(5, 25, 34, "yaml.safe_load"))],
        vec![("src/app.py", lines(9, 14, 16, "is"))],
        vec![("src/größen liste.js", chars)],
        vec![("src/größen liste.js", lines(3, 1, 4, "let"))],
        vec![("src/clean.sh", lines(2, 8, 10, "\"$1\"")), ("src/app.py", lines(1, 1, 1, "import os\n"))],
    ];
    let findings = list.into_iter().enumerate().map(|(at, parts)| {
        let file = parts[0].0;
        let rule = Identifier::new("acme_rule_id", format!("R{at}"), format!("R{at}")).unwrap();
        let place = Location::Sast(SourceLocation::lines(file, at as u64 + 1, at as u64 + 1));
        let mut finding = Finding::new(Vulnerability::new(rule, place));
        let mut fix = Fix::default();
        fix.changes = parts
            .into_iter()
            .map(|(path, part)| Change::new(Artifact { path: path.into() }, vec![part]))
            .collect();
        finding.fixes.push(fix);
        finding
    });
    findings.collect()
}

struct Git(TempDir);

impl Git {
    /// A repository of the tree; `None` without git.
    fn of(tree: TempDir) -> Option<Self> {
        if Command::new("git").arg("--version").output().is_err() {
            println!("git is missing: patches were not judged by git");
            return None;
        }
        let git = Self(tree);
        for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "tree"]] {
            git.run(arguments).unwrap();
        }
        Some(git)
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let settings = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "core.autocrlf=false"];
        let output = Command::new("git")
            .args(settings)
            .args(arguments)
            .current_dir(self.0.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// With a patch in a file outside of the tree.
    fn apply(&self, diff: &str, arguments: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.patch");
        fs::write(&file, diff).unwrap();
        let arguments: Vec<&str> = ["apply"].into_iter().chain(arguments.iter().copied()).collect();
        self.run(&[arguments.as_slice(), &[file.to_str().unwrap()]].concat())
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }
}

/// The changes of a patch, by file.
fn edits(diff: &str, read: &dyn Fn(&str) -> String) -> BTreeMap<String, Edits> {
    let patch = Patch::parse(diff).unwrap();
    patch.files.iter().map(|file| (file.path.clone(), file.edits(&read(&file.path)).unwrap())).collect()
}

/// What lines of which file a patch shows.
fn shown(diff: &str) -> Vec<(String, usize, usize)> {
    let mut shown = Vec::new();
    let mut path = String::new();
    for line in diff.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            path = name.trim_end().to_owned();
        } else if let Some(range) = line.strip_prefix("@@ -").and_then(|rest| rest.split(' ').next()) {
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().unwrap();
            shown.push((path.clone(), start, start + count.parse::<usize>().unwrap()));
        }
    }
    shown
}

#[test]
fn git_takes_every_patch_alone_and_all_that_do_not_conflict_together() {
    let Some(git) = Git::of(tree()) else { return };
    let findings: Vec<_> =
        CASES.iter().enumerate().map(|(at, case)| finding(case, at)).chain(fixes()).collect();
    let (diffs, left) = made(git.0.path(), &findings);
    assert!(diffs.len() > 75, "{} patches; left: {left:#?}", diffs.len());
    let bad: Vec<_> =
        diffs.iter().filter_map(|diff| git.apply(diff, &["--check"]).err().map(|why| why + diff)).collect();
    println!("git apply --check takes {} of {} patches", diffs.len() - bad.len(), diffs.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    for diff in &diffs {
        git.apply(diff, &["--3way", "--check"]).unwrap();
    }

    // Git needs the lines that a patch shows as they are, so what shows the same lines conflicts.
    let mut together: Vec<&String> = Vec::new();
    let mut taken: Vec<(String, usize, usize)> = Vec::new();
    for diff in &diffs {
        let lines = shown(diff);
        let meets = |one: &(String, usize, usize)| {
            taken.iter().any(|two| one.0 == two.0 && one.1 <= two.2 && two.1 <= one.2)
        };
        if !lines.iter().any(meets) {
            taken.extend(lines);
            together.push(diff);
        }
    }
    // Our own way: all that do not change the same lines.
    let mut all: BTreeMap<String, Edits> = BTreeMap::new();
    for diff in &together {
        for (path, edits) in edits(diff, &|path| git.read(path)) {
            all.entry(path).or_default().unite(&edits);
        }
    }
    let own: BTreeMap<String, String> =
        all.iter().map(|(path, edits)| (path.clone(), edits.apply(&git.read(path)).unwrap())).collect();
    let joined: String = together.iter().map(|diff| diff.as_str()).collect();
    println!("{} of them do not meet, and are applied together", together.len());
    git.apply(&joined, &["--check"]).unwrap();
    git.apply(&joined, &[]).unwrap();
    for (path, text) in own {
        assert_eq!(git.read(&path), text, "{path}");
    }
    // A second time they do not apply, and nothing is changed.
    let before = git.run(&["diff"]).unwrap();
    for diff in together {
        assert!(git.apply(diff, &[]).is_err());
        for file in Patch::parse(diff).unwrap().files {
            assert!(file.edits(&git.read(&file.path)).is_err(), "{diff}");
        }
    }
    assert_eq!(git.run(&["diff"]).unwrap(), before);
}

#[test]
fn one_patch_mends_all_findings_of_a_package_and_stands_once() {
    let tree = tree();
    let case = |fixed: &'static str| -> Case {
        ("npm", "web/package-lock.json", "lodash", "4.17.15", fixed, Ok(""))
    };
    let findings = [finding(&case("4.17.19"), 1), finding(&case("4.17.21"), 2), finding(&case("4.17.2"), 3)];
    let outcome = outcome(tree.path(), &findings);
    assert_eq!((outcome.remediations.len(), outcome.fixable), (1, 3));
    let remediation = &outcome.remediations[0];
    let ids: Vec<_> = remediation.fixes.iter().map(|fix| fix.id.to_string()).collect();
    assert_eq!(ids, [0, 1].map(|at: usize| findings[at].vulnerability.content_id()));
    let want = "Upgrade lodash from 4.17.15 to 4.17.21 in web/package.json, then run `npm install`";
    assert_eq!(&*remediation.summary, want);
    assert_eq!(outcome.left[0].reason.as_str(), "version");
    assert_eq!(outcome.left[0].examples, ["CVE-2026-0003"]);
}

#[test]
fn what_shows_a_secret_is_not_offered() {
    let tree = tree();
    let mut remedies = Remedies::new(Some(tree.path().to_owned()));
    remedies.see(&candidate(&fixes()[0]), &|_| true);
    remedies.see(&candidate(&finding(&CASES[0], 1)), &|_| true);
    let outcome = remedies.finish(&|diff| diff.contains("Django"));
    assert!(outcome.remediations.is_empty());
    assert!(outcome.left.iter().all(|left| left.reason.as_str() == "secret"), "{:?}", outcome.left);
    assert_eq!(outcome.left.iter().map(|left| left.count).sum::<u64>(), 2);
}

#[test]
fn the_solution_names_what_brings_the_lock_file_up_to_date() {
    let tree = tree();
    for (at, said, want) in [
        (
            "web/package-lock.json",
            "Upgrade it",
            "Upgrade it. Then run `npm install`, which brings web/package-lock.json up to date.",
        ),
        (
            "web/package.json",
            "Upgrade it.",
            "Upgrade it. Then run `npm install`, which brings web/package-lock.json up to date.",
        ),
        (
            "web/package.json",
            "Upgrade it with `npm audit fix`",
            "Upgrade it with `npm audit fix`. Then run `npm install`, which brings web/package-lock.json up to date.",
        ),
        (
            "web/package.json",
            "Do:\n```\nnpm audit fix\n```",
            "Do:\n```\nnpm audit fix\n```\n\nThen run `npm install`, which brings web/package-lock.json up to date.",
        ),
        ("yarn/package.json", "Run `yarn install`", "Run `yarn install`"),
        ("python/requirements.txt", "Upgrade it", "Upgrade it"),
    ] {
        let kind = if at.starts_with("python") { "pypi" } else { "npm" };
        let mut finding = finding(&(kind, at, "lodash", "1", "2", Ok("")), 1);
        finding.vulnerability.solution = scanlift_report_core::Solution::new(said);
        Remedies::new(Some(tree.path().to_owned())).advise(&mut finding);
        assert_eq!(finding.vulnerability.solution.as_deref(), Some(want), "{at}");
    }
}

/// A text without its blank lines.
fn dense(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim().is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Blank lines anywhere else in a file change nothing of what is edited.
    #[test]
    fn edits_elsewhere_do_not_corrupt(case in 0..CASES.len(), seed in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let case = &CASES[case];
        let plain = tree();
        let (diffs, _) = made(plain.path(), &[finding(case, 0)]);
        let Some(diff) = diffs.first() else { return Ok(()) };
        let patch = Patch::parse(diff).unwrap();
        let path = &patch.files[0].path;
        let text = fs::read_to_string(plain.path().join(path)).unwrap();
        let want = patch.files[0].edits(&text).unwrap().apply(&text).unwrap();

        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in seed {
            let at = at.index(lines.len() + 1);
            // Not behind a line that goes on, nor behind one that has no end.
            let may = at == 0 || (lines[at - 1].ends_with('\n') && !lines[at - 1].trim_end().ends_with('\\'));
            if may {
                lines.insert(at, if text.contains("\r\n") { "\r\n" } else { "\n" });
            }
        }
        let spread: String = lines.concat();
        fs::write(plain.path().join(path), &spread).unwrap();
        let (diffs, left) = made(plain.path(), &[finding(case, 0)]);
        prop_assert_eq!(diffs.len(), 1, "{:?}", left);
        let again = Patch::parse(&diffs[0]).unwrap();
        let file = again.files.iter().find(|file| &file.path == path).unwrap();
        let got = file.edits(&spread).unwrap().apply(&spread).unwrap();
        prop_assert_eq!(dense(&got), dense(&want));
        // The first patch finds its lines again, or refuses.
        if let Ok(edits) = patch.files[0].edits(&spread) {
            prop_assert_eq!(dense(&edits.apply(&spread).unwrap()), dense(&want));
        }
    }
}
