//! When a job runs, as GitLab's own templates decide it.

use crate::yaml::Node;
use scanlift_report_core::Kind;

/// The variable by which users switch off all jobs of a kind.
#[must_use]
pub fn disabled_variable(kind: Kind) -> String {
    match kind {
        Kind::CoverageFuzzing => "COVFUZZ_DISABLED".to_owned(),
        kind => format!("{}_DISABLED", kind.as_str().to_uppercase()),
    }
}

/// The name in `GITLAB_FEATURES` that a kind needs; `None` where every tier takes the report.
#[must_use]
pub fn feature(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Sast | Kind::SecretDetection => None,
        kind => Some(kind.as_str()),
    }
}

/// `rules:` of a scanning job: switched off by the variable of its kind, once for a branch, in merge
/// request pipelines only where `AST_ENABLE_MR_PIPELINES` asks for it, and with a feature only where that
/// is licensed.
#[must_use]
pub fn rules(kind: Kind, feature: Option<&str>, exists: &[String]) -> Node {
    let disabled = disabled_variable(kind);
    let never = |condition: String| Node::map([("if", condition.into()), ("when", "never".into())]);
    let licensed = |condition: &str| match feature {
        Some(feature) => format!("{condition} && $GITLAB_FEATURES =~ /\\b{feature}\\b/"),
        None => condition.to_owned(),
    };
    let run = |condition: &str| {
        let mut rule = vec![("if".to_owned(), licensed(condition).into())];
        if !exists.is_empty() {
            rule.push(("exists".to_owned(), Node::list(exists.iter().map(String::as_str))));
        }
        Node::Map(rule)
    };
    Node::List(vec![
        never(format!("${disabled} == \"true\" || ${disabled} == \"1\"")),
        run("$CI_PIPELINE_SOURCE == \"merge_request_event\" && $AST_ENABLE_MR_PIPELINES == \"true\""),
        never("$CI_PIPELINE_SOURCE == \"merge_request_event\"".to_owned()),
        never("$CI_OPEN_MERGE_REQUESTS && $AST_ENABLE_MR_PIPELINES == \"true\"".to_owned()),
        run("$CI_COMMIT_BRANCH"),
    ])
}
