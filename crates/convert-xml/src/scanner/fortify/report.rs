//! A report (`ReportDefinition`): sections in sections, and in some of them issues by category.

use super::text::{markdown, weaknesses};
use scanlift_convert_api::code::{self, Flows, Issue};
use scanlift_convert_api::xml::{Element, Reader, Tag, Tree};
use scanlift_convert_api::{ConvertError, Fingerprint, Input, Outcome, Record, Sink, SkipReason};
use scanlift_report_core::{FileLocation, Location};
use std::borrow::Cow;
use std::io::Read;

/// Sections may hold sections; deeper ones are left out.
const DEEPEST: usize = 32;

pub(super) fn convert(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    sink.begin_scan(super::scan_info()).map_err(ConvertError::Deliver)?;
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    reader.root()?;
    section(&mut reader, sink, 0)?;
    reader.end(sink)
}

fn section<R: Read>(reader: &mut Reader<R>, sink: &mut dyn Sink, depth: usize) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| part(tag, reader, sink, depth))
}

fn part<R: Read>(
    tag: &Tag,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    depth: usize,
) -> Result<(), ConvertError> {
    match tag.name() {
        "GroupingSection" => {
            let mut about = Tree::default();
            reader.each_child(|tag, reader| match tag.name() {
                "MajorAttributeSummary" => {
                    about = reader.element(tag)?;
                    Ok(())
                }
                "Issue" => {
                    let issue = reader.element(tag)?;
                    Record::begin(sink).spend(map_issue(issue.root(), about.root()))
                }
                _ if depth < DEEPEST => part(tag, reader, sink, depth + 1),
                _ => Ok(()),
            })
        }
        "Issue" => Record::begin(sink).spend(map_issue(reader.element(tag)?.root(), Tree::default().root())),
        "ReportSection" | "SubSection" | "IssueListing" | "Refinement" | "Chart" if depth < DEEPEST => {
            section(reader, sink, depth + 1)
        }
        _ => Ok(()),
    }
}

fn map_issue<'a>(found: Element<'a>, about: Element<'a>) -> Outcome<'a> {
    let category = found.child_text("Category").unwrap_or_default();
    let tags: Vec<(&str, &str)> = found
        .all("Tag")
        .filter_map(|tag| Some((tag.child_text("Name")?, tag.child_text("Value")?)))
        .collect();
    if found.attribute("suppressed") == Some("true") {
        return Outcome::skip(SkipReason::Suppressed, "suppressed", category);
    }
    if let Some((name, value)) = tags.iter().find(|(_, value)| value.eq_ignore_ascii_case("not an issue")) {
        return Outcome::skip(SkipReason::Suppressed, format!("{name}: {value}"), category);
    }
    let meta = |name: &str| {
        about
            .all("MetaInfo")
            .find(|meta| meta.child_text("Name") == Some(name))
            .and_then(|meta| meta.child_text("Value"))
    };
    let plain = |text: &str| markdown(text, |_| None);
    let mut issue = Issue::new("fortify_category", category);
    issue.title = Some(category.into());
    issue.message = found.child_text("Abstract").map(plain).map(Cow::Owned);
    issue.about = meta("Explanation").map(plain).map(Cow::Owned);
    issue.solution = meta("Recommendations").map(plain).map(Cow::Owned);
    issue.severity = found.first_text(&["Friority", "Folder"]).map(Cow::Borrowed);
    issue.weaknesses.extend(found.all("ExternalCategory").filter_map(Element::text).flat_map(weaknesses));
    let primary = found.child("Primary");
    issue.code = primary.and_then(|place| place.child_text("Snippet")).map(Cow::Borrowed);
    let source = found.child("Source");
    issue.flows = flows(source, primary);
    let (file, line) = primary.map_or((None, None), place_of);
    let place = code::lines(file.unwrap_or_default(), line, None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "an issue without a category",
            file.unwrap_or_default(),
        );
    };
    let id = found.attribute("iid").filter(|id| !id.is_empty());
    finding.fingerprints.extend(id.map(|id| Fingerprint { name: "iid".into(), value: id.into() }));
    let details = &mut finding.vulnerability.details;
    let function = primary.and_then(|place| place.child_text("TargetFunction"));
    details.text("function", "Function", function.filter(|name| *name != "null()").unwrap_or_default());
    details.text("kingdom", "Kingdom", found.child_text("Kingdom").unwrap_or_default());
    details.text("rule", "Rule", found.attribute("ruleID").unwrap_or_default());
    let audit = tags.iter().map(|(name, value)| format!("{name}: {value}"));
    scanlift_convert_api::details::add_list(details, "audit", "Audit", audit);
    let comments = found.all("Comment").filter_map(|comment| {
        Some(format!(
            "{}: {}",
            comment.child_text("UserInfo").unwrap_or("comment"),
            comment.child_text("Comment")?
        ))
    });
    scanlift_convert_api::details::add_list(details, "comments", "Comments", comments);
    Outcome::finding(finding)
}

fn place_of(place: Element<'_>) -> (Option<&str>, Option<u64>) {
    (place.first_text(&["FilePath", "FileName"]), place.number("LineStart"))
}

fn flows<'a>(source: Option<Element<'a>>, primary: Option<Element<'a>>) -> Flows<'a> {
    let mut flows = Flows::default();
    let steps = [source, primary].into_iter().flatten().filter_map(|place| {
        let (file, line) = place_of(place);
        Some(FileLocation::new(file?, line.unwrap_or(1), None))
    });
    if source.is_some() {
        flows.push(steps);
    }
    flows
}
