//! The report that the platform makes: results by language and query, by technology, by package.

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
    technology: String,
    query_name: String,
    query_id: String,
    description: String,
    package_name: String,
    package_version: String,
}

/// Takes every entry of a list `vulnerabilities`, however deep, to the records.
pub(super) fn each_vulnerability<R: Read>(
    records: &mut Records<'_>,
    reader: &mut Reader<R>,
    scope: &Scope<'_>,
    engine: &str,
) -> Result<(), ConvertError> {
    let around = Around { technology: engine.to_owned(), ..Around::default() };
    descend(records, reader, scope, around, DEPTH)
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
            match key {
                "vulnerabilities" if reader.peek()? == JsonKind::Array => {
                    return records.each(reader, |records, reader| {
                        records.map(reader, &(&around, scope), map_vulnerability)
                    });
                }
                "languageName" | "name" => text(reader, &mut around.technology)?,
                "queryName" => text(reader, &mut around.query_name)?,
                "queryId" => text(reader, &mut around.query_id)?,
                "description" => text(reader, &mut around.description)?,
                "packageName" => text(reader, &mut around.package_name)?,
                "packageVersion" => text(reader, &mut around.package_version)?,
                _ => return descend(records, reader, scope, around.clone(), depth - 1),
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
    similarity_id: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    state: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    group_name: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    cwe_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss_score: Option<f64>,
    #[serde(deserialize_with = "json::list")]
    compliance: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    nodes: Vec<Node<'a>>,
    file_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
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
    let package = filled(&found.package_name).or(Some(&*around.package_name)).filter(|name| !name.is_empty());
    let mapped = match package.filter(|_| found.nodes.is_empty() && found.file_name.is_none()) {
        Some(package) => map_package(found, package, around, scope),
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

fn weaknesses(found: &Vulnerability<'_>) -> Vec<u32> {
    let number = |text: &str| text.parse().map_or_else(|_| cwe::all(text), |number| vec![number]);
    filled(&found.cwe_id).map(number).unwrap_or_default()
}

fn map_issue<'a>(found: &'a Vulnerability<'_>, around: &'a Around) -> Option<Finding<'a>> {
    let of_code = !found.nodes.is_empty();
    let ids =
        if of_code { [&around.query_name, &around.query_id] } else { [&around.query_id, &around.query_name] };
    let rule = ids.into_iter().find(|id| !id.trim().is_empty())?;
    let mut issue = Issue::new("checkmarx_rule_id", rule.as_str());
    issue.rule_name = Some(Cow::Borrowed(&around.query_name));
    issue.title = Some(readable(&around.query_name));
    issue.message = filled(&found.description).or(Some(&around.description)).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.solution = filled(&found.expected_value).map(Cow::Borrowed);
    issue.weaknesses = weaknesses(found);
    let place = place(&found.nodes, filled(&found.file_name), found.line, &mut issue);
    let mut finding = issue.into_finding(Location::Sast(place))?;
    let shown = &mut finding.vulnerability.details;
    shown.text("actual", "Actual", filled(&found.actual_value).unwrap_or_default());
    shown.text("group", "Group", filled(&found.group_name).unwrap_or_default());
    shown.text("language", "Language", around.technology.as_str());
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
    name: &'a str,
    around: &'a Around,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let version = filled(&found.package_version).unwrap_or(&around.package_version);
    let mut package = Package::new(name, version);
    package.fixed.extend(filled(&found.recommended_version).map(Cow::Borrowed));
    let id = [&found.cve, &found.cve_name, &found.id].into_iter().find_map(filled)?;
    let mut advisory = Advisory::new("checkmarx_vulnerability_id", id);
    advisory.description = filled(&found.description).map(Cow::Borrowed);
    advisory.severity = filled(&found.severity).map(Cow::Borrowed);
    advisory.weaknesses = weaknesses(found);
    advisory.ratings.push(Rating::new("checkmarx", None, found.cvss_score));
    let manifest = scope.options.path.as_deref().unwrap_or(scope.manifest);
    let file = if manifest.is_empty() { "unknown" } else { manifest };
    advisory.into_finding(package, Place::Manifest(Cow::Borrowed(file)))
}
