//! Names the scanner of a scan: a slug that never changes, a name for people, vendor and version,
//! none of them ever empty or GitLab's own.

use crate::ScannerOverride;
use scanlift_convert_api::{ScanInfo, slug};
use scanlift_report_core::{Tool, is_gitlab_scanner};

/// A scanner that is known by how it calls itself.
struct Known {
    /// Spellings of its name: lower case, letters and digits only; a name that begins so matches.
    marks: &'static [&'static str],
    id: &'static str,
    name: &'static str,
    vendor: &'static str,
    url: &'static str,
}

macro_rules! known {
    ($($id:literal $name:literal $vendor:literal $url:literal [$($mark:literal),+];)*) => {
        &[$(Known { marks: &[$($mark),+], id: $id, name: $name, vendor: $vendor, url: $url }),*]
    };
}

/// Order matters where one mark begins another: the longer one stands first.
static KNOWN: &[Known] = known! {
    "2ms" "2ms" "Checkmarx" "https://github.com/Checkmarx/2ms" ["2ms"];
    "ast-grep" "ast-grep" "ast-grep" "https://ast-grep.github.io" ["astgrep"];
    "bandit" "Bandit" "PyCQA" "https://bandit.readthedocs.io" ["bandit"];
    "bearer" "Bearer" "Cycode" "https://docs.bearer.com" ["bearer"];
    "binskim" "BinSkim" "Microsoft" "https://github.com/microsoft/binskim" ["binskim"];
    "biome" "Biome" "Biome" "https://biomejs.dev" ["biome"];
    "brakeman" "Brakeman" "Brakeman" "https://brakemanscanner.org" ["brakeman"];
    "cargo-audit" "cargo-audit" "RustSec" "https://rustsec.org" ["cargoaudit"];
    "cargo-deny" "cargo-deny" "Embark Studios" "https://embarkstudios.github.io/cargo-deny" ["cargodeny"];
    "checkmarx" "Checkmarx" "Checkmarx" "https://checkmarx.com" ["checkmarx", "cxsast"];
    "checkov" "Checkov" "Palo Alto Networks" "https://www.checkov.io" ["checkov"];
    "clang-tidy" "Clang-Tidy" "LLVM" "https://clang.llvm.org/extra/clang-tidy" ["clangtidy"];
    "clang-analyzer" "Clang Static Analyzer" "LLVM" "https://clang-analyzer.llvm.org" ["clanganalyzer"];
    "clippy" "Clippy" "Rust" "https://github.com/rust-lang/rust-clippy" ["clippy"];
    "codeql" "CodeQL" "GitHub" "https://codeql.github.com" ["codeql", "semmleql", "lgtm"];
    "compose-lint" "compose-lint" "compose-lint" "" ["composelint"];
    "contrast" "Contrast" "Contrast Security" "https://www.contrastsecurity.com" ["contrast"];
    "coverity" "Coverity" "Black Duck" "https://www.blackduck.com/static-analysis-tools-sast/coverity.html" ["coverity", "synopsyscoverity"];
    "cppcheck" "Cppcheck" "Cppcheck" "https://cppcheck.sourceforge.io" ["cppcheck"];
    "credscan" "Credential Scanner" "Microsoft" "" ["credscan", "credentialscanner"];
    "dependency-check" "OWASP Dependency-Check" "OWASP" "https://owasp.org/www-project-dependency-check" ["dependencycheck", "owaspdependencycheck"];
    "detect-secrets" "detect-secrets" "Yelp" "https://github.com/Yelp/detect-secrets" ["detectsecrets"];
    "detekt" "detekt" "detekt" "https://detekt.dev" ["detekt"];
    "devskim" "DevSkim" "Microsoft" "https://github.com/microsoft/DevSkim" ["devskim"];
    "docker-scout" "Docker Scout" "Docker" "https://docs.docker.com/scout" ["dockerscout"];
    "eslint" "ESLint" "OpenJS Foundation" "https://eslint.org" ["eslint"];
    "flawfinder" "Flawfinder" "David A. Wheeler" "https://dwheeler.com/flawfinder" ["flawfinder"];
    "fortify" "Fortify" "OpenText" "https://www.opentext.com/products/fortify-static-code-analyzer" ["fortify", "microfocusfortify"];
    "gcc" "GCC" "GNU" "https://gcc.gnu.org" ["gcc", "gnuc"];
    "gitleaks" "Gitleaks" "Gitleaks" "https://gitleaks.io" ["gitleaks"];
    "gosec" "gosec" "Secure Go" "https://github.com/securego/gosec" ["gosec"];
    "govulncheck" "govulncheck" "Go" "https://go.dev/doc/security/vuln" ["govulncheck"];
    "grype" "Grype" "Anchore" "https://github.com/anchore/grype" ["grype"];
    "hadolint" "Hadolint" "Hadolint" "https://hadolint.github.io/hadolint" ["hadolint"];
    "horusec" "Horusec" "ZUP" "https://horusec.io" ["horusec"];
    "infer" "Infer" "Meta" "https://fbinfer.com" ["infer"];
    "inspectcode" "InspectCode" "JetBrains" "https://www.jetbrains.com/help/resharper/InspectCode.html" ["inspectcode"];
    "jfrog-xray" "JFrog Xray" "JFrog" "https://jfrog.com/xray/" ["jfrogxray"];
    "kics" "KICS" "Checkmarx" "https://kics.io" ["kics", "keepinginfrastructureascodesecure"];
    "kingfisher" "Kingfisher" "MongoDB" "https://github.com/mongodb/kingfisher" ["kingfisher"];
    "kubescape" "Kubescape" "ARMO" "https://kubescape.io" ["kubescape"];
    "ktlint" "ktlint" "Pinterest" "https://pinterest.github.io/ktlint" ["ktlint"];
    "mayhem" "Mayhem" "ForAllSecure" "https://www.mayhem.security" ["mayhem", "mapi"];
    "mobsfscan" "mobsfscan" "MobSF" "https://github.com/MobSF/mobsfscan" ["mobsfscan"];
    "njsscan" "njsscan" "MobSF" "https://github.com/ajinabraham/njsscan" ["njsscan", "nodejsscan"];
    "nuclei" "Nuclei" "ProjectDiscovery" "https://projectdiscovery.io/nuclei" ["nuclei"];
    "opengrep" "Opengrep" "Opengrep" "https://www.opengrep.dev" ["opengrep"];
    "osv-scanner" "OSV-Scanner" "Google" "https://google.github.io/osv-scanner" ["osvscanner"];
    "oxlint" "Oxlint" "VoidZero" "https://oxc.rs" ["oxlint", "oxc"];
    "pmd" "PMD" "PMD" "https://pmd.github.io" ["pmd"];
    "polyspace" "Polyspace" "MathWorks" "https://www.mathworks.com/products/polyspace.html" ["polyspace"];
    "prefast" "PREfast" "Microsoft" "https://learn.microsoft.com/cpp/code-quality" ["prefast"];
    "psalm" "Psalm" "Vimeo" "https://psalm.dev" ["psalm"];
    "pvs-studio" "PVS-Studio" "PVS-Studio" "https://pvs-studio.com" ["pvsstudio"];
    "pylint" "Pylint" "Pylint" "https://pylint.readthedocs.io" ["pylint"];
    "qodana" "Qodana" "JetBrains" "https://www.jetbrains.com/qodana" ["qodana", "qdjvm", "qdpy", "qdjs", "qdnet", "qdphp", "qdgo"];
    "roslyn" "Roslyn" "Microsoft" "https://github.com/dotnet/roslyn" ["roslyn", "microsoftrvisualccompiler", "microsoftrvisualbasiccompiler"];
    "ruff" "Ruff" "Astral" "https://docs.astral.sh/ruff" ["ruff"];
    "scorecard" "OpenSSF Scorecard" "OpenSSF" "https://scorecard.dev" ["scorecard", "openssfscorecard"];
    "secretlint" "secretlint" "secretlint" "https://github.com/secretlint/secretlint" ["secretlint"];
    "security-code-scan" "Security Code Scan" "Security Code Scan" "https://security-code-scan.github.io" ["securitycodescan"];
    "semgrep-pro" "Semgrep Pro" "Semgrep" "https://semgrep.dev" ["semgreppro"];
    "semgrep" "Semgrep" "Semgrep" "https://semgrep.dev" ["semgrep"];
    "shellcheck" "ShellCheck" "ShellCheck" "https://www.shellcheck.net" ["shellcheck"];
    "snyk-code" "Snyk Code" "Snyk" "https://snyk.io/product/snyk-code" ["snykcode"];
    "snyk-container" "Snyk Container" "Snyk" "https://snyk.io/product/container-vulnerability-management" ["snykcontainer"];
    "snyk-iac" "Snyk IaC" "Snyk" "https://snyk.io/product/infrastructure-as-code-security" ["snykiac"];
    "snyk" "Snyk Open Source" "Snyk" "https://snyk.io" ["snyk"];
    "sobelow" "Sobelow" "NCC Group" "https://github.com/nccgroup/sobelow" ["sobelow"];
    "sonarqube" "SonarQube" "SonarSource" "https://www.sonarsource.com" ["sonar"];
    "spotbugs" "SpotBugs" "SpotBugs" "https://spotbugs.github.io" ["spotbugs", "findsecbugs"];
    "syft" "Syft" "Anchore" "https://github.com/anchore/syft" ["syft"];
    "terrascan" "Terrascan" "Tenable" "https://runterrascan.io" ["terrascan"];
    "tfsec" "tfsec" "Aqua Security" "https://aquasecurity.github.io/tfsec" ["tfsec", "defsec"];
    "trivy" "Trivy" "Aqua Security" "https://trivy.dev" ["trivy", "aquasecuritytrivy"];
    "trufflehog" "TruffleHog" "Truffle Security" "https://trufflesecurity.com/trufflehog" ["trufflehog"];
    "veracode" "Veracode" "Veracode" "https://www.veracode.com" ["veracode"];
    "zap" "ZAP" "ZAP" "https://www.zaproxy.org" ["zap", "owaspzap", "zedattackproxy"];
    "zizmor" "zizmor" "zizmor" "https://docs.zizmor.sh" ["zizmor"];
};

/// What stands before an id that GitLab uses itself.
const PREFIX: &str = "scanlift-";

impl Known {
    /// Whether a vendor that a source names may be this scanner's own, however it is spelt: one has the
    /// other's first word, or it is called as the scanner is.
    fn is_of(&self, vendor: &str) -> bool {
        let first = |text: &str| key(text.split_whitespace().next().unwrap_or_default());
        let (said, word, own) = (key(vendor), first(vendor), key(self.vendor));
        // An `A`, or a name in other letters, is in everything.
        let is_in = |text: &str| word.len() > 2 && text.contains(&word);
        is_in(&own)
            || said.contains(&first(self.vendor))
            || self.marks.iter().any(|mark| is_in(mark) || said.contains(*mark))
    }
}

/// The scanner of a scan, from the source, the table of known tools and the user's options.
#[must_use]
pub fn identify(scan: &ScanInfo<'_>, user: &ScannerOverride) -> Tool<'static> {
    let said = scan.scanner.trim();
    let of_source = |text: &Option<scanlift_report_core::Text<'_>>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let vendor = of_source(&scan.vendor).filter(|vendor| !vendor.eq_ignore_ascii_case("gitlab"));
    let known = lookup(said, vendor.as_deref());
    let id = user
        .id
        .as_deref()
        .map(str::to_owned)
        .or_else(|| of_source(&scan.id))
        .unwrap_or_else(|| safe(known.map_or_else(|| slug(said), |known| known.id.to_owned())));
    let name = user
        .name
        .clone()
        .or_else(|| known.map(|known| known.name.to_owned()))
        .unwrap_or_else(|| said.to_owned());
    let name = if name.trim().is_empty() { "Unknown scanner".to_owned() } else { name };
    let vendor = user
        .vendor
        .clone()
        .or_else(|| known.map(|known| known.vendor.to_owned()))
        .or(vendor)
        .unwrap_or_else(|| name.clone());
    let version = user.version.clone().or_else(|| of_source(&scan.version)).unwrap_or_default();
    let of_table = known.map(|known| known.url).filter(|url| !url.is_empty());
    let url = user.url.clone().or_else(|| of_table.map(str::to_owned)).or_else(|| of_source(&scan.url));
    let tool = Tool::new(id, name, version, vendor);
    match url {
        Some(url) => tool.with_url(url),
        None => tool,
    }
}

/// The analyzer of every report: this program.
#[must_use]
pub fn analyzer() -> Tool<'static> {
    Tool::new("scanlift", "scanlift", env!("CARGO_PKG_VERSION"), "scanlift")
}

/// What stands for a scanner in a file name.
#[must_use]
pub fn file_part(id: &str) -> &str {
    id.strip_prefix(PREFIX).unwrap_or(id)
}

/// The entry of a name. A name that only begins as a known one (`Semgrep OSS`) is another scanner's
/// (`Semgrep Wrapper of ACME`) where the source names another vendor.
fn lookup(name: &str, vendor: Option<&str>) -> Option<&'static Known> {
    let key = key(name);
    let known = KNOWN.iter().find(|known| known.marks.iter().any(|mark| begins(&key, name, mark)))?;
    let is_whole = known.marks.iter().any(|mark| *mark == key);
    (is_whole || vendor.is_none_or(|vendor| known.is_of(vendor))).then_some(known)
}

/// Letters and digits only, in lower case.
fn key(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a name begins with a mark, at the end of a word: `pmd` is not the start of `pmdx`.
fn begins(key: &str, name: &str, mark: &str) -> bool {
    let Some(rest) = key.strip_prefix(mark) else { return false };
    if rest.is_empty() {
        return true;
    }
    // The character of the name behind the mark's last one.
    let mut letters = name.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric());
    let Some((last, c)) = letters.nth(mark.len() - 1) else { return false };
    let behind = name[last + c.len_utf8()..].chars().next();
    behind.is_none_or(|c| !c.is_ascii_lowercase())
}

/// An id that is not GitLab's, now or later.
fn safe(id: String) -> String {
    let is_gitlabs = is_gitlab_scanner(&id) || id == "gitlab" || id.starts_with("gitlab-");
    if is_gitlabs { format!("{PREFIX}{id}") } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::Kind;

    #[test]
    fn scanners_are_known_by_what_they_call_themselves() {
        for (said, id, name, vendor) in [
            ("Semgrep OSS", "scanlift-semgrep", "Semgrep", "Semgrep"),
            ("Semgrep Pro", "semgrep-pro", "Semgrep Pro", "Semgrep"),
            ("CodeQL command-line toolchain", "codeql", "CodeQL", "GitHub"),
            ("SnykCode", "snyk-code", "Snyk Code", "Snyk"),
            ("snyk-cli", "snyk", "Snyk Open Source", "Snyk"),
            ("QDPYC", "qodana", "Qodana", "JetBrains"),
            ("Micro Focus Fortify Static Code Analyzer", "fortify", "Fortify", "OpenText"),
            ("zapper", "zapper", "zapper", "zapper"),
            ("ACME  Scan!", "acme-scan", "ACME  Scan!", "ACME  Scan!"),
            ("GitLab SAST", "scanlift-gitlab-sast", "GitLab SAST", "GitLab SAST"),
            ("Security Code Scan", "security-code-scan", "Security Code Scan", "Security Code Scan"),
            ("TFLint", "tflint", "TFLint", "TFLint"),
            ("GNU C++17", "gcc", "GCC", "GNU"),
            ("Microsoft (R) Visual C# Compiler", "roslyn", "Roslyn", "Microsoft"),
            ("JFrog Xray Scanner", "jfrog-xray", "JFrog Xray", "JFrog"),
            ("CredentialScanner", "credscan", "Credential Scanner", "Microsoft"),
            ("docker scout", "docker-scout", "Docker Scout", "Docker"),
            ("", "unknown", "Unknown scanner", "Unknown scanner"),
            ("検査", "unknown", "検査", "検査"),
        ] {
            let tool = identify(&ScanInfo::new(said, Kind::Sast), &ScannerOverride::default());
            assert_eq!((&*tool.id, &*tool.name, &*tool.vendor.name), (id, name, vendor), "{said}");
            assert_eq!(tool.version, "unknown");
        }
    }

    #[test]
    fn a_vendor_of_its_own_makes_it_another_scanner() {
        for (said, of, id, vendor) in [
            ("Semgrep Wrapper of ACME", "ACME Inc.", "semgrep-wrapper-of-acme", "ACME Inc."),
            ("Trivy by ACME", "ACME", "trivy-by-acme", "ACME"),
            ("Semgrep Wrapper", "A Company", "semgrep-wrapper", "A Company"),
            ("Semgrep Wrapper", "我的公司", "semgrep-wrapper", "我的公司"),
            // However the table spells it.
            ("Semgrep OSS", "Semgrep, Inc.", "scanlift-semgrep", "Semgrep"),
            ("CodeQL command-line toolchain", "GitHub", "codeql", "GitHub"),
            ("LGTM.com", "Semmle", "codeql", "GitHub"),
            ("Trivy Vulnerability Scanner", "aquasecurity", "scanlift-trivy", "Aqua Security"),
            ("Micro Focus Fortify Static Code Analyzer", "Micro Focus", "fortify", "OpenText"),
            ("Polyspace Bug Finder", "The MathWorks, Inc.", "polyspace", "MathWorks"),
            ("QDPYC", "QDPYC", "qodana", "JetBrains"),
            ("Coverity Static Analysis", "Synopsys", "coverity", "Black Duck"),
            // A name as a whole is the scanner's, whoever built it; GitLab is no vendor.
            ("Checkov", "bridgecrew", "checkov", "Palo Alto Networks"),
            ("Semgrep OSS", "GitLab", "scanlift-semgrep", "Semgrep"),
            ("ACME Scan", "GitLab", "acme-scan", "ACME Scan"),
        ] {
            let mut scan = ScanInfo::new(said, Kind::Sast);
            scan.vendor = Some(of.into());
            let tool = identify(&scan, &ScannerOverride::default());
            assert_eq!((&*tool.id, &*tool.vendor.name), (id, vendor), "{said} of {of}");
        }
    }

    #[test]
    fn the_user_knows_best() {
        let user =
            ScannerOverride { id: Some("semgrep".into()), version: Some("1".into()), ..Default::default() };
        let tool = identify(&ScanInfo::new("Semgrep", Kind::Sast), &user);
        assert_eq!((&*tool.id, &*tool.version), ("semgrep", "1"));
    }
}
