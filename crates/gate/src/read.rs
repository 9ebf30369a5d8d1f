//! Reads `policy.yml`: what GitLab would not take is an error with its place, what it would not know a
//! warning.

use crate::policy::{
    Approval, Attributes, Branches, Comparison, Criteria, Enforcement, EpssScore, Exception, Fallback,
    Policies, Policy, Rule, ScanFinding, Scanner, State, Unavailable,
};
use scanlift_report_core::{Kind, Severity};
use serde_json::{Map, Value};

/// A policy that cannot be used. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {place}: {problem}")]
#[non_exhaustive]
pub struct PolicyError {
    /// Where, as `approval_policy[0].rules[1].scanners[0]`, or the line.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

type Read<T> = Result<T, PolicyError>;

/// Other policies of the file: not of merge requests.
const OTHER_POLICIES: [&str; 6] = [
    "scan_execution_policy",
    "pipeline_execution_policy",
    "pipeline_execution_schedule_policy",
    "vulnerability_management_policy",
    "ci_component_publishing_policy",
    "experiments",
];
const POLICY: [&str; 13] = [
    "name",
    "description",
    "enabled",
    "rules",
    "actions",
    "approval_settings",
    "fallback_behavior",
    "policy_scope",
    "policy_tuning",
    "bypass_settings",
    "enforcement_type",
    "metadata",
    "type",
];
const RULE: [&str; 10] = [
    "type",
    "branches",
    "branch_type",
    "branch_exceptions",
    "scanners",
    "vulnerabilities_allowed",
    "severity_levels",
    "vulnerability_states",
    "vulnerability_attributes",
    "vulnerability_age",
];
const SCANNER: [&str; 4] = ["type", "severity_levels", "vulnerabilities_allowed", "vulnerability_attributes"];
const ATTRIBUTES: [&str; 5] =
    ["false_positive", "fix_available", "known_exploited", "epss_score", "enrichment_data_unavailable"];
const APPROVAL: [&str; 7] = [
    "type",
    "approvals_required",
    "user_approvers",
    "user_approvers_ids",
    "group_approvers",
    "group_approvers_ids",
    "role_approvers",
];
const SCANNERS: [&str; 8] = [
    "sast",
    "secret_detection",
    "dependency_scanning",
    "container_scanning",
    "dast",
    "coverage_fuzzing",
    "api_fuzzing",
    "cluster_image_scanning",
];
const SEVERITIES: [&str; 6] = ["info", "unknown", "low", "medium", "high", "critical"];

impl Policies {
    /// Reads a `policy.yml`, or a file of one policy (`type: approval_policy`), as GitLab's editor shows it.
    ///
    /// # Errors
    /// If it is no YAML, or has a value that GitLab would not take.
    pub fn parse(yaml: &str) -> Result<Self, PolicyError> {
        let root: Value = serde_saphyr::from_str(yaml).map_err(|error| {
            let place = error.location().map_or_else(
                || "the policy file".to_owned(),
                |at| format!("line {}, column {}", at.line(), at.column()),
            );
            let text = error.without_snippet().to_string();
            let problem = text.lines().next().unwrap_or_default().to_owned();
            PolicyError { place, problem }
        })?;
        if root.is_null() {
            return Err(wrong("", "it is empty; `approval_policy` with a list of policies is expected"));
        }
        let root = Node { map: object(&root, "")?, path: String::new() };
        let mut warnings = Vec::new();
        let mut policies = Vec::new();
        if root.map.contains_key("rules") || root.text("type")?.as_deref() == Some("approval_policy") {
            policies.push(policy(&root, &mut warnings)?);
            return Ok(Self { policies, warnings });
        }
        if root.map.contains_key("scan_result_policy") {
            warnings.push(
                "`scan_result_policy` is no longer read by GitLab since 17.0; it is called `approval_policy`"
                    .to_owned(),
            );
        }
        let known = ["approval_policy", "scan_result_policy"];
        root.check(known.iter().chain(&OTHER_POLICIES).copied(), &mut warnings);
        let list = root.list("approval_policy")?;
        for item in list.unwrap_or_default() {
            policies.push(policy(&item.node()?, &mut warnings)?);
        }
        let active = policies.iter().filter(|policy| policy.enabled).count();
        if active > 5 {
            warnings.push(format!("{active} policies are enabled; GitLab evaluates 5 of a policy project"));
        }
        Ok(Self { policies, warnings })
    }
}

fn policy(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Policy> {
    node.check(POLICY, warnings);
    let mut policy = Policy {
        name: node.text("name")?.unwrap_or_else(|| format!("unnamed ({})", node.path)),
        enabled: node.flag("enabled")?.unwrap_or(true),
        enforcement: match node.word("enforcement_type", &["enforce", "warn"])? {
            Some("warn") => Enforcement::Warn,
            _ => Enforcement::Enforce,
        },
        ..Policy::default()
    };
    if !node.map.contains_key("enabled") {
        warnings.push(format!("{}: `enabled` is missing; the policy is taken as enabled", node.shown()));
    }
    if let Some(fallback) = node.node("fallback_behavior")? {
        fallback.check(["fail"], warnings);
        if fallback.word("fail", &["open", "closed"])? == Some("open") {
            policy.fallback = Fallback::Open;
        }
    }
    for item in node.list("rules")?.unwrap_or_default() {
        policy.rules.push(rule(&item.node()?, warnings)?);
    }
    if policy.rules.len() > 5 {
        warnings.push(format!("{}: {} rules; GitLab takes 5", node.shown(), policy.rules.len()));
    }
    for item in node.list("actions")?.unwrap_or_default() {
        action(&item.node()?, &mut policy, warnings)?;
    }
    for key in ["policy_scope", "bypass_settings", "policy_tuning"] {
        if node.map.get(key).is_some_and(|value| !is_empty(value)) {
            policy.not_evaluated.push(key.to_owned());
        }
    }
    Ok(policy)
}

fn rule(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Rule> {
    match node.text("type")?.as_deref() {
        Some("scan_finding") => {}
        Some(other) => {
            if !["license_finding", "any_merge_request"].contains(&other) {
                warnings.push(format!("{}: `{other}` is no known type of rule", node.shown()));
            }
            return Ok(Rule::Other(other.to_owned()));
        }
        None => return Err(wrong(&node.path, "`type` is missing; `scan_finding` is expected")),
    }
    node.check(RULE, warnings);
    let mut rule = ScanFinding { branches: branches(node, warnings)?, ..ScanFinding::default() };
    for item in node.list("branch_exceptions")?.unwrap_or_default() {
        rule.exceptions.push(match item.value {
            Value::Object(_) => {
                let node = item.node()?;
                node.check(["name", "full_path"], warnings);
                let name = node.text("name")?.ok_or_else(|| wrong(&node.path, "`name` is missing"))?;
                Exception { name, project: node.text("full_path")? }
            }
            _ => Exception { name: item.text()?, project: None },
        });
    }
    for item in node.list("scanners")?.unwrap_or_default() {
        rule.scanners.push(scanner(&item, warnings)?);
    }
    rule.criteria = Criteria {
        allowed: node.number("vulnerabilities_allowed")?.unwrap_or(0),
        severities: severities(node)?.unwrap_or_default(),
        attributes: attributes(node, warnings)?.unwrap_or_default(),
    };
    for item in node.list("vulnerability_states")?.unwrap_or_default() {
        let word = item.text()?;
        if word == "newly_detected" {
            warnings.push(format!(
                "{}: `newly_detected` is the old name of `new_needs_triage` and `new_dismissed`",
                item.path
            ));
            rule.states.extend([State::NewNeedsTriage, State::NewDismissed]);
            continue;
        }
        let names = State::ALL.map(State::as_str);
        let at = position(&word, &names, "vulnerability state", &item.path)?;
        rule.states.insert(State::ALL[at]);
    }
    if rule.states.is_empty() {
        rule.states.extend([State::NewNeedsTriage, State::NewDismissed]);
    }
    rule.age = age(node, warnings)?;
    Ok(Rule::ScanFinding(Box::new(rule)))
}

fn branches(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Branches> {
    let kind = node.word("branch_type", &["default", "protected"])?;
    let names = node.list("branches")?;
    if kind.is_some() && names.is_some() {
        warnings.push(format!("{}: GitLab takes `branches` or `branch_type`, not both", node.shown()));
    }
    if let Some(kind) = kind {
        return Ok(if kind == "default" { Branches::Default } else { Branches::Protected });
    }
    let Some(names) = names else {
        warnings.push(format!(
            "{}: neither `branches` nor `branch_type` is given; every protected branch is meant",
            node.shown()
        ));
        return Ok(Branches::Protected);
    };
    let names = names.iter().map(Item::text).collect::<Read<Vec<_>>>()?;
    Ok(if names.is_empty() { Branches::Protected } else { Branches::Named(names) })
}

fn scanner(item: &Item<'_>, warnings: &mut Vec<String>) -> Read<Scanner> {
    let kind = |word: &str, path: &str| {
        if word == "sarif" {
            return Err(wrong(
                path,
                "`sarif` is no scanner: its findings count under sast, secret_detection or dependency_scanning",
            ));
        }
        let at = position(word, &SCANNERS, "scanner", path)?;
        Kind::parse(SCANNERS[at]).ok_or_else(|| wrong(path, "no scanner"))
    };
    if !item.value.is_object() {
        let kind = kind(&item.text()?, &item.path)?;
        return Ok(Scanner { kind, allowed: None, severities: None, attributes: None });
    }
    let node = item.node()?;
    node.check(SCANNER, warnings);
    let word = node.text("type")?.ok_or_else(|| wrong(&node.path, "`type` is missing"))?;
    Ok(Scanner {
        kind: kind(&word, &node.path)?,
        allowed: node.number("vulnerabilities_allowed")?,
        severities: severities(&node)?,
        attributes: attributes(&node, warnings)?,
    })
}

fn severities(node: &Node<'_>) -> Read<Option<Vec<Severity>>> {
    let Some(items) = node.list("severity_levels")? else { return Ok(None) };
    let one = |item: &Item<'_>| {
        let word = item.text()?.to_lowercase();
        let at = position(&word, &SEVERITIES, "severity level", &item.path)?;
        Severity::from_word(SEVERITIES[at]).ok_or_else(|| wrong(&item.path, "no severity"))
    };
    items.iter().map(one).collect::<Read<Vec<_>>>().map(Some)
}

fn attributes(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Option<Attributes>> {
    let Some(node) = node.node("vulnerability_attributes")? else { return Ok(None) };
    node.check(ATTRIBUTES, warnings);
    let mut attributes = Attributes {
        false_positive: node.flag("false_positive")?,
        fix_available: node.flag("fix_available")?,
        known_exploited: node.flag("known_exploited")?,
        ..Attributes::default()
    };
    if let Some(score) = node.node("epss_score")? {
        score.check(["operator", "value"], warnings);
        const OPERATORS: [(&str, Comparison); 4] = [
            ("greater_than", Comparison::Greater),
            ("greater_than_or_equal_to", Comparison::AtLeast),
            ("less_than", Comparison::Less),
            ("less_than_or_equal_to", Comparison::AtMost),
        ];
        let word = score.text("operator")?.ok_or_else(|| wrong(&score.path, "`operator` is missing"))?;
        let at = position(&word, &OPERATORS.map(|(name, _)| name), "operator", &score.path)?;
        let value = match score.map.get("value") {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let value = value
            .filter(|value| (0.0..=1.0).contains(value))
            .ok_or_else(|| wrong(&format!("{}.value", score.path), "a number from 0.0 to 1.0 is expected"))?;
        attributes.epss_score = Some(EpssScore { operator: OPERATORS[at].1, value });
    }
    if let Some(unavailable) = node.node("enrichment_data_unavailable")? {
        unavailable.check(["action"], warnings);
        if unavailable.word("action", &["block", "ignore"])? == Some("ignore") {
            attributes.unavailable = Unavailable::Ignore;
        }
    }
    Ok(Some(attributes))
}

fn age(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Option<String>> {
    let Some(age) = node.node("vulnerability_age")? else { return Ok(None) };
    age.check(["operator", "value", "interval"], warnings);
    let operator = age.word("operator", &["greater_than", "less_than"])?.unwrap_or("greater_than");
    let interval = age.word("interval", &["day", "week", "month", "year"])?.unwrap_or("day");
    let value = age.number("value")?.unwrap_or_default();
    Ok(Some(format!("{operator} {value} {interval}")))
}

fn action(node: &Node<'_>, policy: &mut Policy, warnings: &mut Vec<String>) -> Read<()> {
    match node.text("type")?.as_deref() {
        Some("require_approval") => {}
        Some("send_bot_message") => {
            node.check(["type", "enabled"], warnings);
            policy.silent |= node.flag("enabled")? == Some(false);
            return Ok(());
        }
        Some(other) => {
            warnings.push(format!("{}: `{other}` is no known action", node.shown()));
            return Ok(());
        }
        None => return Err(wrong(&node.path, "`type` is missing; `require_approval` is expected")),
    }
    node.check(APPROVAL, warnings);
    let required = node.number("approvals_required")?;
    let required = required.ok_or_else(|| wrong(&node.path, "`approvals_required` is missing"))?;
    let mut by = Vec::new();
    for (key, what) in [
        ("role_approvers", "role"),
        ("group_approvers", "group"),
        ("group_approvers_ids", "group"),
        ("user_approvers", "user"),
        ("user_approvers_ids", "user"),
    ] {
        for item in node.list(key)?.unwrap_or_default() {
            by.push(format!("{what} {}", item.text()?));
        }
    }
    if by.is_empty() && required > 0 {
        warnings.push(format!("{}: nobody is named who may approve", node.shown()));
    }
    policy.approvals.push(Approval { required, by });
    Ok(())
}

/// A mapping of the file and where it stands.
struct Node<'v> {
    map: &'v Map<String, Value>,
    path: String,
}

/// An entry of a list and where it stands.
struct Item<'v> {
    value: &'v Value,
    path: String,
}

impl<'v> Item<'v> {
    fn node(&self) -> Read<Node<'v>> {
        Ok(Node { map: object(self.value, &self.path)?, path: self.path.clone() })
    }

    /// Names may be written as numbers, as the branch `2024`.
    fn text(&self) -> Read<String> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(expected("a text", other, &self.path)),
        }
    }
}

impl<'v> Node<'v> {
    fn shown(&self) -> &str {
        if self.path.is_empty() { "the policy" } else { &self.path }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// What is there and not null.
    fn item(&self, key: &str) -> Option<Item<'v>> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(Item { value, path: self.at(key) })
    }

    fn text(&self, key: &str) -> Read<Option<String>> {
        self.item(key).map(|item| item.text()).transpose()
    }

    fn node(&self, key: &str) -> Read<Option<Node<'v>>> {
        self.item(key).map(|item| item.node()).transpose()
    }

    /// A flag, also in the words that Ruby's YAML takes for one.
    fn flag(&self, key: &str) -> Read<Option<bool>> {
        let Some(Item { value, path }) = self.item(key) else { return Ok(None) };
        match value {
            Value::Bool(flag) => Ok(Some(*flag)),
            Value::String(word) => match word.to_lowercase().as_str() {
                "true" | "yes" | "on" => Ok(Some(true)),
                "false" | "no" | "off" => Ok(Some(false)),
                _ => Err(expected("true or false", value, &path)),
            },
            _ => Err(expected("true or false", value, &path)),
        }
    }

    fn number(&self, key: &str) -> Read<Option<u64>> {
        let Some(Item { value, path }) = self.item(key) else { return Ok(None) };
        value.as_u64().map(Some).ok_or_else(|| expected("a whole number from 0", value, &path))
    }

    fn list(&self, key: &str) -> Read<Option<Vec<Item<'v>>>> {
        let Some(Item { value, path }) = self.item(key) else { return Ok(None) };
        let Value::Array(items) = value else { return Err(expected("a list", value, &path)) };
        let item = |(index, value)| Item { value, path: format!("{path}[{index}]") };
        Ok(Some(items.iter().enumerate().map(item).collect()))
    }

    /// One of some words.
    fn word(&self, key: &str, words: &[&'static str]) -> Read<Option<&'static str>> {
        let Some(item) = self.item(key) else { return Ok(None) };
        let at = position(&item.text()?, words, "value", &item.path)?;
        Ok(words.get(at).copied())
    }

    /// Warns of keys that GitLab does not know.
    fn check(&self, known: impl IntoIterator<Item = &'static str>, warnings: &mut Vec<String>) {
        let known: Vec<_> = known.into_iter().collect();
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = match nearest(key, &known) {
                Some(likely) => format!("; did you mean `{likely}`?"),
                None => String::new(),
            };
            warnings.push(format!("`{}` is no key that GitLab knows{hint}", self.at(key)));
        }
    }
}

fn object<'v>(value: &'v Value, path: &str) -> Read<&'v Map<String, Value>> {
    value.as_object().ok_or_else(|| expected("a mapping", value, path))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn wrong(path: &str, problem: impl Into<String>) -> PolicyError {
    let place = if path.is_empty() { "the policy file".to_owned() } else { path.to_owned() };
    PolicyError { place, problem: problem.into() }
}

fn expected(what: &str, value: &Value, path: &str) -> PolicyError {
    let found = match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    };
    wrong(path, format!("{what} is expected, not {found}"))
}

fn position(word: &str, words: &[&str], what: &str, path: &str) -> Read<usize> {
    words.iter().position(|known| *known == word).ok_or_else(|| {
        let hint = match nearest(word, words) {
            Some(likely) => format!("did you mean `{likely}`?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        wrong(path, format!("`{}` is no {what}; {hint}", word.chars().take(60).collect::<String>()))
    })
}

/// The word that is most like the one given, if any is.
fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    if word.len() > 100 {
        return None;
    }
    words
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
