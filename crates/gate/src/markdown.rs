//! The answer for a note on a merge request: nothing that stands in a report can become more than text.

use crate::answer::{Answer, Count, Decision, Missing, PolicyAnswer, RuleAnswer, RuleState, Shown};
use scanlift_report_core::is_hidden;
use std::fmt::Write as _;

/// The answer in Markdown.
#[must_use]
pub fn markdown(answer: &Answer) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### Security gate: {}", headline(answer.decision));
    for policy in &answer.policies {
        write_policy(&mut out, policy);
    }
    if !answer.warnings.is_empty() {
        out.push_str("\n**The policy file**\n\n");
        for warning in &answer.warnings {
            let _ = writeln!(out, "- {}", text(warning));
        }
    }
    out
}

fn headline(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "passed",
        Decision::Warn => "passed with a warning",
        Decision::ApprovalRequired => "approval required",
        Decision::LimitExceeded => "limit exceeded",
    }
}

fn write_policy(out: &mut String, policy: &PolicyAnswer) {
    let name = text(&policy.name);
    if !policy.enabled {
        let _ = writeln!(out, "\n**{name}** is not enabled.");
        return;
    }
    let _ = writeln!(out, "\n**{name}**: {}", headline(policy.decision));
    if policy.decision == Decision::ApprovalRequired {
        out.push('\n');
        for approval in &policy.approvals {
            let _ = writeln!(out, "- {}", text(&approval.to_string()));
        }
    }
    for rule in &policy.rules {
        write_rule(out, rule);
    }
    if !policy.not_evaluated.is_empty() {
        let _ = writeln!(out, "\nOnly GitLab evaluates: {}.", text(&policy.not_evaluated.join(", ")));
    }
}

fn write_rule(out: &mut String, rule: &RuleAnswer) {
    let name = match rule.kind.as_str() {
        "limit" => code(&rule.rule),
        kind => format!("Rule {} ({})", text(&rule.rule), text(kind)),
    };
    let state = match rule.state {
        RuleState::Satisfied => "holds",
        RuleState::Violated => "is violated",
        RuleState::NotApplicable => "does not apply",
        RuleState::NotEvaluated => "is not evaluated",
    };
    let reason = rule.reason.as_deref().map(|reason| format!(": {}", text(reason))).unwrap_or_default();
    let _ = writeln!(out, "\n{name} {state}{reason}.");
    let mut lines: Vec<String> = rule.missing.iter().map(Missing::to_string).collect();
    lines.extend(
        rule.counts.iter().filter(|count| rule.missing.is_empty() || count.exceeded).map(Count::to_string),
    );
    lines.extend(rule.notes.iter().cloned());
    if !lines.is_empty() {
        out.push('\n');
    }
    for line in lines {
        let _ = writeln!(out, "- {}", text(&line));
    }
    for count in rule.counts.iter().filter(|count| count.exceeded && !count.findings.is_empty()) {
        out.push_str("\n| Severity | Finding | Place |\n| --- | --- | --- |\n");
        for Shown { severity, name, place, .. } in &count.findings {
            let _ = writeln!(out, "| {severity} | {} | {} |", text(name), code(place));
        }
        let more = count.found - count.findings.len() as u64;
        if more > 0 {
            let _ = writeln!(out, "\n{more} more are not shown.");
        }
    }
}

/// Text in which no character means anything to Markdown, HTML or GitLab's references.
///
/// Every ASCII punctuation may be escaped by a backslash (CommonMark 0.31, section 2.4), and GitLab makes
/// no reference of an escaped character.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_hidden(c) => {}
            ',' | ';' | '(' | ')' | '-' | '\'' | '/' => out.push(c),
            c if c.is_ascii_punctuation() => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Code in a line, which may stand in a table.
fn code(text: &str) -> String {
    let clean = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_hidden(c) => None,
        '`' => Some('\''),
        c => Some(c),
    };
    let text: String = text.chars().filter_map(clean).collect();
    match text.trim() {
        "" => String::new(),
        text => format!("`{}`", text.replace('\\', "/").replace('|', "\\|")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_anything() {
        for (hostile, want) in [
            ("a | b", "a \\| b"),
            ("<img src=x onerror=1>", "\\<img src\\=x onerror\\=1\\>"),
            ("[a](javascript:b)", "\\[a\\](javascript\\:b)"),
            ("@all #1 !2 ~\"x\" %3 $4 &5", "\\@all \\#1 \\!2 \\~\\\"x\\\" \\%3 \\$4 \\&5"),
            ("a\n/approve", "a /approve"),
            ("https://a.b www.c.d", "https\\://a\\.b www\\.c\\.d"),
            ("\u{202e}gpj\u{200b}", "gpj"),
            ("\\|", "\\\\\\|"),
        ] {
            assert_eq!(text(hostile), want);
        }
        for (hostile, want) in [("a`b|c\\d\n", "`a'b\\|c/d`"), (" ", ""), ("a:1:1", "`a:1:1`")] {
            assert_eq!(code(hostile), want);
        }
    }
}
