//! The constraints of SARIF 2.1.0 on the parts of a log that GitLab reads. As in the published schema, an
//! object has no fields that the standard does not know. What lies deeper (code flows, graphs, fixes) is not checked.

use crate::schema::{Object, Shape};

const TEXT: Shape = Shape::Text { min: 0, max: usize::MAX };

const fn list(item: &'static Shape) -> Shape {
    Shape::List { item, min: 0, max: usize::MAX }
}

static BAG: Shape = Shape::Object(&Object::new(&[], &[("tags", &list(&TEXT))]));

/// §3.12.
static DESCRIPTION: Shape = Shape::Object(&Object::closed(
    &["text"],
    &[("text", &TEXT), ("markdown", &TEXT), ("properties", &BAG)],
    &[],
));

/// §3.11: a text, or the id of one.
static MESSAGE: Shape = Shape::Either(&[
    &Shape::Object(&Object::closed(&["text"], MESSAGE_FIELDS, &[])),
    &Shape::Object(&Object::closed(&["id"], MESSAGE_FIELDS, &[])),
]);
const MESSAGE_FIELDS: &[(&str, &Shape)] =
    &[("text", &TEXT), ("markdown", &TEXT), ("id", &TEXT), ("arguments", &list(&TEXT)), ("properties", &BAG)];

const LEVEL: Shape = Shape::Word(&["none", "note", "warning", "error"]);

/// §3.49.
pub(super) static RULE: Shape = Shape::Object(&Object::closed(
    &["id"],
    &[
        ("id", &TEXT),
        ("name", &TEXT),
        ("shortDescription", &DESCRIPTION),
        ("fullDescription", &DESCRIPTION),
        ("help", &DESCRIPTION),
        ("helpUri", &TEXT),
        (
            "defaultConfiguration",
            &Shape::Object(&Object::closed(
                &[],
                &[
                    ("enabled", &Shape::Boolean),
                    ("level", &LEVEL),
                    ("rank", &Shape::Number),
                    ("parameters", &BAG),
                    ("properties", &BAG),
                ],
                &[],
            )),
        ),
        ("relationships", &list(&Shape::Object(&Object::new(&["target"], &[])))),
        ("properties", &BAG),
    ],
    &["deprecatedIds", "guid", "deprecatedGuids", "deprecatedNames", "messageStrings"],
));

/// §3.19, less its rules.
pub(super) static DRIVER: Object = Object::closed(
    &["name"],
    &[
        ("name", &TEXT),
        ("organization", &TEXT),
        ("version", &TEXT),
        ("semanticVersion", &TEXT),
        ("informationUri", &TEXT),
        ("shortDescription", &DESCRIPTION),
        ("fullDescription", &DESCRIPTION),
        ("properties", &BAG),
    ],
    &[
        "rules",
        "guid",
        "product",
        "productSuite",
        "fullName",
        "dottedQuadFileVersion",
        "releaseDateUtc",
        "downloadUri",
        "globalMessageStrings",
        "notifications",
        "taxa",
        "locations",
        "language",
        "contents",
        "isComprehensive",
        "localizedDataSemanticVersion",
        "minimumRequiredLocalizedDataSemanticVersion",
        "associatedComponent",
        "translationMetadata",
        "supportedTaxonomies",
    ],
);

/// The fields of a log (§3.13).
pub(super) const LOG: [&str; 5] = ["$schema", "version", "runs", "inlineExternalProperties", "properties"];

/// The fields of a run (§3.14).
pub(super) const RUN: [&str; 28] = [
    "tool",
    "invocations",
    "conversion",
    "language",
    "versionControlProvenance",
    "originalUriBaseIds",
    "artifacts",
    "logicalLocations",
    "graphs",
    "results",
    "automationDetails",
    "runAggregates",
    "baselineGuid",
    "redactionTokens",
    "defaultEncoding",
    "defaultSourceLanguage",
    "newlineSequences",
    "columnKind",
    "externalPropertyFileReferences",
    "threadFlowLocations",
    "taxonomies",
    "addresses",
    "translations",
    "policies",
    "webRequests",
    "webResponses",
    "specialLocations",
    "properties",
];

/// The fields of a tool (§3.18).
pub(super) const TOOL: [&str; 3] = ["driver", "extensions", "properties"];

/// §3.4.
static ARTIFACT_LOCATION: Shape = Shape::Object(&Object::closed(
    &[],
    &[
        ("uri", &TEXT),
        ("uriBaseId", &TEXT),
        ("index", &Shape::Integer { least: -1 }),
        ("description", &MESSAGE),
        ("properties", &BAG),
    ],
    &[],
));

const LINE: Shape = Shape::Integer { least: 1 };
const OFFSET: Shape = Shape::Integer { least: -1 };
const LENGTH: Shape = Shape::Integer { least: 0 };

/// §3.30.
static REGION: Shape = Shape::Object(&Object::closed(
    &[],
    &[
        ("startLine", &LINE),
        ("startColumn", &LINE),
        ("endLine", &LINE),
        ("endColumn", &LINE),
        ("charOffset", &OFFSET),
        ("charLength", &LENGTH),
        ("byteOffset", &OFFSET),
        ("byteLength", &LENGTH),
        ("message", &MESSAGE),
        ("sourceLanguage", &TEXT),
        ("properties", &BAG),
    ],
    &["snippet"],
));

const PHYSICAL_FIELDS: &[(&str, &Shape)] = &[
    ("artifactLocation", &ARTIFACT_LOCATION),
    ("region", &REGION),
    ("contextRegion", &REGION),
    ("properties", &BAG),
];

/// §3.28, of which only the physical location (§3.29) is of interest.
static LOCATION: Shape = Shape::Object(&Object::closed(
    &[],
    &[
        (
            "physicalLocation",
            &Shape::Either(&[
                &Shape::Object(&Object::closed(&["artifactLocation"], PHYSICAL_FIELDS, &["address"])),
                &Shape::Object(&Object::closed(&["address"], PHYSICAL_FIELDS, &["address"])),
            ]),
        ),
        ("message", &MESSAGE),
        ("properties", &BAG),
    ],
    &["id", "logicalLocations", "annotations", "relationships"],
));

/// §3.27.
pub(super) static RESULT: Shape = Shape::Object(&Object::closed(
    &["message"],
    &[
        ("ruleId", &TEXT),
        ("ruleIndex", &OFFSET),
        ("kind", &Shape::Word(&["notApplicable", "pass", "fail", "review", "open", "informational"])),
        ("level", &LEVEL),
        ("message", &MESSAGE),
        ("locations", &list(&LOCATION)),
        ("rank", &Shape::Number),
        ("baselineState", &Shape::Word(&["new", "unchanged", "updated", "absent"])),
        (
            "suppressions",
            &list(&Shape::Object(&Object::closed(
                &["kind"],
                &[
                    ("kind", &Shape::Word(&["inSource", "external"])),
                    ("status", &Shape::Word(&["accepted", "underReview", "rejected"])),
                    ("justification", &TEXT),
                    ("properties", &BAG),
                ],
                &["guid", "location"],
            ))),
        ),
        ("relatedLocations", &list(&LOCATION)),
        ("properties", &BAG),
    ],
    &[
        "rule",
        "analysisTarget",
        "guid",
        "correlationGuid",
        "occurrenceCount",
        "partialFingerprints",
        "fingerprints",
        "stacks",
        "codeFlows",
        "graphs",
        "graphTraversals",
        "attachments",
        "hostedViewerUri",
        "workItemUris",
        "provenance",
        "fixes",
        "taxa",
        "webRequest",
        "webResponse",
    ],
));
