//! Checkmarx SAST (CxSAST): the XML report, `CxXMLResults`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::tool::checkmarx::{owasp, time};
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{FileLocation, Kind, Location};
use std::borrow::Cow;

/// Reads XML reports of Checkmarx SAST.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checkmarx;

/// The converter.
pub static CONVERTER: Checkmarx = Checkmarx;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "checkmarx",
    name: "Checkmarx SAST",
    summary: "XML reports of Checkmarx SAST",
    versions: "8 and 9",
    kinds: &[Kind::Sast],
    url: "https://docs.checkmarx.com/en/34965-8158-generating-scan-results-reports.html",
};

impl Converter for Checkmarx {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "CxXMLResults" { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "CxXMLResults" {
            return Err(ConvertError::Unrecognised {
                expected: "CxXMLResults",
                help: "export the report of the scan as XML",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = root.attribute("CheckmarxVersion").map(Into::into);
        scan.start_time = root.attribute("ScanStart").map(time);
        scan.end_time = root.attribute("ReportCreationTime").map(time);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|query, reader| match query.name() {
            "Query" => reader.each_child(|tag, reader| match tag.name() {
                "Result" => {
                    let result = reader.element(tag)?;
                    Record::begin(sink).spend(map_result(result.root(), query))
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

fn map_result<'a>(result: Element<'a>, query: &'a Tag) -> Outcome<'a> {
    let name = query.attribute("name").unwrap_or_default();
    let file = result.attribute("FileName").unwrap_or_default();
    let here = |key: &str| result.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    if here("FalsePositive").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Outcome::skip(SkipReason::Suppressed, "FalsePositive", format!("{name} in {file}"));
    }
    if here("Status").is_some_and(|text| text.eq_ignore_ascii_case("fixed")) {
        return Outcome::skip(SkipReason::NotAFinding, "Status: Fixed", format!("{name} in {file}"));
    }
    let state = state(here("state").unwrap_or_default());
    if state == "Not exploitable" {
        return Outcome::skip(SkipReason::Suppressed, "state: Not exploitable", format!("{name} in {file}"));
    }

    let id = query.attribute("id").filter(|id| !id.trim().is_empty()).unwrap_or(name);
    let mut issue = Issue::new("checkmarx_query_id", id);
    issue.rule_name = Some(name.into());
    issue.title = Some(name.replace('_', " ").into());
    issue.severity = here("Severity").or(query.attribute("Severity")).map(Cow::Borrowed);
    issue.weaknesses.extend(query.attribute("cweId").and_then(|id| id.trim().parse::<u32>().ok()));
    let categories = query.attribute("categories").unwrap_or_default();
    issue.categories = owasp(categories);
    issue.references.extend(here("DeepLink").map(Cow::Borrowed));
    issue.language = query.attribute("Language").map(|language| language.to_ascii_lowercase().into());

    let paths: Vec<Element<'_>> = result.all("Path").collect();
    for path in &paths {
        issue.flows.push(path.all("PathNode").filter_map(step));
    }
    // The last node is where it goes wrong; the result itself names the first one.
    let sink = paths.first().and_then(|path| path.all("PathNode").last());
    let lines = sink.and_then(|node| node.find(&["Snippet"])).map(snippet);
    issue.code = lines.filter(|code| !code.is_empty()).map(Cow::Owned);
    let place = match sink.and_then(step) {
        Some(step) => code::lines(step.file_name, Some(step.line_start), None),
        None => code::lines(file, here("Line").and_then(|line| line.parse().ok()), None),
    };
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a query without id and name", file);
    };
    let similarity = paths.first().and_then(|path| path.attribute("SimilarityId"));
    finding.fingerprints.extend(
        similarity
            .filter(|id| !matches!(*id, "" | "0"))
            .map(|id| Fingerprint { name: "SimilarityId".into(), value: id.into() }),
    );
    let details = &mut finding.vulnerability.details;
    details.text("state", "State", state);
    details.text("status", "Status", here("Status").unwrap_or_default());
    details.text("remark", "Remark", here("Remark").unwrap_or_default());
    details.text("assigned_to", "Assigned to", here("AssignToUser").unwrap_or_default());
    details.text("group", "Group", query.attribute("group").unwrap_or_default().replace('_', " "));
    let categories = categories.split(',').map(|category| category.trim().replace(';', ": "));
    scanlift_convert_api::details::add_list(details, "categories", "Categories", categories);
    Outcome::finding(finding)
}

fn step(node: Element<'_>) -> Option<FileLocation<'_>> {
    let file = node.child_text("FileName")?;
    let mut step = FileLocation::new(file, node.number("Line").unwrap_or(1), None);
    // GitLab wants both columns or none.
    let column: Option<u64> = node.number("Column").filter(|column| *column > 0);
    let columns = column.zip(node.number::<u64>("Length"));
    step.column_start = columns.map(|(start, _)| start);
    step.column_end = columns.map(|(start, length)| start.saturating_add(length));
    Some(step)
}

fn snippet(snippet: Element<'_>) -> String {
    let lines = snippet.all("Line").filter_map(|line| line.child_text("Code"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Numbers of states, as the Checkmarx client shows them.
fn state(number: &str) -> &str {
    match number {
        "0" => "To verify",
        "1" => "Not exploitable",
        "2" => "Confirmed",
        "3" => "Urgent",
        "4" => "Proposed not exploitable",
        other => other,
    }
}
