//! Aqua: JSON reports of its scanner of images (`scannercli scan --jsonfile`), with the packages of
//! the image in `resources`, or in old versions with a plain list of `cves`.

use scanlift_convert_api::json::{self, Fields, Head, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    cwe, image,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;

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
    summary: "JSON reports of Aqua's scanner of images",
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
        if about || cves || (resources && vulnerable) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the image, which may stand behind its packages, and once
    /// for the vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let about = About::read(input)?;
        let mut scan = ScanInfo::new("Aqua", Kind::ContainerScanning);
        scan.vendor = Some("Aqua Security".into());
        scan.url = Some("https://www.aquasec.com".into());
        scan.version = about.version.as_deref().map(Cow::Borrowed);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        about.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let image = image::or_option(about.image.as_deref(), options, sink);
        let system = match about.system.as_deref() {
            Some(system) => {
                image::operating_system(system, about.system_version.as_deref().unwrap_or_default())
            }
            None => filled(&options.operating_system).map(str::to_owned),
        };
        let scope = Scope { about: &about, image, system };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "resources" => {
                records.each(reader, |records, reader| records.map_group(reader, &scope, map_resource))
            }
            "cves" => records.each(reader, |records, reader| records.map(reader, &scope, map_cve)),
            "malware" => records.each(reader, |records, reader| records.map(reader, "malware", map_other)),
            "sensitive_data" => {
                records.each(reader, |records, reader| records.map(reader, "sensitive data", map_other))
            }
            _ => Ok(()),
        })
    }
}

/// What a report says of the image.
#[derive(Debug, Default)]
struct About {
    image: Option<String>,
    digest: Option<String>,
    system: Option<String>,
    system_version: Option<String>,
    version: Option<String>,
    fields: Fields,
}

impl About {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut about = Self::default();
        let mut known = false;
        reader.each_key(|key, reader| {
            match key {
                "image" => about.image = about.fields.text(reader)?,
                "digest" => about.digest = about.fields.text(reader)?,
                "os" => about.system = about.fields.text(reader)?,
                "version" => about.system_version = about.fields.text(reader)?,
                "scanner_version" => about.version = about.fields.text(reader)?,
                _ => {}
            }
            known |= matches!(key, "resources" | "cves" | "vulnerability_summary");
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
        if known {
            return Ok(about);
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
    #[serde(deserialize_with = "json::number")]
    vendor_score: Option<f64>,
    #[serde(alias = "vendor_cvss3_vectors")]
    vendor_vectors: Option<Loose<'a>>,
    nvd_severity: Option<Loose<'a>>,
    nvd_url: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    nvd_score: Option<f64>,
    nvd_vectors: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    nvd_score_v3: Option<f64>,
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
    let resource = &entry.resource;
    let path = filled(&resource.path);
    let of_path = path.and_then(|path| path.rsplit('/').next());
    // `pkg:/java:acme-web:2.3.1`, also where a package has no name.
    let of_cpe = filled(&resource.cpe).and_then(|cpe| cpe.strip_prefix("pkg:/")?.rsplit_once(':'));
    let named = of_cpe.and_then(|(name, _)| name.split_once(':')).map(|(_, name)| name);
    let name = filled(&resource.name).or(named).or(of_path).unwrap_or("unknown");
    let version = filled(&resource.version).or(of_cpe.map(|(_, version)| version));
    let package = || {
        let mut package = Package::new(name, version.unwrap_or_default());
        package.kind = filled(&resource.format).map(Cow::Borrowed);
        package.path = path.map(Cow::Borrowed);
        package
    };
    let map = |vulnerability| {
        let mut outcome = map_vulnerability(vulnerability, package(), scope);
        if let Outcome::Finding(finding) = &mut outcome {
            let details = &mut finding.vulnerability.details;
            details.text("cpe", "CPE", filled(&resource.cpe).unwrap_or_default());
            details.text("layer_digest", "Layer digest", filled(&resource.layer_digest).unwrap_or_default());
        }
        outcome
    };
    entry.vulnerabilities.iter().map(map).collect()
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
    let place = Place::Image {
        image: Cow::Borrowed(&scope.image),
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
