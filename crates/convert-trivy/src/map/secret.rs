//! Entries of `Secrets`.

use super::{layer, severity, surroundings};
use crate::model;
use crate::place::Scope;
use scanlift_convert_api::json::filled as text;
use scanlift_convert_api::{Finding, Outcome, SkipReason, one_line};
use scanlift_report_core::{
    Commit, Description, Detail, Identifier, Location, Name, SecretLocation, SourceLocation, Text,
    Vulnerability,
};
use std::borrow::Cow;

/// The shortest run of asterisks that counts as Trivy's mask.
const MASK: &str = "***";
/// The shortest word of a match that is taken for a secret value.
const SHORTEST: usize = 8;

pub(crate) fn map<'a>(record: &'a model::Secret<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let rule = text(&record.rule_id).or(text(&record.title)).or(text(&record.category));
    let primary = rule.and_then(|rule| Identifier::new("trivy_secret_rule_id", rule, rule));
    let Some(primary) = primary else {
        return Outcome::skip(SkipReason::Unsupported, "no RuleID", scope.head.target.as_str());
    };
    let mut vulnerability =
        Vulnerability::new(primary, Location::SecretDetection(map_location(record, scope)));
    vulnerability.name =
        Name::new(text(&record.title).map(one_line).unwrap_or_default()).or_else(|| rule.and_then(Name::new));
    vulnerability.description = Description::new(map_description(record, rule.unwrap_or_default()));
    let details = &mut vulnerability.details;
    details.text("category", "Category", text(&record.category).unwrap_or_default());
    if let Some(matched) = text(&record.matched) {
        details.insert("match", "Match", Detail::Code { value: Cow::Borrowed(matched), lang: None });
    }
    layer(details, &record.layer);
    surroundings(details, scope);

    let mut finding = Finding::new(vulnerability);
    finding.severity = severity(text(&record.severity), None);
    finding.secrets = text(&record.matched).map(values).unwrap_or_default();
    Outcome::finding(finding)
}

fn map_location<'a>(record: &model::Secret<'_>, scope: &Scope<'a>) -> SecretLocation<'a> {
    let target = scope.in_tree(scope.head.target.trim());
    let file = if target.is_empty() { Cow::Borrowed("unknown") } else { target };
    let source = match record.start_line.filter(|start| *start > 0) {
        Some(start) => SourceLocation::lines(file, start, record.end_line.unwrap_or(start)),
        None => SourceLocation::file(file),
    };
    let commit = scope.outline.metadata.commit.as_deref().or(text(&scope.options.commit));
    SecretLocation::new(Commit::new(commit.unwrap_or_default()), source)
}

fn map_description(record: &model::Secret<'_>, rule: &str) -> String {
    match text(&record.category) {
        Some(category) => format!("Trivy's rule `{rule}` (category {category}) matches."),
        None => format!("Trivy's rule `{rule}` matches."),
    }
}

/// What in a match may be the secret itself. Trivy masks it with asterisks; only what bears no
/// mask (other versions, edited files) has to be kept out of the report.
fn values(matched: &str) -> Vec<Text<'_>> {
    if matched.contains(MASK) {
        return Vec::new();
    }
    let words =
        matched.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | ':' | ',' | ';'));
    let longest = words.max_by_key(|word| word.len()).filter(|word| word.len() >= SHORTEST);
    let mut values = vec![Cow::Borrowed(matched)];
    values.extend(longest.filter(|word| *word != matched).map(Cow::Borrowed));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_bears_no_mask_is_a_secret() {
        for (matched, want) in [
            ("AccessKeyId = ********************", &[][..]),
            ("key: NOTREAL-0123456789", &["key: NOTREAL-0123456789", "NOTREAL-0123456789"]),
            ("NOTREAL-0123456789", &["NOTREAL-0123456789"]),
            ("a = b", &["a = b"]),
        ] {
            assert_eq!(values(matched), want, "{matched}");
        }
    }
}
