//! The security profile of SPDX 3.0: relationships that tell which package has which vulnerability,
//! and what somebody found out about that (<https://spdx.github.io/spdx-spec/v3.0.1/model/Security/>).

use super::{about, named, outcome};
use scanlift_convert_api::json::{self, Loose, filled, flag};
use scanlift_convert_api::package::{Advisory, Place, Rating};
use scanlift_convert_api::{Outcome, SkipReason, advisory};
use scanlift_vex::{Status, level};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// An element of a document, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Element<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    #[serde(rename = "spdxId")]
    id: Option<Loose<'a>>,
    #[serde(rename = "@id")]
    node: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    summary: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    #[serde(rename = "externalIdentifier", deserialize_with = "json::list")]
    identifiers: Vec<ExternalIdentifier<'a>>,
    #[serde(rename = "externalRef", deserialize_with = "json::list")]
    references: Vec<ExternalRef<'a>>,
    // Of `CreationInfo`.
    pub(super) created: Option<Loose<'a>>,
    #[serde(rename = "specVersion")]
    pub(super) spec_version: Option<Loose<'a>>,
    // Of packages.
    #[serde(rename = "software_packageVersion")]
    pub(super) version: Option<Loose<'a>>,
    #[serde(rename = "software_packageUrl")]
    purl: Option<Loose<'a>>,
    #[serde(rename = "software_primaryPurpose")]
    pub(super) purpose: Option<Loose<'a>>,
    // Of relationships.
    #[serde(rename = "relationshipType")]
    relationship: Option<Loose<'a>>,
    from: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    to: Vec<Loose<'a>>,
    // Of assessments, and of vulnerabilities.
    #[serde(rename = "security_assessedElement")]
    assessed: Option<Loose<'a>>,
    #[serde(rename = "security_justificationType")]
    justification: Option<Loose<'a>>,
    #[serde(rename = "security_impactStatement")]
    impact: Option<Loose<'a>>,
    #[serde(rename = "security_actionStatement")]
    action: Option<Loose<'a>>,
    #[serde(rename = "security_statusNotes")]
    notes: Option<Loose<'a>>,
    #[serde(rename = "security_publishedTime")]
    published: Option<Loose<'a>>,
    #[serde(rename = "security_modifiedTime")]
    modified: Option<Loose<'a>>,
    #[serde(rename = "security_vectorString")]
    vector: Option<Loose<'a>>,
    #[serde(rename = "security_severity")]
    severity: Option<Loose<'a>>,
    #[serde(rename = "security_score", deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(rename = "security_probability", deserialize_with = "json::number")]
    probability: Option<f64>,
    #[serde(rename = "security_exploited")]
    exploited: Option<Loose<'a>>,
    #[serde(rename = "security_decisionType")]
    decision: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExternalIdentifier<'a> {
    #[serde(borrow)]
    identifier: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExternalRef<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    locator: Vec<Loose<'a>>,
}

/// From a package to its vulnerabilities; assessments go the other way.
const HAS: &str = "hasAssociatedVulnerability";

impl Element<'_> {
    /// Whether it is a package that a vulnerability may be in.
    fn is_package(&self) -> bool {
        matches!(filled(&self.kind), Some("software_Package" | "ai_AIPackage" | "dataset_DatasetPackage"))
    }

    /// Whether it tells that a package has a vulnerability, or may have.
    fn is_told(&self) -> bool {
        filled(&self.relationship) == Some(HAS) || self.status().is_some()
    }

    /// What an assessment says, by its type (`security_VexFixedVulnAssessmentRelationship`).
    fn status(&self) -> Option<Status> {
        match self.assessment()?.strip_prefix("Vex")? {
            "Affected" => Some(Status::Affected),
            "NotAffected" => Some(Status::NotAffected),
            "Fixed" => Some(Status::Fixed),
            "UnderInvestigation" => Some(Status::UnderInvestigation),
            _ => None,
        }
    }

    /// The kind of an assessment: `VexFixed`, `CvssV3`, `Epss`, `ExploitCatalog`.
    fn assessment(&self) -> Option<&str> {
        filled(&self.kind)?.strip_prefix("security_")?.strip_suffix("VulnAssessmentRelationship")
    }

    /// The packages at its end, each with its vulnerability.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let (is_assessment, from) = (self.assessment().is_some(), filled(&self.from).unwrap_or_default());
        self.to.iter().map(move |to| if is_assessment { (to.trim(), from) } else { (from, to.trim()) })
    }
}

/// What relationships point to and what assessments say, wherever in the document that stands.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: HashMap<String, Node>,
    /// By the vulnerability.
    judged: HashMap<String, Judged>,
    /// What is said of a vulnerability in a package.
    statuses: HashMap<u64, Status>,
    /// How many relationships tell of vulnerabilities.
    pub(super) relationships: u64,
}

/// A package or a vulnerability.
#[derive(Debug, Default)]
struct Node {
    name: String,
    version: String,
    purl: String,
    summary: String,
    description: String,
    ids: Vec<String>,
    urls: Vec<String>,
    published: String,
    modified: String,
}

/// How bad a vulnerability is.
#[derive(Debug, Default)]
struct Judged {
    ratings: Vec<Score>,
    epss: Option<f64>,
    is_exploited: bool,
    /// What to do by SSVC: `act`, `attend`, `track`, `trackStar`.
    decision: Option<String>,
}

/// A rating by CVSS.
#[derive(Debug)]
struct Score {
    /// The one to trust first has the lowest.
    rank: u8,
    severity: String,
    vector: String,
    score: Option<f64>,
}

impl Graph {
    /// The first look at an element.
    pub(super) fn see(&mut self, element: &Element<'_>) {
        let owned = |field: &Option<Loose<'_>>| filled(field).unwrap_or_default().to_owned();
        if element.is_package() || filled(&element.kind) == Some("security_Vulnerability") {
            let ids = element.identifiers.iter().map(|it| owned(&it.identifier));
            let urls = element.references.iter().flat_map(|it| &it.locator);
            let node = Node {
                name: owned(&element.name),
                version: owned(&element.version),
                purl: owned(&element.purl),
                summary: owned(&element.summary),
                description: owned(&element.description),
                ids: ids.filter(|id| !id.is_empty()).collect(),
                urls: urls.map(|url| url.trim().to_owned()).collect(),
                published: owned(&element.published),
                modified: owned(&element.modified),
            };
            let id = filled(&element.id).or(filled(&element.node)).unwrap_or_default();
            self.nodes.insert(id.to_owned(), node);
        } else if element.is_told() {
            self.relationships += 1;
            if let Some(status) = element.status() {
                let part = filled(&element.assessed);
                for (package, vulnerability) in element.pairs() {
                    self.statuses.insert(key(part.unwrap_or(package), vulnerability), status);
                }
            }
        } else if let Some(kind) = element.assessment() {
            self.judge(kind, element);
        }
    }

    fn judge(&mut self, kind: &str, element: &Element<'_>) {
        let vulnerability = filled(&element.from).unwrap_or_default();
        let judged = self.judged.entry(vulnerability.to_owned()).or_default();
        let rank = match kind {
            "CvssV3" => 0,
            "CvssV4" => 1,
            "CvssV2" => 2,
            "Epss" => {
                judged.epss = element.probability;
                return;
            }
            "ExploitCatalog" => {
                judged.is_exploited |= flag(&element.exploited) == Some(true);
                return;
            }
            "Ssvc" => {
                judged.decision = filled(&element.decision).map(str::to_owned);
                return;
            }
            _ => return,
        };
        let owned = |field: &Option<Loose<'_>>| filled(field).unwrap_or_default().to_owned();
        judged.ratings.push(Score {
            rank,
            severity: owned(&element.severity),
            vector: owned(&element.vector),
            score: element.score,
        });
        judged.ratings.sort_by_key(|rating| rating.rank);
    }

    /// What an assessment says of a vulnerability in a package.
    fn status(&self, package: &str, vulnerability: &str) -> Option<Status> {
        self.statuses.get(&key(package, vulnerability)).copied()
    }
}

/// A vulnerability in a package as a number.
fn key(package: &str, vulnerability: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (package, vulnerability).hash(&mut hasher);
    hasher.finish()
}

/// A record for each package at the end of a relationship that tells of a vulnerability.
pub(super) fn map_relationship<'a>(
    element: &'a Element<'_>,
    (graph, place): &'a (&Graph, &Place<'_>),
) -> Vec<Outcome<'a>> {
    if !element.is_told() {
        return Vec::new();
    }
    element
        .pairs()
        .map(|(package, vulnerability)| map_pair(element, package, vulnerability, graph, place))
        .collect()
}

fn map_pair<'a>(
    element: &'a Element<'_>,
    product: &'a str,
    vulnerability: &'a str,
    graph: &'a Graph,
    place: &'a Place<'_>,
) -> Outcome<'a> {
    // What is assessed may be a part of the product.
    let part = filled(&element.assessed).filter(|part| graph.nodes.contains_key(*part));
    let known = graph.nodes.get(vulnerability);
    // That of another document has an id in its address mostly.
    let id = known.and_then(Node::id).or_else(|| named(vulnerability));
    let (Some(package), Some(id)) = (graph.nodes.get(part.unwrap_or(product)), id) else {
        return Outcome::skip(SkipReason::Unsupported, "the document does not hold both ends", product);
    };
    let status = element.status();
    if let Some(status) = status.filter(|status| status.rules_out()) {
        let why = filled(&element.justification).or(filled(&element.impact));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        return Outcome::skip(SkipReason::Vex, format!("{status}{why}"), id);
    }
    // The plain relationship names every vulnerability that was ever looked at.
    match graph.status(product, vulnerability).filter(|_| status.is_none()) {
        Some(status) if status.rules_out() => return Outcome::skip(SkipReason::Vex, status.as_str(), id),
        Some(status) => {
            return Outcome::skip(SkipReason::Duplicate, format!("an assessment says {status}"), id);
        }
        None => {}
    }

    let mut advisory = Advisory::new("spdx_vulnerability", id);
    if let Some(known) = known {
        advisory.aliases = known.ids.iter().map(|id| id.as_str().into()).collect();
        advisory.title = Some(known.summary.as_str().into());
        advisory.description = Some(known.description.as_str().into());
        advisory.references = known.urls.iter().map(|url| url.as_str().into()).collect();
        advisory.published = Some(known.published.as_str().into());
        advisory.modified = Some(known.modified.as_str().into());
    }
    advisory.solution = filled(&element.action).map(Cow::Borrowed);
    let judged = graph.judged.get(vulnerability);
    let ratings = judged.map(|judged| judged.ratings.as_slice()).unwrap_or_default();
    advisory.severity = ratings.first().map(|rating| rating.severity.as_str().into());
    let vector = |it: &'a Score| Some(Cow::Borrowed(it.vector.as_str())).filter(|text| !text.is_empty());
    advisory.ratings = ratings.iter().map(|it| Rating::new("", vector(it), it.score)).collect();
    let text = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    let about = about(text(&package.name), text(&package.version), text(&package.purl));
    let mut outcome = outcome(advisory, about, place);
    if let Outcome::Finding(finding) = &mut outcome {
        finding.severity.level = status.and_then(level);
        let details = &mut finding.vulnerability.details;
        details.text("vex_status", "VEX status", status.map_or("", Status::as_str));
        details.text("status_notes", "Status notes", filled(&element.notes).unwrap_or_default());
        let epss = judged.and_then(|judged| judged.epss).map(|score| format!("{score}"));
        details.text("epss", "EPSS", epss.unwrap_or_default());
        let is_exploited = judged.is_some_and(|judged| judged.is_exploited);
        details.text("known_exploited", "Known exploited", if is_exploited { "yes" } else { "" });
        let decision = judged.and_then(|judged| judged.decision.as_deref());
        details.text("ssvc", "SSVC", decision.unwrap_or_default());
        let whole = graph.nodes.get(product).filter(|_| part.is_some());
        details.text("product", "Product", whole.map_or("", |node| &node.name));
    }
    outcome
}

impl Node {
    /// The id of a known database among its ids, else the first one, else its name.
    fn id(&self) -> Option<&str> {
        let known = self.ids.iter().find(|id| advisory::database(id).is_some());
        let id = known.or(self.ids.first()).unwrap_or(&self.name);
        Some(id.as_str()).filter(|id| !id.is_empty())
    }
}
