//! What GitLab has no field for.

use crate::map::Entry;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::filled;
use scanlift_report_core::{Detail, Details};
use scanlift_vex::csaf::{About, Selection};

/// Adds it, in the order of its worth to people.
pub(crate) fn add<'x>(
    details: &mut Details<'x>,
    entry: &Entry<'x>,
    status: &'static str,
    product: &'x str,
    about: Option<About<'x>>,
) {
    let (vulnerability, head) = (entry.vulnerability, entry.scope.head);
    details.text("vex_status", "Product status", status);
    for threat in entry.threats_of(product) {
        let Some(words) = filled(&threat.details) else { continue };
        match filled(&threat.category) {
            Some("exploit_status") => details.text("exploit_status", "Exploit status", words),
            Some("target_set") => details.text("target_set", "Target set", words),
            _ => details.text("impact", "Impact", words),
        }
    }
    let epss = entry.contents_of(product).find_map(|content| filled(&content.epss.as_ref()?.probability));
    details.text("epss", "EPSS", epss.unwrap_or_default());
    let ssvc = entry.contents_of(product).find_map(|content| content.ssvc_v1.as_ref());
    let selections = ssvc.into_iter().flat_map(|ssvc| &ssvc.selections).filter_map(Selection::text);
    add_list(details, "ssvc", "SSVC", selections);
    let dates = &vulnerability.first_known_exploitation_dates;
    if let Some(first) = dates.iter().filter_map(|it| filled(&it.exploitation_date)).min() {
        details.text("known_exploited", "Known exploited", format!("since {first}"));
    }
    if let Some(about) = about {
        details.text("product", "Product", about.name);
        details.text("part_of", "Part of", about.within.map_or("", |within| &within.name));
        details.text("vendor", "Vendor", about.product.vendor.as_deref().unwrap_or_default());
        let cpe = about
            .product
            .thing
            .cpe
            .as_deref()
            .or(about.within.and_then(|within| within.thing.cpe.as_deref()));
        details.text("cpe", "CPE", cpe.unwrap_or_default());
    }
    details.text("product_id", "Product id", product);
    details.text("discovered", "Discovered", filled(&vulnerability.discovery_date).unwrap_or_default());
    add_ids(details, entry);
    add_references(details, entry);
    add_people(details, entry);
    add_document(details, entry);
    details.text("tlp", "TLP", head.tlp.as_deref().unwrap_or_default());
}

/// Ids with the system that they are of, which an identifier does not tell.
fn add_ids<'x>(details: &mut Details<'x>, entry: &Entry<'x>) {
    let ids = entry.vulnerability.ids.iter().filter_map(|id| {
        let (system, text) = (filled(&id.system_name)?, filled(&id.text)?);
        Some(format!("{system}: {text}"))
    });
    add_list(details, "ids", "Ids", ids);
}

/// References have a summary that a link has no place for.
fn add_references<'x>(details: &mut Details<'x>, entry: &Entry<'x>) {
    let references = entry.vulnerability.references.iter().filter_map(|reference| {
        let (summary, url) = (filled(&reference.summary)?, filled(&reference.url)?);
        (summary != url && !url.ends_with(summary)).then(|| format!("{summary}: {url}"))
    });
    add_list(details, "references", "References", references);
}

fn add_people<'x>(details: &mut Details<'x>, entry: &Entry<'x>) {
    let people = entry.vulnerability.acknowledgments.iter().map(|thanked| {
        let names: Vec<&str> = thanked.names.iter().map(|name| name.trim()).collect();
        let names = names.join(", ");
        let parts = [
            names.as_str(),
            filled(&thanked.organization).unwrap_or_default(),
            filled(&thanked.summary).unwrap_or_default(),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    });
    add_list(details, "acknowledgments", "Acknowledgments", people);
    let involvements = entry.vulnerability.involvements.iter().map(|involvement| {
        let party = filled(&involvement.party).unwrap_or_default();
        let said = [filled(&involvement.status), filled(&involvement.summary)];
        format!("{party}: {}", said.into_iter().flatten().collect::<Vec<_>>().join(", "))
    });
    add_list(details, "involvements", "Involvements", involvements);
}

fn add_document<'x>(details: &mut Details<'x>, entry: &Entry<'x>) {
    let head = entry.scope.head;
    let mut items = Details::default();
    for (key, name, value) in [
        ("id", "Id", &head.id),
        ("title", "Title", &head.title),
        ("publisher", "Publisher", &head.publisher),
        ("category", "Category", &head.category),
        ("status", "Status", &head.status),
        ("version", "Version", &head.version),
    ] {
        items.text(key, name, value.as_deref().unwrap_or_default());
    }
    if !items.is_empty() {
        details.insert("document", "Document", Detail::NamedList { items });
    }
}
