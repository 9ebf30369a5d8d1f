//! Semgrep and Opengrep: the short description is the rule's id again, the precision is the same for
//! every rule, and the confidence is a tag.

use super::Dialect;
use crate::rule::Rule;

#[derive(Debug)]
pub(super) struct Semgrep;

impl Dialect for Semgrep {
    fn key(&self) -> &'static str {
        "semgrep"
    }

    fn refine_rule(&self, rule: &mut Rule) {
        let repeats = |title: &String| title.split_once("Finding: ").is_some_and(|(_, id)| id == rule.id);
        if rule.title.as_ref().is_some_and(repeats) {
            rule.title = None;
        }
        rule.confidence = rule.tags.iter().find_map(|tag| tag.strip_suffix(" CONFIDENCE")).map(str::to_owned);
        rule.tags.retain(|tag| !tag.ends_with(" CONFIDENCE"));
    }
}
