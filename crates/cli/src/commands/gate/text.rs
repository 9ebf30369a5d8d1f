//! The answer for a terminal.

use crate::log::{self, BOLD, DIM, GREEN, RED, YELLOW};
use scanlift_gate::{Answer, Decision, PolicyAnswer, RuleAnswer, RuleState, Shown};
use std::fmt::Write as _;

pub(super) fn text(answer: &Answer) -> String {
    let mut out = String::new();
    let (style, word) = match answer.decision {
        Decision::Pass => (GREEN, "passed"),
        Decision::Warn => (YELLOW, "passed with a warning"),
        Decision::ApprovalRequired => (RED, "approval required"),
        Decision::LimitExceeded => (RED, "limit exceeded"),
    };
    let _ = writeln!(out, "{style}{word}{style:#}");
    answer.policies.iter().for_each(|policy| write_policy(&mut out, policy));
    out
}

fn write_policy(out: &mut String, policy: &PolicyAnswer) {
    let name = log::escape(&policy.name);
    let word = match policy.decision {
        _ if !policy.enabled => "not enabled".to_owned(),
        Decision::Pass => "passed".to_owned(),
        Decision::Warn => "violated, nothing is required".to_owned(),
        Decision::ApprovalRequired => {
            let approvals: Vec<_> = policy.approvals.iter().map(ToString::to_string).collect();
            format!("{} required", log::escape(&approvals.join(" and ")))
        }
        _ => "exceeded".to_owned(),
    };
    let _ = writeln!(out, "\n{BOLD}{name}{BOLD:#}: {word}");
    policy.rules.iter().for_each(|rule| write_rule(out, rule));
    if !policy.not_evaluated.is_empty() {
        let keys = policy.not_evaluated.join(", ");
        let _ = writeln!(out, "  {DIM}only GitLab evaluates {}{DIM:#}", log::escape(&keys));
    }
}

fn write_rule(out: &mut String, rule: &RuleAnswer) {
    let (style, word) = match rule.state {
        RuleState::Satisfied => (GREEN, "holds"),
        RuleState::Violated => (RED, "is violated"),
        RuleState::NotApplicable => (DIM, "does not apply"),
        RuleState::NotEvaluated => (YELLOW, "is not evaluated"),
    };
    let name = match rule.kind.as_str() {
        "limit" => rule.rule.clone(),
        kind => format!("rule {} ({})", rule.rule, log::escape(kind)),
    };
    let mut parts: Vec<String> = rule.missing.iter().map(ToString::to_string).collect();
    let decides = |exceeded: bool| rule.missing.is_empty() || exceeded;
    parts.extend(rule.counts.iter().filter(|it| decides(it.exceeded)).map(ToString::to_string));
    parts.extend(rule.reason.iter().map(|reason| log::escape(reason).into_owned()));
    let _ = writeln!(out, "  {style}{name} {word}{style:#}: {}", parts.join("; "));
    for count in rule.counts.iter().filter(|count| count.exceeded) {
        for Shown { severity, name, place, kind, state, .. } in &count.findings {
            let (name, place) = (log::escape(name), log::escape(place));
            let _ = writeln!(out, "    {severity:<8}  {name}  {DIM}{place}  {kind}, {state}{DIM:#}");
        }
        let more = count.found - count.findings.len() as u64;
        if more > 0 {
            let _ = writeln!(out, "    {DIM}and {more} more{DIM:#}");
        }
    }
    for note in &rule.notes {
        let _ = writeln!(out, "    {YELLOW}!{YELLOW:#} {}", log::escape(note));
    }
}
