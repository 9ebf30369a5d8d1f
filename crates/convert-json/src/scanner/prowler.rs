//! Prowler, `-M json-ocsf` (since version 3) and `-M json` (versions 2 and 3).

mod model;

use crate::field::texts;
use crate::layout::Layout;
use model::{Found, Resource};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Head, TextOr, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, SourceLocation, is_url};
use std::borrow::Cow;

/// Reads the JSON reports of Prowler.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prowler;

/// The converter.
pub static CONVERTER: Prowler = Prowler;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "prowler",
    name: "Prowler",
    summary: "JSON reports of Prowler: OCSF, and its own format before",
    versions: "2 to 5",
    kinds: &[Kind::Sast],
    url: "https://docs.prowler.com/projects/prowler-open-source/en/latest/tutorials/reporting/",
};

/// Keys that records have: since version 4, in the OCSF of version 3, in its own format, and before.
const MARKS: [&str; 4] = ["finding_info", "finding", "CheckID", "Control ID"];

impl Converter for Prowler {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let product = head.path_text(&["metadata", "product", "name"]);
        let ocsf = (head.has("finding_info") || head.has("finding"))
            && product.is_some_and(|name| name == "Prowler");
        let all = |keys: &[&str]| keys.iter().all(|key| head.has(key));
        let own = all(&["CheckID", "CheckTitle", "StatusExtended"])
            || all(&["Control", "Control ID", "Account Number"]);
        if ocsf || own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the findings.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?
            .known("findings of Prowler", "write them with prowler -M json-ocsf")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_record))
    }
}

fn map_record<'a>(found: &'a Found<'_>, _: &'a ()) -> Outcome<'a> {
    let rule = found.rule().unwrap_or_default();
    let status = filled(&found.status);
    let code = filled(&found.status_code).or(filled(&found.old_status)).or(status).unwrap_or_default();
    let is_code = |codes: &[&str]| codes.iter().any(|known| code.eq_ignore_ascii_case(known));
    // Versions 2 and 3 warned of what was on the allow list.
    if is_code(&["MUTED", "WARNING"]) || status == Some("Suppressed") {
        return Outcome::skip(SkipReason::Suppressed, "muted", rule);
    }
    if !is_code(&["", "FAIL", "Failure", "New"]) {
        return Outcome::skip(SkipReason::NotAFinding, format!("status: {code}"), rule);
    }
    match map_finding(found, rule) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a finding without a check", code),
    }
}

/// A check of a resource of the cloud. GitLab has no report for these: in SAST, with the resource's id
/// as path, people can still see and triage them.
fn map_finding<'a>(found: &'a Found<'_>, rule: &'a str) -> Option<Finding<'a>> {
    let info = &found.finding_info;
    let mut issue = Issue::new("prowler_check_id", rule);
    let hub = || Cow::Owned(format!("https://hub.prowler.com/check/{rule}"));
    issue.url = (!found.is_of_version_2()).then(hub);
    let title = filled(&info.title).or(filled(&found.check_title)).or(found.control().1);
    issue.title = title.map(Cow::Borrowed);
    issue.message = filled(&found.status_detail).or(filled(&found.status_extended)).map(Cow::Borrowed);
    let supporting = info.supporting_data.as_ref().and_then(|it| filled(&it.risk));
    let about = [
        filled(&info.desc).or(filled(&found.description)),
        filled(&found.risk_details).or(filled(&found.risk)).or(supporting),
    ];
    issue.about = Some(about.into_iter().flatten().collect::<Vec<_>>().join("\n\n").into());
    let nested = info.remediation.as_ref();
    let old = found.old_remediation.as_ref();
    let recommendation = old.and_then(TextOr::other).map(|old| &old.recommendation);
    let solution = filled(&found.remediation.desc)
        .or_else(|| filled(&nested?.desc))
        .or_else(|| filled(&recommendation?.text))
        .or_else(|| old?.text());
    issue.solution = solution.map(Cow::Borrowed);
    issue.severity = filled(&found.severity).or(filled(&found.old_severity)).map(Cow::Borrowed);
    let pages =
        [&info.src_url, &found.unmapped.related_url, &found.related_url].into_iter().filter_map(filled);
    let pages = pages.chain(recommendation.and_then(|it| filled(&it.url)));
    issue.references = remedies(found).chain(pages).map(Cow::Borrowed).collect();

    let resource = found.resources.first();
    let of = |field: fn(&'a Resource<'_>) -> Option<&'a str>| resource.and_then(field);
    let account = found.cloud.account.as_ref().and_then(|it| filled(&it.uid).or(filled(&it.name)));
    let account = account.or(filled(&found.account));
    let region = of(|it| filled(&it.region)).or(filled(&found.cloud.region)).or(filled(&found.region));
    let id = of(|it| filled(&it.uid).or(filled(&it.name)))
        .or(filled(&found.resource_arn))
        .or(filled(&found.resource_id));
    let place = match (resource.and_then(Resource::in_cluster), id) {
        (Some(name), _) => Cow::Owned(name),
        // Ids of Azure begin like a path of this machine.
        (None, Some(id)) => Cow::Borrowed(id.trim_start_matches('/')),
        // Before version 2.5 no resource was named.
        (None, None) => match [account, region].into_iter().flatten().collect::<Vec<_>>().join("/") {
            place if place.is_empty() => Cow::Borrowed("unknown"),
            place => Cow::Owned(place),
        },
    };
    let mut finding = issue.into_finding(Location::Sast(SourceLocation::file(place)))?;
    let details = &mut finding.vulnerability.details;
    let kind = of(|it| filled(&it.kind)).or(filled(&found.resource_type));
    details.text("resource_type", "Type of the resource", kind.unwrap_or_default());
    let service = of(|it| filled(&it.group.as_ref()?.name)).or(filled(&found.service));
    details.text("service", "Service", service.unwrap_or_default());
    details.text("account", "Account", account.unwrap_or_default());
    details.text("region", "Region", region.unwrap_or_default());
    let provider = filled(&found.cloud.provider).or(filled(&found.provider));
    details.text("provider", "Provider", provider.unwrap_or_default());
    details.text("compliance", "Compliance", compliance(found));
    add_list(details, "commands", "Commands", remedies(found).filter(|remedy| !is_url(remedy)));
    Some(finding)
}

/// Pages and commands that help.
fn remedies<'a>(found: &'a Found<'_>) -> impl Iterator<Item = &'a str> {
    let nested = found.finding_info.remediation.iter().flat_map(|it| &it.references);
    let code = found.old_remediation.as_ref().and_then(TextOr::other).map(|old| &old.code);
    let code = code.into_iter().flat_map(|it| [&it.cli, &it.native, &it.terraform, &it.other]);
    let references = found.remediation.references.iter().chain(nested).map(|text| text.trim());
    references.filter(|text| !text.is_empty()).chain(code.filter_map(filled))
}

/// Frameworks with the requirements that the check belongs to.
fn compliance(found: &Found<'_>) -> String {
    let old = found.compliance.as_ref();
    let frameworks = found.unmapped.compliance.as_ref().or_else(|| old?.other());
    let frameworks = frameworks.into_iter().flatten();
    let frameworks =
        frameworks.map(|(name, parts)| format!("{name}: {}", texts(parts).collect::<Vec<_>>().join(", ")));
    let others = texts(&found.requirements.requirements).chain(old.and_then(TextOr::text));
    frameworks.chain(others.map(str::to_owned)).collect::<Vec<_>>().join("\n")
}
