//! What single tools mean by their SARIF, beyond the standard: one small module each, and a table
//! of those that only need a name.

mod gitleaks;
mod grype;
mod mayhem;
mod ruff;
mod semgrep;
mod snyk;
mod trivy;
mod zap;

use crate::{
    bag::Bag,
    map::Said,
    package::{self, Package},
    rule::Rule,
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

    /// What the tool's rules mean by their properties.
    fn refine_rule(&self, _rule: &mut Rule) {}

    /// The package that a result is about.
    fn package(&self, said: &Said<'_>) -> Option<Package> {
        let named = package::by_purl(said).or_else(|| package::by_properties(said));
        named.or_else(|| self.is_about_packages().then(|| package::by_message(&said.message)).flatten())
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
    ("bandit", plain!("bandit")),
    ("betterleaks", plain!("betterleaks", SecretDetection)),
    ("cargoaudit", plain!("cargo_audit", DependencyScanning)),
    ("checkov", plain!("checkov")),
    ("clippy", plain!("clippy")),
    ("codeql", plain!("codeql")),
    ("semmleql", plain!("codeql")),
    ("lgtm", plain!("codeql")),
    ("dependencycheck", plain!("dependency_check", DependencyScanning)),
    ("detectsecrets", plain!("detect_secrets", SecretDetection)),
    ("devskim", plain!("devskim")),
    ("eslint", plain!("eslint")),
    ("flawfinder", plain!("flawfinder")),
    ("ggshield", plain!("ggshield", SecretDetection)),
    ("gitleaks", &gitleaks::Gitleaks),
    ("gosec", plain!("gosec")),
    ("govulncheck", plain!("govulncheck", DependencyScanning)),
    ("grype", &grype::Grype),
    ("hadolint", plain!("hadolint")),
    ("kics", plain!("kics")),
    ("kingfisher", plain!("kingfisher", SecretDetection)),
    ("mapi", &mayhem::MayhemApi),
    ("mobsfscan", plain!("mobsfscan")),
    ("njsscan", plain!("njsscan")),
    ("nodejsscan", plain!("njsscan")),
    ("noseyparker", plain!("noseyparker", SecretDetection)),
    ("opengrep", &semgrep::Semgrep),
    ("osvscanner", plain!("osv_scanner", DependencyScanning)),
    ("owaspdependencycheck", plain!("dependency_check", DependencyScanning)),
    ("ruff", &ruff::Ruff),
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
            ("ACME", ""),
            ("", ""),
        ] {
            assert_eq!(of(driver).key(), key, "{driver}");
        }
    }
}
