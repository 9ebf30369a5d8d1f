//! Kubescape, `--format json` (v1 and v2): controls of resources of Kubernetes.

mod first;

use scanlift_convert_api::code::Issue;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity, SourceLocation};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// Reads the JSON reports of Kubescape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kubescape;

/// The converter.
pub static CONVERTER: Kubescape = Kubescape;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "kubescape",
    name: "Kubescape",
    summary: "JSON reports of Kubescape",
    versions: "JSON v1 and v2",
    kinds: &[Kind::Sast],
    url: "https://kubescape.io/docs/",
};

impl Converter for Kubescape {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let results = head.path_has(&["results", "resourceID"]) && head.path_has(&["results", "controls"]);
        let summary = head.path_has(&["summaryDetails", "controls"])
            || head.path_has(&["summaryDetails", "frameworks"])
            || (head.has("clusterAPIServerInfo") && head.has("customerGUID"));
        let of_first = head.path_has(&["controlReports", "ruleReports"])
            || head.path_has(&["frameworks", "controlReports", "ruleReports"]);
        if results || summary || of_first { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the resources and what controls weigh, and once for the results.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut outline = Outline::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        each_key(&mut reader, &mut |key, reader| outline.read(key, reader))?;
        reader.finish()?;
        if !outline.known {
            return Err(ConvertError::Unrecognised {
                expected: "`results` of JSON v2, or `controlReports` of JSON v1",
                help: "write the report with kubescape scan --format json --format-version v2",
            });
        }
        std::mem::take(&mut outline.fields.warnings).into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.end_time = outline.time.take().map(Cow::Owned);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        each_key(&mut reader, &mut |key, reader| match key {
            "results" => {
                records.each(reader, |records, reader| records.map_group(reader, &outline, map_result))
            }
            "controlReports" => {
                records.each(reader, |records, reader| records.map_group(reader, &(), first::map_control))
            }
            _ => Ok(()),
        })
    }
}

/// What is done with a key of a report.
type Visit<'v, R> = dyn FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError> + 'v;

/// Visits the keys of a report; of JSON v1 there is one for each framework, in a list or below `frameworks`.
fn each_key<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    match reader.peek()? {
        JsonKind::Array => reader.each_item(|_, reader| match reader.peek()? {
            JsonKind::Object => each_key(reader, visit),
            _ => Ok(()),
        }),
        _ => reader.each_key(|key, reader| match key {
            "frameworks" if reader.peek()? == JsonKind::Array => each_key(reader, visit),
            _ => visit(key, reader),
        }),
    }
}

/// Where controls are described.
const PAGE: &str = "https://kubescape.io/docs/controls";

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    known: bool,
    time: Option<String>,
    /// The weight of controls, from 1 to 10, by id.
    weights: HashMap<String, f64>,
    /// The files of resources, by id.
    files: HashMap<String, String>,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Control {
    #[serde(deserialize_with = "json::number")]
    score_factor: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    #[serde(rename = "resourceID")]
    id: Option<String>,
    source: Source,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Source {
    path: Option<String>,
    relative_path: Option<String>,
}

impl Outline {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "results" | "controlReports" => self.known = true,
            "generationTime" => self.time = self.fields.text(reader)?,
            "summaryDetails" if reader.peek()? == JsonKind::Object => reader.each_key(|key, reader| {
                if key != "controls" || reader.peek()? != JsonKind::Object {
                    return Ok(());
                }
                reader.each_key(|id, reader| {
                    let control: Control = self.fields.object(reader)?.unwrap_or_default();
                    if let Some(weight) = control.score_factor {
                        self.weights.insert(id.to_owned(), weight);
                    }
                    Ok::<_, ConvertError>(())
                })
            })?,
            "resources" if reader.peek()? == JsonKind::Array => reader.each_item(|_, reader| {
                let resource: Resource = self.fields.object(reader)?.unwrap_or_default();
                let Source { path, relative_path } = resource.source;
                let file = relative_path.filter(|path| !path.is_empty()).or(path);
                if let (Some(id), Some(file)) = (resource.id, file.filter(|file| !file.is_empty())) {
                    self.files.insert(id, file);
                }
                Ok::<_, ConvertError>(())
            })?,
            _ => {}
        }
        Ok(())
    }
}

/// `resourcesresults.Result`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tested<'a> {
    #[serde(borrow, rename = "resourceID")]
    resource: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    controls: Vec<Checked<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Checked<'a> {
    #[serde(borrow, rename = "controlID")]
    id: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    /// In words, of reports by the operator.
    severity: Option<Loose<'a>>,
    status: Status<'a>,
    #[serde(deserialize_with = "json::list")]
    rules: Vec<Rule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    status: Option<Loose<'a>>,
    sub_status: Option<Loose<'a>>,
    info: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    paths: Vec<Place<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Place<'a> {
    #[serde(borrow)]
    failed_path: Option<Loose<'a>>,
    review_path: Option<Loose<'a>>,
    delete_path: Option<Loose<'a>>,
    fix_path: Mend<'a>,
    fix_command: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mend<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    value: Option<Loose<'a>>,
}

fn map_result<'a>(tested: &'a Tested<'_>, outline: &'a Outline) -> Vec<Outcome<'a>> {
    let id = filled(&tested.resource).unwrap_or_default();
    tested.controls.iter().map(|checked| map_control(checked, id, outline)).collect()
}

fn map_control<'a>(checked: &'a Checked<'_>, resource: &'a str, outline: &'a Outline) -> Outcome<'a> {
    let id = filled(&checked.id).unwrap_or_default();
    let status = filled(&checked.status.status).unwrap_or_default();
    let sub = filled(&checked.status.sub_status).unwrap_or_default();
    if sub.contains("exceptions") {
        return Outcome::skip(SkipReason::Suppressed, format!("subStatus: {sub}"), id);
    }
    if status != "failed" {
        return Outcome::skip(SkipReason::NotAFinding, format!("status: {status}"), id);
    }
    let mut issue = Issue::new("kubescape_control_id", id);
    let name = filled(&checked.name);
    issue.rule_name = name.map(|name| format!("{id} {name}").into());
    issue.url = Some(format!("{PAGE}/{}/", id.to_ascii_lowercase()).into());
    issue.title = name.map(Cow::Borrowed);
    let shown = shown(resource);
    issue.message = Some(format!("{} ({shown})", name.unwrap_or(id)).into());
    issue.about = filled(&checked.status.info).map(Cow::Borrowed);
    let places = || checked.rules.iter().flat_map(|rule| &rule.paths);
    issue.solution = Some(places().filter_map(advice).collect::<Vec<_>>().join("\n").into());
    issue.severity = filled(&checked.severity).map(Cow::Borrowed);
    issue.rating = outline.weights.get(id).copied().and_then(rating);
    let file = outline.files.get(resource).map_or(shown.as_str(), String::as_str).to_owned();
    let Some(mut finding) = issue.into_finding(Location::Sast(SourceLocation::file(file))) else {
        return Outcome::skip(SkipReason::Unsupported, "a control without an id", resource);
    };
    let details = &mut finding.vulnerability.details;
    details.text("resource", "Resource", shown);
    let failed = places().filter_map(|place| {
        [&place.failed_path, &place.review_path, &place.delete_path].into_iter().find_map(filled)
    });
    add_list(details, "paths", "Paths", failed);
    Outcome::finding(finding)
}

/// What to change.
fn advice(place: &Place<'_>) -> Option<String> {
    let command = || filled(&place.fix_command).map(|command| format!("Run {command}"));
    set(&place.fix_path).or_else(command)
}

/// What to set to what.
fn set(mend: &Mend<'_>) -> Option<String> {
    let path = filled(&mend.path)?;
    Some(match filled(&mend.value) {
        Some(value) => format!("Set {path} to {value}"),
        None => format!("Set {path}"),
    })
}

/// `ControlSeverityToString` of Kubescape.
fn rating(weight: f64) -> Option<Severity> {
    match weight {
        weight if weight >= 9.0 => Some(Severity::Critical),
        weight if weight >= 7.0 => Some(Severity::High),
        weight if weight >= 4.0 => Some(Severity::Medium),
        weight if weight >= 1.0 => Some(Severity::Low),
        _ => None,
    }
}

/// `prod/Deployment/web` of `/apps/v1/prod/Deployment/web` and of
/// `path=2051/api=apps/v1/prod/Deployment/web`; other ids as they are.
fn shown(id: &str) -> String {
    let rest = id.split_once("/api=").map_or(id, |(_, rest)| rest);
    let parts: Vec<&str> = rest.split('/').collect();
    match parts[..] {
        // Group and version, the core group being empty.
        [_, version, namespace, kind, name] if version.starts_with('v') => {
            let parts = [namespace, kind, name];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
        }
        _ => rest.trim_matches('/').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_have_names() {
        for (id, want) in [
            ("apps/v1/prod/Deployment/web", "prod/Deployment/web"),
            ("path=2051516172/api=apps/v1/prod/Deployment/web", "prod/Deployment/web"),
            ("path=2051516172/api=/v1//Pod/web", "Pod/web"),
            ("/v1/prod/Pod/web", "prod/Pod/web"),
            ("rbac.authorization.k8s.io/v1//ClusterRole/admin", "ClusterRole/admin"),
        ] {
            assert_eq!(shown(id), want, "{id}");
        }
    }

    #[test]
    fn weights_are_severities() {
        for (weight, want) in [
            (10.0, Some(Severity::Critical)),
            (9.0, Some(Severity::Critical)),
            (8.0, Some(Severity::High)),
            (6.0, Some(Severity::Medium)),
            (3.0, Some(Severity::Low)),
            (0.0, None),
        ] {
            assert_eq!(rating(weight), want, "{weight}");
        }
    }
}
