//! Reading a whole report, to change and write it again.

use crate::{
    Asset, ClusterImageLocation, CrashLocation, CvssVector, DependencyLocation, Details, Evidence, Extra,
    Flag, Identifiers, ImageLocation, Kind, Link, Location, Remediation, Scan, SecretLocation,
    SourceLocation, Tracking, Vulnerability, WebLocation, extra::Object, scan::visits,
};
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A report as a whole, for what needs all of it at once (to write one as it comes, use
/// [`ReportWriter`](crate::ReportWriter)).
///
/// Read and written again it keeps every field: what the model knows as typed values, the rest,
/// and what a typed value would lose something of, in `extra`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The schema version that it declares.
    pub version: String,
    /// Where it comes from.
    pub scan: Scan<'static>,
    /// What was found.
    pub vulnerabilities: Vec<Vulnerability<'static>>,
    /// Patches.
    pub remediations: Vec<Remediation<'static>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// Why a report cannot be read. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[error("read {place} of the report: {problem}")]
#[non_exhaustive]
pub struct ReadError {
    /// Where, as `vulnerabilities[3].location`.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

fn error(place: impl Into<String>, problem: impl ToString) -> ReadError {
    ReadError { place: place.into(), problem: problem.to_string() }
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// If it is no JSON object, or lacks what makes it a report: `version`, `scan`, and the
    /// identifiers and location of every vulnerability.
    pub fn from_slice(json: &[u8]) -> Result<Self, ReadError> {
        let mut map: Map<String, Value> =
            serde_json::from_slice(json).map_err(|e| error("the top level", e))?;
        let version =
            take(&mut map, "version").ok_or_else(|| error("`version`", "it is missing or no text"))?;
        let scan = match map.remove("scan") {
            Some(Value::Object(scan)) => Scan::read(scan)?,
            _ => return Err(error("`scan`", "it is missing or no object")),
        };
        let vulnerabilities = match map.remove("vulnerabilities") {
            Some(Value::Array(all)) => all
                .into_iter()
                .enumerate()
                .map(|(at, one)| {
                    Vulnerability::read(scan.kind, one)
                        .map_err(|e| error(format!("vulnerabilities[{at}].{}", e.place), e.problem))
                })
                .collect::<Result<_, _>>()?,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err(error("`vulnerabilities`", "it is no array")),
        };
        let remediations = take_lossless(&mut map, "remediations").unwrap_or_default();
        Ok(Self { version, scan, vulnerabilities, remediations, extra: Extra::new(map) })
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object::begin(serializer, &self.extra)?;
        object.entry("version", &self.version)?;
        object.entry("vulnerabilities", &self.vulnerabilities)?;
        if !self.remediations.is_empty() {
            object.entry("remediations", &self.remediations)?;
        }
        object.entry("scan", &self.scan)?;
        object.end()
    }
}

impl Scan<'static> {
    fn read(mut map: Map<String, Value>) -> Result<Self, ReadError> {
        let spelled: String =
            take(&mut map, "type").ok_or_else(|| error("scan.type", "it is missing or no text"))?;
        let kind = Kind::parse(&spelled)
            .ok_or_else(|| error("scan.type", format!("`{spelled}` is no report type")))?;
        // It is written in any case, and always in its place.
        if visits(kind) && map.get("scanned_resources").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            map.remove("scanned_resources");
        }
        Ok(Self {
            kind,
            for_registry: spelled.ends_with("_for_registry"),
            analyzer: required(&mut map, "analyzer")
                .map_err(|e| error(format!("scan.{}", e.place), e.problem))?,
            scanner: required(&mut map, "scanner")
                .map_err(|e| error(format!("scan.{}", e.place), e.problem))?,
            start_time: required(&mut map, "start_time")
                .map_err(|e| error(format!("scan.{}", e.place), e.problem))?,
            end_time: required(&mut map, "end_time")
                .map_err(|e| error(format!("scan.{}", e.place), e.problem))?,
            status: required(&mut map, "status")
                .map_err(|e| error(format!("scan.{}", e.place), e.problem))?,
            messages: take_lossless(&mut map, "messages").unwrap_or_default(),
            options: take_lossless(&mut map, "options").unwrap_or_default(),
            primary_identifiers: take_lossless(&mut map, "primary_identifiers").unwrap_or_default(),
            scanned_resources: take_lossless(&mut map, "scanned_resources").unwrap_or_default(),
            observability: take_lossless(&mut map, "observability"),
            extra: Extra::new(map),
        })
    }
}

impl Vulnerability<'static> {
    /// Reads an entry of `vulnerabilities` of a report of that kind.
    ///
    /// # Errors
    /// If it is no object, or its identifiers or location are missing or not of their shape.
    pub fn read(kind: Kind, json: Value) -> Result<Self, ReadError> {
        let Value::Object(mut map) = json else {
            return Err(error("", "it is no object"));
        };
        let identifiers = required(&mut map, "identifiers")?;
        let identifiers =
            Identifiers::from_vec(identifiers).ok_or_else(|| error("identifiers", "there is none"))?;
        let location = match kind {
            Kind::Sast => Location::Sast(required::<SourceLocation<'_>>(&mut map, "location")?),
            Kind::SecretDetection => {
                Location::SecretDetection(required::<SecretLocation<'_>>(&mut map, "location")?)
            }
            Kind::DependencyScanning => {
                Location::DependencyScanning(required::<DependencyLocation<'_>>(&mut map, "location")?)
            }
            Kind::ContainerScanning => {
                Location::ContainerScanning(required::<ImageLocation<'_>>(&mut map, "location")?)
            }
            Kind::ClusterImageScanning => {
                Location::ClusterImageScanning(Box::new(required::<ClusterImageLocation<'_>>(
                    &mut map, "location",
                )?))
            }
            Kind::Dast => Location::Dast(required::<WebLocation<'_>>(&mut map, "location")?),
            Kind::ApiFuzzing => Location::ApiFuzzing(required::<WebLocation<'_>>(&mut map, "location")?),
            Kind::CoverageFuzzing => {
                Location::CoverageFuzzing(required::<CrashLocation<'_>>(&mut map, "location")?)
            }
        };
        Ok(Self {
            id: take_lossless(&mut map, "id"),
            name: take_lossless(&mut map, "name"),
            description: take_lossless(&mut map, "description"),
            severity: take_lossless(&mut map, "severity"),
            solution: take_lossless(&mut map, "solution"),
            identifiers,
            cvss_vectors: take_lossless::<Vec<CvssVector<'_>>>(&mut map, "cvss_vectors").unwrap_or_default(),
            links: take_lossless::<Vec<Link<'_>>>(&mut map, "links").unwrap_or_default(),
            details: take_lossless::<Details<'_>>(&mut map, "details").unwrap_or_default(),
            tracking: take_lossless::<Tracking<'_>>(&mut map, "tracking"),
            flags: take_lossless::<Vec<Flag<'_>>>(&mut map, "flags").unwrap_or_default(),
            location,
            evidence: take_lossless::<Evidence<'_>>(&mut map, "evidence"),
            assets: take_lossless::<Vec<Asset<'_>>>(&mut map, "assets").unwrap_or_default(),
            raw_source_code_extract: take_lossless(&mut map, "raw_source_code_extract"),
            extra: Extra::new(map),
        })
    }
}

fn required<T: DeserializeOwned>(map: &mut Map<String, Value>, key: &str) -> Result<T, ReadError> {
    let value = map.remove(key).ok_or_else(|| error(key, "it is missing"))?;
    T::deserialize(value).map_err(|e| error(key, e))
}

/// Takes the field out if it reads.
fn take<T: DeserializeOwned>(map: &mut Map<String, Value>, key: &str) -> Option<T> {
    let value = T::deserialize(map.get(key)?).ok()?;
    map.remove(key);
    Some(value)
}

/// Takes the field out if it reads and writing it again gives the very same; else it stays, and so
/// lands in `extra`.
fn take_lossless<T: DeserializeOwned + Serialize>(map: &mut Map<String, Value>, key: &str) -> Option<T> {
    let old = map.get(key)?;
    let value = T::deserialize(old).ok()?;
    let empty = old.as_array().is_some_and(Vec::is_empty) || old.as_object().is_some_and(Map::is_empty);
    if empty || serde_json::to_value(&value).ok().as_ref() != Some(old) {
        return None;
    }
    map.remove(key);
    Some(value)
}
