//! SPDX documents: 2.1 to 2.3 in JSON and in tags and values, and 3.0 (JSON-LD).
//!
//! SPDX lists packages. What it tells of vulnerabilities is a record: a security reference of a
//! package to an advisory (SPDX 2.3, annex F.2), which has no severity, or a relationship of the
//! security profile (SPDX 3.0).

mod security;
mod tags;

use scanlift_convert_api::json::{self, Fields, Head, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    Warning, advisory, image, xml,
};
use scanlift_report_core::{Kind, Text};
use security::{Element, Graph, map_relationship};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

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
    summary: "security references and relationships of SPDX documents in JSON, and in tags and values",
    versions: "2.1 to 2.3, 3.0",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://spdx.dev/use/specifications/",
};

impl Converter for Spdx {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        match Syntax::of(bytes) {
            Syntax::Json => sniff_json(bytes),
            Syntax::Tags | Syntax::Other(_) => Match::Yes,
        }
    }

    /// The document is read twice: what made it, and in 3.0 what relationships point to, may stand
    /// anywhere.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let syntax = Syntax::of(&input.beginning().map_err(ConvertError::Read)?);
        let outline = match syntax {
            Syntax::Json => Outline::of_json(input)?,
            Syntax::Tags => Outline::of_tags(input)?,
            Syntax::Other(form) => {
                return Err(ConvertError::UnsupportedVersion {
                    format: DESCRIPTOR.name,
                    found: format!("in {form}"),
                    supported: "JSON, and tags and values",
                    help: "have the tool write JSON, or convert it (pyspdxtools --infile FILE --outfile FILE.json)",
                });
            }
        };
        if !outline.is_spdx {
            return Err(ConvertError::Unrecognised {
                expected: "`spdxVersion` and `packages`, or `@graph`",
                help: "is it an SBOM of another format, or a part of one?",
            });
        }
        let kind =
            if outline.image(options).is_some() { Kind::ContainerScanning } else { Kind::DependencyScanning };
        let (tool, version) = outline.tool();
        let mut scan = ScanInfo::new(tool, kind);
        scan.version = version.map(Into::into);
        scan.end_time = outline.created.as_deref().map(Into::into);
        let version = outline.version.as_deref().map(|text| text.trim_start_matches("SPDX-"));
        scan.format_version = version.map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let unknown = version.and_then(|version| {
            let newest = if version.starts_with("2.") { "2.3" } else { "3.0" };
            Warning::of_version(DESCRIPTOR.name, version, newest)
        });
        unknown.into_iter().for_each(|warning| sink.warn(warning));
        if outline.is_unclosed {
            sink.warn(Warning::note("a <text> has no </text>, so it was read as one line"));
        }
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
        if syntax == Syntax::Tags {
            let map = |package: &SpdxPackage<'_>| {
                let mut outcomes = map_package(package, &place).into_iter();
                outcomes.try_for_each(|outcome| Record::begin(sink).spend(outcome))
            };
            return tags::each_package(input, map).map(drop);
        }
        let mut records = Records::new(sink);
        walk(input, |key, reader| match key {
            "packages" => {
                records.each(reader, |records, reader| records.map_group(reader, &place, map_package))
            }
            "@graph" => {
                let scope = (&outline.graph, &place);
                records.each(reader, |records, reader| records.map_group(reader, &scope, map_relationship))
            }
            _ => Ok(()),
        })
    }
}

/// The forms of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Tags,
    /// One that is known and not read.
    Other(&'static str),
}

impl Syntax {
    /// By the first bytes: what is no other form is taken for JSON, whose reader says what is wrong with it.
    fn of(bytes: &[u8]) -> Self {
        match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => Self::Json,
            Some(b'<') => {
                let head = xml::Head::of(bytes);
                match head.root() {
                    "RDF" if head.has("SpdxDocument") => Self::Other("RDF"),
                    "Document" if head.has("SPDXID") => Self::Other("XML"),
                    _ => Self::Json,
                }
            }
            _ => {
                let text = String::from_utf8_lossy(bytes);
                let has = |tag: &str, start: &str| {
                    let values = text.lines().take(MOST_LINES).filter_map(|line| line.strip_prefix(tag));
                    let values = values.filter_map(|rest| rest.trim_start().strip_prefix(':'));
                    values.map(|value| value.trim().trim_matches(['"', '\''])).any(|it| it.starts_with(start))
                };
                match () {
                    () if has("SPDXVersion", "SPDX-") => Self::Tags,
                    () if has("spdxVersion", "SPDX-") || has("SPDXID", "SPDXRef-") => Self::Other("YAML"),
                    () => Self::Json,
                }
            }
        }
    }
}

/// Comments may stand before the version.
const MOST_LINES: usize = 100;

/// What a document of version 2 has, also one within another. The version may stand at the end, behind
/// the packages.
const MARKS: [&[&str]; 7] = [
    &["spdxVersion"],
    &["packages", "SPDXID"],
    &["files", "SPDXID"],
    &["sbom", "spdxVersion"],
    &["sbom", "packages", "SPDXID"],
    &["predicate", "spdxVersion"],
    &["predicate", "packages", "SPDXID"],
];

fn sniff_json(bytes: &[u8]) -> Match {
    let head = Head::of(bytes);
    let is = |key: &str, mark: &str| head.text(key).is_some_and(|text| text.contains(mark));
    match () {
        () if MARKS.iter().any(|path| head.path_has(path)) => Match::Yes,
        () if is("@context", "spdx.org/rdf/3") || is("predicateType", "spdx.dev/Document") => Match::Yes,
        () if head.has("SPDXID") || head.path_has(&["@graph", "spdxId"]) => Match::Maybe,
        () => Match::No,
    }
}

/// Walks the members of a document in JSON, which may stand within another one: within the answer of
/// GitHub's API (`sbom`), or as the predicate of an in-toto statement.
fn walk(
    input: &dyn Input,
    mut visit: impl FnMut(&str, &mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    json::walk(input, |key, reader| match key {
        "sbom" | "predicate" if reader.peek()? == json::Kind::Object => reader.each_key(&mut visit),
        _ => visit(key, reader),
    })
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
    graph: Graph,
    /// Whether nothing ends a text of tags and values.
    is_unclosed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CreationInfo {
    created: Option<String>,
    #[serde(deserialize_with = "json::list")]
    creators: Vec<String>,
}

impl Outline {
    fn of_tags(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut outline = Self { is_spdx: true, ..Self::default() };
        let document = tags::each_package(input, |package| {
            outline.see(package);
            Ok(())
        })?;
        (outline.version, outline.created) = (document.version, document.created);
        outline.is_unclosed = document.is_unclosed;
        outline.creators = document.creators;
        Ok(outline)
    }

    fn of_json(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut outline, mut fields) = (Self::default(), Fields::default());
        walk(input, |key, reader| {
            match key {
                "spdxVersion" => outline.version = fields.text(reader)?,
                "creationInfo" => {
                    let info: CreationInfo = fields.object(reader)?.unwrap_or_default();
                    (outline.created, outline.creators) = (info.created, info.creators);
                }
                "packages" => {
                    outline.is_spdx = true;
                    if fields.is(json::Kind::Array, reader)? {
                        reader.each_item(|_, reader| {
                            fields.read(reader, |package: SpdxPackage<'_>| outline.see(&package)).map(drop)
                        })?;
                    }
                }
                "files" | "documentDescribes" | "SPDXID" => outline.is_spdx = true,
                "@graph" => {
                    outline.is_spdx = true;
                    if fields.is(json::Kind::Array, reader)? {
                        reader.each_item(|_, reader| {
                            fields.read(reader, |element: Element<'_>| outline.keep(&element)).map(drop)
                        })?;
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        outline.is_spdx |= outline.version.is_some();
        outline.records += outline.graph.relationships;
        Ok(outline)
    }

    fn see(&mut self, package: &SpdxPackage<'_>) {
        self.records +=
            package.external_refs.iter().filter(|one| one.vulnerability().is_some()).count() as u64;
        self.see_image(&package.primary_package_purpose, &package.name, &package.version_info);
    }

    fn keep(&mut self, element: &Element<'_>) {
        let owned = |field: &Option<Loose<'_>>| filled(field).map(str::to_owned);
        match filled(&element.kind) {
            Some("CreationInfo") => {
                (self.created, self.version) = (owned(&element.created), owned(&element.spec_version));
            }
            Some("Tool") => self.creators.extend(filled(&element.name).map(|name| format!("Tool: {name}"))),
            _ => {
                self.see_image(&element.purpose, &element.name, &element.version);
                self.graph.see(element);
            }
        }
    }

    /// The first package that is an image is what the document is about.
    fn see_image(
        &mut self,
        purpose: &Option<Loose<'_>>,
        name: &Option<Loose<'_>>,
        version: &Option<Loose<'_>>,
    ) {
        let is_image = filled(purpose).is_some_and(|purpose| purpose.eq_ignore_ascii_case("CONTAINER"));
        let Some(name) = filled(name).filter(|_| is_image && self.image.is_none()) else { return };
        self.image = Some(match filled(version) {
            Some(version) if !name.contains([':', '@']) => format!("{name}:{version}"),
            _ => name.to_owned(),
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_form() {
        let tags = "# made by hand\nSPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n";
        let rdf = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#"><SpdxDocument/>"#;
        for (head, form, want) in [
            (r#"{"spdxVersion": "SPDX-2.3"}"#, Syntax::Json, Match::Yes),
            (
                r#"{"sbom": {"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3"}}"#,
                Syntax::Json,
                Match::Yes,
            ),
            (r#"{"predicateType": "https://spdx.dev/Document/v2.3", "pre"#, Syntax::Json, Match::Yes),
            (r#"{"packages": [{"SPDXID": "SPDXRef-a"}, {"na"#, Syntax::Json, Match::Yes),
            (r#"{"@graph": [{"spdxId": "a"}]}"#, Syntax::Json, Match::Maybe),
            (r#"{"sbom": {"bomFormat": "CycloneDX"}}"#, Syntax::Json, Match::No),
            (tags, Syntax::Tags, Match::Yes),
            ("SPDXVersion is told below\n", Syntax::Json, Match::No),
            ("SPDXID: 'SPDXRef-DOCUMENT'\nspdxVersion: SPDX-2.3\n", Syntax::Other("YAML"), Match::Yes),
            ("<Document><SPDXID>SPDXRef-DOCUMENT</SPDXID>", Syntax::Other("XML"), Match::Yes),
            (rdf, Syntax::Other("RDF"), Match::Yes),
            ("<Document/>", Syntax::Json, Match::No),
            ("", Syntax::Json, Match::No),
        ] {
            assert_eq!(Syntax::of(head.as_bytes()), form, "{head}");
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }

    #[test]
    fn comments_may_stand_before_the_version() {
        let comment = format!("# {}\n", "a".repeat(100));
        let document = format!("{}SPDXVersion: SPDX-2.3\nPackageName: acme\n", comment.repeat(90));
        let mut sink = scanlift_convert_api::Collector::default();
        CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink).expect("tags and values");
        assert_eq!((CONVERTER.sniff(document.as_bytes()), sink.records), (Match::Yes, 0));
    }

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
