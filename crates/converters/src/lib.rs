//! Every converter that ships with scanlift, one feature each, all on by default.
//!
//! The only crate that knows them all: a program goes through it, so that no converter is left
//! unlinked. It holds no code of its own beyond the lists.
//!
//! ```
//! let registry = scanlift_converters::registry();
//! let ids: Vec<_> = registry.iter().map(|converter| converter.descriptor().id).collect();
//! assert!(ids.is_sorted());
//! ```

use scanlift_convert_api::{Converter, Registry};
use std::sync::LazyLock;

// @generated begin re-exports
#[cfg(feature = "clamav")]
pub use scanlift_convert_clamav as clamav;
#[cfg(feature = "csaf")]
pub use scanlift_convert_csaf as csaf;
#[cfg(feature = "cyclonedx")]
pub use scanlift_convert_cyclonedx as cyclonedx;
#[cfg(feature = "anchore")]
pub use scanlift_convert_json::scanner::anchore;
#[cfg(feature = "aqua")]
pub use scanlift_convert_json::scanner::aqua;
#[cfg(feature = "arachni-json")]
pub use scanlift_convert_json::scanner::arachni_json;
#[cfg(feature = "asff")]
pub use scanlift_convert_json::scanner::asff;
#[cfg(feature = "bandit")]
pub use scanlift_convert_json::scanner::bandit;
#[cfg(feature = "bearer")]
pub use scanlift_convert_json::scanner::bearer;
#[cfg(feature = "betterleaks")]
pub use scanlift_convert_json::scanner::betterleaks;
#[cfg(feature = "brakeman")]
pub use scanlift_convert_json::scanner::brakeman;
#[cfg(feature = "bundler-audit")]
pub use scanlift_convert_json::scanner::bundler_audit;
#[cfg(feature = "burp-json")]
pub use scanlift_convert_json::scanner::burp_json;
#[cfg(feature = "cargo-audit")]
pub use scanlift_convert_json::scanner::cargo_audit;
#[cfg(feature = "cargo-deny")]
pub use scanlift_convert_json::scanner::cargo_deny;
#[cfg(feature = "cfn-lint")]
pub use scanlift_convert_json::scanner::cfn_lint;
#[cfg(feature = "checkmarx-one")]
pub use scanlift_convert_json::scanner::checkmarx_one;
#[cfg(feature = "checkmarx-osa")]
pub use scanlift_convert_json::scanner::checkmarx_osa;
#[cfg(feature = "checkov")]
pub use scanlift_convert_json::scanner::checkov;
#[cfg(feature = "clair")]
pub use scanlift_convert_json::scanner::clair;
#[cfg(feature = "clippy")]
pub use scanlift_convert_json::scanner::clippy;
#[cfg(feature = "codequality")]
pub use scanlift_convert_json::scanner::codequality;
#[cfg(feature = "composer-audit")]
pub use scanlift_convert_json::scanner::composer_audit;
#[cfg(feature = "cxflow")]
pub use scanlift_convert_json::scanner::cxflow;
#[cfg(feature = "dependency-check-json")]
pub use scanlift_convert_json::scanner::dependency_check_json;
#[cfg(feature = "dependency-track")]
pub use scanlift_convert_json::scanner::dependency_track;
#[cfg(feature = "detect-secrets")]
pub use scanlift_convert_json::scanner::detect_secrets;
#[cfg(feature = "dockle")]
pub use scanlift_convert_json::scanner::dockle;
#[cfg(feature = "dotnet-list")]
pub use scanlift_convert_json::scanner::dotnet_list;
#[cfg(feature = "eslint")]
pub use scanlift_convert_json::scanner::eslint;
#[cfg(feature = "ggshield")]
pub use scanlift_convert_json::scanner::ggshield;
#[cfg(feature = "github-alerts")]
pub use scanlift_convert_json::scanner::github_alerts;
#[cfg(feature = "gitlab")]
pub use scanlift_convert_json::scanner::gitlab;
#[cfg(feature = "gitleaks")]
pub use scanlift_convert_json::scanner::gitleaks;
#[cfg(feature = "golangci-lint")]
pub use scanlift_convert_json::scanner::golangci_lint;
#[cfg(feature = "gosec")]
pub use scanlift_convert_json::scanner::gosec;
#[cfg(feature = "govulncheck")]
pub use scanlift_convert_json::scanner::govulncheck;
#[cfg(feature = "grype")]
pub use scanlift_convert_json::scanner::grype;
#[cfg(feature = "hadolint")]
pub use scanlift_convert_json::scanner::hadolint;
#[cfg(feature = "horusec")]
pub use scanlift_convert_json::scanner::horusec;
#[cfg(feature = "inspector2")]
pub use scanlift_convert_json::scanner::inspector2;
#[cfg(feature = "invicti-json")]
pub use scanlift_convert_json::scanner::invicti_json;
#[cfg(feature = "jfrog-xray")]
pub use scanlift_convert_json::scanner::jfrog_xray;
#[cfg(feature = "kics")]
pub use scanlift_convert_json::scanner::kics;
#[cfg(feature = "kingfisher")]
pub use scanlift_convert_json::scanner::kingfisher;
#[cfg(feature = "kube-bench")]
pub use scanlift_convert_json::scanner::kube_bench;
#[cfg(feature = "kube-linter")]
pub use scanlift_convert_json::scanner::kube_linter;
#[cfg(feature = "kubescape")]
pub use scanlift_convert_json::scanner::kubescape;
#[cfg(feature = "mobsf")]
pub use scanlift_convert_json::scanner::mobsf;
#[cfg(feature = "mobsfscan")]
pub use scanlift_convert_json::scanner::mobsfscan;
#[cfg(feature = "nikto-json")]
pub use scanlift_convert_json::scanner::nikto_json;
#[cfg(feature = "njsscan")]
pub use scanlift_convert_json::scanner::njsscan;
#[cfg(feature = "noseyparker")]
pub use scanlift_convert_json::scanner::noseyparker;
#[cfg(feature = "npm-audit")]
pub use scanlift_convert_json::scanner::npm_audit;
#[cfg(feature = "nuclei")]
pub use scanlift_convert_json::scanner::nuclei;
#[cfg(feature = "openvex")]
pub use scanlift_convert_json::scanner::openvex;
#[cfg(feature = "ossindex")]
pub use scanlift_convert_json::scanner::ossindex;
#[cfg(feature = "osv-scanner")]
pub use scanlift_convert_json::scanner::osv_scanner;
#[cfg(feature = "oxlint")]
pub use scanlift_convert_json::scanner::oxlint;
#[cfg(feature = "pip-audit")]
pub use scanlift_convert_json::scanner::pip_audit;
#[cfg(feature = "pnpm-audit")]
pub use scanlift_convert_json::scanner::pnpm_audit;
#[cfg(feature = "prowler")]
pub use scanlift_convert_json::scanner::prowler;
#[cfg(feature = "pylint")]
pub use scanlift_convert_json::scanner::pylint;
#[cfg(feature = "retire")]
pub use scanlift_convert_json::scanner::retire;
#[cfg(feature = "rubocop")]
pub use scanlift_convert_json::scanner::rubocop;
#[cfg(feature = "ruff")]
pub use scanlift_convert_json::scanner::ruff;
#[cfg(feature = "rusty-hog")]
pub use scanlift_convert_json::scanner::rusty_hog;
#[cfg(feature = "safety")]
pub use scanlift_convert_json::scanner::safety;
#[cfg(feature = "scorecard")]
pub use scanlift_convert_json::scanner::scorecard;
#[cfg(feature = "secretlint")]
pub use scanlift_convert_json::scanner::secretlint;
#[cfg(feature = "semgrep")]
pub use scanlift_convert_json::scanner::semgrep;
#[cfg(feature = "semgrep-app")]
pub use scanlift_convert_json::scanner::semgrep_app;
#[cfg(feature = "shellcheck")]
pub use scanlift_convert_json::scanner::shellcheck;
#[cfg(feature = "snyk")]
pub use scanlift_convert_json::scanner::snyk;
#[cfg(feature = "snyk-api")]
pub use scanlift_convert_json::scanner::snyk_api;
#[cfg(feature = "sonar-generic")]
pub use scanlift_convert_json::scanner::sonar_generic;
#[cfg(feature = "sonarqube")]
pub use scanlift_convert_json::scanner::sonarqube;
#[cfg(feature = "spdx")]
pub use scanlift_convert_json::scanner::spdx;
#[cfg(feature = "sslyze")]
pub use scanlift_convert_json::scanner::sslyze;
#[cfg(feature = "terrascan")]
pub use scanlift_convert_json::scanner::terrascan;
#[cfg(feature = "tflint")]
pub use scanlift_convert_json::scanner::tflint;
#[cfg(feature = "tfsec")]
pub use scanlift_convert_json::scanner::tfsec;
#[cfg(feature = "trivy-operator")]
pub use scanlift_convert_json::scanner::trivy_operator;
#[cfg(feature = "trufflehog")]
pub use scanlift_convert_json::scanner::trufflehog;
#[cfg(feature = "trufflehog3")]
pub use scanlift_convert_json::scanner::trufflehog3;
#[cfg(feature = "twistlock")]
pub use scanlift_convert_json::scanner::twistlock;
#[cfg(feature = "veracode-json")]
pub use scanlift_convert_json::scanner::veracode_json;
#[cfg(feature = "wapiti-json")]
pub use scanlift_convert_json::scanner::wapiti_json;
#[cfg(feature = "wpscan")]
pub use scanlift_convert_json::scanner::wpscan;
#[cfg(feature = "yarn-audit")]
pub use scanlift_convert_json::scanner::yarn_audit;
#[cfg(feature = "zap-json")]
pub use scanlift_convert_json::scanner::zap_json;
#[cfg(feature = "zizmor")]
pub use scanlift_convert_json::scanner::zizmor;
#[cfg(feature = "sarif")]
pub use scanlift_convert_sarif as sarif;
#[cfg(feature = "testssl")]
pub use scanlift_convert_testssl as testssl;
#[cfg(feature = "trivy")]
pub use scanlift_convert_trivy as trivy;
#[cfg(feature = "acunetix")]
pub use scanlift_convert_xml::scanner::acunetix;
#[cfg(feature = "appscan")]
pub use scanlift_convert_xml::scanner::appscan;
#[cfg(feature = "arachni")]
pub use scanlift_convert_xml::scanner::arachni;
#[cfg(feature = "bandit-xml")]
pub use scanlift_convert_xml::scanner::bandit_xml;
#[cfg(feature = "burp")]
pub use scanlift_convert_xml::scanner::burp;
#[cfg(feature = "checkmarx")]
pub use scanlift_convert_xml::scanner::checkmarx;
#[cfg(feature = "checkstyle")]
pub use scanlift_convert_xml::scanner::checkstyle;
#[cfg(feature = "cppcheck")]
pub use scanlift_convert_xml::scanner::cppcheck;
#[cfg(feature = "dependency-check")]
pub use scanlift_convert_xml::scanner::dependency_check;
#[cfg(feature = "fortify")]
pub use scanlift_convert_xml::scanner::fortify;
#[cfg(feature = "invicti")]
pub use scanlift_convert_xml::scanner::invicti;
#[cfg(feature = "junit")]
pub use scanlift_convert_xml::scanner::junit;
#[cfg(feature = "nessus")]
pub use scanlift_convert_xml::scanner::nessus;
#[cfg(feature = "nexpose")]
pub use scanlift_convert_xml::scanner::nexpose;
#[cfg(feature = "nikto")]
pub use scanlift_convert_xml::scanner::nikto;
#[cfg(feature = "nmap")]
pub use scanlift_convert_xml::scanner::nmap;
#[cfg(feature = "openscap")]
pub use scanlift_convert_xml::scanner::openscap;
#[cfg(feature = "openvas")]
pub use scanlift_convert_xml::scanner::openvas;
#[cfg(feature = "pmd")]
pub use scanlift_convert_xml::scanner::pmd;
#[cfg(feature = "qualys")]
pub use scanlift_convert_xml::scanner::qualys;
#[cfg(feature = "spotbugs")]
pub use scanlift_convert_xml::scanner::spotbugs;
#[cfg(feature = "sslscan")]
pub use scanlift_convert_xml::scanner::sslscan;
#[cfg(feature = "sslyze-xml")]
pub use scanlift_convert_xml::scanner::sslyze_xml;
#[cfg(feature = "veracode")]
pub use scanlift_convert_xml::scanner::veracode;
#[cfg(feature = "wapiti")]
pub use scanlift_convert_xml::scanner::wapiti;
#[cfg(feature = "webinspect")]
pub use scanlift_convert_xml::scanner::webinspect;
#[cfg(feature = "zap-xml")]
pub use scanlift_convert_xml::scanner::zap_xml;
// @generated end re-exports

/// The converters of this tree, by id.
pub static BUILTIN: &[&'static dyn Converter] = &[
    // @generated begin converters
    #[cfg(feature = "acunetix")]
    &scanlift_convert_xml::scanner::acunetix::CONVERTER,
    #[cfg(feature = "anchore")]
    &scanlift_convert_json::scanner::anchore::CONVERTER,
    #[cfg(feature = "appscan")]
    &scanlift_convert_xml::scanner::appscan::CONVERTER,
    #[cfg(feature = "aqua")]
    &scanlift_convert_json::scanner::aqua::CONVERTER,
    #[cfg(feature = "arachni")]
    &scanlift_convert_xml::scanner::arachni::CONVERTER,
    #[cfg(feature = "arachni-json")]
    &scanlift_convert_json::scanner::arachni_json::CONVERTER,
    #[cfg(feature = "asff")]
    &scanlift_convert_json::scanner::asff::CONVERTER,
    #[cfg(feature = "bandit")]
    &scanlift_convert_json::scanner::bandit::CONVERTER,
    #[cfg(feature = "bandit-xml")]
    &scanlift_convert_xml::scanner::bandit_xml::CONVERTER,
    #[cfg(feature = "bearer")]
    &scanlift_convert_json::scanner::bearer::CONVERTER,
    #[cfg(feature = "betterleaks")]
    &scanlift_convert_json::scanner::betterleaks::CONVERTER,
    #[cfg(feature = "brakeman")]
    &scanlift_convert_json::scanner::brakeman::CONVERTER,
    #[cfg(feature = "bundler-audit")]
    &scanlift_convert_json::scanner::bundler_audit::CONVERTER,
    #[cfg(feature = "burp")]
    &scanlift_convert_xml::scanner::burp::CONVERTER,
    #[cfg(feature = "burp-json")]
    &scanlift_convert_json::scanner::burp_json::CONVERTER,
    #[cfg(feature = "cargo-audit")]
    &scanlift_convert_json::scanner::cargo_audit::CONVERTER,
    #[cfg(feature = "cargo-deny")]
    &scanlift_convert_json::scanner::cargo_deny::CONVERTER,
    #[cfg(feature = "cfn-lint")]
    &scanlift_convert_json::scanner::cfn_lint::CONVERTER,
    #[cfg(feature = "checkmarx")]
    &scanlift_convert_xml::scanner::checkmarx::CONVERTER,
    #[cfg(feature = "checkmarx-one")]
    &scanlift_convert_json::scanner::checkmarx_one::CONVERTER,
    #[cfg(feature = "checkmarx-osa")]
    &scanlift_convert_json::scanner::checkmarx_osa::CONVERTER,
    #[cfg(feature = "checkov")]
    &scanlift_convert_json::scanner::checkov::CONVERTER,
    #[cfg(feature = "checkstyle")]
    &scanlift_convert_xml::scanner::checkstyle::CONVERTER,
    #[cfg(feature = "clair")]
    &scanlift_convert_json::scanner::clair::CONVERTER,
    #[cfg(feature = "clamav")]
    &scanlift_convert_clamav::CONVERTER,
    #[cfg(feature = "clippy")]
    &scanlift_convert_json::scanner::clippy::CONVERTER,
    #[cfg(feature = "codequality")]
    &scanlift_convert_json::scanner::codequality::CONVERTER,
    #[cfg(feature = "composer-audit")]
    &scanlift_convert_json::scanner::composer_audit::CONVERTER,
    #[cfg(feature = "cppcheck")]
    &scanlift_convert_xml::scanner::cppcheck::CONVERTER,
    #[cfg(feature = "csaf")]
    &scanlift_convert_csaf::CONVERTER,
    #[cfg(feature = "cxflow")]
    &scanlift_convert_json::scanner::cxflow::CONVERTER,
    #[cfg(feature = "cyclonedx")]
    &scanlift_convert_cyclonedx::CONVERTER,
    #[cfg(feature = "dependency-check")]
    &scanlift_convert_xml::scanner::dependency_check::CONVERTER,
    #[cfg(feature = "dependency-check-json")]
    &scanlift_convert_json::scanner::dependency_check_json::CONVERTER,
    #[cfg(feature = "dependency-track")]
    &scanlift_convert_json::scanner::dependency_track::CONVERTER,
    #[cfg(feature = "detect-secrets")]
    &scanlift_convert_json::scanner::detect_secrets::CONVERTER,
    #[cfg(feature = "dockle")]
    &scanlift_convert_json::scanner::dockle::CONVERTER,
    #[cfg(feature = "dotnet-list")]
    &scanlift_convert_json::scanner::dotnet_list::CONVERTER,
    #[cfg(feature = "eslint")]
    &scanlift_convert_json::scanner::eslint::CONVERTER,
    #[cfg(feature = "fortify")]
    &scanlift_convert_xml::scanner::fortify::CONVERTER,
    #[cfg(feature = "ggshield")]
    &scanlift_convert_json::scanner::ggshield::CONVERTER,
    #[cfg(feature = "github-alerts")]
    &scanlift_convert_json::scanner::github_alerts::CONVERTER,
    #[cfg(feature = "gitlab")]
    &scanlift_convert_json::scanner::gitlab::CONVERTER,
    #[cfg(feature = "gitleaks")]
    &scanlift_convert_json::scanner::gitleaks::CONVERTER,
    #[cfg(feature = "golangci-lint")]
    &scanlift_convert_json::scanner::golangci_lint::CONVERTER,
    #[cfg(feature = "gosec")]
    &scanlift_convert_json::scanner::gosec::CONVERTER,
    #[cfg(feature = "govulncheck")]
    &scanlift_convert_json::scanner::govulncheck::CONVERTER,
    #[cfg(feature = "grype")]
    &scanlift_convert_json::scanner::grype::CONVERTER,
    #[cfg(feature = "hadolint")]
    &scanlift_convert_json::scanner::hadolint::CONVERTER,
    #[cfg(feature = "horusec")]
    &scanlift_convert_json::scanner::horusec::CONVERTER,
    #[cfg(feature = "inspector2")]
    &scanlift_convert_json::scanner::inspector2::CONVERTER,
    #[cfg(feature = "invicti")]
    &scanlift_convert_xml::scanner::invicti::CONVERTER,
    #[cfg(feature = "invicti-json")]
    &scanlift_convert_json::scanner::invicti_json::CONVERTER,
    #[cfg(feature = "jfrog-xray")]
    &scanlift_convert_json::scanner::jfrog_xray::CONVERTER,
    #[cfg(feature = "junit")]
    &scanlift_convert_xml::scanner::junit::CONVERTER,
    #[cfg(feature = "kics")]
    &scanlift_convert_json::scanner::kics::CONVERTER,
    #[cfg(feature = "kingfisher")]
    &scanlift_convert_json::scanner::kingfisher::CONVERTER,
    #[cfg(feature = "kube-bench")]
    &scanlift_convert_json::scanner::kube_bench::CONVERTER,
    #[cfg(feature = "kube-linter")]
    &scanlift_convert_json::scanner::kube_linter::CONVERTER,
    #[cfg(feature = "kubescape")]
    &scanlift_convert_json::scanner::kubescape::CONVERTER,
    #[cfg(feature = "mobsf")]
    &scanlift_convert_json::scanner::mobsf::CONVERTER,
    #[cfg(feature = "mobsfscan")]
    &scanlift_convert_json::scanner::mobsfscan::CONVERTER,
    #[cfg(feature = "nessus")]
    &scanlift_convert_xml::scanner::nessus::CONVERTER,
    #[cfg(feature = "nexpose")]
    &scanlift_convert_xml::scanner::nexpose::CONVERTER,
    #[cfg(feature = "nikto")]
    &scanlift_convert_xml::scanner::nikto::CONVERTER,
    #[cfg(feature = "nikto-json")]
    &scanlift_convert_json::scanner::nikto_json::CONVERTER,
    #[cfg(feature = "njsscan")]
    &scanlift_convert_json::scanner::njsscan::CONVERTER,
    #[cfg(feature = "nmap")]
    &scanlift_convert_xml::scanner::nmap::CONVERTER,
    #[cfg(feature = "noseyparker")]
    &scanlift_convert_json::scanner::noseyparker::CONVERTER,
    #[cfg(feature = "npm-audit")]
    &scanlift_convert_json::scanner::npm_audit::CONVERTER,
    #[cfg(feature = "nuclei")]
    &scanlift_convert_json::scanner::nuclei::CONVERTER,
    #[cfg(feature = "openscap")]
    &scanlift_convert_xml::scanner::openscap::CONVERTER,
    #[cfg(feature = "openvas")]
    &scanlift_convert_xml::scanner::openvas::CONVERTER,
    #[cfg(feature = "openvex")]
    &scanlift_convert_json::scanner::openvex::CONVERTER,
    #[cfg(feature = "ossindex")]
    &scanlift_convert_json::scanner::ossindex::CONVERTER,
    #[cfg(feature = "osv-scanner")]
    &scanlift_convert_json::scanner::osv_scanner::CONVERTER,
    #[cfg(feature = "oxlint")]
    &scanlift_convert_json::scanner::oxlint::CONVERTER,
    #[cfg(feature = "pip-audit")]
    &scanlift_convert_json::scanner::pip_audit::CONVERTER,
    #[cfg(feature = "pmd")]
    &scanlift_convert_xml::scanner::pmd::CONVERTER,
    #[cfg(feature = "pnpm-audit")]
    &scanlift_convert_json::scanner::pnpm_audit::CONVERTER,
    #[cfg(feature = "prowler")]
    &scanlift_convert_json::scanner::prowler::CONVERTER,
    #[cfg(feature = "pylint")]
    &scanlift_convert_json::scanner::pylint::CONVERTER,
    #[cfg(feature = "qualys")]
    &scanlift_convert_xml::scanner::qualys::CONVERTER,
    #[cfg(feature = "retire")]
    &scanlift_convert_json::scanner::retire::CONVERTER,
    #[cfg(feature = "rubocop")]
    &scanlift_convert_json::scanner::rubocop::CONVERTER,
    #[cfg(feature = "ruff")]
    &scanlift_convert_json::scanner::ruff::CONVERTER,
    #[cfg(feature = "rusty-hog")]
    &scanlift_convert_json::scanner::rusty_hog::CONVERTER,
    #[cfg(feature = "safety")]
    &scanlift_convert_json::scanner::safety::CONVERTER,
    #[cfg(feature = "sarif")]
    &scanlift_convert_sarif::CONVERTER,
    #[cfg(feature = "scorecard")]
    &scanlift_convert_json::scanner::scorecard::CONVERTER,
    #[cfg(feature = "secretlint")]
    &scanlift_convert_json::scanner::secretlint::CONVERTER,
    #[cfg(feature = "semgrep")]
    &scanlift_convert_json::scanner::semgrep::CONVERTER,
    #[cfg(feature = "semgrep-app")]
    &scanlift_convert_json::scanner::semgrep_app::CONVERTER,
    #[cfg(feature = "shellcheck")]
    &scanlift_convert_json::scanner::shellcheck::CONVERTER,
    #[cfg(feature = "snyk")]
    &scanlift_convert_json::scanner::snyk::CONVERTER,
    #[cfg(feature = "snyk-api")]
    &scanlift_convert_json::scanner::snyk_api::CONVERTER,
    #[cfg(feature = "sonar-generic")]
    &scanlift_convert_json::scanner::sonar_generic::CONVERTER,
    #[cfg(feature = "sonarqube")]
    &scanlift_convert_json::scanner::sonarqube::CONVERTER,
    #[cfg(feature = "spdx")]
    &scanlift_convert_json::scanner::spdx::CONVERTER,
    #[cfg(feature = "spotbugs")]
    &scanlift_convert_xml::scanner::spotbugs::CONVERTER,
    #[cfg(feature = "sslscan")]
    &scanlift_convert_xml::scanner::sslscan::CONVERTER,
    #[cfg(feature = "sslyze")]
    &scanlift_convert_json::scanner::sslyze::CONVERTER,
    #[cfg(feature = "sslyze-xml")]
    &scanlift_convert_xml::scanner::sslyze_xml::CONVERTER,
    #[cfg(feature = "terrascan")]
    &scanlift_convert_json::scanner::terrascan::CONVERTER,
    #[cfg(feature = "testssl")]
    &scanlift_convert_testssl::CONVERTER,
    #[cfg(feature = "tflint")]
    &scanlift_convert_json::scanner::tflint::CONVERTER,
    #[cfg(feature = "tfsec")]
    &scanlift_convert_json::scanner::tfsec::CONVERTER,
    #[cfg(feature = "trivy")]
    &scanlift_convert_trivy::CONVERTER,
    #[cfg(feature = "trivy-operator")]
    &scanlift_convert_json::scanner::trivy_operator::CONVERTER,
    #[cfg(feature = "trufflehog")]
    &scanlift_convert_json::scanner::trufflehog::CONVERTER,
    #[cfg(feature = "trufflehog3")]
    &scanlift_convert_json::scanner::trufflehog3::CONVERTER,
    #[cfg(feature = "twistlock")]
    &scanlift_convert_json::scanner::twistlock::CONVERTER,
    #[cfg(feature = "veracode")]
    &scanlift_convert_xml::scanner::veracode::CONVERTER,
    #[cfg(feature = "veracode-json")]
    &scanlift_convert_json::scanner::veracode_json::CONVERTER,
    #[cfg(feature = "wapiti")]
    &scanlift_convert_xml::scanner::wapiti::CONVERTER,
    #[cfg(feature = "wapiti-json")]
    &scanlift_convert_json::scanner::wapiti_json::CONVERTER,
    #[cfg(feature = "webinspect")]
    &scanlift_convert_xml::scanner::webinspect::CONVERTER,
    #[cfg(feature = "wpscan")]
    &scanlift_convert_json::scanner::wpscan::CONVERTER,
    #[cfg(feature = "yarn-audit")]
    &scanlift_convert_json::scanner::yarn_audit::CONVERTER,
    #[cfg(feature = "zap-json")]
    &scanlift_convert_json::scanner::zap_json::CONVERTER,
    #[cfg(feature = "zap-xml")]
    &scanlift_convert_xml::scanner::zap_xml::CONVERTER,
    #[cfg(feature = "zizmor")]
    &scanlift_convert_json::scanner::zizmor::CONVERTER,
    // @generated end converters
];

/// Every converter of the program: those of this tree, and those of other crates that register
/// themselves. Where nothing can register itself (wasm), those of this tree.
///
/// # Panics
/// If two converters of the program have the same id: whoever adds one to a program sees it at the
/// first start.
#[must_use]
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        let linked = Registry::linked();
        let registry = match linked {
            Ok(linked) if linked.iter().next().is_none() => Registry::new(BUILTIN.iter().copied()),
            linked => linked,
        };
        registry.expect("every converter has an id of its own")
    });
    &REGISTRY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_is_linked_and_the_other_way_round() {
        let linked = Registry::linked().expect("no two converters of one id");
        let linked: Vec<_> = linked.iter().map(|converter| converter.descriptor().id).collect();
        let builtin: Vec<_> = BUILTIN.iter().map(|converter| converter.descriptor().id).collect();
        assert_eq!(linked, builtin);
    }
}
