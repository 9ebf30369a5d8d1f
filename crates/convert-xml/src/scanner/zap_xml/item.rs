//! An alert and one instance of it.

use crate::rest::{add_text, add_url};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::tool::zap::{add_tags, confidence, number, other_info, owasp, severity, source};
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Tree};
use scanlift_convert_api::{Outcome, SkipReason, cwe, html, http};
use scanlift_report_core::{Evidence, Location, WebLocation};
use std::sync::OnceLock;

/// What an `alertitem` says, without its instances.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// The address of the site.
    pub(super) site: String,
    pub(super) fields: Vec<Tree>,
    said: OnceLock<Said>,
}

/// What is the same for all instances and takes long to make.
#[derive(Debug)]
struct Said {
    description: String,
    solution: String,
}

impl Item {
    /// An item of a site of which nothing is read.
    pub(super) fn of(site: &str) -> Self {
        Self { site: site.to_owned(), ..Self::default() }
    }

    /// What is said of the first address of an item without instances, which has one behind the other.
    fn first(&self) -> &[Tree] {
        let addresses = self.fields.iter().enumerate().filter(|(_, field)| field.root().is("uri"));
        let end = addresses.map(|(at, _)| at).nth(1).unwrap_or(self.fields.len());
        &self.fields[..end]
    }

    /// Its other addresses, each with the parameter.
    fn others(&self) -> Vec<String> {
        let mut others: Vec<String> = Vec::new();
        for field in self.fields.iter().skip(self.first().len()).map(Tree::root) {
            let Some(text) = field.text() else { continue };
            if field.is("uri") {
                others.push(text.to_owned());
            } else if field.is("param")
                && let Some(last) = others.last_mut()
            {
                last.push_str(&format!(" (parameter {text})"));
            }
        }
        others
    }

    fn said(&self) -> &Said {
        let markdown = |name| html::to_markdown(text(&self.fields, name).unwrap_or_default()).into_owned();
        self.said.get_or_init(|| Said { description: markdown("desc"), solution: markdown("solution") })
    }
}

/// The text of the first of these elements that has one.
fn text<'e>(fields: &'e [Tree], name: &str) -> Option<&'e str> {
    fields.iter().map(Tree::root).filter(|field| field.name() == name).find_map(Element::text)
}

/// An instance of an alert; of old versions, which have none, the fields of the alert itself.
pub(super) fn map_instance<'a>(item: &'a Item, instance: Option<Element<'a>>) -> Outcome<'a> {
    let site = item.site.as_str();
    let alert = |name: &str| text(&item.fields, name);
    let here = |name: &str| match instance {
        Some(instance) => instance.texts(name).next(),
        None => text(item.first(), name),
    };
    let plugin = alert("pluginid");
    let name = alert("name").or(alert("alert"));
    let Some(id) = alert("alertRef").or(plugin).or(name) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without pluginid and name", site);
    };
    // Its name up to 2.3.
    let sure = alert("confidence").or(alert("reliability"));
    if let Some(level @ ("0" | "False Positive")) = sure {
        let level = if level == "0" { "False Positive" } else { level };
        return Outcome::skip(SkipReason::Suppressed, format!("confidence: {level}"), id);
    }

    let mut weakness = Weakness::new("zap_rule_id", id);
    // Ids below are those of tests and of scripts, which have no page.
    if id.len() >= 5 && id.starts_with(|c: char| c.is_ascii_digit()) {
        weakness.url = Some(format!("https://www.zaproxy.org/docs/alerts/{id}/").into());
    }
    weakness.name = name.map(Into::into);
    let said = item.said();
    weakness.say("", said.description.as_str());
    weakness.advise(said.solution.as_str());
    weakness.severity = severity(alert("riskcode"), alert("riskdesc"));
    weakness.cwes = number(alert("cweid")).into_iter().collect();
    weakness.wasc = number(alert("wascid")).into_iter().collect();
    weakness.refer(alert("reference").unwrap_or_default());
    let tags = item
        .fields
        .iter()
        .map(Tree::root)
        .filter(|field| field.name() == "tags")
        .flat_map(|tags| tags.all("tag"));
    let tags: Vec<(&str, Option<&str>)> =
        tags.filter_map(|tag| Some((tag.child_text("tag")?, tag.child_text("link")))).collect();
    weakness.cwes.extend(tags.iter().filter_map(|(tag, _)| cwe::parse(tag)));
    weakness
        .advisories
        .extend(tags.iter().filter(|(tag, _)| tag.starts_with("CVE-")).map(|(tag, _)| (*tag).into()));

    let url = here("uri").unwrap_or(site);
    let mut location = WebLocation::from_url(url);
    location.method = here("method").map(Into::into);
    location.param = here("param").map(Into::into);
    let Some(mut finding) = weakness.into_finding(Location::Dast(location)) else {
        return Outcome::skip(SkipReason::Unsupported, "an alert without pluginid and name", site);
    };
    let vulnerability = &mut finding.vulnerability;
    vulnerability.identifiers.extend(tags.iter().filter_map(|(tag, link)| owasp(tag, *link)));
    let details = &mut vulnerability.details;
    add_url(details, "url", "URL", url);
    if instance.is_none() {
        add_list(details, "other_addresses", "Other addresses", item.others());
    }
    add_text(details, "attack", "Attack", here("attack").unwrap_or_default());
    let other = here("otherinfo").or(instance.and_then(|_| alert("otherinfo"))).unwrap_or_default();
    add_text(details, "other_info", "Other info", other_info(other));
    details.text("confidence", "Confidence", confidence(sure, alert("confidencedesc")));
    details.text("node", "Node", here("nodeName").unwrap_or_default());
    details.text("input_vector", "Input vector", here("inputVector").unwrap_or_default());
    details.text("plugin", "Plugin", plugin.filter(|plugin| *plugin != id).unwrap_or_default());
    details.text("source", "Source", source(alert("sourceid")));
    details.text(
        "systemic",
        "Systemic",
        alert("systemic").filter(|text| *text == "true").unwrap_or_default(),
    );
    add_tags(details, &tags);

    let mut evidence =
        http::evidence(here("requestheader"), here("responseheader"), Some(url)).unwrap_or_default();
    if let Some(request) = &mut evidence.request {
        request.body = here("requestbody").and_then(http::body).or(request.body.take());
    }
    if let Some(response) = &mut evidence.response {
        response.body = here("responsebody").and_then(http::body).or(response.body.take());
    }
    evidence.summary = here("evidence").map(Into::into);
    finding.secrets = http::credentials(&evidence);
    finding.vulnerability.evidence = (evidence != Evidence::default()).then_some(evidence);
    Outcome::finding(finding)
}
