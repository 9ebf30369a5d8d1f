//! Whether a rule is for the target branch.

use crate::policy::{Branches, ScanFinding};
use globset::Glob;

/// Where the merge request goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The target branch; without it every rule is taken to be for it.
    pub branch: Option<String>,
    /// The default branch of the project.
    pub default: Option<String>,
    /// Protected branches beside it, `*` for anything; if none is named the target branch is taken as
    /// protected.
    pub protected: Vec<String>,
    /// The path of the project, for exceptions that name one.
    pub project: Option<String>,
}

/// Whether a rule is for the target branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is.
    Yes,
    /// It is taken to be, because of what is not known.
    Assumed(String),
    /// It is not, and why.
    No(String),
}

impl Target {
    pub(crate) fn fits(&self, rule: &ScanFinding) -> Fit {
        let Some(branch) = self.branch.as_deref() else {
            return Fit::Assumed("no target branch is named; the rule is taken to be for it".to_owned());
        };
        let excepted = |project: &Option<String>| project.is_none() || *project == self.project;
        if rule.exceptions.iter().any(|it| matches(&it.name, branch) && excepted(&it.project)) {
            return Fit::No(format!("`{branch}` is among its branch_exceptions"));
        }
        if !self.is_protected(branch) {
            return Fit::No(format!("`{branch}` is no protected branch"));
        }
        match (&rule.branches, self.default.as_deref()) {
            (Branches::Protected, _) => Fit::Yes,
            (Branches::Default, None) => {
                Fit::Assumed(format!("no default branch is named; `{branch}` is taken to be it"))
            }
            (Branches::Default, Some(default)) if default == branch => Fit::Yes,
            (Branches::Default, Some(_)) => Fit::No(format!("`{branch}` is not the default branch")),
            (Branches::Named(names), _) if names.iter().any(|name| matches(name, branch)) => Fit::Yes,
            (Branches::Named(_), _) => Fit::No(format!("`{branch}` is not among its branches")),
        }
    }

    fn is_protected(&self, branch: &str) -> bool {
        self.protected.is_empty()
            || self.default.as_deref() == Some(branch)
            || self.protected.iter().any(|name| matches(name, branch))
    }
}

/// GitLab's wildcards: `*` stands for any characters, also none and slashes.
fn matches(pattern: &str, branch: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == branch;
    }
    let glob = pattern.split('*').map(globset::escape).collect::<Vec<_>>().join("*");
    Glob::new(&glob).is_ok_and(|glob| glob.compile_matcher().is_match(branch))
}
