//! From a finding to a result.

use super::{
    limits,
    model::{
        CodeFlow, Fingerprints, Fix, Properties, Result, Suppression, ThreadFlow, ThreadFlowLocation,
        WebRequest,
    },
    place,
    rule::{name_of, words},
};
use crate::export::dependency;
use scanlift_report_core::{CodeFlowNode, Commit, Detail, FlagType, Location, Severity, Text, Vulnerability};
use std::borrow::Cow;

/// The result of a finding; `heading` is what its rule is called.
pub(super) fn result<'v>(
    rule_id: &'v str,
    rule_index: usize,
    heading: &str,
    vulnerability: &'v Vulnerability<'_>,
    fixes: &'v Vec<Fix>,
) -> Result<'v> {
    let text = text(heading, vulnerability);
    let message = words(text.clone());
    let mut properties = properties(vulnerability);
    properties.description = vulnerability.description.as_deref().filter(|_| message.was_cut);
    Result {
        rule_id,
        rule_index,
        level: limits::level(vulnerability.severity),
        rank: limits::rank(vulnerability),
        message,
        locations: [place::location(vulnerability)],
        partial_fingerprints: signature(vulnerability).map(|signature| Fingerprints { signature }),
        code_flows: code_flows(vulnerability),
        suppressions: suppressions(vulnerability),
        fixes,
        web_request: web_request(&vulnerability.location),
        properties,
    }
}

/// The description. GitLab takes the name from the rule, so a name of the finding's own stands first.
fn text<'v>(heading: &str, vulnerability: &'v Vulnerability<'_>) -> Text<'v> {
    let name = name_of(vulnerability);
    match vulnerability.description.as_deref() {
        None => Cow::Borrowed(name),
        Some(text) if name == heading || text.starts_with(name) => Cow::Borrowed(text),
        Some(text) => Cow::Owned(format!("{name}\n\n{text}")),
    }
}

fn signature<'v>(vulnerability: &'v Vulnerability<'_>) -> Option<&'v str> {
    let items = &vulnerability.tracking.as_ref()?.items;
    items.iter().flat_map(|item| &item.signatures).map(|signature| &*signature.value).next()
}

fn code_flows<'v>(vulnerability: &'v Vulnerability<'_>) -> Vec<CodeFlow<'v>> {
    let flow = |nodes: &'v Vec<CodeFlowNode<'_>>| CodeFlow {
        thread_flows: [ThreadFlow {
            locations: nodes
                .iter()
                .map(|node| ThreadFlowLocation { location: place::lines(&node.file_location) })
                .collect(),
        }],
    };
    let details = vulnerability.details.iter().map(|(_, named)| &named.detail);
    let flows = details.filter_map(|detail| match detail {
        Detail::CodeFlows { items } => Some(items),
        _ => None,
    });
    flows.flatten().map(flow).collect()
}

/// What is flagged as a likely false positive is under review: GitLab leaves out what is accepted.
fn suppressions<'v>(vulnerability: &'v Vulnerability<'_>) -> Vec<Suppression<'v>> {
    let doubted =
        vulnerability.flags.iter().filter(|flag| flag.kind == FlagType::FlaggedAsLikelyFalsePositive);
    doubted
        .map(|flag| Suppression { kind: "external", status: "underReview", justification: &flag.description })
        .collect()
}

fn web_request<'v>(location: &'v Location<'_>) -> Option<WebRequest<'v>> {
    let (Location::Dast(web) | Location::ApiFuzzing(web)) = location else { return None };
    Some(WebRequest { method: web.method.as_deref(), target: place::address(web) })
}

fn properties<'v>(vulnerability: &'v Vulnerability<'_>) -> Properties<'v> {
    let dependency = dependency(&vulnerability.location);
    let text_of = |key: &str| match vulnerability.details.get(key) {
        Some(Detail::Text { value }) => Some(&**value),
        _ => None,
    };
    let identifiers = vulnerability.identifiers.iter();
    let mut properties = Properties {
        severity: vulnerability.severity.unwrap_or(Severity::Unknown).as_str(),
        report_type: vulnerability.kind().as_str(),
        identifiers: identifiers.map(|known| format!("{}:{}", known.kind, known.value)).collect(),
        solution: vulnerability.solution.as_deref(),
        cvss: vulnerability.cvss_vectors.first().map(|cvss| &*cvss.vector),
        package_name: dependency.map(|dependency| &*dependency.package.name),
        package_version: dependency.map(|dependency| &*dependency.version),
        purl: text_of("package_url").or_else(|| text_of("purl")),
        references: vulnerability.links.iter().map(|link| &*link.url).collect(),
        ..Properties::default()
    };
    match &vulnerability.location {
        Location::ContainerScanning(location) => {
            properties.image_name = Some(&location.image);
            properties.operating_system = Some(&location.operating_system);
        }
        Location::ClusterImageScanning(location) => {
            properties.image_name = Some(&location.image);
            properties.operating_system = location.operating_system.as_deref();
        }
        Location::Dast(web) | Location::ApiFuzzing(web) => properties.param = web.param.as_deref(),
        Location::SecretDetection(secret) if secret.commit.sha != Commit::UNKNOWN => {
            properties.commit = Some(&secret.commit.sha);
        }
        _ => {}
    }
    properties
}
