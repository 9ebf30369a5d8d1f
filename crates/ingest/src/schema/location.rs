//! What the kind of a report decides: the location of a vulnerability, and the fields that only some
//! kinds know.

use super::shape::{Object, Shape};

type Fields = &'static [(&'static str, &'static Shape)];

const ANY_TEXT: Shape = Shape::Text { min: 0, max: usize::MAX };
const FILLED: Shape = Shape::Text { min: 1, max: usize::MAX };
const SHORT: Shape = Shape::Text { min: 1, max: 255 };

const fn list(item: &'static Shape) -> Shape {
    Shape::List { item, min: 0, max: usize::MAX }
}

const fn object(required: &'static [&'static str], fields: Fields) -> Object {
    Object::new(required, fields)
}

pub(super) static SAST: Fields = &[
    (
        "location",
        &Shape::Object(&object(
            &[],
            &[
                ("file", &ANY_TEXT),
                ("class", &ANY_TEXT),
                ("method", &ANY_TEXT),
                ("start_line", &Shape::Number),
                ("end_line", &Shape::Number),
            ],
        )),
    ),
    ("raw_source_code_extract", &ANY_TEXT),
];

pub(super) static SECRET: Fields = &[
    (
        "location",
        &Shape::Object(&object(
            &["commit"],
            &[
                (
                    "commit",
                    &Shape::Object(&object(
                        &["sha"],
                        &[
                            ("author", &ANY_TEXT),
                            ("date", &ANY_TEXT),
                            ("message", &ANY_TEXT),
                            ("sha", &FILLED),
                        ],
                    )),
                ),
                ("file", &ANY_TEXT),
                ("class", &ANY_TEXT),
                ("method", &ANY_TEXT),
                ("start_line", &Shape::Number),
                ("end_line", &Shape::Number),
            ],
        )),
    ),
    ("raw_source_code_extract", &ANY_TEXT),
];

const PACKAGE: Shape = Shape::Object(&object(&["name"], &[("name", &ANY_TEXT)]));

pub(super) static PACKAGED: Shape = Shape::Object(&object(
    &["package", "version"],
    &[("package", &PACKAGE), ("version", &ANY_TEXT), ("direct", &Shape::Boolean)],
));

/// Before 15.1 a package could say how the project comes to it.
pub(super) static PACKAGED_15_0: Shape = Shape::Object(&object(
    &["package", "version"],
    &[
        ("package", &PACKAGE),
        ("version", &ANY_TEXT),
        ("direct", &Shape::Boolean),
        ("iid", &Shape::Number),
        ("dependency_path", &list(&Shape::Object(&object(&["iid"], &[("iid", &Shape::Number)])))),
    ],
));

macro_rules! packages {
    ($dependency:ident, $image:ident, $cluster:ident, $packaged:ident) => {
        pub(super) static $dependency: Fields = &[(
            "location",
            &Shape::Object(&object(
                &["file", "dependency"],
                &[("file", &FILLED), ("dependency", &$packaged)],
            )),
        )];

        pub(super) static $image: Fields = &[(
            "location",
            &Shape::Object(&object(
                &["dependency", "operating_system", "image"],
                &[
                    ("dependency", &$packaged),
                    ("operating_system", &FILLED),
                    ("image", &FILLED),
                    ("default_branch_image", &Shape::Text { min: 0, max: 255 }),
                ],
            )),
        )];

        pub(super) static $cluster: Fields = &[(
            "location",
            &Shape::Object(&object(
                &["dependency", "image", "kubernetes_resource"],
                &[
                    ("dependency", &$packaged),
                    ("operating_system", &SHORT),
                    ("image", &FILLED),
                    ("kubernetes_resource", &RESOURCE),
                ],
            )),
        )];
    };
}

static RESOURCE: Shape = Shape::Object(&object(
    &["namespace", "kind", "name", "container_name"],
    &[
        ("agent_id", &SHORT),
        ("cluster_id", &SHORT),
        ("container_name", &SHORT),
        ("kind", &SHORT),
        ("name", &SHORT),
        ("namespace", &SHORT),
    ],
));

packages!(DEPENDENCY_15_0, IMAGE_15_0, CLUSTER_15_0, PACKAGED_15_0);
packages!(DEPENDENCY, IMAGE, CLUSTER, PACKAGED);

pub(super) static WEB: Fields = &[
    (
        "location",
        &Shape::Object(&object(
            &[],
            &[("hostname", &ANY_TEXT), ("method", &ANY_TEXT), ("param", &ANY_TEXT), ("path", &ANY_TEXT)],
        )),
    ),
    (
        "evidence",
        &Shape::Object(&object(
            &[],
            &[
                (
                    "source",
                    &Shape::Object(&object(
                        &["id", "name"],
                        &[("id", &FILLED), ("name", &FILLED), ("url", &ANY_TEXT)],
                    )),
                ),
                ("summary", &ANY_TEXT),
                ("request", &REQUEST),
                ("response", &RESPONSE),
                (
                    "supporting_messages",
                    &list(&Shape::Object(&object(
                        &["name"],
                        &[("name", &FILLED), ("request", &REQUEST), ("response", &RESPONSE)],
                    ))),
                ),
            ],
        )),
    ),
    (
        "assets",
        &list(&Shape::Object(&object(
            &["type", "name", "url"],
            &[("type", &Shape::Word(&["http_session", "postman"])), ("name", &FILLED), ("url", &FILLED)],
        ))),
    ),
];

static HEADERS: Shape =
    list(&Shape::Object(&object(&["name", "value"], &[("name", &FILLED), ("value", &ANY_TEXT)])));
static REQUEST: Shape = Shape::Object(&object(
    &["headers", "method", "url"],
    &[("headers", &HEADERS), ("method", &FILLED), ("url", &FILLED), ("body", &ANY_TEXT)],
));
static RESPONSE: Shape = Shape::Object(&object(
    &["headers", "reason_phrase", "status_code"],
    &[
        ("headers", &HEADERS),
        ("reason_phrase", &ANY_TEXT),
        ("status_code", &Shape::Integer { least: i64::MIN }),
        ("body", &ANY_TEXT),
    ],
));

pub(super) static CRASH: Fields = &[(
    "location",
    &Shape::Object(&object(
        &[],
        &[
            ("crash_address", &ANY_TEXT),
            ("crash_state", &ANY_TEXT),
            ("crash_type", &ANY_TEXT),
            ("stacktrace_snippet", &ANY_TEXT),
        ],
    )),
)];
