//! JSON v1: reports of frameworks, with the resources that fail below the rules of their controls
//! (`reporthandling.FrameworkReport`).

use super::{Mend, PAGE, rating, set};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Outcome, SkipReason};
use scanlift_report_core::{Location, SourceLocation};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// An entry of `controlReports`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Control<'a> {
    #[serde(borrow, rename = "controlID")]
    control_id: Option<Loose<'a>>,
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    remediation: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    base_score: Option<f64>,
    #[serde(deserialize_with = "json::list")]
    rule_reports: Vec<Rule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    rule_responses: Vec<Response<'a>>,
}

/// A resource that fails.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response<'a> {
    #[serde(borrow)]
    alert_message: Option<Loose<'a>>,
    rule_status: Option<Loose<'a>>,
    exception: Option<IgnoredAny>,
    #[serde(deserialize_with = "json::list")]
    failed_paths: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    fix_paths: Vec<Mend<'a>>,
    alert_object: Option<Alerted<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alerted<'a> {
    #[serde(borrow, rename = "k8sApiObjects", deserialize_with = "json::list")]
    objects: Vec<Object<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    kind: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    namespace: Option<Loose<'a>>,
}

impl Control<'_> {
    fn id(&self) -> &str {
        filled(&self.control_id).or(filled(&self.id)).unwrap_or_default()
    }
}

/// A record for each resource that fails; one where none does.
pub(super) fn map_control<'a>(control: &'a Control<'_>, _: &'a ()) -> Vec<Outcome<'a>> {
    let responses = control.rule_reports.iter().flat_map(|rule| &rule.rule_responses);
    let outcomes: Vec<_> = responses.map(|response| map_response(control, response)).collect();
    if outcomes.is_empty() {
        return vec![Outcome::skip(SkipReason::NotAFinding, "nothing fails the control", control.id())];
    }
    outcomes
}

fn map_response<'a>(control: &'a Control<'_>, response: &'a Response<'_>) -> Outcome<'a> {
    let id = control.id();
    if response.exception.is_some() {
        return Outcome::skip(SkipReason::Suppressed, "exception", id);
    }
    if let Some(status @ ("success" | "passed" | "skipped")) = filled(&response.rule_status) {
        return Outcome::skip(SkipReason::NotAFinding, format!("status: {status}"), id);
    }
    let resource = response.alert_object.iter().flat_map(|it| &it.objects).find_map(shown);
    let mut issue = Issue::new("kubescape_control_id", id);
    let name = filled(&control.name);
    issue.rule_name = name.map(|name| format!("{id} {name}").into());
    issue.url = Some(format!("{PAGE}/{}/", id.to_ascii_lowercase()).into());
    issue.title = name.map(Cow::Borrowed);
    issue.message = filled(&response.alert_message).map(Cow::Borrowed);
    issue.about = filled(&control.description).map(Cow::Borrowed);
    let advice = response.fix_paths.iter().filter_map(set);
    let advice = filled(&control.remediation).map(str::to_owned).into_iter().chain(advice);
    issue.solution = Some(advice.collect::<Vec<_>>().join("\n").into());
    issue.rating = control.base_score.and_then(rating);
    let file = resource.clone().unwrap_or_else(|| "unknown".to_owned());
    let Some(mut finding) = issue.into_finding(Location::Sast(SourceLocation::file(file))) else {
        return Outcome::skip(SkipReason::Unsupported, "a control without an id", name.unwrap_or_default());
    };
    let details = &mut finding.vulnerability.details;
    details.text("resource", "Resource", resource.unwrap_or_default());
    let failed = response.failed_paths.iter().map(|path| path.trim());
    add_list(details, "paths", "Paths", failed);
    Outcome::finding(finding)
}

/// `prod/Deployment/web`.
fn shown(object: &Object<'_>) -> Option<String> {
    let metadata = object.metadata.as_ref();
    let name = metadata.and_then(|it| filled(&it.name)).or(filled(&object.name))?;
    let namespace = metadata.and_then(|it| filled(&it.namespace));
    let parts = [namespace, filled(&object.kind), Some(name)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("/"))
}
