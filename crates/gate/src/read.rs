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
const SCANNERS: [&str; 7] = [
    "sast",
    "secret_detection",
    "dependency_scanning",
    "container_scanning",
    "dast",
    "coverage_fuzzing",
    "api_fuzzing",
];
const SEVERITIES: [&str; 6] = ["info", "unknown", "low", "medium", "high", "critical"];
const ROLES: [&str; 7] =
    ["guest", "planner", "reporter", "security_manager", "developer", "maintainer", "owner"];

/// The longest name of a policy, in characters.
const LONGEST_NAME: usize = 255;
/// So many rules a policy may have, and so many `require_approval` actions.
const MOST: usize = 5;

impl Policies {
    /// Reads a `policy.yml`, or a file of one policy (`type: approval_policy`), as GitLab's editor shows it.
    ///
    /// # Errors
    /// If it is no YAML, has a value that GitLab would not take, or lacks what GitLab requires.
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
        name: node.required("name", Node::text)?,
        enabled: node.required("enabled", Node::flag)?,
        enforcement: match node.word("enforcement_type", &["enforce", "warn"])? {
            Some("warn") => Enforcement::Warn,
            _ => Enforcement::Enforce,
        },
        ..Policy::default()
    };
    let length = policy.name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) {
        let problem = format!("it has {length} characters; GitLab takes 1 to {LONGEST_NAME}");
        return Err(wrong(&node.at("name"), problem));
    }
    if let Some(fallback) = node.node("fallback_behavior")? {
        fallback.check(["fail"], warnings);
        if fallback.word("fail", &["open", "closed"])? == Some("open") {
            policy.fallback = Fallback::Open;
        }
    }
    let rules = node.required("rules", Node::list)?;
    at_most(rules.len(), "rules", &node.at("rules"))?;
    for item in rules {
        policy.rules.push(rule(&item.node()?, warnings)?);
    }
    if policy.rules.is_empty() {
        warnings.push(format!("{}: it has no rules, so it never requires anything", node.shown()));
    }
    for item in node.list("actions")?.unwrap_or_default() {
        action(&item.node()?, &mut policy, warnings)?;
    }
    at_most(policy.approvals.len(), "`require_approval` actions", &node.at("actions"))?;
    if let Some(tuning) = node.node("policy_tuning")? {
        let window = tuning.number("security_report_time_window")?;
        if window.is_some_and(|minutes| !(1..=10_080).contains(&minutes)) {
            let problem = "1 to 10080 minutes are expected";
            return Err(wrong(&tuning.at("security_report_time_window"), problem));
        }
    }
    for key in ["policy_scope", "bypass_settings", "policy_tuning"] {
        if node.map.get(key).is_some_and(|value| !is_empty(value)) {
            policy.not_evaluated.push(key.to_owned());
        }
    }
    Ok(policy)
}

fn at_most(count: usize, what: &str, path: &str) -> Read<()> {
    if count > MOST {
        return Err(wrong(path, format!("there are {count} {what}; GitLab takes {MOST}")));
    }
    Ok(())
}

fn rule(node: &Node<'_>, warnings: &mut Vec<String>) -> Read<Rule> {
    let kind = node.required_word("type", &["scan_finding", "license_finding", "any_merge_request"])?;
    if kind != "scan_finding" {
        return Ok(Rule::Other(kind.to_owned()));
    }
    node.check(RULE, warnings);
    let mut rule = ScanFinding { branches: branches(node)?, ..ScanFinding::default() };
    for item in node.list("branch_exceptions")?.unwrap_or_default() {
        rule.exceptions.push(match item.value {
            Value::Object(_) => {
                let node = item.node()?;
                node.check(["name", "full_path"], warnings);
                let name = node.required("name", Node::text)?;
                Exception { name, project: Some(node.required("full_path", Node::text)?) }
            }
            _ => Exception { name: item.text()?, project: None },
        });
    }
    for item in node.required("scanners", Node::list)? {
        rule.scanners.push(scanner(&item, warnings)?);
    }
    // What every scanner says for itself, the rule need not say.
    let each_has = |own: fn(&Scanner) -> bool| !rule.scanners.is_empty() && rule.scanners.iter().all(own);
    rule.criteria = Criteria {
        allowed: match node.number("vulnerabilities_allowed")? {
            None if !each_has(|it| it.allowed.is_some()) => {
                return Err(node.missing("vulnerabilities_allowed"));
            }
            allowed => allowed.unwrap_or(0),
        },
        severities: match severities(node)? {
            None if !each_has(|it| it.severities.is_some()) => return Err(node.missing("severity_levels")),
            severities => severities.unwrap_or_default(),
        },
        attributes: attributes(node, warnings)?.unwrap_or_default(),
    };
    for item in node.required("vulnerability_states", Node::list)? {
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

fn branches(node: &Node<'_>) -> Read<Branches> {
    match (node.word("branch_type", &["default", "protected"])?, node.list("branches")?) {
        (Some(_), Some(_)) => Err(wrong(&node.path, "GitLab takes `branches` or `branch_type`, not both")),
        (None, None) => Err(wrong(&node.path, "neither `branches` nor `branch_type` is given")),
        (Some("default"), None) => Ok(Branches::Default),
        (Some(_), None) => Ok(Branches::Protected),
        (None, Some(names)) if names.is_empty() => Ok(Branches::Protected),
        (None, Some(names)) => Ok(Branches::Named(names.iter().map(Item::text).collect::<Read<_>>()?)),
    }
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
    let word = node.required("type", Node::text)?;
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
        let word = item.text()?;
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
        let word = score.required("operator", Node::text)?;
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
    let operator = age.required_word("operator", &["greater_than", "less_than"])?;
    let value = age.required("value", Node::number)?;
    let interval = age.required_word("interval", &["day", "week", "month", "year"])?;
    Ok(Some(format!("{operator} {value} {interval}")))
}

fn action(node: &Node<'_>, policy: &mut Policy, warnings: &mut Vec<String>) -> Read<()> {
    if node.required_word("type", &["require_approval", "send_bot_message"])? == "send_bot_message" {
        node.check(["type", "enabled"], warnings);
        policy.silent |= node.flag("enabled")? == Some(false);
        return Ok(());
    }
    node.check(APPROVAL, warnings);
    let required = node.required("approvals_required", Node::number)?;
    let mut by = Vec::new();
    for (key, what) in [
        ("role_approvers", "role"),
        ("group_approvers", "group"),
        ("group_approvers_ids", "group"),
        ("user_approvers", "user"),
        ("user_approvers_ids", "user"),
    ] {
        for item in node.list(key)?.unwrap_or_default() {
            let name = item.text()?;
            if key == "role_approvers" && item.value.is_string() {
                // Warned of only: which roles there are depends on GitLab's version.
                let unknown = position(&name, &ROLES, "role", &item.path).err();
                warnings.extend(unknown.map(|PolicyError { place, problem }| {
                    format!("{place}: {problem}; a custom role is named by its number")
                }));
            }
            by.push(format!("{what} {name}"));
        }
    }
    if by.is_empty() && required > 0 {
        return Err(wrong(&node.path, "nobody is named who may approve"));
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

    /// What GitLab does not do without.
    fn required<T>(&self, key: &str, read: impl Fn(&Self, &str) -> Read<Option<T>>) -> Read<T> {
        read(self, key)?.ok_or_else(|| self.missing(key))
    }

    /// One of some words, which GitLab does not do without.
    fn required_word(&self, key: &str, words: &[&'static str]) -> Read<&'static str> {
        self.required(key, |node, key| node.word(key, words))
    }

    /// That a key is not there, with one that may be meant by it.
    fn missing(&self, key: &str) -> PolicyError {
        let is_known = |key: &str| [&POLICY[..], &RULE, &APPROVAL].iter().any(|known| known.contains(&key));
        let others: Vec<_> = self.map.keys().map(String::as_str).filter(|key| !is_known(key)).collect();
        let hint = nearest(key, &others).map(|likely| format!("; is it meant by `{likely}`?"));
        wrong(&self.path, format!("`{key}` is missing{}", hint.unwrap_or_default()))
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
