//! Policies as GitLab documents them: each case says, in our words, what the documentation states.

mod cases;

use crate::*;
use cases::CASES;
use scanlift_report_core::{Kind, Severity};
use serde_json::{Value, json};

/// A report in short: `sast: critical a, high b fp fix ignored cve=CVE-1 tag=x line=9`.
fn report(short: &str) -> (Kind, String) {
    let (kind, findings) = short.split_once(':').expect("a kind");
    let kind = Kind::parse(kind.trim()).expect("a kind");
    let (mut vulnerabilities, mut remediations) = (Vec::new(), Vec::new());
    for finding in findings.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = finding.split_whitespace().collect();
        let (severity, name) = (words[0], words[1]);
        let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        let mut identifiers = vec![json!({"type": "rule", "name": name, "value": name})];
        for cve in words.iter().filter_map(|word| word.strip_prefix("cve=")) {
            identifiers.push(json!({"type": "cve", "name": cve, "value": cve}));
        }
        let line: u64 = value("line").map_or(1, |line| line.parse().expect("a number"));
        let package = json!({"package": {"name": name}, "version": "1"});
        let location = match kind {
            Kind::ContainerScanning => {
                json!({"image": "app:1", "operating_system": "debian:12", "dependency": package})
            }
            Kind::DependencyScanning => json!({"file": "go.mod", "dependency": package}),
            Kind::Dast | Kind::ApiFuzzing => json!({"path": format!("/{name}")}),
            _ => json!({"file": name, "start_line": line, "end_line": line, "commit": {"sha": "0"}}),
        };
        let mut severity = severity.to_owned();
        severity[..1].make_ascii_uppercase();
        let mut vulnerability = json!({"id": name, "name": name, "severity": severity,
            "identifiers": identifiers, "location": location});
        if words.contains(&"fp") {
            vulnerability["flags"] =
                json!([{"type": "flagged-as-likely-false-positive", "origin": "o", "description": "d"}]);
        }
        if words.contains(&"fix") {
            vulnerability["solution"] = json!("Upgrade.");
        }
        if words.contains(&"patch") {
            remediations.push(json!({"fixes": [{"id": name}], "summary": "s", "diff": "ZA=="}));
        }
        if words.contains(&"ignored") {
            vulnerability["description"] = json!("ignored");
        }
        if let Some(tag) = value("tag") {
            vulnerability["tracking"] = json!({"type": "source", "items": [
                {"file": name, "start_line": line, "end_line": line,
                 "signatures": [{"algorithm": "hash", "value": tag}]}]});
        }
        vulnerabilities.push(vulnerability);
    }
    let tool = json!({"id": "s", "name": "S", "version": "1", "vendor": {"name": "V"}});
    let mut scan = json!({"type": kind.as_str(), "status": "success", "analyzer": tool, "scanner": tool,
        "start_time": "2026-01-31T12:00:00", "end_time": "2026-01-31T12:00:00"});
    if matches!(kind, Kind::Dast | Kind::ApiFuzzing) {
        scan["scanned_resources"] = json!([]);
    }
    let report = json!({"version": "15.2.1", "scan": scan, "vulnerabilities": vulnerabilities,
        "remediations": remediations});
    (kind, report.to_string())
}

fn evidence(head: &[&str], base: &[&str]) -> Evidence {
    let mut evidence = Evidence::default();
    for (side, reports) in [(Side::Head, head), (Side::Base, base)] {
        for short in reports {
            let (kind, report) = report(short);
            let mut dismissed = |_: Kind, _: &_, value: &Value| value["description"] == "ignored";
            let verdict =
                evidence.add(side, &report.as_str(), Some(kind), &mut dismissed).expect("a readable report");
            assert!(verdict.is_accepted(), "{short}: {:?}", verdict.errors);
        }
    }
    evidence
}

/// CVE-2021-1 is exploited and has 0.9, CVE-2021-2 has 0.1, others are not known.
fn enrichment(evidence: &Evidence, with: bool) -> Enrichment {
    let mut enrichment = Enrichment::of(evidence.cves());
    if with {
        enrichment.read_kev(&"cveID\nCVE-2021-1\n").expect("KEV");
        enrichment.read_epss(&"#m\ncve,epss,percentile\nCVE-2021-1,0.9,1\nCVE-2021-2,0.1,0\n").expect("EPSS");
    }
    enrichment
}

/// `branch=main default=main protected=main,release/* project=a/b`.
fn target(options: &str) -> Target {
    let value = |key: &str| {
        options
            .split_whitespace()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let protected = value("protected").unwrap_or_default();
    Target {
        branch: value("branch").or(Some("main".to_owned())).filter(|it| it != "?"),
        default: value("default").or(Some("main".to_owned())).filter(|it| it != "?"),
        protected: protected.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        project: value("project"),
    }
}

struct Case {
    /// Section of the digest of GitLab's documentation, or of what is known of its comparison.
    section: &'static str,
    says: &'static str,
    /// Keys of the policy, a line each.
    policy: &'static str,
    /// Keys of the rule, in flow style; what is not given is all scanners, nothing allowed, new findings.
    rule: &'static str,
    head: &'static [&'static str],
    base: &'static [&'static str],
    options: &'static str,
    /// Decision, and how many findings count.
    want: (&'static str, u64),
}

const fn case(
    section: &'static str,
    says: &'static str,
    rule: &'static str,
    head: &'static [&'static str],
    base: &'static [&'static str],
    want: (&'static str, u64),
) -> Case {
    Case { section, says, policy: "", rule, head, base, options: "", want }
}

impl Case {
    const fn on(self, options: &'static str) -> Self {
        Self { options, ..self }
    }

    const fn policy(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    fn answer(&self) -> Answer {
        let mut rule = "type: scan_finding".to_owned();
        for (key, value) in [
            ("branch", "branch_type: protected"),
            ("scanners:", "scanners: []"),
            ("vulnerabilities_allowed", "vulnerabilities_allowed: 0"),
            ("severity_levels", "severity_levels: []"),
            ("vulnerability_states", "vulnerability_states: []"),
        ] {
            if !self.rule.contains(key) {
                rule = format!("{rule}, {value}");
            }
        }
        if !self.rule.is_empty() {
            rule = if self.rule.starts_with("type:") {
                self.rule.to_owned()
            } else {
                format!("{rule}, {}", self.rule)
            };
        }
        let mut yaml = format!("approval_policy:\n- name: P\n  rules:\n  - {{{rule}}}\n");
        for line in self.policy.lines() {
            yaml.push_str(&format!("  {}\n", line.trim()));
        }
        for (key, line) in [
            ("enabled", "enabled: true"),
            (
                "actions",
                "actions: [{type: require_approval, approvals_required: 1, role_approvers: [maintainer]}]",
            ),
        ] {
            if !self.policy.lines().any(|said| said.trim().starts_with(key)) {
                yaml.push_str(&format!("  {line}\n"));
            }
        }
        let policies = Policies::parse(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
        let evidence = evidence(self.head, self.base);
        let enrichment = enrichment(&evidence, !self.options.contains("unenriched"));
        let target = target(self.options);
        evaluate(&policies, None, &evidence.compare(), &target, &enrichment, 3)
    }
}

#[test]
fn policies_are_evaluated_as_documented() {
    const { assert!(CASES.len() >= 60) };
    for case in CASES {
        let answer = case.answer();
        let found: u64 = answer
            .policies
            .iter()
            .flat_map(|it| &it.rules)
            .flat_map(|it| &it.counts)
            .map(|it| it.found)
            .sum();
        let decision = serde_json::to_value(answer.decision).expect("a word");
        assert_eq!(
            (decision.as_str().unwrap_or_default(), found),
            case.want,
            "section {}: {}\n{answer:#?}",
            case.section,
            case.says
        );
        assert!(!markdown(&answer).is_empty());
    }
}

#[test]
fn the_answer_names_what_decides() {
    let yaml = "approval_policy:
- name: First
  enabled: true
  rules:
  - {type: scan_finding, branch_type: protected, scanners: [sast], vulnerabilities_allowed: 0, severity_levels: [low], vulnerability_states: []}
  - {type: scan_finding, branch_type: protected, scanners: [dast], vulnerabilities_allowed: 0, severity_levels: [], vulnerability_states: []}
  actions:
  - {type: require_approval, approvals_required: 2, user_approvers: [alice], group_approvers_ids: [7], role_approvers: [maintainer, 12]}
  - {type: require_approval, approvals_required: 1, user_approvers_ids: [3]}
  policy_scope: {projects: {including: [{id: 1}]}}
- name: Second
  enabled: true
  enforcement_type: warn
  rules: [{type: scan_finding, branch_type: protected, scanners: [], vulnerabilities_allowed: 0, severity_levels: [], vulnerability_states: []}]
";
    let policies = Policies::parse(yaml).expect("policies");
    let evidence = evidence(&["sast: high a, critical b, high c"], &["sast:"]);
    let answer = evaluate(&policies, None, &evidence.compare(), &target(""), &Enrichment::default(), 2);
    assert_eq!(answer.decision, Decision::ApprovalRequired);
    let [first, second] = &answer.policies[..] else { panic!("two policies") };
    assert_eq!(first.decision, Decision::ApprovalRequired);
    assert_eq!(
        first.approvals.iter().map(Approval::to_string).collect::<Vec<_>>(),
        ["2 approvals by role maintainer, role 12, group 7, user alice", "1 approval by user 3"]
    );
    assert_eq!(first.not_evaluated, ["policy_scope"]);
    assert_eq!(first.rules[0].state, RuleState::Satisfied);
    assert_eq!(first.rules[1].state, RuleState::Violated);
    assert_eq!(
        first.rules[1].missing.iter().map(Missing::to_string).collect::<Vec<_>>(),
        ["no dast report of the merge request", "no dast report of the target branch"]
    );
    assert_eq!(second.decision, Decision::Warn);
    let count = &second.rules[0].counts[0];
    assert_eq!((count.found, count.findings.len()), (3, 2));
    assert_eq!(count.findings[0].name, "b");
    assert_eq!(count.to_string(), "3 findings count, 0 allowed");
    let told = markdown(&answer);
    for part in [
        "**First**: approval required",
        "- 2 approvals by role maintainer",
        "| Critical | b | `b:1:1` |",
        "1 more are not shown",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

/// A policy whose rule has all that GitLab requires, and what is put behind it.
fn policy_of(keys: &str) -> String {
    format!(
        "approval_policy:\n- {{name: a, enabled: true, rules: [{{type: scan_finding, branch_type: default, scanners: [], vulnerabilities_allowed: 0, severity_levels: [], vulnerability_states: []{keys}}}]}}"
    )
}

#[test]
fn files_are_read_with_warnings() {
    let approval = |keys: &str| {
        format!(
            "approval_policy:\n- {{name: a, enabled: true, rules: [], actions: [{{type: require_approval, approvals_required: 1, {keys}}}]}}"
        )
    };
    for (yaml, want) in [
        (
            "approval_polcy: []".to_owned(),
            "`approval_polcy` is no key that GitLab knows; did you mean `approval_policy`?",
        ),
        ("scan_result_policy: []".to_owned(), "no longer read by GitLab since 17.0"),
        (
            policy_of(", severity_level: [high]"),
            "`approval_policy[0].rules[0].severity_level` is no key that GitLab knows; did you mean `severity_levels`?",
        ),
        (
            "approval_policy:\n- {name: a, enabled: yes, rules: []}".to_owned(),
            "approval_policy[0]: it has no rules",
        ),
        (
            policy_of("").replace("states: []", "states: [newly_detected]"),
            "vulnerability_states[0]: `newly_detected` is the old name of",
        ),
        (
            approval("role_approvers: [boss]"),
            "role_approvers[0]: `boss` is no role; it is one of guest, planner",
        ),
        (
            approval("role_approvers: [12, Maintainer]"),
            "role_approvers[1]: `Maintainer` is no role; did you mean",
        ),
    ] {
        let policies = Policies::parse(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
        assert!(
            policies.warnings.iter().any(|warning| warning.contains(want)),
            "{want}\n{:?}",
            policies.warnings
        );
    }
    for yaml in [
        "approval_policy: []\nscan_execution_policy: [{name: x, anything: 1}]\nexperiments: {a: {}}"
            .to_owned(),
        policy_of(""),
        policy_of("").replace("scan_finding", "license_finding"),
        policy_of("").replace("scan_finding", "any_merge_request"),
        approval("role_approvers: [12, owner]").replace("rules: []", "rules: [{type: any_merge_request}]"),
        policy_of("").replace("name: a", &format!("name: {}", "é".repeat(255))),
        // What every scanner says for itself, the rule need not say.
        policy_of("").replace(
            "scanners: [], vulnerabilities_allowed: 0, severity_levels: []",
            "scanners: [{type: sast, vulnerabilities_allowed: 0, severity_levels: [high]}]",
        ),
    ] {
        let policies = Policies::parse(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
        assert!(policies.warnings.is_empty(), "{yaml}: {:?}", policies.warnings);
    }
    let single = "type: approval_policy\nname: One\nenabled: true\nrules: []";
    assert_eq!(Policies::parse(single).expect("a policy").policies[0].name, "One");
}

#[test]
fn what_gitlab_would_not_take_is_refused_with_its_place() {
    let other = |from: &str, to: &str| {
        let yaml = policy_of("").replace(from, to);
        assert_ne!(yaml, policy_of(""), "{from}");
        yaml
    };
    let actions = |actions: &str| {
        format!("approval_policy:\n- {{name: a, enabled: true, rules: [], actions: [{actions}]}}")
    };
    let approval = "{type: require_approval, approvals_required: 1, role_approvers: [owner]}";
    let epss = |keys: &str| policy_of(&format!(", vulnerability_attributes: {{epss_score: {{{keys}}}}}"));
    let a_rule = "{type: any_merge_request}";
    for (yaml, want) in [
        (
            other("scanners: []", "scanners: [sarif]"),
            "scanners[0]: `sarif` is no scanner: its findings count under",
        ),
        (other("scanners: []", "scanners: [dependency-scanning]"), "did you mean `dependency_scanning`?"),
        (
            other("scanners: []", "scanners: [cluster_image_scanning]"),
            "`cluster_image_scanning` is no scanner",
        ),
        (other("scanners: []", "scanners: sast"), "scanners: a list is expected, not `sast`"),
        (
            other("levels: []", "levels: [hihg]"),
            "severity_levels[0]: `hihg` is no severity level; did you mean `high`?",
        ),
        (other("levels: []", "levels: [critical, HIGH]"), "severity_levels[1]: `HIGH` is no severity level"),
        (
            other("levels: []", "levels: [Critical]"),
            "`Critical` is no severity level; did you mean `critical`?",
        ),
        (other("allowed: 0", "allowed: -1"), "a whole number from 0 is expected, not `-1`"),
        (other("states: []", "states: [new]"), "`new` is no vulnerability state"),
        (epss("operator: greater_than, value: 2"), "epss_score.value: a number from 0.0 to 1.0"),
        (epss("operator: '>', value: 0.1"), "it is one of greater_than"),
        (policy_of(", branch_exceptions: [{full_path: a}]"), "branch_exceptions[0]: `name` is missing"),
        (policy_of(", branch_exceptions: [{name: a}]"), "branch_exceptions[0]: `full_path` is missing"),
        (
            policy_of(", vulnerability_age: {value: 3, interval: day}"),
            "vulnerability_age: `operator` is missing",
        ),
        // What GitLab requires.
        (other("name: a, ", ""), "approval_policy[0]: `name` is missing"),
        (other("enabled: true, ", ""), "approval_policy[0]: `enabled` is missing"),
        (other("rules:", "rule:"), "approval_policy[0]: `rules` is missing; is it meant by `rule`?"),
        (other("type: scan_finding, ", ""), "rules[0]: `type` is missing"),
        (other("branch_type: default, ", ""), "neither `branches` nor `branch_type` is given"),
        (policy_of(", branches: []"), "`branches` or `branch_type`, not both"),
        (other("scanners: [], ", ""), "rules[0]: `scanners` is missing"),
        (other("vulnerabilities_allowed: 0, ", ""), "rules[0]: `vulnerabilities_allowed` is missing"),
        (
            other("severity_levels:", "severity_level:"),
            "rules[0]: `severity_levels` is missing; is it meant by `severity_level`?",
        ),
        (other(", vulnerability_states: []", ""), "rules[0]: `vulnerability_states` is missing"),
        // A scanner by its name only leaves it to the rule.
        (
            other(
                "scanners: [], vulnerabilities_allowed: 0",
                "scanners: [dast, {type: sast, vulnerabilities_allowed: 0}]",
            ),
            "`vulnerabilities_allowed` is missing",
        ),
        // Other words, and too many of something.
        (
            other("scan_finding", "scan_findings"),
            "rules[0].type: `scan_findings` is no value; did you mean `scan_finding`?",
        ),
        (other("branch_type: default", "branch_type: all"), "branch_type: `all` is no value"),
        (other("rules:", "enforcement_type: audit, rules:"), "enforcement_type: `audit` is no value"),
        (
            other("name: a", &format!("name: {}", "a".repeat(256))),
            "name: it has 256 characters; GitLab takes 1 to 255",
        ),
        (other("name: a", "name: ''"), "name: it has 0 characters"),
        (
            format!("approval_policy:\n- {{name: a, enabled: true, rules: [{}]}}", [a_rule; 6].join(", ")),
            "approval_policy[0].rules: there are 6 rules; GitLab takes 5",
        ),
        (
            actions(&[approval; 6].join(", ")),
            "actions: there are 6 `require_approval` actions; GitLab takes 5",
        ),
        (actions("{type: require_aproval}"), "actions[0].type: `require_aproval` is no value; did you mean"),
        (actions("{type: require_approval, role_approvers: [owner]}"), "`approvals_required` is missing"),
        (actions("{type: require_approval, approvals_required: 1}"), "actions[0]: nobody is named"),
        (
            other("rules:", "policy_tuning: {security_report_time_window: 0}, rules:"),
            "policy_tuning.security_report_time_window: 1 to 10080 minutes",
        ),
        ("approval_policy:\n- name: [".to_owned(), "line"),
        (String::new(), "is empty"),
        ("- a".to_owned(), "a mapping is expected"),
        (other("enabled: true", "enabled: perhaps"), "true or false is expected, not `perhaps`"),
    ] {
        let error = Policies::parse(&yaml).expect_err(&yaml).to_string();
        assert!(error.contains(want), "{want}\n{error}");
    }
}

#[test]
fn limits_count_what_is_in_the_merge_request() {
    let limits = |most: &[(Severity, u64)], total: Option<u64>, new_only: bool| Limits {
        most: most.iter().copied().collect(),
        total,
        new_only,
    };
    let head = &["sast: critical a, high b, high c ignored, low d"];
    let base = &["sast: critical a, high gone"];
    for (limits, want) in [
        (limits(&[(Severity::Critical, 0)], None, false), true),
        (limits(&[(Severity::Critical, 0)], None, true), false),
        (limits(&[(Severity::Critical, 1)], None, false), false),
        (limits(&[(Severity::High, 0)], None, true), true),
        (limits(&[(Severity::High, 1)], None, false), false),
        (limits(&[(Severity::Info, 0), (Severity::Low, 1)], None, false), false),
        (limits(&[], Some(2), false), true),
        (limits(&[], Some(3), false), false),
        (limits(&[], Some(1), true), true),
        (limits(&[], None, false), false),
    ] {
        let compared = evidence(head, base).compare();
        let answer = evaluate(
            &Policies::default(),
            Some(&limits),
            &compared,
            &Target::default(),
            &Enrichment::default(),
            1,
        );
        assert_eq!(answer.decision == Decision::LimitExceeded, want, "{limits:?}");
    }
}

proptest::proptest! {
    /// Any bytes are read or refused, and never a panic.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        let _ = Policies::parse(&text);
        let _ = Policies::parse(&format!("approval_policy:\n- {text}"));
    }

    /// A looser rule never requires more.
    #[test]
    fn more_allowed_is_never_stricter(found in 0_usize..6, allowed in 0_u64..6) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let findings: Vec<_> = names[..found].iter().map(|name| format!("high {name}")).collect();
        let report = format!("sast: {}", findings.join(","));
        let decision = |allowed: u64| {
            let yaml = format!("approval_policy:\n- {{name: a, enabled: true, rules: [{{type: scan_finding, branches: [], scanners: [], vulnerabilities_allowed: {allowed}, severity_levels: [], vulnerability_states: []}}], actions: [{{type: require_approval, approvals_required: 1, role_approvers: [owner]}}]}}");
            let policies = Policies::parse(&yaml).expect("policies");
            let compared = evidence(&[&report], &["sast:"]).compare();
            evaluate(&policies, None, &compared, &Target::default(), &Enrichment::default(), 0).decision
        };
        proptest::prop_assert_eq!(decision(allowed).is_no(), found as u64 > allowed);
        proptest::prop_assert!(decision(allowed + 1) <= decision(allowed));
    }
}
