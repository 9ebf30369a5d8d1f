//! Clients of Sonatype OSS Index: `auditjs ossi --json`, `nancy sleuth -o json`.

use crate::layout::Layout;
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of OSS Index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ossindex;

/// The converter.
pub static CONVERTER: Ossindex = Ossindex;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "ossindex",
    name: "OSS Index",
    summary: "JSON reports of clients of Sonatype OSS Index: AuditJS, Nancy",
    versions: "AuditJS 4; Nancy 1",
    kinds: &[Kind::DependencyScanning],
    url: "https://ossindex.sonatype.org/",
};

/// Keys that components have.
const MARKS: [&str; 2] = ["coordinates", "Coordinates"];

impl Converter for Ossindex {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let auditjs = ["coordinates", "reference", "vulnerabilities"].iter().all(|key| head.has(key));
        let nancy = head.has("num_audited") || head.path_has(&["audited", "Coordinates"]);
        if auditjs || nancy { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the components.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        // Nancy lists what is vulnerable once more among what it audited.
        let layout = Layout::read(input, &["vulnerable"], &MARKS)?.known(
            "components with their `coordinates`",
            "write the report with auditjs ossi --json, or nancy sleuth -o json",
        )?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("Sonatype".into());
        scan.url = Some(DESCRIPTOR.url.into());
        let manifest = manifest_or_option(None, None, options, input, sink);
        layout.convert(input, scan, sink, |records, reader| {
            records.map_group(reader, &*manifest, map_component)
        })
    }
}

/// A component: its package URL and what is known of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Component<'a> {
    #[serde(borrow, alias = "Coordinates")]
    coordinates: Option<Loose<'a>>,
    #[serde(alias = "Vulnerabilities", deserialize_with = "json::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow, alias = "ID", alias = "Id")]
    id: Option<Loose<'a>>,
    #[serde(alias = "Title")]
    title: Option<Loose<'a>>,
    #[serde(alias = "Description")]
    description: Option<Loose<'a>>,
    #[serde(alias = "CvssScore", deserialize_with = "json::number")]
    cvss_score: Option<f64>,
    #[serde(alias = "CvssVector")]
    cvss_vector: Option<Loose<'a>>,
    #[serde(alias = "Cve")]
    cve: Option<Loose<'a>>,
    #[serde(alias = "Cwe")]
    cwe: Option<Loose<'a>>,
    #[serde(alias = "Reference")]
    reference: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    external_references: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    version_ranges: Vec<Loose<'a>>,
    #[serde(alias = "Excluded")]
    excluded: Option<Loose<'a>>,
}

fn map_component<'a>(component: &'a Component<'_>, manifest: &'a str) -> Vec<Outcome<'a>> {
    component.vulnerabilities.iter().map(|found| map_vulnerability(found, component, manifest)).collect()
}

fn map_vulnerability<'a>(
    found: &'a Vulnerability<'_>,
    component: &'a Component<'_>,
    manifest: &'a str,
) -> Outcome<'a> {
    let coordinates = filled(&component.coordinates).unwrap_or_default();
    let id = filled(&found.id).or(filled(&found.cve)).unwrap_or_default();
    if json::flag(&found.excluded) == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "Excluded: true", id);
    }
    let Some(mut package) = Package::from_purl(coordinates) else {
        return Outcome::skip(SkipReason::Unsupported, "a component without a package URL", id);
    };
    let ranges: Vec<&str> = found.version_ranges.iter().map(|range| range.trim()).collect();
    package.vulnerable = Some(ranges.join(" || ").into());
    // The CVE is the id of most entries; others have one of Sonatype's.
    let cve = filled(&found.cve);
    let mut about = Advisory::new("sonatype_id", cve.unwrap_or(id));
    about.aliases =
        [id].into_iter().filter(|id| Some(*id) != cve && !is_uuid(id)).map(Cow::Borrowed).collect();
    about.title = filled(&found.title).map(|title| Cow::Borrowed(without_id(title)));
    about.description = filled(&found.description).map(Cow::Borrowed);
    about.url = filled(&found.reference).map(Cow::Borrowed);
    about.references = crate::field::texts(&found.external_references).map(Cow::Borrowed).collect();
    about.weaknesses = filled(&found.cwe).map(scanlift_convert_api::cwe::all).unwrap_or_default();
    let vector = filled(&found.cvss_vector).map(Cow::Borrowed);
    about.ratings = vec![Rating::new("Sonatype OSS Index", vector, found.cvss_score)];
    match about.into_finding(package, Place::Manifest(manifest.into())) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", coordinates),
    }
}

/// `[CVE-2021-23337] Command injection` without what stands in the identifiers.
fn without_id(title: &str) -> &str {
    let rest = title.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    rest.map_or(title, |(_, rest)| rest.trim())
}

/// What ids were before 2021: they tell nothing, and the service knows them no more.
fn is_uuid(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
