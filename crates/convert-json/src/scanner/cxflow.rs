//! CxFlow, Checkmarx's orchestrator: the JSON of its results.

use scanlift_convert_api::code::{self, Flows, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, TextOr, filled};
use scanlift_convert_api::tool::checkmarx::{owasp, time};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{FileLocation, Kind, Location};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads the JSON of CxFlow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cxflow;

/// The converter.
pub static CONVERTER: Cxflow = Cxflow;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cxflow",
    name: "Checkmarx SAST (CxFlow)",
    summary: "JSON results of CxFlow",
    versions: "1.6",
    kinds: &[Kind::Sast],
    url: "https://github.com/checkmarx-ltd/cx-flow",
};

impl Converter for Cxflow {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).has("xissues") { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what is said of the scan may stand behind the issues.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let mut scan = ScanInfo::new("Checkmarx SAST", Kind::Sast);
        json::walk(input, |key, reader| {
            match key {
                "version" => scan.version = fields.text(reader)?.map(Into::into),
                "additionalDetails" => {
                    let details: Option<ScanDetails> = fields.object(reader)?;
                    let start = details.and_then(|details| details.start);
                    scan.start_time = start.map(|text| time(&text).into_owned().into());
                }
                "xissues" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`xissues`",
                help: "run cx-flow with --bug-tracker=JSON",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "xissues" => records.each(reader, |records, reader| records.map(reader, &(), map_issue)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScanDetails {
    #[serde(rename = "scanStartDate")]
    start: Option<String>,
}

/// `ScanResults.XIssue`: all results of a query in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct XIssue<'a> {
    #[serde(borrow)]
    vulnerability: Option<Loose<'a>>,
    vulnerability_status: Option<Loose<'a>>,
    similarity_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cwe: Option<u32>,
    description: Option<Loose<'a>>,
    language: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    git_url: Option<Loose<'a>>,
    /// By line.
    details: Option<BTreeMap<String, Option<Line<'a>>>>,
    additional_details: Option<Additional<'a>>,
    all_false_positive: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    false_positive: Option<Loose<'a>>,
    code_snippet: Option<Loose<'a>>,
    comment: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Additional<'a> {
    #[serde(borrow)]
    recommended_fix: Option<Loose<'a>>,
    categories: Option<Loose<'a>>,
    /// `source`, `sink`, and the steps by their number.
    #[serde(deserialize_with = "json::list")]
    results: Vec<BTreeMap<String, Option<TextOr<'a, Step<'a>>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    snippet: Option<Loose<'a>>,
}

fn map_issue<'a>(found: &'a XIssue<'_>, _: &()) -> Outcome<'a> {
    let name = filled(&found.vulnerability).unwrap_or_default();
    let file = filled(&found.filename).unwrap_or_default();
    if json::flag(&found.all_false_positive) == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "allFalsePositive", format!("{name} in {file}"));
    }
    let additional = found.additional_details.as_ref();
    let page = additional.and_then(|additional| filled(&additional.recommended_fix));
    let mut issue = Issue::new("checkmarx_query_id", page.and_then(query).unwrap_or(name));
    issue.rule_name = Some(name.into());
    issue.title = Some(name.replace('_', " ").into());
    issue.message = filled(&found.description).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.weaknesses.extend(found.cwe);
    issue.language = filled(&found.language).map(|language| language.to_ascii_lowercase().into());
    issue
        .references
        .extend([page, filled(&found.link), filled(&found.git_url)].into_iter().flatten().map(Into::into));
    let categories = additional.and_then(|additional| filled(&additional.categories)).unwrap_or_default();
    issue.categories = owasp(categories);

    let results = additional.map(|additional| additional.results.as_slice()).unwrap_or_default();
    issue.flows = flows(results);
    let sink = results.first().and_then(|result| step(result.get("sink")?.as_ref()?));
    let lines = found.details.iter().flatten();
    let mut lines: Vec<(u64, &Line<'_>)> =
        lines.filter_map(|(number, line)| Some((number.parse().ok()?, line.as_ref()?))).collect();
    lines.sort_unstable_by_key(|(number, _)| *number);
    let open = lines.iter().find(|(_, line)| json::flag(&line.false_positive) != Some(true));
    let place = match sink {
        Some(step) => code::lines(filled(&step.file).unwrap_or(file), step.line, None),
        None => code::lines(file, open.map(|(number, _)| *number), None),
    };
    let snippet = sink.and_then(|step| filled(&step.snippet));
    issue.code = snippet.or(open.and_then(|(_, line)| filled(&line.code_snippet))).map(Cow::Borrowed);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a vulnerability", file);
    };
    let similarity = filled(&found.similarity_id).filter(|id| *id != "0");
    finding
        .fingerprints
        .extend(similarity.map(|id| Fingerprint { name: "SimilarityId".into(), value: id.into() }));
    let details = &mut finding.vulnerability.details;
    details.text("state", "State", filled(&found.vulnerability_status).unwrap_or_default());
    let sources = lines.iter().map(|(number, line)| {
        let state = if json::flag(&line.false_positive) == Some(true) { " (false positive)" } else { "" };
        let comment = filled(&line.comment).map(|comment| format!(": {comment}")).unwrap_or_default();
        format!("{file}:{number}{state}{comment}")
    });
    add_list(details, "lines", "Lines", sources);
    let categories = categories.split(',').map(|category| category.trim().replace(';', ": "));
    add_list(details, "categories", "Categories", categories);
    Outcome::finding(finding)
}

/// The number in `...?queryID=591&...`.
fn query(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("queryID=")?;
    rest.split(|c: char| !c.is_ascii_digit()).next().filter(|id| !id.is_empty())
}

fn step<'a>(part: &'a TextOr<'_, Step<'_>>) -> Option<&'a Step<'a>> {
    part.other()
}

/// The ways of the values, by the numbers of their steps.
fn flows<'a>(results: &'a [BTreeMap<String, Option<TextOr<'_, Step<'_>>>>]) -> Flows<'a> {
    let mut flows = Flows::default();
    for result in results {
        let mut steps: Vec<(u64, &Step<'_>)> = result
            .iter()
            .filter_map(|(number, part)| Some((number.parse().ok()?, part.as_ref()?.other()?)))
            .collect();
        steps.sort_unstable_by_key(|(number, _)| *number);
        let place = |(_, step): (u64, &'a Step<'_>)| {
            Some(FileLocation::new(filled(&step.file)?, step.line.unwrap_or(1), None))
        };
        flows.push(steps.into_iter().filter_map(place));
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_numbers() {
        for (page, want) in [
            ("http://cx.example/ScanQueryDescription.aspx?queryID=591&queryVersionCode=5", Some("591")),
            ("http://cx.example/?queryID=", None),
            ("", None),
        ] {
            assert_eq!(query(page), want, "{page}");
        }
    }
}
