//! What single tools mean by their SARIF, beyond the standard: one small module each, and a table
//! of those that only need a name.

mod gitleaks;
mod grype;
mod jfrog;
mod mayhem;
mod nuclei;
mod osv;
mod ruff;
mod scorecard;
mod semgrep;
mod snyk;
mod trivy;
mod zap;

use crate::{
    bag::Bag,
    map::{self, Said},
    package::{self, Package},
    rule::{self, Rule},
};
use scanlift_convert_api::Finding;
use scanlift_report_core::{Commit, Identifier, Kind};
use std::fmt::Debug;

/// What a tool means by its SARIF.
pub(crate) trait Dialect: Sync + Debug {
    /// What the tool's rule identifiers begin with: the same whatever the tool calls itself in its
    /// next version. Empty to take the name.
    fn key(&self) -> &'static str;

    /// The report that a result without further signs belongs to.
    fn kind(&self) -> Kind {
        Kind::Sast
    }

    /// Whether all its rules are about leaked secrets.
    fn is_about_secrets(&self) -> bool {
        self.kind() == Kind::SecretDetection
    }

    /// Whether all its rules are about packages.
    fn is_about_packages(&self) -> bool {
        matches!(self.kind(), Kind::DependencyScanning | Kind::ContainerScanning)
    }

    /// The advisory that a rule is about, if its id is not simply that.
    fn advisory_of_rule(&self, _rule: &Rule) -> Option<Identifier<'static>> {
        None
    }

    /// Why GitLab has no report for what a rule is about.
    fn unsupported(&self, _rule: &Rule) -> Option<&'static str> {
        None
    }

    /// What the tool's rules mean by their properties.
    fn refine_rule(&self, _rule: &mut Rule) {}

    /// The package that a result is about.
    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let named = package::by_purl(said).or_else(|| package::by_properties(said));
        let by_id = || {
            let id = map::rule_id(said.result)?;
            package::by_id(id).filter(|_| rule::advisory_of(id).is_some())
        };
        let by_message = || self.is_about_packages().then(|| package::by_message(&said.message)).flatten();
        let mut package = named.or_else(by_id).or_else(by_message)?;
        package.fixed = package.fixed.or_else(|| said.rule?.fixed_of(&package.name));
        Some(package)
    }

    /// The commit that leaks a secret.
    fn commit(&self, _said: &Said<'_>) -> Option<Commit<'static>> {
        None
    }

    /// What else the tool says.
    fn refine(&self, _said: &Said<'_>, _finding: &mut Finding<'_>) {}
}

/// A tool that speaks plain SARIF.
#[derive(Debug)]
struct Plain {
    key: &'static str,
    kind: Kind,
}

impl Dialect for Plain {
    fn key(&self) -> &'static str {
        self.key
    }

    fn kind(&self) -> Kind {
        self.kind
    }
}

macro_rules! plain {
    ($key:literal) => {
        &Plain { key: $key, kind: Kind::Sast }
    };
    ($key:literal, $kind:ident) => {
        &Plain { key: $key, kind: Kind::$kind }
    };
}

/// How a tool's name begins (lower case letters and digits only), and what it means.
static DIALECTS: &[(&str, &dyn Dialect)] = &[
    ("2ms", plain!("2ms", SecretDetection)),
    ("bandit", plain!("bandit")),
    ("betterleaks", plain!("betterleaks", SecretDetection)),
    ("cargoaudit", plain!("cargo_audit", DependencyScanning)),
    ("checkmarx", plain!("checkmarx")),
    ("checkov", plain!("checkov")),
    ("clippy", plain!("clippy")),
    ("codeql", plain!("codeql")),
    ("semmleql", plain!("codeql")),
    ("lgtm", plain!("codeql")),
    ("credentialscanner", plain!("credscan", SecretDetection)),
    ("credscan", plain!("credscan", SecretDetection)),
    ("defsec", plain!("tfsec")),
    ("dependencycheck", plain!("dependency_check", DependencyScanning)),
    ("detectsecrets", plain!("detect_secrets", SecretDetection)),
    ("devskim", plain!("devskim")),
    ("eslint", plain!("eslint")),
    ("flawfinder", plain!("flawfinder")),
    ("ggshield", plain!("ggshield", SecretDetection)),
    ("gitguardian", plain!("ggshield", SecretDetection)),
    ("gitleaks", &gitleaks::Gitleaks),
    // "GNU C17", "GNU C++23": the standard is no part of the tool.
    ("gnuc", plain!("gcc")),
    ("gosec", plain!("gosec")),
    ("govulncheck", plain!("govulncheck", DependencyScanning)),
    ("grype", &grype::Grype),
    ("hadolint", plain!("hadolint")),
    ("jfrogsecrets", plain!("xray_secret", SecretDetection)),
    ("jfrogxray", &jfrog::Xray),
    ("kics", plain!("kics")),
    ("kingfisher", plain!("kingfisher", SecretDetection)),
    ("mapi", &mayhem::MayhemApi),
    ("microsoftrvisualbasiccompiler", plain!("roslyn")),
    ("microsoftrvisualccompiler", plain!("roslyn")),
    ("mobsfscan", plain!("mobsfscan")),
    ("njsscan", plain!("njsscan")),
    ("nodejsscan", plain!("njsscan")),
    ("noseyparker", plain!("noseyparker", SecretDetection)),
    ("nuclei", &nuclei::Nuclei),
    ("opengrep", &semgrep::Semgrep),
    ("osvscanner", &osv::OsvScanner),
    ("owaspdependencycheck", plain!("dependency_check", DependencyScanning)),
    // Qodana's linters are one tool in several editions: QDJVM, QDPYC, QDJS.
    ("qdandroid", plain!("qodana")),
    ("qdcpp", plain!("qodana")),
    ("qdgo", plain!("qodana")),
    ("qdjs", plain!("qodana")),
    ("qdjvm", plain!("qodana")),
    ("qdnet", plain!("qodana")),
    ("qdphp", plain!("qodana")),
    ("qdpy", plain!("qodana")),
    ("qdruby", plain!("qodana")),
    ("ruff", &ruff::Ruff),
    ("scorecard", &scorecard::Scorecard),
    ("secretlint", plain!("secretlint", SecretDetection)),
    ("semgrep", &semgrep::Semgrep),
    ("snykcode", plain!("snyk_code")),
    ("snykcontainer", &snyk::Snyk { kind: Kind::ContainerScanning }),
    ("snykiac", plain!("snyk_iac")),
    ("snykopensource", &snyk::Snyk { kind: Kind::DependencyScanning }),
    ("talisman", plain!("talisman", SecretDetection)),
    ("trivy", &trivy::Trivy),
    ("trufflehog", plain!("trufflehog", SecretDetection)),
    ("whispers", plain!("whispers", SecretDetection)),
    ("zap", &zap::Zap),
];

static UNKNOWN: Plain = Plain { key: "", kind: Kind::Sast };

/// The dialect of a tool, by the name of its driver.
pub(crate) fn of(driver: &str) -> &'static dyn Dialect {
    let name: String =
        driver.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // "Shell script analysis by shellcheck" is no tool of ours: only the beginning counts.
    let found = DIALECTS.iter().filter(|(mark, _)| name.starts_with(mark)).max_by_key(|(mark, _)| mark.len());
    found.map_or(&UNKNOWN, |(_, dialect)| *dialect)
}

/// The properties of a result, or none.
pub(crate) fn properties<'s>(said: &Said<'s>) -> Option<&'s Bag<'s>> {
    said.result.properties.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_told_by_how_their_names_begin() {
        for (driver, key) in [
            ("Semgrep OSS", "semgrep"),
            ("Opengrep OSS", "semgrep"),
            ("CodeQL command-line toolchain", "codeql"),
            ("SnykCode", "snyk_code"),
            ("Snyk Container", "snyk"),
            ("OWASP Dependency-Check", "dependency_check"),
            ("JFrog Xray Scanner", "xray"),
            ("GNU C++17", "gcc"),
            ("QDPYC", "qodana"),
            ("Microsoft (R) Visual C# Compiler", "roslyn"),
            ("ACME", ""),
            ("", ""),
        ] {
            assert_eq!(of(driver).key(), key, "{driver}");
        }
    }
}
