//! What people should see of a result beside what GitLab has fields for.

use crate::{
    bag::BagValue,
    flow, location,
    map::Said,
    message,
    model::{Location, LogicalLocation, Region},
    package::Package,
    run::Run,
};
use scanlift_report_core::{Detail, Details};
use std::borrow::Cow;

/// How many entries of a list are shown.
const LISTED: usize = 50;

/// Adds everything else that people should see.
pub(crate) fn add<'s>(said: &'s Said<'s>, package: Option<&Package>, details: &mut Details<'s>) {
    let Said { run, rule, result, .. } = *said;
    if let Some((code, lang)) = location::snippet(&result.locations) {
        details.insert("code", "Code", Detail::Code { value: Cow::Borrowed(code), lang });
    }
    flow::code_flows(&result.code_flows, run).add_to(details);
    if !result.graphs.is_empty() {
        details.text(
            "graphs_left_out",
            "Graphs",
            format!("{} are in the scanner's own report", result.graphs.len()),
        );
    }
    places(said, details);
    let stacks: Vec<_> = result.stacks.iter().filter_map(|stack| flow::stack(stack, run)).collect();
    if !stacks.is_empty() {
        let items = stacks.into_iter().map(|value| Detail::Code { value, lang: None }).collect();
        details.insert("stacks", "Call stacks", Detail::List { items });
    }
    if let Some(package) = package {
        for (key, name, value) in [
            ("purl", "Package URL", &package.purl),
            ("fixed_version", "Fixed version", &package.fixed),
            ("package_path", "Path of the package", &package.path),
        ] {
            if let Some(value) = value {
                details.text(key, name, value.clone());
            }
        }
    }
    let attachments = result
        .attachments
        .iter()
        .filter_map(|attachment| location::path(attachment.artifact_location.as_ref()?, run));
    list(details, "attachments", "Attachments", attachments);
    for (key, name, value) in [
        ("baseline_state", "Baseline state", result.baseline_state.as_deref()),
        ("kind", "Kind", result.kind.as_deref().filter(|kind| *kind != "fail")),
        (
            "first_detected",
            "First detected",
            result.provenance.as_ref().and_then(|all| all.first_detection_time_utc.as_deref()),
        ),
        ("confidence", "Confidence", rule.and_then(|rule| rule.confidence.as_deref())),
    ] {
        if let Some(value) = value {
            details.text(key, name, value);
        }
    }
    if let Some(score) = rule.and_then(|rule| rule.score) {
        details.text("security_severity", "Security severity", format!("{score:.1}"));
    }
    if let Some(count) = result.occurrence_count.filter(|count| *count > 1) {
        details.text("occurrences", "Occurrences", count.to_string());
    }
    if let Some(rule) = rule {
        if let Some(tags) = &rule.tags_text {
            details.text("tags", "Tags", tags.as_str());
        }
        if let Some(help) = &rule.help {
            details.insert("help", "About this rule", Detail::Markdown { value: Cow::Borrowed(help) });
        }
    }
    properties(said, details);
}

/// Further locations, what is said of locations, related ones with their message, and names of logical
/// places.
fn places<'s>(said: &'s Said<'s>, details: &mut Details<'s>) {
    let Said { run, result, .. } = *said;
    // What a request shows is at an address, and the file that answers it is one place more.
    let first = usize::from(result.web_request.is_none() || location::is_on_the_web(&result.locations, run));
    let further = result.locations.iter().skip(first).filter_map(|location| {
        location.physical_location.as_ref().and_then(|physical| {
            location::file_location(
                physical.artifact_location.as_ref(),
                physical.region.as_ref().map(Region::span),
                run,
            )
        })
    });
    let items: Vec<_> = further.take(LISTED).map(Detail::FileLocation).collect();
    if !items.is_empty() {
        details.insert("further_locations", "Further locations", Detail::List { items });
    }
    // Some tools only say again which file it is (Trivy).
    let notes = result.locations.iter().filter(|location| !location::is_repeated(location, run));
    list(details, "location_notes", "Notes on locations", notes.filter_map(|location| noted(location, run)));
    let related = result.related_locations.iter();
    let related = related.filter_map(|location| {
        noted(location, run).or_else(|| location::label(location, run).map(Cow::Owned))
    });
    list(details, "related_locations", "Related locations", related);
    let logical = result.locations.iter().flat_map(|location| &location.logical_locations);
    let name = |logical: &'s LogicalLocation<'_>| {
        logical.fully_qualified_name.as_deref().or(logical.name.as_deref()).map(Cow::Borrowed)
    };
    list(details, "logical_locations", "Logical locations", logical.filter_map(name));
}

/// What is said of a location, behind its place: `src/a.c:3: the value comes from here`.
fn noted<'s>(location: &'s Location<'_>, run: &'s Run) -> Option<Cow<'s, str>> {
    let text = message::text(location.message.as_ref()?, |_| None)?;
    Some(match location::label(location, run) {
        Some(place) => Cow::Owned([&*place, ": ", &*text].concat()),
        None => text,
    })
}

fn list<'s>(
    details: &mut Details<'s>,
    key: &'static str,
    name: &'static str,
    all: impl Iterator<Item = Cow<'s, str>>,
) {
    let filled = all.filter(|text| !text.trim().is_empty()).take(LISTED);
    let items: Vec<_> = filled.map(|value| Detail::Text { value }).collect();
    if !items.is_empty() {
        details.insert(key, name, Detail::List { items });
    }
}

/// What tools add in their own words, so that nothing is lost: texts and numbers, the first thirty.
fn properties<'s>(said: &'s Said<'s>, details: &mut Details<'s>) {
    const SHOWN: usize = 30;
    const BETWEEN: &str = " · ";
    let Some(bag) = &said.result.properties else { return };
    let mut lines = String::with_capacity(512);
    for (key, value) in bag.0.iter().take(SHOWN) {
        let before = lines.len();
        lines.push_str(key);
        lines.push_str(": ");
        let empty = lines.len();
        match value {
            BagValue::Text(text) => lines.push_str(cut(text, 1_000)),
            BagValue::List(list) => {
                for (at, text) in list.iter().take(LISTED).enumerate() {
                    lines.push_str(if at == 0 { "" } else { ", " });
                    lines.push_str(text);
                }
            }
            BagValue::Object(object) => lines.push_str(object.first(&["text", "value"]).unwrap_or_default()),
        }
        if lines.len() == empty {
            lines.truncate(before);
        } else {
            lines.push_str(BETWEEN);
        }
    }
    lines.truncate(lines.len().saturating_sub(BETWEEN.len()));
    details.text("properties", "Properties", lines);
}

fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
