//! Findings of Amazon Inspector 2: what `aws inspector2 list-findings` and exports to S3 give (API
//! reference, type `Finding`), and what ECR gives of an image.

mod ecr;
mod model;

use crate::aws;
use crate::layout::Layout;
use model::{CodeDetails, Finding as Found, NetworkDetails, PackageDetails, Resource, VulnerablePackage};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Head, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    cwe,
};
use scanlift_report_core::{
    Description, Detail, Details, Identifier, Kind, Link, Location, Name, Severity, Solution, SourceLocation,
    Text, Vulnerability,
};
use std::borrow::Cow;

/// Reads findings of Amazon Inspector.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inspector2;

/// The converter.
pub static CONVERTER: Inspector2 = Inspector2;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "inspector2",
    name: "Amazon Inspector",
    summary: "findings of Amazon Inspector 2 on images, instances, functions and repositories, and scans of ECR",
    versions: "inspector2 2020-06-08",
    kinds: &[Kind::ContainerScanning, Kind::DependencyScanning, Kind::Sast],
    url: "https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html",
};

/// What a finding of this format alone has.
const MARKS: [&str; 4] =
    ["packageVulnerabilityDetails", "codeVulnerabilityDetails", "networkReachabilityDetails", "findingArn"];

impl Converter for Inspector2 {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let found = MARKS.iter().any(|key| head.has(key) || head.path_has(&["findings", key]));
        if found || head.has(ecr::FINDINGS) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["findings"], &MARKS)?;
        let mut of_ecr = ecr::Outline::default();
        if !layout.is_known && !layout.is_empty {
            of_ecr = ecr::Outline::read(input)?;
        }
        let mut scan = ScanInfo::new("Amazon Inspector", Kind::ContainerScanning);
        scan.vendor = Some("Amazon Web Services".into());
        scan.url = Some("https://aws.amazon.com/inspector/".into());
        if of_ecr.is_known {
            sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
            return of_ecr.convert(input, options, sink);
        }
        layout.known("`findings`", "fetch them with `aws inspector2 list-findings --output json`")?.convert(
            input,
            scan,
            sink,
            |records, reader| records.map(reader, options, map_finding),
        )
    }
}

fn map_finding<'a>(found: &'a Found<'_>, options: &'a Options) -> Outcome<'a> {
    let title = filled(&found.title).unwrap_or_default();
    if let Some(status @ ("SUPPRESSED" | "CLOSED")) = filled(&found.status) {
        return Outcome::skip(SkipReason::Suppressed, format!("status: {status}"), title);
    }
    let mapped = match (
        &found.package_vulnerability_details,
        &found.code_vulnerability_details,
        &found.network_reachability_details,
    ) {
        (Some(package), _, _) => map_package_vulnerability(package, found, options),
        (_, Some(code), _) => map_code_vulnerability(code, found),
        (_, _, network) => map_network_reachability(network.as_ref(), found),
    };
    match mapped {
        Some(mut finding) => {
            map_details(&mut finding.vulnerability.details, found);
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a finding without a title or an id", title),
    }
}

fn resource<'a>(found: &'a Found<'_>) -> Option<&'a Resource<'a>> {
    found.resources.first()
}

/// The id of what is affected, for findings that are in no file: GitLab has no report for the
/// resources of a cloud, and this is what people can still see and triage.
fn resource_path<'a>(found: &'a Found<'_>) -> Text<'a> {
    Cow::Borrowed(resource(found).and_then(|resource| filled(&resource.id)).unwrap_or("unknown"))
}

fn map_package_vulnerability<'a>(
    details: &'a PackageDetails<'_>,
    found: &'a Found<'_>,
    options: &'a Options,
) -> Option<Finding<'a>> {
    // `CVE-2021-3744 - linux`
    let (of_title, package_of_title) =
        filled(&found.title).and_then(|title| title.split_once(" - ")).unwrap_or_default();
    let mut advisory =
        Advisory::new("inspector2_id", filled(&details.vulnerability_id).unwrap_or(of_title.trim()));
    advisory.aliases = details.related_vulnerabilities.iter().map(|id| Cow::Borrowed(&**id)).collect();
    advisory.url = filled(&details.source_url).map(Cow::Borrowed);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).filter(|word| *word != "UNTRIAGED").map(Cow::Borrowed);
    advisory.ratings = map_ratings(details, found);
    advisory.weaknesses = found.cwes.iter().filter_map(|id| cwe::parse(id)).collect();
    let recommended = found.remediation.recommendation.url.iter().chain(&details.reference_urls);
    advisory.references = recommended.map(|url| Cow::Borrowed(&**url)).collect();
    advisory.published = filled(&details.vendor_created_at).map(Cow::Borrowed);
    advisory.modified = filled(&details.vendor_updated_at).map(Cow::Borrowed);

    let first = details.vulnerable_packages.first();
    let mut package = match first {
        Some(first) => map_package(first),
        None => Package::new(if package_of_title.is_empty() { "unknown" } else { package_of_title }, ""),
    };
    let name = package.name.to_string();
    let place = map_place(first, found, options);
    if let Place::Manifest(file) = &place
        && package.path.as_ref() == Some(file)
    {
        package.path = None;
    }
    advisory.solution = map_solution(first, found, &package);
    let mut finding = advisory.into_finding(package, place)?;
    let vulnerability = &mut finding.vulnerability;
    if details.vulnerable_packages.len() > 1 {
        let rows = details.vulnerable_packages.iter().map(map_row).collect();
        let header = ["Package", "Version", "Fixed in", "File"].map(Detail::text).to_vec();
        vulnerability.details.insert("packages", "Vulnerable packages", Detail::Table { header, rows });
        let names = details.vulnerable_packages.iter().filter_map(|package| filled(&package.name));
        let mut others: Vec<&str> = names.filter(|other| *other != name).collect();
        others.sort_unstable();
        others.dedup();
        if let (false, Some(id)) = (others.is_empty(), filled(&details.vulnerability_id)) {
            vulnerability.name = Name::new(format!("{id} in {name}, {}", others.join(", ")));
        }
    }
    let details_of = &mut vulnerability.details;
    details_of.text(
        "vendor_severity",
        "Severity by the vendor",
        filled(&details.vendor_severity).unwrap_or_default(),
    );
    details_of.text("advisory_source", "Source", filled(&details.source).unwrap_or_default());
    Some(finding)
}

fn map_package<'a>(entry: &'a VulnerablePackage<'_>) -> Package<'a> {
    let version = filled(&entry.version).unwrap_or_default();
    let version = aws::version(filled(&entry.epoch), version, filled(&entry.release));
    let mut package = Package::new(filled(&entry.name).unwrap_or("unknown"), version);
    package.kind = filled(&entry.package_manager).map(Cow::Borrowed);
    package.path = filled(&entry.file_path).map(Cow::Borrowed);
    let fixed = filled(&entry.fixed_in_version).into_iter().flat_map(|versions| versions.split(','));
    package.fixed = fixed.filter_map(aws::fixed_version).map(Cow::Borrowed).collect();
    package
}

fn map_row<'a>(entry: &'a VulnerablePackage<'_>) -> Vec<Detail<'a>> {
    let package = map_package(entry);
    let path = package.path.unwrap_or_default();
    [package.name, package.version, package.fixed.join(", ").into(), path].map(Detail::text).to_vec()
}

/// An image for containers, the instance for machines, a manifest for functions and repositories.
fn map_place<'a>(
    package: Option<&'a VulnerablePackage<'_>>,
    found: &'a Found<'_>,
    options: &'a Options,
) -> Place<'a> {
    let Some(resource) = resource(found) else {
        return Place::Manifest(Cow::Borrowed(filled(&options.path).unwrap_or("unknown")));
    };
    let region = filled(&resource.region);
    let path = package.and_then(|package| filled(&package.file_path));
    if let Some(ecr) = &resource.details.aws_ecr_container_image {
        let tag = ecr.image_tags.iter().map(|tag| tag.trim()).find(|tag| !tag.is_empty());
        let image = aws::ecr_image(
            filled(&ecr.registry),
            region,
            filled(&ecr.repository_name).or(filled(&resource.id)).unwrap_or("unknown"),
            tag,
            filled(&ecr.image_hash),
        );
        let operating_system = filled(&ecr.platform).and_then(aws::operating_system).map(Cow::Owned);
        return Place::Image { image, operating_system };
    }
    if let Some(function) = &resource.details.aws_lambda_function {
        let name = filled(&function.function_name).or(filled(&resource.id)).unwrap_or("unknown");
        return Place::Manifest(match path {
            Some(path) => Cow::Owned(format!("{name}/{}", path.trim_start_matches('/'))),
            None => Cow::Borrowed(name),
        });
    }
    if filled(&resource.kind) == Some("CODE_REPOSITORY") {
        return Place::Manifest(Cow::Borrowed(path.or(filled(&options.path)).unwrap_or("unknown")));
    }
    let platform = resource.details.aws_ec2_instance.as_ref().and_then(|host| filled(&host.platform));
    aws::host(filled(&resource.id).unwrap_or("unknown"), platform)
}

/// What Inspector recommends, else the version and the command.
fn map_solution<'a>(
    package: Option<&'a VulnerablePackage<'_>>,
    found: &'a Found<'_>,
    mapped: &Package<'_>,
) -> Option<Text<'a>> {
    let recommended = filled(&found.remediation.recommendation.text).and_then(aws::recommendation);
    let command = || aws::update(mapped, package.and_then(|package| filled(&package.remediation)));
    recommended.map(Cow::Borrowed).or_else(command)
}

/// Inspector's own vector first, then those of its sources, the newer version of CVSS first.
fn map_ratings<'a>(details: &'a PackageDetails<'_>, found: &'a Found<'_>) -> Vec<Rating<'a>> {
    let mut sources: Vec<_> = details.cvss.iter().collect();
    sources.sort_by_key(|cvss| match filled(&cvss.version) {
        Some(version) if version.starts_with('3') => 0,
        Some(version) if version.starts_with('4') => 1,
        _ => 2,
    });
    let adjusted = found.inspector_score_details.as_ref().and_then(|details| details.adjusted_cvss.as_ref());
    let adjusted = adjusted.map(|cvss| {
        let source = filled(&cvss.cvss_source).or(filled(&cvss.source)).unwrap_or("Amazon Inspector");
        Rating::new(
            source,
            filled(&cvss.scoring_vector).map(Cow::Borrowed),
            found.inspector_score.or(cvss.score),
        )
    });
    let given = sources.into_iter().map(|cvss| {
        let source = filled(&cvss.source).unwrap_or_default();
        Rating::new(source, filled(&cvss.scoring_vector).map(Cow::Borrowed), cvss.base_score)
    });
    adjusted.into_iter().chain(given).collect()
}

fn map_code_vulnerability<'a>(code: &'a CodeDetails<'_>, found: &'a Found<'_>) -> Option<Finding<'a>> {
    // `python/log-injection@v1.0`: the version is none of the identity.
    let detector = filled(&code.detector_id).map(|id| id.split('@').next().unwrap_or(id));
    let rule = filled(&code.rule_id).or(detector).or(filled(&found.title))?;
    let primary = Identifier::new("inspector2_rule_id", rule, rule)?;
    let path = filled(&code.file_path.file_path).or(filled(&code.file_path.file_name));
    let path = path.map(Cow::Borrowed).unwrap_or_else(|| resource_path(found));
    let place = match code.file_path.start_line.filter(|start| *start > 0) {
        Some(start) => SourceLocation::lines(path, start, code.file_path.end_line.unwrap_or(start)),
        None => SourceLocation::file(path),
    };
    let mut finding = map_plain(primary, place, found);
    let vulnerability = &mut finding.vulnerability;
    let name = filled(&code.detector_name).or(filled(&found.title)).unwrap_or(rule);
    vulnerability.name = Name::new(name);
    let weaknesses = code.cwes.iter().chain(&found.cwes);
    vulnerability
        .identifiers
        .extend(weaknesses.filter_map(|id| cwe::parse(id)).map(Identifier::cwe).take(50));
    code.reference_urls
        .iter()
        .filter_map(|url| Link::new(url.trim()))
        .for_each(|link| vulnerability.add_link(link));
    let details = &mut vulnerability.details;
    details.text("detector", "Detector", filled(&code.detector_id).unwrap_or_default());
    add_list(details, "tags", "Tags", code.detector_tags.iter().map(|tag| tag.trim()));
    details.text("layer", "Lambda layer", filled(&code.source_lambda_layer_arn).unwrap_or_default());
    Some(finding)
}

/// A port that can be reached; what is of no type that is known keeps its title.
fn map_network_reachability<'a>(
    network: Option<&'a NetworkDetails<'_>>,
    found: &'a Found<'_>,
) -> Option<Finding<'a>> {
    let ports = network.map(|network| (network, network.open_port_range.as_ref()));
    let rule = match ports {
        Some((network, Some(ports))) => {
            let protocol = filled(&network.protocol).unwrap_or_default();
            let (begin, end) =
                (ports.begin.unwrap_or_default(), ports.end.or(ports.begin).unwrap_or_default());
            Cow::Owned(format!("NETWORK_REACHABILITY:{protocol}:{begin}-{end}"))
        }
        _ => Cow::Borrowed(filled(&found.title).or(filled(&found.kind))?),
    };
    let primary = Identifier::new("inspector2_rule_id", rule.clone(), rule)?;
    let mut finding = map_plain(primary, SourceLocation::file(resource_path(found)), found);
    let details = &mut finding.vulnerability.details;
    if let Some(network) = network {
        details.text("protocol", "Protocol", filled(&network.protocol).unwrap_or_default());
        let steps = network.network_path.steps.iter().filter_map(|step| {
            let id = filled(&step.component_id)?;
            Some(match filled(&step.component_type) {
                Some(kind) => Cow::Owned(format!("{kind}: {id}")),
                None => Cow::Borrowed(id),
            })
        });
        add_list(details, "network_path", "Network path", steps.collect::<Vec<Text<'a>>>());
    }
    Some(finding)
}

/// What findings that are about no package have in common.
fn map_plain<'a>(primary: Identifier<'a>, place: SourceLocation<'a>, found: &'a Found<'_>) -> Finding<'a> {
    let mut vulnerability = Vulnerability::new(primary, Location::Sast(place));
    vulnerability.name = filled(&found.title).and_then(Name::new);
    vulnerability.description = filled(&found.description).and_then(Description::new);
    let recommendation = &found.remediation.recommendation;
    vulnerability.solution =
        filled(&recommendation.text).and_then(aws::recommendation).and_then(Solution::new);
    let link = filled(&recommendation.url).and_then(Link::new);
    link.into_iter().for_each(|link| vulnerability.add_link(link));
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&found.severity).and_then(Severity::from_word);
    finding.severity.word = filled(&found.severity).map(Cow::Borrowed);
    finding.severity.score = found.inspector_score;
    finding
}

/// What every finding has.
fn map_details<'a>(details: &mut Details<'a>, found: &'a Found<'_>) {
    let exploited = found.exploitability_details.as_ref();
    let exploited = exploited.and_then(|details| filled(&details.last_known_exploit_at));
    let epss = found.epss.as_ref().and_then(|epss| filled(&epss.score));
    let resource = resource(found);
    let instance = resource.and_then(|resource| resource.details.aws_ec2_instance.as_ref());
    for (key, name, value) in [
        ("exploit_available", "Exploit available", filled(&found.exploit_available)),
        ("last_known_exploit", "Last known exploit", exploited),
        ("fix_available", "Fix available", filled(&found.fix_available)),
        ("epss_score", "EPSS score", epss),
        ("resource", "Resource", resource.and_then(|resource| filled(&resource.id))),
        ("resource_type", "Resource type", resource.and_then(|resource| filled(&resource.kind))),
        ("region", "Region", resource.and_then(|resource| filled(&resource.region))),
        ("machine_image", "Machine image", instance.and_then(|instance| filled(&instance.image_id))),
        ("account", "AWS account", filled(&found.aws_account_id)),
        ("first_observed", "First observed", filled(&found.first_observed_at)),
        ("last_observed", "Last observed", filled(&found.last_observed_at)),
        ("finding_arn", "Finding", filled(&found.finding_arn)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    let further = found.resources.iter().skip(1).filter_map(|resource| filled(&resource.id));
    add_list(details, "further_resources", "Further resources", further);
}
