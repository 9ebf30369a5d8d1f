//! A result of the API and the CLI (`ScanResult` of ast-cli): code, infrastructure or a package.

use super::package::{PackageData, map_container, map_package};
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::SpareManifest;
use scanlift_convert_api::{Finding, Fingerprint, Options, Outcome, SkipReason, cwe, details, html};
use scanlift_report_core::{FileLocation, Flag, Location, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Where packages are of which the result does not say it.
pub(super) struct Scope<'s> {
    pub(super) manifest: SpareManifest<'s>,
    pub(super) image: &'s str,
    pub(super) options: &'s Options,
}

/// A result, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CxResult<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    pub(super) id: Option<Loose<'a>>,
    similarity_id: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    first_found_at: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    #[serde(rename = "descriptionHTML")]
    description_html: Option<Loose<'a>>,
    pub(super) data: Option<Data<'a>>,
    comments: Option<Comments<'a>>,
    pub(super) vulnerability_details: Option<Details<'a>>,
}

/// `ScanResultData`: what there is of it depends on the type.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    query_id: Option<Loose<'a>>,
    query_name: Option<Loose<'a>>,
    query_url: Option<Loose<'a>>,
    rule_id: Option<Loose<'a>>,
    rule_name: Option<Loose<'a>>,
    rule_description: Option<Loose<'a>>,
    group: Option<Loose<'a>>,
    language_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    nodes: Vec<Node<'a>>,
    #[serde(alias = "filename")]
    file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    platform: Option<Loose<'a>>,
    issue_type: Option<Loose<'a>>,
    expected_value: Option<Loose<'a>>,
    value: Option<Loose<'a>>,
    snippet: Option<Loose<'a>>,
    remediation: Option<Loose<'a>>,
    remediation_link: Option<Loose<'a>>,
    validity: Option<Loose<'a>>,
    pub(super) package_identifier: Option<Loose<'a>>,
    pub(super) package_name: Option<Loose<'a>>,
    pub(super) package_version: Option<Loose<'a>>,
    pub(super) published_at: Option<Loose<'a>>,
    pub(super) recommended_version: Option<Loose<'a>>,
    pub(super) recommendations: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) package_data: Vec<super::package::Reference<'a>>,
    pub(super) sca_package_data: Option<PackageData<'a>>,
    pub(super) image_name: Option<Loose<'a>>,
    pub(super) image_tag: Option<Loose<'a>>,
    pub(super) image_file_path: Option<Loose<'a>>,
    pub(super) image_origin: Option<Loose<'a>>,
}

/// A step from source to sink.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node<'a> {
    #[serde(borrow)]
    pub(super) file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) line: Option<u64>,
    pub(super) method: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Comments<'a> {
    #[serde(borrow)]
    comments: Option<Loose<'a>>,
}

/// `VulnerabilityDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Details<'a> {
    #[serde(borrow)]
    pub(super) cwe_id: Option<Loose<'a>>,
    pub(super) cve_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) cvss_score: Option<f64>,
    pub(super) cvss: Option<super::package::Cvss<'a>>,
    #[serde(deserialize_with = "json::list")]
    compliances: Vec<Loose<'a>>,
}

impl Details<'_> {
    /// `79`, `"79"` or `"CWE-79"`.
    pub(super) fn weaknesses(&self) -> Vec<u32> {
        let number = |text: &str| text.parse().map_or_else(|_| cwe::all(text), |number| vec![number]);
        filled(&self.cwe_id).map(number).unwrap_or_default()
    }
}

pub(super) fn map_result<'a>(result: &'a CxResult<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let kind = filled(&result.kind).unwrap_or_default();
    let example = filled(&result.id).unwrap_or(kind);
    if let Some((reason, detail)) = settled(filled(&result.state), filled(&result.status)) {
        return Outcome::skip(reason, detail, example);
    }
    let found = match kind {
        "sca" => map_package(result, scope),
        "containers" | "sca-container" => map_container(result, scope),
        _ => map_issue(result, kind, scope),
    };
    let Some(mut finding) = found else {
        return Outcome::skip(
            SkipReason::Unsupported,
            format!("a result of type {kind} that names nothing"),
            example,
        );
    };
    triage(&mut finding, filled(&result.state), filled(&result.status));
    let comment = result.comments.as_ref().and_then(|comments| filled(&comments.comments));
    finding.vulnerability.details.text("comments", "Comments", comment.unwrap_or_default());
    let first = filled(&result.first_found_at).unwrap_or_default();
    finding.vulnerability.details.text("first_found", "First found", first);
    if let Some(value) = filled(&result.similarity_id) {
        finding.fingerprints.push(Fingerprint { name: "similarityId".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

/// What the result is in words, without HTML.
pub(super) fn description<'a>(result: &'a CxResult<'_>) -> Option<Text<'a>> {
    filled(&result.description)
        .map(Cow::Borrowed)
        .or_else(|| filled(&result.description_html).map(html::to_markdown))
}

/// Why a result is no finding any more: `NOT_EXPLOITABLE`, in reports `Not exploitable`; `FIXED`.
pub(super) fn settled(state: Option<&str>, status: Option<&str>) -> Option<(SkipReason, &'static str)> {
    let is = |word: Option<&str>, other: &str| {
        word.is_some_and(|word| word.replace([' ', '-'], "_").eq_ignore_ascii_case(other))
    };
    if is(state, "NOT_EXPLOITABLE") {
        return Some((SkipReason::Suppressed, "state: NOT_EXPLOITABLE"));
    }
    if is(state, "NOT_IGNORED") {
        return None;
    }
    if is(state, "IGNORED") || is(state, "SNOOZED") || is(state, "MUTED") {
        return Some((SkipReason::Suppressed, "state: ignored"));
    }
    is(status, "FIXED").then_some((SkipReason::NotAFinding, "status: FIXED"))
}

/// What people have made of the result.
pub(super) fn triage<'a>(finding: &mut Finding<'a>, state: Option<&'a str>, status: Option<&'a str>) {
    let details = &mut finding.vulnerability.details;
    details.text("state", "State", state.unwrap_or_default());
    details.text("status", "Status", status.unwrap_or_default());
    let proposed =
        state.is_some_and(|state| state.replace(' ', "_").eq_ignore_ascii_case("PROPOSED_NOT_EXPLOITABLE"));
    if proposed {
        let flag = Flag::false_positive("Checkmarx One", "Proposed as not exploitable in Checkmarx One");
        finding.vulnerability.flags.extend(flag);
    }
}

/// SAST, IaC Security and the rules of repositories (secrets, scorecard).
fn map_issue<'a>(result: &'a CxResult<'_>, kind: &str, scope: &'a Scope<'_>) -> Option<Finding<'a>> {
    let data = result.data.as_ref()?;
    let name = filled(&data.query_name).or(filled(&data.rule_name)).map(without_origin);
    // The id of a query of SAST is of one version of it, its name stays.
    let id = filled(&data.query_id).or(filled(&data.rule_id)).map(without_origin);
    let of_code = !data.nodes.is_empty();
    let rule = if of_code { name.or(id) } else { id.or(name) }?;
    let mut issue = Issue::new("checkmarx_rule_id", rule);
    issue.rule_name = name.map(Cow::Borrowed);
    issue.title = name.map(readable);
    issue.message = description(result).or(filled(&data.rule_description).map(Cow::Borrowed));
    issue.severity = filled(&result.severity).map(Cow::Borrowed);
    issue.solution = filled(&data.remediation).or(filled(&data.expected_value)).map(Cow::Borrowed);
    issue.code = filled(&data.snippet).map(Cow::Borrowed);
    issue.references =
        [&data.query_url, &data.remediation_link].into_iter().filter_map(filled).map(Cow::Borrowed).collect();
    let more = result.vulnerability_details.as_ref();
    issue.weaknesses = more.map(Details::weaknesses).unwrap_or_default();
    let place = place(&data.nodes, filled(&data.file_name), data.line, &mut issue);
    let about_secrets = kind.contains("secret");
    let mut finding = issue.into_finding(match about_secrets {
        true => code::secret(place, scope.options),
        false => Location::Sast(place),
    })?;
    if about_secrets {
        finding.secrets.extend(filled(&data.snippet).map(Cow::Borrowed));
    }
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("actual", "Actual", &data.value),
        ("validity", "Validity", &data.validity),
        ("group", "Group", &data.group),
        ("language", "Language", &data.language_name),
        ("platform", "Platform", &data.platform),
        ("issue_type", "Type of issue", &data.issue_type),
    ] {
        shown.text(key, name, filled(value).map(without_origin).unwrap_or_default());
    }
    let compliances = more.into_iter().flat_map(|more| &more.compliances);
    details::add_list(shown, "compliances", "Compliance", compliances.map(|text| Cow::Borrowed(&**text)));
    Some(finding)
}

/// The first node is the place, as in the reports for GitLab of Checkmarx itself; all of them are the
/// flow. Paths begin with a slash all the same.
pub(super) fn place<'a>(
    nodes: &'a [Node<'_>],
    file: Option<&'a str>,
    line: Option<u64>,
    issue: &mut Issue<'a>,
) -> scanlift_report_core::SourceLocation<'a> {
    let path = |file: Option<&'a str>| file.unwrap_or_default().trim_start_matches('/');
    let Some(first) = nodes.first() else { return code::lines(path(file), line, None) };
    if nodes.len() > 1 {
        let steps = nodes
            .iter()
            .filter_map(|node| Some(FileLocation::new(path(filled(&node.file_name)), node.line?, None)));
        issue.flows.push(steps);
    }
    let mut place = code::lines(path(filled(&first.file_name)), first.line, None);
    place.method = filled(&first.method).map(Cow::Borrowed);
    place
}

/// `Healthcheck [Taken from query_name]` without the field of KICS that it stood in.
fn without_origin(text: &str) -> &str {
    text.split(" [Taken from").next().unwrap_or(text)
}

/// `SQL_Injection` as people read it.
pub(super) fn readable(name: &str) -> Text<'_> {
    if name.contains(' ') { Cow::Borrowed(name) } else { Cow::Owned(name.replace('_', " ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_settle_results() {
        for (state, status, want) in [
            ("TO_VERIFY", "NEW", None),
            ("NOT_EXPLOITABLE", "RECURRENT", Some(SkipReason::Suppressed)),
            ("Not exploitable", "NEW", Some(SkipReason::Suppressed)),
            ("PROPOSED_NOT_EXPLOITABLE", "NEW", None),
            ("NOT_IGNORED", "NEW", None),
            ("CONFIRMED", "FIXED", Some(SkipReason::NotAFinding)),
            ("", "", None),
        ] {
            assert_eq!(settled(Some(state), Some(status)).map(|it| it.0), want, "{state} {status}");
        }
    }

    #[test]
    fn fields_of_kics_are_no_part_of_names() {
        for (text, want) in [("Healthcheck [Taken from query_name]", "Healthcheck"), ("a [b]", "a [b]")] {
            assert_eq!(without_origin(text), want);
        }
    }
}
