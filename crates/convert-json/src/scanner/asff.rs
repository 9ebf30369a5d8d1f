//! The AWS Security Finding Format (schema 2018-10-08): what `aws securityhub get-findings` gives,
//! and what other tools write for Security Hub (Prowler, Trivy).

mod model;
mod package;

use crate::aws;
use crate::layout::Layout;
use model::{Finding as Found, Vulnerability as Entry};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    Warning, cwe,
};
use scanlift_report_core::{
    Description, Detail, Details, Identifier, Kind, Link, Location, Name, Severity, Solution, SourceLocation,
    Text, Vulnerability,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads findings in the AWS Security Finding Format.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asff;

/// The converter.
pub static CONVERTER: Asff = Asff;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "asff",
    name: "AWS Security Hub (ASFF)",
    summary: "findings of AWS Security Hub and of tools that write its format",
    versions: "2018-10-08",
    kinds: &[Kind::Sast, Kind::ContainerScanning, Kind::DependencyScanning],
    url: "https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html",
};

/// Keys of lists of findings: of `get-findings`, and of other tools.
const LISTS: [&str; 2] = ["Findings", "findings"];
/// What a finding of this format has.
const MARKS: [&str; 3] = ["ProductArn", "AwsAccountId", "SchemaVersion"];
/// The only version that is known.
const NEWEST: &str = "2018-10-08";

impl Converter for Asff {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // What every finding has, of which a cut document may show a part.
        let keys = ["ProductArn", "AwsAccountId", "GeneratorId", "Resources", "Severity", "Types"];
        let found = |list: Option<&'static str>| {
            let most = keys.iter().filter(|key| match list {
                Some(list) => head.path_has(&[list, key]),
                None => head.has(key),
            });
            most.count() >= 3
        };
        if [None, Some("Findings"), Some("findings")].into_iter().any(found) {
            Match::Yes
        } else if head.keys().eq(["Findings"]) && !head.path_has(&["Findings", "Id"]) {
            // What `aws securityhub get-findings` answers when there are none.
            Match::Maybe
        } else {
            Match::No
        }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &LISTS, &MARKS)?
            .known("`Findings`", "fetch them with `aws securityhub get-findings --output json`")?;
        let mut scan = ScanInfo::new("AWS Security Hub", Kind::Sast);
        scan.vendor = Some("Amazon Web Services".into());
        scan.url = Some("https://aws.amazon.com/security-hub/".into());
        let version = schema_version(input)?;
        scan.format_version = Some(version.as_deref().unwrap_or(NEWEST).into());
        let unknown = version.as_deref().and_then(|version| Warning::of_version("ASFF", version, NEWEST));
        unknown.into_iter().for_each(|warning| sink.warn(warning));
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_finding))
    }
}

/// The version that the first finding is of.
fn schema_version(input: &dyn Input) -> Result<Option<String>, ConvertError> {
    let start = input.beginning().map_err(ConvertError::Read)?;
    let head = Head::of(&start);
    let version = head.text("SchemaVersion").map(str::to_owned);
    let listed = || LISTS.iter().find_map(|list| head.path_text(&[*list, "SchemaVersion"]));
    Ok(version.or_else(|| listed().map(Cow::into_owned)))
}

fn map_finding<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let title = filled(&found.title).or(filled(&found.id)).unwrap_or_default();
    if let Some((reason, detail)) = closed(found) {
        return Outcome::skip(reason, detail, title);
    }
    let mapped = match found.vulnerabilities.first() {
        Some(entry) if !entry.code_vulnerabilities.is_empty() => map_code(entry, found),
        Some(entry) if filled(&entry.id).is_some() => package::map(entry, found, options),
        _ => package::map_of_trivy(found).or_else(|| map_resource(found)),
    };
    match mapped {
        Some(mut finding) => {
            map_details(&mut finding.vulnerability.details, found);
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a finding without a title", title),
    }
}

/// Why it is no finding any more, or never was one.
fn closed(found: &Found<'_>) -> Option<(SkipReason, String)> {
    let status = filled(&found.compliance.status).unwrap_or_default();
    if matches!(status, "PASSED" | "NOT_AVAILABLE") {
        return Some((SkipReason::NotAFinding, format!("Compliance.Status: {status}")));
    }
    if filled(&found.record_state) == Some("ARCHIVED") {
        return Some((SkipReason::Suppressed, "RecordState: ARCHIVED".to_owned()));
    }
    let workflow = filled(&found.workflow.status).unwrap_or_default();
    let done = matches!(workflow, "SUPPRESSED" | "RESOLVED");
    done.then(|| (SkipReason::Suppressed, format!("Workflow.Status: {workflow}")))
}

/// What is about a resource of the cloud. GitLab has no report for these: in SAST, with the
/// resource's id as path, people can still see and triage them.
fn map_resource<'a>(found: &'a Found<'_>) -> Option<Finding<'a>> {
    let rule = rule(found)?;
    let primary = Identifier::new("asff_rule_id", rule.clone(), rule)?;
    let path = found.resources.iter().find_map(|resource| filled(&resource.id)).unwrap_or("unknown");
    // Trivy says where a setting is.
    let line = |key: &str| {
        let line = found.resources.first()?.details.other(key)?.parse::<u64>().ok()?;
        (line > 0).then_some(line)
    };
    let place = match line("StartLine") {
        Some(start) => SourceLocation::lines(path, start, line("EndLine").unwrap_or(start)),
        None => SourceLocation::file(path),
    };
    Some(map_plain(primary, place, found))
}

/// What names the kind of a finding for good: the control, else the rule of a ruleset without the
/// ruleset's version, else the last part of its type, else its title. The generator of GuardDuty and
/// its like is a detector of one account, which is none.
fn rule<'a>(found: &'a Found<'_>) -> Option<Text<'a>> {
    let field = |key: &str| found.product_fields.as_ref()?.get(key).and_then(filled);
    if let Some(control) = filled(&found.compliance.security_control_id).or_else(|| field("ControlId")) {
        return Some(Cow::Borrowed(control));
    }
    let generator = filled(&found.generator_id).filter(|id| is_rule(id)).map(without_version);
    let kind = || {
        let kind = found.types.iter().find_map(|kind| kind.splitn(3, '/').nth(2))?;
        Some(Cow::Borrowed(kind.trim())).filter(|kind| !kind.is_empty())
    };
    generator.or_else(kind).or_else(|| filled(&found.title).map(Cow::Borrowed))
}

/// Whether a generator is a rule, and not what runs many of them.
fn is_rule(generator: &str) -> bool {
    let of_instance = generator.starts_with("arn:") && !generator.contains("ruleset/");
    let product = generator.bytes().all(|b| b.is_ascii_alphabetic());
    !of_instance && !product
}

/// `cis-aws-foundations-benchmark/2.5` of
/// `arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.5`.
fn without_version(generator: &str) -> Text<'_> {
    let rule = generator.split_once("ruleset/").map_or(generator, |(_, rule)| rule);
    let rule = rule.strip_prefix("security-control/").unwrap_or(rule);
    let parts: Vec<&str> = rule.split('/').collect();
    let versioned = parts.iter().position(|part| *part == "v").filter(|at| at + 2 < parts.len());
    let Some(at) = versioned else { return Cow::Borrowed(rule) };
    let kept = parts.iter().enumerate().filter(|(n, part)| {
        *n != at && *n != at + 1 && !(*n == at + 2 && **part == "rule" && at + 3 < parts.len())
    });
    Cow::Owned(kept.map(|(_, part)| *part).collect::<Vec<_>>().join("/"))
}

fn map_code<'a>(entry: &'a Entry<'_>, found: &'a Found<'_>) -> Option<Finding<'a>> {
    let code = entry.code_vulnerabilities.first()?;
    let title = filled(&found.title).or(filled(&entry.id))?;
    let name = filled(&entry.id).unwrap_or(title);
    let primary = Identifier::new("asff_rule_id", name, name)?;
    let path = filled(&code.file_path.file_path).or(filled(&code.file_path.file_name));
    let resource = || found.resources.iter().find_map(|resource| filled(&resource.id));
    let path = path.or_else(resource).unwrap_or("unknown");
    let place = match code.file_path.start_line.filter(|start| *start > 0) {
        Some(start) => SourceLocation::lines(path, start, code.file_path.end_line.unwrap_or(start)),
        None => SourceLocation::file(path),
    };
    let mut finding = map_plain(primary, place, found);
    let weaknesses = code.cwes.iter().filter_map(|id| cwe::parse(id)).map(Identifier::cwe);
    finding.vulnerability.identifiers.extend(weaknesses.take(50));
    Some(finding)
}

/// What findings that are about no package have in common.
fn map_plain<'a>(primary: Identifier<'a>, place: SourceLocation<'a>, found: &'a Found<'_>) -> Finding<'a> {
    let url = found.remediation.recommendation.url.as_deref().unwrap_or_default();
    let mut vulnerability = Vulnerability::new(primary.with_url(url.trim()), Location::Sast(place));
    vulnerability.name = filled(&found.title).and_then(Name::new);
    vulnerability.description = filled(&found.description).and_then(Description::new);
    vulnerability.solution =
        filled(&found.remediation.recommendation.text).and_then(aws::recommendation).and_then(Solution::new);
    let links = [&found.remediation.recommendation.url, &found.source_url];
    for link in links.into_iter().filter_map(filled).filter_map(Link::new) {
        vulnerability.add_link(link);
    }
    let mut finding = Finding::new(vulnerability);
    let word = severity_word(found);
    finding.severity.rating = word.and_then(Severity::from_word);
    finding.severity.word = word.map(Cow::Borrowed);
    finding.severity.score = severity_score(found);
    finding
}

/// Of Security Hub, else of the product.
fn severity_word<'a>(found: &'a Found<'_>) -> Option<&'a str> {
    filled(&found.severity.label).or(filled(&found.finding_provider_fields.severity.label))
}

/// `Normalized` on a scale of ten; 0 is informational.
fn severity_score(found: &Found<'_>) -> Option<f64> {
    found.severity.normalized.map(|normalized| normalized / 10.0).filter(|score| (0.0..=10.0).contains(score))
}

/// What every finding has.
fn map_details<'a>(details: &mut Details<'a>, found: &'a Found<'_>) {
    let resource = found.resources.first();
    // `arn:aws:securityhub:us-east-1::product/aws/guardduty`
    let product =
        filled(&found.product_arn).and_then(|arn| arn.rsplit_once("product/")).map(|(_, name)| name);
    for (key, name, value) in [
        ("resource", "Resource", resource.and_then(|resource| filled(&resource.id))),
        ("resource_type", "Resource type", resource.and_then(|resource| filled(&resource.kind))),
        ("region", "Region", resource.and_then(|resource| filled(&resource.region))),
        ("account", "AWS account", filled(&found.aws_account_id)),
        ("product", "Product", filled(&found.product_name).or(product)),
        ("company", "Company", filled(&found.company_name)),
        ("note", "Note", filled(&found.note.text)),
        ("compliance", "Compliance", filled(&found.compliance.status)),
        ("generator", "Generator", filled(&found.generator_id)),
        ("original_severity", "Severity by the product", filled(&found.severity.original)),
        ("first_observed", "First observed", filled(&found.first_observed_at)),
        ("last_observed", "Last observed", filled(&found.last_observed_at)),
        ("finding_id", "Finding", filled(&found.id)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    let further = found.resources.iter().skip(1).filter_map(|resource| filled(&resource.id));
    add_list(details, "further_resources", "Further resources", further);
    let reasons = found.compliance.status_reasons.iter();
    let reasons = reasons.filter_map(|reason| filled(&reason.description).or(filled(&reason.reason_code)));
    add_list(details, "compliance_reasons", "Reasons", reasons);
    let requirements = found.compliance.related_requirements.iter().map(|it| it.trim());
    add_list(details, "requirements", "Requirements", requirements);
    let types = if found.types.is_empty() { &found.finding_provider_fields.types } else { &found.types };
    add_list(details, "types", "Types", types.iter().map(|it| it.trim()));
    map_fields(details, "product_fields", "Product fields", &found.product_fields);
    map_fields(details, "user_defined_fields", "Own fields", &found.user_defined_fields);
}

/// How many fields of a product are shown.
const SHOWN: usize = 50;

/// Fields that a product has of its own.
fn map_fields<'a>(
    details: &mut Details<'a>,
    key: &'static str,
    name: &'static str,
    fields: &'a Option<BTreeMap<String, Option<Loose<'_>>>>,
) {
    let mut items = Details::default();
    for (name, value) in fields.iter().flatten().take(SHOWN) {
        if let Some(value) = filled(value).filter(|_| !name.trim().is_empty()) {
            items.text(name.as_str(), name.as_str(), value);
        }
    }
    if !items.is_empty() {
        details.insert(key, name, Detail::NamedList { items });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(text: &'static str) -> Option<Loose<'static>> {
        Some(Loose(Cow::Borrowed(text)))
    }

    #[test]
    fn rules_have_no_version() {
        for (generator, want) in [
            (
                "aws-foundational-security-best-practices/v/1.0.0/IAM.5",
                "aws-foundational-security-best-practices/IAM.5",
            ),
            (
                "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.5",
                "cis-aws-foundations-benchmark/2.5",
            ),
            ("security-control/IAM.5", "IAM.5"),
            ("prowler-iam_root_mfa", "prowler-iam_root_mfa"),
            ("x/v/1", "x/v/1"),
        ] {
            assert_eq!(without_version(generator), want);
        }
    }

    #[test]
    fn the_best_name_of_a_rule_wins() {
        let types = || vec![Loose(Cow::Borrowed("TTPs/Discovery/Recon:EC2-Portscan"))];
        let detector = "arn:aws:guardduty:us-east-1:123456789012:detector/1";
        for (control, generator, types, want) in [
            (loose("IAM.5"), loose("security-control/IAM.5"), types(), Some("IAM.5")),
            (None, loose("prowler-x"), types(), Some("prowler-x")),
            (None, loose(detector), types(), Some("Recon:EC2-Portscan")),
            (None, loose("AWSInspector"), vec![], Some("A title")),
        ] {
            let mut found =
                Found { generator_id: generator, types, title: loose("A title"), ..Found::default() };
            found.compliance.security_control_id = control;
            assert_eq!(rule(&found).as_deref(), want);
        }
    }

    #[test]
    fn what_is_closed_is_skipped_for_its_reason() {
        for (compliance, state, workflow, want) in [
            (None, None, None, None),
            (loose("FAILED"), loose("ACTIVE"), loose("NEW"), None),
            (loose("WARNING"), loose("ACTIVE"), loose("NOTIFIED"), None),
            (loose("PASSED"), loose("ARCHIVED"), loose("RESOLVED"), Some(SkipReason::NotAFinding)),
            (None, loose("ARCHIVED"), None, Some(SkipReason::Suppressed)),
            (None, loose("ACTIVE"), loose("SUPPRESSED"), Some(SkipReason::Suppressed)),
            (loose("FAILED"), loose("ACTIVE"), loose("RESOLVED"), Some(SkipReason::Suppressed)),
        ] {
            let mut found = Found { record_state: state, ..Found::default() };
            found.compliance.status = compliance;
            found.workflow.status = workflow;
            assert_eq!(closed(&found).map(|(reason, _)| reason), want);
        }
    }
}
