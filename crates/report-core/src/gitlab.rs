/// Ids of scanners in the reports of GitLab's own analyzers, those that it gave up included. GitLab compares
/// them as they stand, so that one is here in each spelling it had.
const SCANNERS: [&str; 39] = [
    "bandit",
    "brakeman",
    "browserker",
    "bundler_audit",
    "clair",
    "eslint",
    "find_sec_bugs",
    "flawfinder",
    "gemnasium",
    "gemnasium-maven",
    "gemnasium-python",
    "gitlab-advanced-sast",
    "gitlab-api-security",
    "gitlab-sbom-vulnerability-scanner",
    "gitlab_advanced_sast",
    "gitleaks",
    "gosec",
    "grype",
    "kics",
    "klar",
    "kubesec",
    "libfuzzer",
    "mobsf",
    "nodejs-scan",
    "nodejs_scan",
    "phpcs_security_audit",
    "pipeline_secret_detection",
    "pmd-apex",
    "retire.js",
    "secrets",
    "security_code_scan",
    "semgrep",
    "sobelow",
    "spotbugs",
    "trivy",
    "tslint",
    "vulnerability_detection",
    "zap",
    "zaproxy",
];

/// Whether a scanner's id is one that GitLab's own analyzers report under. After each pipeline GitLab closes
/// the vulnerabilities of an id that are not in its newest report, so two tools with one id close each
/// other's.
///
/// ```
/// use scanlift_report_core::is_gitlab_scanner;
///
/// assert!(is_gitlab_scanner("semgrep"));
/// assert!(!is_gitlab_scanner("acme-semgrep"));
/// ```
#[must_use]
pub fn is_gitlab_scanner(id: &str) -> bool {
    SCANNERS.contains(&id)
}
