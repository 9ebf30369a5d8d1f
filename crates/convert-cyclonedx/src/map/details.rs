//! What GitLab has no field for, in order of its worth to people.

use super::MOST;
use super::rating::{self, Judged};
use crate::component::Component;
use crate::model::{Analysis, Contact, Credits, Source, Vulnerability};
use crate::outline::ToolName;
use crate::place::Subject;
use crate::versions::Versions;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_report_core::{Detail, Details, Text, Vulnerability as Finding, is_url};
use std::borrow::Cow;

/// Everything that a vulnerability and its component say beyond the package and the advisory.
pub(super) fn map<'a>(
    finding: &mut Finding<'a>,
    vulnerability: &'a Vulnerability<'_>,
    ratings: &[Judged<'a>],
    subject: &Subject<'a>,
    versions: &Versions<'a>,
) {
    let details = &mut finding.details;
    if let Some(analysis) = &vulnerability.analysis {
        map_analysis(details, analysis);
    }
    rating::details(details, ratings, &finding.cvss_vectors);
    if let Some(proof) = &vulnerability.proof_of_concept {
        markdown(details, "reproduction", "Steps to reproduce", &proof.reproduction_steps);
        markdown(details, "reproduction_environment", "Environment to reproduce", &proof.environment);
    }
    details.text("unaffected_versions", "Unaffected versions", versions.unaffected.clone());
    details.text("unknown_versions", "Versions not judged", versions.unknown.clone());
    if let Some(component) = subject.component {
        map_component(details, component);
    }
    details.text("affected_reference", "Affected reference", subject.dangling.unwrap_or_default());
    text(details, "created", "Created", &vulnerability.created);
    if let Some(source) = &vulnerability.source {
        map_source(details, source);
    }
    if let Some(credits) = &vulnerability.credits {
        map_credits(details, credits);
    }
    let tools = ToolName::all(&vulnerability.tools);
    let tools = tools.iter().take(MOST).map(|it| join(&[&it.vendor, &it.name, &it.version], " "));
    details.text("tools", "Tools", tools.collect::<Vec<_>>().join(", "));
    map_properties(details, vulnerability);
}

fn map_analysis<'a>(details: &mut Details<'a>, analysis: &'a Analysis<'_>) {
    text(details, "analysis_state", "Analysis", &analysis.state);
    text(details, "analysis_justification", "Justification of the analysis", &analysis.justification);
    markdown(details, "analysis_detail", "Detail of the analysis", &analysis.detail);
    let responses = analysis.response.iter().take(MOST).map(|it| it.trim()).collect::<Vec<_>>();
    details.text("analysis_response", "Response", responses.join(", "));
    text(details, "analysis_first_issued", "Analysis first issued", &analysis.first_issued);
    text(details, "analysis_last_updated", "Analysis last updated", &analysis.last_updated);
}

fn map_component<'a>(details: &mut Details<'a>, component: &'a Component) {
    let properties = &component.properties;
    let get = |name: &str| properties.get(name).unwrap_or_default();
    details.text("reachability", "Reachability", get("gitlab:dependency_scanning_component:reachability"));
    details.text(
        "source_package",
        "Source package",
        join(&[get("aquasecurity:trivy:SrcName"), get("aquasecurity:trivy:SrcVersion")], " "),
    );
    details.text("layer_digest", "Layer digest", get("aquasecurity:trivy:LayerDigest"));
    details.text("layer_diff_id", "Layer diff id", get("aquasecurity:trivy:LayerDiffID"));
    details.text("cpe", "CPE", component.cpe.trim());
    let scope = component.scope.trim();
    details.text("component_scope", "Scope of the component", if scope == "required" { "" } else { scope });
}

/// Where the record is from.
fn map_source<'a>(details: &mut Details<'a>, source: &'a Source<'_>) {
    let name = filled(&source.name);
    match filled(&source.url).filter(|url| is_url(url)) {
        Some(url) => {
            let link = Detail::Url { text: name.map(Cow::Borrowed), href: Cow::Borrowed(url) };
            details.insert("data_source", "Data source", link);
        }
        None => details.text("data_source", "Data source", name.unwrap_or_default()),
    }
}

fn map_credits(details: &mut Details<'_>, credits: &Credits<'_>) {
    let name = |it: &Contact<'_>| match (filled(&it.name), filled(&it.email)) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email).map(str::to_owned),
    };
    let all = credits.individuals.iter().chain(&credits.organizations);
    let names: Vec<String> = all.filter_map(name).take(MOST).collect();
    details.text("credits", "Credits", names.join(", "));
}

fn map_properties<'a>(details: &mut Details<'a>, vulnerability: &'a Vulnerability<'_>) {
    let lines =
        vulnerability.properties.iter().take(MOST).filter_map(|property| {
            Some(format!("{}: {}", filled(&property.name)?, filled(&property.value)?))
        });
    add_list(details, "properties", "Properties", lines);
}

fn text<'a>(details: &mut Details<'a>, key: &'static str, name: &'static str, value: &'a Option<Loose<'_>>) {
    details.text(key, name, filled(value).unwrap_or_default());
}

fn markdown<'a>(
    details: &mut Details<'a>,
    key: &'static str,
    name: &'static str,
    value: &'a Option<Loose<'_>>,
) {
    if let Some(value) = filled(value) {
        details.insert(key, name, Detail::Markdown { value: Text::Borrowed(value) });
    }
}

fn join(parts: &[&str], between: &str) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join(between)
}
