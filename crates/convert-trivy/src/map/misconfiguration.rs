//! Entries of `Misconfigurations`.

use super::{identifier, layer, links, severity, surroundings};
use crate::model;
use crate::place::Scope;
use scanlift_convert_api::json::filled as text;
use scanlift_convert_api::{Finding, Outcome, SkipReason, one_line};
use scanlift_report_core::{
    Description, Detail, Details, FileLocation, Identifier, Location, Name, Solution, SourceLocation, Text,
    Vulnerability,
};
use std::borrow::Cow;

/// How many places that lead to the cause are listed.
const OCCURRENCES: usize = 20;

pub(crate) fn map<'a>(record: &'a model::Misconfiguration<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let check = check(record);
    let example = || format!("{} {}", check.as_deref().unwrap_or_default(), scope.head.target);
    match text(&record.status) {
        Some(status) if status.eq_ignore_ascii_case("PASS") => {
            return Outcome::skip(SkipReason::NotAFinding, "status: PASS", example());
        }
        Some(status) if status.eq_ignore_ascii_case("EXCEPTION") => {
            return Outcome::skip(SkipReason::Suppressed, "status: EXCEPTION", example());
        }
        _ => {}
    }
    let primary =
        check.clone().and_then(|check| Identifier::new("trivy_misconfiguration_id", check.clone(), check));
    let Some(primary) = primary else {
        return Outcome::skip(SkipReason::Unsupported, "no ID", scope.head.target.as_str());
    };
    let primary = primary.with_url(text(&record.primary_url).unwrap_or_default());

    let mut vulnerability = Vulnerability::new(primary, Location::Sast(map_place(record, scope)));
    vulnerability.name = Name::new(text(&record.title).map(one_line).unwrap_or_default())
        .or_else(|| check.clone().and_then(Name::new));
    vulnerability.description = Description::new(map_description(record));
    vulnerability.solution = Solution::new(text(&record.resolution).unwrap_or_default());
    links(&mut vulnerability, &record.primary_url, &record.references);
    map_details(&mut vulnerability.details, record, scope);

    let mut finding = Finding::new(vulnerability);
    finding.severity = severity(text(&record.severity), None);
    Outcome::finding(finding)
}

/// The id, else what else names the check.
fn check<'a>(record: &'a model::Misconfiguration<'_>) -> Option<Text<'a>> {
    identifier::check(text(&record.id), text(&record.avd_id), text(&record.namespace)).or_else(|| {
        text(&record.query).or(text(&record.namespace)).or(text(&record.title)).map(Cow::Borrowed)
    })
}

/// Resources of a cluster have no file in a repository: their path spells namespace, kind and
/// name, so that one check on two workloads stays two vulnerabilities.
fn map_place<'a>(record: &model::Misconfiguration<'_>, scope: &Scope<'a>) -> SourceLocation<'a> {
    let file = match scope.resource {
        Some(resource) => {
            let parts = [&resource.namespace, &resource.kind, &resource.name];
            let parts: Vec<&str> =
                parts.into_iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
            Cow::Owned(parts.join("/"))
        }
        None => scope.in_tree(scope.head.target.trim()),
    };
    let file = if file.is_empty() { Cow::Borrowed("unknown") } else { file };
    let cause = record.cause_metadata.as_ref();
    match cause.and_then(|cause| cause.start_line).filter(|start| *start > 0) {
        Some(start) => {
            let end = cause.and_then(|cause| cause.end_line).unwrap_or(start);
            SourceLocation::lines(file, start, end)
        }
        None => SourceLocation::file(file),
    }
}

/// What the check is about, and what it says of this place.
fn map_description<'a>(record: &'a model::Misconfiguration<'_>) -> Text<'a> {
    match (text(&record.description), text(&record.message)) {
        (Some(description), Some(message)) if description != message => {
            Cow::Owned(format!("{description}\n\n{message}"))
        }
        (description, message) => Cow::Borrowed(description.or(message).unwrap_or_default()),
    }
}

fn map_details<'a>(details: &mut Details<'a>, record: &'a model::Misconfiguration<'_>, scope: &Scope<'a>) {
    let mut add = |key: &'static str, name: &'static str, value: &'a Option<_>| {
        details.text(key, name, text(value).unwrap_or_default());
    };
    add("check_id", "Check id", &record.id);
    add("check_type", "Check type", &record.check_type);
    add("check_namespace", "Check namespace", &record.namespace);
    add("check_query", "Check query", &record.query);
    if let Some(cause) = &record.cause_metadata {
        add("resource", "Resource", &cause.resource);
        add("provider", "Provider", &cause.provider);
        add("service", "Service", &cause.service);
        let lines = cause.code.iter().flat_map(|code| &code.lines);
        let lines: Vec<&str> = lines.map(|line| line.content.as_deref().unwrap_or_default()).collect();
        let code = lines.join("\n");
        if !code.trim().is_empty() {
            details.insert("code", "Code", Detail::Code { value: Cow::Owned(code), lang: None });
        }
        map_occurrences(details, &cause.occurrences, scope);
    }
    layer(details, &record.layer);
    surroundings(details, scope);
}

/// The calls of modules that lead to the cause, the innermost first.
fn map_occurrences<'a>(
    details: &mut Details<'a>,
    occurrences: &'a [model::Occurrence<'_>],
    scope: &Scope<'a>,
) {
    let items: Vec<Detail<'a>> = occurrences
        .iter()
        .take(OCCURRENCES)
        .filter_map(|occurrence| map_occurrence(occurrence, scope))
        .collect();
    if !items.is_empty() {
        details.insert("occurrences", "Occurrences", Detail::List { items });
    }
}

fn map_occurrence<'a>(occurrence: &'a model::Occurrence<'_>, scope: &Scope<'a>) -> Option<Detail<'a>> {
    let Some(file) = text(&occurrence.filename) else {
        return text(&occurrence.resource).map(Detail::text);
    };
    let file = scope.in_tree(file);
    let lines = occurrence.location.as_ref();
    Some(match lines.and_then(|lines| lines.start_line).filter(|start| *start > 0) {
        Some(start) => {
            Detail::FileLocation(FileLocation::new(file, start, lines.and_then(|lines| lines.end_line)))
        }
        None => Detail::text(file),
    })
}
