//! What GitLab documents of approval policies, a statement a line.

use super::{Case, case};

const PASS: &str = "pass";
const WARN: &str = "warn";
const APPROVAL: &str = "approval_required";

/// Critical and high ones of two scanners, with a fix and no flag.
const EXAMPLE: &str = "branch_type: protected, scanners: [sast, container_scanning], vulnerabilities_allowed: 0, severity_levels: [critical, high], vulnerability_states: [new_needs_triage], vulnerability_attributes: {false_positive: false, fix_available: true}";

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    // The example of the documentation: critical and high ones of two scanners, no false positives, with a fix.
    case("8.1 example", "a new critical finding with a fix and no flag requires approval", EXAMPLE, &["sast: critical a fix", "container_scanning:"], &["sast:", "container_scanning:"], (APPROVAL, 1)),
    case("8.1 example", "a false positive does not count where false_positive is false", EXAMPLE, &["sast: critical a fix fp", "container_scanning:"], &["sast:", "container_scanning:"], (PASS, 0)),
    case("8.1 example", "a finding without a fix does not count where fix_available is true", EXAMPLE, &["sast: critical a", "container_scanning:"], &["sast:", "container_scanning:"], (PASS, 0)),
    case("8.1 example", "a severity that is not named does not count", EXAMPLE, &["sast: medium a fix", "container_scanning:"], &["sast:", "container_scanning:"], (PASS, 0)),
    case("8.1 example", "a scanner that is not named does not count", EXAMPLE, &["sast:", "container_scanning:", "dast: critical a fix"], &["sast:", "container_scanning:", "dast:"], (PASS, 0)),
    case("8.1 example", "what the target branch has already is not new", EXAMPLE, &["sast: critical a fix", "container_scanning:"], &["sast: critical a fix", "container_scanning:"], (PASS, 0)),
    case("8.1 example", "the other named scanner counts too", EXAMPLE, &["sast:", "container_scanning: high a fix"], &["sast:", "container_scanning:"], (APPROVAL, 1)),
    // Scanners.
    case("8.1 scanners", "an empty list is every scanner", "scanners: []", &["dast: low a"], &["dast:"], (APPROVAL, 1)),
    case("8.1 scanners", "coverage_fuzzing is a scanner", "scanners: [coverage_fuzzing]", &["coverage_fuzzing: unknown a"], &["coverage_fuzzing:"], (APPROVAL, 1)),
    case("8.1 scanners", "api_fuzzing is a scanner of its own", "scanners: [api_fuzzing]", &["api_fuzzing:", "dast: high a"], &["api_fuzzing:", "dast:"], (PASS, 0)),
    case("8.1 scanners", "findings of several named scanners are counted together", "scanners: [sast, secret_detection], vulnerabilities_allowed: 1", &["sast: high a", "secret_detection: critical b"], &["sast:", "secret_detection:"], (APPROVAL, 2)),
    case("8.1 scanners", "a scanner may be an object with a type only", "scanners: [{type: sast}]", &["sast: low a"], &["sast:"], (APPROVAL, 1)),
    case("8.1 scanners", "strings and objects may stand side by side", "scanners: [dast, {type: sast, severity_levels: [critical]}], severity_levels: []", &["sast: high a", "dast: high b"], &["sast:", "dast:"], (APPROVAL, 1)),
    case("8.1 scanners", "an object's severity_levels are its own", "scanners: [{type: sast, severity_levels: [critical]}], severity_levels: [low]", &["sast: low a"], &["sast:"], (PASS, 0)),
    case("8.1 scanners", "an object without severity_levels has the rule's", "scanners: [{type: sast}], severity_levels: [critical]", &["sast: low a"], &["sast:"], (PASS, 0)),
    case("8.1 scanners", "an object's vulnerabilities_allowed is its own", "scanners: [{type: sast, vulnerabilities_allowed: 2}], vulnerabilities_allowed: 0", &["sast: low a, low b"], &["sast:"], (PASS, 2)),
    case("8.1 scanners", "more than an object allows requires approval", "scanners: [{type: sast, vulnerabilities_allowed: 1}, {type: dast, vulnerabilities_allowed: 5}]", &["sast: low a, low b", "dast: low c"], &["sast:", "dast:"], (APPROVAL, 3)),
    case("8.1 scanners", "an object's attributes are its own", "scanners: [{type: dependency_scanning, vulnerability_attributes: {known_exploited: true}}, sast], severity_levels: [critical]", &["dependency_scanning: critical a cve=CVE-2021-2", "sast:"], &["dependency_scanning:", "sast:"], (PASS, 0)),
    // How many.
    case("8.1 vulnerabilities_allowed", "as many as are allowed pass", "vulnerabilities_allowed: 2", &["sast: high a, high b"], &["sast:"], (PASS, 2)),
    case("8.1 vulnerabilities_allowed", "one more requires approval", "vulnerabilities_allowed: 2", &["sast: high a, high b, high c"], &["sast:"], (APPROVAL, 3)),
    case("8.1 vulnerabilities_allowed", "zero allows none", "vulnerabilities_allowed: 0", &["sast: info a"], &["sast:"], (APPROVAL, 1)),
    case("8.1 vulnerabilities_allowed", "zero passes where there is none", "vulnerabilities_allowed: 0", &["sast:"], &["sast:"], (PASS, 0)),
    // Severities.
    case("8.1 severity_levels", "unknown is a level of its own", "severity_levels: [unknown]", &["sast: unknown a, info b"], &["sast:"], (APPROVAL, 1)),
    case("8.1 severity_levels", "info is a level of its own", "severity_levels: [info]", &["sast: unknown a, info b"], &["sast:"], (APPROVAL, 1)),
    case("8.1 severity_levels", "critical does not include high", "severity_levels: [critical]", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 severity_levels", "each of several levels counts", "severity_levels: [low, medium]", &["sast: low a, medium b, high c"], &["sast:"], (APPROVAL, 2)),
    // States.
    case("8.1 vulnerability_states", "an empty list is both new states", "vulnerability_states: []", &["sast: high a, high b ignored"], &["sast:"], (APPROVAL, 2)),
    case("8.1 vulnerability_states", "new_needs_triage is what nobody dismissed", "vulnerability_states: [new_needs_triage]", &["sast: high a, high b ignored"], &["sast:"], (APPROVAL, 1)),
    case("8.1 vulnerability_states", "a dismissed new finding does not need triage", "vulnerability_states: [new_needs_triage]", &["sast: high b ignored"], &["sast:"], (PASS, 0)),
    case("8.1 vulnerability_states", "new_dismissed is what was dismissed", "vulnerability_states: [new_dismissed]", &["sast: high a, high b ignored"], &["sast:"], (APPROVAL, 1)),
    case("8.1 vulnerability_states", "detected is what the default branch has", "vulnerability_states: [detected]", &["sast: high a, high b"], &["sast: high b"], (APPROVAL, 1)),
    case("8.1 vulnerability_states", "what is new is not detected", "vulnerability_states: [detected]", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 vulnerability_states", "what the merge request fixes is still on the default branch", "vulnerability_states: [detected]", &["sast:"], &["sast: high a"], (APPROVAL, 1)),
    case("8.1 vulnerability_states", "dismissed is what the default branch has and was dismissed", "vulnerability_states: [dismissed]", &["sast: high a ignored"], &["sast: high a ignored"], (APPROVAL, 1)),
    case("8.1 vulnerability_states", "confirmed is set by people in GitLab: nothing here is it", "vulnerability_states: [confirmed, resolved]", &["sast: high a"], &["sast: high a"], (PASS, 0)),
    case("8.1 vulnerability_states", "new and existing states may be mixed", "vulnerability_states: [new_needs_triage, detected], vulnerabilities_allowed: 1", &["sast: high a, high b"], &["sast: high b"], (APPROVAL, 2)),
    case("5.3", "a finding that only moved is known by its signature", "", &["sast: high a tag=x line=9"], &["sast: high a tag=x line=1"], (PASS, 0)),
    case("5.3", "without a signature a finding that moved is new", "", &["sast: high a line=9"], &["sast: high a line=1"], (APPROVAL, 1)),
    case("5.3", "without a report of the target branch everything is new", "", &["sast: high a"], &[], (APPROVAL, 1)),
    // Reports that are missing.
    case("8.1", "every named scanner must have a report of the merge request", "scanners: [sast, dast]", &["sast:"], &["sast:", "dast:"], (APPROVAL, 0)),
    case("8.1", "every named scanner must have a report of the target branch", "scanners: [sast, dast]", &["sast:", "dast:"], &["sast:"], (APPROVAL, 0)),
    case("8.1", "an empty report is a report", "scanners: [sast]", &["sast:"], &["sast:"], (PASS, 0)),
    case("8.1", "a scan that the merge request no longer has requires approval", "scanners: []", &["sast:"], &["sast:", "dast:"], (APPROVAL, 0)),
    case("8.1", "a rule on existing findings only compares nothing, so no report is missing", "scanners: [sast], vulnerability_states: [detected]", &["dast:"], &["dast:"], (PASS, 0)),
    case("8.1 fallback_behavior", "with open, a missing report requires nothing", "scanners: [sast, dast]", &["sast:"], &["sast:", "dast:"], (PASS, 0)).policy("fallback_behavior: {fail: open}"),
    case("8.1 fallback_behavior", "with open, what can be compared still decides", "scanners: [sast, dast]", &["sast: high a"], &["sast:", "dast:"], (APPROVAL, 1)).policy("fallback_behavior: {fail: open}"),
    case("8.1 fallback_behavior", "closed is the default", "scanners: [dast]", &["sast:"], &["sast:"], (APPROVAL, 0)).policy("fallback_behavior: {fail: closed}"),
    // Branches.
    case("8.1 branches", "an empty list is every protected branch", "branches: []", &["sast: high a"], &["sast:"], (APPROVAL, 1)).on("branch=stable protected=stable"),
    case("8.1 branches", "a named branch is meant", "branches: [main]", &["sast: high a"], &["sast:"], (APPROVAL, 1)),
    case("8.1 branches", "another branch is not", "branches: [stable]", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 branches", "a star stands for anything", "branches: ['release/*']", &["sast: high a"], &["sast:"], (APPROVAL, 1)).on("branch=release/1/x protected=release/*"),
    case("8.1 branches", "only protected target branches count", "branches: [topic]", &["sast: high a"], &["sast:"], (PASS, 0)).on("branch=topic protected=main"),
    case("8.1 branch_type", "default is the default branch", "branch_type: default", &["sast: high a"], &["sast:"], (APPROVAL, 1)),
    case("8.1 branch_type", "another protected branch is not the default one", "branch_type: default", &["sast: high a"], &["sast:"], (PASS, 0)).on("branch=stable protected=stable"),
    case("8.1 branch_type", "protected is any of them", "branch_type: protected", &["sast: high a"], &["sast:"], (APPROVAL, 1)).on("branch=stable protected=main,stable"),
    case("8.1 branch_type", "a branch that is not protected is not meant", "branch_type: protected", &["sast: high a"], &["sast:"], (PASS, 0)).on("branch=topic protected=stable"),
    case("8.1 branch_exceptions", "an exception is left out", "branch_type: protected, branch_exceptions: [main]", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 branch_exceptions", "others are not", "branch_type: protected, branch_exceptions: [stable]", &["sast: high a"], &["sast:"], (APPROVAL, 1)),
    case("8.1 branch_exceptions", "an exception of a project goes for that project", "branch_type: protected, branch_exceptions: [{name: main, full_path: a/b}]", &["sast: high a"], &["sast:"], (PASS, 0)).on("project=a/b"),
    case("8.1 branch_exceptions", "and for no other", "branch_type: protected, branch_exceptions: [{name: main, full_path: a/b}]", &["sast: high a"], &["sast:"], (APPROVAL, 1)).on("project=a/c"),
    case("8.1 branches", "what is not known counts: without a branch the rule is for it", "branch_type: default", &["sast: high a"], &["sast:"], (APPROVAL, 1)).on("branch=? default=?"),
    // Attributes.
    case("8.1 false_positive", "true is only what is flagged", "vulnerability_attributes: {false_positive: true}", &["sast: high a, high b fp"], &["sast:"], (APPROVAL, 1)),
    case("8.1 false_positive", "false is only what is not flagged", "vulnerability_attributes: {false_positive: false}", &["sast: high b fp"], &["sast:"], (PASS, 0)),
    case("8.1 fix_available", "a solution is a fix", "vulnerability_attributes: {fix_available: true}", &["dependency_scanning: high a fix, high b"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 fix_available", "a remediation is a fix", "vulnerability_attributes: {fix_available: true}", &["dependency_scanning: high a patch"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 fix_available", "false is only what has none", "vulnerability_attributes: {fix_available: false}", &["dependency_scanning: high a fix, high b"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 vulnerability_attributes", "all of several must hold", "vulnerability_attributes: {fix_available: true, false_positive: false}", &["sast: high a fix fp, high b"], &["sast:"], (PASS, 0)),
    case("8.1 known_exploited", "true is what CISA lists", "vulnerability_attributes: {known_exploited: true}", &["dependency_scanning: high a cve=CVE-2021-1, high b cve=CVE-2021-2"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 known_exploited", "what CISA does not list passes", "vulnerability_attributes: {known_exploited: true}", &["dependency_scanning: high b cve=CVE-2021-2"], &["dependency_scanning:"], (PASS, 0)),
    case("8.1 known_exploited", "one exploited CVE of several is enough", "vulnerability_attributes: {known_exploited: true}", &["dependency_scanning: high b cve=CVE-2021-2 cve=CVE-2021-1"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 epss_score", "greater_than is above the value", "vulnerability_attributes: {epss_score: {operator: greater_than, value: 0.5}}", &["dependency_scanning: high a cve=CVE-2021-1, high b cve=CVE-2021-2"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 epss_score", "greater_than leaves the value itself out", "vulnerability_attributes: {epss_score: {operator: greater_than, value: 0.9}}", &["dependency_scanning: high a cve=CVE-2021-1"], &["dependency_scanning:"], (PASS, 0)),
    case("8.1 epss_score", "less_than is below the value", "vulnerability_attributes: {epss_score: {operator: less_than, value: 0.5}}", &["dependency_scanning: high a cve=CVE-2021-1, high b cve=CVE-2021-2"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 enrichment_data_unavailable", "with block, a CVE without a score counts", "vulnerability_attributes: {epss_score: {operator: greater_than, value: 0.5}, enrichment_data_unavailable: {action: block}}", &["dependency_scanning: high a cve=CVE-2021-3"], &["dependency_scanning:"], (APPROVAL, 1)),
    case("8.1 enrichment_data_unavailable", "with ignore, it does not", "vulnerability_attributes: {epss_score: {operator: greater_than, value: 0.5}, enrichment_data_unavailable: {action: ignore}}", &["dependency_scanning: high a cve=CVE-2021-3"], &["dependency_scanning:"], (PASS, 0)),
    case("8.1 enrichment_data_unavailable", "with ignore, a finding without a CVE does not count", "vulnerability_attributes: {known_exploited: true, enrichment_data_unavailable: {action: ignore}}", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 enrichment_data_unavailable", "without any list, block counts all", "vulnerability_attributes: {known_exploited: true, enrichment_data_unavailable: {action: block}}", &["dependency_scanning: high a cve=CVE-2021-2"], &["dependency_scanning:"], (APPROVAL, 1)).on("unenriched"),
    // Age.
    case("8.1 vulnerability_age", "age is of existing findings, and known to GitLab only: it counts", "vulnerability_states: [detected], vulnerability_age: {operator: greater_than, value: 30, interval: day}", &["sast: high a"], &["sast: high a"], (APPROVAL, 1)),
    // Policies.
    case("8.1 enabled", "a disabled policy requires nothing", "", &["sast: high a"], &["sast:"], (PASS, 0)).policy("enabled: false"),
    case("8.1 enforcement_type", "warn tells and requires nothing", "", &["sast: high a"], &["sast:"], (WARN, 1)).policy("enforcement_type: warn"),
    case("8.1 enforcement_type", "warn passes where nothing is violated", "", &["sast:"], &["sast:"], (PASS, 0)).policy("enforcement_type: warn"),
    case("8.1 enforcement_type", "enforce is the default", "", &["sast: high a"], &["sast:"], (APPROVAL, 1)).policy("enforcement_type: enforce"),
    case("8.1 actions", "a bot message alone requires nothing", "", &["sast: high a"], &["sast:"], (WARN, 1)).policy("actions: [{type: send_bot_message, enabled: true}]"),
    case("8.1 actions", "zero approvals require nothing", "", &["sast: high a"], &["sast:"], (WARN, 1)).policy("actions: [{type: require_approval, approvals_required: 0, role_approvers: [owner]}]"),
    case("8.1 rules", "licence rules are not evaluated", "type: license_finding, branch_type: protected, license_states: [newly_detected]", &["sast: high a"], &["sast:"], (PASS, 0)),
    case("8.1 rules", "rules on any merge request are not evaluated", "type: any_merge_request, branch_type: protected, commits: any", &["sast: high a"], &["sast:"], (PASS, 0)),
];
