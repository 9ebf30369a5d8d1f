//! The report that the platform makes: results by language and query, by technology, by package.

use super::package::split;
use super::result::{Node, Scope, place, readable, settled, triage};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{ConvertError, Finding, Fingerprint, Outcome, SkipReason, cwe, details};
use scanlift_report_core::Location;
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// How deep lists of vulnerabilities stand: scanResults.sast.languages[].queries[].vulnerabilities.
const DEPTH: usize = 8;

/// What stands around a vulnerability, from outside to inside.
#[derive(Clone, Debug, Default)]
struct Around {
    named: Named,
    technology: String,
    query_name: String,
    query_id: String,
    description: String,
    package_name: String,
    package_version: String,
    /// All in one: `Npm-left-pad-1.2.3`.
    package_identifier: String,
}

/// What has the `name` that stands around a vulnerability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Named {
    #[default]
    Technology,
    Query,
    Package,
}

/// Takes every entry of a list of vulnerabilities, however deep, to the records.
pub(super) fn each_vulnerability<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    descend(records, reader, scope, Around::default(), DEPTH)
}

fn descend<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    scope: &Scope<'_>,
    mut around: Around,
    depth: usize,
) -> Result<(), ConvertError> {
    if depth == 0 {
        return Ok(());
    }
    match reader.peek()? {
        JsonKind::Array => {
            reader.each_item(|_, reader| descend(records, reader, scope, around.clone(), depth - 1))
        }
        JsonKind::Object => reader.each_key(|key, reader| {
            let is_list = match key {
                "vulnerabilities" => true,
                "resultsList" => around.named == Named::Query,
                "categoryResults" => around.named == Named::Package,
                _ => false,
            };
            match (key, around.named) {
                _ if is_list && reader.peek()? == JsonKind::Array => {
                    return records.each(reader, |records, reader| {
                        records.map(reader, &(&around, scope), map_vulnerability)
                    });
                }
                ("languageName", _) | ("name", Named::Technology) => text(reader, &mut around.technology)?,
                ("name", Named::Query) => text(reader, &mut around.query_name)?,
                ("name", Named::Package) => text(reader, &mut around.package_identifier)?,
                ("queryName", _) => text(reader, &mut around.query_name)?,
                ("queryId", _) => text(reader, &mut around.query_id)?,
                ("description", _) => text(reader, &mut around.description)?,
                ("packageName", _) => text(reader, &mut around.package_name)?,
                ("packageVersion", _) => text(reader, &mut around.package_version)?,
                (key, named) => {
                    let named = match key {
                        "packages" => Named::Package,
                        // `results` are those of KICS.
                        "queries" | "results" => Named::Query,
                        _ => named,
                    };
                    return descend(records, reader, scope, Around { named, ..around.clone() }, depth - 1);
                }
            }
            Ok(())
        }),
        _ => Ok(()),
    }
}

fn text<R: Read>(reader: &mut Reader<R>, field: &mut String) -> Result<(), ConvertError> {
    if matches!(reader.peek()?, JsonKind::String | JsonKind::Number)
        && let Ok(text) = reader.parse::<Loose<'_>>()
    {
        *field = text.into_cow().into_owned();
    }
    Ok(())
}

/// An entry, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    cve: Option<Loose<'a>>,
    cve_name: Option<Loose<'a>>,
    cve_id: Option<Loose<'a>>,
    similarity_id: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    group_name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    cwe_id: Option<Loose<'a>>,
    cwe: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss_score: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(deserialize_with = "json::list")]
    compliance: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    nodes: Vec<Node<'a>>,
    file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    destination_file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    destination_line: Option<u64>,
    issue_type: Option<Loose<'a>>,
    expected_value: Option<Loose<'a>>,
    actual_value: Option<Loose<'a>>,
    package_name: Option<Loose<'a>>,
    package_version: Option<Loose<'a>>,
    recommended_version: Option<Loose<'a>>,
    first_found_date: Option<Loose<'a>>,
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, around: &'a (&Around, &Scope<'_>)) -> Outcome<'a> {
    let (around, scope) = *around;
    let example = filled(&found.id).unwrap_or(&around.query_name);
    if let Some((reason, detail)) = settled(filled(&found.state), filled(&found.status)) {
        return Outcome::skip(reason, detail, example);
    }
    let is_of_file = found.is_of_code() || found.file_name.is_some();
    let mapped = match package_of(found, around).filter(|_| !is_of_file) {
        Some(package) => map_package(found, package, scope),
        None => map_issue(found, around),
    };
    let Some(mut finding) = mapped else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without a query", example);
    };
    triage(&mut finding, filled(&found.state), filled(&found.status));
    let first = filled(&found.first_found_date).unwrap_or_default();
    finding.vulnerability.details.text("first_found", "First found", first);
    if let Some(value) = filled(&found.similarity_id) {
        finding.fingerprints.push(Fingerprint { name: "similarityId".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

impl Vulnerability<'_> {
    /// Whether it is of SAST, which tells the way of a value or where that ends.
    fn is_of_code(&self) -> bool {
        !self.nodes.is_empty() || self.destination_file_name.is_some()
    }

    fn weaknesses(&self) -> Vec<u32> {
        let number = |text: &str| text.parse().map_or_else(|_| cwe::all(text), |number| vec![number]);
        filled(&self.cwe_id).or(filled(&self.cwe)).map(number).unwrap_or_default()
    }
}

/// The package that an entry is of.
fn package_of<'a>(found: &'a Vulnerability<'_>, around: &'a Around) -> Option<Package<'a>> {
    let name = filled(&found.package_name).unwrap_or(around.package_name.trim());
    let version = filled(&found.package_version).unwrap_or(&around.package_version);
    let (kind, name, version) =
        if name.is_empty() { split(around.package_identifier.trim()) } else { (None, name, version) };
    let mut package = Package::new(name, version);
    package.kind = kind.map(Cow::Borrowed);
    package.fixed.extend(filled(&found.recommended_version).map(Cow::Borrowed));
    Some(package).filter(|_| !name.is_empty())
}

fn map_issue<'a>(found: &'a Vulnerability<'_>, around: &'a Around) -> Option<Finding<'a>> {
    let mut ids = [&around.query_id, &around.query_name];
    if found.is_of_code() {
        ids.reverse();
    }
    let rule = ids.into_iter().find(|id| !id.trim().is_empty())?;
    let mut issue = Issue::new("checkmarx_rule_id", rule.as_str());
    issue.rule_name = Some(Cow::Borrowed(&around.query_name));
    issue.title = Some(readable(&around.query_name));
    issue.message = filled(&found.description).or(Some(&around.description)).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.solution = filled(&found.expected_value).map(Cow::Borrowed);
    issue.weaknesses = found.weaknesses();
    let file = filled(&found.file_name).or(filled(&found.destination_file_name));
    let place = place(&found.nodes, file, found.line.or(found.destination_line), &mut issue);
    let mut finding = issue.into_finding(Location::Sast(place))?;
    let shown = &mut finding.vulnerability.details;
    shown.text("actual", "Actual", filled(&found.actual_value).unwrap_or_default());
    shown.text("group", "Group", filled(&found.group_name).unwrap_or_default());
    shown.text("language", "Language", around.technology.as_str());
    shown.text("issue_type", "Type of issue", filled(&found.issue_type).unwrap_or_default());
    details::add_list(
        shown,
        "compliances",
        "Compliance",
        found.compliance.iter().map(|it| Cow::Borrowed(&**it)),
    );
    Some(finding)
}

fn map_package<'a>(
    found: &'a Vulnerability<'_>,
    package: Package<'a>,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let id = [&found.cve, &found.cve_name, &found.cve_id, &found.id].into_iter().find_map(filled)?;
    let mut advisory = Advisory::new("checkmarx_vulnerability_id", id);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).map(Cow::Borrowed);
    advisory.weaknesses = found.weaknesses();
    advisory.ratings.push(Rating::new("checkmarx", None, found.cvss_score.or(found.score)));
    advisory.into_finding(package, Place::Manifest(Cow::Borrowed(scope.manifest.name())))
}
