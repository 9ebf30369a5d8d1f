//! The agent-based scan of SCA (`srcclr scan --json`): vulnerabilities that refer to a table of libraries.

use crate::field::texts;
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, SpareManifest};
use scanlift_convert_api::{ConvertError, Outcome, SkipReason, details};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Read;

/// What the vulnerabilities refer to.
#[derive(Debug, Default)]
pub(super) struct Libraries {
    /// By reference: `/records/0/libraries/3/versions/0`.
    versions: HashMap<String, Library>,
    /// The files that ask for libraries, by their coordinates.
    files: HashMap<String, String>,
    /// Coordinates of what the project asks for itself.
    direct: HashSet<String>,
    pub(super) fields: Fields,
}

/// A library in a version.
#[derive(Debug)]
struct Library {
    coordinates: Coordinates,
    version: String,
}

/// What a library is called; the second part is for ecosystems that have groups.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Coordinates {
    coordinate_type: Option<String>,
    coordinate1: Option<String>,
    coordinate2: Option<String>,
    /// Of a graph; a library has several.
    version: Option<String>,
    #[serde(deserialize_with = "json::list")]
    versions: Vec<Version>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    version: Option<String>,
}

impl Coordinates {
    /// As its ecosystem writes it: `group:artifact`, `vendor/package`.
    fn name(&self) -> String {
        let parts = [&self.coordinate1, &self.coordinate2].into_iter().filter_map(filled).collect::<Vec<_>>();
        let is_maven = filled(&self.coordinate_type).is_some_and(|kind| kind.eq_ignore_ascii_case("maven"));
        parts.join(if is_maven { ":" } else { "/" })
    }

    fn key(&self, version: &str) -> String {
        format!("{} {} {version}", filled(&self.coordinate_type).unwrap_or_default(), self.name())
    }
}

impl Libraries {
    /// Reads `records`, as far as they are about libraries.
    pub(super) fn read<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(JsonKind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|record, reader| {
            if !self.fields.is(JsonKind::Object, reader)? {
                return Ok(());
            }
            reader.each_key(|key, reader| match (key, reader.peek()?) {
                ("libraries", JsonKind::Array) => reader.each_item(|at, reader| {
                    self.library(reader, &format!("/records/{record}/libraries/{at}"))
                }),
                ("graphs", JsonKind::Array) => reader.each_item(|_, reader| self.graph(reader, 0).map(drop)),
                _ => Ok(()),
            })
        })
    }

    fn library<R: Read>(&mut self, reader: &mut Reader<R>, reference: &str) -> Result<(), ConvertError> {
        let Some(mut coordinates) = self.fields.object::<Coordinates, R>(reader)? else { return Ok(()) };
        for (at, version) in std::mem::take(&mut coordinates.versions).into_iter().enumerate() {
            let library =
                Library { coordinates: coordinates.clone(), version: version.version.unwrap_or_default() };
            self.versions.insert(format!("{reference}/versions/{at}"), library);
        }
        Ok(())
    }

    /// A library and what it brings; gives the keys of those whose file is not known yet.
    fn graph<R: Read>(&mut self, reader: &mut Reader<R>, depth: u32) -> Result<Vec<String>, ConvertError> {
        let mut open = Vec::new();
        if !self.fields.is(JsonKind::Object, reader)? {
            return Ok(open);
        }
        let (mut coordinates, mut file) = (None, None);
        reader.each_key(|key, reader| {
            match key {
                "coords" => coordinates = self.fields.object::<Coordinates, R>(reader)?,
                "filename" => file = self.fields.text(reader)?,
                "directs" if reader.peek()? == JsonKind::Array => reader.each_item(|_, reader| {
                    open.extend(self.graph(reader, depth + 1)?);
                    Ok::<_, ConvertError>(())
                })?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        let coordinates = coordinates.unwrap_or_default();
        let key = coordinates.key(filled(&coordinates.version).unwrap_or_default());
        // The first one is the project itself.
        if depth == 1 {
            self.direct.insert(key.clone());
        }
        open.push(key);
        let Some(file) = file else { return Ok(open) };
        for key in open {
            self.files.entry(key).or_insert_with(|| file.clone());
        }
        Ok(Vec::new())
    }
}

/// Around the vulnerabilities.
pub(super) struct Scope<'s> {
    pub(super) libraries: &'s Libraries,
    pub(super) spare: SpareManifest<'s>,
}

/// The second pass through `records`.
pub(super) fn walk<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Array {
        return Ok(());
    }
    reader.each_item(|_, reader| {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        reader.each_key(|key, reader| match key {
            "vulnerabilities" => {
                records.each(reader, |records, reader| records.map_group(reader, scope, map_vulnerability))
            }
            _ => Ok(()),
        })
    })
}

/// A vulnerability, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    /// Without its prefix: `2021-44228`.
    cve: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    overview: Option<Loose<'a>>,
    disclosure_date: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulnerability_types: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss_score: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    cvss3_score: Option<f64>,
    has_exploits: Option<bool>,
    #[serde(deserialize_with = "json::list")]
    libraries: Vec<Affected<'a>>,
    #[serde(rename = "_links")]
    links: Links<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    details: Vec<Fix<'a>>,
    #[serde(rename = "_links")]
    links: Links<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fix<'a> {
    #[serde(borrow)]
    update_to_version: Option<Loose<'a>>,
    version_range: Option<Loose<'a>>,
    fix_text: Option<Loose<'a>>,
    patch: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Links<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Option<Loose<'a>>,
    html: Option<Loose<'a>>,
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    if found.libraries.is_empty() {
        let example = filled(&found.title).unwrap_or_default();
        return vec![Outcome::skip(SkipReason::Unsupported, "a vulnerability without a library", example)];
    }
    found.libraries.iter().map(|affected| map_affected(affected, found, scope)).collect()
}

fn map_affected<'a>(
    affected: &'a Affected<'_>,
    found: &'a Vulnerability<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let title = filled(&found.title).unwrap_or_default();
    let libraries = scope.libraries;
    let reference = filled(&affected.links.reference).unwrap_or_default();
    let Some(library) = libraries.versions.get(reference) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability of an unknown library", title);
    };
    let fixes = || affected.details.iter();
    let mut package = Package::new(library.coordinates.name(), library.version.as_str());
    let kind = filled(&library.coordinates.coordinate_type);
    package.kind = kind.map(|kind| Cow::Owned(kind.to_ascii_lowercase()));
    package.fixed = fixes().filter_map(|fix| filled(&fix.update_to_version)).map(Cow::Borrowed).collect();
    package.vulnerable = fixes().find_map(|fix| filled(&fix.version_range)).map(Cow::Borrowed);
    let key = library.coordinates.key(&library.version);
    if !libraries.direct.is_empty() {
        package.direct = Some(libraries.direct.contains(&key));
    }
    let mut advisory = Advisory::new("veracode_vulnerability_id", id(found).unwrap_or_default());
    advisory.title = filled(&found.title).map(Cow::Borrowed);
    advisory.description = filled(&found.overview).map(Cow::Borrowed);
    advisory.url = filled(&found.links.html).map(Cow::Borrowed);
    advisory.references = fixes().filter_map(|fix| filled(&fix.patch)).map(Cow::Borrowed).collect();
    advisory.published = filled(&found.disclosure_date).map(Cow::Borrowed);
    advisory.ratings =
        [found.cvss3_score, found.cvss_score].map(|score| Rating::new("veracode", None, score)).to_vec();
    if package.fixed.is_empty() {
        advisory.solution = fixes().find_map(|fix| filled(&fix.fix_text)).map(Cow::Borrowed);
    }
    let file = libraries.files.get(&key).map(String::as_str);
    let place = Place::Manifest(Cow::Borrowed(file.unwrap_or_else(|| scope.spare.name())));
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", title);
    };
    let shown = &mut finding.vulnerability.details;
    details::add_list(shown, "types", "Types", texts(&found.vulnerability_types).map(Cow::Borrowed));
    if found.has_exploits == Some(true) {
        shown.text("exploits", "Exploits are known", "yes");
    }
    Outcome::finding(finding)
}

/// The CVE, else Veracode's own number as its API writes it.
fn id(found: &Vulnerability<'_>) -> Option<String> {
    let own = || filled(&found.id).map(|id| format!("SRCCLR-SID-{id}"));
    let cve = filled(&found.cve).map(|cve| match cve.starts_with("CVE-") {
        true => cve.to_owned(),
        false => format!("CVE-{cve}"),
    });
    cve.or_else(own)
}
