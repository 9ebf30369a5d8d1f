//! A vulnerability with the modules that have it (`Vuln` of golang.org/x/vuln/internal/govulncheck), in the
//! object of version 0.1 and the messages of development versions after it.

use super::messages::{Frame, frame};
use super::osv::Osv;
use super::{Level, solution};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Package, Place};
use scanlift_convert_api::{Outcome, SkipReason};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vuln<'a> {
    #[serde(borrow, alias = "OSV")]
    osv: Option<Osv<'a>>,
    #[serde(alias = "Modules", deserialize_with = "json::list")]
    modules: Vec<Module<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Module<'a> {
    #[serde(borrow, alias = "Path")]
    path: Option<Loose<'a>>,
    #[serde(alias = "FoundVersion")]
    found_version: Option<Loose<'a>>,
    #[serde(alias = "FixedVersion")]
    fixed_version: Option<Loose<'a>>,
    /// Those with the vulnerability that the program imports.
    #[serde(alias = "Packages", deserialize_with = "json::list")]
    packages: Vec<Imported<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Imported<'a> {
    #[serde(borrow, alias = "Path")]
    path: Option<Loose<'a>>,
    /// One for each vulnerable function that is called.
    #[serde(alias = "CallStacks", deserialize_with = "json::list")]
    callstacks: Vec<CallStack<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallStack<'a> {
    #[serde(borrow, alias = "Symbol")]
    symbol: Option<Loose<'a>>,
    #[serde(alias = "Summary")]
    summary: Option<Loose<'a>>,
    /// From the program's code to the vulnerable function.
    #[serde(alias = "Frames", deserialize_with = "json::list")]
    frames: Vec<Frame>,
}

/// A finding of each module.
pub(super) fn map_vuln<'a>(vuln: &'a Vuln<'_>, manifest: &'a str) -> Vec<Outcome<'a>> {
    let osv = vuln.osv.as_ref();
    if vuln.modules.is_empty() {
        let id = osv.and_then(|osv| filled(&osv.id)).unwrap_or_default();
        return vec![Outcome::skip(SkipReason::Unsupported, "an entry without a module", id)];
    }
    vuln.modules.iter().map(|module| map_module(osv, module, manifest)).collect()
}

/// The finding of a module.
pub(super) fn map_module<'a>(
    osv: Option<&'a Osv<'_>>,
    module: &'a Module<'_>,
    manifest: &'a str,
) -> Outcome<'a> {
    let path = filled(&module.path).unwrap_or_default();
    let Some((osv, id)) = osv.and_then(|osv| Some((osv, filled(&osv.id)?))) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without a vulnerability", path);
    };
    let mut about = osv.advisory(id);
    let mut package = Package::new(path, filled(&module.found_version).unwrap_or_default());
    package.kind = Some("golang".into());
    package.vulnerable = Some(osv.vulnerable(path).into());
    let fixed = filled(&module.fixed_version);
    about.solution = solution(path, fixed.as_slice()).map(Into::into);
    package.fixed = fixed.map(Cow::Borrowed).into_iter().collect();
    let place = Place::Manifest(manifest.into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !path.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without a module", id);
    };
    let stacks = || module.packages.iter().flat_map(|package| &package.callstacks);
    let level = match (module.packages.is_empty(), stacks().next()) {
        (_, Some(_)) => Level::Symbol,
        (false, None) => Level::Package,
        (true, None) => Level::Module,
    };
    finding.severity.level = Some(level.severity());
    let details = &mut finding.vulnerability.details;
    details.text("reachability", "Reachability", level.says());
    let imported = module.packages.iter().filter_map(|package| filled(&package.path));
    details.text("imported_package", "Imported package", imported.collect::<Vec<_>>().join(", "));
    add_list(details, "call_traces", "Call traces", stacks().map(trace));
    osv.details(details);
    Outcome::finding(finding)
}

fn trace(stack: &CallStack<'_>) -> String {
    let said = filled(&stack.summary).or(filled(&stack.symbol)).unwrap_or_default();
    if stack.frames.is_empty() {
        return said.to_owned();
    }
    stack.frames.iter().take(MOST_FRAMES).map(frame).collect::<Vec<_>>().join(" > ")
}

/// A trace that is longer tells nobody anything.
const MOST_FRAMES: usize = 50;
