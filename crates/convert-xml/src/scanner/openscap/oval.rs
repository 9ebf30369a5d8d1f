//! OVAL results (`oscap oval eval --results`): which definitions of vulnerabilities, patches and settings
//! hold for a system (OVAL 5, `oval-results-schema.xsd`).
//!
//! Definitions stand before their results, and most of them no result needs: the document is read twice.

use scanlift_convert_api::details::add_list;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Reader, Tag, Tree};
use scanlift_convert_api::{ConvertError, Input, Outcome, Record, ScanInfo, Sink, SkipReason, advisory, cwe};
use scanlift_report_core::{Kind, Link, Severity};
use std::collections::{HashMap, HashSet};
use std::io::Read;

pub(super) fn convert(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let outline = Outline::read(input)?;
    let mut scan = ScanInfo::new(super::DESCRIPTOR.name, Kind::Dast);
    scan.version = outline.version.as_deref().map(Into::into);
    scan.start_time = outline.time.as_deref().map(Into::into);
    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;

    let mut definitions: HashMap<String, Tree> = HashMap::new();
    let (mut systems, unknown) = (outline.systems.iter(), System::default());
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    reader.root()?;
    reader.each_child(|tag, reader| match tag.name() {
        "oval_definitions" => each_definition(reader, &mut |tag, reader| {
            let id = tag.attribute("id").unwrap_or_default();
            if outline.needs(id, tag.attribute("class")) {
                definitions.insert(id.to_owned(), reader.element(tag)?);
            }
            Ok(())
        }),
        "results" => reader.each_child(|tag, reader| {
            if tag.name() != "system" {
                return Ok(());
            }
            let system = systems.next().unwrap_or(&unknown);
            each_definition(reader, &mut |tag, _| {
                let id = tag.attribute("definition_id").unwrap_or_default();
                let result = tag.attribute("result").unwrap_or_default();
                let definition = definitions.get(id).map(Tree::root);
                let outcome = match definition.filter(|it| is_bad(it.attribute("class"), result)) {
                    Some(definition) => map_definition(definition, system),
                    None => Outcome::skip(SkipReason::NotAFinding, format!("result: {result}"), id),
                };
                Record::begin(sink).spend(outcome)
            })
        }),
        _ => Ok(()),
    })?;
    reader.end(sink)
}

/// What is done with a definition, or with the result of one.
type Visit<'v, R> = dyn FnMut(&Tag, &mut Reader<R>) -> Result<(), ConvertError> + 'v;

fn each_definition<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| match tag.name() {
        "definitions" => reader.each_child(|tag, reader| match tag.name() {
            "definition" => visit(tag, reader),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

/// Whether a result is one to act on: a vulnerability is there, a patch is missing, a setting is wrong.
fn is_bad(class: Option<&str>, result: &str) -> bool {
    matches!((class, result), (Some("vulnerability" | "patch"), "true") | (Some("compliance"), "false"))
}

/// What the definitions need of the results behind them.
#[derive(Debug, Default)]
struct Outline {
    version: Option<String>,
    time: Option<String>,
    systems: Vec<System>,
    /// Definitions that hold for a system, and those that do not.
    hold: HashSet<String>,
    fail: HashSet<String>,
}

impl Outline {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.root()?;
        reader.each_child(|tag, reader| match tag.name() {
            "generator" => {
                let generator = reader.element(tag)?;
                let text = |name: &str| generator.root().child_text(name).map(str::to_owned);
                (outline.version, outline.time) = (text("product_version"), text("timestamp"));
                Ok(())
            }
            "results" => reader.each_child(|tag, reader| match tag.name() {
                "system" => outline.system(reader),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        Ok(outline)
    }

    fn system<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let mut system = System::default();
        reader.each_child(|tag, reader| match tag.name() {
            "definitions" => reader.each_child(|tag, _| {
                let id = tag.attribute("definition_id").unwrap_or_default();
                match tag.attribute("result") {
                    Some("true") => self.hold.insert(id.to_owned()),
                    Some("false") => self.fail.insert(id.to_owned()),
                    _ => false,
                };
                Ok(())
            }),
            "oval_system_characteristics" => reader.each_child(|tag, reader| {
                if tag.name() == "system_info" {
                    system = System::of(reader.element(tag)?.root());
                }
                Ok(())
            }),
            _ => Ok(()),
        })?;
        self.systems.push(system);
        Ok(())
    }

    /// Whether a definition becomes a finding.
    fn needs(&self, id: &str, class: Option<&str>) -> bool {
        self.hold.contains(id) && is_bad(class, "true") || self.fail.contains(id) && is_bad(class, "false")
    }
}

/// The system that was tested.
#[derive(Debug, Default)]
struct System {
    name: String,
    operating_system: String,
    addresses: Vec<String>,
}

impl System {
    fn of(about: Element<'_>) -> Self {
        let text = |name: &str| about.child_text(name).unwrap_or_default();
        let interfaces = about.child("interfaces").into_iter().flat_map(|list| list.all("interface"));
        let addresses = interfaces.filter_map(|interface| interface.child_text("ip_address"));
        let outer = |address: &&str| !address.starts_with("127.") && *address != "::1";
        Self {
            name: text("primary_host_name").to_owned(),
            operating_system: format!("{} {}", text("os_name"), text("os_version")).trim().to_owned(),
            addresses: addresses.filter(outer).map(str::to_owned).collect(),
        }
    }
}

fn map_definition<'a>(definition: Element<'a>, system: &'a System) -> Outcome<'a> {
    let id = definition.attribute("id").unwrap_or_default();
    let metadata = definition.child("metadata").unwrap_or(definition);
    let notice = metadata.child("advisory");
    let mut weakness = Weakness::new("oval_definition_id", id);
    weakness.name = metadata.child_text("title").map(Into::into);
    weakness.say("", metadata.child_text("description").unwrap_or_default());
    let word = notice.and_then(|notice| notice.child_text("severity"));
    weakness.severity = word.and_then(Severity::from_word);
    weakness.severity_word = word.map(Into::into);
    for reference in metadata.all("reference") {
        let name = reference.attribute("ref_id").unwrap_or_default();
        weakness.advisories.extend(advisory::kind(name).map(|_| name).map(Into::into));
        let link = reference.attribute("ref_url").and_then(Link::new);
        weakness.links.extend(link.map(|link| link.with_name(name)));
    }
    for cve in notice.into_iter().flat_map(|notice| notice.all("cve")) {
        weakness.advisories.extend(cve.text().and_then(advisory::find_cve).map(Into::into));
        weakness.cwes.extend(cve.attribute("cwe").map(cwe::all).unwrap_or_default());
        // Ubuntu has score and vector apart, Red Hat one behind the other: `5.5/CVSS:3.1/AV:L/…`.
        let apart = cve.attribute("cvss_score").zip(cve.attribute("cvss_vector"));
        let joined = ["cvss3", "cvss2"].into_iter().filter_map(|name| cve.attribute(name)?.split_once('/'));
        let rating = |(score, vector): (&'a str, &'a str)| {
            Rating::new("OVAL", Some(vector.into()), score.parse().ok())
        };
        weakness.ratings.extend(apart.into_iter().chain(joined).map(rating));
    }

    let name = Some(system.name.as_str()).filter(|name| !name.is_empty());
    let host = name.or(system.addresses.first().map(String::as_str)).unwrap_or("unknown host");
    let service = Service::new(host, None, "", None);
    let Some(mut finding) = weakness.into_finding(service.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a definition without id", host);
    };
    let details = &mut finding.vulnerability.details;
    service.add_details(details);
    details.text("addresses", "Addresses", system.addresses.join(", "));
    details.text("operating_system", "Operating system", system.operating_system.as_str());
    details.text("class", "Class", definition.attribute("class").unwrap_or_default());
    let platforms = metadata.all("affected").flat_map(|affected| affected.texts("platform"));
    add_list(details, "platforms", "Platforms", platforms);
    for (element, key, heading) in
        [("issued", "published", "Published"), ("updated", "last_modified", "Last modified")]
    {
        let date = notice.and_then(|notice| notice.child(element)).and_then(|it| it.attribute("date"));
        details.text(key, heading, date.unwrap_or_default());
    }
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bad_depends_on_the_class() {
        for (class, result, want) in [
            (Some("vulnerability"), "true", true),
            (Some("vulnerability"), "false", false),
            (Some("patch"), "true", true),
            (Some("compliance"), "true", false),
            (Some("compliance"), "false", true),
            (Some("inventory"), "true", false),
            (None, "true", false),
            (Some("patch"), "not evaluated", false),
        ] {
            assert_eq!(is_bad(class, result), want, "{class:?} {result}");
        }
    }
}
