//! From elements to the model: vulnerabilities of CycloneDX 1.4 and later, and of the extension.

use crate::model::{
    Advisory, Affect, Analysis, Contact, Credits, Evidence, Identity, Method, Occurrence, ProofOfConcept,
    Property, Rating, Reference, Source, Tool, Tools, Version, Vulnerability,
};
use scanlift_convert_api::json::Loose;
use scanlift_convert_api::xml::Element;
use std::borrow::Cow;

/// A vulnerability of either kind.
pub(super) fn vulnerability(element: Element<'_>) -> Vulnerability<'_> {
    let all = |list: &'static str, item: &'static str| element.all(list).flat_map(move |list| list.all(item));
    let mut vulnerability = Vulnerability {
        bom_ref: loose(element.attribute("bom-ref")),
        id: text(element, "id"),
        source: element.child("source").map(source),
        references: all("references", "reference")
            .map(|it| Reference { id: text(it, "id"), source: it.child("source").map(source) })
            .collect(),
        ratings: all("ratings", "rating").map(rating).collect(),
        cwes: all("cwes", "cwe").filter_map(|it| loose(it.text())).collect(),
        description: text(element, "description"),
        detail: text(element, "detail"),
        recommendation: text(element, "recommendation").or_else(|| recommendations(element)),
        workaround: text(element, "workaround"),
        proof_of_concept: element.child("proofOfConcept").map(|it| ProofOfConcept {
            reproduction_steps: text(it, "reproductionSteps"),
            environment: text(it, "environment"),
        }),
        advisories: all("advisories", "advisory").map(advisory).collect(),
        created: text(element, "created"),
        published: text(element, "published"),
        updated: text(element, "updated"),
        rejected: text(element, "rejected"),
        credits: element.child("credits").map(credits),
        tools: element.child("tools").map(tools).unwrap_or_default(),
        analysis: element.child("analysis").map(analysis),
        affects: all("affects", "target").map(affect).collect(),
        properties: all("properties", "property")
            .map(|it| Property { name: loose(it.attribute("name")), value: loose(it.text()) })
            .collect(),
    };
    // The extension's way.
    if vulnerability.affects.is_empty()
        && let Some(reference) = loose(element.attribute("ref"))
    {
        vulnerability.affects.push(Affect { reference: Some(reference), versions: Vec::new() });
    }
    vulnerability
}

/// Tools up to 1.4, and since 1.5.
pub(super) fn tools(element: Element<'_>) -> Tools<'_> {
    let of = |list: &'static str, item: &'static str| element.all(list).flat_map(move |list| list.all(item));
    Tools(
        element
            .all("tool")
            .chain(of("components", "component"))
            .chain(of("services", "service"))
            .map(tool)
            .collect(),
    )
}

fn tool(element: Element<'_>) -> Tool<'_> {
    Tool {
        kind: loose(element.attribute("type")),
        vendor: text(element, "vendor"),
        name: text(element, "name"),
        version: text(element, "version"),
        author: text(element, "author"),
        publisher: text(element, "publisher"),
        group: text(element, "group"),
        manufacturer: element.child("manufacturer").map(source),
        supplier: element.child("supplier").map(source),
        provider: element.child("provider").map(source),
    }
}

/// What of a component's evidence is read.
pub(super) fn evidence(element: Element<'_>) -> Evidence<'_> {
    Evidence {
        identity: element
            .all("identity")
            .map(|it| Identity {
                methods: it
                    .all("methods")
                    .flat_map(|list| list.all("method"))
                    .map(|method| Method { value: text(method, "value") })
                    .collect(),
            })
            .collect(),
        occurrences: element
            .all("occurrences")
            .flat_map(|list| list.all("occurrence"))
            .map(|it| Occurrence { location: text(it, "location") })
            .collect(),
    }
}

fn rating(element: Element<'_>) -> Rating<'_> {
    let score = element.child("score");
    // The extension has `score/base` beside impact and exploitability.
    let number = score.and_then(|score| score.child_text("base").or(score.text()));
    Rating {
        source: element.child("source").map(source),
        score: number.and_then(|number| number.parse().ok()),
        severity: text(element, "severity"),
        method: text(element, "method"),
        vector: text(element, "vector"),
        justification: text(element, "justification"),
    }
}

/// The extension has the name in an attribute.
fn source(element: Element<'_>) -> Source<'_> {
    let name = text(element, "name").or_else(|| loose(element.attribute("name")));
    Source { name, url: text(element, "url") }
}

/// The extension has the address as text.
fn advisory(element: Element<'_>) -> Advisory<'_> {
    Advisory { title: text(element, "title"), url: text(element, "url").or_else(|| loose(element.text())) }
}

/// The extension's list of recommendations.
fn recommendations(element: Element<'_>) -> Option<Loose<'_>> {
    let texts: Vec<&str> =
        element.all("recommendations").flat_map(|list| list.texts("recommendation")).collect();
    (!texts.is_empty()).then(|| Loose(Cow::Owned(texts.join("\n\n"))))
}

fn credits(element: Element<'_>) -> Credits<'_> {
    let of = |list: &'static str, item: &'static str| {
        let contact = |it| Contact { name: text(it, "name"), email: text(it, "email") };
        element.all(list).flat_map(move |list| list.all(item)).map(contact).collect()
    };
    Credits {
        organizations: of("organizations", "organization"),
        individuals: of("individuals", "individual"),
    }
}

fn analysis(element: Element<'_>) -> Analysis<'_> {
    let responses = element.all("responses").flat_map(|list| list.texts("response"));
    Analysis {
        state: text(element, "state"),
        justification: text(element, "justification"),
        response: responses.filter_map(|it| loose(Some(it))).collect(),
        detail: text(element, "detail"),
        first_issued: text(element, "firstIssued"),
        last_updated: text(element, "lastUpdated"),
    }
}

fn affect(element: Element<'_>) -> Affect<'_> {
    let versions = element.all("versions").flat_map(|list| list.all("version"));
    Affect {
        reference: text(element, "ref"),
        versions: versions
            .map(|it| Version {
                version: text(it, "version"),
                range: text(it, "range"),
                status: text(it, "status"),
            })
            .collect(),
    }
}

fn text<'e>(element: Element<'e>, name: &str) -> Option<Loose<'e>> {
    loose(element.child_text(name))
}

fn loose(text: Option<&str>) -> Option<Loose<'_>> {
    text.map(|text| Loose(Cow::Borrowed(text)))
}
