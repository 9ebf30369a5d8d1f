//! Findings of Supply Chain.

use super::finding::{Finding, Scope, severity};
use scanlift_convert_api::cwe;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FoundDependency<'a> {
    #[serde(borrow)]
    package: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    ecosystem: Option<Loose<'a>>,
    transitivity: Option<Loose<'a>>,
    lockfile_path: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Recommendation<'a> {
    #[serde(borrow)]
    package: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

/// What `semgrep ci` sends of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ScaInfo<'a> {
    #[serde(borrow)]
    dependency_match: Option<DependencyMatch<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependencyMatch<'a> {
    #[serde(borrow)]
    found_dependency: Option<FoundDependency<'a>>,
    lockfile: Option<Loose<'a>>,
}

/// The finding of a package; `None` if it is about none.
pub(super) fn map_package<'a>(
    found: &'a Finding<'_>,
    rule: &'a str,
    scope: &'a Scope<'_>,
) -> Option<scanlift_convert_api::Finding<'a>> {
    let matched = found.sca_info.as_ref().and_then(|info| info.dependency_match.as_ref());
    let dependency = found.found_dependency.as_ref().or_else(|| matched?.found_dependency.as_ref())?;
    let name = filled(&dependency.package)?;
    let mut package = Package::new(name, filled(&dependency.version).unwrap_or_default());
    package.kind = filled(&dependency.ecosystem).map(Cow::Borrowed);
    package.direct = match filled(&dependency.transitivity).map(str::to_ascii_lowercase).as_deref() {
        Some("direct") => Some(true),
        Some("transitive") => Some(false),
        _ => None,
    };
    let fixes = found.fix_recommendations.iter();
    let fixes = fixes.filter(|fix| filled(&fix.package).is_none_or(|package| package == name));
    package.fixed = fixes.filter_map(|fix| filled(&fix.version)).map(Cow::Borrowed).collect();

    let id = filled(&found.vulnerability_identifier).unwrap_or(rule);
    let mut advisory = Advisory::new("semgrep_rule_id", id);
    advisory.description = filled(&found.rule_message).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).map(severity).map(Cow::Borrowed);
    let cwes = found.rule.iter().flat_map(|rule| &rule.cwe_names);
    advisory.weaknesses = cwes.flat_map(|text| cwe::all(text)).collect();
    let places = [
        filled(&dependency.lockfile_path),
        matched.and_then(|matched| filled(&matched.lockfile)),
        found.location.as_ref().and_then(|place| filled(&place.file_path)),
        filled(&found.path),
        scope.options.path.as_deref(),
        scope.name,
    ];
    let file = places.into_iter().flatten().next().unwrap_or("unknown");
    let mut finding = advisory.into_finding(package, Place::Manifest(Cow::Borrowed(file)))?;
    let details = &mut finding.vulnerability.details;
    details.text("reachable", "Reachable", filled(&found.reachability).unwrap_or_default());
    if id != rule {
        details.text("rule", "Rule", rule);
    }
    Some(finding)
}
