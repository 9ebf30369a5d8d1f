//! KICS, `--report-formats json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Messages, Options, Outcome, ScanInfo,
    Sink, SkipReason, Warning, cwe,
};
use scanlift_report_core::{Kind, Location, MessageLevel, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of KICS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kics;

/// The converter.
pub static CONVERTER: Kics = Kics;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "kics",
    name: "KICS",
    summary: "JSON reports of KICS",
    versions: "1 and 2",
    kinds: &[Kind::Sast],
    url: "https://docs.kics.io/latest/results/",
};

impl Converter for Kics {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_run =
            head.has("kics_version") || head.has("queries_total") || head.has("files_failed_to_scan");
        if of_run || head.path_has(&["queries", "query_id"]) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let run = Run::read(input)?;
        run.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = run.version.map(Into::into);
        scan.start_time = run.start.map(Into::into);
        scan.end_time = run.end.map(Into::into);
        scan.messages = run.messages.into_vec();
        // A path with a dot may be that of a file.
        let folders =
            run.paths.iter().filter(|path| !path.rsplit('/').next().unwrap_or_default().contains('.'));
        scan.roots = folders.cloned().map(Cow::Owned).collect();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "queries" => records
                .each(reader, |records, reader| records.map_group(reader, run.paths.as_slice(), map_query)),
            _ => Ok(()),
        })
    }
}

/// What stands beside the queries.
#[derive(Default)]
struct Run {
    version: Option<String>,
    start: Option<String>,
    end: Option<String>,
    /// What was scanned: absolute paths, without `/` at their end.
    paths: Vec<String>,
    messages: Messages,
    warnings: Vec<Warning>,
}

impl Run {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut run, mut fields, mut known) = (Self::default(), Fields::default(), false);
        let mut materials = 0_u64;
        json::walk(input, |key, reader| {
            match key {
                // A scan without a hit may have no `queries`.
                "queries" | "queries_total" | "files_scanned" => known = true,
                "kics_version" => run.version = fields.text(reader)?,
                "start" => run.start = fields.text(reader)?,
                "end" => run.end = fields.text(reader)?,
                "paths" => {
                    let paths = fields.texts(reader)?.into_iter().filter(|path| path.starts_with('/'));
                    run.paths = paths.map(|path| path.trim_end_matches('/').to_owned()).collect();
                }
                "bill_of_materials" => fields.objects(reader, |_: Material| materials += 1)?,
                "files_failed_to_scan" | "queries_failed_to_execute" => {
                    if let Some(count) = fields.text(reader)?.filter(|count| count != "0") {
                        run.messages.push(MessageLevel::Warn, format!("{}: {count}", key.replace('_', " ")));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`queries`",
                help: "write the report with kics scan --report-formats json",
            });
        }
        if materials > 0 {
            let text =
                format!("kinds of resources in the bill of materials, which are no findings: {materials}");
            run.messages.push(MessageLevel::Info, text);
        }
        run.warnings = fields.warnings;
        Ok(run)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Material {}

/// `model.QueryResult`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query<'a> {
    #[serde(borrow)]
    query_name: Option<Loose<'a>>,
    query_id: Option<Loose<'a>>,
    query_url: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    platform: Option<Loose<'a>>,
    cloud_provider: Option<Loose<'a>>,
    cwe: Option<Loose<'a>>,
    risk_score: Option<Loose<'a>>,
    category: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    cis_description_id: Option<Loose<'a>>,
    cis_description_title: Option<Loose<'a>>,
    cis_description_text: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    files: Vec<VulnerableFile<'a>>,
}

/// `model.VulnerableFile`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VulnerableFile<'a> {
    #[serde(borrow)]
    file_name: Option<Loose<'a>>,
    similarity_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    resource_type: Option<Loose<'a>>,
    resource_name: Option<Loose<'a>>,
    issue_type: Option<Loose<'a>>,
    search_key: Option<Loose<'a>>,
    expected_value: Option<Loose<'a>>,
    actual_value: Option<Loose<'a>>,
    remediation: Option<Loose<'a>>,
}

fn map_query<'a>(query: &'a Query<'_>, paths: &'a [String]) -> Vec<Outcome<'a>> {
    query.files.iter().map(|file| map_file(query, file, paths)).collect()
}

/// KICS names files from the folder it runs in, which in its image is none of what it scans:
/// `../../path/a.tf` is `/path/a.tf`, where that was scanned.
fn absolute<'a>(name: &'a str, paths: &[String]) -> Cow<'a, str> {
    let rest = name.trim_start_matches("../");
    let is_in = |path: &String| {
        let below = path.strip_prefix('/').and_then(|path| rest.strip_prefix(path));
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    if rest.len() < name.len() && paths.iter().any(is_in) {
        Cow::Owned(format!("/{rest}"))
    } else {
        Cow::Borrowed(name)
    }
}

fn map_file<'a>(query: &'a Query<'_>, file: &'a VulnerableFile<'_>, paths: &[String]) -> Outcome<'a> {
    let name = filled(&query.query_name);
    let Some(rule) = filled(&query.query_id).or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "a query without an id", "");
    };
    let mut issue = Issue::new("kics_rule_id", rule);
    issue.rule_name = name.map(Cow::Borrowed);
    issue.url = filled(&query.query_url).filter(|url| *url != "https://kics.io/").map(Cow::Borrowed);
    issue.title = name.map(Cow::Borrowed);
    issue.message = filled(&query.description).map(Cow::Borrowed);
    issue.severity = filled(&query.severity).map(Cow::Borrowed);
    issue.rating =
        filled(&query.severity).filter(|word| word.eq_ignore_ascii_case("trace")).map(|_| Severity::Info);
    let numbers =
        filled(&query.cwe).map(|text| text.parse().map_or_else(|_| cwe::all(text), |number| vec![number]));
    issue.weaknesses = numbers.unwrap_or_default();
    let expected = filled(&file.expected_value);
    issue.solution = expected.map(Cow::Borrowed);
    let name = filled(&file.file_name).unwrap_or_default();
    let place = code::lines(absolute(name, paths), file.line, None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a query without an id", "");
    };
    let resource = [filled(&file.resource_type), filled(&file.resource_name)];
    let resource = resource.into_iter().flatten().filter(|part| *part != "n/a").collect::<Vec<_>>().join(" ");
    let details = &mut finding.vulnerability.details;
    details.text("resource", "Resource", resource);
    for (key, name, value) in [
        ("actual", "Actual", filled(&file.actual_value)),
        ("remediation", "Remediation", filled(&file.remediation)),
        ("search_key", "Key", filled(&file.search_key)),
        ("issue_type", "Type of issue", filled(&file.issue_type)),
        ("platform", "Platform", filled(&query.platform)),
        ("cloud_provider", "Cloud provider", filled(&query.cloud_provider)),
        ("category", "Category", filled(&query.category)),
        ("risk_score", "Risk score", filled(&query.risk_score)),
        ("cis_id", "CIS benchmark", filled(&query.cis_description_id)),
        ("cis_title", "CIS title", filled(&query.cis_description_title)),
        ("cis_text", "CIS description", filled(&query.cis_description_text)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    if let Some(value) = filled(&file.similarity_id) {
        finding.fingerprints.push(Fingerprint { name: "similarity_id".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_where_kics_runs() {
        for (name, want) in [
            ("../../path/infra/a.tf", "/path/infra/a.tf"),
            ("../../path", "/path"),
            ("../../pathology/a.tf", "../../pathology/a.tf"),
            ("path/a.tf", "path/a.tf"),
            ("a.tf", "a.tf"),
        ] {
            assert_eq!(absolute(name, &["/path".to_owned()]), want, "{name}");
        }
        assert_eq!(absolute("../a.tf", &[]), "../a.tf");
    }
}
