//! Clair 4 (`claircore.VulnerabilityReport`): tables by id, put together here.
//!
//! A record is a package with a vulnerability (`package_vulnerabilities`); a vulnerability that no
//! package has there is one too, with the package that it names itself.

use super::report::{Scope, fixed_version, id_of_name, severity_word, title_of_name};
use crate::field::text;
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package as Dependency, Place, Rating};
use scanlift_convert_api::{ConvertError, Outcome, SkipReason, image};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// The tables of a document.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) manifest_hash: Option<String>,
    packages: HashMap<String, Package>,
    distributions: HashMap<String, Distribution>,
    environments: HashMap<String, Vec<Environment>>,
    /// The packages of a vulnerability, in the document's order.
    packages_of: HashMap<String, Vec<String>>,
    /// Vectors by the id of a vulnerability.
    cvss: HashMap<String, Vec<Enriched>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package {
    name: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    source: Option<Box<Package>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Distribution {
    did: Option<String>,
    name: Option<String>,
    version_id: Option<String>,
    pretty_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Environment {
    package_db: Option<String>,
    introduced_in: Option<String>,
    distribution_id: Option<String>,
}

/// An entry of the enrichment `clair.cvss` (NVD's data).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Enriched {
    vector_string: Option<String>,
    #[serde(deserialize_with = "json::number")]
    base_score: Option<f64>,
}

impl Tables {
    /// Whether the document is one of version 4.
    pub(super) fn is_there(&self) -> bool {
        self.manifest_hash.is_some() || !self.packages_of.is_empty()
    }

    /// Reads a key of the document, if it is a table.
    pub(super) fn read<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        if key == "manifest_hash" {
            self.manifest_hash = fields.text(reader)?;
            return Ok(());
        }
        if !matches!(
            key,
            "packages" | "distributions" | "environments" | "package_vulnerabilities" | "enrichments"
        ) || reader.peek()? != JsonKind::Object
        {
            return Ok(());
        }
        reader.each_key(|id, reader| {
            match key {
                "packages" => {
                    if let Some(package) = fields.object(reader)? {
                        self.packages.insert(id.to_owned(), package);
                    }
                }
                "distributions" => {
                    if let Some(distribution) = fields.object(reader)? {
                        self.distributions.insert(id.to_owned(), distribution);
                    }
                }
                "environments" if reader.peek()? == JsonKind::Array => {
                    let all = self.environments.entry(id.to_owned()).or_default();
                    reader.each_item(|_, reader| {
                        all.extend(fields.object::<Environment, R>(reader)?);
                        Ok::<_, ConvertError>(())
                    })?;
                }
                "package_vulnerabilities" => {
                    for vulnerability in fields.texts(reader)? {
                        self.packages_of.entry(vulnerability).or_default().push(id.to_owned());
                    }
                }
                "enrichments" if id.contains("clair.cvss") && reader.peek()? == JsonKind::Array => {
                    reader.each_item(|_, reader| self.read_enrichment(reader, fields))?;
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn read_enrichment<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        reader.each_key(|id, reader| {
            if reader.peek()? != JsonKind::Array {
                return Ok(());
            }
            let all = self.cvss.entry(id.to_owned()).or_default();
            reader.each_item(|_, reader| {
                all.extend(fields.object::<Enriched, R>(reader)?);
                Ok(())
            })
        })
    }

    fn environment(&self, package: &str) -> Option<&Environment> {
        self.environments.get(package)?.first()
    }
}

/// The second pass: one vulnerability after the other, with its packages.
pub(super) fn walk<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
    tables: &Tables,
) -> Result<(), ConvertError> {
    reader.each_key(|key, reader| match (key, reader.peek()?) {
        ("vulnerabilities", JsonKind::Object) => reader.each_key(|id, reader| {
            let group =
                Group { scope, tables, packages: tables.packages_of.get(id).map_or(&[], Vec::as_slice), id };
            records.map_group(reader, &group, map_vulnerability)
        }),
        _ => Ok(()),
    })
}

/// A vulnerability's packages, by their ids.
struct Group<'c> {
    scope: &'c Scope<'c>,
    tables: &'c Tables,
    packages: &'c [String],
    id: &'c str,
}

/// A value of `vulnerabilities`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    updater: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    issued: Option<Loose<'a>>,
    /// Separated by blanks.
    links: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    normalized_severity: Option<Loose<'a>>,
    package: Option<Named<'a>>,
    distribution: Option<System<'a>>,
    fixed_in_version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct System<'a> {
    #[serde(borrow)]
    did: Option<Loose<'a>>,
    version_id: Option<Loose<'a>>,
}

fn map_vulnerability<'a>(vulnerability: &'a Vulnerability<'_>, group: &'a Group<'_>) -> Vec<Outcome<'a>> {
    if group.packages.is_empty() {
        return vec![map(vulnerability, None, group)];
    }
    group.packages.iter().map(|package| map(vulnerability, Some(package), group)).collect()
}

fn map<'a>(
    vulnerability: &'a Vulnerability<'_>,
    package_id: Option<&'a str>,
    group: &'a Group<'_>,
) -> Outcome<'a> {
    let tables = group.tables;
    let full_name = filled(&vulnerability.name).unwrap_or_default();
    let id = id_of_name(full_name);
    let package = package_id.and_then(|id| tables.packages.get(id));
    let own = vulnerability.package.as_ref();
    let name = package.and_then(|package| filled(&package.name)).or_else(|| filled(&own?.name));
    let Some(name) = name else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a package", id);
    };
    let version = package.and_then(|package| filled(&package.version)).or_else(|| filled(&own?.version));
    let mut dependency = Dependency::new(name, version.unwrap_or_default());
    dependency.fixed = filled(&vulnerability.fixed_in_version).and_then(fixed_version).into_iter().collect();
    let environment = package_id.and_then(|id| tables.environment(id));
    let database = environment.and_then(|environment| filled(&environment.package_db));
    dependency.path = database.map(|path| Cow::Borrowed(path.split_once(':').map_or(path, |(_, path)| path)));
    let place = Place::Image {
        image: Cow::Borrowed(&*group.scope.image),
        operating_system: system(vulnerability, environment, tables)
            .map(Cow::Owned)
            .or(group.scope.system.map(Cow::Borrowed)),
    };

    let Some(mut finding) = map_advisory(vulnerability, id, full_name, group).into_finding(dependency, place)
    else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a name", name);
    };
    let details = &mut finding.vulnerability.details;
    let source = package.and_then(|package| package.source.as_ref()).and_then(|source| filled(&source.name));
    details.text(
        "source_package",
        "Source package",
        source.filter(|source| *source != name).unwrap_or_default(),
    );
    let layer = environment.and_then(|environment| filled(&environment.introduced_in));
    details.text("layer", "Layer", layer.unwrap_or_default());
    details.text(
        "package_kind",
        "Package kind",
        package.and_then(|package| filled(&package.kind)).unwrap_or_default(),
    );
    details.text(
        "updater",
        "Source of the vulnerability",
        filled(&vulnerability.updater).unwrap_or_default(),
    );
    Outcome::finding(finding)
}

fn map_advisory<'a>(
    vulnerability: &'a Vulnerability<'_>,
    id: &'a str,
    full_name: &'a str,
    group: &'a Group<'_>,
) -> Advisory<'a> {
    let mut advisory = Advisory::new("clair_id", id);
    advisory.title = title_of_name(full_name, id);
    advisory.description = text(&vulnerability.description);
    advisory.published = text(&vulnerability.issued).filter(|time| !time.starts_with("0001-"));
    let links = filled(&vulnerability.links).unwrap_or_default();
    advisory.references = links.split_whitespace().map(Cow::Borrowed).collect();
    advisory.url = advisory.references.first().cloned();
    let normalized =
        text(&vulnerability.normalized_severity).filter(|word| !word.eq_ignore_ascii_case("unknown"));
    advisory.severity = normalized.or(text(&vulnerability.severity)).map(severity_word);
    let enriched = group.tables.cvss.get(group.id).into_iter().flatten();
    advisory.ratings = enriched
        .map(|cvss| Rating::new("nvd", filled(&cvss.vector_string).map(Cow::Borrowed), cvss.base_score))
        .collect();
    // Some updaters put the vector where the word should be.
    advisory.ratings.push(Rating::new("", text(&vulnerability.severity), None));
    advisory
}

/// The system of the package, else that of the vulnerability, else the only one there is.
fn system(
    vulnerability: &Vulnerability<'_>,
    environment: Option<&Environment>,
    tables: &Tables,
) -> Option<String> {
    let of_package = environment.and_then(|it| tables.distributions.get(filled(&it.distribution_id)?));
    let only = || (tables.distributions.len() == 1).then(|| tables.distributions.values().next()).flatten();
    let named = |distribution: &Distribution| {
        let id = filled(&distribution.did).or(filled(&distribution.name)).unwrap_or_default();
        image::operating_system(id, filled(&distribution.version_id).unwrap_or_default())
            .or_else(|| image::system_of_title(filled(&distribution.pretty_name)?))
    };
    let own = || {
        let system = vulnerability.distribution.as_ref()?;
        image::operating_system(filled(&system.did)?, filled(&system.version_id).unwrap_or_default())
    };
    of_package.and_then(named).or_else(own).or_else(|| named(only()?))
}
