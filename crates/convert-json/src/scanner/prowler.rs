//! Prowler, `-M json-ocsf` (versions 4 and 5) and `-M json` (version 3).

use crate::field::texts;
use crate::layout::Layout;
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, SourceLocation};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    versions: "3 to 5",
    kinds: &[Kind::Sast],
    url: "https://docs.prowler.com/projects/prowler-open-source/en/latest/tutorials/reporting/",
};

/// Keys that records have, in version 4 and before.
const MARKS: [&str; 2] = ["finding_info", "CheckID"];

impl Converter for Prowler {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let product = head.path_text(&["metadata", "product", "name"]);
        let ocsf = head.has("finding_info") && product.is_some_and(|name| name == "Prowler");
        let own = ["CheckID", "CheckTitle", "StatusExtended"].iter().all(|key| head.has(key));
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

/// A Detection Finding of OCSF (class 2004), and an entry of the format before, with only the fields that
/// are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    status: Option<Loose<'a>>,
    status_code: Option<Loose<'a>>,
    status_detail: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    risk_details: Option<Loose<'a>>,
    finding_info: FindingInfo<'a>,
    #[serde(deserialize_with = "json::list")]
    resources: Vec<Resource<'a>>,
    cloud: Cloud<'a>,
    remediation: Remediation<'a>,
    unmapped: Unmapped<'a>,

    #[serde(rename = "CheckID")]
    check_id: Option<Loose<'a>>,
    #[serde(rename = "CheckTitle")]
    check_title: Option<Loose<'a>>,
    #[serde(rename = "Status")]
    old_status: Option<Loose<'a>>,
    #[serde(rename = "StatusExtended")]
    status_extended: Option<Loose<'a>>,
    #[serde(rename = "Severity")]
    old_severity: Option<Loose<'a>>,
    #[serde(rename = "Description")]
    description: Option<Loose<'a>>,
    #[serde(rename = "Risk")]
    risk: Option<Loose<'a>>,
    #[serde(rename = "RelatedUrl")]
    related_url: Option<Loose<'a>>,
    #[serde(rename = "Remediation")]
    old_remediation: OldRemediation<'a>,
    #[serde(rename = "ResourceArn")]
    resource_arn: Option<Loose<'a>>,
    #[serde(rename = "ResourceId")]
    resource_id: Option<Loose<'a>>,
    #[serde(rename = "ResourceType")]
    resource_type: Option<Loose<'a>>,
    #[serde(rename = "ServiceName")]
    service: Option<Loose<'a>>,
    #[serde(rename = "AccountId", alias = "SubscriptionId", alias = "ProjectId")]
    account: Option<Loose<'a>>,
    #[serde(rename = "Region")]
    region: Option<Loose<'a>>,
    #[serde(rename = "Compliance")]
    compliance: Option<BTreeMap<String, Vec<Loose<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    event_code: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FindingInfo<'a> {
    #[serde(borrow)]
    title: Option<Loose<'a>>,
    desc: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    uid: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    region: Option<Loose<'a>>,
    /// Of a resource of Kubernetes.
    namespace: Option<Loose<'a>>,
    group: Option<Named<'a>>,
}

impl Resource<'_> {
    /// The name of a resource of Kubernetes, whose uid is another one whenever it is created.
    fn in_cluster(&self) -> Option<String> {
        Some(format!("{}/{}", filled(&self.namespace)?, filled(&self.name)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cloud<'a> {
    #[serde(borrow)]
    account: Option<Named<'a>>,
    provider: Option<Loose<'a>>,
    region: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    uid: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remediation<'a> {
    #[serde(borrow)]
    desc: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Unmapped<'a> {
    #[serde(borrow)]
    related_url: Option<Loose<'a>>,
    compliance: Option<BTreeMap<String, Vec<Loose<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct OldRemediation<'a> {
    #[serde(borrow)]
    recommendation: Recommendation<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Recommendation<'a> {
    #[serde(borrow)]
    text: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
}

fn map_record<'a>(found: &'a Found<'_>, _: &'a ()) -> Outcome<'a> {
    let rule = filled(&found.metadata.event_code).or(filled(&found.check_id)).unwrap_or_default();
    let code = filled(&found.status_code).or(filled(&found.old_status)).unwrap_or_default();
    if code.eq_ignore_ascii_case("MUTED") || filled(&found.status) == Some("Suppressed") {
        return Outcome::skip(SkipReason::Suppressed, "muted", rule);
    }
    if !code.is_empty() && !code.eq_ignore_ascii_case("FAIL") {
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
    let mut issue = Issue::new("prowler_check_id", rule);
    issue.url = Some(format!("https://hub.prowler.com/check/{rule}").into());
    issue.title = filled(&found.finding_info.title).or(filled(&found.check_title)).map(Cow::Borrowed);
    issue.message = filled(&found.status_detail).or(filled(&found.status_extended)).map(Cow::Borrowed);
    let about = [
        filled(&found.finding_info.desc).or(filled(&found.description)),
        filled(&found.risk_details).or(filled(&found.risk)),
    ];
    issue.about = Some(about.into_iter().flatten().collect::<Vec<_>>().join("\n\n").into());
    let recommendation = &found.old_remediation.recommendation;
    issue.solution = filled(&found.remediation.desc).or(filled(&recommendation.text)).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).or(filled(&found.old_severity)).map(Cow::Borrowed);
    issue.references = texts(&found.remediation.references)
        .chain(
            [&recommendation.url, &found.unmapped.related_url, &found.related_url]
                .into_iter()
                .filter_map(filled),
        )
        .map(Cow::Borrowed)
        .collect();

    let resource = found.resources.first();
    let of = |field: fn(&'a Resource<'_>) -> Option<&'a str>| resource.and_then(field);
    let id = of(|it| filled(&it.uid).or(filled(&it.name)))
        .or(filled(&found.resource_arn))
        .or(filled(&found.resource_id));
    let place = match resource.and_then(Resource::in_cluster) {
        Some(name) => Cow::Owned(name),
        // Ids of Azure begin like a path of this machine.
        None => Cow::Borrowed(id.map_or("unknown", |id| id.trim_start_matches('/'))),
    };
    let mut finding = issue.into_finding(Location::Sast(SourceLocation::file(place)))?;
    let details = &mut finding.vulnerability.details;
    let kind = of(|it| filled(&it.kind)).or(filled(&found.resource_type));
    details.text("resource_type", "Type of the resource", kind.unwrap_or_default());
    let service = of(|it| filled(&it.group.as_ref()?.name)).or(filled(&found.service));
    details.text("service", "Service", service.unwrap_or_default());
    let account = found.cloud.account.as_ref().and_then(|it| filled(&it.uid).or(filled(&it.name)));
    details.text("account", "Account", account.or(filled(&found.account)).unwrap_or_default());
    let region = of(|it| filled(&it.region)).or(filled(&found.cloud.region)).or(filled(&found.region));
    details.text("region", "Region", region.unwrap_or_default());
    details.text("provider", "Provider", filled(&found.cloud.provider).unwrap_or_default());
    let frameworks = found.unmapped.compliance.as_ref().or(found.compliance.as_ref());
    let frameworks = frameworks
        .into_iter()
        .flatten()
        .map(|(name, parts)| format!("{name}: {}", texts(parts).collect::<Vec<_>>().join(", ")));
    details.text("compliance", "Compliance", frameworks.collect::<Vec<_>>().join("\n"));
    Some(finding)
}
