//! What results need to know of their run, collected in a first pass since it may stand behind them.

use super::verdict::Skip;
use super::{infer, limits};
use serde_json::Value;
use std::collections::HashMap;

/// A run, and what its rules say.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) tool: String,
    pub(super) rules: Vec<Rule>,
    pub(super) rule_count: u64,
    by_id: HashMap<String, usize>,
    bases: HashMap<String, String>,
}

/// What is kept of a rule.
#[derive(Debug, Default)]
pub(super) struct Rule {
    /// The limit that it breaks, which costs all its results.
    pub(super) broken: Option<Skip>,
    pub(super) rank: Option<f64>,
    pub(super) level: Option<String>,
    pub(super) short: Option<String>,
    pub(super) full: Option<String>,
    pub(super) cves: Vec<String>,
    pub(super) cwes: Vec<u32>,
    pub(super) has_help: bool,
    pub(super) has_more_tags: bool,
}

impl Tables {
    /// Takes a rule in; those over the limit count, and nothing else.
    pub(super) fn add(&mut self, value: &Value) {
        self.rule_count += 1;
        if self.rules.len() >= limits::RULES {
            return;
        }
        if let Some(id) = value.get("id").and_then(Value::as_str) {
            self.by_id.entry(id.to_owned()).or_insert(self.rules.len());
        }
        self.rules.push(Rule::read(value));
    }

    pub(super) fn bases(&mut self, value: &Value) {
        for (name, base) in value.as_object().into_iter().flatten() {
            if let Some(uri) = base.get("uri").and_then(Value::as_str) {
                self.bases.insert(name.clone(), uri.to_owned());
            }
        }
    }

    pub(super) fn rule(&self, id: &str, index: Option<u64>) -> Option<&Rule> {
        let by_index = || self.rules.get(usize::try_from(index?).ok()?);
        self.by_id.get(id).and_then(|at| self.rules.get(*at)).or_else(by_index)
    }

    pub(super) fn base(&self, name: Option<&str>) -> Option<&str> {
        self.bases.get(name?).map(String::as_str)
    }
}

impl Rule {
    fn read(value: &Value) -> Self {
        let text = |path: &[&str]| at(value, path).and_then(Value::as_str);
        let (short, full) = (text(&["shortDescription", "text"]), text(&["fullDescription", "text"]));
        let checks = [
            (text(&["name"]), limits::RULE_NAME, Skip::RuleName),
            (short, limits::TEXT, Skip::Short),
            (full, limits::TEXT, Skip::Full),
            (text(&["helpUri"]), limits::HELP_URI, Skip::HelpUri),
        ];
        let broken =
            checks.into_iter().find(|(text, most, _)| text.is_some_and(|text| is_longer(text, *most)));
        let mut rule = Self {
            broken: broken.map(|(_, _, skip)| skip),
            rank: rank(value.get("properties")),
            level: text(&["defaultConfiguration", "level"]).map(str::to_owned),
            has_help: value.get("help").is_some(),
            ..Self::default()
        };
        if rule.broken.is_none() {
            rule.short = short.map(str::to_owned);
            rule.full = full.map(str::to_owned);
        }
        let tags =
            at(value, &["properties", "tags"]).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        rule.has_more_tags = tags.len() > limits::TAGS;
        let related = value.get("relationships").and_then(Value::as_array).into_iter().flatten();
        let related = related
            .filter(|it| at(it, &["target", "toolComponent", "name"]).and_then(Value::as_str) == Some("CWE"));
        for tag in tags.iter().take(limits::TAGS).filter_map(Value::as_str) {
            rule.cves.extend(infer::cve(tag).map(str::to_owned));
            rule.cwes.extend(infer::cwe(tag));
        }
        for id in related.filter_map(|it| at(it, &["target", "id"]).and_then(Value::as_str)) {
            rule.cwes.extend(infer::cwe(id).or_else(|| id.parse().ok()));
        }
        rule
    }
}

/// Ten times the `security-severity` of a property bag.
pub(super) fn rank(properties: Option<&Value>) -> Option<f64> {
    let score = match properties?.get("security-severity")? {
        Value::String(text) => text.trim().parse().ok()?,
        Value::Number(number) => number.as_f64()?,
        _ => return None,
    };
    Some(score * 10.0)
}

pub(super) fn is_longer(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().count() > most
}

pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}
