//! Aqua: JSON reports of its scanner of images (`scannercli scan --jsonfile`), with the packages of
//! the image in `resources`, or in old versions with a plain list of `cves`; several of them in a list, as a
//! job of Azure DevOps writes them; and the vulnerabilities that the console's API lists (`result`).

use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    cwe, image,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads reports of Aqua's scanner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aqua;

/// The converter.
pub static CONVERTER: Aqua = Aqua;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "aqua",
    name: "Aqua",
    summary: "JSON reports of Aqua's scanner of images, and vulnerabilities of its API",
    versions: "scanner 3 to 2022.4",
    kinds: &[Kind::ContainerScanning],
    url: "https://docs.aquasec.com",
};

impl Converter for Aqua {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let resources = head.path_has(&["resources", "resource"]);
        let beside = ["vulnerability_summary", "scan_options", "image_assurance_results", "scan_started"];
        let about = head.has("image") && beside.iter().any(|key| head.has(key));
        let cves = ["name", "description"].iter().all(|key| head.path_has(&["cves", key]))
            && (head.has("image") || head.path_has(&["cves", "file"]));
        let vulnerable = head.path_has(&["resources", "vulnerabilities"]);
        let listed =
            ["resource", "vulnerabilities"].iter().all(|key| head.path_has(&["results", "resources", key]));
        let api = ["image_name", "resource"].iter().all(|key| head.path_has(&["result", key]));
        if about || cves || (resources && vulnerable) || listed || api { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the image, which may stand behind its packages, and once
    /// for the vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let abouts = About::read(input)?;
        let mut scan = ScanInfo::new("Aqua", Kind::ContainerScanning);
        scan.vendor = Some("Aqua Security".into());
        scan.url = Some("https://www.aquasec.com".into());
        scan.version = abouts.iter().find_map(|about| about.version.as_deref()).map(Cow::Borrowed);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        for warning in abouts.iter().flat_map(|about| &about.fields.warnings) {
            sink.warn(warning.clone());
        }
        let scopes: Vec<Scope<'_>> = abouts.iter().map(|about| Scope::new(about, options, sink)).collect();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        each_key(&mut reader, |number, key, reader| {
            let Some(scope) = scopes.get(number) else { return Ok(()) };
            match key {
                "resources" => {
                    records.each(reader, |records, reader| records.map_group(reader, scope, map_resource))
                }
                "cves" => records.each(reader, |records, reader| records.map(reader, scope, map_cve)),
                "result" => records.each(reader, |records, reader| records.map(reader, scope, map_row)),
                "malware" => {
                    records.each(reader, |records, reader| records.map(reader, "malware", map_other))
                }
                "sensitive_data" => {
                    records.each(reader, |records, reader| records.map(reader, "sensitive data", map_other))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Visits the keys of every report, with its number: the document, or an item of it, or the `results` of an
/// item.
fn each_key<R: Read>(
    reader: &mut Reader<R>,
    mut visit: impl FnMut(usize, &str, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Array {
        return reader.each_key(|key, reader| visit(0, key, reader));
    }
    let mut number = 0;
    reader.each_item(|_, reader| {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        reader.each_key(|key, reader| match (key, reader.peek()?) {
            ("results", JsonKind::Object) => reader.each_key(|key, reader| visit(number, key, reader)),
            _ => visit(number, key, reader),
        })?;
        number += 1;
        Ok(())
    })
}

/// What a report says of the image.
#[derive(Debug, Default)]
struct About {
    image: Option<String>,
    digest: Option<String>,
    system: Option<String>,
    system_version: Option<String>,
    version: Option<String>,
    /// Whether it is an answer of the API.
    is_api: bool,
    fields: Fields,
}

impl About {
    /// Of every report.
    fn read(input: &dyn Input) -> Result<Vec<Self>, ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut abouts: Vec<Self> = Vec::new();
        let mut known = false;
        each_key(&mut reader, |number, key, reader| {
            if abouts.len() <= number {
                abouts.resize_with(number + 1, Self::default);
            }
            let Some(about) = abouts.get_mut(number) else { return Ok(()) };
            match key {
                "image" => about.image = about.fields.text(reader)?,
                "digest" => about.digest = about.fields.text(reader)?,
                "os" => about.system = about.fields.text(reader)?,
                "version" => about.system_version = about.fields.text(reader)?,
                "scanner_version" => about.version = about.fields.text(reader)?,
                "result" => about.is_api = true,
                _ => {}
            }
            known |= matches!(key, "resources" | "cves" | "vulnerability_summary" | "result");
            Ok(())
        })?;
        reader.finish()?;
        if known {
            return Ok(abouts);
        }
        Err(ConvertError::Unrecognised {
            expected: "`resources` or `cves`",
            help: "write the report with `scannercli scan --jsonfile report.json`",
        })
    }
}

/// Where the vulnerabilities are.
struct Scope<'s> {
    about: &'s About,
    image: Text<'s>,
    system: Option<String>,
}

impl<'s> Scope<'s> {
    fn new(about: &'s About, options: &'s Options, sink: &mut dyn Sink) -> Self {
        let system = match about.system.as_deref() {
            Some(system) => {
                image::operating_system(system, about.system_version.as_deref().unwrap_or_default())
            }
            None => filled(&options.operating_system).map(str::to_owned),
        };
        let named = about.image.as_deref();
        let image = match named.or(filled(&options.image)) {
            // Each of its entries names the image.
            None if about.is_api => Cow::Borrowed("unknown:latest"),
            _ => image::or_option(named, options, sink),
        };
        Self { about, image, system }
    }
}

/// An entry of `resources`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: Resource<'a>,
    #[serde(deserialize_with = "json::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

/// A package.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    format: Option<Loose<'a>>,
    path: Option<Loose<'a>>,
    cpe: Option<Loose<'a>>,
    layer_digest: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    solution: Option<Loose<'a>>,
    fix_version: Option<Loose<'a>>,
    publish_date: Option<Loose<'a>>,
    modification_date: Option<Loose<'a>>,
    aqua_severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    aqua_score: Option<f64>,
    aqua_vectors: Option<Loose<'a>>,
    vendor_severity: Option<Loose<'a>>,
    vendor_url: Option<Loose<'a>>,
    #[serde(alias = "vendor_cvss2_score", deserialize_with = "json::number")]
    vendor_score: Option<f64>,
    #[serde(alias = "vendor_cvss2_vectors")]
    vendor_vectors: Option<Loose<'a>>,
    #[serde(alias = "vendor_cvss3_score", deserialize_with = "json::number")]
    vendor_score_v3: Option<f64>,
    #[serde(alias = "vendor_cvss3_vectors")]
    vendor_vectors_v3: Option<Loose<'a>>,
    nvd_severity: Option<Loose<'a>>,
    nvd_url: Option<Loose<'a>>,
    #[serde(alias = "nvd_cvss2_score", deserialize_with = "json::number")]
    nvd_score: Option<f64>,
    #[serde(alias = "nvd_cvss2_vectors")]
    nvd_vectors: Option<Loose<'a>>,
    #[serde(alias = "nvd_cvss3_score", deserialize_with = "json::number")]
    nvd_score_v3: Option<f64>,
    #[serde(alias = "nvd_cvss3_vectors")]
    nvd_vectors_v3: Option<Loose<'a>>,
    exploit_type: Option<Loose<'a>>,
    exploit_availability: Option<Loose<'a>>,
    acknowledged_date: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe_info: Vec<Weakness<'a>>,
    /// Of a plain list of `cves`, like what follows.
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    file: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    /// Of an entry of the API, like what follows.
    resource: Option<Resource<'a>>,
    image_name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Weakness<'a> {
    #[serde(borrow, rename = "Id", alias = "id")]
    id: Option<Loose<'a>>,
}

/// What is found beside vulnerabilities.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Other<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
}

fn map_other<'a>(other: &'a Other<'_>, what: &'a str) -> Outcome<'a> {
    let detail = format!("{what} of an image has no GitLab report");
    Outcome::skip(SkipReason::Unsupported, detail, filled(&other.path).unwrap_or_default())
}

fn map_resource<'a>(entry: &'a Entry<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let of = &entry.resource;
    entry.vulnerabilities.iter().map(|vulnerability| map_of_resource(vulnerability, of, scope)).collect()
}

/// A vulnerability with its package beside it.
fn map_row<'a>(row: &'a Vulnerability<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    match &row.resource {
        Some(resource) => map_of_resource(row, resource, scope),
        None => {
            let example = filled(&row.name).unwrap_or_default();
            Outcome::skip(SkipReason::Unsupported, "a vulnerability without a resource", example)
        }
    }
}

fn map_of_resource<'a>(
    vulnerability: &'a Vulnerability<'_>,
    resource: &'a Resource<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let path = filled(&resource.path);
    let of_path = path.and_then(|path| path.rsplit('/').next());
    // `pkg:/java:acme-web:2.3.1`, also where a package has no name.
    let of_cpe = filled(&resource.cpe).and_then(|cpe| cpe.strip_prefix("pkg:/")?.rsplit_once(':'));
    let named = of_cpe.and_then(|(name, _)| name.split_once(':')).map(|(_, name)| name);
    let name = filled(&resource.name).or(named).or(of_path).unwrap_or("unknown");
    let version = filled(&resource.version).or(of_cpe.map(|(_, version)| version));
    let mut package = Package::new(name, version.unwrap_or_default());
    package.kind = filled(&resource.format).map(Cow::Borrowed);
    package.path = path.map(Cow::Borrowed);
    let mut outcome = map_vulnerability(vulnerability, package, scope);
    if let Outcome::Finding(finding) = &mut outcome {
        let details = &mut finding.vulnerability.details;
        details.text("cpe", "CPE", filled(&resource.cpe).unwrap_or_default());
        details.text("layer_digest", "Layer digest", filled(&resource.layer_digest).unwrap_or_default());
    }
    outcome
}

fn map_cve<'a>(vulnerability: &'a Vulnerability<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let file = filled(&vulnerability.file);
    let name = file.and_then(|file| file.rsplit('/').next()).filter(|name| !name.is_empty());
    let mut package = Package::new(name.unwrap_or("unknown"), "");
    package.path = file.map(Cow::Borrowed);
    map_vulnerability(vulnerability, package, scope)
}

fn map_vulnerability<'a>(
    vulnerability: &'a Vulnerability<'_>,
    mut package: Package<'a>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let id = filled(&vulnerability.name).unwrap_or_default();
    let example = format!("{id} in {}", package.name);
    if let Some(date) = filled(&vulnerability.acknowledged_date) {
        return Outcome::skip(SkipReason::Suppressed, format!("acknowledged: {date}"), example);
    }
    let mut advisory = Advisory::new("aqua_id", id);
    advisory.description = filled(&vulnerability.description).map(Cow::Borrowed);
    advisory.solution = filled(&vulnerability.solution).map(Cow::Borrowed);
    let words = [
        &vulnerability.aqua_severity,
        &vulnerability.severity,
        &vulnerability.vendor_severity,
        &vulnerability.nvd_severity,
    ];
    advisory.severity = words.into_iter().find_map(filled).map(Cow::Borrowed);
    advisory.ratings = map_ratings(vulnerability);
    advisory.weaknesses =
        vulnerability.cwe_info.iter().filter_map(|info| cwe::parse(filled(&info.id)?)).collect();
    let urls = [&vulnerability.vendor_url, &vulnerability.nvd_url, &vulnerability.link];
    advisory.references = urls.into_iter().filter_map(filled).map(Cow::Borrowed).collect();
    advisory.published = filled(&vulnerability.publish_date).map(Cow::Borrowed);
    advisory.modified = filled(&vulnerability.modification_date).map(Cow::Borrowed);
    let fixed = filled(&vulnerability.fix_version).into_iter().flat_map(|versions| versions.split(','));
    package.fixed = fixed.map(str::trim).map(Cow::Borrowed).collect();
    let image = filled(&vulnerability.image_name).map(|name| image::with_tag(Cow::Borrowed(name)));
    let place = Place::Image {
        image: image.unwrap_or(Cow::Borrowed(&scope.image)),
        operating_system: scope.system.as_deref().map(Cow::Borrowed),
    };
    match advisory.into_finding(package, place) {
        Some(mut finding) => {
            map_details(&mut finding, vulnerability, scope);
            Outcome::finding(finding)
        }
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without a name", example),
    }
}

fn map_ratings<'a>(vulnerability: &'a Vulnerability<'_>) -> Vec<Rating<'a>> {
    let ratings = [
        ("Aqua", &vulnerability.aqua_vectors, vulnerability.aqua_score.or(vulnerability.score)),
        ("vendor", &vulnerability.vendor_vectors_v3, vulnerability.vendor_score_v3),
        ("vendor", &vulnerability.vendor_vectors, vulnerability.vendor_score),
        ("NVD", &vulnerability.nvd_vectors_v3, vulnerability.nvd_score_v3),
        ("NVD", &vulnerability.nvd_vectors, vulnerability.nvd_score),
    ];
    let ratings = ratings.into_iter().map(|(source, vector, score)| (source, filled(vector), score));
    ratings
        .filter(|(_, vector, score)| vector.is_some() || score.is_some())
        .map(|(source, vector, score)| Rating::new(source, vector.map(Cow::Borrowed), score))
        .collect()
}

fn map_details<'a>(finding: &mut Finding<'a>, vulnerability: &'a Vulnerability<'_>, scope: &'a Scope<'_>) {
    let details = &mut finding.vulnerability.details;
    for (key, name, field) in [
        ("exploit_availability", "Exploit available", &vulnerability.exploit_availability),
        ("exploit_type", "Exploit", &vulnerability.exploit_type),
        ("vendor_severity", "Severity by the vendor", &vulnerability.vendor_severity),
        ("nvd_severity", "Severity by NVD", &vulnerability.nvd_severity),
    ] {
        details.text(key, name, filled(field).unwrap_or_default());
    }
    details.text("image_digest", "Image digest", scope.about.digest.as_deref().unwrap_or_default());
}
