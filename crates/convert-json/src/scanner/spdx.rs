//! SPDX documents in JSON: 2.1 to 2.3, and 3.0 (JSON-LD).
//!
//! SPDX lists packages. What it tells of vulnerabilities is a record: a security reference of a
//! package to an advisory (SPDX 2.3, annex F.2), or a relationship of the security profile (SPDX 3.0,
//! `security`). Neither has a severity, but for assessments by CVSS in 3.0, which are not read.

use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
    advisory, image,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// Reads SPDX documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spdx;

/// The converter.
pub static CONVERTER: Spdx = Spdx;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "spdx",
    name: "SPDX",
    summary: "security references and relationships of SPDX documents in JSON",
    versions: "2.1 to 2.3, 3.0",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://spdx.dev/use/specifications/",
};

impl Converter for Spdx {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let context = head.text("@context").unwrap_or_default();
        match () {
            () if head.has("spdxVersion") || context.contains("spdx.org/rdf/3") => Match::Yes,
            // The version may stand at the end, behind the packages.
            () if head.path_has(&["packages", "SPDXID"]) || head.path_has(&["files", "SPDXID"]) => Match::Yes,
            () if head.has("SPDXID") || head.path_has(&["@graph", "spdxId"]) => Match::Maybe,
            () => Match::No,
        }
    }

    /// The document is read twice: what made it, and in 3.0 what relationships point to, may stand
    /// anywhere.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(input)?;
        if !outline.is_spdx {
            return Err(ConvertError::Unrecognised {
                expected: "`spdxVersion` and `packages`, or `@graph`",
                help: "SPDX as tags and values, RDF or YAML is not read: convert it to JSON (pyspdxtools, or the tool that made it)",
            });
        }
        let kind =
            if outline.image(options).is_some() { Kind::ContainerScanning } else { Kind::DependencyScanning };
        let (tool, version) = outline.tool();
        let mut scan = ScanInfo::new(tool, kind);
        scan.version = version.map(Into::into);
        scan.end_time = outline.created.as_deref().map(Into::into);
        scan.format_version = outline.version.as_deref().map(|text| text.trim_start_matches("SPDX-").into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        if outline.records == 0 {
            sink.warn(Warning::note(
                "the document lists packages and tells of no vulnerabilities: have it scanned \
                 (grype sbom:FILE -o json, osv-scanner, trivy sbom), and convert what comes out",
            ));
        }
        let manifest;
        let place = match outline.image(options) {
            Some(name) => Place::Image { image: image::with_tag(name), operating_system: None },
            None => {
                manifest = manifest_or_option(None, None, options, input, sink);
                Place::Manifest(manifest)
            }
        };
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "packages" => {
                records.each(reader, |records, reader| records.map_group(reader, &place, map_package))
            }
            "@graph" => {
                let scope = (&outline, &place);
                records.each(reader, |records, reader| records.map_group(reader, &scope, map_relationship))
            }
            _ => Ok(()),
        })
    }
}

/// A package of SPDX 2 (2.3, clause 7).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SpdxPackage<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version_info: Option<Loose<'a>>,
    primary_package_purpose: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    external_refs: Vec<ExternalRef<'a>>,
}

/// A reference of a package (2.3, clause 7.21).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ExternalRef<'a> {
    #[serde(borrow)]
    reference_category: Option<Loose<'a>>,
    reference_type: Option<Loose<'a>>,
    reference_locator: Option<Loose<'a>>,
    comment: Option<Loose<'a>>,
}

impl ExternalRef<'_> {
    /// Type and locator of a reference of the category SECURITY.
    fn security(&self) -> Option<(&str, &str)> {
        let is_security = filled(&self.reference_category)?.eq_ignore_ascii_case("SECURITY");
        // Some write the type as an address of the specification.
        let kind = filled(&self.reference_type)?.rsplit(['/', '#']).next()?;
        is_security.then_some((kind, filled(&self.reference_locator)?))
    }

    /// The vulnerability that it tells of, and whether it does: an advisory always, any other address
    /// if it names one.
    fn vulnerability(&self) -> Option<&str> {
        let (kind, locator) = self.security()?;
        match kind {
            "advisory" => Some(named(locator).unwrap_or(locator)),
            "url" => named(locator),
            _ => None,
        }
    }
}

/// The id of a known database in an address, mostly its last part.
fn named(locator: &str) -> Option<&str> {
    let parts = locator.rsplit(['/', '?', '#', '=', '&']);
    parts.map(|part| part.trim_end_matches(".html")).find(|part| advisory::database(part).is_some())
}

fn map_package<'a>(package: &'a SpdxPackage<'_>, place: &'a Place<'_>) -> Vec<Outcome<'a>> {
    let purl = package.external_refs.iter().find(|one| filled(&one.reference_type) == Some("purl"));
    let purl = purl.and_then(|one| filled(&one.reference_locator));
    let about = about(filled(&package.name), filled(&package.version_info), purl);
    let told = package.external_refs.iter().filter_map(|one| Some((one, one.vulnerability()?)));
    told.map(|(reference, id)| {
        let locator = filled(&reference.reference_locator).unwrap_or_default();
        let mut advisory = Advisory::new("spdx_advisory", id);
        advisory.url = Some(locator.into());
        advisory.description = filled(&reference.comment).map(Cow::Borrowed);
        let fixes = package.external_refs.iter().filter_map(|one| one.security());
        let fixes = fixes.filter(|(kind, fix)| *kind == "fix" && named(fix).is_none_or(|fixed| fixed == id));
        advisory.references = fixes.map(|(_, fix)| Cow::Borrowed(fix)).collect();
        outcome(advisory, about.clone(), place)
    })
    .collect()
}

fn about<'a>(name: Option<&'a str>, version: Option<&'a str>, purl: Option<&'a str>) -> Package<'a> {
    let named = || Package::new(name.unwrap_or_default(), version.unwrap_or_default());
    let Some(mut package) = purl.and_then(Package::from_purl) else { return named() };
    if package.version.is_empty() {
        package.version = version.unwrap_or_default().into();
    }
    package
}

fn outcome<'a>(advisory: Advisory<'a>, package: Package<'a>, place: &'a Place<'_>) -> Outcome<'a> {
    let example = advisory.id.clone();
    let place = match place {
        Place::Manifest(file) => Place::Manifest(Cow::Borrowed(file)),
        Place::Image { image, operating_system } => Place::Image {
            image: Cow::Borrowed(image),
            operating_system: operating_system.as_deref().map(Cow::Borrowed),
        },
        _ => return Outcome::skip(SkipReason::Unsupported, "no place", example),
    };
    let is_named = !package.name.is_empty();
    match advisory.into_finding(package, place).filter(|_| is_named) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id or a package", example),
    }
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_spdx: bool,
    version: Option<String>,
    created: Option<String>,
    creators: Vec<String>,
    image: Option<String>,
    records: u64,
    /// Elements of 3.0 that relationships point to, by id.
    elements: HashMap<String, Element>,
}

/// An element of 3.0, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Element {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "spdxId")]
    id: String,
    #[serde(rename = "@id")]
    node: String,
    name: String,
    summary: String,
    description: String,
    created: String,
    #[serde(rename = "specVersion")]
    spec_version: String,
    #[serde(rename = "relationshipType")]
    relationship: String,
    #[serde(rename = "software_packageVersion")]
    version: String,
    #[serde(rename = "software_packageUrl")]
    purl: String,
    #[serde(rename = "externalIdentifier", deserialize_with = "json::list")]
    identifiers: Vec<ExternalIdentifier>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExternalIdentifier {
    identifier: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CreationInfo {
    created: Option<String>,
    #[serde(deserialize_with = "json::list")]
    creators: Vec<String>,
}

impl Outline {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut outline, mut fields) = (Self::default(), Fields::default());
        json::walk(input, |key, reader| {
            match key {
                "spdxVersion" => outline.version = fields.text(reader)?,
                "creationInfo" => {
                    let info: CreationInfo = fields.object(reader)?.unwrap_or_default();
                    (outline.created, outline.creators) = (info.created, info.creators);
                }
                "packages" => {
                    outline.is_spdx = true;
                    if fields.is(json::Kind::Array, reader)? {
                        reader.each_item(|_, reader| outline.look(reader, &mut fields))?;
                    }
                }
                "files" | "documentDescribes" | "SPDXID" => outline.is_spdx = true,
                "@graph" => {
                    outline.is_spdx = true;
                    fields.objects(reader, |element: Element| outline.keep(element))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        outline.is_spdx |= outline.version.is_some();
        Ok(outline)
    }

    fn look<R: std::io::Read>(
        &mut self,
        reader: &mut json::Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        let seen = fields.read(reader, |package: SpdxPackage<'_>| {
            let told =
                package.external_refs.iter().filter(|one| one.vulnerability().is_some()).count() as u64;
            let purpose = filled(&package.primary_package_purpose).unwrap_or_default();
            let image = purpose.eq_ignore_ascii_case("CONTAINER").then(|| {
                let name = filled(&package.name).unwrap_or_default();
                match filled(&package.version_info) {
                    Some(version) if !name.contains([':', '@']) => format!("{name}:{version}"),
                    _ => name.to_owned(),
                }
            });
            (told, image)
        })?;
        if let Some((told, image)) = seen {
            self.records += told;
            self.image = self.image.take().or(image.filter(|name| !name.is_empty()));
        }
        Ok(())
    }

    fn keep(&mut self, element: Element) {
        if element.kind == "CreationInfo" {
            self.created = Some(element.created).filter(|time| !time.is_empty());
            self.version = Some(element.spec_version).filter(|version| !version.is_empty());
        } else if element.kind == "Tool" {
            self.creators.push(format!("Tool: {}", element.name));
        } else if ["software_Package", "security_Vulnerability"].contains(&element.kind.as_str()) {
            let id = if element.id.is_empty() { element.node.clone() } else { element.id.clone() };
            self.elements.insert(id, element);
        } else {
            self.records += u64::from(tells(&element.kind, &element.relationship));
        }
    }

    /// The image that the document is about: by the user's word, else its own.
    fn image<'a>(&'a self, options: &'a Options) -> Option<Text<'a>> {
        options.image.as_deref().or(self.image.as_deref()).map(Cow::Borrowed)
    }

    /// The tool that made the document, with its version: `Tool: syft-0.58.0` (2.3, clause 6.8).
    fn tool(&self) -> (&str, Option<&str>) {
        let Some(tool) = self.creators.iter().find_map(|creator| creator.strip_prefix("Tool:")) else {
            return (DESCRIPTOR.name, None);
        };
        let tool = tool.trim();
        match tool.rsplit_once(['-', ' ', '@']) {
            Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') => {
                (name, Some(version))
            }
            _ => (tool, None),
        }
    }
}

/// A relationship of 3.0 (`Core/Relationship`, and the VEX assessments of `Security`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationship<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(rename = "relationshipType")]
    relationship: Option<Loose<'a>>,
    from: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    to: Vec<Loose<'a>>,
    #[serde(rename = "security_impactStatement")]
    impact: Option<Loose<'a>>,
}

/// Whether a relationship tells of a vulnerability: that a package has it, or, as an assessment, whether
/// it is affected.
fn tells(kind: &str, relationship: &str) -> bool {
    let is_assessment = kind.starts_with("security_Vex") && kind.ends_with("VulnAssessmentRelationship");
    is_assessment || relationship == HAS
}

/// From a package to its vulnerabilities; assessments go the other way.
const HAS: &str = "hasAssociatedVulnerability";

fn map_relationship<'a>(
    relationship: &'a Relationship<'_>,
    (outline, place): &'a (&Outline, &Place<'_>),
) -> Vec<Outcome<'a>> {
    let kind = filled(&relationship.kind).unwrap_or_default();
    let word = filled(&relationship.relationship).unwrap_or_default();
    let from = filled(&relationship.from).unwrap_or_default();
    let pairs = relationship.to.iter().map(|to| match word {
        HAS => (from, &**to),
        _ => (&**to, from),
    });
    if !tells(kind, word) {
        return Vec::new();
    }
    let element = |id: &str| outline.elements.get(id);
    pairs
        .map(|(package, vulnerability)| {
            let (Some(package), Some(vulnerability)) = (element(package), element(vulnerability)) else {
                return Outcome::skip(SkipReason::Unsupported, "the document does not hold both ends", from);
            };
            let ids: Vec<&str> =
                vulnerability.identifiers.iter().map(|one| one.identifier.as_str()).collect();
            let id = ids.iter().copied().find(|id| advisory::database(id).is_some());
            let id = id.or(ids.first().copied()).unwrap_or(&vulnerability.name);
            if kind.contains("NotAffected") || kind.contains("Fixed") {
                let status = if kind.contains("Fixed") { "fixed" } else { "not affected" };
                let why = filled(&relationship.impact).map(|why| format!(": {why}")).unwrap_or_default();
                return Outcome::skip(SkipReason::Suppressed, format!("VEX: {status}{why}"), id);
            }
            let mut advisory = Advisory::new("spdx_vulnerability", id);
            advisory.aliases = ids.iter().map(|id| Cow::Borrowed(*id)).collect();
            advisory.title = Some(vulnerability.summary.as_str().into());
            advisory.description = Some(vulnerability.description.as_str().into());
            let text = |text: &'a str| Some(text).filter(|text| !text.is_empty());
            let about = about(text(&package.name), text(&package.version), text(&package.purl));
            outcome(advisory, about, place)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_addresses() {
        for (locator, want) in [
            ("https://nvd.nist.gov/vuln/detail/CVE-2021-44228", Some("CVE-2021-44228")),
            ("https://a.example/cvename.cgi?name=CVE-2021-44228", Some("CVE-2021-44228")),
            ("https://a.example/GHSA-jfh8-c2jp-5v3q.html", Some("GHSA-jfh8-c2jp-5v3q")),
            ("https://a.example/security", None),
        ] {
            assert_eq!(named(locator), want, "{locator}");
        }
    }

    #[test]
    fn tools_have_their_version_behind_them() {
        for (creator, want) in [
            ("Tool: syft-0.58.0", ("syft", Some("0.58.0"))),
            ("Tool: ko 0.12.0", ("ko", Some("0.12.0"))),
            ("Tool: sbom-tool", ("sbom-tool", None)),
            ("Organization: Acme", ("SPDX", None)),
        ] {
            let outline = Outline { creators: vec![creator.to_owned()], ..Outline::default() };
            assert_eq!(outline.tool(), want, "{creator}");
        }
    }
}
