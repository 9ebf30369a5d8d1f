//! The request in Markdown: context, scope, the findings, and the rules with what shows that they are kept.

use crate::{
    Profile, Review, Row,
    check::{Kind, Problem, Verdict},
    profile::RuleCheck,
};
use jiff::civil::Date;
use scanlift_report_core::{Severity, is_hidden};
use std::fmt::Write as _;

/// How many problems an incomplete request names.
const PROBLEMS: usize = 20;

/// The text of the request.
pub(crate) fn markdown(review: &Review, profile: &Profile, verdict: &Verdict, today: Date) -> String {
    let mut out = String::new();
    let image = review.fact("image");
    let _ = writeln!(out, "# Scan review request: {}\n", escape(image));
    incomplete(&mut out, verdict);
    let _ = writeln!(out, "To: {}\n", profile.send.to);
    if !profile.send.reply.is_empty() {
        let _ = writeln!(out, "Answer expected: {}\n", profile.send.reply);
    }
    context(&mut out, review, verdict, today);
    scope(&mut out, review, verdict);
    table(&mut out, review);
    details(&mut out, review);
    checklist(&mut out, review, profile, verdict);
    out
}

fn incomplete(out: &mut String, verdict: &Verdict) {
    if verdict.is_ready() {
        return;
    }
    let _ = writeln!(
        out,
        "**Incomplete**: this package was made although {} problems were left.\n",
        verdict.problems.len()
    );
    for problem in verdict.problems.iter().take(PROBLEMS) {
        let Problem { id, column, text, kind, .. } = problem;
        let place = [id.as_str(), column.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let _ = writeln!(out, "- {} ({}): {}", escape(&place), kind.as_str(), escape(text));
    }
    if verdict.problems.len() > PROBLEMS {
        let _ = writeln!(out, "- and {} more", verdict.problems.len() - PROBLEMS);
    }
    out.push('\n');
}

fn context(out: &mut String, review: &Review, verdict: &Verdict, today: Date) {
    out.push_str("## Context\n\n| | |\n| --- | --- |\n");
    let version = verdict.standing.as_ref().and_then(|standing| standing.version).map(|it| it.to_string());
    for (name, value) in [
        ("Image", review.fact("image")),
        ("Version of GitLab", version.as_deref().unwrap_or_default()),
        ("Scanned with", review.fact("scanners")),
        ("Profile of rules", review.fact("profile")),
        ("Request of", &today.to_string()),
        ("Contact", review.fact("contact")),
    ] {
        if !value.is_empty() {
            let _ = writeln!(out, "| {name} | {} |", cell(value));
        }
    }
    for (name, fact) in [("Environment", "environment"), ("Specific concerns", "concerns")] {
        let value = review.fact(fact);
        let _ = writeln!(out, "\n### {name}\n");
        if value.trim().is_empty() {
            out.push_str("See the findings below.\n");
        } else {
            quote(out, value);
        }
    }
    out.push('\n');
}

fn scope(out: &mut String, review: &Review, verdict: &Verdict) {
    out.push_str("## Scope\n\n");
    for reason in verdict.standing.iter().flat_map(|standing| &standing.reasons) {
        let _ = writeln!(out, "- {}", escape(reason));
    }
    let _ = writeln!(
        out,
        "\nThe scanners said {} things: {} are rows of the review, {} were left out and are listed in `review.left-out.csv`.\n\
         In the CSV files an apostrophe stands before what a spreadsheet would take for a number, a date or a formula.\n",
        review.fact("records"),
        verdict.rows,
        review.left_out_count()
    );
    out.push_str("| left out for | records |\n| --- | ---: |\n");
    for (reason, count) in review.reasons() {
        let _ = writeln!(out, "| {} | {count} |", cell(&reason));
    }
    out.push_str("\n| decision | rows |\n| --- | ---: |\n");
    for (decision, count) in verdict.decisions.iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(out, "| {} | {count} |", if decision.is_empty() { "undecided" } else { decision });
    }
    out.push('\n');
}

/// The rows that ask; those that are decided are in the files.
fn asked(review: &Review) -> impl Iterator<Item = Row<'_>> {
    review.rows.rows().filter(|row| matches!(row.get("decision"), "ask" | ""))
}

fn table(out: &mut String, review: &Review) {
    out.push_str("## Findings to look at\n\n");
    const HEAD: [&str; 10] = [
        "id",
        "severity",
        "cve",
        "package",
        "version",
        "fix_status",
        "fixed_version",
        "path",
        "artifact_type",
        "scanner",
    ];
    let _ = writeln!(out, "| {} |\n|{}", HEAD.join(" | ").replace('_', " "), " --- |".repeat(HEAD.len()));
    for row in asked(review) {
        let cells = HEAD.map(|column| match (column, row.get(column)) {
            ("cve", "") => cell(row.get("other_ids")),
            (_, text) => cell(text),
        });
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

fn details(out: &mut String, review: &Review) {
    for row in asked(review) {
        let _ = writeln!(out, "### {}: {}\n", escape(row.get("id")), escape(row.get("title")));
        for (name, column) in [
            ("Assessment", "assessment"),
            ("Exploitability in our environment", "exploitability"),
            ("Steps to reproduce", "steps"),
            ("Environment", "environment"),
            ("Specific concern", "concern"),
            ("What the scanner saw", "evidence"),
        ] {
            if !row.get(column).trim().is_empty() {
                let _ = writeln!(out, "{name}:\n");
                quote(out, row.get(column));
                out.push('\n');
            }
        }
    }
}

fn checklist(out: &mut String, review: &Review, profile: &Profile, verdict: &Verdict) {
    out.push_str("## Rules, and what shows that they are kept\n\n");
    for rule in &profile.rule {
        let (is_kept, evidence) = evidence(rule.check, review, profile, verdict);
        let _ = writeln!(out, "- [{}] {}: {}", if is_kept { "x" } else { " " }, rule.text, escape(&evidence));
    }
}

/// Whether a rule is kept, and what shows it.
fn evidence(rule: RuleCheck, review: &Review, profile: &Profile, verdict: &Verdict) -> (bool, String) {
    let left_out = |reason: &str| {
        review.reasons().iter().find(|(known, _)| known == reason).map_or(0, |(_, count)| *count)
    };
    let none = |columns: &[&str], kinds: &[Kind]| {
        !verdict.problems.iter().any(|it| {
            (columns.is_empty() || columns.contains(&it.column.as_str()))
                && (kinds.is_empty() || kinds.contains(&it.kind))
        })
    };
    let standing = verdict.standing.as_ref();
    match rule {
        RuleCheck::Image => {
            let is_known = standing.is_some_and(|standing| standing.known != crate::profile::Known::No);
            (is_known, review.fact("image").to_owned())
        }
        RuleCheck::Version => {
            let reason =
                standing.and_then(|standing| standing.reasons.iter().find(|reason| reason.contains("scope")));
            let reason = reason.cloned().unwrap_or_else(|| "the version cannot be told".to_owned());
            (standing.is_some_and(|standing| standing.is_current), reason)
        }
        RuleCheck::Severity => {
            let counts = Severity::WORST_FIRST.iter().map(|severity| {
                let word = severity.as_str();
                (word, review.rows.rows().filter(|row| row.get("severity") == word).count())
            });
            let counts: Vec<_> = counts
                .filter(|(_, count)| *count > 0)
                .map(|(word, count)| format!("{count} {word}"))
                .collect();
            let text = format!("{}; {} others left out", counts.join(", "), left_out("severity"));
            (none(&["severity"], &[Kind::Wrong]), text)
        }
        RuleCheck::Directory => {
            let without = asked(review).filter(|row| row.get("path").is_empty()).count();
            let outside = left_out("outside-directory") + left_out("os-package") + left_out("no-place");
            let hosts = asked(review).filter(|row| row.get("artifact_type") == "host or address").count();
            let hosts = if hosts > 0 {
                format!("; {hosts} are of a running service, by its address")
            } else {
                String::new()
            };
            let text = format!(
                "{}; {outside} elsewhere left out; {without} without a path{hosts}",
                profile.directories.join(", ")
            );
            (none(&["path"], &[]) && none(&["id"], &[Kind::Changed]), text)
        }
        RuleCheck::Installed => match (review.fact("installed_by_us"), left_out("installed-by-us")) {
            ("", _) => (true, "we say that we installed nothing".to_owned()),
            (globs, count) => (true, format!("{globs}; {count} left out")),
        },
        RuleCheck::Scanner => {
            let text = format!("{}; {} of others left out", review.fact("scanners"), left_out("scanner"));
            (!review.fact("scanners").is_empty() && none(&["origin"], &[]), text)
        }
        RuleCheck::Facts => {
            const FACTS: [&str; 8] =
                ["cve", "package", "version", "severity", "fix_status", "path", "artifact_type", "id"];
            (none(&FACTS, &[]), format!("checked in {} rows", verdict.rows))
        }
        RuleCheck::Answers => {
            const ANSWERS: [&str; 4] = ["assessment", "steps", "decision", "exploitability"];
            let own = review.rows.rows().filter(|row| row.get("origin") == "gitlab").count();
            (none(&ANSWERS, &[]), format!("{} rows, {own} of them by GitLab's own scanners", verdict.rows))
        }
        RuleCheck::Request => (none(&["environment", "concerns"], &[]), "see Context".to_owned()),
        RuleCheck::Format => (true, "review.xlsx, review.csv, review.json".to_owned()),
    }
}

/// A text that Markdown takes for nothing else, on one line and not at its beginning, where a hyphen
/// would make a list and a slash a quick action. A backslash also keeps GitLab from seeing a
/// mention, a label, a reference, an emoji or a bare address.
fn escape(text: &str) -> String {
    let visible = |word: &str| word.chars().filter(|c| !is_hidden(*c)).collect::<String>();
    let words = text.split_whitespace().map(visible).filter(|word| !word.is_empty());
    words.map(|word| escape_word(&word)).collect::<Vec<_>>().join(" ")
}

fn escape_word(word: &str) -> String {
    // A tag of an image stays readable: one colon alone makes neither an emoji nor an address.
    let has_colons = word.contains("://") || word.matches(':').count() > 1;
    let has_www = word.to_ascii_lowercase().contains("www.");
    let mut out = String::with_capacity(word.len() + 8);
    for c in word.chars() {
        let is_plain = match c {
            ':' => !has_colons,
            '.' => !has_www,
            ',' | ';' | '/' | '(' | ')' | '-' | '=' | '\'' | '"' | '?' => true,
            c => !c.is_ascii_punctuation(),
        };
        if !is_plain {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn cell(text: &str) -> String {
    let mut text = escape(text);
    if text.chars().count() > 200 {
        text = text.chars().take(199).collect::<String>().trim_end_matches('\\').to_owned();
        text.push('…');
    }
    text
}

/// A text as it stands, in a fence that is longer than any in it.
fn quote(out: &mut String, text: &str) {
    let is_shown = |c: &char| matches!(c, '\n' | '\t') || !is_hidden(*c);
    let text: String = text.replace("\r\n", "\n").chars().filter(is_shown).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "{fence}text\n{}\n{fence}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{answered, profile, verdict};

    fn text(review: &Review, profile: &Profile) -> String {
        markdown(review, profile, &verdict(review), "2026-11-28".parse().expect("a day"))
    }

    #[test]
    fn every_rule_of_a_complete_request_is_kept() {
        for (name, _) in crate::profile::BUILTIN {
            let profile = Profile::builtin(name).expect("a profile");
            let text = text(&answered(), &profile);
            // The image is one of the first profile only.
            let open: Vec<_> = text.lines().filter(|line| line.starts_with("- [ ]")).collect();
            assert!(open.is_empty(), "{name}: {open:?}");
            assert_eq!(text.matches("- [x]").count(), profile.rule.len(), "{name}");
        }
        assert!(profile().rule.len() >= 10);
    }

    #[test]
    fn nothing_in_a_finding_is_taken_for_markdown() {
        let mut review = answered();
        review.rows.set(0, "title", "<img src=x> [a](b) @all #1 ~x\n/close | *b* `c`");
        review.rows.set(0, "assessment", "```\n/close\n````\n@all");
        let text = text(&review, &profile());
        assert!(text.contains(r"\<img src=x\> \[a\](b) \@all \#1 \~x /close \| \*b\* \`c\`"), "{text}");
        assert!(text.contains("`````text\n```\n/close\n````\n@all\n`````"), "{text}");
    }

    #[test]
    fn a_bare_address_makes_no_link() {
        for (text, want) in [
            ("See https://evil.example/x?y=1", r"See https\://evil.example/x?y=1"),
            ("www.evil.example and (WWW.b.c)", r"www\.evil\.example and (WWW\.b\.c)"),
            ("ht\u{200b}tps:\u{61c}//a.b", r"https\://a.b"),
            (":tada: a@b.c", r"\:tada\: a\@b.c"),
            ("see: gitlab/gitlab-ee:19.6.1-ee.0", "see: gitlab/gitlab-ee:19.6.1-ee.0"),
            ("%1", r"\%1"),
            ("a \u{200b} b", "a b"),
        ] {
            assert_eq!(escape(text), want);
        }
    }

    #[test]
    fn what_is_hidden_is_in_no_fence() {
        let mut out = String::new();
        quote(&mut out, "a\u{61c}\u{200b}\tb\r\nc\u{1b}[2J\n``\u{200b}`");
        assert_eq!(out, "````text\na\tb\nc[2J\n```\n````\n");
    }

    #[test]
    fn cells_are_short_and_escaped() {
        for (text, want) in
            [("a|b", r"a\|b"), ("- x", "- x"), ("a\n\nb", "a b"), ("/close", "/close"), ("a\u{202e}b", "ab")]
        {
            assert_eq!(cell(text), want);
        }
        assert!(cell(&"*".repeat(500)).chars().count() <= 200);
    }
}
