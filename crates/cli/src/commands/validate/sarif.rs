//! The verdict as a SARIF log (SARIF 2.1.0), so that an editor can show it in the report itself.

use super::{Answer, Verdict, locate};
use crate::explain::Failure;
use scanlift_ingest::{Error, Level, RULES};
use serde_json::json;
use std::collections::BTreeMap;

/// Something to be shown at a place.
struct Remark {
    rule: &'static str,
    level: Level,
    title: &'static str,
    pointer: String,
    message: String,
}

pub(super) fn of(answers: &[Answer]) -> Result<String, Failure> {
    let mut rules: BTreeMap<&'static str, (Level, &'static str)> = BTreeMap::new();
    let mut all = Vec::new();
    for answer in answers {
        let remarks = remarks(answer);
        let pointers: Vec<&str> = remarks.iter().map(|remark| remark.pointer.as_str()).collect();
        let spots = locate(answer, &pointers)?;
        for (remark, spot) in remarks.into_iter().zip(spots) {
            rules.entry(remark.rule).or_insert((remark.level, remark.title));
            all.push((answer.label.as_str(), remark, spot));
        }
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let results = all.iter().map(|(label, remark, spot)| {
        json!({
            "ruleId": remark.rule,
            "ruleIndex": index.get(remark.rule),
            "level": remark.level.as_str(),
            "message": {"text": remark.message},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(label)},
                    "region": {"startLine": spot.line, "startColumn": spot.column},
                },
                "logicalLocations": [{"fullyQualifiedName": remark.pointer}],
            }],
        })
    });
    let rules = rules.iter().map(|(id, (level, title))| {
        json!({
            "id": id,
            "shortDescription": {"text": title},
            "defaultConfiguration": {"level": level.as_str()},
            "helpUri": format!("{}/-/blob/main/docs/lint/{}", env!("CARGO_PKG_REPOSITORY"), page(id)),
        })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "scanlift validate",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    Ok(serde_json::to_string_pretty(&log).unwrap_or_default() + "\n")
}

/// What GitLab leaves out of a SARIF log has no page of its own.
fn page(id: &str) -> String {
    if RULES.iter().any(|rule| rule.id == id) { format!("{id}.md") } else { "../verdict.md".to_owned() }
}

fn remarks(answer: &Answer) -> Vec<Remark> {
    let mut all = Vec::new();
    match &answer.verdict {
        Verdict::Report(verdict) => {
            all.extend(verdict.errors.iter().map(refusal));
            for (rule, tally) in &verdict.lint.rules {
                all.extend(tally.first.iter().map(|issue| {
                    let colon = if issue.message.is_empty() { "" } else { ": " };
                    let message =
                        format!("{}{colon}{}. To mend it, {}.", rule.title, issue.message, rule.remedy);
                    let pointer = issue.pointer.clone();
                    Remark { rule: rule.id, level: rule.level, title: rule.title, pointer, message }
                }));
            }
        }
        Verdict::Log(verdict) => {
            all.extend(verdict.errors.iter().map(refusal));
            for (skip, tally) in &verdict.skips {
                all.extend(tally.first.iter().map(|issue| Remark {
                    rule: "sarif-skipped",
                    level: Level::Warning,
                    title: "GitLab skips the result",
                    pointer: issue.pointer.clone(),
                    message: format!("GitLab skips the result: {}.", skip.as_str()),
                }));
            }
            for (loss, tally) in &verdict.losses {
                all.extend(tally.first.iter().map(|issue| Remark {
                    rule: "sarif-loss",
                    level: Level::Note,
                    title: "GitLab does not read a part of the result",
                    pointer: issue.pointer.clone(),
                    message: format!("GitLab takes less than there is: {}.", loss.as_str()),
                }));
            }
        }
    }
    all
}

fn refusal(error: &Error) -> Remark {
    let rule = error.rule();
    let problem = match error {
        Error::Schema(error) => error.problem.to_string(),
        error => error.to_string(),
    };
    Remark {
        rule: rule.id,
        level: rule.level,
        title: rule.title,
        pointer: error.pointer().to_owned(),
        message: format!("{problem}. To mend it, {}.", error.remedy()),
    }
}

/// A path as a reference (RFC 3986), relative if it is.
fn uri(path: &str) -> String {
    let mut out = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
