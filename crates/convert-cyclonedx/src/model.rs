//! What is read of a vulnerability (CycloneDX 1.4 to 1.7, "vulnerabilities"), of JSON and XML alike.
//!
//! Every text may be missing or of another type: that costs the text and nothing else.

use scanlift_convert_api::json::{self, Loose};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;

/// A vulnerability and what it affects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vulnerability<'a> {
    #[serde(borrow, rename = "bom-ref")]
    pub(crate) bom_ref: Option<Loose<'a>>,
    pub(crate) id: Option<Loose<'a>>,
    pub(crate) source: Option<Source<'a>>,
    /// The same vulnerability under other ids.
    #[serde(deserialize_with = "json::list")]
    pub(crate) references: Vec<Reference<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) ratings: Vec<Rating<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) cwes: Vec<Loose<'a>>,
    pub(crate) description: Option<Loose<'a>>,
    pub(crate) detail: Option<Loose<'a>>,
    pub(crate) recommendation: Option<Loose<'a>>,
    /// Since 1.5.
    pub(crate) workaround: Option<Loose<'a>>,
    /// Since 1.5.
    #[serde(rename = "proofOfConcept")]
    pub(crate) proof_of_concept: Option<ProofOfConcept<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) advisories: Vec<Advisory<'a>>,
    pub(crate) created: Option<Loose<'a>>,
    pub(crate) published: Option<Loose<'a>>,
    pub(crate) updated: Option<Loose<'a>>,
    /// Since 1.5.
    pub(crate) rejected: Option<Loose<'a>>,
    pub(crate) credits: Option<Credits<'a>>,
    pub(crate) tools: Tools<'a>,
    pub(crate) analysis: Option<Analysis<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) affects: Vec<Affect<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) properties: Vec<Property<'a>>,
}

impl Vulnerability<'_> {
    /// How many records it is: one for each target, and one without a target.
    pub(crate) fn records(&self) -> usize {
        self.affects.len().max(1)
    }
}

/// Who publishes something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Source<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) url: Option<Loose<'a>>,
}

/// The same vulnerability under another id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reference<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    pub(crate) source: Option<Source<'a>>,
}

/// How bad it is in the eyes of somebody.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rating<'a> {
    #[serde(borrow)]
    pub(crate) source: Option<Source<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) score: Option<f64>,
    pub(crate) severity: Option<Loose<'a>>,
    /// `CVSSv2`, `CVSSv3`, `CVSSv31`, `CVSSv4`, `OWASP`, `SSVC`, `other`.
    pub(crate) method: Option<Loose<'a>>,
    pub(crate) vector: Option<Loose<'a>>,
    pub(crate) justification: Option<Loose<'a>>,
}

/// A page on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Advisory<'a> {
    #[serde(borrow)]
    pub(crate) title: Option<Loose<'a>>,
    pub(crate) url: Option<Loose<'a>>,
}

/// How to see that it is there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProofOfConcept<'a> {
    #[serde(borrow, rename = "reproductionSteps")]
    pub(crate) reproduction_steps: Option<Loose<'a>>,
    pub(crate) environment: Option<Loose<'a>>,
}

/// Who found it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credits<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) organizations: Vec<Contact<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) individuals: Vec<Contact<'a>>,
}

/// A person or an organisation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contact<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) email: Option<Loose<'a>>,
}

/// What somebody concluded for this product (VEX).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Analysis<'a> {
    #[serde(borrow)]
    pub(crate) state: Option<Loose<'a>>,
    pub(crate) justification: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) response: Vec<Loose<'a>>,
    pub(crate) detail: Option<Loose<'a>>,
    /// Since 1.5.
    #[serde(rename = "firstIssued")]
    pub(crate) first_issued: Option<Loose<'a>>,
    /// Since 1.5.
    #[serde(rename = "lastUpdated")]
    pub(crate) last_updated: Option<Loose<'a>>,
}

/// A component or service that it affects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Affect<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) versions: Vec<Version<'a>>,
}

/// Whether versions are affected.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Version<'a> {
    #[serde(borrow)]
    pub(crate) version: Option<Loose<'a>>,
    /// As `vers:npm/<1.2.3`.
    pub(crate) range: Option<Loose<'a>>,
    /// `affected` (the default), `unaffected` or `unknown`.
    pub(crate) status: Option<Loose<'a>>,
}

/// A name and a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Property<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) value: Option<Loose<'a>>,
}

/// What made a document or found a vulnerability.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tool<'a> {
    /// Since 1.5: `application`, `library` ...
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Loose<'a>>,
    pub(crate) vendor: Option<Loose<'a>>,
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) version: Option<Loose<'a>>,
    pub(crate) author: Option<Loose<'a>>,
    pub(crate) publisher: Option<Loose<'a>>,
    pub(crate) group: Option<Loose<'a>>,
    pub(crate) manufacturer: Option<Source<'a>>,
    pub(crate) supplier: Option<Source<'a>>,
    /// Of a service.
    pub(crate) provider: Option<Source<'a>>,
}

/// A list of tools, as up to 1.4, or an object with components and services, as since 1.5.
#[derive(Debug, Default)]
pub(crate) struct Tools<'a>(pub(crate) Vec<Tool<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Tools<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToolsVisitor).map(Self)
    }
}

/// Tools since 1.5.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToolObjects<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    components: Vec<Tool<'a>>,
    #[serde(deserialize_with = "json::list")]
    services: Vec<Tool<'a>>,
}

struct ToolsVisitor;

impl<'de> Visitor<'de> for ToolsVisitor {
    type Value = Vec<Tool<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tools, or an object with their components and services")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let ToolObjects { mut components, services } =
            ToolObjects::deserialize(MapAccessDeserializer::new(map))?;
        components.extend(services);
        Ok(components)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// Beside a component: what tools say of where it was found (`evidence`, since 1.3 and, in these parts, 1.5).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence<'a> {
    /// One up to 1.5, a list since 1.6.
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) identity: Vec<Identity<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) occurrences: Vec<Occurrence<'a>>,
}

/// What makes somebody believe that a component is this one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Identity<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) methods: Vec<Method<'a>>,
}

/// How it was found: the value is often a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Method<'a> {
    #[serde(borrow)]
    pub(crate) value: Option<Loose<'a>>,
}

/// Where it is seen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Occurrence<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<Loose<'a>>,
}

/// What a component depends on (`dependencies`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Dependency<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Option<Loose<'a>>,
    #[serde(rename = "dependsOn", deserialize_with = "json::list")]
    pub(crate) depends_on: Vec<Loose<'a>>,
}

/// What of a vulnerability the first pass needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Targets<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) affects: Vec<Target<'a>>,
}

/// What of a target the first pass needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Target<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Option<Loose<'a>>,
}
